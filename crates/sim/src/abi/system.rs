//! Initialisation and versions.

use std::ffi::{CStr, CString, c_char};
use std::sync::OnceLock;

use ascend_sys::ffi::{
    ACL_CANN_ATTR_BF16, ACL_CANN_ATTR_INF_NAN, ACL_CANN_ATTR_JIT_COMPILE, ACL_PKG_NAME_CANN, ACL_PKG_NAME_DRIVER, ACL_RT_THREAD_LEVEL,
    aclCANNPackageName, aclCANNPackageVersion, aclCannAttr, aclError, aclLogLevel, aclrtLastErrLevel,
};

use super::{Address, functions, give, give_text, invalid};
use crate::calls::count;
use crate::fault::{self, Outcome, call};
use crate::machine::machine;

pub(super) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclInit => init,
    aclFinalize => finalize,
    aclGetRecentErrMsg => recent_message,
    aclrtGetSocName => soc_name,
    aclrtGetVersion => runtime_version,
    aclFinalizeReference => finalize_reference,
    aclsysGetCANNVersion => package_version,
    aclsysGetVersionStr => version_text,
    aclsysGetVersionNum => version_number,
    aclGetCannAttributeList => attributes,
    aclGetCannAttribute => attribute,
    aclrtCheckArchCompatibility => compatible,
    aclrtGetLastError => last_error,
    aclrtPeekAtLastError => peek_error,
};

/// A function that takes any number of arguments, which are not looked at: callers of the C function see no difference.
pub(super) const VARIADIC: (&str, Address) = ("aclAppLog", Address(log as *const std::ffi::c_void));

/// What programs log of themselves is theirs to see elsewhere.
unsafe extern "C" fn log(_level: aclLogLevel, _function: *const c_char, _file: *const c_char, _line: u32, _format: *const c_char) {
    count("aclAppLog");
}

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

/// A process initialises once: after one `aclInit` the count is 1, and this ends it.
pub(super) unsafe extern "C" fn finalize_reference(left: *mut u64) -> aclError {
    call("aclFinalizeReference", || {
        machine().finalise()?;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        if left.is_null() { Ok(()) } else { unsafe { give(left, 0, "refCount") } }
    })
}

/// Fills a field with a text and zeros.
fn fill<const N: usize>(field: &mut [c_char; N], text: &str) {
    for (place, byte) in field.iter_mut().take(N - 1).zip(text.bytes()) {
        *place = byte as c_char;
    }
}

/// Every package is of the simulated version.
pub(super) unsafe extern "C" fn package_version(package: aclCANNPackageName, version: *mut aclCANNPackageVersion) -> aclError {
    call("aclsysGetCANNVersion", || {
        if !(ACL_PKG_NAME_CANN..=ACL_PKG_NAME_DRIVER).contains(&package) {
            return Err(invalid(format!("a package from 0 to 7 asked, {package} found")));
        }
        let text = &machine().config().cann_text;
        let parts: Vec<&str> = text.split('.').collect();
        let mut found = aclCANNPackageVersion {
            version: [0; 128],
            majorVersion: [0; 64],
            minorVersion: [0; 64],
            releaseVersion: [0; 64],
            patchVersion: [0; 64],
            reserved: [0; 128],
        };
        fill(&mut found.version, text);
        fill(&mut found.majorVersion, parts.first().unwrap_or(&""));
        fill(&mut found.minorVersion, parts.get(1).unwrap_or(&""));
        fill(&mut found.releaseVersion, parts.get(2).unwrap_or(&""));
        fill(&mut found.patchVersion, parts.get(3).unwrap_or(&""));
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(version, found, "version") }
    })
}

/// # Safety
/// * `package` is null or a C string.
unsafe fn checked_package(package: *const c_char) -> Outcome {
    if package.is_null() {
        return Err(invalid("pkgName is null"));
    }
    // SAFETY: the caller promises it.
    let name = unsafe { CStr::from_ptr(package) };
    if name.is_empty() { Err(invalid("pkgName is empty")) } else { Ok(()) }
}

/// The caller's array has room for any version, by the function's rules.
pub(super) unsafe extern "C" fn version_text(package: *mut c_char, version: *mut c_char) -> aclError {
    call("aclsysGetVersionStr", || {
        // SAFETY: the caller's pointer is null or a C string, by the function's rules.
        unsafe { checked_package(package) }?;
        // SAFETY: the caller's array is null or has room for any version, by the function's rules.
        unsafe { give_text(version, usize::MAX, &machine().config().cann_text, "versionStr") }
    })
}

/// Two digits for each of the first three numbers, and one for the kind of release: 8.5.0 is 80500000.
pub(super) unsafe extern "C" fn version_number(package: *mut c_char, version: *mut i32) -> aclError {
    call("aclsysGetVersionNum", || {
        // SAFETY: the caller's pointer is null or a C string, by the function's rules.
        unsafe { checked_package(package) }?;
        let cann = machine().config().cann;
        let number = (cann.major * 100 + cann.minor) * 100_000;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(version, number.cast_signed(), "versionNum") }
    })
}

static ATTRIBUTES: [aclCannAttr; 3] = [ACL_CANN_ATTR_INF_NAN, ACL_CANN_ATTR_BF16, ACL_CANN_ATTR_JIT_COMPILE];

pub(super) unsafe extern "C" fn attributes(list: *mut *const aclCannAttr, number: *mut usize) -> aclError {
    call("aclGetCannAttributeList", || {
        // SAFETY: the caller's pointers are null or valid, by the function's rules.
        unsafe {
            give(list, ATTRIBUTES.as_ptr(), "cannAttrList")?;
            give(number, ATTRIBUTES.len(), "num")
        }
    })
}

/// A 910B has Inf/NaN and bf16, and can compile operators when they are run.
pub(super) unsafe extern "C" fn attribute(attribute: aclCannAttr, value: *mut i32) -> aclError {
    call("aclGetCannAttribute", || {
        if !ATTRIBUTES.contains(&attribute) {
            return Err(invalid(format!("an attribute from 0 to 2 asked, {attribute} found")));
        }
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(value, 1, "value") }
    })
}

/// A program made for the same family of chips can run.
pub(super) unsafe extern "C" fn compatible(soc: *const c_char, can: *mut i32) -> aclError {
    call("aclrtCheckArchCompatibility", || {
        if soc.is_null() {
            return Err(invalid("socVersion is null"));
        }
        // SAFETY: the caller's pointer is a C string if it is not null, by the function's rules.
        let asked = unsafe { CStr::from_ptr(soc) }.to_string_lossy();
        let family = |name: &str| name.get(..10).map(str::to_owned);
        let same = family(&asked) == family(&machine().config().soc);
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(can, same.into(), "canCompatible") }
    })
}

/// Asking for the last error is no error itself: nothing is forgotten by a level that is not known.
pub(super) unsafe extern "C" fn last_error(level: aclrtLastErrLevel) -> aclError {
    count("aclrtGetLastError");
    fault::last_error(level == ACL_RT_THREAD_LEVEL)
}

pub(super) unsafe extern "C" fn peek_error(_level: aclrtLastErrLevel) -> aclError {
    count("aclrtPeekAtLastError");
    fault::last_error(false)
}
