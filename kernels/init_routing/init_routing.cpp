// Stable sort of the (token, slot) pairs by expert, and their rows in that order. Rows are moved as bytes, so one entry serves every type.
//
// 1. Each block counts its own pairs by expert.                                          -> counts in the workspace
// 2. Each block adds up the counts of all, so it knows where its first pair of each expert goes, and numbers its pairs.
//                                                                                        -> flat_to_row, and its inverse in the workspace
// 3. Each block moves the rows of a range of the result; ranges share no 32 bytes, whatever the width of rows.
//
// Between the steps all blocks meet. The inverse is made by atomic additions to zeros: its words are scattered, and two blocks may not write one 32-byte block otherwise.
#include "kernel_operator.h"

using namespace AscendC;

#include "../include/vector.h"
#include "init_routing_tiling.h"

struct InitRoutingArguments {
  GM_ADDR x;
  GM_ADDR ids;
  GM_ADDR rows;
  GM_ADDR flat_to_row;
  GM_ADDR row_to_flat;
  GM_ADDR counts;
  GM_ADDR cumulative;
  GM_ADDR counts_before_drop;
  GM_ADDR workspace;
};

class InitRouting {
 public:
  __aicore__ inline InitRouting(const InitRoutingArguments& arguments, GM_ADDR tiling) {
    LoadTiling(tiling_, tiling);
    blocks_ = static_cast<uint32_t>(GetBlockNum());
    block_ = static_cast<uint32_t>(GetBlockIdx());
    experts_ = Padded<int32_t>(tiling_.local_experts);
    x_ = Global<int8_t>(arguments.x);
    ids_ = Global<int32_t>(arguments.ids);
    rows_ = Global<int8_t>(arguments.rows);
    flat_to_row_ = Global<int32_t>(arguments.flat_to_row);
    row_to_flat_ = Global<int32_t>(arguments.row_to_flat);
    counts_ = Global<int32_t>(arguments.counts);
    cumulative_ = Global<int32_t>(arguments.cumulative);
    counts_before_drop_ = Global<int32_t>(arguments.counts_before_drop);
    counts_of_blocks_ = Global<int32_t>(arguments.workspace);
    inverse_ = counts_of_blocks_[static_cast<uint64_t>(blocks_) * experts_];
    numbers_ = ub_.Take<int32_t>(CHUNK);
    scattered_ = ub_.Take<int32_t>(CHUNK * BLOCK_FLOATS);
    zeros_ = ub_.Take<int32_t>(CHUNK);
    before_ = ub_.Take<int32_t>(experts_);
    total_ = ub_.Take<int32_t>(experts_);
    others_ = ub_.Take<int32_t>(COUNTS);
    wide_ = ub_.Take<int32_t>(2 * experts_);
    for (uint32_t stage = 0; stage < STAGES; ++stage) {
      piece_[stage] = ub_.Take<int8_t>(tiling_.piece_bytes);
    }
  }

  __aicore__ inline void Process() {
    CountPairs();
    ClearInverse();
    SYNC_ALL(true);
    AddCounts();
    NumberPairs();
    SYNC_ALL(true);
    MoveRows();
  }

 private:
  static constexpr uint32_t STAGES = 2;
  // Pairs or rows that are handled at a time.
  static constexpr uint32_t CHUNK = 256;
  // Counts of other blocks that are added up at a time.
  static constexpr uint32_t COUNTS = 8192;

  // The expert of a pair among the local ones; `local_experts` when it has none.
  __aicore__ inline uint32_t LocalExpert(uint32_t pair) const {
    auto const slots = tiling_.slots;
    auto const at = tiling_.slot_major ? pair % tiling_.tokens * slots + pair / tiling_.tokens : pair;
    auto const expert = static_cast<uint32_t>(ids_.GetValue(at)) - tiling_.local_start;
    return Min(expert, tiling_.local_experts);
  }

  __aicore__ inline RowRange Pairs() const { return RowsOfBlock(tiling_.pairs, tiling_.pairs_per_block); }

  __aicore__ inline RowRange Rows() const { return RowsOfBlock(tiling_.rows, tiling_.rows_per_block); }

  __aicore__ inline void CountPairs() {
    Duplicate(before_, 0, static_cast<int32_t>(experts_));
    SYNC_SET(HardEvent::V_S, 0);
    SYNC_WAIT(HardEvent::V_S, 0);
    auto const pairs = Pairs();
    for (auto pair = pairs.first; pair < pairs.end; ++pair) {
      auto const expert = LocalExpert(pair);
      if (expert < tiling_.local_experts) {
        before_.SetValue(expert, before_.GetValue(expert) + 1);
      }
    }
    SYNC_SET(HardEvent::S_MTE3, 0);
    SYNC_WAIT(HardEvent::S_MTE3, 0);
    Store(counts_of_blocks_[static_cast<uint64_t>(block_) * experts_], before_, experts_);
  }

