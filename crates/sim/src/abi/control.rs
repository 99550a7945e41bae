//! Functions that CANN has not: a C program's way to the simulation itself. Look them up by name.

use std::ffi::{CStr, c_char, c_int, c_void};

use ascend_sys::ffi::{ACL_ERROR_INVALID_PARAM, aclError};

use crate::fault::{Fault, call};
use crate::{fault, faults};

/// The address of a function of the simulation's own.
pub(super) fn find(name: &str) -> Option<*const c_void> {
    let functions: [(&str, *const c_void); 2] = [
        ("ascendSimSetFaults", set_faults as unsafe extern "C" fn(*const c_char) -> aclError as *const c_void),
        ("ascendSimReports", reports as unsafe extern "C" fn() -> c_int as *const c_void),
    ];
    functions.iter().find(|(known, _)| *known == name).map(|(_, address)| *address)
}

/// `aclError ascendSimSetFaults(const char *script)`: see [`crate::faults`]. What is wrong with the script is the calling thread's recent error message.
///
/// # Safety
/// * `script` is null or a C string.
pub(crate) unsafe extern "C" fn set_faults(script: *const c_char) -> aclError {
    call("ascendSimSetFaults", || {
        if script.is_null() {
            return Err(Fault::refused(ACL_ERROR_INVALID_PARAM, "the script is null"));
        }
        // SAFETY: the caller promises it.
        let script = unsafe { CStr::from_ptr(script) }.to_string_lossy();
        faults::set(&script).map_err(|error| Fault::refused(ACL_ERROR_INVALID_PARAM, error))
    })
}

/// `int ascendSimReports(void)`: how often misuse was reported so far.
///
/// # Safety
/// * None: it can be called at any time.
pub(crate) unsafe extern "C" fn reports() -> c_int {
    c_int::try_from(fault::report_count()).unwrap_or(c_int::MAX)
}
