//! Grouped (expert) matrix product.

use std::collections::BTreeSet;
use std::ops::Range;

use super::activation::GluKind;
use super::matmul::{bias_dtype, check_x_scale, int_variant, product_dtypes, product_role, weight_applies};
use super::weight::nd;
use super::{Arg, Check, Cost, MAX_INT_K, Op, OpKind, Role, Rule, Tensors, Weight};
use crate::{DType, Error, Result, TensorView, TensorViewMut};

/// Which rows of `x` belong to which expert. Rows are sorted by group; the list is on the device, i64 or i32.
///
/// The groups may cover fewer rows than `x` has. Its values are checked on execution, by [`GroupList::groups`].
#[derive(Clone, Debug)]
pub enum GroupList {
    /// `[E]`: entry e is one past the last row of expert e.
    Cumulative(TensorView),
    /// `[E]`: entry e is the number of rows of expert e.
    Counts(TensorView),
    /// `[G, 2]`: pairs (expert, number of rows) in row order, used entries first, the rest with 0 rows. Each expert at most once among the used ones, in any order.
    Sparse(TensorView),
}

/// The rows of one expert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Index of the expert's weight.
    pub expert: usize,
    /// Its rows of `x`; never empty.
    pub rows: Range<usize>,
}

impl GroupList {
    /// The list itself.
    pub fn view(&self) -> &TensorView {
        match self {
            Self::Cumulative(v) | Self::Counts(v) | Self::Sparse(v) => v,
        }
    }

    /// The groups that have rows, in row order: what every device makes of the list's `values` (row-major) for `experts` weights and `rows` rows of `x`.
    ///
    /// # Errors
    /// [`Error::Value`] naming the argument `groups`: a negative count, a cumulative list that decreases, groups that reach beyond `x`, and in a sparse list an expert
    /// that does not exist or comes twice, or a used entry behind an unused one.
    pub fn groups(&self, op: OpKind, values: &[i64], experts: usize, rows: usize) -> Result<Vec<Group>> {
        let refuse = |asked: String, at: usize| {
            let found = values.get(at).map_or_else(|| "nothing".into(), |v| format!("{v} at entry {at}"));
            Error::Value { op, argument: "groups", asked, found }
        };
        let mut groups: Vec<Group> = Vec::new();
        let mut start = 0usize;
        let mut add = |at: usize, expert: usize, end: Option<usize>| match end {
            Some(end) if end <= rows => {
                if end > start {
                    groups.push(Group { expert, rows: start..end });
                }
                start = end;
                Ok(())
            }
            _ => Err(refuse(format!("groups within the {rows} rows of x"), at)),
        };
        match self {
            Self::Cumulative(_) => {
                let mut last = 0;
                for (e, &end) in values.iter().enumerate() {
                    if end < last {
                        return Err(refuse(format!("at least {last}: row ends do not decrease"), e));
                    }
                    last = end;
                    add(e, e, usize::try_from(end).ok())?;
                }
            }
            Self::Counts(_) => {
                let mut end = Some(0usize);
                for (e, &count) in values.iter().enumerate() {
                    if count < 0 {
                        return Err(refuse("counts of 0 or more".into(), e));
                    }
                    end = end.zip(usize::try_from(count).ok()).and_then(|(end, count)| end.checked_add(count));
                    add(e, e, end)?;
                }
            }
            Self::Sparse(_) => {
                let mut end = Some(0usize);
                let mut seen = BTreeSet::new();
                let mut unused = false;
                for (g, pair) in values.as_chunks::<2>().0.iter().enumerate() {
                    let &[expert, count] = pair;
                    if count < 0 {
                        return Err(refuse("counts of 0 or more".into(), 2 * g + 1));
                    }
                    if count == 0 {
                        unused = true;
                        continue;
                    }
                    if unused {
                        return Err(refuse("0 behind an entry without rows: used entries come first".into(), 2 * g + 1));
                    }
                    let Some(index) = usize::try_from(expert).ok().filter(|&e| e < experts) else {
                        return Err(refuse(format!("experts in 0..{experts}"), 2 * g));
                    };
                    if !seen.insert(index) {
                        return Err(refuse("experts that come once".into(), 2 * g));
                    }
                    end = end.zip(usize::try_from(count).ok()).and_then(|(end, count)| end.checked_add(count));
                    add(2 * g + 1, index, end)?;
                }
            }
        }
        Ok(groups)
    }

