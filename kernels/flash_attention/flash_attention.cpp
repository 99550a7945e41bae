// out = softmax(scale * q k^T) v by sequence and head, with the running maximum and sum of flash attention.
//
// q: [tokens, Hq, D]; k, v: [tokens, Hkv, D] / [.., Dv], or [pages, P, Hkv, D] / [.., Dv] with table: [B, max_pages]; lengths: [B + 1] int32, cumulative;
// sinks: [Hq] f32 or as q; out: [tokens, Hq, Dv]; lse: [tokens, Hq] f32. Causal and window are bottom-right aligned; all else in attention_tiling.h.
//
// The cube core computes scores a step ahead of the weighted values; its two vector cores turn scores into weights and sum up the values.
#include "kernel_operator.h"

using namespace AscendC;

#include "../include/attention_cube.h"
#include "../include/attention_finish.h"
#include "../include/attention_vector.h"
#include "../include/mixed.h"

template <typename T>
__aicore__ inline void FlashAttention(GM_ADDR q, GM_ADDR k, GM_ADDR v, GM_ADDR q_lens, GM_ADDR kv_lens, GM_ADDR table, GM_ADDR sinks, GM_ADDR out, GM_ADDR lse, GM_ADDR workspace, GM_ADDR tiling_gm) {
  AttentionTiling tiling;
  LoadTiling(tiling, tiling_gm);
  AttentionWalk walk;
  walk.Init(tiling, q_lens, kv_lens, CubeCore(), GetBlockNum());
  if ASCEND_IS_AIC {
    TPipe pipe;
    AttentionSource<T> source{tiling, Global<T>(q), Global<T>(k), Global<T>(v), Global<int32_t>(table)};
    AttentionCube<T, AttentionSource<T>> cube;
    cube.Init(pipe, tiling, source, workspace, CubeCore());
    cube.Run(walk);
  }
  if ASCEND_IS_AIV {
    AttentionOnVector<T>(tiling, walk, v, table, sinks, out, lse, workspace);
  }
}

#define FLASH_ATTENTION(name, T)                                                                                                              \
  extern "C" __global__ __aicore__ void name(GM_ADDR q, GM_ADDR k, GM_ADDR v, GM_ADDR q_lens, GM_ADDR kv_lens, GM_ADDR table, GM_ADDR sinks, GM_ADDR out, \
                                             GM_ADDR lse, GM_ADDR workspace, GM_ADDR tiling) {                                            \
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_MIX_AIC_1_2);                                                                                   \
    FlashAttention<T>(q, k, v, q_lens, kv_lens, table, sinks, out, lse, workspace, tiling);                                              \
  }

FLASH_ATTENTION(flash_attention_bf16, bfloat16_t)
FLASH_ATTENTION(flash_attention_f16, half)
