// The vector half of attention: online softmax of a step's scores, and the running sum of weighted values.
//
// For row r with running maximum m, denominator l and sum o, a step with scores s gives
//   m' = max(m, max_j s_j)   a = exp(m - m')   p_j = exp(s_j - m')   l' = a * l + sum_j p_j   o' = a * o + sum_j p_j * v_j
// The cube core multiplies p by v, so o is a step behind. Each of the two vector cores has half of a tile's rows, at most 64.
#pragma once

#include "attention_values.h"

constexpr float NEGATIVE_INFINITY = -__builtin_inff();
// Where a maximum starts: below every logit, and finite, so that -inf - m is -inf and not NaN.
constexpr float MAXIMUM_START = -3.0e38f;

// Events: S_V and V_S 0 for sinks, and those of AttentionRows and AttentionValues.
template <typename T>
class AttentionVector : public AttentionValues<T> {
 public:
  __aicore__ inline void Init(TPipe& pipe, const AttentionTiling& tiling, GM_ADDR v, GM_ADDR table, GM_ADDR sinks, GM_ADDR out, GM_ADDR workspace, uint32_t core, uint32_t cores,
                              uint32_t half) {
    this->Start(pipe, tiling, v, table, workspace, core, half);
    sinks_ = sinks;
    out_ = Global<T>(out);
    GM_ADDR rest = workspace + slots_.Bytes(cores);
    lse_blocks_ = Global<float>(rest);
    partial_ = Global<float>(rest + static_cast<uint64_t>(t_.splits) * t_.lse_rows * BLOCK_FLOATS * sizeof(float));
    pipe.InitBuffer(stats_, STATS * HALF_ROWS * sizeof(float));
    pipe.InitBuffer(cap_, LANES * sizeof(float));
    // Broadcasts and reductions work on whole groups of rows, also where a tile has fewer.
    Duplicate(stats_.template Get<float>(), 0.0f, STATS * HALF_ROWS);
    Duplicate(cap_.template Get<float>(), -2.0f * t_.softcap, LANES);
    SYNC_BARRIER(PIPE_V);
  }

  __aicore__ inline void Run(AttentionWalk& walk) {
    AttentionStep step, last;
    bool pending = false;
    step.number = 0;
    step.task_number = 0;
    while (walk.Next(step.task)) {
      const bool empty = step.task.key_begin == step.task.key_end;
      if (empty && pending) {
        Accumulate(last);
        pending = false;
      }
      Begin(step.task, step.task_number);
      if (empty) {
        Duplicate(sum_.template Get<float>(), 0.0f, sum_rows_ * t_.dv);
        SYNC_BARRIER(PIPE_V);
        Finish(step.task, step.task_number);
      }
      for (step.key = step.task.key_begin; step.key < step.task.key_end; step.key += t_.tile_keys) {
        Measure(t_, step);
        Softmax(step);
        if (pending) {
          Accumulate(last);
        }
        last = step;
        pending = t_.ahead != 0;
        if (!pending) {
          Accumulate(step);
        }
        ++step.number;
      }
      ++step.task_number;
    }
    if (pending) {
      Accumulate(last);
    }
    this->Drain();
  }

 private:
  using AttentionRows<T>::t_;
  using AttentionRows<T>::slots_;
  using AttentionRows<T>::in_;
  using AttentionRows<T>::weights_;
  using AttentionRows<T>::folded_;
  using AttentionRows<T>::sum_;
  using AttentionRows<T>::blocks_;
  using AttentionRows<T>::group_;
  using AttentionRows<T>::sum_rows_;
  using AttentionRows<T>::out_elements_;
  using AttentionRows<T>::in_stage_;
  using AttentionRows<T>::HALF_ROWS;
  using AttentionRows<T>::CHUNK;
  using AttentionRows<T>::FOLDED;
  using AttentionRows<T>::OUT;
  using AttentionRows<T>::FirstRow;
  using AttentionRows<T>::Rows;
  using AttentionRows<T>::StoreRows;
  using AttentionRows<T>::StoreThrough;
  using AttentionRows<T>::LoadRows;
  using AttentionRows<T>::ForStrips;
  using AttentionRows<T>::CastParams;
  using AttentionRows<T>::WidenParams;
  using AttentionRows<T>::Clamp;
  using AttentionValues<T>::CleanValues;
  using AttentionValues<T>::AddUnclean;
  using AttentionValues<T>::IsSpoilt;

