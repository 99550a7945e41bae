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

// Events: MTE2_V / V_MTE2 0..1 for input, V_MTE3 / MTE3_V 0 for weights and results and 1 for what is stored from where it is computed, S_V 0 for sinks, V_S 0 for sinks and marks.
template <typename T>
class AttentionVector {
 public:
  __aicore__ inline void Init(TPipe& pipe, const AttentionTiling& tiling, GM_ADDR v, GM_ADDR table, GM_ADDR sinks, GM_ADDR out, GM_ADDR workspace, uint32_t core, uint32_t cores,
                              uint32_t half) {
    t_ = tiling;
    half_ = half;
    group_ = t_.heads / t_.kv_heads;
    slots_.Init(tiling, workspace, core);
    sinks_ = sinks;
    out_ = Global<T>(out);
    GM_ADDR rest = workspace + slots_.Bytes(cores);
    lse_blocks_ = Global<float>(rest);
    partial_ = Global<float>(rest + static_cast<uint64_t>(t_.splits) * t_.lse_rows * BLOCK_FLOATS * sizeof(float));
    sum_rows_ = RoundUp(CeilDiv(t_.tile_rows, 2), BLOCK_FLOATS);
    out_elements_ = sum_rows_ * t_.tile_keys;
    pipe.InitBuffer(in_, 2 * CHUNK * sizeof(float));
    pipe.InitBuffer(weights_, t_.weight_terms * out_elements_ * sizeof(T));
    pipe.InitBuffer(folded_, FOLDED * sizeof(float));
    pipe.InitBuffer(sum_, sum_rows_ * t_.dv * sizeof(float));
    pipe.InitBuffer(stats_, STATS * HALF_ROWS * sizeof(float));
    pipe.InitBuffer(blocks_, HALF_ROWS * BLOCK_FLOATS * sizeof(float));
    pipe.InitBuffer(cap_, LANES * sizeof(float));
    pipe.InitBuffer(constants_, AttentionValues<T>::CONSTANTS * sizeof(int16_t));
    values_.Init(tiling, v, table, constants_.template Get<int16_t>());
    // Broadcasts and reductions work on whole groups of rows, also where a tile has fewer.
    Duplicate(stats_.template Get<float>(), 0.0f, STATS * HALF_ROWS);
    Duplicate(cap_.template Get<float>(), -2.0f * t_.softcap, LANES);
    SYNC_BARRIER(PIPE_V);
    for (uint32_t i = 0; i < 2; ++i) {
      SYNC_SET(HardEvent::V_MTE2, i);
    }
    SYNC_SET(HardEvent::MTE3_V, OUT);
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
        step.keys = Min(t_.tile_keys, step.task.key_end - step.key);
        step.first = step.key == step.task.key_begin;
        step.last = step.key + step.keys == step.task.key_end;
        step.partial = Partial(t_, step, step.task.row, step.task.rows);
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
    for (uint32_t i = 0; i < 2; ++i) {
      SYNC_WAIT(HardEvent::V_MTE2, i);
    }
    SYNC_WAIT(HardEvent::MTE3_V, OUT);
  }

 private:
  static constexpr uint32_t HALF_ROWS = 64;
  static constexpr uint32_t CHUNK = 8192;
  static constexpr uint32_t FOLDED = 4096;
  // Where in blocks_, in elements of 16 bits, the marks of chunks end and the room to make one starts.
  static constexpr uint32_t MARKS = HALF_ROWS * BLOCK_FLOATS;
  static constexpr uint32_t SINKS_F32 = 2;
  static constexpr uint32_t OUT = 0;
  static constexpr uint32_t THROUGH = 1;
  // Rows of numbers in stats_: two tasks' maxima and denominators, two steps' factors, and the maximum and the sum at hand.
  static constexpr uint32_t MAXIMUM = 0;
  static constexpr uint32_t DENOMINATOR = 2;
  static constexpr uint32_t FACTOR = 4;
  static constexpr uint32_t NOW = 6;
  static constexpr uint32_t TOTAL = 7;
  static constexpr uint32_t STATS = 8;

  __aicore__ inline LocalTensor<float> Stat(uint32_t which) { return stats_.template Get<float>()[which * HALF_ROWS]; }
  __aicore__ inline uint32_t Middle(const AttentionTask& task) const { return CeilDiv(task.rows, 2); }
  __aicore__ inline uint32_t FirstRow(const AttentionTask& task) const { return half_ == 0 ? 0 : Middle(task); }
  __aicore__ inline uint32_t Rows(const AttentionTask& task) const { return half_ == 0 ? Middle(task) : task.rows - Middle(task); }

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

  __aicore__ inline static uint32_t Clamp(int64_t value, uint32_t most) { return value <= 0 ? 0 : Min(static_cast<uint32_t>(value), most); }

  // Bits of the lanes from column c on that lie below column `end`.
  __aicore__ inline static uint64_t Below(uint32_t end, uint32_t c, uint32_t lanes) {
    const uint32_t count = end <= c ? 0 : Min(end - c, lanes);
    return count == 64 ? ~0ull : (1ull << count) - 1;
  }

