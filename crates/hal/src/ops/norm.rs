//! RMS norm and layer norm.

use super::tensors::tensors;
use super::{Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// Which norm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormKind {
    /// `x / sqrt(mean(x^2) + eps) * weight`.
    Rms,
    /// `x / sqrt(mean(x^2) + eps) * (1 + weight)` (Gemma).
    RmsGemma,
    /// `(x - mean) / sqrt(var + eps) * weight + bias`, biased variance.
    Layer,
}

/// Norm over the last dimension, perhaps of `x + residual`.
#[derive(Clone, Debug)]
pub struct Norm {
    /// `[.., H]`.
    pub x: TensorView,
    /// As `x`; added first.
    pub residual: Option<TensorView>,
    /// `[H]`.
    pub weight: TensorView,
    /// `[H]`, layer norm only.
    pub bias: Option<TensorView>,
    /// Which norm.
    pub kind: NormKind,
    /// Added to the mean square or variance.
    pub eps: f32,
    /// As `x`.
    pub y: TensorViewMut,
    /// As `x`: `x + residual`, the next layer's residual. May be the very view of `residual`.
    pub sum: Option<TensorViewMut>,
}

impl Op for Norm {
    const KIND: OpKind = OpKind::Norm;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(x: in, residual: in, weight: in, bias: in, y: Float, sum: Float);

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
