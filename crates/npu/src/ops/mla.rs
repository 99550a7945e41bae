//! Multi-head latent attention: aclnnFusedInferAttentionScore with the rope parts apart where it takes the call, else each sequence in f32 tensors.

use ascend_hal::ops::{MlaDecode, MlaPrefill};
use ascend_hal::{OpKind, Result, TensorView};

use super::attend::{Sequences, Visible, with_one};
use super::fused_attention::{Fused, HALVES, Sees, ends, fit, known, page_fits};
use super::kv_cache::{rows_of, wide};
use super::on_device::{OnDevice, countable_rows};
use super::{Builtin, builtin, dtypes, only};
use crate::context::Context;

pub(super) const KERNELS: &[Builtin] = &[
    builtin!(
        Composed MlaDecode "mla_decode_in_f32" ["aclnnBatchMatMul" "aclnnSWhere" "aclnnLog"] dtypes::<MlaDecode>(),
        "in f32 tensors; each sequence for itself where lengths are on the host, else every query against up to as many keys as its table has room for, \
         of up to 2^24 rows", decode_countable => decode
    ),
    builtin!(
        Aclnn MlaDecode "aclnnFusedInferAttentionScore" ["aclnnFusedInferAttentionScoreV3"] HALVES,
        "lengths on the host, latents of 512 and rope parts of 64, 1, 2, 4 .. 128 heads, up to 16 queries a sequence (as many of each with lse), \
         pages of a multiple of 16 tokens up to 1024, everything row-major; latents that a query does not see are finite", decode_fits => decode_fused
    ),
    builtin!(
        Composed MlaPrefill "mla_prefill_in_f32" ["aclnnBatchMatMul" "aclnnSWhere" "aclnnLog"] dtypes::<MlaPrefill>(),
        "in f32 tensors; each sequence for itself where lengths are on the host, else all against all, of up to 2^24 rows",
        prefill_countable => prefill
    ),
    builtin!(
        Aclnn MlaPrefill "aclnnFusedInferAttentionScore" ["aclnnFusedInferAttentionScoreV3"] HALVES,
        "lengths on the host, heads of 128 with rope parts of 64 and values of 128, everything row-major; keys and values that a query does not see are finite",
        prefill_fits => prefill_fused
    ),
];

fn decode_countable(op: &MlaDecode) -> Result<(), String> {
    countable_rows(&op.q_latent, &op.latent_cache, Some(&op.table))
}

fn prefill_countable(op: &MlaPrefill) -> Result<(), String> {
    countable_rows(&op.q_nope, &op.k_nope, None)
}

fn row_major<'a>(views: impl IntoIterator<Item = &'a TensorView>) -> Result<(), String> {
    only(views.into_iter().all(TensorView::is_contiguous), "tensors that are not row-major")
}

fn decode_fits(op: &MlaDecode) -> Result<(), String> {
    let (heads, page) = (op.q_latent.dim(1), op.latent_cache.dim(1));
    only(op.q_latent.dim(2) == 512 && op.q_rope.dim(2) == 64, "latents of another size than 512, or rope parts than 64")?;
    only(heads.is_power_of_two() && heads <= 128, "a number of heads that is not 1, 2, 4 .. 128")?;
    row_major([&op.q_latent, &op.q_rope, &op.latent_cache, &op.rope_cache, &op.table, &*op.out])?;
    page_fits(page, true)?;
    let lens = known(&op.q_lens, &op.kv_lens)?;
    fit(&lens, op.q_latent.dim(0), op.table.dim(1) * page, true)?;
    only(lens.iter().all(|l| l.0 <= 16), "more than 16 queries of one sequence")?;
    // The packed layout has no lse for heads of 512; the other one has as many queries of each sequence.
    let even = lens.iter().all(|l| l.0 == lens[0].0);
    only(op.lse.as_ref().is_none_or(|lse| even && lse.is_contiguous()), "lse of sequences with different numbers of queries")
}

