//! Attention: aclnnFusedInferAttentionScore where it takes the call, else each sequence in f32 tensors.

use ascend_hal::ops::{Attention, KvSource};
use ascend_hal::{OpKind, Result, TensorView};

use super::attend::{Sequences, Visible, with_one};
use super::fused_attention::{Fused, HALVES, Sees, ends, fit, known, page_fits};
use super::kv_cache::{rows_of, wide};
use super::on_device::{OnDevice, countable_rows};
use super::{Builtin, builtin, dtypes, only};
use crate::context::Context;

pub(super) const KERNELS: &[Builtin] = &[
    builtin!(
        Composed Attention "attention_in_f32" ["aclnnBatchMatMul" "aclnnSWhere" "aclnnLog" "aclnnTanh" "aclnnGather"] dtypes::<Attention>(),
        "in f32 tensors; each sequence for itself where lengths are on the host, else every query against up to as many keys as its table has room for, \
         of up to 2^24 rows", countable => composed
    ),
    builtin!(
        Aclnn Attention "aclnnFusedInferAttentionScore" ["aclnnFusedInferAttentionScoreV3"] HALVES,
        "lengths on the host, no mask, softcap or sinks, everything row-major; heads of 64, 128, 192 with values of 128, or grouped and up to 256; \
         pages of a multiple of 128 tokens up to 1024 (16 for single queries); keys and values that a query does not see are finite", plain => fused
    ),
    builtin!(
        Aclnn Attention "aclnnFusedInferAttentionScore_sinks" ["aclnnFusedInferAttentionScoreV4"] HALVES,
        "the same, with sinks in the type of q and heads of 64 or 128; with lse every query sees a key", with_sinks => fused
    ),
];

fn countable(op: &Attention) -> Result<(), String> {
    countable_rows(&op.q, op.kv.k(), op.kv.table())
}

fn plain(op: &Attention) -> Result<(), String> {
    only(op.sinks.is_none(), "sinks")?;
    takes(op)
}

fn with_sinks(op: &Attention) -> Result<(), String> {
    let sinks = op.sinks.as_ref().ok_or("no sinks")?;
    only(sinks.dtype() == op.q.dtype() && sinks.is_contiguous(), "sinks of another type than q, or with strides")?;
    only([64, 128].contains(&op.kv.v().shape().last_or_one()), "sinks with heads of neither 64 nor 128")?;
    let seen = known(&op.q_lens, &op.kv_lens)?.iter().all(|&(s, l)| s == 0 || (l > 0 && (s <= l || !op.causal)));
    only(seen || op.lse.is_none(), "queries that see nothing but a sink")?;
    takes(op)
}

/// What holds with and without sinks; source: the vendor's tables for the layout TND on A2.
fn takes(op: &Attention) -> Result<(), String> {
    only(op.mask.is_none() && op.softcap.is_none(), "a mask or a softcap")?;
    let (k, v, heads, kv_heads) = (op.kv.k(), op.kv.v(), op.q.dim(1), op.kv.heads());
    let dense = [&op.q, k, v, &*op.out].iter().all(|view| view.is_contiguous());
    only(dense && op.lse.as_ref().is_none_or(|lse| lse.is_contiguous()), "tensors that are not row-major")?;
    let (d, dv) = (op.q.dim(2), v.shape().last_or_one());
    let grouped = heads != kv_heads && d == dv && d <= 256 && d.is_multiple_of(16);
    only(grouped || [(64, 64), (128, 128), (192, 128)].contains(&(d, dv)), "heads of a size that the operator does not take")?;
    only(heads <= 256 && heads / kv_heads <= 64, "too many heads")?;
    let lens = known(&op.q_lens, &op.kv_lens)?;
    match &op.kv {
        KvSource::Packed { .. } => fit(&lens, op.q.dim(0), k.dim(0), false),
        KvSource::Paged { table, .. } => {
            fit(&lens, op.q.dim(0), table.dim(1) * k.dim(1), true)?;
            page_fits(k.dim(1), lens.iter().all(|l| l.0 <= 1) && [64, 128].contains(&d) && d == dv)?;
            only(table.is_contiguous() && kv_heads * d.max(dv) <= 65_535, "a table with strides, or too many heads")
        }
    }
}

