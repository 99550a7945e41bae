//! Dynamic per-token int8 quantisation, and back.

use ascend_hal::ops::{Dequantize, Quantize};
use ascend_hal::{DType, Result, TensorView};

use super::{Builtin, all, builtin, dtypes, only, rows};
use crate::context::Context;
use crate::raw::Scalar;
use crate::raw::operators::*;

const SIXTEEN: &[DType] = &[DType::F16, DType::BF16];

pub(super) const KERNELS: &[Builtin] = &[
    builtin!(
        Composed Quantize "quantize_in_f32" ["aclnnAmax" "aclnnRound" "aclnnIsFinite"] dtypes::<Quantize>(), "in f32 tensors", all => in_f32
    ),
    builtin!(
        Aclnn Quantize "aclnnDynamicQuant" ["aclnnDynamicQuant" "aclnnIsFinite" "aclnnSWhere"] SIXTEEN,
        "16-bit, row-major; smooth in x's type", one_operator => dynamic_quant
    ),
    builtin!(Composed Dequantize "dequantize_in_f32" ["aclnnMul"] dtypes::<Dequantize>(), "in f32 tensors", all => dequantize),
];

fn one_operator(op: &Quantize) -> Result<(), String> {
    only(op.smooth.as_ref().is_none_or(|smooth| smooth.dtype() == op.x.dtype()), "smooth is of another type than x")?;
    only(op.x.dim(1) > 0, "rows of no elements")?;
    only(op.x.is_contiguous() && op.q.is_contiguous() && op.scale.is_contiguous(), "a tensor is not row-major")
}

fn in_f32(cx: &Context<'_>, op: &Quantize) -> Result<()> {
    if op.x.dim(1) == 0 {
        return cx.zero(&op.scale);
    }
    let mut x = cx.as_type(&op.x, DType::F32)?;
    if let Some(smooth) = &op.smooth {
        let product = cx.temp(DType::F32, *x.shape())?;
        cx.mul(&x, &cx.as_type(smooth, DType::F32)?, &product)?;
        x = product;
    }
    let (codes, scale) = rows::quantized(cx, &x)?;
    cx.put(&scale.reshape([op.x.dim(0)])?, &op.scale)?;
    rows::put_codes(cx, &codes, &op.q)
}

fn dynamic_quant(cx: &Context<'_>, op: &Quantize) -> Result<()> {
    let (q, tokens) = (cx.queue(), op.x.dim(0));
    let codes = cx.temp(DType::I8, *op.q.shape())?;
    aclnnDynamicQuant(q, &op.x, op.smooth.as_ref(), &codes, &op.scale)?;
    // The operator divides by the scale; which codes come of 0, NaN and infinity is not documented.
    let flags = || cx.temp(DType::Bool, [tokens]);
    let (positive, finite, usable) = (flags()?, flags()?, flags()?);
    aclnnGtScalar(q, &op.scale, Scalar::F32(0.), &positive)?;
    aclnnIsFinite(q, &op.scale, &finite)?;
    aclnnBitwiseAndTensor(q, &positive, &finite, &usable)?;
    aclnnSWhere(q, &usable.reshape([tokens, 1])?, &codes, &cx.zero_of(DType::I8)?, &op.q)
}

fn dequantize(cx: &Context<'_>, op: &Dequantize) -> Result<()> {
    let acc = cx.to(&op.q, DType::F32)?;
    let column = |view: &TensorView| cx.dense(view).and_then(|dense| dense.reshape([op.q.dim(0), 1]));
    let x_scale = op.x_scale.as_ref().map(column).transpose()?;
    rows::scale(cx, &acc, op.weight_scale.as_ref(), x_scale.as_ref(), op.bias.as_ref())?;
    cx.put(&acc, &op.y)
}
