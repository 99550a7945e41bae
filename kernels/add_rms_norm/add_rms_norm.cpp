// y = rms_norm(x + residual) * weight, and the sum for the next layer.
#include "kernel_operator.h"

using namespace AscendC;

#include "../include/rms_norm.h"

#define ADD_RMS_NORM(name, T)                                                                                                        \
  extern "C" __global__ __aicore__ void name(GM_ADDR x, GM_ADDR residual, GM_ADDR weight, GM_ADDR y, GM_ADDR sum, GM_ADDR workspace, \
                                             GM_ADDR tiling) {                                                                       \
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);                                                                                  \
    RmsNorm<T, true>(x, residual, weight, y, sum, tiling).Process();                                                                 \
  }

ADD_RMS_NORM(add_rms_norm_bf16, bfloat16_t)
ADD_RMS_NORM(add_rms_norm_f16, half)
ADD_RMS_NORM(add_rms_norm_f32, float)
