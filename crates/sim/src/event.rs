//! Events: points in a stream that others can wait for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ascend_sys::ffi::{ACL_ERROR_RT_EVENT_SYNC_TIMEOUT, ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID, ACL_ERROR_RT_EVENT_TIMESTAMP_REVERSAL};

use crate::fault::{Fault, Outcome};
use crate::stream::Stream;

pub(crate) struct Event {
    /// Whether it keeps the time at which it was reached.
    timed: bool,
    state: Mutex<Progress>,
    changed: Condvar,
}

#[derive(Default)]
struct Progress {
    /// Number of times it was recorded.
    recorded: u64,
    /// The last record that was reached.
    reached: u64,
    at: Option<Instant>,
}

/// How often a wait looks whether its stream is being torn down.
const POLL: Duration = Duration::from_millis(5);

impl Event {
    pub(crate) fn new(timed: bool) -> Arc<Self> {
        Arc::new(Self { timed, state: Mutex::default(), changed: Condvar::new() })
    }

    fn state(&self) -> MutexGuard<'_, Progress> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn record(self: &Arc<Self>, stream: &Stream) -> Outcome {
        let mut state = self.state();
        state.recorded += 1;
        let (record, event) = (state.recorded, self.clone());
        // Under the lock: records reach the stream in the order of their numbers.
        stream.submit(Box::new(move |_| {
            let mut state = event.state();
            state.reached = state.reached.max(record);
            state.at = event.timed.then(Instant::now);
            drop(state);
            event.changed.notify_all();
            Ok(())
        }))
    }

    /// Makes the stream wait for the last record so far; if there is none, for nothing.
    pub(crate) fn wait_on(self: &Arc<Self>, stream: &Stream) -> Outcome {
        let (record, event) = (self.state().recorded, self.clone());
        stream.submit(Box::new(move |torn_down: &AtomicBool| {
            let mut state = event.state();
            while state.reached < record && !torn_down.load(Ordering::Acquire) {
                state = event.changed.wait_timeout(state, POLL).unwrap_or_else(PoisonError::into_inner).0;
            }
            Ok(())
        }))
    }

    /// Whether it has been recorded and every record was reached.
    pub(crate) fn complete(&self) -> bool {
        let state = self.state();
        state.recorded > 0 && state.reached == state.recorded
    }

    /// Waits in the calling thread for the last record so far.
    pub(crate) fn synchronise(&self, timeout: Option<Duration>) -> Outcome {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        let mut state = self.state();
        let record = state.recorded;
        while state.reached < record {
            let left = deadline.map_or(POLL, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                let what = format!("the event is not reached after {} ms", timeout.unwrap_or_default().as_millis());
                return Err(Fault::refused(ACL_ERROR_RT_EVENT_SYNC_TIMEOUT, what));
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// Milliseconds from one event to the other.
    pub(crate) fn elapsed_ms(start: &Self, end: &Self) -> Outcome<f32> {
        let time = |event: &Self, which: &str| {
            let what = || format!("the {which} event has no time: it was not recorded, not reached, or made without ACL_EVENT_TIME_LINE");
            event.state().at.ok_or_else(|| Fault::misuse(ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID, what()))
        };
        let (start, end) = (time(start, "start")?, time(end, "end")?);
        let elapsed = end.checked_duration_since(start);
        let elapsed = elapsed
            .ok_or_else(|| Fault::misuse(ACL_ERROR_RT_EVENT_TIMESTAMP_REVERSAL, "the end event was reached before the start event"))?;
        Ok(elapsed.as_secs_f32() * 1e3)
    }
}
