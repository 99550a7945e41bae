//! Init routing (permute): token rows copied in expert order, by aclnnMoeInitRoutingV3, or by stable sorts and selections.

use ascend_hal::ops::{InitRouting, SlotOrder};
use ascend_hal::{DType, Result, TensorView};

use super::top_k::sorted;
use super::{Builtin, all, builtin, dtypes, only, rows};
use crate::context::Context;
use crate::raw::operators::*;
use crate::raw::{Scalar, number};

pub(super) const KERNELS: &[Builtin] = &[
    builtin!(
        Composed InitRouting "init_routing_by_sort" ["aclnnSort" "aclnnIndexSelect" "aclnnSWhere" "aclnnReduceSum"] dtypes::<InitRouting>(),
        "sorts the pairs", all => run
    ),
    builtin!(
        Aclnn InitRouting "aclnnMoeInitRoutingV3" ["aclnnMoeInitRoutingV3" "aclnnSWhere"] dtypes::<InitRouting>(),
        "dropless, without quantisation; pairs numbered token by token, everything row-major, up to 10239 experts", dropless => by_operator
    ),
];

fn dropless(op: &InitRouting) -> Result<(), String> {
    only(op.capacity.is_none() && op.row_scale.is_none() && op.smooth.is_none(), "a capacity, or quantisation")?;
    only(op.order == SlotOrder::TokenMajor, "pairs numbered by slot")?;
    // Pairs without an expert are those of one more.
    only(op.experts < 10_240, "more than 10239 experts")?;
    only(!op.local.is_empty() && op.ids.numel() > 0, "no local experts, or no pairs")?;
    only([&op.x, &op.ids, &*op.rows].iter().all(|view| view.is_contiguous()), "tensors that are not row-major")
}

fn by_operator(cx: &Context<'_>, op: &InitRouting) -> Result<()> {
    const DROPLESS: i64 = 0;
    const COUNTS: i64 = 1;
    const NOT_QUANTISED: i64 = -1;
    const ROW_OF_PAIR: i64 = 0;
    let (q, pairs, local) = (cx.queue(), op.ids.numel(), op.local.len());
    let (row_of, counts) = (cx.temp(DType::I32, [pairs])?, cx.temp(DType::I64, [local])?);
    let (from, to) = (op.local.start as i64, op.local.end as i64);
    let unused = cx.temp(DType::F32, [pairs])?;
    aclnnMoeInitRoutingV3(
        q,
        &op.x,
        &op.ids,
        None,
        None,
        pairs as i64,
        0,
        op.experts as i64 + 1,
        DROPLESS,
        COUNTS,
        true,
        NOT_QUANTISED,
        &[from, to],
        ROW_OF_PAIR,
        &op.rows,
        &row_of,
        &counts,
        &unused,
    )?;
    // What the operator leaves for pairs of other experts is not said.
    let flags = || cx.temp(DType::Bool, [pairs]);
    let (ids, not_below, not_behind, is_local) = (op.ids.reshape([pairs])?, flags()?, flags()?, flags()?);
    aclnnGeScalar(q, &ids, Scalar::I64(from), &not_below)?;
    aclnnLtScalar(q, &ids, Scalar::I64(to), &not_behind)?;
    aclnnBitwiseAndTensor(q, &not_below, &not_behind, &is_local)?;
    let nothing = cx.constant("i32 -1".into(), DType::I32, [1], || (-1i32).to_le_bytes().into())?;
    cx.put(&choose(cx, &is_local, &row_of, &nothing)?, &op.flat_to_row)?;
    for out in [&op.counts, &op.counts_before_drop].into_iter().flatten() {
        cx.put(&counts, out)?;
    }
    if let Some(out) = &op.row_to_flat {
        // The operator tells where pairs went or where rows came from, not both.
        let places = choose(cx, &is_local, &cx.to(&row_of, DType::F32)?, &cx.number(pairs as f32)?)?;
        let (rows, pair_of) = sorted(cx, &places, false)?;
        cx.put(&choose(cx, &below(cx, &rows, pairs as f32 - 0.5)?, &pair_of, &no_pair(cx)?)?, out)?;
    }
    let Some(out) = &op.cumulative else { return Ok(()) };
    let sums = cx.temp(DType::I64, [local])?;
    aclnnCumsum(q, &counts, 0, number(DType::I64), &sums)?;
    cx.put(&sums, out)
}

