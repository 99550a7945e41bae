//! Runs cases on devices.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use ascend_hal::{Choice, Device, OpCall, OpKind, Stream, Support, host};
use regex::Regex;

use crate::case::{Bench, Build, Compose};
use crate::compare::{self, Reference};
use crate::report::{CaseReport, Environment, Report, SCHEMA, Status, Summary};
use crate::selftest::NOT_CHECKED;
use crate::transfer::{self, Placed};
use crate::whereabouts::place;
use crate::{Case, Error, Expected, Gen, Result, Source, Work, golden, replay};

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which kernels to use.
    pub choice: Choice,
    /// Only ops whose name matches.
    pub op: Option<Regex>,
    /// Only cases whose name matches.
    pub case: Option<Regex>,
    /// Seed of generated inputs.
    pub seed: u64,
    /// Golden files to read instead of the built-in ones.
    pub golden_dir: Option<PathBuf>,
    /// No generated cases.
    pub golden_only: bool,
    /// Where to write one file for each failing case.
    pub save_failures: Option<PathBuf>,
    /// Saved failures to run, and nothing else.
    pub replay: Vec<PathBuf>,
    /// How often each call runs; every run must give the same bits.
    pub repeats: usize,
    /// Cases at a time; 0: as many as the host has cores.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            choice: Choice::Auto,
            op: None,
            case: None,
            seed: 0,
            golden_dir: None,
            golden_only: false,
            save_failures: None,
            replay: Vec::new(),
            repeats: 3,
            threads: 0,
        }
    }
}

impl Options {
    fn selects(&self, case: &Case) -> bool {
        self.op.as_ref().is_none_or(|op| op.is_match(case.op.name())) && self.case.as_ref().is_none_or(|name| name.is_match(&case.name))
    }
}

/// How far a run is: told after every case, from the thread that ran it.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// Cases done, on all devices.
    pub done: usize,
    /// Cases in all, on all devices.
    pub total: usize,
    /// Cases that failed so far.
    pub failed: usize,
    /// The case just done.
    pub case: &'a CaseReport,
}

/// The cases that `options` select: golden and generated ones in the order of the ops, or the replayed ones.
///
/// # Errors
/// A golden directory or a saved failure that cannot be read. A golden file that cannot be understood is a case, and fails with that reason.
pub fn cases(options: &Options) -> Result<Vec<Case>> {
    let mut all = if options.replay.is_empty() {
        let mut all = golden::cases(options.golden_dir.as_deref())?;
        if !options.golden_only {
            all.extend(OpKind::ALL.iter().flat_map(|&op| crate::cases::generated(op)));
        }
        all
    } else {
        options.replay.iter().map(|path| replay::load(path, options.golden_dir.as_deref())).collect::<Result<_>>()?
    };
    all.retain(|case| options.selects(case));
    all.sort_by_key(|case| case.op);
    Ok(all)
}

