// What the host computes for a grouped product from its shapes; see tiling/grouped_matmul.rs.
#pragma once

#include <stdint.h>

struct GroupedMatmulTiling {
  uint32_t experts;       // E
  uint32_t k;             // K
  uint32_t n;             // columns of a weight
  uint32_t cumulative;    // 1: the group list holds row ends; 0: counts
  uint32_t tile_m;        // rows of a tile
  uint32_t tile_n;        // columns of a tile; with a gated epilogue half of them gates, half ups
  uint32_t step_k;        // depth of an L1 stage
  uint32_t slice_k;       // depth of an L0 stage
  uint32_t l1_stages;     // buffers in L1, up to 4; 1: nothing is loaded ahead
  uint32_t c_stages;      // accumulators in L0C: 1 or 2
  uint32_t swizzle;       // tile rows that are walked together, so that cores at work share columns of the weight and rows of x
  uint32_t once_rows;     // a weight that no more rows than this use is read once: it does not go to L2
  uint32_t slots;         // tiles between a cube core and its vector cores
  uint32_t chunk_rows;    // rows that a vector core works on at a time
  uint32_t list_words;    // 32-bit words of an entry of the group list: 1 for int32, 2 for int64
  uint32_t quant_stages;  // rows that are quantised at a time: 1 or 2
  uint32_t clamped;       // gated epilogue: 1 for the clamped form
  float limit;            // of the clamped form: gates at most this, ups within +-this
  float alpha;            // of the clamped form: slope of the sigmoid
  float up_bias;          // of the clamped form: added to the up values
};
