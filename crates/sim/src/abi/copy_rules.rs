//! What the documents ask of asynchronous copies and of copies of rows, beyond what every copy must hold to.
//!
//! | rule | where it stands |
//! |---|---|
//! | `aclrtMemcpyAsync`, `aclrtMemcpyAsyncWithCondition`: both addresses are multiples of 64, for every chip and kind | their pages of 5.0.4.6 to 8.3.RC1; not those of 8.5.0 and later |
//! | the same functions: no copy within the host | their pages of 8.0.RC3 and later |
//! | `aclrtMemcpyAsync`: a copy of host memory that is not pinned is done when the call returns | its pages of 8.3.RC1 and later; before, what happens is left open |
//! | `aclrtMemcpy2d`, `aclrtMemcpy2dAsync`: only between host and device, 5·1024·1024 rows at most; they have no rule of alignment | their pages of every version; 9.0.0 adds copies within a device |
//!
//! The pages are hiascend.com/document/detail/zh/canncommercial/VERSION/API/appdevgapi/aclcppdevg_03_0106.html (0108 and 0109 for rows, 1778 for the condition).

use ascend_sys::ffi::{ACL_ERROR_INVALID_PARAM, ACL_ERROR_RT_ADDR_UNALIGNED, ACL_ERROR_RT_FEATURE_NOT_SUPPORT};

use crate::config::Version;
use crate::fault::{Fault, Outcome};

/// What both addresses of an asynchronous copy are to be multiples of.
const ALIGNMENT: usize = 64;

/// Rows that one copy may have.
const MOST_ROWS: usize = 5 << 20;

/// One end of a copy.
#[derive(Clone, Copy)]
pub(super) struct End {
    pub(super) address: usize,
    pub(super) on_device: bool,
}

/// Refuses an asynchronous copy that the version's documents forbid.
pub(super) fn asynchronous(cann: Version, source: End, destination: End) -> Outcome {
    if !source.on_device && !destination.on_device {
        let what = "src and dst are both on the host; there are no asynchronous copies within the host, aclrtMemcpy makes them";
        return Err(Fault::misuse(ACL_ERROR_RT_FEATURE_NOT_SUPPORT, what));
    }
    let aligned_only = cann < Version { major: 8, minor: 5 };
    for (end, name) in [(source, "src"), (destination, "dst")] {
        if aligned_only && !end.address.is_multiple_of(ALIGNMENT) {
            let (address, past) = (end.address, end.address % ALIGNMENT);
            let what = format!("{name}: an address that is a multiple of {ALIGNMENT} asked, {address:#x}, which is {past} past one, found");
            return Err(Fault::misuse(ACL_ERROR_RT_ADDR_UNALIGNED, what));
        }
    }
    Ok(())
}

/// Whether an asynchronous copy of host memory that is not pinned is waited for.
pub(super) fn waits_for_pageable(cann: Version) -> bool {
    cann >= Version { major: 8, minor: 3 }
}

/// Refuses a copy of rows that the version's documents forbid.
pub(super) fn rows(cann: Version, number: usize, source: End, destination: End) -> Outcome {
    let within_device = source.on_device && destination.on_device;
    let allowed = source.on_device != destination.on_device || (within_device && cann.major >= 9);
    if !allowed {
        let within = if within_device { "the device" } else { "the host" };
        let what = format!("rows are copied between the host and the device; a copy within {within} found");
        return Err(Fault::misuse(ACL_ERROR_INVALID_PARAM, what));
    }
    if number > MOST_ROWS {
        return Err(Fault::misuse(ACL_ERROR_INVALID_PARAM, format!("at most {MOST_ROWS} rows asked, {number} found")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: End = End { address: 0x1000, on_device: false };
    const DEVICE: End = End { address: 0x8000, on_device: true };

    fn code(outcome: Outcome) -> Option<i32> {
        outcome.err().map(|fault| fault.code())
    }

    fn cann(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_of_asynchronous_copies_are_aligned_up_to_8_3() {
        let off = |end: End| End { address: end.address + 8, ..end };
        for (source, destination) in [(off(HOST), DEVICE), (HOST, off(DEVICE)), (off(DEVICE), DEVICE), (DEVICE, off(HOST))] {
            for version in ["8.1.RC1", "8.3.RC1"] {
                assert_eq!(code(asynchronous(cann(version), source, destination)), Some(ACL_ERROR_RT_ADDR_UNALIGNED));
            }
            for version in ["8.5.0", "9.0.0"] {
                assert_eq!(code(asynchronous(cann(version), source, destination)), None);
            }
        }
        assert_eq!(code(asynchronous(cann("8.1.RC1"), HOST, DEVICE)), None);
    }

    #[test]
    fn no_version_copies_within_the_host_asynchronously() {
        for version in ["8.1.RC1", "8.5.0", "9.0.0"] {
            assert_eq!(code(asynchronous(cann(version), HOST, HOST)), Some(ACL_ERROR_RT_FEATURE_NOT_SUPPORT));
        }
    }

    #[test]
    fn rows_are_copied_within_a_device_since_9_0() {
        for (version, within) in [("8.1.RC1", Some(ACL_ERROR_INVALID_PARAM)), ("8.5.0", Some(ACL_ERROR_INVALID_PARAM)), ("9.0.0", None)] {
            let version = cann(version);
            assert_eq!(code(rows(version, 1, DEVICE, DEVICE)), within);
            assert_eq!(code(rows(version, 1, HOST, HOST)), Some(ACL_ERROR_INVALID_PARAM));
            assert_eq!(code(rows(version, MOST_ROWS, HOST, DEVICE)), None);
            assert_eq!(code(rows(version, MOST_ROWS + 1, DEVICE, HOST)), Some(ACL_ERROR_INVALID_PARAM));
        }
    }
}
