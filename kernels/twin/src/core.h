// The machine behind the API: cores with memories and seven in-order pipes, and the launch that runs them. One host thread runs a launch; each core's
// scalar code is a coroutine, each instruction of another pipe a record in that pipe's queue. What runs next is the schedule's choice, so a run is
// reproducible from its options alone.
#pragma once
#include <ucontext.h>

#include <array>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "abi.h"
#include "twin/calls.h"

namespace twin {
enum Lane : uint8_t { S, V, M, MTE1, MTE2, MTE3, FIX, kLanes };
const char* lane_name(int lane);
int lane_of(pipe_t pipe);
std::pair<int, int> lanes_of(HardEvent event);
const char* event_name(HardEvent event);
const char* type_name(Type type);
uint32_t type_size(Type type);
const char* space_name(Space space);
uint64_t capacity(Space space);

/// `count2` times, every `step2` bytes: `count` pieces of `bytes`, every `step` bytes.
struct Region {
    Space space;
    uint64_t start;
    uint64_t bytes;
    uint64_t count = 1, step = 0;
    uint64_t count2 = 1, step2 = 0;
    uint64_t limit = UINT64_MAX;  // where the tensor's buffer ends
    uint64_t span() const { return (count2 - 1) * step2 + (count - 1) * step + bytes; }
    uint64_t total() const { return count2 * count * bytes; }
};
bool overlap(const Region& a, const Region& b);

/// For every pipe of every core: up to which of its instructions all are known to be complete.
using Clock = std::vector<uint32_t>;
void join(Clock& into, const Clock& from);

enum class Kind : uint8_t { Work, Set, Wait, Barrier, CrossSet, CrossWait, UnitSet, UnitWait };
struct Entry {
    Kind kind = Kind::Work;
    bool done = false;
    bool self_checked = false;  // looks after the validity of what it reads and writes itself
    bool deep_mmad = false;     // large enough that the cube unit keeps its order by itself
    bool is_mmad = false;
    uint8_t atomic = 0;
    const char* name = "";
    At at{};
    int site = -1;
    uint32_t sequence = 0;
    HardEvent event = HardEvent::MAX;
    uint8_t id = 0, mode = 0;
    uint64_t unit = 0, unit_bytes = 0;  // the sums in L0C that a unit flag stands for
    double cycles = 0, issued = 0;
    std::vector<Region> reads, writes;
    std::function<void()> run;
    std::unique_ptr<Clock> known;  // fixed when a later wait of the pipe passes before this runs
};

struct Flag {
    bool set = false;
    bool queue = false;
    Clock clock;
    int site = -1;
    At at{};
    double time = 0;
};
struct Past {
    uint32_t sequence;
    const char* name;
    At at;
    bool deep_mmad, is_mmad;
    std::vector<Region> reads, writes;
};
struct Message {
    Clock clock;
    int site;
    double time;
};
struct Memory {
    uint8_t* data = nullptr;
    uint8_t* valid = nullptr;
    uint64_t bytes = 0;
    void open(uint64_t size);
    ~Memory();
};
/// Sums in L0C that the cube unit and the way out hand to each other by unit flags: full from the product that ends them until they have been taken.
struct Unit {
    bool full = false;
    uint64_t bytes = 0;
    Clock clock;
    At at{};
    double time = 0;
};
/// What an instruction leaves in a register of the scalar unit.
struct Answer {
    bool ready = false;
    uint64_t values[4] = {0, 0, 0, 0};
};
struct CacheLine64 {
    std::array<uint8_t, 64> bytes, seen;
    uint64_t dirty = 0;
};

struct Core {
    int index = 0, block = 0, sub = 0;
    bool cube = false;
    std::array<Memory, 8> memory;
    std::array<uint64_t, 8> top{};
    std::array<std::deque<Entry>, kLanes> queue;
    std::array<std::deque<Past>, kLanes> past;
    std::array<Clock, kLanes> known;
    std::array<uint32_t, kLanes> sequence{};
    std::array<std::array<Flag, 8>, static_cast<size_t>(HardEvent::MAX)> flags;
    std::array<uint8_t, static_cast<size_t>(HardEvent::MAX)> taken{};
    std::array<std::deque<Message>, 16> messages;
    std::array<std::array<std::deque<Message>, 16>, 3> arrivals;
    std::unordered_map<uint64_t, CacheLine64> cache;
    // registers
    uint64_t mask[2] = {~uint64_t{0}, ~uint64_t{0}};
    bool mask_counter = false;
    float deq_scale = 1.0f;
    uint8_t atomic = 0;
    Type atomic_type = Type::F32;
    uint64_t compared[2] = {0, 0};  // the mask of comparisons, written and read by V
    std::shared_ptr<Answer> extreme, merged;
    Image image[2];  // of the left and the right matrix
    uint64_t padding = 0;
    uint64_t pre_quant = 0;
    uint16_t nd_number = 1, nd_source = 0, nd_target = 0;
    std::map<uint64_t, Unit> units;
    int site = -1;
    bool in_sync_all = false;
    bool pipe_events = false;  // whether TPipe keeps the first events from the cube unit to MTE1
    // the scalar unit
    ucontext_t context{};
    void* stack = nullptr;
    bool finished = false;
    bool parked = false;  // only word from another core can help it on
    const char* waiting = nullptr;
    At waiting_at{};
    // modelled time, in cycles
    std::array<double, kLanes> time{};
    std::array<double, kLanes> busy{};

