//! RMS norm and layer norm.

use ascend_hal::ops::{Norm, NormKind};
use ascend_hal::{DType, Result, TensorView};

use super::{Builtin, all, builtin, dtypes, only};
use crate::context::Context;
use crate::raw::operators::*;

pub(super) const KERNELS: &[Builtin] = &[
    builtin!(
        Composed Norm "norm_in_f32" ["aclnnRmsNorm" "aclnnAddRmsNorm" "aclnnGemmaRmsNorm" "aclnnLayerNorm"] dtypes::<Norm>(),
        "in f32 tensors: on 16 bits aclnnAddRmsNorm rounds before the weight too", all => in_f32
    ),
    builtin!(
        Aclnn Norm "aclnn" ["aclnnRmsNorm" "aclnnGemmaRmsNorm" "aclnnLayerNorm"] dtypes::<Norm>(), "no residual; the weight in x's type",
        one_operator => direct
    ),
    builtin!(
        Aclnn Norm "aclnnAddRmsNorm" ["aclnnAddRmsNorm"] &[DType::F32], "with a residual, f32: of 16 bits it rounds the normed value before the weight too",
        sum_in_one => add_rms_norm
    ),
];

fn one_operator(op: &Norm) -> Result<(), String> {
    only(op.residual.is_none(), "the sum with a residual is to be normed before it is rounded")?;
    let same = op.weight.dtype() == op.x.dtype() && op.bias.as_ref().is_none_or(|bias| bias.dtype() == op.x.dtype());
    only(same, "weight or bias is of another type than x")?;
    only(op.x.is_contiguous() && op.y.is_contiguous() && op.weight.is_contiguous(), "x, weight or y is not row-major")
}

fn sum_in_one(op: &Norm) -> Result<(), String> {
    let Some(residual) = &op.residual else { return Err("there is no residual".into()) };
    only(op.kind == NormKind::Rms, "another norm than the RMS norm")?;
    only(op.x.dtype() == DType::F32, "x is of 16 bits, and is to be rounded once, behind the weight")?;
    let sum = op.sum.as_deref();
    let dense = [&op.x, residual, &op.weight, &*op.y].into_iter().chain(sum).all(TensorView::is_contiguous);
    only(dense, "x, residual, weight, y or sum is not row-major")
}

fn add_rms_norm(cx: &Context<'_>, op: &Norm) -> Result<()> {
    let Some(residual) = &op.residual else { return direct(cx, op) };
    // CANN wants to be given a place for the sum.
    let sum = match &op.sum {
        Some(sum) => sum.view(),
        None => cx.temp(DType::F32, *op.x.shape())?,
    };
    aclnnAddRmsNorm(cx.queue(), &op.x, residual, &op.weight, op.eps.into(), &op.y, &inverses(cx, op)?, &sum)
}

/// CANN wants to be given a place for 1 / rms.
fn inverses(cx: &Context<'_>, op: &Norm) -> Result<TensorView> {
    let mut rows = *op.x.shape();
    if let Some(last) = rows.last_mut() {
        *last = 1;
    }
    cx.temp(DType::F32, rows)
}

fn direct(cx: &Context<'_>, op: &Norm) -> Result<()> {
    norm(cx, op, &op.x, &op.weight, op.bias.as_ref(), &op.y)
}

/// The op's norm of other tensors.
fn norm(cx: &Context<'_>, op: &Norm, x: &TensorView, weight: &TensorView, bias: Option<&TensorView>, y: &TensorView) -> Result<()> {
    let (q, eps) = (cx.queue(), f64::from(op.eps));
    match op.kind {
        NormKind::Rms => aclnnRmsNorm(q, x, weight, eps, y, &inverses(cx, op)?),
        NormKind::RmsGemma => aclnnGemmaRmsNorm(q, x, weight, eps, y, &inverses(cx, op)?),
        NormKind::Layer => aclnnLayerNorm(q, x, &[x.shape().last_or_one() as i64], Some(weight), bias, eps, y, None, None),
    }
}

fn in_f32(cx: &Context<'_>, op: &Norm) -> Result<()> {
    let wide = |view: &TensorView| cx.as_type(view, DType::F32).and_then(|wide| cx.dense(&wide));
    let (x, weight, y) = (wide(&op.x)?, wide(&op.weight)?, cx.temp(DType::F32, *op.x.shape())?);
    let bias = op.bias.as_ref().map(wide).transpose()?;
    let Some(residual) = &op.residual else {
        norm(cx, op, &x, &weight, bias.as_ref(), &y)?;
        return cx.put(&y, &op.y);
    };
    let (residual, sum) = (wide(residual)?, cx.temp(DType::F32, *op.x.shape())?);
    if op.kind == NormKind::Rms {
        aclnnAddRmsNorm(cx.queue(), &x, &residual, &weight, op.eps.into(), &y, &inverses(cx, op)?, &sum)?;
    } else {
        cx.add(&x, &residual, &sum)?;
        norm(cx, op, &sum, &weight, bias.as_ref(), &y)?;
    }
    // `op.sum` and `op.y` may be the views of `x` and `residual`, which are read by now.
    if let Some(kept) = &op.sum {
        cx.put(&sum, kept)?;
    }
    cx.put(&y, &op.y)
}
