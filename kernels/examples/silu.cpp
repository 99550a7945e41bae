// y = x * sigmoid(x) in f32: the kernel of validate_silu.rs. Each vector core takes every so many'th tile; two buffers, so that a tile is loaded while the one before it is computed.
#include "sync.h"

using namespace AscendC;

struct SiluTiling {
  uint32_t count;
  uint32_t tile;
};

extern "C" __global__ __aicore__ void silu_f32(GM_ADDR x, GM_ADDR y, GM_ADDR workspace, GM_ADDR tiling) {
  KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
  const uint32_t count = reinterpret_cast<__gm__ SiluTiling*>(tiling)->count;
  const uint32_t tile = reinterpret_cast<__gm__ SiluTiling*>(tiling)->tile;
  GlobalTensor<float> gx, gy;
  gx.SetGlobalBuffer(reinterpret_cast<__gm__ float*>(x));
  gy.SetGlobalBuffer(reinterpret_cast<__gm__ float*>(y));
  TPipe pipe;
  TBuf<TPosition::VECCALC> buffers[2];
  for (int i = 0; i < 2; ++i) {
    pipe.InitBuffer(buffers[i], 2 * tile * sizeof(float));
    SYNC_SET(HardEvent::MTE3_MTE2, i);
  }
  int stage = 0;
  for (uint32_t start = GetBlockIdx() * tile; start < count; start += GetBlockNum() * tile, stage ^= 1) {
    const uint32_t here = count - start < tile ? count - start : tile;
    const DataCopyExtParams row(1, here * sizeof(float), 0, 0, 0);
    const LocalTensor<float> in = buffers[stage].Get<float>();
    const LocalTensor<float> e = in[tile];
    SYNC_WAIT(HardEvent::MTE3_MTE2, stage);
    DataCopyPad(in, gx[start], row, DataCopyPadExtParams<float>());
    SYNC_SET(HardEvent::MTE2_V, stage);
    SYNC_WAIT(HardEvent::MTE2_V, stage);
    // x / (1 + exp(-x))
    Muls(e, in, -1.0f, here);
    SYNC_BARRIER(PIPE_V);
    Exp(e, e, here);
    // -inf / inf is NaN, and the contract says 0.
    Maxs(in, in, -3.4e38f, here);
    SYNC_BARRIER(PIPE_V);
    Adds(e, e, 1.0f, here);
    SYNC_BARRIER(PIPE_V);
    Div(in, in, e, here);
    SYNC_SET(HardEvent::V_MTE3, stage);
    SYNC_WAIT(HardEvent::V_MTE3, stage);
    DataCopyPad(gy[start], in, row);
    SYNC_SET(HardEvent::MTE3_MTE2, stage);
  }
  for (int i = 0; i < 2; ++i) {
    SYNC_WAIT(HardEvent::MTE3_MTE2, i);
  }
}
