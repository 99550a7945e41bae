// Where a core stands in the launch, flags between its pipes, flags between cores, the scalar cache, atomics.
#pragma once
#include "twin/tensor.h"

namespace AscendC {
inline int64_t GetBlockIdx() { return ::twin::block_index(); }
inline int64_t GetBlockNum() { return ::twin::block_count(); }
inline int64_t GetSubBlockIdx() { return ::twin::sub_block_index(); }
inline int64_t GetSubBlockNum() { return ::twin::sub_block_count(); }
inline int64_t GetTaskRation() { return ::twin::task_ratio(); }
inline void InitSocState() {}
inline void SetSyncBaseAddr(uint64_t) {}
inline void ICachePreLoad(const int64_t) {}

template <HardEvent event> void SetFlag(int32_t eventID, TWIN_AT) { ::twin::set_flag(event, eventID, at); }
template <HardEvent event> void WaitFlag(int32_t eventID, TWIN_AT) { ::twin::wait_flag(event, eventID, at); }
template <pipe_t pipe> void PipeBarrier(TWIN_AT) { ::twin::barrier(pipe, at); }
template <uint8_t modeId, pipe_t pipe> void CrossCoreSetFlag(uint16_t flagId, TWIN_AT) { ::twin::cross_set(modeId, pipe, flagId, at); }
template <uint8_t modeId = 0, pipe_t pipe = PIPE_S> void CrossCoreWaitFlag(uint16_t flagId, TWIN_AT) { ::twin::cross_wait(modeId, pipe, flagId, at); }
template <bool isAIVOnly = true> void SyncAll(const GlobalTensor<int32_t>&, const LocalTensor<int32_t>&, const int32_t = 0, TWIN_AT) {
    ::twin::sync_all(isAIVOnly, at);
}
template <bool isAIVOnly = true> void SyncAll(TWIN_AT) { ::twin::sync_all(isAIVOnly, at); }
template <MemDsbT arg0> void DataSyncBarrier() {}

template <typename T, CacheLine entireType, DcciDst dcciDst> void DataCacheCleanAndInvalid(const GlobalTensor<T>& dst, TWIN_AT) {
    ::twin::cache_clean(dst.TwinRef(), entireType == CacheLine::ENTIRE_DATA_CACHE, at);
}
template <typename T, CacheLine entireType> void DataCacheCleanAndInvalid(const GlobalTensor<T>& dst, TWIN_AT) {
    ::twin::cache_clean(dst.TwinRef(), entireType == CacheLine::ENTIRE_DATA_CACHE, at);
}

// A core's cache holds global memory alone; what a scalar reads and writes on the chip is there at once.
template <typename T, CacheLine entireType, DcciDst dcciDst> void DataCacheCleanAndInvalid(const LocalTensor<T>&) {}

template <typename T> void SetAtomicAdd() { ::twin::set_atomic(1, ::twin::type_of<T>()); }
template <typename T> void SetAtomicMax() { ::twin::set_atomic(2, ::twin::type_of<T>()); }
inline void SetAtomicNone() { ::twin::set_atomic(0, ::twin::Type::F32); }
}  // namespace AscendC
