// Section 10 of the API: comparing, selecting, gathering, sorting, transposing.
#include "../bad/frame.h"

#define THEN PipeBarrier<PIPE_V>()
#define RESULT(number, tensor)                   \
    SetFlag<HardEvent::V_MTE3>(0);               \
    WaitFlag<HardEvent::V_MTE3>(0);              \
    DataCopy(gy[(number) * 64], tensor, static_cast<uint32_t>(64)); \
    SetFlag<HardEvent::MTE3_V>(0);               \
    WaitFlag<HardEvent::MTE3_V>(0)
#define LOADED                                   \
    SetFlag<HardEvent::MTE2_V>(0);               \
    WaitFlag<HardEvent::MTE2_V>(0)

// a and b: the first 128 floats of x.
KERNEL(api_select, KERNEL_TYPE_AIV_ONLY)
    auto room = Take<TPosition::VECCALC, float>(pipe, 8192);
    const LocalTensor<float> a = room[0], b = room[64], d = room[128];
    const LocalTensor<uint8_t> less = room[192].ReinterpretCast<uint8_t>();
    const uint64_t fixed[2] = {~uint64_t{0}, 0};
    uint64_t bits[2] = {~uint64_t{0}, 0};
    const uint64_t mask = 64;
    const BinaryRepeatParams two(1, 1, 1, 8, 8, 8);
    const UnaryRepeatParams one(1, 1, 8, 8);
    DataCopy(a, gx, static_cast<uint32_t>(128));
    Duplicate(d, 0.0f, 64);
    Duplicate(room[192], 0.0f, 64);
    LOADED;
    THEN;
    // Into the mask of comparisons, out of it, into it, and a selection by it.
    Compare(a, b, CMPMODE::LT, fixed, two), THEN;
    Compare(a, b, CMPMODE::LT, mask, two), THEN;
    GetCmpMask(less), THEN;
    SetCmpMask(less), THEN;
    SetVectorMask<float>(0, ~uint64_t{0});
    Select<float, SELMODE::VSEL_CMPMASK_SPR>(d, a, b, 1, two), THEN;
    RESULT(0, d);
    // The mask of comparisons holds where the bits lie.
    const LocalTensor<uint64_t> where = room[256].ReinterpretCast<uint64_t>();
    where.SetValue(0, less.GetPhyAddr());
    where.SetValue(1, 0);
    SetFlag<HardEvent::S_V>(0);
    WaitFlag<HardEvent::S_V>(0);
    SetCmpMask(where), THEN;
    Select<float, SELMODE::VSEL_TENSOR_TENSOR_MODE>(d, b, a, 1, two), THEN;
    RESULT(1, d);
    // It holds a scalar.
    Duplicate(room[256], -1.0f, 8), THEN;
    SetCmpMask(room[256]), THEN;
    Select(d, less, a, 1, two), THEN;
    RESULT(2, d);
    Compare(less, a, b, CMPMODE::GE, mask, 1, two), THEN;
    Compare(less, a, b, CMPMODE::GE, fixed, 1, two), THEN;
    Compare(less, a, b, CMPMODE::GE, static_cast<uint32_t>(64)), THEN;
    Select(d, less, a, b, SELMODE::VSEL_TENSOR_TENSOR_MODE, mask, 1, two), THEN;
    Select(d, less, a, b, SELMODE::VSEL_CMPMASK_SPR, bits, 1, two), THEN;
    Select(d, less, a, b, SELMODE::VSEL_TENSOR_TENSOR_MODE, static_cast<uint32_t>(64)), THEN;
    CompareScalar(less, a, 3.0f, CMPMODE::GT, mask, 1, one), THEN;
    CompareScalar(less, a, 3.0f, CMPMODE::GT, fixed, 1, one), THEN;
    CompareScalar(less, a, 3.0f, CMPMODE::GT, static_cast<uint32_t>(64)), THEN;
    Select(d, less, a, 0.0f, SELMODE::VSEL_TENSOR_SCALAR_MODE, mask, 1, two), THEN;
    Select(d, less, a, 0.0f, SELMODE::VSEL_TENSOR_SCALAR_MODE, bits, 1, two), THEN;
    Select(d, less, a, 0.0f, SELMODE::VSEL_TENSOR_SCALAR_MODE, static_cast<uint32_t>(64)), THEN;
    RESULT(3, d);
END

