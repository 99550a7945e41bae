// What the kernels that break rules share: the frame of an entry, and pieces of memory.
#pragma once
#include "sync.h"

using namespace AscendC;

template <TPosition position, typename T>
__aicore__ inline LocalTensor<T> Take(TPipe& pipe, uint32_t bytes) {
    TBuf<position> buffer;
    pipe.InitBuffer(buffer, bytes);
    return buffer.template Get<T>();
}

template <typename T>
__aicore__ inline GlobalTensor<T> At(GM_ADDR address) {
    GlobalTensor<T> tensor;
    tensor.SetGlobalBuffer(reinterpret_cast<__gm__ T*>(address));
    return tensor;
}

// The start of a kernel, up to what its body works on; END closes it.
#define KERNEL(name, type)                                                                                  \
    extern "C" __global__ __aicore__ void name(GM_ADDR x, GM_ADDR y, GM_ADDR workspace, GM_ADDR tiling) { \
        KERNEL_TASK_TYPE_DEFAULT(type);                                                                     \
        TPipe pipe;                                                                                         \
        [[maybe_unused]] GlobalTensor<float> gx = At<float>(x), gy = At<float>(y);
#define VECTOR(name)                         \
    KERNEL(name, KERNEL_TYPE_AIV_ONLY)       \
        [[maybe_unused]] auto a = Take<TPosition::VECCALC, float>(pipe, 4096);
#define END }
