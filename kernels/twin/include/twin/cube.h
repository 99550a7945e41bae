// The cube core: L1 to L0A and L0B, the multiplication, and the way out of L0C.
#pragma once
#include "twin/tensor.h"

namespace AscendC {
template <typename T> void LoadData(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LoadData2DParams& loadDataParams, TWIN_AT) {
    ::twin::load_2d(dst.TwinRef(), src.TwinRef(), loadDataParams, at);
}
template <typename T> void LoadData(const LocalTensor<T>& dst, const GlobalTensor<T>& src, const LoadData2DParams& loadDataParams, TWIN_AT) {
    ::twin::load_global(dst.TwinRef(), src.TwinRef(), loadDataParams, at);
}
template <typename T, const IsResetLoad3dConfig& defaultConfig = IS_RESER_LOAD3D_DEFAULT_CONFIG, typename U = PrimT<T>>
void LoadData(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LoadData3DParamsV2<U>& p, TWIN_AT) {
    if constexpr (defaultConfig.isSetFMatrix) ::twin::set_image({p.l1H, p.l1W, {p.padList[0], p.padList[1], p.padList[2], p.padList[3]}}, p.fMatrixCtrl, at);
    if constexpr (defaultConfig.isSetPadding) ::twin::set_padding(::twin::value_of<U>(p.padValue).bits);
    ::twin::load_3d(dst.TwinRef(), src.TwinRef(),
                    {p.channelSize, p.kExtension, p.mExtension, p.kStartPt, p.mStartPt, p.strideW, p.strideH, p.filterW, p.filterH, p.dilationFilterW, p.dilationFilterH, p.enTranspose, p.fMatrixCtrl}, at);
}
template <typename T> void LoadData(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LoadData3DParamsV2Pro& p, TWIN_AT) {
    const auto half_word = [&](int i) { return static_cast<uint16_t>(p.extConfig >> (16 * i)); };
    const auto byte = [&](int i) { return static_cast<uint8_t>(p.filterConfig >> (8 * i)); };
    ::twin::load_3d(dst.TwinRef(), src.TwinRef(),
                    {p.channelSize, half_word(0), half_word(1), half_word(2), half_word(3), byte(0), byte(1), byte(2), byte(3), byte(4), byte(5), p.enTranspose, p.fMatrixCtrl}, at);
}
inline void SetFmatrix(uint16_t l1H, uint16_t l1W, const uint8_t padList[4], const FmatrixMode& fmatrixMode, TWIN_AT) {
    ::twin::set_image({l1H, l1W, {padList[0], padList[1], padList[2], padList[3]}}, fmatrixMode == FmatrixMode::FMATRIX_RIGHT, at);
}
template <typename T> void SetLoadDataPaddingValue(const T padValue) { ::twin::set_padding(::twin::value_of<T>(padValue).bits); }
template <typename T, const IsResetLoad3dConfig& defaultConfig = IS_RESER_LOAD3D_DEFAULT_CONFIG, typename U = PrimT<T>>
void LoadData(const LocalTensor<T>&, const LocalTensor<T>&, const LoadData3DParamsV1<U>&, TWIN_AT) {
    ::twin::not_here("LoadData with LoadData3DParamsV1", at);
}
template <typename T> void LoadData(const LocalTensor<T>&, const GlobalTensor<T>&, const LoadData2DParamsV2&, TWIN_AT) { ::twin::not_here("LoadData with LoadData2DParamsV2", at); }
template <typename T> void LoadData(const LocalTensor<T>&, const LocalTensor<T>&, const LoadData2DParamsV2&, TWIN_AT) { ::twin::not_here("LoadData with LoadData2DParamsV2", at); }
template <typename T> void LoadDataWithTranspose(const LocalTensor<T>&, const LocalTensor<T>&, const LoadData2dTransposeParamsV2&, TWIN_AT) {
    ::twin::not_here("LoadDataWithTranspose with LoadData2dTransposeParamsV2", at);
}
template <typename T> void LoadDataWithTranspose(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LoadData2dTransposeParams& loadDataParams, TWIN_AT) {
    ::twin::load_transpose(dst.TwinRef(), src.TwinRef(), loadDataParams, at);
}
template <typename T, typename U = PrimT<T>> void InitConstValue(const LocalTensor<T>& dst, const InitConstValueParams<U>& p, TWIN_AT) {
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
template <typename T, typename U, const FixpipeConfig& config = CFG_ROW_MAJOR, typename S = uint64_t>
void Fixpipe(const LocalTensor<T>& dst, const LocalTensor<U>& src, const LocalTensor<S>& cbufWorkspace, const FixpipeParamsV220& intriParams, TWIN_AT) {
    ::twin::Ref scales = cbufWorkspace.TwinRef();
    ::twin::fixpipe(dst.TwinRef(), src.TwinRef(), &scales, config.format, intriParams, at);
}
inline void SetFixpipePreQuantFlag(uint64_t config) { ::twin::set_pre_quant(config); }
inline void SetFixpipeNz2ndFlag(uint16_t ndNum, uint16_t srcNdStride, uint16_t dstNdStride, TWIN_AT) { ::twin::set_matrices(ndNum, srcNdStride, dstNdStride, at); }
template <typename T, typename U, const FixpipeConfig& config = CFG_ROW_MAJOR>
void Fixpipe(const GlobalTensor<T>& dst, const LocalTensor<U>& src, const FixpipeParamsV220& intriParams, TWIN_AT) {
    ::twin::fixpipe(dst.TwinRef(), src.TwinRef(), nullptr, config.format, intriParams, at);
}
template <typename T, typename U, const FixpipeConfig& config = CFG_ROW_MAJOR>
void Fixpipe(const LocalTensor<T>& dst, const LocalTensor<U>& src, const FixpipeParamsV220& intriParams, TWIN_AT) {
    ::twin::fixpipe(dst.TwinRef(), src.TwinRef(), nullptr, config.format, intriParams, at);
}
}  // namespace AscendC
