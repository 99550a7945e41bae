// Routing: the k best experts of each token and their weights.
//
// In the unified buffer a token's scores lie group by group, each group filled up to whole blocks with -inf; without groups there is one. A position there is a *place*.
// Places order as experts do, so that the lowest place among equals is the lowest expert.
//
// Order is falling, NaN behind every number. The vector unit chooses among `candidates`, where a NaN, a chosen expert and the experts of left-out groups are -inf; once
// that gives no number above -inf, which well-behaved logits never lead to, the scalar core chooses among what is left.
#include "kernel_operator.h"

using namespace AscendC;

#include "../include/vector.h"
#include "gating_top_k_tiling.h"

template <typename T>
class GatingTopK {
 public:
  __aicore__ inline GatingTopK(GM_ADDR logits, GM_ADDR bias, GM_ADDR weights, GM_ADDR ids, GM_ADDR tiling) {
    LoadTiling(tiling_, tiling);
    logits_ = Global<T>(logits);
    weights_ = Global<float>(weights);
    ids_ = Global<int32_t>(ids);
    group_pitch_ = Padded<T>(tiling_.group_size);
    places_ = tiling_.groups * group_pitch_;
    // Comparisons are of whole 256 bytes.
    lanes_ = RoundUp(places_, LANES);
    for (uint32_t stage = 0; stage < STAGES; ++stage) {
      logits_in_[stage] = ub_.Take<T>(lanes_);
    }
    outside_ = ub_.Take<float>(lanes_);
    bias_ = ub_.Take<float>(lanes_);
    x_ = ub_.Take<float>(lanes_);
    scores_ = ub_.Take<float>(lanes_);
    choice_ = ub_.Take<float>(lanes_);
    candidates_ = ub_.Take<float>(lanes_);
    is_number_ = ub_.Take<uint8_t>(lanes_);
    reduce_ = ub_.Take<float>(ReduceRoom(lanes_));
    best_ = ub_.Take<float>(BLOCK_FLOATS);
    block_ = ub_.Take<float>(LANES);
    group_best_ = ub_.Take<float>(2 * MAX_GROUPS);
    chosen_scores_ = ub_.Take<float>(MAX_K);
    weights_out_ = ub_.Take<float>(TOKENS_PER_STORE * MAX_K);
    ids_out_ = ub_.Take<int32_t>(TOKENS_PER_STORE * MAX_K);
    LoadConstants(bias);
  }

  __aicore__ inline void Process() {
    for (uint32_t stage = 0; stage < STAGES; ++stage) {
      SYNC_SET(HardEvent::V_MTE2, stage);
    }
    auto const tokens = RowsOfBlock(tiling_.tokens, tiling_.tokens_per_block);
    uint32_t stage = 0;
    for (auto first = tokens.first; first < tokens.end; first += TOKENS_PER_STORE) {
      auto const count = Min(TOKENS_PER_STORE, tokens.end - first);
      for (uint32_t i = 0; i < count; ++i) {
        Token(first + i, i * tiling_.k, stage);
        stage = 1 - stage;
      }
      SYNC_SET(HardEvent::S_MTE3, 0);
      SYNC_WAIT(HardEvent::S_MTE3, 0);
      auto const at = static_cast<uint64_t>(first) * tiling_.k;
      Store(weights_[at], weights_out_, count * tiling_.k);
      Store(ids_[at], ids_out_, count * tiling_.k);
      SYNC_SET(HardEvent::MTE3_S, 0);
      SYNC_WAIT(HardEvent::MTE3_S, 0);
    }
    for (uint32_t last = 0; last < STAGES; ++last) {
      SYNC_WAIT(HardEvent::V_MTE2, last);
    }
  }

 private:
  static constexpr uint32_t STAGES = 2;
  static constexpr uint32_t MAX_K = 16;
  static constexpr uint32_t MAX_GROUPS = 64;
  static constexpr uint32_t TOKENS_PER_STORE = 32;

  // -inf.
  __aicore__ inline float Lowest() const { return FloatOfBits(0xff800000); }

