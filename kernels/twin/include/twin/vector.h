// Vector arithmetic, conversions and fills: element by element over the lanes that a count or a mask names.
#pragma once
#include "twin/tensor.h"

namespace AscendC {
#define TWIN_BINARY(NAME)                                                                                                                              \
    template <typename T, bool isSetMask = true>                                                                                                       \
    void NAME(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const LocalTensor<T>& src1, uint64_t mask, const uint8_t repeatTime,              \
              const BinaryRepeatParams& p, TWIN_AT) {                                                                                                  \
        ::twin::vector_binary(::twin::Binary::NAME, dst.TwinRef(), src0.TwinRef(), src1.TwinRef(), ::twin::lanes_mask(isSetMask, mask, repeatTime),    \
                              {p.dstBlkStride, p.dstRepStride}, {p.src0BlkStride, p.src0RepStride}, {p.src1BlkStride, p.src1RepStride}, at);           \
    }                                                                                                                                                  \
    template <typename T, bool isSetMask = true>                                                                                                       \
    void NAME(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const LocalTensor<T>& src1, uint64_t mask[], const uint8_t repeatTime,            \
              const BinaryRepeatParams& p, TWIN_AT) {                                                                                                  \
        ::twin::vector_binary(::twin::Binary::NAME, dst.TwinRef(), src0.TwinRef(), src1.TwinRef(), ::twin::lanes_mask(isSetMask, mask, repeatTime),    \
                              {p.dstBlkStride, p.dstRepStride}, {p.src0BlkStride, p.src0RepStride}, {p.src1BlkStride, p.src1RepStride}, at);           \
    }                                                                                                                                                  \
    template <typename T>                                                                                                                              \
    void NAME(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const LocalTensor<T>& src1, const int32_t& count, TWIN_AT) {                      \
        ::twin::vector_binary(::twin::Binary::NAME, dst.TwinRef(), src0.TwinRef(), src1.TwinRef(), ::twin::lanes_count(count), {}, {}, {}, at);        \
    }
TWIN_BINARY(Add)
TWIN_BINARY(Sub)
TWIN_BINARY(Mul)
TWIN_BINARY(Div)
TWIN_BINARY(Max)
TWIN_BINARY(Min)
TWIN_BINARY(And)
TWIN_BINARY(Or)
TWIN_BINARY(FusedMulAdd)
#undef TWIN_BINARY

template <typename T, typename U, bool isSetMask = true>
void MulAddDst(const LocalTensor<T>& dst, const LocalTensor<U>& src0, const LocalTensor<U>& src1, uint64_t mask, const uint8_t repeatTime, const BinaryRepeatParams& p, TWIN_AT) {
    ::twin::vector_binary(::twin::Binary::MulAddDst, dst.TwinRef(), src0.TwinRef(), src1.TwinRef(), ::twin::lanes_mask(isSetMask, mask, repeatTime),
                          {p.dstBlkStride, p.dstRepStride}, {p.src0BlkStride, p.src0RepStride}, {p.src1BlkStride, p.src1RepStride}, at);
}
template <typename T, typename U, bool isSetMask = true>
void MulAddDst(const LocalTensor<T>& dst, const LocalTensor<U>& src0, const LocalTensor<U>& src1, const uint64_t mask[], const uint8_t repeatTime, const BinaryRepeatParams& p, TWIN_AT) {
    ::twin::vector_binary(::twin::Binary::MulAddDst, dst.TwinRef(), src0.TwinRef(), src1.TwinRef(), ::twin::lanes_mask(isSetMask, mask, repeatTime),
                          {p.dstBlkStride, p.dstRepStride}, {p.src0BlkStride, p.src0RepStride}, {p.src1BlkStride, p.src1RepStride}, at);
}
template <typename T, typename U> void MulAddDst(const LocalTensor<T>& dst, const LocalTensor<U>& src0, const LocalTensor<U>& src1, const int32_t& count, TWIN_AT) {
    ::twin::vector_binary(::twin::Binary::MulAddDst, dst.TwinRef(), src0.TwinRef(), src1.TwinRef(), ::twin::lanes_count(count), {}, {}, {}, at);
}
template <typename T, typename U, bool isSetMask = true>
void Axpy(const LocalTensor<T>& dst, const LocalTensor<U>& src, const U& scalarValue, uint64_t mask, const uint8_t repeatTime, const UnaryRepeatParams& p, TWIN_AT) {
    ::twin::vector_scalar(::twin::Scalar::Axpy, dst.TwinRef(), src.TwinRef(), ::twin::value_of(scalarValue), ::twin::lanes_mask(isSetMask, mask, repeatTime),
                          {p.dstBlkStride, p.dstRepStride}, {p.srcBlkStride, p.srcRepStride}, at);
}
template <typename T, typename U, bool isSetMask = true>
void Axpy(const LocalTensor<T>& dst, const LocalTensor<U>& src, const U& scalarValue, uint64_t mask[], const uint8_t repeatTime, const UnaryRepeatParams& p, TWIN_AT) {
    ::twin::vector_scalar(::twin::Scalar::Axpy, dst.TwinRef(), src.TwinRef(), ::twin::value_of(scalarValue), ::twin::lanes_mask(isSetMask, mask, repeatTime),
                          {p.dstBlkStride, p.dstRepStride}, {p.srcBlkStride, p.srcRepStride}, at);
}
template <typename T, typename U> void Axpy(const LocalTensor<T>& dst, const LocalTensor<U>& src, const U& scalarValue, const int32_t& count, TWIN_AT) {
    ::twin::vector_scalar(::twin::Scalar::Axpy, dst.TwinRef(), src.TwinRef(), ::twin::value_of(scalarValue), ::twin::lanes_count(count), {}, {}, at);
}

// A scalar of the element's type, or of one that is converted to it. Some functions name the rounding of a shift behind the strides; ROUND is what stands for it.
#define TWIN_SCALAR_OF(NAME, HEAD, VALUE, ROUND, CODE)                                                                                                 \
    template <HEAD, bool isSetMask = true> void NAME(const LocalTensor<T>& dst, const LocalTensor<T>& src, const VALUE& scalarValue, const int32_t& count, TWIN_AT) { \
        ::twin::vector_scalar(::twin::Scalar::NAME, dst.TwinRef(), src.TwinRef(), ::twin::value_of<T>(static_cast<T>(scalarValue)),                    \
                              ::twin::lanes_count(count), {}, {}, at);                                                                                 \
    }                                                                                                                                                  \
    template <HEAD, bool isSetMask = true>                                                                                                             \
    void NAME(const LocalTensor<T>& dst, const LocalTensor<T>& src, const VALUE& scalarValue, uint64_t mask, const uint8_t repeatTime,                 \
              const UnaryRepeatParams& p ROUND, TWIN_AT) {                                                                                             \
        ::twin::vector_scalar(CODE, dst.TwinRef(), src.TwinRef(), ::twin::value_of<T>(static_cast<T>(scalarValue)),                                    \
                              ::twin::lanes_mask(isSetMask, mask, repeatTime), {p.dstBlkStride, p.dstRepStride}, {p.srcBlkStride, p.srcRepStride}, at); \
    }                                                                                                                                                  \
    template <HEAD, bool isSetMask = true>                                                                                                             \
    void NAME(const LocalTensor<T>& dst, const LocalTensor<T>& src, const VALUE& scalarValue, uint64_t mask[], const uint8_t repeatTime,               \
              const UnaryRepeatParams& p ROUND, TWIN_AT) {                                                                                             \
        ::twin::vector_scalar(CODE, dst.TwinRef(), src.TwinRef(), ::twin::value_of<T>(static_cast<T>(scalarValue)),                                    \
                              ::twin::lanes_mask(isSetMask, mask, repeatTime), {p.dstBlkStride, p.dstRepStride}, {p.srcBlkStride, p.srcRepStride}, at); \
    }
#define TWIN_TWO typename T, typename U
#define TWIN_NONE
#define TWIN_SCALAR(NAME)                                                        \
    TWIN_SCALAR_OF(NAME, typename T, T, TWIN_NONE, ::twin::Scalar::NAME)         \
    TWIN_SCALAR_OF(NAME, TWIN_TWO, U, TWIN_NONE, ::twin::Scalar::NAME)
TWIN_SCALAR(Adds)
TWIN_SCALAR(Muls)
TWIN_SCALAR(Maxs)
TWIN_SCALAR(Mins)
TWIN_SCALAR(LeakyRelu)
TWIN_SCALAR(ShiftLeft)
#define TWIN_ROUND_OR_NOT , bool roundEn = false
#define TWIN_ROUND , bool roundEn
#define TWIN_SHIFT roundEn ? ::twin::Scalar::ShiftRightRound : ::twin::Scalar::ShiftRight
TWIN_SCALAR_OF(ShiftRight, typename T, T, TWIN_ROUND_OR_NOT, TWIN_SHIFT)
TWIN_SCALAR_OF(ShiftRight, TWIN_TWO, U, TWIN_ROUND, TWIN_SHIFT)
#undef TWIN_SHIFT
#undef TWIN_ROUND
#undef TWIN_ROUND_OR_NOT
#undef TWIN_SCALAR
#undef TWIN_NONE
#undef TWIN_TWO
#undef TWIN_SCALAR_OF
template <typename T, typename U> void ShiftLeft(const LocalTensor<T>&, const LocalTensor<T>&, const LocalTensor<U>&, const int32_t&, TWIN_AT) { ::twin::not_here("ShiftLeft by a tensor", at); }
template <typename T, typename U> void ShiftRight(const LocalTensor<T>&, const LocalTensor<T>&, const LocalTensor<U>&, const int32_t&, TWIN_AT) { ::twin::not_here("ShiftRight by a tensor", at); }

#define TWIN_UNARY(NAME)                                                                                                                               \
    template <typename T, bool isSetMask = true>                                                                                                       \
    void NAME(const LocalTensor<T>& dst, const LocalTensor<T>& src, uint64_t mask, const uint8_t repeatTime, const UnaryRepeatParams& p, TWIN_AT) {    \
        ::twin::vector_unary(::twin::Unary::NAME, dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, mask, repeatTime),                       \
                             {p.dstBlkStride, p.dstRepStride}, {p.srcBlkStride, p.srcRepStride}, at);                                                  \
    }                                                                                                                                                  \
    template <typename T, bool isSetMask = true>                                                                                                       \
    void NAME(const LocalTensor<T>& dst, const LocalTensor<T>& src, uint64_t mask[], const uint8_t repeatTime, const UnaryRepeatParams& p, TWIN_AT) {  \
        ::twin::vector_unary(::twin::Unary::NAME, dst.TwinRef(), src.TwinRef(), ::twin::lanes_mask(isSetMask, mask, repeatTime),                       \
                             {p.dstBlkStride, p.dstRepStride}, {p.srcBlkStride, p.srcRepStride}, at);                                                  \
    }                                                                                                                                                  \
    template <typename T> void NAME(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t& count, TWIN_AT) {                             \
        ::twin::vector_unary(::twin::Unary::NAME, dst.TwinRef(), src.TwinRef(), ::twin::lanes_count(count), {}, {}, at);                               \
    }
