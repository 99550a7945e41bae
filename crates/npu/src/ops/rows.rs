//! What composed kernels do to the rows of a matrix.

use ascend_hal::{DType, Result, TensorView};

use crate::context::Context;
use crate::raw::Scalar;
use crate::raw::operators::*;

/// The codes of an f32 matrix as whole f32 numbers, and the scales of its rows as `[T, 1]`: `scale = max|x| / 127`, and `x / scale` rounded half to even, or 0 where
/// that is not finite.
pub(super) fn quantized(cx: &Context<'_>, x: &TensorView) -> Result<(TensorView, TensorView)> {
    let (q, rows) = (cx.queue(), x.dim(0));
    let (size, largest, scale) = (cx.temp(DType::F32, *x.shape())?, cx.temp(DType::F32, [rows, 1])?, cx.temp(DType::F32, [rows, 1])?);
    aclnnAbs(q, x, &size)?;
    aclnnAmax(q, &size, &[-1], true, &largest)?;
    aclnnDivs(q, &largest, Scalar::F32(127.), &scale)?;
    // The magnitudes are not needed any more.
    let quotient = size;
    aclnnDiv(q, x, &scale, &quotient)?;
    let matrix = |dtype| cx.temp(dtype, *x.shape());
    let (rounded, finite, codes) = (matrix(DType::F32)?, matrix(DType::Bool)?, matrix(DType::F32)?);
    aclnnRound(q, &quotient, &rounded)?;
    aclnnIsFinite(q, &rounded, &finite)?;
    aclnnSWhere(q, &finite, &rounded, &cx.zero_of(DType::F32)?, &codes)?;
    Ok((codes, scale))
}

/// Whole numbers that a byte holds, as i8.
pub(super) fn put_codes(cx: &Context<'_>, codes: &TensorView, q: &TensorView) -> Result<()> {
    cx.put(&cx.to(codes, DType::I32)?, q)
}

/// `acc * weight_scale * x_scale + bias` in f32, in place and in this order; each is broadcast.
pub(super) fn scale(
    cx: &Context<'_>,
    acc: &TensorView,
    weight_scale: Option<&TensorView>,
    x_scale: Option<&TensorView>,
    bias: Option<&TensorView>,
) -> Result<()> {
    for factor in [weight_scale, x_scale].into_iter().flatten() {
        cx.mul(acc, &cx.as_type(factor, DType::F32)?, acc)?;
    }
    bias.map_or(Ok(()), |bias| cx.add(acc, &cx.as_type(bias, DType::F32)?, acc))
}

/// `acc + bias` in i32, in place; broadcast. Beyond the bounds of i32 it is the bound.
pub(super) fn add_saturating(cx: &Context<'_>, acc: &TensorView, bias: &TensorView) -> Result<()> {
    let (wide, bias) = (cx.to(acc, DType::I64)?, cx.to(bias, DType::I64)?);
    cx.add(&wide, &bias, &wide)?;
    let bound = |x: i32| Some(Scalar::I64(x.into()));
    aclnnClamp(cx.queue(), &wide, bound(i32::MIN), bound(i32::MAX), &wide)?;
    cx.put(&wide, acc)
}
