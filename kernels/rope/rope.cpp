// Rotary position embedding of the first R elements of each head: y1 = x1 * c - x2 * s, y2 = x2 * c + x1 * s. The rest is copied.
//
// Where the two elements of the pairs lie in vectors that start at a block, the arithmetic takes them where they are; else they are gathered first, and the results
// gathered into their order afterwards.
#include "kernel_operator.h"

using namespace AscendC;

#include "../include/vector.h"
#include "rope_tiling.h"

// Vectors of one length, one a head, the first at `at`, `pitch` elements apart.
struct HeadVectors {
  LocalTensor<float> at;
  uint32_t pitch;
};

template <typename T>
class Rope {
 public:
  __aicore__ inline Rope(GM_ADDR x, GM_ADDR cos, GM_ADDR sin, GM_ADDR positions, GM_ADDR y, GM_ADDR tiling) {
    LoadTiling(tiling_, tiling);
    x_ = Global<T>(x);
    y_ = Global<T>(y);
    cos_ = Global<float>(cos);
    sin_ = Global<float>(sin);
    positions_ = Global<int32_t>(positions);
    head_pitch_ = Padded<T>(tiling_.head_dim);
    pair_pitch_ = Padded<float>(tiling_.pairs);
    auto const heads = tiling_.heads_per_step;
    in_place_ = tiling_.pairing == ROPE_HALF && tiling_.pairs % BLOCK_FLOATS == 0;
    for (uint32_t stage = 0; stage < STAGES; ++stage) {
      io_[stage] = ub_.Take<T>(heads * head_pitch_);
      cos_in_[stage] = ub_.Take<float>(pair_pitch_);
      sin_in_[stage] = ub_.Take<float>(pair_pitch_);
    }
    products_ = ub_.Take<float>(PRODUCTS * heads * pair_pitch_);
    if constexpr (!IS_FLOAT<T>) {
      wide_ = ub_.Take<float>(heads * head_pitch_);
    }
    if (!in_place_) {
      first_ = ub_.Take<float>(heads * pair_pitch_);
      second_ = ub_.Take<float>(heads * pair_pitch_);
      joined_ = ub_.Take<float>(heads * head_pitch_);
      MakeTables();
    }
  }

  __aicore__ inline void Process() {
    for (uint32_t stage = 0; stage < STAGES; ++stage) {
      SYNC_SET(HardEvent::MTE3_MTE2, stage);
    }
    auto const heads = RowsOfBlock(tiling_.heads, tiling_.heads_per_block);
    uint32_t stage = 0;
    for (auto head = heads.first; head < heads.end;) {
      auto const token = head / tiling_.heads_per_token;
      // A step is of one token.
      auto const end = Min(heads.end, (token + 1) * tiling_.heads_per_token);
      auto const count = Min(tiling_.heads_per_step, end - head);
      Step(token, head, count, stage);
      head += count;
      stage = 1 - stage;
    }
    for (uint32_t last = 0; last < STAGES; ++last) {
      SYNC_WAIT(HardEvent::MTE3_MTE2, last);
    }
  }

 private:
  static constexpr uint32_t STAGES = 2;
  static constexpr uint32_t PRODUCTS = 4;

  __aicore__ inline void Step(uint32_t token, uint32_t head, uint32_t heads, uint32_t stage) {
    auto const offset = static_cast<uint64_t>(head) * tiling_.head_dim;
    auto const pairs = tiling_.pairs;
    auto const& io = io_[stage];
    SYNC_WAIT(HardEvent::MTE3_MTE2, stage);
    Load(io, x_[offset], tiling_.head_dim, heads);
    if (pairs > 0) {
      // Positions fit 31 bits: of an i64 the low word is enough.
      auto const position = static_cast<uint64_t>(positions_.GetValue(tiling_.positions_i64 ? 2 * token : token));
      Load(cos_in_[stage], cos_[position * pairs], pairs);
      Load(sin_in_[stage], sin_[position * pairs], pairs);
    }
    SYNC_SET(HardEvent::MTE2_V, stage);
    SYNC_WAIT(HardEvent::MTE2_V, stage);
    if (pairs > 0) {
      Turn(io, cos_in_[stage], sin_in_[stage], heads);
    }
    SYNC_SET(HardEvent::V_MTE3, stage);
    SYNC_WAIT(HardEvent::V_MTE3, stage);
    Store(y_[offset], io, tiling_.head_dim, heads);
    SYNC_SET(HardEvent::MTE3_MTE2, stage);
  }

