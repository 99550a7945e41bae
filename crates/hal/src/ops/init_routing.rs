//! Init routing (permute): token rows copied in expert order.

use std::ops::Range;

use super::tensors::tensors;
use super::{Check, Compare, Cost, Op, OpKind, Rule};
use crate::{DType, Error, Result, TensorView, TensorViewMut};

/// How the `T * k` (token, slot) pairs are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SlotOrder {
    /// `flat = token * k + slot`.
    #[default]
    TokenMajor,
    /// `flat = slot * T + token`.
    SlotMajor,
}

impl SlotOrder {
    /// Number of the pair (`token`, `slot`) among `tokens * k`.
    #[inline]
    pub fn flat(self, token: usize, slot: usize, tokens: usize, k: usize) -> usize {
        match self {
            Self::TokenMajor => token * k + slot,
            Self::SlotMajor => slot * tokens + token,
        }
    }

    /// The (token, slot) of pair `flat`. `tokens` and `k` must not be 0, or there is no pair.
    #[inline]
    pub fn pair(self, flat: usize, tokens: usize, k: usize) -> (usize, usize) {
        match self {
            Self::TokenMajor => (flat / k, flat % k),
            Self::SlotMajor => (flat % tokens, flat / tokens),
        }
    }
}

/// Checks the expert ids of routing ops: each one of `0..experts`, or `experts` itself, which marks a pair without an expert (a finished or padding row).
///
/// # Errors
/// [`Error::Value`] for argument `ids`.
pub fn check_expert_ids(op: OpKind, ids: &[i32], experts: usize) -> Result<()> {
    match ids.iter().position(|&id| usize::try_from(id).map_or(true, |id| id > experts)) {
        None => Ok(()),
        Some(at) => Err(Error::Value {
            op,
            argument: "ids",
            asked: format!("one of 0..{experts}, or {experts} for no expert"),
            found: format!("{} at element {at}", ids.get(at).copied().unwrap_or_default()),
        }),
    }
}

/// Stable sort of the (token, slot) pairs by expert, and their rows in that order.
///
/// Pairs are taken in the order of their number `flat` ([`SlotOrder`]). The pairs of local expert `e` get, in that order, the rows
///
/// * dropless: `start_e ..`, `start_e` being the number of pairs of the local experts before `e`;
/// * with a capacity: `e * capacity ..`, and none after the first `capacity` pairs,
///
/// and `rows[flat_to_row[flat]] = x[token of flat]`. With i8 `rows` each row is quantised: `r = x[token] * smooth`, `row_scale = max|r| / 127`,
/// `rows = round_half_even(r / row_scale)`, as in [`Quantize`](super::Quantize).
///
/// | | |
/// |---|---|
/// | dtypes | `x` f32, f16 or bf16; `rows` as `x`, or i8 with f32 `row_scale`; `smooth` f32 or as `x`; `ids` and row numbers i32; counts i64 |
/// | accumulated | integers exactly; quantisation in f32 |
/// | rounding | none; quantised: `r`, `row_scale`, and the codes to integers |
/// | source | aclnnMoeInitRoutingV3 (rowIdxType 0: rows of pairs), aclnnMoeInitRoutingQuantV2 |
///
/// Ids are values, checked when the op runs: [`check_expert_ids`].
#[derive(Clone, Debug)]
pub struct InitRouting {
    /// `[T, H]`, `H` at least 1.
    pub x: TensorView,
    /// `[T, k]` i32, global expert ids; `experts` marks a pair without an expert.
    pub ids: TensorView,
    /// `E` experts in all, at most 65536.
    pub experts: usize,
    /// Local experts (expert parallelism); `0..experts` for all. Pairs of other experts get no row.
    pub local: Range<usize>,
    /// Numbering of pairs.
    pub order: SlotOrder,
    /// Rows per local expert; later pairs are dropped. `None`: dropless.
    pub capacity: Option<usize>,
    /// `[H]` or `[local, H]` smoothing factors for dynamic quantisation, with i8 `rows`.
    pub smooth: Option<TensorView>,
    /// `[T * k, H]`, or `[local * capacity, H]` zero-filled where unused; `x`'s dtype, or i8 for dynamic quantisation. Dropless rows beyond the local pairs are left untouched.
    pub rows: TensorViewMut,
    /// `[T * k]` f32 (`[local * capacity]`), with i8 `rows`; untouched or zero-filled where `rows` is.
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

impl InitRouting {
    /// Dropless routing of `x` to `experts` experts, all of them local, pairs numbered token by token.
    pub fn new(x: TensorView, ids: TensorView, experts: usize, rows: TensorViewMut, flat_to_row: TensorViewMut) -> Self {
        Self {
            x,
            ids,
            experts,
            local: 0..experts,
            order: SlotOrder::TokenMajor,
            capacity: None,
            smooth: None,
            rows,
            row_scale: None,
            flat_to_row,
            row_to_flat: None,
            counts: None,
            cumulative: None,
            counts_before_drop: None,
        }
    }

