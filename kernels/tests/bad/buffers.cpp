// Kernels that break a rule about buffers, each on the line that says BAD.
#include "frame.h"

#define CUBE(name) KERNEL(name, KERNEL_TYPE_AIC_ONLY)

VECTOR(bad_capacity_ub)
    Take<TPosition::VECIN, float>(pipe, 100 * 1024);
    TBuf<TPosition::VECCALC> buffer;
    pipe.InitBuffer(buffer, 92 * 1024);  // BAD
END
VECTOR(bad_capacity_buffers)
    TBuf<TPosition::VECCALC> buffer;
    for (int i = 0; i < 64; ++i) pipe.InitBuffer(buffer, 32);  // BAD
END
CUBE(bad_capacity_l1)
    TBuf<TPosition::A1> buffer;
    pipe.InitBuffer(buffer, 512 * 1024);  // BAD
END
CUBE(bad_capacity_l0a)
    TBuf<TPosition::A2> buffer;
    pipe.InitBuffer(buffer, 64 * 1024 + 32);  // BAD
END
CUBE(bad_capacity_l0b)
    TBuf<TPosition::B2> buffer;
    pipe.InitBuffer(buffer, 64 * 1024 + 32);  // BAD
END
CUBE(bad_capacity_l0c)
    TBuf<TPosition::CO1> buffer;
    pipe.InitBuffer(buffer, 128 * 1024 + 32);  // BAD
END
CUBE(bad_capacity_bias)
    TBuf<TPosition::C2> buffer;
    pipe.InitBuffer(buffer, 1024 + 32);  // BAD
END
VECTOR(bad_past_the_buffer)
    Duplicate(a, 0.0f, 1025);  // BAD
END
VECTOR(bad_alignment_vector)
    Duplicate(a[4], 0.0f, 8);  // BAD
END
VECTOR(bad_alignment_transfer)
    DataCopy(a, gx, 3);  // BAD
END
CUBE(bad_alignment_l0a)
    auto l1 = Take<TPosition::A1, half>(pipe, 4096);
    auto l0 = Take<TPosition::A2, half>(pipe, 4096);
    LoadData2DParams p;
    p.repeatTimes = 1;
    LoadData(l0[16], l1, p);  // BAD
END
CUBE(bad_alignment_l0c)
    auto l0a = Take<TPosition::A2, half>(pipe, 512);
    auto l0b = Take<TPosition::B2, half>(pipe, 512);
    auto sums = Take<TPosition::CO1, float>(pipe, 4096);
    Mmad(sums[16], l0a, l0b, MmadParams(16, 16, 16, 0, false, true));  // BAD
END
VECTOR(bad_uninitialised_vector)
    Duplicate(a, 1.0f, 8);
    SYNC_BARRIER(PIPE_V);
    Adds(a, a, 1.0f, 9);  // BAD
END
VECTOR(bad_uninitialised_filler)
    DataCopyPad(a, gx, DataCopyExtParams(1, 4, 0, 0, 0), DataCopyPadExtParams<float>());
    SYNC_SET(HardEvent::MTE2_V, 0);
    SYNC_WAIT(HardEvent::MTE2_V, 0);
    Adds(a, a, 1.0f, 2);  // BAD
END
VECTOR(bad_uninitialised_scalar)
    a.SetValue(1, a.GetValue(0));  // BAD
END
CUBE(bad_uninitialised_product)
    auto l0a = Take<TPosition::A2, half>(pipe, 512);
    auto l0b = Take<TPosition::B2, half>(pipe, 512);
    auto sums = Take<TPosition::CO1, float>(pipe, 1024);
    Mmad(sums, l0a, l0b, MmadParams(16, 16, 16, 0, false, true));
    SYNC_SET(HardEvent::M_FIX, 0);
    SYNC_WAIT(HardEvent::M_FIX, 0);
    Fixpipe(gx, sums, FixpipeParamsV220(16, 16, 16, 16, false));  // BAD
END
VECTOR(bad_gm_range)
    DataCopy(a, gx[1020], 8);  // BAD
END
VECTOR(bad_gm_range_scalar)
    gx.SetValue(1024, 0.0f);  // BAD
END
