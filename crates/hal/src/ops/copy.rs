//! Copy between layouts.

use super::tensors::tensors;
use super::{Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// `y = x`, element by element, between any strides and formats.
#[derive(Clone, Debug)]
pub struct Copy {
    /// Any shape.
    pub x: TensorView,
    /// As `x`.
    pub y: TensorViewMut,
}

impl Op for Copy {
    const KIND: OpKind = OpKind::Copy;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(x: in, y: Exact);

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
