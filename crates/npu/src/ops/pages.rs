//! Rows of a paged cache.

use ascend_hal::{DType, Dims, Result, TensorView};

use crate::context::Context;
use crate::raw::operators::*;

/// The first `len` rows of sequence `b` of a row-major cache `[pages, P, ..]`, one after the other: `[len, ..]`.
pub(super) fn rows(cx: &Context<'_>, cache: &TensorView, table: &TensorView, b: usize, len: usize) -> Result<TensorView> {
    let (pages, size) = (cache.dim(0), cache.dim(1));
    let needed = len.div_ceil(size);
    let ids = cx.to(&table.select(0, b)?.narrow(0, 0, needed)?, DType::I64)?.reshape([needed, 1])?;
    let places = cx.to(&cx.iota(size)?, DType::I64)?.reshape([1, size])?;
    // Pages follow one another, so a row's number is that of its page times the size of one, and its place there.
    let (starts, numbers) = (cx.temp(DType::I64, [needed, 1])?, cx.temp(DType::I64, [needed, size])?);
    aclnnMuls(cx.queue(), &ids, crate::raw::Scalar::I64(size as i64), &starts)?;
    cx.add(&starts, &places, &numbers)?;
    let numbers = numbers.reshape([needed * size])?.narrow(0, 0, len)?;
    let mut flat = cache.shape().to_vec();
    flat.splice(..2, [pages * size]);
    let source = cache.reshape(Dims::new(&flat)?)?;
    flat[0] = len;
    let out = cx.temp(cache.dtype(), Dims::new(&flat)?)?;
    aclnnIndexSelect(cx.queue(), &source, 0, &numbers, &out)?;
    Ok(out)
}
