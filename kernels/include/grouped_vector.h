// The vector half of a mixed grouped product: takes a cube core's tiles out of their slots, finishes them in f32 and stores them.
//
// Each of the two vector cores of a cube core has half of a tile's rows. A chunk of rows passes MTE2, V and MTE3 with input and output double-buffered.
#pragma once

#include "gated.h"
#include "grouped_walk.h"
#include "slots.h"
#include "tile_rows.h"

// Where a mixed kernel stores the tiles of its cube core.
template <typename T>
struct StoreToSlots {
  GlobalTensor<T> slots;
  SlotRing ring;
  uint32_t pitch;

  __aicore__ inline void Init(const GroupedMatmulTiling& tiling, GM_ADDR workspace, uint32_t core) {
    slots = ring.Init<T>(workspace, tiling.slots, tiling.tile_m * tiling.tile_n, core);
    pitch = tiling.tile_n;
  }
  __aicore__ inline void Begin() { ring.Acquire(); }
  __aicore__ inline GlobalTensor<T> At(const GroupedTile&) const { return slots[ring.Offset()]; }
  __aicore__ inline uint32_t Pitch() const { return pitch; }
  __aicore__ inline void End() { ring.Publish(); }
};

// Acc: int32_t (scaled by weight and row first) or float. GATED: tiles hold gates and ups, the result has half the columns. Out: of y, or float for rows that are quantised later.
//
// Events, by chunk parity: MTE2_V / V_MTE2 0..1 for the input, V_MTE3 / MTE3_V 0..1 for the output.
template <typename Acc, bool GATED, typename Out>
class GroupedVector {
 public:
  __aicore__ inline void Init(TPipe& pipe, const GroupedMatmulTiling& tiling, GM_ADDR scale, GM_ADDR x_scale, GM_ADDR y, GM_ADDR workspace, uint32_t core, uint32_t half) {
    t_ = tiling;
    scale_ = Global<float>(scale);
    x_scale_ = Global<float>(x_scale);
    y_ = Global<Out>(y);
    half_ = half;
    y_pitch_ = GATED ? t_.n / 2 : t_.n;
    slots_ = ring_.Init<Acc>(workspace, t_.slots, t_.tile_m * t_.tile_n, core);
    elements_ = t_.chunk_rows * t_.tile_n;
    pipe.InitBuffer(in_, 2 * elements_ * sizeof(Acc));
    pipe.InitBuffer(values_, elements_ * sizeof(float));
    pipe.InitBuffer(result_, elements_ * sizeof(float));
    pipe.InitBuffer(out_, 2 * elements_ * sizeof(Out) / (GATED ? 2 : 1));
    pipe.InitBuffer(column_scales_, 2 * t_.tile_n * sizeof(float));
    pipe.InitBuffer(row_scales_, 2 * RoundUp(t_.chunk_rows, BLOCK_FLOATS) * sizeof(float));
    pipe.InitBuffer(row_blocks_, RoundUp(t_.chunk_rows, BLOCK_FLOATS) * BLOCK_FLOATS * sizeof(float));
    for (uint32_t i = 0; i < 2; ++i) {
      SYNC_SET(HardEvent::V_MTE2, i);
      SYNC_SET(HardEvent::MTE3_V, i);
    }
  }

  __aicore__ inline void Run(GroupedWalk& walk) {
    GroupedTile tile;
    while (walk.Next(tile)) {
      const uint32_t middle = CeilDiv(tile.m, 2);
      const uint32_t end = half_ == 0 ? middle : tile.m;
      ring_.Await();
      for (uint32_t row = half_ == 0 ? 0 : middle; row < end; row += t_.chunk_rows) {
        Chunk(tile, row, Min(t_.chunk_rows, end - row));
      }
      ring_.Release();
    }
    for (uint32_t i = 0; i < 2; ++i) {
      SYNC_WAIT(HardEvent::V_MTE2, i);
      SYNC_WAIT(HardEvent::MTE3_V, i);
    }
  }

