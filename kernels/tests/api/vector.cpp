// Sections 6 to 9 and 11 of the API: vector arithmetic, conversions, reductions, masks. Every function is called with every list of parameters it has.
//
// x is 64 floats of 1 and 64 of 4. What a function computes is the business of the kernels' tests; here each call is accepted, and a few results are looked at.
#include "../bad/frame.h"

// The next call may use what the last one wrote.
#define THEN PipeBarrier<PIPE_V>()
#define VECTORS(name)                                                                      \
    KERNEL(name, KERNEL_TYPE_AIV_ONLY)                                                     \
        auto room = Take<TPosition::VECCALC, float>(pipe, 16384);                          \
        [[maybe_unused]] const LocalTensor<float> a = room[0], b = room[64], d = room[128]; \
        [[maybe_unused]] const LocalTensor<half> ha = room[256].ReinterpretCast<half>(), hb = room[320].ReinterpretCast<half>(), hd = room[384].ReinterpretCast<half>(); \
        [[maybe_unused]] const LocalTensor<int16_t> sa = room[512].ReinterpretCast<int16_t>(), sb = room[576].ReinterpretCast<int16_t>(), sd = room[640].ReinterpretCast<int16_t>(); \
        [[maybe_unused]] const LocalTensor<int32_t> ia = room[768].ReinterpretCast<int32_t>(), ib = room[832].ReinterpretCast<int32_t>(), id = room[896].ReinterpretCast<int32_t>(); \
        DataCopy(a, gx, static_cast<uint32_t>(128));                                       \
        Duplicate(d, 1.0f, 64);                                                            \
        Duplicate(ha, half(1.0f), 384);                                                    \
        Duplicate(sa, static_cast<int16_t>(3), 384);                                       \
        Duplicate(ia, 5, 192);                                                             \
        SetFlag<HardEvent::MTE2_V>(0);                                                     \
        WaitFlag<HardEvent::MTE2_V>(0);                                                    \
        [[maybe_unused]] const uint64_t mask = 64;                                         \
        [[maybe_unused]] uint64_t bits[2] = {~uint64_t{0}, 0};                             \
        [[maybe_unused]] const uint8_t times = 1;                                          \
        [[maybe_unused]] const int32_t count = 64;                                         \
        [[maybe_unused]] const BinaryRepeatParams two(1, 1, 1, 8, 8, 8);                   \
        [[maybe_unused]] const UnaryRepeatParams one(1, 1, 8, 8);                          \
        THEN;
#define RESULT(number, tensor)                   \
    SetFlag<HardEvent::V_MTE3>(0);               \
    WaitFlag<HardEvent::V_MTE3>(0);              \
    DataCopy(gy[(number) * 64], tensor, static_cast<uint32_t>(64)); \
    SetFlag<HardEvent::MTE3_V>(0);               \
    WaitFlag<HardEvent::MTE3_V>(0)

#define BINARY(NAME, d, a, b)               \
    NAME(d, a, b, mask, times, two), THEN;  \
    NAME(d, a, b, bits, times, two), THEN;  \
    NAME(d, a, b, count), THEN
VECTORS(api_binary)
    BINARY(Sub, d, a, b);
    BINARY(Mul, d, a, b);
    BINARY(Div, d, a, b);
    BINARY(Max, d, a, b);
    BINARY(Min, d, a, b);
    BINARY(And, sd, sa, sb);
    BINARY(Or, sd, sa, sb);
    BINARY(MulAddDst, d, a, b);
    BINARY(MulAddDst, d, ha, hb);
    BINARY(FusedMulAdd, d, a, b);
    Axpy(d, a, 2.0f, mask, times, one), THEN;
    Axpy(d, a, 2.0f, bits, times, one), THEN;
    Axpy(d, ha, half(2.0f), count), THEN;
    BINARY(Add, id, ia, ib);
    BINARY(Add, hd, ha, hb);
    BINARY(Add, d, a, b);
    RESULT(0, d);
END

// With a scalar of the element's type, of another, and with both types named.
#define SCALAR(NAME, d, a, value, other, T)               \
    NAME(d, a, value, count), THEN;                       \
    NAME(d, a, value, mask, times, one), THEN;            \
    NAME(d, a, value, bits, times, one), THEN;            \
    NAME(d, a, other, count), THEN;                       \
    NAME(d, a, other, mask, times, one), THEN;            \
    NAME(d, a, other, bits, times, one), THEN;            \
    NAME<T>(d, a, other, count), THEN;                    \
    NAME<T, decltype(other)>(d, a, other, count), THEN
VECTORS(api_scalar)
    SCALAR(Muls, d, a, 2.0f, 2, float);
    SCALAR(Maxs, d, a, 2.0f, 2, float);
    SCALAR(Mins, d, a, 2.0f, 2, float);
    SCALAR(LeakyRelu, d, a, 0.5f, 1, float);
    SCALAR(ShiftLeft, id, ia, 2, static_cast<uint16_t>(2), int32_t);
    ShiftRight(id, ia, 1, count), THEN;
    ShiftRight(id, ia, 1, mask, times, one), THEN;
    ShiftRight(id, ia, 1, bits, times, one), THEN;
    ShiftRight(id, ia, static_cast<uint16_t>(1), count), THEN;
    ShiftRight(id, ia, static_cast<uint16_t>(1), mask, times, one, false), THEN;
    ShiftRight(id, ia, static_cast<uint16_t>(1), bits, times, one, false), THEN;
    // 5 / 2, rounded up from the half.
    ShiftRight(id, ia, 1, bits, times, one, true), THEN;
    ShiftRight(id, ia, 1, mask, times, one, true), THEN;
    SCALAR(Adds, hd, ha, half(1.0f), 1.0f, half);
    SCALAR(Adds, d, a, 2.0f, 2, float);
    RESULT(0, d);
    RESULT(1, id.ReinterpretCast<float>());
