//! Where a token's time goes on the CPU: one step of a small Llama (the sizes of SmolLM2-135M) with the codes of a Q4_1 file, op by op.
//!
//! `cargo bench -p ascend-cpu --bench decode -- [f32|bf16] [KEYS] [ROWS] [STEPS]`: `ROWS` tokens at once (1: a decode step) over `KEYS` keys. Prints medians over steps of
//! the time from `enqueue` to its return, summed over the layers. All threads, by the wall's clock.

#![allow(clippy::unwrap_used, reason = "a program for measuring")]

use std::time::{Duration, Instant};

use ascend_cpu::CpuDevice;
use ascend_hal::ops::{
    Attention, Embedding, Glu, GluKind, KvCacheWrite, KvSource, Lengths, Matmul, Norm, NormKind, OpCall, Rope, RopeStyle, Weight,
};
use ascend_hal::{Choice, DType, Device, DeviceExt, Dims, Stream, TensorView, TensorViewMut, bf16, f16};

const LAYERS: usize = 30;
const VOCAB: usize = 49152;
const HIDDEN: usize = 576;
const INNER: usize = 1536;
const HEADS: usize = 9;
const KV_HEADS: usize = 3;
const HEAD_DIM: usize = 64;
const PAGE: usize = 16;
const GROUP: usize = 32;

/// Bytes that repeat late.
fn noise(n: usize) -> impl Iterator<Item = u8> {
    (0..n as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 21) as u8)
}

struct Setup {
    device: std::sync::Arc<CpuDevice>,
    dtype: DType,
}

impl Setup {
    fn empty(&self, shape: &[usize]) -> TensorViewMut {
        let view = self.device.empty(self.dtype, Dims::new(shape).unwrap()).unwrap();
        let numbers = noise(view.numel()).map(|x| f32::from(x) / 128.0 - 1.0);
        match self.dtype {
            DType::BF16 => self.fill(&view, &numbers.map(bf16::from_f32).collect::<Vec<_>>()),
            _ => self.fill(&view, &numbers.collect::<Vec<_>>()),
        }
        view
    }

    fn fill<T: bytemuck::Pod>(&self, view: &TensorView, data: &[T]) {
        self.device.write(view.buffer(), 0, bytemuck::cast_slice(data)).unwrap();
    }

    fn ints(&self, values: impl IntoIterator<Item = usize>, shape: &[usize]) -> TensorView {
        let values: Vec<i32> = values.into_iter().map(|x| x as i32).collect();
        self.device.upload(&values, Dims::new(shape).unwrap()).unwrap()
    }

    fn vector(&self, shape: [usize; 2]) -> TensorView {
        self.device.upload(&noise(shape[0] * shape[1]).map(|x| f32::from(x) / 256.0).collect::<Vec<_>>(), shape).unwrap()
    }

    /// Codes in groups, with offsets where they have four bits.
    fn weight(&self, k: usize, n: usize, bits: usize) -> Weight {
        let bytes: Vec<u8> = noise(k * n * bits / 8).collect();
        let dtype = if bits == 4 { DType::I4 } else { DType::I8 };
        let codes = Weight::nk(self.device.upload_bytes(dtype, &bytes, [n, k]).unwrap()).unwrap();
        let part = |of: f32| {
            let values: Vec<f16> = noise(k / GROUP * n).map(|x| f16::from_f32(of * f32::from(x) / 65536.0)).collect();
            self.device.upload(&values, [k / GROUP, n]).unwrap()
        };
        let weight = match bits {
            4 => codes.per_group_with_offset(GROUP, part(1.0), part(-0.5)),
            _ => codes.per_group(GROUP, part(1.0), None),
        };
        self.device.prepare_weight(&weight).unwrap()
    }
}