fn decode_fused(cx: &Context<'_>, op: &MlaDecode) -> Result<()> {
    let lens = known(&op.q_lens, &op.kv_lens).unwrap_or_default();
    let (b, s, heads) = (lens.len(), lens.first().map_or(0, |l| l.0 as usize), op.q_latent.dim(1));
    let q_lens = ends(&op.q_lens);
    let t = q_lens.last().map_or(0, |&end| end as usize);
    let batched = op.lse.is_some();
    let rows = |view: &TensorView| {
        let rows = view.narrow(0, 0, t)?;
        if batched { rows.reshape([b, s, heads, view.dim(2)]) } else { Ok(rows) }
    };
    let turned = |lse: &TensorView| lse.narrow(0, 0, t)?.reshape([b, s, heads])?.transpose(1, 2);
    let lse = op.lse.as_ref().map(|lse| turned(lse)).transpose()?;
    let call = Fused {
        layout: if batched { c"BSND" } else { c"TND" },
        q: rows(&op.q_latent)?,
        k: op.latent_cache.clone(),
        v: op.latent_cache.clone(),
        rope: Some((rows(&op.q_rope)?, op.rope_cache.clone())),
        heads,
        kv_heads: 1,
        q_lens: if batched { lens.iter().map(|l| l.0).collect() } else { q_lens },
        kv_lens: lens.iter().map(|l| l.1).collect(),
        pages: Some((&op.table, op.latent_cache.dim(1))),
        sinks: None,
        scale: op.scale,
        // A single query is the last one, which sees every key.
        sees: if lens.iter().all(|l| l.0 <= 1) { Sees::All } else { Sees::Causal },
        out: rows(&op.out)?,
        lse,
    };
    call.run(cx)
}

fn prefill_fits(op: &MlaPrefill) -> Result<(), String> {
    let widths = (op.q_nope.dim(2), op.q_rope.dim(2), op.v.dim(2));
    only(widths == (128, 64, 128), "heads of other sizes than 128, 64 and 128")?;
    only(op.q_nope.dim(1) <= 256, "more than 256 heads")?;
    row_major([&op.q_nope, &op.q_rope, &op.k_nope, &op.v, &*op.out])?;
    only(op.lse.as_ref().is_none_or(|lse| lse.is_contiguous()), "lse with strides")?;
    fit(&known(&op.q_lens, &op.kv_lens)?, op.q_nope.dim(0), op.k_nope.dim(0), false)
}

fn prefill_fused(cx: &Context<'_>, op: &MlaPrefill) -> Result<()> {
    let (q_lens, kv_lens, heads, r) = (ends(&op.q_lens), ends(&op.kv_lens), op.q_nope.dim(1), op.k_rope.dim(1));
    let total = |ends: &[i64]| ends.last().map_or(0, |&end| end as usize);
    let (t, l) = (total(&q_lens), total(&kv_lens));
    // The operator has a rope part for each head of keys.
    let shared = op.k_rope.narrow(0, 0, l)?;
    let strides = shared.layout().strides();
    let each = ascend_hal::Layout::strided([l, heads, r], [strides[0], 0, strides[1]], shared.layout().offset())?;
    let k_rope = cx.to(&TensorView::new(shared.buffer().clone(), shared.dtype(), each)?, shared.dtype())?;
    let call = Fused {
        layout: c"TND",
        q: op.q_nope.narrow(0, 0, t)?,
        k: op.k_nope.narrow(0, 0, l)?,
        v: op.v.narrow(0, 0, l)?,
        rope: Some((op.q_rope.narrow(0, 0, t)?, k_rope)),
        heads,
        kv_heads: heads,
        q_lens,
        kv_lens,
        pages: None,
        sinks: None,
        scale: op.scale,
        sees: if op.causal { Sees::Causal } else { Sees::All },
        out: op.out.narrow(0, 0, t)?,
        lse: op.lse.as_ref().map(|lse| lse.narrow(0, 0, t)).transpose()?,
    };
    call.run(cx)
}

