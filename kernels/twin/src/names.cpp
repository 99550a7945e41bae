// Names and sizes of what the machine is made of.
#include "core.h"

namespace twin {
const char* lane_name(int lane) {
    static const char* const names[] = {"S", "V", "M", "MTE1", "MTE2", "MTE3", "FIX"};
    return lane >= 0 && lane < kLanes ? names[lane] : "-";
}
int lane_of(pipe_t pipe) {
    switch (pipe) {
        case PIPE_S: return S;
        case PIPE_V: return V;
        case PIPE_M: return M;
        case PIPE_MTE1: return MTE1;
        case PIPE_MTE2: return MTE2;
        case PIPE_MTE3: return MTE3;
        case PIPE_FIX: return FIX;
        default: return -1;
    }
}
namespace {
struct EventRow {
    const char* name;
    Lane from, to;
};
// In the order of HardEvent.
constexpr EventRow kEvents[] = {
    {"MTE2_MTE1", MTE2, MTE1}, {"MTE1_MTE2", MTE1, MTE2}, {"MTE1_M", MTE1, M},       {"M_MTE1", M, MTE1},       {"MTE2_V", MTE2, V},       {"V_MTE2", V, MTE2},
    {"MTE3_V", MTE3, V},       {"V_MTE3", V, MTE3},       {"M_V", M, V},             {"V_M", V, M},             {"V_V", V, V},             {"MTE3_MTE1", MTE3, MTE1},
    {"MTE1_MTE3", MTE1, MTE3}, {"MTE1_V", MTE1, V},       {"MTE2_M", MTE2, M},       {"M_MTE2", M, MTE2},       {"V_MTE1", V, MTE1},       {"M_FIX", M, FIX},
    {"FIX_M", FIX, M},         {"MTE3_MTE2", MTE3, MTE2}, {"MTE2_MTE3", MTE2, MTE3}, {"S_V", S, V},             {"V_S", V, S},             {"S_MTE2", S, MTE2},
    {"MTE2_S", MTE2, S},       {"S_MTE3", S, MTE3},       {"MTE3_S", MTE3, S},       {"MTE2_FIX", MTE2, FIX},   {"FIX_MTE2", FIX, MTE2},   {"FIX_S", FIX, S},
    {"M_S", M, S},             {"FIX_MTE3", FIX, MTE3},   {"MTE1_FIX", MTE1, FIX},   {"FIX_MTE1", FIX, MTE1},   {"FIX_FIX", FIX, FIX},
};
static_assert(sizeof(kEvents) / sizeof(kEvents[0]) == static_cast<size_t>(HardEvent::MAX), "a row for every event");

struct TypeRow {
    const char* name;
    uint32_t size;
};
constexpr TypeRow kTypes[] = {{"float", 4}, {"half", 2}, {"bfloat16_t", 2}, {"int4b_t", 1}, {"int8_t", 1}, {"uint8_t", 1},
                              {"int16_t", 2}, {"uint16_t", 2}, {"int32_t", 4}, {"uint32_t", 4}, {"int64_t", 8}, {"uint64_t", 8}};

struct SpaceRow {
    const char* name;
    uint64_t bytes;
};
// Usable sizes: the last 256 bytes of UB and of L1 belong to the system.
constexpr SpaceRow kSpaces[] = {{"GM", 0},           {"UB", 192 * 1024 - 256}, {"L1", 512 * 1024 - 256}, {"L0A", 64 * 1024},
                                {"L0B", 64 * 1024}, {"L0C", 128 * 1024},      {"BT", 1024},             {"FB", 2048 + 1024 + 2048 + 2048}};
}  // namespace

std::pair<int, int> lanes_of(HardEvent event) { return {kEvents[static_cast<int>(event)].from, kEvents[static_cast<int>(event)].to}; }
const char* event_name(HardEvent event) { return event < HardEvent::MAX ? kEvents[static_cast<int>(event)].name : "-"; }
const char* type_name(Type type) { return kTypes[static_cast<int>(type)].name; }
uint32_t type_size(Type type) { return kTypes[static_cast<int>(type)].size; }
const char* space_name(Space space) { return kSpaces[static_cast<int>(space)].name; }
uint64_t capacity(Space space) { return kSpaces[static_cast<int>(space)].bytes; }

std::string Core::name() const {
    std::string text = cube ? "AIC " : "AIV ";
    text += std::to_string(block);
    if (!cube && launch != nullptr && launch->entry->aic != 0) text += "." + std::to_string(sub);
    return text;
}
}  // namespace twin
