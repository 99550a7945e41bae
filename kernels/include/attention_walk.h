// Which tiles of an attention a core computes, in which order, and which keys they see. The cube core and its vector cores walk alike.
//
// The rows of a sequence and key/value head are all pairs (query, head of the group), heads fastest: G = Hq / Hkv heads read the same keys, so that decoding multiplies G rows at once.
#pragma once

#include "attention_tiling.h"
#include "tiling.h"

struct AttentionTask {
  uint32_t sequence;
  uint32_t kv_head;
  uint32_t split;
  uint32_t token;      // first query of the sequence
  uint32_t key_token;  // first key of the sequence, without pages
  uint32_t row;        // first row of the tile
  uint32_t rows;
  int32_t offset;      // L - S: the place of query 0
  uint32_t key_begin;  // keys that the tile's split computes; none when begin = end
  uint32_t key_end;
};

class AttentionWalk {
 public:
  __aicore__ inline void Init(const AttentionTiling& tiling, GM_ADDR q_lens, GM_ADDR kv_lens, uint32_t core, uint32_t cores) {
    t_ = tiling;
    q_lens_ = Global<int32_t>(q_lens);
    kv_lens_ = Global<int32_t>(kv_lens);
    cores_ = cores;
    next_ = core;
    LoadSequence();
  }

  // Gives the core's next task; false when there is none.
  __aicore__ inline bool Next(AttentionTask& task) {
    while (sequence_ < t_.sequences && next_ >= tasks_) {
      next_ -= tasks_;
      ++sequence_;
      LoadSequence();
    }
    if (sequence_ >= t_.sequences) {
      return false;
    }
    const uint32_t split = next_ % t_.splits;
    const uint32_t tile = next_ / t_.splits;
    const uint32_t group = t_.heads / t_.kv_heads;
    task.sequence = sequence_;
    task.split = split;
    task.kv_head = tile / tiles_;
    // The last rows see the most keys: long tiles come first.
    task.row = (tiles_ - 1 - tile % tiles_) * t_.tile_rows;
    task.rows = Min(t_.tile_rows, rows_ - task.row);
    task.token = token_;
    task.key_token = key_token_;
    task.offset = static_cast<int32_t>(keys_) - static_cast<int32_t>(rows_ / group);
    Visible(task, group);
    next_ += cores_;
    return true;
  }

  // Queries of all sequences.
  __aicore__ inline uint32_t Tokens() const { return static_cast<uint32_t>(q_lens_.GetValue(t_.sequences)); }

 private:
  __aicore__ inline void LoadSequence() {
    if (sequence_ >= t_.sequences) {
      return;
    }
    token_ = q_lens_.GetValue(sequence_);
    key_token_ = kv_lens_.GetValue(sequence_);
    keys_ = kv_lens_.GetValue(sequence_ + 1) - key_token_;
    rows_ = (q_lens_.GetValue(sequence_ + 1) - token_) * (t_.heads / t_.kv_heads);
    tiles_ = CeilDiv(rows_, t_.tile_rows);
    tasks_ = tiles_ * t_.kv_heads * t_.splits;
  }

  // The split's part of the keys that any row of the tile sees, in whole steps.
  __aicore__ inline void Visible(AttentionTask& task, uint32_t group) const {
    const int32_t first = task.offset + static_cast<int32_t>(task.row / group);
    const int32_t last = task.offset + static_cast<int32_t>((task.row + task.rows - 1) / group);
    uint32_t begin = 0;
    uint32_t end = keys_;
    if (t_.causal != 0) {
      end = last < 0 ? 0 : Min(keys_, static_cast<uint32_t>(last) + 1);
      const int32_t oldest = first + 1 - static_cast<int32_t>(t_.window);
      if (t_.window != 0 && oldest > 0) {
        begin = static_cast<uint32_t>(oldest);
      }
    }
    const uint32_t steps = end > begin ? CeilDiv(end - begin, t_.tile_keys) : 0;
    const uint32_t span = CeilDiv(steps, t_.splits) * t_.tile_keys;
    task.key_begin = Min(begin + task.split * span, end > begin ? end : begin);
    task.key_end = Min(task.key_begin + span, end > begin ? end : begin);
  }

  AttentionTiling t_;
  GlobalTensor<int32_t> q_lens_, kv_lens_;
  uint32_t cores_;
  uint32_t next_ = 0;
  uint32_t sequence_ = 0;
  uint32_t token_ = 0;
  uint32_t key_token_ = 0;
  uint32_t keys_ = 0;
  uint32_t rows_ = 0;
  uint32_t tiles_ = 1;
  uint32_t tasks_ = 0;
};

