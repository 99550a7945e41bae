//! Times of some operators on the CPU device: `cargo bench`. Inputs are random, shapes those of a decode step and a short prefill of a small mixture-of-experts model.

#![allow(missing_docs, reason = "what criterion_group! makes is public and has no documentation")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use ascend_compute::ops::{Attention, GroupList, GroupedMatmul, KvSource, Lengths, Matmul, Norm, NormKind, Softmax, Weight};
use ascend_compute::{Choice, DType, Device, DeviceExt, OpCall, Result, Stream, TensorView, TensorViewMut, bf16};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

struct Bench {
    device: Arc<dyn Device>,
    stream: Stream,
}

impl Bench {
    fn new() -> Result<Self> {
        let device = ascend_compute::open("cpu")?;
        let stream = device.create_stream()?;
        Ok(Self { device, stream })
    }

    /// bf16 numbers between -1 and 1 without a pattern that a cache or branch predictor could learn.
    fn input<const N: usize>(&self, shape: [usize; N]) -> Result<TensorView> {
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let values: Vec<bf16> = (0..shape.iter().product())
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                bf16::from_f64((state >> 11) as f64 / (1u64 << 52) as f64 - 1.0)
            })
            .collect();
        self.device.upload(&values, shape)
    }

    fn output<const N: usize>(&self, shape: [usize; N]) -> Result<TensorViewMut> {
        self.device.empty(DType::BF16, shape)
    }

    /// Times one call, with its work from the contract as the throughput.
    fn time(&self, c: &mut Criterion, name: &str, call: impl Into<OpCall>) {
        let call = call.into();
        let mut group = c.benchmark_group(call.kind().name());
        let cost = call.cost();
        group.throughput(if cost.flops > 0.0 {
            Throughput::Elements(cost.flops as u64)
        } else {
            Throughput::Bytes(cost.read_bytes as u64)
        });
        group.bench_function(name, |b| {
            b.iter(|| {
                let done =
                    self.device.enqueue(&self.stream, black_box(call.clone()), &Choice::Auto).and_then(|()| self.stream.synchronize());
                if let Err(e) = done {
                    panic!("{e}");
                }
            });
        });
        group.finish();
    }
}

/// Dense projections: one token, and a prompt of 64.
fn matmul(c: &mut Criterion, b: &Bench) -> Result<()> {
    let (n, k) = (1024, 1024);
    for m in [1, 64] {
        let call = Matmul::new(b.input([m, k])?, Weight::nk(b.input([n, k])?)?, b.output([m, n])?);
        b.time(c, &format!("bf16_m{m}_k{k}_n{n}"), call);
    }
    Ok(())
}

/// One matrix for each of 8 experts, the rows spread unevenly.
fn grouped_matmul(c: &mut Criterion, b: &Bench) -> Result<()> {
    let (n, k) = (512, 512);
    let counts = [5i64, 0, 16, 1, 9, 22, 4, 7];
    let rows: i64 = counts.iter().sum();
    let groups = GroupList::Counts(b.device.upload(&counts, [counts.len()])?);
    let weight = Weight::nk(b.input([counts.len(), n, k])?)?;
    let call = GroupedMatmul::new(b.input([rows as usize, k])?, weight, groups, b.output([rows as usize, n])?);
    b.time(c, &format!("bf16_e8_t{rows}_k{k}_n{n}"), call);
    Ok(())
}

/// One query for each of 4 sequences against 1,024 cached tokens.
fn attention(c: &mut Criterion, b: &Bench) -> Result<()> {
    let (sequences, length, heads, kv_heads, d) = (4usize, 1024usize, 8, 2, 128);
    let kv = |b: &Bench| b.input([sequences * length, kv_heads, d]);
    let kv = KvSource::Packed { k: kv(b)?, v: kv(b)? };
    let q = b.input([sequences, heads, d])?;
    let lengths = |n: usize| {
        let ends: Vec<i32> = (0..=sequences).map(|i| (i * n) as i32).collect();
        b.device.upload(&ends, [ends.len()]).map(Lengths::new)
    };
    let call = Attention::new(q, kv, lengths(1)?, lengths(length)?, (d as f32).sqrt().recip(), b.output([sequences, heads, d])?);
    b.time(c, &format!("decode_bf16_b{sequences}_l{length}_h{heads}x{kv_heads}_d{d}"), call);
    Ok(())
}

fn norm(c: &mut Criterion, b: &Bench) -> Result<()> {
    let (t, h) = (16, 2048);
    let call = Norm::new(b.input([t, h])?, b.input([h])?, NormKind::Rms, 1e-6, b.output([t, h])?);
    b.time(c, &format!("rms_bf16_t{t}_h{h}"), call);
    Ok(())
}

/// A call with almost no work: what checking, choosing a kernel and enqueuing cost.
fn dispatch(c: &mut Criterion, b: &Bench) -> Result<()> {
    let call = Softmax::new(b.input([1, 1])?, b.output([1, 1])?);
    b.time(c, "dispatch_bf16_1x1", call);
    Ok(())
}

fn all(c: &mut Criterion) {
    let mut run = || -> Result<()> {
        let b = Bench::new()?;
        for bench in [matmul, grouped_matmul, attention, norm, dispatch] {
            bench(c, &b)?;
        }
        Ok(())
    };
    if let Err(e) = run() {
        panic!("{e}");
    }
}

criterion_group! {
    name = benches;
    // Quick by default; `cargo bench -- --measurement-time 10` for more.
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = all
}
criterion_main!(benches);
