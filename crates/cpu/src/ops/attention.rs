//! CPU kernel of [`Attention`].

use std::ops::Range;

use ascend_hal::ops::{Attention, KeyRows};
use ascend_hal::{DType, Float, OpKind, Result, bf16, f16, host::HostAccess};

use crate::context::Context;
use crate::flash::{Flash, Sees, Source, widen};

pub(super) fn attention(cx: &Context<'_>, op: &Attention) -> Result<()> {
    match op.q.dtype() {
        DType::F16 => run::<f16>(cx, op),
        DType::BF16 => run::<bf16>(cx, op),
        _ => run::<f32>(cx, op),
    }
}

fn run<T: Float>(cx: &Context<'_>, op: &Attention) -> Result<()> {
    let lengths = [("q_lens", &op.q_lens.cumulative), ("kv_lens", &op.kv_lens.cumulative)];
    let tensors = [("q", &op.q), ("k", op.kv.k()), ("v", op.kv.v())];
    let optional = [("table", op.kv.table()), ("mask", op.mask.as_ref()), ("sinks", op.sinks.as_ref())];
    let inputs = tensors.into_iter().chain(lengths).chain(optional.into_iter().filter_map(present));
    let access =
        HostAccess::lock(OpKind::Attention, inputs, [("out", Some(&op.out)), ("lse", op.lse.as_ref())].into_iter().filter_map(present))?;

    let sequences = op.sequences(|view| access.read_i64(view))?;
    let (q, k, v) = (access.read::<T>(&op.q)?, access.read::<T>(op.kv.k())?, access.read::<T>(op.kv.v())?);
    let mask = op.mask.as_ref().map(|m| access.read::<u8>(m)).transpose()?;
    let sinks = op.sinks.as_ref().map(|z| access.read_f32(z)).transpose()?;
    let mut out = access.write::<T>(&op.out)?;
    let mut lse = op.lse.as_ref().map(|l| access.write::<f32>(l)).transpose()?;

    let (heads, groups) = (op.q.dim(1), op.kv.heads());
    let (d, dv) = (op.q.dim(2), op.out.dim(2));
    let sees = match (&mask, &op.mask) {
        (Some(mask), Some(view)) => Sees::Mask { mask, columns: view.dim(1) },
        _ if op.causal => Sees::Causal { window: op.window },
        _ => Sees::All,
    };
    let source = Heads { q: &q, k: &k, v: &v, heads, groups, d, dv, rows: &sequences.keys };
    let (scale, softcap, sinks) = (op.scale, op.softcap, sinks.as_deref());
    let flash = Flash { source, sequences: &sequences, heads, groups, d, dv, scale, softcap, sinks, sees };
    flash.run(cx, &mut out, lse.as_deref_mut())
}

pub(super) fn present<X>((name, x): (&'static str, Option<X>)) -> Option<(&'static str, X)> {
    x.map(|x| (name, x))
}

/// Rows of heads.
struct Heads<'a, T> {
    q: &'a [T],
    k: &'a [T],
    v: &'a [T],
    heads: usize,
    groups: usize,
    d: usize,
    dv: usize,
    rows: &'a KeyRows,
}

impl<T: Float> Source for Heads<'_, T> {
    fn query(&self, t: usize, head: usize, q: &mut [f32]) {
        widen(&self.q[(t * self.heads + head) * self.d..][..self.d], q);
    }

    fn keys(&self, b: usize, group: usize, keys: Range<usize>, k: &mut [f32], v: &mut [f32]) {
        for ((j, k), v) in keys.zip(k.chunks_exact_mut(self.d)).zip(v.chunks_exact_mut(self.dv)) {
            let row = self.rows.row(b, j) * self.groups + group;
            widen(&self.k[row * self.d..][..self.d], k);
            widen(&self.v[row * self.dv..][..self.dv], v);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ascend_hal::ops::{KvSource, Lengths};
    use ascend_hal::{Device, DeviceExt};

    use super::*;
    use crate::{CpuDevice, CpuOptions};

    /// Numbers in -1..1 that repeat late.
    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| (((i + seed) * 7919 % 4001) as f32 / 2000.0) - 1.0).collect()
    }

    /// Bits of the results of one sequence of `s` queries and `l` keys, of which the queries `from..` are computed, next to another sequence of `s` queries and keys.
    fn bits(threads: usize, (s, l): (usize, usize), from: usize, with_company: bool) -> Vec<u32> {
        let (heads, d) = (4, 8);
        let device = CpuDevice::with(CpuOptions::default().with_threads(threads)).unwrap();
        let stream = device.create_stream().unwrap();
        let (mut q, mut k, mut v) = (numbers(s * heads * d, 1), numbers(l * 2 * d, 2), numbers(l * 2 * d, 3));
        q.drain(..from * heads * d);
        let (mut q_sum, mut kv_sum) = (vec![0i32, (s - from) as i32], vec![0i32, l as i32]);
        if with_company {
            q.extend(numbers(s * heads * d, 4));
            k.extend(numbers(s * 2 * d, 5));
            v.extend(numbers(s * 2 * d, 6));
            q_sum.push((s - from + s) as i32);
            kv_sum.push((l + s) as i32);
        }
        let t = q.len() / (heads * d);
        let kv = KvSource::Packed {
            k: device.upload(&k, [k.len() / (2 * d), 2, d]).unwrap(),
            v: device.upload(&v, [v.len() / (2 * d), 2, d]).unwrap(),
        };
        let lengths = |sum: &[i32]| Lengths::new(device.upload(sum, [sum.len()]).unwrap());
        let out = device.empty(DType::F32, [t, heads, d]).unwrap();
        let q = device.upload(&q, [t, heads, d]).unwrap();
        device.attention(&stream, Attention::new(q, kv, lengths(&q_sum), lengths(&kv_sum), 0.7, out.clone())).unwrap();
        let out = device.download::<f32>(&stream, &out).unwrap();
        out[..(s - from) * heads * d].iter().map(|x| x.to_bits()).collect()
    }

    #[test]
    fn results_do_not_depend_on_company_or_threads() {
        // More than one split, and more queries than one item takes.
        let shape = (19, 2500);
        let alone = bits(1, shape, 0, false);
        assert_eq!(alone, bits(4, shape, 0, true));
        // The last query by itself: with four threads its splits run side by side.
        let row = 4 * 8;
        assert_eq!(alone[18 * row..], bits(4, shape, 18, false));
        assert_eq!(alone[5 * row..], bits(1, shape, 5, true));
    }
}
