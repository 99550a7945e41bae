//! Single operators by name (the interface that aclnn replaced).
//!
//! Made from `sys/include/acl/op.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclopHandle {
    _unused: [u8; 0],
}

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclopAttr {
    _unused: [u8; 0],
}

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclopKernelDesc {
    _unused: [u8; 0],
}

pub type aclDataDeallocator = ::core::option::Option<unsafe extern "C" fn(arg1: *mut ::core::ffi::c_void, arg2: usize)>;
pub type aclopEngineType = aclEngineType;
pub type aclopCompileFunc = ::core::option::Option<
    unsafe extern "C" fn(
        arg1: ::core::ffi::c_int,
        arg2: *const *const aclTensorDesc,
        arg3: ::core::ffi::c_int,
        arg4: *const *const aclTensorDesc,
        arg5: *const aclopAttr,
        arg6: *mut aclopKernelDesc,
    ) -> aclError,
>;
