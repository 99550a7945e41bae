//! Initialisation and versions.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use ascend_sys::ffi::aclError;

use super::give;
use crate::fault::{self, call};
use crate::machine::machine;

/// The configuration file is not read: what it sets up, profiling and dumps, has nothing to look at here.
pub(super) unsafe extern "C" fn init(_config: *const c_char) -> aclError {
    call("aclInit", || machine().initialise())
}

pub(super) unsafe extern "C" fn finalize() -> aclError {
    call("aclFinalize", || machine().finalise())
}

pub(super) unsafe extern "C" fn recent_message() -> *const c_char {
    fault::recent_message()
}

pub(super) unsafe extern "C" fn soc_name() -> *const c_char {
    static NAME: OnceLock<CString> = OnceLock::new();
    NAME.get_or_init(|| CString::new(machine().config().soc.as_str()).unwrap_or_default()).as_ptr()
}

/// The version of the interface: the minor number is that of the headers of the release that is simulated.
pub(super) unsafe extern "C" fn runtime_version(major: *mut i32, minor: *mut i32, patch: *mut i32) -> aclError {
    call("aclrtGetVersion", || {
        let version = machine().config().cann;
        let number = match (version.major, version.minor) {
            (..=7, _) | (8, ..=1) => 13,
            (8, _) => 15,
            _ => 17,
        };
        // SAFETY: the caller's pointers are null or valid, by the function's rules.
        unsafe {
            give(major, 1, "majorVersion")?;
            give(minor, number, "minorVersion")?;
            give(patch, 0, "patchVersion")
        }
    })
}
