// y = rms_norm(x) * weight, one entry for each type of x.
#include "kernel_operator.h"

using namespace AscendC;

#include "../include/rms_norm.h"

#define RMS_NORM(name, T)                                                                                               \
  extern "C" __global__ __aicore__ void name(GM_ADDR x, GM_ADDR weight, GM_ADDR y, GM_ADDR workspace, GM_ADDR tiling) { \
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);                                                                     \
    RmsNorm<T, false>(x, nullptr, weight, y, nullptr, tiling).Process();                                                \
  }

RMS_NORM(rms_norm_bf16, bfloat16_t)
RMS_NORM(rms_norm_f16, half)
RMS_NORM(rms_norm_f32, float)
