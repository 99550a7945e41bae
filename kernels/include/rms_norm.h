// RMS norm of rows, perhaps of x + residual: y = s / sqrt(mean(s^2) + eps) * weight, s = x + residual in f32.
#pragma once

#include "../rms_norm/rms_norm_tiling.h"
#include "vector.h"

template <typename T, bool ADDS>
class RmsNorm {
 public:
  __aicore__ inline RmsNorm(GM_ADDR x, GM_ADDR residual, GM_ADDR weight, GM_ADDR y, GM_ADDR sum, GM_ADDR tiling) {
    LoadTiling(tiling_, tiling);
    x_ = Global<T>(x);
    y_ = Global<T>(y);
    if constexpr (ADDS) {
      residual_ = Global<T>(residual);
      sum_ = Global<T>(sum);
    }
    auto const hidden = tiling_.hidden;
    for (uint32_t stage = 0; stage < tiling_.stages; ++stage) {
      x_in_[stage] = ub_.Take<T>(hidden);
      out_[stage] = ub_.Take<T>(hidden);
      if constexpr (ADDS) {
        residual_in_[stage] = ub_.Take<T>(hidden);
        sum_out_[stage] = ub_.Take<T>(hidden);
      }
    }
    weight_ = ub_.Take<float>(hidden);
    work_ = ub_.Take<float>(hidden);
    if constexpr (!IS_FLOAT<T> || ADDS) {
      wide_ = ub_.Take<float>(hidden);
    }
    reduce_ = ub_.Take<float>(ReduceRoom(hidden));
    square_ = ub_.Take<float>(BLOCK_FLOATS);
    block_ = ub_.Take<float>(LANES);
    LoadParameter(weight_, weight, tiling_.weight_f32, x_in_[0], hidden);
    if (tiling_.weight_plus_one) {
      SYNC_BARRIER(PIPE_V);
      Adds(weight_, weight_, 1.0f, static_cast<int32_t>(hidden));
    }
    // The broadcast reads eight numbers, of which only the first is ever another one.
    Duplicate(square_, 1.0f, static_cast<int32_t>(BLOCK_FLOATS));
  }

  __aicore__ inline void Process() {
    for (uint32_t stage = 0; stage < tiling_.stages; ++stage) {
      SYNC_SET(HardEvent::V_MTE2, stage);
      SYNC_SET(HardEvent::MTE3_V, stage);
    }
    auto const rows = RowsOfBlock(tiling_.rows, tiling_.rows_per_block);
    uint32_t stage = 0;
    for (auto row = rows.first; row < rows.end; ++row) {
      Row(static_cast<uint64_t>(row) * tiling_.hidden, stage);
      stage = stage + 1 < tiling_.stages ? stage + 1 : 0;
    }
    for (uint32_t last = 0; last < tiling_.stages; ++last) {
      SYNC_WAIT(HardEvent::V_MTE2, last);
      SYNC_WAIT(HardEvent::MTE3_V, last);
    }
  }

 private:
  __aicore__ inline void Row(uint64_t offset, uint32_t stage) {
    auto const hidden = tiling_.hidden;
    auto const count = static_cast<int32_t>(hidden);
    SYNC_WAIT(HardEvent::V_MTE2, stage);
    Load(x_in_[stage], x_[offset], hidden);
    if constexpr (ADDS) {
      Load(residual_in_[stage], residual_[offset], hidden);
    }
    SYNC_SET(HardEvent::MTE2_V, stage);
    SYNC_WAIT(HardEvent::MTE2_V, stage);
    SYNC_WAIT(HardEvent::MTE3_V, stage);

    auto s = Widen(x_in_[stage], wide_, hidden);
    if constexpr (ADDS) {
      auto const residual = Widen(residual_in_[stage], work_, hidden);
      Add(wide_, s, residual, count);
      s = wide_;
      SYNC_BARRIER(PIPE_V);
      if constexpr (IS_FLOAT<T>) {
        Adds(sum_out_[stage], s, 0.0f, count);
      } else {
        Cast(sum_out_[stage], s, RoundMode::CAST_RINT, hidden);
      }
    }
    Mul(work_, s, s, count);
    SYNC_BARRIER(PIPE_V);
    ReduceSum(square_, work_, reduce_, count);
    SYNC_BARRIER(PIPE_V);
    Muls(square_, square_, tiling_.one_by_hidden, 1);
    SYNC_BARRIER(PIPE_V);
    Adds(square_, square_, tiling_.eps, 1);
    SYNC_BARRIER(PIPE_V);
    Sqrt(square_, square_, 1);
    SYNC_BARRIER(PIPE_V);
    Broadcast(block_, square_);
    SYNC_BARRIER(PIPE_V);
    DivRow(work_, s, block_, hidden);
    SYNC_BARRIER(PIPE_V);
    auto const normed = Target(out_[stage], work_);
    Mul(normed, work_, weight_, count);
    Narrow(out_[stage], normed, hidden);
    SYNC_SET(HardEvent::V_MTE2, stage);

    SYNC_SET(HardEvent::V_MTE3, stage);
    SYNC_WAIT(HardEvent::V_MTE3, stage);
    Store(y_[offset], out_[stage], hidden);
    if constexpr (ADDS) {
      if (tiling_.keeps_sum) {
        Store(sum_[offset], sum_out_[stage], hidden);
      }
    }
    SYNC_SET(HardEvent::MTE3_V, stage);
    if constexpr (IS_FLOAT<T> && !ADDS) {
      // Nothing is widened first: the next row's squares go right where this one's quotients are read.
      SYNC_BARRIER(PIPE_V);
    }
  }

  RmsNormTiling tiling_;
  UnifiedBuffer ub_;
  GlobalTensor<T> x_, residual_, y_, sum_;
  LocalTensor<T> x_in_[2], residual_in_[2], out_[2], sum_out_[2];
  LocalTensor<float> weight_, wide_, work_, reduce_, square_, block_;
};
