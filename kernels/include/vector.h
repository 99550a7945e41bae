// What vector kernels share: room in the unified buffer, rows between global memory and it, and arithmetic on one row.
//
// Every count is in elements. bf16 and f16 are widened to f32 before arithmetic, and rounded once, to nearest even, on the way out.
#pragma once

#include "sync.h"
#include "tiling.h"

constexpr uint32_t BLOCK_BYTES = 32;
// One vector instruction handles 256 bytes.
constexpr uint32_t LANES = 64;
constexpr uint32_t BLOCK_FLOATS = 8;

template <typename A, typename B>
struct SameType {
  static constexpr bool value = false;
};
template <typename A>
struct SameType<A, A> {
  static constexpr bool value = true;
};

template <typename T>
constexpr bool IS_FLOAT = SameType<T, float>::value;

__aicore__ inline float FloatOfBits(uint32_t bits) {
  union {
    uint32_t bits;
    float value;
  } both;
  both.bits = bits;
  return both.value;
}

// Elements of T rounded up to whole blocks.
template <typename T>
__aicore__ inline constexpr uint32_t Padded(uint32_t count) {
  return RoundUp(count, BLOCK_BYTES / sizeof(T));
}

// The unified buffer of a pipe, handed out tensor by tensor.
class PipeRoom {
 public:
  __aicore__ inline explicit PipeRoom(TPipe& pipe) : pipe_(pipe) {}

  template <typename T>
  __aicore__ inline LocalTensor<T> Take(uint32_t count) {
    TBuf<TPosition::VECCALC> buffer;
    pipe_.InitBuffer(buffer, Padded<T>(count) * static_cast<uint32_t>(sizeof(T)));
    return buffer.template Get<T>();
  }

 private:
  TPipe& pipe_;
};

// The whole unified buffer, of a kernel that has no other pipe object.
class UnifiedBuffer {
 public:
  template <typename T>
  __aicore__ inline LocalTensor<T> Take(uint32_t count) {
    return PipeRoom(pipe_).template Take<T>(count);
  }

 private:
  TPipe pipe_;
};

// `rows` rows of `count` elements each, row-major in global memory; in the unified buffer each starts at a block and is filled up with zeros,
// which are the parameter's default.
template <typename T>
__aicore__ inline void Load(const LocalTensor<T>& to, const GlobalTensor<T>& from, uint32_t count, uint32_t rows = 1) {
  DataCopyExtParams copy;
  copy.blockCount = rows;
  copy.blockLen = count * sizeof(T);
  copy.srcStride = 0;
  copy.dstStride = 0;
  DataCopyPadExtParams<T> pad;
  pad.isPad = true;
  pad.leftPadding = 0;
  pad.rightPadding = Padded<T>(count) - count;
  DataCopyPad(to, from, copy, pad);
}

// The way back: writes no byte beyond the rows.
template <typename T>
__aicore__ inline void Store(const GlobalTensor<T>& to, const LocalTensor<T>& from, uint32_t count, uint32_t rows = 1) {
  DataCopyExtParams copy;
  copy.blockCount = rows;
  copy.blockLen = count * sizeof(T);
  copy.srcStride = 0;
  copy.dstStride = 0;
  DataCopyPad(to, from, copy);
}

// `from` as f32: itself, or widened into `room`.
template <typename T>
__aicore__ inline LocalTensor<float> Widen(const LocalTensor<T>& from, const LocalTensor<float>& room, uint32_t count) {
  if constexpr (IS_FLOAT<T>) {
    return from;
  } else {
    Cast(room, from, RoundMode::CAST_NONE, count);
    SYNC_BARRIER(PIPE_V);
    return room;
  }
}

// Where an f32 result goes that is to end up in `out`: there directly, or in `room` until `Narrow` rounds it.
template <typename T>
__aicore__ inline LocalTensor<float> Target(const LocalTensor<T>& out, const LocalTensor<float>& room) {
  if constexpr (IS_FLOAT<T>) {
    return out;
  } else {
    return room;
  }
}

