//! What it costs the host to enqueue: each op of a decode step, in a shape that the device has not seen and in one that it has, and as a part of a recorded graph.

use std::fmt::Write;
use std::time::Instant;

use ascend_hal::{Choice, Device, GraphExec, OpCall, OpKind, Stream};
use serde::Serialize;

use crate::measure::{Options, Step, Subject, What};
use crate::report::Percentiles;
use crate::workload::{Attention, Model, Precision, Routing, Slice};
use crate::{Error, Result};

/// Version of [`Dispatch`].
const SCHEMA: u32 = 1;
/// Calls between two waits for the stream: a queue that grows without end would be another thing to measure.
const BATCH: usize = 64;
/// Times of each figure.
const TIMES: usize = 25;
/// Shapes that are new to the device.
const SHAPES: usize = 12;
/// Tokens of the step; the new shapes have one more each.
const TOKENS: usize = 8;

/// An op of the step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OpCost {
    /// The op and its variant.
    pub op: String,
    /// Calls of it in a step of one layer.
    pub calls: usize,
    /// µs from the call of `enqueue` to its return, in a shape that the device has not seen.
    pub first_us: Percentiles,
    /// The same in a shape that it has.
    pub again_us: Percentiles,
    /// µs for each op of a recorded graph of 64 of them; none where the device cannot record it.
    pub graph_us: Option<f64>,
}

/// The ops of a decode step, and the step as a whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dispatch {
    /// Version of this structure.
    pub schema: u32,
    /// Version of the program.
    pub version: &'static str,
    /// The device.
    pub device: String,
    /// Each op.
    pub ops: Vec<OpCost>,
    /// Ops of a step of one layer.
    pub step_ops: usize,
    /// µs of enqueuing the step op by op.
    pub step_us: Percentiles,
    /// µs of launching it as a graph.
    pub step_graph_us: Option<Percentiles>,
    /// Why it cannot be recorded.
    pub no_graph: Option<String>,
}

/// A model with every op of a Qwen3-MoE decoder and small matrices: the host's cost does not depend on their size.
fn model() -> Result<Model> {
    let attention = Attention::Grouped { heads: 4, kv_heads: 2, head_dim: 64, window: None, head_norms: true };
    Ok(Model { layers: 1, hidden: 128, experts: 16, moe_inner: 64, vocab: 512, attention, ..Model::find("qwen3-30b-a3b")? })
}

fn us(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e6
}

fn enqueue(device: &dyn Device, stream: &Stream, call: &OpCall) -> Result<f64> {
    let call = call.clone();
    let start = Instant::now();
    device.enqueue(stream, call, &Choice::Auto)?;
    Ok(us(start))
}

