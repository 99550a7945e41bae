//! Speeds of the CPU device's operators as fractions of what the machine gives at that moment.
//!
//! A machine that others use as well is faster in one minute than in the next, by factors. So a round measures the limits (reading memory, arithmetic on registers) and
//! then the case, in the same process and the same moment; fractions are medians of each round's own fraction, the other figures medians over the rounds. Calls on
//! different memory take turns, so that caches hold less of it than a model would leave in them; [`Figure::cycle_mib`] says how much there is.
//!
//! Every case is checked in the same run: [`Figure::max_error`] is the largest error against `f64` arithmetic.

#![forbid(unsafe_code)]

mod attention;
mod clock;
mod dense;
mod experts;
mod figure;
mod peers;
mod routing;
mod storage;
mod vectors;

use std::sync::Arc;
use std::time::{Duration, Instant};

use ascend_cpu::probe::{Peak, Probe};
use ascend_cpu::{CpuDevice, CpuOptions, Isa};
use ascend_hal::{DType, Device, DeviceExt, Dims, Error, OpCall, Result, Stream, TensorView, TensorViewMut, bf16};
use ascend_reference::{Precision, Values};

pub use clock::Clock;
pub use figure::{Bound, Figure};
pub use peers::{PeerFigure, Peers, run_peers};

use figure::median;
use storage::noise;

/// A family of cases.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum What {
    /// The fused expert layer: a = Qwen3-30B-A3B, b = DeepSeek-V3 with 16 local experts, c = DeepSeek-V2-Lite.
    Moe,
    /// Dense products, named by `K` and `N`.
    Gemm,
    /// Attention of 32 heads that share 8 key/value heads of 128: prefill of 2048 tokens, and one token after 4096.
    Attention,
    /// Absorbed MLA of 128 heads: one token after 4096.
    Mla,
    /// Choice of experts: softmax, 8 of 128; DeepSeek-V3's, 8 of 256 in groups.
    Routing,
    /// The operators between the products, on rows of 2048.
    Vectors,
}

/// How tokens are routed in [`What::Moe`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Spread {
    /// At random, each expert as probable as the others.
    #[default]
    Uniform,
    /// As [`Spread::Uniform`], but every second token also selects expert 0.
    HalfToOne,
}

/// What to measure, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Names of cases; empty: all.
    pub cases: Vec<String>,
    /// Numbers of tokens, where a case does not fix them.
    pub tokens: Vec<usize>,
    /// Storage of weights: `bf16`, `int8` (with 8-bit activations), `int4` (groups of 128), `f32`; for attention `bf16` and `f32`.
    pub dtypes: Vec<String>,
    /// How tokens are routed.
    pub spread: Spread,
    /// 0: as many as the machine runs at once.
    pub threads: usize,
    /// How long each figure is measured at least; three rounds are in any case.
    pub seconds: f64,
    /// `None`: what [`ascend_cpu::ISA_VARIABLE`] asks for, or else the best there is.
    pub isa: Option<Isa>,
    /// By which clock. With [`Clock::Cpu`] one thread is measured.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cases: Vec::new(),
            tokens: vec![1, 16, 128, 1024],
            dtypes: vec!["bf16".into()],
            spread: Spread::default(),
            threads: 0,
            seconds: 3.0,
            isa: None,
            clock: Clock::Wall,
        }
    }
}

/// Measures the cases of `what` one after the other; `each` gets a figure as soon as it is there.
///
/// # Errors
/// [`Error::Setting`] for a case, storage or number of tokens that there is not; what the device or `each` refuses.
pub fn run(what: What, options: &Options, each: &mut dyn FnMut(Figure) -> Result<()>) -> Result<()> {
    cases(what, &mut Bench::open(what, options, Each::Figure(each))?)
}

/// Prepares and checks the cases of `what` and hands each to a harness of the caller's own, which measures it in its own way.
///
/// # Errors
/// As [`run`].
pub fn visit(what: What, options: &Options, each: &mut dyn FnMut(&CpuDevice, &Stream, &Case) -> Result<()>) -> Result<()> {
    cases(what, &mut Bench::open(what, options, Each::Case(each))?)
}