/// Runs the selected cases on every device.
///
/// # Errors
/// What [`cases`] says; a directory for failures that cannot be written. A case that fails, or panics, is no error: it is in the report.
pub fn run(devices: &[Arc<dyn Device>], options: &Options, progress: &(dyn Fn(Progress<'_>) + Sync)) -> Result<Report> {
    let started = Instant::now();
    let cases = cases(options)?;
    let devices: Vec<&dyn Device> = devices.iter().map(|d| &**d).collect();
    let reports = run_cases(&devices, &cases, options, progress)?;
    let count = |status| reports.iter().filter(|r| r.status == status).count();
    Ok(Report {
        schema: SCHEMA,
        environment: Environment {
            version: env!("CARGO_PKG_VERSION").into(),
            devices: devices.iter().map(|d| format!("{} ({})", d.info().id, d.info().name)).collect(),
            kernels: options.choice.to_string(),
            seed: options.seed,
            seconds: started.elapsed().as_secs_f64(),
        },
        summary: Summary {
            cases: reports.len(),
            passed: count(Status::Passed),
            failed: count(Status::Failed),
            skipped: count(Status::Skipped),
        },
        cases: reports,
    })
}

/// Runs these cases on every device, several at a time; the reports come in the order of the cases, device by device.
///
/// # Errors
/// As [`run`].
pub fn run_cases(
    devices: &[&dyn Device],
    cases: &[Case],
    options: &Options,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Vec<CaseReport>> {
    let total = devices.len() * cases.len();
    let threads = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, |n| n.get()),
        n => n,
    };
    let (next, done, failed) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let results = Mutex::new(Vec::with_capacity(total));
    // Plain threads: a pool's worker that waits for a device's pool would start another case on top of the one it is in.
    std::thread::scope(|scope| {
        for _ in 0..threads.min(total) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(device), Some(case)) = (devices.get(at / cases.len().max(1)), cases.get(at % cases.len().max(1))) else {
                        break;
                    };
                    let (report, save_error) = run_case(*device, case, options);
                    failed.fetch_add(usize::from(report.status == Status::Failed), Ordering::Relaxed);
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    progress(Progress { done, total, failed: failed.load(Ordering::Relaxed), case: &report });
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((at, report, save_error));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|r| r.0);
    results.into_iter().map(|(_, report, save_error)| save_error.map_or(Ok(report), Err)).collect()
}

/// How a case ended, before it is put into a report.
enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

fn run_case(device: &dyn Device, case: &Case, options: &Options) -> (CaseReport, Option<Error>) {
    let mut report = CaseReport {
        name: case.name.clone(),
        op: case.op.name().into(),
        device: device.info().id.to_string(),
        source: match case.source {
            Source::Golden => "golden",
            Source::Generated => "generated",
            Source::Replay => "replay",
        }
        .into(),
        status: Status::Passed,
        reason: String::new(),
        dtype: case.covers.first().map_or(String::new(), |c| c.dtype.to_string()),
        variant: case.covers.first().map_or(String::new(), |c| c.variant.into()),
        kernel: String::new(),
        arguments: String::new(),
        device_us: 0.0,
        metrics: Default::default(),
    };
    let mut inputs = None;
    let mut run = Run { device, options, case, report: &mut report, inputs: &mut inputs };
    let outcome = match catch_unwind(AssertUnwindSafe(|| run.work())) {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(e)) => Outcome::Failed(e.to_string()),
        Err(panic) => Outcome::Failed(format!("a panic: {}", message(&*panic))),
    };
    let mut save_error = None;
    match outcome {
        Outcome::Passed => {}
        Outcome::Skipped(why) => (report.status, report.reason) = (Status::Skipped, why),
        Outcome::Failed(why) => {
            (report.status, report.reason) = (Status::Failed, why);
            if let Some(dir) = &options.save_failures {
                save_error = replay::save(dir, case, options.seed, inputs.as_ref(), &report).err();
            }
        }
    }
    (report, save_error)
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(|s| &**s)).unwrap_or("(no message)")
}

struct Run<'a> {
    device: &'a dyn Device,
    options: &'a Options,
    case: &'a Case,
    report: &'a mut CaseReport,
    /// The call on the host, once it is built: what a saved failure holds.
    inputs: &'a mut Option<OpCall>,
}

