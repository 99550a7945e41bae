// Tiling of dynamic_quant. The host's mirror is src/tiling/dynamic_quant.rs.
#pragma once

#include <stdint.h>

// What a parameter of a row is stored as.
enum ParameterKind : uint32_t {
  PARAMETER_NONE = 0,
  PARAMETER_LIKE_X = 1,
  PARAMETER_F32 = 2,
};

struct DynamicQuantTiling {
  uint32_t rows;
  uint32_t columns;
  uint32_t rows_per_block;  // such that blocks share no 32 bytes of codes or scales
  uint32_t stages;          // rows under way at a time
  uint32_t smooth;          // ParameterKind
};
