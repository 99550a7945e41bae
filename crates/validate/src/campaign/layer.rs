//! The program that is broken: one layer of a mixture-of-experts model, eager and as a graph, with copies, events and callbacks around it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ascend_hal::ops::{
    Attention, Elementwise, FinalizeRouting, Gating, Glu, GluKind, GroupList, GroupedMatmul, InitRouting, KvCacheWrite, KvSource, Lengths,
    Matmul, Norm, NormKind, Rope, RopeStyle, Score, Weight,
};
use ascend_hal::{DType, Device, DeviceExt, Error, OpCall, OpKind, Result, Stream, TensorView, TensorViewMut, bf16};

/// Tokens of two sequences: one decodes, one is new.
const T: usize = 4;
const H: usize = 32;
const HQ: usize = 2;
const HKV: usize = 1;
const D: usize = 32;
/// Page size, and pages of the cache.
const P: usize = 16;
const PAGES: usize = 3;
const E: usize = 4;
const K: usize = 2;
const I: usize = 16;

/// What of the layer was just enqueued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Op(OpKind),
    /// Recorded, not run.
    Captured(OpKind),
    /// A run of everything that was captured.
    Replay,
    Copy,
}

/// Is told of each step, with its stream.
pub(super) type After<'a> = &'a mut dyn FnMut(&Stream, Step) -> Result<()>;

struct Layer<'a> {
    device: &'a dyn Device,
    stream: Stream,
    after: After<'a>,
    captures: bool,
    seed: usize,
}

impl Layer<'_> {
    fn run(&mut self, op: impl Into<OpCall>) -> Result<()> {
        let call = op.into();
        let kind = call.kind();
        self.device.run(&self.stream, call)?;
        (self.after)(&self.stream, if self.captures { Step::Captured(kind) } else { Step::Op(kind) })
    }

    /// Small numbers, always the same.
    fn noise(&mut self, shape: &[usize]) -> Result<TensorView> {
        self.seed += 1;
        let place = |i: usize| ((i + 1000 * self.seed) as f32 * 12.9898).sin() * 0.3;
        let elements: Vec<bf16> = (0..shape.iter().product()).map(|i| bf16::from_f32(place(i))).collect();
        self.device.upload(&elements, ascend_hal::Dims::new(shape)?)
    }

    /// A product with weights that are stored output by input.
    fn project(&mut self, x: &TensorView, weight: &TensorView, y: &TensorViewMut) -> Result<()> {
        self.run(Matmul::new(x.clone(), Weight::nk(weight.clone())?, y.clone()))
    }

    fn empty(&self, shape: &[usize]) -> Result<TensorViewMut> {
        self.device.empty(DType::BF16, ascend_hal::Dims::new(shape)?)
    }

    fn attention(&mut self, x: &TensorView) -> Result<TensorView> {
        let (weight, normed) = (self.noise(&[H])?, self.empty(&[T, H])?);
        self.run(Norm::new(x.clone(), weight, NormKind::Rms, 1e-6, normed.clone()))?;
        let (q, k, v) = (self.empty(&[T, HQ, D])?, self.empty(&[T, HKV, D])?, self.empty(&[T, HKV, D])?);
        for (to, heads) in [(&q, HQ), (&k, HKV), (&v, HKV)] {
            let weight = self.noise(&[heads * D, H])?;
            self.project(&normed.view(), &weight, &to.view().reshape([T, heads * D])?.to_mut())?;
        }
        let angles = |i: usize| (i / (D / 2)) as f32 * 10f32.powf(-((i % (D / 2)) as f32) / 8.);
        let table = |f: fn(f32) -> f32| (0..P * D / 2).map(|i| f(angles(i))).collect::<Vec<f32>>();
        let (cos, sin) = (self.device.upload(&table(f32::cos), [P, D / 2])?, self.device.upload(&table(f32::sin), [P, D / 2])?);
        let positions = self.device.upload(&[4i32, 0, 1, 2], [T])?;
        for x in [&q, &k] {
            self.run(Rope::new(x.view(), cos.clone(), sin.clone(), positions.clone(), RopeStyle::Half, x.clone()))?;
        }
        let cache = |device: &dyn Device| device.zeros(DType::BF16, [PAGES, P, HKV, D]);
        let (k_cache, v_cache) = (cache(self.device)?, cache(self.device)?);
        let slots = self.device.upload(&[(P + 4) as i32, 2 * P as i32, 2 * P as i32 + 1, 2 * P as i32 + 2], [T])?;
        self.run(KvCacheWrite::new(k.view(), slots, k_cache.clone()).with_v(v.view(), v_cache.clone()))?;
        let lengths = |ends: [i32; 3]| Ok::<_, Error>(Lengths::new(self.device.upload(&ends, [3])?).with_host(ends));
        let (q_lens, kv_lens) = (lengths([0, 1, 4])?, lengths([0, 5, 8])?);
        let table = self.device.upload(&[1i32, 2], [2, 1])?;
        let kv = KvSource::Paged { k: k_cache.view(), v: v_cache.view(), table };
        let mixed = self.empty(&[T, HQ, D])?;
        self.run(Attention::new(q.view(), kv, q_lens, kv_lens, 1. / (D as f32).sqrt(), mixed.clone()))?;
        let (weight, out) = (self.noise(&[H, HQ * D])?, self.empty(&[T, H])?);
        self.project(&mixed.view().reshape([T, HQ * D])?, &weight, &out)?;
        Ok(out.view())
    }

    /// Gating, init routing, both grouped products, activation and finalize routing.
    fn experts(&mut self, x: &TensorView, weights: &Experts, y: &TensorViewMut) -> Result<()> {
        let device = self.device;
        let logits = device.empty(DType::F32, [T, E])?;
        self.project(x, &weights.router, &logits)?;
        let (scores, ids) = (device.empty(DType::F32, [T, K])?, device.empty(DType::I32, [T, K])?);
        self.run(Gating::new(logits.view(), Score::SoftmaxTopK, scores.clone(), ids.clone()).with_renormalize())?;
        let (rows, flat_to_row, ends) = (self.empty(&[T * K, H])?, device.empty(DType::I32, [T * K])?, device.empty(DType::I64, [E])?);
        self.run(InitRouting::new(x.clone(), ids.view(), E, rows.clone(), flat_to_row.clone()).with_cumulative(ends.clone()))?;
        let groups = || GroupList::Cumulative(ends.view());
        let (both, inner, outer) = (self.empty(&[T * K, 2 * I])?, self.empty(&[T * K, I])?, self.empty(&[T * K, H])?);
        self.run(GroupedMatmul::new(rows.view(), Weight::nk(weights.gate_up.clone())?, groups(), both.clone()))?;
        self.run(Glu::new(both.view(), GluKind::Swiglu, inner.clone()))?;
        self.run(GroupedMatmul::new(inner.view(), Weight::nk(weights.down.clone())?, groups(), outer.clone()))?;
        self.run(FinalizeRouting::new(outer.view(), flat_to_row.view(), y.clone()).with_weights(scores.view()))
    }
}

