// y[r, n] = (sum_k x[r, k] * weight[e, k, n]) * scale[e, n] * x_scale[r]: int8 in, sums exact in int32, scales in f32, rounded once.
//
// The cube core leaves its int32 tiles in slots; its two vector cores scale and store them.
#include "kernel_operator.h"

using namespace AscendC;

#include "../include/mixed_product.h"

template <typename Out, BLayout layout>
__aicore__ inline void GroupedMatmulW8a8(GM_ADDR x, GM_ADDR weight, GM_ADDR groups, GM_ADDR scale, GM_ADDR x_scale, GM_ADDR y, GM_ADDR workspace, GM_ADDR tiling_gm) {
  GroupedMatmulTiling tiling;
  LoadTiling(tiling, tiling_gm);
  TPipe pipe;
  GroupedWalk walk;
  MixedProduct<int8_t, int32_t, Out, layout, false>(pipe, walk, tiling, x, weight, groups, scale, x_scale, y, workspace);
}

#define GROUPED_MATMUL_W8A8(name, Out, layout)                                                                                                  \
  extern "C" __global__ __aicore__ void name(GM_ADDR x, GM_ADDR weight, GM_ADDR groups, GM_ADDR scale, GM_ADDR x_scale, GM_ADDR y, GM_ADDR workspace, \
                                             GM_ADDR tiling) {                                                                             \
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_MIX_AIC_1_2);                                                                                    \
    GroupedMatmulW8a8<Out, BLayout::layout>(x, weight, groups, scale, x_scale, y, workspace, tiling);                                     \
  }

GROUPED_MATMUL_W8A8(grouped_matmul_w8a8_bf16_kn, bfloat16_t, KN)
GROUPED_MATMUL_W8A8(grouped_matmul_w8a8_bf16_nk, bfloat16_t, NK)
GROUPED_MATMUL_W8A8(grouped_matmul_w8a8_bf16_nz, bfloat16_t, NZ)
GROUPED_MATMUL_W8A8(grouped_matmul_w8a8_f16_kn, half, KN)
GROUPED_MATMUL_W8A8(grouped_matmul_w8a8_f16_nk, half, NK)
GROUPED_MATMUL_W8A8(grouped_matmul_w8a8_f16_nz, half, NZ)
