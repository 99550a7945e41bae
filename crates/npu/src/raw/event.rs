//! Events.

use std::ptr::null_mut;
use std::sync::Arc;
use std::time::Duration;

use ascend_sys::ffi::{ACL_EVENT_CAPTURE_STREAM_PROGRESS, ACL_EVENT_RECORDED_STATUS_COMPLETE, ACL_EVENT_SYNC, ACL_EVENT_TIME_LINE};

use super::Handle;
use super::card::Card;
use super::stream::RawStream;
use crate::error::CannResult;

/// A mark that streams can record and wait for.
#[derive(Debug)]
pub(crate) struct RawEvent {
    card: Arc<Card>,
    event: Handle,
}

impl RawEvent {
    /// One that streams can wait for and that keeps the time.
    pub(crate) fn timed(card: &Arc<Card>) -> CannResult<Self> {
        Self::new(card, ACL_EVENT_SYNC | ACL_EVENT_TIME_LINE)
    }

    /// One that only tells how far a stream is.
    pub(super) fn progress(card: &Arc<Card>) -> CannResult<Self> {
        Self::new(card, ACL_EVENT_CAPTURE_STREAM_PROGRESS)
    }

    fn new(card: &Arc<Card>, flag: u32) -> CannResult<Self> {
        card.bind()?;
        let mut event = null_mut();
        // SAFETY: `event` is a place to write to.
        unsafe { card.cann().acl.aclrtCreateEventWithFlag(&mut event, flag) }?;
        Ok(Self { card: card.clone(), event: Handle(event) })
    }

    pub(crate) fn is_of(&self, card: &Arc<Card>) -> bool {
        Arc::ptr_eq(&self.card, card)
    }

    pub(super) fn record(&self, stream: &RawStream) -> CannResult<()> {
        self.card.bind()?;
        // SAFETY: both handles are alive, and of one context.
        unsafe { self.card.cann().acl.aclrtRecordEvent(self.event.0, stream.handle()) }
    }

    pub(super) fn hold(&self, stream: &RawStream) -> CannResult<()> {
        self.card.bind()?;
        // SAFETY: as above.
        unsafe { self.card.cann().acl.aclrtStreamWaitEvent(stream.handle(), self.event.0) }
    }

    /// Whether the mark, once recorded, is reached.
    pub(crate) fn is_reached(&self) -> CannResult<bool> {
        self.card.bind()?;
        let mut status = 0;
        // SAFETY: the event is alive and `status` is a place to write to.
        unsafe { self.card.cann().acl.aclrtQueryEventStatus(self.event.0, &mut status) }?;
        Ok(status == ACL_EVENT_RECORDED_STATUS_COMPLETE)
    }

    /// Waits until the mark is reached.
    pub(crate) fn synchronize(&self) -> CannResult<()> {
        self.card.bind()?;
        // SAFETY: the event is alive.
        unsafe { self.card.cann().acl.aclrtSynchronizeEvent(self.event.0) }
    }

    /// The device's time since `earlier`.
    pub(crate) fn elapsed_since(&self, earlier: &Self) -> CannResult<Duration> {
        self.card.bind()?;
        let mut ms = 0f32;
        // SAFETY: both events are alive and `ms` is a place to write to.
        unsafe { self.card.cann().acl.aclrtEventElapsedTime(&mut ms, earlier.event.0, self.event.0) }?;
        Ok(Duration::from_secs_f64((f64::from(ms) / 1e3).max(0.)))
    }
}

impl Drop for RawEvent {
    fn drop(&mut self) {
        let destroy = || {
            self.card.bind()?;
            // SAFETY: the event is alive and nothing else has its handle. A destroyed event stays valid for work that is enqueued, as the documentation has it.
            unsafe { self.card.cann().acl.aclrtDestroyEvent(self.event.0) }
        };
        self.card.given_back(destroy());
    }
}