END

#define UNARY(NAME, d, a)               \
    NAME(d, a, mask, times, one), THEN; \
    NAME(d, a, bits, times, one), THEN; \
    NAME(d, a, count), THEN
VECTORS(api_unary)
    UNARY(Exp, d, a);
    UNARY(Ln, d, a);
    UNARY(Abs, d, a);
    UNARY(Reciprocal, d, a);
    UNARY(Sqrt, hd, ha);
    UNARY(Rsqrt, d, b);
    UNARY(Relu, d, a);
    UNARY(Not, sd, sa);
    Cast(hd, a, RoundMode::CAST_RINT, mask, times, UnaryRepeatParams(1, 1, 4, 8)), THEN;
    const uint64_t fixed[2] = {~uint64_t{0}, 0};
    Cast(id, a, RoundMode::CAST_TRUNC, fixed, times, one), THEN;
    SetDeqScale(half(1.0f));
    Cast(hd, id, RoundMode::CAST_NONE, static_cast<uint32_t>(count)), THEN;
    Duplicate(id, 6, mask, times, static_cast<uint16_t>(1), static_cast<uint8_t>(8)), THEN;
    Duplicate(id, 6, bits, times, static_cast<uint16_t>(1), static_cast<uint8_t>(8)), THEN;
    Duplicate(d.ReinterpretCast<bfloat16_t>(), bfloat16_t{0x3F80}, count), THEN;
    Brcb(d, b, times, BrcbRepeatParams(1, 8)), THEN;
    LocalTensor<int32_t> index = id;
    CreateVecIndex(index, 1, bits, times, static_cast<uint16_t>(1), static_cast<uint8_t>(8)), THEN;
    CreateVecIndex(index, 1, mask, times, static_cast<uint16_t>(1), static_cast<uint8_t>(8)), THEN;
    CreateVecIndex(index, 10, static_cast<uint32_t>(count)), THEN;
    UNARY(Sqrt, d, b);
    RESULT(0, d);
    RESULT(1, id.ReinterpretCast<float>());
END

#define WHOLE(NAME, ...)                             \
    NAME(d, a, 64, 1, 1, 1, 8, ##__VA_ARGS__), THEN; \
    NAME(d, a, fixed, 1, 1, 1, 8, ##__VA_ARGS__), THEN
#define BLOCKS(NAME)                    \
    NAME(d, a, 1, 64, 1, 1, 8), THEN;   \
    NAME(d, a, 1, fixed, 1, 1, 8), THEN
VECTORS(api_reduce)
    const uint64_t fixed[2] = {~uint64_t{0}, 0};
    const LocalTensor<float> work = room[1024];
    ReduceSum(d, a, work, count), THEN;
    ReduceSum(d, a, work, 64, 2, 8), THEN;
    ReduceSum(d, a, work, fixed, 2, 8), THEN;
    ReduceMax(d, a, work, count), THEN;
    ReduceMax(d, a, work, 64, 2, 8, true), THEN;
    ReduceMin(d, a, work, count, true), THEN;
    ReduceMin(d, a, work, 64, 2, 8, true), THEN;
    ReduceMin(d, a, work, fixed, 2, 8), THEN;
    WHOLE(WholeReduceSum);
    WHOLE(WholeReduceMax);
    WHOLE(WholeReduceMax, ReduceOrder::ORDER_INDEX_VALUE);
    WHOLE(WholeReduceMin);
    BLOCKS(BlockReduceSum);
    BLOCKS(BlockReduceMax);
    BLOCKS(PairReduceSum);
    RepeatReduceSum(d, a, 1, 64, 1, 1, 8, 8), THEN;
    // The largest of x is the first 4.
    ReduceMax(d, a, work, fixed, 2, 8, true), THEN;
    float most, place;
    GetReduceMaxMinCount(most);
    GetReduceMaxMinCount(most, place);
    uint32_t index;
    __builtin_memcpy(&index, &place, sizeof(index));
    Duplicate(room[1096], 0.0f, 8);
    SetFlag<HardEvent::V_S>(0);
    WaitFlag<HardEvent::V_S>(0);
    room.SetValue(1100, most);
    room.SetValue(1101, static_cast<float>(index));
    SetFlag<HardEvent::S_MTE3>(0);
    WaitFlag<HardEvent::S_MTE3>(0);
    DataCopyPad(gy, room[1096], DataCopyExtParams(1, 32, 0, 0, 0));
END

// Under a register of lanes, and under a count.
VECTORS(api_masks)
    SetMaskNorm();
    SetMaskNorm<float>();
    SetVectorMask<float, MaskMode::NORMAL>(0, 0x5555555555555555);
    Add<float, false>(d, a, b, mask, times, two), THEN;
    RESULT(0, d);
    SetVectorMask<float>(static_cast<int32_t>(8));
    Muls<float, false>(d, b, 10.0f, mask, times, one), THEN;
    RESULT(1, d);
    SetMaskCount();
    SetMaskCount<float>();
    SetVectorMask<float, MaskMode::COUNTER>(static_cast<int32_t>(100));
    Adds<float, false>(a, a, 1.0f, mask, times, one), THEN;
    SetMaskNorm();
    ResetMask();
    ResetMask<true>();
    RESULT(2, a);
    RESULT(3, b);
END
