//! CPU kernels of [`MlaDecode`] and [`MlaPrefill`].

use ascend_hal::ops::{MlaDecode, MlaPrefill};
use ascend_hal::{DType, OpKind, Result, bf16, f16, host::HostAccess};

use super::attention::present;
use crate::context::Context;
use crate::flash::{Flash, Part, Sees};
use crate::simd::Lane;

pub(super) fn mla_decode(cx: &Context<'_>, op: &MlaDecode) -> Result<()> {
    match op.q_latent.dtype() {
        DType::F16 => decode::<f16>(cx, op),
        DType::BF16 => decode::<bf16>(cx, op),
        _ => decode::<f32>(cx, op),
    }
}

pub(super) fn mla_prefill(cx: &Context<'_>, op: &MlaPrefill) -> Result<()> {
    match op.q_nope.dtype() {
        DType::F16 => prefill::<f16>(cx, op),
        DType::BF16 => prefill::<bf16>(cx, op),
        _ => prefill::<f32>(cx, op),
    }
}

fn decode<T: Lane>(cx: &Context<'_>, op: &MlaDecode) -> Result<()> {
    let inputs = [
        ("q_latent", &op.q_latent),
        ("q_rope", &op.q_rope),
        ("latent_cache", &op.latent_cache),
        ("rope_cache", &op.rope_cache),
        ("table", &op.table),
        ("q_lens", &op.q_lens.cumulative),
        ("kv_lens", &op.kv_lens.cumulative),
    ];
    let outputs = [("out", Some(&op.out)), ("lse", op.lse.as_ref())];
    let access = HostAccess::lock(OpKind::MlaDecode, inputs, outputs.into_iter().filter_map(present))?;
    let sequences = op.sequences(|view| access.read_i64(view))?;
    let (q_latent, q_rope) = (access.read::<T>(&op.q_latent)?, access.read::<T>(&op.q_rope)?);
    let (latent, rope) = (access.read::<T>(&op.latent_cache)?, access.read::<T>(&op.rope_cache)?);
    let mut out = access.write::<T>(&op.out)?;
    let mut lse = op.lse.as_ref().map(|l| access.write::<f32>(l)).transpose()?;

    let heads = op.q_latent.dim(1);
    let (c, r) = (op.q_latent.dim(2), op.q_rope.dim(2));
    // One latent head for all query heads; a key is its latent and its rope part, a value the latent.
    let latent = Part { data: &latent, heads: 1, width: c };
    let flash = Flash {
        q: [Part { data: &q_latent, heads, width: c }, Part { data: &q_rope, heads, width: r }],
        k: [latent, Part { data: &rope, heads: 1, width: r }],
        v: latent,
        sequences: &sequences,
        heads,
        groups: 1,
        scale: op.scale,
        softcap: None,
        sinks: None,
        sees: Sees::Causal { window: None },
    };
    flash.run(cx, &mut out, lse.as_deref_mut())
}

fn prefill<T: Lane>(cx: &Context<'_>, op: &MlaPrefill) -> Result<()> {
    let inputs = [
        ("q_nope", &op.q_nope),
        ("q_rope", &op.q_rope),
        ("k_nope", &op.k_nope),
        ("k_rope", &op.k_rope),
        ("v", &op.v),
        ("q_lens", &op.q_lens.cumulative),
        ("kv_lens", &op.kv_lens.cumulative),
    ];
    let outputs = [("out", Some(&op.out)), ("lse", op.lse.as_ref())];
    let access = HostAccess::lock(OpKind::MlaPrefill, inputs, outputs.into_iter().filter_map(present))?;
    let sequences = op.sequences(|view| access.read_i64(view))?;
    let (q_nope, q_rope) = (access.read::<T>(&op.q_nope)?, access.read::<T>(&op.q_rope)?);
    let (k_nope, k_rope, v) = (access.read::<T>(&op.k_nope)?, access.read::<T>(&op.k_rope)?, access.read::<T>(&op.v)?);
    let mut out = access.write::<T>(&op.out)?;
    let mut lse = op.lse.as_ref().map(|l| access.write::<f32>(l)).transpose()?;

    let heads = op.q_nope.dim(1);
    let (nope, rope, dv) = (op.q_nope.dim(2), op.q_rope.dim(2), op.v.dim(2));
    // Each head with keys and values of its own, and a rope part that all share.
    let flash = Flash {
        q: [Part { data: &q_nope, heads, width: nope }, Part { data: &q_rope, heads, width: rope }],
        k: [Part { data: &k_nope, heads, width: nope }, Part { data: &k_rope, heads: 1, width: rope }],
        v: Part { data: &v, heads, width: dv },
        sequences: &sequences,
        heads,
        groups: heads,
        scale: op.scale,
        softcap: None,
        sinks: None,
        sees: if op.causal { Sees::Causal { window: None } } else { Sees::All },
    };
    flash.run(cx, &mut out, lse.as_deref_mut())
}
