//! `ascend selftest`.

use std::process::ExitCode;

use ascend_validate::report::Status;
use ascend_validate::selftest::NOT_CHECKED;
use ascend_validate::{Options, SelfTest, selftest};
use clap::Args;
use serde::Serialize;

use crate::output::{self, Target};
use crate::validate::{progress_bar, show};
use crate::{Result, doctor};

/// Test everything that a device must do, with one file to keep or send back: the first thing to run on a card
///
/// Facts of the machine, the conformance of memory, streams, events, graphs and errors, what each op is made of, times of copies and ops, and the whole
/// validation. Exit codes: 0 nothing is wrong, 1 something is, 2 could not run.
#[derive(Args)]
pub(crate) struct Selftest {
    /// The device to test
    #[arg(long, default_value = "npu:0", value_name = "NAME")]
    device: String,
    /// Write everything that was found to this file, as JSON
    #[arg(long, value_name = "FILE")]
    out: Option<Target>,
}

/// The file to send back.
#[derive(Serialize)]
struct Findings {
    machine: doctor::Facts,
    selftest: SelfTest,
}

impl Selftest {
    pub(crate) fn run(self) -> Result<ExitCode> {
        if let Some(out) = &self.out {
            out.check()?;
        }
        // Before the machine is described: without the device there is nothing to test, and why it is missing is the answer.
        ascend_compute::open(&self.device)?;
        let machine = doctor::facts();
        let bar = progress_bar();
        // Where there is no terminal, a line each: the last one tells in what a library has ended the process.
        let next = |what: &str| if bar.is_hidden() { output::note(&format!("{what}\n")) } else { bar.set_message(what.to_owned()) };
        let found = selftest(&|| ascend_compute::open(&self.device), &Options::default(), &next, &|progress| show(&bar, progress))?;
        bar.finish_and_clear();
        let text = format!("{}\n{}", doctor::text(&machine), text(&found));
        if self.out.as_ref().is_some_and(Target::is_stdout) {
            output::note(&text)
        } else {
            output::print(&text)?
        }
        let passed = found.passed();
        match &self.out {
            Some(out) => {
                out.write(&(serde_json::to_string_pretty(&Findings { machine, selftest: found })? + "\n"))?;
                if !out.is_stdout() {
                    output::note(&format!("all that was found is in {out}\n"));
                }
            }
            None => output::note("nothing was kept: --out FILE writes all that was found\n"),
        }
        Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Failed cases that are printed.
const FAILURES: usize = 20;

fn text(found: &SelfTest) -> String {
    let mut times = output::table(&["timing", "host µs", "device µs", "GB/s", "TFLOP/s"]);
    for t in &found.timings {
        let number = |value: f64, digits: usize| format!("{value:.digits$}");
        let note = if t.error.is_empty() { number(t.tflops, 3) } else { t.error.clone() };
        times.add_row([t.name.clone(), number(t.host_us, 1), number(t.device_us, 1), number(t.gbytes_per_s, 2), note]);
    }
    let wrong: Vec<_> = found.conformance.iter().filter(|f| !f.ok).map(|f| format!("  {}: {}\n", f.name, f.note)).collect();
    let looked_at = found.conformance.iter().filter(|f| f.note != NOT_CHECKED).count();
    let unlooked = match found.conformance.len() - looked_at {
        0 => String::new(),
        count => format!(", {count} about values are {NOT_CHECKED}"),
    };
    let missing = found.not_native.iter().filter(|f| !f.ok).map(|f| format!("  {}: {}\n", f.name, f.note)).collect::<Vec<_>>();
    let summary = &found.validation.summary;
    let failed: Vec<_> = found.validation.cases.iter().filter(|case| case.status == Status::Failed).collect();
    let mut failures: String =
        failed.iter().take(FAILURES).map(|case| format!("  {} ({}): {}\n", case.name, case.kernel, case.reason)).collect();
    if failed.len() > FAILURES {
        failures += &format!("  and {} more, in the file that --out writes\n", failed.len() - FAILURES);
    }
    format!(
        "{}\nconformance: {} of {looked_at} properties hold{unlooked}\n{}ops: {} variants composed of smaller operators, {} not supported\n{}\
         validation: {} cases, {} passed, {} failed, {} skipped\n{failures}{}, {:.0} s\n",
        output::text(&times),
        looked_at - wrong.len(),
        wrong.concat(),
        found.not_native.len() - missing.len(),
        missing.len(),
        missing.concat(),
        summary.cases,
        summary.passed,
        summary.failed,
        summary.skipped,
        if found.passed() { "nothing is wrong" } else { "something is wrong" },
        found.seconds,
    )
}