    /// With only these experts local.
    pub fn with_local(self, local: Range<usize>) -> Self {
        Self { local, ..self }
    }

    /// With another numbering of pairs.
    pub fn with_order(self, order: SlotOrder) -> Self {
        Self { order, ..self }
    }

    /// With at most `capacity` rows for each local expert.
    pub fn with_capacity(self, capacity: usize) -> Self {
        Self { capacity: Some(capacity), ..self }
    }

    /// With dynamic int8 quantisation of the rows; `rows` must be i8.
    pub fn with_quantization(self, smooth: Option<TensorView>, row_scale: TensorViewMut) -> Self {
        Self { smooth, row_scale: Some(row_scale), ..self }
    }

    /// With the pair of each row written out.
    pub fn with_row_to_flat(self, row_to_flat: TensorViewMut) -> Self {
        Self { row_to_flat: Some(row_to_flat), ..self }
    }

    /// With the rows of each local expert written out.
    pub fn with_counts(self, counts: TensorViewMut) -> Self {
        Self { counts: Some(counts), ..self }
    }

    /// With the running sum of the counts written out.
    pub fn with_cumulative(self, cumulative: TensorViewMut) -> Self {
        Self { cumulative: Some(cumulative), ..self }
    }

    /// With the pairs of each local expert before dropping written out.
    pub fn with_counts_before_drop(self, counts_before_drop: TensorViewMut) -> Self {
        Self { counts_before_drop: Some(counts_before_drop), ..self }
    }

    fn compare_rows(&self) -> Compare {
        if self.rows.dtype() == DType::I8 { Compare::Quantized } else { Compare::Exact }
    }
}

impl Op for InitRouting {
    const KIND: OpKind = OpKind::InitRouting;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["dropless", "capacity", "dropless_quantized", "capacity_quantized"];
    const RULES: &'static [Rule] = &[
        Rule { name: "zero_tokens", text: "With T = 0 counts are 0; no row is written but the zeros of unused capacity." },
        Rule { name: "empty_expert", text: "An expert without pairs has count 0, no rows, and repeats the running sum." },
        Rule { name: "stable", text: "The pairs of an expert keep the order of their numbers, also when a token names the expert twice." },
        Rule { name: "slot_major", text: "With slot-major numbers the order within an expert, and so who is dropped, goes by slot first." },
        Rule { name: "local_range", text: "A pair of an expert that is not local gets row -1, no row, and is not counted." },
        Rule { name: "no_expert", text: "An id equal to the number of experts marks a pair without an expert: row -1, not counted." },
        Rule { name: "untouched_tail", text: "Dropless rows (and scales) beyond the local pairs are left untouched; row_to_flat is -1 there." },
        Rule { name: "capacity_drop", text: "Only the first `capacity` pairs of an expert get rows; later ones get -1, and count only before dropping." },
        Rule { name: "zero_fill", text: "Unused rows of a capacity buffer (and their scales) are 0, with row_to_flat -1." },
        Rule { name: "zero_row", text: "A row of zeros is quantised to codes 0 with scale 0." },
        Rule { name: "nonfinite_row", text: "A row with a NaN or an infinity has that as its scale and codes 0; other rows are not affected." },
        Rule { name: "id_out_of_range", text: "An id below 0 or above the number of experts is refused." },
    ];

    tensors!(
        x: in, ids: in, smooth: in, rows: [Self::compare_rows], row_scale: Float, flat_to_row: Exact, row_to_flat: Exact, counts: Exact,
        cumulative: Exact, counts_before_drop: Exact,
    );

