//! Gating: from router logits to experts and their weights.

use super::tensors::tensors;
use super::{Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// How logits become scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Score {
    /// Softmax over all experts, then the k best (Mixtral, Qwen3-MoE, DeepSeek-V2).
    SoftmaxTopK,
    /// The k best logits, then softmax over those (GPT-OSS).
    TopKSoftmax,
    /// Sigmoid of each logit (DeepSeek-V3, Kimi-K2).
    Sigmoid,
    /// `sqrt(softplus(logit))` (DeepSeek-V4).
    SqrtSoftplus,
}

/// How a group of experts is scored in group-limited gating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupScore {
    /// Its best expert (DeepSeek-V2).
    Max,
    /// The sum of its two best (DeepSeek-V3).
    Top2Sum,
}

/// Only experts of the best groups can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupLimit {
    /// Number of groups; divides `E`. Group g holds experts `g * E / groups ..`.
    pub groups: usize,
    /// Number of groups kept.
    pub keep: usize,
    /// How groups are compared.
    pub score: GroupScore,
}

/// Routing weights and expert ids of each token.
#[derive(Clone, Debug)]
pub struct Gating {
    /// `[T, E]`.
    pub logits: TensorView,
    /// `[E]` f32 correction bias: takes part in the choice, not in the weights.
    pub bias: Option<TensorView>,
    /// How logits become scores.
    pub score: Score,
    /// Group limit.
    pub groups: Option<GroupLimit>,
    /// Experts per token.
    pub k: usize,
    /// Divide the chosen weights by their sum plus 1e-20.
    pub renormalize: bool,
    /// Factor on the weights, last.
    pub scale: f32,
    /// `[T, k]` f32, by falling choice score.
    pub weights: TensorViewMut,
    /// `[T, k]` i32.
    pub ids: TensorViewMut,
}

impl Op for Gating {
    const KIND: OpKind = OpKind::Gating;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(logits: in, bias: in, weights: Float, ids: Choice);

    fn dtype(&self) -> DType {
        self.logits.dtype()
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
