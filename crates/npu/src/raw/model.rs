//! Captures, and what comes of them: CANN calls it a model's running instance.

use std::ptr::null_mut;
use std::sync::Arc;

use ascend_sys::ffi::ACL_MODEL_RI_CAPTURE_MODE_RELAXED;

use super::Handle;
use super::card::Card;
use super::stream::RawStream;
use crate::error::CannResult;

/// A recording that can be executed.
#[derive(Debug)]
pub(crate) struct Model {
    card: Arc<Card>,
    model: Handle,
}

/// Has the stream record what it is given. Other streams and synchronous copies go on, in every thread.
pub(super) fn begin(card: &Card, stream: &RawStream) -> CannResult<()> {
    card.bind()?;
    // SAFETY: the stream is alive.
    unsafe { card.cann().acl.aclmdlRICaptureBegin(stream.handle(), ACL_MODEL_RI_CAPTURE_MODE_RELAXED) }
}

/// Ends the recording.
pub(super) fn end(card: &Arc<Card>, stream: &RawStream) -> CannResult<Model> {
    card.bind()?;
    let mut model = null_mut();
    // SAFETY: the stream is alive and `model` is a place to write to.
    unsafe { card.cann().acl.aclmdlRICaptureEnd(stream.handle(), &mut model) }?;
    Ok(Model { card: card.clone(), model: Handle(model.cast()) })
}

impl Model {
    pub(crate) fn is_of(&self, card: &Arc<Card>) -> bool {
        Arc::ptr_eq(&self.card, card)
    }

    /// Enqueues everything that was recorded.
    ///
    /// # Safety
    /// * The memory that it works on, and the model, stay alive until the stream has passed it.
    pub(super) unsafe fn execute(&self, stream: &RawStream) -> CannResult<()> {
        self.card.bind()?;
        // SAFETY: both handles are alive; the caller promises the rest.
        unsafe { self.card.cann().acl.aclmdlRIExecuteAsync(self.model.0.cast(), stream.handle()) }
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // An empty recording may be no model at all.
        if self.model.0.is_null() {
            return;
        }
        let destroy = || {
            self.card.bind()?;
            // SAFETY: the model is alive; streams that execute it hold it.
            unsafe { self.card.cann().acl.aclmdlRIDestroy(self.model.0.cast()) }
        };
        self.card.given_back(destroy());
    }
}
