//! Events.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ascend_hal::{Error, Event, EventImpl, Result};

use crate::error::from_cann;
use crate::raw::{Card, RawEvent, refuse_in_callback};

/// A mark in a stream. CANN does not tell one that was never recorded from one that is not reached, so that is kept here.
#[derive(Debug)]
pub(crate) struct NpuEvent {
    raw: RawEvent,
    recorded: AtomicBool,
}

impl NpuEvent {
    pub(crate) fn new(card: &Arc<Card>) -> Result<Self> {
        Ok(Self { raw: RawEvent::timed(card).map_err(from_cann)?, recorded: AtomicBool::new(false) })
    }

    /// The NPU's own event behind a handle.
    pub(crate) fn of(event: &Event) -> Result<&Self> {
        event.downcast_ref().ok_or(Error::ForeignHandle { what: "the event" })
    }

    pub(crate) fn raw(&self) -> &RawEvent {
        &self.raw
    }

    pub(crate) fn recorded(&self) {
        self.recorded.store(true, Ordering::Release);
    }

    pub(crate) fn was_recorded(&self) -> bool {
        self.recorded.load(Ordering::Acquire)
    }

    fn has_time(&self) -> Result<()> {
        let found = match (self.was_recorded(), self.is_reached()?) {
            (false, _) => "it was never recorded",
            (true, false) => "it is not reached yet",
            (true, true) => return Ok(()),
        };
        Err(Error::State { what: "event", asked: "its time", found: found.into() })
    }
}

impl EventImpl for NpuEvent {
    fn is_reached(&self) -> Result<bool> {
        if !self.was_recorded() {
            return Ok(true);
        }
        self.raw.is_reached().map_err(from_cann)
    }

    fn synchronize(&self) -> Result<()> {
        refuse_in_callback("waiting for an event")?;
        if !self.was_recorded() {
            return Ok(());
        }
        self.raw.synchronize().map_err(from_cann)
    }

    fn elapsed_since(&self, earlier: &Event) -> Result<Duration> {
        let earlier = Self::of(earlier)?;
        earlier.has_time()?;
        self.has_time()?;
        self.raw.elapsed_since(&earlier.raw).map_err(from_cann)
    }
}
