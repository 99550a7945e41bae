// Section 4 of the API: data movement.
#include "../bad/frame.h"

// y = pieces of x that each took another way through UB, 64 floats apart.
KERNEL(api_movement, KERNEL_TYPE_AIV_ONLY)
    auto a = Take<TPosition::VECCALC, float>(pipe, 4096);
    DataCopy(a, gx, static_cast<uint32_t>(64));
    DataCopy(a[64], gx[64], DataCopyParams(2, 4, 4, 4));
    DataCopyPad(a[192], gx[1], DataCopyExtParams(2, 12, 4, 0, 0), DataCopyPadExtParams<float>(true, 1, 4, -1.0f));
    DataCopyPad(a[256], gx[1], DataCopyParams(1, 20, 0, 0), DataCopyPadParams(true, 0, 3, 0));
    SetFlag<HardEvent::MTE2_V>(0);
    WaitFlag<HardEvent::MTE2_V>(0);
    DataCopy(a[320], a, static_cast<uint32_t>(64));
    DataCopy(a[384], a[64], DataCopyParams(2, 4, 4, 0));
    Copy(a[512], a, static_cast<uint64_t>(64), static_cast<uint8_t>(1), CopyRepeatParams(1, 1, 8, 8));
    const uint64_t bits[2] = {~uint64_t{0}, 0};
    Copy(a[576], a, bits, static_cast<uint8_t>(1), CopyRepeatParams(1, 1, 8, 8));
    SetFlag<HardEvent::V_MTE3>(0);
    WaitFlag<HardEvent::V_MTE3>(0);
    SetFlag<HardEvent::MTE2_MTE3>(0);
    WaitFlag<HardEvent::MTE2_MTE3>(0);
    DataCopy(gy, a[320], static_cast<uint32_t>(64));
    DataCopy(gy[64], a[384], DataCopyParams(1, 8, 0, 0));
    DataCopyPad(gy[128], a[192], DataCopyExtParams(1, 64, 0, 0, 0));
    DataCopyPad(gy[192], a[256], DataCopyParams(1, 32, 0, 0));
    DataCopy(gy[256], a[512], static_cast<uint32_t>(64));
    DataCopy(gy[320], a[576], static_cast<uint32_t>(64));
END

// x holds two matrices of 4 rows and 32 columns, in strips of 16 columns; y gets them row-major, 40 columns apart.
KERNEL(api_nz2nd, KERNEL_TYPE_AIV_ONLY)
    auto a = Take<TPosition::VECCALC, float>(pipe, 2048);
    DataCopy(a, gx, static_cast<uint32_t>(512));
    SetFlag<HardEvent::MTE2_MTE3>(0);
    WaitFlag<HardEvent::MTE2_MTE3>(0);
    DataCopy(gy, a, Nz2NdParamsFull(2, 4, 32, 1, 4, 40, 256));
END
