//! The k largest elements of each row: a stable sort, as aclnnTopk leaves the order of equal elements open.

use ascend_hal::ops::TopK;
use ascend_hal::{DType, Result, TensorView};

use super::{Builtin, all, builtin, dtypes};
use crate::context::Context;
use crate::raw::operators::*;

pub(super) const KERNELS: &[Builtin] =
    &[builtin!(Composed TopK "aclnnSort" ["aclnnSort"] dtypes::<TopK>(), "sorts whole rows", all => run)];

fn run(cx: &Context<'_>, op: &TopK) -> Result<()> {
    let (values, indices) = sorted(cx, &op.x, op.largest)?;
    let last = op.x.rank() - 1;
    cx.put(&values.narrow(last, 0, op.k)?, &op.values)?;
    cx.put(&indices.narrow(last, 0, op.k)?, &op.indices)
}

/// The elements of each row, best first, equal ones in their order, and where they were (i64).
pub(super) fn sorted(cx: &Context<'_>, x: &TensorView, descending: bool) -> Result<(TensorView, TensorView)> {
    let (values, indices) = (cx.temp(x.dtype(), *x.shape())?, cx.temp(DType::I64, *x.shape())?);
    aclnnSort(cx.queue(), x, true, -1, descending, &values, &indices)?;
    Ok((values, indices))
}
