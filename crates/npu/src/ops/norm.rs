//! RMS norm and layer norm.

use ascend_hal::ops::{Norm, NormKind};
use ascend_hal::{DType, Result, TensorView};

use super::{Builtin, all, builtin, dtypes, only};
use crate::context::Context;
use crate::raw::operators::*;

pub(super) const KERNELS: &[Builtin] = &[
    builtin!(
        Composed Norm "norm_in_f32" ["aclnnRmsNorm" "aclnnGemmaRmsNorm" "aclnnLayerNorm"] dtypes::<Norm>(),
        "in f32 tensors: aclnnAddRmsNorm rounds before the weight", all => in_f32
    ),
    builtin!(
        Aclnn Norm "aclnn" ["aclnnRmsNorm" "aclnnGemmaRmsNorm" "aclnnLayerNorm"] dtypes::<Norm>(), "no residual; the weight in x's type",
        one_operator => direct
    ),
];

fn one_operator(op: &Norm) -> Result<(), String> {
    only(op.residual.is_none(), "the sum with a residual is to be normed before it is rounded")?;
    let same = op.weight.dtype() == op.x.dtype() && op.bias.as_ref().is_none_or(|bias| bias.dtype() == op.x.dtype());
    only(same, "weight or bias is of another type than x")?;
    only(op.x.is_contiguous() && op.y.is_contiguous() && op.weight.is_contiguous(), "x, weight or y is not row-major")
}

fn direct(cx: &Context<'_>, op: &Norm) -> Result<()> {
    norm(cx, op, &op.x, &op.weight, op.bias.as_ref(), &op.y)
}

/// The op's norm of other tensors.
fn norm(cx: &Context<'_>, op: &Norm, x: &TensorView, weight: &TensorView, bias: Option<&TensorView>, y: &TensorView) -> Result<()> {
    let (q, eps) = (cx.queue(), f64::from(op.eps));
    // CANN wants to be given a place for 1 / rms.
    let mut rows = *x.shape();
    if let Some(last) = rows.last_mut() {
        *last = 1;
    }
    match op.kind {
        NormKind::Rms => aclnnRmsNorm(q, x, weight, eps, y, &cx.temp(DType::F32, rows)?),
        NormKind::RmsGemma => aclnnGemmaRmsNorm(q, x, weight, eps, y, &cx.temp(DType::F32, rows)?),
        NormKind::Layer => aclnnLayerNorm(q, x, &[x.shape().last_or_one() as i64], Some(weight), bias, eps, y, None, None),
    }
}

fn in_f32(cx: &Context<'_>, op: &Norm) -> Result<()> {
    let wide = |view: &TensorView| cx.as_type(view, DType::F32).and_then(|wide| cx.dense(&wide));
    let mut x = wide(&op.x)?;
    if let Some(residual) = &op.residual {
        let sum = cx.temp(DType::F32, *op.x.shape())?;
        cx.add(&x, &wide(residual)?, &sum)?;
        x = sum;
    }
    let y = cx.temp(DType::F32, *op.x.shape())?;
    let bias = op.bias.as_ref().map(wide).transpose()?;
    norm(cx, op, &x, &wide(&op.weight)?, bias.as_ref(), &y)?;
    // `sum` and `y` may be the views of `x` and `residual`, which are read by now.
    if let Some(sum) = &op.sum {
        cx.put(&x, sum)?;
    }
    cx.put(&y, &op.y)
}
