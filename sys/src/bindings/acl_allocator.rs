//! Registration of a caller's memory allocator.
//!
//! Made from `sys/include/acl/allocator.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub type aclrtAllocatorDesc = *mut ::core::ffi::c_void;
pub type aclrtAllocator = *mut ::core::ffi::c_void;
pub type aclrtAllocatorBlock = *mut ::core::ffi::c_void;
pub type aclrtAllocatorAddr = *mut ::core::ffi::c_void;
pub type aclrtAllocatorAllocFunc =
    ::core::option::Option<unsafe extern "C" fn(arg1: aclrtAllocator, arg2: usize) -> *mut ::core::ffi::c_void>;
pub type aclrtAllocatorFreeFunc = ::core::option::Option<unsafe extern "C" fn(arg1: aclrtAllocator, arg2: aclrtAllocatorBlock)>;
pub type aclrtAllocatorAllocAdviseFunc =
    ::core::option::Option<unsafe extern "C" fn(arg1: aclrtAllocator, arg2: usize, arg3: aclrtAllocatorAddr) -> *mut ::core::ffi::c_void>;
pub type aclrtAllocatorGetAddrFromBlockFunc =
    ::core::option::Option<unsafe extern "C" fn(arg1: aclrtAllocatorBlock) -> *mut ::core::ffi::c_void>;
