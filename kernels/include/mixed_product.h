// A grouped product on a cube core, with what is behind it on its two vector cores: scales, and a gated activation or none.
#pragma once

#include "grouped_cube.h"
#include "grouped_vector.h"
#include "mixed.h"

// T: of x and weight. Acc: of the sums. Out: of y. On vector cores `walk` has passed all groups when this returns.
template <typename T, typename Acc, typename Out, BLayout layout, bool gated>
__aicore__ inline void MixedProduct(TPipe& pipe, GroupedWalk& walk, const GroupedMatmulTiling& tiling, GM_ADDR x, GM_ADDR weight, GM_ADDR groups, GM_ADDR scale, GM_ADDR x_scale, GM_ADDR y, GM_ADDR workspace) {
  walk.Init(tiling, groups, tiling.n, tiling.tile_n, CubeCore(), GetBlockNum());
  if ASCEND_IS_AIC {
    GroupedCube<T, Acc, Acc, layout, gated ? 2 : 1> cube;
    cube.Init(pipe, tiling, x, weight);
    StoreToSlots<Acc> slots;
    slots.Init(tiling, workspace, CubeCore());
    cube.Run(walk, slots);
    slots.ring.Drain();
  }
  if ASCEND_IS_AIV {
    GroupedVector<Acc, gated, Out> vector;
    vector.Init(pipe, tiling, scale, x_scale, y, workspace, CubeCore(), GetSubBlockIdx());
    vector.Run(walk);
  }
}
