//! Contexts and the settings of the calling thread.
//!
//! Made from `sys/include/acl/context.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_GROUP_AICORE_INT: aclrtGroupAttr = 0;
pub const ACL_GROUP_AIV_INT: aclrtGroupAttr = 1;
pub const ACL_GROUP_AIC_INT: aclrtGroupAttr = 2;
pub const ACL_GROUP_SDMANUM_INT: aclrtGroupAttr = 3;
pub const ACL_GROUP_ASQNUM_INT: aclrtGroupAttr = 4;
pub const ACL_GROUP_GROUPID_INT: aclrtGroupAttr = 5;
pub type aclrtGroupAttr = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tagRtGroupInfo {
    _unused: [u8; 0],
}

pub type aclrtGroupInfo = tagRtGroupInfo;
