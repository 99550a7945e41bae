// Gated activation of tiles in UB.
#pragma once

#include "../grouped_matmul/grouped_matmul_tiling.h"
#include "tile_rows.h"

// result[r, c] = g * sigmoid(alpha * g) * (u + up_bias), all f32; plain: alpha 1, up_bias 0. Clamped: g at most `limit`, u within +-limit first.
// Gates and ups have `pitch` elements a row and are overwritten by their clamped values; the result has `columns`.
__aicore__ inline void Gate(const LocalTensor<float>& result, const LocalTensor<float>& gates, const LocalTensor<float>& ups, uint32_t pitch, uint32_t rows, uint32_t columns, const GroupedMatmulTiling& t) {
  const UnaryRepeatParams in_place = TileUnary(pitch, pitch);
  const UnaryRepeatParams to_result = TileUnary(columns, pitch);
  if (t.clamped != 0) {
    for (uint32_t c = 0; c < columns; c += LANES) {
      const uint64_t mask = Min(LANES, columns - c);
      Mins(gates[c], gates[c], t.limit, mask, rows, in_place);
      Mins(ups[c], ups[c], t.limit, mask, rows, in_place);
    }
    SYNC_BARRIER(PIPE_V);
    for (uint32_t c = 0; c < columns; c += LANES) {
      Maxs(ups[c], ups[c], -t.limit, Min(LANES, columns - c), rows, in_place);
    }
    SYNC_BARRIER(PIPE_V);
    for (uint32_t c = 0; c < columns; c += LANES) {
      Adds(ups[c], ups[c], t.up_bias, Min(LANES, columns - c), rows, in_place);
    }
  }
  const float slope = t.clamped != 0 ? -t.alpha : -1.0f;
  for (uint32_t c = 0; c < columns; c += LANES) {
    Muls(result[c], gates[c], slope, Min(LANES, columns - c), rows, to_result);
  }
  SYNC_BARRIER(PIPE_V);
  Exp(result, result, rows * columns);
  SYNC_BARRIER(PIPE_V);
  Adds(result, result, 1.0f, rows * columns);
  SYNC_BARRIER(PIPE_V);
  TileByTile<TileOp::DIV>(result, columns, gates, pitch, result, columns, rows, columns);
  SYNC_BARRIER(PIPE_V);
  TileByTile<TileOp::MUL>(result, columns, result, columns, ups, pitch, rows, columns);
  SYNC_BARRIER(PIPE_V);
}
