//! The fused expert feed-forward network.

use super::activation::GluKind;
use super::matmul::Weight;
use super::tensors::tensors;
use super::{Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// `y[t] = sum_s weights[t, s] * ffn(ids[t, s], x[t])`, `ffn(e, x) = glu(x @ gate_up[e] + gate_up_bias[e]) @ down[e] + down_bias[e]`.
///
/// Defined as the composition init routing, grouped matmul, gated activation, grouped matmul, finalize routing.
#[derive(Clone, Debug)]
pub struct MoeExperts {
    /// `[T, H]`.
    pub x: TensorView,
    /// `[T, k]` i32, global expert ids. Ids outside of the local range add nothing.
    pub ids: TensorView,
    /// `[T, k]` f32.
    pub weights: TensorView,
    /// Logical `[E, H, 2I]`, stored `[E, 2I, H]` in checkpoints ([`Weight::nk`]); `E` local experts.
    pub gate_up: Weight,
    /// Logical `[E, I, H]`, stored `[E, H, I]`.
    pub down: Weight,
    /// `[E, 2I]`.
    pub gate_up_bias: Option<TensorView>,
    /// `[E, H]`.
    pub down_bias: Option<TensorView>,
    /// The gated activation.
    pub glu: GluKind,
    /// Gate and up columns alternate (GPT-OSS checkpoints) instead of standing in two halves.
    pub interleaved: bool,
    /// With i8 weights: quantise activations per token (W8A8). Otherwise integer weights are dequantised (weight-only).
    pub quantize_activations: bool,
    /// Global id of the first local expert (expert parallelism).
    pub first_expert: usize,
    /// `[T, H]`.
    pub y: TensorViewMut,
}

impl Op for MoeExperts {
    const KIND: OpKind = OpKind::MoeExperts;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(x: in, ids: in, weights: in, gate_up: in, down: in, gate_up_bias: in, down_bias: in, y: Float);

    fn dtype(&self) -> DType {
        self.x.dtype()
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
