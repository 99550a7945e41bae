// Instructions under a mask of bits, one result of 64 floats behind the other; lanes that the mask leaves out keep their 1.
#include "sync.h"

using namespace AscendC;

extern "C" __global__ __aicore__ void masks_f32(GM_ADDR x, GM_ADDR y, GM_ADDR z, GM_ADDR workspace, GM_ADDR tiling) {
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
    constexpr int32_t LANES = 64;
    constexpr int32_t RESULTS = 4;
    TPipe pipe;
    TBuf<TPosition::VECCALC> buffer;
    pipe.InitBuffer(buffer, (RESULTS + 3) * LANES * sizeof(float));
    const LocalTensor<float> a = buffer.Get<float>();
    const LocalTensor<float> b = a[LANES];
    const LocalTensor<uint8_t> less = a[2 * LANES].ReinterpretCast<uint8_t>();
    const LocalTensor<float> out = a[3 * LANES];
    GlobalTensor<float> gx, gy, gz;
    gx.SetGlobalBuffer(reinterpret_cast<__gm__ float*>(x));
    gy.SetGlobalBuffer(reinterpret_cast<__gm__ float*>(y));
    gz.SetGlobalBuffer(reinterpret_cast<__gm__ float*>(z));
    DataCopy(a, gx, LANES);
    DataCopy(b, gy, LANES);
    Duplicate(out, 1.0f, RESULTS * LANES);
    SYNC_SET(HardEvent::MTE2_V, 0);
    SYNC_WAIT(HardEvent::MTE2_V, 0);
    SYNC_BARRIER(PIPE_V);
    uint64_t even[2] = {0x5555555555555555, 0};
    const BinaryRepeatParams p(1, 1, 1, 8, 8, 8);
    MulAddDst(out, a, b, even, 1, p);
    Axpy(out[LANES], a, 2.0f, even, 1, UnaryRepeatParams(1, 1, 8, 8));
    Compare(less, a, b, CMPMODE::LT, even, 1, p);
    SYNC_BARRIER(PIPE_V);
    Select(out[2 * LANES], less, a, 0.0f, SELMODE::VSEL_TENSOR_SCALAR_MODE, even, 1, p);
    Select(out[3 * LANES], less, a, b, SELMODE::VSEL_TENSOR_TENSOR_MODE, even, 1, p);
    SYNC_SET(HardEvent::V_MTE3, 0);
    SYNC_WAIT(HardEvent::V_MTE3, 0);
    DataCopy(gz, out, RESULTS * LANES);
}
