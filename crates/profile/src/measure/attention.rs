//! Attention on a device: grouped queries or latents, prompts or decode steps.

use ascend_hal::ops::{
    Attention as AttentionOp, KvCacheWrite, KvSource, Lengths, Matmul, MlaCache, MlaDecode, MlaInputs, MlaPrefill, MlaQueries, Rope,
    RopeStyle, Weight,
};
use ascend_hal::{DType, Device, DeviceExt, OpCall, Rotary, TensorView};

use super::part::{Linear, Part, RmsNorm, filled};
use crate::workload::{self, Model, Precision, Slice};
use crate::{Error, Result};

/// Tokens of a page of the cache.
const PAGE: usize = 128;
/// Base of the rotary frequencies. The time does not depend on it.
const THETA: f64 = 1e6;

/// What sequences do in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Each token belongs to a sequence of its own, which has this many tokens with it.
    Decode {
        /// `L`.
        context: usize,
    },
    /// All tokens are one prompt.
    Prefill,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Decode { context } => write!(f, "decode on {context} keys"),
            Self::Prefill => f.write_str("prefill"),
        }
    }
}

/// The sequences of a batch, on a device.
struct Sequences {
    q_lens: Lengths,
    kv_lens: Lengths,
    table: TensorView,
    slots: TensorView,
    positions: TensorView,
    pages: usize,
    /// The longest sequence.
    longest: usize,
}

impl Sequences {
    fn new(device: &dyn Device, tokens: usize, step: Step) -> Result<Self> {
        let (count, queries, longest) = match step {
            Step::Decode { context } => (tokens, 1, context),
            Step::Prefill => (1, tokens, tokens),
        };
        let each = longest.div_ceil(PAGE);
        let pages = count * each;
        if longest == 0 || i32::try_from(pages * PAGE).is_err() || i32::try_from(count * longest).is_err() {
            return Err(Error::option("context", longest, "1 or more, and fewer than 2^31 keys in all"));
        }
        let lens = |each: usize| -> Result<Lengths> {
            let sums: Vec<i32> = (0..=count).map(|b| (b * each) as i32).collect();
            Ok(Lengths::new(device.upload(&sums, [count + 1])?).with_host(sums))
        };
        // The queries are the last tokens of their sequences.
        let places = || (0..count).flat_map(|b| (longest - queries..longest).map(move |p| (b, p)));
        Ok(Self {
            q_lens: lens(queries)?,
            kv_lens: lens(longest)?,
            table: device.upload(&(0..pages as i32).collect::<Vec<_>>(), [count, each])?,
            slots: device.upload(&places().map(|(b, p)| (b * each * PAGE + p) as i32).collect::<Vec<_>>(), [tokens])?,
            positions: device.upload(&places().map(|(_, p)| p as i32).collect::<Vec<_>>(), [tokens])?,
            pages,
            longest,
        })
    }

    /// Rotary tables for heads of `dim` turned elements.
    fn rotary(&self, device: &dyn Device, dim: usize) -> Result<Turn> {
        let table = Rotary::new(THETA, dim).table(0..self.longest as u64)?;
        let shape = || [self.longest, dim / 2];
        Ok(Turn { cos: device.upload(&table.cos, shape())?, sin: device.upload(&table.sin, shape())?, positions: self.positions.clone() })
    }
}

struct Turn {
    cos: TensorView,
    sin: TensorView,
    positions: TensorView,
}

impl Turn {
    /// Turns `x: [T, heads, R]` in its place.
    fn call(&self, x: &TensorView) -> OpCall {
        Rope::new(x.clone(), self.cos.clone(), self.sin.clone(), self.positions.clone(), RopeStyle::Half, x.to_mut()).into()
    }
}

/// The weights of one rank's attention.
#[derive(Debug)]
pub(super) struct Attention {
    kind: Kind,
    norm: RmsNorm,
    out: Linear,
    precision: Precision,
}

#[derive(Debug)]
enum Kind {
    Grouped(Box<Grouped>),
    Latent(Box<Latent>),
}

/// Queries in groups that share keys and values.
#[derive(Debug)]
struct Grouped {
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    window: Option<usize>,
    qkv: Linear,
    head_norm: Option<RmsNorm>,
}

/// Keys and values from latents.
#[derive(Debug)]
struct Latent {
    heads: usize,
    latent: usize,
    rope: usize,
    nope: usize,
    value: usize,
    q_down: Option<(Linear, RmsNorm)>,
    q_up: Linear,
    kv_down: Linear,
    kv_norm: RmsNorm,
    kv_up: Linear,
    /// `[Hq, Dn, C]`.
    absorb_key: Weight,
    /// `[Hq, C, Dv]`.
    absorb_value: Weight,
}