TWIN_UNARY(Exp)
TWIN_UNARY(Ln)
TWIN_UNARY(Abs)
TWIN_UNARY(Reciprocal)
TWIN_UNARY(Sqrt)
TWIN_UNARY(Rsqrt)
TWIN_UNARY(Relu)
TWIN_UNARY(Not)
#undef TWIN_UNARY

template <typename T, typename U, bool isSetMask = true>
void Cast(const LocalTensor<T>& dst, const LocalTensor<U>& src, const RoundMode& roundMode, const uint64_t mask, const uint8_t repeatTime, const UnaryRepeatParams& p, TWIN_AT) {
    ::twin::vector_cast(dst.TwinRef(), src.TwinRef(), roundMode, ::twin::lanes_mask(isSetMask, mask, repeatTime), {p.dstBlkStride, p.dstRepStride},
                        {p.srcBlkStride, p.srcRepStride}, at);
}
template <typename T, typename U, bool isSetMask = true>
void Cast(const LocalTensor<T>& dst, const LocalTensor<U>& src, const RoundMode& roundMode, const uint64_t mask[], const uint8_t repeatTime, const UnaryRepeatParams& p, TWIN_AT) {
    ::twin::vector_cast(dst.TwinRef(), src.TwinRef(), roundMode, ::twin::lanes_mask(isSetMask, mask, repeatTime), {p.dstBlkStride, p.dstRepStride},
                        {p.srcBlkStride, p.srcRepStride}, at);
}
template <typename T, typename U> void Cast(const LocalTensor<T>& dst, const LocalTensor<U>& src, const RoundMode& roundMode, const uint32_t count, TWIN_AT) {
    ::twin::vector_cast(dst.TwinRef(), src.TwinRef(), roundMode, ::twin::lanes_count(count), {}, {}, at);
}
inline void SetDeqScale(half scale) { ::twin::set_deq_scale(scale); }