/// Measures the ops of a decode step on `device`, which is warm afterwards.
///
/// # Errors
/// What the device refuses.
pub fn dispatch(device: &dyn Device) -> Result<Dispatch> {
    let (model, step) = (model()?, Step::Decode { context: 64 });
    let subject = Subject::new(device, What::Model, &model, Slice::default(), Precision::Bf16)?;
    let options = Options { step, ..Options::default() };
    let calls = |tokens: usize| -> Result<Vec<OpCall>> {
        let ids = Routing::Uniform.draw(tokens, model.experts, model.top_k, 0)?;
        Ok(subject.parts(device, &ids, options.step, options.path)?.into_iter().flat_map(|part| part.calls).collect())
    };
    let stream = device.create_stream()?;
    let steps: Vec<Vec<OpCall>> = (0..=SHAPES).map(|i| calls(TOKENS + i)).collect::<Result<_>>()?;
    let all = steps.first().ok_or_else(|| Error::option("device", device.info().id, "a step to measure"))?;

    let mut kinds: Vec<(OpKind, &'static str)> = Vec::new();
    for call in all {
        let kind = (call.kind(), call.variant());
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let mut ops = Vec::new();
    for kind in kinds {
        let of_kind = |step: &[OpCall]| step.iter().find(|c| (c.kind(), c.variant()) == kind).cloned();
        let same = all.iter().filter(|c| (c.kind(), c.variant()) == kind).count();
        let (mut first, mut again) = (Vec::new(), Vec::new());
        for step in &steps {
            let Some(call) = of_kind(step) else { continue };
            first.push(enqueue(device, &stream, &call)?);
            stream.synchronize()?;
        }
        let Some(call) = of_kind(all) else { continue };
        for _ in 0..TIMES {
            let times = (0..BATCH).map(|_| enqueue(device, &stream, &call)).collect::<Result<Vec<_>>>()?;
            stream.synchronize()?;
            again.push(times.iter().sum::<f64>() / BATCH as f64);
        }
        let graph_us = match record(device, &stream, &vec![call; BATCH]) {
            Ok(graph) => Some(launches(&graph, &stream)?.median / BATCH as f64),
            Err(_) => None,
        };
        let op = format!("{} ({})", kind.0, kind.1);
        ops.push(OpCost { op, calls: same, first_us: Percentiles::of(first), again_us: Percentiles::of(again), graph_us });
    }

    let mut times = Vec::new();
    for _ in 0..TIMES {
        let start = Instant::now();
        all.iter().try_for_each(|call| enqueue(device, &stream, call).map(drop))?;
        times.push(us(start));
        stream.synchronize()?;
    }
    let (step_graph_us, no_graph) = match record(device, &stream, all) {
        Ok(graph) => (Some(launches(&graph, &stream)?), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Ok(Dispatch {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        device: format!("{} ({})", device.info().id, device.info().name),
        ops,
        step_ops: all.len(),
        step_us: Percentiles::of(times),
        step_graph_us,
        no_graph,
    })
}

/// Records the calls. A stream that refuses one of them is not left recording.
fn record(device: &dyn Device, stream: &Stream, calls: &[OpCall]) -> Result<GraphExec> {
    stream.begin_capture()?;
    let recorded = calls.iter().try_for_each(|call| enqueue(device, stream, call).map(drop));
    let graph = stream.end_capture();
    recorded?;
    Ok(graph?.instantiate()?)
}

fn launches(graph: &GraphExec, stream: &Stream) -> Result<Percentiles> {
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let start = Instant::now();
        graph.launch(stream)?;
        times.push(us(start));
        stream.synchronize()?;
    }
    Ok(Percentiles::of(times))
}

/// The costs as lines for a terminal.
pub fn text(d: &Dispatch) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = write(&mut out, d);
    out
}

fn write(out: &mut String, d: &Dispatch) -> std::fmt::Result {
    writeln!(out, "µs of the host from the call of enqueue to its return, on {}; medians", d.device)?;
    writeln!(out, "{:<34}{:>7}{:>12}{:>12}{:>12}", "op", "calls", "new shape", "known shape", "in a graph")?;
    let graph = |us: Option<f64>| us.map_or("–".to_owned(), |us| format!("{us:.2}"));
    for op in &d.ops {
        writeln!(out, "{:<34}{:>7}{:>12.2}{:>12.2}{:>12}", op.op, op.calls, op.first_us.median, op.again_us.median, graph(op.graph_us))?;
    }
    let step = format!("a step of one layer, {} ops", d.step_ops);
    writeln!(out, "{step:<34}{:>7}{:>12}{:>12.2}{:>12}", "", "", d.step_us.median, graph(d.step_graph_us.map(|p| p.median)))?;
    if let Some(why) = &d.no_graph {
        writeln!(out, "the step cannot be recorded: {why}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_op_of_a_decode_step_has_its_cost() {
        let device = ascend_cpu::CpuDevice::with(ascend_cpu::CpuOptions::default().with_threads(1)).unwrap();
        let costs = dispatch(&*device).unwrap();
        let names: Vec<&str> = costs.ops.iter().map(|o| o.op.split(' ').next().unwrap()).collect();
        for op in [
            "embedding",
            "norm",
            "matmul",
            "rope",
            "kv_cache_write",
            "attention",
            "gating",
            "grouped_matmul",
            "glu",
            "finalize_routing",
            "argmax",
        ] {
            assert!(names.contains(&op), "{op}: {names:?}");
        }
        assert_eq!(costs.ops.iter().map(|o| o.calls).sum::<usize>(), costs.step_ops);
        assert!(costs.ops.iter().all(|o| o.again_us.median > 0.0 && o.graph_us.is_some()));
        assert!(costs.step_graph_us.is_some() && costs.no_graph.is_none());
        assert_eq!(text(&costs).lines().count(), 3 + costs.ops.len());
    }
}
