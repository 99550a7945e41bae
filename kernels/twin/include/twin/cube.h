// The cube core: L1 to L0A and L0B, the multiplication, and the way out of L0C.
#pragma once
#include "twin/tensor.h"

namespace AscendC {
template <typename T> void LoadData(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LoadData2DParams& loadDataParams, TWIN_AT) {
    ::twin::load_2d(dst.TwinRef(), src.TwinRef(), loadDataParams, at);
}
template <typename T> void LoadData(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LoadData3DParamsV2<T>& p, TWIN_AT) {
    LoadData3DParamsV2<half> plain;
    for (int i = 0; i < PAD_SIZE; ++i) plain.padList[i] = p.padList[i];
    plain.l1H = p.l1H;
    plain.l1W = p.l1W;
    plain.channelSize = p.channelSize;
    plain.kExtension = p.kExtension;
    plain.mExtension = p.mExtension;
    plain.kStartPt = p.kStartPt;
    plain.mStartPt = p.mStartPt;
    plain.strideW = p.strideW;
    plain.strideH = p.strideH;
    plain.filterW = p.filterW;
    plain.filterH = p.filterH;
    plain.enTranspose = p.enTranspose;
    ::twin::load_3d(dst.TwinRef(), src.TwinRef(), plain, at);
}
template <typename T> void LoadDataWithTranspose(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LoadData2dTransposeParams& loadDataParams, TWIN_AT) {
    ::twin::load_transpose(dst.TwinRef(), src.TwinRef(), loadDataParams, at);
}
template <typename T, typename U = T> void InitConstValue(const LocalTensor<T>& dst, const InitConstValueParams<U>& p, TWIN_AT) {
    ::twin::fill(dst.TwinRef(), p.repeatTimes, p.blockNum, p.dstGap, ::twin::value_of<T>(static_cast<T>(p.initValue)).bits, at);
}
template <typename T, typename U, typename S, typename V>
void Mmad(const LocalTensor<T>& dst, const LocalTensor<U>& fm, const LocalTensor<S>& filter, const LocalTensor<V>& bias, const MmadParams& mmadParams, TWIN_AT) {
    ::twin::Ref start = bias.TwinRef();
    ::twin::mmad(dst.TwinRef(), fm.TwinRef(), filter.TwinRef(), &start, mmadParams, at);
}
template <typename T, typename U, typename S>
void Mmad(const LocalTensor<T>& dst, const LocalTensor<U>& fm, const LocalTensor<S>& filter, const MmadParams& mmadParams, TWIN_AT) {
    ::twin::mmad(dst.TwinRef(), fm.TwinRef(), filter.TwinRef(), nullptr, mmadParams, at);
}
template <typename T, typename U, const FixpipeConfig& config = CFG_ROW_MAJOR, typename S = uint64_t>
void Fixpipe(const GlobalTensor<T>& dst, const LocalTensor<U>& src, const LocalTensor<S>& cbufWorkspace, const FixpipeParamsV220& intriParams, TWIN_AT) {
    ::twin::Ref scales = cbufWorkspace.TwinRef();
    ::twin::fixpipe(dst.TwinRef(), src.TwinRef(), &scales, config.format, intriParams, at);
}
template <typename T, typename U, const FixpipeConfig& config = CFG_ROW_MAJOR>
void Fixpipe(const GlobalTensor<T>& dst, const LocalTensor<U>& src, const FixpipeParamsV220& intriParams, TWIN_AT) {
    ::twin::fixpipe(dst.TwinRef(), src.TwinRef(), nullptr, config.format, intriParams, at);
}
template <typename T, typename U, const FixpipeConfig& config = CFG_ROW_MAJOR>
void Fixpipe(const LocalTensor<T>& dst, const LocalTensor<U>& src, const FixpipeParamsV220& intriParams, TWIN_AT) {
    ::twin::fixpipe(dst.TwinRef(), src.TwinRef(), nullptr, config.format, intriParams, at);
}
}  // namespace AscendC
