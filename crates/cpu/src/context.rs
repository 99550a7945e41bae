//! What a kernel gets from the device beside its arguments.

use ascend_hal::{Device, Result, Stream};
use bytemuck::Pod;

use crate::host::Host;
use crate::isa::Isa;
use crate::scratch::{Arena, Scratch};

/// Where a kernel runs: the device (for kernels composed of other ops), its threads and its scratch memory.
pub(crate) struct Context<'a> {
    #[allow(dead_code, reason = "for kernels composed of other ops")]
    pub(crate) device: &'a dyn Device,
    #[allow(dead_code, reason = "for kernels composed of other ops")]
    pub(crate) stream: &'a Stream,
    pub(crate) host: &'a Host,
}

impl Context<'_> {
    /// Runs `f` with the device's threads at hand for `rayon`'s parallel iterators. Lock tensors before, not inside: a thread that waits for its parts
    /// may take up parts of another call.
    pub(crate) fn install<R: Send>(&self, f: impl FnOnce() -> R + Send) -> R {
        self.host.install(f)
    }

    /// Number of threads that [`install`](Self::install) gives.
    pub(crate) fn threads(&self) -> usize {
        self.host.pool.current_num_threads()
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
