// Runs a launch: coroutines for the scalar units, and the choice of what happens next.
#include <sys/mman.h>

#include <algorithm>
#include <cmath>

#include "core.h"
#include "rates.h"

namespace twin {
thread_local Launch* launch = nullptr;
namespace {
constexpr size_t kStackBytes = 256 * 1024;
constexpr size_t kQueueDepth = 128;
}  // namespace
thread_local uint64_t progress = 0;

Core& core() { return *launch->current; }

uint32_t Launch::draw(uint32_t below) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    return static_cast<uint32_t>((random >> 33) % below);
}

void yield(const char* why, At at) {
    Core& self = core();
    self.waiting = why;
    self.waiting_at = at;
    swapcontext(&self.context, &launch->main);
    if (launch->stopping) throw Stop{};
    self.waiting = nullptr;
}

namespace {
bool empty(const Core& self) {
    for (const auto& queue : self.queue)
        for (const Entry& entry : queue)
            if (!entry.done) return false;
    return true;
}

void scalar_main() {
    Core& self = core();
    try {
        auto* body = self.cube ? launch->entry->run_aic : launch->entry->run_aiv;
        body(launch->arguments.data());
        while (!empty(self)) yield("the end of its pipes", At{"", 0});
        finish_core(self);
    } catch (const Stop&) {
    }
    self.finished = true;
    ++progress;
    swapcontext(&self.context, &launch->main);
}

bool resume(Core& self) {
    if (self.finished) return false;
    uint64_t before = progress;
    launch->current = &self;
    swapcontext(&launch->main, &self.context);
    launch->current = nullptr;
    return progress != before;
}

bool step_here(Core& self, int lane, bool latest) {
    Core* before = launch->current;
    launch->current = &self;
    bool moved = step(self, lane, latest);
    launch->current = before;
    return moved;
}

// Consumers before producers: a pipe that reads too early does so here.
constexpr int kLazyOrder[] = {FIX, MTE3, V, M, MTE1, MTE2};

bool round_of(Launch& run, bool lazy) {
    bool moved = false;
    for (auto& each : run.cores) {
        while (resume(*each)) moved = true;
        if (run.stopping) return false;
        if (lazy) {
            for (int lane : kLazyOrder)
                if (step_here(*each, lane, true)) {
                    moved = true;
                    break;
                }
        } else {
            moved |= drain(*each);
        }
    }
    return moved;
}

// The core that is furthest behind runs until it is ahead of the next.
bool timed_turn(Launch& run) {
    Core* first = nullptr;
    run.horizon = HUGE_VAL;
    for (auto& each : run.cores) {
        if (each->finished || each->parked) continue;
        if (first == nullptr || each->time[MTE2] < first->time[MTE2]) {
            if (first != nullptr) run.horizon = std::min(run.horizon, first->time[MTE2]);
            first = each.get();
        } else {
            run.horizon = std::min(run.horizon, each->time[MTE2]);
        }
    }
    if (first == nullptr) {
        for (auto& each : run.cores) each->parked = false;
        return false;
    }
    bool moved = resume(*first);
    if (run.stopping) return false;
    moved |= drain(*first);
    first->parked = !moved;
    return true;
}

bool random_turn(Launch& run) {
    Core& self = *run.cores[run.draw(static_cast<uint32_t>(run.cores.size()))];
    uint32_t choice = run.draw(kLanes + 2);
    if (choice >= kLanes || choice == S) return resume(self);
    return step_here(self, static_cast<int>(choice), false);
}

std::string stuck(const Launch& run) {
    std::string text;
    for (const auto& each : run.cores) {
        if (each->finished || text.size() > 600) continue;
        text += (text.empty() ? "" : "; ") + each->name() + " waits for " + (each->waiting ? each->waiting : "its turn");
        if (each->waiting && each->waiting_at.line) text += " at line " + std::to_string(each->waiting_at.line);
        for (int lane = V; lane < kLanes; ++lane)
            for (const Entry& entry : each->queue[lane])
                if (!entry.done) {
                    text += std::string(", ") + lane_name(lane) + " stands at " + entry.name + " of line " + std::to_string(entry.at.line);
                    break;
                }
    }
    return text;
}
}  // namespace

