// The cube half of every grouped product: tiles of x @ weight[e], stored where the caller says.
#pragma once

#include "cube.h"
#include "grouped_walk.h"

// Where a tile goes: straight into y.
template <typename Out>
struct StoreToY {
  GlobalTensor<Out> y;
  uint32_t pitch;

  __aicore__ inline void Begin() {}
  __aicore__ inline GlobalTensor<Out> At(const GroupedTile& tile) const { return y[static_cast<uint64_t>(tile.row) * pitch + tile.column]; }
  __aicore__ inline uint32_t Pitch() const { return pitch; }
  __aicore__ inline void End() {}
};

// T: element of x and weight. Acc: of the sums. Out: of what is stored. HALVES: 1, or 2 when a tile takes as many columns from each half of the weight.
//
// Events: MTE2_MTE1 / MTE1_MTE2 0..3 for the L1 stages, the others by CubeUnit.
template <typename T, typename Acc, typename Out, BLayout layout, uint32_t HALVES>
class GroupedCube {
 public:
  __aicore__ inline void Init(TPipe& pipe, const GroupedMatmulTiling& tiling, GM_ADDR x, GM_ADDR weight) {
    t_ = tiling;
    x_ = Global<T>(x);
    weight_ = Global<T>(weight);
    weight_once_ = Global<T>(weight);
    weight_once_.SetL2CacheHint(CacheMode::CACHE_MODE_DISABLE);
    a_elements_ = RoundUp(t_.tile_m, FRACTAL_ROWS) * RoundUp(t_.step_k, 32);
    stage_elements_ = a_elements_ + RoundUp(t_.tile_n, 32) * RoundUp(t_.step_k, 32);
    pipe.InitBuffer(l1_, t_.l1_stages * stage_elements_ * sizeof(T));
    unit_.Init(pipe, t_.c_stages);
    for (uint32_t i = 0; i < t_.l1_stages; ++i) {
      SYNC_SET(HardEvent::MTE1_MTE2, i);
    }
  }

  // Walks the core's tiles. The loads of a step are issued before the products of the step before it, across tiles and groups, unless there is one stage only.
  template <typename Destination>
  __aicore__ inline void Run(GroupedWalk& walk, Destination& destination) {
    GroupedTile tile;
    Step last;
    bool pending = false;
    while (walk.Next(tile)) {
      for (uint32_t k = 0; k < t_.k; k += t_.step_k) {
        Step step;
        step.tile = tile;
        step.k = k;
        step.depth = Min(t_.step_k, t_.k - k);
        step.stage = stage_;
        stage_ = stage_ + 1 == t_.l1_stages ? 0 : stage_ + 1;
        if (t_.l1_stages == 1 && pending) {
          Compute(last, destination);
          pending = false;
        }
        Load(step);
        if (pending) {
          Compute(last, destination);
        }
        last = step;
        pending = true;
      }
    }
    if (pending) {
      Compute(last, destination);
    }
    for (uint32_t i = 0; i < t_.l1_stages; ++i) {
      SYNC_WAIT(HardEvent::MTE1_MTE2, i);
    }
    unit_.Drain();
  }

 private:
  struct Step {
    GroupedTile tile;
    uint32_t k;
    uint32_t depth;
    uint32_t stage;
  };

  __aicore__ inline LocalTensor<T> StageA(uint32_t stage) { return l1_.template Get<T>()[stage * stage_elements_]; }
  __aicore__ inline LocalTensor<T> StageB(uint32_t stage) { return l1_.template Get<T>()[stage * stage_elements_ + a_elements_]; }

  __aicore__ inline void Load(const Step& step) {
    const GroupedTile& tile = step.tile;
    const uint32_t rows_a = RoundUp(tile.m, FRACTAL_ROWS);
    SYNC_WAIT(HardEvent::MTE1_MTE2, step.stage);
    LoadNd2Nz(StageA(step.stage), x_[static_cast<uint64_t>(tile.row) * t_.k + step.k], tile.m, step.depth, t_.k, rows_a);
    const GlobalTensor<T>& weight = tile.group_rows <= t_.once_rows ? weight_once_ : weight_;
    const uint32_t n = tile.n / HALVES;
    for (uint32_t half = 0; half < HALVES; ++half) {
      LoadWeight(StageB(step.stage), weight, step, half * (t_.n / 2) + tile.column / HALVES, n, half * n);
    }
    SYNC_SET(HardEvent::MTE2_MTE1, step.stage);
  }

  // Columns [column, column + n) of the weight of the tile's expert into columns [at, at + n) of the L1 tile.
  __aicore__ inline void LoadWeight(const LocalTensor<T>& l1, const GlobalTensor<T>& weight, const Step& step, uint32_t column, uint32_t n, uint32_t at) {
    const uint64_t expert = step.tile.expert;
    if constexpr (layout == BLayout::NK) {
      const uint32_t rows = RoundUp(step.tile.n, FRACTAL_ROWS);
      LoadNd2Nz(l1[at * K0<T>()], weight[(expert * t_.n + column) * t_.k + step.k], n, step.depth, t_.k, rows);
    } else {
      const uint32_t rows = RoundUp(step.depth, BRowAlign<T, layout>());
      const LocalTensor<T> to = l1[at * rows];
      if constexpr (layout == BLayout::KN) {
        LoadNd2Nz(to, weight[(expert * t_.k + step.k) * t_.n + column], step.depth, n, t_.n, rows);
      } else {
        const uint64_t rows_gm = RoundUp(t_.k, FRACTAL_ROWS);
        const uint64_t matrix = rows_gm * RoundUp(t_.n, K0<T>());
        LoadNz(to, weight[expert * matrix + column * rows_gm + step.k * K0<T>()], step.depth, n, rows_gm, rows);
      }
    }
  }

  template <typename Destination>
  __aicore__ inline void Compute(const Step& step, Destination& destination) {
    const GroupedTile& tile = step.tile;
    const uint32_t stage = step.stage;
    SYNC_WAIT(HardEvent::MTE2_MTE1, stage);
    unit_.template Accumulate<layout>(StageA(stage), StageB(stage), tile.m, tile.n, step.depth, t_.slice_k, step.k == 0,
                                      [stage]() __aicore__ { SYNC_SET(HardEvent::MTE1_MTE2, stage); });
    if (step.k + step.depth == t_.k) {
      destination.Begin();
      unit_.Finish(destination.At(tile), tile.m, tile.n, destination.Pitch());
      destination.End();
    }
  }

  GroupedMatmulTiling t_;
  GlobalTensor<T> x_, weight_, weight_once_;
  TBuf<TPosition::A1> l1_;
  CubeUnit<T, Acc> unit_;
  uint32_t a_elements_, stage_elements_;
  uint32_t stage_ = 0;
};