  // Weights to the slot: rounded to T, then what rounding took away, rounded, and so on.
  __aicore__ inline void StoreWeights(const LocalTensor<float>& p, const AttentionStep& step, uint32_t row, uint32_t rows) {
    const uint32_t pitch = t_.tile_keys;
    const LocalTensor<T> out = weights_.template Get<T>();
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

  // Values -> slot, with 0 for what is not finite; this core every other chunk, and both look at all. Remembers whether there is any.
  __aicore__ inline void CleanValues(const AttentionStep& step) {
    const uint32_t most = ValuesOfAChunk(Min(2 * FOLDED, t_.weight_terms * out_elements_));
    const LocalTensor<int16_t> mask = folded_.template Get<int16_t>();
    const LocalTensor<int16_t> marks = blocks_.template Get<int16_t>();
    const LocalTensor<int16_t> out = weights_.template Get<int16_t>();
    uint32_t chunks = 0;
    for (uint32_t key = 0; key < step.keys; key += most) {
      const uint32_t count = Min(most, step.keys - key);
      const uint32_t elements = count * t_.dv;
      const bool mine = chunks % 2 == half_;
      const LocalTensor<int16_t> in = LoadValues(step, key, count);
      values_.Finite(mask, in, elements);
      if (mine) {
        SYNC_WAIT(HardEvent::MTE3_V, OUT);
        And(out, in, mask, static_cast<int32_t>(elements));
      }
      SYNC_SET(HardEvent::V_MTE2, in_stage_);
      in_stage_ ^= 1;
      if (mine) {
        SYNC_SET(HardEvent::V_MTE3, OUT);
        SYNC_WAIT(HardEvent::V_MTE3, OUT);
        DataCopy(slots_.Clean(step.number)[key * t_.dv], weights_.template Get<T>(), elements);
        SYNC_SET(HardEvent::MTE3_V, OUT);
        SYNC_BARRIER(PIPE_V);
      }
      values_.Mark(marks[chunks * AttentionValues<T>::MARK], mask, marks[MARKS], elements);
      ++chunks;
    }
    SYNC_SET(HardEvent::V_S, 0);
    SYNC_WAIT(HardEvent::V_S, 0);
    bool& spoilt = spoilt_[step.number % 2];
    spoilt = false;
    for (uint32_t chunk = 0; chunk < chunks; ++chunk) {
      spoilt = spoilt || marks.GetValue(chunk * AttentionValues<T>::MARK) != 0;
    }
  }

  // o += what CleanValues took out, for the rows that see it.
  __aicore__ inline void AddUnclean(const AttentionStep& step) {
    const uint32_t most = ValuesOfAChunk(FOLDED);
    const LocalTensor<float> unclean = folded_.template Get<float>();
    const LocalTensor<float> sum = sum_.template Get<float>();
    const int64_t first = step.task.row + FirstRow(step.task);
    const uint32_t rows = Rows(step.task);
    for (uint32_t key = 0; key < step.keys; key += most) {
      const uint32_t count = Min(most, step.keys - key);
      const uint32_t elements = count * t_.dv;
      const LocalTensor<int16_t> in = LoadValues(step, key, count);
      const LocalTensor<int16_t> mask = in[CHUNK];
      values_.Finite(mask, in, elements);
      Not(mask, mask, static_cast<int32_t>(elements));
      SYNC_BARRIER(PIPE_V);
      And(in, in, mask, static_cast<int32_t>(elements));
      SYNC_BARRIER(PIPE_V);
      Cast(unclean, in.template ReinterpretCast<T>(), RoundMode::CAST_NONE, elements);
      SYNC_SET(HardEvent::V_MTE2, in_stage_);
      in_stage_ ^= 1;
      SYNC_BARRIER(PIPE_V);
      for (uint32_t i = 0; i < count; ++i) {
        // Queries from the key's own place on see it, `window` of them.
        const int64_t query = static_cast<int64_t>(step.key + key + i) - step.task.offset;
        const uint32_t begin = Clamp(query * group_ - first, rows);
        const uint32_t end = t_.window == 0 ? rows : Clamp((query + t_.window) * group_ - first, rows);
        if (begin < end) {
          TileByColumn<TileOp::ADD>(sum[begin * t_.dv], sum[begin * t_.dv], t_.dv, unclean[i * t_.dv], end - begin, t_.dv);
          SYNC_BARRIER(PIPE_V);
        }
      }
    }
  }

  // The values of a chunk in so many 16-bit elements.
  __aicore__ inline uint32_t ValuesOfAChunk(uint32_t elements) const { return Min(elements / t_.dv, t_.tile_keys); }

  // Bits of the step's values [first, first + count), ready for V, at the input stage at hand.
  __aicore__ inline LocalTensor<int16_t> LoadValues(const AttentionStep& step, uint32_t first, uint32_t count) {
    const LocalTensor<float> in = in_.template Get<float>()[in_stage_ * CHUNK];
    SYNC_WAIT(HardEvent::V_MTE2, in_stage_);
    values_.Load(in.template ReinterpretCast<T>(), step, first, count);
    SYNC_SET(HardEvent::MTE2_V, in_stage_);
    SYNC_WAIT(HardEvent::MTE2_V, in_stage_);
    return in.template ReinterpretCast<int16_t>();
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
        Adds(sum[row * t_.dv], in, 0.0f, count * t_.dv);
      } else {
        Add(sum[row * t_.dv], sum[row * t_.dv], in, count * t_.dv);
      }
      SYNC_SET(HardEvent::V_MTE2, in_stage_);
      in_stage_ ^= 1;
    }
    if (step.partial && spoilt_[step.number % 2] && rows != 0) {
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

  AttentionTiling t_;
  AttentionSlots<T> slots_;
  AttentionValues<T> values_;
  GlobalTensor<float> lse_blocks_, partial_;
  GM_ADDR sinks_;
  GlobalTensor<T> out_;
  TBuf<TPosition::VECCALC> in_, weights_, folded_, sum_, stats_, blocks_, cap_, constants_;
  uint32_t half_, group_, sum_rows_, out_elements_;
  uint32_t in_stage_ = 0;
  bool spoilt_[2] = {false, false};
};
