// y[r] = glu(x[r] @ weight[e]) for the rows r of each expert e: gates are the first half of the columns, ups the second, and neither product is rounded.
// int8: the sums are scaled first, by scale[e, n] and x_scale[r].
//
// The cube core computes as many gates as ups of the same places in a tile; its two vector cores scale them and apply the activation, in f32.
#include "kernel_operator.h"

using namespace AscendC;

#include "../include/mixed_product.h"

template <typename T, typename Acc, typename Out, BLayout layout>
__aicore__ inline void GroupedMatmulSwiglu(GM_ADDR x, GM_ADDR weight, GM_ADDR groups, GM_ADDR scale, GM_ADDR x_scale, GM_ADDR y, GM_ADDR workspace, GM_ADDR tiling_gm) {
  GroupedMatmulTiling tiling;
  LoadTiling(tiling, tiling_gm);
  TPipe pipe;
  GroupedWalk walk;
  MixedProduct<T, Acc, Out, layout, true>(pipe, walk, tiling, x, weight, groups, scale, x_scale, y, workspace);
}

#define GROUPED_MATMUL_SWIGLU(name, T, layout)                                                                                          \
  extern "C" __global__ __aicore__ void name(GM_ADDR x, GM_ADDR weight, GM_ADDR groups, GM_ADDR y, GM_ADDR workspace, GM_ADDR tiling) { \
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_MIX_AIC_1_2);                                                                                  \
    GroupedMatmulSwiglu<T, float, T, BLayout::layout>(x, weight, groups, nullptr, nullptr, y, workspace, tiling);                       \
  }

#define GROUPED_MATMUL_SWIGLU_W8A8(name, Out, layout)                                                                                                 \
  extern "C" __global__ __aicore__ void name(GM_ADDR x, GM_ADDR weight, GM_ADDR groups, GM_ADDR scale, GM_ADDR x_scale, GM_ADDR y, GM_ADDR workspace, \
                                             GM_ADDR tiling) {                                                                                        \
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_MIX_AIC_1_2);                                                                                                \
    GroupedMatmulSwiglu<int8_t, int32_t, Out, BLayout::layout>(x, weight, groups, scale, x_scale, y, workspace, tiling);                              \
  }

GROUPED_MATMUL_SWIGLU(grouped_matmul_swiglu_bf16_kn, bfloat16_t, KN)
GROUPED_MATMUL_SWIGLU(grouped_matmul_swiglu_bf16_nk, bfloat16_t, NK)
GROUPED_MATMUL_SWIGLU(grouped_matmul_swiglu_bf16_nz, bfloat16_t, NZ)
GROUPED_MATMUL_SWIGLU(grouped_matmul_swiglu_f16_kn, half, KN)
GROUPED_MATMUL_SWIGLU(grouped_matmul_swiglu_f16_nk, half, NK)
GROUPED_MATMUL_SWIGLU(grouped_matmul_swiglu_f16_nz, half, NZ)
GROUPED_MATMUL_SWIGLU_W8A8(grouped_matmul_swiglu_w8a8_bf16_kn, bfloat16_t, KN)
GROUPED_MATMUL_SWIGLU_W8A8(grouped_matmul_swiglu_w8a8_bf16_nk, bfloat16_t, NK)
GROUPED_MATMUL_SWIGLU_W8A8(grouped_matmul_swiglu_w8a8_bf16_nz, bfloat16_t, NZ)
GROUPED_MATMUL_SWIGLU_W8A8(grouped_matmul_swiglu_w8a8_f16_kn, half, KN)
GROUPED_MATMUL_SWIGLU_W8A8(grouped_matmul_swiglu_w8a8_f16_nk, half, NK)
GROUPED_MATMUL_SWIGLU_W8A8(grouped_matmul_swiglu_w8a8_f16_nz, half, NZ)
