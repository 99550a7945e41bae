// What the host computes for an attention kernel from its shapes; see tiling/flash_attention.rs and tiling/mla_decode.rs.
#pragma once

#include <stdint.h>

struct AttentionTiling {
  uint32_t sequences;     // B
  uint32_t heads;         // Hq
  uint32_t kv_heads;      // Hkv
  uint32_t d;             // width of a query and a key
  uint32_t dv;            // width of a value
  uint32_t rope;          // of d, the elements of a rope part that lies apart (latent attention), else 0
  uint32_t page;          // P: slots of a page; 0 without pages
  uint32_t max_pages;     // columns of the page table
  uint32_t causal;        // 1: query i sees keys up to its own place L - S + i
  uint32_t window;        // keys that a query sees; 0: no bound
  uint32_t sinks;         // one more logit a head: 0 none, 1 of q's type, 2 f32
  uint32_t lse;           // 1: `lse` is written
  uint32_t tile_rows;     // rows of a tile: pairs of a query and a head of one group, at most 128
  uint32_t tile_keys;     // keys of a step, at most 128
  uint32_t splits;        // parts that a sequence's keys are divided into
  uint32_t ahead;         // 1: the scores of a step are computed before the values of the step before it; 0: one step behind the other
  uint32_t weight_terms;  // 16-bit numbers that a softmax weight is the sum of, at least 2: 2 of f16 and 3 of bf16 are as exact as f32
  uint32_t lse_rows;      // rows of the log-sum-exp blocks in the workspace; 0 without
  float scale;            // on dot products
  float softcap;          // c of c * tanh(s / c); 0: none
};
