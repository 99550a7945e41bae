//! Paged key/value cache: rows are picked and placed by index.

use ascend_hal::ops::{KvCacheGather, KvCacheWrite};
use ascend_hal::{DType, Result, TensorView};

use super::{Builtin, builtin, dtypes, only, pages};
use crate::context::Context;
use crate::raw::Scalar;
use crate::raw::operators::*;

pub(super) const KERNELS: &[Builtin] = &[
    builtin!(
        Composed KvCacheWrite "kv_cache_write_by_index" ["aclnnInplaceIndexCopy" "aclnnIndexSelect" "aclnnSWhere"] dtypes::<KvCacheWrite>(),
        "caches whose pages follow one another", row_major => write
    ),
    builtin!(
        Composed KvCacheGather "kv_cache_gather_by_index" ["aclnnIndexSelect"] dtypes::<KvCacheGather>(),
        "caches whose pages follow one another; lengths are read back where they are not on the host", row_major_source => gather
    ),
];

fn row_major(op: &KvCacheWrite) -> Result<(), String> {
    let plain = op.k_cache.is_contiguous() && op.v_cache.as_ref().is_none_or(|cache| cache.is_contiguous());
    only(plain, "a cache is not row-major")
}

fn row_major_source(op: &KvCacheGather) -> Result<(), String> {
    only(op.cache.is_contiguous(), "the cache is not row-major")
}

fn write(cx: &Context<'_>, op: &KvCacheWrite) -> Result<()> {
    put_rows(cx, &op.k, &op.slots, &op.k_cache)?;
    match (&op.v, &op.v_cache) {
        (Some(v), Some(cache)) => put_rows(cx, v, &op.slots, cache),
        _ => Ok(()),
    }
}

/// `cache[slots[t]] = x[t]`, but for slots of -1. All rows are written one after the other, so that a skipped row can be put where it changes nothing: over the
/// first slot there is, with what that will hold.
fn put_rows(cx: &Context<'_>, x: &TensorView, slots: &TensorView, cache: &TensorView) -> Result<()> {
    let (q, tokens, total) = (cx.queue(), x.dim(0), cache.dim(0) * cache.dim(1));
    let width = x.numel() / tokens.max(1);
    if tokens == 0 || total == 0 || width == 0 {
        return Ok(());
    }
    let (flat, rows) = (cache.reshape([total, width])?, cx.to(x, x.dtype())?.reshape([tokens, width])?);
    let slots = cx.to(slots, DType::I64)?;
    // A stable order: the token that writes slot 0, if one does, is found by its slot; skipped rows become copies of what slot 0 will hold.
    let (skipped, bounded) = (cx.temp(DType::Bool, [tokens])?, cx.temp(DType::I64, [tokens])?);
    aclnnLtScalar(q, &slots, Scalar::I64(0), &skipped)?;
    aclnnClamp(q, &slots, Some(Scalar::I64(0)), None, &bounded)?;
    let writes_first = first_writer(cx, &slots)?;
    let old = flat.narrow(0, 0, 1)?;
    let new = cx.temp(x.dtype(), [1, width])?;
    aclnnIndexSelect(q, &rows, 0, &writes_first.0, &new)?;
    let there = cx.temp(x.dtype(), [1, width])?;
    aclnnSWhere(q, &writes_first.1.reshape([1, 1])?, &new, &old, &there)?;
    let filled = cx.temp(x.dtype(), [tokens, width])?;
    aclnnSWhere(q, &skipped.reshape([tokens, 1])?, &there, &rows, &filled)?;
    aclnnInplaceIndexCopy(q, &flat, 0, &bounded, &filled)
}

/// The token that writes slot 0 (`[1]`, token 0 if there is none), and whether there is one (`[1]`).
fn first_writer(cx: &Context<'_>, slots: &TensorView) -> Result<(TensorView, TensorView)> {
    let (q, tokens) = (cx.queue(), slots.dim(0));
    let (apart, size) = (cx.to(slots, DType::F32)?, cx.temp(DType::F32, [tokens])?);
    aclnnAbs(q, &apart, &size)?;
    // -1 and 1 are as far from 0 as each other, and 0 comes before both.
    let (nearest, order) = super::top_k::sorted(cx, &size, false)?;
    let is_first = cx.temp(DType::Bool, [1])?;
    aclnnLtScalar(q, &nearest.narrow(0, 0, 1)?, Scalar::F32(0.5), &is_first)?;
    Ok((cx.to(&order.narrow(0, 0, 1)?, DType::I64)?, is_first))
}

fn gather(cx: &Context<'_>, op: &KvCacheGather) -> Result<()> {
    let ends = cx.lengths(&op.kv_lens)?;
    let width = op.cache.numel() / (op.cache.dim(0) * op.cache.dim(1)).max(1);
    for (b, pair) in ends.windows(2).enumerate() {
        let (start, len) = (pair[0], pair[1] - pair[0]);
        if len == 0 || width == 0 {
            continue;
        }
        let found = pages::rows(cx, &op.cache, &op.table, b, len)?;
        let place = op.out.narrow(0, start, len)?;
        cx.put(&found.reshape(*place.shape())?, &place)?;
    }
    Ok(())
}
