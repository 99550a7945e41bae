//! CPU kernel of [`Attention`].

use ascend_hal::ops::Attention;
use ascend_hal::{DType, OpKind, Result, bf16, f16, host::HostAccess};

use crate::context::Context;
use crate::flash::{Flash, Part, Sees};
use crate::simd::Lane;

pub(super) fn attention(cx: &Context<'_>, op: &Attention) -> Result<()> {
    match op.q.dtype() {
        DType::F16 => run::<f16>(cx, op),
        DType::BF16 => run::<bf16>(cx, op),
        _ => run::<f32>(cx, op),
    }
}

fn run<T: Lane>(cx: &Context<'_>, op: &Attention) -> Result<()> {
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
    let (q, k) = (Part { data: &q, heads, width: d }, Part { data: &k, heads: groups, width: d });
    let flash = Flash {
        q: [q, Part::NONE],
        k: [k, Part::NONE],
        v: Part { data: &v, heads: groups, width: dv },
        sequences: &sequences,
        heads,
        groups,
        scale: op.scale,
        softcap: op.softcap,
        sinks: sinks.as_deref(),
        sees,
    };
    flash.run(cx, &mut out, lse.as_deref_mut())
}

pub(super) fn present<X>((name, x): (&'static str, Option<X>)) -> Option<(&'static str, X)> {
    x.map(|x| (name, x))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ascend_hal::ops::{KvSource, Lengths};
    use ascend_hal::{Device, DeviceExt};

    use super::*;
    use crate::{CpuDevice, CpuOptions, Isa};

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

    /// Bits of the results of queries `from..` of 50 and 130 keys, pairs of four query heads of `d` elements sharing one; with an infinite value among the keys'.
    fn bits_of<T: Lane>(isa: Isa, d: usize, from: usize, infinite: bool) -> Vec<u32> {
        let (s, l, heads, groups) = (50, 130, 4, 2);
        let device = CpuDevice::with(CpuOptions::default().with_isa(isa)).unwrap();
        let stream = device.create_stream().unwrap();
        let rows = |n: usize, seed| -> Vec<T> { numbers(n * d, seed).into_iter().map(T::from_f32).collect() };
        let mut v = rows(l * groups, 3);
        if infinite {
            v[(70 * groups + 1) * d + 5] = T::from_f32(f32::INFINITY);
        }
        let kv = KvSource::Packed {
            k: device.upload(&rows(l * groups, 2), [l, groups, d]).unwrap(),
            v: device.upload(&v, [l, groups, d]).unwrap(),
        };
        let lengths = |n: usize| Lengths::new(device.upload(&[0, n as i32], [2]).unwrap());
        let q = device.upload(&rows(s * heads, 1)[from * heads * d..], [s - from, heads, d]).unwrap();
        let out = device.empty(T::DTYPE, [s - from, heads, d]).unwrap();
        device.attention(&stream, Attention::new(q, kv, lengths(s - from), lengths(l), 0.3, out.clone())).unwrap();
        device.download::<T>(&stream, &out).unwrap().into_iter().map(|x| x.to_f32().to_bits()).collect()
    }

    #[test]
    fn few_rows_have_the_bits_of_many() {
        for isa in Isa::available() {
            for (d, infinite) in [(32, false), (64, true), (72, false), (72, true), (128, false)] {
                for of in [bits_of::<f32>, bits_of::<bf16>, bits_of::<f16>] {
                    let all = of(isa, d, 0, infinite);
                    let infinities = all.iter().filter(|&&bits| bits == f32::INFINITY.to_bits()).count();
                    assert_eq!(infinities, if infinite { 2 * 50 } else { 0 }, "{isa}, heads of {d}");
                    for from in [49, 46, 40] {
                        assert_eq!(all[from * 4 * d..], of(isa, d, from, infinite), "{isa}, heads of {d}, queries from {from}");
                    }
                }
            }
        }
    }

    /// Bits of causal attention of one sequence of 70 queries and keys in bf16, with a value at the last key that only the last query sees.
    fn bits_beside(isa: Isa, value: f32) -> Vec<u16> {
        let (n, heads, d) = (70, 2, 72);
        let device = CpuDevice::with(CpuOptions::default().with_isa(isa)).unwrap();
        let stream = device.create_stream().unwrap();
        let rows = |seed, heads| -> Vec<bf16> { numbers(n * heads * d, seed).into_iter().map(bf16::from_f32).collect() };
        let mut v = rows(3, 1);
        v[(n - 1) * d + 5] = bf16::from_f32(value);
        let kv = KvSource::Packed { k: device.upload(&rows(2, 1), [n, 1, d]).unwrap(), v: device.upload(&v, [n, 1, d]).unwrap() };
        let lengths = || Lengths::new(device.upload(&[0, n as i32], [2]).unwrap());
        let (q, out) = (device.upload(&rows(1, heads), [n, heads, d]).unwrap(), device.empty(DType::BF16, [n, heads, d]).unwrap());
        device.attention(&stream, Attention::new(q, kv, lengths(), lengths(), 0.5, out.clone())).unwrap();
        device.download::<bf16>(&stream, &out).unwrap().into_iter().map(bf16::to_bits).collect()
    }

    #[test]
    fn values_that_a_row_does_not_see_leave_its_bits_alone() {
        for isa in Isa::available() {
            let (plain, spoilt) = (bits_beside(isa, 1.0), bits_beside(isa, f32::NAN));
            let seen = 69 * 2 * 72;
            assert_eq!(plain[..seen], spoilt[..seen], "{isa}");
            let nan = |bits: &[u16]| bits.iter().filter(|&&b| bf16::from_bits(b).is_nan()).count();
            assert_eq!((nan(&plain), nan(&spoilt)), (0, 2), "{isa}: the last query's column of each head");
        }
    }
}
