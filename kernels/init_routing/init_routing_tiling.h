// Tiling of init_routing. The host's mirror is src/tiling/init_routing.rs.
#pragma once

#include <stdint.h>

struct InitRoutingTiling {
  uint32_t tokens;
  uint32_t slots;           // experts per token
  uint32_t pairs;           // tokens * slots
  uint32_t slot_major;      // pair = slot * tokens + token, else token * slots + slot
  uint32_t local_start;
  uint32_t local_experts;
  uint32_t has_capacity;
  uint32_t capacity;
  uint32_t rows;            // rows of the result: pairs, or local_experts * capacity
  uint32_t row_bytes;
  uint32_t piece_bytes;     // of a row that are under way at a time
  uint32_t pairs_per_block; // a multiple of 8: blocks share no 32 bytes of row numbers
  uint32_t rows_per_block;  // such that blocks share no 32 bytes of rows or of pair numbers
  uint32_t keeps_row_to_flat;
  uint32_t keeps_counts;
  uint32_t keeps_cumulative;
  uint32_t keeps_counts_before_drop;
};
