//! Events: moments in a stream.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ascend_hal::{Error, Event, EventImpl, Result};

/// The moment at which a stream last passed the mark. As streams execute inline, a mark that was recorded has been reached.
#[derive(Debug, Default)]
pub(crate) struct CpuEvent(Mutex<Option<Instant>>);

impl CpuEvent {
    /// The CPU's own event behind a handle.
    pub(crate) fn of(event: &Event) -> Result<&Self> {
        event.downcast_ref().ok_or(Error::ForeignHandle { what: "the event" })
    }

    /// Notes that the mark is passed now.
    pub(crate) fn pass(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn passed(&self) -> Result<Instant> {
        let passed = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        passed.ok_or(Error::State { what: "event", asked: "its time", found: "it was never recorded".into() })
    }
}

impl EventImpl for CpuEvent {
    fn is_reached(&self) -> Result<bool> {
        Ok(true)
    }

    fn synchronize(&self) -> Result<()> {
        Ok(())
    }

    fn elapsed_since(&self, earlier: &Event) -> Result<Duration> {
        let (start, end) = (Self::of(earlier)?.passed()?, self.passed()?);
        Ok(end.saturating_duration_since(start))
    }
}
