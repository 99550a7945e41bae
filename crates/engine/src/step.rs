//! One forward pass: which tokens of which sequences, and where their keys go.

use ascend_compute::TensorView;
use ascend_compute::ops::Lengths;

/// The inputs of one forward pass over a batch of sequences, on the device. `T` tokens, `B` sequences, `R` rows whose logits are wanted.
#[derive(Clone, Debug)]
pub struct Step {
    /// `[T]` i32: token ids, sequence after sequence.
    pub tokens: TensorView,
    /// `[T]` i32: each token's place in its sequence.
    pub positions: TensorView,
    /// `[T]` i32: cache slot of each token, `page * P + place`.
    pub slots: TensorView,
    /// New tokens of each sequence.
    pub q_lens: Lengths,
    /// Cached tokens of each sequence, the new ones included.
    pub kv_lens: Lengths,
    /// `[B, max_pages]` i32: page ids of each sequence, -1 beyond its last.
    pub tables: TensorView,
    /// `[R]` i32: rows of the `T` whose logits are wanted (the last of each sequence in decoding, all of them in validation).
    pub logit_rows: TensorView,
}

impl Step {
    /// Whether every sequence starts in this pass, so that there are no earlier keys. Known from the lengths on the host; without them the answer is no.
    pub fn starts_sequences(&self) -> bool {
        matches!((&self.q_lens.host, &self.kv_lens.host), (Some(q), Some(kv)) if q == kv)
    }

    /// Number of tokens `T`.
    pub fn token_count(&self) -> usize {
        self.tokens.numel()
    }
}
