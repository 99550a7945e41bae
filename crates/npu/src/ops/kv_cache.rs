//! Paged cache: write and gather. aclnnScatterPaKvCache leaves open what becomes of slot -1, so rows go by aclnnScatterNdUpdate, which every version has.

use ascend_hal::ops::{KvCacheGather, KvCacheWrite};
use ascend_hal::{DType, Dims, Result, TensorView};

use super::init_routing::{choose, select};
use super::rows::Owners;
use super::{Builtin, all, builtin, dtypes, only};
use crate::context::Context;
use crate::raw::Scalar;
use crate::raw::operators::*;

pub(super) const KERNELS: &[Builtin] = &[
    builtin!(
        Composed KvCacheWrite "scatter_rows" ["aclnnScatterNdUpdate" "aclnnIndexSelect" "aclnnSWhere"] dtypes::<KvCacheWrite>(),
        "skipped rows are replaced by a row that is written", all => write
    ),
    builtin!(
        Composed KvCacheGather "select_rows" ["aclnnIndexSelect" "aclnnSWhere" "aclnnCeil"] dtypes::<KvCacheGather>(),
        "the slot of each row from lengths and table on the device; up to 2^22 rows", few => gather
    ),
];

/// Beyond so many rows the arithmetic in f32 would not find the page.
fn few(op: &KvCacheGather) -> Result<(), String> {
    only(op.out.dim(0) <= 1 << 22, "more than 2^22 rows")
}

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

/// Lengths as they are on the host.
pub(super) fn wide(host: &[i32]) -> Vec<i64> {
    host.iter().copied().map(i64::from).collect()
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
    let (q, rows, b) = (cx.queue(), op.out.dim(0), op.kv_lens.sequences());
    let (pages, size, most) = (op.cache.dim(0), op.cache.dim(1), op.table.dim(1));
    if b == 0 || pages * most == 0 {
        return Ok(());
    }
    let sums = cx.to(&op.kv_lens.cumulative, DType::I64)?;
    let owners = Owners::of(cx, &sums.narrow(0, 1, b)?, rows)?;
    let between = |x: &TensorView, last: usize| aclnnClamp(q, x, Some(Scalar::F32(0.)), Some(Scalar::F32(last as f32)), x);
    // The row's number within its sequence.
    let own = cx.to(&owners.rows_of(cx, &sums.narrow(0, 0, b)?.reshape([b, 1])?)?, DType::F32)?;
    cx.sub(&cx.to(&cx.iota(rows)?, DType::F32)?.reshape([rows, 1])?, &own, &own)?;
    // Whole pages before it: half a row more keeps the quotient away from whole numbers.
    let (page, exact) = (cx.temp(DType::F32, [rows, 1])?, cx.temp(DType::F32, [rows, 1])?);
    cx.adds(&own, 0.5, &exact)?;
    aclnnDivs(q, &exact, Scalar::F32(size as f32), &exact)?;
    aclnnCeil(q, &exact, &page)?;
    cx.adds(&page, -1., &page)?;
    between(&page, most - 1)?;
    let before = exact;
    cx.muls(&page, size as f32, &before)?;
    cx.sub(&own, &before, &own)?;
    between(&own, size - 1)?;
    // Rows behind the last sequence may come from anywhere; they are not kept.
    let of_table = cx.temp(DType::I64, [rows])?;
    aclnnMuls(q, &owners.entry, Scalar::I64(most as i64), &of_table)?;
    cx.add(&of_table, &cx.to(&page, DType::I64)?.reshape([rows])?, &of_table)?;
    let slot = select(cx, &cx.to(&op.table, DType::I64)?.reshape([b * most])?, &of_table)?;
    aclnnClamp(q, &slot, Some(Scalar::I64(0)), Some(Scalar::I64(pages as i64 - 1)), &slot)?;
    aclnnMuls(q, &slot, Scalar::I64(size as i64), &slot)?;
    cx.add(&slot, &cx.to(&own, DType::I64)?.reshape([rows])?, &slot)?;
    let width = op.out.numel() / rows;
    let flat = op.cache.reshape([pages * size, width]);
    let flat = flat.or_else(|_| cx.dense(&op.cache)?.reshape([pages * size, width]))?;
    owners.put(cx, &select(cx, &flat, &slot)?.reshape(*op.out.shape())?, &op.out)
}
