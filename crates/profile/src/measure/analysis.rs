//! From runs to figures.

use std::collections::BTreeSet;

use ascend_hal::{Device, DeviceId, Work as Stretch};

use super::part::{Part, Work};
use super::runs::Runs;
use super::subject::Subject;
use crate::limits::Limits;
use crate::report::{BoundBy, ExpertRow, Percentiles, PhaseReport, Rate, Stage};
use crate::workload::{Load, Precision};

/// Below this time a phase that is far from its roofline is taken to wait for its launch.
const LAUNCH_US: f64 = 20.0;
/// A phase whose calls take the host this part of its time waits for the host.
const HOST_SHARE: f64 = 0.8;
/// Stretches that hold others, or belong to no stage of their kernel.
const NO_STAGE: [&str; 2] = ["busy", "tile"];

/// µs by the roofline: arithmetic, memory.
fn floors(work: Work, precision: Precision, limits: &Limits) -> (f64, f64) {
    (work.flops / limits.peak_gflops(precision) / 1e3, work.bytes / limits.all.read_gbs / 1e3)
}

fn rate(work: Work, precision: Precision, limits: &Limits, us: f64) -> Rate {
    let (compute, memory) = floors(work, precision, limits);
    Rate { tflops: work.flops / us / 1e6, gbs: work.bytes / us / 1e3, roofline: compute.max(memory) / us }
}

/// The phases' figures.
pub(super) fn phases(device: &dyn Device, parts: &[Part], runs: &Runs, limits: &Limits) -> Vec<PhaseReport> {
    // The CPU executes in the caller: its host time is no launch.
    let inline = device.info().id == DeviceId::CPU;
    let phase = |(i, part): (usize, &Part)| {
        let device_us = Percentiles::of(runs.device_us.iter().map(|run| run[i]));
        let host_us = Percentiles::of(runs.host_us.iter().map(|run| run[i]));
        let us = device_us.median;
        let (compute_us, memory_us) = floors(part.work, part.precision, limits);
        let waits_for_host = us < LAUNCH_US || !inline && host_us.median > HOST_SHARE * us;
        let bound_by = match () {
            () if waits_for_host && compute_us.max(memory_us) < us / 2.0 => BoundBy::Launch,
            () if ["init_routing", "finalize", "cache", "embedding"].contains(&part.name) => BoundBy::Copy,
            () if compute_us >= memory_us => BoundBy::Compute,
            () => BoundBy::Memory,
        };
        PhaseReport {
            name: part.name.into(),
            times: part.times,
            device_us,
            host_us,
            flops: part.work.flops,
            bytes: part.work.bytes,
            rate: rate(part.work, part.precision, limits, us),
            bound_by,
            stages: stages(part, i, runs, limits),
        }
    };
    parts.iter().enumerate().map(phase).collect()
}

/// What a kernel's threads did, stage by stage: their time, shared among them, so that the stages and the waiting add up to the phase.
fn stages(part: &Part, i: usize, runs: &Runs, limits: &Limits) -> Vec<Stage> {
    let mut names: Vec<&'static str> = Vec::new();
    for w in runs.work.iter().flat_map(|run| &run[i]) {
        if !NO_STAGE.contains(&w.name) && !names.contains(&w.name) {
            names.push(w.name);
        }
    }
    if names.is_empty() {
        return Vec::new();
    }
    let us = |w: &Stretch| (w.end - w.start).as_secs_f64() * 1e6;
    let of_run = |run: &[Stretch], name: &str| {
        let threads = run.iter().map(|w| w.thread).collect::<BTreeSet<_>>().len().max(1);
        run.iter().filter(|w| w.name == name).map(us).sum::<f64>() / threads as f64
    };
    let mut all: Vec<Stage> = names
        .iter()
        .map(|name| {
            let time = Percentiles::of(runs.work.iter().map(|run| of_run(&run[i], name)));
            let work = part.stages.iter().find(|(stage, _)| stage == name).map(|(_, work)| *work);
            Stage { name: (*name).into(), us: time, rate: work.map(|w| rate(w, part.precision, limits, time.median)) }
        })
        .collect();
    let rest = runs.work.iter().zip(&runs.device_us).map(|(run, device_us)| {
        let staged: f64 = names.iter().map(|name| of_run(&run[i], name)).sum();
        (device_us[i] - staged).max(0.0)
    });
    all.push(Stage { name: "waiting".into(), us: Percentiles::of(rest), rate: None });
    all
}

/// Rows and time of each local expert, and how the time is known.
pub(super) fn experts(load: &Load, parts: &[Part], runs: &Runs, subject: &Subject, limits: &Limits) -> (Vec<ExpertRow>, Option<String>) {
    let mut seconds = vec![0.0; load.counts.len()];
    for run in &runs.work {
        let tiles = parts.iter().zip(run).filter(|(part, _)| part.by_expert).flat_map(|(_, work)| work);
        for w in tiles {
            if let Some(at) = w.item.and_then(|expert| seconds.get_mut(expert)) {
                *at += (w.end - w.start).as_secs_f64();
            }
        }
    }
    let measured = seconds.iter().sum::<f64>() > 0.0;
    let by = if measured { "threads' time in the expert's tiles" } else { "the roofline: this device tells nothing of single experts" };
    if !measured {
        let (params, precision) = (subject.model().expert_params(), subject.precision());
        let floor = |rows: usize| {
            let bytes = if rows == 0 { 0.0 } else { params * precision.weight_bytes() };
            let (compute, memory) = floors(Work { flops: 2.0 * rows as f64 * params, bytes }, precision, limits);
            compute.max(memory)
        };
        seconds = load.counts.iter().map(|rows| floor(*rows)).collect();
    }
    let total: f64 = seconds.iter().sum();
    let share = |s: f64| if total > 0.0 { s / total } else { 0.0 };
    let rows = load.counts.iter().zip(&seconds).enumerate();
    (rows.map(|(expert, (rows, s))| ExpertRow { expert, rows: *rows, time_share: share(*s) }).collect(), Some(by.into()))
}
