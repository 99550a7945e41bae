// Kernels that give an instruction types or fields that it does not have, each on the line that says BAD.
#include "frame.h"

#define CUBE(name)                                                                         \
    KERNEL(name, KERNEL_TYPE_AIC_ONLY)                                                     \
        [[maybe_unused]] auto l1 = Take<TPosition::A1, half>(pipe, 4096);                  \
        [[maybe_unused]] auto l0a = Take<TPosition::A2, half>(pipe, 4096);                 \
        [[maybe_unused]] auto l0b = Take<TPosition::B2, half>(pipe, 4096);                 \
        [[maybe_unused]] auto sums = Take<TPosition::CO1, float>(pipe, 4096);

VECTOR(bad_vector_type_bf16)
    auto b = a.ReinterpretCast<bfloat16_t>();
    Add(b, b, b, 16);  // BAD
END
VECTOR(bad_vector_type_exp)
    auto b = a.ReinterpretCast<int32_t>();
    Exp(b, b, 8);  // BAD
END
VECTOR(bad_vector_type_reduce)
    auto b = a.ReinterpretCast<int32_t>();
    ReduceSum(b, b, b, 8);  // BAD
END
VECTOR(bad_cast_float_int8)
    Cast(a[64].ReinterpretCast<int8_t>(), a, RoundMode::CAST_RINT, 32);  // BAD
END
VECTOR(bad_cast_bf16_half)
    Cast(a[64].ReinterpretCast<half>(), a.ReinterpretCast<bfloat16_t>(), RoundMode::CAST_NONE, 32);  // BAD
END
VECTOR(bad_cast_rounding)
    Cast(a[64].ReinterpretCast<bfloat16_t>(), a, RoundMode::CAST_NONE, 32);  // BAD
END
VECTOR(bad_field_repeats)
    WholeReduceSum(a, a, 64, 256, 1, 1, 0);  // BAD
END
VECTOR(bad_field_mask)
    Adds(a, a, 1.0f, 65, 1, UnaryRepeatParams(1, 1, 8, 8));  // BAD
END
VECTOR(bad_field_blocks)
    DataCopyPad(a, gx, DataCopyExtParams(4096, 4, 0, 0, 0), DataCopyPadExtParams<float>());  // BAD
END
VECTOR(bad_field_padding)
    DataCopyPad(a, gx, DataCopyExtParams(1, 4, 0, 0, 0), DataCopyPadExtParams<float>(true, 0, 9, 0.0f));  // BAD
END
VECTOR(bad_field_compare)
    Duplicate(a, 1.0f, 64);
    SYNC_BARRIER(PIPE_V);
    CompareScalar(a[64].ReinterpretCast<uint8_t>(), a, 0.0f, CMPMODE::GT, 63);  // BAD
END
CUBE(bad_field_pitch)
    DataCopy(l1, At<half>(x), Nd2NzParams(1, 16, 16, 0, static_cast<uint16_t>(65536), 16, 1, 0));  // BAD
END
CUBE(bad_field_depth)
    Mmad(sums, l0a, l0b, MmadParams(16, 16, 4096, 0, false, true));  // BAD
END
CUBE(bad_field_transpose)
    LoadData2DParams p;
    p.repeatTimes = 1;
    p.ifTranspose = true;
    LoadData(l0b.ReinterpretCast<int8_t>(), l1.ReinterpretCast<int8_t>(), p);  // BAD
END
CUBE(bad_field_quantisation)
    Fixpipe(At<half>(x), sums, FixpipeParamsV220(16, 16, 16, 16, false));  // BAD
END
CUBE(bad_mmad_types)
    Mmad(sums, l0a.ReinterpretCast<bfloat16_t>(), l0b, MmadParams(16, 16, 16, 0, false, true));  // BAD
END
CUBE(bad_mmad_types_int8)
    Mmad(sums, l0a.ReinterpretCast<int8_t>(), l0b.ReinterpretCast<int8_t>(), MmadParams(16, 16, 32, 0, false, true));  // BAD
END
CUBE(bad_mmad_m)
    Mmad(sums, l0a, l0b, MmadParams(1, 16, 16, 0, false, true));  // BAD
END
CUBE(bad_core_vector)
    Duplicate(sums, 0.0f, 8);  // BAD
END
VECTOR(bad_core_cube)
    TBuf<TPosition::A1> buffer;
    pipe.InitBuffer(buffer, 512);  // BAD
END
