// Sorting: pairs of a score and an index, 8 bytes each, from the largest score down; of equals the first goes first.
#pragma once
#include "twin/move.h"
#include "twin/sync.h"

namespace AscendC {
template <typename T> struct MrgSortSrcList {
    MrgSortSrcList() {}
    MrgSortSrcList(const LocalTensor<T>& a, const LocalTensor<T>& b, const LocalTensor<T>& c, const LocalTensor<T>& d) : src1(a), src2(b), src3(c), src4(d) {}
    LocalTensor<T> src1, src2, src3, src4;
};

template <typename T> void Sort32(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const LocalTensor<uint32_t>& src1, const int32_t repeatTime, TWIN_AT) {
    ::twin::sort32(dst.TwinRef(), src0.TwinRef(), src1.TwinRef(), static_cast<uint32_t>(repeatTime), at);
}
template <typename T> void MrgSort(const LocalTensor<T>& dst, const MrgSortSrcList<T>& src, const MrgSort4Info& params, TWIN_AT) {
    const ::twin::Ref from[4] = {src.src1.TwinRef(), src.src2.TwinRef(), src.src3.TwinRef(), src.src4.TwinRef()};
    ::twin::merge_sort(dst.TwinRef(), from, params, at);
}
template <typename T> void Extract(const LocalTensor<T>& dstValue, const LocalTensor<uint32_t>& dstIndex, const LocalTensor<T>& sorted, const int32_t repeatTime, TWIN_AT) {
    ::twin::extract(dstValue.TwinRef(), dstIndex.TwinRef(), sorted.TwinRef(), static_cast<uint32_t>(repeatTime), at);
}
inline void GetMrgSortResult(uint16_t& mrgSortList1, uint16_t& mrgSortList2, uint16_t& mrgSortList3, uint16_t& mrgSortList4, TWIN_AT) {
    uint16_t taken[4];
    ::twin::merge_result(taken, at);
    mrgSortList1 = taken[0];
    mrgSortList2 = taken[1];
    mrgSortList3 = taken[2];
    mrgSortList4 = taken[3];
}

// What follows is made of the instructions above, as the vendor's library has it.

// `sortedNum`: how many of each list are in `dst`, where a merge stops at the first list that is exhausted.
template <typename T, bool isExhaustedSuspension = false>
void MrgSort(const LocalTensor<T>& dst, const MrgSortSrcList<T>& sortList, const uint16_t elementCountList[4], uint32_t sortedNum[4], uint16_t validBit, const int32_t repeatTime, TWIN_AT) {
    MrgSort(dst, sortList, MrgSort4Info(elementCountList, isExhaustedSuspension, validBit, static_cast<uint8_t>(repeatTime)), at);
    if constexpr (isExhaustedSuspension) {
        uint16_t taken[4];
        ::twin::merge_result(taken, at);
        for (int i = 0; i < 4; ++i) sortedNum[i] = taken[i];
    } else {
        for (int i = 0; i < 4; ++i) sortedNum[i] = (validBit >> i & 1) != 0 ? elementCountList[i] : 0;
    }
}
// Other chips sort triples; here the scores themselves are what is sorted.
template <typename T> void Concat(LocalTensor<T>& concat, const LocalTensor<T>& src, const LocalTensor<T>&, const int32_t) { concat = src; }

// Runs of 32 sorted; all of them to one run if isFullSort.
template <typename T, bool isFullSort>
void Sort(const LocalTensor<T>& dst, const LocalTensor<T>& concat, const LocalTensor<uint32_t>& index, LocalTensor<T>& tmp, const int32_t repeatTime, TWIN_AT) {
    constexpr uint32_t pair = 8 / sizeof(T);
    Sort32(dst, concat, index, repeatTime, at);
    if constexpr (!isFullSort) return;
    const uint32_t all = static_cast<uint32_t>(repeatTime) * 32;
    LocalTensor<T> from = dst, to = tmp;
    for (uint32_t run = 32; run < all; run *= 4) {
        PipeBarrier<PIPE_V>(at);
        for (uint32_t start = 0; start < all; start += 4 * run) {
            uint16_t lengths[4] = {0, 0, 0, 0};
            MrgSortSrcList<T> lists;
            LocalTensor<T>* each[4] = {&lists.src1, &lists.src2, &lists.src3, &lists.src4};
            int count = 0;
            for (uint32_t at_pair = start; at_pair < all && count < 4; at_pair += run, ++count) {
                *each[count] = from[at_pair * pair];
                lengths[count] = static_cast<uint16_t>(all - at_pair < run ? all - at_pair : run);
            }
            if (count == 1) DataCopy(to[start * pair], from[start * pair], uint32_t{lengths[0]} * pair, at);
            else MrgSort(to[start * pair], lists, MrgSort4Info(lengths, false, static_cast<uint16_t>((1 << count) - 1), 1), at);
        }
        LocalTensor<T> swap = from;
        from = to;
        to = swap;
    }
    if (from.GetPhyAddr() == dst.GetPhyAddr()) return;
    PipeBarrier<PIPE_V>(at);
    DataCopy(dst, from, all * pair, at);
}
}  // namespace AscendC
