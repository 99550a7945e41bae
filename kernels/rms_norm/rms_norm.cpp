// y = rms_norm(x) * weight, one entry for each type of x.
#include "kernel_operator.h"

using namespace AscendC;

#include "../include/rms_norm.h"

extern "C" __global__ __aicore__ void rms_norm_bf16(GM_ADDR x, GM_ADDR weight, GM_ADDR y, GM_ADDR workspace, GM_ADDR tiling) {
  KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
  RmsNorm<bfloat16_t, false>(x, nullptr, weight, y, nullptr, tiling).Process();
}

extern "C" __global__ __aicore__ void rms_norm_f16(GM_ADDR x, GM_ADDR weight, GM_ADDR y, GM_ADDR workspace, GM_ADDR tiling) {
  KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
  RmsNorm<half, false>(x, nullptr, weight, y, nullptr, tiling).Process();
}

extern "C" __global__ __aicore__ void rms_norm_f32(GM_ADDR x, GM_ADDR weight, GM_ADDR y, GM_ADDR workspace, GM_ADDR tiling) {
  KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
  RmsNorm<float, false>(x, nullptr, weight, y, nullptr, tiling).Process();
}