 private:
  __aicore__ inline void Chunk(const GroupedTile& tile, uint32_t row, uint32_t rows) {
    const LocalTensor<Acc> in = in_.template Get<Acc>()[stage_ * elements_];
    const LocalTensor<Out> out = out_.template Get<Out>()[stage_ * elements_ / (GATED ? 2 : 1)];
    const uint32_t columns = GATED ? tile.n / 2 : tile.n;

    SYNC_WAIT(HardEvent::V_MTE2, stage_);
    LoadChunk(in, tile, row, rows);
    SYNC_SET(HardEvent::MTE2_V, stage_);

    SYNC_WAIT(HardEvent::MTE2_V, stage_);
    LocalTensor<float> values;
    if constexpr (IsSameType<Acc, int32_t>::value) {
      values = values_.template Get<float>();
      Scale(values, in, tile, rows);
    } else {
      values = in;
    }
    LocalTensor<float> result = values;
    if constexpr (GATED) {
      result = result_.template Get<float>();
      Gate(result, values, values[columns], tile.n, rows, columns, t_);
    }
    SYNC_WAIT(HardEvent::MTE3_V, stage_);
    if constexpr (IsSameType<Out, float>::value) {
      Adds(out, result, 0.0f, rows * columns);
    } else {
      Cast(out, result, RoundMode::CAST_RINT, rows * columns);
    }
    SYNC_SET(HardEvent::V_MTE2, stage_);
    SYNC_SET(HardEvent::V_MTE3, stage_);
    // The next chunk computes in the same place.
    SYNC_BARRIER(PIPE_V);

    SYNC_WAIT(HardEvent::V_MTE3, stage_);
    DataCopyExtParams p;
    p.blockCount = rows;
    p.blockLen = columns * sizeof(Out);
    p.srcStride = 0;
    p.dstStride = (y_pitch_ - columns) * sizeof(Out);
    const uint64_t column = GATED ? tile.column / 2 : tile.column;
    DataCopyPad(y_[static_cast<uint64_t>(tile.row + row) * y_pitch_ + column], out, p);
    SYNC_SET(HardEvent::MTE3_V, stage_);
    stage_ ^= 1;
  }

  __aicore__ inline void LoadChunk(const LocalTensor<Acc>& in, const GroupedTile& tile, uint32_t row, uint32_t rows) {
    DataCopyExtParams p;
    p.blockCount = rows;
    p.blockLen = tile.n * sizeof(Acc);
    p.srcStride = (t_.tile_n - tile.n) * sizeof(Acc);
    p.dstStride = 0;
    DataCopyPad(in, slots_[ring_.Offset() + row * t_.tile_n], p, DataCopyPadExtParams<Acc>());
    if constexpr (IsSameType<Acc, int32_t>::value) {
      const uint64_t expert = static_cast<uint64_t>(tile.expert) * t_.n;
      if constexpr (GATED) {
        Load(ColumnScales(), scale_[expert + tile.column / 2], tile.n / 2);
        Load(ColumnScales()[tile.n / 2], scale_[expert + t_.n / 2 + tile.column / 2], tile.n / 2);
      } else {
        Load(ColumnScales(), scale_[expert + tile.column], tile.n);
      }
      Load(RowScales(), x_scale_[tile.row + row], rows);
    }
  }

  // values[r, c] = sums[r, c] * scale[c] * x_scale[r], each step rounded to f32.
  __aicore__ inline void Scale(const LocalTensor<float>& values, const LocalTensor<int32_t>& sums, const GroupedTile& tile, uint32_t rows) {
    const LocalTensor<float> blocks = row_blocks_.template Get<float>();
    Cast(values, sums, RoundMode::CAST_RINT, rows * tile.n);
    SpreadRows(blocks, RowScales(), rows);
    SYNC_BARRIER(PIPE_V);
    TileByColumn<TileOp::MUL>(values, values, tile.n, ColumnScales(), rows, tile.n);
    SYNC_BARRIER(PIPE_V);
    TileByRow<TileOp::MUL>(values, values, tile.n, blocks, rows, tile.n);
    SYNC_BARRIER(PIPE_V);
  }

  __aicore__ inline LocalTensor<float> ColumnScales() { return column_scales_.template Get<float>()[stage_ * t_.tile_n]; }
  __aicore__ inline LocalTensor<float> RowScales() { return row_scales_.template Get<float>()[stage_ * RoundUp(t_.chunk_rows, BLOCK_FLOATS)]; }

  GroupedMatmulTiling t_;
  GlobalTensor<float> scale_, x_scale_;
  GlobalTensor<Out> y_;
  GlobalTensor<Acc> slots_;
  SlotRing ring_;
  TBuf<TPosition::VECCALC> in_, values_, result_, out_, column_scales_, row_scales_, row_blocks_;
  uint32_t half_, y_pitch_, elements_;
  uint32_t stage_ = 0;
};
