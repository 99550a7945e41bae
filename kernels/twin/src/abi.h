// What the host sees of the twin: plain C, mirrored in `src/twin/abi.rs`.
#pragma once
#include <cstddef>
#include <cstdint>

extern "C" {
struct TwinEntry {
    const char* name;
    uint32_t arguments;
    uint32_t aic;  // cube cores a block
    uint32_t aiv;  // vector cores a block
    uint32_t synchronised;  // whether its cores may wait for each other
    void (*run_aic)(void* const* arguments);
    void (*run_aiv)(void* const* arguments);
};

struct TwinRange {
    uint64_t start;
    uint64_t bytes;
    uint32_t readable;  // whether there is memory behind it, when only counting
};
struct TwinOptions {
    uint32_t schedule;  // 0 eager, 1 lazy, 2 random, 3 by modelled time
    uint32_t count_only;
    uint64_t seed;
    uint32_t check_order;
    uint32_t skipped_count;
    const char* const* skipped;  // "file:line"
    const double* rates;         // indexed by Rate; null: nothing is timed
};
struct TwinPair {
    uint32_t set;
    uint32_t wait;
};
struct TwinSite {
    const char* place;
    uint64_t passes;
};
struct TwinReport {
    uint64_t instructions;
    uint64_t flags_waited;
    double cycles;         // of the longest core, modelled
    double aic_busy[7];    // by pipe, over all cube cores
    double aiv_busy[7];    // by pipe, over all vector cores
    double hbm_busy;       // cycles that HBM was at work
    uint64_t hbm_read;     // bytes by where they came from or went
    uint64_t l2_read;
    uint64_t gm_written;
    uint64_t l0a_loaded;
    uint64_t l0b_loaded;
    uint32_t aic, aiv;     // cores that ran
};
struct TwinRefusal {
    const char *rule, *kernel, *core, *pipe, *op, *file, *text;
    int32_t line;
};

void* twin_run(const TwinEntry* entry, uint32_t blocks, void* const* arguments, size_t argument_count, const TwinRange* ranges, size_t range_count, const TwinOptions* options);
int twin_refused(const void* run, TwinRefusal* refusal);
void twin_report(const void* run, TwinReport* report);
size_t twin_sites(const void* run, const TwinSite** sites);
size_t twin_pairs(const void* run, const TwinPair** pairs);
void twin_free(void* run);
}