  // What is the same for every token: -inf outside of the groups, and the bias with it.
  __aicore__ inline void LoadConstants(GM_ADDR bias) {
    auto const lanes = static_cast<int32_t>(lanes_);
    for (uint32_t stage = 0; stage < STAGES; ++stage) {
      Duplicate(logits_in_[stage].template ReinterpretCast<int16_t>(), static_cast<int16_t>(0), static_cast<int32_t>(lanes_ * sizeof(T) / sizeof(int16_t)));
    }
    Duplicate(outside_, 0.0f, lanes);
    Duplicate(bias_, 0.0f, lanes);
    // Broadcasts read eight numbers, of which only the first is ever another one.
    Duplicate(best_, 0.0f, static_cast<int32_t>(BLOCK_FLOATS));
    Duplicate(chosen_scores_, 0.0f, static_cast<int32_t>(MAX_K));
    SYNC_SET(HardEvent::V_S, 0);
    SYNC_WAIT(HardEvent::V_S, 0);
    for (uint32_t group = 0; group < tiling_.groups; ++group) {
      for (auto i = tiling_.group_size; i < group_pitch_; ++i) {
        outside_.SetValue(group * group_pitch_ + i, Lowest());
      }
    }
    for (auto place = places_; place < lanes_; ++place) {
      outside_.SetValue(place, Lowest());
    }
    SYNC_SET(HardEvent::S_V, 0);
    SYNC_WAIT(HardEvent::S_V, 0);
    if (tiling_.has_bias) {
      SYNC_SET(HardEvent::V_MTE2, 0);
      SYNC_WAIT(HardEvent::V_MTE2, 0);
      LoadGroups(bias_, Global<float>(bias));
      SYNC_SET(HardEvent::MTE2_V, 0);
      SYNC_WAIT(HardEvent::MTE2_V, 0);
    }
    Add(bias_, bias_, outside_, lanes);
  }

  // A row of E elements, group by group, each `group_pitch_` apart.
  template <typename E>
  __aicore__ inline void LoadGroups(const LocalTensor<E>& to, const GlobalTensor<E>& from) {
    DataCopyExtParams copy;
    copy.blockCount = tiling_.groups;
    copy.blockLen = tiling_.group_size * sizeof(E);
    copy.srcStride = 0;
    copy.dstStride = (group_pitch_ - Padded<E>(tiling_.group_size)) * sizeof(E) / BLOCK_BYTES;
    DataCopyPadExtParams<E> pad;
    pad.isPad = true;
    pad.leftPadding = 0;
    pad.rightPadding = Padded<E>(tiling_.group_size) - tiling_.group_size;
    DataCopyPad(to, from, copy, pad);
  }

  // Weights and ids of a token, from `out` in the buffers for results.
  __aicore__ inline void Token(uint32_t token, uint32_t out, uint32_t stage) {
    auto const lanes = static_cast<int32_t>(lanes_);
    SYNC_WAIT(HardEvent::V_MTE2, stage);
    LoadGroups(logits_in_[stage], logits_[static_cast<uint64_t>(token) * tiling_.experts]);
    SYNC_SET(HardEvent::MTE2_V, stage);
    SYNC_WAIT(HardEvent::MTE2_V, stage);
    auto const logits = Widen(logits_in_[stage], x_, lanes_);
    Add(x_, logits, outside_, lanes);
    SYNC_BARRIER(PIPE_V);
    SYNC_SET(HardEvent::V_MTE2, stage);
    Score();
    Add(choice_, scores_, bias_, lanes);
    SYNC_BARRIER(PIPE_V);
    Compare(is_number_, choice_, choice_, CMPMODE::EQ, lanes_);
    SYNC_BARRIER(PIPE_V);
    Select(candidates_, is_number_, choice_, Lowest(), SELMODE::VSEL_TENSOR_SCALAR_MODE, lanes_);
    SYNC_BARRIER(PIPE_V);
    uint64_t kept = ~0ull;
    if (tiling_.group_score != GROUPS_NONE) {
      kept = KeepGroups();
    }
    Choose(kept);
    Weigh(out);
  }

  // scores_ of the logits in x_, where places outside of the groups are -inf.
  __aicore__ inline void Score() {
    auto const lanes = static_cast<int32_t>(lanes_);
    if (tiling_.score == SCORE_TOP_K_SOFTMAX) {
      Adds(scores_, x_, 0.0f, lanes);
    } else if (tiling_.score == SCORE_SIGMOID) {
      // exp(min(x, 0)) / (1 + exp(-|x|)) overflows nowhere.
      Mins(scores_, x_, 0.0f, lanes);
      Abs(choice_, x_, lanes);
      SYNC_BARRIER(PIPE_V);
      Exp(scores_, scores_, lanes);
      Muls(choice_, choice_, -1.0f, lanes);
      SYNC_BARRIER(PIPE_V);
      Exp(choice_, choice_, lanes);
      SYNC_BARRIER(PIPE_V);
      Adds(choice_, choice_, 1.0f, lanes);
      SYNC_BARRIER(PIPE_V);
      Div(scores_, scores_, choice_, lanes);
    } else {
      // A NaN makes the sum NaN, whatever the maximum makes of it.
      ReduceMax(best_, x_, reduce_, lanes);
      SYNC_BARRIER(PIPE_V);
      Broadcast(block_, best_);
      SYNC_BARRIER(PIPE_V);
      SubRow(scores_, x_, block_, lanes_);
      SYNC_BARRIER(PIPE_V);
      Exp(scores_, scores_, lanes);
      SYNC_BARRIER(PIPE_V);
      ReduceSum(best_, scores_, reduce_, lanes);
      SYNC_BARRIER(PIPE_V);
      Broadcast(block_, best_);
      SYNC_BARRIER(PIPE_V);
      DivRow(scores_, scores_, block_, lanes_);
    }
    SYNC_BARRIER(PIPE_V);
  }

