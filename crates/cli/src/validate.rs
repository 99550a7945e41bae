//! `ascend validate`.

use std::path::PathBuf;
use std::process::ExitCode;

use ascend_compute::{Choice, DType};
use ascend_validate::report::Report;
use ascend_validate::{Options, Progress, render, run};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use regex::Regex;

use crate::model::float_type;
use crate::output::{self, Target};
use crate::{COULD_NOT_RUN, Result, devices};

/// Check a device's kernels against the f64 oracle and against golden files
///
/// Runs the built-in golden files and the generated cases. Exit codes: 0 all passed (some may be skipped, with a reason), 1 a case failed, 2 could not run: a
/// wrong option, an unreadable file, no such device, no case selected, or none that could run. Reports are written whatever the outcome of the cases.
#[derive(Args)]
pub(crate) struct Validate {
    /// The devices to check, with commas between them, or `all`; without it `cpu,sim:0`, and for models `cpu`
    #[arg(long, value_name = "NAMES")]
    device: Option<String>,
    /// Use these kernels only: `own`, `vendor`, another origin, or a kernel's name; what they do not cover is skipped
    #[arg(long, default_value = "auto", value_name = "WHICH")]
    kernels: String,
    /// Only ops whose name matches
    #[arg(long, value_name = "REGEX")]
    op: Option<Regex>,
    /// Only cases whose name matches
    #[arg(long, value_name = "REGEX")]
    case: Option<Regex>,
    /// Seed of generated inputs
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Run the golden files of this folder and nothing else
    #[arg(long, value_name = "DIR", conflicts_with = "replay")]
    golden: Option<PathBuf>,
    /// Check the models in this folder (those with a `goldens.safetensors`) and nothing else: logits, hidden states, greedy tokens
    #[arg(long, value_name = "DIR", conflicts_with_all = ["golden", "replay", "op", "case", "kernels", "seed", "save_failures"])]
    models: Option<PathBuf>,
    /// Storage type of the models' weights, activations and caches
    #[arg(long, default_value = "f32", value_name = "f32|bf16|f16", requires = "models", value_parser = float_type)]
    dtype: DType,
    /// Write the report as JSON (`-`: to standard output)
    #[arg(long, value_name = "FILE")]
    json: Option<Target>,
    /// Write the report as a self-contained HTML page
    #[arg(long, value_name = "FILE")]
    html: Option<Target>,
    /// Write the report as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<Target>,
    /// Save the inputs of each failing case in this folder
    #[arg(long, value_name = "DIR")]
    save_failures: Option<PathBuf>,
    /// Run a saved failure and nothing else
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
}

/// A way to write a report.
type Format = fn(&Report) -> Result<String>;

impl Validate {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let formats: [(&Option<Target>, Format); 3] =
            [(&self.json, |r| Ok(render::json(r)? + "\n")), (&self.html, |r| Ok(render::html(r))), (&self.junit, |r| Ok(render::junit(r)))];
        let targets: Vec<(&Target, Format)> = formats.into_iter().filter_map(|(target, format)| Some((target.as_ref()?, format))).collect();
        for (target, _) in &targets {
            target.check()?;
        }
        let to_stdout = targets.iter().filter(|(target, _)| target.is_stdout()).count();
        if to_stdout > 1 {
            return Err("only one report can go to standard output; name a file for the others".into());
        }

        let names = self.device.as_deref().unwrap_or(if self.models.is_some() { "cpu" } else { "cpu,sim:0" });
        let devices = devices::open(names)?;
        if let Some(dir) = &self.models {
            let [device] = &devices[..] else { return Err("models are checked on one device; name it with --device".into()) };
            return finish(&ascend_engine::validate_models(dir, device, self.dtype)?, &targets);
        }
        let options = Options {
            choice: Choice::parse(&self.kernels),
            op: self.op,
            case: self.case,
            seed: self.seed,
            golden_only: self.golden.is_some(),
            golden_dir: self.golden,
            save_failures: self.save_failures,
            replay: self.replay.into_iter().collect(),
            ..Options::default()
        };
        let bar = progress_bar();
        let report = run(&devices, &options, &|p| show(&bar, p))?;
        bar.finish_and_clear();

        if report.summary.cases == 0 {
            return Err("no case is selected by --op, --case or --golden; `ascend support --coverage` lists what there is".into());
        }
        finish(&report, &targets)
    }
}

/// Prints and writes the report, and turns it into an exit code.
fn finish(report: &Report, targets: &[(&Target, Format)]) -> Result<ExitCode> {
    let table = render::table(report, console::Term::stdout().size_checked().map(|(_, columns)| columns));
    if targets.iter().any(|(target, _)| target.is_stdout()) {
        output::note(&table)
    } else {
        output::print(&table)?
    }
    for (target, format) in targets {
        target.write(&format(report)?)?;
    }
    Ok(match report.summary.failed {
        0 if report.summary.passed == 0 => {
            output::note("error: no case could run; the reasons are above\n");
            ExitCode::from(COULD_NOT_RUN)
        }
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// On standard error, and only when that is a terminal.
pub(crate) fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} cases {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar
}

pub(crate) fn show(bar: &ProgressBar, p: Progress<'_>) {
    bar.set_length(p.total as u64);
    bar.set_position(p.done as u64);
    let failed = if p.failed > 0 { format!("{} failed, ", p.failed) } else { String::new() };
    bar.set_message(format!("{failed}{}", p.case.op));
}
