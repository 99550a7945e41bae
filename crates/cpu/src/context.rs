//! What a kernel gets from the device beside its arguments.

use ascend_hal::Result;
use bytemuck::Pod;

use crate::host::Host;
use crate::isa::Isa;
use crate::scratch::{Arena, Scratch};

/// Where a kernel runs: threads, scratch memory and an instruction set.
pub(crate) struct Context<'a> {
    pub(crate) host: &'a Host,
}

impl Context<'_> {
    /// Number of threads that work can be shared out to, the calling one among them.
    pub(crate) fn threads(&self) -> usize {
        self.host.pool.threads()
    }

    /// `len` elements of memory with arbitrary contents, reused between calls; may be asked for on any thread.
    pub(crate) fn scratch<T: Pod>(&self, len: usize) -> Result<Scratch<'_, T>> {
        self.host.arena.take(len)
    }

    /// Where [`scratch`](Self::scratch) comes from.
    pub(crate) fn arena(&self) -> &Arena {
        &self.host.arena
    }

    /// The instruction set to compute with.
    pub(crate) fn isa(&self) -> Isa {
        self.host.isa
    }
}
