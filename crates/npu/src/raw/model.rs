//! Captures, and what comes of them: CANN calls it a model's running instance.

use std::ptr::null_mut;
use std::sync::Arc;

use ascend_sys::ffi::ACL_MODEL_RI_CAPTURE_MODE_RELAXED;

use super::Handle;
use super::card::{Card, Context};
use super::stream::RawStream;
use crate::error::CannResult;

/// A recording that can be executed.
#[derive(Debug)]
pub(crate) struct Model {
    card: Arc<Card>,
    context: Arc<Context>,
    model: Handle,
}

/// Has the stream record what it is given. Other streams and synchronous copies go on, in every thread.
pub(super) fn begin(card: &Card, stream: &RawStream) -> CannResult<()> {
    stream.bind()?;
    // SAFETY: the stream is alive.
    unsafe { card.cann().acl.aclmdlRICaptureBegin(stream.handle(), ACL_MODEL_RI_CAPTURE_MODE_RELAXED) }
}

/// Ends the recording.
pub(super) fn end(card: &Arc<Card>, stream: &RawStream) -> CannResult<Model> {
    stream.bind()?;
    let mut model = null_mut();
    // SAFETY: the stream is alive and `model` is a place to write to.
    unsafe { card.cann().acl.aclmdlRICaptureEnd(stream.handle(), &mut model) }?;
    Ok(Model { card: card.clone(), context: stream.context().clone(), model: Handle(model.cast()) })
}

impl Model {
    pub(crate) fn is_of(&self, card: &Arc<Card>) -> bool {
        Arc::ptr_eq(&self.card, card)
    }

    /// Whether the stream can run it: both are of one context.
    pub(super) fn fits(&self, stream: &RawStream) -> bool {
        Arc::ptr_eq(&self.context, stream.context())
    }

    /// Enqueues everything that was recorded.
    ///
    /// # Safety
    /// * The memory that it works on, and the model, stay alive until the stream has passed it.
    pub(super) unsafe fn execute(&self, stream: &RawStream) -> CannResult<()> {
        stream.bind()?;
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
        // SAFETY: the model is alive; streams that execute it hold it.
        self.card.release(&self.context, || unsafe { self.card.cann().acl.aclmdlRIDestroy(self.model.0.cast()) });
    }
}