impl Run<'_> {
    fn work(&mut self) -> Result<Outcome> {
        match &self.case.work {
            Work::Call(build) => self.call(build, &[]),
            Work::Golden { build, expected } => self.call(build, expected),
            Work::Composed { compose, expected } => self.composed(compose, expected),
            Work::Refused { build, argument } => self.refused(build, argument),
        }
    }

    fn build(&mut self, build: &Build) -> Result<OpCall> {
        let call = build(&mut Gen::new(self.options.seed, &self.case.name))?;
        self.report.arguments = format!("{call:?}");
        self.report.dtype = call.dtype().to_string();
        self.report.variant = call.variant().into();
        *self.inputs = Some(call.clone());
        Ok(call)
    }

    /// Copies the call to the device; the reason to skip it when the device has no kernel for it.
    fn place(&mut self, call: &OpCall) -> Result<Result<Placed, Outcome>> {
        if let Err(e) = call.check() {
            return Ok(Err(Outcome::Failed(format!("the contract refuses the call: {e}"))));
        }
        let placed = Placed::new(self.device, call)?;
        if let Support::Unsupported { why } = self.device.support(&placed.call, &self.options.choice) {
            return Ok(Err(Outcome::Skipped(why)));
        }
        if let Ok(kernel) = self.device.kernels().pick(&placed.call, &self.options.choice) {
            self.report.kernel = format!("{} ({})", kernel.info().name, kernel.info().origin);
        }
        Ok(Ok(placed))
    }

    fn call(&mut self, build: &Build, expected: &[Expected]) -> Result<Outcome> {
        let call = self.build(build)?;
        if let Some(c) = self.case.covers.first().filter(|c| (c.dtype, c.variant) != (call.dtype(), call.variant())) {
            return Ok(Outcome::Failed(format!("the case is for {c}, but its call is {} in {}", call.variant(), call.dtype())));
        }
        let placed = match self.place(&call)? {
            Ok(placed) => placed,
            Err(outcome) => return Ok(outcome),
        };
        let stream = self.device.create_stream()?;
        let started = Instant::now();
        self.device.enqueue(&stream, placed.call.clone(), &self.options.choice)?;
        stream.synchronize()?;
        self.report.device_us = started.elapsed().as_secs_f64() * 1e6;
        let first = placed.read(self.device)?;

        let reference = Reference::of(&call)?;
        let mut faults = Vec::new();
        faults.extend(transfer::touched(&call, &first, reference.outputs())?.map(|f| f.to_string()));
        let got = transfer::with_contents(&call, &first)?;
        let verdict = compare::judge(&got, &reference)?;
        self.report.metrics = verdict.metrics;
        faults.extend(verdict.faults.iter().map(|f| f.to_string()));
        for want in expected {
            faults.extend(against_file(&call, &got, want)?);
        }
        for _ in 1..self.options.repeats {
            placed.reset(self.device)?;
            self.device.enqueue(&stream, placed.call.clone(), &self.options.choice)?;
            stream.synchronize()?;
            if let Some(fault) = different(&call, &first, &placed.read(self.device)?) {
                faults.push(fault);
                break;
            }
        }
        Ok(if faults.is_empty() { Outcome::Passed } else { Outcome::Failed(faults.join("; ")) })
    }

    fn composed(&mut self, compose: &Compose, expected: &[Expected]) -> Result<Outcome> {
        let stream = self.device.create_stream()?;
        let bench = Bench { device: self.device, stream: &stream, choice: &self.options.choice };
        let mut first: Option<Vec<Vec<f64>>> = None;
        for _ in 0..self.options.repeats.max(1) {
            let started = Instant::now();
            let outputs = match compose(&bench) {
                Err(Error::Device(e @ (ascend_hal::Error::Unsupported { .. } | ascend_hal::Error::NoSuchKernel { .. }))) => {
                    return Ok(Outcome::Skipped(e.to_string()));
                }
                other => other?,
            };
            stream.synchronize()?;
            if first.is_none() {
                self.report.device_us = started.elapsed().as_secs_f64() * 1e6;
            }
            let mut values = Vec::new();
            let mut faults = Vec::new();
            for want in expected {
                let Some((name, view)) = outputs.iter().find(|(name, _)| *name == want.name) else {
                    return Ok(Outcome::Failed(format!("{}: the composition does not give this tensor", want.name)));
                };
                let got = host::to_f64(&ascend_hal::to_host(self.device, view)?)?;
                let at = |i| format!("{name}{:?}", crate::whereabouts::index(view.shape(), i));
                faults.extend(compare::matches(at, &got, want));
                values.push(got);
            }
            if !faults.is_empty() {
                return Ok(Outcome::Failed(faults.join("; ")));
            }
            let bits = |v: &[Vec<f64>]| v.iter().flatten().map(|x| x.to_bits()).collect::<Vec<_>>();
            match &first {
                Some(first) if bits(first) != bits(&values) => return Ok(Outcome::Failed("a second run gives other bits".into())),
                Some(_) => {}
                None => first = Some(values),
            }
        }
        Ok(Outcome::Passed)
    }

    fn refused(&mut self, build: &Build, argument: &str) -> Result<Outcome> {
        let call = self.build(build)?;
        let placed = match self.place(&call)? {
            Ok(placed) => placed,
            Err(outcome) => return Ok(outcome),
        };
        let names_it = |e: &ascend_hal::Error| matches!(e, ascend_hal::Error::Value { op, argument: found, .. } if *op == call.kind() && *found == argument);
        match ascend_reference::run(&call, ascend_reference::Precision::Exact) {
            Err(e) if names_it(&e) => {}
            Err(e) => return Ok(Outcome::Failed(format!("the oracle must refuse the values of `{argument}`, but says: {e}"))),
            Ok(_) => return Ok(Outcome::Failed(format!("the oracle must refuse the values of `{argument}`, but accepts them"))),
        }
        // Its operators would reach memory outside of the tensors.
        if !self.device.checks_values() {
            return Ok(Outcome::Skipped(format!("wrong values of `{argument}` are {NOT_CHECKED}")));
        }
        let stream = self.device.create_stream()?;
        let started = Instant::now();
        self.device.enqueue(&stream, placed.call.clone(), &self.options.choice)?;
        let late = stream.synchronize();
        self.report.device_us = started.elapsed().as_secs_f64() * 1e6;
        match late {
            Err(ref e @ ascend_hal::Error::Execution { op, .. }) if op == call.kind() && names_it(e.root()) => {}
            Err(e) => {
                return Ok(Outcome::Failed(format!("{argument}: its values must be refused at synchronisation, but the error is: {e}")));
            }
            Ok(()) => return Ok(Outcome::Failed(format!("{argument}: its values must be refused at synchronisation, but were accepted"))),
        }
        works_again(self.device, &stream).map(|why| why.map_or(Outcome::Passed, Outcome::Failed))
    }
}

