//! What a kernel gets from the device beside its arguments.

use ascend_hal::{Device, Stream};

/// Where a kernel runs: the device (for kernels composed of other ops), its threads and its scratch memory.
pub(crate) struct Context<'a> {
    pub(crate) device: &'a dyn Device,
    pub(crate) stream: &'a Stream,
    pub(crate) pool: &'a rayon::ThreadPool,
}

impl Context<'_> {
    /// Runs `f` with the device's threads at hand for `rayon`'s parallel iterators.
    pub(crate) fn install<R: Send>(&self, f: impl FnOnce() -> R + Send) -> R {
        self.pool.install(f)
    }
}
