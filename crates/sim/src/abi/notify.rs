//! Notifies.

use std::time::Duration;

use ascend_sys::ffi::{ACL_NOTIFY_DEVICE_USE_ONLY, aclError, aclrtNotify, aclrtStream};

use super::{Address, functions, give, invalid};
use crate::context;
use crate::fault::{Outcome, call};
use crate::machine::{Object, machine};
use crate::notify::Notify;

pub(super) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclrtCreateNotify => create,
    aclrtDestroyNotify => destroy,
    aclrtRecordNotify => record,
    aclrtWaitAndResetNotify => wait_and_reset,
    aclrtGetNotifyId => id,
    aclrtNotifyBatchReset => reset,
};

const KIND: &str = "notify";

fn find(notify: aclrtNotify) -> Outcome<std::sync::Arc<Notify>> {
    machine().state().other(notify, KIND)
}

pub(super) unsafe extern "C" fn create(notify: *mut aclrtNotify, flag: u64) -> aclError {
    call("aclrtCreateNotify", || {
        context::current()?;
        if flag > u64::from(ACL_NOTIFY_DEVICE_USE_ONLY) {
            return Err(invalid(format!("a flag of 0 or 1 asked, {flag} found")));
        }
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(notify, std::ptr::null_mut(), "notify") }?;
        let handle = machine().state().add(|_| Object::Other(KIND, std::sync::Arc::new(Notify::default())));
        // SAFETY: as above.
        unsafe { give(notify, handle as aclrtNotify, "notify") }
    })
}

pub(super) unsafe extern "C" fn destroy(notify: aclrtNotify) -> aclError {
    call("aclrtDestroyNotify", || machine().state().take::<Notify>(notify, KIND).map(drop))
}

pub(super) unsafe extern "C" fn record(notify: aclrtNotify, stream: aclrtStream) -> aclError {
    call("aclrtRecordNotify", || find(notify)?.record(&*context::stream(stream)?))
}

/// The limit is in milliseconds; 0 is none.
pub(super) unsafe extern "C" fn wait_and_reset(notify: aclrtNotify, stream: aclrtStream, timeout_ms: u32) -> aclError {
    call("aclrtWaitAndResetNotify", || {
        let limit = (timeout_ms > 0).then(|| Duration::from_millis(timeout_ms.into()));
        find(notify)?.wait_and_reset(&*context::stream(stream)?, limit)
    })
}

pub(super) unsafe extern "C" fn id(notify: aclrtNotify, id: *mut u32) -> aclError {
    call("aclrtGetNotifyId", || {
        find(notify)?;
        // Handles count up by 16.
        let number = (notify as usize >> 4) as u32;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(id, number, "notifyId") }
    })
}

pub(super) unsafe extern "C" fn reset(notifies: *mut aclrtNotify, number: usize) -> aclError {
    call("aclrtNotifyBatchReset", || {
        if notifies.is_null() {
            return Err(invalid("notifies is null"));
        }
        for index in 0..number {
            // SAFETY: the caller's array has that many elements, by the function's rules.
            find(unsafe { *notifies.add(index) })?.reset();
        }
        Ok(())
    })
}
