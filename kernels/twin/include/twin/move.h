// Data movement: global memory to and from the chip, and between its buffers. The pipe follows from where the two tensors lie.
#pragma once
#include "twin/tensor.h"

namespace AscendC {
constexpr uint64_t kTwinBlock = 32;
inline ::twin::Rows TwinRows(const DataCopyParams& p) {
    return {p.blockCount, p.blockLen * kTwinBlock, (uint64_t{p.blockLen} + p.srcStride) * kTwinBlock, (uint64_t{p.blockLen} + p.dstStride) * kTwinBlock};
}
inline DataCopyExtParams TwinBytes(const DataCopyParams& p) { return {p.blockCount, p.blockLen, p.srcStride, p.dstStride, 0}; }

template <typename T> void DataCopy(const GlobalTensor<T>& dst, const LocalTensor<T>& src, const DataCopyParams& repeatParams, TWIN_AT) {
    ::twin::copy(dst.TwinRef(), src.TwinRef(), TwinRows(repeatParams), at);
}
template <typename T> void DataCopy(const GlobalTensor<T>& dst, const LocalTensor<T>& src, const uint32_t count, TWIN_AT) {
    ::twin::copy(dst.TwinRef(), src.TwinRef(), {1, uint64_t{count} * sizeof(T), 0, 0}, at);
}
template <typename T> void DataCopy(const LocalTensor<T>& dst, const GlobalTensor<T>& src, const Nd2NzParams& intriParams, TWIN_AT) {
    ::twin::copy_nd2nz(dst.TwinRef(), src.TwinRef(), intriParams, at);
}
template <typename T> void DataCopy(const LocalTensor<T>& dst, const GlobalTensor<T>& src, const uint32_t count, TWIN_AT) {
    ::twin::copy(dst.TwinRef(), src.TwinRef(), {1, uint64_t{count} * sizeof(T), 0, 0}, at);
}
template <typename T> void DataCopy(const LocalTensor<T>& dst, const GlobalTensor<T>& src, const DataCopyParams& repeatParams, TWIN_AT) {
    ::twin::copy(dst.TwinRef(), src.TwinRef(), TwinRows(repeatParams), at);
}
template <typename T, typename U> void DataCopy(const LocalTensor<T>& dst, const LocalTensor<U>& src, const DataCopyParams& repeatParams, TWIN_AT) {
    ::twin::copy(dst.TwinRef(), src.TwinRef(), TwinRows(repeatParams), at);
}
template <typename T> void DataCopy(const LocalTensor<T>& dst, const LocalTensor<T>& src, const uint32_t count, TWIN_AT) {
    ::twin::copy(dst.TwinRef(), src.TwinRef(), {1, uint64_t{count} * sizeof(T), 0, 0}, at);
}
template <typename T, typename U>
void DataCopyPad(const LocalTensor<T>& dst, const GlobalTensor<T>& src, const DataCopyExtParams& dataCopyParams, const DataCopyPadExtParams<U>& padParams, TWIN_AT) {
    ::twin::copy_pad_in(dst.TwinRef(), src.TwinRef(), dataCopyParams,
                        {padParams.isPad, padParams.leftPadding, padParams.rightPadding, ::twin::value_of<U>(padParams.paddingValue).bits}, at);
}
template <typename T>
void DataCopyPad(const LocalTensor<T>& dst, const GlobalTensor<T>& src, const DataCopyParams& dataCopyParams, const DataCopyPadParams& padParams, TWIN_AT) {
    ::twin::copy_pad_in(dst.TwinRef(), src.TwinRef(), TwinBytes(dataCopyParams), {padParams.isPad, padParams.leftPadding, padParams.rightPadding, padParams.paddingValue}, at);
}
template <typename T> void DataCopyPad(const GlobalTensor<T>& dst, const LocalTensor<T>& src, const DataCopyExtParams& dataCopyParams, TWIN_AT) {
    ::twin::copy_pad_out(dst.TwinRef(), src.TwinRef(), dataCopyParams, at);
}
template <typename T> void DataCopyPad(const GlobalTensor<T>& dst, const LocalTensor<T>& src, const DataCopyParams& dataCopyParams, TWIN_AT) {
    ::twin::copy_pad_out(dst.TwinRef(), src.TwinRef(), TwinBytes(dataCopyParams), at);
}
template <typename T> void DataCopy(const GlobalTensor<T>& dst, const LocalTensor<T>& src, const Nz2NdParamsFull& intriParams, TWIN_AT) {
    ::twin::copy_nz2nd(dst.TwinRef(), src.TwinRef(), intriParams, at);
}
template <typename T, typename U> void DataCopy(const GlobalTensor<T>& dst, const LocalTensor<U>& src, const DataCopyCO12DstParams& intriParams, TWIN_AT) {
    ::twin::copy_sums(dst.TwinRef(), src.TwinRef(), intriParams, at);
}
template <typename T, typename U> void DataCopy(const LocalTensor<T>& dst, const LocalTensor<U>& src, const DataCopyCO12DstParams& intriParams, TWIN_AT) {
    ::twin::copy_sums(dst.TwinRef(), src.TwinRef(), intriParams, at);
}
// From UB into the L1 of the cube core beside it: the vendor's library does that for products of its own, through global memory. There is no such way on the chip.
template <typename T> void DataCopy(const LocalTensor<T>& dst, const LocalTensor<T>& src, const Nd2NzParams&, TWIN_AT) {
    ::twin::no_way(dst.TwinRef(), src.TwinRef(), "DataCopy nd2nz", at);
}
template <typename T> void DataCopyPad(const LocalTensor<T>& dst, const LocalTensor<T>& src, const DataCopyExtParams&, const Nd2NzParams&, TWIN_AT) {
    ::twin::no_way(dst.TwinRef(), src.TwinRef(), "DataCopyPad", at);
}
template <typename T> void DataCopyPad(const LocalTensor<T>& dst, const LocalTensor<T>& src, const DataCopyParams&, const Nd2NzParams&, TWIN_AT) {
    ::twin::no_way(dst.TwinRef(), src.TwinRef(), "DataCopyPad", at);
}
template <typename T, bool isSetMask = true>
void Copy(const LocalTensor<T>& dst, const LocalTensor<T>& src, const uint64_t mask, const uint8_t repeatTime, const CopyRepeatParams& repeatParams, TWIN_AT) {
    ::twin::copy_lanes(dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, mask, repeatTime), repeatParams, at);
}
template <typename T, bool isSetMask = true>
void Copy(const LocalTensor<T>& dst, const LocalTensor<T>& src, const uint64_t mask[], const uint8_t repeatTime, const CopyRepeatParams& repeatParams, TWIN_AT) {
    ::twin::copy_lanes(dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, mask, repeatTime), repeatParams, at);
}
}  // namespace AscendC
