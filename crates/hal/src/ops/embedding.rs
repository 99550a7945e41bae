//! Embedding look-up.

use super::tensors::tensors;
use super::{Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// `y[t] = weight[ids[t] - first_id]`; zeros for ids of other shards of the vocabulary.
#[derive(Clone, Debug)]
pub struct Embedding {
    /// `[V, H]`: all rows, or one shard of them.
    pub weight: TensorView,
    /// `[T]` i32 or i64.
    pub ids: TensorView,
    /// Ids in the whole vocabulary.
    pub vocab: usize,
    /// Id of the shard's first row; 0 without sharding.
    pub first_id: usize,
    /// `[T, H]`.
    pub y: TensorViewMut,
}

impl Op for Embedding {
    const KIND: OpKind = OpKind::Embedding;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(weight: in, ids: in, y: Exact);

    fn dtype(&self) -> DType {
        self.weight.dtype()
    }
    fn variant(&self) -> &'static str {
        "default"
    }
    fn check(&self) -> Result<()> {
        Ok(())
    }
    fn cost(&self) -> Cost {
        Cost::streaming(self, 0.0)
    }
}
