//! Notifies, counting notifies and labels.
//!
//! Made from `sys/include/acl/notify.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_NOTIFY_DEFAULT: u32 = 0;
pub const ACL_NOTIFY_DEVICE_USE_ONLY: u32 = 1;
pub const ACL_RT_CNT_NOTIFY_RECORD_SET_VALUE_MODE: aclrtCntNotifyRecordMode = 0;
pub const ACL_RT_CNT_NOTIFY_RECORD_ADD_MODE: aclrtCntNotifyRecordMode = 1;
pub const ACL_RT_CNT_NOTIFY_RECORD_BIT_OR_MODE: aclrtCntNotifyRecordMode = 2;
pub const ACL_RT_CNT_NOTIFY_RECORD_BIT_AND_MODE: aclrtCntNotifyRecordMode = 4;
pub type aclrtCntNotifyRecordMode = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtCntNotifyRecordInfo {
    pub mode: aclrtCntNotifyRecordMode,
    pub value: u32,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtCntNotifyRecordInfo"][::core::mem::size_of::<aclrtCntNotifyRecordInfo>() - 8usize];
    ["Alignment of aclrtCntNotifyRecordInfo"][::core::mem::align_of::<aclrtCntNotifyRecordInfo>() - 4usize];
    ["Offset of field: aclrtCntNotifyRecordInfo::mode"][::core::mem::offset_of!(aclrtCntNotifyRecordInfo, mode) - 0usize];
    ["Offset of field: aclrtCntNotifyRecordInfo::value"][::core::mem::offset_of!(aclrtCntNotifyRecordInfo, value) - 4usize];
};

pub const ACL_RT_CNT_NOTIFY_WAIT_LESS_MODE: aclrtCntNotifyWaitMode = 0;
pub const ACL_RT_CNT_NOTIFY_WAIT_EQUAL_MODE: aclrtCntNotifyWaitMode = 1;
pub const ACL_RT_CNT_NOTIFY_WAIT_BIGGER_MODE: aclrtCntNotifyWaitMode = 2;
pub const ACL_RT_CNT_NOTIFY_WAIT_BIGGER_OR_EQUAL_MODE: aclrtCntNotifyWaitMode = 3;
pub const ACL_RT_CNT_NOTIFY_WAIT_EQUAL_WITH_BITMASK_MODE: aclrtCntNotifyWaitMode = 4;
pub type aclrtCntNotifyWaitMode = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtCntNotifyWaitInfo {
    pub mode: aclrtCntNotifyWaitMode,
    pub value: u32,
    pub timeout: u32,
    pub isClear: u8,
    pub rsv: [u8; 3usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtCntNotifyWaitInfo"][::core::mem::size_of::<aclrtCntNotifyWaitInfo>() - 16usize];
    ["Alignment of aclrtCntNotifyWaitInfo"][::core::mem::align_of::<aclrtCntNotifyWaitInfo>() - 4usize];
    ["Offset of field: aclrtCntNotifyWaitInfo::mode"][::core::mem::offset_of!(aclrtCntNotifyWaitInfo, mode) - 0usize];
    ["Offset of field: aclrtCntNotifyWaitInfo::value"][::core::mem::offset_of!(aclrtCntNotifyWaitInfo, value) - 4usize];
    ["Offset of field: aclrtCntNotifyWaitInfo::timeout"][::core::mem::offset_of!(aclrtCntNotifyWaitInfo, timeout) - 8usize];
    ["Offset of field: aclrtCntNotifyWaitInfo::isClear"][::core::mem::offset_of!(aclrtCntNotifyWaitInfo, isClear) - 12usize];
    ["Offset of field: aclrtCntNotifyWaitInfo::rsv"][::core::mem::offset_of!(aclrtCntNotifyWaitInfo, rsv) - 13usize];
};
