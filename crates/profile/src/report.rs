//! What a profile says, as data; and the comparison of two of them.

use std::fmt;
use std::path::Path;

use ascend_hal::DeviceInfo;
use serde::{Deserialize, Serialize};

use crate::limits::Limits;
use crate::workload::{Load, Model, Precision, Slice};
use crate::{Error, Result};

/// Version of [`Report`].
pub const SCHEMA: u32 = 2;

/// Order statistics of repeated times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// A tenth is faster.
    pub p10: f64,
    /// Half is faster.
    pub median: f64,
    /// A tenth is slower.
    pub p90: f64,
}

impl Percentiles {
    /// Of these times; the nearest rank.
    pub fn of(times: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = times.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| sorted.get((share * sorted.len().saturating_sub(1) as f64).round() as usize).copied().unwrap_or(0.0);
        Self { p10: at(0.1), median: at(0.5), p90: at(0.9) }
    }
}

/// What a phase waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoundBy {
    /// Arithmetic.
    Compute,
    /// Memory.
    Memory,
    /// Its launch.
    Launch,
    /// Moving rows about.
    Copy,
}

impl fmt::Display for BoundBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Compute => "compute",
            Self::Memory => "memory",
            Self::Launch => "launch",
            Self::Copy => "copy",
        })
    }
}

/// Work over time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Operations over time, TFLOP/s.
    pub tflops: f64,
    /// Bytes over time, GB/s.
    pub gbs: f64,
    /// Time by the roofline over time. Not clamped: above 1 the bytes came from a cache, or a limit is wrong.
    pub roofline: f64,
}

/// A phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseReport {
    /// Its name.
    pub name: String,
    /// How often a step of the model does this; the times are those of once.
    pub times: usize,
    /// Time on the device, by events.
    pub device_us: Percentiles,
    /// Time of the calls on the host.
    pub host_us: Percentiles,
    /// Arithmetic operations.
    pub flops: f64,
    /// Bytes that must be moved.
    pub bytes: f64,
    /// Of the median time.
    #[serde(flatten)]
    pub rate: Rate,
    /// What it waits for.
    pub bound_by: BoundBy,
    /// What its kernel did inside, if it tells: with the waiting, the stages add up to the phase.
    pub stages: Vec<Stage>,
}

/// A stage of a kernel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Time of all threads in it over the number of threads.
    pub us: Percentiles,
    /// Of the median time, where the work is known.
    pub rate: Option<Rate>,
}

/// What an expert had to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpertRow {
    /// Its number among the rank's experts.
    pub expert: usize,
    /// Rows that were routed to it.
    pub rows: usize,
    /// Its share of the products' time.
    pub time_share: f64,
}

/// Something on a track of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// `stream`, `host` or `thread N`.
    pub track: String,
    /// The phase, or the stage of a kernel.
    pub name: String,
    /// Since the run began.
    pub start_us: f64,
    /// How long it took.
    pub us: f64,
    /// The expert that it was done for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub item: Option<usize>,
}

/// Something that all ranks do together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Collective {
    /// What is done, after what.
    pub name: String,
    /// How often a step does it.
    pub times: usize,
    /// Ranks that take part.
    pub ranks: usize,
    /// Bytes that each rank has of it.
    pub bytes: f64,
    /// Time of once, by the model of the links that plans are made with; none where it does not know the links.
    pub modelled_us: Option<f64>,
}

/// How evenly ranks share the experts' rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranks {
    /// Ranks that share the experts.
    pub ranks: usize,
    /// Redundant copies of experts.
    pub redundant: usize,
    /// Rows of the rank that is measured over the mean of all.
    pub own_over_mean: f64,
    /// Rows of the busiest rank over the mean: what the others wait for.
    pub busiest_over_mean: f64,
    /// The same if there were no copies; none where there are none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub without_copies: Option<f64>,
}