  static constexpr uint32_t SINKS_F32 = 2;
  // Rows of numbers in stats_: two tasks' maxima and denominators, two steps' factors, and the maximum and the sum at hand.
  static constexpr uint32_t MAXIMUM = 0;
  static constexpr uint32_t DENOMINATOR = 2;
  static constexpr uint32_t FACTOR = 4;
  static constexpr uint32_t NOW = 6;
  static constexpr uint32_t TOTAL = 7;
  static constexpr uint32_t STATS = 8;

  __aicore__ inline LocalTensor<float> Stat(uint32_t which) { return stats_.template Get<float>()[which * HALF_ROWS]; }
  // The state before the first key: nothing seen, or the sink.
  __aicore__ inline void Begin(const AttentionTask& task, uint32_t number) {
    const LocalTensor<float> m = Stat(MAXIMUM + number % 2);
    const LocalTensor<float> l = Stat(DENOMINATOR + number % 2);
    if (t_.sinks == 0 || task.split != 0) {
      Duplicate(m, MAXIMUM_START, HALF_ROWS);
      Duplicate(l, 0.0f, HALF_ROWS);
      return;
    }
    const LocalTensor<float> sink = Stat(NOW);
    SYNC_SET(HardEvent::V_S, 0);
    SYNC_WAIT(HardEvent::V_S, 0);
    for (uint32_t row = 0; row < Rows(task); ++row) {
      const uint32_t head = (task.row + FirstRow(task) + row) % group_;
      sink.SetValue(row, Sink(task.kv_head * group_ + head));
    }
    SYNC_SET(HardEvent::S_V, 0);
    SYNC_WAIT(HardEvent::S_V, 0);
    Maxs(m, sink, MAXIMUM_START, HALF_ROWS);
    SYNC_BARRIER(PIPE_V);
    Sub(l, sink, m, HALF_ROWS);
    SYNC_BARRIER(PIPE_V);
    Exp(l, l, HALF_ROWS);
  }

  __aicore__ inline float Sink(uint32_t head) const {
    if (t_.sinks == SINKS_F32) {
      return Global<float>(sinks_).GetValue(head);
    }
    if constexpr (SameType<T, bfloat16_t>::value) {
      return FloatOfBits(static_cast<uint32_t>(Global<uint16_t>(sinks_).GetValue(head)) << 16);
    } else {
      return static_cast<float>(Global<T>(sinks_).GetValue(head));
    }
  }

  // Scores of a step -> weights for the cube core, running maximum and denominator.
  __aicore__ inline void Softmax(const AttentionStep& step) {
    const uint32_t first = FirstRow(step.task);
    const uint32_t rows = Rows(step.task);
    const uint32_t most = CHUNK / t_.tile_keys;
    SYNC_CROSS_WAIT(2, PIPE_MTE2, SCORES_READY);
    for (uint32_t row = 0; row < rows; row += most) {
      SoftmaxRows(step, first, row, Min(most, rows - row));
    }
    if (step.partial) {
      CleanValues(step);
    }
    SYNC_CROSS_SET(2, PIPE_MTE3, WEIGHTS_READY);
  }

