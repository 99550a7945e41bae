// Tiling of rms_norm and add_rms_norm. The host's mirror is src/tiling/rms_norm.rs.
#pragma once

#include <stdint.h>

struct RmsNormTiling {
  uint32_t rows;
  uint32_t hidden;
  uint32_t rows_per_block;
  uint32_t stages;       // rows under way at a time: 2, or 1 where rows are so long that only one fits
  uint32_t weight_f32;   // the weight is f32 beside 16-bit rows
  uint32_t weight_plus_one;
  uint32_t keeps_sum;
  float eps;
  float one_by_hidden;
};
