// Sections 0 to 2 of the API: keywords, classes, parameter structs.
#include "../bad/frame.h"

// Whether each field starts behind the one before it.
template <size_t count>
constexpr bool Rise(const size_t (&offsets)[count]) {
    for (size_t i = 1; i < count; ++i)
        if (offsets[i] <= offsets[i - 1]) return false;
    return true;
}
#define AT(field) offsetof(S, field)
#define FIELDS(type, ...)                              \
    {                                                  \
        using S = type;                                \
        constexpr size_t offsets[] = {__VA_ARGS__};    \
        static_assert(Rise(offsets), "order of " #type); \
    }

__aicore__ inline void Structs() {
    FIELDS(DataCopyParams, AT(blockCount), AT(blockLen), AT(srcStride), AT(dstStride));
    FIELDS(DataCopyExtParams, AT(blockCount), AT(blockLen), AT(srcStride), AT(dstStride), AT(rsv));
    FIELDS(DataCopyPadExtParams<float>, AT(isPad), AT(leftPadding), AT(rightPadding), AT(paddingValue));
    FIELDS(Nd2NzParams, AT(ndNum), AT(nValue), AT(dValue), AT(srcNdMatrixStride), AT(srcDValue), AT(dstNzC0Stride), AT(dstNzNStride), AT(dstNzMatrixStride));
    FIELDS(CopyRepeatParams, AT(dstStride), AT(srcStride), AT(dstRepeatSize), AT(srcRepeatSize));
    FIELDS(LoadData2DParams, AT(startIndex), AT(dstGap), AT(srcStride), AT(ifTranspose), AT(repeatTimes), AT(sid), AT(addrMode));
    FIELDS(LoadData3DParamsV2<half>, AT(padList), AT(l1H), AT(l1W), AT(channelSize), AT(kExtension), AT(mExtension), AT(kStartPt), AT(mStartPt), AT(strideW), AT(strideH), AT(filterW), AT(filterH),
           AT(dilationFilterW), AT(dilationFilterH), AT(enTranspose), AT(enSmallK), AT(padValue), AT(filterSizeW), AT(filterSizeH), AT(fMatrixCtrl));
    FIELDS(LoadData2dTransposeParams, AT(startIndex), AT(repeatTimes), AT(srcStride), AT(dstGap), AT(dstFracGap), AT(addrMode));
    FIELDS(MmadParams, AT(m), AT(n), AT(k), AT(isBias), AT(fmOffset), AT(enSsparse), AT(enWinogradA), AT(enWinogradB), AT(unitFlag), AT(kDirectionAlign), AT(cmatrixSource), AT(cmatrixInitVal));
    FIELDS(FixpipeParamsV220, AT(nSize), AT(mSize), AT(srcStride), AT(dstStride), AT(quantPre), AT(deqScalar), AT(ndNum), AT(srcNdStride), AT(dstNdStride), AT(reluEn), AT(unitFlag), AT(isChannelSplit));
    FIELDS(InitConstValueParams<half>, AT(repeatTimes), AT(blockNum), AT(dstGap), AT(initValue));
    FIELDS(BinaryRepeatParams, AT(blockNumber), AT(dstBlkStride), AT(src0BlkStride), AT(src1BlkStride), AT(dstRepStride), AT(src0RepStride), AT(src1RepStride), AT(repeatStrideMode), AT(strideSizeMode));
    FIELDS(UnaryRepeatParams, AT(blockNumber), AT(dstBlkStride), AT(srcBlkStride), AT(dstRepStride), AT(srcRepStride), AT(repeatStrideMode), AT(strideSizeMode), AT(halfBlock));
    FIELDS(BrcbRepeatParams, AT(blockNumber), AT(dstRepStride), AT(dstBlkStride), AT(src0BlkStride), AT(src1BlkStride), AT(src0RepStride), AT(src1RepStride), AT(repeatStrideMode), AT(strideSizeMode));
    FIELDS(GatherMaskParams, AT(src0BlockStride), AT(repeatTimes), AT(src0RepeatStride), AT(src1RepeatStride));
    FIELDS(MrgSort4Info, AT(elementLengths), AT(ifExhaustedSuspension), AT(validBit), AT(repeatTimes));
    FIELDS(MrgSortSrcList<float>, AT(src1), AT(src2), AT(src3), AT(src4));
    static_assert(static_cast<int>(HardEvent::MAX) == 35 && static_cast<int>(HardEvent::S_V) == 21 && static_cast<int>(RoundMode::CAST_ODD) == 6, "values");
    static_assert(static_cast<int>(CMPMODE::NE) == 5 && static_cast<int>(SELMODE::VSEL_TENSOR_TENSOR_MODE) == 2 && static_cast<int>(ReduceOrder::ORDER_ONLY_INDEX) == 3, "values");
    static_assert(static_cast<int>(CacheMode::CACHE_MODE_PERSISTENT) == 4 && F322BF16 == 16 && VDEQF16 == 10 && DEQF16 == 11 && REQ8 == 9 && VREQ8 == 8 && F322F16 == 1 && PIPE_FIX == 10, "values");
    static_assert(TPosition::LCM == TPosition::VECCALC && sizeof(half) == 2 && sizeof(bfloat16_t) == 2 && sizeof(int4b_t) == 1, "values");
}

extern "C" __schedmode__(1) __global__ __aicore__ __mix__(0, 1) void api_classes(GM_ADDR x, GM_ADDR y, GM_ADDR workspace, GM_ADDR tiling) {
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
    Structs();
    constexpr uint32_t COUNT = 64;
    GlobalTensor<float> gx, gy;
    gx.SetGlobalBuffer(reinterpret_cast<__gm__ float*>(x), uint64_t{1024});
    gy.SetGlobalBuffer(reinterpret_cast<__gm__ float*>(y));
    gx.SetL2CacheHint(CacheMode::CACHE_MODE_NORMAL);
    gx.SetL2CacheHint<CacheRwMode::READ>(CacheMode::CACHE_MODE_DISABLE);
    const bool same = gx.GetPhyAddr() == gx.GetPhyAddr(0) && gx.GetSize() == 1024 && gx[24].GetSize() == 1000 && gx.GetValue(3) == gx[1].GetValue(2);

    TPipe pipe;
    pipe.Init();
    TQue<QuePosition::VECIN, 2> in;
    TQue<TPosition::VECOUT, 2> out;
    TBuf<> calc;
    TBuf<TPosition::VECCALC> more;
    pipe.InitBuffer(in, static_cast<uint8_t>(2), static_cast<uint32_t>(COUNT * sizeof(float)));
    pipe.InitBuffer(out, static_cast<uint8_t>(2), static_cast<uint32_t>(COUNT * sizeof(float)));
    pipe.InitBuffer(calc, static_cast<uint32_t>(COUNT * sizeof(float)));
    pipe.InitBuffer(more, static_cast<uint32_t>(4 * COUNT));
    LocalTensor<float> a = in.AllocTensor<float>();
    DataCopy(a, gx, COUNT);
    in.EnQue<float>(a);
    const bool queued = in.HasTensorInQue() && in.VacantInQue() && in.HasIdleBuffer() && in.GetTensorCountInQue() == 1;
    a = in.DeQue<float>();
    LocalTensor<float> b = calc.Get<float>();
    LocalTensor<float> c = out.AllocTensor<float>();
    const LocalTensor<int32_t> d = more.GetWithOffset<int32_t>(8, 32);
    Duplicate(d, 7, 8);
    Adds(b, a, 1.0f, static_cast<int32_t>(COUNT));
    PipeBarrier<PIPE_V>();
    Adds(c, b, 1.0f, static_cast<int32_t>(COUNT));
    const TEventID id = pipe.AllocEventID<HardEvent::V_S>();
    SetFlag<HardEvent::V_S>(id);
    WaitFlag<HardEvent::V_S>(id);
    pipe.ReleaseEventID<HardEvent::V_S>(id);
    const TEventID fetched = pipe.FetchEventID<HardEvent::S_V>();
    const bool ids = pipe.FetchEventID(HardEvent::S_V) == fetched;
    LocalTensor<float> view = more.Get<int32_t>(16)[8].ReinterpretCast<float>();
    view.SetSize(8);
    const bool sizes = view.GetSize() == 8 && view.GetPosition() == static_cast<int32_t>(TPosition::VECCALC) && view.GetPhyAddr() == d.GetPhyAddr() && view.ReinterpretCast<int32_t>().GetValue(3) == 7;
    c.SetValue(0, same && queued && ids && sizes ? 1.0f : 0.0f);
    SetFlag<HardEvent::S_V>(fetched);
    WaitFlag<HardEvent::S_V>(fetched);
    out.EnQue(c);
    in.FreeTensor(a);
    c = out.DeQue<float>();
    DataCopy(gy, c, COUNT);
    out.FreeTensor(c);
    in.FreeAllEvent();
    pipe.Reset();
    pipe.Destroy();
}

// Without a TPipe: an allocator, or tensors at addresses of one's own.
extern "C" __global__ __vector__ __aicore__ void api_static(GM_ADDR x, GM_ADDR y, GM_ADDR workspace, GM_ADDR tiling) {
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
    InitSocState();
    LocalMemAllocator<Hardware::UB> room;
    LocalTensor<float> a = room.Alloc<TPosition::VECIN, float, 64>();
    LocalTensor<float> b = room.Alloc<TPosition::VECOUT, float>(64);
    LocalTensor<float> c(TPosition::VECCALC, room.GetCurAddr(), 64);
    DataCopy(a, At<float>(x), 64);
    SetFlag<HardEvent::MTE2_V>(EVENT_ID0);
    WaitFlag<HardEvent::MTE2_V>(EVENT_ID0);
    Adds(c, a, 1.0f, 64);
    PipeBarrier<PIPE_V>();
    Adds(b, c, 1.0f, 64);
    SetFlag<HardEvent::V_MTE3>(EVENT_ID0);
    WaitFlag<HardEvent::V_MTE3>(EVENT_ID0);
    DataCopy(At<float>(y), b, 64);
}
