//! Model families: one file each, readable beside its `config.json`.

use ascend_compute::{Stream, TensorView};

use crate::Result;
use crate::cache::{CacheSpec, KvCache};
use crate::step::Step;

/// Hears what a layer leaves: the layer's number (0: the embedding) and its hidden states `[T, H]`.
pub type Trace<'a> = &'a mut dyn FnMut(usize, &TensorView) -> Result<()>;

/// A loaded model, its weights on a device.
pub trait Model: Send + Sync + std::fmt::Debug {
    /// Size of the vocabulary.
    fn vocab(&self) -> usize;

    /// Longest sequence it was made for, in tokens.
    fn context_tokens(&self) -> usize;

    /// What its layers keep for each token.
    fn cache_spec(&self) -> CacheSpec;

    /// Enqueues one forward pass: writes the new tokens' keys into `cache`, and returns the logits `[R, V]` in f32. The result is valid until the next pass.
    ///
    /// No memory is allocated once a pass of this size has run.
    fn forward(&self, stream: &Stream, step: &Step, cache: &KvCache, trace: Option<Trace<'_>>) -> Result<TensorView>;
}
