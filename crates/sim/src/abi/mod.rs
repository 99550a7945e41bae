//! The C functions, and the table that they are found in.

mod basics;
mod callback;
mod compiler;
mod context;
pub(crate) mod control;
mod copy;
mod copy_rules;
mod device;
mod event;
mod graph;
mod hccl;
mod kernel;
mod legacy;
mod memory;
mod notify;
mod profiling;
pub(crate) mod settings;
mod stream;
mod system;
mod unsupported;
mod virtual_memory;

use std::collections::{HashMap, HashSet};
use std::ffi::{c_char, c_void};
use std::sync::OnceLock;

use ascend_sys::ffi::{ACL_ERROR_API_NOT_SUPPORT, ACL_ERROR_RT_PARAM_INVALID, aclError};
use ascend_sys::{AscendCl, Hccl, MsTx, NnOpBase, OpApi, Symbol};

use crate::config::Version;
use crate::fault::{self, Fault, Outcome};
use crate::machine::machine;
use crate::{aclnn, calls, nnopbase};

/// Pairs of names and addresses. A function that does not have the type that `ascend-sys` declares for its name does not compile.
macro_rules! functions {
    ($($name:ident => $function:path,)*) => {
        &[$((stringify!($name), $crate::abi::Address($function as ascend_sys::fns::$name as *const std::ffi::c_void)),)*]
    };
}
pub(crate) use functions;

/// The address of a function.
#[derive(Clone, Copy)]
pub(crate) struct Address(pub(crate) *const c_void);

// SAFETY: a function's address is valid in every thread.
unsafe impl Send for Address {}
// SAFETY: as above.
unsafe impl Sync for Address {}

/// The address of the simulated C function called `name`, if the simulated version of CANN has it.
pub fn find(name: &str) -> Option<*const c_void> {
    static VISIBLE: OnceLock<HashMap<&str, Address>> = OnceLock::new();
    let visible = VISIBLE.get_or_init(|| visible(machine().config().cann));
    visible.get(name).map(|address| address.0).or_else(|| control::find(name))
}

/// As [`find`], on behalf of a program: a name that is not found is noted as missing.
pub fn resolve(name: &str) -> Option<*const c_void> {
    let found = find(name);
    if found.is_none() {
        calls::missed(name);
    }
    found
}

/// The functions that are declared, but not simulated or not in the version.
pub(crate) fn lacking(version: Version) -> HashSet<&'static str> {
    let visible = visible(version);
    declared().map(|symbol| symbol.name).filter(|name| !visible.contains_key(name)).collect()
}

/// Refuses a call of a function that is not simulated, or not in the simulated version. The program is told by a report, and by the code.
pub fn refuse(name: &str) -> aclError {
    calls::missed(name);
    fault::call(name, || {
        let what = format!("this function is not simulated, or not in CANN {}", machine().config().cann_text);
        Err(Fault::misuse(ACL_ERROR_API_NOT_SUPPORT, what))
    })
}

/// The functions that a version has.
fn visible(version: Version) -> HashMap<&'static str, Address> {
    let since: HashMap<&str, Version> = declared().filter_map(|symbol| Some((symbol.name, symbol.since.parse().ok()?))).collect();
    simulated().filter(|(name, _)| since.get(name).is_none_or(|since| *since <= version)).collect()
}

/// Everything that is simulated.
fn simulated() -> impl Iterator<Item = (&'static str, Address)> {
    const TABLES: &[&[(&str, Address)]] = &[
        basics::FUNCTIONS,
        callback::FUNCTIONS,
        compiler::FUNCTIONS,
        context::FUNCTIONS,
        copy::FUNCTIONS,
        device::FUNCTIONS,
        event::FUNCTIONS,
        graph::FUNCTIONS,
        hccl::FUNCTIONS,
        kernel::FUNCTIONS,
        legacy::FUNCTIONS,
        memory::FUNCTIONS,
        notify::FUNCTIONS,
        profiling::FUNCTIONS,
        settings::FUNCTIONS,
        stream::FUNCTIONS,
        system::FUNCTIONS,
        virtual_memory::FUNCTIONS,
        nnopbase::FUNCTIONS,
    ];
    TABLES.iter().copied().flatten().copied().chain([system::VARIADIC]).chain(aclnn::functions())
}

/// Everything that `ascend-sys` declares.
fn declared() -> impl Iterator<Item = &'static Symbol> {
    [AscendCl::SYMBOLS, NnOpBase::SYMBOLS, OpApi::SYMBOLS, Hccl::SYMBOLS, MsTx::SYMBOLS].into_iter().flatten()
}

/// A call that the program should not have made as it did.
fn invalid(what: impl Into<String>) -> Fault {
    Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, what)
}

/// Writes a result to where the caller wants it.
///
/// # Safety
/// * `place` is null, or valid for writing.
pub(crate) unsafe fn give<T>(place: *mut T, value: T, name: &str) -> Outcome {
    if place.is_null() {
        return Err(Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, format!("{name} is null")));
    }
    // SAFETY: the caller promises it.
    unsafe { place.write(value) };
    Ok(())
}

/// Writes a C string to where the caller wants it.
///
/// # Safety
/// * `place` is null, or valid for writing `room` bytes or, if there is less of it, all of the text.
unsafe fn give_text(place: *mut c_char, room: usize, text: &str, name: &str) -> Outcome {
    if room <= text.len() {
        return Err(invalid(format!("room for {} bytes asked, {room} found", text.len() + 1)));
    }
    for (index, byte) in text.bytes().chain([0]).enumerate() {
        // SAFETY: the caller promises it.
        unsafe { give(place.wrapping_add(index), byte as c_char, name) }?;
    }
    Ok(())
}

/// A time limit as the C interface has it: milliseconds, -1 for none.
fn limit(timeout_ms: i32) -> Outcome<Option<std::time::Duration>> {
    match u64::try_from(timeout_ms) {
        Ok(timeout_ms) if timeout_ms > 0 => Ok(Some(std::time::Duration::from_millis(timeout_ms))),
        _ if timeout_ms == -1 => Ok(None),
        _ => Err(Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, format!("a time limit above 0, or -1 for none, asked; {timeout_ms} found"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_no_function_that_came_later() {
        let has = |version: &str, name: &str| visible(version.parse().unwrap()).contains_key(name);
        assert!(has("8.1.RC1", "aclrtMalloc") && has("9.0.0", "aclrtMalloc"));
        assert!(!has("8.5.0", "aclrtLaunchHostFunc") && has("9.0.0", "aclrtLaunchHostFunc"));
    }

    #[test]
    fn every_function_is_one_that_ascend_sys_declares() {
        for (name, _) in simulated() {
            assert!(declared().any(|symbol| symbol.name == name), "{name}");
        }
    }
}
