// Values that the cube may multiply by a weight of 0.
//
// A row that does not see a key gives its value the weight 0, and 0 * NaN and 0 * infinity are NaN. So of a step whose keys not all rows see, the cube is given a copy of the
// values in which 0 stands for everything that is not finite; what was taken out is then added to the sums of the rows that see its key. All other steps are multiplied as they
// lie. The price is one more pass over the values of the steps on a causal diagonal or a window's edge.
#pragma once

#include "attention_walk.h"
#include "tile_rows.h"

// Whether some of the rows [row, row + rows) of the step's sequence and head do not see some of its keys.
__aicore__ inline bool Partial(const AttentionTiling& t, const AttentionStep& step, uint32_t row, uint32_t rows) {
  if (t.causal == 0 || rows == 0) {
    return false;
  }
  const uint32_t group = t.heads / t.kv_heads;
  const int32_t first_place = step.task.offset + static_cast<int32_t>(row / group);
  const int32_t last_place = step.task.offset + static_cast<int32_t>((row + rows - 1) / group);
  const int32_t first_key = static_cast<int32_t>(step.key);
  const int32_t last_key = static_cast<int32_t>(step.key + step.keys) - 1;
  return last_key > first_place || (t.window != 0 && first_key <= last_place - static_cast<int32_t>(t.window));
}

// Rows of values in UB, and which of their elements are finite: told from the bits, since there is no arithmetic on bf16.
template <typename T>
class AttentionValues {
 public:
  // Elements of 16 bits that `Init` wants.
  static constexpr uint32_t CONSTANTS = 2 * BLOCK_BYTES / sizeof(int16_t);
  // A mark of a chunk takes a block.
  static constexpr uint32_t MARK = BLOCK_BYTES / sizeof(int16_t);

  __aicore__ inline void Init(const AttentionTiling& tiling, GM_ADDR v, GM_ADDR table, const LocalTensor<int16_t>& constants) {
    t_ = tiling;
    v_ = Global<T>(v);
    table_ = Global<int32_t>(table);
    magnitude_ = constants;
    one_ = constants[CONSTANTS / 2];
    Duplicate(magnitude_, static_cast<int16_t>(0x7FFF), CONSTANTS / 2);
    Duplicate(one_, HALF_ONE, CONSTANTS / 2);
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

 private:
  // Bits of the smallest magnitude that is not finite, and of 1 in f16.
  static constexpr int16_t FIRST_INFINITE = SameType<T, bfloat16_t>::value ? 0x7F80 : 0x7C00;
  static constexpr int16_t HALF_ONE = 0x3C00;
  static constexpr uint32_t LANES_16 = 2 * LANES;

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

  AttentionTiling t_;
  GlobalTensor<T> v_;
  GlobalTensor<int32_t> table_;
  LocalTensor<int16_t> magnitude_, one_;
};
