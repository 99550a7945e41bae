//! Copies on a stream, each in a way that the CANN at hand allows.

use ascend_hal::{BufferSlice, DType, Layout, Result, TensorView};

use super::super::card::Card;
use super::super::entry::{Culprit, Keep};
use super::super::operators::aclnnInplaceCopy;
use super::super::transfer::{self, End, Way};
use super::Queue;
use crate::memory;

/// Memory of the device that a copy within the host goes through, at most.
const BOUNCE_BYTES: usize = 16 << 20;

impl Queue {
    /// Enqueues a copy. The ranges have been checked.
    pub(crate) fn copy(&self, src: BufferSlice, dst: BufferSlice) -> Result<()> {
        // Also refuses memory of others.
        let (from, to) = (end(&self.card, "the source of the copy", &src)?, end(&self.card, "the destination of the copy", &dst)?);
        if !self.admits("a copy")? || src.len == 0 {
            return Ok(());
        }
        let (outcome, functions) = match Way::of(&self.card, from, to) {
            Way::Plain | Way::Row => (self.copy_directly(from, to, src.len), Vec::new()),
            Way::Bounce => (self.copy_within_host(from, to, src.len), Vec::new()),
            Way::Operator => (bytes(&src).and_then(|src| aclnnInplaceCopy(self, &bytes(&dst)?, &src)), vec!["aclnnInplaceCopy"]),
        };
        let mut state = self.state();
        // What was enqueued before a part failed uses the memory too.
        state.push(Culprit::Task("copy"), functions, Keep::Copy(src, dst), Vec::new());
        let passed = state.look(&self.card);
        drop(state);
        drop(passed);
        outcome
    }

    fn copy_within_host(&self, from: End<'_>, to: End<'_>, len: usize) -> Result<()> {
        let memory = self.scratch(len.min(BOUNCE_BYTES))?;
        let through = End::Device(memory::of(self.card.id(), "memory for a copy", &memory)?, 0);
        for at in (0..len).step_by(BOUNCE_BYTES) {
            let part = BOUNCE_BYTES.min(len - at);
            self.copy_directly(from.behind(at), through, part)?;
            self.copy_directly(through, to.behind(at), part)?;
        }
        Ok(())
    }

    /// Gives the stream one copy, whose memory the entry that is pushed next keeps.
    fn copy_directly(&self, from: End<'_>, to: End<'_>, len: usize) -> Result<()> {
        let mut state = self.state();
        if state.has_failed() {
            return Ok(());
        }
        let way = Way::of(&self.card, from, to);
        // SAFETY: the ranges lie in their buffers. Those of a caller are kept by the entry until the stream has passed the copy; those of the arena go to later work
        // of the stream only.
        self.give(&mut state, |stream| unsafe { transfer::copy(&self.card, stream, way, from, to, len) })
    }
}

/// A range of memory as a tensor of bytes.
fn bytes(slice: &BufferSlice) -> Result<TensorView> {
    TensorView::new(slice.buffer.clone(), DType::U8, Layout::strided([slice.len], [1], slice.offset)?)
}

/// One end of a copy on a stream of `card`.
fn end<'a>(card: &Card, what: &'static str, slice: &'a BufferSlice) -> Result<End<'a>> {
    memory::end(card.id(), what, &slice.buffer, slice.offset)
}
