//! Index of the largest element of each row.

use super::tensors::tensors;
use super::{Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// Index of the largest element of each row.
#[derive(Clone, Debug)]
pub struct ArgMax {
    /// `[.., N]`, `N >= 1`.
    pub x: TensorView,
    /// `[..]` i32.
    pub y: TensorViewMut,
}

impl Op for ArgMax {
    const KIND: OpKind = OpKind::ArgMax;
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
