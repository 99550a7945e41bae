// Tiling of finalize_routing. The host's mirror is src/tiling/finalize_routing.rs.
#pragma once

#include <stdint.h>

enum FinalizeBias : uint32_t {
  BIAS_NONE = 0,
  BIAS_LIKE_ROWS = 1,
  BIAS_F32 = 2,
};

struct FinalizeRoutingTiling {
  uint32_t tokens;
  uint32_t slots;
  uint32_t hidden;
  uint32_t piece;       // elements of a row that are summed at a time
  uint32_t slot_major;  // pair = slot * tokens + token, else token * slots + slot
  uint32_t has_weights;
  uint32_t bias;        // FinalizeBias
  uint32_t has_skip;
  uint32_t tokens_per_block;  // such that blocks share no 32 bytes of results
};
