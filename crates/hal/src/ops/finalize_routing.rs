//! Finalize routing (unpermute): expert rows weighted and added up by token.

use super::init_routing::SlotOrder;
use super::tensors::tensors;
use super::{Check, Cost, Op, OpKind, Rule};
use crate::{DType, Error, Result, TensorView, TensorViewMut};

/// `y[t] = sum_s weights[t, s] * (rows[row(t, s)] + bias[ids[t, s]]) + skip[t]`, `row(t, s) = flat_to_row[flat(t, s)]`.
///
/// | | |
/// |---|---|
/// | dtypes | `rows` f32, f16 or bf16; `y` as `rows`, or any float for f32 `rows`; `skip` as `y`; `bias` f32 or as `rows`; `weights` f32; `ids` and row numbers i32 |
/// | accumulated | f32, from 0, slots `0..k` in order, `skip` last |
/// | rounding | `rows + bias` to f32; each step of the sum to f32, with or without rounding the product first; once to `y`'s dtype |
/// | source | aclnnMoeFinalizeRoutingV2 (modes 0 to 3), aclnnMoeTokenUnpermute |
///
/// Row numbers and ids are values, checked when the op runs: [`FinalizeRouting::check_rows`], [`FinalizeRouting::check_ids`].
#[derive(Clone, Debug)]
pub struct FinalizeRouting {
    /// `[R, H]`.
    pub rows: TensorView,
    /// `[T * k]` i32: row of each pair, -1 when it has none (adds nothing, nor its bias). Two pairs may name one row.
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

impl FinalizeRouting {
    /// The plain sum of each token's rows, pairs numbered token by token.
    pub fn new(rows: TensorView, flat_to_row: TensorView, y: TensorViewMut) -> Self {
        Self { rows, flat_to_row, order: SlotOrder::TokenMajor, weights: None, bias: None, ids: None, skip: None, y }
    }

    /// With another numbering of pairs.
    pub fn with_order(self, order: SlotOrder) -> Self {
        Self { order, ..self }
    }

    /// With routing weights.
    pub fn with_weights(self, weights: TensorView) -> Self {
        Self { weights: Some(weights), ..self }
    }

    /// With a bias for each expert, and the expert of each pair.
    pub fn with_bias(self, bias: TensorView, ids: TensorView) -> Self {
        Self { bias: Some(bias), ids: Some(ids), ..self }
    }

    /// With something added to each token's sum.
    pub fn with_skip(self, skip: TensorView) -> Self {
        Self { skip: Some(skip), ..self }
    }

    /// Slots per token. 0 when there are no tokens to tell from.
    pub fn slots(&self) -> usize {
        self.flat_to_row.numel().checked_div(self.y.dim(0)).unwrap_or(0)
    }

    /// Checks the values of `flat_to_row`: each -1 or a row of `rows`.
    ///
    /// # Errors
    /// [`Error::Value`] for argument `flat_to_row`.
    pub fn check_rows(&self, flat_to_row: &[i32]) -> Result<()> {
        let rows = self.rows.dim(0);
        let wrong = |&row: &i32| row != -1 && usize::try_from(row).map_or(true, |row| row >= rows);
        match flat_to_row.iter().position(wrong) {
            None => Ok(()),
            Some(at) => Err(Error::Value {
                op: OpKind::FinalizeRouting,
                argument: "flat_to_row",
                asked: format!("one of 0..{rows}, or -1 for a pair without a row"),
                found: format!("{} at element {at}", flat_to_row.get(at).copied().unwrap_or_default()),
            }),
        }
    }

