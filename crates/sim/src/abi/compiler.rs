//! Options of the operator compiler, and dumps: kept, but nothing is compiled or dumped here.

use std::collections::HashMap;
use std::ffi::{CStr, c_char};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ascend_sys::ffi::{
    ACL_ERROR_DUMP_ALREADY_RUN, ACL_ERROR_DUMP_NOT_RUN, ACL_OP_DEBUG_OPTION, ACL_OP_JIT_COMPILE, ACL_PRECISION_MODE, aclCompileOpt,
    aclError, aclOpCompileFlag,
};

use super::{Address, functions, give_text, invalid};
use crate::calls::count;
use crate::fault::{Fault, Outcome, call};
use crate::machine::machine;

pub(super) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclSetCompileopt => set_option,
    aclGetCompileoptSize => option_size,
    aclGetCompileopt => option,
    aclopSetCompileFlag => set_flag,
    aclmdlInitDump => init_dump,
    aclmdlSetDump => set_dump,
    aclmdlFinalizeDump => finalize_dump,
};

static OPTIONS: Mutex<Option<HashMap<aclCompileOpt, String>>> = Mutex::new(None);

fn options() -> MutexGuard<'static, Option<HashMap<aclCompileOpt, String>>> {
    OPTIONS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The value of an option: what was set, or what it is by itself. Operators come as binaries on a 910B, so nothing is compiled when it is run.
fn value(option: aclCompileOpt) -> String {
    let set = options().as_ref().and_then(|options| options.get(&option).cloned());
    set.unwrap_or_else(|| if option == ACL_OP_JIT_COMPILE { "disable".into() } else { String::new() })
}

fn checked(option: aclCompileOpt) -> Outcome {
    if (ACL_PRECISION_MODE..=ACL_OP_DEBUG_OPTION).contains(&option) {
        return Ok(());
    }
    Err(invalid(format!("an option from 0 to {ACL_OP_DEBUG_OPTION} asked, {option} found")))
}

pub(super) unsafe extern "C" fn set_option(option: aclCompileOpt, value: *const c_char) -> aclError {
    call("aclSetCompileopt", || {
        checked(option)?;
        if value.is_null() {
            return Err(invalid("value is null"));
        }
        // SAFETY: the caller's pointer is a C string if it is not null, by the function's rules.
        let text = unsafe { CStr::from_ptr(value) }.to_string_lossy().into_owned();
        options().get_or_insert_default().insert(option, text);
        Ok(())
    })
}

/// With the end of the string.
pub(super) unsafe extern "C" fn option_size(option: aclCompileOpt) -> usize {
    count("aclGetCompileoptSize");
    if checked(option).is_err() { 0 } else { value(option).len() + 1 }
}

pub(super) unsafe extern "C" fn option(option: aclCompileOpt, text: *mut c_char, room: usize) -> aclError {
    call("aclGetCompileopt", || {
        checked(option)?;
        // SAFETY: the caller's array is null or has that much room, by the function's rules.
        unsafe { give_text(text, room, &value(option), "value") }
    })
}

pub(super) unsafe extern "C" fn set_flag(flag: aclOpCompileFlag) -> aclError {
    call("aclopSetCompileFlag", || if flag > 1 { Err(invalid(format!("a flag of 0 or 1 asked, {flag} found"))) } else { Ok(()) })
}

const DUMP: &str = "dump";

pub(super) unsafe extern "C" fn init_dump() -> aclError {
    call("aclmdlInitDump", || {
        machine().initialised()?;
        if machine().setting(DUMP, 0).is_some() {
            return Err(Fault::misuse(ACL_ERROR_DUMP_ALREADY_RUN, "a dump runs already"));
        }
        machine().set(DUMP, 0, Some(1));
        Ok(())
    })
}

fn dump_runs() -> Outcome {
    let runs = machine().setting(DUMP, 0).map(drop);
    runs.ok_or_else(|| Fault::misuse(ACL_ERROR_DUMP_NOT_RUN, "no dump runs; aclmdlInitDump comes first"))
}

/// The configuration is not read.
pub(super) unsafe extern "C" fn set_dump(path: *const c_char) -> aclError {
    call("aclmdlSetDump", || {
        dump_runs()?;
        if path.is_null() { Err(invalid("dumpCfgPath is null")) } else { Ok(()) }
    })
}

pub(super) unsafe extern "C" fn finalize_dump() -> aclError {
    call("aclmdlFinalizeDump", || {
        dump_runs()?;
        machine().set(DUMP, 0, None);
        Ok(())
    })
}
