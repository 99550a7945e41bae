// What is left of attention when all tiles are done: parts of the keys are merged, and log-sum-exps, until now a block of 32 bytes each so that no two cores write one block, are packed.
#pragma once

#include "attention_vector.h"
#include "mixed.h"

// Events: MTE2_V / V_MTE2, V_MTE3 / MTE3_V 0.
template <typename T>
class AttentionFinish {
 public:
  // `cores`: vector cores.
  __aicore__ inline void Init(TPipe& pipe, const AttentionTiling& tiling, GM_ADDR out, GM_ADDR lse, GM_ADDR workspace, uint32_t core, uint32_t cores) {
    t_ = tiling;
    core_ = core;
    cores_ = cores;
    AttentionSlots<T> slots;
    slots.Init(tiling, workspace, 0);
    GM_ADDR rest = workspace + slots.Bytes(cores / 2);
    blocks_gm_ = Global<float>(rest);
    partial_ = Global<float>(rest + static_cast<uint64_t>(t_.splits) * t_.lse_rows * BLOCK_FLOATS * sizeof(float));
    out_ = Global<T>(out);
    lse_ = Global<float>(lse);
    pipe.InitBuffer(logs_, t_.splits * ROWS * BLOCK_FLOATS * sizeof(float));
    pipe.InitBuffer(most_, ROWS * BLOCK_FLOATS * sizeof(float));
    pipe.InitBuffer(total_, ROWS * BLOCK_FLOATS * sizeof(float));
    pipe.InitBuffer(packed_, ROWS * sizeof(float));
    if (t_.splits > 1) {
      pipe.InitBuffer(part_, ROWS * t_.dv * sizeof(float));
      pipe.InitBuffer(sum_, ROWS * t_.dv * sizeof(float));
      pipe.InitBuffer(rounded_, ROWS * t_.dv * sizeof(T));
    }
  }

  // Rows are pairs of a token and a head.
  __aicore__ inline void Run(uint32_t end) {
    for (uint32_t row = core_ * ROWS; row < end; row += cores_ * ROWS) {
      Rows(row, Min(ROWS, end - row));
      SYNC_SET(HardEvent::V_MTE2, 0);
      SYNC_WAIT(HardEvent::V_MTE2, 0);
    }
  }

 private:
  // As many log-sum-exps as a block holds, so that no two cores write one block of `lse`.
  static constexpr uint32_t ROWS = BLOCK_FLOATS;

  __aicore__ inline void Rows(uint32_t row, uint32_t rows) {
    const LocalTensor<float> logs = logs_.template Get<float>();
    const LocalTensor<float> most = most_.template Get<float>();
    const LocalTensor<float> total = total_.template Get<float>();
    const uint32_t count = rows * BLOCK_FLOATS;
    for (uint32_t split = 0; split < t_.splits; ++split) {
      DataCopy(logs[split * ROWS * BLOCK_FLOATS], blocks_gm_[(static_cast<uint64_t>(split) * t_.lse_rows + row) * BLOCK_FLOATS], count);
    }
    SYNC_SET(HardEvent::MTE2_V, 0);
    SYNC_WAIT(HardEvent::MTE2_V, 0);
    if (t_.splits == 1) {
      Pack(row, rows, logs);
      return;
    }
    // most = max of the parts' logs, kept finite; logs = weight of each part.
    Maxs(most, logs, MAXIMUM_START, count);
    SYNC_BARRIER(PIPE_V);
    for (uint32_t split = 1; split < t_.splits; ++split) {
      Max(most, most, logs[split * ROWS * BLOCK_FLOATS], count);
      SYNC_BARRIER(PIPE_V);
    }
    Duplicate(total, 0.0f, count);
    for (uint32_t split = 0; split < t_.splits; ++split) {
      const LocalTensor<float> weight = logs[split * ROWS * BLOCK_FLOATS];
      Sub(weight, weight, most, count);
      SYNC_BARRIER(PIPE_V);
      Exp(weight, weight, count);
      SYNC_BARRIER(PIPE_V);
      Add(total, total, weight, count);
    }
    Merge(row, rows);
    if (t_.lse != 0) {
      Ln(total, total, count);
      SYNC_BARRIER(PIPE_V);
      Add(total, total, most, count);
      SYNC_BARRIER(PIPE_V);
      Pack(row, rows, total);
    }
  }

