// What is refused at an instruction: operands outside of their buffers, bytes nobody has written, accesses that nothing orders.
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include <algorithm>

#include "core.h"

namespace twin {
namespace {
std::string vformat(const char* format, va_list arguments) {
    char text[1024];
    vsnprintf(text, sizeof(text), format, arguments);
    return text;
}
std::string where(const Region& region) {
    char text[128];
    if (region.space == Space::GM) snprintf(text, sizeof(text), "global memory %#llx, %llu bytes", static_cast<unsigned long long>(region.start), static_cast<unsigned long long>(region.span()));
    else snprintf(text, sizeof(text), "%s [%llu, %llu)", space_name(region.space), static_cast<unsigned long long>(region.start), static_cast<unsigned long long>(region.start + region.span()));
    return text;
}
template <typename F> void each_piece(const Region& region, F f) {
    for (uint64_t j = 0; j < region.count2; ++j)
        for (uint64_t i = 0; i < region.count; ++i) f(region.start + j * region.step2 + i * region.step, region.bytes);
}
bool touches(const Region& region, uint64_t start, uint64_t bytes) {
    bool found = false;
    each_piece(region, [&](uint64_t from, uint64_t size) { found |= from < start + bytes && start < from + size; });
    return found;
}
}  // namespace

void refuse_at(const char* rule, Core* core, int lane, const char* op, At at, const std::string& text) {
    if (!launch->stopping) {
        launch->stopping = true;
        launch->rule = rule;
        launch->text = text;
        launch->core_name = core == nullptr ? "-" : core->name();
        launch->pipe = lane_name(lane);
        launch->op = op;
        launch->file = at.file == nullptr ? "" : at.file;
        launch->line = at.line;
    }
    throw Stop{};
}
void refuse_entry(const char* rule, const Entry& entry, int lane, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    std::string text = vformat(format, arguments);
    va_end(arguments);
    refuse_at(rule, launch->current, lane, entry.name, entry.at, text);
}
void refuse(const char* rule, At at, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    std::string text = vformat(format, arguments);
    va_end(arguments);
    refuse_at(rule, &core(), S, "", at, text);
}

void need_alignment(const Ref& ref, uint64_t bytes, const char* what, const char* op, At at) {
    if (ref.addr % bytes != 0) {
        char text[160];
        snprintf(text, sizeof(text), "%s starts at byte %llu of %s; it must be a multiple of %llu", what, static_cast<unsigned long long>(ref.addr), space_name(ref.space),
                 static_cast<unsigned long long>(bytes));
        refuse_at("alignment", &core(), -1, op, at, text);
    }
}
void need_field(bool holds, const char* op, const char* field, int64_t value, int64_t low, int64_t high, At at) {
    if (!holds) {
        refuse_at("field", &core(), -1, op, at,
                  std::string(field) + " is " + std::to_string(value) + "; it goes from " + std::to_string(low) + " to " + std::to_string(high));
    }
}

Range* range_of(uint64_t start, uint64_t bytes) {
    for (Range& range : launch->ranges)
        if (start >= range.start && start + bytes <= range.start + range.bytes) return &range;
    return nullptr;
}

void check_regions(const Entry& entry, int lane) {
    auto check = [&](const Region& region, const char* verb) {
        if (region.bytes == 0 || region.count == 0 || region.count2 == 0) return;
        if (region.space == Space::GM) {
            if (range_of(region.start, region.span()) == nullptr) refuse_at("gm-range", &core(), lane, entry.name, entry.at, std::string(verb) + " " + where(region) + ", which is not within one buffer of the launch");
        } else if (region.start + region.span() > std::min(region.limit, capacity(region.space))) {
            refuse_at("capacity", &core(), lane, entry.name, entry.at,
                      std::string(verb) + " " + where(region) + "; the buffer ends at " + std::to_string(std::min(region.limit, capacity(region.space))));
        }
    };
    for (const Region& region : entry.reads) check(region, "reads");
    for (const Region& region : entry.writes) check(region, "writes");
}

void check_valid(Core& self, const Entry& entry, int lane) {
    if (entry.self_checked) return;
    for (const Region& region : entry.reads) {
        if (region.space == Space::GM) continue;
        const uint8_t* valid = self.valid(region.space);
        each_piece(region, [&](uint64_t start, uint64_t bytes) {
            const void* hole = memchr(valid + start, 0, bytes);
            if (hole == nullptr) return;
            refuse_entry("uninitialised", entry, lane, "reads %s, of which byte %lld has not been written", where(region).c_str(),
                         static_cast<long long>(static_cast<const uint8_t*>(hole) - valid));
        });
    }
}

void mark_written(Core& self, const Entry& entry) {
    if (entry.self_checked) return;
    for (const Region& region : entry.writes) {
        if (region.space == Space::GM) continue;
        each_piece(region, [&](uint64_t start, uint64_t bytes) { memset(self.valid(region.space) + start, 1, bytes); });
    }
}

bool overlap(const Region& a, const Region& b) {
    if (a.space != b.space || a.start >= b.start + b.span() || b.start >= a.start + a.span()) return false;
    auto solid = [](const Region& r) { return r.bytes == r.span(); };
    if (solid(a) && solid(b)) return true;
    const Region& few = a.count * a.count2 <= b.count * b.count2 ? a : b;
    const Region& many = &few == &a ? b : a;
    bool found = false;
    each_piece(few, [&](uint64_t start, uint64_t bytes) { found = found || touches(many, start, bytes); });
    return found;
}

namespace {
uint16_t place_of(const Entry& entry) {
    uint64_t key = reinterpret_cast<uint64_t>(entry.name) * 131 + static_cast<uint64_t>(entry.at.line) * 31 + reinterpret_cast<uint64_t>(entry.at.file);
    auto [found, fresh] = launch->place_index.insert({key, static_cast<uint16_t>(launch->places.size())});
    if (fresh) launch->places.push_back({entry.name, entry.at});
    return found->second;
}
std::string told(const char* verb, uint16_t place, size_t lane) {
    const auto& [name, at] = launch->places[place];
    const Core& other = *launch->cores[lane / kLanes];
    return std::string(" that ") + name + " of line " + std::to_string(at.line) + " (" + other.name() + ", " + lane_name(static_cast<int>(lane % kLanes)) + ") " + verb;
}

void check_global(Core& self, const Entry& entry, int lane, const Clock& known) {
    const uint16_t own = static_cast<uint16_t>(self.index * kLanes + lane);
    const uint16_t place = place_of(entry);
    auto visit = [&](const Region& region, bool writes) {
        if (region.space != Space::GM || region.bytes == 0) return;
        Range* range = range_of(region.start, region.span());
        if (range == nullptr) return;
        if (range->shadow.empty()) range->shadow.resize((range->start % 32 + range->bytes + 31) / 32);
        const uint64_t base = range->start / 32 * 32;
        auto unordered = [&](const char* verb, uint16_t at_place, uint16_t by) {
            refuse_entry("order", entry, lane, "%s %s%s; no flag or barrier orders the two", writes ? "writes" : "reads", where(region).c_str(), told(verb, at_place, by).c_str());
        };
        each_piece(region, [&](uint64_t start, uint64_t bytes) {
            for (uint64_t at = start; at < start + bytes;) {
                const uint64_t block = (at - base) / 32, first = (at - base) % 32, last = std::min<uint64_t>(32, first + (start + bytes - at));
                const uint32_t mask = (last - first == 32 ? ~0u : ((1u << (last - first)) - 1) << first);
                Shadow& shadow = range->shadow[block];
                const bool after_write = shadow.write_sequence == 0 || (shadow.write_lane == own && lane == S) || known[shadow.write_lane] >= shadow.write_sequence;
                const bool both_atomic = entry.atomic != 0 && shadow.atomic != 0;
                if (!after_write && (shadow.write_mask & mask) != 0 && !(writes && both_atomic)) unordered("wrote", shadow.write_at, shadow.write_lane);
                if (writes) {
                    if (!after_write && !both_atomic && shadow.write_lane / kLanes != self.index)
                        refuse_entry("shared-block", entry, lane, "writes %s into a block of 32 bytes%s; cores may not share one", where(region).c_str(), told("writes too", shadow.write_at, shadow.write_lane).c_str());
                    const bool after_read = shadow.read_sequence == 0 || shadow.read_lane == own || known[shadow.read_lane] >= shadow.read_sequence;
                    if (!after_read && shadow.read_lane % kLanes != S && (shadow.read_mask & mask) != 0) unordered("read", shadow.read_at, shadow.read_lane);
                    shadow.write_mask = shadow.write_lane == own || after_write ? shadow.write_mask | mask : mask;
                    if (after_write && shadow.write_lane != own) shadow.write_mask = mask;
                    shadow.write_sequence = entry.sequence;
                    shadow.write_lane = own;
                    shadow.write_at = place;
                    shadow.atomic = entry.atomic;
                } else {
                    shadow.read_mask = shadow.read_lane == own ? shadow.read_mask | mask : mask;
                    shadow.read_sequence = entry.sequence;
                    shadow.read_lane = own;
                    shadow.read_at = place;
                }
                at += last - first;
            }
        });
    };
    for (const Region& region : entry.reads) visit(region, false);
    for (const Region& region : entry.writes) visit(region, true);
}
}  // namespace

void check_order(Core& self, Entry& entry, int lane) {
    const Clock& known = entry.known ? *entry.known : self.known[lane];
    for (int other = 0; other < kLanes; ++other) {
        if (other == S && lane == S) continue;
        const uint32_t complete = known[static_cast<size_t>(self.index) * kLanes + static_cast<size_t>(other)];
        auto& past = self.past[other];
        for (auto each = past.rbegin(); each != past.rend() && each->sequence > complete; ++each) {
            if (other == lane && entry.is_mmad && each->is_mmad && (entry.deep_mmad || each->deep_mmad)) continue;
            auto clash = [&](const std::vector<Region>& mine, const std::vector<Region>& theirs, const char* did, const char* had) {
                for (const Region& a : mine)
                    for (const Region& b : theirs)
                        if (a.space != Space::GM && overlap(a, b))
                            refuse_entry("order", entry, lane, "%s %s, which %s of line %d (pipe %s) %s; no flag or barrier orders the two", did, where(a).c_str(), each->name,
                                         each->at.line, lane_name(other), had);
            };
            clash(entry.reads, each->writes, "reads", "writes");
            clash(entry.writes, each->writes, "writes", "writes");
            // A scalar has its value before the next instruction is issued.
            if (other != S) clash(entry.writes, each->reads, "writes", "reads");
        }
    }
    check_global(self, entry, lane, known);
}
}  // namespace twin
