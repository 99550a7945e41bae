//! Captured task sequences: capture, replay, inspection and update.
//!
//! Made from `sys/include/acl/graph.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_MDLRI_DEBUG_JSON_PRINT_SUMMARY: u32 = 0;
pub const ACL_MDLRI_DEBUG_JSON_PRINT_VERBOSE: u32 = 1;
pub type aclmdlRI = *mut ::core::ffi::c_void;
pub const ACL_MODEL_RI_CAPTURE_MODE_GLOBAL: aclmdlRICaptureMode = 0;
pub const ACL_MODEL_RI_CAPTURE_MODE_THREAD_LOCAL: aclmdlRICaptureMode = 1;
pub const ACL_MODEL_RI_CAPTURE_MODE_RELAXED: aclmdlRICaptureMode = 2;
pub type aclmdlRICaptureMode = ::core::ffi::c_uint;
pub const ACL_MODEL_RI_CAPTURE_STATUS_NONE: aclmdlRICaptureStatus = 0;
pub const ACL_MODEL_RI_CAPTURE_STATUS_ACTIVE: aclmdlRICaptureStatus = 1;
pub const ACL_MODEL_RI_CAPTURE_STATUS_INVALIDATED: aclmdlRICaptureStatus = 2;
pub type aclmdlRICaptureStatus = ::core::ffi::c_uint;
pub type aclmdlRITask = *mut ::core::ffi::c_void;
pub const ACL_MODEL_RI_TASK_DEFAULT: aclmdlRITaskType = 0;
pub const ACL_MODEL_RI_TASK_KERNEL: aclmdlRITaskType = 1;
pub const ACL_MODEL_RI_TASK_EVENT_RECORD: aclmdlRITaskType = 2;
pub const ACL_MODEL_RI_TASK_EVENT_WAIT: aclmdlRITaskType = 3;
pub const ACL_MODEL_RI_TASK_EVENT_RESET: aclmdlRITaskType = 4;
pub const ACL_MODEL_RI_TASK_VALUE_WRITE: aclmdlRITaskType = 5;
pub const ACL_MODEL_RI_TASK_VALUE_WAIT: aclmdlRITaskType = 6;
pub type aclmdlRITaskType = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclmdlRIKernelTaskParams {
    pub funcHandle: aclrtFuncHandle,
    pub cfg: *mut aclrtLaunchKernelCfg,
    pub args: *mut ::core::ffi::c_void,
    pub isHostArgs: u32,
    pub argsSize: usize,
    pub numBlocks: u32,
    pub rsv: [u32; 10usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclmdlRIKernelTaskParams"][::core::mem::size_of::<aclmdlRIKernelTaskParams>() - 88usize];
    ["Alignment of aclmdlRIKernelTaskParams"][::core::mem::align_of::<aclmdlRIKernelTaskParams>() - 8usize];
    ["Offset of field: aclmdlRIKernelTaskParams::funcHandle"][::core::mem::offset_of!(aclmdlRIKernelTaskParams, funcHandle) - 0usize];
    ["Offset of field: aclmdlRIKernelTaskParams::cfg"][::core::mem::offset_of!(aclmdlRIKernelTaskParams, cfg) - 8usize];
    ["Offset of field: aclmdlRIKernelTaskParams::args"][::core::mem::offset_of!(aclmdlRIKernelTaskParams, args) - 16usize];
    ["Offset of field: aclmdlRIKernelTaskParams::isHostArgs"][::core::mem::offset_of!(aclmdlRIKernelTaskParams, isHostArgs) - 24usize];
    ["Offset of field: aclmdlRIKernelTaskParams::argsSize"][::core::mem::offset_of!(aclmdlRIKernelTaskParams, argsSize) - 32usize];
    ["Offset of field: aclmdlRIKernelTaskParams::numBlocks"][::core::mem::offset_of!(aclmdlRIKernelTaskParams, numBlocks) - 40usize];
    ["Offset of field: aclmdlRIKernelTaskParams::rsv"][::core::mem::offset_of!(aclmdlRIKernelTaskParams, rsv) - 44usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclmdlRIEventRecordTaskParams {
    pub event: aclrtEvent,
    pub eventFlag: u32,
    pub recordFlag: u32,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclmdlRIEventRecordTaskParams"][::core::mem::size_of::<aclmdlRIEventRecordTaskParams>() - 16usize];
    ["Alignment of aclmdlRIEventRecordTaskParams"][::core::mem::align_of::<aclmdlRIEventRecordTaskParams>() - 8usize];
    ["Offset of field: aclmdlRIEventRecordTaskParams::event"][::core::mem::offset_of!(aclmdlRIEventRecordTaskParams, event) - 0usize];
    ["Offset of field: aclmdlRIEventRecordTaskParams::eventFlag"]
        [::core::mem::offset_of!(aclmdlRIEventRecordTaskParams, eventFlag) - 8usize];
    ["Offset of field: aclmdlRIEventRecordTaskParams::recordFlag"]
        [::core::mem::offset_of!(aclmdlRIEventRecordTaskParams, recordFlag) - 12usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclmdlRIEventWaitTaskParams {
    pub event: aclrtEvent,
    pub eventFlag: u32,
    pub waitFlag: u32,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclmdlRIEventWaitTaskParams"][::core::mem::size_of::<aclmdlRIEventWaitTaskParams>() - 16usize];
    ["Alignment of aclmdlRIEventWaitTaskParams"][::core::mem::align_of::<aclmdlRIEventWaitTaskParams>() - 8usize];
    ["Offset of field: aclmdlRIEventWaitTaskParams::event"][::core::mem::offset_of!(aclmdlRIEventWaitTaskParams, event) - 0usize];
    ["Offset of field: aclmdlRIEventWaitTaskParams::eventFlag"][::core::mem::offset_of!(aclmdlRIEventWaitTaskParams, eventFlag) - 8usize];
    ["Offset of field: aclmdlRIEventWaitTaskParams::waitFlag"][::core::mem::offset_of!(aclmdlRIEventWaitTaskParams, waitFlag) - 12usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclmdlRIEventResetTaskParams {
    pub event: aclrtEvent,
    pub eventFlag: u32,
    pub resetFlag: u32,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclmdlRIEventResetTaskParams"][::core::mem::size_of::<aclmdlRIEventResetTaskParams>() - 16usize];
    ["Alignment of aclmdlRIEventResetTaskParams"][::core::mem::align_of::<aclmdlRIEventResetTaskParams>() - 8usize];
    ["Offset of field: aclmdlRIEventResetTaskParams::event"][::core::mem::offset_of!(aclmdlRIEventResetTaskParams, event) - 0usize];
    ["Offset of field: aclmdlRIEventResetTaskParams::eventFlag"][::core::mem::offset_of!(aclmdlRIEventResetTaskParams, eventFlag) - 8usize];
    ["Offset of field: aclmdlRIEventResetTaskParams::resetFlag"]
        [::core::mem::offset_of!(aclmdlRIEventResetTaskParams, resetFlag) - 12usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclmdlRIValueWriteTaskParams {
    pub devAddr: *mut ::core::ffi::c_void,
    pub value: u64,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclmdlRIValueWriteTaskParams"][::core::mem::size_of::<aclmdlRIValueWriteTaskParams>() - 16usize];
    ["Alignment of aclmdlRIValueWriteTaskParams"][::core::mem::align_of::<aclmdlRIValueWriteTaskParams>() - 8usize];
    ["Offset of field: aclmdlRIValueWriteTaskParams::devAddr"][::core::mem::offset_of!(aclmdlRIValueWriteTaskParams, devAddr) - 0usize];
    ["Offset of field: aclmdlRIValueWriteTaskParams::value"][::core::mem::offset_of!(aclmdlRIValueWriteTaskParams, value) - 8usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclmdlRIValueWaitTaskParams {
    pub devAddr: *mut ::core::ffi::c_void,
    pub value: u64,
    pub flag: u32,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclmdlRIValueWaitTaskParams"][::core::mem::size_of::<aclmdlRIValueWaitTaskParams>() - 24usize];
    ["Alignment of aclmdlRIValueWaitTaskParams"][::core::mem::align_of::<aclmdlRIValueWaitTaskParams>() - 8usize];
    ["Offset of field: aclmdlRIValueWaitTaskParams::devAddr"][::core::mem::offset_of!(aclmdlRIValueWaitTaskParams, devAddr) - 0usize];
    ["Offset of field: aclmdlRIValueWaitTaskParams::value"][::core::mem::offset_of!(aclmdlRIValueWaitTaskParams, value) - 8usize];
    ["Offset of field: aclmdlRIValueWaitTaskParams::flag"][::core::mem::offset_of!(aclmdlRIValueWaitTaskParams, flag) - 16usize];
};

#[repr(C)]
#[derive(Copy, Clone)]
pub struct aclmdlRITaskParams {
    pub type_: aclmdlRITaskType,
    pub rsv0: [u32; 3usize],
    pub taskGrp: aclrtTaskGrp,
    pub opInfoPtr: *mut ::core::ffi::c_void,
    pub opInfoSize: usize,
    pub rsv1: [u8; 32usize],
    pub __bindgen_anon_1: aclmdlRITaskParams__bindgen_ty_1,
}

#[repr(C)]
#[derive(Copy, Clone)]
pub union aclmdlRITaskParams__bindgen_ty_1 {
    pub rsv2: [u8; 128usize],
    pub kernelTaskParams: aclmdlRIKernelTaskParams,
    pub eventRecordTaskParams: aclmdlRIEventRecordTaskParams,
    pub eventWaitTaskParams: aclmdlRIEventWaitTaskParams,
    pub eventResetTaskParams: aclmdlRIEventResetTaskParams,
    pub valueWriteTaskParams: aclmdlRIValueWriteTaskParams,
    pub valueWaitTaskParams: aclmdlRIValueWaitTaskParams,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclmdlRITaskParams__bindgen_ty_1"][::core::mem::size_of::<aclmdlRITaskParams__bindgen_ty_1>() - 128usize];
    ["Alignment of aclmdlRITaskParams__bindgen_ty_1"][::core::mem::align_of::<aclmdlRITaskParams__bindgen_ty_1>() - 8usize];
    ["Offset of field: aclmdlRITaskParams__bindgen_ty_1::rsv2"][::core::mem::offset_of!(aclmdlRITaskParams__bindgen_ty_1, rsv2) - 0usize];
    ["Offset of field: aclmdlRITaskParams__bindgen_ty_1::kernelTaskParams"]
        [::core::mem::offset_of!(aclmdlRITaskParams__bindgen_ty_1, kernelTaskParams) - 0usize];
    ["Offset of field: aclmdlRITaskParams__bindgen_ty_1::eventRecordTaskParams"]
        [::core::mem::offset_of!(aclmdlRITaskParams__bindgen_ty_1, eventRecordTaskParams) - 0usize];
    ["Offset of field: aclmdlRITaskParams__bindgen_ty_1::eventWaitTaskParams"]
        [::core::mem::offset_of!(aclmdlRITaskParams__bindgen_ty_1, eventWaitTaskParams) - 0usize];
    ["Offset of field: aclmdlRITaskParams__bindgen_ty_1::eventResetTaskParams"]
        [::core::mem::offset_of!(aclmdlRITaskParams__bindgen_ty_1, eventResetTaskParams) - 0usize];
    ["Offset of field: aclmdlRITaskParams__bindgen_ty_1::valueWriteTaskParams"]
        [::core::mem::offset_of!(aclmdlRITaskParams__bindgen_ty_1, valueWriteTaskParams) - 0usize];
    ["Offset of field: aclmdlRITaskParams__bindgen_ty_1::valueWaitTaskParams"]
        [::core::mem::offset_of!(aclmdlRITaskParams__bindgen_ty_1, valueWaitTaskParams) - 0usize];
};

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclmdlRITaskParams"][::core::mem::size_of::<aclmdlRITaskParams>() - 200usize];
    ["Alignment of aclmdlRITaskParams"][::core::mem::align_of::<aclmdlRITaskParams>() - 8usize];
    ["Offset of field: aclmdlRITaskParams::type_"][::core::mem::offset_of!(aclmdlRITaskParams, type_) - 0usize];
    ["Offset of field: aclmdlRITaskParams::rsv0"][::core::mem::offset_of!(aclmdlRITaskParams, rsv0) - 4usize];
    ["Offset of field: aclmdlRITaskParams::taskGrp"][::core::mem::offset_of!(aclmdlRITaskParams, taskGrp) - 16usize];
    ["Offset of field: aclmdlRITaskParams::opInfoPtr"][::core::mem::offset_of!(aclmdlRITaskParams, opInfoPtr) - 24usize];
    ["Offset of field: aclmdlRITaskParams::opInfoSize"][::core::mem::offset_of!(aclmdlRITaskParams, opInfoSize) - 32usize];
    ["Offset of field: aclmdlRITaskParams::rsv1"][::core::mem::offset_of!(aclmdlRITaskParams, rsv1) - 40usize];
};

pub type aclmdlRICondHandle = *mut ::core::ffi::c_void;
pub const ACL_MODEL_RI_COND_HANDLE_ASSIGN_DEFAULT: aclmdlRICondHandleFlag = 1;
pub type aclmdlRICondHandleFlag = ::core::ffi::c_uint;
pub const ACL_MODEL_RI_COND_TYPE_IF: aclmdlRICondTaskType = 0;
pub const ACL_MODEL_RI_COND_TYPE_WHILE: aclmdlRICondTaskType = 1;
pub const ACL_MODEL_RI_COND_TYPE_SWITCH: aclmdlRICondTaskType = 2;
pub type aclmdlRICondTaskType = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tagAclmdlRICondTaskParams {
    pub handle: aclmdlRICondHandle,
    pub type_: aclmdlRICondTaskType,
    pub size: u32,
    pub modelRIArray: *mut aclmdlRI,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of tagAclmdlRICondTaskParams"][::core::mem::size_of::<tagAclmdlRICondTaskParams>() - 24usize];
    ["Alignment of tagAclmdlRICondTaskParams"][::core::mem::align_of::<tagAclmdlRICondTaskParams>() - 8usize];
    ["Offset of field: tagAclmdlRICondTaskParams::handle"][::core::mem::offset_of!(tagAclmdlRICondTaskParams, handle) - 0usize];
    ["Offset of field: tagAclmdlRICondTaskParams::type_"][::core::mem::offset_of!(tagAclmdlRICondTaskParams, type_) - 8usize];
    ["Offset of field: tagAclmdlRICondTaskParams::size"][::core::mem::offset_of!(tagAclmdlRICondTaskParams, size) - 12usize];
    ["Offset of field: tagAclmdlRICondTaskParams::modelRIArray"]
        [::core::mem::offset_of!(tagAclmdlRICondTaskParams, modelRIArray) - 16usize];
};

pub type aclmdlRICondTaskParams = tagAclmdlRICondTaskParams;
