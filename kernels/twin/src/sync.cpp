// Flags between pipes, barriers, flags between cores, event ids, and what a finished core must have left behind.
#include <algorithm>

#include "core.h"
#include "rates.h"

namespace twin {
extern thread_local uint64_t progress;

int64_t block_index() {
    Core& self = core();
    return self.cube ? self.block : int64_t{self.block} * launch->ratio + self.sub;
}
int64_t block_count() { return launch->blocks; }
int64_t sub_block_index() { return core().sub; }
int64_t sub_block_count() { return core().cube ? 1 : launch->ratio; }
int64_t task_ratio() { return launch->ratio; }

namespace {
int take_site() {
    int site = core().site;
    core().site = -1;
    return site;
}

Entry sync_entry(Kind kind, const char* name, At at) {
    Entry entry;
    entry.kind = kind;
    entry.name = name;
    entry.at = at;
    entry.site = take_site();
    return entry;
}

// Of M_MTE1, ids below this are TPipe's on a cube core.
constexpr int32_t kPipeEvents = 3;

void check_event(HardEvent event, int32_t id, const char* op, At at) {
    if (event >= HardEvent::MAX) refuse_at("event-id", &core(), -1, op, at, "no such pair of pipes");
    if (id < 0 || id > 7) {
        refuse_at("event-id", &core(), lanes_of(event).first, op, at, std::string("event id ") + std::to_string(id) + " of " + event_name(event) + "; ids go from 0 to 7");
    }
    auto [from, to] = lanes_of(event);
    require_core(from, op, at);
    require_core(to, op, at);
    if (event == HardEvent::M_MTE1 && id < kPipeEvents && core().pipe_events)
        refuse_at("event-id", &core(), from, op, at, "M_MTE1 0 to 2 are TPipe's: it has set them and waits for them in the end; take 3 to 7, or Destroy() it first");
}

void scalar_passes(Core& self, const Clock& clock, double time) {
    join(self.known[S], clock);
    self.time[S] = std::max(self.time[S], time);
    ++launch->report.flags_waited;
    ++progress;
}
}  // namespace

bool site(const char* file, int line) {
    const char* name = file;
    for (const char* c = file; *c != 0; ++c)
        if (*c == '/') name = c + 1;
    uint64_t key = reinterpret_cast<uint64_t>(file) * 31 + static_cast<uint64_t>(line);
    auto cached = launch->site_cache.find(key);
    int index;
    if (cached != launch->site_cache.end()) {
        index = cached->second;
    } else {
        std::string place = std::string(name) + ":" + std::to_string(line);
        auto [found, fresh] = launch->site_index.insert({place, static_cast<int>(launch->sites.size())});
        if (fresh) {
            launch->sites.push_back(place);
            launch->passes.push_back(0);
            launch->off.push_back(launch->skipped.count(place) != 0);
        }
        index = found->second;
        launch->site_cache[key] = index;
    }
    ++launch->passes[static_cast<size_t>(index)];
    if (launch->off[static_cast<size_t>(index)]) return false;
    core().site = index;
    return true;
}

void set_flag(HardEvent event, int32_t id, At at) {
    check_event(event, id, "SetFlag", at);
    Core& self = core();
    Entry entry = sync_entry(Kind::Set, "SetFlag", at);
    entry.event = event;
    entry.id = static_cast<uint8_t>(id);
    int lane = lanes_of(event).first;
    if (lane != S) return issue(lane, std::move(entry));
    // The scalar unit is here already.
    entry.sequence = ++self.sequence[S];
    entry.issued = self.time[S];
    settle(self, S, entry);
    after_issue();
}

void wait_flag(HardEvent event, int32_t id, At at) {
    check_event(event, id, "WaitFlag", at);
    Core& self = core();
    int lane = lanes_of(event).second;
    Entry entry = sync_entry(Kind::Wait, "WaitFlag", at);
    entry.event = event;
    entry.id = static_cast<uint8_t>(id);
    if (lane != S) return issue(lane, std::move(entry));
    Flag& flag = self.flags[static_cast<size_t>(event)][id];
    while (!flag.set) yield(event_name(event), at);
    entry.issued = self.time[S];
    settle(self, S, entry);
    ++progress;
}

void unit_wait(int lane, uint64_t start, uint64_t bytes, const char* op, At at) {
    Entry entry = sync_entry(Kind::UnitWait, op, at);
    entry.unit = start;
    entry.unit_bytes = bytes;
    entry.mode = lane == FIX;
    issue(lane, std::move(entry));
}
void unit_set(int lane, uint64_t start, uint64_t bytes, const char* op, At at) {
    Entry entry = sync_entry(Kind::UnitSet, op, at);
    entry.unit = start;
    entry.unit_bytes = bytes;
    entry.mode = lane == M;
    issue(lane, std::move(entry));
}

const uint64_t* answer(const std::shared_ptr<Answer>& from, const char* op, const char* of, At at) {
    static constexpr uint64_t kNone[4] = {0, 0, 0, 0};
    if (from == nullptr) refuse_at("field", &core(), S, op, at, std::string("there has been no ") + of + " on this core");
    while (!from->ready && !launch->skip_data()) yield(op, at);
    return from->ready ? from->values : kNone;
}

void barrier(pipe_t pipe, At at) {
    Core& self = core();
    int lane = lane_of(pipe);
    if (pipe != PIPE_ALL && lane < 0) refuse_at("field", &self, -1, "PipeBarrier", at, "no such pipe");
    if (pipe != PIPE_ALL && lane != S) return issue(lane, sync_entry(Kind::Barrier, "PipeBarrier", at));
    take_site();
    if (lane == S) return;
    for (;;) {
        bool empty = true;
        for (const auto& queue : self.queue)
            for (const Entry& entry : queue) empty &= entry.done;
        if (empty) break;
        yield("PipeBarrier<PIPE_ALL>", at);
    }
    double latest = *std::max_element(self.time.begin(), self.time.end());
    Clock all = self.known[S];
    for (int each = 0; each < kLanes; ++each) {
        join(all, self.known[each]);
        if (!all.empty()) all[static_cast<size_t>(self.index) * kLanes + static_cast<size_t>(each)] = self.sequence[each];
    }
    for (int each = 0; each < kLanes; ++each) {
        self.known[each] = all;
        self.time[each] = latest;
        self.past[each].clear();
    }
    ++progress;
}

namespace {
// The runtime gives the address of the cores' flags to kernels of a mixed type only.
void require_synchronised(const char* op, int lane, At at) {
    if (launch->entry->synchronised == 0)
        refuse_at("core-type", &core(), lane, op, at, "cores wait for each other in kernels of a mixed type only; KERNEL_TYPE_MIX_AIV_1_0 is one of vector cores alone");
}
}  // namespace

void cross_set(uint8_t mode, pipe_t pipe, uint16_t id, At at) {
    int lane = lane_of(pipe);
    Core& self = core();
    if (lane <= S) refuse_at("field", &self, S, "CrossCoreSetFlag", at, "the pipe of a flag between cores is one that runs by itself, not S and not ALL");
    if (mode > 2) refuse_at("field", &self, lane, "CrossCoreSetFlag", at, "mode " + std::to_string(mode) + "; modes are 0, 1 and 2");
    if (id > 15) refuse_at("event-id", &self, lane, "CrossCoreSetFlag", at, "flag id " + std::to_string(id) + "; ids go from 0 to 15");
    require_synchronised("CrossCoreSetFlag", lane, at);
    Entry entry = sync_entry(Kind::CrossSet, "CrossCoreSetFlag", at);
    entry.mode = mode;
    entry.id = static_cast<uint8_t>(id);
    issue(lane, std::move(entry));
}

void cross_wait(uint8_t mode, pipe_t pipe, uint16_t id, At at) {
    Core& self = core();
    int lane = lane_of(pipe);
    if (id > 15) refuse_at("event-id", &self, lane, "CrossCoreWaitFlag", at, "flag id " + std::to_string(id) + "; ids go from 0 to 15");
    if (lane < 0) refuse_at("field", &self, lane, "CrossCoreWaitFlag", at, "no such pipe");
    require_synchronised("CrossCoreWaitFlag", lane, at);
    Entry entry = sync_entry(Kind::CrossWait, "CrossCoreWaitFlag", at);
    entry.mode = mode;
    entry.id = static_cast<uint8_t>(id);
    if (lane == S) {
        // The unit issues nothing more before the flag, so every pipe learns of it.
        while (self.messages[id].empty()) yield("CrossCoreWaitFlag", at);
        entry.issued = self.time[S];
        settle(self, S, entry);
        for (int each = V; each < kLanes; ++each) join(self.known[each], self.known[S]);
        ++progress;
        return;
    }
    // On this chip the wait holds up the scalar unit whatever the pipe; only the pipe is taken to have been told.
    issue(lane, std::move(entry));
    for (;;) {
        bool passed = true;
        for (const Entry& each : self.queue[lane]) passed &= each.done || each.kind != Kind::CrossWait;
        if (passed) break;
        yield("CrossCoreWaitFlag", at);
    }
    self.time[S] = std::max(self.time[S], self.time[lane]);
}

void cross_arrive(Core& self, const Entry& entry, int lane, Clock clock, double time) {
    auto group = [&](const Core& other) {
        if (entry.mode == 0) return other.cube == self.cube;
        if (entry.mode == 1) return !other.cube && !self.cube && other.block == self.block;
        return other.cube != self.cube && other.block == self.block;
    };
    auto& own = self.arrivals[entry.mode][entry.id];
    own.push_back({std::move(clock), entry.site, time + rate(Rate::CrossFlag)});
    if (own.size() > 15) refuse_entry("cross-overflow", entry, lane, "flag %d has been set 15 times before its group answered; counters end at 15", entry.id);
    // Who must have arrived before the flag is raised: everyone on this side.
    std::vector<Core*> senders, receivers;
    for (auto& each : launch->cores) {
        bool sends = entry.mode == 2 ? each->cube == self.cube && each->block == self.block : group(*each);
        if (sends) senders.push_back(each.get());
        if (group(*each)) receivers.push_back(each.get());
    }
    for (Core* sender : senders)
        if (sender->arrivals[entry.mode][entry.id].empty()) return;
    Message message{Clock(self.known[S].size(), 0), -1, 0};
    for (Core* sender : senders) {
        auto& waiting = sender->arrivals[entry.mode][entry.id];
        join(message.clock, waiting.front().clock);
        message.site = waiting.front().site;
        message.time = std::max(message.time, waiting.front().time);
        waiting.pop_front();
    }
    for (Core* receiver : receivers) {
        auto& counter = receiver->messages[entry.id];
        if (counter.size() == 15)
            refuse_entry("cross-overflow", entry, lane, "flag %d of %s would be counted past 15; let the receiver wait for it more often", entry.id, receiver->name().c_str());
        counter.push_back(message);
        receiver->parked = false;
    }
}

void sync_all(bool vector_only, At at) {
    Core& self = core();
    take_site();
    require_synchronised("SyncAll", S, at);
    if (vector_only && self.cube) refuse_at("core-type", &self, S, "SyncAll", at, "SyncAll<true> is for vector cores; give false to include the cube cores");
    barrier(PIPE_ALL, at);
    constexpr uint8_t id = 14, mode = 0;
    (void)mode;
    auto& own = self.arrivals[0][id];
    own.push_back({self.known[S], -1, self.time[S] + rate(Rate::CrossFlag)});
    auto takes_part = [&](const Core& each) { return !vector_only || !each.cube; };
    bool complete = true;
    for (auto& each : launch->cores) complete &= !takes_part(*each) || !each->arrivals[0][id].empty();
    if (complete) {
        Message message{Clock(self.known[S].size(), 0), -1, 0};
        for (auto& each : launch->cores) {
            if (!takes_part(*each)) continue;
            auto& waiting = each->arrivals[0][id];
            join(message.clock, waiting.front().clock);
            message.time = std::max(message.time, waiting.front().time);
            waiting.pop_front();
        }
        for (auto& each : launch->cores)
            if (takes_part(*each)) {
                each->messages[id].push_back(message);
                each->parked = false;
            }
    }
    ++progress;
    while (self.messages[id].empty()) yield("SyncAll", at);
    Message message = std::move(self.messages[id].front());
    self.messages[id].pop_front();
    for (int lane = 0; lane < kLanes; ++lane) {
        join(self.known[lane], message.clock);
        self.time[lane] = std::max(self.time[lane], message.time);
    }
    ++progress;
}

void pipe_events(bool keep) {
    Core& self = core();
    if (!self.cube || self.pipe_events == keep) return;
    self.pipe_events = keep;
    constexpr uint8_t mask = (1u << kPipeEvents) - 1;
    uint8_t& taken = self.taken[static_cast<size_t>(HardEvent::M_MTE1)];
    taken = static_cast<uint8_t>(keep ? taken | mask : taken & ~mask);
}

int8_t event_alloc(HardEvent event, At at, bool queue) {
    check_event(event, 7, "AllocEventID", at);
    uint8_t& taken = core().taken[static_cast<size_t>(event)];
    for (int8_t id = 0; id < 8; ++id) {
        if (taken & (1u << id)) continue;
        taken = static_cast<uint8_t>(taken | (1u << id));
        if (queue) core().flags[static_cast<size_t>(event)][id].queue = true;
        return id;
    }
    refuse_at("event-id", &core(), -1, "AllocEventID", at, std::string("all eight ids of ") + event_name(event) + " are taken; release one first");
}
int8_t event_fetch(HardEvent event, At at) {
    int8_t id = event_alloc(event, at, false);
    event_release(event, id, at);
    return id;
}
void event_release(HardEvent event, int8_t id, At at) {
    check_event(event, id, "ReleaseEventID", at);
    uint8_t& taken = core().taken[static_cast<size_t>(event)];
    taken = static_cast<uint8_t>(taken & ~(1u << id));
}

void finish_core(Core& self) {
    cache_clean(Ref{Space::GM, Type::U8, 0, 0}, true, At{"", 0});
    for (size_t event = 0; event < self.flags.size(); ++event) {
        for (size_t id = 0; id < 8; ++id) {
            const Flag& flag = self.flags[event][id];
            if (!flag.set || flag.queue) continue;
            refuse_at("flag-unmatched", &self, lanes_of(static_cast<HardEvent>(event)).first, "SetFlag", flag.at,
                      std::string("flag ") + event_name(static_cast<HardEvent>(event)) + " " + std::to_string(id) + " is still set at the end of the kernel; nobody waited for it");
        }
    }
    for (const auto& [start, unit] : self.units) {
        if (unit.full) refuse_at("flag-unmatched", &self, M, "Mmad", unit.at, "the unit flag of byte " + std::to_string(start) + " of L0C is still set at the end of the kernel; no Fixpipe with unitFlag 3 took the sums");
    }
}

// After all cores: a flag that has been sent and that nobody waited for would meet the next kernel.
void finish_launch() {
    for (auto& each : launch->cores) {
        for (size_t id = 0; id < 16; ++id) {
            bool waiting = !each->messages[id].empty();
            for (auto& mode : each->arrivals) waiting |= !mode[id].empty();
            if (waiting)
                refuse_at("flag-unmatched", each.get(), -1, "CrossCoreSetFlag", At{"", 0}, "flag " + std::to_string(id) + " between cores is still counted at the end of the kernel");
        }
    }
}
}  // namespace twin
