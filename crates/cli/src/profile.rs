//! `ascend profile`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use ascend_compute::npu::NpuDevice;
use ascend_compute::{Device, DeviceId};
use ascend_profile::measure::{self, Options, Path, Step, Subject, What};
use ascend_profile::report::{Comparison, Report, SCHEMA, compare};
use ascend_profile::workload::{Model, Precision, Routing, Slice};
use ascend_profile::{msprof, render};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::dispatch::Dispatch;
use crate::output::{self, Target};
use crate::{Result, limits, process};

/// Tell where the time of a layer goes, and how far each part is from the roofline
#[derive(Args)]
pub(crate) struct Profile {
    #[command(subcommand)]
    part: Part,
}

#[derive(Subcommand)]
enum Part {
    /// The expert layer: gating, routing, both products, activation, finalisation
    Moe(Box<Of>),
    /// The attention: norm, projections, rotary embedding, cache, attention proper
    Attention(Box<Of>),
    /// A decoder layer: attention, then experts
    Layer(Box<Of>),
    /// A step of the model: each kind of layer measured once and counted as often as there is one, embedding and output head
    Model(Box<Of>),
    /// What it costs the host to enqueue each op of a decode step: in a new shape, in a known one, as a part of a graph
    Dispatch(Dispatch),
}

/// Weights are made up, shapes are the model's. Exit codes: 0 measured, 1 slower than the baseline, 2 could not run.
#[derive(Args)]
struct Of {
    /// A preset (`qwen3-30b-a3b`, `deepseek-r1`, ...) or a Hugging Face config.json
    #[arg(long, value_name = "MODEL", required_unless_present = "compare")]
    model: Option<String>,
    /// The device
    #[arg(long, default_value = "cpu", value_name = "NAME")]
    device: String,
    /// Run operator by operator, or with the fused one
    #[arg(long, default_value = "parts", value_name = "parts|fused", value_parser = ["parts", "fused"])]
    path: String,
    /// Sequences decode a token each, or the tokens are one prompt
    #[arg(long, default_value = "decode", value_name = "decode|prefill", value_parser = ["decode", "prefill"])]
    step: String,
    /// Tokens of a sequence that decodes, the new one included
    #[arg(long, default_value_t = 1024, value_name = "TOKENS")]
    context: usize,
    /// Numbers of tokens
    #[arg(long, default_value = "1,16,128", value_delimiter = ',', value_name = "T,..")]
    tokens: Vec<usize>,
    /// Exponents of Zipf-distributed experts; 0 is uniform
    #[arg(long, default_value = "0", value_delimiter = ',', value_name = "S,..")]
    skew: Vec<f64>,
    /// Where tokens go instead: `uniform`, `zipf:S`, `one-hot:E`, or a trace (JSON lines or safetensors of topk_ids)
    #[arg(long, value_name = "ROUTING", conflicts_with = "skew")]
    routing: Option<String>,
    /// Storage of weights: bf16, w8a8, w4a16
    #[arg(long, default_value = "bf16", value_delimiter = ',', value_name = "TYPE,..")]
    dtype: Vec<String>,
    /// Ranks that share the experts
    #[arg(long, default_value_t = 1, value_name = "N")]
    ep: usize,
    /// Which of these ranks is measured
    #[arg(long, default_value_t = 0, value_name = "R")]
    rank: usize,
    /// Copies of busy experts, over all of these ranks; they are placed by the load of 4096 tokens or more of the same routing
    #[arg(long, default_value_t = 0, value_name = "N")]
    redundant: usize,
    /// Ranks that share each expert
    #[arg(long, default_value_t = 1, value_name = "N")]
    tp: usize,
    /// Seed of the routing
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Runs that do not count
    #[arg(long, default_value_t = 2, value_name = "N")]
    warm_up: usize,
    /// Runs that count, at most
    #[arg(long, default_value_t = 50, value_name = "N")]
    repeats: usize,
    /// Time after which no further run of a point is started, once there are three
    #[arg(long, default_value_t = 3.0, value_name = "SECONDS")]
    budget: f64,
    /// Measure the host's limits again; otherwise they are measured once and kept in the user's folder for caches
    #[arg(long)]
    probe: bool,
    /// Push the contents of the CPU's caches out before each run; of no other device
    #[arg(long)]
    cold: bool,
    /// Write the profile as JSON (`-`: to standard output)
    #[arg(long, value_name = "FILE")]
    json: Option<Target>,
    /// Write a timeline for Perfetto or chrome://tracing
    #[arg(long, value_name = "FILE")]
    trace: Option<Target>,
    /// Write the profile as a self-contained HTML page
    #[arg(long, value_name = "FILE")]
    html: Option<Target>,
    /// Put beside it what `msprof` measured: an op_summary or op_statistic table, or the folder that has them
    #[arg(long, value_name = "PATH")]
    msprof: Option<PathBuf>,
    /// Compare with this profile (JSON); exit code 1 when a phase became slower
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Part by which a phase may be slower than in the baseline
    #[arg(long, default_value_t = 0.15, value_name = "PART")]
    threshold: f64,
    /// Compare two profiles, measure nothing
    #[arg(long, num_args = 2, value_names = ["BEFORE", "AFTER"])]
    compare: Option<Vec<PathBuf>>,
}

/// What `--compare` writes as JSON.
#[derive(Serialize)]
struct Compared<'a> {
    schema: u32,
    threshold: f64,
    #[serde(flatten)]
    comparison: &'a Comparison,
}

