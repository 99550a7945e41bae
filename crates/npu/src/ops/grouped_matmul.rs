//! Grouped (expert) matrix product: aclnnGroupedMatmulV5 or V4; the rest in f32 tensors or from integer sums, with the rows behind the groups left as they are.

use ascend_hal::ops::{Epilogue, GroupList, GroupedMatmul};
use ascend_hal::{DType, Format, Result, TensorView};

use super::activation::gated;
use super::matmul::LAST;
use super::rows::{self, Owners};
use super::{Builtin, builtin, only, weight};
use crate::context::Context;
use crate::raw::Scalar;
use crate::raw::operators::*;

const INT8: &[DType] = &[DType::I8];

/// The vendor's limit on the number of weights.
const EXPERTS: usize = 1024;

pub(super) const KERNELS: &[Builtin] = &[
    builtin!(
        Composed GroupedMatmul "grouped_matmul_in_f32" ["aclnnGroupedMatmulV4" "aclnnSWhere"] &DType::FLOATS,
        "operands in f32 tensors: gated epilogues, f32 results of 16-bit operands, quantised weights; up to 1024 experts, K and N up to 65535",
        within => in_f32
    ),
    builtin!(
        Aclnn GroupedMatmul "aclnnGroupedMatmulWeightNz" ["aclnnGroupedMatmulWeightNz"] &[DType::F16, DType::BF16],
        "as with a weight in ND format, in FRACTAL_NZ; K a multiple of 16; no sparse group list", blocks_of_one_type => direct
    ),
    builtin!(
        Aclnn GroupedMatmul "aclnnGroupedMatmul" ["aclnnGroupedMatmulV4"] &DType::FLOATS,
        "one type throughout (bias of bf16: f32), no epilogue, a weight in ND format; up to 1024 experts, K and N up to 65535", one_operator => direct
    ),
    builtin!(
        Composed GroupedMatmul "grouped_matmul_i32" ["aclnnGroupedMatmulV4" "aclnnSWhere"] INT8,
        "integer sums, scaled in f32 tensors; up to 1024 experts, K and N up to 65535", within => from_sums
    ),
    builtin!(
        Aclnn GroupedMatmul "aclnnGroupedMatmulWeightNz_w8a8" ["aclnnGroupedMatmulWeightNz"] INT8,
        "as with a weight in ND format, in FRACTAL_NZ; K a multiple of 32; no sparse group list", blocks_scaled => quantized
    ),
    builtin!(
        Aclnn GroupedMatmul "aclnnGroupedMatmul_w8a8" ["aclnnGroupedMatmulV4"] INT8,
        "a scale for each row, y f16 (scales f32) or bf16 (scales bf16), no bias, no epilogue", scaled => quantized
    ),
];

fn within(op: &GroupedMatmul) -> Result<(), String> {
    let data = &op.weight.data;
    only(data.dim(0) <= EXPERTS && data.dim(1) <= LAST && data.dim(2) <= LAST, "too many experts, or K or N above 65535")
}

fn plain(op: &GroupedMatmul) -> Result<(), String> {
    within(op)?;
    only(op.epilogue == Epilogue::None, "an epilogue is to work on the unrounded product")?;
    only(op.x.dim(1) > 0, "a product over nothing")?;
    only(op.x.is_contiguous() && op.y.is_contiguous(), "x or y is not row-major")
}

fn in_rows(op: &GroupedMatmul) -> Result<(), String> {
    only(op.weight.data.layout().format() == Format::Nd, "the weight is not in ND format")
}

/// Blocks of single experts cannot be selected.
fn in_blocks(op: &GroupedMatmul) -> Result<(), String> {
    weight::in_blocks(&op.weight.data)?;
    only(!matches!(op.groups, GroupList::Sparse(_)), "a sparse group list")
}

fn one_operator(op: &GroupedMatmul) -> Result<(), String> {
    in_rows(op)?;
    one_type(op)
}

fn blocks_of_one_type(op: &GroupedMatmul) -> Result<(), String> {
    in_blocks(op)?;
    one_type(op)
}

fn one_type(op: &GroupedMatmul) -> Result<(), String> {
    plain(op)?;
    let dtype = op.x.dtype();
    only(op.weight.data.dtype() == dtype && op.y.dtype() == dtype, "operands and result are of several types")?;
    let fits = op.bias.as_ref().is_none_or(|bias| bias.dtype() == bias_type(dtype));
    only(fits, "the bias is of a type that the operator does not take")
}

/// The operator's type of bias beside an operand's.
fn bias_type(x: DType) -> DType {
    if x == DType::F16 { DType::F16 } else { DType::F32 }
}

fn direct(cx: &Context<'_>, op: &GroupedMatmul) -> Result<()> {
    let groups = Groups::of(cx, op)?;
    let weight = groups.chosen(cx, &op.weight.data)?;
    let bias = op.bias.as_ref().map(|bias| groups.chosen(cx, bias)).transpose()?;
    groups.product(cx, &Product { x: &op.x, weight: &weight, bias: bias.as_ref(), scale: None, per_token: None }, &op.y)
}

