// q[r], y_scale[r] = per-token int8 of glu(x[r] @ weight[e]) for the rows r of each expert e; nothing is rounded before the codes.
//
// A row's scale needs all of its columns, which several cores compute: the activations go to the workspace in f32, and behind a barrier of all vector cores each
// quantises a part of the rows.
#include "kernel_operator.h"

using namespace AscendC;

#include "../include/mixed_product.h"
#include "../include/quant_rows.h"

template <typename T, typename Acc, BLayout layout>
__aicore__ inline void GroupedMatmulSwigluQuant(GM_ADDR x, GM_ADDR weight, GM_ADDR groups, GM_ADDR scale, GM_ADDR x_scale, GM_ADDR y, GM_ADDR y_scale, GM_ADDR workspace, GM_ADDR tiling_gm) {
  GroupedMatmulTiling tiling;
  LoadTiling(tiling, tiling_gm);
  TPipe pipe;
  GroupedWalk walk;
  GM_ADDR activations = workspace + SlotBytes<Acc>(tiling.slots, tiling.tile_m * tiling.tile_n, GetBlockNum());
  MixedProduct<T, Acc, float, layout, true>(pipe, walk, tiling, x, weight, groups, scale, x_scale, activations, workspace);
  if ASCEND_IS_AIV {
    SYNC_ALL(true);
    pipe.Reset();
    PipeRoom room(pipe);
    RowQuantizer<float> quantizer;
    quantizer.Init(room, Global<float>(activations), y, y_scale, tiling.n / 2, tiling.quant_stages);
    // Whole blocks of scales and codes.
    const uint32_t rows = CeilDiv(walk.Rows(), static_cast<uint32_t>(GetBlockNum() * GetTaskRation()));
    quantizer.Rows(RowsOfBlock(walk.Rows(), RoundUp(rows, BLOCK_FLOATS)));
  }
}

#define GROUPED_MATMUL_SWIGLU_QUANT(name, T, layout)                                                                                                 \
  extern "C" __global__ __aicore__ void name(GM_ADDR x, GM_ADDR weight, GM_ADDR groups, GM_ADDR y, GM_ADDR y_scale, GM_ADDR workspace, GM_ADDR tiling) { \
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_MIX_AIC_1_2);                                                                                               \
    GroupedMatmulSwigluQuant<T, float, BLayout::layout>(x, weight, groups, nullptr, nullptr, y, y_scale, workspace, tiling);                         \
  }

#define GROUPED_MATMUL_SWIGLU_QUANT_W8A8(name, layout)                                                                                                \
  extern "C" __global__ __aicore__ void name(GM_ADDR x, GM_ADDR weight, GM_ADDR groups, GM_ADDR scale, GM_ADDR x_scale, GM_ADDR y, GM_ADDR y_scale,   \
                                             GM_ADDR workspace, GM_ADDR tiling) {                                                                     \
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_MIX_AIC_1_2);                                                                                                \
    GroupedMatmulSwigluQuant<int8_t, int32_t, BLayout::layout>(x, weight, groups, scale, x_scale, y, y_scale, workspace, tiling);                     \
  }

GROUPED_MATMUL_SWIGLU_QUANT(grouped_matmul_swiglu_quant_bf16_kn, bfloat16_t, KN)
GROUPED_MATMUL_SWIGLU_QUANT(grouped_matmul_swiglu_quant_bf16_nk, bfloat16_t, NK)
GROUPED_MATMUL_SWIGLU_QUANT(grouped_matmul_swiglu_quant_bf16_nz, bfloat16_t, NZ)
GROUPED_MATMUL_SWIGLU_QUANT(grouped_matmul_swiglu_quant_f16_kn, half, KN)
GROUPED_MATMUL_SWIGLU_QUANT(grouped_matmul_swiglu_quant_f16_nk, half, NK)
GROUPED_MATMUL_SWIGLU_QUANT(grouped_matmul_swiglu_quant_f16_nz, half, NZ)
GROUPED_MATMUL_SWIGLU_QUANT_W8A8(grouped_matmul_swiglu_quant_w8a8_kn, KN)
GROUPED_MATMUL_SWIGLU_QUANT_W8A8(grouped_matmul_swiglu_quant_w8a8_nk, NK)
GROUPED_MATMUL_SWIGLU_QUANT_W8A8(grouped_matmul_swiglu_quant_w8a8_nz, NZ)