/// Says what became slower, if anything was compared, and makes an exit code of it.
fn verdict(comparison: &Comparison, threshold: f64) -> ExitCode {
    output::note(&render::changes(comparison, threshold));
    if comparison.changes.iter().any(|c| c.regression) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

impl Profile {
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.part {
            Part::Moe(of) => of.run(What::Experts),
            Part::Attention(of) => of.run(What::Attention),
            Part::Layer(of) => of.run(What::Layer),
            Part::Model(of) => of.run(What::Model),
            Part::Dispatch(dispatch) => dispatch.run(),
        }
    }
}

/// More than the caches of one machine hold.
const COLD_BYTES: usize = 256 << 20;
/// Part of the free memory that a layer and its prepared copy may take.
const MEMORY_SHARE: f64 = 0.8;

impl Of {
    fn run(self, what: What) -> Result<ExitCode> {
        if let Some([before, after]) = self.compare.as_deref() {
            let comparison = compare(&Report::read(before)?, &Report::read(after)?, self.threshold)?;
            if let Some(target) = &self.json {
                target.check()?;
                let compared = Compared { schema: SCHEMA, threshold: self.threshold, comparison: &comparison };
                target.write(&(serde_json::to_string_pretty(&compared)? + "\n"))?;
            }
            return Ok(verdict(&comparison, self.threshold));
        }
        let targets = [&self.json, &self.trace, &self.html].into_iter().flatten();
        for target in targets.clone() {
            target.check()?;
        }
        if targets.filter(|target| target.is_stdout()).count() > 1 {
            return Err("only one report can go to standard output; name a file for the others".into());
        }
        let baseline = self.baseline.as_deref().map(Report::read).transpose()?;
        let device_ops = self.msprof.as_deref().map(msprof::read).transpose()?;
        let mut report = self.measure(what)?;
        msprof::attach(&mut report, device_ops.unwrap_or_default());
        if let Some(baseline) = &baseline {
            report.comparison = compare(baseline, &report, self.threshold)?;
        }
        let table = render::table(&report);
        if [&self.json, &self.trace, &self.html].into_iter().flatten().any(Target::is_stdout) {
            output::note(&table)
        } else {
            output::print(&table)?
        }
        if let Some(target) = &self.json {
            target.write(&(serde_json::to_string_pretty(&report)? + "\n"))?;
        }
        if let Some(target) = &self.trace {
            target.write(&(render::trace(&report).to_string() + "\n"))?;
        }
        if let Some(target) = &self.html {
            target.write(&render::html(&report))?;
        }
        Ok(verdict(&report.comparison, self.threshold))
    }

    fn measure(&self, what: What) -> Result<Report> {
        let model = Model::find(self.model.as_deref().unwrap_or_default())?;
        let slice = Slice { ep: self.ep, rank: self.rank, tp: self.tp, redundant: self.redundant };
        slice.check(&model)?;
        let precisions: Vec<Precision> = self.dtype.iter().map(|d| Precision::parse(d)).collect::<ascend_profile::Result<_>>()?;
        let routings: Vec<Routing> = match &self.routing {
            Some(text) => vec![Routing::parse(text)?],
            None => self
                .skew
                .iter()
                .map(|s| Routing::parse(&if *s == 0.0 { "uniform".into() } else { format!("zipf:{s}") }))
                .collect::<ascend_profile::Result<_>>()?,
        };
        let options = Options {
            path: if self.path == "fused" { Path::Fused } else { Path::Parts },
            step: if self.step == "prefill" { Step::Prefill } else { Step::Decode { context: self.context } },
            warm_up: self.warm_up,
            repeats: self.repeats,
            budget: Duration::try_from_secs_f64(self.budget).map_err(|e| format!("budget `{}`: {e}", self.budget))?,
            cold_bytes: if self.cold { COLD_BYTES } else { 0 },
            seed: self.seed,
        };
        let device = ascend_compute::open(&self.device)?;
        options.check(&*device)?;
        if let Some(npu) = NpuDevice::of(&*device) {
            npu.mark_scopes();
        }
        let limits = limits::of(&*device, self.probe)?;
        let (mut points, uniform) = (Vec::new(), [Routing::Uniform]);
        for precision in precisions {
            let most = self.tokens.iter().copied().max().unwrap_or(1);
            room(&*device, &model, precision, Subject::bytes(what, &model, slice, precision, most, options.step))?;
            let subject = Subject::new(&*device, what, &model, slice, precision)?;
            // Without experts there is nothing to route.
            let routings = if what == What::Attention { &uniform[..] } else { &routings };
            for &tokens in &self.tokens {
                for routing in routings {
                    points.push(measure::profile(&*device, &subject, routing, tokens, &limits, &options)?);
                }
            }
        }
        Ok(Report::new(device.info(), &model, slice, limits, points))
    }
}

/// Refuses what would not fit, before the machine begins to swap.
fn room(device: &dyn Device, model: &Model, precision: Precision, bytes: f64) -> Result<()> {
    let memory = device.memory()?;
    let left = memory.total_bytes.saturating_sub(memory.used_bytes);
    // What other programs hold is not among what a device has given out.
    let available = process::available_bytes().filter(|_| device.info().id == DeviceId::CPU);
    let whose = if available.is_some() { "available" } else { "left of the device for this program" };
    let free = available.map_or(left, |bytes| bytes.min(left)) as f64;
    let needed = 2.0 * bytes;
    if needed <= MEMORY_SHARE * free {
        return Ok(());
    }
    let gib = |bytes: f64| bytes / f64::from(1u32 << 30);
    Err(format!(
        "what is measured of {} in {precision} takes {:.1} GiB with its prepared copy, {:.1} are {whose}; measure one rank of it with --ep N, or fewer tokens",
        model.name,
        gib(needed),
        gib(free)
    )
    .into())
}
