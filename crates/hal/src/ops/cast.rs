//! Change of storage type.

use super::tensors::tensors;
use super::{Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// `y = x` in another storage type.
#[derive(Clone, Debug)]
pub struct Cast {
    /// Any shape.
    pub x: TensorView,
    /// As `x`.
    pub y: TensorViewMut,
}

impl Op for Cast {
    const KIND: OpKind = OpKind::Cast;
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
