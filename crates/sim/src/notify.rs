//! Notifies: one stream lets another go on, once.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ascend_sys::ffi::ACL_ERROR_RT_WAIT_TIMEOUT;

use crate::fault::{Fault, Outcome};
use crate::stream::Stream;

#[derive(Default)]
pub(crate) struct Notify {
    set: Mutex<bool>,
    changed: Condvar,
}

/// How often a wait looks whether its stream is being torn down.
const POLL: Duration = Duration::from_millis(5);

impl Notify {
    pub(crate) fn record(self: &Arc<Self>, stream: &Stream) -> Outcome {
        let notify = self.clone();
        stream.submit_always(move |flags| {
            if flags.stopping() {
                return Ok(());
            }
            *notify.set.lock().unwrap_or_else(PoisonError::into_inner) = true;
            notify.changed.notify_all();
            Ok(())
        })
    }

    /// Makes the stream wait until the notify is recorded, and takes that back.
    pub(crate) fn wait_and_reset(self: &Arc<Self>, stream: &Stream, timeout: Option<Duration>) -> Outcome {
        let notify = self.clone();
        stream.submit_always(move |flags| {
            let deadline = timeout.map(|timeout| Instant::now() + timeout);
            let mut set = notify.set.lock().unwrap_or_else(PoisonError::into_inner);
            while !*set && !flags.stopping() {
                if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                    let what = format!("a notify was waited for, and not recorded in {} ms", timeout.unwrap_or_default().as_millis());
                    return Err(Fault::refused(ACL_ERROR_RT_WAIT_TIMEOUT, what));
                }
                set = notify.changed.wait_timeout(set, POLL).unwrap_or_else(PoisonError::into_inner).0;
            }
            *set = false;
            Ok(())
        })
    }

    pub(crate) fn reset(&self) {
        *self.set.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }
}
