//! Streams of CANN.

use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ascend_sys::ffi::{ACL_STOP_ON_FAILURE, ACL_STREAM_STATUS_COMPLETE, aclrtStream};

use super::Handle;
use super::card::{Card, Context};
use crate::error::CannResult;

/// A stream that stops at the first failure, where CANN can do that.
#[derive(Debug)]
pub(super) struct RawStream {
    card: Arc<Card>,
    context: Arc<Context>,
    stream: Handle,
    /// Its number, which CANN's messages name it by, where CANN tells.
    id: Option<i32>,
    /// Whether what is left on it is of no interest.
    abandoned: AtomicBool,
}

impl RawStream {
    pub(super) fn new(card: &Arc<Card>) -> CannResult<Arc<Self>> {
        let context = card.context();
        context.bind()?;
        let mut stream = null_mut();
        // SAFETY: `stream` is a place to write to.
        unsafe { card.cann().acl.aclrtCreateStream(&mut stream) }?;
        let mut stream = Self { card: card.clone(), context, stream: Handle(stream), id: None, abandoned: AtomicBool::new(false) };
        let mut id = 0;
        // SAFETY: the stream is alive and `id` is a place to write to.
        stream.id = unsafe { card.cann().acl.aclrtStreamGetId(stream.stream.0, &mut id) }.ok().map(|()| id);
        let stream = Arc::new(stream);
        // SAFETY: the stream is alive, and its mode has not been set before.
        match unsafe { card.cann().acl.aclrtSetStreamFailureMode(stream.stream.0, u64::from(ACL_STOP_ON_FAILURE)) } {
            // Work behind a failure then runs; its results are not used, as the failure is reported.
            Ok(()) | Err(ascend_sys::Error::SymbolMissing { .. }) => Ok(stream),
            Err(error) => Err(error),
        }
    }

    pub(super) fn handle(&self) -> aclrtStream {
        self.stream.0
    }

    pub(super) fn id(&self) -> Option<i32> {
        self.id
    }

    pub(super) fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// Makes the stream's context that of the calling thread.
    pub(super) fn bind(&self) -> CannResult<()> {
        self.context.bind()
    }

    pub(super) fn synchronize(&self) -> CannResult<()> {
        self.bind()?;
        // SAFETY: the stream is alive.
        unsafe { self.card.cann().acl.aclrtSynchronizeStream(self.stream.0) }
    }

    pub(super) fn is_idle(&self) -> CannResult<bool> {
        self.bind()?;
        let mut status = 0;
        // SAFETY: the stream is alive and `status` is a place to write to.
        unsafe { self.card.cann().acl.aclrtStreamQuery(self.stream.0, &mut status) }?;
        Ok(status == ACL_STREAM_STATUS_COMPLETE)
    }

    /// Says that the stream has failed: what is left on it goes with it.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
    }

    /// Takes that back.
    pub(super) fn keep(&self) {
        self.abandoned.store(false, Ordering::Release);
    }
}

impl Drop for RawStream {
    fn drop(&mut self) {
        // SAFETY: the stream is alive and nothing else has its handle.
        let force = || unsafe { self.card.cann().acl.aclrtDestroyStreamForce(self.stream.0) };
        self.card.release(&self.context, || {
            if self.abandoned.load(Ordering::Acquire) {
                return force();
            }
            // SAFETY: as above. A stream that stayed behind would keep its context.
            unsafe { self.card.cann().acl.aclrtDestroyStream(self.stream.0) }.or_else(|error| force().and(Err(error)))
        });
    }
}
