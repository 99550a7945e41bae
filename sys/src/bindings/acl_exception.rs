//! Exceptions on the device, memory faults and their repair.
//!
//! Made from `sys/include/acl/exception.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_RT_MAX_RECORD_PA_NUM_PER_DEV: u32 = 20;
pub const ACL_RT_MEM_UCE_INFO_MAX_NUM: u32 = 20;
pub const MAX_MEM_UCE_INFO_ARRAY_SIZE: u32 = 128;
pub const UCE_INFO_RESERVED_SIZE: u32 = 14;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct rtExceptionInfo {
    _unused: [u8; 0],
}

pub type aclrtExceptionInfo = rtExceptionInfo;
pub type aclrtExceptionInfoCallback = ::core::option::Option<unsafe extern "C" fn(arg1: *mut aclrtExceptionInfo)>;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtMemUceInfo {
    pub addr: *mut ::core::ffi::c_void,
    pub len: usize,
    pub reserved: [usize; 14usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtMemUceInfo"][::core::mem::size_of::<aclrtMemUceInfo>() - 128usize];
    ["Alignment of aclrtMemUceInfo"][::core::mem::align_of::<aclrtMemUceInfo>() - 8usize];
    ["Offset of field: aclrtMemUceInfo::addr"][::core::mem::offset_of!(aclrtMemUceInfo, addr) - 0usize];
    ["Offset of field: aclrtMemUceInfo::len"][::core::mem::offset_of!(aclrtMemUceInfo, len) - 8usize];
    ["Offset of field: aclrtMemUceInfo::reserved"][::core::mem::offset_of!(aclrtMemUceInfo, reserved) - 16usize];
};

pub const ACL_RT_THREAD_LEVEL: aclrtLastErrLevel = 0;
pub type aclrtLastErrLevel = ::core::ffi::c_uint;
pub type aclrtOpExceptionCallback =
    ::core::option::Option<unsafe extern "C" fn(arg1: *mut aclrtExceptionInfo, arg2: *mut ::core::ffi::c_void)>;
pub const ACL_RT_NO_ERROR: aclrtErrorType = 0;
pub const ACL_RT_ERROR_MEMORY: aclrtErrorType = 1;
pub const ACL_RT_ERROR_L2: aclrtErrorType = 2;
pub const ACL_RT_ERROR_AICORE: aclrtErrorType = 3;
pub const ACL_RT_ERROR_LINK: aclrtErrorType = 4;
pub const ACL_RT_ERROR_L3_PORT: aclrtErrorType = 5;
pub const ACL_RT_ERROR_OTHERS: aclrtErrorType = 65535;
pub type aclrtErrorType = ::core::ffi::c_uint;
pub const ACL_RT_AICORE_ERROR_UNKNOWN: aclrtAicoreErrorType = 0;
pub const ACL_RT_AICORE_ERROR_SW: aclrtAicoreErrorType = 1;
pub const ACL_RT_AICORE_ERROR_HW_LOCAL: aclrtAicoreErrorType = 2;
pub type aclrtAicoreErrorType = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtMemUceInfoArray {
    pub arraySize: usize,
    pub memUceInfoArray: [aclrtMemUceInfo; 20usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtMemUceInfoArray"][::core::mem::size_of::<aclrtMemUceInfoArray>() - 2568usize];
    ["Alignment of aclrtMemUceInfoArray"][::core::mem::align_of::<aclrtMemUceInfoArray>() - 8usize];
    ["Offset of field: aclrtMemUceInfoArray::arraySize"][::core::mem::offset_of!(aclrtMemUceInfoArray, arraySize) - 0usize];
    ["Offset of field: aclrtMemUceInfoArray::memUceInfoArray"][::core::mem::offset_of!(aclrtMemUceInfoArray, memUceInfoArray) - 8usize];
};

#[repr(C)]
#[derive(Copy, Clone)]
pub union aclrtErrorInfoDetail {
    pub uceInfo: aclrtMemUceInfoArray,
    pub aicoreErrType: aclrtAicoreErrorType,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtErrorInfoDetail"][::core::mem::size_of::<aclrtErrorInfoDetail>() - 2568usize];
    ["Alignment of aclrtErrorInfoDetail"][::core::mem::align_of::<aclrtErrorInfoDetail>() - 8usize];
    ["Offset of field: aclrtErrorInfoDetail::uceInfo"][::core::mem::offset_of!(aclrtErrorInfoDetail, uceInfo) - 0usize];
    ["Offset of field: aclrtErrorInfoDetail::aicoreErrType"][::core::mem::offset_of!(aclrtErrorInfoDetail, aicoreErrType) - 0usize];
};

#[repr(C)]
#[derive(Copy, Clone)]
pub struct aclrtErrorInfo {
    pub tryRepair: u8,
    pub hasDetail: u8,
    pub reserved: [u8; 2usize],
    pub errorType: aclrtErrorType,
    pub detail: aclrtErrorInfoDetail,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtErrorInfo"][::core::mem::size_of::<aclrtErrorInfo>() - 2576usize];
    ["Alignment of aclrtErrorInfo"][::core::mem::align_of::<aclrtErrorInfo>() - 8usize];
    ["Offset of field: aclrtErrorInfo::tryRepair"][::core::mem::offset_of!(aclrtErrorInfo, tryRepair) - 0usize];
    ["Offset of field: aclrtErrorInfo::hasDetail"][::core::mem::offset_of!(aclrtErrorInfo, hasDetail) - 1usize];
    ["Offset of field: aclrtErrorInfo::reserved"][::core::mem::offset_of!(aclrtErrorInfo, reserved) - 2usize];
    ["Offset of field: aclrtErrorInfo::errorType"][::core::mem::offset_of!(aclrtErrorInfo, errorType) - 4usize];
    ["Offset of field: aclrtErrorInfo::detail"][::core::mem::offset_of!(aclrtErrorInfo, detail) - 8usize];
};