fn scaled(op: &GroupedMatmul) -> Result<(), String> {
    in_rows(op)?;
    scales_fit(op)
}

fn blocks_scaled(op: &GroupedMatmul) -> Result<(), String> {
    in_blocks(op)?;
    scales_fit(op)
}

fn scales_fit(op: &GroupedMatmul) -> Result<(), String> {
    plain(op)?;
    only(op.x_scale.is_some() && op.bias.is_none(), "no scale for each row, or a bias")?;
    let scale = op.weight.quant.as_ref().map(|quant| quant.scale.dtype());
    let fits = matches!((op.y.dtype(), scale), (DType::F16, Some(DType::F32)) | (DType::BF16, Some(DType::BF16)));
    only(fits, "the operator does not have this type of result with this type of scales")
}

fn quantized(cx: &Context<'_>, op: &GroupedMatmul) -> Result<()> {
    let Some(quant) = &op.weight.quant else { return from_sums(cx, op) };
    let groups = Groups::of(cx, op)?;
    let (e, n) = (op.weight.data.dim(0), op.weight.data.dim(2));
    let weight = groups.chosen(cx, &op.weight.data)?;
    let scale = groups.chosen(cx, &cx.dense(&quant.scale)?.reshape([e, n])?)?;
    let per_token = op.x_scale.as_ref().map(|scale| cx.dense(scale)).transpose()?;
    groups.product(cx, &Product { x: &op.x, weight: &weight, bias: None, scale: Some(&scale), per_token: per_token.as_ref() }, &op.y)
}

/// The operands of one call of the operator.
struct Product<'a> {
    x: &'a TensorView,
    weight: &'a TensorView,
    bias: Option<&'a TensorView>,
    scale: Option<&'a TensorView>,
    per_token: Option<&'a TensorView>,
}

/// The group list as the operator wants it: counts or row ends, i64, one for each weight.
struct Groups {
    list: TensorView,
    /// 0: row ends; 1: counts.
    kind: i64,
    /// Which weights, where not all in their order.
    experts: Option<TensorView>,
}

impl Groups {
    fn of(cx: &Context<'_>, op: &GroupedMatmul) -> Result<Self> {
        let list = |view: &TensorView| cx.dense(&cx.as_type(view, DType::I64)?);
        Ok(match &op.groups {
            GroupList::Cumulative(ends) => Self { list: list(ends)?, kind: 0, experts: None },
            GroupList::Counts(counts) => Self { list: list(counts)?, kind: 1, experts: None },
            GroupList::Sparse(pairs) => {
                // Entries without rows may name anything.
                let (named, experts) = (list(&pairs.select(1, 0)?)?, cx.temp(DType::I64, [pairs.dim(0)])?);
                let last = op.weight.data.dim(0) as i64 - 1;
                aclnnClamp(cx.queue(), &named, Some(Scalar::I64(0)), Some(Scalar::I64(last)), &experts)?;
                Self { list: list(&pairs.select(1, 1)?)?, kind: 1, experts: Some(experts) }
            }
        })
    }

    /// The rows of `view` (along its first dimension) that belong to the list's entries.
    fn chosen(&self, cx: &Context<'_>, view: &TensorView) -> Result<TensorView> {
        let Some(experts) = &self.experts else { return Ok(view.clone()) };
        let mut shape = *view.shape();
        shape[0] = experts.dim(0);
        let chosen = cx.temp(view.dtype(), shape)?;
        aclnnIndexSelect(cx.queue(), view, 0, experts, &chosen)?;
        Ok(chosen)
    }

    /// The rows of `y` that belong to groups.
    fn product<'a>(&self, cx: &Context<'_>, p: &'a Product<'a>, y: &TensorView) -> Result<()> {
        /// One result, in which the groups' rows follow one another.
        const ONE_RESULT: i64 = 3;
        /// Rows are what is grouped.
        const BY_ROWS: i64 = 0;
        let (bias, scale, per_token) = (p.bias.as_slice(), p.scale.as_slice(), p.per_token.as_slice());
        let given = |list: &'a [&'a TensorView]| if list.is_empty() { None } else { Some(list) };
        let (b, s, t) = (given(bias), given(scale), given(per_token));
        let (q, x, w, y) = (cx.queue(), &[p.x][..], &[p.weight][..], &[y][..]);
        let groups = Some(&self.list);
        if p.weight.layout().format() == Format::FractalNz {
            return aclnnGroupedMatmulWeightNz(
                q, x, w, b, s, None, None, None, t, groups, None, None, None, ONE_RESULT, BY_ROWS, self.kind, 0, None, 0, y, None, None,
            );
        }
        if cx.has("aclnnGroupedMatmulV5") {
            return aclnnGroupedMatmulV5(
                q, x, w, b, s, None, None, None, t, groups, None, None, None, ONE_RESULT, BY_ROWS, self.kind, 0, None, y, None, None,
            );
        }
        aclnnGroupedMatmulV4(q, x, w, b, s, None, None, None, t, groups, None, None, None, ONE_RESULT, BY_ROWS, self.kind, 0, y, None, None)
    }

    /// Row ends, i64 `[E]`.
    fn ends(&self, cx: &Context<'_>) -> Result<TensorView> {
        if self.kind == 0 {
            return Ok(self.list.clone());
        }
        let ends = cx.temp(DType::I64, *self.list.shape())?;
        aclnnCumsum(cx.queue(), &self.list, 0, crate::raw::number(DType::I64), &ends)?;
        Ok(ends)
    }
}