bool drain(Core& self) {
    bool moved = false, again = true;
    while (again) {
        again = false;
        for (int lane = V; lane < kLanes; ++lane)
            while (step_here(self, lane, false)) again = moved = true;
    }
    return moved;
}

void after_issue() {
    ++progress;
    Core& self = core();
    switch (launch->options.schedule) {
        case 0: drain(self); break;
        case 3:
            drain(self);
            // Whoever is behind goes next, so that the memory that all share is asked in the order of time.
            if (self.time[MTE2] > launch->horizon) yield("its turn", At{"", 0});
            break;
        case 1: break;
        default:
            while (launch->draw(2) == 0) step_here(self, 1 + static_cast<int>(launch->draw(kLanes - 1)), false);
            if (launch->draw(16) == 0) yield("its turn", At{"", 0});
    }
    for (auto& queue : self.queue)
        while (queue.size() > kQueueDepth) {
            while (!queue.empty() && queue.front().done) queue.pop_front();
            if (queue.size() > kQueueDepth) yield("room in a queue", queue.front().at);
        }
}

void Launch::run() {
    launch = this;
    random = options.seed * 0x9E3779B97F4A7C15ull + 0x632BE59BD9B4E019ull;
    for (int i = 0; i < 4; ++i) draw(2);
    ratio = entry->aic != 0 && entry->aiv != 0 ? static_cast<int>(entry->aiv) : 1;
    for (uint32_t block = 0; block < blocks; ++block) {
        for (uint32_t sub = 0; sub < entry->aic + entry->aiv; ++sub) {
            auto each = std::make_unique<Core>();
            each->index = static_cast<int>(cores.size());
            each->block = static_cast<int>(block);
            each->cube = sub < entry->aic;
            each->sub = each->cube ? 0 : static_cast<int>(sub - entry->aic);
            cores.push_back(std::move(each));
        }
    }
    for (auto& each : cores) {
        for (auto& known : each->known) known.assign(options.check_order ? cores.size() * kLanes : 0, 0);
        if (each->cube) {
            for (Space space : {Space::L1, Space::L0A, Space::L0B, Space::L0C, Space::BT, Space::FB}) each->memory[static_cast<int>(space)].open(capacity(space));
        } else {
            each->memory[static_cast<int>(Space::UB)].open(capacity(Space::UB));
        }
        each->stack = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        getcontext(&each->context);
        each->context.uc_stack.ss_sp = each->stack;
        each->context.uc_stack.ss_size = kStackBytes;
        each->context.uc_link = &main;
        makecontext(&each->context, scalar_main, 0);
    }
    try {
        auto finished = [&] { return std::all_of(cores.begin(), cores.end(), [](const auto& each) { return each->finished; }); };
        size_t idle = 0;
        while (!stopping && !finished()) {
            bool moved = options.schedule == 2 ? random_turn(*this) : options.schedule == 3 ? timed_turn(*this) : round_of(*this, options.schedule == 1);
            idle = moved ? 0 : idle + 1;
            if (idle <= (options.schedule == 2 ? 64 * cores.size() : 0)) continue;
            // Luck may have missed what can still move; a whole round misses nothing.
            if (stopping || round_of(*this, options.schedule == 1 || options.schedule == 2)) {
                idle = 0;
                continue;
            }
            if (!stopping && !finished()) refuse_at("deadlock", nullptr, -1, "", At{"", 0}, "no core can go on: " + stuck(*this));
        }
        if (!stopping) finish_launch();
    } catch (const Stop&) {
    }
    stopping = stopping || !rule.empty();
    for (auto& each : cores) {
        // A core that is still inside the kernel unwinds from its yield.
        if (stopping) resume(*each);
        munmap(each->stack, kStackBytes);
    }
    report.hbm_busy = timed() ? static_cast<double>(hbm_bytes) / rate(Rate::Hbm) : 0;
    for (auto& each : cores) {
        (each->cube ? report.aic : report.aiv) += 1;
        for (int lane = 0; lane < kLanes; ++lane) {
            (each->cube ? report.aic_busy : report.aiv_busy)[lane] += each->busy[lane];
            report.cycles = std::max(report.cycles, each->time[lane]);
        }
    }
    launch = nullptr;
}
}  // namespace twin
