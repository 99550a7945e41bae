// One cube core's way from global memory to a finished tile: GM -> L1 (fractals) -> L0A/L0B -> L0C -> GM.
//
// Layouts, K0 = 32 bytes of elements, a fractal = 16 rows of K0 = 512 bytes:
//   L1   zN  [columns / K0][rows rounded up][K0]      what the nd2nz copy makes of a row-major matrix
//   L0A  zZ  [m / 16][k / K0][16][K0]
//   L0B  nZ  [k / K0][n / 16][16][K0]
//   L0C  zN  [n / 16][m rounded up][16]
#pragma once

#include "sync.h"
#include "tiling.h"

constexpr uint32_t FRACTAL_ROWS = 16;
constexpr uint32_t FRACTAL_BYTES = 512;
constexpr uint32_t L0_BYTES = 64 * 1024;
constexpr uint32_t L0C_BYTES = 128 * 1024;

// How the matrix B[K, N] of a product lies in global memory.
enum class BLayout : uint32_t {
  KN,  // row-major [K, N]
  NK,  // row-major [N, K]
  NZ,  // FRACTAL_NZ of [K, N]: [N / K0][K / 16][16][K0]
};

template <typename T>
__aicore__ inline constexpr uint32_t K0() {
  return 32 / sizeof(T);
}

// Rows of the L1 tile that holds B: int8 is transposed in squares of 32 x 32, 16-bit types in fractals of 16 x 16.
template <typename T, BLayout layout>
__aicore__ inline constexpr uint32_t BRowAlign() {
  return sizeof(T) == 1 && layout != BLayout::NK ? 32 : FRACTAL_ROWS;
}

// Columns that a product with B is computed for: its own, or whole squares of 32 for int8 that is transposed (the padding of columns is zero).
template <typename T, BLayout layout>
__aicore__ inline uint32_t BColumns(uint32_t n) {
  return BRowAlign<T, layout>() == 32 ? RoundUp(n, 32) : n;
}

// Row-major [rows, columns] with `pitch` elements a row -> zN with `rows_l1` rows. The padding of rows is not written, that of columns is zero.
template <typename T>
__aicore__ inline void LoadNd2Nz(const LocalTensor<T>& l1, const GlobalTensor<T>& gm, uint32_t rows, uint32_t columns, uint32_t pitch, uint32_t rows_l1) {
  Nd2NzParams p;
  p.ndNum = 1;
  p.nValue = rows;
  p.dValue = columns;
  p.srcNdMatrixStride = 0;
  p.srcDValue = pitch;
  p.dstNzC0Stride = rows_l1;
  p.dstNzNStride = 1;
  p.dstNzMatrixStride = 0;
  DataCopy(l1, gm, p);
}

// A block of a FRACTAL_NZ matrix with `rows_gm` rows -> zN with `rows_l1` rows. Reads no row of the padding.
template <typename T>
__aicore__ inline void LoadNz(const LocalTensor<T>& l1, const GlobalTensor<T>& gm, uint32_t rows, uint32_t columns, uint32_t rows_gm, uint32_t rows_l1) {
  DataCopyParams p;
  p.blockCount = CeilDiv(columns, K0<T>());
  p.blockLen = rows;
  p.srcStride = rows_gm - rows;
  p.dstStride = rows_l1 - rows;
  DataCopy(l1, gm, p);
}

// Columns [k, k + depth) of an A tile in L1 (zN with `rows` rows) -> L0A.
template <typename T>
__aicore__ inline void LoadA(const LocalTensor<T>& l0a, const LocalTensor<T>& l1, uint32_t rows, uint32_t k, uint32_t depth) {
  const uint32_t blocks = CeilDiv(depth, K0<T>());
  LoadData2DParams p;
  p.repeatTimes = rows / FRACTAL_ROWS;
  p.srcStride = 1;
  p.dstGap = blocks - 1;
  for (uint32_t i = 0; i < blocks; ++i) {
    p.startIndex = (k / K0<T>() + i) * (rows / FRACTAL_ROWS);
    LoadData(l0a[i * FRACTAL_ROWS * K0<T>()], l1, p);
  }
}

