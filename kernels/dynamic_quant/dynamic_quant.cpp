// Per-token int8 of the rows of a matrix; see quant_rows.h.
#include "kernel_operator.h"

using namespace AscendC;

#include "../include/quant_rows.h"
#include "dynamic_quant_tiling.h"

template <typename T>
__aicore__ inline void DynamicQuant(GM_ADDR x, GM_ADDR smooth, GM_ADDR q, GM_ADDR scale, GM_ADDR tiling_gm) {
  DynamicQuantTiling tiling;
  LoadTiling(tiling, tiling_gm);
  UnifiedBuffer room;
  RowQuantizer<T> quantizer;
  quantizer.Init(room, Global<T>(x), q, scale, tiling.columns, tiling.stages);
  if (tiling.smooth != PARAMETER_NONE) {
    quantizer.Smooth(room, smooth, tiling.smooth == PARAMETER_F32 || IS_FLOAT<T>);
  }
  quantizer.Rows(RowsOfBlock(tiling.rows, tiling.rows_per_block));
}

extern "C" __global__ __aicore__ void dynamic_quant_bf16(GM_ADDR x, GM_ADDR smooth, GM_ADDR q, GM_ADDR scale, GM_ADDR workspace, GM_ADDR tiling) {
  KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
  DynamicQuant<bfloat16_t>(x, smooth, q, scale, tiling);
}

extern "C" __global__ __aicore__ void dynamic_quant_f16(GM_ADDR x, GM_ADDR smooth, GM_ADDR q, GM_ADDR scale, GM_ADDR workspace, GM_ADDR tiling) {
  KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
  DynamicQuant<half>(x, smooth, q, scale, tiling);
}

extern "C" __global__ __aicore__ void dynamic_quant_f32(GM_ADDR x, GM_ADDR smooth, GM_ADDR q, GM_ADDR scale, GM_ADDR workspace, GM_ADDR tiling) {
  KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
  DynamicQuant<float>(x, smooth, q, scale, tiling);
}