  // The largest candidate of each group and its place in the group, ready for the scalar core.
  __aicore__ inline void BestOfGroups() {
    WholeReduceMax(group_best_, candidates_, static_cast<int32_t>(group_pitch_), static_cast<int32_t>(tiling_.groups), 1, 1,
                   static_cast<int32_t>(group_pitch_ / BLOCK_FLOATS), ReduceOrder::ORDER_VALUE_INDEX);
    SYNC_SET(HardEvent::V_S, 0);
    SYNC_WAIT(HardEvent::V_S, 0);
  }

  // Whether `a` goes before `b`, which has the lower index.
  __aicore__ inline bool Before(float a, float b) const { return a > b || (a == a && b != b); }

  // The group's score from its two best, for groups that a NaN or an infinity takes part in.
  __aicore__ inline float ExactGroupScore(uint32_t group) const {
    auto const at = group * group_pitch_;
    auto best = choice_.GetValue(at);
    if (tiling_.group_size == 1) {
      return best;
    }
    auto second = choice_.GetValue(at + 1);
    if (Before(second, best)) {
      auto const other = best;
      best = second;
      second = other;
    }
    for (uint32_t i = 2; i < tiling_.group_size; ++i) {
      auto const value = choice_.GetValue(at + i);
      if (Before(value, best)) {
        second = best;
        best = value;
      } else if (Before(value, second)) {
        second = value;
      }
    }
    return tiling_.group_score == GROUPS_MAX ? best : best + second;
  }

  // Takes the candidates of all but the best groups away; the kept groups as bits.
  __aicore__ inline uint64_t KeepGroups() {
    float score[MAX_GROUPS];
    BestOfGroups();
    for (uint32_t group = 0; group < tiling_.groups; ++group) {
      score[group] = group_best_.GetValue(2 * group);
    }
    if (tiling_.group_score == GROUPS_TOP2_SUM) {
      uint32_t place[MAX_GROUPS];
      for (uint32_t group = 0; group < tiling_.groups; ++group) {
        place[group] = group * group_pitch_ + group_best_.ReinterpretCast<uint32_t>().GetValue(2 * group + 1);
        candidates_.SetValue(place[group], Lowest());
      }
      SYNC_SET(HardEvent::S_V, 0);
      SYNC_WAIT(HardEvent::S_V, 0);
      BestOfGroups();
      for (uint32_t group = 0; group < tiling_.groups; ++group) {
        candidates_.SetValue(place[group], score[group]);
        score[group] += group_best_.GetValue(2 * group);
      }
    }
    for (uint32_t group = 0; group < tiling_.groups; ++group) {
      if (!(score[group] > Lowest())) {
        score[group] = ExactGroupScore(group);
      }
    }
    uint64_t kept = 0;
    for (uint32_t i = 0; i < tiling_.keep; ++i) {
      auto best = tiling_.groups;
      for (uint32_t group = 0; group < tiling_.groups; ++group) {
        if ((kept >> group & 1) == 0 && (best == tiling_.groups || Before(score[group], score[best]))) {
          best = group;
        }
      }
      kept |= 1ull << best;
    }
    SYNC_SET(HardEvent::S_V, 0);
    SYNC_WAIT(HardEvent::S_V, 0);
    for (uint32_t group = 0; group < tiling_.groups; ++group) {
      if ((kept >> group & 1) == 0) {
        Duplicate(candidates_[group * group_pitch_], Lowest(), static_cast<int32_t>(group_pitch_));
      }
    }
    SYNC_BARRIER(PIPE_V);
    return kept;
  }

