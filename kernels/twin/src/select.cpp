// Comparisons to bits, selection by bits, gathers and scatters, the sorting instructions.
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
void need_valid(Core& self, const char* name, At at, const Ref& ref, uint64_t start, uint64_t bytes) {
    Entry said;
    said.name = name;
    said.at = at;
    if (start + bytes > ref.end) refuse_entry("capacity", said, V, "an offset leads to byte %llu; the buffer ends at %llu", static_cast<unsigned long long>(start), static_cast<unsigned long long>(ref.end));
    if (memchr(self.valid(ref.space) + start, 0, bytes) != nullptr) refuse_entry("uninitialised", said, V, "an offset leads to byte %llu, which has not been written", static_cast<unsigned long long>(start));
}
}  // namespace

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

namespace {
struct Pair {
    double score;
    uint8_t bytes[8];
};
bool before(const Pair& a, const Pair& b) { return a.score > b.score; }
Pair load_pair(Type type, const uint8_t* at) {
    Pair pair{load(type, at), {}};
    memcpy(pair.bytes, at, 8);
    return pair;
}
}  // namespace

void sort32(Ref to, Ref scores, Ref indices, uint32_t repeats, At at) {
    const char* name = "Sort32";
    const uint32_t size = type_size(scores.type);
    need_types(scores.type == Type::F16 || scores.type == Type::F32, name, scores.type, scores.type, at);
    need_ub(to, "the destination", name, at);
    need_ub(scores, "the scores", name, at);
    need_ub(indices, "the indices", name, at);
    if (repeats > 255) refuse_at("field", &core(), V, name, at, "repeats " + std::to_string(repeats) + " times; the most is 255");
    Entry entry = vector_entry(name, at);
    entry.reads = {{scores.space, scores.addr, uint64_t{repeats} * 32 * size}, {indices.space, indices.addr, uint64_t{repeats} * 128}};
    entry.writes = {{to.space, to.addr, uint64_t{repeats} * 256}};
    entry.writes[0].limit = to.end;
    entry.run = [=, &self = core()] {
        for (uint32_t r = 0; r < repeats; ++r) {
            std::vector<Pair> pairs(32);
            for (uint32_t i = 0; i < 32; ++i) {
                const uint8_t* score = bytes_of(self, scores, (uint64_t{r} * 32 + i) * size);
                pairs[i] = Pair{load(scores.type, score), {}};
                memcpy(pairs[i].bytes, score, size);
                memcpy(pairs[i].bytes + 4, bytes_of(self, indices, (uint64_t{r} * 32 + i) * 4), 4);
            }
            std::stable_sort(pairs.begin(), pairs.end(), before);
            for (uint32_t i = 0; i < 32; ++i) memcpy(bytes_of(self, to, (uint64_t{r} * 32 + i) * 8), pairs[i].bytes, 8);
        }
    };
    issue_vector(std::move(entry), Active{64, repeats, -1, {~uint64_t{0}, 0}, false}, 2);
}

void merge_sort(Ref to, const Ref from[4], const MrgSort4Info& info, At at) {
    const char* name = "MrgSort";
    need_types(to.type == Type::F16 || to.type == Type::F32, name, to.type, to.type, at);
    need_ub(to, "the destination", name, at);
    need_field(info.validBit == 3 || info.validBit == 7 || info.validBit == 15, name, "validBit", info.validBit, 3, 15, at);
    need_field(info.repeatTimes >= 1, name, "repeatTimes", info.repeatTimes, 1, 255, at);
    if (info.ifExhaustedSuspension) refuse_at("field", &core(), V, name, at, "stopping at the first exhausted list is not modelled");
    const int lists = info.validBit == 3 ? 2 : info.validBit == 7 ? 3 : 4;
    uint64_t total = 0;
    Entry entry = vector_entry(name, at);
    std::array<Ref, 4> sources{from[0], from[1], from[2], from[3]};
    for (int i = 0; i < lists; ++i) {
        need_field(info.elementLengths[i] >= 1 && info.elementLengths[i] <= 4095, name, "elementLengths", info.elementLengths[i], 1, 4095, at);
        need_ub(sources[i], "a list", name, at, 8);
        total += info.elementLengths[i];
    }
    if (info.repeatTimes > 1) {
        bool even = lists == 4;
        for (int i = 1; i < lists; ++i) even &= info.elementLengths[i] == info.elementLengths[0] && sources[i].addr == sources[i - 1].addr + info.elementLengths[i - 1] * uint64_t{8};
        if (!even) refuse_at("field", &core(), V, name, at, "repeats want four lists of one length, one behind the other");
    }
    for (int i = 0; i < lists; ++i) entry.reads.push_back({sources[i].space, sources[i].addr, info.elementLengths[i] * uint64_t{8}, info.repeatTimes, total * 8});
    entry.writes = {{to.space, to.addr, total * 8 * info.repeatTimes}};
    entry.writes[0].limit = to.end;
    entry.run = [=, &self = core()] {
        for (uint64_t r = 0; r < info.repeatTimes; ++r) {
            // Stable over the lists in their order: of equals the earlier list's goes first.
            std::vector<Pair> pairs;
            for (int i = 0; i < lists; ++i)
                for (uint64_t j = 0; j < info.elementLengths[i]; ++j) pairs.push_back(load_pair(to.type, bytes_of(self, sources[i], (r * total + j) * 8)));
            std::stable_sort(pairs.begin(), pairs.end(), before);
            for (uint64_t j = 0; j < total; ++j) memcpy(bytes_of(self, to, (r * total + j) * 8), pairs[j].bytes, 8);
        }
    };
    issue_vector(std::move(entry), Active{32, static_cast<uint32_t>((total * info.repeatTimes + 31) / 32), -1, {~uint64_t{0}, 0}, false}, 2);
}

void extract(Ref values, Ref indices, Ref sorted, uint32_t repeats, At at) {
    const char* name = "Extract";
    const uint32_t size = type_size(values.type);
    need_types(values.type == Type::F16 || values.type == Type::F32, name, values.type, values.type, at);
    need_ub(values, "the values", name, at);
    need_ub(indices, "the indices", name, at);
    need_ub(sorted, "the source", name, at);
    Entry entry = vector_entry(name, at);
    entry.reads = {{sorted.space, sorted.addr, uint64_t{repeats} * 256}};
    entry.writes = {{values.space, values.addr, uint64_t{repeats} * 32 * size}, {indices.space, indices.addr, uint64_t{repeats} * 128}};
    entry.writes[0].limit = values.end;
    entry.writes[1].limit = indices.end;
    entry.run = [=, &self = core()] {
        for (uint64_t i = 0; i < uint64_t{repeats} * 32; ++i) {
            memcpy(bytes_of(self, values, i * size), bytes_of(self, sorted, i * 8), size);
            memcpy(bytes_of(self, indices, i * 4), bytes_of(self, sorted, i * 8 + 4), 4);
        }
    };
    issue_vector(std::move(entry), Active{64, repeats, -1, {~uint64_t{0}, 0}, false}, 2);
}
}  // namespace twin
