//! Copies, fills and cache operations.
//!
//! Made from `sys/include/acl/copy.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_RT_CMO_MAX_BARRIER_NUM: u32 = 6;
pub const ACL_MEMCPY_HOST_TO_HOST: aclrtMemcpyKind = 0;
pub const ACL_MEMCPY_HOST_TO_DEVICE: aclrtMemcpyKind = 1;
pub const ACL_MEMCPY_DEVICE_TO_HOST: aclrtMemcpyKind = 2;
pub const ACL_MEMCPY_DEVICE_TO_DEVICE: aclrtMemcpyKind = 3;
pub const ACL_MEMCPY_DEFAULT: aclrtMemcpyKind = 4;
pub const ACL_MEMCPY_HOST_TO_BUF_TO_DEVICE: aclrtMemcpyKind = 5;
pub const ACL_MEMCPY_INNER_DEVICE_TO_DEVICE: aclrtMemcpyKind = 6;
pub const ACL_MEMCPY_INTER_DEVICE_TO_DEVICE: aclrtMemcpyKind = 7;
pub type aclrtMemcpyKind = ::core::ffi::c_uint;
pub const ACL_RT_CMO_TYPE_PREFETCH: aclrtCmoType = 0;
pub const ACL_RT_CMO_TYPE_WRITEBACK: aclrtCmoType = 1;
pub const ACL_RT_CMO_TYPE_INVALID: aclrtCmoType = 2;
pub const ACL_RT_CMO_TYPE_FLUSH: aclrtCmoType = 3;
pub type aclrtCmoType = ::core::ffi::c_uint;
pub const ACL_RT_MEMCPY_SDMA_AUTOMATIC_SUM: aclrtReduceKind = 10;
pub const ACL_RT_MEMCPY_SDMA_AUTOMATIC_MAX: aclrtReduceKind = 11;
pub const ACL_RT_MEMCPY_SDMA_AUTOMATIC_MIN: aclrtReduceKind = 12;
pub const ACL_RT_MEMCPY_SDMA_AUTOMATIC_EQUAL: aclrtReduceKind = 13;
pub type aclrtReduceKind = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtBarrierCmoInfo {
    pub cmoType: aclrtCmoType,
    pub barrierId: u32,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtBarrierCmoInfo"][::core::mem::size_of::<aclrtBarrierCmoInfo>() - 8usize];
    ["Alignment of aclrtBarrierCmoInfo"][::core::mem::align_of::<aclrtBarrierCmoInfo>() - 4usize];
    ["Offset of field: aclrtBarrierCmoInfo::cmoType"][::core::mem::offset_of!(aclrtBarrierCmoInfo, cmoType) - 0usize];
    ["Offset of field: aclrtBarrierCmoInfo::barrierId"][::core::mem::offset_of!(aclrtBarrierCmoInfo, barrierId) - 4usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtBarrierTaskInfo {
    pub barrierNum: usize,
    pub cmoInfo: [aclrtBarrierCmoInfo; 6usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtBarrierTaskInfo"][::core::mem::size_of::<aclrtBarrierTaskInfo>() - 56usize];
    ["Alignment of aclrtBarrierTaskInfo"][::core::mem::align_of::<aclrtBarrierTaskInfo>() - 8usize];
    ["Offset of field: aclrtBarrierTaskInfo::barrierNum"][::core::mem::offset_of!(aclrtBarrierTaskInfo, barrierNum) - 0usize];
    ["Offset of field: aclrtBarrierTaskInfo::cmoInfo"][::core::mem::offset_of!(aclrtBarrierTaskInfo, cmoInfo) - 8usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtMemcpyBatchAttr {
    pub dstLoc: aclrtMemLocation,
    pub srcLoc: aclrtMemLocation,
    pub rsv: [u8; 16usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtMemcpyBatchAttr"][::core::mem::size_of::<aclrtMemcpyBatchAttr>() - 32usize];
    ["Alignment of aclrtMemcpyBatchAttr"][::core::mem::align_of::<aclrtMemcpyBatchAttr>() - 4usize];
    ["Offset of field: aclrtMemcpyBatchAttr::dstLoc"][::core::mem::offset_of!(aclrtMemcpyBatchAttr, dstLoc) - 0usize];
    ["Offset of field: aclrtMemcpyBatchAttr::srcLoc"][::core::mem::offset_of!(aclrtMemcpyBatchAttr, srcLoc) - 8usize];
    ["Offset of field: aclrtMemcpyBatchAttr::rsv"][::core::mem::offset_of!(aclrtMemcpyBatchAttr, rsv) - 16usize];
};