    /// Checks the values of `ids`, given as `[T, k]`: an expert of `bias` for each pair that has a row.
    ///
    /// # Errors
    /// [`Error::Value`] for argument `ids`.
    pub fn check_ids(&self, ids: &[i32], flat_to_row: &[i32]) -> Result<()> {
        let experts = self.bias.as_ref().map_or(0, |b| b.dim(0));
        let (tokens, k) = (self.y.dim(0), self.slots());
        for (at, &id) in ids.iter().enumerate() {
            let flat = self.order.flat(at / k.max(1), at % k.max(1), tokens, k);
            let has_row = flat_to_row.get(flat).is_some_and(|&row| row >= 0);
            if has_row && usize::try_from(id).map_or(true, |id| id >= experts) {
                return Err(Error::Value {
                    op: OpKind::FinalizeRouting,
                    argument: "ids",
                    asked: format!("one of 0..{experts} where the pair has a row"),
                    found: format!("{id} at token {}, slot {}", at / k.max(1), at % k.max(1)),
                });
            }
        }
        Ok(())
    }
}

impl Op for FinalizeRouting {
    const KIND: OpKind = OpKind::FinalizeRouting;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["sum", "weighted", "weighted_bias", "weighted_skip", "weighted_bias_skip"];
    const RULES: &'static [Rule] = &[
        Rule { name: "zero_tokens", text: "With T = 0 nothing is written." },
        Rule { name: "dropped", text: "A pair with row -1 adds nothing: neither its bias nor its weight, be that NaN." },
        Rule { name: "all_dropped", text: "A token without rows (all dropped, or k = 0) is 0, or its skip." },
        Rule { name: "unused_rows", text: "A row that no pair names is not used: NaN there is harmless." },
        Rule { name: "nan_row", text: "A NaN in a row reaches the tokens that name it, also with weight 0, and no others." },
        Rule { name: "shared_row", text: "Two pairs that name the same row both add it." },
        Rule { name: "slot_major", text: "With slot-major numbers pair (t, s) is number s * T + t." },
        Rule { name: "mixed_dtype", text: "f32 rows may be summed into a narrower y, rounded once." },
        Rule { name: "row_out_of_range", text: "A row number below -1 or beyond the rows is refused." },
        Rule { name: "id_out_of_range", text: "With a bias, an id without an expert is refused where the pair has a row, and not looked at elsewhere." },
    ];

    tensors!(rows: in, flat_to_row: in, weights: in, bias: in, ids: in, skip: in, y: Float);

