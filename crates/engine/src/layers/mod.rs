//! The layers that model families are made of. Each enqueues its ops on a stream and takes its activations from the model's arena.

mod attention;
mod decoder;
mod linear;
mod mla;
mod mlp;
mod moe;
mod norm;
mod rotary;

use ascend_compute::{DType, Device, Dims, Stream, TensorViewMut};

pub use attention::{Attention, AttentionShape};
pub use decoder::{Decoder, FeedForward, Layer, Mixer, Outline};
pub use linear::Linear;
pub use mla::{Mla, MlaShape};
pub use mlp::Mlp;
pub use moe::{ExpertShape, Moe, Router};
pub use norm::RmsNorm;
pub use rotary::{Rope, RopeConfig};

use crate::Result;
use crate::arena::Pass;

/// What a layer works with in one forward pass.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Where ops run.
    pub device: &'a dyn Device,
    /// In what order.
    pub stream: &'a Stream,
    /// Where activations come from.
    pub pass: &'a Pass<'a>,
    /// Storage type of activations.
    pub dtype: DType,
}

impl Context<'_> {
    /// An activation with undefined contents.
    pub fn empty(&self, shape: impl Into<Dims>) -> Result<TensorViewMut> {
        self.pass.empty(self.dtype, shape)
    }

    /// The same in a storage type of its own.
    pub fn empty_of(&self, dtype: DType, shape: impl Into<Dims>) -> Result<TensorViewMut> {
        self.pass.empty(dtype, shape)
    }
}