// Rows [k, k + depth) of B -> L0B, `columns` of them (BColumns). The L1 tile is zN of B with `rows` rows, or of B transposed with `columns` rounded up to 16 rows.
template <typename T, BLayout layout>
__aicore__ inline void LoadB(const LocalTensor<T>& l0b, const LocalTensor<T>& l1, uint32_t rows, uint32_t columns, uint32_t k, uint32_t depth) {
  const uint32_t blocks = CeilDiv(depth, K0<T>());
  const uint32_t strips = CeilDiv(columns, FRACTAL_ROWS);
  for (uint32_t i = 0; i < blocks; ++i) {
    const uint32_t row = k / K0<T>() + i;
    const LocalTensor<T> to = l0b[i * strips * FRACTAL_ROWS * K0<T>()];
    if constexpr (layout == BLayout::NK) {
      LoadData2DParams p;
      p.startIndex = row * strips;
      p.repeatTimes = strips;
      p.srcStride = 1;
      LoadData(to, l1, p);
    } else if constexpr (sizeof(T) == 1) {
      LoadData2dTransposeParams p;
      p.startIndex = row;
      p.repeatTimes = strips / 2;
      p.srcStride = rows / 32;
      p.dstGap = 1;
      p.dstFracGap = 0;
      LoadDataWithTranspose(to, l1, p);
    } else {
      LoadData2DParams p;
      p.startIndex = row;
      p.repeatTimes = strips;
      p.srcStride = rows / FRACTAL_ROWS;
      p.ifTranspose = true;
      LoadData(to, l1, p);
    }
  }
}

// c (+)= a @ b for tiles in L0. A single row would switch the unit to its vector mode, so it is computed as 16.
template <typename T, typename Acc>
__aicore__ inline void Multiply(const LocalTensor<Acc>& c, const LocalTensor<T>& a, const LocalTensor<T>& b, uint32_t m, uint32_t n, uint32_t k, bool first) {
  MmadParams p;
  p.m = m == 1 ? FRACTAL_ROWS : m;
  p.n = n;
  p.k = k;
  p.cmatrixInitVal = first;
  Mmad(c, a, b, p);
  // Products of fewer fractals than the unit is deep do not wait for each other's sums.
  if (CeilDiv(m, FRACTAL_ROWS) * CeilDiv(n, FRACTAL_ROWS) < 10) {
    SYNC_BARRIER(PIPE_M);
  }
}

template <typename Out, typename Acc>
__aicore__ inline constexpr QuantMode_t StoreMode() {
  if constexpr (sizeof(Out) == sizeof(Acc)) {
    return QuantMode_t::NoQuant;
  } else {
    return IsSameType<Out, bfloat16_t>::value ? QuantMode_t::F322BF16 : QuantMode_t::F322F16;
  }
}

// An L0C tile -> row-major [m, n] with `pitch` elements a row.
template <typename Out, typename Acc>
__aicore__ inline void Store(const GlobalTensor<Out>& gm, const LocalTensor<Acc>& c, uint32_t m, uint32_t n, uint32_t pitch) {
  FixpipeParamsV220 p;
  p.nSize = n;
  p.mSize = m;
  p.srcStride = RoundUp(m, FRACTAL_ROWS);
  p.dstStride = pitch;
  p.quantPre = StoreMode<Out, Acc>();
  p.ndNum = 1;
  Fixpipe(gm, c, p);
}

