//! Events: points in a stream that others can wait for.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ascend_sys::ffi::{
    ACL_ERROR_RT_CAPTURE_DEPENDENCY, ACL_ERROR_RT_EVENT_CAPTURED, ACL_ERROR_RT_EVENT_SYNC_TIMEOUT, ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID,
    ACL_ERROR_RT_EVENT_TIMESTAMP_REVERSAL, ACL_ERROR_RT_STREAM_CAPTURE_IMPLICIT, ACL_ERROR_RT_WAIT_TIMEOUT,
    ACL_ERROR_STREAM_CAPTURE_CONFLICT,
};

use crate::abi::settings::WAIT_TIMEOUT;
use crate::capture::{Capture, Clock};
use crate::context;
use crate::fault::{Fault, Outcome};
use crate::machine::machine;
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
    /// The last record that was taken back.
    reset: u64,
    at: Option<Instant>,
    /// The capture that the last record is part of, and its place in it.
    captured: Option<(Arc<Capture>, Clock)>,
}

/// How often a wait looks whether its stream is being torn down.
const POLL: Duration = Duration::from_millis(5);

/// When the first event of the process was made; no event is reached before.
fn first() -> Instant {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    *FIRST.get_or_init(Instant::now)
}

impl Event {
    pub(crate) fn new(timed: bool) -> Arc<Self> {
        first();
        Arc::new(Self { timed, state: Mutex::default(), changed: Condvar::new() })
    }

    fn state(&self) -> MutexGuard<'_, Progress> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn record(self: &Arc<Self>, stream: &Stream) -> Outcome {
        let mut state = self.state();
        if let Some(capture) = stream.capture() {
            let point = capture.clock(stream.id());
            state.captured = Some((capture, point));
            return Ok(());
        }
        state.captured = None;
        state.recorded += 1;
        let (record, event) = (state.recorded, self.clone());
        // Under the lock: records reach the stream in the order of their numbers.
        stream.submit_always(move |_| {
            let mut state = event.state();
            state.reached = state.reached.max(record);
            state.at = event.timed.then(Instant::now);
            drop(state);
            event.changed.notify_all();
            Ok(())
        })
    }

    /// Makes the stream wait for the last record so far; if there is none, for nothing. A record of a capture draws the stream into the capture.
    pub(crate) fn wait_on(self: &Arc<Self>, stream: &Arc<Stream>, timeout: Option<Duration>) -> Outcome {
        let state = self.state();
        let (record, event, captured) = (state.recorded, self.clone(), state.captured.clone());
        drop(state);
        match (captured, stream.capture()) {
            (None, None) => {}
            (None, Some(_)) => {
                let what = "the stream is being captured, and the event was not recorded in the capture";
                return Err(Fault::misuse(ACL_ERROR_RT_CAPTURE_DEPENDENCY, what));
            }
            (Some((capture, _)), Some(other)) if !Arc::ptr_eq(&capture, &other) => {
                let what = "the event was recorded in another capture than the stream's";
                return Err(Fault::misuse(ACL_ERROR_STREAM_CAPTURE_CONFLICT, what));
            }
            (Some((capture, _)), None) if capture.invalid() => {
                let what = "the event was recorded in a capture that has ended; record it again";
                return Err(Fault::misuse(ACL_ERROR_RT_EVENT_CAPTURED, what));
            }
            (Some(_), None) if context::is_default(stream) => {
                let what = "the event was recorded in a capture, which the default stream cannot be part of";
                return Err(Fault::misuse(ACL_ERROR_RT_STREAM_CAPTURE_IMPLICIT, what));
            }
            (Some((capture, point)), _) => {
                capture.join(stream, &point);
                return Ok(());
            }
        }
        stream.submit_always(move |flags| {
            let set = machine().setting(WAIT_TIMEOUT, 0).and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
            let limit = timeout.or(set);
            let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
            let mut state = event.state();
            while state.reached < record && !flags.stopping() {
                if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                    let what = format!("an event was waited for, and not reached in {} ms", limit.unwrap_or_default().as_millis());
                    return Err(Fault::refused(ACL_ERROR_RT_WAIT_TIMEOUT, what));
                }
                state = event.changed.wait_timeout(state, POLL).unwrap_or_else(PoisonError::into_inner).0;
            }
            Ok(())
        })
    }

    /// Refuses what cannot be asked of an event that no stream will reach.
    fn not_captured(state: &Progress) -> Outcome {
        match &state.captured {
            None => Ok(()),
            Some(_) => Err(Fault::misuse(ACL_ERROR_RT_EVENT_CAPTURED, "the event was recorded in a capture: it is never reached")),
        }
    }

    /// Takes the records back that the stream reaches before; the event is as if it was never recorded.
    pub(crate) fn reset(self: &Arc<Self>, stream: &Stream) -> Outcome {
        if stream.capture().is_some() {
            self.state().captured = None;
            return Ok(());
        }
        let event = self.clone();
        stream.submit_always(move |_| {
            let mut state = event.state();
            state.reset = state.reached;
            state.at = None;
            Ok(())
        })
    }

    /// When it was reached, in microseconds since the first event was made.
    pub(crate) fn timestamp_us(&self) -> Outcome<u64> {
        let at = self.state().at;
        let what = "the event has no time: it was not recorded, not reached, or made without ACL_EVENT_TIME_LINE";
        let at = at.ok_or_else(|| Fault::misuse(ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID, what))?;
        Ok(u64::try_from(at.saturating_duration_since(first()).as_micros()).unwrap_or(u64::MAX))
    }

    /// Whether it has been recorded and every record was reached.
    pub(crate) fn complete(&self) -> Outcome<bool> {
        let state = self.state();
        Self::not_captured(&state)?;
        Ok(state.recorded > state.reset && state.reached == state.recorded)
    }

    /// Waits in the calling thread for the last record so far.
    pub(crate) fn synchronise(&self, timeout: Option<Duration>) -> Outcome {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        let mut state = self.state();
        Self::not_captured(&state)?;
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
            let state = event.state();
            Self::not_captured(&state)?;
            state.at.ok_or_else(|| Fault::misuse(ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID, what()))
        };
        let (start, end) = (time(start, "start")?, time(end, "end")?);
        let elapsed = end.checked_duration_since(start);
        let elapsed = elapsed
            .ok_or_else(|| Fault::misuse(ACL_ERROR_RT_EVENT_TIMESTAMP_REVERSAL, "the end event was reached before the start event"))?;
        Ok(elapsed.as_secs_f32() * 1e3)
    }
}
