//! `ascend bench`.

use std::path::PathBuf;
use std::process::ExitCode;

use ascend_bench::{Clock, Figure, Options, PeerFigure, Peers, Spread, What};
use ascend_compute::Error;
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::Result;
use crate::output::{self, Target};

/// Measure the CPU device against what the machine gives at that moment
///
/// Limits (reading memory, arithmetic on registers) and the case are measured in turns in one process, and every case is checked against f64 arithmetic in the same run.
/// Figures are medians. ASCEND_CPU_ISA forces an instruction set.
#[derive(Args)]
pub(crate) struct Bench {
    /// What to measure: the fused expert layer, dense products, attention, absorbed MLA, the choice of experts, the operators between products; or the expert layer in turns with other implementations
    what: Kind,
    /// Cases by name [default: all]. moe: a = Qwen3-30B-A3B, b = DeepSeek-V3 with 16 local experts, c = DeepSeek-V2-Lite; gemm: KxN
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    case: Vec<String>,
    /// Numbers of tokens, or rows of a product
    #[arg(long, value_delimiter = ',', default_value = "1,16,128,1024", value_name = "NUMBERS")]
    tokens: Vec<usize>,
    /// Storage of weights: bf16, int8 (with 8-bit activations), int4 (groups of 128), f32
    #[arg(long, value_delimiter = ',', default_value = "bf16", value_name = "TYPES")]
    dtype: Vec<String>,
    /// How tokens are routed to experts
    #[arg(long, value_enum, default_value = "uniform", value_name = "HOW")]
    routing: Routing,
    /// Threads; 0: as many as the machine runs at once
    #[arg(long, default_value_t = 0, value_name = "N")]
    threads: usize,
    /// How long each figure is measured at least
    #[arg(long, default_value_t = 3.0, value_name = "SECONDS")]
    seconds: f64,
    /// The wall's clock, or the processor time of one thread, on which other programs have little influence
    #[arg(long, value_enum, default_value = "wall", value_name = "CLOCK")]
    clock: By,
    /// Write one JSON object a line (`-`: to standard output)
    #[arg(long, value_name = "FILE")]
    json: Option<Target>,
    /// For peers: the virtual environment that benches/peers/setup.sh made
    #[arg(long, value_name = "DIR", required_if_eq("what", "peers"))]
    venv: Option<PathBuf>,
    /// For peers: the program that runs them
    #[arg(long, value_name = "FILE", default_value = "benches/peers/serve.py")]
    script: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Moe,
    Gemm,
    Attention,
    Mla,
    Routing,
    Vectors,
    Peers,
}

#[derive(Clone, Copy, ValueEnum)]
enum Routing {
    /// Every expert is as probable as the others
    Uniform,
    /// One expert is selected by half of the tokens
    HalfToOne,
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    Wall,
    Cpu,
}

impl Bench {
    pub(crate) fn run(self) -> Result<ExitCode> {
        if let Some(target) = &self.json {
            target.check()?;
        }
        let what = match self.what {
            Kind::Moe => What::Moe,
            Kind::Gemm => What::Gemm,
            Kind::Attention => What::Attention,
            Kind::Mla => What::Mla,
            Kind::Routing => What::Routing,
            Kind::Vectors => What::Vectors,
            Kind::Peers => What::Moe,
        };
        let options = Options {
            cases: self.case,
            tokens: self.tokens,
            dtypes: self.dtype,
            spread: match self.routing {
                Routing::Uniform => Spread::Uniform,
                Routing::HalfToOne => Spread::HalfToOne,
            },
            threads: self.threads,
            seconds: self.seconds,
            isa: None,
            clock: match self.clock {
                By::Wall => Clock::Wall,
                By::Cpu => Clock::Cpu,
            },
        };
        let mut out = Output { target: self.json, lines: String::new(), stopped: None };
        let measured = match (self.what, self.venv) {
            (Kind::Peers, Some(venv)) => {
                let peers = Peers { venv, script: self.script };
                let mut note = |what: &str| eprintln!("{what}");
                ascend_bench::run_peers(&peers, &options, &mut note, &mut |figure| out.show(&figure, peer_text))
            }
            _ => ascend_bench::run(what, &options, &mut |figure| out.show(&figure, text)),
        };
        out.finish(measured)
    }
}

/// Where figures go as they come.
struct Output {
    target: Option<Target>,
    /// All as JSON.
    lines: String,
    /// Why no more can be written.
    stopped: Option<Box<dyn std::error::Error>>,
}

impl Output {
    fn show<F: Serialize>(&mut self, figure: &F, text: fn(&F) -> String) -> std::result::Result<(), Error> {
        let shown = json(figure).and_then(|line| {
            self.lines += &line;
            let to_stdout = self.target.as_ref().is_some_and(Target::is_stdout);
            output::print(&if to_stdout { line } else { text(figure) })
        });
        shown.map_err(|e| {
            let error = Error::State { what: "output", asked: "writing a figure", found: e.to_string() };
            self.stopped = Some(e);
            error
        })
    }

    fn finish(self, measured: std::result::Result<(), Error>) -> Result<ExitCode> {
        if let Some(error) = self.stopped {
            return Err(error);
        }
        measured?;
        if let Some(target) = self.target.filter(|target| !target.is_stdout()) {
            target.write(&self.lines)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn json(figure: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string(figure)? + "\n")
}

/// A figure in one line.
fn text(f: &Figure) -> String {
    let rate = if f.gflops > 0.0 { format!("{:8.1} GFLOP/s {:5.3} of peak", f.gflops, f.of_peak) } else { " ".repeat(31) };
    let error = f.max_error.map_or("error not finite".into(), |error| format!("error {error:.1e}"));
    format!(
        "{:<9} {:<16} {:>5} {:<4} {:>10.4} ms  {rate}  {:6.2} GB/s {:5.3} of read  {error}  (read {:.1} GB/s, peak {:.0} GFLOP/s, {}, {} threads)\n",
        f.op,
        f.case,
        f.tokens,
        f.dtype,
        f.median_ms,
        f.weight_gbs.unwrap_or(f.gbs),
        f.of_read,
        f.probe_read_gbs,
        f.probe_peak_gflops,
        f.isa,
        f.threads,
    )
}

/// A peer beside the device in one line.
fn peer_text(f: &PeerFigure) -> String {
    format!(
        "{:<4} {:>5} {:<4} {:<17} {:>9.3} ms, ours {:>9.3} ms: {:5.2} times as long  (read {:.1} GB/s, {}, {} threads, {} rounds)\n",
        f.case, f.tokens, f.dtype, f.peer, f.peer_median_ms, f.median_ms, f.peer_takes_times, f.probe_read_gbs, f.isa, f.threads, f.rounds,
    )
}