  // out = sum over parts of weight * part, divided by the total weight.
  __aicore__ inline void Merge(uint32_t row, uint32_t rows) {
    const LocalTensor<float> part = part_.template Get<float>();
    const LocalTensor<float> sum = sum_.template Get<float>();
    const LocalTensor<T> rounded = rounded_.template Get<T>();
    const uint32_t elements = rows * t_.dv;
    Duplicate(sum, 0.0f, elements);
    for (uint32_t split = 0; split < t_.splits; ++split) {
      SYNC_SET(HardEvent::V_MTE2, 0);
      SYNC_WAIT(HardEvent::V_MTE2, 0);
      DataCopy(part, partial_[(static_cast<uint64_t>(split) * t_.lse_rows + row) * t_.dv], elements);
      SYNC_SET(HardEvent::MTE2_V, 0);
      SYNC_WAIT(HardEvent::MTE2_V, 0);
      TileByRow<TileOp::MUL>(part, part, t_.dv, logs_.template Get<float>()[split * ROWS * BLOCK_FLOATS], rows, t_.dv);
      SYNC_BARRIER(PIPE_V);
      Add(sum, sum, part, elements);
      SYNC_BARRIER(PIPE_V);
    }
    // A row that no part sees has a total of 0 and sums of 0; any other has a total of 1 or more.
    const LocalTensor<float> divisor = part_.template Get<float>();
    Maxs(divisor, total_.template Get<float>(), 0.5f, rows * BLOCK_FLOATS);
    SYNC_BARRIER(PIPE_V);
    TileByRow<TileOp::DIV>(sum, sum, t_.dv, divisor, rows, t_.dv);
    SYNC_BARRIER(PIPE_V);
    Cast(rounded, sum, RoundMode::CAST_RINT, elements);
    SYNC_SET(HardEvent::V_MTE3, 0);
    SYNC_WAIT(HardEvent::V_MTE3, 0);
    DataCopy(out_[static_cast<uint64_t>(row) * t_.dv], rounded, elements);
    SYNC_SET(HardEvent::MTE3_V, 0);
    SYNC_WAIT(HardEvent::MTE3_V, 0);
  }

  // One number of each block.
  __aicore__ inline void Pack(uint32_t row, uint32_t rows, const LocalTensor<float>& blocks) {
    const LocalTensor<float> packed = packed_.template Get<float>();
    BlockReduceMax(packed, blocks, 1, rows * BLOCK_FLOATS, 1, 1, BLOCK_FLOATS);
    SYNC_SET(HardEvent::V_MTE3, 0);
    SYNC_WAIT(HardEvent::V_MTE3, 0);
    DataCopyExtParams p;
    p.blockCount = 1;
    p.blockLen = rows * sizeof(float);
    DataCopyPad(lse_[row], packed, p);
    SYNC_SET(HardEvent::MTE3_V, 0);
    SYNC_WAIT(HardEvent::MTE3_V, 0);
  }

  AttentionTiling t_;
  GlobalTensor<float> blocks_gm_, partial_, lse_;
  GlobalTensor<T> out_;
  TBuf<TPosition::VECCALC> logs_, most_, total_, packed_, part_, sum_, rounded_;
  uint32_t core_, cores_;
};

// The whole of a vector core's work: tiles, and when there is something to merge or to pack, the rest behind a barrier of all vector cores.
template <typename T>
__aicore__ inline void AttentionOnVector(const AttentionTiling& tiling, AttentionWalk& walk, GM_ADDR v, GM_ADDR table, GM_ADDR sinks, GM_ADDR out, GM_ADDR lse, GM_ADDR workspace) {
  TPipe pipe;
  AttentionVector<T> vector;
  vector.Init(pipe, tiling, v, table, sinks, out, workspace, CubeCore(), GetBlockNum(), GetSubBlockIdx());
  vector.Run(walk);
  if (tiling.lse_rows == 0) {
    return;
  }
  SYNC_ALL(true);
  pipe.Reset();
  AttentionFinish<T> finish;
  finish.Init(pipe, tiling, out, lse, workspace, GetBlockIdx(), GetBlockNum() * GetTaskRation());
  finish.Run(walk.Tokens() * tiling.heads);
}