    std::string name() const;
    uint8_t* local(Space space) { return memory[static_cast<int>(space)].data; }
    uint8_t* valid(Space space) { return memory[static_cast<int>(space)].valid; }
};

struct Shadow {
    uint32_t write_sequence = 0, write_mask = 0, read_sequence = 0, read_mask = 0;
    uint16_t write_lane = 0, read_lane = 0;
    uint16_t write_at = 0, read_at = 0;
    uint8_t atomic = 0;
};
struct Range {
    uint64_t start, bytes;
    bool readable;
    std::vector<Shadow> shadow;
    std::vector<uint32_t> touched;  // for each 512 bytes: how far HBM had come when they were last in use, in units of 64 KiB, plus one
};
struct Stop {};

struct Launch {
    const TwinEntry* entry = nullptr;
    TwinOptions options{};
    uint32_t blocks = 0;
    int ratio = 1;
    std::vector<void*> arguments;
    std::vector<Range> ranges;
    std::vector<std::unique_ptr<Core>> cores;
    ucontext_t main{};
    Core* current = nullptr;
    uint64_t random = 1;
    bool stopping = false;
    TwinReport report{};
    std::string rule, text, core_name, pipe, file, op;
    int line = 0;
    // Places of removable flags: text "file:line", how often passed, which are off.
    std::vector<std::string> sites;
    std::vector<uint64_t> passes;
    std::vector<uint8_t> off;
    std::map<std::string, int> site_index;
    std::unordered_map<uint64_t, int> site_cache;
    std::set<std::string> skipped;
    std::unordered_map<uint64_t, int> dirty;  // cache lines that a scalar wrote, by the core that holds them
    std::set<std::pair<int, int>> pairs;
    std::vector<std::pair<const char*, At>> places;
    std::unordered_map<uint64_t, uint16_t> place_index;

    bool skip_data() const { return options.count_only != 0; }
    uint32_t draw(uint32_t below);
    void run();
    double horizon = 0;     // until when the core at work may run on
    std::vector<double> hbm_used;    // bytes that HBM moves in each slice of time
    std::vector<uint32_t> hbm_next;  // from each slice, the next that may have room
    uint64_t hbm_bytes = 0; // what it has been asked
    /// Bytes of the region, in lines of 512, that L2 does not hold; it does afterwards.
    uint64_t miss(const Region& region);
};
extern thread_local Launch* launch;
Core& core();

/// Cycles of a pipe that starts at `now` to read or write what the entry names of global memory.
double gm_cycles(const Entry& entry, int lane, double now);
void store_global(uint8_t atomic, Type type, uint8_t* to, const uint8_t* from, uint64_t bytes);
/// Refuses on behalf of an instruction that is already in a pipe.
[[noreturn]] void refuse_entry(const char* rule, const Entry& entry, int lane, const char* format, ...) __attribute__((format(printf, 4, 5)));
[[noreturn]] void refuse_at(const char* rule, Core* core, int lane, const char* op, At at, const std::string& text);

/// Checks an instruction's operands and appends it to its pipe.
void issue(int lane, Entry entry);
void require_core(int lane, const char* op, At at);
void check_regions(const Entry& entry, int lane);
void check_valid(Core& core, const Entry& entry, int lane);
void check_order(Core& core, Entry& entry, int lane);
void check_cache(const Entry& entry, int lane);
void mark_written(Core& core, const Entry& entry);
void settle(Core& core, int lane, Entry& entry);
bool step(Core& core, int lane, bool latest_first);
bool drain(Core& core);
void yield(const char* why, At at);
void after_issue();
void finish_core(Core& core);
void finish_launch();
void cross_arrive(Core& self, const Entry& entry, int lane, Clock clock, double time);
Range* range_of(uint64_t start, uint64_t bytes);

/// Waits until the sums are as the pipe needs them (empty for M, full for FIX), or says that they are full or empty now.
void unit_wait(int lane, uint64_t start, uint64_t bytes, const char* op, At at);
void unit_set(int lane, uint64_t start, uint64_t bytes, const char* op, At at);
/// The scalar unit waits for an answer.
const uint64_t* answer(const std::shared_ptr<Answer>& from, const char* op, const char* of, At at);

inline uint8_t* bytes_of(Core& core, const Ref& ref, uint64_t offset = 0) {
    return ref.space == Space::GM ? reinterpret_cast<uint8_t*>(ref.addr + offset) : core.local(ref.space) + ref.addr + offset;
}
void need_alignment(const Ref& ref, uint64_t bytes, const char* what, const char* op, At at);
void need_field(bool holds, const char* op, const char* field, int64_t value, int64_t low, int64_t high, At at);
}  // namespace twin
