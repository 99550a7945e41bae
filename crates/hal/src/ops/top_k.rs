//! The k largest elements of each row.

use super::tensors::tensors;
use super::{Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// The `k` largest (or smallest) elements of each row, best first; ties go to the lower index.
#[derive(Clone, Debug)]
pub struct TopK {
    /// `[.., N]`.
    pub x: TensorView,
    /// How many; at most `N`.
    pub k: usize,
    /// The largest, else the smallest.
    pub largest: bool,
    /// `[.., k]` as `x`.
    pub values: TensorViewMut,
    /// `[.., k]` i32.
    pub indices: TensorViewMut,
}

impl Op for TopK {
    const KIND: OpKind = OpKind::TopK;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(x: in, values: Exact, indices: Exact);

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
