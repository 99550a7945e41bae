// What a vector core holds of a tile of attention in UB, and the ways of its rows between there and global memory.
#pragma once

#include "attention_walk.h"
#include "tile_rows.h"

// Each of the two vector cores has half of a tile's rows, at most 64.
//
// Events: MTE2_V / V_MTE2 0..1 for input, V_MTE3 / MTE3_V 0 for weights and results and 1 for what is stored from where it is computed.
template <typename T>
class AttentionRows {
 protected:
  static constexpr uint32_t HALF_ROWS = 64;
  static constexpr uint32_t CHUNK = 8192;
  static constexpr uint32_t FOLDED = 4096;
  static constexpr uint32_t OUT = 0;
  static constexpr uint32_t THROUGH = 1;

  __aicore__ inline void Start(TPipe& pipe, const AttentionTiling& tiling, GM_ADDR workspace, uint32_t core, uint32_t half) {
    t_ = tiling;
    half_ = half;
    group_ = t_.heads / t_.kv_heads;
    slots_.Init(tiling, workspace, core);
    sum_rows_ = RoundUp(CeilDiv(t_.tile_rows, 2), BLOCK_FLOATS);
    out_elements_ = sum_rows_ * t_.tile_keys;
    pipe.InitBuffer(in_, 2 * CHUNK * sizeof(float));
    pipe.InitBuffer(weights_, t_.weight_terms * out_elements_ * sizeof(T));
    pipe.InitBuffer(folded_, FOLDED * sizeof(float));
    pipe.InitBuffer(sum_, sum_rows_ * t_.dv * sizeof(float));
    pipe.InitBuffer(blocks_, HALF_ROWS * BLOCK_FLOATS * sizeof(float));
    for (uint32_t i = 0; i < 2; ++i) {
      SYNC_SET(HardEvent::V_MTE2, i);
    }
    SYNC_SET(HardEvent::MTE3_V, OUT);
  }

  // Takes back the flags that Start gave.
  __aicore__ inline void Drain() {
    for (uint32_t i = 0; i < 2; ++i) {
      SYNC_WAIT(HardEvent::V_MTE2, i);
    }
    SYNC_WAIT(HardEvent::MTE3_V, OUT);
  }

  __aicore__ inline uint32_t Middle(const AttentionTask& task) const { return CeilDiv(task.rows, 2); }
  __aicore__ inline uint32_t FirstRow(const AttentionTask& task) const { return half_ == 0 ? 0 : Middle(task); }
  __aicore__ inline uint32_t Rows(const AttentionTask& task) const { return half_ == 0 ? Middle(task) : task.rows - Middle(task); }

  // All rows of this core's half of a tile, straight from where V has left them and will write again.
  __aicore__ inline void StoreThrough(const GlobalTensor<float>& to, const LocalTensor<float>& from, const AttentionTask& task, uint32_t rows, uint32_t width) {
    SYNC_SET(HardEvent::V_MTE3, THROUGH);
    SYNC_WAIT(HardEvent::V_MTE3, THROUGH);
    StoreRows(to, from, task, 0, rows, width);
    SYNC_SET(HardEvent::MTE3_V, THROUGH);
    SYNC_WAIT(HardEvent::MTE3_V, THROUGH);
  }

  // Rows [row, row + rows) of this core's half of a tile, packed in UB -> [tokens, Hq, width].
  template <typename U>
  __aicore__ inline void StoreRows(const GlobalTensor<U>& to, const LocalTensor<U>& from, const AttentionTask& task, uint32_t row, uint32_t rows, uint32_t width) {
    const uint32_t start = task.row + FirstRow(task) + row;
    ForQueries(start, rows, group_, [&](uint32_t at, uint32_t queries, uint32_t heads) __aicore__ {
      DataCopyExtParams p;
      p.blockCount = queries;
      p.blockLen = heads * width * sizeof(U);
      p.srcStride = 0;
      p.dstStride = (t_.heads - heads) * width * sizeof(U);
      const uint64_t head = static_cast<uint64_t>(task.token + at / group_) * t_.heads + task.kv_head * group_ + at % group_;
      DataCopyPad(to[head * width], from[(at - start) * width], p);
    });
  }

  // [rows, columns] with `pitch` elements a row -> UB with the same pitch, ready for V; columns up to a whole block are zero.
  __aicore__ inline void LoadRows(const LocalTensor<float>& to, const GlobalTensor<float>& from, uint32_t rows, uint32_t columns, uint32_t pitch) {
    SYNC_WAIT(HardEvent::V_MTE2, in_stage_);
    DataCopyExtParams p;
    p.blockCount = rows;
    p.blockLen = columns * sizeof(float);
    p.srcStride = (pitch - columns) * sizeof(float);
    p.dstStride = pitch / BLOCK_FLOATS - CeilDiv(columns, BLOCK_FLOATS);
    DataCopyPadExtParams<float> pad;
    pad.isPad = true;
    pad.rightPadding = static_cast<uint8_t>(RoundUp(columns, BLOCK_FLOATS) - columns);
    DataCopyPad(to, from, p, pad);
    SYNC_SET(HardEvent::MTE2_V, in_stage_);
    SYNC_WAIT(HardEvent::MTE2_V, in_stage_);
  }

  // f(first column, lanes) for strips of at most 64 columns.
  template <typename F>
  __aicore__ inline static void ForStrips(uint32_t columns, F f) {
    for (uint32_t c = 0; c < columns; c += LANES) {
      f(c, static_cast<uint64_t>(Min(LANES, columns - c)));
    }
  }

  // f32 -> T and back; pitches in elements.
  __aicore__ inline static UnaryRepeatParams CastParams(uint32_t dst_pitch, uint32_t src_pitch) {
    UnaryRepeatParams p = TileUnary(0, src_pitch);
    p.dstRepStride = dst_pitch * sizeof(T) / 32;
    return p;
  }
  __aicore__ inline static UnaryRepeatParams WidenParams(uint32_t dst_pitch, uint32_t src_pitch) {
    UnaryRepeatParams p = TileUnary(dst_pitch, 0);
    p.srcRepStride = src_pitch * sizeof(T) / 32;
    return p;
  }

  __aicore__ inline static uint32_t Clamp(int64_t value, uint32_t most) {
    return value <= 0 ? 0 : value >= most ? most : static_cast<uint32_t>(value);
  }

  AttentionTiling t_;
  AttentionSlots<T> slots_;
  TBuf<TPosition::VECCALC> in_, weights_, folded_, sum_, blocks_;
  uint32_t half_, group_, sum_rows_, out_elements_;
  uint32_t in_stage_ = 0;
};