/// The calls of one step, with the names that their times are summed under.
fn calls(s: &Setup, rows: usize, keys: usize) -> Vec<(&'static str, OpCall)> {
    let mut calls: Vec<(&'static str, OpCall)> = Vec::new();
    let pages = keys.div_ceil(PAGE);
    let (q_lens, kv_lens) = (Lengths::new(s.ints([0, rows], &[2])), Lengths::new(s.ints([0, keys], &[2])));
    let table = s.ints(0..pages, &[1, pages]);
    let (positions, slots) = (s.ints(keys - rows..keys, &[rows]), s.ints(keys - rows..keys, &[rows]));
    let (cos, sin) = (s.vector([keys, HEAD_DIM / 2]), s.vector([keys, HEAD_DIM / 2]));
    let norm_weight = s.vector([1, HIDDEN]).reshape([HIDDEN]).unwrap();
    let table_of_tokens = s.empty(&[VOCAB, HIDDEN]);

    let (x, h, delta, mixed) = (s.empty(&[rows, HIDDEN]), s.empty(&[rows, HIDDEN]), s.empty(&[rows, HIDDEN]), s.empty(&[rows, HIDDEN]));
    let (qkv, both) = (s.empty(&[rows, (HEADS + 2 * KV_HEADS) * HEAD_DIM]), s.empty(&[rows, 2 * INNER]));
    let inner = s.empty(&[rows, INNER]);
    calls.push(("embedding", Embedding::new(table_of_tokens.view(), s.ints(vec![7; rows], &[rows]), x.clone()).into()));
    let add = |delta: &TensorView| {
        Norm::new(delta.clone(), norm_weight.clone(), NormKind::Rms, 1e-5, h.clone()).with_residual(x.view(), x.clone()).into()
    };
    let part =
        |from: usize, heads: usize| qkv.narrow(1, from * HEAD_DIM, heads * HEAD_DIM).unwrap().reshape([rows, heads, HEAD_DIM]).unwrap();
    let rope = |x: &TensorView| Rope::new(x.clone(), cos.clone(), sin.clone(), positions.clone(), RopeStyle::Half, x.to_mut()).into();
    for _ in 0..LAYERS {
        calls.push(("norm", add(&delta)));
        calls.push(("qkv", Matmul::new(h.view(), s.weight(HIDDEN, qkv.dim(1), 4), qkv.clone()).into()));
        let (q, k, v) = (part(0, HEADS), part(HEADS, KV_HEADS), part(HEADS + KV_HEADS, KV_HEADS));
        calls.push(("rope q", rope(&q)));
        calls.push(("rope k", rope(&k)));
        let cache = [(); 2].map(|()| s.empty(&[pages, PAGE, KV_HEADS, HEAD_DIM]));
        let [k_cache, v_cache] = &cache;
        calls.push(("cache", KvCacheWrite::new(k, slots.clone(), k_cache.clone()).with_v(v, v_cache.clone()).into()));
        let kv = KvSource::Paged { k: k_cache.view(), v: v_cache.view(), table: table.clone() };
        let out = mixed.reshape([rows, HEADS, HEAD_DIM]).unwrap().to_mut();
        calls.push(("attention", Attention::new(q, kv, q_lens.clone(), kv_lens.clone(), 0.125, out).into()));
        calls.push(("out", Matmul::new(mixed.view(), s.weight(HIDDEN, HIDDEN, 4), delta.clone()).into()));
        calls.push(("norm", add(&delta)));
        calls.push(("gate and up", Matmul::new(h.view(), s.weight(HIDDEN, 2 * INNER, 4), both.clone()).into()));
        calls.push(("glu", Glu::new(both.view(), GluKind::Swiglu, inner.clone()).into()));
        calls.push(("down", Matmul::new(inner.view(), s.weight(INNER, HIDDEN, 4), delta.clone()).into()));
    }
    calls.push(("norm", add(&delta)));
    let logits = s.device.empty(DType::F32, [1, VOCAB]).unwrap();
    calls.push(("head", Matmul::new(h.narrow(0, rows - 1, 1).unwrap(), s.weight(HIDDEN, VOCAB, 8), logits).into()));
    calls
}

fn step(device: &CpuDevice, stream: &Stream, calls: &[(&'static str, OpCall)], times: &mut [Duration], names: &[&'static str]) {
    for (name, call) in calls {
        let call = call.clone();
        let begin = Instant::now();
        device.enqueue(stream, call, &Choice::Auto).unwrap();
        let took = begin.elapsed();
        if let Some(at) = names.iter().position(|n| n == name) {
            times[at] += took;
        }
    }
    stream.synchronize().unwrap();
}

fn main() {
    // `cargo bench` adds a word of its own.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let number = |at: usize, otherwise: usize| words.get(at).and_then(|word| word.parse().ok()).unwrap_or(otherwise);
    let dtype = if words.first().is_some_and(|word| word == "bf16") { DType::BF16 } else { DType::F32 };
    let (rows, steps) = (number(2, 1).max(1), number(3, 100));
    let keys = number(1, 544).max(rows);

    let s = Setup { device: CpuDevice::new().unwrap(), dtype };
    let stream = s.device.create_stream().unwrap();
    let calls = calls(&s, rows, keys);
    let mut names: Vec<&'static str> = Vec::new();
    calls.iter().for_each(|(name, _)| {
        if !names.contains(name) {
            names.push(name)
        }
    });
    let mut all = vec![Vec::new(); names.len() + 1];
    for _ in 0..steps {
        let mut times = vec![Duration::ZERO; names.len()];
        let begin = Instant::now();
        step(&s.device, &stream, &calls, &mut times, &names);
        times.push(begin.elapsed());
        all.iter_mut().zip(times).for_each(|(all, time)| all.push(time));
    }
    println!(
        "{dtype}, {rows} rows, {keys} keys, {} threads, {}; µs a step, medians of {steps}",
        s.device.info().compute_units,
        s.device.isa()
    );
    for (name, times) in names.iter().chain(&["step"]).zip(&mut all) {
        times.sort_unstable();
        println!("{name:12} {:9.1}", times.get(steps / 2).map_or(0.0, |time| time.as_secs_f64() * 1e6));
    }
}