// Backwards: elements, blocks of 32 bytes; and to where they came from.
KERNEL(api_gather, KERNEL_TYPE_AIV_ONLY)
    auto room = Take<TPosition::VECCALC, float>(pipe, 8192);
    const LocalTensor<float> a = room[0], d = room[64];
    const LocalTensor<uint32_t> offsets = room[128].ReinterpretCast<uint32_t>(), blocks = room[192].ReinterpretCast<uint32_t>();
    const uint64_t fixed[2] = {~uint64_t{0}, 0};
    const uint64_t mask = 64;
    DataCopy(a, gx, static_cast<uint32_t>(64));
    LocalTensor<int32_t> index = room[256].ReinterpretCast<int32_t>();
    CreateVecIndex(index, 0, static_cast<uint32_t>(64)), THEN;
    Muls(index, index, -4, 64), THEN;
    Adds(offsets.ReinterpretCast<int32_t>(), index, 252, 64), THEN;
    Muls(index, index, 8, 8), THEN;
    Adds(blocks.ReinterpretCast<int32_t>(), index, 224, 8);
    LOADED;
    THEN;
    Gather(d, a, offsets, 0, static_cast<uint32_t>(64)), THEN;
    Gather(d, a, offsets, 0, mask, 1, 8), THEN;
    Gather(d, a, offsets, 0, fixed, 1, 8), THEN;
    RESULT(0, d);
    Gatherb(d.ReinterpretCast<uint32_t>(), a.ReinterpretCast<uint32_t>(), blocks, 1, GatherRepeatParams(1, 8)), THEN;
    RESULT(1, d);
    Scatter(d, a, offsets, 0, static_cast<uint32_t>(64)), THEN;
    Scatter(d, a, offsets, 0, mask, 1, 8), THEN;
    Scatter(d, a, offsets, 0, fixed, 1, 8), THEN;
    RESULT(2, d);
    uint64_t kept = 0;
    Duplicate(d, 0.0f, 64);
    Duplicate(blocks, 0x0000FFFFu, 8), THEN;
    GatherMask(d, a, blocks, true, 64, GatherMaskParams(1, 1, 8, 0), kept), THEN;
    GatherMask<float>(d[32], a, static_cast<uint8_t>(2), false, 0, GatherMaskParams(1, 1, 8, 0), kept), THEN;
    RESULT(3, d);
END

// 160 scores with their places; y: sorted runs of 32, all sorted, merged until a list is exhausted, and what that took of each.
KERNEL(api_sort, KERNEL_TYPE_AIV_ONLY)
    auto room = Take<TPosition::VECCALC, float>(pipe, 16384);
    constexpr int32_t RUNS = 5, COUNT = 32 * RUNS;
    const LocalTensor<float> scores = room[0], values = room[192], pairs = room[576], back = room[1536];
    const LocalTensor<uint32_t> index = room[384].ReinterpretCast<uint32_t>(), places = room[1344].ReinterpretCast<uint32_t>();
    LocalTensor<float> work = room[1024], concat;
    LocalTensor<int32_t> numbers = index.ReinterpretCast<int32_t>();
    DataCopy(scores, gx, static_cast<uint32_t>(COUNT));
    CreateVecIndex(numbers, 0, static_cast<uint32_t>(COUNT));
    LOADED;
    THEN;
    Concat(concat, scores, work, RUNS);
    Sort<float, false>(pairs, concat, index, work, RUNS), THEN;
    Extract(values, places, pairs, RUNS), THEN;
    SetFlag<HardEvent::V_MTE3>(0);
    WaitFlag<HardEvent::V_MTE3>(0);
    DataCopy(gy, values, static_cast<uint32_t>(COUNT));
    Sort32(pairs, scores, index, RUNS), THEN;
    const uint16_t lengths[4] = {32, 32, 32, 0};
    uint32_t taken[4];
    const MrgSortSrcList<float> lists(pairs, pairs[64], pairs[128], pairs[192]);
    MrgSort(back, lists, MrgSort4Info(lengths, true, 7, 1)), THEN;
    uint16_t first, second, third, fourth;
    GetMrgSortResult(first, second, third, fourth);
    MrgSort<float, true>(back, lists, lengths, taken, 7, 1), THEN;
    SetFlag<HardEvent::V_MTE3>(0);
    WaitFlag<HardEvent::V_MTE3>(0);
    const bool told = taken[0] == first && taken[1] == second && taken[2] == third && fourth == 0;
    const uint32_t all = taken[0] + taken[1] + taken[2];
    DataCopyPad(gy[400], back, DataCopyExtParams(1, static_cast<uint32_t>(all * 8), 0, 0, 0));
    SetFlag<HardEvent::MTE3_V>(1);
    WaitFlag<HardEvent::MTE3_V>(1);
    MrgSort<float>(back, lists, lengths, taken, 7, 1), THEN;
    work.SetValue(0, told && taken[0] == 32 ? static_cast<float>(all) : -1.0f);
    SetFlag<HardEvent::S_MTE3>(0);
    WaitFlag<HardEvent::S_MTE3>(0);
    DataCopyPad(gy[600], work, DataCopyExtParams(1, 4, 0, 0, 0));
    PipeBarrier<PIPE_ALL>();
    Sort<float, true>(pairs, concat, index, work, RUNS), THEN;
    Extract(values, places, pairs, RUNS), THEN;
    SetFlag<HardEvent::V_MTE3>(0);
    WaitFlag<HardEvent::V_MTE3>(0);
    DataCopy(gy[192], values, static_cast<uint32_t>(COUNT));
    DataCopy(At<uint32_t>(y)[640], places, static_cast<uint32_t>(COUNT));
