//! Activations, plain and gated.

use super::tensors::tensors;
use super::{Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// A plain activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivationKind {
    /// `x * sigmoid(x)`.
    Silu,
    /// `x * Phi(x)`, exact.
    GeluErf,
    /// The tanh approximation of GELU.
    GeluTanh,
}

/// `y = f(x)`, elementwise.
#[derive(Clone, Debug)]
pub struct Activation {
    /// Any shape.
    pub x: TensorView,
    /// The function.
    pub kind: ActivationKind,
    /// As `x`.
    pub y: TensorViewMut,
}

/// A gated activation of a gate `g` and an up value `u`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GluKind {
    /// `silu(g) * u`.
    Swiglu,
    /// `gelu(g) * u`, exact GELU.
    GegluErf,
    /// `gelu(g) * u`, tanh approximation.
    GegluTanh,
    /// GPT-OSS: `g' = min(g, limit)`, `u' = clamp(u, -limit, limit)`, `g' * sigmoid(alpha * g') * (u' + up_bias)`.
    SwigluClamped {
        /// Bound; 7 in GPT-OSS.
        limit: f32,
        /// Slope; 1.702 in GPT-OSS.
        alpha: f32,
        /// Added to the up value; 1 in GPT-OSS.
        up_bias: f32,
    },
}

/// `y[.., i] = glu(gate_i, up_i)` over the last dimension.
#[derive(Clone, Debug)]
pub struct Glu {
    /// `[.., 2I]`: gates then ups, or alternating when `interleaved`.
    pub x: TensorView,
    /// The function.
    pub kind: GluKind,
    /// Gate and up alternate instead of standing in two halves.
    pub interleaved: bool,
    /// `[.., I]`.
    pub y: TensorViewMut,
}

impl Op for Activation {
    const KIND: OpKind = OpKind::Activation;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(x: in, y: Float);

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

impl Op for Glu {
    const KIND: OpKind = OpKind::Glu;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(x: in, y: Float);

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
