//! Dumps of operator inputs, outputs and exceptions.
//!
//! Made from `sys/include/acl/dump.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_DUMP_MAX_SHAPE_NUM: u32 = 25;
pub const ACL_DUMP_MAX_FILE_PATH_LENGTH: u32 = 4096;
pub const ACL_OP_DUMP_OP_AICORE_ARGS: u32 = 1;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct acldumpChunk {
    pub fileName: [::core::ffi::c_char; 4096usize],
    pub bufLen: u32,
    pub isLastChunk: u32,
    pub offset: i64,
    pub flag: i32,
    pub dataBuf: [u8; 4usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of acldumpChunk"][::core::mem::size_of::<acldumpChunk>() - 4120usize];
    ["Alignment of acldumpChunk"][::core::mem::align_of::<acldumpChunk>() - 8usize];
    ["Offset of field: acldumpChunk::fileName"][::core::mem::offset_of!(acldumpChunk, fileName) - 0usize];
    ["Offset of field: acldumpChunk::bufLen"][::core::mem::offset_of!(acldumpChunk, bufLen) - 4096usize];
    ["Offset of field: acldumpChunk::isLastChunk"][::core::mem::offset_of!(acldumpChunk, isLastChunk) - 4100usize];
    ["Offset of field: acldumpChunk::offset"][::core::mem::offset_of!(acldumpChunk, offset) - 4104usize];
    ["Offset of field: acldumpChunk::flag"][::core::mem::offset_of!(acldumpChunk, flag) - 4112usize];
    ["Offset of field: acldumpChunk::dataBuf"][::core::mem::offset_of!(acldumpChunk, dataBuf) - 4116usize];
};

pub const AIC_ERR_BRIEF_DUMP: acldumpType = 1;
pub const AIC_ERR_NORM_DUMP: acldumpType = 2;
pub const AIC_ERR_DETAIL_DUMP: acldumpType = 3;
pub const DATA_DUMP: acldumpType = 4;
pub const OVERFLOW_DUMP: acldumpType = 5;
pub type acldumpType = ::core::ffi::c_uint;
pub const ACL_DUMP_TENSOR_INPUT: acldumpTensorType = 0;
pub const ACL_DUMP_TENSOR_OUTPUT: acldumpTensorType = 1;
pub const ACL_DUMP_TENSOR_WORKSPACE: acldumpTensorType = 2;
pub type acldumpTensorType = ::core::ffi::c_uint;
pub const ACL_DUMP_ADDR_PTR: acldumpTensorAddressType = 0;
pub const ACL_DUMP_ADDR_PTR_PTR: acldumpTensorAddressType = 1;
pub const ACL_DUMP_ADDR_RAW: acldumpTensorAddressType = 2;
pub type acldumpTensorAddressType = ::core::ffi::c_uint;
pub const ACL_DUMP_PLACEMENT_DEVICE: acldumpTensorPlacement = 0;
pub const ACL_DUMP_PLACEMENT_HOST: acldumpTensorPlacement = 1;
pub const ACL_DUMP_PLACEMENT_END: acldumpTensorPlacement = 2;
pub type acldumpTensorPlacement = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct acldumpTensorInfo {
    pub type_: acldumpTensorType,
    pub tensorSize: usize,
    pub format: i32,
    pub dataType: i32,
    pub tensorAddr: *mut i64,
    pub addrType: acldumpTensorAddressType,
    pub placement: acldumpTensorPlacement,
    pub argsOffset: u32,
    pub shapeNum: u32,
    pub originShapeNum: u32,
    pub shape: [u64; 25usize],
    pub originShape: [u64; 25usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of acldumpTensorInfo"][::core::mem::size_of::<acldumpTensorInfo>() - 456usize];
    ["Alignment of acldumpTensorInfo"][::core::mem::align_of::<acldumpTensorInfo>() - 8usize];
    ["Offset of field: acldumpTensorInfo::type_"][::core::mem::offset_of!(acldumpTensorInfo, type_) - 0usize];
    ["Offset of field: acldumpTensorInfo::tensorSize"][::core::mem::offset_of!(acldumpTensorInfo, tensorSize) - 8usize];
    ["Offset of field: acldumpTensorInfo::format"][::core::mem::offset_of!(acldumpTensorInfo, format) - 16usize];
    ["Offset of field: acldumpTensorInfo::dataType"][::core::mem::offset_of!(acldumpTensorInfo, dataType) - 20usize];
    ["Offset of field: acldumpTensorInfo::tensorAddr"][::core::mem::offset_of!(acldumpTensorInfo, tensorAddr) - 24usize];
    ["Offset of field: acldumpTensorInfo::addrType"][::core::mem::offset_of!(acldumpTensorInfo, addrType) - 32usize];
    ["Offset of field: acldumpTensorInfo::placement"][::core::mem::offset_of!(acldumpTensorInfo, placement) - 36usize];
    ["Offset of field: acldumpTensorInfo::argsOffset"][::core::mem::offset_of!(acldumpTensorInfo, argsOffset) - 40usize];
    ["Offset of field: acldumpTensorInfo::shapeNum"][::core::mem::offset_of!(acldumpTensorInfo, shapeNum) - 44usize];
    ["Offset of field: acldumpTensorInfo::originShapeNum"][::core::mem::offset_of!(acldumpTensorInfo, originShapeNum) - 48usize];
    ["Offset of field: acldumpTensorInfo::shape"][::core::mem::offset_of!(acldumpTensorInfo, shape) - 56usize];
    ["Offset of field: acldumpTensorInfo::originShape"][::core::mem::offset_of!(acldumpTensorInfo, originShape) - 256usize];
};
