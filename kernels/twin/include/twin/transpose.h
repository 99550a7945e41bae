// Transposition in UB: a square of 16 x 16, sixteen blocks against each other, images.
#pragma once
#include "twin/tensor.h"

namespace AscendC {
template <typename T> void Transpose(const LocalTensor<T>& dst, const LocalTensor<T>& src, TWIN_AT) { ::twin::vector_transpose(dst.TwinRef(), src.TwinRef(), at); }
template <typename T> void Transpose(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<uint8_t>& sharedTmpBuffer, const TransposeParamsExt& transposeParams, TWIN_AT) {
    ::twin::transpose_image(dst.TwinRef(), src.TwinRef(), sharedTmpBuffer.TwinRef(), transposeParams, at);
}

template <typename T>
void TransDataTo5HD(const LocalTensor<T> (&dstList)[NCHW_CONV_ADDR_LIST_SIZE], const LocalTensor<T> (&srcList)[NCHW_CONV_ADDR_LIST_SIZE], const TransDataTo5HDParams& nchwconvParams, TWIN_AT) {
    ::twin::Ref to[NCHW_CONV_ADDR_LIST_SIZE], from[NCHW_CONV_ADDR_LIST_SIZE];
    for (int i = 0; i < NCHW_CONV_ADDR_LIST_SIZE; ++i) {
        to[i] = dstList[i].TwinRef();
        from[i] = srcList[i].TwinRef();
    }
    ::twin::transpose_blocks(::twin::type_of<T>(), to, from, nchwconvParams, at);
}
// Addresses in UB, which know nothing of where a buffer ends.
template <typename T> void TransDataTo5HD(uint64_t dstList[NCHW_CONV_ADDR_LIST_SIZE], uint64_t srcList[NCHW_CONV_ADDR_LIST_SIZE], const TransDataTo5HDParams& nchwconvParams, TWIN_AT) {
    ::twin::Ref to[NCHW_CONV_ADDR_LIST_SIZE], from[NCHW_CONV_ADDR_LIST_SIZE];
    for (int i = 0; i < NCHW_CONV_ADDR_LIST_SIZE; ++i) {
        to[i] = {::twin::Space::UB, ::twin::type_of<T>(), dstList[i], UINT64_MAX};
        from[i] = {::twin::Space::UB, ::twin::type_of<T>(), srcList[i], UINT64_MAX};
    }
    ::twin::transpose_blocks(::twin::type_of<T>(), to, from, nchwconvParams, at);
}
template <typename T> void TransDataTo5HD(const LocalTensor<uint64_t>& dst, const LocalTensor<uint64_t>& src, const TransDataTo5HDParams& nchwconvParams, TWIN_AT) {
    uint64_t to[NCHW_CONV_ADDR_LIST_SIZE], from[NCHW_CONV_ADDR_LIST_SIZE];
    for (uint32_t i = 0; i < NCHW_CONV_ADDR_LIST_SIZE; ++i) {
        to[i] = dst.GetValue(i, at);
        from[i] = src.GetValue(i, at);
    }
    TransDataTo5HD<T>(to, from, nchwconvParams, at);
}
}  // namespace AscendC
