//! What the tests share: the runtime, and short ways to make things in it.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::OnceLock;

use ascend_sys::ffi::*;
use ascend_sys::{Cann, Error, Result};

pub fn cann() -> &'static Cann {
    static CANN: OnceLock<Cann> = OnceLock::new();
    CANN.get_or_init(|| {
        let cann = ascend_sim::cann();
        // SAFETY: the configuration may be null.
        unsafe { cann.acl.aclInit(null()) }.unwrap();
        cann
    })
}

/// The runtime, with the device current in this thread.
pub fn on(device: i32) -> &'static ascend_sys::AscendCl {
    let acl = &cann().acl;
    // SAFETY: takes no pointer.
    unsafe { acl.aclrtSetDevice(device) }.unwrap();
    acl
}

pub fn malloc(acl: &ascend_sys::AscendCl, bytes: usize) -> *mut c_void {
    let mut address = null_mut();
    // SAFETY: a place to write to.
    unsafe { acl.aclrtMalloc(&mut address, bytes, ACL_MEM_MALLOC_HUGE_FIRST) }.unwrap();
    address
}

pub fn stream(acl: &ascend_sys::AscendCl) -> aclrtStream {
    let mut stream = null_mut();
    // SAFETY: a place to write to.
    unsafe { acl.aclrtCreateStream(&mut stream) }.unwrap();
    stream
}

pub fn event(acl: &ascend_sys::AscendCl) -> aclrtEvent {
    let mut event = null_mut();
    // SAFETY: a place to write to.
    unsafe { acl.aclrtCreateEvent(&mut event) }.unwrap();
    event
}

/// The code and the message that a call was refused with.
pub fn refused(outcome: Result<()>) -> (i32, String) {
    match outcome {
        Err(Error::Call { code, message, .. }) => (code, message.map(String::from).unwrap_or_default()),
        other => panic!("a refusal expected, {other:?} found"),
    }
}
