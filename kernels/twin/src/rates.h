// The modelled throughputs by name; the numbers and their sources are rows of `rates.tsv`, which the host reads and hands over in this order.
#pragma once
#include "core.h"

namespace twin {
enum class Rate : int {
    Issue,         // cycles of the scalar unit for one instruction
    Barrier,       // cycles of a pipe for a barrier
    TransferStart, // cycles of a pipe before the first byte of a transfer from or to global memory
    Hbm,           // bytes a cycle of the whole chip
    L2Bytes,       // bytes that L2 holds
    L2Read,        // bytes a cycle and core
    UbWrite,       // bytes a cycle and core from UB to global memory
    L0CWrite,      // bytes a cycle and core from L0C to global memory
    L1ToL0A,       // bytes a cycle
    L1ToL0B,       // bytes a cycle
    MmadStart,     // cycles
    MmadFractal,   // cycles for 16 x 16 sums over 32 bytes
    VectorStart,   // cycles
    VectorRepeat,  // cycles for 256 bytes
    ScalarLoad,    // cycles of a load from global memory or from the chip
    CrossFlag,     // cycles until another core sees a flag
    kRates,
};
inline bool timed() { return launch->options.rates != nullptr; }
inline double rate(Rate rate) { return timed() ? launch->options.rates[static_cast<int>(rate)] : 0.0; }
inline double per(double amount, Rate throughput) { return timed() ? amount / rate(throughput) : 0.0; }
}  // namespace twin