template <typename T>
__aicore__ inline void Narrow(const LocalTensor<T>& out, const LocalTensor<float>& from, uint32_t count) {
  if constexpr (!IS_FLOAT<T>) {
    SYNC_BARRIER(PIPE_V);
    Cast(out, from, RoundMode::CAST_RINT, count);
  }
}

// A vector of a row's parameters, of T or of f32, as f32 in `to`. `staged` is room for one in T. The vector unit gets at it behind a barrier.
template <typename T>
__aicore__ inline void LoadParameter(const LocalTensor<float>& to, GM_ADDR from, bool is_f32, const LocalTensor<T>& staged, uint32_t count) {
  constexpr int32_t ID = 4;
  if (is_f32) {
    Load(to, Global<float>(from), count);
  } else {
    Load(staged, Global<T>(from), count);
  }
  SYNC_SET(HardEvent::MTE2_V, ID);
  SYNC_WAIT(HardEvent::MTE2_V, ID);
  if constexpr (!IS_FLOAT<T>) {
    if (!is_f32) {
      Cast(to, staged, RoundMode::CAST_NONE, count);
    }
  }
}

// Strides of rows against one block that is repeated: row[i] op block[i % 8].
__aicore__ inline BinaryRepeatParams AgainstOneBlock() {
  BinaryRepeatParams p;
  p.dstBlkStride = 1;
  p.src0BlkStride = 1;
  p.src1BlkStride = 0;
  p.dstRepStride = 8;
  p.src0RepStride = 8;
  p.src1RepStride = 0;
  return p;
}

// A block that holds the first number of `one` eight times. `one` has eight elements, `block` 64.
__aicore__ inline void Broadcast(const LocalTensor<float>& block, const LocalTensor<float>& one) {
  BrcbRepeatParams p;
  p.dstBlkStride = 1;
  p.dstRepStride = 8;
  Brcb(block, one, 1, p);
}

// to = row / block. At most 255 * 64 elements.
__aicore__ inline void DivRow(const LocalTensor<float>& to, const LocalTensor<float>& row, const LocalTensor<float>& block, uint32_t count) {
  auto const whole = count / LANES;
  auto const rest = count % LANES;
  if (whole > 0) {
    Div(to, row, block, static_cast<uint64_t>(LANES), static_cast<uint8_t>(whole), AgainstOneBlock());
  }
  if (rest > 0) {
    Div(to[whole * LANES], row[whole * LANES], block, static_cast<uint64_t>(rest), 1, AgainstOneBlock());
  }
}

// to = row - block. At most 255 * 64 elements.
__aicore__ inline void SubRow(const LocalTensor<float>& to, const LocalTensor<float>& row, const LocalTensor<float>& block, uint32_t count) {
  auto const whole = count / LANES;
  auto const rest = count % LANES;
  if (whole > 0) {
    Sub(to, row, block, static_cast<uint64_t>(LANES), static_cast<uint8_t>(whole), AgainstOneBlock());
  }
  if (rest > 0) {
    Sub(to[whole * LANES], row[whole * LANES], block, static_cast<uint64_t>(rest), 1, AgainstOneBlock());
  }
}

// Room that ReduceSum and ReduceMax (with the index) want for `count` numbers.
__aicore__ inline constexpr uint32_t ReduceRoom(uint32_t count) { return 2 * RoundUp(CeilDiv(count, LANES), LANES) + LANES; }

// The rows that a block of the launch works on.
struct RowRange {
  uint32_t first;
  uint32_t end;
};

__aicore__ inline RowRange RowsOfBlock(uint32_t rows, uint32_t rows_per_block) {
  auto const first = static_cast<uint32_t>(GetBlockIdx()) * rows_per_block;
  return {Min(first, rows), Min(first + rows_per_block, rows)};
}