fn in_f32(cx: &Context<'_>, op: &GroupedMatmul) -> Result<()> {
    let (t, k, n) = (op.x.dim(0), op.x.dim(1), op.weight.data.dim(2));
    if op.groups.view().numel() == 0 {
        return Ok(());
    }
    let groups = Groups::of(cx, op)?;
    let owners = Owners::of(cx, &groups.ends(cx)?, t)?;
    let sums = cx.temp(DType::F32, [t, n])?;
    if k == 0 {
        cx.zero(&sums)?;
    } else {
        let weight = groups.chosen(cx, &weight::dequantized(cx, &op.weight)?)?;
        let x = cx.dense(&cx.as_type(&op.x, DType::F32)?)?;
        groups.product(cx, &Product { x: &x, weight: &weight, bias: None, scale: None, per_token: None }, &sums)?;
    }
    let bias = op.bias.as_ref().map(|bias| groups.chosen(cx, bias).and_then(|bias| owners.rows_of(cx, &bias))).transpose()?;
    rows::scale(cx, &sums, None, None, bias.as_ref())?;
    epilogue(cx, op, &owners, &sums)
}

fn from_sums(cx: &Context<'_>, op: &GroupedMatmul) -> Result<()> {
    let (t, k, e, n) = (op.x.dim(0), op.x.dim(1), op.weight.data.dim(0), op.weight.data.dim(2));
    if op.groups.view().numel() == 0 {
        return Ok(());
    }
    let groups = Groups::of(cx, op)?;
    let owners = Owners::of(cx, &groups.ends(cx)?, t)?;
    let sums = cx.temp(DType::I32, [t, n])?;
    if k == 0 {
        cx.zero(&sums)?;
    } else {
        let as_it_is = cx.has("aclnnGroupedMatmulWeightNz") && in_blocks(op).is_ok();
        let weight = if as_it_is { op.weight.data.clone() } else { groups.chosen(cx, &weight::nd(cx, &op.weight.data)?)? };
        let x = cx.dense(&op.x)?;
        groups.product(cx, &Product { x: &x, weight: &weight, bias: None, scale: None, per_token: None }, &sums)?;
    }
    let of_rows = |table: &TensorView| groups.chosen(cx, &cx.dense(table)?.reshape([e, n])?).and_then(|table| owners.rows_of(cx, &table));
    let bias = op.bias.as_ref().map(of_rows).transpose()?;
    if let Some(bias) = bias.as_ref().filter(|bias| bias.dtype() == DType::I32) {
        rows::add_saturating(cx, &sums, bias)?;
    }
    let Some(quant) = &op.weight.quant else { return owners.put(cx, &sums, &op.y) };
    let (real, scale) = (cx.to(&sums, DType::F32)?, of_rows(&quant.scale)?);
    let x_scale = op.x_scale.as_ref().map(|scale| cx.dense(scale).and_then(|scale| scale.reshape([t, 1]))).transpose()?;
    rows::scale(cx, &real, Some(&scale), x_scale.as_ref(), bias.as_ref().filter(|bias| bias.dtype() != DType::I32))?;
    epilogue(cx, op, &owners, &real)
}

/// What follows the product `sums`, an f32 tensor of this op's own.
fn epilogue(cx: &Context<'_>, op: &GroupedMatmul, owners: &Owners, sums: &TensorView) -> Result<()> {
    let half = sums.dim(1) / 2;
    let glu = |kind| {
        let y = cx.temp(DType::F32, [sums.dim(0), half])?;
        let (gate, up) = (cx.to(&sums.narrow(1, 0, half)?, DType::F32)?, cx.to(&sums.narrow(1, half, half)?, DType::F32)?);
        gated(cx, kind, &gate, &up, &y).map(|()| y)
    };
    match (op.epilogue, &op.y_scale) {
        (Epilogue::GluQuant(kind), Some(y_scale)) => {
            let (codes, scale) = rows::quantized(cx, &glu(kind)?)?;
            owners.put(cx, &scale, &y_scale.reshape([sums.dim(0), 1])?)?;
            owners.put(cx, &cx.to(&codes, DType::I32)?, &op.y)
        }
        (Epilogue::Glu(kind) | Epilogue::GluQuant(kind), _) => owners.put(cx, &glu(kind)?, &op.y),
        (Epilogue::None, _) => owners.put(cx, sums, &op.y),
    }
}
