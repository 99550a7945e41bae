// Reductions: of a whole buffer, of each repeat, of each block, of pairs.
#pragma once
#include "twin/tensor.h"

namespace AscendC {
template <typename T, bool isSetMask = true>
void ReduceSum(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<T>& sharedTmpBuffer, const int32_t count, TWIN_AT) {
    ::twin::reduce_all(::twin::Reduce::Sum, dst.TwinRef(), src.TwinRef(), sharedTmpBuffer.TwinRef(), ::twin::lanes_count(count), 8, false, at);
}
template <typename T>
void ReduceSum(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<T>& sharedTmpBuffer, const int32_t mask, const int32_t repeatTime, const int32_t srcRepStride, TWIN_AT) {
    ::twin::reduce_all(::twin::Reduce::Sum, dst.TwinRef(), src.TwinRef(), sharedTmpBuffer.TwinRef(), ::twin::lanes_mask(true, static_cast<uint64_t>(mask), repeatTime), srcRepStride, false, at);
}
template <typename T>
void ReduceMax(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<T>& sharedTmpBuffer, const int32_t count, bool calIndex = 0, TWIN_AT) {
    ::twin::reduce_all(::twin::Reduce::Max, dst.TwinRef(), src.TwinRef(), sharedTmpBuffer.TwinRef(), ::twin::lanes_count(count), 8, calIndex, at);
}
template <typename T>
void ReduceMax(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<T>& sharedTmpBuffer, const int32_t mask, const int32_t repeatTime, const int32_t srcRepStride, bool calIndex = 0, TWIN_AT) {
    ::twin::reduce_all(::twin::Reduce::Max, dst.TwinRef(), src.TwinRef(), sharedTmpBuffer.TwinRef(), ::twin::lanes_mask(true, static_cast<uint64_t>(mask), repeatTime), srcRepStride, calIndex, at);
}
template <typename T>
void ReduceMin(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<T>& sharedTmpBuffer, const int32_t count, bool calIndex = 0, TWIN_AT) {
    ::twin::reduce_all(::twin::Reduce::Min, dst.TwinRef(), src.TwinRef(), sharedTmpBuffer.TwinRef(), ::twin::lanes_count(count), 8, calIndex, at);
}
template <typename T>
void ReduceMin(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<T>& sharedTmpBuffer, const int32_t mask, const int32_t repeatTime, const int32_t srcRepStride, bool calIndex = 0, TWIN_AT) {
    ::twin::reduce_all(::twin::Reduce::Min, dst.TwinRef(), src.TwinRef(), sharedTmpBuffer.TwinRef(), ::twin::lanes_mask(true, static_cast<uint64_t>(mask), repeatTime), srcRepStride, calIndex, at);
}
template <typename T>
void ReduceSum(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<T>& sharedTmpBuffer, const uint64_t mask[], const int32_t repeatTime, const int32_t srcRepStride, TWIN_AT) {
    ::twin::reduce_all(::twin::Reduce::Sum, dst.TwinRef(), src.TwinRef(), sharedTmpBuffer.TwinRef(), ::twin::lanes_mask(true, mask, repeatTime), srcRepStride, false, at);
}
template <typename T>
void ReduceMax(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<T>& sharedTmpBuffer, const uint64_t mask[], const int32_t repeatTime, const int32_t srcRepStride, bool calIndex = 0, TWIN_AT) {
    ::twin::reduce_all(::twin::Reduce::Max, dst.TwinRef(), src.TwinRef(), sharedTmpBuffer.TwinRef(), ::twin::lanes_mask(true, mask, repeatTime), srcRepStride, calIndex, at);
}
template <typename T>
void ReduceMin(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<T>& sharedTmpBuffer, const uint64_t mask[], const int32_t repeatTime, const int32_t srcRepStride, bool calIndex = 0, TWIN_AT) {
    ::twin::reduce_all(::twin::Reduce::Min, dst.TwinRef(), src.TwinRef(), sharedTmpBuffer.TwinRef(), ::twin::lanes_mask(true, mask, repeatTime), srcRepStride, calIndex, at);
}
template <typename T, bool isSetMask = true>
void WholeReduceSum(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t mask, const int32_t repeatTime, const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride, TWIN_AT) {
    ::twin::reduce_whole(::twin::Reduce::Sum, dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, static_cast<uint64_t>(mask), repeatTime), dstRepStride, {static_cast<uint32_t>(srcBlkStride), static_cast<uint32_t>(srcRepStride)}, ReduceOrder::ORDER_ONLY_VALUE, at);
}
template <typename T, bool isSetMask = true>
void WholeReduceSum(const LocalTensor<T>& dst, const LocalTensor<T>& src, const uint64_t mask[], const int32_t repeatTime, const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride, TWIN_AT) {
    ::twin::reduce_whole(::twin::Reduce::Sum, dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, mask, repeatTime), dstRepStride, {static_cast<uint32_t>(srcBlkStride), static_cast<uint32_t>(srcRepStride)}, ReduceOrder::ORDER_ONLY_VALUE, at);
}
template <typename T, bool isSetMask = true>
void WholeReduceMax(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t mask, const int32_t repeatTime, const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride,
                    ReduceOrder order = ReduceOrder::ORDER_VALUE_INDEX, TWIN_AT) {
    ::twin::reduce_whole(::twin::Reduce::Max, dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, static_cast<uint64_t>(mask), repeatTime), dstRepStride, {static_cast<uint32_t>(srcBlkStride), static_cast<uint32_t>(srcRepStride)}, order, at);
}
template <typename T, bool isSetMask = true>
void WholeReduceMax(const LocalTensor<T>& dst, const LocalTensor<T>& src, const uint64_t mask[], const int32_t repeatTime, const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride,
                    ReduceOrder order = ReduceOrder::ORDER_VALUE_INDEX, TWIN_AT) {
    ::twin::reduce_whole(::twin::Reduce::Max, dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, mask, repeatTime), dstRepStride, {static_cast<uint32_t>(srcBlkStride), static_cast<uint32_t>(srcRepStride)}, order, at);
}
template <typename T, bool isSetMask = true>
void WholeReduceMin(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t mask, const int32_t repeatTime, const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride,
                    ReduceOrder order = ReduceOrder::ORDER_VALUE_INDEX, TWIN_AT) {
    ::twin::reduce_whole(::twin::Reduce::Min, dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, static_cast<uint64_t>(mask), repeatTime), dstRepStride, {static_cast<uint32_t>(srcBlkStride), static_cast<uint32_t>(srcRepStride)}, order, at);
}
template <typename T, bool isSetMask = true>
void WholeReduceMin(const LocalTensor<T>& dst, const LocalTensor<T>& src, const uint64_t mask[], const int32_t repeatTime, const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride,
                    ReduceOrder order = ReduceOrder::ORDER_VALUE_INDEX, TWIN_AT) {
    ::twin::reduce_whole(::twin::Reduce::Min, dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, mask, repeatTime), dstRepStride, {static_cast<uint32_t>(srcBlkStride), static_cast<uint32_t>(srcRepStride)}, order, at);
}
template <typename T, bool isSetMask = true>
void BlockReduceSum(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t repeatTime, const int32_t mask, const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride, TWIN_AT) {
    ::twin::reduce_block(::twin::Reduce::Sum, dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, static_cast<uint64_t>(mask), repeatTime), dstRepStride, {static_cast<uint32_t>(srcBlkStride), static_cast<uint32_t>(srcRepStride)}, at);
}
template <typename T, bool isSetMask = true>
void BlockReduceSum(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t repeatTime, const uint64_t mask[], const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride, TWIN_AT) {
    ::twin::reduce_block(::twin::Reduce::Sum, dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, mask, repeatTime), dstRepStride, {static_cast<uint32_t>(srcBlkStride), static_cast<uint32_t>(srcRepStride)}, at);
}
template <typename T, bool isSetMask = true>
void BlockReduceMax(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t repeatTime, const int32_t mask, const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride, TWIN_AT) {
    ::twin::reduce_block(::twin::Reduce::Max, dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, static_cast<uint64_t>(mask), repeatTime), dstRepStride, {static_cast<uint32_t>(srcBlkStride), static_cast<uint32_t>(srcRepStride)}, at);
}
template <typename T, bool isSetMask = true>
void BlockReduceMax(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t repeatTime, const uint64_t mask[], const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride, TWIN_AT) {
    ::twin::reduce_block(::twin::Reduce::Max, dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, mask, repeatTime), dstRepStride, {static_cast<uint32_t>(srcBlkStride), static_cast<uint32_t>(srcRepStride)}, at);
}
template <typename T, bool isSetMask = true>
void BlockReduceMin(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t repeatTime, const int32_t mask, const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride, TWIN_AT) {
    ::twin::reduce_block(::twin::Reduce::Min, dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, static_cast<uint64_t>(mask), repeatTime), dstRepStride, {static_cast<uint32_t>(srcBlkStride), static_cast<uint32_t>(srcRepStride)}, at);
}
template <typename T, bool isSetMask = true>
void BlockReduceMin(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t repeatTime, const uint64_t mask[], const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride, TWIN_AT) {
    ::twin::reduce_block(::twin::Reduce::Min, dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, mask, repeatTime), dstRepStride, {static_cast<uint32_t>(srcBlkStride), static_cast<uint32_t>(srcRepStride)}, at);
}
template <typename T, bool isSetMask = true>
void PairReduceSum(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t repeatTime, const int32_t mask, const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride, TWIN_AT) {
    ::twin::reduce_pair(dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, static_cast<uint64_t>(mask), repeatTime), dstRepStride, {static_cast<uint32_t>(srcBlkStride), static_cast<uint32_t>(srcRepStride)}, at);
}
template <typename T, bool isSetMask = true>
void PairReduceSum(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t repeatTime, const uint64_t mask[], const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride, TWIN_AT) {
    ::twin::reduce_pair(dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, mask, repeatTime), dstRepStride, {static_cast<uint32_t>(srcBlkStride), static_cast<uint32_t>(srcRepStride)}, at);
}
template <typename T, bool isSetMask = true>
void RepeatReduceSum(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t repeatTime, const int32_t mask, const int32_t dstBlkStride, const int32_t srcBlkStride, const int32_t dstRepStride, const int32_t srcRepStride, TWIN_AT) {
    (void)dstBlkStride;
    WholeReduceSum<T, isSetMask>(dst, src, mask, repeatTime, dstRepStride, srcBlkStride, srcRepStride, at);
}
template <typename T> void GetReduceMaxMinCount(T& maxMinValue, T& maxMinIndex, TWIN_AT) {
    uint64_t value = 0, index = 0;
    ::twin::reduce_result(value, index, at);
    __builtin_memcpy(&maxMinValue, &value, sizeof(T));
    __builtin_memcpy(&maxMinIndex, &index, sizeof(T));
}
template <typename T> void GetReduceMaxMinCount(T& maxMinValue, TWIN_AT) {
    T index;
    GetReduceMaxMinCount(maxMinValue, index, at);
}
}  // namespace AscendC
