//! Streams: creation, synchronisation, attributes, values in memory.
//!
//! Made from `sys/include/acl/stream.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_CONTINUE_ON_FAILURE: u32 = 0;
pub const ACL_STOP_ON_FAILURE: u32 = 1;
pub const ACL_STREAM_CPU_SCHEDULE: u32 = 16;
pub const ACL_STREAM_DEVICE_USE_ONLY: u32 = 32;
pub const ACL_STREAM_FAST_LAUNCH: u32 = 1;
pub const ACL_STREAM_FAST_SYNC: u32 = 2;
pub const ACL_STREAM_HUGE: u32 = 8;
pub const ACL_STREAM_PERSISTENT: u32 = 4;
pub const ACL_STREAM_WAIT_VALUE_GEQ: u32 = 0;
pub const ACL_STREAM_WAIT_VALUE_EQ: u32 = 1;
pub const ACL_STREAM_WAIT_VALUE_AND: u32 = 2;
pub const ACL_STREAM_WAIT_VALUE_NOR: u32 = 3;
pub const ACL_STREAM_STATUS_COMPLETE: aclrtStreamStatus = 0;
pub const ACL_STREAM_STATUS_NOT_READY: aclrtStreamStatus = 1;
pub const ACL_STREAM_STATUS_RESERVED: aclrtStreamStatus = 65535;
pub type aclrtStreamStatus = ::core::ffi::c_uint;
pub const ACL_RT_STREAM_WORK_ADDR_PTR: aclrtStreamConfigAttr = 0;
pub const ACL_RT_STREAM_WORK_SIZE: aclrtStreamConfigAttr = 1;
pub const ACL_RT_STREAM_FLAG: aclrtStreamConfigAttr = 2;
pub const ACL_RT_STREAM_PRIORITY: aclrtStreamConfigAttr = 3;
pub type aclrtStreamConfigAttr = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtStreamConfigHandle {
    pub workptr: *mut ::core::ffi::c_void,
    pub workSize: usize,
    pub flag: usize,
    pub priority: u32,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtStreamConfigHandle"][::core::mem::size_of::<aclrtStreamConfigHandle>() - 32usize];
    ["Alignment of aclrtStreamConfigHandle"][::core::mem::align_of::<aclrtStreamConfigHandle>() - 8usize];
    ["Offset of field: aclrtStreamConfigHandle::workptr"][::core::mem::offset_of!(aclrtStreamConfigHandle, workptr) - 0usize];
    ["Offset of field: aclrtStreamConfigHandle::workSize"][::core::mem::offset_of!(aclrtStreamConfigHandle, workSize) - 8usize];
    ["Offset of field: aclrtStreamConfigHandle::flag"][::core::mem::offset_of!(aclrtStreamConfigHandle, flag) - 16usize];
    ["Offset of field: aclrtStreamConfigHandle::priority"][::core::mem::offset_of!(aclrtStreamConfigHandle, priority) - 24usize];
};

pub const ACL_STREAM_ATTR_FAILURE_MODE: aclrtStreamAttr = 1;
pub const ACL_STREAM_ATTR_FLOAT_OVERFLOW_CHECK: aclrtStreamAttr = 2;
pub const ACL_STREAM_ATTR_USER_CUSTOM_TAG: aclrtStreamAttr = 3;
pub const ACL_STREAM_ATTR_CACHE_OP_IFNO: aclrtStreamAttr = 4;
pub const ACL_STREAM_ATTR_CACHE_OP_INFO: aclrtStreamAttr = 4;
pub const ACL_STREAM_ATTR_PRIORITY: aclrtStreamAttr = 5;
pub type aclrtStreamAttr = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Copy, Clone)]
pub union aclrtStreamAttrValue {
    pub failureMode: u64,
    pub overflowSwitch: u32,
    pub userCustomTag: u32,
    pub cacheOpInfoSwitch: u32,
    pub streamPriority: u32,
    pub reserve: [u32; 4usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtStreamAttrValue"][::core::mem::size_of::<aclrtStreamAttrValue>() - 16usize];
    ["Alignment of aclrtStreamAttrValue"][::core::mem::align_of::<aclrtStreamAttrValue>() - 8usize];
    ["Offset of field: aclrtStreamAttrValue::failureMode"][::core::mem::offset_of!(aclrtStreamAttrValue, failureMode) - 0usize];
    ["Offset of field: aclrtStreamAttrValue::overflowSwitch"][::core::mem::offset_of!(aclrtStreamAttrValue, overflowSwitch) - 0usize];
    ["Offset of field: aclrtStreamAttrValue::userCustomTag"][::core::mem::offset_of!(aclrtStreamAttrValue, userCustomTag) - 0usize];
    ["Offset of field: aclrtStreamAttrValue::cacheOpInfoSwitch"][::core::mem::offset_of!(aclrtStreamAttrValue, cacheOpInfoSwitch) - 0usize];
    ["Offset of field: aclrtStreamAttrValue::streamPriority"][::core::mem::offset_of!(aclrtStreamAttrValue, streamPriority) - 0usize];
    ["Offset of field: aclrtStreamAttrValue::reserve"][::core::mem::offset_of!(aclrtStreamAttrValue, reserve) - 0usize];
};

pub const ACL_RT_EQUAL: aclrtCondition = 0;
pub const ACL_RT_NOT_EQUAL: aclrtCondition = 1;
pub const ACL_RT_GREATER: aclrtCondition = 2;
pub const ACL_RT_GREATER_OR_EQUAL: aclrtCondition = 3;
pub const ACL_RT_LESS: aclrtCondition = 4;
pub const ACL_RT_LESS_OR_EQUAL: aclrtCondition = 5;
pub type aclrtCondition = ::core::ffi::c_uint;
pub const ACL_RT_SWITCH_INT32: aclrtCompareDataType = 0;
pub const ACL_RT_SWITCH_INT64: aclrtCompareDataType = 1;
pub type aclrtCompareDataType = ::core::ffi::c_uint;
