//! Attention, sequence by sequence in f32 tensors: batched products around a softmax whose steps are those of the contract.

use ascend_hal::ops::{Attention, KvSource};
use ascend_hal::{DType, Result, TensorView};

use super::{Builtin, builtin, dtypes, only, pages};
use crate::context::Context;
use crate::raw::operators::*;
use crate::raw::{Scalar, number};

pub(super) const KERNELS: &[Builtin] = &[builtin!(
    Composed Attention "attention_in_f32" ["aclnnBatchMatMul" "aclnnAmax" "aclnnExp" "aclnnLog" "aclnnSWhere"] dtypes::<Attention>(),
    "in f32 tensors, a sequence at a time; pages that follow one another; lengths are read back where they are not on the host", covers => run
)];

fn covers(op: &Attention) -> Result<(), String> {
    only(op.kv.table().is_none() || op.kv.k().is_contiguous() && op.kv.v().is_contiguous(), "a cache is not row-major")
}

fn run(cx: &Context<'_>, op: &Attention) -> Result<()> {
    let (queries, keys) = (cx.lengths(&op.q_lens)?, cx.lengths(&op.kv_lens)?);
    for (b, (q, k)) in queries.windows(2).zip(keys.windows(2)).enumerate() {
        let (first, s, l) = (q[0], q[1] - q[0], k[1] - k[0]);
        if s == 0 {
            continue;
        }
        let rows = |view: &TensorView| match &op.kv {
            _ if l == 0 => cx.temp(view.dtype(), [0, view.dim(view.rank() - 2), view.dim(view.rank() - 1)]),
            KvSource::Packed { .. } => view.narrow(0, k[0], l),
            KvSource::Paged { table, .. } => pages::rows(cx, view, table, b, l),
        };
        let part = Part {
            q: op.q.narrow(0, first, s)?,
            k: rows(op.kv.k())?,
            v: rows(op.kv.v())?,
            scale: op.scale,
            softcap: op.softcap,
            sinks: op.sinks.as_ref(),
            visible: visible(cx, op, first, s, l)?,
            out: op.out.narrow(0, first, s)?,
            lse: op.lse.as_ref().map(|lse| lse.narrow(0, first, s)).transpose()?,
        };
        part.run(cx)?;
    }
    Ok(())
}

/// Which of `l` keys each of `s` queries sees, bool `[s, l]`; none when each sees all.
fn visible(cx: &Context<'_>, op: &Attention, first: usize, s: usize, l: usize) -> Result<Option<TensorView>> {
    if l == 0 {
        return Ok(None);
    }
    if let Some(mask) = &op.mask {
        let (mask, out) = (mask.narrow(0, first, s)?.narrow(1, 0, l)?.reinterpret(DType::U8)?, cx.temp(DType::Bool, [s, l])?);
        aclnnGtScalar(cx.queue(), &mask, Scalar::I64(0), &out)?;
        return Ok(Some(out));
    }
    if op.causal { causal(cx, s, l, op.window).map(Some) } else { Ok(None) }
}

/// Keys up to a query's own place, of which the last is the last key's; with a window, no more than so many.
pub(super) fn causal(cx: &Context<'_>, s: usize, l: usize, window: Option<usize>) -> Result<TensorView> {
    let q = cx.queue();
    let line = |n: usize| cx.to(&cx.iota(n)?, DType::F32);
    let (places, behind) = (line(s)?, cx.temp(DType::F32, [s, l])?);
    cx.adds(&places, l as f32 - s as f32, &places)?;
    cx.sub(&places.reshape([s, 1])?, &line(l)?.reshape([1, l])?, &behind)?;
    let flags = || cx.temp(DType::Bool, [s, l]);
    let seen = flags()?;
    aclnnGeScalar(q, &behind, Scalar::F32(0.), &seen)?;
    let Some(window) = window else { return Ok(seen) };
    let (near, both) = (flags()?, flags()?);
    aclnnLtScalar(q, &behind, Scalar::F32(window as f32), &near)?;
    aclnnBitwiseAndTensor(q, &seen, &near, &both)?;
    Ok(both)
}

/// One sequence.
pub(super) struct Part<'a> {
    /// `[S, Hq, D]`.
    pub(super) q: TensorView,
    /// `[L, Hkv, D]`, `[L, Hkv, Dv]`.
    pub(super) k: TensorView,
    pub(super) v: TensorView,
    pub(super) scale: f32,
    pub(super) softcap: Option<f32>,
    /// `[Hq]`.
    pub(super) sinks: Option<&'a TensorView>,
    /// bool `[S, L]`; none: everything.
    pub(super) visible: Option<TensorView>,
    /// `[S, Hq, Dv]`.
    pub(super) out: TensorView,
    /// `[S, Hq]`.
    pub(super) lse: Option<TensorView>,
}

