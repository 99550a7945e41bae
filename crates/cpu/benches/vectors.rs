//! Attention, routing and vector operators as fractions of what the machine gives: `cargo bench -p ascend-cpu --bench vectors -- [NAME ..] [--threads N] [--seconds S]
//! [--isa NAME]`, the names being parts of cases' names.
//!
//! One JSON object a line. Cases and limits are measured in turns. With one thread, times are processor time, which a shared machine does not stretch; with more they
//! are wall-clock time. `us` is the median; `of_limit` the median of each round's own
//! fraction: the time that the limit which applies allows (arithmetic, or reading and writing memory), divided by that taken.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ascend_cpu::probe::{Peak, Probe};
use ascend_cpu::{CpuDevice, CpuOptions, Isa};
use ascend_hal::ops::{
    Attention, Cast, FinalizeRouting, Gating, Glu, GluKind, GroupScore, InitRouting, KvSource, Lengths, MlaCache, MlaDecode, MlaQueries,
    Norm, NormKind, Quantize, Rope, RopeStyle, Score,
};
use ascend_hal::{Choice, DType, Device, DeviceExt, Dims, OpCall, Result, Stream, TensorView, TensorViewMut, bf16};
use rustix::time::{ClockId, clock_gettime};

struct Options {
    names: Vec<String>,
    threads: usize,
    seconds: f64,
    isa: Isa,
}

impl Options {
    fn parse() -> Result<Self, String> {
        let mut options = Self { names: vec![], threads: 1, seconds: 1.0, isa: Isa::best() };
        let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} without a value"));
            match arg.as_str() {
                "--threads" => options.threads = value()?.parse().map_err(|_| "--threads takes a number".to_owned())?,
                "--seconds" => options.seconds = value()?.parse().map_err(|_| "--seconds takes a number".to_owned())?,
                "--isa" => options.isa = Isa::parse(&value()?).map_err(|e| e.to_string())?,
                _ => options.names.push(arg),
            }
        }
        Ok(options)
    }
}

