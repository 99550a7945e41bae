//! CPU kernels of [`MlaDecode`] and [`MlaPrefill`].

use std::ops::Range;

use ascend_hal::ops::{KeyRows, MlaDecode, MlaPrefill};
use ascend_hal::{DType, Float, OpKind, Result, bf16, f16, host::HostAccess};

use super::attention::present;
use crate::context::Context;
use crate::flash::{Flash, Sees, Source, widen};

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

fn decode<T: Float>(cx: &Context<'_>, op: &MlaDecode) -> Result<()> {
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
    let widths = (op.q_latent.dim(2), op.q_rope.dim(2));
    let source = Latents { q_latent: &q_latent, q_rope: &q_rope, latent: &latent, rope: &rope, heads, widths, rows: &sequences.keys };
    let flash = Flash {
        source,
        sequences: &sequences,
        heads,
        groups: 1,
        d: widths.0 + widths.1,
        dv: widths.0,
        scale: op.scale,
        softcap: None,
        sinks: None,
        sees: Sees::Causal { window: None },
    };
    flash.run(cx, &mut out, lse.as_deref_mut())
}

/// One latent head for all query heads; a key is its latent and its rope part, a value the latent.
struct Latents<'a, T> {
    q_latent: &'a [T],
    q_rope: &'a [T],
    latent: &'a [T],
    rope: &'a [T],
    heads: usize,
    widths: (usize, usize),
    rows: &'a KeyRows,
}

impl<T: Float> Source for Latents<'_, T> {
    fn query(&self, t: usize, head: usize, q: &mut [f32]) {
        join((self.q_latent, t * self.heads + head), (self.q_rope, t * self.heads + head), self.widths, q);
    }

    fn keys(&self, b: usize, _: usize, keys: Range<usize>, k: &mut [f32], v: &mut [f32]) {
        let (c, r) = self.widths;
        for ((j, k), v) in keys.zip(k.chunks_exact_mut(c + r)).zip(v.chunks_exact_mut(c)) {
            let row = self.rows.row(b, j);
            join((self.latent, row), (self.rope, row), self.widths, k);
            v.copy_from_slice(&k[..c]);
        }
    }
}

fn prefill<T: Float>(cx: &Context<'_>, op: &MlaPrefill) -> Result<()> {
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
    let (widths, dv) = ((op.q_nope.dim(2), op.q_rope.dim(2)), op.v.dim(2));
    let source =
        TwoParts { q_nope: &q_nope, q_rope: &q_rope, k_nope: &k_nope, k_rope: &k_rope, v: &v, heads, widths, dv, rows: &sequences.keys };
    let flash = Flash {
        source,
        sequences: &sequences,
        heads,
        groups: heads,
        d: widths.0 + widths.1,
        dv,
        scale: op.scale,
        softcap: None,
        sinks: None,
        sees: if op.causal { Sees::Causal { window: None } } else { Sees::All },
    };
    flash.run(cx, &mut out, lse.as_deref_mut())
}

/// Each head with keys and values of its own, and a rope part that all share.
struct TwoParts<'a, T> {
    q_nope: &'a [T],
    q_rope: &'a [T],
    k_nope: &'a [T],
    k_rope: &'a [T],
    v: &'a [T],
    heads: usize,
    widths: (usize, usize),
    dv: usize,
    rows: &'a KeyRows,
}

impl<T: Float> Source for TwoParts<'_, T> {
    fn query(&self, t: usize, head: usize, q: &mut [f32]) {
        join((self.q_nope, t * self.heads + head), (self.q_rope, t * self.heads + head), self.widths, q);
    }

    fn keys(&self, b: usize, head: usize, keys: Range<usize>, k: &mut [f32], v: &mut [f32]) {
        for ((j, k), v) in keys.zip(k.chunks_exact_mut(self.widths.0 + self.widths.1)).zip(v.chunks_exact_mut(self.dv)) {
            let row = self.rows.row(b, j);
            join((self.k_nope, row * self.heads + head), (self.k_rope, row), self.widths, k);
            widen(&self.v[(row * self.heads + head) * self.dv..][..self.dv], v);
        }
    }
}

/// Row `a.1` of `a.0` and row `b.1` of `b.0`, one after the other.
fn join<T: Float>(a: (&[T], usize), b: (&[T], usize), widths: (usize, usize), to: &mut [f32]) {
    let (first, second) = to.split_at_mut(widths.0);
    widen(&a.0[a.1 * widths.0..][..widths.0], first);
    widen(&b.0[b.1 * widths.1..][..widths.1], second);
}
