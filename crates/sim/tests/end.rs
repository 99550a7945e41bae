//! The life of the runtime in a process, and what is told at its end. One test: there is one runtime.

use std::ptr::{null, null_mut};

use ascend_sys::ffi::*;
use ascend_sys::{Error, Result};

fn code(outcome: Result<()>) -> Option<i32> {
    outcome.err().as_ref().and_then(Error::code)
}

#[test]
fn what_is_alive_at_the_end_is_reported() {
    let cann = ascend_sim::cann();
    let acl = &cann.acl;
    let (mut stream, mut memory, mut freed) = (null_mut(), null_mut(), null_mut());
    // SAFETY: the places are valid.
    unsafe {
        assert_eq!(code(acl.aclrtSetDevice(0)), Some(ACL_ERROR_UNINITIALIZE));
        acl.aclInit(null()).unwrap();
        assert_eq!(code(acl.aclInit(null())), Some(ACL_ERROR_REPEAT_INITIALIZE));
        acl.aclrtSetDevice(0).unwrap();
        acl.aclrtCreateStream(&mut stream).unwrap();
        acl.aclrtMalloc(&mut memory, 4096, ACL_MEM_MALLOC_NORMAL_ONLY).unwrap();
        acl.aclrtMalloc(&mut freed, 4096, ACL_MEM_MALLOC_NORMAL_ONLY).unwrap();
        acl.aclrtFree(freed).unwrap();
        ascend_sim::take_reports();
        acl.aclFinalize().unwrap();
        let reports = ascend_sim::take_reports();
        assert_eq!(reports.len(), 2, "{reports:?}");
        assert!(reports.iter().any(|r| r.contains(&format!("memory {memory:p} of 4096 bytes on device 0 is still alive"))), "{reports:?}");
        assert!(reports.iter().any(|r| r.contains(&format!("stream {stream:p} is still alive"))), "{reports:?}");
        assert_eq!(code(acl.aclFinalize()), Some(ACL_ERROR_REPEAT_FINALIZE));
    }
}