// Multiplies tiles that lie in L1, slice by slice of K, with both sides double-buffered in L0 and `c_stages` accumulators.
//
// Events: MTE1_M 0..1 and M_MTE1 3..4 for the slices (TPipe keeps M_MTE1 0..2 of a cube core), M_FIX / FIX_M 0..1 for the accumulators.
template <typename T, typename Acc>
class CubeUnit {
 public:
  __aicore__ inline void Init(TPipe& pipe, uint32_t c_stages) {
    pipe.InitBuffer(a_, L0_BYTES);
    pipe.InitBuffer(b_, L0_BYTES);
    pipe.InitBuffer(c_, L0C_BYTES);
    c_stages_ = c_stages;
    for (uint32_t i = 0; i < 2; ++i) {
      SYNC_SET(HardEvent::M_MTE1, READ + i);
    }
    for (uint32_t i = 0; i < c_stages_; ++i) {
      SYNC_SET(HardEvent::FIX_M, i);
    }
  }

  // The accumulator (+)= A[m, k] @ B[k, n] in steps of `slice`. `first` starts a new tile. `loaded` runs when MTE1 has been told to read the last of the L1 tiles.
  template <BLayout layout, typename Loaded>
  __aicore__ inline void Accumulate(const LocalTensor<T>& a, const LocalTensor<T>& b, uint32_t m, uint32_t n, uint32_t k, uint32_t slice, bool first, Loaded loaded) {
    const uint32_t rows_a = RoundUp(m, FRACTAL_ROWS);
    const uint32_t rows_b = RoundUp(k, BRowAlign<T, layout>());
    const uint32_t columns = BColumns<T, layout>(n);
    const LocalTensor<Acc> c = Accumulator();
    if (first) {
      SYNC_WAIT(HardEvent::FIX_M, c_stage_);
    }
    for (uint32_t done = 0; done < k; done += slice) {
      const uint32_t depth = Min(slice, k - done);
      const LocalTensor<T> l0a = a_.template Get<T>()[stage_ * (L0_BYTES / 2 / sizeof(T))];
      const LocalTensor<T> l0b = b_.template Get<T>()[stage_ * (L0_BYTES / 2 / sizeof(T))];
      SYNC_WAIT(HardEvent::M_MTE1, READ + stage_);
      LoadA(l0a, a, rows_a, done, depth);
      LoadB<T, layout>(l0b, b, rows_b, columns, done, depth);
      if (done + depth == k) {
        loaded();
      }
      SYNC_SET(HardEvent::MTE1_M, stage_);
      SYNC_WAIT(HardEvent::MTE1_M, stage_);
      Multiply(c, l0a, l0b, m, columns, depth, first && done == 0);
      SYNC_SET(HardEvent::M_MTE1, READ + stage_);
      stage_ ^= 1;
    }
  }

  // Stores the accumulator as row-major [m, n] and moves on to the next one.
  template <typename Out>
  __aicore__ inline void Finish(const GlobalTensor<Out>& gm, uint32_t m, uint32_t n, uint32_t pitch) {
    SYNC_SET(HardEvent::M_FIX, c_stage_);
    SYNC_WAIT(HardEvent::M_FIX, c_stage_);
    Store(gm, Accumulator(), m, n, pitch);
    SYNC_SET(HardEvent::FIX_M, c_stage_);
    c_stage_ = c_stage_ + 1 == c_stages_ ? 0 : c_stage_ + 1;
  }

  // Takes back the flags that Init gave.
  __aicore__ inline void Drain() {
    for (uint32_t i = 0; i < 2; ++i) {
      SYNC_WAIT(HardEvent::M_MTE1, READ + i);
    }
    for (uint32_t i = 0; i < c_stages_; ++i) {
      SYNC_WAIT(HardEvent::FIX_M, i);
    }
  }

 private:
  // The first event that says that the cube unit has read a slice.
  static constexpr uint32_t READ = 3;

  __aicore__ inline LocalTensor<Acc> Accumulator() { return c_.template Get<Acc>()[c_stage_ * (L0C_BYTES / c_stages_ / sizeof(Acc))]; }

  TBuf<TPosition::A2> a_;
  TBuf<TPosition::B2> b_;
  TBuf<TPosition::CO1> c_;
  uint32_t c_stages_ = 1;
  uint32_t c_stage_ = 0;
  uint32_t stage_ = 0;
};
