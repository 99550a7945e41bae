// Per-token int8 of rows: r = x * smooth, scale = max|r| / 127, q = round_half_even(r / scale).
//
// There is no cast from f32 to int8: codes go f32 -> int32 (rounds to even) -> f16 -> int8, the last two exact for |q| <= 127.
#pragma once

#include "vector.h"

// Events: MTE2_V / V_MTE2 and V_MTE3 / MTE3_V by row parity, V_S, S_MTE3 and MTE3_S 0.
template <typename T>
class RowQuantizer {
 public:
  // `room` hands out the unified buffer; `stages`: rows under way at a time, 1 or 2.
  template <typename Room>
  __aicore__ inline void Init(Room& room, const GlobalTensor<T>& x, GM_ADDR q, GM_ADDR scale, uint32_t columns, uint32_t stages) {
    columns_ = columns;
    stages_ = stages;
    x_ = x;
    q_ = Global<int8_t>(q);
    scale_ = Global<float>(scale);
    for (uint32_t stage = 0; stage < stages; ++stage) {
      x_in_[stage] = room.template Take<T>(columns);
      q_out_[stage] = room.template Take<int8_t>(columns);
    }
    wide_ = room.template Take<float>(columns);
    work_ = room.template Take<float>(columns);
    halves_ = room.template Take<half>(columns);
    scales_ = room.template Take<float>(SCALES);
    block_ = room.template Take<float>(BLOCK_FLOATS);
    // int32 -> f16 multiplies by this.
    SetDeqScale(static_cast<half>(1.0f));
  }

  // Each row is multiplied by a row of factors first, stored as f32 or as x.
  template <typename Room>
  __aicore__ inline void Smooth(Room& room, GM_ADDR smooth, bool is_f32) {
    has_smooth_ = true;
    smooth_ = room.template Take<float>(columns_);
    LoadParameter(smooth_, smooth, is_f32, x_in_[0], columns_);
  }

  // Two cores must share no block of codes or scales.
  __aicore__ inline void Rows(const RowRange& rows) {
    for (uint32_t stage = 0; stage < stages_; ++stage) {
      SYNC_SET(HardEvent::V_MTE2, stage);
      SYNC_SET(HardEvent::MTE3_V, stage);
    }
    uint32_t stage = 0;
    for (auto first = rows.first; first < rows.end; first += SCALES) {
      auto const count = Min(SCALES, rows.end - first);
      for (uint32_t i = 0; i < count; ++i) {
        scales_.SetValue(i, Row(static_cast<uint64_t>(first + i) * columns_, stage));
        stage = stage + 1 < stages_ ? stage + 1 : 0;
      }
      SYNC_SET(HardEvent::S_MTE3, 0);
      SYNC_WAIT(HardEvent::S_MTE3, 0);
      Store(scale_[first], scales_, count);
      SYNC_SET(HardEvent::MTE3_S, 0);
      SYNC_WAIT(HardEvent::MTE3_S, 0);
    }
    for (uint32_t last = 0; last < stages_; ++last) {
      SYNC_WAIT(HardEvent::V_MTE2, last);
      SYNC_WAIT(HardEvent::MTE3_V, last);
    }
  }

 private:
  // Scales that are collected before they are stored.
  static constexpr uint32_t SCALES = 64;
  static constexpr int32_t INFINITY_BITS = 0x7f800000;

  // Quantises a row; its scale.
  __aicore__ inline float Row(uint64_t offset, uint32_t stage) {
    auto const columns = columns_;
    auto const count = static_cast<int32_t>(columns);
    SYNC_WAIT(HardEvent::V_MTE2, stage);
    Load(x_in_[stage], x_[offset], columns);
    SYNC_SET(HardEvent::MTE2_V, stage);
    SYNC_WAIT(HardEvent::MTE2_V, stage);
    auto r = Widen(x_in_[stage], wide_, columns);
    if (has_smooth_) {
      Mul(wide_, r, smooth_, count);
      SYNC_BARRIER(PIPE_V);
      r = wide_;
    }
    auto const bits = LargestMagnitude(r, columns);
    auto const scale = FloatOfBits(static_cast<uint32_t>(bits)) / 127.0f;
    if (bits >= INFINITY_BITS || scale == 0.0f) {
      Duplicate(halves_, static_cast<half>(0.0f), count);
    } else {
      Duplicate(block_, scale, static_cast<int32_t>(BLOCK_FLOATS));
      SYNC_BARRIER(PIPE_V);
      DivRow(work_, r, block_, columns);
      SYNC_BARRIER(PIPE_V);
      // A scale that is rounded down among the denormal numbers would give more than 127.
      Mins(work_, work_, 127.0f, count);
      SYNC_BARRIER(PIPE_V);
      Maxs(work_, work_, -127.0f, count);
      SYNC_BARRIER(PIPE_V);
      auto const codes = work_.template ReinterpretCast<int32_t>();
      Cast(codes, work_, RoundMode::CAST_RINT, columns);
      SYNC_BARRIER(PIPE_V);
      Cast(halves_, codes, RoundMode::CAST_NONE, columns);
    }
    SYNC_SET(HardEvent::V_MTE2, stage);
    SYNC_BARRIER(PIPE_V);
    SYNC_WAIT(HardEvent::MTE3_V, stage);
    Cast(q_out_[stage], halves_, RoundMode::CAST_NONE, columns);
    SYNC_SET(HardEvent::V_MTE3, stage);
    SYNC_WAIT(HardEvent::V_MTE3, stage);
    Store(q_[offset], q_out_[stage], columns);
    SYNC_SET(HardEvent::MTE3_V, stage);
    return scale;
  }

  // The bits of the largest magnitude. Magnitudes order as the integers of their bits, a NaN above infinity: no maximum of floats need be trusted to keep a NaN.
  __aicore__ inline int32_t LargestMagnitude(const LocalTensor<float>& r, uint32_t count) {
    Abs(work_, r, static_cast<int32_t>(count));
    SYNC_BARRIER(PIPE_V);
    auto const bits = work_.ReinterpretCast<int32_t>();
    while (count > BLOCK_FLOATS) {
      auto const half_count = RoundUp(CeilDiv(count, 2), BLOCK_FLOATS);
      Max(bits, bits, bits[half_count], static_cast<int32_t>(count - half_count));
      SYNC_BARRIER(PIPE_V);
      count = half_count;
    }
    SYNC_SET(HardEvent::V_S, 0);
    SYNC_WAIT(HardEvent::V_S, 0);
    auto largest = bits.GetValue(0);
    for (uint32_t i = 1; i < count; ++i) {
      auto const other = bits.GetValue(i);
      largest = other > largest ? other : largest;
    }
    return largest;
  }

  GlobalTensor<T> x_;
  GlobalTensor<int8_t> q_;
  GlobalTensor<float> scale_;
  LocalTensor<T> x_in_[2];
  LocalTensor<int8_t> q_out_[2];
  LocalTensor<float> smooth_, wide_, work_, scales_, block_;
  LocalTensor<half> halves_;
  uint32_t columns_ = 0;
  uint32_t stages_ = 1;
  bool has_smooth_ = false;
};