fn cases(what: What, bench: &mut Bench<'_>) -> Result<()> {
    match what {
        What::Moe => experts::all(bench),
        What::Gemm => dense::all(bench),
        What::Attention => attention::attention(bench),
        What::Mla => attention::mla(bench),
        What::Routing => routing::all(bench),
        What::Vectors => vectors::all(bench),
    }
}

/// What all cases need.
struct Bench<'a> {
    options: Options,
    device: Arc<CpuDevice>,
    stream: Stream,
    probe: Probe,
    op: &'static str,
    each: Each<'a>,
}

/// What becomes of a case.
enum Each<'a> {
    /// It is measured here.
    Figure(&'a mut dyn FnMut(Figure) -> Result<()>),
    /// Someone else measures it.
    Case(&'a mut dyn FnMut(&CpuDevice, &Stream, &Case) -> Result<()>),
}

/// One operator on one set of shapes.
#[derive(Debug)]
#[non_exhaustive]
pub struct Case {
    /// Its name.
    pub name: String,
    /// Tokens.
    pub tokens: usize,
    /// Storage of weights.
    pub dtype: &'static str,
    /// Calls on different memory.
    pub calls: Vec<OpCall>,
    /// Arithmetic operations that a peak is for; 0 where there are no products.
    pub flops: f64,
    /// Bytes that have to be read from, or written to, memory.
    pub bytes: f64,
    /// Of these, weights.
    weight_bytes: Option<f64>,
    peak: Peak,
    max_error: f64,
}

impl<'a> Bench<'a> {
    fn open(what: What, options: &Options, each: Each<'a>) -> Result<Self> {
        let mut options = options.clone();
        let wrong = |name, asked: &str, found: String| Err(Error::Setting { name, asked: asked.into(), found });
        if options.tokens.contains(&0) {
            return wrong("tokens", "numbers of at least 1", "0".into());
        }
        if !(options.seconds >= 0.0 && options.seconds.is_finite()) {
            return wrong("seconds", "a number of seconds", options.seconds.to_string());
        }
        if options.threads == 0 {
            options.threads = std::thread::available_parallelism().map_or(1, |n| n.get());
        }
        if options.clock == Clock::Cpu {
            options.threads = 1;
        }
        let mut settings = CpuOptions::default().with_threads(options.threads);
        if let Some(isa) = options.isa {
            settings = settings.with_isa(isa);
        }
        let device = CpuDevice::with(settings)?;
        let op = match what {
            What::Moe => "moe",
            What::Gemm => "gemm",
            What::Attention => "attention",
            What::Mla => "mla",
            What::Routing => "routing",
            What::Vectors => "vectors",
        };
        let (stream, probe) = (device.create_stream()?, Probe::new(device.isa(), options.threads)?);
        Ok(Self { options, device, stream, probe, op, each })
    }

    /// Of all cases called `names` those that are asked for.
    ///
    /// # Errors
    /// [`Error::Setting`] when one is asked for that there is not.
    fn chosen(&self, names: &[&'static str]) -> Result<Vec<&'static str>> {
        if let Some(unknown) = self.options.cases.iter().find(|case| !names.contains(&case.as_str())) {
            return Err(Error::Setting { name: "case", asked: format!("one of {}", names.join(", ")), found: unknown.clone() });
        }
        Ok(names
            .iter()
            .filter(|name| self.options.cases.is_empty() || self.options.cases.iter().any(|case| case == *name))
            .copied()
            .collect())
    }

    /// A tensor of numbers between -1 and 1.
    fn floats(&self, dtype: DType, shape: impl Into<Dims>) -> Result<TensorView> {
        let shape = shape.into();
        let values = (0..shape.iter().product()).map(|i| noise(i, 0));
        match dtype {
            DType::F32 => self.device.upload(&values.collect::<Vec<_>>(), shape),
            _ => self.device.upload(&values.map(bf16::from_f32).collect::<Vec<_>>(), shape),
        }
    }

    fn empty(&self, dtype: DType, shape: impl Into<Dims>) -> Result<TensorViewMut> {
        self.device.empty(dtype, shape)
    }

    fn read(&self, y: &TensorView) -> Result<Vec<f64>> {
        self.stream.synchronize()?;
        ascend_hal::host::to_f64(&ascend_hal::to_host(&*self.device, y)?)
    }

    /// The error of `y`, after a run of its call, against what the oracle says about the first output of `check`, which are the last elements of `y`.
    fn error_against(&self, check: &OpCall, y: &TensorView) -> Result<f64> {
        let outputs = ascend_reference::run(check, Precision::Exact)?;
        let Some(Values::Float(want)) = outputs.first().map(|output| &output.values) else { return Ok(f64::INFINITY) };
        let got = self.read(y)?;
        Ok(got.len().checked_sub(want.len()).map_or(f64::INFINITY, |rest| largest_error(&got[rest..], want)))
    }

    fn once(&self, call: &OpCall) -> Result<()> {
        self.device.run(&self.stream, call.clone())?;
        self.stream.synchronize()
    }

    /// Seconds of `calls` calls, on average; call `first` of the case is the first.
    fn time(&self, case: &Case, calls: usize, first: usize) -> Result<f64> {
        let start = self.options.clock.now();
        for i in first..first + calls {
            self.device.run(&self.stream, case.calls[i % case.calls.len()].clone())?;
        }
        self.stream.synchronize()?;
        Ok((self.options.clock.now() - start) / calls as f64)
    }

    /// What a probe finds by the clock of the options: its own is the wall's.
    fn limit(&self, probe: impl Fn(&Probe) -> f64) -> f64 {
        let (wall, start) = (Instant::now(), self.options.clock.now());
        let rate = probe(&self.probe);
        if self.options.clock == Clock::Wall { rate } else { rate * wall.elapsed().as_secs_f64() / (self.options.clock.now() - start) }
    }

    /// Checks and measures one call that only moves its tensors through memory; `y` is its first output.
    fn measure_streaming(&mut self, name: &str, tokens: usize, dtype: &'static str, call: OpCall, y: &TensorView) -> Result<()> {
        self.once(&call)?;
        let max_error = self.error_against(&call, y)?;
        let cost = call.cost();
        self.measure(&Case {
            name: name.into(),
            tokens,
            dtype,
            calls: vec![call],
            flops: 0.0,
            bytes: cost.read_bytes + cost.write_bytes,
            weight_bytes: None,
            peak: Peak::F32,
            max_error,
        })
    }

    /// Runs the case and the probes in turns.
    fn measure(&mut self, case: &Case) -> Result<()> {
        if let Each::Case(each) = &mut self.each {
            return each(&self.device, &self.stream, case);
        }
        let once = self.time(case, 1, 0)?.max(1e-7);
        // A round is long against the clock's own cost; short rounds and their limits alike are the best of some, as an interrupt is as long as they are.
        let calls = ((0.001 / once) as usize).max(1);
        let tries = if once < 0.05 { 3 } else { 1 };
        let (mut times, mut reads, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
        let (begin, mut next) = (Instant::now(), 1);
        while times.len() < 3 || begin.elapsed() < Duration::from_secs_f64(self.options.seconds) {
            reads.push((0..tries).map(|_| self.limit(Probe::read_gbs)).fold(0.0, f64::max));
            peaks.push((0..tries).map(|_| self.limit(|probe| probe.peak_gflops(case.peak))).fold(0.0, f64::max));
            let mut best = f64::MAX;
            for _ in 0..tries {
                best = best.min(self.time(case, calls, next)?);
                next += calls;
            }
            times.push(best);
        }
        let of = |limits: &[f64], work: f64| median(times.iter().zip(limits).map(|(t, limit)| work / t / 1e9 / limit).collect());
        let (of_peak, of_read) = (of(&peaks, case.flops), of(&reads, case.weight_bytes.unwrap_or(case.bytes)));
        let limits = times.iter().zip(reads.iter().zip(&peaks));
        let of_limit = median(limits.map(|(t, (read, peak))| (case.flops / peak).max(case.bytes / read) / 1e9 / t).collect());
        let (probe_read_gbs, probe_peak_gflops) = (median(reads), median(peaks));
        let (rounds, seconds) = (times.len(), median(times));
        let memory = case.bytes / probe_read_gbs > case.flops / probe_peak_gflops;
        let Each::Figure(each) = &mut self.each else { return Ok(()) };
        each(Figure {
            schema: figure::SCHEMA,
            op: self.op,
            case: case.name.clone(),
            tokens: case.tokens,
            dtype: case.dtype,
            isa: self.device.isa().name(),
            threads: self.options.threads,
            clock: self.options.clock.name(),
            rounds,
            median_ms: seconds * 1e3,
            us_per_token: seconds * 1e6 / case.tokens as f64,
            gflops: case.flops / seconds / 1e9,
            gbs: case.bytes / seconds / 1e9,
            weight_gbs: case.weight_bytes.map(|bytes| bytes / seconds / 1e9),
            of_peak,
            of_read,
            bound: if memory { Bound::Memory } else { Bound::Arithmetic },
            of_limit,
            cycle_mib: case.bytes * case.calls.len() as f64 / f64::from(1 << 20),
            max_error: Some(case.max_error).filter(|error| error.is_finite()),
            probe_read_gbs,
            probe_peak_gflops,
        })
    }
}

/// The largest difference, relative to the largest value that is wanted; infinity if one is no number.
fn largest_error(got: &[f64], want: &[f64]) -> f64 {
    let largest = want.iter().fold(0.0, |m: f64, x| m.max(x.abs())).max(f64::MIN_POSITIVE);
    // `max` passes over NaN.
    let error = |(got, want): (&f64, &f64)| Some((got - want).abs() / largest).filter(|error| error.is_finite()).unwrap_or(f64::INFINITY);
    got.iter().zip(want).map(error).fold(0.0, f64::max)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    /// All figures of a family with few tokens, as fast as possible.
    fn figures(what: What, options: Options) -> Vec<Figure> {
        let mut all = Vec::new();
        run(what, &Options { tokens: vec![3], seconds: 0.0, threads: 2, ..options }, &mut |figure| {
            all.push(figure);
            Ok(())
        })
        .unwrap();
        all
    }

    #[test]
    fn every_storage_of_a_dense_product_is_right_and_below_its_limits() {
        let dtypes = ["bf16", "int8", "int4", "f32"].map(str::to_owned).into();
        let all = figures(What::Gemm, Options { cases: vec!["2048x1408".into()], dtypes, ..Options::default() });
        assert_eq!(all.len(), 4);
        for figure in all {
            assert!(figure.max_error.is_some_and(|error| error < 0.02), "{figure:?}");
            assert!(figure.rounds >= 3 && figure.median_ms > 0.0 && figure.of_read > 0.0 && figure.weight_gbs.is_some(), "{figure:?}");
        }
    }

    #[test]
    fn routing_is_right() {
        for figure in figures(What::Routing, Options::default()) {
            assert!(figure.max_error.is_some_and(|error| error < 1e-4), "{figure:?}");
        }
    }

    #[test]
    fn what_there_is_not_is_refused_with_the_choices() {
        let refused = |options: Options| run(What::Gemm, &options, &mut |_| Ok(())).unwrap_err().to_string();
        let case = refused(Options { cases: vec!["d".into()], ..Options::default() });
        assert!(case.contains("2048x1408") && case.contains('d'), "{case}");
        let dtype = refused(Options { dtypes: vec!["int3".into()], ..Options::default() });
        assert!(dtype.contains("int4") && dtype.contains("int3"), "{dtype}");
        assert!(refused(Options { tokens: vec![0], ..Options::default() }).contains("tokens"));
    }

    #[test]
    fn errors_that_are_no_numbers_are_the_largest() {
        assert_eq!(largest_error(&[f64::NAN, 1.0], &[1.0, 1.0]), f64::INFINITY);
        assert_eq!(largest_error(&[1.0, 3.0], &[2.0, 4.0]), 0.25);
    }
}