/// One batch size, routing and storage type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// `moe`, `attention`, `layer` or `model`.
    pub what: String,
    /// `parts` or `fused`; empty without experts.
    pub path: String,
    /// Storage of weights.
    pub precision: Precision,
    /// `T`.
    pub tokens: usize,
    /// Where the tokens go; empty without experts.
    pub routing: String,
    /// What the sequences do; empty without attention.
    pub step: String,
    /// Caches were cleared before each run.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub cold: bool,
    /// Runs that counted.
    pub repeats: usize,
    /// Every phase once, without marks between them.
    pub whole_us: Percentiles,
    /// A step of the model: each phase as often as the model has it. Only of a model.
    pub step_us: Option<f64>,
    /// What the ranks would have to tell each other. It is not among the phases and in no sum of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub communication: Vec<Collective>,
    /// The phases.
    pub phases: Vec<PhaseReport>,
    /// The phases' sum over the time of the same run by the host's clock; the median of all runs.
    pub sum_over_whole: f64,
    /// What the marks cost: a run with them over the run without that was made beside it, less 1; the median of all pairs.
    pub overhead: f64,
    /// Rows of each local expert, and statistics of them.
    pub load: Option<Load>,
    /// Rows and time of each local expert.
    pub experts: Vec<ExpertRow>,
    /// How the experts' shares of the time are known.
    pub experts_by: Option<String>,
    /// Rows added when each expert's are padded to tiles of 16, over the rows there are; none without rows.
    pub padding_waste: Option<f64>,
    /// How evenly the ranks share the rows, where there are several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ranks: Option<Ranks>,
    /// Time over the time at uniform routing.
    pub imbalance_cost: Option<f64>,
    /// What stands out, in words.
    pub hints: Vec<String>,
    /// The last run.
    pub timeline: Vec<Span>,
    /// What threads did in the last run: for the trace, and too long for anything else.
    #[serde(skip)]
    pub threads: Vec<Span>,
}

impl Point {
    /// A point without anything in it, to put figures into.
    #[cfg(test)]
    pub(crate) fn empty() -> Self {
        Self {
            what: "moe".into(),
            path: "parts".into(),
            precision: Precision::Bf16,
            tokens: 1,
            routing: "uniform".into(),
            step: String::new(),
            cold: false,
            repeats: 1,
            whole_us: Percentiles::default(),
            step_us: None,
            communication: Vec::new(),
            phases: Vec::new(),
            sum_over_whole: 1.0,
            overhead: 0.0,
            load: None,
            experts: Vec::new(),
            experts_by: None,
            padding_waste: None,
            imbalance_cost: None,
            ranks: None,
            hints: Vec::new(),
            timeline: Vec::new(),
            threads: Vec::new(),
        }
    }

    /// What tells points apart.
    pub fn key(&self) -> String {
        let tokens = format!("T={}", self.tokens);
        let parts = [
            self.what.as_str(),
            &self.path,
            self.precision.name(),
            &tokens,
            &self.routing,
            &self.step,
            if self.cold { "cold" } else { "" },
        ];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// A phase's part of the time: as often as the model has it.
    pub fn share(&self, phase: &PhaseReport) -> f64 {
        let us = |f: &PhaseReport| f.times as f64 * f.device_us.median;
        us(phase) / self.phases.iter().map(us).sum::<f64>().max(f64::MIN_POSITIVE)
    }
}

/// A profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Version of the program.
    pub version: String,
    /// Commit of the program, where the environment names one.
    pub commit: Option<String>,
    /// The model's name.
    pub model: String,
    /// What of it was run.
    pub slice: String,
    /// The device: name, product, units.
    pub device: String,
    /// Features of the device.
    pub features: Vec<String>,
    /// What it can do.
    pub limits: Limits,
    /// What to know of the figures before they are used.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// The measurements.
    pub points: Vec<Point>,
    /// What the vendor's profiler measured beside, if it was imported.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub device_ops: Vec<crate::msprof::DeviceOp>,
    /// What became of a baseline's times, if there was one.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// Said of every profile of a simulated NPU.
const SIMULATED: &str =
    "simulated: times are those of this host, operations and bytes a second and shares of the roofline say nothing of a card";

impl Report {
    /// Of these measurements on this device.
    pub fn new(device: &DeviceInfo, model: &Model, slice: Slice, limits: Limits, points: Vec<Point>) -> Self {
        let local = slice.local(model);
        let copies = if slice.redundant > 0 { format!(" and {} copies", slice.redundant) } else { String::new() };
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").into(),
            commit: std::env::var("GITHUB_SHA").ok(),
            model: model.name.clone(),
            slice: format!(
                "experts {}..{} of {}{copies}, H {}, I {}, top {}",
                local.start,
                local.end,
                model.experts,
                model.hidden,
                slice.inner(model),
                model.top_k
            ),
            device: format!("{} ({}, {} units)", device.id, device.name, device.compute_units),
            features: device.features.clone(),
            limits,
            note: (device.id.backend == "sim").then(|| SIMULATED.into()),
            points,
            device_ops: Vec::new(),
            comparison: Comparison::default(),
        }
    }

