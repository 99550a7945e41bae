// Reductions. Sums go pairwise within a repeat, as a tree of adders does.
#include "lanes.h"

namespace twin {
namespace {
bool floating(Type type) { return type == Type::F16 || type == Type::F32; }

double round_in(Type type, double value) {
    uint8_t bits[8];
    store(type, bits, value);
    return load(type, bits);
}
double tree_sum(Type type, std::vector<double> values) {
    if (values.empty()) return 0;
    while (values.size() > 1) {
        std::vector<double> next;
        for (size_t i = 0; i + 1 < values.size(); i += 2) next.push_back(round_in(type, values[i] + values[i + 1]));
        if (values.size() % 2 != 0) next.push_back(values.back());
        values.swap(next);
    }
    return values[0];
}
// The first of the best; a NaN is the best of all.
size_t best_of(Reduce op, const std::vector<double>& values) {
    size_t best = 0;
    for (size_t i = 1; i < values.size(); ++i) {
        if (std::isnan(values[best])) break;
        if (std::isnan(values[i]) || (op == Reduce::Max ? values[i] > values[best] : values[i] < values[best])) best = i;
    }
    return best;
}
uint64_t value_bits(Type type, double value) {
    uint64_t bits = 0;
    store(type, reinterpret_cast<uint8_t*>(&bits), value);
    return bits;
}
const char* name_of(Reduce op, const char* sum, const char* max, const char* min) { return op == Reduce::Sum ? sum : op == Reduce::Max ? max : min; }
uint32_t need_reducible(const char* name, const Ref& to, const Ref& from, uint64_t alignment, At at) {
    need_types(floating(from.type), name, from.type, from.type, at);
    need_ub(to, "the destination", name, at, alignment);
    need_ub(from, "the source", name, at);
    return type_size(from.type);
}
}  // namespace

void reduce_all(Reduce op, Ref to, Ref from, Ref work, Lanes lanes, uint32_t repeat_stride, bool index, At at) {
    const char* name = name_of(op, "ReduceSum", "ReduceMax", "ReduceMin");
    const uint32_t size = need_reducible(name, to, from, type_size(from.type), at);
    need_ub(work, "the work buffer", name, at);
    const Active active = activate(lanes, 256 / size, name, at);
    const Walk s = fit(active, {1, repeat_stride}, size);
    // One intermediate a repeat, two with the index.
    const uint64_t room = (uint64_t{active.repeats} * size * (op == Reduce::Sum ? 1 : 2) + 31) / 32 * 32;
    if (work.addr + room > work.end)
        refuse_at("capacity", &core(), V, name, at, "needs " + std::to_string(room) + " bytes of work buffer; it has " + std::to_string(work.end > work.addr ? work.end - work.addr : 0));
    Entry entry = vector_entry(name, at);
    add_lanes(entry.reads, from, active, s, size);
    entry.writes = {{to.space, to.addr, uint64_t{size} * (index ? 2 : 1)}, {work.space, work.addr, room}};
    auto told = std::make_shared<Answer>();
    if (op != Reduce::Sum) core().extreme = told;
    entry.run = [=, &self = core()] {
        std::vector<double> results;
        std::vector<uint32_t> places;
        for (uint32_t r = 0; r < active.repeats; ++r) {
            std::vector<double> values;
            std::vector<uint32_t> lanes_on;
            for (uint32_t i = 0; i < active.per; ++i) {
                if (!active.on(r, i)) continue;
                values.push_back(load(from.type, bytes_of(self, from, offset(s, r, i, size))));
                lanes_on.push_back(r * active.per + i);
            }
            if (values.empty()) continue;
            if (op == Reduce::Sum) results.push_back(tree_sum(from.type, values));
            else {
                const size_t best = best_of(op, values);
                results.push_back(values[best]);
                places.push_back(lanes_on[best]);
            }
        }
        const size_t best = op == Reduce::Sum ? 0 : best_of(op, results);
        const double result = op == Reduce::Sum ? tree_sum(from.type, results) : results[best];
        // What the work buffer holds afterwards is nobody's business: poison.
        memset(bytes_of(self, work), 0xFF, room);
        store(to.type, bytes_of(self, to), result);
        if (op == Reduce::Sum) return;
        const uint64_t place = places[best];
        if (index) memcpy(bytes_of(self, to, size), &place, size);
        *told = {true, {value_bits(to.type, result), place}};
    };
    issue_vector(std::move(entry), active, 2);
}

void reduce_whole(Reduce op, Ref to, Ref from, Lanes lanes, uint32_t to_step, Walk from_walk, ReduceOrder order, At at) {
    const char* name = name_of(op, "WholeReduceSum", "WholeReduceMax", "WholeReduceMin");
    const uint32_t size = need_reducible(name, to, from, type_size(from.type), at);
    const Active active = activate(lanes, 256 / size, name, at);
    const bool pairs = order == ReduceOrder::ORDER_VALUE_INDEX || order == ReduceOrder::ORDER_INDEX_VALUE;
    const uint32_t out = order == ReduceOrder::ORDER_ONLY_INDEX ? 4 : size * (pairs ? 2 : 1);
    auto told = std::make_shared<Answer>();
    if (op != Reduce::Sum) core().extreme = told;
    Entry entry = vector_entry(name, at);
    add_lanes(entry.reads, from, active, from_walk, size);
    entry.writes = {{to.space, to.addr, out, active.repeats, uint64_t{to_step} * out}};
    entry.writes[0].limit = to.end;
    entry.run = [=, &self = core()] {
        for (uint32_t r = 0; r < active.repeats; ++r) {
            std::vector<double> values;
            std::vector<uint32_t> lanes_on;
            for (uint32_t i = 0; i < active.per; ++i) {
                if (!active.on(r, i)) continue;
                values.push_back(load(from.type, bytes_of(self, from, offset(from_walk, r, i, size))));
                lanes_on.push_back(i);
            }
            uint8_t* d = bytes_of(self, to, uint64_t{r} * to_step * out);
            if (op == Reduce::Sum) {
                store(to.type, d, tree_sum(from.type, values));
                continue;
            }
            if (values.empty()) continue;
            const size_t best = best_of(op, values);
            const uint64_t value = value_bits(from.type, values[best]);
            const uint64_t index = lanes_on[best];
            // Of the last repeat.
            *told = {true, {value, index}};
            switch (order) {
                case ReduceOrder::ORDER_VALUE_INDEX: memcpy(d, &value, size); memcpy(d + size, &index, size); break;
                case ReduceOrder::ORDER_INDEX_VALUE: memcpy(d, &index, size); memcpy(d + size, &value, size); break;
                case ReduceOrder::ORDER_ONLY_VALUE: memcpy(d, &value, size); break;
                case ReduceOrder::ORDER_ONLY_INDEX: memcpy(d, &index, 4); break;
            }
        }
    };
    issue_vector(std::move(entry), active);
}

void reduce_result(uint64_t& value, uint64_t& index, At at) {
    const uint64_t* found = answer(core().extreme, "GetReduceMaxMinCount", "ReduceMax or ReduceMin", at);
    value = found[0];
    index = found[1];
}

void reduce_block(Reduce op, Ref to, Ref from, Lanes lanes, uint32_t to_step, Walk from_walk, At at) {
    const char* name = name_of(op, "BlockReduceSum", "BlockReduceMax", "BlockReduceMin");
    const uint32_t size = need_reducible(name, to, from, 8 * type_size(from.type), at), block = 32 / size;
    const Active active = activate(lanes, 256 / size, name, at);
    // Only the results of blocks with a lane are written.
    uint32_t blocks = 0;
    for (uint32_t i = 0; i < active.per; ++i)
        if (active.on(0, i)) blocks = i / block + 1;
    Entry entry = vector_entry(name, at);
    add_lanes(entry.reads, from, active, from_walk, size);
    entry.writes = {{to.space, to.addr, uint64_t{blocks} * size, active.repeats, uint64_t{to_step} * 8 * size}};
    entry.writes[0].limit = to.end;
    entry.run = [=, &self = core()] {
        for (uint32_t r = 0; r < active.repeats; ++r) {
            for (uint32_t b = 0; b < blocks; ++b) {
                std::vector<double> values;
                for (uint32_t i = b * block; i < (b + 1) * block; ++i)
                    if (active.on(r, i)) values.push_back(load(from.type, bytes_of(self, from, offset(from_walk, r, i, size))));
                uint8_t* d = bytes_of(self, to, (uint64_t{r} * to_step * 8 + b) * size);
                if (op == Reduce::Sum) store(to.type, d, tree_sum(from.type, values));
                else if (!values.empty()) store(to.type, d, values[best_of(op, values)]);
            }
        }
    };
    issue_vector(std::move(entry), active);
}

void reduce_pair(Ref to, Ref from, Lanes lanes, uint32_t to_step, Walk from_walk, At at) {
    const char* name = "PairReduceSum";
    const uint32_t size = need_reducible(name, to, from, 32, at);
    const Active active = activate(lanes, 256 / size, name, at);
    uint32_t pairs = 0;
    for (uint32_t i = 0; i < active.per; ++i)
        if (active.on(0, i)) pairs = i / 2 + 1;
    Entry entry = vector_entry(name, at);
    add_lanes(entry.reads, from, active, from_walk, size);
    entry.writes = {{to.space, to.addr, uint64_t{pairs} * size, active.repeats, uint64_t{to_step} * 128}};
    entry.writes[0].limit = to.end;
    entry.run = [=, &self = core()] {
        for (uint32_t r = 0; r < active.repeats; ++r) {
            std::vector<double> sums(pairs, 0);
            for (uint32_t i = 0; i < active.per; ++i)
                if (active.on(r, i)) sums[i / 2] += load(from.type, bytes_of(self, from, offset(from_walk, r, i, size)));
            for (uint32_t i = 0; i < pairs; ++i) store(to.type, bytes_of(self, to, uint64_t{r} * to_step * 128 + uint64_t{i} * size), sums[i]);
        }
    };
    issue_vector(std::move(entry), active);
}
}  // namespace twin