    fn applies(_: DType, variant: &str, rule: &str) -> bool {
        match rule {
            "untouched_tail" => variant.starts_with("dropless"),
            "capacity_drop" | "zero_fill" => variant.starts_with("capacity"),
            "zero_row" | "nonfinite_row" => variant.ends_with("quantized"),
            _ => true,
        }
    }

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        c.dtype("x", &self.x, Self::DTYPES)?;
        c.dtype("ids", &self.ids, &[DType::I32])?;
        let [tokens, hidden] = c.rank("x", &self.x, "[T, H]")?;
        let [_, k] = c.rank("ids", &self.ids, "[T, k]")?;
        c.shape("ids", &self.ids, [("T", tokens), ("k", k)])?;
        c.that(hidden > 0, "x", "[T, H] with H at least 1", self.x.shape())?;
        c.that(self.experts <= MAX_EXPERTS, "experts", format_args!("at most {MAX_EXPERTS}"), self.experts)?;
        let Range { start, end } = self.local;
        c.that(start <= end && end <= self.experts, "local", format_args!("a range within 0..{}", self.experts), format_args!("{start}..{end}"))?;
        let local = end - start;
        let pairs = c.product("the number of pairs", &[tokens, k])?;
        c.that(pairs <= MAX_NUMBER, "ids", format_args!("at most {MAX_NUMBER} pairs"), pairs)?;
        let rows = match self.capacity {
            None => pairs,
            Some(capacity) => c.product("the number of rows", &[local, capacity])?,
        };
        c.that(rows <= MAX_NUMBER, "capacity", format_args!("such that there are at most {MAX_NUMBER} rows"), rows)?;
        c.dtype("rows", &self.rows, &[self.x.dtype(), DType::I8])?;
        let count = if self.capacity.is_some() { "local*capacity" } else { "T*k" };
        c.shape("rows", &self.rows, [(count, rows), ("H", hidden)])?;
        let quantized = self.rows.dtype() == DType::I8;
        let given = |is: bool| if is { "one" } else { "none" };
        c.that(self.row_scale.is_some() == quantized, "row_scale", format_args!("{} with {} rows", given(quantized), self.rows.dtype()), given(!quantized))?;
        if let Some(scale) = &self.row_scale {
            c.dtype("row_scale", scale, &[DType::F32])?;
            c.shape("row_scale", scale, [(count, rows)])?;
        }
        if let Some(smooth) = &self.smooth {
            c.that(quantized, "smooth", "none without quantisation", "one")?;
            c.dtype("smooth", smooth, &[DType::F32, self.x.dtype()])?;
            if smooth.rank() == 1 {
                c.shape("smooth", smooth, [("H", hidden)])?;
            } else {
                c.shape("smooth", smooth, [("local", local), ("H", hidden)])?;
            }
        }
        c.dtype("flat_to_row", &self.flat_to_row, &[DType::I32])?;
        c.shape("flat_to_row", &self.flat_to_row, [("T*k", pairs)])?;
        if let Some(row_to_flat) = &self.row_to_flat {
            c.dtype("row_to_flat", row_to_flat, &[DType::I32])?;
            c.shape("row_to_flat", row_to_flat, [(count, rows)])?;
        }
        for (name, view) in [("counts", &self.counts), ("cumulative", &self.cumulative), ("counts_before_drop", &self.counts_before_drop)] {
            if let Some(view) = view {
                c.dtype(name, view, &[DType::I64])?;
                c.shape(name, view, [("local", local)])?;
            }
        }
        Ok(())
    }

    /// A sort moves data; only quantisation computes: product, maximum, quotient and rounding of each element. All pairs are assumed local.
    fn cost(&self) -> Cost {
        let elements = if self.row_scale.is_some() { self.rows.numel() } else { 0 };
        Cost::streaming(self, 4.0 * elements as f64)
    }

    fn dtype(&self) -> DType {
        self.x.dtype()
    }

    fn variant(&self) -> &'static str {
        match (self.capacity, &self.row_scale) {
            (None, None) => "dropless",
            (Some(_), None) => "capacity",
            (None, Some(_)) => "dropless_quantized",
            (Some(_), Some(_)) => "capacity_quantized",
        }
    }
}

/// Far beyond any model; bounds the counters that a device keeps.
pub(super) const MAX_EXPERTS: usize = 1 << 16;

