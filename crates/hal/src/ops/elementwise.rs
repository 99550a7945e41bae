//! Elementwise arithmetic.

use super::tensors::tensors;
use super::{Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// What is computed for each element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ElementwiseKind {
    /// `a + b`.
    Add,
    /// `a - b`.
    Sub,
    /// `a * b`.
    Mul,
    /// `a / b`.
    Div,
    /// `max(a, b)`, NaN if either is.
    Max,
    /// `min(a, b)`, NaN if either is.
    Min,
    /// `a * scale + offset`.
    Affine {
        /// Factor.
        scale: f32,
        /// Term.
        offset: f32,
    },
    /// `1 / (1 + exp(-a))`.
    Sigmoid,
    /// `exp(a)`.
    Exp,
}

/// `y = f(a, b)` or `y = f(a)`, elementwise. Broadcasting is done by the caller's views (stride 0).
#[derive(Clone, Debug)]
pub struct Elementwise {
    /// Any shape.
    pub a: TensorView,
    /// As `a`, for kinds with two operands.
    pub b: Option<TensorView>,
    /// The function.
    pub kind: ElementwiseKind,
    /// As `a`; may be the very view of `a` or `b`.
    pub y: TensorViewMut,
}

impl Op for Elementwise {
    const KIND: OpKind = OpKind::Elementwise;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(a: in, b: in, y: Float);

    fn dtype(&self) -> DType {
        self.a.dtype()
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