  // The places of the k best, in order.
  __aicore__ inline void Choose(uint64_t kept) {
    for (uint32_t slot = 0; slot < tiling_.k; ++slot) {
      ReduceMax(best_, candidates_, reduce_, static_cast<int32_t>(lanes_), true);
      SYNC_SET(HardEvent::V_S, 0);
      SYNC_WAIT(HardEvent::V_S, 0);
      if (!(best_.GetValue(0) > Lowest())) {
        ChooseRest(slot, kept);
        return;
      }
      chosen_[slot] = best_.ReinterpretCast<uint32_t>().GetValue(1);
      if (slot + 1 < tiling_.k) {
        candidates_.SetValue(chosen_[slot], Lowest());
        SYNC_SET(HardEvent::S_V, 0);
        SYNC_WAIT(HardEvent::S_V, 0);
      }
    }
  }

  // Fills the slots from `slot` on with the kept experts that are -inf, then with those that are NaN.
  __aicore__ inline void ChooseRest(uint32_t slot, uint64_t kept) {
    for (uint32_t pass = 0; pass < 2; ++pass) {
      for (uint32_t expert = 0; expert < tiling_.experts && slot < tiling_.k; ++expert) {
        auto const group = expert / tiling_.group_size;
        auto const place = group * group_pitch_ + expert % tiling_.group_size;
        auto const value = choice_.GetValue(place);
        auto const is_nan = value != value;
        if ((kept >> group & 1) != 0 && (pass == 0 ? value == Lowest() : is_nan)) {
          chosen_[slot++] = place;
        }
      }
    }
  }

  // Weights and ids of the chosen places.
  __aicore__ inline void Weigh(uint32_t out) {
    auto const k = tiling_.k;
    for (uint32_t slot = 0; slot < k; ++slot) {
      auto const place = chosen_[slot];
      auto const expert = place / group_pitch_ * tiling_.group_size + place % group_pitch_;
      ids_out_.SetValue(out + slot, static_cast<int32_t>(expert));
      chosen_scores_.SetValue(slot, scores_.GetValue(place));
    }
    float divisor = 1.0f;
    if (tiling_.score == SCORE_TOP_K_SOFTMAX) {
      auto const largest = chosen_scores_.GetValue(0);
      SYNC_SET(HardEvent::S_V, 0);
      SYNC_WAIT(HardEvent::S_V, 0);
      Adds(chosen_scores_, chosen_scores_, -largest, static_cast<int32_t>(k));
      SYNC_BARRIER(PIPE_V);
      Exp(chosen_scores_, chosen_scores_, static_cast<int32_t>(k));
      SYNC_SET(HardEvent::V_S, 0);
      SYNC_WAIT(HardEvent::V_S, 0);
      auto const sum = SumOfChosen();
      for (uint32_t slot = 0; slot < k; ++slot) {
        chosen_scores_.SetValue(slot, chosen_scores_.GetValue(slot) / sum);
      }
    }
    if (tiling_.renormalize) {
      divisor = SumOfChosen() + 1e-20f;
    }
    for (uint32_t slot = 0; slot < k; ++slot) {
      weights_out_.SetValue(out + slot, chosen_scores_.GetValue(slot) / divisor * tiling_.scale);
    }
  }

  __aicore__ inline float SumOfChosen() const {
    float sum = 0.0f;
    for (uint32_t slot = 0; slot < tiling_.k; ++slot) {
      sum += chosen_scores_.GetValue(slot);
    }
    return sum;
  }

  GatingTopKTiling tiling_;
  UnifiedBuffer ub_;
  uint32_t group_pitch_, places_, lanes_;
  uint32_t chosen_[MAX_K];
  GlobalTensor<T> logits_;
  GlobalTensor<float> weights_;
  GlobalTensor<int32_t> ids_;
  LocalTensor<T> logits_in_[STAGES];
  LocalTensor<float> outside_, bias_, x_, scores_, choice_, candidates_, reduce_, best_, block_, group_best_, chosen_scores_, weights_out_;
  LocalTensor<uint8_t> is_number_;
  LocalTensor<int32_t> ids_out_;
};

#define GATING_TOP_K(name, T)                                                                                                                 \
  extern "C" __global__ __aicore__ void name(GM_ADDR logits, GM_ADDR bias, GM_ADDR weights, GM_ADDR ids, GM_ADDR workspace, GM_ADDR tiling) { \
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);                                                                                           \
    GatingTopK<T>(logits, bias, weights, ids, tiling).Process();                                                                              \
  }

GATING_TOP_K(gating_top_k_bf16, bfloat16_t)
GATING_TOP_K(gating_top_k_f16, half)
GATING_TOP_K(gating_top_k_f32, float)
