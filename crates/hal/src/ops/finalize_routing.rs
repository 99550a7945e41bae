//! Finalize routing (unpermute): expert rows weighted and added up by token.

use super::init_routing::SlotOrder;
use super::tensors::tensors;
use super::{Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// `y[t] = skip[t] + sum_s weights[t, s] * (rows[flat_to_row[t, s]] + bias[ids[t, s]])`.
#[derive(Clone, Debug)]
pub struct FinalizeRouting {
    /// `[R, H]`.
    pub rows: TensorView,
    /// `[T * k]` i32: row of each pair, -1 when it has none (adds nothing, nor its bias).
    pub flat_to_row: TensorView,
    /// Numbering of pairs in `flat_to_row`.
    pub order: SlotOrder,
    /// `[T, k]` f32; none: all 1.
    pub weights: Option<TensorView>,
    /// `[E, H]` expert bias, with `ids`.
    pub bias: Option<TensorView>,
    /// `[T, k]` i32, needed for `bias`.
    pub ids: Option<TensorView>,
    /// `[T, H]` added once: residual or shared expert.
    pub skip: Option<TensorView>,
    /// `[T, H]`.
    pub y: TensorViewMut,
}

impl Op for FinalizeRouting {
    const KIND: OpKind = OpKind::FinalizeRouting;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(rows: in, flat_to_row: in, weights: in, bias: in, ids: in, skip: in, y: Float);

    fn dtype(&self) -> DType {
        self.rows.dtype()
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
