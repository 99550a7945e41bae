//! Measuring an expert layer, phase by phase.
//!
//! Each repetition runs the layer twice: once with marks at its two ends only, and once with a mark between all phases. So a report can say what the marks cost.
//! Whether the phases add up is judged within one run, by the host's clock.

mod layer;

use std::time::{Duration, Instant};

use ascend_hal::{Choice, Device, Event, Stream};

pub use layer::Layer;

use crate::report::{BoundBy, Limits, Percentiles, PhaseReport, Point, Span};
use crate::workload::{Load, Precision, Routing};
use crate::{Error, Result};

/// How the layer is run.
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
    /// How the layer is run.
    pub path: Path,
    /// Runs before the first one that counts.
    pub warm_up: usize,
    /// Runs that count, at most.
    pub repeats: usize,
    /// No further run is started after this time, if there have been three.
    pub budget: Duration,
    /// Read this many other bytes before each run, so that caches are cold; 0: none.
    pub cold_bytes: usize,
    /// Seed of the routing.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { path: Path::Parts, warm_up: 2, repeats: 50, budget: Duration::from_secs(3), cold_bytes: 0, seed: 0 }
    }
}

/// Runs that are made whatever the budget.
const FEWEST: usize = 3;
/// Below this time a phase that is far from its roofline is taken to wait for its launch.
const LAUNCH_US: f64 = 20.0;
/// Rows that a cube unit computes at once: what groups are padded to.
const TILE_ROWS: usize = 16;

/// Measures a batch of `tokens` on `layer`.
///
/// # Errors
/// What the device or the routing refuses.
pub fn measure(device: &dyn Device, layer: &Layer, routing: &Routing, tokens: usize, limits: &Limits, options: &Options) -> Result<Point> {
    if tokens == 0 || options.repeats == 0 {
        return Err(Error::option("tokens", tokens, "at least one token and one repetition"));
    }
    let model = layer.model();
    let ids = routing.draw(tokens, model.experts, model.top_k, options.seed)?;
    let parts = layer.parts(device, &ids, options.path)?;
    let runs = Runs::new(device, &parts, options)?;
    let mut phases = Vec::with_capacity(parts.len());
    for (i, part) in parts.iter().enumerate() {
        let device_us = Percentiles::of(runs.device_us.iter().map(|run| run[i]));
        let host_us = Percentiles::of(runs.host_us.iter().map(|run| run[i]));
        let us = device_us.median;
        let compute_us = part.work.flops / limits.peak_gflops(part.precision) / 1e3;
        let memory_us = part.work.bytes / limits.read_gbs / 1e3;
        let floor_us = compute_us.max(memory_us);
        let bound_by = match () {
            () if us < LAUNCH_US && floor_us < us / 2.0 => BoundBy::Launch,
            () if part.name == "init_routing" || part.name == "finalize" => BoundBy::Copy,
            () if compute_us >= memory_us => BoundBy::Compute,
            () => BoundBy::Memory,
        };
        phases.push(PhaseReport {
            name: part.name.into(),
            device_us,
            host_us,
            flops: part.work.flops,
            bytes: part.work.bytes,
            tflops: part.work.flops / us / 1e6,
            gbs: part.work.bytes / us / 1e3,
            roofline: floor_us / us,
            bound_by,
        });
    }
    let load = Load::of_counts(layer.local_counts(&ids));
    let padded: usize = load.counts.iter().map(|c| c.next_multiple_of(TILE_ROWS)).sum();
    let whole_us = Percentiles::of(runs.whole_us.iter().copied());
    let marked_us = Percentiles::of(runs.device_us.iter().map(|run| run.iter().sum()));
    Ok(Point {
        path: options.path.name().into(),
        precision: layer.precision(),
        tokens,
        routing: routing.to_string(),
        repeats: runs.whole_us.len(),
        sum_over_whole: Percentiles::of(runs.sum_over_wall.iter().copied()).median,
        overhead: marked_us.p10 / whole_us.p10 - 1.0,
        whole_us,
        phases,
        expert_time_share: expert_shares(&load, layer, limits),
        padding_waste: padded as f64 / load.rows().max(1) as f64 - 1.0,
        load,
        imbalance_cost: None,
        hints: Vec::new(),
        timeline: runs.timeline,
    })
}

/// Each expert's share of the time of the products, by the roofline: a grouped product cannot be timed expert by expert.
fn expert_shares(load: &Load, layer: &Layer, limits: &Limits) -> Vec<f64> {
    let (params, precision) = (layer.model().expert_params(), layer.precision());
    let us = |rows: &usize| match rows {
        0 => 0.0,
        rows => (2.0 * *rows as f64 * params / limits.peak_gflops(precision)).max(params * precision.weight_bytes() / limits.read_gbs),
    };
    let total: f64 = load.counts.iter().map(us).sum();
    load.counts.iter().map(|c| if total > 0.0 { us(c) / total } else { 0.0 }).collect()
}

