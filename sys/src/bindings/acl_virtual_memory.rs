//! Virtual address ranges, physical memory and mappings.
//!
//! Made from `sys/include/acl/virtual_memory.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_RT_MEM_LINK_IDX_0: u32 = 0;
pub const ACL_RT_MEM_LINK_IDX_1: u32 = 1;
pub const ACL_MEM_ALLOCATION_TYPE_PINNED: aclrtMemAllocationType = 0;
pub type aclrtMemAllocationType = ::core::ffi::c_uint;
pub const ACL_MEM_HANDLE_TYPE_NONE: aclrtMemHandleType = 0;
pub const ACL_MEM_HANDLE_TYPE_POSIX: aclrtMemHandleType = 2;
pub type aclrtMemHandleType = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtPhysicalMemProp {
    pub handleType: aclrtMemHandleType,
    pub allocationType: aclrtMemAllocationType,
    pub memAttr: aclrtMemAttr,
    pub location: aclrtMemLocation,
    pub reserve: u64,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtPhysicalMemProp"][::core::mem::size_of::<aclrtPhysicalMemProp>() - 32usize];
    ["Alignment of aclrtPhysicalMemProp"][::core::mem::align_of::<aclrtPhysicalMemProp>() - 8usize];
    ["Offset of field: aclrtPhysicalMemProp::handleType"][::core::mem::offset_of!(aclrtPhysicalMemProp, handleType) - 0usize];
    ["Offset of field: aclrtPhysicalMemProp::allocationType"][::core::mem::offset_of!(aclrtPhysicalMemProp, allocationType) - 4usize];
    ["Offset of field: aclrtPhysicalMemProp::memAttr"][::core::mem::offset_of!(aclrtPhysicalMemProp, memAttr) - 8usize];
    ["Offset of field: aclrtPhysicalMemProp::location"][::core::mem::offset_of!(aclrtPhysicalMemProp, location) - 12usize];
    ["Offset of field: aclrtPhysicalMemProp::reserve"][::core::mem::offset_of!(aclrtPhysicalMemProp, reserve) - 24usize];
};

pub const ACL_RT_MEM_ALLOC_GRANULARITY_MINIMUM: aclrtMemGranularityOptions = 0;
pub const ACL_RT_MEM_ALLOC_GRANULARITY_RECOMMENDED: aclrtMemGranularityOptions = 1;
pub const ACL_RT_MEM_ALLOC_GRANULARITY_UNDEF: aclrtMemGranularityOptions = 65535;
pub type aclrtMemGranularityOptions = ::core::ffi::c_uint;
pub const ACL_RT_MEM_ACCESS_FLAGS_NONE: aclrtMemAccessFlags = 0;
pub const ACL_RT_MEM_ACCESS_FLAGS_READ: aclrtMemAccessFlags = 1;
pub const ACL_RT_MEM_ACCESS_FLAGS_READWRITE: aclrtMemAccessFlags = 3;
pub type aclrtMemAccessFlags = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtMemAccessDesc {
    pub flags: aclrtMemAccessFlags,
    pub location: aclrtMemLocation,
    pub rsv: [u8; 12usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtMemAccessDesc"][::core::mem::size_of::<aclrtMemAccessDesc>() - 24usize];
    ["Alignment of aclrtMemAccessDesc"][::core::mem::align_of::<aclrtMemAccessDesc>() - 4usize];
    ["Offset of field: aclrtMemAccessDesc::flags"][::core::mem::offset_of!(aclrtMemAccessDesc, flags) - 0usize];
    ["Offset of field: aclrtMemAccessDesc::location"][::core::mem::offset_of!(aclrtMemAccessDesc, location) - 4usize];
    ["Offset of field: aclrtMemAccessDesc::rsv"][::core::mem::offset_of!(aclrtMemAccessDesc, rsv) - 12usize];
};

pub const ACL_RT_MEM_ACCESS_LINK_SIO: aclrtMemLinkType = 0;
pub const ACL_RT_MEM_ACCESS_LINK_HCCS: aclrtMemLinkType = 1;
pub const ACL_RT_MEM_ACCESS_UB_ONE_PORT_PATH: aclrtMemLinkType = 2;
pub const ACL_RT_MEM_ACCESS_UB_MULTI_PORT_PATH: aclrtMemLinkType = 3;
pub type aclrtMemLinkType = ::core::ffi::c_uint;
