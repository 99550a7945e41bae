//! Paged cache: write and gather. aclnnScatterPaKvCache leaves open what becomes of slot -1, so rows go by aclnnScatterNdUpdate, which every version has.

use ascend_hal::ops::{KvCacheGather, KvCacheWrite, Lengths};
use ascend_hal::{DType, Dims, OpKind, Result, TensorView};

use super::init_routing::{choose, select};
use super::{Builtin, all, builtin, dtypes};
use crate::context::Context;
use crate::raw::Scalar;
use crate::raw::operators::*;

pub(super) const KERNELS: &[Builtin] = &[
    builtin!(
        Composed KvCacheWrite "scatter_rows" ["aclnnScatterNdUpdate" "aclnnIndexSelect" "aclnnSWhere"] dtypes::<KvCacheWrite>(),
        "skipped rows are replaced by a row that is written", all => write
    ),
    builtin!(
        Composed KvCacheGather "select_pages" ["aclnnIndexSelect"] dtypes::<KvCacheGather>(),
        "pages selected for each sequence; lengths that are not on the host are read back, for which the stream is waited for", all => gather
    ),
];

fn write(cx: &Context<'_>, op: &KvCacheWrite) -> Result<()> {
    if op.k.dim(0) == 0 {
        return Ok(());
    }
    let places = Places::of(cx, &op.slots)?;
    places.write(cx, &op.k, &op.k_cache)?;
    match (&op.v, &op.v_cache) {
        (Some(v), Some(v_cache)) => places.write(cx, v, v_cache),
        _ => Ok(()),
    }
}

/// What is written where. A row that is to be skipped stands for one that is not: that is then written more than once, the same each time.
struct Places {
    /// The row to write, i64 `[T]`.
    row: TensorView,
    /// Its slot, i64 `[T, 1]`.
    slot: TensorView,
    /// Whether there is a row to write at all, bool `[1, 1]`.
    any: TensorView,
}

impl Places {
    fn of(cx: &Context<'_>, slots: &TensorView) -> Result<Self> {
        let (q, t) = (cx.queue(), slots.dim(0));
        let slots = cx.dense(&cx.as_type(slots, DType::I64)?)?;
        let (own, numbers) = (cx.temp(DType::Bool, [t])?, cx.to(&cx.iota(t)?, DType::F32)?);
        aclnnGeScalar(q, &slots, Scalar::I64(0), &own)?;
        let last = cx.temp(DType::F32, [1])?;
        aclnnAmax(q, &choose(cx, &own, &numbers, &cx.number(-1.)?)?, &[-1], true, &last)?;
        let any = cx.temp(DType::Bool, [1])?;
        aclnnGeScalar(q, &last, Scalar::F32(0.), &any)?;
        let row = choose(cx, &own, &numbers, &last)?;
        aclnnClamp(q, &row, Some(Scalar::F32(0.)), None, &row)?;
        let row = cx.to(&row, DType::I64)?;
        let slot = select(cx, &slots, &row)?;
        // Without a row to write, the first slot is given what it has.
        aclnnClamp(q, &slot, Some(Scalar::I64(0)), None, &slot)?;
        Ok(Self { row, slot: slot.reshape([t, 1])?, any: any.reshape([1, 1])? })
    }

    fn write(&self, cx: &Context<'_>, rows: &TensorView, cache: &TensorView) -> Result<()> {
        let (t, slots) = (rows.dim(0), cache.dim(0) * cache.dim(1));
        if rows.numel() == 0 || cache.numel() == 0 {
            return Ok(());
        }
        let width = rows.numel() / t;
        let rows = cx.dense(rows)?.reshape([t, width])?;
        let flat = cache.reshape([slots, width]).ok();
        // Pages with gaps between them have no rows at even distances.
        let table = match &flat {
            Some(flat) => flat.clone(),
            None => cx.dense(cache)?.reshape([slots, width])?,
        };
        let chosen = select(cx, &rows, &self.row)?;
        let old = table.narrow(0, 0, 1)?;
        aclnnScatterNdUpdate(cx.queue(), &table, &self.slot, &choose(cx, &self.any, &chosen, &old)?)?;
        if flat.is_none() { cx.put(&table.reshape(*cache.shape())?, cache) } else { Ok(()) }
    }
}

/// The running sum of lengths: as it is on the host, or read back.
pub(super) fn values(cx: &Context<'_>, lens: &Lengths) -> Result<Vec<i64>> {
    match &lens.host {
        Some(host) => Ok(host.iter().copied().map(i64::from).collect()),
        None => cx.ints(&lens.cumulative, "the lengths of sequences"),
    }
}

/// The first `len` rows of sequence `b`, `[len, ..]`, from the pages that the table names. There are so many.
pub(super) fn rows_of(cx: &Context<'_>, cache: &TensorView, table: &TensorView, b: usize, len: usize) -> Result<TensorView> {
    let pages = len.div_ceil(cache.dim(1).max(1));
    let found = select(cx, cache, &cx.dense(&table.select(0, b)?.narrow(0, 0, pages)?)?)?;
    let mut shape: Dims = cache.shape().without(0);
    shape[0] *= pages;
    found.reshape(shape)?.narrow(0, 0, len)
}

fn gather(cx: &Context<'_>, op: &KvCacheGather) -> Result<()> {
    let lens = op.kv_lens.ranges(OpKind::KvCacheGather, "kv_lens", &values(cx, &op.kv_lens)?, op.out.dim(0))?;
    for (b, rows) in lens.into_iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
        let found = rows_of(cx, &op.cache, &op.table, b, rows.len())?;
        cx.put(&found, &op.out.narrow(0, rows.start, rows.len())?)?;
    }
    Ok(())
}