    /// Reads a report.
    ///
    /// # Errors
    /// The file cannot be read, is none, or is one of another version.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
        let report: Self = serde_json::from_str(&text).map_err(|e| Error::format(path, e))?;
        if report.schema != SCHEMA {
            return Err(Error::format(path, format!("a profile of schema {}, this program reads {SCHEMA}", report.schema)));
        }
        Ok(report)
    }
}

/// The name that everything together has among [`Change`]s.
pub const WHOLE: &str = "whole";

/// A phase in two reports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// [`Point::key`].
    pub point: String,
    /// The phase, `phase/stage`, or [`WHOLE`].
    pub phase: String,
    /// Median before.
    pub before_us: f64,
    /// Median now.
    pub after_us: f64,
    /// Now over before.
    pub ratio: f64,
    /// It is slower by more than the threshold, in the median and in the fast runs: noise makes some runs slow, not all.
    pub regression: bool,
}

/// Two reports, point by point.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// What both have.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub changes: Vec<Change>,
    /// [`Point::key`]s that only the baseline has.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub only_before: Vec<String>,
    /// Those that only the other has.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub only_after: Vec<String>,
}

/// What a device is, without which one of several it is.
fn product(device: &str) -> (&str, &str) {
    let (id, product) = device.split_once(' ').unwrap_or((device, ""));
    (id.split(':').next().unwrap_or(id), product)
}

/// Refuses profiles of different work or different machines. Another version of CANN, which an NPU has among its features, is a reason to compare.
fn comparable(before: &Report, after: &Report) -> Result<()> {
    let unlike = |what, before: &str, after: &str| Err(Error::Unlike { what, before: before.into(), after: after.into() });
    if before.model != after.model {
        return unlike("the model", &before.model, &after.model);
    }
    if before.slice != after.slice {
        return unlike("the slice", &before.slice, &after.slice);
    }
    if product(&before.device) != product(&after.device) {
        return unlike("the device", &before.device, &after.device);
    }
    if product(&after.device).0 == "cpu" && before.features != after.features {
        return unlike("the instruction set", &before.features.join(" "), &after.features.join(" "));
    }
    Ok(())
}

/// Compares what both reports have. `threshold` is the part by which something may be slower: 0.1 for 10 %.
///
/// # Errors
/// [`Error::Unlike`] when model, slice, kind of device, product, units (threads) or, on the CPU, instruction sets differ; nothing is common to both; a threshold below 0,
/// or none.
pub fn compare(before: &Report, after: &Report, threshold: f64) -> Result<Comparison> {
    if threshold.is_nan() || threshold < 0.0 {
        return Err(Error::option("threshold", threshold, "0 or more, as 0.15 for 15 %"));
    }
    comparable(before, after)?;
    let mut changes = Vec::new();
    for now in &after.points {
        let Some(then) = before.points.iter().find(|p| p.key() == now.key()) else { continue };
        for (phase, b, a) in times_of_both(then, now) {
            let slower = |a: f64, b: f64| a > b * (1.0 + threshold);
            changes.push(Change {
                point: now.key(),
                phase,
                before_us: b.median,
                after_us: a.median,
                ratio: a.median / b.median,
                regression: slower(a.median, b.median) && slower(a.p10, b.p10),
            });
        }
    }
    if changes.is_empty() {
        return Err(Error::option("baseline", &before.model, format!("it has no point in common with this profile of {}", after.model)));
    }
    let only = |a: &Report, b: &Report| {
        let keys = a.points.iter().map(Point::key);
        keys.filter(|key| b.points.iter().all(|p| p.key() != *key)).collect()
    };
    Ok(Comparison { changes, only_before: only(before, after), only_after: only(after, before) })
}

