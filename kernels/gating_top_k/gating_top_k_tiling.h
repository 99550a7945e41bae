// Tiling of gating_top_k. The host's mirror is src/tiling/gating_top_k.rs.
#pragma once

#include <stdint.h>

enum GatingScore : uint32_t {
  SCORE_SOFTMAX_TOP_K = 0,
  SCORE_TOP_K_SOFTMAX = 1,
  SCORE_SIGMOID = 2,
};

enum GatingGroups : uint32_t {
  GROUPS_NONE = 0,  // one group of all experts
  GROUPS_MAX = 1,
  GROUPS_TOP2_SUM = 2,
};

struct GatingTopKTiling {
  uint32_t tokens;
  uint32_t experts;
  uint32_t k;
  uint32_t groups;
  uint32_t group_size;
  uint32_t keep;
  uint32_t score;        // GatingScore
  uint32_t group_score;  // GatingGroups
  uint32_t has_bias;
  uint32_t renormalize;
  uint32_t tokens_per_block;  // a multiple of 8: blocks share no 32 bytes of results
  float scale;
};