impl Part<'_> {
    pub(super) fn run(&self, cx: &Context<'_>) -> Result<()> {
        let q = cx.queue();
        let (s, hq, d) = (self.q.dim(0), self.q.dim(1), self.q.dim(2));
        let (l, hkv, dv) = (self.k.dim(0), self.k.dim(1), self.v.dim(2));
        let group = hq / hkv;
        let sinks = self.sinks.map(|sinks| cx.to(sinks, DType::F32)?.reshape([hkv, group, 1, 1])).transpose()?;
        if l == 0 {
            cx.put(&cx.number(0.)?.broadcast([s, hq, dv])?, &self.out)?;
            let Some(lse) = &self.lse else { return Ok(()) };
            return match &sinks {
                Some(sinks) => cx.put(&sinks.reshape([1, hq])?.broadcast([s, hq])?, lse),
                None => cx.put(&cx.number(f32::NEG_INFINITY)?.broadcast([s, hq])?, lse),
            };
        }
        // Heads that share keys stand together: [Hkv, group * S, D] @ [Hkv, D, L].
        let grouped = |view: &TensorView, width: usize| -> Result<TensorView> {
            let heads = cx.dense(view)?.reshape([s, hkv, group, width])?.transpose(0, 1)?.transpose(1, 2)?;
            cx.to(&heads, DType::F32)?.reshape([hkv, group * s, width])
        };
        let queries = grouped(&self.q, d)?;
        let keys = cx.to(&self.k.transpose(0, 1)?.transpose(1, 2)?, DType::F32)?;
        let values = cx.to(&self.v.transpose(0, 1)?, DType::F32)?;
        let scores = cx.temp(DType::F32, [hkv, group * s, l])?;
        aclnnBatchMatMul(q, &queries, &keys, &scores, 0)?;
        cx.muls(&scores, self.scale, &scores)?;
        if let Some(cap) = self.softcap {
            cx.muls(&scores, 1. / cap, &scores)?;
            aclnnTanh(q, &scores, &scores)?;
            cx.muls(&scores, cap, &scores)?;
        }
        let mut scores = scores.reshape([hkv, group, s, l])?;
        let seen = self.visible.as_ref().map(|visible| visible.reshape([1, 1, s, l])).transpose()?;
        if let Some(seen) = &seen {
            let masked = cx.temp(DType::F32, [hkv, group, s, l])?;
            aclnnSWhere(q, seen, &scores, &cx.number(f32::NEG_INFINITY)?, &masked)?;
            scores = masked;
        }
        let rows = |dtype| cx.temp(dtype, [hkv, group, s, 1]);
        let mut largest = rows(DType::F32)?;
        aclnnAmax(q, &scores, &[-1], true, &largest)?;
        if let Some(sinks) = &sinks {
            let with_sink = rows(DType::F32)?;
            aclnnMaximum(q, &largest, sinks, &with_sink)?;
            largest = with_sink;
        }
        // In a row of nothing but -inf every difference would be NaN.
        let (nothing, base) = (rows(DType::Bool)?, rows(DType::F32)?);
        aclnnLtScalar(q, &largest, Scalar::F32(f32::MIN), &nothing)?;
        aclnnSWhere(q, &nothing, &cx.number(0.)?, &largest, &base)?;
        cx.sub(&scores, &base, &scores)?;
        aclnnExp(q, &scores, &scores)?;
        let sum = rows(DType::F32)?;
        aclnnReduceSum(q, &scores, &[-1], true, number(DType::F32), &sum)?;
        if let Some(sinks) = &sinks {
            let own = rows(DType::F32)?;
            cx.sub(sinks, &base, &own)?;
            aclnnExp(q, &own, &own)?;
            cx.add(&sum, &own, &sum)?;
        }
        let out = self.weighted(cx, &scores, &values, seen.as_ref())?;
        let (scaled, kept) = (cx.temp(DType::F32, [hkv, group, s, dv])?, cx.temp(DType::F32, [hkv, group, s, dv])?);
        aclnnDiv(q, &out, &sum, &scaled)?;
        aclnnSWhere(q, &nothing, &cx.number(0.)?, &scaled, &kept)?;
        let by_rows = |view: &TensorView| view.transpose(1, 2)?.transpose(0, 1);
        let back = cx.to(&by_rows(&kept)?, DType::F32)?;
        cx.put(&back.reshape([s, hq, dv])?, &self.out)?;
        if let Some(lse) = &self.lse {
            let log = rows(DType::F32)?;
            aclnnLog(q, &sum, &log)?;
            cx.add(&log, &base, &log)?;
            cx.put(&cx.to(&by_rows(&log)?, DType::F32)?.reshape([s, hq])?, lse)?;
        }
        Ok(())
    }

    /// `weights @ values`; a value that is not finite reaches the rows that see its key, and no others.
    fn weighted(&self, cx: &Context<'_>, weights: &TensorView, values: &TensorView, seen: Option<&TensorView>) -> Result<TensorView> {
        let q = cx.queue();
        let (hkv, group, s, l, dv) = (weights.dim(0), weights.dim(1), weights.dim(2), weights.dim(3), values.dim(2));
        let product = |a: &TensorView, b: &TensorView| -> Result<TensorView> {
            let y = cx.temp(DType::F32, [hkv, group * s, dv])?;
            aclnnBatchMatMul(q, &a.reshape([hkv, group * s, l])?, b, &y, 0)?;
            y.reshape([hkv, group, s, dv])
        };
        let Some(seen) = seen else { return product(weights, values) };
        // 0 * NaN is NaN: the values of keys that are not seen have to be left out, and what is seen of NaN is counted apart.
        let (finite, usual) = (cx.temp(DType::Bool, *values.shape())?, cx.temp(DType::F32, *values.shape())?);
        aclnnIsFinite(q, values, &finite)?;
        aclnnSWhere(q, &finite, values, &cx.number(0.)?, &usual)?;
        let unusual = cx.to(&finite, DType::F32)?;
        cx.muls(&unusual, -1., &unusual)?;
        cx.adds(&unusual, 1., &unusual)?;
        let seen = cx.to(&cx.to(seen, DType::F32)?.broadcast([hkv, group, s, l])?, DType::F32)?;
        let (out, found) = (product(weights, &usual)?, product(&seen, &unusual)?);
        let (wrong, merged) = (cx.temp(DType::Bool, *out.shape())?, cx.temp(DType::F32, *out.shape())?);
        aclnnGtScalar(q, &found, Scalar::F32(0.5), &wrong)?;
        aclnnSWhere(q, &wrong, &cx.number(f32::NAN)?, &out, &merged)?;
        Ok(merged)
    }
}
