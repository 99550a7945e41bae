// Section 3 of the API: where a core stands, flags, caches, atomics.
#include "../bad/frame.h"

KERNEL(api_system, KERNEL_TYPE_MIX_AIV_1_0)
    SetSyncBaseAddr(0);
    ICachePreLoad(2);
    const int64_t core = GetBlockIdx(), cores = GetBlockNum() * GetTaskRation();
    const bool alone = GetSubBlockIdx() == 0 && GetSubBlockNum() == 1;
    auto a = Take<TPosition::VECCALC, float>(pipe, 64);
    const LocalTensor<int32_t> work = a[8].ReinterpretCast<int32_t>();
    Duplicate(a, 1.0f, 8);
    SetFlag<HardEvent::V_MTE3>(0);
    WaitFlag<HardEvent::V_MTE3>(0);
    // Every core adds one, and the largest is taken.
    SetAtomicAdd<float>();
    DataCopy(gy, a, 8);
    SetAtomicMax<float>();
    DataCopy(gy[8], a, 8);
    SetAtomicNone();
    SyncAll<true>();
    SyncAll(At<int32_t>(workspace), work, static_cast<int32_t>(cores));
    // What a scalar wrote is cleaned out of its cache before another reads it: a line for each core.
    gy.SetValue(256 + core * 16, alone ? 2.0f : 0.0f);
    DataCacheCleanAndInvalid<float, CacheLine::SINGLE_CACHE_LINE, DcciDst::CACHELINE_OUT>(gy[256 + core * 16]);
    DataCacheCleanAndInvalid<float, CacheLine::SINGLE_CACHE_LINE>(gy[256 + core * 16]);
    DataCacheCleanAndInvalid<float, CacheLine::SINGLE_CACHE_LINE, DcciDst::CACHELINE_UB>(a);
    DataSyncBarrier<MemDsbT::ALL>();
    PipeBarrier<PIPE_ALL>();
    SyncAll();
END

// A cube core and its two vector cores hand a turn around; vector cores of one block, and all of a kind, wait for each other.
KERNEL(api_cross, KERNEL_TYPE_MIX_AIC_1_2)
    if ASCEND_IS_AIC {
        CrossCoreSetFlag<2, PIPE_FIX>(0);
        CrossCoreWaitFlag<2, PIPE_MTE2>(1);
        CrossCoreSetFlag<0, PIPE_FIX>(2);
        CrossCoreWaitFlag(2);
    }
    if ASCEND_IS_AIV {
        CrossCoreWaitFlag<2, PIPE_MTE3>(0);
        CrossCoreSetFlag<1, PIPE_MTE3>(3);
        CrossCoreWaitFlag<1, PIPE_MTE3>(3);
        CrossCoreSetFlag<2, PIPE_MTE3>(1);
    }
    SyncAll<false>();
END