/// The pairs of one call, sorted by local expert.
struct Pairs {
    /// Local expert of each pair, f32 `[P]`; one more than the last for pairs of no local expert.
    expert: TensorView,
    /// The pair at each place of the sorted order, i64 `[P]`, and its local expert.
    order: TensorView,
    sorted: TensorView,
    /// Pairs of each local expert and of those before it, f32 `[L]`.
    ends: TensorView,
    counts: TensorView,
}

/// The pair of a row that has none.
fn no_pair(cx: &Context<'_>) -> Result<TensorView> {
    cx.constant("i64 -1".into(), DType::I64, [1], || (-1i64).to_le_bytes().into())
}

/// `x < bound`, elementwise.
fn below(cx: &Context<'_>, x: &TensorView, bound: f32) -> Result<TensorView> {
    let out = cx.temp(DType::Bool, *x.shape())?;
    aclnnLtScalar(cx.queue(), x, Scalar::F32(bound), &out)?;
    Ok(out)
}

/// `a` where `condition` holds, else `b`; broadcast to the shape of `a`.
pub(super) fn choose(cx: &Context<'_>, condition: &TensorView, a: &TensorView, b: &TensorView) -> Result<TensorView> {
    let out = cx.temp(a.dtype(), *a.shape())?;
    aclnnSWhere(cx.queue(), condition, a, b, &out)?;
    Ok(out)
}

/// `table[index]` along the first dimension.
pub(super) fn select(cx: &Context<'_>, table: &TensorView, index: &TensorView) -> Result<TensorView> {
    let mut shape = *table.shape();
    shape[0] = index.dim(0);
    let out = cx.temp(table.dtype(), shape)?;
    aclnnIndexSelect(cx.queue(), table, 0, index, &out)?;
    Ok(out)
}

impl Pairs {
    fn of(cx: &Context<'_>, op: &InitRouting, pairs: usize) -> Result<Self> {
        let (q, local) = (cx.queue(), op.local.len());
        let ids = match op.order {
            SlotOrder::TokenMajor => op.ids.clone(),
            SlotOrder::SlotMajor => op.ids.t()?,
        };
        let key = cx.to(&ids, DType::F32)?.reshape([pairs])?;
        cx.adds(&key, -(op.local.start as f32), &key)?;
        // Ids outside of the local range, on either side, go last.
        let nobody = cx.number(local as f32)?;
        let low = below(cx, &key, 0.)?;
        let key = {
            let out = cx.temp(DType::F32, [pairs])?;
            aclnnSWhere(q, &low, &nobody, &key, &out)?;
            out
        };
        let expert = cx.temp(DType::F32, [pairs])?;
        aclnnClamp(q, &key, None, Some(Scalar::F32(local as f32)), &expert)?;
        let (sorted, order) = sorted(cx, &expert, false)?;
        // How many pairs lie at or before an expert, in one sum for each.
        let (ends, counts) = (cx.temp(DType::F32, [local])?, cx.temp(DType::F32, [local])?);
        if local > 0 {
            let experts = cx.to(&cx.iota(local)?, DType::F32)?;
            let apart = cx.temp(DType::F32, [local, pairs])?;
            cx.sub(&expert.reshape([1, pairs])?, &experts.reshape([local, 1])?, &apart)?;
            let not_behind = cx.to(&below(cx, &apart, 0.5)?, DType::F32)?;
            aclnnReduceSum(q, &not_behind, &[-1], false, number(DType::F32), &ends)?;
            cx.put(&ends, &counts)?;
            let rest = |view: &TensorView, start| view.narrow(0, start, local - 1);
            if local > 1 {
                cx.sub(&rest(&ends, 1)?, &rest(&ends, 0)?, &rest(&counts, 1)?)?;
            }
        }
        Ok(Self { expert, order, sorted, ends, counts })
    }