  // Zeros in this block's range of the inverse.
  __aicore__ inline void ClearInverse() {
    Duplicate(zeros_, 0, static_cast<int32_t>(CHUNK));
    SYNC_SET(HardEvent::V_MTE3, 0);
    SYNC_WAIT(HardEvent::V_MTE3, 0);
    auto const rows = Rows();
    for (auto row = rows.first; row < rows.end; row += CHUNK) {
      Store(inverse_[row], zeros_, Min(CHUNK, rows.end - row));
    }
  }

  // total_: pairs of each expert; before_: those of them in blocks before this one. After that before_ has the next position of each expert.
  __aicore__ inline void AddCounts() {
    auto const count = static_cast<int32_t>(experts_);
    Duplicate(before_, 0, count);
    Duplicate(total_, 0, count);
    auto const blocks_at_a_time = COUNTS / experts_;
    for (uint32_t first = 0; first < blocks_; first += blocks_at_a_time) {
      auto const blocks = Min(blocks_at_a_time, blocks_ - first);
      SYNC_SET(HardEvent::V_MTE2, 0);
      SYNC_WAIT(HardEvent::V_MTE2, 0);
      Load(others_, counts_of_blocks_[static_cast<uint64_t>(first) * experts_], blocks * experts_);
      SYNC_SET(HardEvent::MTE2_V, 0);
      SYNC_WAIT(HardEvent::MTE2_V, 0);
      for (uint32_t i = 0; i < blocks; ++i) {
        auto const other = others_[i * experts_];
        Add(total_, total_, other, count);
        if (first + i < block_) {
          Add(before_, before_, other, count);
        }
        SYNC_BARRIER(PIPE_V);
      }
    }
    SYNC_SET(HardEvent::V_S, 0);
    SYNC_WAIT(HardEvent::V_S, 0);
    if (block_ == 0) {
      WriteCounts();
    }
    if (!tiling_.has_capacity) {
      int32_t start = 0;
      for (uint32_t expert = 0; expert < tiling_.local_experts; ++expert) {
        before_.SetValue(expert, before_.GetValue(expert) + start);
        start += total_.GetValue(expert);
      }
    }
  }

  // Stores int32 numbers that are not negative as int64.
  __aicore__ inline void StoreWide(const GlobalTensor<int32_t>& to) {
    SYNC_SET(HardEvent::S_MTE3, 0);
    SYNC_WAIT(HardEvent::S_MTE3, 0);
    Store(to, wide_, 2 * tiling_.local_experts);
    SYNC_SET(HardEvent::MTE3_S, 0);
    SYNC_WAIT(HardEvent::MTE3_S, 0);
  }

  __aicore__ inline int32_t Kept(uint32_t expert) const {
    auto const all = total_.GetValue(expert);
    auto const capacity = static_cast<int32_t>(tiling_.capacity);
    return tiling_.has_capacity && all > capacity ? capacity : all;
  }

  __aicore__ inline void WriteCounts() {
    auto const experts = tiling_.local_experts;
    for (uint32_t expert = 0; expert < experts; ++expert) {
      wide_.SetValue(2 * expert + 1, 0);
    }
    if (tiling_.keeps_counts) {
      for (uint32_t expert = 0; expert < experts; ++expert) {
        wide_.SetValue(2 * expert, Kept(expert));
      }
      StoreWide(counts_);
    }
    if (tiling_.keeps_cumulative) {
      int32_t sum = 0;
      for (uint32_t expert = 0; expert < experts; ++expert) {
        sum += Kept(expert);
        wide_.SetValue(2 * expert, sum);
      }
      StoreWide(cumulative_);
    }
    if (tiling_.keeps_counts_before_drop) {
      for (uint32_t expert = 0; expert < experts; ++expert) {
        wide_.SetValue(2 * expert, total_.GetValue(expert));
      }
      StoreWide(counts_before_drop_);
    }
  }

  // The row of the next pair of an expert; -1 when its capacity is used up.
  __aicore__ inline int32_t NextRow(uint32_t expert) {
    if (expert >= tiling_.local_experts) {
      return -1;
    }
    auto const position = before_.GetValue(expert);
    before_.SetValue(expert, position + 1);
    if (!tiling_.has_capacity) {
      return position;
    }
    auto const capacity = static_cast<int32_t>(tiling_.capacity);
    return position < capacity ? static_cast<int32_t>(expert) * capacity + position : -1;
  }

