// Global memory as the model sees it: one HBM for the chip, an L2 that keeps what was used last, and each core's way to it.
#include <algorithm>

#include "core.h"
#include "rates.h"

namespace twin {
namespace {
constexpr uint64_t kLine = 512;
constexpr uint64_t kUnit = 64 * 1024;
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
    auto ask = [&](uint64_t bytes) {
        launch->hbm_bytes += bytes;
        launch->hbm_free = std::max(launch->hbm_free, now) + per(static_cast<double>(bytes), Rate::Hbm);
    };
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
        if (missed > 0) {
            ask(missed);
            own = std::max(own, launch->hbm_free - now);
        }
        cycles = std::max(cycles, 0.0) + own;
    }
    for (const Region& region : entry.writes) {
        if (region.space != Space::GM || region.bytes == 0) continue;
        launch->report.gm_written += region.total();
        if (!timed()) continue;
        // L2 takes the bytes; HBM gets them some time, and nobody waits for that.
        launch->miss(region);
        ask(region.total());
        cycles += rate(Rate::TransferStart) + per(static_cast<double>(region.total()), lane == FIX ? Rate::L0CWrite : Rate::UbWrite);
    }
    return cycles;
}
}  // namespace twin
