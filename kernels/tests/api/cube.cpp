// Section 5 of the API, and the ways to and from the cube core of section 4.
#include "../bad/frame.h"

#define CUBE_KERNEL(name)                                                       \
    KERNEL(name, KERNEL_TYPE_AIC_ONLY)                                          \
        [[maybe_unused]] auto l1 = Take<TPosition::A1, half>(pipe, 65536);      \
        [[maybe_unused]] auto a = Take<TPosition::A2, half>(pipe, 8192);        \
        [[maybe_unused]] auto b = Take<TPosition::B2, half>(pipe, 8192);        \
        [[maybe_unused]] auto sums = Take<TPosition::CO1, float>(pipe, 16384);  \
        [[maybe_unused]] auto hx = At<half>(x);

// Until all that went before is done.
__aicore__ inline void All() { PipeBarrier<PIPE_ALL>(); }

// x: 16 x 16 of f16, twice; y = x0 @ x1^T in f32, taken out in every way.
CUBE_KERNEL(api_product)
    DataCopy(l1, hx, Nd2NzParams(2, 16, 16, 256, 16, 16, 1, 256));
    DataCopy(l1[512], hx, static_cast<uint32_t>(256));
    DataCopy(l1[1024], hx, DataCopyParams(1, 16, 0, 0));
    All();
    LoadData(a, l1, LoadData2DParams(0, 1, 1, 0, 0, false, 0));
    LoadData(b, l1[256], LoadData2DParams(0, 1, 1, 0, 0, false, 0));
    All();
    Mmad(sums, a, b, MmadParams(16, 16, 16, 0, false, true));
    All();
    Fixpipe(gy, sums, FixpipeParamsV220(16, 16, 16, 16, false));
    DataCopyCO12DstParams out(16, 16, 16, 16, NoQuant, 0, false, true);
    SetFixpipeNz2ndFlag(1, 0, 0);
    DataCopy(gy[256], sums, out);
    FixpipeParamsV220 strips(16, 16, 16, 16, false);
    Fixpipe<float, float, CFG_NZ>(gy[512], sums, strips);
    // In strips of a block, not of a fractal.
    strips.isChannelSplit = true;
    Fixpipe<float, float, CFG_NZ>(gy[768], sums, strips);
    // Rounded, into L1, in fractals: back as the left matrix.
    FixpipeParamsV220 rounded(16, 16, 16, 16, true);
    rounded.quantPre = F322F16;
    Fixpipe<half, float, CFG_NZ>(l1[2048], sums, rounded);
    DataCopy(l1[2304], sums, DataCopyCO12DstParams(16, 16, 16, 16, F322F16, 1, false, false));
    All();
    // relu(x0 @ x1^T) @ identity, from both copies.
    LoadData(a, l1[2048], LoadData2DParams(0, 2, 1, 0, 0, false, 0));
    DataCopy(l1[4096], hx[512], Nd2NzParams(1, 16, 16, 0, 16, 16, 1, 0));
    All();
    LoadData(b, l1[4096], LoadData2DParams(0, 1, 1, 0, 0, true, 0));
    All();
    Mmad(sums, a, b, MmadParams(16, 16, 16, 0, false, true));
    Mmad(sums[256], a[256], b, MmadParams(16, 16, 16, 0, false, true));
    All();
    // Two matrices, one 1024 bytes behind the other in L0C.
    FixpipeParamsV220 both(16, 16, 16, 16, false);
    both.ndNum = 2;
    both.srcNdStride = 1;
    both.dstNdStride = 256;
    Fixpipe(gy[1024], sums, both);
    SetFixpipeNz2ndFlag(2, 1, 256);
    DataCopy(gy[1536], sums, out);
END

// Other loads: straight from global memory, transposed, filled, from registers.
CUBE_KERNEL(api_loads)
    LoadData(l1, hx, LoadData2DParams(0, 1, 1, 0, 0, false, 0));
    LoadData(a, hx, LoadData2DParams(0, 1, 1, 0, 0, false, 0));
    LoadData(b, hx, LoadData2DParams(1, 1, 1, 0, 0, false, 0));
    InitConstValue(l1[512], InitConstValueParams<half>(1, 16, 0, half(2.0f)));
    InitConstValue(a[256], InitConstValueParams<half>(1, 1, 0, half(0.0f)));
    All();
    LoadDataWithTranspose(a[512], l1, LoadData2dTransposeParams(0, 1, 1, 0, 0, 0));
    LoadData3DParamsV2<half> matrix;
    matrix.l1H = 1;
    matrix.l1W = 16;
    matrix.channelSize = 16;
    matrix.kExtension = 16;
    matrix.mExtension = 16;
    LoadData(a[768], l1, matrix);
    const uint8_t none[4] = {0, 0, 0, 0};
    SetFmatrix(1, 16, none, FmatrixMode::FMATRIX_LEFT);
    SetLoadDataPaddingValue<half>(half(0.0f));
    LoadData(a[1024], l1, LoadData3DParamsV2Pro(16, false, false, false, false, false, uint64_t{16} | uint64_t{16} << 16, 0x10101010101));
    All();
    // The sum of every way's product with the second half of x: x, 0, x^T, x, x.
    for (int i = 0; i < 5; ++i) {
        Mmad(sums, a[i * 256], b, MmadParams(16, 16, 16, 0, false, i == 0));
        PipeBarrier<PIPE_M>();
    }
    All();
    Fixpipe(gy, sums, FixpipeParamsV220(16, 16, 16, 16, false));