/// What two points have in common: phases, the stages of their kernels, and the whole; each with its time then and now.
fn times_of_both(then: &Point, now: &Point) -> Vec<(String, Percentiles, Percentiles)> {
    let mut all = Vec::new();
    for a in &now.phases {
        let Some(b) = then.phases.iter().find(|b| b.name == a.name) else { continue };
        all.push((a.name.clone(), b.device_us, a.device_us));
        for stage in &a.stages {
            if let Some(before) = b.stages.iter().find(|s| s.name == stage.name && s.name != "waiting") {
                all.push((format!("{}/{}", a.name, stage.name), before.us, stage.us));
            }
        }
    }
    all.push((WHOLE.into(), then.whole_us, now.whole_us));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_that_nothing_exceeds_is_refused() {
        let all = crate::limits::Rates { f32_gflops: 1.0, bf16_gflops: 1.0, int8_gops: 1.0, read_gbs: 1.0 };
        let limits = Limits { source: String::new(), measured_at: None, kept: false, all, one_thread: None, levels: Vec::new() };
        let device = DeviceInfo { id: ascend_hal::DeviceId::CPU, name: "".into(), compute_units: 1, memory_bytes: 0, features: Vec::new() };
        let report = Report::new(&device, &Model::find("qwen3-30b-a3b").unwrap(), Slice::default(), limits, vec![Point::empty()]);
        assert!(compare(&report, &report, 0.0).is_ok());
        for threshold in [f64::NAN, -0.1] {
            assert!(compare(&report, &report, threshold).unwrap_err().to_string().starts_with("threshold"));
        }
    }

    /// A report of this device with points of these numbers of tokens.
    fn report(backend: &'static str, index: u32, threads: usize, features: &[&str], tokens: &[usize]) -> Report {
        let all = crate::limits::Rates { f32_gflops: 1.0, bf16_gflops: 1.0, int8_gops: 1.0, read_gbs: 1.0 };
        let limits = Limits { source: String::new(), measured_at: None, kept: false, all, one_thread: None, levels: Vec::new() };
        let id = ascend_hal::DeviceId { backend, index };
        let features = features.iter().map(|f| (*f).to_owned()).collect();
        let device = DeviceInfo { id, name: "product".into(), compute_units: threads, memory_bytes: 0, features };
        let points = tokens.iter().map(|tokens| Point { tokens: *tokens, ..Point::empty() }).collect();
        Report::new(&device, &Model::find("qwen3-30b-a3b").unwrap(), Slice::default(), limits, points)
    }

    #[test]
    fn profiles_of_different_machines_are_refused() {
        let base = report("cpu", 0, 2, &["isa=avx2"], &[1]);
        let unlike = |other: &Report| match compare(&base, other, 0.1) {
            Err(Error::Unlike { what, .. }) => what,
            other => panic!("{other:?}"),
        };
        assert_eq!(unlike(&report("cpu", 0, 1, &["isa=avx2"], &[1])), "the device");
        assert_eq!(unlike(&report("sim", 0, 2, &["isa=avx2"], &[1])), "the device");
        assert_eq!(unlike(&report("cpu", 0, 2, &["isa=avx512"], &[1])), "the instruction set");
        assert_eq!(unlike(&Report { slice: "another".into(), ..base.clone() }), "the slice");
        // Another card of the kind, with another CANN.
        assert!(compare(&report("npu", 0, 24, &["runtime 8.5"], &[1]), &report("npu", 3, 24, &["runtime 9.0"], &[1]), 0.1).is_ok());
    }

    #[test]
    fn points_that_one_side_has_are_listed_and_cold_ones_are_others() {
        let (before, mut after) = (report("cpu", 0, 2, &[], &[1, 16]), report("cpu", 0, 2, &[], &[1, 128]));
        let found = compare(&before, &after, 0.1).unwrap();
        assert_eq!((found.changes.len(), found.only_before.len(), found.only_after.len()), (1, 1, 1));
        assert!(found.only_before[0].contains("T=16") && found.only_after[0].contains("T=128"), "{found:?}");
        let told = crate::render::changes(&found, 0.1);
        assert!(told.contains("only in the baseline: moe parts bf16 T=16") && told.contains("not in the baseline: moe parts"), "{told}");
        after.points[0].cold = true;
        assert!(compare(&before, &after, 0.1).unwrap_err().to_string().contains("no point in common"));
    }

    #[test]
    fn profiles_of_a_simulated_npu_say_so() {
        assert!(report("sim", 0, 24, &[], &[1]).note.is_some_and(|note| note.starts_with("simulated: times are those of this host")));
        assert_eq!(report("npu", 0, 24, &[], &[1]).note, None);
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_times() {
        let p = Percentiles::of((0..=100).rev().map(f64::from));
        assert_eq!((p.p10, p.median, p.p90), (10.0, 50.0, 90.0));
        assert_eq!(Percentiles::of([]), Percentiles::default());
        assert_eq!(Percentiles::of([3.0]).p90, 3.0);
    }
}
