// Absorbed latent attention on a paged cache: out = softmax(scale * (q_latent . latent + q_rope . rope)) @ latent, one latent "head" for all query heads.
//
// q_latent: [tokens, Hq, C]; q_rope: [tokens, Hq, R]; latent: [pages, P, C]; rope: [pages, P, R]; table: [B, max_pages]; lengths: [B + 1] int32, cumulative;
// out: [tokens, Hq, C]; lse: [tokens, Hq] f32. Causal, bottom-right aligned.
//
// Attention with one key/value head of D = C + R whose values are the first C columns of its keys: a step's latents are loaded once, for scores and values.
#include "kernel_operator.h"

using namespace AscendC;

#include "../include/attention_cube.h"
#include "../include/attention_finish.h"
#include "../include/attention_vector.h"
#include "../include/mixed.h"

template <typename T>
struct LatentSource {
  static constexpr bool SHARED = true;

  AttentionTiling t;
  GlobalTensor<T> q_latent, q_rope, latent, rope;
  GlobalTensor<int32_t> table;

  __aicore__ inline void LoadQ(const LocalTensor<T>& l1, const AttentionTask& task) const {
    LoadQueries(l1, q_latent, t, task, t.dv);
    LoadQueries(l1[t.dv * RoundUp(task.rows, FRACTAL_ROWS)], q_rope, t, task, t.rope);
  }
  __aicore__ inline void LoadK(const LocalTensor<T>& l1, const AttentionStep& step) const {
    LoadKeys(l1, latent, t, table, step, t.dv, 1);
    LoadKeys(l1[t.dv * RoundUp(step.keys, FRACTAL_ROWS)], rope, t, table, step, t.rope, 1);
  }
  __aicore__ inline void LoadV(const LocalTensor<T>&, const AttentionStep&) const {}
};

template <typename T>
__aicore__ inline void MlaDecode(GM_ADDR q_latent, GM_ADDR q_rope, GM_ADDR latent, GM_ADDR rope, GM_ADDR q_lens, GM_ADDR kv_lens, GM_ADDR table, GM_ADDR out, GM_ADDR lse, GM_ADDR workspace, GM_ADDR tiling_gm) {
  AttentionTiling tiling;
  LoadTiling(tiling, tiling_gm);
  AttentionWalk walk;
  walk.Init(tiling, q_lens, kv_lens, CubeCore(), GetBlockNum());
  if ASCEND_IS_AIC {
    TPipe pipe;
    LatentSource<T> source{tiling, Global<T>(q_latent), Global<T>(q_rope), Global<T>(latent), Global<T>(rope), Global<int32_t>(table)};
    AttentionCube<T, LatentSource<T>> cube;
    cube.Init(pipe, tiling, source, workspace, CubeCore());
    cube.Run(walk);
  }
  if ASCEND_IS_AIV {
    AttentionOnVector<T>(tiling, walk, latent, table, nullptr, out, lse, workspace);
  }
}

#define MLA_DECODE(name, T)                                                                                                                  \
  extern "C" __global__ __aicore__ void name(GM_ADDR q_latent, GM_ADDR q_rope, GM_ADDR latent, GM_ADDR rope, GM_ADDR q_lens, GM_ADDR kv_lens, GM_ADDR table, \
                                             GM_ADDR out, GM_ADDR lse, GM_ADDR workspace, GM_ADDR tiling) {                              \
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_MIX_AIC_1_2);                                                                                  \
    MlaDecode<T>(q_latent, q_rope, latent, rope, q_lens, kv_lens, table, out, lse, workspace, tiling);                                  \
  }

MLA_DECODE(mla_decode_bf16, bfloat16_t)
MLA_DECODE(mla_decode_f16, half)