  // Turns the heads in `io`, in place.
  __aicore__ inline void Turn(const LocalTensor<T>& io, const LocalTensor<float>& cos, const LocalTensor<float>& sin, uint32_t heads) {
    auto const pairs = tiling_.pairs;
    auto const x = Widen(io, wide_, heads * head_pitch_);
    HeadVectors x1{x, head_pitch_};
    HeadVectors x2{x[in_place_ ? pairs : 0], head_pitch_};
    if (!in_place_) {
      x1 = {first_, pair_pitch_};
      x2 = {second_, pair_pitch_};
      for (uint32_t head = 0; head < heads; ++head) {
        auto const base = head * head_pitch_ * static_cast<uint32_t>(sizeof(float));
        Gather(first_[head * pair_pitch_], x, first_of_pair_, base, pairs);
        Gather(second_[head * pair_pitch_], x, second_of_pair_, base, pairs);
      }
      SYNC_BARRIER(PIPE_V);
    }
    auto const p0 = Product(0), p1 = Product(1), p2 = Product(2), p3 = Product(3);
    Times(p0, x1, cos, heads);
    Times(p1, x2, sin, heads);
    Times(p2, x2, cos, heads);
    Times(p3, x1, sin, heads);
    SYNC_BARRIER(PIPE_V);
    if (in_place_) {
      Combine<false>(x1, p0, p1, heads);
      Combine<true>(x2, p2, p3, heads);
      if constexpr (!IS_FLOAT<T>) {
        SYNC_BARRIER(PIPE_V);
        PutBack(io, x, heads);
      }
    } else {
      Combine<false>(p0, p0, p1, heads);
      Combine<true>(p2, p2, p3, heads);
      SYNC_BARRIER(PIPE_V);
      for (uint32_t head = 0; head < heads; ++head) {
        auto const base = head * pair_pitch_ * static_cast<uint32_t>(sizeof(float));
        Gather(joined_[head * head_pitch_], products_, place_in_head_, base, 2 * pairs);
      }
      SYNC_BARRIER(PIPE_V);
      PutBack(io, joined_, heads);
    }
    // The next step overwrites what this one has computed with.
    SYNC_BARRIER(PIPE_V);
  }

  __aicore__ inline HeadVectors Product(uint32_t i) { return {products_[i * tiling_.heads_per_step * pair_pitch_], pair_pitch_}; }

  __aicore__ inline BinaryRepeatParams Strides(uint32_t to, uint32_t a, uint32_t b) {
    BinaryRepeatParams p;
    p.dstBlkStride = 1;
    p.src0BlkStride = 1;
    p.src1BlkStride = 1;
    p.dstRepStride = to / BLOCK_FLOATS;
    p.src0RepStride = a / BLOCK_FLOATS;
    p.src1RepStride = b / BLOCK_FLOATS;
    return p;
  }

  // to[head] = x[head] * table: a repeat a head.
  __aicore__ inline void Times(const HeadVectors& to, const HeadVectors& x, const LocalTensor<float>& table, uint32_t heads) {
    for (uint32_t at = 0; at < tiling_.pairs; at += LANES) {
      auto const lanes = static_cast<uint64_t>(Min(LANES, tiling_.pairs - at));
      Mul(to.at[at], x.at[at], table[at], lanes, static_cast<uint8_t>(heads), Strides(to.pitch, x.pitch, 0));
    }
  }

