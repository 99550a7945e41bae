//! Streams of CANN.

use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ascend_sys::ffi::{ACL_STOP_ON_FAILURE, ACL_STREAM_STATUS_COMPLETE, aclrtStream};

use super::Handle;
use super::card::Card;
use crate::error::CannResult;

/// A stream that stops at the first failure, where CANN can do that.
#[derive(Debug)]
pub(super) struct RawStream {
    card: Arc<Card>,
    stream: Handle,
    /// Whether what is left on it is of no interest.
    abandoned: AtomicBool,
}

impl RawStream {
    pub(super) fn new(card: &Arc<Card>) -> CannResult<Arc<Self>> {
        card.bind()?;
        let mut stream = null_mut();
        // SAFETY: `stream` is a place to write to.
        unsafe { card.cann().acl.aclrtCreateStream(&mut stream) }?;
        let stream = Arc::new(Self { card: card.clone(), stream: Handle(stream), abandoned: AtomicBool::new(false) });
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

    pub(super) fn synchronize(&self) -> CannResult<()> {
        self.card.bind()?;
        // SAFETY: the stream is alive.
        unsafe { self.card.cann().acl.aclrtSynchronizeStream(self.stream.0) }
    }

    pub(super) fn is_idle(&self) -> CannResult<bool> {
        self.card.bind()?;
        let mut status = 0;
        // SAFETY: the stream is alive and `status` is a place to write to.
        unsafe { self.card.cann().acl.aclrtStreamQuery(self.stream.0, &mut status) }?;
        Ok(status == ACL_STREAM_STATUS_COMPLETE)
    }

    /// Says that the stream has failed: what is left on it goes with it.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
    }
}

impl Drop for RawStream {
    fn drop(&mut self) {
        let destroy = || {
            self.card.bind()?;
            // SAFETY: the stream is alive and nothing else has its handle.
            unsafe {
                match self.abandoned.load(Ordering::Acquire) {
                    true => self.card.cann().acl.aclrtDestroyStreamForce(self.stream.0),
                    false => self.card.cann().acl.aclrtDestroyStream(self.stream.0),
                }
            }
        };
        self.card.given_back(destroy());
    }
}
