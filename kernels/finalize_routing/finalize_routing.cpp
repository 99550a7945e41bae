// y[t] = sum over the slots of weight * (row + bias), + skip: each token's rows weighted and added up in f32. A pair with row -1 adds nothing.
#include "kernel_operator.h"

using namespace AscendC;

#include "../include/vector.h"
#include "finalize_routing_tiling.h"

struct FinalizeRoutingArguments {
  GM_ADDR rows;
  GM_ADDR flat_to_row;
  GM_ADDR weights;
  GM_ADDR bias;
  GM_ADDR ids;
  GM_ADDR skip;
  GM_ADDR y;
};

// R: type of the rows, Y: of the result and of skip.
template <typename R, typename Y>
class FinalizeRouting {
 public:
  __aicore__ inline FinalizeRouting(const FinalizeRoutingArguments& arguments, GM_ADDR tiling) {
    LoadTiling(tiling_, tiling);
    rows_ = Global<R>(arguments.rows);
    flat_to_row_ = Global<int32_t>(arguments.flat_to_row);
    weights_ = Global<float>(arguments.weights);
    bias_ = Global<R>(arguments.bias);
    bias_f32_ = Global<float>(arguments.bias);
    ids_ = Global<int32_t>(arguments.ids);
    skip_ = Global<Y>(arguments.skip);
    y_ = Global<Y>(arguments.y);
    for (uint32_t stage = 0; stage < STAGES; ++stage) {
      row_in_[stage] = ub_.Take<R>(tiling_.piece);
      // Of either type.
      bias_in_[stage] = ub_.Take<float>(tiling_.piece);
    }
    skip_in_ = ub_.Take<Y>(tiling_.piece);
    out_ = ub_.Take<Y>(tiling_.piece);
    wide_ = ub_.Take<float>(tiling_.piece);
    wide_bias_ = ub_.Take<float>(tiling_.piece);
    sum_ = ub_.Take<float>(tiling_.piece);
  }

  __aicore__ inline void Process() {
    for (uint32_t stage = 0; stage < STAGES; ++stage) {
      SYNC_SET(HardEvent::V_MTE2, stage);
    }
    if (tiling_.has_skip) {
      SYNC_SET(HardEvent::V_MTE2, SKIP);
    }
    SYNC_SET(HardEvent::MTE3_V, 0);
    auto const tokens = RowsOfBlock(tiling_.tokens, tiling_.tokens_per_block);
    for (auto token = tokens.first; token < tokens.end; ++token) {
      for (uint32_t at = 0; at < tiling_.hidden; at += tiling_.piece) {
        Piece(token, at, Min(tiling_.piece, tiling_.hidden - at));
      }
    }
    for (uint32_t last = 0; last < STAGES; ++last) {
      SYNC_WAIT(HardEvent::V_MTE2, last);
    }
    if (tiling_.has_skip) {
      SYNC_WAIT(HardEvent::V_MTE2, SKIP);
    }
    SYNC_WAIT(HardEvent::MTE3_V, 0);
  }

 private:
  static constexpr uint32_t STAGES = 2;
  // Flag of the buffer for skip.
  static constexpr uint32_t SKIP = STAGES;

  // `length` elements of a token's result, from element `at`.
  __aicore__ inline void Piece(uint32_t token, uint32_t at, uint32_t length) {
    auto const count = static_cast<int32_t>(length);
    auto const offset = static_cast<uint64_t>(token) * tiling_.hidden + at;
    if (tiling_.has_skip) {
      SYNC_WAIT(HardEvent::V_MTE2, SKIP);
      Load(skip_in_, skip_[offset], length);
      SYNC_SET(HardEvent::MTE2_V, SKIP);
    }
    Duplicate(sum_, 0.0f, count);
    SYNC_BARRIER(PIPE_V);
    for (uint32_t slot = 0; slot < tiling_.slots; ++slot) {
      auto const row = flat_to_row_.GetValue(tiling_.slot_major ? slot * tiling_.tokens + token : token * tiling_.slots + slot);
      if (row >= 0) {
        AddRow(static_cast<uint32_t>(row), token * tiling_.slots + slot, at, length);
      }
    }
    if (tiling_.has_skip) {
      SYNC_WAIT(HardEvent::MTE2_V, SKIP);
      auto const skip = Widen(skip_in_, wide_, length);
      Add(sum_, sum_, skip, count);
      SYNC_BARRIER(PIPE_V);
      SYNC_SET(HardEvent::V_MTE2, SKIP);
    }
    SYNC_WAIT(HardEvent::MTE3_V, 0);
    if constexpr (IS_FLOAT<Y>) {
      Adds(out_, sum_, 0.0f, count);
    } else {
      Cast(out_, sum_, RoundMode::CAST_RINT, length);
    }
    SYNC_SET(HardEvent::V_MTE3, 0);
    SYNC_WAIT(HardEvent::V_MTE3, 0);
    Store(y_[offset], out_, length);
    SYNC_SET(HardEvent::MTE3_V, 0);
    // The next piece overwrites the sum.
    SYNC_BARRIER(PIPE_V);
  }