    /// Checks the list's metadata for `experts` weights.
    pub(crate) fn check(&self, c: Check, experts: usize) -> Result<()> {
        let view = self.view();
        c.dtype("groups", view, &[DType::I64, DType::I32])?;
        nd(c, "groups", view)?;
        match self {
            Self::Cumulative(_) | Self::Counts(_) => c.shape("groups", view, [("E", experts)]),
            Self::Sparse(_) => {
                let [g, _] = c.rank("groups", view, "[G, 2]")?;
                c.shape("groups", view, [("G", g), ("pair", 2)])
            }
        }
    }
}

impl Tensors for GroupList {
    fn visit<'a>(&'a self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'a>)) {
        self.view().visit(name, role, f);
    }
    fn map_tensors(&self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'_>) -> Result<TensorView>) -> Result<Self> {
        let view = self.view().map_tensors(name, role, f)?;
        Ok(match self {
            Self::Cumulative(_) => Self::Cumulative(view),
            Self::Counts(_) => Self::Counts(view),
            Self::Sparse(_) => Self::Sparse(view),
        })
    }
}

/// What is done to a row of the product before it is stored. The product, with scales and bias, stays in f32 until then.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Epilogue {
    /// Nothing.
    None,
    /// A gated activation over the two halves of `N` (gates, then ups): `y: [T, N / 2]`.
    Glu(GluKind),
    /// A gated activation, then dynamic quantisation of each row as [`Quantize`](super::Quantize) does it: `y: [T, N / 2]` i8 with `y_scale: [T]`.
    GluQuant(GluKind),
}

/// `y[r] = x[r] @ weight[e] (+ bias[e])` for the rows `r` of each expert `e`: one [`Matmul`](super::Matmul) for each group, with its formulas and roundings, then the epilogue.
///
/// | | |
/// |---|---|
/// | dtypes | as [`Matmul`](super::Matmul); `groups`: i64 or i32; with [`Epilogue::GluQuant`] `y` is i8 and `y_scale` f32 |
/// | accumulated | as [`Matmul`](super::Matmul) |
/// | rounding | as [`Matmul`](super::Matmul); a gated activation works in f32 on the unrounded product |
/// | weight-only with 16-bit `x`, subnormal bf16 | as [`Matmul`](super::Matmul) |
/// | cost | assumes that the groups cover all rows |
/// | source | aclnnGroupedMatmulV4/V5 (groupType 0, splitItem 3), aclnnGroupedMatmulSwigluQuant |
#[derive(Clone, Debug)]
pub struct GroupedMatmul {
    /// `[T, K]`, any strides.
    pub x: TensorView,
    /// `[E, K, N]`; storage `[E, N, K]` by [`Weight::nk`].
    pub weight: Weight,
    /// Rows of each expert.
    pub groups: GroupList,
    /// `[T]` f32, for i8 `x`.
    pub x_scale: Option<TensorView>,
    /// `[E, N]`, in `y`'s dtype (with [`Epilogue::GluQuant`]: `x`'s) or f32; for i8 `x` also i32.
    pub bias: Option<TensorView>,
    /// What follows the product.
    pub epilogue: Epilogue,
    /// `[T, N]`, or `[T, N / 2]` with a gated epilogue. Rows beyond the groups are left untouched.
    pub y: TensorViewMut,
    /// `[T]` f32, with [`Epilogue::GluQuant`]. Rows beyond the groups are left untouched.
    pub y_scale: Option<TensorViewMut>,
}

impl GroupedMatmul {
    /// `y[r] = x[r] @ weight[e]`.
    pub fn new(x: TensorView, weight: Weight, groups: GroupList, y: TensorViewMut) -> Self {
        Self { x, weight, groups, x_scale: None, bias: None, epilogue: Epilogue::None, y, y_scale: None }
    }

    /// With a scale for each row of an i8 `x`.
    pub fn with_x_scale(mut self, x_scale: TensorView) -> Self {
        self.x_scale = Some(x_scale);
        self
    }

    /// With a bias for each expert and column.
    pub fn with_bias(mut self, bias: TensorView) -> Self {
        self.bias = Some(bias);
        self
    }

    /// With a gated activation behind the product.
    pub fn with_glu(mut self, kind: GluKind) -> Self {
        self.epilogue = Epilogue::Glu(kind);
        self
    }

