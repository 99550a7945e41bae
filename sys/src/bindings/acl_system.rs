//! Initialisation, version and capability queries.
//!
//! Made from `sys/include/acl/system.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_PKG_VERSION_PARTS_MAX_SIZE: u32 = 64;
pub const ACL_PKG_VERSION_MAX_SIZE: u32 = 128;
pub const ACL_OPT_DETERMINISTIC: aclSysParamOpt = 0;
pub const ACL_OPT_ENABLE_DEBUG_KERNEL: aclSysParamOpt = 1;
pub const ACL_OPT_STRONG_CONSISTENCY: aclSysParamOpt = 2;
pub const ACL_OPT_ENABLE_KERNEL_EARLY_START: aclSysParamOpt = 3;
pub type aclSysParamOpt = ::core::ffi::c_uint;
pub const ACL_CANN_ATTR_UNDEFINED: aclCannAttr = -1;
pub const ACL_CANN_ATTR_INF_NAN: aclCannAttr = 0;
pub const ACL_CANN_ATTR_BF16: aclCannAttr = 1;
pub const ACL_CANN_ATTR_JIT_COMPILE: aclCannAttr = 2;
pub type aclCannAttr = ::core::ffi::c_int;
pub const ACL_DEVICE_INFO_UNDEFINED: aclDeviceInfo = -1;
pub const ACL_DEVICE_INFO_AI_CORE_NUM: aclDeviceInfo = 0;
pub const ACL_DEVICE_INFO_VECTOR_CORE_NUM: aclDeviceInfo = 1;
pub const ACL_DEVICE_INFO_L2_SIZE: aclDeviceInfo = 2;
pub type aclDeviceInfo = ::core::ffi::c_int;
pub const ACL_PKG_NAME_CANN: aclCANNPackageName = 0;
pub const ACL_PKG_NAME_RUNTIME: aclCANNPackageName = 1;
pub const ACL_PKG_NAME_COMPILER: aclCANNPackageName = 2;
pub const ACL_PKG_NAME_HCCL: aclCANNPackageName = 3;
pub const ACL_PKG_NAME_TOOLKIT: aclCANNPackageName = 4;
pub const ACL_PKG_NAME_OPP: aclCANNPackageName = 5;
pub const ACL_PKG_NAME_OPP_KERNEL: aclCANNPackageName = 6;
pub const ACL_PKG_NAME_DRIVER: aclCANNPackageName = 7;
pub type aclCANNPackageName = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclCANNPackageVersion {
    pub version: [::core::ffi::c_char; 128usize],
    pub majorVersion: [::core::ffi::c_char; 64usize],
    pub minorVersion: [::core::ffi::c_char; 64usize],
    pub releaseVersion: [::core::ffi::c_char; 64usize],
    pub patchVersion: [::core::ffi::c_char; 64usize],
    pub reserved: [::core::ffi::c_char; 128usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclCANNPackageVersion"][::core::mem::size_of::<aclCANNPackageVersion>() - 512usize];
    ["Alignment of aclCANNPackageVersion"][::core::mem::align_of::<aclCANNPackageVersion>() - 1usize];
    ["Offset of field: aclCANNPackageVersion::version"][::core::mem::offset_of!(aclCANNPackageVersion, version) - 0usize];
    ["Offset of field: aclCANNPackageVersion::majorVersion"][::core::mem::offset_of!(aclCANNPackageVersion, majorVersion) - 128usize];
    ["Offset of field: aclCANNPackageVersion::minorVersion"][::core::mem::offset_of!(aclCANNPackageVersion, minorVersion) - 192usize];
    ["Offset of field: aclCANNPackageVersion::releaseVersion"][::core::mem::offset_of!(aclCANNPackageVersion, releaseVersion) - 256usize];
    ["Offset of field: aclCANNPackageVersion::patchVersion"][::core::mem::offset_of!(aclCANNPackageVersion, patchVersion) - 320usize];
    ["Offset of field: aclCANNPackageVersion::reserved"][::core::mem::offset_of!(aclCANNPackageVersion, reserved) - 384usize];
};

pub const ACL_REG_TYPE_ACL_MODEL: aclRegisterCallbackType = 0;
pub const ACL_REG_TYPE_ACL_OP_EXECUTOR: aclRegisterCallbackType = 1;
pub const ACL_REG_TYPE_ACL_OP_CBLAS: aclRegisterCallbackType = 2;
pub const ACL_REG_TYPE_ACL_OP_COMPILER: aclRegisterCallbackType = 3;
pub const ACL_REG_TYPE_ACL_TDT_CHANNEL: aclRegisterCallbackType = 4;
pub const ACL_REG_TYPE_ACL_TDT_QUEUE: aclRegisterCallbackType = 5;
pub const ACL_REG_TYPE_ACL_DVPP: aclRegisterCallbackType = 6;
pub const ACL_REG_TYPE_ACL_RETR: aclRegisterCallbackType = 7;
pub const ACL_REG_TYPE_OTHER: aclRegisterCallbackType = 65535;
pub type aclRegisterCallbackType = ::core::ffi::c_uint;
pub type aclInitCallbackFunc =
    ::core::option::Option<unsafe extern "C" fn(arg1: *const ::core::ffi::c_char, arg2: usize, arg3: *mut ::core::ffi::c_void) -> aclError>;
pub type aclFinalizeCallbackFunc = ::core::option::Option<unsafe extern "C" fn(arg1: *mut ::core::ffi::c_void) -> aclError>;
