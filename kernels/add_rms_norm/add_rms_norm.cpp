// y = rms_norm(x + residual) * weight, and the sum for the next layer.
#include "kernel_operator.h"

using namespace AscendC;

#include "../include/rms_norm.h"

extern "C" __global__ __aicore__ void add_rms_norm_bf16(GM_ADDR x, GM_ADDR residual, GM_ADDR weight, GM_ADDR y, GM_ADDR sum, GM_ADDR workspace, GM_ADDR tiling) {
  KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
  RmsNorm<bfloat16_t, true>(x, residual, weight, y, sum, tiling).Process();
}

extern "C" __global__ __aicore__ void add_rms_norm_f16(GM_ADDR x, GM_ADDR residual, GM_ADDR weight, GM_ADDR y, GM_ADDR sum, GM_ADDR workspace, GM_ADDR tiling) {
  KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
  RmsNorm<half, true>(x, residual, weight, y, sum, tiling).Process();
}

extern "C" __global__ __aicore__ void add_rms_norm_f32(GM_ADDR x, GM_ADDR residual, GM_ADDR weight, GM_ADDR y, GM_ADDR sum, GM_ADDR workspace, GM_ADDR tiling) {
  KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
  RmsNorm<float, true>(x, residual, weight, y, sum, tiling).Process();
}
