// Comparing, selecting, gathering, sorting.
#pragma once
#include "twin/tensor.h"

namespace AscendC {
template <typename T> struct MrgSortSrcList {
    MrgSortSrcList() {}
    MrgSortSrcList(const LocalTensor<T>& a, const LocalTensor<T>& b, const LocalTensor<T>& c, const LocalTensor<T>& d) : src1(a), src2(b), src3(c), src4(d) {}
    LocalTensor<T> src1, src2, src3, src4;
};

template <typename T, typename U, bool isSetMask = true>
void Compare(const LocalTensor<U>& dst, const LocalTensor<T>& src0, const LocalTensor<T>& src1, CMPMODE cmpMode, const uint64_t mask, uint8_t repeatTime, const BinaryRepeatParams& p, TWIN_AT) {
    ::twin::Ref other = src1.TwinRef();
    ::twin::compare(dst.TwinRef(), src0.TwinRef(), &other, {}, cmpMode, ::twin::lanes_mask(isSetMask, mask, repeatTime), {p.src0BlkStride, p.src0RepStride}, {p.src1BlkStride, p.src1RepStride}, at);
}
template <typename T, typename U, bool isSetMask = true>
void Compare(const LocalTensor<U>& dst, const LocalTensor<T>& src0, const LocalTensor<T>& src1, CMPMODE cmpMode, const uint64_t mask[], uint8_t repeatTime, const BinaryRepeatParams& p, TWIN_AT) {
    ::twin::Ref other = src1.TwinRef();
    ::twin::compare(dst.TwinRef(), src0.TwinRef(), &other, {}, cmpMode, ::twin::lanes_mask(isSetMask, mask, repeatTime), {p.src0BlkStride, p.src0RepStride}, {p.src1BlkStride, p.src1RepStride}, at);
}
template <typename T, typename U> void Compare(const LocalTensor<U>& dst, const LocalTensor<T>& src0, const LocalTensor<T>& src1, CMPMODE cmpMode, uint32_t count, TWIN_AT) {
    ::twin::Ref other = src1.TwinRef();
    ::twin::compare(dst.TwinRef(), src0.TwinRef(), &other, {}, cmpMode, ::twin::lanes_count(count), {}, {}, at);
}
template <typename T, typename U, bool isSetMask = true>
void CompareScalar(const LocalTensor<U>& dst, const LocalTensor<T>& src0, const std::common_type_t<T> src1Scalar, CMPMODE cmpMode, const uint64_t mask, uint8_t repeatTime, const UnaryRepeatParams& p, TWIN_AT) {
    ::twin::compare(dst.TwinRef(), src0.TwinRef(), nullptr, ::twin::value_of<T>(src1Scalar), cmpMode, ::twin::lanes_mask(isSetMask, mask, repeatTime), {p.srcBlkStride, p.srcRepStride}, {}, at);
}
template <typename T, typename U> void CompareScalar(const LocalTensor<U>& dst, const LocalTensor<T>& src0, const std::common_type_t<T> src1Scalar, CMPMODE cmpMode, uint32_t count, TWIN_AT) {
    ::twin::compare(dst.TwinRef(), src0.TwinRef(), nullptr, ::twin::value_of<T>(src1Scalar), cmpMode, ::twin::lanes_count(count), {}, {}, at);
}

template <typename T, typename U, bool isSetMask = true>
void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0, std::common_type_t<T> src1, SELMODE selMode, uint64_t mask, uint8_t repeatTime, const BinaryRepeatParams& p, TWIN_AT) {
    ::twin::select(dst.TwinRef(), selMask.TwinRef(), src0.TwinRef(), nullptr, ::twin::value_of<T>(src1), selMode, ::twin::lanes_mask(isSetMask, mask, repeatTime), {p.dstBlkStride, p.dstRepStride},
                   {p.src0BlkStride, p.src0RepStride}, {}, at);
}
template <typename T, typename U, bool isSetMask = true>
void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0, const LocalTensor<T>& src1, SELMODE selMode, uint64_t mask, uint8_t repeatTime, const BinaryRepeatParams& p, TWIN_AT) {
    ::twin::Ref other = src1.TwinRef();
    ::twin::select(dst.TwinRef(), selMask.TwinRef(), src0.TwinRef(), &other, {}, selMode, ::twin::lanes_mask(isSetMask, mask, repeatTime), {p.dstBlkStride, p.dstRepStride},
                   {p.src0BlkStride, p.src0RepStride}, {p.src1BlkStride, p.src1RepStride}, at);
}
template <typename T, typename U, bool isSetMask = true>
void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0, std::common_type_t<T> src1, SELMODE selMode, uint64_t mask[], uint8_t repeatTime, const BinaryRepeatParams& p, TWIN_AT) {
    ::twin::select(dst.TwinRef(), selMask.TwinRef(), src0.TwinRef(), nullptr, ::twin::value_of<T>(src1), selMode, ::twin::lanes_mask(isSetMask, mask, repeatTime), {p.dstBlkStride, p.dstRepStride},
                   {p.src0BlkStride, p.src0RepStride}, {}, at);
}
template <typename T, typename U, bool isSetMask = true>
void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0, const LocalTensor<T>& src1, SELMODE selMode, uint64_t mask[], uint8_t repeatTime, const BinaryRepeatParams& p, TWIN_AT) {
    ::twin::Ref other = src1.TwinRef();
    ::twin::select(dst.TwinRef(), selMask.TwinRef(), src0.TwinRef(), &other, {}, selMode, ::twin::lanes_mask(isSetMask, mask, repeatTime), {p.dstBlkStride, p.dstRepStride},
                   {p.src0BlkStride, p.src0RepStride}, {p.src1BlkStride, p.src1RepStride}, at);
}
template <typename T, typename U> void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0, std::common_type_t<T> src1, SELMODE selMode, uint32_t count, TWIN_AT) {
    ::twin::select(dst.TwinRef(), selMask.TwinRef(), src0.TwinRef(), nullptr, ::twin::value_of<T>(src1), selMode, ::twin::lanes_count(count), {}, {}, {}, at);
}
template <typename T, typename U> void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0, const LocalTensor<T>& src1, SELMODE selMode, uint32_t count, TWIN_AT) {
    ::twin::Ref other = src1.TwinRef();
    ::twin::select(dst.TwinRef(), selMask.TwinRef(), src0.TwinRef(), &other, {}, selMode, ::twin::lanes_count(count), {}, {}, {}, at);
}

