//! Errors of CANN in the words of this library.

use ascend_hal::{DeviceId, Error};
use ascend_sys::ffi::{ACL_ERROR_BAD_ALLOC, ACL_ERROR_RT_DEVICE_OOM, ACL_ERROR_RT_MEMORY_ALLOCATION, ACLNN_ERR_RUNTIME_ERROR};

/// What a call into CANN returns to this crate.
pub(crate) type CannResult<T> = Result<T, ascend_sys::Error>;

/// The error of a call that has nothing to do with an amount of memory.
pub(crate) fn from_cann(error: ascend_sys::Error) -> Error {
    match error {
        ascend_sys::Error::Call { call, code, name, text, message } => {
            let said = message.map(|message| format!("; CANN says: {message}")).unwrap_or_default();
            Error::Backend { call, code, name: name.into(), message: format!("{text}{said}; {}", advice(code)) }
        }
        ascend_sys::Error::SymbolMissing { symbol, .. } => Error::Missing { what: symbol, why: error.to_string() },
        ascend_sys::Error::LibraryMissing { library, .. } => Error::Missing { what: library, why: error.to_string() },
        other => Error::Missing { what: "CANN", why: other.to_string() },
    }
}

/// The error of an allocation.
pub(crate) fn from_allocation(error: ascend_sys::Error, device: DeviceId, asked_bytes: usize, free_bytes: Option<usize>) -> Error {
    if is_out_of_memory(&error) { Error::OutOfMemory { device, asked_bytes, free_bytes } } else { from_cann(error) }
}

/// Whether the device had no memory for the call.
pub(crate) fn is_out_of_memory(error: &ascend_sys::Error) -> bool {
    matches!(error.code(), Some(ACL_ERROR_RT_MEMORY_ALLOCATION | ACL_ERROR_RT_DEVICE_OOM | ACL_ERROR_BAD_ALLOC))
}

/// Whether the code tells of earlier work that failed on the device, rather than of the call that returned it.
pub(crate) fn is_late(error: &ascend_sys::Error) -> bool {
    matches!(error.code(), Some(507_000..=507_999))
}

/// Whether an operator could not be launched: it says so of a stream that has failed before, too.
pub(crate) fn is_of_launch(error: &ascend_sys::Error) -> bool {
    error.code() == Some(ACLNN_ERR_RUNTIME_ERROR)
}

/// What to do about a code, by the range it lies in.
fn advice(code: i32) -> &'static str {
    match code {
        100_000..=148_999 => "the call itself is wrong: this is a bug in the program or in this library",
        161_000..=161_999 => "the operator refuses these arguments; another kernel or the CPU may take them",
        207_000..=207_999 => "a resource of the device is exhausted; release what is not needed",
        361_000..=361_999 => "the operator could not run; see that the toolkit fits the driver and the chip",
        507_000..=507_999 => "the device failed while it executed; if it persists, see the device's log and reset it",
        561_000..=561_999 => "the operator library failed inside; see that its kernels are installed for this chip",
        _ => "see CANN's log (~/ascend/log)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(code: i32) -> ascend_sys::Error {
        ascend_sys::Error::Call { call: "aclrtX", code, name: "NAME", text: "text", message: Some("more".into()) }
    }

    #[test]
    fn a_failed_call_says_what_cann_says_and_what_to_do() {
        let text = from_cann(call(161_002)).to_string();
        for part in ["aclrtX", "161002", "NAME", "text", "CANN says: more", "refuses these arguments"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn only_exhausted_memory_is_out_of_memory() {
        let error = from_allocation(call(207_001), DeviceId { backend: "npu", index: 1 }, 7, Some(5));
        assert!(matches!(error, Error::OutOfMemory { asked_bytes: 7, free_bytes: Some(5), .. }), "{error}");
        assert!(matches!(from_allocation(call(107_002), DeviceId::CPU, 7, Some(5)), Error::Backend { code: 107_002, .. }));
    }
}
