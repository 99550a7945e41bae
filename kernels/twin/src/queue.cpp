// A pipe's queue: which entries may go, and what going means.
#include <algorithm>

#include "core.h"
#include "rates.h"

namespace twin {
extern thread_local uint64_t progress;

void join(Clock& into, const Clock& from) {
    for (size_t i = 0; i < into.size(); ++i) into[i] = std::max(into[i], from[i]);
}

void require_core(int lane, const char* op, At at) {
    bool fits = core().cube ? lane != V && !(lane == MTE3) : lane != M && lane != MTE1 && lane != FIX;
    if (!fits) refuse_at("core-type", &core(), lane, op, at, std::string("this core has no pipe ") + lane_name(lane));
}

void issue(int lane, Entry entry) {
    Core& self = core();
    require_core(lane, entry.name, entry.at);
    check_regions(entry, lane);
    self.time[S] += rate(Rate::Issue);
    entry.issued = self.time[S];
    entry.sequence = ++self.sequence[lane];
    ++launch->report.instructions;
    self.queue[lane].push_back(std::move(entry));
    after_issue();
}

namespace {
bool ready(Core& self, const Entry& entry) {
    if (entry.kind == Kind::Wait) return self.flags[static_cast<size_t>(entry.event)][entry.id].set;
    if (entry.kind == Kind::CrossWait) return !self.messages[entry.id].empty();
    if (entry.kind == Kind::UnitWait) {
        const auto unit = self.units.find(entry.unit);
        return (unit != self.units.end() && unit->second.full) == (entry.mode != 0);
    }
    return true;
}

void keep_past(Core& self, int lane, Entry& entry) {
    auto& past = self.past[lane];
    constexpr size_t kMost = 4096;
    Past record{entry.sequence, entry.name, entry.at, entry.deep_mmad, entry.is_mmad, std::move(entry.reads), std::move(entry.writes)};
    auto place = past.end();
    while (place != past.begin() && std::prev(place)->sequence > record.sequence) --place;
    past.insert(place, std::move(record));
    if (past.size() > kMost) past.pop_front();
}

void pair_sites(int set, int wait) {
    if (set >= 0 && wait >= 0) launch->pairs.insert({set, wait});
}
}  // namespace

bool step(Core& self, int lane, bool latest) {
    auto& queue = self.queue[lane];
    while (!queue.empty() && queue.front().done) queue.pop_front();
    constexpr int kMost = 16;
    int eligible[kMost];
    int found = 0;
    const bool in_order = launch->options.schedule == 0 || launch->options.schedule == 3;
    bool earlier = false, earlier_sync = false, earlier_mmad = false;
    for (size_t i = 0; i < queue.size() && found < kMost; ++i) {
        Entry& entry = queue[i];
        if (entry.done) continue;
        bool blocks = false;
        switch (entry.kind) {
            case Kind::Work:
                if (!(entry.is_mmad && earlier_mmad)) eligible[found++] = static_cast<int>(i);
                earlier_mmad |= entry.deep_mmad;
                break;
            case Kind::Set: case Kind::CrossSet: case Kind::UnitSet:
                if (!earlier) eligible[found++] = static_cast<int>(i);
                earlier_sync = true;
                break;
            case Kind::Wait: case Kind::CrossWait: case Kind::UnitWait:
                if (!earlier_sync && ready(self, entry)) eligible[found++] = static_cast<int>(i);
                blocks = true;
                break;
            case Kind::Barrier:
                if (!earlier) eligible[found++] = static_cast<int>(i);
                blocks = true;
                break;
        }
        earlier = true;
        if (blocks) break;
        if (in_order && found > 0) break;
    }
    if (found == 0) return false;
    int chosen = in_order ? 0 : latest ? found - 1 : static_cast<int>(launch->draw(static_cast<uint32_t>(found)));
    size_t position = static_cast<size_t>(eligible[chosen]);
    Entry& entry = queue[position];
    if (launch->options.check_order && (entry.kind == Kind::Wait || entry.kind == Kind::CrossWait || entry.kind == Kind::UnitWait)) {
        // What was issued before the wait does not know what the wait will tell.
        for (size_t i = 0; i < position; ++i)
            if (!queue[i].done && queue[i].known == nullptr) queue[i].known = std::make_unique<Clock>(self.known[lane]);
    }
    settle(self, lane, entry);
    ++progress;
    return true;
}

void settle(Core& self, int lane, Entry& entry) {
    const bool ordered = launch->options.check_order != 0;
    const size_t own = static_cast<size_t>(self.index) * kLanes + static_cast<size_t>(lane);
    double& now = self.time[lane];
    now = std::max(now, entry.issued);
    entry.done = true;
    auto told = [&] {
        Clock clock = self.known[lane];
        if (ordered) clock[own] = std::max(clock[own], entry.sequence);
        return clock;
    };
    switch (entry.kind) {
        case Kind::Work:
            if (!launch->skip_data()) {
                check_valid(self, entry, lane);
                check_cache(entry, lane);
                if (ordered) check_order(self, entry, lane);
                entry.run();
                mark_written(self, entry);
                if (ordered) keep_past(self, lane, entry);
            }
            if (lane == MTE2 || lane == MTE3 || lane == FIX) entry.cycles += gm_cycles(entry, lane, now);
            now += entry.cycles;
            self.busy[lane] += entry.cycles;
            break;
        case Kind::Set: {
            Flag& flag = self.flags[static_cast<size_t>(entry.event)][entry.id];
            if (flag.set)
                refuse_entry("flag-twice", entry, lane, "flag %s %d is set while it is still set by line %d; wait for it first", event_name(entry.event), entry.id, flag.at.line);
            flag.set = true;
            flag.clock = told();
            flag.site = entry.site;
            flag.at = entry.at;
            flag.time = now;
            break;
        }
        case Kind::Wait: {
            Flag& flag = self.flags[static_cast<size_t>(entry.event)][entry.id];
            flag.set = false;
            flag.queue = false;
            join(self.known[lane], flag.clock);
            pair_sites(flag.site, entry.site);
            now = std::max(now, flag.time);
            ++launch->report.flags_waited;
            break;
        }
        case Kind::Barrier:
            if (ordered) self.known[lane][own] = std::max(self.known[lane][own], entry.sequence);
            now += rate(Rate::Barrier);
            break;
        case Kind::CrossSet: {
            cross_arrive(self, entry, lane, told(), now);
            break;
        }
        case Kind::CrossWait: {
            Message message = std::move(self.messages[entry.id].front());
            self.messages[entry.id].pop_front();
            join(self.known[lane], message.clock);
            pair_sites(message.site, entry.site);
            now = std::max(now, message.time);
            ++launch->report.flags_waited;
            break;
        }
        case Kind::UnitSet: {
            Unit& unit = self.units[entry.unit];
            unit = {entry.mode != 0, entry.unit_bytes, told(), entry.at, now};
            break;
        }
        case Kind::UnitWait: {
            const auto unit = self.units.find(entry.unit);
            if (unit == self.units.end()) break;
            if (entry.mode != 0 && unit->second.bytes != entry.unit_bytes)
                refuse_entry("field", entry, lane, "unitFlag: takes %llu bytes of L0C where Mmad of line %d has made %llu; both have to cover the same sums",
                             static_cast<unsigned long long>(entry.unit_bytes), unit->second.at.line, static_cast<unsigned long long>(unit->second.bytes));
            join(self.known[lane], unit->second.clock);
            now = std::max(now, unit->second.time);
            ++launch->report.flags_waited;
            break;
        }
    }
    entry.known.reset();
}
}  // namespace twin
