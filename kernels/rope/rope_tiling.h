// Tiling of rope. The host's mirror is src/tiling/rope.rs.
#pragma once

#include <stdint.h>

enum RopePairing : uint32_t {
  ROPE_HALF = 0,                 // pairs (i, i + R/2)
  ROPE_INTERLEAVED = 1,          // pairs (2i, 2i + 1)
  ROPE_INTERLEAVED_TO_HALF = 2,  // pairs (2i, 2i + 1) read, stored at (i, i + R/2)
};

struct RopeTiling {
  uint32_t heads;            // of all tokens: T * Hn
  uint32_t heads_per_token;  // Hn
  uint32_t head_dim;         // D
  uint32_t pairs;            // R/2
  uint32_t heads_per_block;  // such that blocks share no 32 bytes
  uint32_t heads_per_step;   // heads of one token under way at a time, at most 255
  uint32_t pairing;          // RopePairing
  uint32_t positions_i64;
};
