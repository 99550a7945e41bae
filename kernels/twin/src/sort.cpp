// The sorting instructions.
#include "lanes.h"

namespace twin {
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
        bool even = lists == 4 && !info.ifExhaustedSuspension;
        for (int i = 1; i < lists; ++i) even &= info.elementLengths[i] == info.elementLengths[0] && sources[i].addr == sources[i - 1].addr + info.elementLengths[i - 1] * uint64_t{8};
        if (!even) refuse_at("field", &core(), V, name, at, "repeats want four lists of one length, one behind the other, and no stop at an exhausted one");
    }
    for (int i = 0; i < lists; ++i) {
        entry.reads.push_back({sources[i].space, sources[i].addr, info.elementLengths[i] * uint64_t{8}, info.repeatTimes, total * 8});
        entry.reads.back().limit = sources[i].end;
    }
    entry.writes = {{to.space, to.addr, total * 8 * info.repeatTimes}};
    entry.writes[0].limit = to.end;
    auto told = std::make_shared<Answer>();
    core().merged = told;
    entry.self_checked = true;
    entry.run = [=, &self = core()] {
        for (int i = 0; i < lists; ++i)
            for (uint64_t r = 0; r < info.repeatTimes; ++r) need_valid(self, name, at, sources[i], sources[i].addr + r * total * 8, info.elementLengths[i] * uint64_t{8});
        for (uint64_t r = 0; r < info.repeatTimes; ++r) {
            std::vector<Pair> merged;
            std::array<uint64_t, 4> taken{};
            for (bool goes_on = true; goes_on && merged.size() < total;) {
                int best = -1;
                Pair most{};
                for (int i = 0; i < lists; ++i) {
                    if (taken[i] == info.elementLengths[i]) continue;
                    const Pair next = load_pair(to.type, bytes_of(self, sources[i], (r * total + taken[i]) * 8));
                    // Of equals the earlier list's goes first.
                    if (best >= 0 && !before(next, most)) continue;
                    best = i;
                    most = next;
                }
                merged.push_back(most);
                goes_on = ++taken[best] < info.elementLengths[best] || !info.ifExhaustedSuspension;
            }
            for (uint64_t j = 0; j < merged.size(); ++j) memcpy(bytes_of(self, to, (r * total + j) * 8), merged[j].bytes, 8);
            // Behind the stop there is nothing that may be read.
            memset(self.valid(to.space) + to.addr + r * total * 8, 1, merged.size() * 8);
            memset(self.valid(to.space) + to.addr + (r * total + merged.size()) * 8, 0, (total - merged.size()) * 8);
            *told = {true, {taken[0], taken[1], taken[2], taken[3]}};
        }
    };
    issue_vector(std::move(entry), Active{32, static_cast<uint32_t>((total * info.repeatTimes + 31) / 32), -1, {~uint64_t{0}, 0}, false}, 2);
}

void merge_result(uint16_t taken[4], At at) {
    const uint64_t* found = answer(core().merged, "GetMrgSortResult", "MrgSort", at);
    for (int i = 0; i < 4; ++i) taken[i] = static_cast<uint16_t>(found[i]);
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
