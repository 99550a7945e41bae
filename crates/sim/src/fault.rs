//! Calls that are refused: their codes, their messages, and reports of misuse.

use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::ffi::{CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ascend_sys::ffi::{ACL_ERROR_INTERNAL_ERROR, ACL_SUCCESS, aclError};

use crate::calls::count;
use crate::config::Strict;
use crate::faults;
use crate::machine::machine;

/// Why a call is refused.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    code: aclError,
    what: String,
    /// A correct program would not have made the call.
    misuse: bool,
}

pub(crate) type Outcome<T = ()> = Result<T, Fault>;

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

impl Fault {
    /// What happens to correct programs too: memory is exhausted, a wait times out.
    pub(crate) fn refused(code: aclError, what: impl Into<String>) -> Self {
        Self { code, what: what.into(), misuse: false }
    }

    /// What only happens to wrong programs.
    pub(crate) fn misuse(code: aclError, what: impl Into<String>) -> Self {
        Self { code, what: what.into(), misuse: true }
    }

    #[cfg(test)]
    pub(crate) fn code(&self) -> aclError {
        self.code
    }

    /// The same with another code.
    pub(crate) fn with_code(mut self, code: aclError) -> Self {
        self.code = code;
        self
    }

    /// The same, told to somebody who has not caused it, or again: that is no misuse.
    pub(crate) fn told(mut self) -> Self {
        self.misuse = false;
        self
    }

    /// The same, with what it is about in front.
    pub(crate) fn of(mut self, what: &str) -> Self {
        self.what = format!("{what}: {}", self.what);
        self
    }
}

static REPORTS: Mutex<Reports> = Mutex::new(Reports { all: Vec::new(), taken: 0 });

struct Reports {
    all: Vec<String>,
    /// How many of them have been handed out.
    taken: usize,
}

fn reports() -> MutexGuard<'static, Reports> {
    REPORTS.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    /// The code of the calling thread's last refused call, until it is asked for.
    static LAST_ERROR: Cell<aclError> = const { Cell::new(ACL_SUCCESS) };
    /// The message that `aclGetRecentErrMsg` has not handed out yet, and the one whose address it has.
    static MESSAGE: RefCell<(Option<CString>, Option<CString>)> = const { RefCell::new((None, None)) };
}

/// Everything that was reported since the last call: each misuse by the function's name, and what was alive at `aclFinalize`.
pub fn take_reports() -> Vec<String> {
    let mut reports = reports();
    let new = reports.all[reports.taken..].to_vec();
    reports.taken = reports.all.len();
    new
}

/// Everything that was reported, handed out or not.
pub(crate) fn all_reports() -> Vec<String> {
    reports().all.clone()
}

pub(crate) fn report_count() -> usize {
    reports().all.len()
}

/// Tells of a misuse in the way that the configuration asks for.
pub(crate) fn report(mut text: String) {
    if machine().config().backtrace {
        text = format!("{text}\n{}", Backtrace::force_capture());
    }
    match machine().config().strict {
        Strict::Off => return,
        Strict::Report => eprintln!("ascend-sim: {text}"),
        Strict::Abort => {
            eprintln!("ascend-sim: {text}");
            std::process::abort();
        }
    }
    reports().all.push(text);
}

/// Runs the body of the C function called `name` and makes a status of its outcome. No panic crosses into C.
pub(crate) fn call(name: &str, body: impl FnOnce() -> Outcome) -> aclError {
    count(name);
    let body = || faults::on_call(name).and_then(|()| body());
    let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
        Err(Fault::refused(ACL_ERROR_INTERNAL_ERROR, format!("the simulation panicked ({text}); this is a bug in it")))
    });
    let Err(fault) = outcome else { return ACL_SUCCESS };
    let text = format!("{name}: {}", fault.what);
    MESSAGE.with_borrow_mut(|message| message.0 = CString::new(text.replace('\0', " ")).ok());
    LAST_ERROR.set(fault.code);
    if fault.misuse {
        report(text);
    }
    fault.code
}

/// The code of the calling thread's last refused call; forgotten if it is taken.
pub(crate) fn last_error(take: bool) -> aclError {
    if take { LAST_ERROR.replace(ACL_SUCCESS) } else { LAST_ERROR.get() }
}

/// The message of the calling thread's last refused call, once; then null. It is valid until the next call.
pub(crate) fn recent_message() -> *const c_char {
    MESSAGE.with_borrow_mut(|message| {
        message.1 = message.0.take();
        message.1.as_ref().map_or(std::ptr::null(), |text| text.as_ptr())
    })
}