  __aicore__ inline void NumberPairs() {
    auto const pairs = Pairs();
    for (auto first = pairs.first; first < pairs.end; first += CHUNK) {
      auto const count = Min(CHUNK, pairs.end - first);
      for (uint32_t i = 0; i < count; ++i) {
        numbers_.SetValue(i, NextRow(LocalExpert(first + i)));
        // 0 is left to mean a row without a pair.
        scattered_.SetValue(i * BLOCK_FLOATS, static_cast<int32_t>(first + i + 1));
      }
      SYNC_SET(HardEvent::S_MTE3, 0);
      SYNC_WAIT(HardEvent::S_MTE3, 0);
      Store(flat_to_row_[first], numbers_, count);
      SetAtomicAdd<int32_t>();
      for (uint32_t i = 0; i < count; ++i) {
        auto const row = numbers_.GetValue(i);
        if (row >= 0) {
          Store(inverse_[row], scattered_[i * BLOCK_FLOATS], 1);
        }
      }
      SetAtomicNone();
      SYNC_SET(HardEvent::MTE3_S, 0);
      SYNC_WAIT(HardEvent::MTE3_S, 0);
    }
  }

  __aicore__ inline void MoveRows() {
    for (uint32_t stage = 0; stage < STAGES; ++stage) {
      SYNC_SET(HardEvent::MTE3_MTE2, stage);
    }
    auto const rows = Rows();
    for (auto first = rows.first; first < rows.end; first += CHUNK) {
      auto const count = Min(CHUNK, rows.end - first);
      Load(numbers_, inverse_[first], count);
      SYNC_SET(HardEvent::MTE2_S, 0);
      SYNC_WAIT(HardEvent::MTE2_S, 0);
      for (uint32_t i = 0; i < count; ++i) {
        MoveRow(first + i, numbers_.GetValue(i));
      }
      if (tiling_.keeps_row_to_flat) {
        SYNC_SET(HardEvent::MTE2_V, 0);
        SYNC_WAIT(HardEvent::MTE2_V, 0);
        Adds(numbers_, numbers_, -1, static_cast<int32_t>(count));
        SYNC_SET(HardEvent::V_MTE3, 0);
        SYNC_WAIT(HardEvent::V_MTE3, 0);
        Store(row_to_flat_[first], numbers_, count);
        SYNC_SET(HardEvent::MTE3_MTE2, STAGES);
        SYNC_WAIT(HardEvent::MTE3_MTE2, STAGES);
      }
    }
    for (uint32_t last = 0; last < STAGES; ++last) {
      SYNC_WAIT(HardEvent::MTE3_MTE2, last);
    }
  }

  // Fills row `row` for pair `pair_plus_one` - 1. Without a pair: zeros where there is a capacity, else nothing.
  __aicore__ inline void MoveRow(uint32_t row, int32_t pair_plus_one) {
    auto const to = static_cast<uint64_t>(row) * tiling_.row_bytes;
    if (pair_plus_one == 0) {
      if (tiling_.has_capacity) {
        auto const zeros = zeros_.ReinterpretCast<int8_t>();
        constexpr uint32_t BYTES = CHUNK * sizeof(int32_t);
        for (uint32_t at = 0; at < tiling_.row_bytes; at += BYTES) {
          Store(rows_[to + at], zeros, Min(BYTES, tiling_.row_bytes - at));
        }
      }
      return;
    }
    auto const pair = static_cast<uint32_t>(pair_plus_one - 1);
    auto const token = tiling_.slot_major ? pair % tiling_.tokens : pair / tiling_.slots;
    auto const from = static_cast<uint64_t>(token) * tiling_.row_bytes;
    for (uint32_t at = 0; at < tiling_.row_bytes; at += tiling_.piece_bytes) {
      auto const bytes = Min(tiling_.piece_bytes, tiling_.row_bytes - at);
      SYNC_WAIT(HardEvent::MTE3_MTE2, stage_);
      Load(piece_[stage_], x_[from + at], bytes);
      SYNC_SET(HardEvent::MTE2_MTE3, stage_);
      SYNC_WAIT(HardEvent::MTE2_MTE3, stage_);
      Store(rows_[to + at], piece_[stage_], bytes);
      SYNC_SET(HardEvent::MTE3_MTE2, stage_);
      stage_ = 1 - stage_;
    }
  }

  InitRoutingTiling tiling_;
  UnifiedBuffer ub_;
  uint32_t blocks_, block_, experts_, stage_ = 0;
  GlobalTensor<int8_t> x_, rows_;
  GlobalTensor<int32_t> ids_, flat_to_row_, row_to_flat_, counts_, cumulative_, counts_before_drop_, counts_of_blocks_, inverse_;
  LocalTensor<int8_t> piece_[STAGES];
  LocalTensor<int32_t> numbers_, scattered_, zeros_, before_, total_, others_, wide_;
};

extern "C" __global__ __aicore__ void init_routing(GM_ADDR x, GM_ADDR ids, GM_ADDR rows, GM_ADDR flat_to_row, GM_ADDR row_to_flat, GM_ADDR counts,
                                                   GM_ADDR cumulative, GM_ADDR counts_before_drop, GM_ADDR workspace, GM_ADDR tiling) {
  KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_MIX_AIV_1_0);
  InitRouting({x, ids, rows, flat_to_row, row_to_flat, counts, cumulative, counts_before_drop, workspace}, tiling).Process();
}