impl Attention {
    pub(super) fn new(device: &dyn Device, model: &Model, slice: Slice, precision: Precision) -> Result<Self> {
        let (hidden, tp) = (model.hidden, slice.tp);
        let split = |heads: usize| {
            let divides = heads.is_multiple_of(tp).then_some(heads / tp);
            divides.ok_or_else(|| Error::option("tp", tp, format!("a divisor of the {heads} heads of {}", model.name)))
        };
        let linear = |n, k| Linear::new(device, precision, n, k);
        let (kind, width) = match model.attention {
            workload::Attention::Grouped { heads, kv_heads, head_dim, window, head_norms } => {
                // Ranks beyond the key/value heads share one.
                let (heads, kv_heads) = (split(heads)?, (kv_heads / tp).max(1));
                let qkv = linear((heads + 2 * kv_heads) * head_dim, hidden)?;
                let head_norm = head_norms.then(|| RmsNorm::new(device, head_dim)).transpose()?;
                (Kind::Grouped(Box::new(Grouped { heads, kv_heads, head_dim, window, qkv, head_norm })), heads * head_dim)
            }
            workload::Attention::Latent { heads, query_rank, kv_rank, rope_dim, nope_dim, value_dim, .. } => {
                let heads = split(heads)?;
                let q_down = match query_rank {
                    Some(rank) => Some((linear(rank, hidden)?, RmsNorm::new(device, rank)?)),
                    None => None,
                };
                let absorb = |rows, cols| filled(device, DType::BF16, [heads, rows, cols]);
                let kind = Latent {
                    heads,
                    latent: kv_rank,
                    rope: rope_dim,
                    nope: nope_dim,
                    value: value_dim,
                    q_down,
                    q_up: linear(heads * (nope_dim + rope_dim), query_rank.unwrap_or(hidden))?,
                    kv_down: linear(kv_rank + rope_dim, hidden)?,
                    kv_norm: RmsNorm::new(device, kv_rank)?,
                    kv_up: linear(heads * (nope_dim + value_dim), kv_rank)?,
                    absorb_key: device.prepare_weight(&Weight::kn(absorb(nope_dim, kv_rank)?))?,
                    absorb_value: device.prepare_weight(&Weight::kn(absorb(kv_rank, value_dim)?))?,
                };
                (Kind::Latent(Box::new(kind)), heads * value_dim)
            }
        };
        Ok(Self { kind, norm: RmsNorm::new(device, hidden)?, out: linear(hidden, width)?, precision })
    }

    /// The phases of a step of `tokens` tokens; with `windowed`, also the attention of layers that see a window only.
    pub(super) fn parts(&self, device: &dyn Device, tokens: usize, step: Step, hidden: usize, windowed: bool) -> Result<Vec<Part>> {
        let x = filled(device, DType::BF16, [tokens, hidden])?;
        let sequences = Sequences::new(device, tokens, step)?;
        let mut phases = Phases { parts: Vec::new(), precision: self.precision };
        let residual = filled(device, DType::BF16, [tokens, hidden])?;
        phases.push("norm", vec![self.norm.with_residual(device, &x, &residual)?]);
        let mixed = match &self.kind {
            Kind::Grouped(kind) => kind.parts(device, &x, &sequences, windowed, &mut phases)?,
            Kind::Latent(kind) => kind.parts(device, &x, &sequences, step, &mut phases)?,
        };
        let mut calls = Vec::new();
        self.out.apply(device, &mixed, &mut calls)?;
        phases.push("output", calls);
        Ok(phases.parts)
    }
}

impl Grouped {
    /// Adds the phases from the projection to attention proper; gives its result, `[T, Hq * D]`.
    fn parts(&self, device: &dyn Device, x: &TensorView, s: &Sequences, windowed: bool, phases: &mut Phases) -> Result<TensorView> {
        let Self { heads, kv_heads, head_dim, window, qkv, head_norm } = self;
        let (heads, kv_heads, head_dim, t) = (*heads, *kv_heads, *head_dim, x.dim(0));
        let mut calls = Vec::new();
        let all = qkv.apply(device, x, &mut calls)?;
        phases.push("qkv", calls);
        let part = |from: usize, heads: usize| all.narrow(1, from * head_dim, heads * head_dim)?.reshape([t, heads, head_dim]);
        let (q, k, v) = (part(0, heads)?, part(heads, kv_heads)?, part(heads + kv_heads, kv_heads)?);
        if let Some(norm) = head_norm {
            let mut calls = Vec::new();
            norm.in_place(&q, &mut calls);
            norm.in_place(&k, &mut calls);
            phases.push("head_norms", calls);
        }
        let turn = s.rotary(device, head_dim)?;
        phases.push("rope", vec![turn.call(&q), turn.call(&k)]);
        let cache = || filled(device, DType::BF16, [s.pages, PAGE, kv_heads, head_dim]);
        let (k_cache, v_cache) = (cache()?, cache()?);
        let write = KvCacheWrite::new(k, s.slots.clone(), k_cache.to_mut()).with_v(v, v_cache.to_mut());
        phases.push("cache", vec![write.into()]);
        let mixed = device.empty(DType::BF16, [t, heads, head_dim])?;
        let scale = (1.0 / (head_dim as f64).sqrt()) as f32;
        let kv = KvSource::Paged { k: k_cache, v: v_cache, table: s.table.clone() };
        let op = AttentionOp::new(q, kv, s.q_lens.clone(), s.kv_lens.clone(), scale, mixed.clone());
        if let Some(window) = window.filter(|_| windowed) {
            phases.push("attention_window", vec![op.clone().with_window(window).into()]);
        }
        phases.push("attention", vec![op.into()]);
        Ok(mixed.view().reshape([t, heads * head_dim])?)
    }
}

