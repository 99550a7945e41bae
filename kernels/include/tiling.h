// How a kernel gets at its tiling struct and at small integers in global memory.
#pragma once

// Copies the tiling struct, whole words only, into registers and stack of the core.
template <typename Tiling>
__aicore__ inline void LoadTiling(Tiling& tiling, GM_ADDR gm) {
  static_assert(sizeof(Tiling) % sizeof(uint32_t) == 0, "a tiling struct is made of 32-bit words");
  constexpr uint32_t WORDS = sizeof(Tiling) / sizeof(uint32_t);
  union {
    uint32_t words[WORDS];
    Tiling tiling;
  } both;
  auto from = reinterpret_cast<__gm__ uint32_t*>(gm);
  for (uint32_t i = 0; i < WORDS; ++i) {
    both.words[i] = from[i];
  }
  tiling = both.tiling;
}

template <typename T>
__aicore__ inline GlobalTensor<T> Global(GM_ADDR gm) {
  GlobalTensor<T> tensor;
  tensor.SetGlobalBuffer(reinterpret_cast<__gm__ T*>(gm));
  return tensor;
}

__aicore__ inline constexpr uint32_t CeilDiv(uint32_t a, uint32_t b) { return (a + b - 1) / b; }
__aicore__ inline constexpr uint32_t RoundUp(uint32_t a, uint32_t b) { return CeilDiv(a, b) * b; }
__aicore__ inline constexpr uint32_t Min(uint32_t a, uint32_t b) { return a < b ? a : b; }