    /// With a gated activation and dynamic quantisation behind the product.
    pub fn with_glu_quant(mut self, kind: GluKind, y_scale: TensorViewMut) -> Self {
        self.epilogue = Epilogue::GluQuant(kind);
        self.y_scale = Some(y_scale);
        self
    }
}

impl Op for GroupedMatmul {
    const KIND: OpKind = OpKind::GroupedMatmul;
    const WEIGHTS: &'static [&'static str] = &["weight"];
    const DTYPES: &'static [DType] = &[DType::F32, DType::F16, DType::BF16, DType::I8];
    const VARIANTS: &'static [&'static str] = &[
        "dense",
        "dense_f32",
        "dense_glu",
        "dense_glu_quant",
        "w8a8",
        "w8a8_static",
        "w8a8_raw",
        "w8a8_glu",
        "w8a8_glu_quant",
        "woq8_channel",
        "woq8_channel_asym",
        "woq8_group",
        "woq8_group_asym",
        "woq4_channel",
        "woq4_channel_asym",
        "woq4_group",
        "woq4_group_asym",
        "woq_glu",
        "woq_glu_quant",
    ];
    const RULES: &'static [Rule] = &[
        Rule { name: "no_tokens", text: "T = 0 is no error: nothing is computed and nothing is written." },
        Rule { name: "empty_expert", text: "An expert without rows adds nothing; its weight (NaN, say) has no influence." },
        Rule { name: "all_empty", text: "When no expert has rows (an idle rank), nothing is written." },
        Rule { name: "one_expert", text: "All rows may belong to one expert." },
        Rule { name: "tail", text: "Rows beyond the last group are neither read into any result nor written, in y and y_scale alike." },
        Rule { name: "sparse_list", text: "A sparse list names some experts, in any order; its rows follow one another in list order." },
        Rule { name: "bad_counts", text: "A negative count, or counts that reach beyond T, are refused on execution." },
        Rule { name: "bad_cumulative", text: "A cumulative list that decreases, starts below 0 or reaches beyond T is refused on execution." },
        Rule { name: "bad_sparse", text: "A used entry with an expert outside of 0..E, or one that came before, or behind an unused entry, is refused on execution." },
        Rule { name: "zero_k", text: "K = 0 gives zeros, plus the bias." },
        Rule { name: "bias", text: "Each expert has its own bias; a float one is added in f32 after the sum (and its scales), before epilogue and rounding." },
        Rule { name: "int_bias", text: "An i32 bias is added to the integer sum, before the scales; that addition saturates at the bounds of i32." },
        Rule { name: "strided", text: "x, scales, bias, list and y may have any strides; what lies between the elements of y keeps its contents." },
        Rule { name: "nz_weight", text: "A weight in FRACTAL_NZ gives the same result as the same weight in ND; its padding is never read." },
        Rule { name: "nan_inf", text: "NaN and infinity spread by IEEE rules (0 * inf is NaN), within their own row of x or column of one expert only." },
        Rule { name: "extreme_sums", text: "Integer sums are exact where f32 is not: beyond 2^24, up to -128 * -128 * K." },
        Rule { name: "extreme_codes", text: "Code minus zero is exact over the whole range of both: -128 - 127 does not wrap to 8 bits." },
        Rule { name: "partial_group", text: "When K is no multiple of the group, the last group is shorter." },
        Rule { name: "zero_scale", text: "A row or column whose scale is 0 gives 0 (plus a float bias): there is no division." },
        Rule { name: "zero_row", text: "A row that is all zero before dynamic quantisation has scale 0 and codes 0." },
        Rule { name: "nan_row", text: "A row with a NaN (infinity) before dynamic quantisation has scale NaN (infinity) and codes 0." },
    ];

    fn applies(dtype: DType, variant: &str, rule: &str) -> bool {
        match rule {
            "bad_counts" | "bad_cumulative" | "bad_sparse" => matches!(variant, "dense" | "w8a8") && weight_applies(dtype, variant, rule),
            "zero_row" => variant.ends_with("glu_quant") && weight_applies(dtype, variant, rule),
            // Integer sums are finite; of the float variants each has its own way into the epilogue.
            "nan_row" => variant.ends_with("glu_quant") && weight_applies(dtype, variant, "nan_inf"),
            // Codes of an infinite row are the matter of `nan_row`.
            "nan_inf" => !variant.ends_with("glu_quant") && weight_applies(dtype, variant, rule),
            _ => weight_applies(dtype, variant, rule),
        }
    }

    fn visit<'a>(&'a self, f: &mut dyn FnMut(Arg<'a>)) {
        self.x.visit("x", Role::In, f);
        self.weight.visit("weight", Role::In, f);
        self.groups.visit("groups", Role::In, f);
        self.x_scale.visit("x_scale", Role::In, f);
        self.bias.visit("bias", Role::In, f);
        self.y.visit("y", product_role(&self.y), f);
        self.y_scale.visit("y_scale", Role::Out(super::Compare::Float), f);
    }

    fn map(&self, f: &mut dyn FnMut(Arg<'_>) -> Result<TensorView>) -> Result<Self> {
        Ok(Self {
            x: self.x.map_tensors("x", Role::In, f)?,
            weight: self.weight.map_tensors("weight", Role::In, f)?,
            groups: self.groups.map_tensors("groups", Role::In, f)?,
            x_scale: self.x_scale.map_tensors("x_scale", Role::In, f)?,
            bias: self.bias.map_tensors("bias", Role::In, f)?,
            epilogue: self.epilogue,
            y: self.y.map_tensors("y", product_role(&self.y), f)?,
            y_scale: self.y_scale.map_tensors("y_scale", Role::Out(super::Compare::Float), f)?,
        })
    }

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        if let Epilogue::Glu(kind) | Epilogue::GluQuant(kind) = self.epilogue {
            kind.check(c, "epilogue")?;
        }
        c.dtype("x", &self.x, Self::DTYPES)?;
        nd(c, "x", &self.x)?;
        nd(c, "y", &self.y)?;
        let x = self.x.dtype();
        let [t, k] = c.rank("x", &self.x, "[T, K]")?;
        let [e, _, n] = c.rank("weight", &self.weight.data, "[E, K, N]")?;
        self.weight.check(c, "weight", x, [("E", e), ("K", k), ("N", n)])?;
        self.groups.check(c, e)?;
        c.that(x != DType::I8 || k <= MAX_INT_K, "x", format_args!("of K <= {MAX_INT_K}, so that i32 sums are exact"), k)?;
        check_x_scale(c, &self.x, &self.weight, self.x_scale.as_ref())?;
        if let Some(x_scale) = &self.x_scale {
            c.shape("x_scale", x_scale, [("T", t)])?;
        }
        if self.epilogue == Epilogue::None {
            product_dtypes(c, &self.x, &self.weight, self.x_scale.as_ref(), &self.y)?;
            c.shape("y", &self.y, [("T", t), ("N", n)])?;
        } else {
            c.that(x != DType::I8 || self.weight.quant.is_some(), "epilogue", "none for integer sums without scales", format_args!("{:?}", self.epilogue))?;
            c.that(n % 2 == 0, "weight", "of an even N, for the two halves of a gated epilogue", n)?;
            c.shape("y", &self.y, [("T", t), ("N/2", n / 2)])?;
        }
        match (self.epilogue, &self.y_scale) {
            (Epilogue::Glu(_), _) => product_dtypes(c, &self.x, &self.weight, self.x_scale.as_ref(), &self.y)?,
            (Epilogue::GluQuant(_), Some(y_scale)) => {
                c.dtype("y", &self.y, &[DType::I8])?;
                c.dtype("y_scale", y_scale, &[DType::F32])?;
                c.shape("y_scale", y_scale, [("T", t)])?;
                nd(c, "y_scale", y_scale)?;
            }
            _ => {}
        }
        let quantises = matches!(self.epilogue, Epilogue::GluQuant(_));
        let asked = if quantises { "given with Epilogue::GluQuant" } else { "none without Epilogue::GluQuant" };
        c.that(quantises == self.y_scale.is_some(), "y_scale", asked, if self.y_scale.is_some() { "one" } else { "none" })?;
        if let Some(bias) = &self.bias {
            let result = match (quantises, x) {
                (true, DType::I8) => DType::F32,
                (true, x) => x,
                (false, _) => self.y.dtype(),
            };
            bias_dtype(c, bias, &self.x, result)?;
            c.shape("bias", bias, [("E", e), ("N", n)])?;
        }
        Ok(())
    }

    fn cost(&self) -> Cost {
        let (k, n) = (self.x.dim(1) as f64, self.weight.data.dim(2) as f64);
        let mut per_output = 2.0 * k + if self.bias.is_some() { 1.0 } else { 0.0 };
        if self.epilogue != Epilogue::None {
            // Five operations of a gated activation for each pair of columns.
            per_output += 2.5;
        }
        Cost::streaming(self, self.x.dim(0) as f64 * n * per_output)
    }

    fn dtype(&self) -> DType {
        self.x.dtype()
    }

    fn variant(&self) -> &'static str {
        let (int, woq) = (self.x.dtype() == DType::I8, self.weight.quant.is_some());
        match (self.epilogue, int, woq) {
            (Epilogue::None, true, scaled) => int_variant(scaled, self.x_scale.is_some()),
            (Epilogue::Glu(_), true, _) => "w8a8_glu",
            (Epilogue::GluQuant(_), true, _) => "w8a8_glu_quant",
            (Epilogue::Glu(_), false, true) => "woq_glu",
            (Epilogue::GluQuant(_), false, true) => "woq_glu_quant",
            (Epilogue::Glu(_), false, false) => "dense_glu",
            (Epilogue::GluQuant(_), false, false) => "dense_glu_quant",
            (Epilogue::None, false, true) => self.weight.weight_only_variant().unwrap_or("dense"),
            (Epilogue::None, false, false) if self.y.dtype() != self.x.dtype() => "dense_f32",
            (Epilogue::None, false, false) => "dense",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OpCall, host};

    fn t(dtype: DType, shape: impl Into<crate::Dims>) -> TensorView {
        host::zeros(dtype, shape).unwrap().view()
    }

    fn op() -> GroupedMatmul {
        let (x, w) = (t(DType::F16, [5, 4]), Weight::kn(t(DType::F16, [3, 4, 6])));
        GroupedMatmul::new(x, w, GroupList::Counts(t(DType::I64, [3])), t(DType::F16, [5, 6]).to_mut())
    }

    fn gated() -> GroupedMatmul {
        GroupedMatmul { y: t(DType::F16, [5, 3]).to_mut(), ..op() }.with_glu(GluKind::Swiglu)
    }

    fn quantised() -> GroupedMatmul {
        let y = t(DType::I8, [5, 3]).to_mut();
        GroupedMatmul { y, ..op() }.with_glu_quant(GluKind::Swiglu, t(DType::F32, [5]).to_mut())
    }

    fn refused(op: GroupedMatmul) -> &'static str {
        match OpCall::from(op).check().unwrap_err() {
            Error::Shape { argument, .. } | Error::DType { argument, .. } | Error::Argument { argument, .. } => argument,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn wrong_argument_is_named() {
        let change = |mut op: GroupedMatmul, f: &dyn Fn(&mut GroupedMatmul)| {
            OpCall::from(op.clone()).check().unwrap();
            f(&mut op);
            refused(op)
        };
        let clamped = GluKind::SwigluClamped { limit: f32::NAN, alpha: 1.0, up_bias: 0.0 };
        assert_eq!(change(gated(), &|op| op.epilogue = Epilogue::Glu(clamped)), "epilogue");
        assert_eq!(change(quantised(), &|op| op.epilogue = Epilogue::GluQuant(clamped)), "epilogue");
        assert_eq!(change(op(), &|op| op.x = t(DType::F16, [1, 5, 4])), "x");
        assert_eq!(change(op(), &|op| op.x = t(DType::Bool, [5, 4])), "x");
        assert_eq!(change(op(), &|op| op.weight.data = t(DType::F16, [4, 6])), "weight");
        assert_eq!(change(op(), &|op| op.weight.data = t(DType::F16, [3, 6, 4])), "weight");
        assert_eq!(change(op(), &|op| op.groups = GroupList::Counts(t(DType::I64, [4]))), "groups");
        assert_eq!(change(op(), &|op| op.groups = GroupList::Cumulative(t(DType::F32, [3]))), "groups");
        assert_eq!(change(op(), &|op| op.groups = GroupList::Sparse(t(DType::I64, [3]))), "groups");
        assert_eq!(change(op(), &|op| op.groups = GroupList::Sparse(t(DType::I64, [3, 3]))), "groups");
        assert_eq!(change(op(), &|op| op.bias = Some(t(DType::F16, [6]))), "bias");
        assert_eq!(change(op(), &|op| op.bias = Some(t(DType::BF16, [3, 6]))), "bias");
        assert_eq!(change(op(), &|op| op.x_scale = Some(t(DType::F32, [5]))), "x_scale");
        assert_eq!(change(op(), &|op| op.y = t(DType::F16, [5, 3]).to_mut()), "y");
        assert_eq!(change(op(), &|op| op.y_scale = Some(t(DType::F32, [5]).to_mut())), "y_scale");
        assert_eq!(change(gated(), &|op| op.y = t(DType::F16, [5, 6]).to_mut()), "y");
        assert_eq!(change(gated(), &|op| op.y = t(DType::I8, [5, 3]).to_mut()), "y");
        assert_eq!(change(gated(), &|op| op.weight.data = t(DType::F16, [3, 4, 5])), "weight");
        assert_eq!(change(quantised(), &|op| op.y_scale = None), "y_scale");
        assert_eq!(change(quantised(), &|op| op.y_scale = Some(t(DType::F32, [3]).to_mut())), "y_scale");
        assert_eq!(change(quantised(), &|op| op.y = t(DType::F16, [5, 3]).to_mut()), "y");
        assert_eq!(change(quantised(), &|op| op.bias = Some(t(DType::I8, [3, 6]))), "bias");
        let raw = |op: &mut GroupedMatmul| {
            op.x = t(DType::I8, [5, 4]);
            op.weight.data = t(DType::I8, [3, 4, 6]);
        };
        assert_eq!(change(gated(), &raw), "epilogue");
    }

    #[test]
    fn groups_skip_empty_experts_and_keep_row_order() {
        let kind = OpKind::GroupedMatmul;
        let list = || t(DType::I64, [0]);
        let group = |expert, rows| Group { expert, rows };
        let want = [group(0, 0..2), group(3, 2..3)];
        assert_eq!(GroupList::Counts(list()).groups(kind, &[2, 0, 0, 1], 4, 9).unwrap(), want);
        assert_eq!(GroupList::Cumulative(list()).groups(kind, &[2, 2, 2, 3], 4, 9).unwrap(), want);
        assert_eq!(GroupList::Sparse(list()).groups(kind, &[0, 2, 3, 1, -7, 0], 4, 9).unwrap(), want);
        assert_eq!(GroupList::Sparse(list()).groups(kind, &[3, 2, 0, 1], usize::MAX, 3).unwrap(), [group(3, 0..2), group(0, 2..3)]);
        assert_eq!(GroupList::Counts(list()).groups(kind, &[0, 0], 2, 0).unwrap(), []);
    }

    #[test]
    fn bad_values_name_their_entry() {
        let list = || t(DType::I64, [0]);
        let found = |list: GroupList, values: &[i64]| match list.groups(OpKind::GroupedMatmul, values, 3, 6) {
            Err(Error::Value { argument: "groups", found, .. }) => found,
            other => panic!("{other:?}"),
        };
        assert_eq!(found(GroupList::Counts(list()), &[1, -2, 0]), "-2 at entry 1");
        assert_eq!(found(GroupList::Counts(list()), &[1, i64::MAX, i64::MAX]), format!("{} at entry 1", i64::MAX));
        assert_eq!(found(GroupList::Counts(list()), &[3, 3, 1]), "1 at entry 2");
        assert_eq!(found(GroupList::Cumulative(list()), &[-1, 0, 0]), "-1 at entry 0");
        assert_eq!(found(GroupList::Cumulative(list()), &[2, 1, 3]), "1 at entry 1");
        assert_eq!(found(GroupList::Cumulative(list()), &[2, 3, 7]), "7 at entry 2");
        assert_eq!(found(GroupList::Sparse(list()), &[3, 1]), "3 at entry 0");
        assert_eq!(found(GroupList::Sparse(list()), &[1, 1, 1, 1]), "1 at entry 2");
        assert_eq!(found(GroupList::Sparse(list()), &[1, 1, 0, 0, 2, 1]), "1 at entry 5");
        assert_eq!(found(GroupList::Sparse(list()), &[1, 7]), "7 at entry 1");
    }

    #[test]
    fn every_variant_has_a_dtype_and_quantising_ones_their_rules() {
        for variant in GroupedMatmul::VARIANTS {
            assert!(GroupedMatmul::DTYPES.iter().any(|&d| GroupedMatmul::applies(d, variant, crate::ops::PLAIN)), "{variant}");
        }
        assert_eq!(gated().variant(), "dense_glu");
        assert_eq!(quantised().variant(), "dense_glu_quant");
        assert!(GroupedMatmul::applies(DType::I8, "w8a8_glu_quant", "zero_row"));
        assert!(!GroupedMatmul::applies(DType::I8, "w8a8_glu", "zero_row"));
        assert!(!GroupedMatmul::applies(DType::F16, "w8a8", "tail"));
    }
}