/// Whether a stream that has reported a failure works as before.
fn works_again(device: &dyn Device, stream: &Stream) -> Result<Option<String>> {
    let (from, to) = (device.alloc_pinned(8)?, device.alloc(8)?);
    device.write(&from, 0, b"it works")?;
    device.write(&to, 0, &[0; 8])?;
    stream.copy(from.all(), to.all())?;
    if let Err(e) = stream.synchronize() {
        return Ok(Some(format!("the stream must work again after it has reported a failure, but says: {e}")));
    }
    let mut back = [0; 8];
    device.read(&to, 0, &mut back)?;
    Ok((back != *b"it works").then(|| "the stream must work again after it has reported a failure, but skips a copy".into()))
}

fn against_file(call: &OpCall, got: &OpCall, want: &Expected) -> Result<Option<String>> {
    let mut view = None;
    got.visit(&mut |arg| {
        if arg.name == want.name && arg.role != ascend_hal::ops::Role::In {
            view = Some(arg.view);
        }
    });
    let Some(view) = view else { return Ok(Some(format!("{}: the golden file has this output, the call has not", want.name))) };
    Ok(compare::matches(|i| place(call, want.name, view.shape(), i), &host::to_f64(view)?, want))
}

/// The first output element that two runs of one call give differently.
fn different(
    call: &OpCall,
    first: &std::collections::HashMap<usize, Vec<u8>>,
    second: &std::collections::HashMap<usize, Vec<u8>>,
) -> Option<String> {
    let mut fault = None;
    call.visit(&mut |arg| {
        let id = arg.view.buffer().id();
        let (Some(a), Some(b)) = (first.get(&id), second.get(&id)) else { return };
        if fault.is_some() || a == b {
            return;
        }
        let (bits, mut element) = (arg.view.dtype().bits(), 0);
        arg.view.layout().for_each_offset(arg.view.dtype(), |at| {
            let bytes = at * bits / 8..((at + 1) * bits).div_ceil(8);
            if fault.is_none() && a.get(bytes.clone()) != b.get(bytes) {
                fault = Some(format!("{}: a second run gives other bits", place(call, arg.name, arg.view.shape(), element)));
            }
            element += 1;
        });
    });
    fault
}