template <typename T> void Gather(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<uint32_t>& srcOffset, const uint32_t srcBaseOffset, const uint32_t count, TWIN_AT) {
    ::twin::gather(dst.TwinRef(), src.TwinRef(), srcOffset.TwinRef(), srcBaseOffset, ::twin::lanes_count(count), 8, at);
}
template <typename T>
void Gather(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<uint32_t>& srcOffset, const uint32_t srcBaseOffset, const uint64_t mask, const uint8_t repeatTime, const uint16_t dstRepStride, TWIN_AT) {
    ::twin::gather(dst.TwinRef(), src.TwinRef(), srcOffset.TwinRef(), srcBaseOffset, ::twin::lanes_mask(true, mask, repeatTime), dstRepStride, at);
}
template <typename T> void Scatter(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<uint32_t>& dstOffset, const uint32_t dstBaseAddr, const uint32_t count, TWIN_AT) {
    ::twin::scatter(dst.TwinRef(), src.TwinRef(), dstOffset.TwinRef(), dstBaseAddr, ::twin::lanes_count(count), 8, at);
}
template <typename T, GatherMaskMode mode = defaultGatherMaskMode>
void GatherMask(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const uint8_t src1Pattern, const bool reduceMode, const uint32_t mask, const GatherMaskParams& gatherMaskParams, uint64_t& rsvdCnt, TWIN_AT) {
    rsvdCnt = ::twin::gather_mask(dst.TwinRef(), src0.TwinRef(), nullptr, src1Pattern, reduceMode, mask, gatherMaskParams, at);
}
template <typename T, typename U, GatherMaskMode mode = defaultGatherMaskMode>
void GatherMask(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const LocalTensor<U>& src1Pattern, const bool reduceMode, const uint32_t mask, const GatherMaskParams& gatherMaskParams, uint64_t& rsvdCnt, TWIN_AT) {
    ::twin::Ref bits = src1Pattern.TwinRef();
    rsvdCnt = ::twin::gather_mask(dst.TwinRef(), src0.TwinRef(), &bits, 0, reduceMode, mask, gatherMaskParams, at);
}
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
}  // namespace AscendC