fn decode(cx: &Context<'_>, op: &MlaDecode) -> Result<()> {
    const OP: OpKind = OpKind::MlaDecode;
    let (Some(q_lens), Some(kv_lens)) = (&op.q_lens.host, &op.kv_lens.host) else { return decode_on_device(cx, op) };
    let queries = op.q_lens.ranges(OP, "q_lens", &wide(q_lens), op.q_latent.dim(0))?;
    let keys = op.kv_lens.ranges(OP, "kv_lens", &wide(kv_lens), usize::MAX)?;
    for (b, (at, keys)) in queries.into_iter().zip(keys).enumerate().filter(|(_, (at, _))| !at.is_empty()) {
        let one = |view: &TensorView| with_one(&view.narrow(0, at.start, at.len())?, 0);
        let rows = |cache: &TensorView| {
            let rows = if keys.is_empty() { cache.select(1, 0)?.narrow(0, 0, 0)? } else { rows_of(cx, cache, &op.table, b, keys.len())? };
            with_one(&with_one(&rows, 1)?, 0)
        };
        let (latent, rope) = (rows(&op.latent_cache)?, rows(&op.rope_cache)?);
        let sequence = Sequences {
            parts: vec![(one(&op.q_latent)?, latent.clone()), (one(&op.q_rope)?, rope)],
            v: latent,
            scale: op.scale,
            softcap: None,
            sinks: None,
            visible: Visible::Causal { window: None },
            out: one(&op.out)?,
            lse: op.lse.as_ref().map(|lse| one(lse)).transpose()?,
        };
        sequence.run(cx)?;
    }
    Ok(())
}

fn decode_on_device(cx: &Context<'_>, op: &MlaDecode) -> Result<()> {
    // All heads share the keys: they are those of one head.
    let (latent, rope) = (with_one(&op.latent_cache, 2)?, with_one(&op.rope_cache, 2)?);
    let call = OnDevice {
        q_lens: &op.q_lens,
        kv_lens: &op.kv_lens,
        parts: vec![(op.q_latent.clone(), latent.clone()), (op.q_rope.clone(), rope)],
        v: latent,
        table: Some(&op.table),
        scale: op.scale,
        softcap: None,
        sinks: None,
        causal: true,
        window: None,
        mask: None,
        out: &op.out,
        lse: op.lse.as_deref(),
    };
    call.run(cx)
}

fn prefill(cx: &Context<'_>, op: &MlaPrefill) -> Result<()> {
    const OP: OpKind = OpKind::MlaPrefill;
    let (Some(q_lens), Some(kv_lens)) = (&op.q_lens.host, &op.kv_lens.host) else { return prefill_on_device(cx, op) };
    let queries = op.q_lens.ranges(OP, "q_lens", &wide(q_lens), op.q_nope.dim(0))?;
    let keys = op.kv_lens.ranges(OP, "kv_lens", &wide(kv_lens), op.k_nope.dim(0))?;
    for (at, keys) in queries.into_iter().zip(keys).filter(|(at, _)| !at.is_empty()) {
        let one = |view: &TensorView| with_one(&view.narrow(0, at.start, at.len())?, 0);
        let rows = |view: &TensorView| with_one(&view.narrow(0, keys.start, keys.len())?, 0);
        let sequence = Sequences {
            parts: vec![(one(&op.q_nope)?, rows(&op.k_nope)?), (one(&op.q_rope)?, with_one(&rows(&op.k_rope)?, 2)?)],
            v: rows(&op.v)?,
            scale: op.scale,
            softcap: None,
            sinks: None,
            visible: if op.causal { Visible::Causal { window: None } } else { Visible::All },
            out: one(&op.out)?,
            lse: op.lse.as_ref().map(|lse| one(lse)).transpose()?,
        };
        sequence.run(cx)?;
    }
    Ok(())
}

fn prefill_on_device(cx: &Context<'_>, op: &MlaPrefill) -> Result<()> {
    let call = OnDevice {
        q_lens: &op.q_lens,
        kv_lens: &op.kv_lens,
        parts: vec![(op.q_nope.clone(), op.k_nope.clone()), (op.q_rope.clone(), with_one(&op.k_rope, 1)?)],
        v: op.v.clone(),
        table: None,
        scale: op.scale,
        softcap: None,
        sinks: None,
        causal: op.causal,
        window: None,
        mask: None,
        out: &op.out,
        lse: op.lse.as_deref(),
    };
    call.run(cx)
}
