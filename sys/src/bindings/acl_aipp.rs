//! Image preprocessing in offline models.
//!
//! Made from `sys/include/acl/aipp.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclmdlAIPP {
    _unused: [u8; 0],
}

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclAippExtendInfo {
    _unused: [u8; 0],
}

pub const ACL_YUV420SP_U8: aclAippInputFormat = 1;
pub const ACL_XRGB8888_U8: aclAippInputFormat = 2;
pub const ACL_RGB888_U8: aclAippInputFormat = 3;
pub const ACL_YUV400_U8: aclAippInputFormat = 4;
pub const ACL_NC1HWC0DI_FP16: aclAippInputFormat = 5;
pub const ACL_NC1HWC0DI_S8: aclAippInputFormat = 6;
pub const ACL_ARGB8888_U8: aclAippInputFormat = 7;
pub const ACL_YUYV_U8: aclAippInputFormat = 8;
pub const ACL_YUV422SP_U8: aclAippInputFormat = 9;
pub const ACL_AYUV444_U8: aclAippInputFormat = 10;
pub const ACL_RAW10: aclAippInputFormat = 11;
pub const ACL_RAW12: aclAippInputFormat = 12;
pub const ACL_RAW16: aclAippInputFormat = 13;
pub const ACL_RAW24: aclAippInputFormat = 14;
pub const ACL_AIPP_RESERVED: aclAippInputFormat = 65535;
pub type aclAippInputFormat = ::core::ffi::c_uint;
pub const ACL_DATA_WITHOUT_AIPP: aclmdlInputAippType = 0;
pub const ACL_DATA_WITH_STATIC_AIPP: aclmdlInputAippType = 1;
pub const ACL_DATA_WITH_DYNAMIC_AIPP: aclmdlInputAippType = 2;
pub const ACL_DYNAMIC_AIPP_NODE: aclmdlInputAippType = 3;
pub type aclmdlInputAippType = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclAippDims {
    pub srcDims: aclmdlIODims,
    pub srcSize: usize,
    pub aippOutdims: aclmdlIODims,
    pub aippOutSize: usize,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclAippDims"][::core::mem::size_of::<aclAippDims>() - 2336usize];
    ["Alignment of aclAippDims"][::core::mem::align_of::<aclAippDims>() - 8usize];
    ["Offset of field: aclAippDims::srcDims"][::core::mem::offset_of!(aclAippDims, srcDims) - 0usize];
    ["Offset of field: aclAippDims::srcSize"][::core::mem::offset_of!(aclAippDims, srcSize) - 1160usize];
    ["Offset of field: aclAippDims::aippOutdims"][::core::mem::offset_of!(aclAippDims, aippOutdims) - 1168usize];
    ["Offset of field: aclAippDims::aippOutSize"][::core::mem::offset_of!(aclAippDims, aippOutSize) - 2328usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclAippInfo {
    pub inputFormat: aclAippInputFormat,
    pub srcImageSizeW: i32,
    pub srcImageSizeH: i32,
    pub cropSwitch: i8,
    pub loadStartPosW: i32,
    pub loadStartPosH: i32,
    pub cropSizeW: i32,
    pub cropSizeH: i32,
    pub resizeSwitch: i8,
    pub resizeOutputW: i32,
    pub resizeOutputH: i32,
    pub paddingSwitch: i8,
    pub leftPaddingSize: i32,
    pub rightPaddingSize: i32,
    pub topPaddingSize: i32,
    pub bottomPaddingSize: i32,
    pub cscSwitch: i8,
    pub rbuvSwapSwitch: i8,
    pub axSwapSwitch: i8,
    pub singleLineMode: i8,
    pub matrixR0C0: i32,
    pub matrixR0C1: i32,
    pub matrixR0C2: i32,
    pub matrixR1C0: i32,
    pub matrixR1C1: i32,
    pub matrixR1C2: i32,
    pub matrixR2C0: i32,
    pub matrixR2C1: i32,
    pub matrixR2C2: i32,
    pub outputBias0: i32,
    pub outputBias1: i32,
    pub outputBias2: i32,
    pub inputBias0: i32,
    pub inputBias1: i32,
    pub inputBias2: i32,
    pub meanChn0: i32,
    pub meanChn1: i32,
    pub meanChn2: i32,
    pub meanChn3: i32,
    pub minChn0: f32,
    pub minChn1: f32,
    pub minChn2: f32,
    pub minChn3: f32,
    pub varReciChn0: f32,
    pub varReciChn1: f32,
    pub varReciChn2: f32,
    pub varReciChn3: f32,
    pub srcFormat: aclFormat,
    pub srcDatatype: aclDataType,
    pub srcDimNum: usize,
    pub shapeCount: usize,
    pub outDims: [aclAippDims; 128usize],
    pub aippExtend: *mut aclAippExtendInfo,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclAippInfo"][::core::mem::size_of::<aclAippInfo>() - 299216usize];
    ["Alignment of aclAippInfo"][::core::mem::align_of::<aclAippInfo>() - 8usize];
    ["Offset of field: aclAippInfo::inputFormat"][::core::mem::offset_of!(aclAippInfo, inputFormat) - 0usize];
    ["Offset of field: aclAippInfo::srcImageSizeW"][::core::mem::offset_of!(aclAippInfo, srcImageSizeW) - 4usize];
    ["Offset of field: aclAippInfo::srcImageSizeH"][::core::mem::offset_of!(aclAippInfo, srcImageSizeH) - 8usize];
    ["Offset of field: aclAippInfo::cropSwitch"][::core::mem::offset_of!(aclAippInfo, cropSwitch) - 12usize];
    ["Offset of field: aclAippInfo::loadStartPosW"][::core::mem::offset_of!(aclAippInfo, loadStartPosW) - 16usize];
    ["Offset of field: aclAippInfo::loadStartPosH"][::core::mem::offset_of!(aclAippInfo, loadStartPosH) - 20usize];
    ["Offset of field: aclAippInfo::cropSizeW"][::core::mem::offset_of!(aclAippInfo, cropSizeW) - 24usize];
    ["Offset of field: aclAippInfo::cropSizeH"][::core::mem::offset_of!(aclAippInfo, cropSizeH) - 28usize];
    ["Offset of field: aclAippInfo::resizeSwitch"][::core::mem::offset_of!(aclAippInfo, resizeSwitch) - 32usize];
    ["Offset of field: aclAippInfo::resizeOutputW"][::core::mem::offset_of!(aclAippInfo, resizeOutputW) - 36usize];
    ["Offset of field: aclAippInfo::resizeOutputH"][::core::mem::offset_of!(aclAippInfo, resizeOutputH) - 40usize];
    ["Offset of field: aclAippInfo::paddingSwitch"][::core::mem::offset_of!(aclAippInfo, paddingSwitch) - 44usize];
    ["Offset of field: aclAippInfo::leftPaddingSize"][::core::mem::offset_of!(aclAippInfo, leftPaddingSize) - 48usize];
    ["Offset of field: aclAippInfo::rightPaddingSize"][::core::mem::offset_of!(aclAippInfo, rightPaddingSize) - 52usize];
    ["Offset of field: aclAippInfo::topPaddingSize"][::core::mem::offset_of!(aclAippInfo, topPaddingSize) - 56usize];
    ["Offset of field: aclAippInfo::bottomPaddingSize"][::core::mem::offset_of!(aclAippInfo, bottomPaddingSize) - 60usize];
    ["Offset of field: aclAippInfo::cscSwitch"][::core::mem::offset_of!(aclAippInfo, cscSwitch) - 64usize];
    ["Offset of field: aclAippInfo::rbuvSwapSwitch"][::core::mem::offset_of!(aclAippInfo, rbuvSwapSwitch) - 65usize];
    ["Offset of field: aclAippInfo::axSwapSwitch"][::core::mem::offset_of!(aclAippInfo, axSwapSwitch) - 66usize];
    ["Offset of field: aclAippInfo::singleLineMode"][::core::mem::offset_of!(aclAippInfo, singleLineMode) - 67usize];
    ["Offset of field: aclAippInfo::matrixR0C0"][::core::mem::offset_of!(aclAippInfo, matrixR0C0) - 68usize];
    ["Offset of field: aclAippInfo::matrixR0C1"][::core::mem::offset_of!(aclAippInfo, matrixR0C1) - 72usize];
    ["Offset of field: aclAippInfo::matrixR0C2"][::core::mem::offset_of!(aclAippInfo, matrixR0C2) - 76usize];
    ["Offset of field: aclAippInfo::matrixR1C0"][::core::mem::offset_of!(aclAippInfo, matrixR1C0) - 80usize];
    ["Offset of field: aclAippInfo::matrixR1C1"][::core::mem::offset_of!(aclAippInfo, matrixR1C1) - 84usize];
    ["Offset of field: aclAippInfo::matrixR1C2"][::core::mem::offset_of!(aclAippInfo, matrixR1C2) - 88usize];
    ["Offset of field: aclAippInfo::matrixR2C0"][::core::mem::offset_of!(aclAippInfo, matrixR2C0) - 92usize];
    ["Offset of field: aclAippInfo::matrixR2C1"][::core::mem::offset_of!(aclAippInfo, matrixR2C1) - 96usize];
    ["Offset of field: aclAippInfo::matrixR2C2"][::core::mem::offset_of!(aclAippInfo, matrixR2C2) - 100usize];
    ["Offset of field: aclAippInfo::outputBias0"][::core::mem::offset_of!(aclAippInfo, outputBias0) - 104usize];
    ["Offset of field: aclAippInfo::outputBias1"][::core::mem::offset_of!(aclAippInfo, outputBias1) - 108usize];
    ["Offset of field: aclAippInfo::outputBias2"][::core::mem::offset_of!(aclAippInfo, outputBias2) - 112usize];
    ["Offset of field: aclAippInfo::inputBias0"][::core::mem::offset_of!(aclAippInfo, inputBias0) - 116usize];
    ["Offset of field: aclAippInfo::inputBias1"][::core::mem::offset_of!(aclAippInfo, inputBias1) - 120usize];
    ["Offset of field: aclAippInfo::inputBias2"][::core::mem::offset_of!(aclAippInfo, inputBias2) - 124usize];
    ["Offset of field: aclAippInfo::meanChn0"][::core::mem::offset_of!(aclAippInfo, meanChn0) - 128usize];
    ["Offset of field: aclAippInfo::meanChn1"][::core::mem::offset_of!(aclAippInfo, meanChn1) - 132usize];
    ["Offset of field: aclAippInfo::meanChn2"][::core::mem::offset_of!(aclAippInfo, meanChn2) - 136usize];
    ["Offset of field: aclAippInfo::meanChn3"][::core::mem::offset_of!(aclAippInfo, meanChn3) - 140usize];
    ["Offset of field: aclAippInfo::minChn0"][::core::mem::offset_of!(aclAippInfo, minChn0) - 144usize];
    ["Offset of field: aclAippInfo::minChn1"][::core::mem::offset_of!(aclAippInfo, minChn1) - 148usize];
    ["Offset of field: aclAippInfo::minChn2"][::core::mem::offset_of!(aclAippInfo, minChn2) - 152usize];
    ["Offset of field: aclAippInfo::minChn3"][::core::mem::offset_of!(aclAippInfo, minChn3) - 156usize];
    ["Offset of field: aclAippInfo::varReciChn0"][::core::mem::offset_of!(aclAippInfo, varReciChn0) - 160usize];
    ["Offset of field: aclAippInfo::varReciChn1"][::core::mem::offset_of!(aclAippInfo, varReciChn1) - 164usize];
    ["Offset of field: aclAippInfo::varReciChn2"][::core::mem::offset_of!(aclAippInfo, varReciChn2) - 168usize];
    ["Offset of field: aclAippInfo::varReciChn3"][::core::mem::offset_of!(aclAippInfo, varReciChn3) - 172usize];
    ["Offset of field: aclAippInfo::srcFormat"][::core::mem::offset_of!(aclAippInfo, srcFormat) - 176usize];
    ["Offset of field: aclAippInfo::srcDatatype"][::core::mem::offset_of!(aclAippInfo, srcDatatype) - 180usize];
    ["Offset of field: aclAippInfo::srcDimNum"][::core::mem::offset_of!(aclAippInfo, srcDimNum) - 184usize];
    ["Offset of field: aclAippInfo::shapeCount"][::core::mem::offset_of!(aclAippInfo, shapeCount) - 192usize];
    ["Offset of field: aclAippInfo::outDims"][::core::mem::offset_of!(aclAippInfo, outDims) - 200usize];
    ["Offset of field: aclAippInfo::aippExtend"][::core::mem::offset_of!(aclAippInfo, aippExtend) - 299208usize];
};