  __aicore__ inline void SoftmaxRows(const AttentionStep& step, uint32_t first, uint32_t row, uint32_t rows) {
    const uint32_t pitch = t_.tile_keys;
    const LocalTensor<float> s = in_.template Get<float>()[in_stage_ * CHUNK];
    const LocalTensor<float> folded = folded_.template Get<float>();
    const LocalTensor<float> blocks = blocks_.template Get<float>();
    const LocalTensor<float> m = Stat(MAXIMUM + step.task_number % 2)[row];
    const LocalTensor<float> l = Stat(DENOMINATOR + step.task_number % 2)[row];
    const LocalTensor<float> a = Stat(FACTOR + step.number % 2)[row];
    const LocalTensor<float> now = Stat(NOW)[row];
    const LocalTensor<float> total = Stat(TOTAL)[row];

    LoadRows(s, slots_.Scores(step.number)[(first + row) * pitch], rows, step.keys, pitch);
    Scale(s, rows, step.keys);
    Mask(s, step, step.task.row + first + row, rows);
    ReduceRows<TileOp::MAX>(now, s, pitch, folded, rows, step.keys);
    SYNC_BARRIER(PIPE_V);
    Max(now, now, m, rows);
    SYNC_BARRIER(PIPE_V);
    Sub(a, m, now, rows);
    SpreadRows(blocks, now, rows);
    SYNC_BARRIER(PIPE_V);
    Adds(m, now, 0.0f, rows);
    Exp(a, a, rows);
    TileByRow<TileOp::SUB>(s, s, pitch, blocks, rows, step.keys);
    SYNC_BARRIER(PIPE_V);
    ForStrips(step.keys, [&](uint32_t c, uint64_t mask) __aicore__ { Exp(s[c], s[c], mask, rows, TileUnary(pitch, pitch)); });
    Mul(l, l, a, rows);
    SYNC_BARRIER(PIPE_V);
    ReduceRows<TileOp::ADD>(total, s, pitch, folded, rows, step.keys);
    SYNC_BARRIER(PIPE_V);
    Add(l, l, total, rows);
    StoreWeights(s, step, first + row, rows);
  }

  // Logits: scale * s, or c * tanh(scale * s / c) = c - 2c / (exp(2 * scale * s / c) + 1).
  __aicore__ inline void Scale(const LocalTensor<float>& s, uint32_t rows, uint32_t keys) {
    const UnaryRepeatParams p = TileUnary(t_.tile_keys, t_.tile_keys);
    const float factor = t_.softcap == 0.0f ? t_.scale : 2.0f * t_.scale / t_.softcap;
    ForStrips(keys, [&](uint32_t c, uint64_t mask) __aicore__ { Muls(s[c], s[c], factor, mask, rows, p); });
    SYNC_BARRIER(PIPE_V);
    if (t_.softcap == 0.0f) {
      return;
    }
    ForStrips(keys, [&](uint32_t c, uint64_t mask) __aicore__ { Exp(s[c], s[c], mask, rows, p); });
    SYNC_BARRIER(PIPE_V);
    ForStrips(keys, [&](uint32_t c, uint64_t mask) __aicore__ { Adds(s[c], s[c], 1.0f, mask, rows, p); });
    SYNC_BARRIER(PIPE_V);
    const LocalTensor<float> cap = cap_.template Get<float>();
    ForStrips(keys, [&](uint32_t c, uint64_t mask) __aicore__ { Div(s[c], cap, s[c], mask, rows, TileParams(t_.tile_keys, 0, t_.tile_keys)); });
    SYNC_BARRIER(PIPE_V);
    ForStrips(keys, [&](uint32_t c, uint64_t mask) __aicore__ { Adds(s[c], s[c], t_.softcap, mask, rows, p); });
    SYNC_BARRIER(PIPE_V);
  }

  // -inf where a row does not see a key. Rows of one query see the same keys; most steps lie within what all rows see.
  __aicore__ inline void Mask(const LocalTensor<float>& s, const AttentionStep& step, uint32_t row, uint32_t rows) {
    if (!Partial(t_, step, row, rows)) {
      return;
    }
    const int32_t first_key = static_cast<int32_t>(step.key);
    const int32_t window = static_cast<int32_t>(t_.window);
    ForQueries(row, rows, group_, [&](uint32_t at, uint32_t queries, uint32_t heads) __aicore__ {
      for (uint32_t i = 0; i < queries; ++i) {
        const int32_t place = step.task.offset + static_cast<int32_t>(at / group_ + i);
        const uint32_t end = Clamp(place + 1 - first_key, step.keys);
        const uint32_t begin = window == 0 ? 0 : Clamp(place + 1 - window - first_key, step.keys);
        const LocalTensor<float> to = s[(at - row + i * heads) * t_.tile_keys];
        ForStrips(step.keys, [&](uint32_t c, uint64_t lanes) __aicore__ {
          const uint64_t seen = Below(end, c, lanes) & ~Below(begin, c, lanes);
          uint64_t mask[2] = {Below(c + lanes, c, lanes) & ~seen, 0};
          if (mask[0] != 0) {
            Duplicate(to[c], NEGATIVE_INFINITY, mask, heads, 1, t_.tile_keys / BLOCK_FLOATS);
          }
        });
      }
    });
    SYNC_BARRIER(PIPE_V);
  }