  // to[head] = a[head] + b[head], or a[head] - b[head].
  template <bool ADD>
  __aicore__ inline void Combine(const HeadVectors& to, const HeadVectors& a, const HeadVectors& b, uint32_t heads) {
    for (uint32_t at = 0; at < tiling_.pairs; at += LANES) {
      auto const lanes = static_cast<uint64_t>(Min(LANES, tiling_.pairs - at));
      auto const strides = Strides(to.pitch, a.pitch, b.pitch);
      if constexpr (ADD) {
        Add(to.at[at], a.at[at], b.at[at], lanes, static_cast<uint8_t>(heads), strides);
      } else {
        Sub(to.at[at], a.at[at], b.at[at], lanes, static_cast<uint8_t>(heads), strides);
      }
    }
  }

  // The first R elements of each head, rounded to T, into `io`. What lies behind them there stays as it was read.
  __aicore__ inline void PutBack(const LocalTensor<T>& io, const LocalTensor<float>& from, uint32_t heads) {
    constexpr uint32_t BLOCK = BLOCK_BYTES / sizeof(T);
    for (uint32_t at = 0; at < 2 * tiling_.pairs; at += LANES) {
      auto const lanes = static_cast<uint64_t>(Min(LANES, 2 * tiling_.pairs - at));
      if constexpr (IS_FLOAT<T>) {
        CopyRepeatParams p;
        p.dstStride = 1;
        p.srcStride = 1;
        p.dstRepeatSize = head_pitch_ / BLOCK;
        p.srcRepeatSize = head_pitch_ / BLOCK_FLOATS;
        Copy(io[at], from[at], lanes, static_cast<uint8_t>(heads), p);
      } else {
        UnaryRepeatParams p;
        p.dstBlkStride = 1;
        p.srcBlkStride = 1;
        p.dstRepStride = head_pitch_ / BLOCK;
        p.srcRepStride = head_pitch_ / BLOCK_FLOATS;
        Cast(io[at], from[at], RoundMode::CAST_RINT, lanes, static_cast<uint8_t>(heads), p);
      }
    }
  }

  // Byte offsets for the gathers, those of one head.
  __aicore__ inline void MakeTables() {
    auto const pairs = tiling_.pairs;
    first_of_pair_ = ub_.Take<uint32_t>(pairs);
    second_of_pair_ = ub_.Take<uint32_t>(pairs);
    place_in_head_ = ub_.Take<uint32_t>(2 * pairs);
    auto const half_read = tiling_.pairing == ROPE_HALF;
    auto const half_written = tiling_.pairing != ROPE_INTERLEAVED;
    // From the vector of first results to that of second ones.
    auto const to_second = 2 * tiling_.heads_per_step * pair_pitch_;
    constexpr uint32_t BYTES = sizeof(float);
    for (uint32_t i = 0; i < pairs; ++i) {
      first_of_pair_.SetValue(i, (half_read ? i : 2 * i) * BYTES);
      second_of_pair_.SetValue(i, (half_read ? i + pairs : 2 * i + 1) * BYTES);
      place_in_head_.SetValue(half_written ? i : 2 * i, i * BYTES);
      place_in_head_.SetValue(half_written ? i + pairs : 2 * i + 1, (to_second + i) * BYTES);
    }
    SYNC_SET(HardEvent::S_V, 0);
    SYNC_WAIT(HardEvent::S_V, 0);
  }

  RopeTiling tiling_;
  UnifiedBuffer ub_;
  uint32_t head_pitch_, pair_pitch_;
  bool in_place_;
  GlobalTensor<T> x_, y_;
  GlobalTensor<float> cos_, sin_;
  GlobalTensor<int32_t> positions_;
  LocalTensor<T> io_[STAGES];
  LocalTensor<float> cos_in_[STAGES], sin_in_[STAGES], products_, wide_, first_, second_, joined_;
  LocalTensor<uint32_t> first_of_pair_, second_of_pair_, place_in_head_;
};

#define ROPE(name, T)                                                                                                              \
  extern "C" __global__ __aicore__ void name(GM_ADDR x, GM_ADDR cos, GM_ADDR sin, GM_ADDR positions, GM_ADDR y, GM_ADDR workspace, \
                                             GM_ADDR tiling) {                                                                     \
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);                                                                                \
    Rope<T>(x, cos, sin, positions, y, tiling).Process();                                                                          \
  }

ROPE(rope_bf16, bfloat16_t)
ROPE(rope_f16, half)
ROPE(rope_f32, float)
