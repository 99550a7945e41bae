#include "lanes.h"

namespace twin {
Active activate(const Lanes& lanes, uint32_t per, const char* op, At at) {
    Active active{per, lanes.repeats, -1, {lanes.mask[0], lanes.mask[1]}, false};
    auto refuse_field = [&](const std::string& text) { refuse_at("field", &core(), V, op, at, text); };
    if (lanes.form != Lanes::Count && lanes.repeats > 255) refuse_field("repeats " + std::to_string(lanes.repeats) + " times; the most is 255");
    auto counted = [&](int64_t total) {
        if (total < 0) refuse_field("counts " + std::to_string(total) + " elements");
        active.total = total;
        active.repeats = static_cast<uint32_t>((total + per - 1) / per);
    };
    switch (lanes.form) {
        case Lanes::Count:
            active.plain = true;
            counted(lanes.count);
            break;
        case Lanes::Prefix: {
            const uint64_t count = lanes.mask[0];
            if (count > per) refuse_field("masks " + std::to_string(count) + " lanes; a repeat has " + std::to_string(per));
            active.mask[0] = count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
            active.mask[1] = count <= 64 ? 0 : count >= 128 ? ~uint64_t{0} : (uint64_t{1} << (count - 64)) - 1;
            break;
        }
        case Lanes::Bits:
            if (per <= 64 && lanes.mask[1] != 0) refuse_field("masks lanes beyond the " + std::to_string(per) + " of a repeat");
            break;
        case Lanes::Register:
            if (core().mask_counter) counted(static_cast<int64_t>(core().mask[0]));
            else {
                active.mask[0] = core().mask[0];
                active.mask[1] = core().mask[1];
            }
            break;
    }
    if (per <= 64) active.mask[1] = 0;
    return active;
}

namespace {
void lane_regions(std::vector<Region>& regions, const Ref& ref, const Active& active, const Walk& walk, uint32_t size) {
    const uint32_t block = 32 / size;
    const uint64_t step = uint64_t{walk.repeat} * 32;
    auto add_run = [&](uint32_t first, uint32_t last, uint32_t from, uint32_t repeats) {
        if (first >= last || repeats == 0) return;
        const uint64_t base = ref.addr + from * step;
        if (walk.block == 1) {
            regions.push_back({ref.space, base + uint64_t{first} * size, uint64_t{last - first} * size, repeats, step});
            return;
        }
        for (uint32_t lane = first; lane < last;) {
            const uint32_t end = std::min(last, (lane / block + 1) * block);
            regions.push_back({ref.space, base + offset(walk, 0, lane, size), uint64_t{end - lane} * size, repeats, step});
            lane = end;
        }
    };
    if (active.total >= 0) {
        if (active.plain) {
            if (active.total > 0) regions.push_back({ref.space, ref.addr, static_cast<uint64_t>(active.total) * size});
            return;
        }
        const uint32_t full = static_cast<uint32_t>(active.total / active.per);
        add_run(0, active.per, 0, full);
        add_run(0, static_cast<uint32_t>(active.total % active.per), full, 1);
        return;
    }
    for (uint32_t lane = 0; lane < active.per;) {
        if (!active.on(0, lane)) {
            ++lane;
            continue;
        }
        uint32_t end = lane;
        while (end < active.per && active.on(0, end)) ++end;
        add_run(lane, end, 0, active.repeats);
        lane = end;
    }
}
}  // namespace

void add_lanes(std::vector<Region>& regions, const Ref& ref, const Active& active, const Walk& walk, uint32_t size) {
    const size_t before = regions.size();
    lane_regions(regions, ref, active, walk, size);
    for (size_t i = before; i < regions.size(); ++i) regions[i].limit = ref.end;
}

Entry vector_entry(const char* op, At at) {
    Entry entry;
    entry.name = op;
    entry.at = at;
    return entry;
}
void need_types(bool known, const char* op, Type a, Type b, At at) {
    if (known) return;
    std::string types = type_name(a);
    if (a != b) types += std::string(" and ") + type_name(b);
    const bool brain = a == Type::BF16 || b == Type::BF16;
    refuse_at("vector-type", &core(), V, op, at, "does not exist for " + types + (brain ? "; cast to float, compute, and cast back" : " on this chip"));
}
void need_ub(const Ref& ref, const char* what, const char* op, At at, uint64_t alignment) {
    if (ref.space != Space::UB) refuse_at("core-type", &core(), V, op, at, std::string(what) + " lies in " + space_name(ref.space) + "; vectors work on UB");
    need_alignment(ref, alignment, what, op, at);
}
void need_valid(Core& self, const char* name, At at, const Ref& ref, uint64_t start, uint64_t bytes) {
    Entry said;
    said.name = name;
    said.at = at;
    if (start + bytes > ref.end) refuse_entry("capacity", said, V, "an offset leads to byte %llu; the buffer ends at %llu", static_cast<unsigned long long>(start), static_cast<unsigned long long>(ref.end));
    if (memchr(self.valid(ref.space) + start, 0, bytes) != nullptr) refuse_entry("uninitialised", said, V, "an offset leads to byte %llu, which has not been written", static_cast<unsigned long long>(start));
}

double vector_cycles(const Active& active, double factor) { return rate(Rate::VectorStart) + active.repeats * factor * rate(Rate::VectorRepeat); }
void issue_vector(Entry entry, const Active& active, double factor) {
    entry.cycles = vector_cycles(active, factor);
    if (active.repeats == 0) {
        require_core(V, entry.name, entry.at);
        return;
    }
    issue(V, std::move(entry));
}

void mask_mode(bool counter) { core().mask_counter = counter; }
void mask_register(uint64_t high, uint64_t low) {
    core().mask[0] = low;
    core().mask[1] = high;
}
void set_deq_scale(float scale) { core().deq_scale = scale; }
}  // namespace twin