END

// A convolution: x is an image of 4 x 4 places with 16 channels, then 9 matrices of 16 x 16, one for each place of a filter of 3 x 3 with a border of 1.
CUBE_KERNEL(api_image)
    DataCopy(l1, hx, static_cast<uint32_t>(256));
    DataCopy(l1[256], hx[256], Nd2NzParams(1, 144, 16, 0, 16, 144, 1, 0));
    All();
    LoadData3DParamsV2<half> p;
    for (int i = 0; i < 4; ++i) p.padList[i] = 1;
    p.l1H = 4;
    p.l1W = 4;
    p.channelSize = 16;
    p.kExtension = 144;
    p.mExtension = 16;
    p.filterW = 3;
    p.filterH = 3;
    LoadData(a, l1, p);
    LoadData(b, l1[256], LoadData2DParams(0, 9, 1, 0, 0, true, 0));
    All();
    Mmad(sums, a, b, MmadParams(16, 16, 144, 0, false, true));
    All();
    Fixpipe(gy, sums, FixpipeParamsV220(16, 16, 16, 16, false));
END

// A bias, scales for each column, int8; and a scale for all in a register.
CUBE_KERNEL(api_quantised)
    auto bias = Take<TPosition::C2, int32_t>(pipe, 64);
    auto scales = Take<TPosition::C2PIPE2GM, uint64_t>(pipe, 128);
    auto whole = sums.ReinterpretCast<int32_t>();
    auto bytes = At<int8_t>(x);
    auto words = At<int32_t>(x);
    DataCopy(l1.ReinterpretCast<int8_t>(), bytes, static_cast<uint32_t>(1024));
    DataCopy(l1[2048].ReinterpretCast<int32_t>(), words[256], static_cast<uint32_t>(16));
    DataCopy(l1[4096].ReinterpretCast<int32_t>(), words[288], static_cast<uint32_t>(32));
    All();
    LoadData(a.ReinterpretCast<int8_t>(), l1.ReinterpretCast<int8_t>(), LoadData2DParams(0, 1, 1, 0, 0, false, 0));
    LoadData(b.ReinterpretCast<int8_t>(), l1[256].ReinterpretCast<int8_t>(), LoadData2DParams(0, 1, 1, 0, 0, false, 0));
    DataCopy(bias, l1[2048].ReinterpretCast<int32_t>(), DataCopyParams(1, 2, 0, 0));
    DataCopy(scales, l1[4096].ReinterpretCast<uint64_t>(), DataCopyParams(1, 4, 0, 0));
    All();
    Mmad(whole, a.ReinterpretCast<int8_t>(), b.ReinterpretCast<int8_t>(), bias, MmadParams(16, 16, 32, 0, false, false));
    All();
    FixpipeParamsV220 out(16, 16, 16, 16, false);
    out.quantPre = VDEQF16;
    Fixpipe(At<half>(y), whole, scales, out);
    out.dstStride = 16;
    Fixpipe<half, int32_t, CFG_NZ>(l1[8192], whole, scales, out);
    // 2 in f32.
    SetFixpipePreQuantFlag(0x40000000);
    SetFixpipeNz2ndFlag(1, 0, 0);
    DataCopy(At<half>(y)[256], whole, DataCopyCO12DstParams(16, 16, 16, 16, DEQF16, 0, false, true));
END

// Products whose sums are handed over by unit flags, three of them in turn, the last of two parts.
CUBE_KERNEL(api_unit_flag)
    DataCopy(l1, hx, Nd2NzParams(2, 16, 16, 256, 16, 16, 1, 256));
    SetFlag<HardEvent::MTE2_MTE1>(0);
    WaitFlag<HardEvent::MTE2_MTE1>(0);
    LoadData(a, l1, LoadData2DParams(0, 1, 1, 0, 0, false, 0));
    LoadData(b, l1[256], LoadData2DParams(0, 1, 1, 0, 0, false, 0));
    SetFlag<HardEvent::MTE1_M>(0);
    WaitFlag<HardEvent::MTE1_M>(0);
    for (int i = 0; i < 3; ++i) {
        if (i == 2) {
            Mmad(sums, a, b, MmadParams(16, 16, 16, 2, false, true));
            PipeBarrier<PIPE_M>();
        }
        Mmad(sums, a, b, MmadParams(16, 16, 16, 3, false, i < 2));
        FixpipeParamsV220 out(16, 16, 16, 16, false);
        out.unitFlag = 3;
        Fixpipe(gy[i * 256], sums, out);
    }
END