  // Bits of the lanes from column c on that lie below column `end`.
  __aicore__ inline static uint64_t Below(uint32_t end, uint32_t c, uint32_t lanes) {
    const uint32_t count = end <= c ? 0 : Min(end - c, lanes);
    return count == 64 ? ~0ull : (1ull << count) - 1;
  }

  // A f16 has no exponent below 2^-14: what rounding a weight below 1/4 takes away would lose digits. So f16 weights are stored times 2^15, the most that a weight of 1 allows, and
  // what the cube makes of them is taken back on its way into the sums. Powers of two round nothing.
  static constexpr bool SCALED = SameType<T, half>::value;
  static constexpr float WEIGHT_SCALE = SCALED ? 32768.0f : 1.0f;

  // Weights to the slot: rounded to T, then what rounding took away, rounded, and so on.
  __aicore__ inline void StoreWeights(const LocalTensor<float>& p, const AttentionStep& step, uint32_t row, uint32_t rows) {
    const uint32_t pitch = t_.tile_keys;
    const LocalTensor<T> out = weights_.template Get<T>();
    if constexpr (SCALED) {
      ForStrips(step.keys, [&](uint32_t c, uint64_t mask) __aicore__ { Muls(p[c], p[c], WEIGHT_SCALE, mask, rows, TileUnary(pitch, pitch)); });
      SYNC_BARRIER(PIPE_V);
    }
    SYNC_WAIT(HardEvent::MTE3_V, OUT);
    for (uint32_t term = 0; term < t_.weight_terms; ++term) {
      const LocalTensor<T> rounded = out[term * out_elements_];
      ForStrips(step.keys, [&](uint32_t c, uint64_t mask) __aicore__ { Cast(rounded[c], p[c], RoundMode::CAST_RINT, mask, rows, CastParams(pitch, pitch)); });
      if (term + 1 < t_.weight_terms) {
        SYNC_BARRIER(PIPE_V);
        Subtract(p, rounded, rows, step.keys);
      }
    }
    SYNC_SET(HardEvent::V_MTE2, in_stage_);
    in_stage_ ^= 1;
    SYNC_SET(HardEvent::V_MTE3, OUT);
    SYNC_WAIT(HardEvent::V_MTE3, OUT);
    for (uint32_t term = 0; term < t_.weight_terms; ++term) {
      DataCopyExtParams copy;
      copy.blockCount = rows;
      copy.blockLen = step.keys * sizeof(T);
      copy.srcStride = pitch * sizeof(T) / 32 - CeilDiv(step.keys * sizeof(T), 32);
      copy.dstStride = (pitch - step.keys) * sizeof(T);
      DataCopyPad(slots_.Weights(step.number)[term * t_.tile_rows * pitch + row * pitch], out[term * out_elements_], copy);
    }
    SYNC_SET(HardEvent::MTE3_V, OUT);
  }

  // p -= rounded, as many rows at a time as there is room for in f32.
  __aicore__ inline void Subtract(const LocalTensor<float>& p, const LocalTensor<T>& rounded, uint32_t rows, uint32_t keys) {
    const uint32_t pitch = t_.tile_keys;
    const LocalTensor<float> back = folded_.template Get<float>();
    const uint32_t most = FOLDED / pitch;
    for (uint32_t row = 0; row < rows; row += most) {
      const uint32_t count = Min(most, rows - row);
      const uint32_t at = row * pitch;
      ForStrips(keys, [&](uint32_t c, uint64_t mask) __aicore__ { Cast(back[c], rounded[at + c], RoundMode::CAST_NONE, mask, count, WidenParams(pitch, pitch)); });
      SYNC_BARRIER(PIPE_V);
      TileByTile<TileOp::SUB>(p[at], pitch, p[at], pitch, back, pitch, count, keys);
      SYNC_BARRIER(PIPE_V);
    }
  }

