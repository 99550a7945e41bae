//! Events.

use std::ptr::null_mut;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ascend_sys::ffi::{ACL_EVENT_CAPTURE_STREAM_PROGRESS, ACL_EVENT_RECORDED_STATUS_COMPLETE, ACL_EVENT_SYNC, ACL_EVENT_TIME_LINE};

use super::Handle;
use super::card::{Card, Context};
use super::stream::RawStream;
use crate::error::CannResult;

/// A mark that streams can record and wait for.
#[derive(Debug)]
pub(crate) struct RawEvent {
    card: Arc<Card>,
    flag: u32,
    made: Mutex<Arc<Made>>,
}

/// An event of CANN's.
#[derive(Debug)]
struct Made {
    card: Arc<Card>,
    context: Arc<Context>,
    event: Handle,
}

impl Made {
    fn new(card: &Arc<Card>, context: &Arc<Context>, flag: u32) -> CannResult<Arc<Self>> {
        context.bind()?;
        let mut event = null_mut();
        // SAFETY: `event` is a place to write to.
        unsafe { card.cann().acl.aclrtCreateEventWithFlag(&mut event, flag) }?;
        Ok(Arc::new(Self { card: card.clone(), context: context.clone(), event: Handle(event) }))
    }
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
        Ok(Self { card: card.clone(), flag, made: Mutex::new(Made::new(card, &card.context(), flag)?) })
    }

    pub(crate) fn is_of(&self, card: &Arc<Card>) -> bool {
        Arc::ptr_eq(&self.card, card)
    }

    fn slot(&self) -> MutexGuard<'_, Arc<Made>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The event as it is now; one that is made anew meanwhile lives on for whoever has this.
    fn made(&self) -> Arc<Made> {
        self.slot().clone()
    }

    /// The mark moves to the stream. Where a failure has put another context in the place of the event's, the event is made anew in the stream's.
    pub(super) fn record(&self, stream: &RawStream) -> CannResult<()> {
        let mut made = self.slot();
        if !Arc::ptr_eq(&made.context, stream.context()) {
            *made = Made::new(&self.card, stream.context(), self.flag)?;
        }
        stream.bind()?;
        // SAFETY: both handles are alive, and of one context.
        unsafe { self.card.cann().acl.aclrtRecordEvent(made.event.0, stream.handle()) }
    }

    pub(super) fn hold(&self, stream: &RawStream) -> CannResult<()> {
        let made = self.made();
        stream.bind()?;
        // SAFETY: both handles are alive.
        unsafe { self.card.cann().acl.aclrtStreamWaitEvent(stream.handle(), made.event.0) }
    }

    /// Whether the mark, once recorded, is reached.
    pub(crate) fn is_reached(&self) -> CannResult<bool> {
        let made = self.made();
        made.context.bind()?;
        let mut status = 0;
        // SAFETY: the event is alive and `status` is a place to write to.
        unsafe { self.card.cann().acl.aclrtQueryEventStatus(made.event.0, &mut status) }?;
        Ok(status == ACL_EVENT_RECORDED_STATUS_COMPLETE)
    }

    /// Waits until the mark is reached.
    pub(crate) fn synchronize(&self) -> CannResult<()> {
        let made = self.made();
        made.context.bind()?;
        // SAFETY: the event is alive.
        unsafe { self.card.cann().acl.aclrtSynchronizeEvent(made.event.0) }
    }

    /// The device's time since `earlier`.
    pub(crate) fn elapsed_since(&self, earlier: &Self) -> CannResult<Duration> {
        let mut ms = 0f32;
        let (begun, ended) = (earlier.made(), self.made());
        ended.context.bind()?;
        // SAFETY: both events are alive and `ms` is a place to write to.
        unsafe { self.card.cann().acl.aclrtEventElapsedTime(&mut ms, begun.event.0, ended.event.0) }?;
        Ok(Duration::from_secs_f64((f64::from(ms) / 1e3).max(0.)))
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // SAFETY: the event is alive and nothing else has its handle. A destroyed event stays valid for work that is enqueued, as the documentation has it.
        self.card.release(&self.context, || unsafe { self.card.cann().acl.aclrtDestroyEvent(self.event.0) });
    }
}