template <typename T, bool isSetMask = true>
void Duplicate(const LocalTensor<T>& dst, const T& scalarValue, uint64_t mask, const uint8_t repeatTime, const uint16_t dstBlockStride, const uint8_t dstRepeatStride, TWIN_AT) {
    ::twin::vector_duplicate(dst.TwinRef(), ::twin::value_of<T>(scalarValue), ::twin::lanes_mask(isSetMask, mask, repeatTime), {dstBlockStride, dstRepeatStride}, at);
}
template <typename T, bool isSetMask = true>
void Duplicate(const LocalTensor<T>& dst, const T& scalarValue, uint64_t mask[], const uint8_t repeatTime, const uint16_t dstBlockStride, const uint8_t dstRepeatStride, TWIN_AT) {
    ::twin::vector_duplicate(dst.TwinRef(), ::twin::value_of<T>(scalarValue), ::twin::lanes_mask(isSetMask, mask, repeatTime), {dstBlockStride, dstRepeatStride}, at);
}
template <typename T> void Duplicate(const LocalTensor<T>& dst, const T& scalarValue, const int32_t& count, TWIN_AT) {
    ::twin::vector_duplicate(dst.TwinRef(), ::twin::value_of<T>(scalarValue), ::twin::lanes_count(count), {}, at);
}
template <typename T> void Brcb(const LocalTensor<T>& dst, const LocalTensor<T>& src, const uint8_t repeatTime, const BrcbRepeatParams& p, TWIN_AT) {
    ::twin::vector_brcb(dst.TwinRef(), src.TwinRef(), repeatTime, p.dstBlkStride, p.dstRepStride, at);
}
template <typename T> void CreateVecIndex(LocalTensor<T>& dst, const T& firstValue, uint64_t mask, uint8_t repeatTime, uint16_t dstBlkStride, uint8_t dstRepStride, TWIN_AT) {
    ::twin::vector_index(dst.TwinRef(), ::twin::value_of(firstValue), ::twin::lanes_mask(true, mask, repeatTime), {dstBlkStride, dstRepStride}, at);
}
template <typename T> void CreateVecIndex(LocalTensor<T>& dst, const T& firstValue, uint64_t mask[], uint8_t repeatTime, uint16_t dstBlkStride, uint8_t dstRepStride, TWIN_AT) {
    ::twin::vector_index(dst.TwinRef(), ::twin::value_of(firstValue), ::twin::lanes_mask(true, mask, repeatTime), {dstBlkStride, dstRepStride}, at);
}
template <typename T> void CreateVecIndex(LocalTensor<T> dst, const T& firstValue, uint32_t count, TWIN_AT) {
    ::twin::vector_index(dst.TwinRef(), ::twin::value_of(firstValue), ::twin::lanes_count(count), {}, at);
}

