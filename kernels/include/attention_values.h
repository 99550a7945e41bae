// Values that the cube may multiply by a weight of 0.
//
// A row that does not see a key gives its value the weight 0, and 0 * NaN and 0 * infinity are NaN. So of a step whose keys not all rows see, the cube is given a copy of the
// values in which 0 stands for everything that is not finite; what was taken out is then added to the sums of the rows that see its key. All other steps are multiplied as they
// lie. The price is one more pass over the values of the steps on a causal diagonal or a window's edge.
#pragma once

#include "attention_rows.h"

// Which elements are finite is told from the bits, since there is no arithmetic on bf16.
//
// Events: V_S 0 for marks, and those of AttentionRows.
template <typename T>
class AttentionValues : public AttentionRows<T> {
 protected:
  using AttentionRows<T>::t_;
  using AttentionRows<T>::slots_;
  using AttentionRows<T>::in_;
  using AttentionRows<T>::weights_;
  using AttentionRows<T>::folded_;
  using AttentionRows<T>::sum_;
  using AttentionRows<T>::blocks_;
  using AttentionRows<T>::half_;
  using AttentionRows<T>::group_;
  using AttentionRows<T>::out_elements_;
  using AttentionRows<T>::in_stage_;
  using AttentionRows<T>::CHUNK;
  using AttentionRows<T>::FOLDED;
  using AttentionRows<T>::OUT;
  using AttentionRows<T>::FirstRow;
  using AttentionRows<T>::Rows;
  using AttentionRows<T>::Clamp;

  __aicore__ inline void Start(TPipe& pipe, const AttentionTiling& tiling, GM_ADDR v, GM_ADDR table, GM_ADDR workspace, uint32_t core, uint32_t half) {
    AttentionRows<T>::Start(pipe, tiling, workspace, core, half);
    v_ = Global<T>(v);
    table_ = Global<int32_t>(table);
    pipe.InitBuffer(constants_, 2 * MARK * sizeof(int16_t));
    magnitude_ = constants_.template Get<int16_t>();
    one_ = magnitude_[MARK];
    Duplicate(magnitude_, static_cast<int16_t>(0x7FFF), MARK);
    Duplicate(one_, HALF_ONE, MARK);
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
      Finite(mask, in, elements);
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
      Mark(marks[chunks * MARK], mask, marks[MARKS], elements);
      ++chunks;
    }
    SYNC_SET(HardEvent::V_S, 0);
    SYNC_WAIT(HardEvent::V_S, 0);
    bool& spoilt = spoilt_[step.number % 2];
    spoilt = false;
    for (uint32_t chunk = 0; chunk < chunks; ++chunk) {
      spoilt = spoilt || marks.GetValue(chunk * MARK) != 0;
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
      Finite(mask, in, elements);
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

  // Whether CleanValues took something out.
  __aicore__ inline bool IsSpoilt(const AttentionStep& step) const { return spoilt_[step.number % 2]; }

 private:
  // Bits of the smallest magnitude that is not finite, and of 1 in f16.
  static constexpr int16_t FIRST_INFINITE = SameType<T, bfloat16_t>::value ? 0x7F80 : 0x7C00;
  static constexpr int16_t HALF_ONE = 0x3C00;
  static constexpr uint32_t LANES_16 = 2 * LANES;
  // Elements of 16 bits that the mark of a chunk takes, a block; and where in blocks_ marks end and the room to make one starts.
  static constexpr uint32_t MARK = BLOCK_BYTES / sizeof(int16_t);
  static constexpr uint32_t MARKS = AttentionRows<T>::HALF_ROWS * BLOCK_FLOATS;

  // The values of a chunk in so many 16-bit elements.
  __aicore__ inline uint32_t ValuesOfAChunk(uint32_t elements) const { return Min(elements / t_.dv, t_.tile_keys); }

  // Bits of the step's values [first, first + count), ready for V, at the input stage at hand.
  __aicore__ inline LocalTensor<int16_t> LoadValues(const AttentionStep& step, uint32_t first, uint32_t count) {
    const LocalTensor<float> in = in_.template Get<float>()[in_stage_ * CHUNK];
    SYNC_WAIT(HardEvent::V_MTE2, in_stage_);
    Load(in.template ReinterpretCast<T>(), step, first, count);
    SYNC_SET(HardEvent::MTE2_V, in_stage_);
    SYNC_WAIT(HardEvent::MTE2_V, in_stage_);
    return in.template ReinterpretCast<int16_t>();
  }

  // Values [first, first + count) of the step -> UB, packed.
  __aicore__ inline void Load(const LocalTensor<T>& to, const AttentionStep& step, uint32_t first, uint32_t count) const {
    ForPages(t_, table_, step.task, step.key + first, count, [&](uint32_t done, uint32_t rows, uint64_t slot) __aicore__ {
      DataCopyExtParams p;
      p.blockCount = rows;
      p.blockLen = t_.dv * sizeof(T);
      p.srcStride = (t_.kv_heads - 1) * t_.dv * sizeof(T);
      p.dstStride = 0;
      const uint64_t head = slot * t_.kv_heads + step.task.kv_head;
      DataCopyPad(to[done * t_.dv], v_[head * t_.dv], p, DataCopyPadExtParams<T>());
    });
  }

  // All bits where a value is finite, else none.
  __aicore__ inline void Finite(const LocalTensor<int16_t>& mask, const LocalTensor<int16_t>& values, uint32_t count) const {
    AndBlock(mask, values, magnitude_, count);
    SYNC_BARRIER(PIPE_V);
    Adds(mask, mask, static_cast<int16_t>(-FIRST_INFINITE), count);
    SYNC_BARRIER(PIPE_V);
    ShiftRight(mask, mask, static_cast<int16_t>(15), count);
    SYNC_BARRIER(PIPE_V);
  }

  // mark[0] = 0 when all of `mask` is set. Overwrites the mask. `room`: two numbers for each 128 elements.
  __aicore__ inline void Mark(const LocalTensor<int16_t>& mark, const LocalTensor<int16_t>& mask, const LocalTensor<int16_t>& room, uint32_t count) const {
    AndBlock(mask, mask, one_, count);
    SYNC_BARRIER(PIPE_V);
    ReduceMin(mark.template ReinterpretCast<half>(), mask.template ReinterpretCast<half>(), room.template ReinterpretCast<half>(), static_cast<int32_t>(count));
    SYNC_BARRIER(PIPE_V);
    Adds(mark, mark, static_cast<int16_t>(-HALF_ONE), 1);
    SYNC_BARRIER(PIPE_V);
  }

  // to = from & block, whose 16 elements are repeated.
  __aicore__ inline static void AndBlock(const LocalTensor<int16_t>& to, const LocalTensor<int16_t>& from, const LocalTensor<int16_t>& block, uint32_t count) {
    const uint32_t whole = count / LANES_16;
    const uint32_t rest = count % LANES_16;
    if (whole > 0) {
      And(to, from, block, static_cast<uint64_t>(LANES_16), static_cast<uint8_t>(whole), AgainstOneBlock());
    }
    if (rest > 0) {
      And(to[whole * LANES_16], from[whole * LANES_16], block, static_cast<uint64_t>(rest), 1, AgainstOneBlock());
    }
  }

  GlobalTensor<T> v_;
  GlobalTensor<int32_t> table_;
  TBuf<TPosition::VECCALC> constants_;
  LocalTensor<int16_t> magnitude_, one_;
  bool spoilt_[2] = {false, false};
};
