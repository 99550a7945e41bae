//! Faults on purpose. One test: there is one script in a process.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod handles;

use std::ffi::c_void;
use std::ptr::null_mut;

use ascend_sim::faults;
use ascend_sys::AscendCl;
use ascend_sys::ffi::*;
use handles::{malloc, on, refused, stream};

/// The code that an outcome was refused with, 0 if it was not.
fn code(outcome: ascend_sys::Result<()>) -> i32 {
    outcome.err().and_then(|error| error.code()).unwrap_or(0)
}

fn allocation(acl: &AscendCl) -> i32 {
    let mut address = null_mut();
    // SAFETY: a place to write to; what was allocated is freed.
    unsafe {
        let code = code(acl.aclrtMalloc(&mut address, 64, ACL_MEM_MALLOC_NORMAL_ONLY));
        if code == 0 {
            acl.aclrtFree(address).unwrap();
        }
        code
    }
}

/// A copy on the stream, and what its synchronisation says.
fn copy(acl: &AscendCl, to: *mut c_void, from: *const c_void, stream: aclrtStream) -> i32 {
    // SAFETY: both ranges are allocations of eight bytes.
    unsafe {
        acl.aclrtMemcpyAsync(to, 8, from, 8, ACL_MEMCPY_DEVICE_TO_DEVICE, stream).unwrap();
        code(acl.aclrtSynchronizeStream(stream))
    }
}

#[test]
fn each_fault_strikes_where_it_was_asked_and_what_follows_works() {
    let acl = on(0);
    let (stream, one, other) = (stream(acl), malloc(acl, 8), malloc(acl, 8));

    faults::set("alloc at 2").unwrap();
    assert_eq!([0; 3].map(|_| allocation(acl)), [0, ACL_ERROR_RT_MEMORY_ALLOCATION, 0]);
    assert_eq!(faults::struck(), ["alloc at 2: allocation"]);

    faults::set("call aclrtMalloc every 2 code 507899").unwrap();
    assert_eq!([0; 4].map(|_| allocation(acl)), [0, 507_899, 0, 507_899]);
    assert!(faults::set("call").is_err());
    assert_eq!(allocation(acl), 0);

    faults::set("late aclrtMemcpyAsync at 2").unwrap();
    assert_eq!([0; 3].map(|_| copy(acl, one, other, stream)), [0, ACL_ERROR_RT_AICORE_EXCEPTION, 0]);
    faults::set("ecc device 0; ecc device 1").unwrap();
    assert_eq!([0; 2].map(|_| copy(acl, one, other, stream)), [ACL_ERROR_RT_HBM_MULTI_BIT_ECC_ERROR, 0]);

    // SAFETY: handles of this test.
    unsafe {
        faults::set("hang aclrtMemcpyAsync").unwrap();
        acl.aclrtMemcpyAsync(one, 8, other, 8, ACL_MEMCPY_DEVICE_TO_DEVICE, stream).unwrap();
        assert_eq!(refused(acl.aclrtSynchronizeStreamWithTimeout(stream, 20)).0, ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
        acl.aclrtStreamAbort(stream).unwrap();
        acl.aclrtSynchronizeStream(stream).unwrap();
        faults::set("hang aclrtMemcpyAsync").unwrap();
        acl.aclrtSetOpExecuteTimeOutWithMs(30).unwrap();
        let (code, text) = {
            acl.aclrtMemcpyAsync(one, 8, other, 8, ACL_MEMCPY_DEVICE_TO_DEVICE, stream).unwrap();
            refused(acl.aclrtSynchronizeStream(stream))
        };
        assert!(code == ACL_ERROR_RT_AICORE_TIMEOUT && text.contains("aclrtMemcpyAsync: "), "{text}");
    }

    on(1);
    let far = malloc(acl, 8);
    on(0);
    faults::set("link-down").unwrap();
    // SAFETY: the ranges are allocations of eight bytes.
    unsafe {
        acl.aclrtDeviceEnablePeerAccess(1, 0).unwrap();
        let across = || code(acl.aclrtMemcpy(far, 8, one, 8, ACL_MEMCPY_DEVICE_TO_DEVICE));
        assert_eq!([across(), across()], [ACL_ERROR_RT_LINK_ERROR, 0]);
    }

    faults::set("lost device 0 at 2").unwrap();
    assert_eq!([0; 3].map(|_| allocation(acl)), [0, ACL_ERROR_RT_LOST_HEARTBEAT, ACL_ERROR_RT_LOST_HEARTBEAT]);
    on(1);
    assert_eq!(allocation(acl), 0);
    // SAFETY: takes no pointer.
    unsafe { acl.aclrtResetDeviceForce(0) }.unwrap();
    on(0);
    assert_eq!(allocation(acl), 0);

    let chances = |seed: &str| {
        faults::set(&format!("seed {seed}; alloc chance 0.5")).unwrap();
        [0; 16].map(|_| allocation(acl))
    };
    let first = chances("3");
    assert_eq!(first, chances("3"));
    assert_ne!(first, chances("4"));
    assert!(first.contains(&0) && first.contains(&ACL_ERROR_RT_MEMORY_ALLOCATION));

    let control = ascend_sim::resolve("ascendSimSetFaults").unwrap();
    // SAFETY: the function has this type, it is documented.
    let control: unsafe extern "C" fn(*const std::ffi::c_char) -> aclError = unsafe { std::mem::transmute(control) };
    // SAFETY: C strings.
    unsafe {
        assert_eq!(control(c"fire".as_ptr()), ACL_ERROR_INVALID_PARAM);
        assert_eq!(control(c"".as_ptr()), 0);
    }
    assert_eq!(allocation(acl), 0);
}
