//! Host functions on streams, and state callbacks.
//!
//! Made from `sys/include/acl/callback.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_CALLBACK_NO_BLOCK: aclrtCallbackBlockType = 0;
pub const ACL_CALLBACK_BLOCK: aclrtCallbackBlockType = 1;
pub type aclrtCallbackBlockType = ::core::ffi::c_uint;
pub type aclrtCallback = ::core::option::Option<unsafe extern "C" fn(arg1: *mut ::core::ffi::c_void)>;
pub type aclrtHostFunc = ::core::option::Option<unsafe extern "C" fn(arg1: *mut ::core::ffi::c_void)>;
pub const ACL_RT_DEVICE_TASK_ABORT_PRE: aclrtDeviceTaskAbortStage = 0;
pub const ACL_RT_DEVICE_TASK_ABORT_POST: aclrtDeviceTaskAbortStage = 1;
pub type aclrtDeviceTaskAbortStage = ::core::ffi::c_uint;
pub const ACL_RT_DEVICE_STATE_SET_PRE: aclrtDeviceState = 0;
pub const ACL_RT_DEVICE_STATE_SET_POST: aclrtDeviceState = 1;
pub const ACL_RT_DEVICE_STATE_RESET_PRE: aclrtDeviceState = 2;
pub const ACL_RT_DEVICE_STATE_RESET_POST: aclrtDeviceState = 3;
pub type aclrtDeviceState = ::core::ffi::c_uint;
pub type aclrtDeviceStateCallback =
    ::core::option::Option<unsafe extern "C" fn(arg1: i32, arg2: aclrtDeviceState, arg3: *mut ::core::ffi::c_void)>;
pub const ACL_RT_STREAM_STATE_CREATE_POST: aclrtStreamState = 1;
pub const ACL_RT_STREAM_STATE_DESTROY_PRE: aclrtStreamState = 2;
pub type aclrtStreamState = ::core::ffi::c_uint;
pub type aclrtStreamStateCallback =
    ::core::option::Option<unsafe extern "C" fn(arg1: aclrtStream, arg2: aclrtStreamState, arg3: *mut ::core::ffi::c_void)>;
pub type aclrtDeviceTaskAbortCallback = ::core::option::Option<
    unsafe extern "C" fn(arg1: i32, arg2: aclrtDeviceTaskAbortStage, arg3: u32, arg4: *mut ::core::ffi::c_void) -> i32,
>;
