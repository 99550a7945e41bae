// Comparisons to bits, selection by bits, gathers and scatters.
#include "lanes.h"

namespace twin {
namespace {
bool holds(CMPMODE mode, double a, double b) {
    switch (mode) {
        case CMPMODE::LT: return a < b;
        case CMPMODE::GT: return a > b;
        case CMPMODE::EQ: return a == b;
        case CMPMODE::LE: return a <= b;
        case CMPMODE::GE: return a >= b;
        default: return a != b;
    }
}
bool bit(const uint8_t* bits, uint64_t index) { return (bits[index / 8] >> (index % 8) & 1) != 0; }
}  // namespace

void compare(Ref to, Ref a, const Ref* b, Value scalar, CMPMODE mode, Lanes lanes, Walk a_walk, Walk b_walk, At at) {
    const char* name = b != nullptr ? "Compare" : "CompareScalar";
    need_types(a.type == Type::F16 || a.type == Type::F32 || (a.type == Type::S32 && mode == CMPMODE::EQ), name, a.type, a.type, at);
    need_ub(to, "the destination", name, at);
    need_ub(a, "the first source", name, at);
    if (b != nullptr) need_ub(*b, "the second source", name, at);
    const uint32_t size = type_size(a.type);
    const Active active = activate(lanes, 256 / size, name, at);
    if (active.total >= 0 && active.total % active.per != 0)
        refuse_at("field", &core(), V, name, at, "counts " + std::to_string(active.total) + " elements; whole repeats of 256 bytes are compared");
    const Walk wa = fit(active, a_walk, size), wb = fit(active, b_walk, size);
    Entry entry = vector_entry(name, at);
    add_lanes(entry.reads, a, active, wa, size);
    if (b != nullptr) add_lanes(entry.reads, *b, active, wb, size);
    entry.writes = {{to.space, to.addr, uint64_t{active.repeats} * active.per / 8}};
    entry.writes[0].limit = to.end;
    const Ref other = b != nullptr ? *b : a;
    const bool scalar_form = b == nullptr;
    entry.run = [=, &self = core()] {
        uint8_t* d = bytes_of(self, to);
        active.each([&](uint32_t r, uint32_t i) {
            const double x = load(a.type, bytes_of(self, a, offset(wa, r, i, size))), y = scalar_form ? scalar.real : load(a.type, bytes_of(self, other, offset(wb, r, i, size)));
            const uint64_t index = uint64_t{r} * active.per + i;
            const uint8_t one = static_cast<uint8_t>(1u << (index % 8));
            d[index / 8] = static_cast<uint8_t>(holds(mode, x, y) ? d[index / 8] | one : d[index / 8] & ~one);
        });
    };
    issue_vector(std::move(entry), active);
}

void select(Ref to, Ref bits, Ref a, const Ref* b, Value scalar, SELMODE mode, Lanes lanes, Walk to_walk, Walk a_walk, Walk b_walk, At at) {
    const char* name = "Select";
    need_types(to.type == Type::F16 || to.type == Type::F32, name, to.type, to.type, at);
    need_ub(to, "the destination", name, at);
    need_ub(a, "the first source", name, at);
    need_ub(bits, "the mask", name, at);
    if (b != nullptr) need_ub(*b, "the second source", name, at);
    if ((mode == SELMODE::VSEL_TENSOR_SCALAR_MODE) != (b == nullptr)) refuse_at("field", &core(), V, name, at, "the mode does not fit the second operand: a scalar takes VSEL_TENSOR_SCALAR_MODE");
    const uint32_t size = type_size(to.type);
    const Active active = activate(lanes, 256 / size, name, at);
    const Walk d = fit(active, to_walk, size), wa = fit(active, a_walk, size), wb = fit(active, b_walk, size);
    const bool same_bits = mode == SELMODE::VSEL_CMPMASK_SPR;
    Entry entry = vector_entry(name, at);
    add_lanes(entry.reads, a, active, wa, size);
    if (b != nullptr) add_lanes(entry.reads, *b, active, wb, size);
    const uint64_t masked = active.total >= 0 ? static_cast<uint64_t>(active.total) : uint64_t{active.repeats} * active.per;
    entry.reads.push_back({bits.space, bits.addr, ((same_bits ? std::min<uint64_t>(masked, active.per) : masked) + 7) / 8});
    add_lanes(entry.writes, to, active, d, size);
    const Ref other = b != nullptr ? *b : a;
    const bool scalar_form = b == nullptr;
    entry.run = [=, &self = core()] {
        const uint8_t* chosen = bytes_of(self, bits);
        active.each([&](uint32_t r, uint32_t i) {
            uint8_t* z = bytes_of(self, to, offset(d, r, i, size));
            if (bit(chosen, same_bits ? i : uint64_t{r} * active.per + i)) memmove(z, bytes_of(self, a, offset(wa, r, i, size)), size);
            else if (scalar_form) store_bits(to.type, z, scalar.bits);
            else memmove(z, bytes_of(self, other, offset(wb, r, i, size)), size);
        });
    };
    issue_vector(std::move(entry), active);
}

namespace {
constexpr uint64_t kMaskBytes = 16;

Active whole(uint32_t repeats, uint32_t size, const char* name, At at) { return activate(Lanes{Lanes::Register, {0, 0}, repeats, 0}, 256 / size, name, at); }
}  // namespace

void compare_mask(Ref a, Ref b, CMPMODE mode, Lanes lanes, Walk a_walk, Walk b_walk, At at) {
    const char* name = "Compare";
    need_types(a.type == Type::F16 || a.type == Type::F32, name, a.type, a.type, at);
    need_ub(a, "the first source", name, at);
    need_ub(b, "the second source", name, at);
    const uint32_t size = type_size(a.type);
    const Active active = activate(lanes, 256 / size, name, at);
    Entry entry = vector_entry(name, at);
    add_lanes(entry.reads, a, active, a_walk, size);
    add_lanes(entry.reads, b, active, b_walk, size);
    entry.run = [=, &self = core()] {
        active.each([&](uint32_t r, uint32_t i) {
            const bool is = holds(mode, load(a.type, bytes_of(self, a, offset(a_walk, r, i, size))), load(a.type, bytes_of(self, b, offset(b_walk, r, i, size))));
            const uint64_t one = uint64_t{1} << (i % 64);
            self.compared[i / 64] = is ? self.compared[i / 64] | one : self.compared[i / 64] & ~one;
        });
    };
    issue_vector(std::move(entry), active);
}

void set_compare_mask(Ref from, At at) {
    const char* name = "SetCmpMask";
    need_ub(from, "the source", name, at, kMaskBytes);
    Entry entry = vector_entry(name, at);
    entry.reads = {{from.space, from.addr, kMaskBytes}};
    entry.reads[0].limit = from.end;
    entry.run = [=, &self = core()] { memcpy(self.compared, bytes_of(self, from), kMaskBytes); };
    issue_vector(std::move(entry), Active{64, 1, -1, {~uint64_t{0}, 0}, false});
}

void get_compare_mask(Ref to, At at) {
    const char* name = "GetCmpMask";
    need_ub(to, "the destination", name, at, kMaskBytes);
    Entry entry = vector_entry(name, at);
    entry.writes = {{to.space, to.addr, kMaskBytes}};
    entry.writes[0].limit = to.end;
    entry.run = [=, &self = core()] { memcpy(bytes_of(self, to), self.compared, kMaskBytes); };
    issue_vector(std::move(entry), Active{64, 1, -1, {~uint64_t{0}, 0}, false});
}

void select_by_mask(Ref to, Ref a, Ref b, SELMODE mode, uint32_t repeats, Walk to_walk, Walk a_walk, Walk b_walk, At at) {
    const char* name = "Select";
    need_types(to.type == Type::F16 || to.type == Type::F32, name, to.type, to.type, at);
    if (mode == SELMODE::VSEL_TENSOR_SCALAR_MODE) refuse_at("field", &core(), V, name, at, "two tensors and VSEL_TENSOR_SCALAR_MODE; a scalar stands in the mask of comparisons, and the bits are an operand");
    need_ub(to, "the destination", name, at);
    need_ub(a, "the first source", name, at);
    need_ub(b, "the second source", name, at);
    const uint32_t size = type_size(to.type);
    const Active active = whole(repeats, size, name, at);
    Entry entry = vector_entry(name, at);
    add_lanes(entry.reads, a, active, a_walk, size);
    add_lanes(entry.reads, b, active, b_walk, size);
    add_lanes(entry.writes, to, active, to_walk, size);
    entry.run = [=, &self = core()] {
        // Where the bits lie is known here at the earliest, so that they are written is checked, but not what orders the two.
        const Ref bits{Space::UB, Type::U8, self.compared[0], capacity(Space::UB)};
        if (mode == SELMODE::VSEL_TENSOR_TENSOR_MODE) need_valid(self, name, at, bits, bits.addr, (uint64_t{active.repeats} * active.per + 7) / 8);
        active.each([&](uint32_t r, uint32_t i) {
            const bool first = mode == SELMODE::VSEL_CMPMASK_SPR ? (self.compared[i / 64] >> (i % 64) & 1) != 0 : bit(bytes_of(self, bits), uint64_t{r} * active.per + i);
            memmove(bytes_of(self, to, offset(to_walk, r, i, size)), first ? bytes_of(self, a, offset(a_walk, r, i, size)) : bytes_of(self, b, offset(b_walk, r, i, size)), size);
        });
    };
    issue_vector(std::move(entry), active);
}

void select_scalar_of_mask(Ref to, Ref bits, Ref a, uint32_t repeats, Walk to_walk, Walk a_walk, At at) {
    const char* name = "Select";
    need_types(to.type == Type::F16 || to.type == Type::F32, name, to.type, to.type, at);
    need_ub(to, "the destination", name, at);
    need_ub(a, "the source", name, at);
    need_ub(bits, "the mask", name, at);
    const uint32_t size = type_size(to.type);
    const Active active = whole(repeats, size, name, at);
    Entry entry = vector_entry(name, at);
    add_lanes(entry.reads, a, active, a_walk, size);
    entry.reads.push_back({bits.space, bits.addr, (uint64_t{active.repeats} * active.per + 7) / 8});
    entry.reads.back().limit = bits.end;
    add_lanes(entry.writes, to, active, to_walk, size);
    entry.run = [=, &self = core()] {
        active.each([&](uint32_t r, uint32_t i) {
            uint8_t* z = bytes_of(self, to, offset(to_walk, r, i, size));
            if (bit(bytes_of(self, bits), uint64_t{r} * active.per + i)) memmove(z, bytes_of(self, a, offset(a_walk, r, i, size)), size);
            else store_bits(to.type, z, self.compared[0]);
        });
    };
    issue_vector(std::move(entry), active);
}

void gather(Ref to, Ref from, Ref offsets, uint32_t base, Lanes lanes, uint32_t to_repeat, At at) {
    const char* name = "Gather";
    const uint32_t size = type_size(to.type);
    need_types(size == 2 || size == 4, name, to.type, from.type, at);
    need_ub(to, "the destination", name, at);
    need_ub(from, "the source", name, at);
    need_ub(offsets, "the offsets", name, at);
    const Active active = activate(lanes, 256 / size, name, at);
    const Walk d = fit(active, {1, to_repeat}, size);
    Entry entry = vector_entry(name, at);
    entry.self_checked = true;
    add_lanes(entry.reads, offsets, active, Walk{1, active.per * 4 / 32}, 4);
    entry.reads.push_back({from.space, from.addr, std::min(from.end, capacity(from.space)) - from.addr});
    add_lanes(entry.writes, to, active, d, size);
    entry.run = [=, &self = core()] {
        std::vector<uint8_t> values;
        active.each([&](uint32_t r, uint32_t i) {
            const uint64_t place = (uint64_t{r} * active.per + i) * 4;
            need_valid(self, name, at, offsets, offsets.addr + place, 4);
            const uint64_t start = from.addr + base + read<uint32_t>(bytes_of(self, offsets, place));
            if (start % size != 0) refuse_at("alignment", &self, V, name, at, "an offset is not a multiple of the element's size");
            need_valid(self, name, at, from, start, size);
            values.insert(values.end(), self.local(from.space) + start, self.local(from.space) + start + size);
        });
        size_t next = 0;
        active.each([&](uint32_t r, uint32_t i) {
            const uint64_t target = offset(d, r, i, size);
            memcpy(bytes_of(self, to, target), &values[next], size);
            memset(self.valid(to.space) + to.addr + target, 1, size);
            next += size;
        });
    };
    // One element a cycle and bank at best.
    issue_vector(std::move(entry), active, 8);
}

// Blocks of 32 bytes, eight a repeat, each from where an offset says.
void gather_blocks(Ref to, Ref from, Ref offsets, uint32_t repeats, uint32_t to_block, uint32_t to_repeat, At at) {
    const char* name = "Gatherb";
    constexpr uint64_t block = 32;
    need_types(to.type == Type::U16 || to.type == Type::U32, name, to.type, from.type, at);
    need_ub(to, "the destination", name, at);
    need_ub(from, "the source", name, at);
    need_ub(offsets, "the offsets", name, at);
    if (to.addr == from.addr) refuse_at("field", &core(), V, name, at, "the destination is the source; they may not be the same");
    Entry entry = vector_entry(name, at);
    entry.self_checked = true;
    entry.reads = {{offsets.space, offsets.addr, uint64_t{repeats} * 8 * 4}, {from.space, from.addr, std::min(from.end, capacity(from.space)) - from.addr}};
    entry.reads[0].limit = offsets.end;
    entry.writes = {{to.space, to.addr, block, 8, to_block * block, std::max<uint64_t>(1, repeats), to_repeat * block}};
    entry.writes[0].limit = to.end;
    entry.run = [=, &self = core()] {
        for (uint64_t i = 0; i < uint64_t{repeats} * 8; ++i) {
            need_valid(self, name, at, offsets, offsets.addr + i * 4, 4);
            const uint64_t start = from.addr + read<uint32_t>(bytes_of(self, offsets, i * 4));
            if (start % block != 0) refuse_at("alignment", &self, V, name, at, "an offset is not a multiple of 32 bytes");
            need_valid(self, name, at, from, start, block);
            const uint64_t target = i / 8 * to_repeat * block + i % 8 * to_block * block;
            memmove(bytes_of(self, to, target), self.local(from.space) + start, block);
            memset(self.valid(to.space) + to.addr + target, 1, block);
        }
    };
    // A block a cycle.
    issue_vector(std::move(entry), Active{64, repeats, -1, {~uint64_t{0}, 0}, false}, 8);
}

void scatter(Ref to, Ref from, Ref offsets, uint32_t base, Lanes lanes, uint32_t from_repeat, At at) {
    const char* name = "Scatter";
    const uint32_t size = type_size(to.type);
    need_types(size == 2 || size == 4, name, to.type, from.type, at);
    need_ub(to, "the destination", name, at);
    need_ub(from, "the source", name, at);
    need_ub(offsets, "the offsets", name, at);
    const Active active = activate(lanes, 256 / size, name, at);
    const Walk s = fit(active, {1, from_repeat}, size);
    Entry entry = vector_entry(name, at);
    entry.self_checked = true;
    add_lanes(entry.reads, offsets, active, Walk{1, active.per * 4 / 32}, 4);
    add_lanes(entry.reads, from, active, s, size);
    entry.writes = {{to.space, to.addr, std::min(to.end, capacity(to.space)) - to.addr}};
    entry.run = [=, &self = core()] {
        active.each([&](uint32_t r, uint32_t i) {
            const uint64_t place = (uint64_t{r} * active.per + i) * 4;
            need_valid(self, name, at, offsets, offsets.addr + place, 4);
            need_valid(self, name, at, from, from.addr + offset(s, r, i, size), size);
            const uint64_t target = to.addr + base + read<uint32_t>(bytes_of(self, offsets, place));
            if (target + size > to.end) refuse_at("capacity", &self, V, name, at, "an offset leads past the end of the destination");
            memcpy(self.local(to.space) + target, bytes_of(self, from, offset(s, r, i, size)), size);
            memset(self.valid(to.space) + target, 1, size);
        });
    };
    issue_vector(std::move(entry), active, 8);
}

uint64_t gather_mask(Ref to, Ref from, const Ref* bits, uint8_t pattern, bool counter, uint32_t mask, const GatherMaskParams& p, At at) {
    const char* name = "GatherMask";
    const uint32_t size = type_size(to.type), per = 256 / size, block = 32 / size;
    need_types(size == 2 || size == 4, name, to.type, from.type, at);
    need_ub(to, "the destination", name, at);
    need_ub(from, "the source", name, at);
    if (bits == nullptr) need_field(pattern >= 1 && pattern <= 7, name, "src1Pattern", pattern, 1, 7, at);
    need_field(p.repeatTimes <= 255, name, "repeatTimes", p.repeatTimes, 0, 255, at);
    const uint32_t lanes = counter ? mask : per;
    Core& self = core();
    Entry entry = vector_entry(name, at);
    entry.self_checked = true;
    const Ref chosen = bits != nullptr ? *bits : to;
    const bool by_tensor = bits != nullptr;
    auto source = [=](uint32_t r, uint32_t i) { return uint64_t{r} * p.src0RepeatStride * 32 + uint64_t{i / block} * p.src0BlockStride * 32 + uint64_t{i % block} * size; };
    if (p.repeatTimes > 0 && lanes > 0) {
        entry.reads = {{from.space, from.addr, source(0, lanes - 1) + size, p.repeatTimes, uint64_t{p.src0RepeatStride} * 32}};
        if (by_tensor) entry.reads.push_back({chosen.space, chosen.addr, (lanes + 7) / 8, p.repeatTimes, uint64_t{p.src1RepeatStride} * 32});
        entry.writes = {{to.space, to.addr, uint64_t{p.repeatTimes} * lanes * size}};
    }
    auto kept = std::make_shared<uint64_t>(0);
    auto ran = std::make_shared<bool>(false);
    entry.run = [=, &self] {
        uint64_t next = 0;
        for (uint32_t r = 0; r < p.repeatTimes; ++r) {
            for (uint32_t i = 0; i < lanes; ++i) {
                bool keep = false;
                if (by_tensor) {
                    need_valid(self, name, at, chosen, chosen.addr + uint64_t{r} * p.src1RepeatStride * 32 + i / 8, 1);
                    keep = bit(bytes_of(self, chosen, uint64_t{r} * p.src1RepeatStride * 32), i);
                } else {
                    keep = pattern == 7 || (pattern <= 2 ? i % 2 == pattern - 1u : i % 4 == pattern - 3u);
                }
                if (!keep) continue;
                need_valid(self, name, at, from, from.addr + source(r, i), size);
                memmove(bytes_of(self, to, next * size), bytes_of(self, from, source(r, i)), size);
                memset(self.valid(to.space) + to.addr + next * size, 1, size);
                ++next;
            }
        }
        *kept = next;
        *ran = true;
    };
    issue_vector(std::move(entry), Active{per, std::max<uint32_t>(1, p.repeatTimes), -1, {~uint64_t{0}, ~uint64_t{0}}, false});
    // The count comes back in a register, which the scalar unit has to wait for.
    while (!*ran && !launch->skip_data()) yield("the count of GatherMask", at);
    return *kept;
}
}  // namespace twin
