//! Measuring layers, phase by phase.
//!
//! Each repetition runs everything twice: once with marks at the two ends only, and once with a mark between all phases. So a report can say what the marks cost.
//! Whether the phases add up is judged within one run, by the host's clock. Kernels of the host tell what their threads do ([`ascend_hal::watch`]): the stages of a
//! fused kernel and the time of each expert are theirs.

mod analysis;
mod attention;
mod communication;
mod experts;
pub(crate) mod part;
mod runs;
mod subject;

use std::time::Duration;

use ascend_hal::{Device, DeviceId};

pub use attention::Step;
pub use subject::{Subject, What};

use crate::limits::Limits;
use crate::report::{Percentiles, Point};
use crate::workload::{Load, Routing};
use crate::{Error, Result};

/// How the expert layer is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Path {
    /// Operator by operator.
    Parts,
    /// Router, then one fused operator.
    Fused,
}

impl Path {
    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Parts => "parts",
            Self::Fused => "fused",
        }
    }
}

/// How often, and under what conditions.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How the expert layer is run.
    pub path: Path,
    /// What the sequences do.
    pub step: Step,
    /// Runs before the first one that counts.
    pub warm_up: usize,
    /// Runs that count, at most.
    pub repeats: usize,
    /// No further run is started after this time, if there have been three.
    pub budget: Duration,
    /// Read this many other bytes before each run, so that caches are cold; 0: none. Only the CPU's caches are reached so.
    pub cold_bytes: usize,
    /// Seed of the routing.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            path: Path::Parts,
            step: Step::Decode { context: 1024 },
            warm_up: 2,
            repeats: 50,
            budget: Duration::from_secs(3),
            cold_bytes: 0,
            seed: 0,
        }
    }
}

impl Options {
    /// Refuses what a device cannot do.
    ///
    /// # Errors
    /// [`Error::Option`] for cold caches of another device than the CPU.
    pub fn check(&self, device: &dyn Device) -> Result<()> {
        let id = device.info().id;
        if self.cold_bytes > 0 && id != DeviceId::CPU {
            return Err(Error::option("cold", id, "only the caches of the CPU can be cleared; leave it out, or measure `cpu`"));
        }
        Ok(())
    }
}

/// Rows that a cube unit computes at once: what groups are padded to.
const TILE_ROWS: usize = 16;

/// Measures a batch of `tokens` on `subject`.
///
/// # Errors
/// What the device or the routing refuses.
pub fn measure(
    device: &dyn Device,
    subject: &Subject,
    routing: &Routing,
    tokens: usize,
    limits: &Limits,
    options: &Options,
) -> Result<Point> {
    for (option, found) in [("tokens", tokens), ("repeats", options.repeats)] {
        if found == 0 {
            return Err(Error::option(option, found, "at least 1"));
        }
    }
    options.check(device)?;
    let (ids, ranks) = subject.place(routing, tokens, options.seed)?;
    let parts = subject.parts(device, &ids, options.step, options.path)?;
    let runs = runs::Runs::new(device, &parts, options)?;
    let phases = analysis::phases(device, &parts, &runs, limits);
    let load = subject.local_counts(&ids).map(Load::of_counts);
    let (experts, experts_by) = match &load {
        Some(load) => analysis::experts(load, &parts, &runs, subject, limits),
        None => (Vec::new(), None),
    };
    let padding = |load: &Load| {
        let padded: usize = load.counts.iter().map(|c| c.next_multiple_of(TILE_ROWS)).sum();
        (load.rows() > 0).then(|| padded as f64 / load.rows() as f64 - 1.0)
    };
    let what = subject.what();
    let steps = || phases.iter().map(|f| f.times as f64 * f.device_us.median).sum();
    Ok(Point {
        what: what.name().into(),
        path: if load.is_some() { options.path.name().into() } else { String::new() },
        precision: subject.precision(),
        tokens,
        routing: if load.is_some() { routing.to_string() } else { String::new() },
        step: if what == What::Experts { String::new() } else { options.step.to_string() },
        cold: options.cold_bytes > 0,
        repeats: runs.whole_us.len(),
        sum_over_whole: Percentiles::of(runs.sum_over_wall.iter().copied()).median,
        overhead: Percentiles::of(runs.marked_over_whole.iter().copied()).median - 1.0,
        whole_us: Percentiles::of(runs.whole_us.iter().copied()),
        step_us: (what == What::Model).then(steps),
        communication: communication::collectives(device.info(), subject, tokens),
        phases,
        experts,
        experts_by,
        padding_waste: load.as_ref().and_then(padding),
        load,
        imbalance_cost: None,
        ranks,
        hints: Vec::new(),
        timeline: runs.timeline,
        threads: runs.threads,
    })
}

/// Measures `routing`, and uniform routing beside it when that is another one: the ratio is what imbalance costs. Adds the hints.
///
/// # Errors
/// As [`measure`].
pub fn profile(
    device: &dyn Device,
    subject: &Subject,
    routing: &Routing,
    tokens: usize,
    limits: &Limits,
    options: &Options,
) -> Result<Point> {
    let mut point = measure(device, subject, routing, tokens, limits, options)?;
    if point.load.is_some() && !matches!(routing, Routing::Uniform | Routing::Zipf(0.0)) {
        let uniform = measure(device, subject, &Routing::Uniform, tokens, limits, options)?;
        point.imbalance_cost = Some(point.whole_us.median / uniform.whole_us.median);
    }
    point.hints = crate::hints::hints(&point, || subject.has_fused_kernel(device));
    Ok(point)
}

/// What `clock` says of runs without marks between the phases and of runs with them, made in turns: pairs of both. For finding out what profiling costs by a clock of
/// one's own, like the processor time of a thread.
///
/// # Errors
/// As [`measure`].
pub fn overhead(
    device: &dyn Device,
    subject: &Subject,
    routing: &Routing,
    tokens: usize,
    options: &Options,
    clock: &dyn Fn() -> f64,
) -> Result<Vec<[f64; 2]>> {
    let (ids, _) = subject.place(routing, tokens, options.seed)?;
    runs::pairs(device, &subject.parts(device, &ids, options.step, options.path)?, options, clock)
}

#[cfg(test)]
mod tests;
