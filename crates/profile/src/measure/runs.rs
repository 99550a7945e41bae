//! Repeated runs of phases, with and without marks between them.

use std::time::{Duration, Instant};

use ascend_hal::{Choice, Device, Event, Stream, Work, scope, watch};

use super::Options;
use super::part::Part;
use crate::Result;
use crate::report::Span;

/// Runs that are made whatever the budget.
const FEWEST: usize = 3;

/// What was measured, run by run.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// The run without marks.
    pub whole_us: Vec<f64>,
    /// The phases by the device's events.
    pub device_us: Vec<Vec<f64>>,
    /// The phases' calls by the host's clock.
    pub host_us: Vec<Vec<f64>>,
    /// The phases' sum over the time that the host's clock saw.
    pub sum_over_wall: Vec<f64>,
    /// The run with marks over the one without that was made beside it.
    pub marked_over_whole: Vec<f64>,
    /// What kernels told of themselves, by phase.
    pub work: Vec<Vec<Vec<Work>>>,
    /// The last run: its phases on a stream and on the host.
    pub timeline: Vec<Span>,
    /// The last run: what threads did in it.
    pub threads: Vec<Span>,
}

impl Runs {
    pub(super) fn new(device: &dyn Device, parts: &[Part], options: &Options) -> Result<Self> {
        let stream = device.create_stream()?;
        let marks: Vec<Event> = (0..=parts.len()).map(|_| device.create_event()).collect::<Result<_, _>>()?;
        let ends = [device.create_event()?, device.create_event()?];
        let flush = vec![1u8; options.cold_bytes];
        let (mut runs, start) = (Self::default(), Instant::now());
        for run in 0..options.warm_up + options.repeats {
            if run >= options.warm_up + FEWEST && start.elapsed() > options.budget {
                break;
            }
            // The order changes, so that neither way of running profits from what the other left in caches.
            let before = (run % 2 == 0).then(|| whole(device, &stream, parts, &ends, &flush)).transpose()?;
            let marked = Marked::run(device, &stream, parts, &marks, &flush)?;
            let whole_us = before.map_or_else(|| whole(device, &stream, parts, &ends, &flush), Ok)?;
            if run >= options.warm_up {
                runs.add(parts, whole_us, marked);
            }
        }
        Ok(runs)
    }

    fn add(&mut self, parts: &[Part], whole_us: f64, marked: Marked) {
        let sum: f64 = marked.device_us.iter().sum();
        self.timeline.clear();
        self.threads.clear();
        let mut at = 0.0;
        let span = |track: String, name: &str, start_us, us, item| Span { track, name: name.into(), start_us, us, item };
        for (i, part) in parts.iter().enumerate() {
            self.timeline.push(span("stream".into(), part.name, at, marked.device_us[i], None));
            self.timeline.push(span("host".into(), part.name, us(marked.called[i] - marked.began), marked.host_us[i], None));
            at += marked.device_us[i];
            for w in &marked.work[i] {
                // A tile is one of the phase that it belongs to.
                let name = if w.name == "tile" || w.name == "busy" { part.name } else { w.name };
                let item = w.item.filter(|_| part.by_expert);
                self.threads.push(span(format!("thread {}", w.thread), name, us(w.start - marked.began), us(w.end - w.start), item));
            }
        }
        self.whole_us.push(whole_us);
        self.sum_over_wall.push(sum / marked.wall_us);
        self.marked_over_whole.push(sum / whole_us);
        self.device_us.push(marked.device_us);
        self.host_us.push(marked.host_us);
        self.work.push(marked.work);
    }
}

/// What a clock says of runs without marks and of those with them, made in turns: pairs of both.
pub(super) fn pairs(device: &dyn Device, parts: &[Part], options: &Options, clock: &dyn Fn() -> f64) -> Result<Vec<[f64; 2]>> {
    let stream = device.create_stream()?;
    let marks: Vec<Event> = (0..=parts.len()).map(|_| device.create_event()).collect::<Result<_, _>>()?;
    let ends = [device.create_event()?, device.create_event()?];
    let (mut pairs, start) = (Vec::new(), Instant::now());
    for run in 0..options.warm_up + options.repeats {
        if pairs.len() >= FEWEST && start.elapsed() > options.budget {
            break;
        }
        let mut pair = [0.0; 2];
        for turn in [run % 2, 1 - run % 2] {
            let begin = clock();
            if turn == 0 {
                whole(device, &stream, parts, &ends, &[])?;
            } else {
                Marked::run(device, &stream, parts, &marks, &[])?;
            }
            pair[turn] = clock() - begin;
        }
        if run >= options.warm_up {
            pairs.push(pair);
        }
    }
    Ok(pairs)
}

/// A run with marks.
struct Marked {
    began: Instant,
    wall_us: f64,
    called: Vec<Instant>,
    device_us: Vec<f64>,
    host_us: Vec<f64>,
    work: Vec<Vec<Work>>,
}

impl Marked {
    fn run(device: &dyn Device, stream: &Stream, parts: &[Part], marks: &[Event], flush: &[u8]) -> Result<Self> {
        chill(flush);
        let mut called = Vec::with_capacity(parts.len());
        let mut host_us = Vec::with_capacity(parts.len());
        let began = Instant::now();
        let (done, seen) = watch(|| -> Result<()> {
            stream.record(&marks[0])?;
            for (part, mark) in parts.iter().zip(&marks[1..]) {
                let start = Instant::now();
                scope(part.name, || enqueue(device, stream, part))?;
                stream.record(mark)?;
                host_us.push(us(start.elapsed()));
                called.push(start);
            }
            Ok(stream.synchronize()?)
        });
        let wall_us = us(began.elapsed());
        done?;
        let device_us = marks.windows(2).map(|pair| Ok(us(pair[1].elapsed_since(&pair[0])?))).collect::<Result<_>>()?;
        let mut work = vec![Vec::new(); parts.len()];
        for w in seen {
            // Kernels that tell run within the call that enqueues them.
            let phase = called.partition_point(|start| *start <= w.start);
            if let Some(work) = phase.checked_sub(1).and_then(|at| work.get_mut(at)) {
                work.push(w);
            }
        }
        Ok(Self { began, wall_us, called, device_us, host_us, work })
    }
}

/// µs of a run without marks in it.
fn whole(device: &dyn Device, stream: &Stream, parts: &[Part], [first, last]: &[Event; 2], flush: &[u8]) -> Result<f64> {
    chill(flush);
    stream.record(first)?;
    for part in parts {
        enqueue(device, stream, part)?;
    }
    stream.record(last)?;
    stream.synchronize()?;
    Ok(us(last.elapsed_since(first)?))
}

fn enqueue(device: &dyn Device, stream: &Stream, part: &Part) -> Result<()> {
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
