// Comparing, selecting, gathering, scattering.
#pragma once
#include "twin/tensor.h"

namespace AscendC {
// Without a destination a comparison sets the core's mask of comparisons: 128 bits, one a lane.
template <typename T, bool isSetMask = true>
void Compare(const LocalTensor<T>& src0, const LocalTensor<T>& src1, CMPMODE cmpMode, const uint64_t mask, const BinaryRepeatParams& p, TWIN_AT) {
    ::twin::compare_mask(src0.TwinRef(), src1.TwinRef(), cmpMode, ::twin::lanes_mask(isSetMask, mask, 1), {p.src0BlkStride, p.src0RepStride}, {p.src1BlkStride, p.src1RepStride}, at);
}
template <typename T, bool isSetMask = true>
void Compare(const LocalTensor<T>& src0, const LocalTensor<T>& src1, CMPMODE cmpMode, const uint64_t mask[], const BinaryRepeatParams& p, TWIN_AT) {
    ::twin::compare_mask(src0.TwinRef(), src1.TwinRef(), cmpMode, ::twin::lanes_mask(isSetMask, mask, 1), {p.src0BlkStride, p.src0RepStride}, {p.src1BlkStride, p.src1RepStride}, at);
}
template <typename T> void SetCmpMask(const LocalTensor<T>& src, TWIN_AT) { ::twin::set_compare_mask(src.TwinRef(), at); }
template <typename T> void GetCmpMask(const LocalTensor<T>& dst, TWIN_AT) { ::twin::get_compare_mask(dst.TwinRef(), at); }

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
void CompareScalar(const LocalTensor<U>& dst, const LocalTensor<T>& src0, const T src1Scalar, CMPMODE cmpMode, const uint64_t mask, uint8_t repeatTime, const UnaryRepeatParams& p, TWIN_AT) {
    ::twin::compare(dst.TwinRef(), src0.TwinRef(), nullptr, ::twin::value_of<T>(src1Scalar), cmpMode, ::twin::lanes_mask(isSetMask, mask, repeatTime), {p.srcBlkStride, p.srcRepStride}, {}, at);
}
template <typename T, typename U, bool isSetMask = true>
void CompareScalar(const LocalTensor<U>& dst, const LocalTensor<T>& src0, const T src1Scalar, CMPMODE cmpMode, const uint64_t mask[], uint8_t repeatTime, const UnaryRepeatParams& p, TWIN_AT) {
    ::twin::compare(dst.TwinRef(), src0.TwinRef(), nullptr, ::twin::value_of<T>(src1Scalar), cmpMode, ::twin::lanes_mask(isSetMask, mask, repeatTime), {p.srcBlkStride, p.srcRepStride}, {}, at);
}
template <typename T, typename U> void CompareScalar(const LocalTensor<U>& dst, const LocalTensor<T>& src0, const T src1Scalar, CMPMODE cmpMode, uint32_t count, TWIN_AT) {
    ::twin::compare(dst.TwinRef(), src0.TwinRef(), nullptr, ::twin::value_of<T>(src1Scalar), cmpMode, ::twin::lanes_count(count), {}, {}, at);
}

template <typename T, typename U, bool isSetMask = true>
void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0, T src1, SELMODE selMode, uint64_t mask, uint8_t repeatTime, const BinaryRepeatParams& p, TWIN_AT) {
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
void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0, T src1, SELMODE selMode, uint64_t mask[], uint8_t repeatTime, const BinaryRepeatParams& p, TWIN_AT) {
    ::twin::select(dst.TwinRef(), selMask.TwinRef(), src0.TwinRef(), nullptr, ::twin::value_of<T>(src1), selMode, ::twin::lanes_mask(isSetMask, mask, repeatTime), {p.dstBlkStride, p.dstRepStride},
                   {p.src0BlkStride, p.src0RepStride}, {}, at);
}
template <typename T, typename U, bool isSetMask = true>
void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0, const LocalTensor<T>& src1, SELMODE selMode, uint64_t mask[], uint8_t repeatTime, const BinaryRepeatParams& p, TWIN_AT) {
    ::twin::Ref other = src1.TwinRef();
    ::twin::select(dst.TwinRef(), selMask.TwinRef(), src0.TwinRef(), &other, {}, selMode, ::twin::lanes_mask(isSetMask, mask, repeatTime), {p.dstBlkStride, p.dstRepStride},
                   {p.src0BlkStride, p.src0RepStride}, {p.src1BlkStride, p.src1RepStride}, at);
}
template <typename T, typename U> void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0, T src1, SELMODE selMode, uint32_t count, TWIN_AT) {
    ::twin::select(dst.TwinRef(), selMask.TwinRef(), src0.TwinRef(), nullptr, ::twin::value_of<T>(src1), selMode, ::twin::lanes_count(count), {}, {}, {}, at);
}
template <typename T, typename U> void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0, const LocalTensor<T>& src1, SELMODE selMode, uint32_t count, TWIN_AT) {
    ::twin::Ref other = src1.TwinRef();
    ::twin::select(dst.TwinRef(), selMask.TwinRef(), src0.TwinRef(), &other, {}, selMode, ::twin::lanes_count(count), {}, {}, {}, at);
}

