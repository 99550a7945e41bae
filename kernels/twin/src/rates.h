// The modelled throughputs by name; the numbers and their sources are rows of `rates.tsv`, which the host reads and hands over.
#pragma once
#include "core.h"

namespace twin {
enum class Rate : int {
    Issue,           // cycles of the scalar unit for one instruction
    Barrier,         // cycles of a pipe for a barrier
    Start,           // cycles before the first byte of a transfer
    GmRead,          // bytes a cycle and core from HBM
    GmReread,        // bytes a cycle and core from L2
    GmWrite,         // bytes a cycle and core
    L1ToL0A,         // bytes a cycle
    L1ToL0B,         // bytes a cycle
    L0CToGm,         // bytes a cycle
    UbToUb,          // bytes a cycle
    MmadStart,       // cycles
    MmadCube,        // cycles for 16 x 16 x 32 bytes
    VectorStart,     // cycles
    VectorRepeat,    // cycles for 256 bytes
    ScalarLoad,      // cycles of a load from global memory or from the chip
    CrossFlag,       // cycles until another core sees a flag
    kRates,
};
inline double rate(Rate rate) { return launch->options.rates == nullptr ? 0.0 : launch->options.rates[static_cast<int>(rate)]; }
}  // namespace twin
