// Kernels that ask the cube core for what it does not have, each on the line that says BAD.
#include "frame.h"

#define CUBE(name)                                                                         \
    KERNEL(name, KERNEL_TYPE_AIC_ONLY)                                                     \
        [[maybe_unused]] auto l1 = Take<TPosition::A1, half>(pipe, 16384);                 \
        [[maybe_unused]] auto l0a = Take<TPosition::A2, half>(pipe, 4096);                 \
        [[maybe_unused]] auto l0b = Take<TPosition::B2, half>(pipe, 4096);                 \
        [[maybe_unused]] auto sums = Take<TPosition::CO1, float>(pipe, 4096);              \
        InitConstValue(l0a, InitConstValueParams<half>(1, 4, 0, half(1.0f)));              \
        InitConstValue(l0b, InitConstValueParams<half>(1, 4, 0, half(1.0f)));              \
        SetFlag<HardEvent::MTE1_M>(0);                                                     \
        WaitFlag<HardEvent::MTE1_M>(0);

CUBE(bad_chip_load_2d)
    LoadData(l0a, l1, LoadData2DParamsV2());  // BAD
END
CUBE(bad_chip_load_2d_global)
    LoadData(l1, At<half>(x), LoadData2DParamsV2());  // BAD
END
CUBE(bad_chip_load_3d)
    LoadData(l0a, l1, LoadData3DParamsV1<half>());  // BAD
END
CUBE(bad_chip_load_transpose)
    LoadDataWithTranspose(l0a, l1, LoadData2dTransposeParamsV2());  // BAD
END
CUBE(bad_core_load_global)
    LoadData(sums, gx, LoadData2DParams(0, 1, 1, 0, 0, false, 0));  // BAD
END
CUBE(bad_field_load_global)
    LoadData(l1, At<half>(x), LoadData2DParams(0, 1, 1, 0, 0, true, 0));  // BAD
END
CUBE(bad_field_no_image)
    LoadData(l0a, l1, LoadData3DParamsV2Pro());  // BAD
END
CUBE(bad_field_image)
    const uint8_t none[4] = {0, 0, 0, 0};
    SetFmatrix(0, 16, none, FmatrixMode::FMATRIX_LEFT);  // BAD
END
CUBE(bad_field_filter)
    LoadData3DParamsV2<half> p;
    p.l1H = 2;
    p.l1W = 16;
    p.channelSize = 16;
    p.filterH = 3;
    LoadData(l0a, l1, p);  // BAD
END
CUBE(bad_field_window)
    LoadData3DParamsV2<half> p;
    p.l1H = 1;
    p.l1W = 16;
    p.channelSize = 16;
    p.mExtension = 32;
    p.kExtension = 16;
    LoadData(l0a, l1, p);  // BAD
END
CUBE(bad_field_unit_flag)
    Mmad(sums, l0a, l0b, MmadParams(16, 16, 16, 1, false, true));  // BAD
END
CUBE(bad_unit_flag_left)
    Mmad(sums, l0a, l0b, MmadParams(16, 16, 16, 3, false, true));  // BAD
END
CUBE(bad_unit_flag_alone)
    FixpipeParamsV220 p(16, 16, 16, 16, false);
    p.unitFlag = 3;
    Fixpipe(gy, sums, p);
END
CUBE(bad_unit_flag_area)
    Mmad(sums, l0a, l0b, MmadParams(32, 16, 16, 3, false, true));
    FixpipeParamsV220 p(16, 16, 16, 16, false);
    p.unitFlag = 3;
    Fixpipe(gy, sums, p);  // BAD
END
CUBE(bad_field_matrices)
    SetFixpipeNz2ndFlag(0, 0, 0);  // BAD
END
CUBE(bad_field_matrix_step)
    FixpipeParamsV220 p(16, 16, 16, 16, false);
    p.ndNum = 2;
    p.dstNdStride = 256;
    Fixpipe(gy, sums, p);  // BAD
END
CUBE(bad_chip_elementwise)
    DataCopyCO12DstParams p(16, 16, 16, 16, F322F16, 0, false, false);
    p.eltWiseOp = 1;
    DataCopy(At<half>(y), sums, p);  // BAD
END
CUBE(bad_field_sums)
    DataCopy(At<half>(y), sums, DataCopyCO12DstParams(17, 16, 16, 16, F322F16, 0, false, false));  // BAD
END
CUBE(bad_field_split)
    FixpipeParamsV220 p(16, 16, 16, 16, false);
    p.isChannelSplit = true;
    Fixpipe(gy, sums, p);  // BAD
END