// By the mask of comparisons, in the lanes of the mask register: VSEL_CMPMASK_SPR takes the same bits for each repeat; for VSEL_TENSOR_TENSOR_MODE it holds where in UB the bits lie.
template <typename T, SELMODE selMode>
void Select(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const LocalTensor<T>& src1, uint8_t repeatTime, const BinaryRepeatParams& p, TWIN_AT) {
    ::twin::select_by_mask(dst.TwinRef(), src0.TwinRef(), src1.TwinRef(), selMode, repeatTime, {p.dstBlkStride, p.dstRepStride}, {p.src0BlkStride, p.src0RepStride}, {p.src1BlkStride, p.src1RepStride}, at);
}
// VSEL_TENSOR_SCALAR_MODE with the scalar in the mask of comparisons.
template <typename T, typename U> void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0, uint8_t repeatTime, const BinaryRepeatParams& p, TWIN_AT) {
    ::twin::select_scalar_of_mask(dst.TwinRef(), selMask.TwinRef(), src0.TwinRef(), repeatTime, {p.dstBlkStride, p.dstRepStride}, {p.src0BlkStride, p.src0RepStride}, at);
}

template <typename T> void Gather(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<uint32_t>& srcOffset, const uint32_t srcBaseOffset, const uint32_t count, TWIN_AT) {
    ::twin::gather(dst.TwinRef(), src.TwinRef(), srcOffset.TwinRef(), srcBaseOffset, ::twin::lanes_count(count), 8, at);
}
template <typename T>
void Gather(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<uint32_t>& srcOffset, const uint32_t srcBaseOffset, const uint64_t mask, const uint8_t repeatTime, const uint16_t dstRepStride, TWIN_AT) {
    ::twin::gather(dst.TwinRef(), src.TwinRef(), srcOffset.TwinRef(), srcBaseOffset, ::twin::lanes_mask(true, mask, repeatTime), dstRepStride, at);
}
template <typename T>
void Gather(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<uint32_t>& srcOffset, const uint32_t srcBaseOffset, const uint64_t mask[], const uint8_t repeatTime, const uint16_t dstRepStride, TWIN_AT) {
    ::twin::gather(dst.TwinRef(), src.TwinRef(), srcOffset.TwinRef(), srcBaseOffset, ::twin::lanes_mask(true, mask, repeatTime), dstRepStride, at);
}
template <typename T> void Gatherb(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<uint32_t>& offset, const uint8_t repeatTime, const GatherRepeatParams& p, TWIN_AT) {
    ::twin::gather_blocks(dst.TwinRef(), src.TwinRef(), offset.TwinRef(), repeatTime, p.dstBlkStride == 0 ? 1 : p.dstBlkStride, p.dstRepStride, at);
}
template <typename T>
void Scatter(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<uint32_t>& dstOffset, const uint32_t dstBaseAddr, const uint64_t mask, const uint8_t repeatTime, const uint8_t srcRepStride, TWIN_AT) {
    ::twin::scatter(dst.TwinRef(), src.TwinRef(), dstOffset.TwinRef(), dstBaseAddr, ::twin::lanes_mask(true, mask, repeatTime), srcRepStride, at);
}
template <typename T>
void Scatter(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<uint32_t>& dstOffset, const uint32_t dstBaseAddr, const uint64_t mask[], const uint8_t repeatTime, const uint8_t srcRepStride, TWIN_AT) {
    ::twin::scatter(dst.TwinRef(), src.TwinRef(), dstOffset.TwinRef(), dstBaseAddr, ::twin::lanes_mask(true, mask, repeatTime), srcRepStride, at);
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
}  // namespace AscendC
