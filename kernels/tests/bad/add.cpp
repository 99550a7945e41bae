// The smallest kernel that uses three pipes: z = x + y in f32, double-buffered, with all of its flags explicit.
#include "sync.h"

using namespace AscendC;

struct AddTiling {
    uint32_t count;
    uint32_t tile;
};

extern "C" __global__ __aicore__ void add_f32(GM_ADDR x, GM_ADDR y, GM_ADDR z, GM_ADDR workspace, GM_ADDR tiling) {
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
    const uint32_t count = reinterpret_cast<__gm__ AddTiling*>(tiling)->count;
    const uint32_t tile = reinterpret_cast<__gm__ AddTiling*>(tiling)->tile;
    TPipe pipe;
    TBuf<TPosition::VECCALC> buffers[2];
    LocalTensor<float> a[2], b[2];
    for (int i = 0; i < 2; ++i) {
        pipe.InitBuffer(buffers[i], 2 * tile * sizeof(float));
        a[i] = buffers[i].Get<float>();
        b[i] = a[i][tile];
        SYNC_SET(HardEvent::MTE3_MTE2, i);
    }
    GlobalTensor<float> gx, gy, gz;
    gx.SetGlobalBuffer(reinterpret_cast<__gm__ float*>(x));
    gy.SetGlobalBuffer(reinterpret_cast<__gm__ float*>(y));
    gz.SetGlobalBuffer(reinterpret_cast<__gm__ float*>(z));
    int stage = 0;
    for (uint32_t start = GetBlockIdx() * tile; start < count; start += GetBlockNum() * tile, stage ^= 1) {
        const uint32_t here = count - start < tile ? count - start : tile;
        const DataCopyExtParams row(1, here * sizeof(float), 0, 0, 0);
        SYNC_WAIT(HardEvent::MTE3_MTE2, stage);
        DataCopyPad(a[stage], gx[start], row, DataCopyPadExtParams<float>());
        DataCopyPad(b[stage], gy[start], row, DataCopyPadExtParams<float>());
        SYNC_SET(HardEvent::MTE2_V, stage);
        SYNC_WAIT(HardEvent::MTE2_V, stage);
        Add(a[stage], a[stage], b[stage], static_cast<int32_t>(here));
        SYNC_SET(HardEvent::V_MTE3, stage);
        SYNC_WAIT(HardEvent::V_MTE3, stage);
        DataCopyPad(gz[start], a[stage], row);
        SYNC_SET(HardEvent::MTE3_MTE2, stage);
    }
    for (int i = 0; i < 2; ++i) SYNC_WAIT(HardEvent::MTE3_MTE2, i);
}
