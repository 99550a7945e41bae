// Global memory as the model sees it: one HBM for the chip, an L2 that keeps what was used last, and each core's way to it.
#include <algorithm>

#include "core.h"
#include "rates.h"

namespace twin {
namespace {
constexpr uint64_t kLine = 512;
constexpr uint64_t kUnit = 64 * 1024;
constexpr double kSlice = 256;  // cycles

// The first slice from `slice` on that has room.
uint32_t roomy(uint32_t slice) {
    auto& next = launch->hbm_next;
    while (next.size() <= slice) {
        next.push_back(static_cast<uint32_t>(next.size()));
        launch->hbm_used.push_back(0);
    }
    uint32_t found = slice;
    while (next[found] != found) {
        found = next[found];
        while (next.size() <= found) {
            next.push_back(static_cast<uint32_t>(next.size()));
            launch->hbm_used.push_back(0);
        }
    }
    for (uint32_t at = slice; at != found;) {
        const uint32_t after = next[at];
        next[at] = found;
        at = after;
    }
    return found;
}

// When HBM has moved `bytes` that it is asked for at `now`. Cores ask out of the order of time, so each slice of time has its own room.
double ask(uint64_t bytes, double now) {
    launch->hbm_bytes += bytes;
    const double capacity = kSlice * rate(Rate::Hbm);
    double left = static_cast<double>(bytes);
    double done = now;
    for (uint32_t slice = static_cast<uint32_t>(now / kSlice); left > 0; ++slice) {
        slice = roomy(slice);
        double& used = launch->hbm_used[slice];
        const double here = std::min(left, capacity - used);
        used += here;
        left -= here;
        if (capacity - used < 1) launch->hbm_next[slice] = slice + 1;
        done = std::max(done + here / rate(Rate::Hbm), slice * kSlice + used / rate(Rate::Hbm));
    }
    return done;
}
}  // namespace

uint64_t Launch::miss(const Region& region) {
    Range* range = range_of(region.start, region.span());
    if (range == nullptr) return region.total();
    const uint64_t base = range->start / kLine;
    if (range->touched.empty()) range->touched.resize((range->start + range->bytes) / kLine - base + 1);
    const uint32_t now = static_cast<uint32_t>(hbm_bytes / kUnit) + 1;
    const uint32_t kept = static_cast<uint32_t>(rate(Rate::L2Bytes) / kUnit);
    uint64_t missed = 0;
    for (uint64_t j = 0; j < region.count2; ++j) {
        for (uint64_t i = 0; i < region.count; ++i) {
            const uint64_t start = region.start + j * region.step2 + i * region.step;
            for (uint64_t line = start / kLine; line <= (start + region.bytes - 1) / kLine; ++line) {
                uint32_t& stamp = range->touched[line - base];
                if (stamp == 0 || now - stamp > kept) missed += kLine;
                stamp = now;
            }
        }
    }
    return missed;
}

double gm_cycles(const Entry& entry, int lane, double now) {
    double cycles = 0;
    for (const Region& region : entry.reads) {
        if (region.space != Space::GM || region.bytes == 0) continue;
        if (!timed()) {
            launch->report.hbm_read += region.total();
            continue;
        }
        const uint64_t missed = launch->miss(region);
        launch->report.hbm_read += missed;
        launch->report.l2_read += region.total() - std::min(region.total(), missed);
        double own = rate(Rate::TransferStart) + per(static_cast<double>(std::max(region.total(), missed)), Rate::L2Read);
        if (missed > 0) own = std::max(own, ask(missed, now + cycles) - now - cycles);
        cycles += own;
    }
    for (const Region& region : entry.writes) {
        if (region.space != Space::GM || region.bytes == 0) continue;
        launch->report.gm_written += region.total();
        if (!timed()) continue;
        // L2 takes the bytes; HBM gets a line some time after it came to L2, and nobody waits for that.
        ask(launch->miss(region), now + cycles);
        cycles += rate(Rate::TransferStart) + per(static_cast<double>(region.total()), lane == FIX ? Rate::L0CWrite : Rate::UbWrite);
    }
    return cycles;
}
}  // namespace twin
