//! Multi-head latent attention: attention on keys put together of their two parts.

use ascend_hal::ops::{MlaDecode, MlaPrefill};
use ascend_hal::{DType, Result, TensorView};

use super::attention::{Part, causal};
use super::{Builtin, all, builtin, dtypes, only, pages};
use crate::context::Context;

pub(super) const KERNELS: &[Builtin] = &[
    builtin!(
        Composed MlaDecode "mla_decode_in_f32" ["aclnnBatchMatMul" "aclnnAmax" "aclnnExp" "aclnnLog" "aclnnSWhere"] dtypes::<MlaDecode>(),
        "in f32 tensors, a sequence at a time; pages that follow one another; lengths are read back where they are not on the host",
        row_major => decode
    ),
    builtin!(
        Composed MlaPrefill "mla_prefill_in_f32" ["aclnnBatchMatMul" "aclnnAmax" "aclnnExp" "aclnnLog" "aclnnSWhere"] dtypes::<MlaPrefill>(),
        "in f32 tensors, a sequence at a time; lengths are read back where they are not on the host", all => prefill
    ),
];

fn row_major(op: &MlaDecode) -> Result<(), String> {
    only(op.latent_cache.is_contiguous() && op.rope_cache.is_contiguous(), "a cache is not row-major")
}

/// Two parts of `[rows, heads, ..]` side by side, in f32.
fn joined(cx: &Context<'_>, a: &TensorView, b: &TensorView) -> Result<TensorView> {
    let (rows, heads, first, second) = (a.dim(0), a.dim(1), a.dim(2), b.dim(2));
    let out = cx.temp(DType::F32, [rows, heads, first + second])?;
    if out.numel() > 0 {
        cx.put(a, &out.narrow(2, 0, first)?)?;
        cx.put(&b.broadcast([rows, heads, second])?, &out.narrow(2, first, second)?)?;
    }
    Ok(out)
}

fn decode(cx: &Context<'_>, op: &MlaDecode) -> Result<()> {
    let (queries, keys) = (cx.lengths(&op.q_lens)?, cx.lengths(&op.kv_lens)?);
    for (b, (q, k)) in queries.windows(2).zip(keys.windows(2)).enumerate() {
        let (first, s, l) = (q[0], q[1] - q[0], k[1] - k[0]);
        if s == 0 {
            continue;
        }
        // One key head for all query heads.
        let rows = |cache: &TensorView| -> Result<TensorView> {
            let width = cache.dim(2);
            let found = if l == 0 { cx.temp(cache.dtype(), [0, width])? } else { pages::rows(cx, cache, &op.table, b, l)? };
            found.reshape([l, 1, width])
        };
        let (latent, rope) = (rows(&op.latent_cache)?, rows(&op.rope_cache)?);
        let part = Part {
            q: joined(cx, &op.q_latent.narrow(0, first, s)?, &op.q_rope.narrow(0, first, s)?)?,
            k: joined(cx, &latent, &rope)?,
            v: latent,
            scale: op.scale,
            softcap: None,
            sinks: None,
            visible: if l == 0 { None } else { Some(causal(cx, s, l, None)?) },
            out: op.out.narrow(0, first, s)?,
            lse: op.lse.as_ref().map(|lse| lse.narrow(0, first, s)).transpose()?,
        };
        part.run(cx)?;
    }
    Ok(())
}

fn prefill(cx: &Context<'_>, op: &MlaPrefill) -> Result<()> {
    let (queries, keys) = (cx.lengths(&op.q_lens)?, cx.lengths(&op.kv_lens)?);
    for (q, k) in queries.windows(2).zip(keys.windows(2)) {
        let (first, s, start, l) = (q[0], q[1] - q[0], k[0], k[1] - k[0]);
        if s == 0 {
            continue;
        }
        let rope = op.k_rope.narrow(0, start, l)?;
        let shared = {
            let (shape, strides) = ([l, 1, rope.dim(1)], [rope.layout().strides()[0], 0, rope.layout().strides()[1]]);
            let layout = ascend_hal::Layout::strided(shape, strides, rope.layout().offset())?;
            TensorView::new(rope.buffer().clone(), rope.dtype(), layout)?
        };
        let part = Part {
            q: joined(cx, &op.q_nope.narrow(0, first, s)?, &op.q_rope.narrow(0, first, s)?)?,
            k: joined(cx, &op.k_nope.narrow(0, start, l)?, &shared)?,
            v: op.v.narrow(0, start, l)?,
            scale: op.scale,
            softcap: None,
            sinks: None,
            visible: if l > 0 && op.causal { Some(causal(cx, s, l, None)?) } else { None },
            out: op.out.narrow(0, first, s)?,
            lse: op.lse.as_ref().map(|lse| lse.narrow(0, first, s)).transpose()?,
        };
        part.run(cx)?;
    }
    Ok(())
}
