// The lanes of a vector instruction: a repeat is 256 bytes of its widest operand, in blocks of 32 bytes that may lie apart.
#pragma once
#include <algorithm>

#include "numeric.h"
#include "rates.h"

namespace twin {
/// `per` lanes a repeat; either `total` lanes in all, or those of `mask` in each of `repeats`.
struct Active {
    uint32_t per;
    uint32_t repeats;
    int64_t total;
    uint64_t mask[2];
    bool plain;  // operands without gaps

    bool on(uint32_t repeat, uint32_t lane) const {
        if (total >= 0) return static_cast<int64_t>(repeat) * per + lane < total;
        return (mask[lane / 64] >> (lane % 64) & 1) != 0;
    }
    template <typename F> void each(F f) const {
        for (uint32_t r = 0; r < repeats; ++r) {
            const uint32_t last = total >= 0 ? static_cast<uint32_t>(std::min<int64_t>(per, total - static_cast<int64_t>(r) * per)) : per;
            for (uint32_t i = 0; i < last; ++i)
                if (total >= 0 || on(r, i)) f(r, i);
        }
    }
};
Active activate(const Lanes& lanes, uint32_t per, const char* op, At at);
/// The strides of an operand of `size` bytes an element; without gaps for the count form.
inline Walk fit(const Active& active, const Walk& walk, uint32_t size) { return active.plain ? Walk{1, active.per * size / 32} : walk; }
inline uint64_t offset(const Walk& walk, uint32_t repeat, uint32_t lane, uint32_t size) {
    const uint32_t block = 32 / size;
    return uint64_t{repeat} * walk.repeat * 32 + uint64_t{lane / block} * walk.block * 32 + uint64_t{lane % block} * size;
}
void add_lanes(std::vector<Region>& regions, const Ref& ref, const Active& active, const Walk& walk, uint32_t size);

Entry vector_entry(const char* op, At at);
void need_types(bool known, const char* op, Type a, Type b, At at);
void need_ub(const Ref& ref, const char* what, const char* op, At at, uint64_t alignment = 32);
/// Refuses bytes of UB that an instruction has been led to: past the buffer, or written by nothing.
void need_valid(Core& self, const char* name, At at, const Ref& ref, uint64_t start, uint64_t bytes);
double vector_cycles(const Active& active, double factor = 1);
void issue_vector(Entry entry, const Active& active, double factor = 1);
}  // namespace twin
