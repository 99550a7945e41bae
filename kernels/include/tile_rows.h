// Vector arithmetic on f32 tiles [rows, columns] in UB: with a vector of columns, with one number a row, and over the columns of each row.
//
// A tile's pitch is the elements from row to row, a multiple of 8 and below 2048; at most 255 rows. A number a row is held in blocks of eight copies (SpreadRows).
#pragma once

#include "vector.h"

enum class TileOp { ADD, SUB, MUL, DIV, MAX };

template <TileOp op>
__aicore__ inline void TileInstruction(const LocalTensor<float>& dst, const LocalTensor<float>& a, const LocalTensor<float>& b, uint64_t mask, uint32_t rows, const BinaryRepeatParams& p) {
  if constexpr (op == TileOp::ADD) {
    Add(dst, a, b, mask, static_cast<uint8_t>(rows), p);
  } else if constexpr (op == TileOp::SUB) {
    Sub(dst, a, b, mask, static_cast<uint8_t>(rows), p);
  } else if constexpr (op == TileOp::MUL) {
    Mul(dst, a, b, mask, static_cast<uint8_t>(rows), p);
  } else if constexpr (op == TileOp::DIV) {
    Div(dst, a, b, mask, static_cast<uint8_t>(rows), p);
  } else {
    Max(dst, a, b, mask, static_cast<uint8_t>(rows), p);
  }
}

__aicore__ inline BinaryRepeatParams TileParams(uint32_t dst_pitch, uint32_t a_pitch, uint32_t b_pitch) {
  BinaryRepeatParams p;
  p.dstBlkStride = 1;
  p.src0BlkStride = 1;
  p.src1BlkStride = 1;
  p.dstRepStride = dst_pitch / BLOCK_FLOATS;
  p.src0RepStride = a_pitch / BLOCK_FLOATS;
  p.src1RepStride = b_pitch / BLOCK_FLOATS;
  return p;
}

__aicore__ inline UnaryRepeatParams TileUnary(uint32_t dst_pitch, uint32_t src_pitch) {
  UnaryRepeatParams p;
  p.dstBlkStride = 1;
  p.srcBlkStride = 1;
  p.dstRepStride = dst_pitch / BLOCK_FLOATS;
  p.srcRepStride = src_pitch / BLOCK_FLOATS;
  return p;
}

// dst[r, c] = a[r, c] op b[r, c].
template <TileOp op>
__aicore__ inline void TileByTile(const LocalTensor<float>& dst, uint32_t dst_pitch, const LocalTensor<float>& a, uint32_t a_pitch, const LocalTensor<float>& b, uint32_t b_pitch, uint32_t rows, uint32_t columns) {
  const BinaryRepeatParams p = TileParams(dst_pitch, a_pitch, b_pitch);
  for (uint32_t c = 0; c < columns; c += LANES) {
    TileInstruction<op>(dst[c], a[c], b[c], Min(LANES, columns - c), rows, p);
  }
}

// dst[r, c] = a[r, c] op v[c].
template <TileOp op>
__aicore__ inline void TileByColumn(const LocalTensor<float>& dst, const LocalTensor<float>& a, uint32_t pitch, const LocalTensor<float>& v, uint32_t rows, uint32_t columns) {
  TileByTile<op>(dst, pitch, a, pitch, v, 0, rows, columns);
}

// dst[r, c] = a[r, c] op s[r]; s: one block of eight copies for each row.
template <TileOp op>
__aicore__ inline void TileByRow(const LocalTensor<float>& dst, const LocalTensor<float>& a, uint32_t pitch, const LocalTensor<float>& s, uint32_t rows, uint32_t columns) {
  BinaryRepeatParams p = TileParams(pitch, pitch, BLOCK_FLOATS);
  p.src1BlkStride = 0;
  for (uint32_t c = 0; c < columns; c += LANES) {
    TileInstruction<op>(dst[c], a[c], s, Min(LANES, columns - c), rows, p);
  }
}

// s[r] in eight copies: `blocks[r * 8 .. r * 8 + 8]`. Reads and writes whole groups of eight rows.
__aicore__ inline void SpreadRows(const LocalTensor<float>& blocks, const LocalTensor<float>& s, uint32_t rows) {
  BrcbRepeatParams p;
  p.dstBlkStride = 1;
  p.dstRepStride = BLOCK_FLOATS;
  Brcb(blocks, s, static_cast<uint8_t>(CeilDiv(rows, BLOCK_FLOATS)), p);
}

// The first 64 columns of each row, packed.
__aicore__ inline void CopyRows(const LocalTensor<float>& dst, const LocalTensor<float>& a, uint32_t pitch, uint32_t rows) {
  CopyRepeatParams p;
  p.dstStride = 1;
  p.srcStride = 1;
  p.dstRepeatSize = LANES / BLOCK_FLOATS;
  p.srcRepeatSize = pitch / BLOCK_FLOATS;
  Copy(dst, a, static_cast<uint64_t>(LANES), static_cast<uint8_t>(rows), p);
}

// dst[r] = sum or maximum over c of a[r, c]. `folded`: room for [rows, 64].
template <TileOp op>
__aicore__ inline void ReduceRows(const LocalTensor<float>& dst, const LocalTensor<float>& a, uint32_t pitch, const LocalTensor<float>& folded, uint32_t rows, uint32_t columns) {
  LocalTensor<float> last = a;
  uint32_t last_pitch = pitch;
  const uint32_t whole = columns / LANES * LANES;
  for (uint32_t c = LANES; c < whole; c += LANES) {
    TileByTile<op>(folded, LANES, last, last_pitch, a[c], pitch, rows, LANES);
    SYNC_BARRIER(PIPE_V);
    last = folded;
    last_pitch = LANES;
  }
  if (whole > 0 && whole < columns) {
    // The lanes beyond the tail keep what they have: a first fold copies them.
    if (last_pitch != LANES) {
      CopyRows(folded, a, pitch, rows);
      SYNC_BARRIER(PIPE_V);
    }
    TileByTile<op>(folded, LANES, folded, LANES, a[whole], pitch, rows, columns - whole);
    SYNC_BARRIER(PIPE_V);
    last = folded;
    last_pitch = LANES;
  }
  const int32_t mask = Min(LANES, columns);
  if constexpr (op == TileOp::MAX) {
    WholeReduceMax(dst, last, mask, rows, 1, 1, last_pitch / BLOCK_FLOATS, ReduceOrder::ORDER_ONLY_VALUE);
  } else {
    WholeReduceSum(dst, last, mask, rows, 1, 1, last_pitch / BLOCK_FLOATS);
  }
}
