//! Init routing (permute): token rows copied in expert order.

use super::tensors::tensors;
use super::{Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// How the `T * k` (token, slot) pairs are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SlotOrder {
    /// `flat = token * k + slot`.
    #[default]
    TokenMajor,
    /// `flat = slot * T + token`.
    SlotMajor,
}

/// Stable sort of the (token, slot) pairs by expert, and their rows in that order.
#[derive(Clone, Debug)]
pub struct InitRouting {
    /// `[T, H]`.
    pub x: TensorView,
    /// `[T, k]` i32, global expert ids.
    pub ids: TensorView,
    /// `[E]` experts in all.
    pub experts: usize,
    /// Local experts (expert parallelism); `0..experts` for all. Pairs of other experts get no row.
    pub local: std::ops::Range<usize>,
    /// Numbering of pairs.
    pub order: SlotOrder,
    /// Rows per local expert; later pairs are dropped. `None`: dropless.
    pub capacity: Option<usize>,
    /// `[H]` or `[local, H]` smoothing factors for dynamic quantisation, with i8 `rows`.
    pub smooth: Option<TensorView>,
    /// `[T * k, H]`, or `[local * capacity, H]` zero-filled where unused; `x`'s dtype, or i8 for dynamic quantisation. Dropless rows beyond the local pairs are left untouched.
    pub rows: TensorViewMut,
    /// `[T * k]` f32 (`[local * capacity]`), with i8 `rows`.
    pub row_scale: Option<TensorViewMut>,
    /// `[T * k]` i32: row of pair `flat`, -1 when it has none. What finalize routing needs.
    pub flat_to_row: TensorViewMut,
    /// `[T * k]` i32 (`[local * capacity]`): pair of each row, -1 where there is none.
    pub row_to_flat: Option<TensorViewMut>,
    /// `[local]` i64: rows of each local expert (after dropping).
    pub counts: Option<TensorViewMut>,
    /// `[local]` i64: running sum of `counts`, as [`GroupList::Cumulative`](super::GroupList) wants it.
    pub cumulative: Option<TensorViewMut>,
    /// `[local]` i64: pairs of each local expert before dropping.
    pub counts_before_drop: Option<TensorViewMut>,
}

impl Op for InitRouting {
    const KIND: OpKind = OpKind::InitRouting;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(x: in, ids: in, smooth: in, rows: Exact, row_scale: Float, flat_to_row: Exact, row_to_flat: Exact, counts: Exact, cumulative: Exact, counts_before_drop: Exact);

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