/// Row and pair numbers are i32.
const MAX_NUMBER: usize = i32::MAX as usize;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host;

    fn zeros(dtype: DType, shape: impl Into<crate::Dims>) -> TensorViewMut {
        host::zeros(dtype, shape).unwrap()
    }

    /// Three tokens of four values, two slots, five experts.
    fn op() -> InitRouting {
        let (x, ids) = (zeros(DType::F32, [3, 4]).view(), zeros(DType::I32, [3, 2]).view());
        InitRouting::new(x, ids, 5, zeros(DType::F32, [6, 4]), zeros(DType::I32, [6]))
    }

    fn refused(op: InitRouting) -> &'static str {
        match op.check() {
            Err(Error::Shape { argument, .. } | Error::DType { argument, .. } | Error::Argument { argument, .. }) => argument,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn check_wrong_argument_is_named() {
        assert!(op().check().is_ok());
        assert_eq!(refused(InitRouting { x: zeros(DType::I8, [3, 4]).view(), ..op() }), "x");
        assert_eq!(refused(InitRouting { x: zeros(DType::F32, [3, 0]).view(), ..op() }), "x");
        assert_eq!(refused(InitRouting { ids: zeros(DType::I64, [3, 2]).view(), ..op() }), "ids");
        assert_eq!(refused(InitRouting { ids: zeros(DType::I32, [2, 2]).view(), ..op() }), "ids");
        assert_eq!(refused(InitRouting { experts: usize::MAX, ..op() }), "experts");
        assert_eq!(refused(op().with_local(0..6)), "local");
        assert_eq!(refused(op().with_local(Range { start: 3, end: 2 })), "local");
        assert_eq!(refused(InitRouting { rows: zeros(DType::F32, [5, 4]), ..op() }), "rows");
        assert_eq!(refused(InitRouting { rows: zeros(DType::BF16, [6, 4]), ..op() }), "rows");
        assert_eq!(refused(InitRouting { flat_to_row: zeros(DType::I32, [5]), ..op() }), "flat_to_row");
        assert_eq!(refused(op().with_row_to_flat(zeros(DType::I64, [6]))), "row_to_flat");
        assert_eq!(refused(op().with_counts(zeros(DType::I32, [5]))), "counts");
        assert_eq!(refused(op().with_cumulative(zeros(DType::I64, [6]))), "cumulative");
        assert_eq!(refused(op().with_local(1..3).with_counts_before_drop(zeros(DType::I64, [5]))), "counts_before_drop");
    }

    #[test]
    fn check_quantisation_needs_codes_and_scales() {
        let quantized = || InitRouting { rows: zeros(DType::I8, [6, 4]), ..op() }.with_quantization(None, zeros(DType::F32, [6]));
        assert!(quantized().check().is_ok());
        assert_eq!(quantized().compare_rows(), Compare::Quantized);
        assert_eq!(op().compare_rows(), Compare::Exact);
        assert_eq!(refused(InitRouting { row_scale: None, ..quantized() }), "row_scale");
        assert_eq!(refused(op().with_quantization(None, zeros(DType::F32, [6]))), "row_scale");
        assert_eq!(refused(InitRouting { smooth: Some(zeros(DType::F32, [4]).view()), ..op() }), "smooth");
        let smooth = |shape: &[usize]| InitRouting { smooth: Some(zeros(DType::F32, crate::Dims::new(shape).unwrap()).view()), ..quantized() };
        assert!(smooth(&[4]).check().is_ok());
        assert!(smooth(&[5, 4]).check().is_ok());
        assert_eq!(refused(smooth(&[5])), "smooth");
        assert_eq!(refused(smooth(&[4, 4])), "smooth");
    }

    #[test]
    fn check_capacity_overflow_is_an_error() {
        assert!(matches!(op().with_capacity(usize::MAX).check(), Err(Error::Overflow { .. })));
        assert_eq!(refused(op().with_capacity(1 << 40)), "capacity");
        let full = InitRouting { rows: zeros(DType::F32, [15, 4]), ..op() };
        assert!(full.with_capacity(3).check().is_ok());
    }

    #[test]
    fn expert_ids_out_of_range_are_named_by_place() {
        assert!(check_expert_ids(OpKind::InitRouting, &[0, 4, 5], 5).is_ok());
        for (ids, found) in [([0, -1], "-1 at element 1"), ([6, 0], "6 at element 0")] {
            match check_expert_ids(OpKind::MoeExperts, &ids, 5) {
                Err(Error::Value { op: OpKind::MoeExperts, argument: "ids", found: text, .. }) => assert_eq!(text, found),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn pair_numbers_go_both_ways() {
        for order in [SlotOrder::TokenMajor, SlotOrder::SlotMajor] {
            for flat in 0..12 {
                let (token, slot) = order.pair(flat, 4, 3);
                assert_eq!(order.flat(token, slot, 4, 3), flat);
            }
        }
        assert_eq!(SlotOrder::TokenMajor.pair(5, 4, 3), (1, 2));
        assert_eq!(SlotOrder::SlotMajor.pair(5, 4, 3), (1, 1));
    }
}