impl Latent {
    /// As [`Grouped::parts`]: `[T, Hq * Dv]`.
    fn parts(&self, device: &dyn Device, x: &TensorView, s: &Sequences, step: Step, phases: &mut Phases) -> Result<TensorView> {
        let Self { heads, latent, rope, nope, value, q_down, q_up, kv_down, kv_norm, kv_up, absorb_key, absorb_value } = self;
        let (heads, latent, rope, nope, value, t) = (*heads, *latent, *rope, *nope, *value, x.dim(0));
        let mut calls = Vec::new();
        let low = match q_down {
            None => x.clone(),
            Some((down, norm)) => {
                let low = down.apply(device, x, &mut calls)?;
                norm.apply(device, &low, &mut calls)?
            }
        };
        let q = q_up.apply(device, &low, &mut calls)?.reshape([t, heads, nope + rope])?;
        phases.push("query", calls);
        let (q_nope, q_rope) = (q.narrow(2, 0, nope)?, q.narrow(2, nope, rope)?);

        let mut calls = Vec::new();
        let down = kv_down.apply(device, x, &mut calls)?;
        let latents = kv_norm.apply(device, &down.narrow(1, 0, latent)?, &mut calls)?;
        phases.push("latent", calls);
        let k_rope = down.narrow(1, latent, rope)?;
        let turn = s.rotary(device, rope)?;
        phases.push("rope", vec![turn.call(&q_rope), turn.call(&k_rope.reshape([t, 1, rope])?)]);
        let cache = |width| filled(device, DType::BF16, [s.pages, PAGE, width]);
        let (latent_cache, rope_cache) = (cache(latent)?, cache(rope)?);
        let write = KvCacheWrite::new(latents.clone(), s.slots.clone(), latent_cache.to_mut()).with_v(k_rope.clone(), rope_cache.to_mut());
        phases.push("cache", vec![write.into()]);

        let scale = (1.0 / ((nope + rope) as f64).sqrt()) as f32;
        let mixed = device.empty(DType::BF16, [t, heads, value])?;
        if step == Step::Prefill {
            let mut calls = Vec::new();
            let kv = kv_up.apply(device, &latents, &mut calls)?.reshape([t, heads, nope + value])?;
            phases.push("expand", calls);
            let inputs = MlaInputs { q_nope, q_rope, k_nope: kv.narrow(2, 0, nope)?, k_rope, v: kv.narrow(2, nope, value)? };
            let op = MlaPrefill::new(inputs, s.q_lens.clone(), s.kv_lens.clone(), scale, mixed.clone());
            phases.push("attention", vec![op.into()]);
        } else {
            // Heads are the batch of these products: [Hq, T, ..] views of [T, Hq, ..] tensors.
            let (absorbed, attended) = (device.empty(DType::BF16, [t, heads, latent])?, device.empty(DType::BF16, [t, heads, latent])?);
            let by_head = |view: &TensorView| view.transpose(0, 1);
            let op = Matmul::new(by_head(&q_nope)?, absorb_key.clone(), by_head(&absorbed)?.to_mut());
            phases.push("absorb", vec![op.into()]);
            let queries = MlaQueries { latent: absorbed.view(), rope: q_rope };
            let cache = MlaCache { latent: latent_cache, rope: rope_cache, table: s.table.clone() };
            let op = MlaDecode::new(queries, cache, s.q_lens.clone(), s.kv_lens.clone(), scale, attended.clone());
            phases.push("attention", vec![op.into()]);
            let op = Matmul::new(by_head(&attended)?, absorb_value.clone(), by_head(&mixed)?.to_mut());
            phases.push("expand", vec![op.into()]);
        }
        Ok(mixed.view().reshape([t, heads * value])?)
    }
}

/// The phases so far.
struct Phases {
    parts: Vec<Part>,
    precision: Precision,
}

impl Phases {
    fn push(&mut self, name: &'static str, calls: Vec<OpCall>) {
        // Integers are multiplied where rows are quantised first; attention proper, and what folds keys and values into latents, is bf16 whatever weights are stored in.
        let quantized = calls.iter().any(|call| matches!(call, OpCall::Quantize(_)));
        let precision = if self.precision.is_integer() && !quantized { Precision::Bf16 } else { self.precision };
        self.parts.push(Part::new(name, calls, precision));
    }
}

/// Bytes of the cache that a step needs in one layer.
pub(super) fn cache_bytes(model: &Model, tokens: usize, step: Step) -> f64 {
    let keys = match step {
        Step::Decode { context } => tokens * context.next_multiple_of(PAGE),
        Step::Prefill => tokens.next_multiple_of(PAGE),
    };
    2.0 * model.cache_values() / model.layers as f64 * keys as f64
}