    fn applies(dtype: DType, variant: &str, rule: &str) -> bool {
        match rule {
            "mixed_dtype" => dtype == DType::F32,
            "id_out_of_range" => variant.starts_with("weighted_bias"),
            _ => true,
        }
    }

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        c.dtype("rows", &self.rows, Self::DTYPES)?;
        c.dtype("flat_to_row", &self.flat_to_row, &[DType::I32])?;
        let narrow = [self.rows.dtype()];
        c.dtype("y", &self.y, if self.rows.dtype() == DType::F32 { &DType::FLOATS } else { &narrow })?;
        let [_, hidden] = c.rank("rows", &self.rows, "[R, H]")?;
        let [tokens, _] = c.rank("y", &self.y, "[T, H]")?;
        c.shape("y", &self.y, [("T", tokens), ("H", hidden)])?;
        let [pairs] = c.rank("flat_to_row", &self.flat_to_row, "[T*k]")?;
        let whole = if tokens == 0 { pairs == 0 } else { pairs % tokens == 0 };
        c.that(whole, "flat_to_row", format_args!("[T*k] with T={tokens}"), self.flat_to_row.shape())?;
        let k = self.slots();
        // Without tokens k is not known from the pairs; then [0, anything] will do.
        let slots = |view: &TensorView| if tokens == 0 { view.dim(1) } else { k };
        if let Some(weights) = &self.weights {
            c.dtype("weights", weights, &[DType::F32])?;
            c.shape("weights", weights, [("T", tokens), ("k", slots(weights))])?;
        }
        if let Some(bias) = &self.bias {
            c.dtype("bias", bias, &[DType::F32, self.rows.dtype()])?;
            let [experts, _] = c.rank("bias", bias, "[E, H]")?;
            c.shape("bias", bias, [("E", experts), ("H", hidden)])?;
            c.that(self.ids.is_some(), "ids", "given with bias", "none")?;
        }
        if let Some(ids) = &self.ids {
            c.that(self.bias.is_some(), "ids", "none without bias", "some")?;
            c.dtype("ids", ids, &[DType::I32])?;
            c.shape("ids", ids, [("T", tokens), ("k", slots(ids))])?;
        }
        if let Some(skip) = &self.skip {
            c.dtype("skip", skip, &[self.y.dtype()])?;
            c.shape("skip", skip, [("T", tokens), ("H", hidden)])?;
        }
        Ok(())
    }

    /// A multiply-add for each element of each pair, one more addition with a bias, one with a skip. Every pair is assumed to have a row.
    fn cost(&self) -> Cost {
        let (pairs, hidden, tokens) = (self.flat_to_row.numel() as f64, self.rows.dim(1) as f64, self.y.dim(0) as f64);
        let each = 2.0 + if self.bias.is_some() { 1.0 } else { 0.0 };
        let skip = if self.skip.is_some() { tokens * hidden } else { 0.0 };
        Cost::streaming(self, each * pairs * hidden + skip)
    }

    fn dtype(&self) -> DType {
        self.rows.dtype()
    }

    fn variant(&self) -> &'static str {
        match (&self.weights, &self.bias, &self.skip) {
            (None, _, _) => "sum",
            (Some(_), None, None) => "weighted",
            (Some(_), Some(_), None) => "weighted_bias",
            (Some(_), None, Some(_)) => "weighted_skip",
            (Some(_), Some(_), Some(_)) => "weighted_bias_skip",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host;

    fn zeros(dtype: DType, shape: impl Into<crate::Dims>) -> TensorViewMut {
        host::zeros(dtype, shape).unwrap()
    }

    /// Three tokens of four values, two slots.
    fn op() -> FinalizeRouting {
        FinalizeRouting::new(zeros(DType::BF16, [6, 4]).view(), zeros(DType::I32, [6]).view(), zeros(DType::BF16, [3, 4]))
    }

    fn refused(op: FinalizeRouting) -> &'static str {
        match op.check() {
            Err(Error::Shape { argument, .. } | Error::DType { argument, .. } | Error::Argument { argument, .. }) => argument,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn check_wrong_argument_is_named() {
        assert!(op().check().is_ok());
        assert_eq!(refused(FinalizeRouting { rows: zeros(DType::I8, [6, 4]).view(), ..op() }), "rows");
        assert_eq!(refused(FinalizeRouting { rows: zeros(DType::BF16, [6]).view(), ..op() }), "rows");
        assert_eq!(refused(FinalizeRouting { flat_to_row: zeros(DType::I32, [7]).view(), ..op() }), "flat_to_row");
        assert_eq!(refused(FinalizeRouting { flat_to_row: zeros(DType::I64, [6]).view(), ..op() }), "flat_to_row");
        assert_eq!(refused(FinalizeRouting { y: zeros(DType::F32, [3, 4]), ..op() }), "y");
        assert_eq!(refused(FinalizeRouting { y: zeros(DType::BF16, [3, 5]), ..op() }), "y");
        assert_eq!(refused(op().with_weights(zeros(DType::F32, [2, 3]).view())), "weights");
        assert_eq!(refused(op().with_weights(zeros(DType::BF16, [3, 2]).view())), "weights");
        assert_eq!(refused(op().with_skip(zeros(DType::BF16, [3, 3]).view())), "skip");
        assert_eq!(refused(op().with_skip(zeros(DType::F32, [3, 4]).view())), "skip");
    }

    #[test]
    fn check_bias_and_ids_come_together() {
        let (bias, ids) = (zeros(DType::F32, [7, 4]).view(), zeros(DType::I32, [3, 2]).view());
        assert!(op().with_bias(bias.clone(), ids.clone()).check().is_ok());
        assert_eq!(refused(FinalizeRouting { bias: Some(bias.clone()), ..op() }), "ids");
        assert_eq!(refused(FinalizeRouting { ids: Some(ids.clone()), ..op() }), "ids");
        assert_eq!(refused(op().with_bias(bias, zeros(DType::I32, [2, 3]).view())), "ids");
        assert_eq!(refused(op().with_bias(zeros(DType::F16, [7, 4]).view(), ids)), "bias");
    }

    #[test]
    fn check_no_tokens_takes_any_number_of_slots() {
        let none = || FinalizeRouting::new(zeros(DType::F32, [0, 4]).view(), zeros(DType::I32, [0]).view(), zeros(DType::F32, [0, 4]));
        assert!(none().with_weights(zeros(DType::F32, [0, 8]).view()).check().is_ok());
        assert_eq!(refused(FinalizeRouting { flat_to_row: zeros(DType::I32, [2]).view(), ..none() }), "flat_to_row");
    }

    #[test]
    fn values_out_of_range_are_refused() {
        let argument = |result| match result {
            Err(Error::Value { argument, found, .. }) => (argument, found),
            other => panic!("{other:?}"),
        };
        assert!(op().check_rows(&[-1, 0, 5]).is_ok());
        assert_eq!(argument(op().check_rows(&[0, 6])), ("flat_to_row", "6 at element 1".into()));
        assert_eq!(argument(op().check_rows(&[-2])), ("flat_to_row", "-2 at element 0".into()));
        let biased = op().with_bias(zeros(DType::F32, [7, 4]).view(), zeros(DType::I32, [3, 2]).view());
        assert!(biased.check_ids(&[6, 7, 0, 0, 0, 0], &[0, -1, 0, 0, 0, 0]).is_ok());
        assert_eq!(argument(biased.check_ids(&[6, 7, 0, 0, 0, 0], &[0; 6])), ("ids", "7 at token 0, slot 1".into()));
        // By slots, pair 3 is token 0, slot 1.
        let by_slots = biased.with_order(SlotOrder::SlotMajor);
        assert!(by_slots.check_ids(&[6, 7, 0, 0, 0, 0], &[0, 0, 0, -1, 0, 0]).is_ok());
    }
}