  // o = a * o + the step's weighted values; behind the last step the result goes out.
  __aicore__ inline void Accumulate(const AttentionStep& step) {
    const uint32_t rows = Rows(step.task);
    const uint32_t most = CHUNK / t_.dv / BLOCK_FLOATS * BLOCK_FLOATS;
    const LocalTensor<float> sum = sum_.template Get<float>();
    const LocalTensor<float> blocks = blocks_.template Get<float>();
    SYNC_CROSS_WAIT(2, PIPE_MTE2, VALUES_READY);
    if (rows != 0 && !step.first) {
      SpreadRows(blocks, Stat(FACTOR + step.number % 2), rows);
      SYNC_BARRIER(PIPE_V);
      TileByRow<TileOp::MUL>(sum, sum, t_.dv, blocks, rows, t_.dv);
      SYNC_BARRIER(PIPE_V);
    }
    for (uint32_t row = 0; row < rows; row += most) {
      const uint32_t count = Min(most, rows - row);
      const LocalTensor<float> in = in_.template Get<float>()[in_stage_ * CHUNK];
      LoadRows(in, slots_.Values(step.number)[(FirstRow(step.task) + row) * t_.dv], count, t_.dv, t_.dv);
      if (step.first) {
        Muls(sum[row * t_.dv], in, 1.0f / WEIGHT_SCALE, count * t_.dv);
      } else {
        Axpy(sum[row * t_.dv], in, 1.0f / WEIGHT_SCALE, count * t_.dv);
      }
      SYNC_SET(HardEvent::V_MTE2, in_stage_);
      in_stage_ ^= 1;
    }
    if (step.partial && IsSpoilt(step) && rows != 0) {
      AddUnclean(step);
    }
    if (step.last) {
      Finish(step.task, step.task_number);
    }
  }

  // out = o / l and m + ln(l); of one split of several, both in f32 to the workspace.
  __aicore__ inline void Finish(const AttentionTask& task, uint32_t number) {
    const uint32_t rows = Rows(task);
    if (rows == 0) {
      return;
    }
    const LocalTensor<float> sum = sum_.template Get<float>();
    const LocalTensor<float> blocks = blocks_.template Get<float>();
    const LocalTensor<float> m = Stat(MAXIMUM + number % 2);
    const LocalTensor<float> l = Stat(DENOMINATOR + number % 2);
    const LocalTensor<float> total = Stat(TOTAL);
    // A row that sees nothing has l = 0 and o = 0; any other has l of about 1 or more.
    Maxs(total, l, 0.5f, rows);
    SYNC_BARRIER(PIPE_V);
    SpreadRows(blocks, total, rows);
    SYNC_BARRIER(PIPE_V);
    TileByRow<TileOp::DIV>(sum, sum, t_.dv, blocks, rows, t_.dv);
    SYNC_BARRIER(PIPE_V);
    StoreSums(task, rows);
    if (t_.lse_rows != 0) {
      Ln(l, l, rows);
      SYNC_BARRIER(PIPE_V);
      Add(l, l, m, rows);
      SYNC_BARRIER(PIPE_V);
      SpreadRows(blocks, l, rows);
      StoreThrough(lse_blocks_[static_cast<uint64_t>(task.split) * t_.lse_rows * BLOCK_FLOATS], blocks, task, rows, BLOCK_FLOATS);
    }
  }

  __aicore__ inline void StoreSums(const AttentionTask& task, uint32_t rows) {
    const LocalTensor<float> sum = sum_.template Get<float>();
    if (t_.splits > 1) {
      StoreThrough(partial_[static_cast<uint64_t>(task.split) * t_.lse_rows * t_.dv], sum, task, rows, t_.dv);
      return;
    }
    const uint32_t most = out_elements_ * t_.weight_terms / t_.dv;
    for (uint32_t row = 0; row < rows; row += most) {
      const uint32_t count = Min(most, rows - row);
      const LocalTensor<T> out = weights_.template Get<T>();
      SYNC_WAIT(HardEvent::MTE3_V, OUT);
      Cast(out, sum[row * t_.dv], RoundMode::CAST_RINT, count * t_.dv);
      SYNC_SET(HardEvent::V_MTE3, OUT);
      SYNC_WAIT(HardEvent::V_MTE3, OUT);
      StoreRows(out_, out, task, row, count, t_.dv);
      SYNC_SET(HardEvent::MTE3_V, OUT);
    }
    // The next task's sums go to the same place.
    SYNC_BARRIER(PIPE_V);
  }

  GlobalTensor<float> lse_blocks_, partial_;
  GlobalTensor<T> out_;
  GM_ADDR sinks_;
  TBuf<TPosition::VECCALC> stats_, cap_;
};