END

// x: 16 x 16 of f16, then 16 x 8 of f32, then 16 blocks of 32 bytes. y: each transposed.
KERNEL(api_transpose, KERNEL_TYPE_AIV_ONLY)
    auto room = Take<TPosition::VECCALC, float>(pipe, 16384);
    const LocalTensor<half> square = room[0].ReinterpretCast<half>(), turned = room[128].ReinterpretCast<half>();
    const LocalTensor<float> tall = room[256], wide = room[384];
    const LocalTensor<uint8_t> bytes = room[512].ReinterpretCast<uint8_t>(), halves = room[640].ReinterpretCast<uint8_t>();
    const LocalTensor<float> image = room[768], channels_last = room[896], again = room[1024];
    const LocalTensor<uint8_t> work = Take<TPosition::VECCALC, uint8_t>(pipe, 4096);
    DataCopy(room, gx, static_cast<uint32_t>(128));
    DataCopy(tall, gx[128], static_cast<uint32_t>(128));
    DataCopy(bytes, At<uint8_t>(x)[1024], static_cast<uint32_t>(512));
    DataCopy(image, gx[128], static_cast<uint32_t>(128));
    Duplicate(room[640], 0.0f, 128);
    LOADED;
    THEN;
    Transpose(turned, square), THEN;
    Transpose(turned, square, work, TransposeParamsExt(1, 16, 16, 16, TransposeType::TRANSPOSE_ND2ND_B16)), THEN;
    LocalTensor<half> to[NCHW_CONV_ADDR_LIST_SIZE], from[NCHW_CONV_ADDR_LIST_SIZE];
    LocalTensor<float> wide_list[NCHW_CONV_ADDR_LIST_SIZE], tall_list[NCHW_CONV_ADDR_LIST_SIZE];
    uint64_t to_places[NCHW_CONV_ADDR_LIST_SIZE], from_places[NCHW_CONV_ADDR_LIST_SIZE];
    const LocalTensor<uint64_t> to_list = room[2048].ReinterpretCast<uint64_t>(), from_list = room[2080].ReinterpretCast<uint64_t>();
    for (uint32_t i = 0; i < NCHW_CONV_ADDR_LIST_SIZE; ++i) {
        to[i] = turned[i * 16];
        from[i] = square[i * 16];
        wide_list[i] = wide[i * 8];
        tall_list[i] = tall[i * 8];
        to_places[i] = halves[i * 32].GetPhyAddr();
        from_places[i] = bytes[i * 32].GetPhyAddr();
        to_list.SetValue(i, to_places[i]);
        from_list.SetValue(i, from_places[i]);
    }
    TransDataTo5HD(to, from, TransDataTo5HDParams(false, false, 1, 0, 0)), THEN;
    TransDataTo5HD(wide_list, tall_list, TransDataTo5HDParams()), THEN;
    // The low halves to the high ones, and the other way around.
    TransDataTo5HD<uint8_t>(to_places, from_places, TransDataTo5HDParams(true, false, 1, 0, 0)), THEN;
    TransDataTo5HD<uint8_t>(to_list, from_list, TransDataTo5HDParams(false, true, 1, 0, 0)), THEN;
    // 2 images of 4 channels of 2 x 8, and back.
    Transpose(channels_last, image, work, TransposeParamsExt(2, 4, 2, 8, TransposeType::TRANSPOSE_NCHW2NHWC)), THEN;
    Transpose(again, channels_last, work, TransposeParamsExt(2, 4, 2, 8, TransposeType::TRANSPOSE_NHWC2NCHW)), THEN;
    SetFlag<HardEvent::V_MTE3>(0);
    WaitFlag<HardEvent::V_MTE3>(0);
    DataCopy(gy, room[128], static_cast<uint32_t>(128));
    DataCopy(gy[128], wide, static_cast<uint32_t>(128));
    DataCopy(gy[256], room[640], static_cast<uint32_t>(128));
    DataCopy(gy[384], channels_last, static_cast<uint32_t>(256));
END
