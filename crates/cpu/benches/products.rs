//! Matrix products as fractions of what the machine gives: `cargo bench -p ascend-cpu --bench products -- [moe|gemm] [--case a,b,c] [--tokens 1,16,128,1024]
//! [--dtype bf16,int8,int4,f32] [--threads N] [--seconds S] [--isa NAME] [--clock wall|cpu]`.
//!
//! With `--clock cpu` one thread is measured by its own processor time, on which other programs have little influence.
//!
//! One JSON object a line. Case and limits are measured in turns, as the machine may be shared; figures are medians over the rounds, fractions medians of each
//! round's own fraction. Experts are a = Qwen3-30B-A3B, b = DeepSeek-V3 with 16 local experts, c = DeepSeek-V2-Lite, their routing random; `max_error` is the largest
//! error of a token against f64 sums of the stored weights, relative to its largest value, `null` if that is not finite.
//! Calls with other weights take turns, `cycle_mib` of them at most before one comes again: `weight_gbs` and `of_read` are about memory where that is well above the
//! last-level cache, and about that cache otherwise.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ascend_cpu::probe::{Peak, Probe};
use ascend_cpu::{CpuDevice, CpuOptions, Isa};
use ascend_hal::ops::{Matmul, MoeExperts, Weight};
use ascend_hal::{DType, Device, DeviceExt, Dims, OpCall, Result, Stream, TensorView, TensorViewMut, bf16};

/// Experts, experts per token, hidden and intermediate size.
const MOE: [(&str, usize, usize, usize, usize); 3] = [("a", 128, 8, 2048, 768), ("b", 16, 8, 7168, 2048), ("c", 64, 6, 2048, 1408)];
/// `K` and `N` of dense products.
const DENSE: [(&str, usize, usize); 4] =
    [("7168x2048", 7168, 2048), ("2048x7168", 2048, 7168), ("4096x4096", 4096, 4096), ("2048x1408", 2048, 1408)];
/// Rows of `K` that share a scale of 4-bit codes.
const GROUP: usize = 128;
/// Sets of experts, or matrices, that take turns.
const VARIANTS: usize = 4;

struct Options {
    mode: String,
    cases: Vec<String>,
    tokens: Vec<usize>,
    dtypes: Vec<String>,
    threads: usize,
    seconds: f64,
    isa: Isa,
    clock: Clock,
}

/// What time is taken by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clock {
    Wall,
    /// Processor time of the calling thread.
    Cpu,
}

impl Clock {
    /// Seconds since some moment.
    fn now(self) -> f64 {
        #[cfg(unix)]
        let id = if self == Self::Cpu { rustix::time::ClockId::ThreadCPUTime } else { rustix::time::ClockId::Monotonic };
        #[cfg(unix)]
        let time = Duration::try_from(rustix::time::clock_gettime(id)).unwrap_or_default();
        #[cfg(not(unix))]
        let time = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        time.as_secs_f64()
    }
}

impl Options {
    fn parse() -> Result<Self, String> {
        let list = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        let mut options = Self {
            mode: "moe".into(),
            cases: list("a,b,c"),
            tokens: vec![1, 16, 128, 1024],
            dtypes: list("bf16"),
            threads: std::thread::available_parallelism().map_or(1, |n| n.get()),
            seconds: 3.0,
            isa: Isa::best(),
            clock: Clock::Wall,
        };
        let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} without a value"));
            let number = |text: &str| text.parse().map_err(|_| format!("`{text}` is no number"));
            match arg.as_str() {
                "moe" => {}
                "gemm" => (options.mode, options.cases) = (arg, DENSE.map(|(name, ..)| name.to_owned()).into()),
                "--case" => options.cases = list(&value()?),
                "--tokens" => options.tokens = list(&value()?).iter().map(|t| number(t)).collect::<Result<_, _>>()?,
                "--dtype" => options.dtypes = list(&value()?),
                "--threads" => options.threads = number(&value()?)?,
                "--seconds" => options.seconds = value()?.parse().map_err(|_| "--seconds takes a number".to_owned())?,
                "--isa" => options.isa = Isa::parse(&value()?).map_err(|e| e.to_string())?,
                "--clock" => options.clock = if value()? == "cpu" { Clock::Cpu } else { Clock::Wall },
                _ => return Err(format!("unknown argument {arg}")),
            }
        }
        if options.clock == Clock::Cpu {
            options.threads = 1;
        }
        Ok(options)
    }
}