/// A number between -1 and 1 for each index, without a pattern.
fn noise(i: usize) -> f32 {
    let mut x = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ x >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (x >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}

struct Bench {
    options: Options,
    device: Arc<CpuDevice>,
    stream: Stream,
    probe: Probe,
}

/// One operator on one set of shapes: calls on different memory, so that caches do not hold what a model would have to read.
struct Case {
    name: String,
    calls: Vec<OpCall>,
    /// What is counted: tokens for routing, else 1.
    units: usize,
    flops: f64,
    bytes: f64,
    peak: Peak,
}

impl Bench {
    fn floats(&self, dtype: DType, shape: impl Into<Dims>) -> Result<TensorView> {
        let shape = shape.into();
        let n = shape.iter().product();
        match dtype {
            DType::F32 => self.device.upload(&(0..n).map(noise).collect::<Vec<_>>(), shape),
            _ => self.device.upload(&(0..n).map(|i| bf16::from_f32(noise(i))).collect::<Vec<_>>(), shape),
        }
    }

    fn empty(&self, dtype: DType, shape: impl Into<Dims>) -> Result<TensorViewMut> {
        self.device.empty(dtype, shape)
    }

    fn lengths(&self, sequences: usize, length: usize) -> Result<Lengths> {
        let ends: Vec<i32> = (0..=sequences).map(|i| (i * length) as i32).collect();
        Ok(Lengths::new(self.device.upload(&ends, [ends.len()])?).with_host(ends))
    }

    fn attention(&self, name: &str, dtype: DType, s: usize, l: usize, copies: usize) -> Result<Case> {
        let (heads, groups, d) = (32, 8, 128);
        let call = || -> Result<OpCall> {
            let kv = KvSource::Packed { k: self.floats(dtype, [l, groups, d])?, v: self.floats(dtype, [l, groups, d])? };
            let (q, out) = (self.floats(dtype, [s, heads, d])?, self.empty(dtype, [s, heads, d])?);
            Ok(Attention::new(q, kv, self.lengths(1, s)?, self.lengths(1, l)?, (d as f32).sqrt().recip(), out).into())
        };
        let peak = if dtype == DType::F32 { Peak::F32 } else { Peak::Bf16 };
        self.case(format!("attention_{name}_{dtype}_s{s}_l{l}"), (0..copies).map(|_| call()).collect::<Result<_>>()?, 1, peak)
    }

    fn mla(&self, copies: usize) -> Result<Case> {
        let (heads, c, r, l, page) = (128, 512, 64, 4096, 128);
        let call = || -> Result<OpCall> {
            let pages: Vec<i32> = (0..(l / page) as i32).collect();
            let (q, q_rope) = (self.floats(DType::BF16, [1, heads, c])?, self.floats(DType::BF16, [1, heads, r])?);
            let (latent, rope) = (self.floats(DType::BF16, [l / page, page, c])?, self.floats(DType::BF16, [l / page, page, r])?);
            let table = self.device.upload(&pages, [1, pages.len()])?;
            let out = self.empty(DType::BF16, [1, heads, c])?;
            let (q, cache) = (MlaQueries { latent: q, rope: q_rope }, MlaCache { latent, rope, table });
            Ok(MlaDecode::new(q, cache, self.lengths(1, 1)?, self.lengths(1, l)?, 0.07, out).into())
        };
        self.case(format!("mla_decode_bf16_h{heads}_l{l}"), (0..copies).map(|_| call()).collect::<Result<_>>()?, 1, Peak::Bf16)
    }

    fn routing(&self, t: usize) -> Result<[Case; 2]> {
        let k = 8;
        let outputs = || -> Result<_> { Ok((self.empty(DType::F32, [t, k])?, self.empty(DType::I32, [t, k])?)) };
        let (weights, ids) = outputs()?;
        let qwen = Gating::new(self.floats(DType::F32, [t, 128])?, Score::SoftmaxTopK, weights, ids).with_renormalize();
        let (weights, ids) = outputs()?;
        let deepseek = Gating::new(self.floats(DType::F32, [t, 256])?, Score::Sigmoid, weights, ids)
            .with_bias(self.floats(DType::F32, [256])?)
            .with_groups(8, 4, GroupScore::Top2Sum)
            .with_renormalize()
            .with_scale(2.5);
        Ok([
            self.case(format!("routing_softmax_top8_of_128_t{t}"), vec![qwen.into()], t, Peak::F32)?,
            self.case(format!("routing_deepseek_v3_t{t}"), vec![deepseek.into()], t, Peak::F32)?,
        ])
    }

    /// The operators between the products, on `t` rows of a model of width 2048.
    fn vectors(&self, t: usize) -> Result<Vec<Case>> {
        let (h, k) = (2048, 8);
        let x = || self.floats(DType::BF16, [t, h]);
        let y = || self.empty(DType::BF16, [t, h]);
        let ids: Vec<i32> = (0..t * k).map(|i| (i % k * 16 + i / k % 16) as i32).collect();
        let ids = self.device.upload(&ids, [t, k])?;
        let (rows, flat_to_row) = (self.empty(DType::BF16, [t * k, h])?, self.empty(DType::I32, [t * k])?);
        let positions: Vec<i32> = (0..t as i32).collect();
        let (cos, sin) = (self.floats(DType::F32, [t, 64])?, self.floats(DType::F32, [t, 64])?);
        let heads = [t, h / 128, 128];
        let positions = self.device.upload(&positions, [t])?;
        let rope = Rope::new(self.floats(DType::BF16, heads)?, cos, sin, positions, RopeStyle::Half, self.empty(DType::BF16, heads)?);
        let init = InitRouting::new(x()?, ids, 128, rows.clone(), flat_to_row.clone());
        let finalize = FinalizeRouting::new(rows.view(), flat_to_row.view(), y()?).with_weights(self.floats(DType::F32, [t, k])?);
        let calls: [(&str, OpCall); 8] = [
            ("rms_norm", Norm::new(x()?, self.floats(DType::BF16, [h])?, NormKind::Rms, 1e-6, y()?).into()),
            ("swiglu", Glu::new(self.floats(DType::BF16, [t, 2 * h])?, GluKind::Swiglu, y()?).into()),
            ("rope", rope.into()),
            ("quantize", Quantize::new(x()?, self.empty(DType::I8, [t, h])?, self.empty(DType::F32, [t])?).into()),
            ("cast_to_f32", Cast::new(x()?, self.empty(DType::F32, [t, h])?).into()),
            ("cast_to_bf16", Cast::new(self.floats(DType::F32, [t, h])?, y()?).into()),
            ("init_routing", init.into()),
            ("finalize_routing", finalize.into()),
        ];
        calls.into_iter().map(|(name, call)| self.case(format!("{name}_bf16_t{t}_h{h}"), vec![call], 1, Peak::F32)).collect()
    }

    fn case(&self, name: String, calls: Vec<OpCall>, units: usize, peak: Peak) -> Result<Case> {
        let cost = calls[0].cost();
        // The contracts count operations of norms and such as well; only products come near a peak.
        let products = name.starts_with("attention") || name.starts_with("mla");
        let flops = if products { cost.flops } else { 0.0 };
        Ok(Case { name, calls, units, flops, bytes: cost.read_bytes + cost.write_bytes, peak })
    }

    fn now(&self) -> Duration {
        if self.options.threads > 1 {
            let now = clock_gettime(ClockId::Monotonic);
            return Duration::new(now.tv_sec as u64, now.tv_nsec as u32);
        }
        let now = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
    }

    /// Seconds of `calls` calls, on average.
    fn time(&self, case: &Case, calls: usize, round: usize) -> Result<f64> {
        let start = self.now();
        for i in 0..calls {
            self.device.enqueue(&self.stream, case.calls[(round + i) % case.calls.len()].clone(), &Choice::Auto)?;
        }
        self.stream.synchronize()?;
        Ok((self.now() - start).as_secs_f64() / calls as f64)
    }

    /// A rate that the probe has found, by the same clock as [`time`](Self::time).
    fn rate(&self, probe: impl FnOnce() -> f64) -> f64 {
        let (wall, start) = (Instant::now(), self.now());
        probe() * wall.elapsed().as_secs_f64() / (self.now() - start).as_secs_f64()
    }

    fn run(&self, case: &Case) -> Result<()> {
        if !self.options.names.is_empty() && !self.options.names.iter().any(|name| case.name.contains(name.as_str())) {
            return Ok(());
        }
        let once = self.time(case, 1, 0)?.max(1e-7);
        // A round is long against the clock's own cost, and different memory is read in each call of it.
        let calls = ((0.005 / once) as usize).max(1);
        let (mut times, mut fractions, mut limits) = (vec![], vec![], vec![]);
        let start = Instant::now();
        while times.len() < 3 || start.elapsed().as_secs_f64() < self.options.seconds {
            let read_gbs = self.rate(|| self.probe.read_gbs());
            let peak_gflops = self.rate(|| self.probe.peak_gflops(case.peak));
            let limit = (case.flops / peak_gflops / 1e9).max(case.bytes / read_gbs / 1e9);
            let time = self.time(case, calls, times.len() * calls)?;
            times.push(time);
            fractions.push(limit / time);
            limits.push([read_gbs, peak_gflops]);
        }
        let seconds = median(times.iter().copied());
        let (read_gbs, peak_gflops) = (median(limits.iter().map(|l| l[0])), median(limits.iter().map(|l| l[1])));
        let bound = if case.flops / peak_gflops > case.bytes / read_gbs { "arithmetic" } else { "memory" };
        println!(
            "{{\"schema\": 1, \"case\": \"{}\", \"isa\": \"{}\", \"threads\": {}, \"rounds\": {}, \"us\": {:.3}, \"us_per_token\": {:.4}, \"gflops\": {:.1}, \"gbs\": {:.2}, \
             \"bound\": \"{bound}\", \"of_limit\": {:.3}, \"probe_read_gbs\": {read_gbs:.1}, \"probe_peak_gflops\": {peak_gflops:.0}}}",
            case.name,
            self.options.isa,
            self.options.threads,
            times.len(),
            seconds * 1e6,
            seconds * 1e6 / case.units as f64,
            case.flops / seconds / 1e9,
            case.bytes / seconds / 1e9,
            median(fractions.into_iter()),
        );
        Ok(())
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse()?;
    let device = CpuDevice::with(CpuOptions::default().with_threads(options.threads).with_isa(options.isa))?;
    let (stream, probe) = (device.create_stream()?, Probe::new(options.isa, options.threads)?);
    let bench = Bench { options, device, stream, probe };
    for dtype in [DType::BF16, DType::F32] {
        bench.run(&bench.attention("prefill", dtype, 2048, 2048, 1)?)?;
    }
    // Sixteen caches of 17 MB each: more than a cache of the processor holds.
    bench.run(&bench.attention("decode", DType::BF16, 1, 4096, 16)?)?;
    bench.run(&bench.mla(16)?)?;
    for t in [1, 4096] {
        for case in bench.routing(t)? {
            bench.run(&case)?;
        }
    }
    for t in [1, 4096] {
        for case in bench.vectors(t)? {
            bench.run(&case)?;
        }
    }
    Ok(())
}
