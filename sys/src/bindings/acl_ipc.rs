//! Memory, events and notifies shared between processes and servers.
//!
//! Made from `sys/include/acl/ipc.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_IPC_EVENT_HANDLE_SIZE: u32 = 64;
pub const ACL_RT_IPC_MEM_ATTR_ACCESS_LINK_SIO: u32 = 0;
pub const ACL_RT_IPC_MEM_EXPORT_FLAG_DEFAULT: u32 = 0;
pub const ACL_RT_IPC_MEM_IMPORT_FLAG_DEFAULT: u32 = 0;
pub const ACL_RT_IPC_MEM_ATTR_ACCESS_LINK_HCCS: u32 = 1;
pub const ACL_RT_IPC_MEM_EXPORT_FLAG_DISABLE_PID_VALIDATION: u32 = 1;
pub const ACL_RT_IPC_MEM_IMPORT_FLAG_ENABLE_PEER_ACCESS: u32 = 1;
pub const ACL_RT_IPC_MEM_ATTR_ACCESS_LINK_UB_ONE_PORT_PATH: u32 = 2;
pub const ACL_RT_IPC_MEM_ATTR_ACCESS_LINK_UB_MULTI_PORT_PATH: u32 = 3;
pub const ACL_RT_NOTIFY_EXPORT_FLAG_DEFAULT: u32 = 0;
pub const ACL_RT_NOTIFY_EXPORT_FLAG_DISABLE_PID_VALIDATION: u32 = 2;
pub const ACL_RT_NOTIFY_IMPORT_FLAG_DEFAULT: u32 = 0;
pub const ACL_RT_NOTIFY_IMPORT_FLAG_ENABLE_PEER_ACCESS: u32 = 2;
pub const ACL_RT_VMM_EXPORT_FLAG_DEFAULT: u32 = 0;
pub const ACL_RT_VMM_EXPORT_FLAG_DISABLE_PID_VALIDATION: u32 = 1;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtServerPid {
    pub sdid: u32,
    pub pid: *mut i32,
    pub num: usize,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtServerPid"][::core::mem::size_of::<aclrtServerPid>() - 24usize];
    ["Alignment of aclrtServerPid"][::core::mem::align_of::<aclrtServerPid>() - 8usize];
    ["Offset of field: aclrtServerPid::sdid"][::core::mem::offset_of!(aclrtServerPid, sdid) - 0usize];
    ["Offset of field: aclrtServerPid::pid"][::core::mem::offset_of!(aclrtServerPid, pid) - 8usize];
    ["Offset of field: aclrtServerPid::num"][::core::mem::offset_of!(aclrtServerPid, num) - 16usize];
};

pub const ACL_RT_IPC_MEM_ATTR_ACCESS_LINK: aclrtIpcMemAttrType = 0;
pub type aclrtIpcMemAttrType = ::core::ffi::c_uint;
pub const ACL_MEM_SHARE_HANDLE_TYPE_DEFAULT: aclrtMemSharedHandleType = 1;
pub const ACL_MEM_SHARE_HANDLE_TYPE_FABRIC: aclrtMemSharedHandleType = 2;
pub type aclrtMemSharedHandleType = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtMemFabricHandle {
    pub data: [u8; 128usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtMemFabricHandle"][::core::mem::size_of::<aclrtMemFabricHandle>() - 128usize];
    ["Alignment of aclrtMemFabricHandle"][::core::mem::align_of::<aclrtMemFabricHandle>() - 1usize];
    ["Offset of field: aclrtMemFabricHandle::data"][::core::mem::offset_of!(aclrtMemFabricHandle, data) - 0usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtIpcEventHandle {
    pub reserved: [::core::ffi::c_char; 64usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtIpcEventHandle"][::core::mem::size_of::<aclrtIpcEventHandle>() - 64usize];
    ["Alignment of aclrtIpcEventHandle"][::core::mem::align_of::<aclrtIpcEventHandle>() - 1usize];
    ["Offset of field: aclrtIpcEventHandle::reserved"][::core::mem::offset_of!(aclrtIpcEventHandle, reserved) - 0usize];
};