struct Experts {
    router: TensorView,
    gate_up: TensorView,
    down: TensorView,
}

fn wrong(what: &'static str, found: &str) -> Error {
    Error::State { what, asked: "what the layer left behind", found: found.into() }
}

/// Runs the layer and returns what it computed: by calls, by replays, and as another stream copied it.
pub(super) fn run(device: &dyn Device, after: After<'_>) -> Result<Vec<u8>> {
    let (stream, side) = (device.create_stream()?, device.create_stream()?);
    let (begun, ended) = (device.create_event()?, device.create_event()?);
    let mut layer = Layer { device, stream: stream.clone(), after, captures: false, seed: 0 };
    let bytes = T * H * 2;

    // The input comes by way of pinned memory.
    let hidden = layer.noise(&[T, H])?;
    let (pinned, x) = (device.alloc_pinned(bytes)?, layer.empty(&[T, H])?);
    let mut staged = vec![0; bytes];
    device.read(hidden.buffer(), 0, &mut staged)?;
    device.write(&pinned, 0, &staged)?;
    stream.record(&begun)?;
    stream.copy(pinned.all(), x.view().buffer().all())?;
    (layer.after)(&stream, Step::Copy)?;

    let mixed = layer.attention(&x.view())?;
    let (normed, sum) = (layer.empty(&[T, H])?, layer.empty(&[T, H])?);
    let weight = layer.noise(&[H])?;
    layer.run(Norm::new(mixed, weight, NormKind::Rms, 1e-6, normed.clone()).with_residual(x.view(), sum.clone()))?;
    let weights = Experts { router: layer.noise(&[E, H])?, gate_up: layer.noise(&[E, 2 * I, H])?, down: layer.noise(&[E, H, I])? };
    let (by_calls, y) = (layer.empty(&[T, H])?, layer.empty(&[T, H])?);
    layer.experts(&normed.view(), &weights, &by_calls)?;
    layer.run(Elementwise::add(by_calls.view(), sum.view(), y.clone()))?;
    stream.record(&ended)?;

    // Another stream waits, copies, and tells the host.
    let called = Arc::new(AtomicBool::new(false));
    side.wait(&ended)?;
    let copied = device.alloc_pinned(bytes)?;
    side.copy(y.view().buffer().all(), copied.all())?;
    (layer.after)(&side, Step::Copy)?;
    let tell = called.clone();
    side.call_host(move || tell.store(true, Ordering::Release))?;
    side.synchronize()?;
    stream.synchronize()?;
    if !called.load(Ordering::Acquire) || !ended.is_reached()? || !stream.is_idle()? {
        return Err(wrong("the side stream", "its callback did not run, or the event is not reached"));
    }
    ended.elapsed_since(&begun)?;

    // The experts again, recorded once and run twice.
    let by_replay = layer.empty(&[T, H])?;
    stream.begin_capture()?;
    layer.captures = true;
    let recorded = layer.experts(&normed.view(), &weights, &by_replay);
    let graph = stream.end_capture();
    recorded?;
    let graph = graph?.instantiate()?;
    for _ in 0..2 {
        graph.launch(&stream)?;
        (layer.after)(&stream, Step::Replay)?;
    }

    let mut result = Vec::new();
    for part in [&y, &by_replay] {
        result.extend(device.download::<bf16>(&stream, part)?.iter().flat_map(|v| v.to_le_bytes()));
    }
    let mut by_side = vec![0; bytes];
    device.read(&copied, 0, &mut by_side)?;
    result.extend(by_side);
    if device.memory()?.used_bytes == 0 {
        return Err(wrong("the device's memory", "an account that is empty while tensors live"));
    }
    Ok(result)
}