  // Adds a piece of a row, of the pair whose weight and expert are number `pair`.
  __aicore__ inline void AddRow(uint32_t row, uint32_t pair, uint32_t at, uint32_t length) {
    auto const count = static_cast<int32_t>(length);
    auto const stage = stage_;
    stage_ = 1 - stage_;
    SYNC_WAIT(HardEvent::V_MTE2, stage);
    Load(row_in_[stage], rows_[static_cast<uint64_t>(row) * tiling_.hidden + at], length);
    if (tiling_.bias != BIAS_NONE) {
      auto const offset = static_cast<uint64_t>(ids_.GetValue(pair)) * tiling_.hidden + at;
      if (tiling_.bias == BIAS_F32) {
        Load(bias_in_[stage], bias_f32_[offset], length);
      } else {
        Load(bias_in_[stage].template ReinterpretCast<R>(), bias_[offset], length);
      }
    }
    SYNC_SET(HardEvent::MTE2_V, stage);
    SYNC_WAIT(HardEvent::MTE2_V, stage);
    auto term = Widen(row_in_[stage], wide_, length);
    if (tiling_.bias != BIAS_NONE) {
      auto bias = bias_in_[stage];
      if (tiling_.bias == BIAS_LIKE_ROWS) {
        bias = Widen(bias_in_[stage].template ReinterpretCast<R>(), wide_bias_, length);
      }
      Add(wide_, term, bias, count);
      SYNC_BARRIER(PIPE_V);
      term = wide_;
    }
    auto const weight = tiling_.has_weights ? weights_.GetValue(pair) : 1.0f;
    Axpy(sum_, term, weight, count);
    SYNC_SET(HardEvent::V_MTE2, stage);
    SYNC_BARRIER(PIPE_V);
  }

  FinalizeRoutingTiling tiling_;
  UnifiedBuffer ub_;
  uint32_t stage_ = 0;
  GlobalTensor<R> rows_, bias_;
  GlobalTensor<Y> skip_, y_;
  GlobalTensor<float> weights_, bias_f32_;
  GlobalTensor<int32_t> flat_to_row_, ids_;
  LocalTensor<R> row_in_[STAGES];
  LocalTensor<Y> skip_in_, out_;
  LocalTensor<float> bias_in_[STAGES], wide_, wide_bias_, sum_;
};

// R: type of the rows, Y: of the result and of skip.
#define FINALIZE_ROUTING(name, R, Y)                                                                                                      \
  extern "C" __global__ __aicore__ void name(GM_ADDR rows, GM_ADDR flat_to_row, GM_ADDR weights, GM_ADDR bias, GM_ADDR ids, GM_ADDR skip, \
                                             GM_ADDR y, GM_ADDR workspace, GM_ADDR tiling) {                                              \
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);                                                                                       \
    FinalizeRouting<R, Y>({rows, flat_to_row, weights, bias, ids, skip, y}, tiling).Process();                                            \
  }

FINALIZE_ROUTING(finalize_routing_bf16, bfloat16_t, bfloat16_t)
FINALIZE_ROUTING(finalize_routing_f16, half, half)
FINALIZE_ROUTING(finalize_routing_f32, float, float)
FINALIZE_ROUTING(finalize_routing_f32_bf16, float, bfloat16_t)
FINALIZE_ROUTING(finalize_routing_f32_f16, float, half)
