// Kernels that break rules of registers, sorting, gathering and transposing, each on the line that says BAD.
#include "frame.h"

// `a` holds ones.
#define ONES(name)                     \
    VECTOR(name)                       \
        Duplicate(a, 1.0f, 1024);      \
        PipeBarrier<PIPE_V>();

VECTOR(bad_chip_shift)
    auto b = a.ReinterpretCast<int32_t>();
    ShiftLeft(b, b, b, 8);  // BAD
END
ONES(bad_field_shift)
    auto b = a.ReinterpretCast<int32_t>();
    ShiftLeft(b, b, 33, 8);  // BAD
END
VECTOR(bad_way_nd2nz)
    DataCopy(a, a, Nd2NzParams(1, 16, 16, 0, 16, 16, 1, 0));  // BAD
END
VECTOR(bad_way_pad)
    DataCopyPad(a, a, DataCopyExtParams(1, 32, 0, 0, 0), Nd2NzParams(1, 16, 16, 0, 16, 16, 1, 0));  // BAD
END
VECTOR(bad_field_nz2nd)
    DataCopy(gy, a, Nz2NdParamsFull(1, 4, 8, 1, 4, 8, 1));  // BAD
END
VECTOR(bad_field_nz2nd_rows)
    DataCopy(gy, a, Nz2NdParamsFull(1, 0, 16, 1, 4, 16, 1));  // BAD
END
ONES(bad_vector_type_gatherb)
    auto b = a.ReinterpretCast<half>();
    Gatherb(b[512], b, a.ReinterpretCast<uint32_t>(), 1, GatherRepeatParams(1, 8));  // BAD
END
ONES(bad_field_gatherb)
    auto b = a.ReinterpretCast<uint32_t>();
    Gatherb(b, b, b[512], 1, GatherRepeatParams(1, 8));  // BAD
END
ONES(bad_alignment_gatherb)
    auto b = a.ReinterpretCast<uint32_t>();
    Duplicate(b[512], 16u, 8);
    PipeBarrier<PIPE_V>();
    Gatherb(b[256], b, b[512], 1, GatherRepeatParams(1, 8));  // BAD
END
ONES(bad_alignment_cmp_mask)
    SetCmpMask(a[2]);  // BAD
END
ONES(bad_field_select_mode)
    Select<float, SELMODE::VSEL_TENSOR_SCALAR_MODE>(a, a[64], a[128], 1, BinaryRepeatParams(1, 1, 1, 8, 8, 8));  // BAD
END
VECTOR(bad_uninitialised_select)
    Duplicate(a, 0.0f, 256);
    PipeBarrier<PIPE_V>();
    Duplicate(a.ReinterpretCast<uint32_t>(), 2048u, 1);
    PipeBarrier<PIPE_V>();
    SetCmpMask(a);
    PipeBarrier<PIPE_V>();
    Select<float, SELMODE::VSEL_TENSOR_TENSOR_MODE>(a, a[64], a[128], 1, BinaryRepeatParams(1, 1, 1, 8, 8, 8));  // BAD
END
ONES(bad_field_no_merge)
    uint16_t n[4];
    GetMrgSortResult(n[0], n[1], n[2], n[3]);  // BAD
END
ONES(bad_field_no_extreme)
    float most;
    GetReduceMaxMinCount(most);  // BAD
END
ONES(bad_field_merge)
    const uint16_t lengths[4] = {4, 4, 4, 4};
    MrgSort(a[512], MrgSortSrcList<float>(a, a[8], a[16], a[24]), MrgSort4Info(lengths, true, 15, 2));  // BAD
END
ONES(bad_uninitialised_merge)
    const uint16_t lengths[4] = {4, 4, 4, 4};
    LocalTensor<float> fresh = Take<TPosition::VECCALC, float>(pipe, 256);
    MrgSort(fresh, MrgSortSrcList<float>(a, a[8], a[16], a[24]), MrgSort4Info(lengths, true, 15, 1));
    PipeBarrier<PIPE_V>();
    Adds(a[512], fresh, 1.0f, 16);  // BAD
END
ONES(bad_vector_type_transpose)
    LocalTensor<bfloat16_t> list[NCHW_CONV_ADDR_LIST_SIZE];
    for (uint32_t i = 0; i < NCHW_CONV_ADDR_LIST_SIZE; ++i) list[i] = a.ReinterpretCast<bfloat16_t>()[i * 16];
    TransDataTo5HD(list, list, TransDataTo5HDParams());  // BAD
END
ONES(bad_capacity_transpose)
    LocalTensor<float> list[NCHW_CONV_ADDR_LIST_SIZE];
    for (uint32_t i = 0; i < NCHW_CONV_ADDR_LIST_SIZE; ++i) list[i] = a[i * 8];
    TransDataTo5HD(list, list, TransDataTo5HDParams(false, false, 2, 1, 1016));  // BAD
END
ONES(bad_field_transpose_type)
    Transpose(a, a[512], a[256].ReinterpretCast<uint8_t>(), TransposeParamsExt(1, 4, 2, 8, TransposeType::TRANSPOSE_ND_UB_GM));  // BAD
END
ONES(bad_alignment_image)
    Transpose(a, a[512], a[256].ReinterpretCast<uint8_t>(), TransposeParamsExt(1, 4, 1, 7, TransposeType::TRANSPOSE_NCHW2NHWC));  // BAD
END
VECTOR(bad_capacity_allocator)
    LocalMemAllocator<Hardware::UB> room;
    room.Alloc<TPosition::VECCALC, float>(65536);  // BAD
END