    /// Where the rows of each local expert start, with one more entry for pairs of none.
    fn starts(&self, cx: &Context<'_>) -> Result<TensorView> {
        let local = self.ends.dim(0);
        let starts = cx.temp(DType::F32, [local + 1])?;
        cx.zero(&starts)?;
        let own = starts.narrow(0, 0, local)?;
        if local > 0 {
            cx.sub(&self.ends, &self.counts, &own)?;
        }
        Ok(starts)
    }

    /// The place of each pair in the sorted order, f32 `[P]`.
    fn places(&self, cx: &Context<'_>) -> Result<TensorView> {
        let (_, places) = sorted(cx, &self.order, false)?;
        cx.to(&places, DType::F32)
    }
}

fn run(cx: &Context<'_>, op: &InitRouting) -> Result<()> {
    let (tokens, k, local) = (op.x.dim(0), op.ids.dim(1), op.local.len());
    let pairs = tokens * k;
    if pairs == 0 {
        return nothing(cx, op);
    }
    let routed = Pairs::of(cx, op, pairs)?;
    // The token of each pair.
    let numbers = cx.to(&cx.iota(tokens)?, DType::I64)?;
    let tokens_of = match op.order {
        SlotOrder::TokenMajor => numbers.reshape([tokens, 1])?.broadcast([tokens, k])?,
        SlotOrder::SlotMajor => numbers.reshape([1, tokens])?.broadcast([k, tokens])?,
    };
    let tokens_of = cx.to(&tokens_of, DType::I64)?.reshape([pairs])?;
    let places = routed.places(cx)?;
    let is_local = below(cx, &routed.expert, local as f32)?;
    let (counts, flat, used, expert);
    if let Some(capacity) = op.capacity {
        // Rows of the buffer, expert by expert: the place of each among the sorted pairs, if its expert has so many.
        let (starts, slots) = (routed.starts(cx)?, local * capacity);
        let within = |view: &TensorView| view.reshape([view.dim(0), 1])?.broadcast([view.dim(0), capacity]).and_then(|v| cx.dense(&v));
        let column = cx.to(&cx.iota(capacity)?, DType::F32)?.reshape([1, capacity])?;
        let rank = {
            let out = cx.temp(DType::F32, [pairs])?;
            cx.sub(&places, &select(cx, &starts, &cx.to(&routed.expert, DType::I64)?)?, &out)?;
            out
        };
        let fits = cx.temp(DType::Bool, [pairs])?;
        aclnnBitwiseAndTensor(cx.queue(), &is_local, &below(cx, &rank, capacity as f32)?, &fits)?;
        let row = cx.temp(DType::F32, [pairs])?;
        cx.muls(&routed.expert, capacity as f32, &row)?;
        cx.add(&row, &rank, &row)?;
        cx.put(&choose(cx, &fits, &row, &cx.number(-1.)?)?, &op.flat_to_row)?;
        counts = cx.temp(DType::F32, [local])?;
        if slots == 0 {
            if local > 0 {
                cx.zero(&counts)?;
            }
            return outputs(cx, op, &routed, &counts);
        }
        aclnnClamp(cx.queue(), &routed.counts, None, Some(Scalar::F32(capacity as f32)), &counts)?;
        let place = cx.temp(DType::F32, [local, capacity])?;
        cx.add(&within(&starts.narrow(0, 0, local)?)?, &column, &place)?;
        aclnnClamp(cx.queue(), &place, None, Some(Scalar::F32((pairs - 1) as f32)), &place)?;
        flat = select(cx, &routed.order, &cx.to(&place, DType::I64)?.reshape([slots])?)?;
        let apart = cx.temp(DType::F32, [local, capacity])?;
        cx.sub(&column.broadcast([local, capacity])?, &within(&counts)?, &apart)?;
        used = below(cx, &apart, -0.5)?.reshape([slots, 1])?;
        let experts = cx.to(&cx.iota(local)?, DType::I64)?;
        expert = cx.to(&experts.reshape([local, 1])?.broadcast([local, capacity])?, DType::I64)?.reshape([slots])?;
    } else {
        cx.put(&choose(cx, &is_local, &places, &cx.number(-1.)?)?, &op.flat_to_row)?;
        (counts, flat) = (routed.counts.clone(), routed.order.clone());
        used = below(cx, &routed.sorted, local as f32)?.reshape([pairs, 1])?;
        let bounded = cx.temp(DType::F32, [pairs])?;
        aclnnClamp(cx.queue(), &routed.sorted, None, Some(Scalar::F32(local.max(1) as f32 - 1.)), &bounded)?;
        expert = cx.to(&bounded, DType::I64)?;
    }
    if let Some(row_to_flat) = &op.row_to_flat {
        let flags = used.reshape([used.dim(0)])?;
        cx.put(&choose(cx, &flags, &flat, &no_pair(cx)?)?, row_to_flat)?;
    }
    let found = select(cx, &cx.dense(&op.x)?, &select(cx, &tokens_of, &flat)?)?;
    copy_rows(cx, op, &found, &expert, &used)?;
    outputs(cx, op, &routed, &counts)
}

