// On-chip memories, the scalar unit's view of them and of global memory through its cache, and the plain-C edge of the twin.
#include <sys/mman.h>

#include "core.h"
#include "rates.h"

namespace twin {
extern thread_local uint64_t progress;

void Memory::open(uint64_t size) {
    bytes = size;
    data = static_cast<uint8_t*>(mmap(nullptr, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    valid = data + size;
}
Memory::~Memory() {
    if (data != nullptr) munmap(data, 2 * bytes);
}

uint64_t allocate(Space space, uint64_t bytes, At at) {
    Core& self = core();
    if (self.memory[static_cast<int>(space)].data == nullptr) refuse_at("core-type", &self, -1, "InitBuffer", at, std::string("this core has no ") + space_name(space));
    uint64_t& top = self.top[static_cast<int>(space)];
    if (top + bytes > capacity(space)) {
        refuse_at("capacity", &self, -1, "InitBuffer", at,
                  std::string("asks ") + std::to_string(bytes) + " bytes of " + space_name(space) + " after " + std::to_string(top) + "; it has " + std::to_string(capacity(space)));
    }
    uint64_t start = top;
    top += bytes;
    return start;
}
void release_buffers() { core().top.fill(0); }

namespace {
Entry scalar_entry(const char* name, const Ref& ref, bool writes, At at) {
    Entry entry;
    entry.name = name;
    entry.at = at;
    entry.sequence = ++core().sequence[S];
    (writes ? entry.writes : entry.reads).push_back({ref.space, ref.addr, type_size(ref.type)});
    return entry;
}
CacheLine64& line_of(Core& self, uint64_t address) {
    uint64_t key = address / 64 * 64;
    auto [found, fresh] = self.cache.try_emplace(key);
    if (fresh) {
        for (uint64_t i = 0; i < 64; ++i) found->second.bytes[i] = found->second.seen[i] = range_of(key + i, 1) == nullptr ? 0 : *reinterpret_cast<const uint8_t*>(key + i);
    }
    return found->second;
}
void keep_scalar(Core& self, Entry& entry) {
    if (!launch->options.check_order || launch->skip_data()) return;
    check_order(self, entry, S);
    self.past[S].push_back({entry.sequence, entry.name, entry.at, false, false, std::move(entry.reads), std::move(entry.writes)});
    if (self.past[S].size() > 1024) self.past[S].pop_front();
}
}  // namespace

uint64_t scalar_load(Ref from, At at) {
    Core& self = core();
    Entry entry = scalar_entry("GetValue", from, false, at);
    const uint32_t size = type_size(from.type);
    check_regions(entry, S);
    self.time[S] += rate(Rate::ScalarLoad);
    uint64_t bits = 0;
    if (from.space != Space::GM) {
        if (launch->skip_data()) return 0;
        check_valid(self, entry, S);
        memcpy(&bits, bytes_of(self, from), size);
        keep_scalar(self, entry);
        return bits;
    }
    if (launch->skip_data()) {
        // Scalars that steer the kernel (group lists, page tables) are there; what was to be computed is not.
        const Range* range = range_of(from.addr, size);
        if (range != nullptr && range->readable) memcpy(&bits, reinterpret_cast<const void*>(from.addr), size);
        return bits;
    }
    for (uint32_t i = 0; i < size; ++i) {
        const uint64_t address = from.addr + i;
        CacheLine64& line = line_of(self, address);
        const uint64_t byte = address % 64;
        if (!(line.dirty >> byte & 1) && line.bytes[byte] != *reinterpret_cast<const uint8_t*>(address))
            refuse_at("scalar-cache", &self, S, "GetValue", at, "reads a line that its cache took before the memory changed; clean and invalidate it first");
        bits |= static_cast<uint64_t>(line.bytes[byte]) << (8 * i);
    }
    keep_scalar(self, entry);
    return bits;
}

void scalar_store(Ref to, uint64_t bits, At at) {
    Core& self = core();
    Entry entry = scalar_entry("SetValue", to, true, at);
    const uint32_t size = type_size(to.type);
    check_regions(entry, S);
    self.time[S] += rate(Rate::Issue);
    if (launch->skip_data()) return;
    if (to.space != Space::GM) {
        memcpy(bytes_of(self, to), &bits, size);
        mark_written(self, entry);
        keep_scalar(self, entry);
        after_issue();
        return;
    }
    for (uint32_t i = 0; i < size; ++i) {
        const uint64_t address = to.addr + i;
        CacheLine64& line = line_of(self, address);
        line.bytes[address % 64] = static_cast<uint8_t>(bits >> (8 * i));
        line.dirty |= uint64_t{1} << (address % 64);
        launch->dirty[address / 64 * 64] = self.index;
    }
    keep_scalar(self, entry);
}

void cache_clean(Ref address, bool whole, At at) {
    Core& self = core();
    for (auto each = self.cache.begin(); each != self.cache.end();) {
        if (!whole && each->first != address.addr / 64 * 64) {
            ++each;
            continue;
        }
        CacheLine64& line = each->second;
        for (uint64_t i = 0; i < 64; ++i) {
            if (!(line.dirty >> i & 1)) continue;
            *reinterpret_cast<uint8_t*>(each->first + i) = line.bytes[i];
        }
        if (line.dirty != 0) launch->dirty.erase(each->first);
        each = self.cache.erase(each);
    }
    (void)at;
    ++progress;
}

/// A pipe does not see what a scalar cache still holds.
void check_cache(const Entry& entry, int lane) {
    if (launch->dirty.empty()) return;
    for (const auto* regions : {&entry.reads, &entry.writes}) {
        for (const Region& region : *regions) {
            if (region.space != Space::GM) continue;
            for (const auto& [line, owner] : launch->dirty) {
                const CacheLine64& held = launch->cores[static_cast<size_t>(owner)]->cache[line];
                for (uint64_t i = 0; i < 64; ++i) {
                    if (!(held.dirty >> i & 1)) continue;
                    if (overlap(region, Region{Space::GM, line + i, 1}))
                        refuse_entry("scalar-cache", entry, lane, "touches global memory that a scalar of %s wrote and has not cleaned from its cache; DataCacheCleanAndInvalid comes first",
                                     launch->cores[static_cast<size_t>(owner)]->name().c_str());
                }
            }
        }
    }
}
}  // namespace twin

using twin::Launch;
namespace {
struct Run {
    Launch launch;
    std::vector<TwinSite> sites;
    std::vector<TwinPair> pairs;
};
}  // namespace

extern "C" {
void* twin_run(const TwinEntry* entry, uint32_t blocks, void* const* arguments, size_t argument_count, const TwinRange* ranges, size_t range_count, const TwinOptions* options) {
    auto run = std::make_unique<Run>();
    Launch& launch = run->launch;
    launch.entry = entry;
    launch.blocks = blocks;
    launch.options = *options;
    launch.arguments.assign(arguments, arguments + argument_count);
    for (size_t i = 0; i < range_count; ++i) launch.ranges.push_back({ranges[i].start, ranges[i].bytes, ranges[i].readable != 0, {}, {}});
    for (uint32_t i = 0; i < options->skipped_count; ++i) launch.skipped.insert(options->skipped[i]);
    launch.run();
    for (size_t i = 0; i < launch.sites.size(); ++i) run->sites.push_back({launch.sites[i].c_str(), launch.passes[i]});
    for (const auto& [set, wait] : launch.pairs) run->pairs.push_back({static_cast<uint32_t>(set), static_cast<uint32_t>(wait)});
    return run.release();
}
int twin_refused(const void* handle, TwinRefusal* refusal) {
    const Launch& launch = static_cast<const Run*>(handle)->launch;
    if (launch.rule.empty()) return 0;
    *refusal = {launch.rule.c_str(), launch.entry->name, launch.core_name.c_str(), launch.pipe.c_str(), launch.op.c_str(), launch.file.c_str(), launch.text.c_str(), launch.line};
    return 1;
}
void twin_report(const void* handle, TwinReport* report) { *report = static_cast<const Run*>(handle)->launch.report; }
size_t twin_sites(const void* handle, const TwinSite** sites) {
    const auto& own = static_cast<const Run*>(handle)->sites;
    *sites = own.data();
    return own.size();
}
size_t twin_pairs(const void* handle, const TwinPair** pairs) {
    const auto& own = static_cast<const Run*>(handle)->pairs;
    *pairs = own.data();
    return own.size();
}
void twin_free(void* handle) { delete static_cast<Run*>(handle); }
}