/// A number between -1 and 1 for each index, without a pattern.
fn noise(i: usize, seed: u64) -> f32 {
    let mut x = (i as u64 ^ seed << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ x >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (x >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}

/// How weights are stored, as the options name it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Storage {
    F32,
    Bf16,
    Int8,
    Int4,
}

impl Storage {
    fn parse(name: &str) -> Result<Self, String> {
        Ok(match name {
            "f32" => Self::F32,
            "bf16" => Self::Bf16,
            "int8" => Self::Int8,
            "int4" => Self::Int4,
            _ => return Err(format!("no storage type `{name}`")),
        })
    }

    /// Of activations and results.
    fn activations(self) -> DType {
        if self == Self::F32 { DType::F32 } else { DType::BF16 }
    }

    fn peak(self) -> Peak {
        match self {
            Self::F32 => Peak::F32,
            Self::Int8 => Peak::Int8,
            Self::Bf16 | Self::Int4 => Peak::Bf16,
        }
    }

    fn bits_per_weight(self) -> f64 {
        match self {
            Self::F32 => 32.0,
            Self::Bf16 => 16.0,
            Self::Int8 => 8.0,
            Self::Int4 => 4.0 + 32.0 / GROUP as f64,
        }
    }

    /// Element `i` of a weight, as a number of its storage type (a code for integers).
    fn element(self, i: usize, seed: u64) -> f32 {
        let x = noise(i, seed);
        match self {
            Self::F32 => x,
            Self::Bf16 => bf16::from_f32(x).to_f32(),
            Self::Int8 => (x * 127.0).round(),
            Self::Int4 => (x * 7.0).round(),
        }
    }

    /// What a code is multiplied with, and what keeps products at the size of their inputs.
    fn scale(self, k: usize) -> f32 {
        let size = (3.0 / k as f32).sqrt();
        match self {
            Self::F32 | Self::Bf16 => 1.0,
            Self::Int8 => size / 127.0,
            Self::Int4 => size / 7.0,
        }
    }
}

struct Bench {
    device: Arc<CpuDevice>,
    stream: Stream,
    probe: Probe,
    options: Options,
}

impl Bench {
    /// Stored elements, written piece by piece, so that the host never holds a second copy.
    fn stored(&self, storage: Storage, shape: &[usize], seed: u64) -> Result<TensorView> {
        let dtype = match storage {
            Storage::F32 => DType::F32,
            Storage::Bf16 => DType::BF16,
            Storage::Int8 => DType::I8,
            Storage::Int4 => DType::I4,
        };
        let tensor = self.device.empty(dtype, Dims::new(shape)?)?;
        let (len, piece) = (tensor.numel(), 1 << 22);
        for start in (0..len).step_by(piece) {
            let values = (start..(start + piece).min(len)).map(|i| storage.element(i, seed));
            let bytes: Vec<u8> = match storage {
                Storage::F32 => values.flat_map(f32::to_le_bytes).collect(),
                Storage::Bf16 => values.flat_map(|x| bf16::from_f32(x).to_le_bytes()).collect(),
                Storage::Int8 => values.map(|x| x as i8 as u8).collect(),
                Storage::Int4 => {
                    let codes: Vec<u8> = values.map(|x| x as i8 as u8 & 15).collect();
                    codes.chunks(2).map(|pair| pair[0] | pair.get(1).map_or(0, |high| high << 4)).collect()
                }
            };
            self.device.write(tensor.buffer(), start * dtype.bits() / 8, &bytes)?;
        }
        Ok(tensor.view())
    }

    /// A prepared weight stored `[.., N, K]`.
    fn weight(&self, storage: Storage, shape: &[usize], seed: u64) -> Result<Weight> {
        let (k, rest) = (shape[shape.len() - 1], &shape[..shape.len() - 2]);
        let n = shape[shape.len() - 2];
        let weight = Weight::nk(self.stored(storage, shape, seed)?)?;
        let groups = if storage == Storage::Int4 { k.div_ceil(GROUP) } else { 1 };
        let scales: Vec<usize> = rest.iter().copied().chain([groups, n]).collect();
        let scale = || self.device.upload(&vec![storage.scale(k); scales.iter().product()], Dims::new(&scales)?);
        self.device.prepare_weight(&match storage {
            Storage::F32 | Storage::Bf16 => weight,
            Storage::Int8 => weight.per_channel(scale()?),
            Storage::Int4 => weight.per_group(GROUP, scale()?, None),
        })
    }

    fn activations(&self, storage: Storage, shape: [usize; 2], size: f32) -> Result<(TensorView, Vec<f32>)> {
        let values: Vec<f32> = (0..shape[0] * shape[1]).map(|i| bf16::from_f32(size * noise(i, 77)).to_f32()).collect();
        let view = match storage.activations() {
            DType::F32 => self.device.upload(&values, shape)?,
            _ => self.device.upload(&values.iter().map(|&x| bf16::from_f32(x)).collect::<Vec<_>>(), shape)?,
        };
        Ok((view, values))
    }

    fn read(&self, y: &TensorViewMut) -> Result<Vec<f64>> {
        self.stream.synchronize()?;
        ascend_hal::host::to_f64(&ascend_hal::to_host(&*self.device, y)?)
    }

    fn time(&self, call: &OpCall) -> Result<f64> {
        let start = self.options.clock.now();
        self.device.run(&self.stream, call.clone())?;
        self.stream.synchronize()?;
        Ok(self.options.clock.now() - start)
    }

    /// What a probe finds by the clock of the options: its own is the wall's.
    fn limit(&self, probe: impl Fn(&Probe) -> f64) -> f64 {
        let (wall, start) = (Instant::now(), self.options.clock.now());
        let rate = probe(&self.probe);
        if self.options.clock == Clock::Wall { rate } else { rate * wall.elapsed().as_secs_f64() / (self.options.clock.now() - start) }
    }

    /// Runs `calls` and the probes in turns, and prints what came out.
    fn measure(
        &self,
        name: &str,
        tokens: usize,
        storage: Storage,
        calls: &[OpCall],
        (flops, bytes): (f64, f64),
        max_error: f64,
    ) -> Result<()> {
        // Short calls and their limits alike are the best of some: an interrupt is as long as they are.
        let tries = if tokens <= 16 { 3 } else { 1 };
        let (mut times, mut reads, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
        let (begin, mut next) = (Instant::now(), 0);
        while times.len() < 3 || begin.elapsed() < Duration::from_secs_f64(self.options.seconds) {
            reads.push((0..tries).map(|_| self.limit(Probe::read_gbs)).fold(0.0, f64::max));
            peaks.push((0..tries).map(|_| self.limit(|probe| probe.peak_gflops(storage.peak()))).fold(0.0, f64::max));
            let mut best = f64::MAX;
            for _ in 0..tries {
                best = best.min(self.time(&calls[next])?);
                next = (next + 1) % calls.len();
            }
            times.push(best);
        }
        let of = |limits: &[f64], work: f64| median(times.iter().zip(limits).map(|(t, limit)| work / t / 1e9 / limit).collect());
        let (of_peak, of_read) = (of(&peaks, flops), of(&reads, bytes));
        // JSON has no infinity.
        let max_error = if max_error.is_finite() { format!("{max_error:.2e}") } else { "null".into() };
        let (rounds, seconds) = (times.len(), median(times));
        let dtype = match storage {
            Storage::F32 => "f32",
            Storage::Bf16 => "bf16",
            Storage::Int8 => "int8",
            Storage::Int4 => "int4",
        };
        println!(
            "{{\"schema\": 2, \"case\": \"{name}\", \"tokens\": {tokens}, \"dtype\": \"{dtype}\", \"isa\": \"{}\", \"threads\": {}, \"rounds\": {rounds}, \"median_ms\": {:.3}, \"gflops\": {:.1}, \"weight_gbs\": {:.2}, \"of_peak\": {of_peak:.3}, \"of_read\": {of_read:.3}, \"cycle_mib\": {:.0}, \"max_error\": {max_error}, \"probe_read_gbs\": {:.1}, \"probe_peak_gflops\": {:.0}}}",
            self.options.isa,
            self.options.threads,
            seconds * 1e3,
            flops / seconds / 1e9,
            bytes / seconds / 1e9,
            bytes * calls.len() as f64 / f64::from(1 << 20),
            median(reads),
            median(peaks),
        );
        Ok(())
    }

    fn moe(&self, name: &str, storage: Storage) -> Result<()> {
        let Some(&(_, e, k, h, i)) = MOE.iter().find(|(case, ..)| *case == name) else { return Ok(()) };
        let gate_up = self.weight(storage, &[e, 2 * i, h], 1)?;
        let down = self.weight(storage, &[e, h, i], 2)?;
        for &tokens in &self.options.tokens {
            let size = if storage.scale(h) == 1.0 { (3.0 / h as f32).sqrt() } else { 1.0 };
            let (x, values) = self.activations(storage, [tokens, h], size)?;
            let routes: Vec<usize> = (0..tokens).flat_map(|t| choose(k, e, t as u64)).collect();
            let weights: Vec<f32> = (0..tokens * k).map(|i| 0.5 + 0.4 * noise(i, 5)).collect();
            let y = self.device.empty(storage.activations(), [tokens, h])?;
            let ids = |variant: usize| routes.iter().map(|id| ((id + 8 * variant) % e) as i32).collect::<Vec<_>>();
            let mut calls = Vec::new();
            for variant in 0..VARIANTS {
                let ids = self.device.upload(&ids(variant), [tokens, k])?;
                let weights = self.device.upload(&weights, [tokens, k])?;
                let op = MoeExperts::new(x.clone(), ids, weights, gate_up.clone(), down.clone(), y.clone());
                calls.push(OpCall::from(if storage == Storage::Int8 { op.with_quantized_activations() } else { op }));
            }
            self.time(&calls[0])?;
            let token = tokens / 2;
            let slots: Vec<(usize, f64)> = (token * k..(token + 1) * k).map(|at| (routes[at] % e, weights[at].into())).collect();
            let want = expert_network(storage, &values[token * h..][..h], &slots, h, i);
            let max_error = largest_error(&self.read(&y)?[token * h..][..h], &want);
            let mut used = vec![false; e];
            routes.iter().for_each(|&id| used[id] = true);
            let weights_read = (used.iter().filter(|&&used| used).count() * 3 * h * i) as f64;
            let flops = 6.0 * (tokens * k * h * i) as f64;
            self.measure(name, tokens, storage, &calls, (flops, weights_read * storage.bits_per_weight() / 8.0), max_error)?;
        }
        Ok(())
    }

    fn gemm(&self, name: &str, storage: Storage) -> Result<()> {
        let Some(&(_, k, n)) = DENSE.iter().find(|(case, ..)| *case == name) else { return Ok(()) };
        let weights = (0..VARIANTS as u64).map(|seed| self.weight(storage, &[n, k], seed)).collect::<Result<Vec<_>>>()?;
        for &m in &self.options.tokens {
            let size = if storage.scale(k) == 1.0 { (3.0 / k as f32).sqrt() } else { 1.0 };
            let (x, values) = self.activations(storage, [m, k], size)?;
            let (x, x_scale) = if storage == Storage::Int8 {
                let codes: Vec<i8> = values.iter().map(|&x| (x * 127.0) as i8).collect();
                (self.device.upload(&codes, [m, k])?, Some(self.device.upload(&vec![1.0 / 127.0f32; m], [m])?))
            } else {
                (x, None)
            };
            let y = self.device.empty(storage.activations(), [m, n])?;
            let call =
                |weight: &Weight| OpCall::from(Matmul { x_scale: x_scale.clone(), ..Matmul::new(x.clone(), weight.clone(), y.clone()) });
            let calls: Vec<OpCall> = weights.iter().map(call).collect();
            self.time(&calls[0])?;
            let row: Vec<f64> = values[m / 2 * k..][..k]
                .iter()
                .map(|&x| if storage == Storage::Int8 { f64::from((x * 127.0) as i8) / 127.0 } else { x.into() })
                .collect();
            let want: Vec<f64> = (0..n).map(|n| dot(storage, n * k, k, 0, &row)).collect();
            let max_error = largest_error(&self.read(&y)?[m / 2 * n..][..n], &want);
            let bytes = (k * n) as f64 * storage.bits_per_weight() / 8.0;
            self.measure(name, m, storage, &calls, (2.0 * (m * k * n) as f64, bytes), max_error)?;
        }
        Ok(())
    }
}

/// `k` of `e` experts, each once.
fn choose(k: usize, e: usize, seed: u64) -> Vec<usize> {
    let mut all: Vec<usize> = (0..e).collect();
    for i in 0..k {
        let other = i + ((noise(i, seed + 1000) + 1.0) / 2.0 * (e - i) as f32) as usize;
        all.swap(i, other.min(e - 1));
    }
    all.truncate(k);
    all
}

/// `x` times `k` elements of a weight from `at` on.
fn dot(storage: Storage, at: usize, k: usize, seed: u64, x: &[f64]) -> f64 {
    let scale = f64::from(storage.scale(k));
    x.iter().enumerate().map(|(i, x)| x * f64::from(storage.element(at + i, seed)) * scale).sum()
}

/// What one token should give.
fn expert_network(storage: Storage, x: &[f32], slots: &[(usize, f64)], h: usize, i: usize) -> Vec<f64> {
    let x: Vec<f64> = x.iter().map(|&x| x.into()).collect();
    let mut y = vec![0.0; h];
    for &(e, weight) in slots {
        let gate_up: Vec<f64> = (0..2 * i).map(|row| dot(storage, (e * 2 * i + row) * h, h, 1, &x)).collect();
        let activated: Vec<f64> = (0..i).map(|j| gate_up[j] / (1.0 + (-gate_up[j]).exp()) * gate_up[i + j]).collect();
        for (row, y) in y.iter_mut().enumerate() {
            *y += weight * dot(storage, (e * h + row) * i, i, 2, &activated);
        }
    }
    y
}

fn largest_error(got: &[f64], want: &[f64]) -> f64 {
    let largest = want.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    // `max` passes over NaN.
    let error = |(got, want): (&f64, &f64)| Some((got - want).abs() / largest).filter(|error| error.is_finite()).unwrap_or(f64::INFINITY);
    got.iter().zip(want).map(error).fold(0.0, f64::max)
}

fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

fn run(options: Options) -> Result<(), String> {
    let text = |e: ascend_hal::Error| e.to_string();
    let device = CpuDevice::with(CpuOptions::default().with_threads(options.threads).with_isa(options.isa)).map_err(text)?;
    let probe = Probe::new(options.isa, options.threads).map_err(text)?;
    let bench = Bench { stream: device.create_stream().map_err(text)?, device, probe, options };
    for case in &bench.options.cases {
        for dtype in &bench.options.dtypes {
            let storage = Storage::parse(dtype)?;
            if bench.options.mode == "moe" { bench.moe(case, storage) } else { bench.gemm(case, storage) }.map_err(text)?;
        }
    }
    Ok(())
}

fn main() {
    if let Err(e) = Options::parse().and_then(run) {
        eprintln!("error: {e}");
        std::process::exit(2);
    }
}