/// The rows `found`, as they are or quantised, where they are used; elsewhere zeros with a capacity, else nothing.
fn copy_rows(cx: &Context<'_>, op: &InitRouting, found: &TensorView, expert: &TensorView, used: &TensorView) -> Result<()> {
    let put = |x: &TensorView, y: &TensorView| {
        let old = if op.capacity.is_some() { cx.zero_of(y.dtype())? } else { y.clone() };
        cx.put(&choose(cx, used, &cx.as_type(x, y.dtype())?, &old)?, y)
    };
    let Some(row_scale) = &op.row_scale else { return put(found, &op.rows) };
    let mut wide = cx.as_type(found, DType::F32)?;
    if let Some(smooth) = &op.smooth {
        let smooth = cx.to(smooth, DType::F32)?;
        let factors = if smooth.rank() == 2 { select(cx, &smooth, expert)? } else { smooth };
        let product = cx.temp(DType::F32, *wide.shape())?;
        cx.mul(&wide, &factors, &product)?;
        wide = product;
    }
    let (codes, scale) = rows::quantized(cx, &wide)?;
    put(&scale, &column_of(row_scale)?)?;
    put(&cx.to(&codes, DType::I32)?, &op.rows)
}

/// A vector seen as a column.
fn column_of(view: &TensorView) -> Result<TensorView> {
    let (rows, stride) = (view.dim(0), view.layout().strides()[0]);
    let layout = ascend_hal::Layout::strided([rows, 1], [stride, 1], view.layout().offset())?;
    TensorView::new(view.buffer().clone(), view.dtype(), layout)
}

/// The lists of counts.
fn outputs(cx: &Context<'_>, op: &InitRouting, routed: &Pairs, counts: &TensorView) -> Result<()> {
    if op.local.is_empty() {
        return Ok(());
    }
    if let Some(out) = &op.counts {
        cx.put(counts, out)?;
    }
    if let Some(out) = &op.cumulative {
        let whole = cx.to(counts, DType::I64)?;
        let sums = cx.temp(DType::I64, *whole.shape())?;
        aclnnCumsum(cx.queue(), &whole, 0, number(DType::I64), &sums)?;
        cx.put(&sums, out)?;
    }
    if let Some(out) = &op.counts_before_drop {
        cx.put(&routed.counts, out)?;
    }
    Ok(())
}

/// Without pairs everything is 0, but the pair of a row, of which there is none.
fn nothing(cx: &Context<'_>, op: &InitRouting) -> Result<()> {
    let zeroed = [Some(&op.rows), op.row_scale.as_ref(), op.counts.as_ref(), op.cumulative.as_ref(), op.counts_before_drop.as_ref()];
    for view in zeroed.into_iter().flatten().filter(|view| view.numel() > 0) {
        cx.put(&cx.zero_of(view.dtype())?.broadcast(*view.shape())?, view)?;
    }
    match op.row_to_flat.as_ref().filter(|view| view.numel() > 0) {
        Some(view) => cx.put(&cx.number(-1.)?.broadcast([view.numel()])?, view),
        None => Ok(()),
    }
}
