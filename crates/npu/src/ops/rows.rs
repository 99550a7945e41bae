//! What composed kernels do to the rows of a matrix.

use ascend_hal::{DType, Dims, MAX_RANK, Result, TensorView};

use super::init_routing::{choose, select};
use crate::context::Context;
use crate::raw::operators::*;
use crate::raw::{Scalar, number};

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

/// Which of several groups of rows, one behind the other, each row belongs to.
pub(super) struct Owners {
    /// The row's group, i64 `[T]`; the last one for rows behind all groups.
    pub(super) entry: TensorView,
    /// Whether it belongs to a group, bool `[T, 1]`.
    used: TensorView,
}

impl Owners {
    /// The owners of `tokens` rows by the ends of the groups, i64 `[E]`, of which there is at least one.
    pub(super) fn of(cx: &Context<'_>, ends: &TensorView, tokens: usize) -> Result<Self> {
        let (q, e) = (cx.queue(), ends.dim(0));
        let rows = cx.to(&cx.iota(tokens)?, DType::I64)?.reshape([tokens, 1])?;
        // The number of row ends that lie at or before a row is the row's entry.
        let (behind, passed) = (cx.temp(DType::I64, [tokens, e])?, cx.temp(DType::Bool, [tokens, e])?);
        cx.sub(&rows, &ends.reshape([1, e])?, &behind)?;
        aclnnGeScalar(q, &behind, Scalar::I64(0), &passed)?;
        let (passed, entry) = (cx.to(&passed, DType::F32)?, cx.temp(DType::F32, [tokens, 1])?);
        aclnnReduceSum(q, &passed, &[-1], true, number(DType::F32), &entry)?;
        let used = cx.temp(DType::Bool, [tokens, 1])?;
        aclnnLtScalar(q, &entry, Scalar::F32(e as f32), &used)?;
        let bounded = cx.temp(DType::F32, [tokens, 1])?;
        aclnnClamp(q, &entry, Some(Scalar::F32(0.)), Some(Scalar::F32(e as f32 - 1.)), &bounded)?;
        Ok(Self { entry: cx.to(&bounded, DType::I64)?.reshape([tokens])?, used })
    }

    /// For each row the row of `table` (`[E, N]`) that its entry has.
    pub(super) fn rows_of(&self, cx: &Context<'_>, table: &TensorView) -> Result<TensorView> {
        select(cx, table, &self.entry)
    }

    /// `y = x` in the rows of groups; the others stay as they are.
    pub(super) fn put(&self, cx: &Context<'_>, x: &TensorView, y: &TensorView) -> Result<()> {
        let mut flags = [1; MAX_RANK];
        flags[0] = y.dim(0);
        let used = self.used.reshape(Dims::new(&flags[..y.rank()])?)?;
        cx.put(&choose(cx, &used, &cx.as_type(x, y.dtype())?, y)?, y)
    }
}