fn fused(cx: &Context<'_>, op: &Attention) -> Result<()> {
    let (heads, kv_heads, q_lens) = (op.q.dim(1), op.kv.heads(), ends(&op.q_lens));
    let total = |ends: &[i64]| ends.last().map_or(0, |&end| end as usize);
    let t = total(&q_lens);
    let (k, v, kv_lens, pages) = match &op.kv {
        KvSource::Packed { k, v } => {
            let kv_lens = ends(&op.kv_lens);
            let l = total(&kv_lens);
            (k.narrow(0, 0, l)?, v.narrow(0, 0, l)?, kv_lens, None)
        }
        KvSource::Paged { k, v, table } => {
            let flat = |view: &TensorView| view.reshape([view.dim(0), view.dim(1), view.dim(2) * view.dim(3)]);
            let counts = known(&op.q_lens, &op.kv_lens).unwrap_or_default().into_iter().map(|(_, l)| l).collect();
            (flat(k)?, flat(v)?, counts, Some((table, k.dim(1))))
        }
    };
    let sees = match (op.causal, op.window) {
        (false, _) => Sees::All,
        (true, None) => Sees::Causal,
        (true, Some(window)) => Sees::Window(window),
    };
    let call = Fused {
        layout: c"TND",
        q: op.q.narrow(0, 0, t)?,
        k,
        v,
        rope: None,
        heads,
        kv_heads,
        q_lens,
        kv_lens,
        pages,
        sinks: op.sinks.as_ref(),
        scale: op.scale,
        sees,
        out: op.out.narrow(0, 0, t)?,
        lse: op.lse.as_ref().map(|lse| lse.narrow(0, 0, t)).transpose()?,
    };
    call.run(cx)
}

fn composed(cx: &Context<'_>, op: &Attention) -> Result<()> {
    const OP: OpKind = OpKind::Attention;
    let (Some(q_lens), Some(kv_lens)) = (&op.q_lens.host, &op.kv_lens.host) else { return on_device(cx, op) };
    let queries = op.q_lens.ranges(OP, "q_lens", &wide(q_lens), op.q.dim(0))?;
    let rows = if op.kv.table().is_some() { usize::MAX } else { op.kv.k().dim(0) };
    let keys = op.kv_lens.ranges(OP, "kv_lens", &wide(kv_lens), rows)?;
    for (b, (at, keys)) in queries.into_iter().zip(keys).enumerate().filter(|(_, (at, _))| !at.is_empty()) {
        let part = |view: &TensorView| view.narrow(0, at.start, at.len());
        let one = |view: &TensorView| with_one(&part(view)?, 0);
        let rows = |view: &TensorView| match op.kv.table() {
            Some(table) if !keys.is_empty() => with_one(&rows_of(cx, view, table, b, keys.len())?, 0),
            Some(_) => with_one(&view.select(1, 0)?.narrow(0, 0, 0)?, 0),
            None => with_one(&view.narrow(0, keys.start, keys.len())?, 0),
        };
        let visible = match (&op.mask, op.causal) {
            (Some(mask), _) => Visible::Mask(part(mask)?.narrow(1, 0, keys.len())?),
            (None, true) => Visible::Causal { window: op.window },
            (None, false) => Visible::All,
        };
        let sequence = Sequences {
            parts: vec![(one(&op.q)?, rows(op.kv.k())?)],
            v: rows(op.kv.v())?,
            scale: op.scale,
            softcap: op.softcap,
            sinks: op.sinks.as_ref(),
            visible,
            out: one(&op.out)?,
            lse: op.lse.as_ref().map(|lse| one(lse)).transpose()?,
        };
        sequence.run(cx)?;
    }
    Ok(())
}

fn on_device(cx: &Context<'_>, op: &Attention) -> Result<()> {
    let call = OnDevice {
        q_lens: &op.q_lens,
        kv_lens: &op.kv_lens,
        parts: vec![(op.q.clone(), op.kv.k().clone())],
        v: op.kv.v().clone(),
        table: op.kv.table(),
        scale: op.scale,
        softcap: op.softcap,
        sinks: op.sinks.as_ref(),
        causal: op.causal && op.mask.is_none(),
        window: op.window,
        mask: op.mask.as_ref(),
        out: &op.out,
        lse: op.lse.as_deref(),
    };
    call.run(cx)
}