// One step: the keys [key, key + keys) of a task.
struct AttentionStep {
  AttentionTask task;
  uint32_t number;  // steps of the core before this one
  uint32_t task_number;
  uint32_t key;
  uint32_t keys;
  bool first;
  bool last;
  bool partial;  // some row does not see some key: the cube multiplies the values that the vector cores have cleaned
};

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

// The step of the keys from `step.key` on: how many there are, and what follows from that.
__aicore__ inline void Measure(const AttentionTiling& t, AttentionStep& step) {
  step.keys = Min(t.tile_keys, step.task.key_end - step.key);
  step.first = step.key == step.task.key_begin;
  step.last = step.key + step.keys == step.task.key_end;
  step.partial = Partial(t, step, step.task.row, step.task.rows);
}

// Splits keys [key, key + keys) of a task's sequence into runs that lie one behind the other: f(keys before, keys, slot of the first).
template <typename F>
__aicore__ inline void ForPages(const AttentionTiling& t, const GlobalTensor<int32_t>& table, const AttentionTask& task, uint32_t key, uint32_t keys, F f) {
  if (t.page == 0) {
    f(0u, keys, static_cast<uint64_t>(task.key_token) + key);
    return;
  }
  for (uint32_t done = 0; done < keys;) {
    const uint32_t slot = (key + done) % t.page;
    const uint32_t rows = Min(t.page - slot, keys - done);
    const uint64_t page = table.GetValue(static_cast<uint64_t>(task.sequence) * t.max_pages + (key + done) / t.page);
    f(done, rows, page * t.page + slot);
    done += rows;
  }
}

// Splits rows [row, row + rows) into runs of whole queries and at most two parts of queries: f(row, queries, rows of each).
template <typename F>
__aicore__ inline void ForQueries(uint32_t row, uint32_t rows, uint32_t group, F f) {
  const uint32_t head = row % group;
  if (head != 0) {
    const uint32_t part = Min(group - head, rows);
    f(row, 1u, part);
    row += part;
    rows -= part;
  }
  const uint32_t whole = rows / group;
  if (whole != 0) {
    f(row, whole, group);
  }
  if (rows % group != 0) {
    f(row + whole * group, 1u, rows % group);
  }
}

// Flags between the cores, and the slots in the workspace behind them: step i uses slot i % 2 of each kind.
//
// The cube core runs one step of scores ahead of the values, and a vector core one step of weights ahead of the sums. So a slot is read before its next writer can have got that far:
// scores i + 2 are stored behind values i, which waited for weights i, which were computed from scores i; and so for the other two. Cleaned values go with the weights.
constexpr uint16_t SCORES_READY = 0;
constexpr uint16_t WEIGHTS_READY = 1;
constexpr uint16_t VALUES_READY = 2;

template <typename T>
struct AttentionSlots {
  GlobalTensor<float> scores;
  GlobalTensor<T> weights;
  GlobalTensor<float> values;
  GlobalTensor<T> clean;
  uint32_t scores_slot, weights_slot, values_slot, clean_slot;

  __aicore__ inline void Init(const AttentionTiling& t, GM_ADDR workspace, uint32_t core) {
    scores_slot = t.tile_rows * t.tile_keys;
    weights_slot = scores_slot * t.weight_terms;
    values_slot = t.tile_rows * t.dv;
    clean_slot = t.tile_keys * t.dv;
    GM_ADDR base = workspace + Bytes(core);
    scores = Global<float>(base);
    values = Global<float>(base + 2 * scores_slot * sizeof(float));
    weights = Global<T>(base + 2 * (scores_slot + values_slot) * sizeof(float));
    clean = weights[2 * weights_slot];
  }

  // Bytes of all cores' slots: where the rest of the workspace starts.
  __aicore__ inline uint64_t Bytes(uint32_t cores) const {
    return 2 * (static_cast<uint64_t>(scores_slot + values_slot) * sizeof(float) + (weights_slot + clean_slot) * sizeof(T)) * cores;
  }
  __aicore__ inline GlobalTensor<float> Scores(uint32_t step) const { return scores[step % 2 * scores_slot]; }
  __aicore__ inline GlobalTensor<T> Weights(uint32_t step) const { return weights[step % 2 * weights_slot]; }
  __aicore__ inline GlobalTensor<float> Values(uint32_t step) const { return values[step % 2 * values_slot]; }
  __aicore__ inline GlobalTensor<T> Clean(uint32_t step) const { return clean[step % 2 * clean_slot]; }
};
