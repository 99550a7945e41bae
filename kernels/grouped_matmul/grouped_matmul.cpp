// y[r] = x[r] @ weight[e] for the rows r of each expert e, on cube cores alone: 16-bit in, sums in f32, rounded once as they leave L0C.
//
// x: [T, K]; weight: [E, K, N], [E, N, K] or FRACTAL_NZ of [E, K, N]; groups: [E] int64 or int32, counts or row ends; y: [T, N], rows beyond the groups untouched.
#include "kernel_operator.h"

using namespace AscendC;

#include "../include/grouped_cube.h"

template <typename T, typename Out, BLayout layout>
__aicore__ inline void GroupedMatmul(GM_ADDR x, GM_ADDR weight, GM_ADDR groups, GM_ADDR y, GM_ADDR tiling_gm) {
  GroupedMatmulTiling tiling;
  LoadTiling(tiling, tiling_gm);
  TPipe pipe;
  GroupedWalk walk;
  walk.Init(tiling, groups, tiling.n, tiling.tile_n, GetBlockIdx(), GetBlockNum());
  GroupedCube<T, float, Out, layout, 1> cube;
  cube.Init(pipe, tiling, x, weight);
  StoreToY<Out> destination{Global<Out>(y), tiling.n};
  cube.Run(walk, destination);
}

#define GROUPED_MATMUL(name, T, Out, layout)                                                                                                    \
  extern "C" __global__ __aicore__ void name(GM_ADDR x, GM_ADDR weight, GM_ADDR groups, GM_ADDR y, GM_ADDR workspace, GM_ADDR tiling) { \
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIC_ONLY);                                                                                       \
    GroupedMatmul<T, Out, BLayout::layout>(x, weight, groups, y, tiling);                                                                 \
  }

GROUPED_MATMUL(grouped_matmul_bf16_kn, bfloat16_t, bfloat16_t, KN)
GROUPED_MATMUL(grouped_matmul_bf16_nk, bfloat16_t, bfloat16_t, NK)
GROUPED_MATMUL(grouped_matmul_bf16_nz, bfloat16_t, bfloat16_t, NZ)
GROUPED_MATMUL(grouped_matmul_f16_kn, half, half, KN)
GROUPED_MATMUL(grouped_matmul_f16_nk, half, half, NK)
GROUPED_MATMUL(grouped_matmul_f16_nz, half, half, NZ)
GROUPED_MATMUL(grouped_matmul_bf16_f32_kn, bfloat16_t, float, KN)
GROUPED_MATMUL(grouped_matmul_bf16_f32_nk, bfloat16_t, float, NK)
GROUPED_MATMUL(grouped_matmul_bf16_f32_nz, bfloat16_t, float, NZ)
GROUPED_MATMUL(grouped_matmul_f16_f32_kn, half, float, KN)
GROUPED_MATMUL(grouped_matmul_f16_f32_nk, half, float, NK)
GROUPED_MATMUL(grouped_matmul_f16_f32_nz, half, float, NZ)
