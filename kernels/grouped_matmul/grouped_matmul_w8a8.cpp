// y[r, n] = (sum_k x[r, k] * weight[e, k, n]) * scale[e, n] * x_scale[r]: int8 in, sums exact in int32, scales in f32, rounded once.
//
// The cube core leaves its int32 tiles in slots; its two vector cores scale and store them.
#include "kernel_operator.h"

using namespace AscendC;

#include "../include/grouped_cube.h"
#include "../include/grouped_vector.h"
#include "../include/mixed.h"

template <typename Out, BLayout layout>
__aicore__ inline void GroupedMatmulW8a8(GM_ADDR x, GM_ADDR weight, GM_ADDR groups, GM_ADDR scale, GM_ADDR x_scale, GM_ADDR y, GM_ADDR workspace, GM_ADDR tiling_gm) {
  GroupedMatmulTiling tiling;
  LoadTiling(tiling, tiling_gm);
  TPipe pipe;
  GroupedWalk walk;
  walk.Init(tiling, groups, tiling.n, tiling.tile_n, CubeCore(), GetBlockNum());
  if ASCEND_IS_AIC {
    GroupedCube<int8_t, int32_t, int32_t, layout, 1> cube;
    cube.Init(pipe, tiling, x, weight);
    StoreToSlots<int32_t> slots;
    slots.Init(tiling, workspace, CubeCore());
    cube.Run(walk, slots);
    slots.ring.Drain();
  }
  if ASCEND_IS_AIV {
    GroupedVector<int32_t, false, Out> vector;
    vector.Init(pipe, tiling, scale, x_scale, y, workspace, CubeCore(), GetSubBlockIdx());
    vector.Run(walk);
  }
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