template <typename T> void SetMaskCount() { ::twin::mask_mode(true); }
inline void SetMaskCount() { ::twin::mask_mode(true); }
template <typename T> void SetMaskNorm() { ::twin::mask_mode(false); }
inline void SetMaskNorm() { ::twin::mask_mode(false); }
template <typename T, MaskMode mode = MaskMode::NORMAL> void SetVectorMask(const uint64_t maskHigh, const uint64_t maskLow) { ::twin::mask_register(maskHigh, maskLow); }
template <typename T, MaskMode mode = MaskMode::NORMAL> void SetVectorMask(int32_t len) {
    constexpr int32_t most = 256 / static_cast<int32_t>(sizeof(T));
    if constexpr (mode == MaskMode::COUNTER) ::twin::mask_register(0, static_cast<uint64_t>(len));
    else {
        int32_t lanes = len < most ? len : most;
        uint64_t low = lanes >= 64 ? ~uint64_t{0} : (uint64_t{1} << lanes) - 1;
        uint64_t high = lanes <= 64 ? 0 : lanes >= 128 ? ~uint64_t{0} : (uint64_t{1} << (lanes - 64)) - 1;
        ::twin::mask_register(high, low);
    }
}
template <bool isSetMask = true> void ResetMask() {
    if constexpr (isSetMask) ::twin::mask_register(~uint64_t{0}, ~uint64_t{0});
}
}  // namespace AscendC