/// What was measured, run by run.
struct Runs {
    whole_us: Vec<f64>,
    device_us: Vec<Vec<f64>>,
    host_us: Vec<Vec<f64>>,
    /// The phases' sum over the time that the host's clock saw.
    sum_over_wall: Vec<f64>,
    /// The last run, on two tracks.
    timeline: Vec<Span>,
}

impl Runs {
    fn new(device: &dyn Device, parts: &[layer::Part], options: &Options) -> Result<Self> {
        let stream = device.create_stream()?;
        let events: Vec<Event> = (0..=parts.len()).map(|_| device.create_event()).collect::<Result<_, _>>()?;
        let (first, last) = (&events[0], &events[parts.len()]);
        let mut runs =
            Self { whole_us: Vec::new(), device_us: Vec::new(), host_us: Vec::new(), sum_over_wall: Vec::new(), timeline: Vec::new() };
        let flush = vec![1u8; options.cold_bytes];
        let start = Instant::now();
        for run in 0..options.warm_up + options.repeats {
            if run >= options.warm_up + FEWEST && start.elapsed() > options.budget {
                break;
            }
            // The order changes, so that neither way of running profits from what the other left in caches.
            let mut whole = 0.0;
            if run % 2 == 0 {
                whole = Self::whole(device, &stream, parts, first, last, &flush)?;
            }
            chill(&flush);
            let mut host_us = Vec::with_capacity(parts.len());
            let mut host_marks = Vec::with_capacity(parts.len());
            let began = Instant::now();
            stream.record(first)?;
            for (part, mark) in parts.iter().zip(&events[1..]) {
                let called = Instant::now();
                enqueue(device, &stream, part)?;
                stream.record(mark)?;
                host_us.push(us(called.elapsed()));
                host_marks.push(us(called - began));
            }
            stream.synchronize()?;
            let wall_us = us(began.elapsed());
            if run % 2 == 1 {
                whole = Self::whole_again(device, &stream, parts, &flush)?;
            }
            if run < options.warm_up {
                continue;
            }
            let device_us: Vec<f64> = events.windows(2).map(|pair| Ok(us(pair[1].elapsed_since(&pair[0])?))).collect::<Result<_>>()?;
            runs.timeline.clear();
            let mut at = 0.0;
            for (i, part) in parts.iter().enumerate() {
                runs.timeline.push(Span { track: "stream".into(), name: part.name.into(), start_us: at, us: device_us[i] });
                runs.timeline.push(Span { track: "host".into(), name: part.name.into(), start_us: host_marks[i], us: host_us[i] });
                at += device_us[i];
            }
            runs.whole_us.push(whole);
            runs.sum_over_wall.push(device_us.iter().sum::<f64>() / wall_us);
            runs.device_us.push(device_us);
            runs.host_us.push(host_us);
        }
        Ok(runs)
    }

    fn whole_again(device: &dyn Device, stream: &Stream, parts: &[layer::Part], flush: &[u8]) -> Result<f64> {
        let (first, last) = (device.create_event()?, device.create_event()?);
        Self::whole(device, stream, parts, &first, &last, flush)
    }

    /// µs of the layer without marks in it.
    fn whole(device: &dyn Device, stream: &Stream, parts: &[layer::Part], first: &Event, last: &Event, flush: &[u8]) -> Result<f64> {
        chill(flush);
        stream.record(first)?;
        for part in parts {
            enqueue(device, stream, part)?;
        }
        stream.record(last)?;
        stream.synchronize()?;
        Ok(us(last.elapsed_since(first)?))
    }
}

fn enqueue(device: &dyn Device, stream: &Stream, part: &layer::Part) -> Result<()> {
    for call in &part.calls {
        device.enqueue(stream, call.clone(), &Choice::Auto)?;
    }
    Ok(())
}

fn us(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Pushes what caches hold out by reading something else.
fn chill(bytes: &[u8]) {
    std::hint::black_box(bytes.iter().step_by(64).map(|b| u64::from(*b)).sum::<u64>());
}

/// Measures `routing`, and uniform routing beside it when that is another one: the ratio is what imbalance costs. Adds the hints.
///
/// # Errors
/// As [`measure`].
pub fn profile(device: &dyn Device, layer: &Layer, routing: &Routing, tokens: usize, limits: &Limits, options: &Options) -> Result<Point> {
    let mut point = measure(device, layer, routing, tokens, limits, options)?;
    if !matches!(routing, Routing::Uniform | Routing::Zipf(0.0)) {
        let uniform = measure(device, layer, &Routing::Uniform, tokens, limits, options)?;
        point.imbalance_cost = Some(point.whole_us.median / uniform.whole_us.median);
    }
    point.hints = crate::hints::hints(&point);
    Ok(point)
}

/// Bytes per weight of a precision decide what a profile needs: a rough size of the layer, in bytes, prepared copies not counted.
pub fn layer_bytes(model: &crate::workload::Model, slice: crate::workload::Slice, precision: Precision) -> f64 {
    model.expert_params() * model.experts as f64 / (slice.ep * slice.tp).max(1) as f64 * precision.weight_bytes()
}

#[cfg(test)]
mod tests;
