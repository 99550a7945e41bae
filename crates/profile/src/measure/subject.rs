//! What is measured: an expert layer, an attention layer, a decoder layer of both, or all that a model's step consists of.

use ascend_hal::ops::{ArgMax, Embedding};
use ascend_hal::{Choice, DType, Device, DeviceExt, Support};

use super::Path;
use super::attention::{Attention, Step, cache_bytes};
use super::experts::Experts;
use super::part::{Linear, Mlp, Part, RmsNorm, filled};
use crate::report::Ranks;
use crate::workload::{self, Load, Model, Placement, Precision, Routing, Slice};
use crate::{Error, Result};

/// Which part of a model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// The expert layer, from the router to the sum of the experts' results.
    Experts,
    /// The attention, with its norm and projections.
    Attention,
    /// A decoder layer: attention, then experts (shared ones too).
    Layer,
    /// A step of the model: each kind of layer measured once and counted as often as the model has it, embedding and output head.
    Model,
}

impl What {
    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Experts => "moe",
            Self::Attention => "attention",
            Self::Layer => "layer",
            Self::Model => "model",
        }
    }

    pub(super) fn has_experts(self) -> bool {
        self != Self::Attention
    }

    pub(super) fn has_attention(self) -> bool {
        self != Self::Experts
    }
}

/// Tokens by whose load redundant copies are placed, at least.
const RECORDED_TOKENS: usize = 4096;

/// Weights on a device, of the part of a model that one rank has. Their values are made up.
#[derive(Debug)]
pub struct Subject {
    what: What,
    model: Model,
    slice: Slice,
    precision: Precision,
    experts: Option<Experts>,
    attention: Option<Attention>,
    /// The norm before the experts, and the experts that every token visits.
    beside: Option<(RmsNorm, Option<Mlp>)>,
    dense: Option<Mlp>,
    ends: Option<Ends>,
}

/// What comes before and behind the layers.
#[derive(Debug)]
struct Ends {
    embedding: ascend_hal::TensorView,
    norm: RmsNorm,
    head: Linear,
}

impl Subject {
    /// Puts the weights on the device.
    ///
    /// # Errors
    /// A slice that does not divide the model; a model whose attention has no operator here; [`ascend_hal::Error::OutOfMemory`].
    pub fn new(device: &dyn Device, what: What, model: &Model, slice: Slice, precision: Precision) -> Result<Self> {
        slice.check(model)?;
        if let (true, workload::Attention::Latent { sparse: Some(_), .. }) = (what.has_attention(), &model.attention) {
            let why = "its attention picks keys by an indexer, which is not among the operators; `moe` measures its experts";
            return Err(Error::option("model", &model.name, why));
        }
        let (layer, whole) = (matches!(what, What::Layer | What::Model), what == What::Model);
        let mlp = |inner: usize| Mlp::new(device, precision, model.hidden, inner);
        let shared = || (model.shared > 0).then(|| mlp(model.shared * model.moe_inner)).transpose();
        let ends = || -> Result<Ends> {
            Ok(Ends {
                embedding: filled(device, DType::BF16, [model.vocab, model.hidden])?,
                norm: RmsNorm::new(device, model.hidden)?,
                head: Linear::new(device, Precision::Bf16, model.vocab, model.hidden)?,
            })
        };
        Ok(Self {
            what,
            experts: what.has_experts().then(|| Experts::new(device, model, slice, precision)).transpose()?,
            attention: what.has_attention().then(|| Attention::new(device, model, slice, precision)).transpose()?,
            beside: if layer { Some((RmsNorm::new(device, model.hidden)?, shared()?)) } else { None },
            dense: (whole && model.dense_layers > 0).then(|| mlp(model.dense_inner)).transpose()?,
            ends: whole.then(ends).transpose()?,
            model: model.clone(),
            slice,
            precision,
        })
    }

    /// Which part of the model.
    pub fn what(&self) -> What {
        self.what
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Which part of each layer the rank has.
    pub fn slice(&self) -> Slice {
        self.slice
    }

    /// How weights are stored.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Whether the device computes the expert layer by one kernel: a composition of smaller operators moves what they move.
    pub(crate) fn has_fused_kernel(&self, device: &dyn Device) -> bool {
        let ids: Vec<i32> = (0..self.model.top_k as i32).collect();
        let parts = self.experts.as_ref().and_then(|experts| experts.parts(device, &ids, Path::Fused).ok()).unwrap_or_default();
        let calls = parts.iter().filter(|part| part.name == "experts").flat_map(|part| &part.calls);
        calls.map(|call| device.support(call, &Choice::Auto)).eq([Support::Native])
    }

    /// Where a batch of `tokens` goes, as places `[T, k]`; and what that means for the ranks, if there are several. Copies are placed by the load of a longer batch of the
    /// same routing, as by what was recorded before.
    pub(crate) fn place(&self, routing: &Routing, tokens: usize, seed: u64) -> Result<(Vec<i32>, Option<Ranks>)> {
        let (m, Slice { ep, rank, redundant, .. }) = (&self.model, self.slice);
        let draw = |tokens| routing.draw(tokens, m.experts, m.top_k, seed);
        let ids = draw(tokens)?;
        if self.experts.is_none() || ep == 1 {
            return Ok((ids, None));
        }
        let counts = Load::of(&ids, m.experts).counts;
        let plain = Placement::contiguous(m.experts, ep)?;
        let placement = if redundant == 0 {
            plain.clone()
        } else {
            Placement::balanced(&Load::of(&draw(tokens.max(RECORDED_TOKENS))?, m.experts).counts, redundant, ep)?
        };
        let (places, loads) = (placement.places(&ids)?, placement.rank_loads(&counts));
        let mean = loads.iter().sum::<f64>() / ep as f64;
        let over_mean = |load: f64| if mean > 0.0 { load / mean } else { 1.0 };
        let ranks = Ranks {
            ranks: ep,
            redundant,
            own_over_mean: over_mean(loads.get(rank).copied().unwrap_or_default()),
            busiest_over_mean: placement.imbalance(&counts),
            without_copies: (redundant > 0).then(|| plain.imbalance(&counts)),
        };
        Ok((places, Some(ranks)))
    }

    /// Rows of each local place that these places make; none without experts.
    pub fn local_counts(&self, ids: &[i32]) -> Option<Vec<usize>> {
        self.experts.as_ref().map(|e| e.local_counts(ids))
    }

    /// Bytes of weights, cache and activations that a step needs, a rough sum; a device may hold prepared copies of the weights beside them for a while.
    pub fn bytes(what: What, model: &Model, slice: Slice, precision: Precision, tokens: usize, step: Step) -> f64 {
        let (ranks, tp) = ((slice.ep * slice.tp).max(1) as f64, slice.tp.max(1) as f64);
        let mut params = 0.0;
        if what.has_experts() {
            params += model.expert_params() * slice.places(model) as f64 / ranks;
        }
        if what.has_attention() {
            params += model.attention_params() / tp;
        }
        if matches!(what, What::Layer | What::Model) {
            params += model.shared as f64 * model.expert_params();
        }
        if what == What::Model && model.dense_layers > 0 {
            params += model.dense_params();
        }
        let vocabulary = if what == What::Model { 2.0 * model.vocabulary_params() } else { 0.0 };
        let cache = if what.has_attention() { cache_bytes(model, tokens, step) } else { 0.0 };
        // Rows on the way through the experts, or of the projections: in, twice as wide between, activated, out.
        let routed = if what.has_experts() { model.top_k as f64 } else { 1.0 };
        let activations =
            tokens as f64 * (4.0 * model.hidden as f64 + routed * (4.0 * model.hidden as f64 + 6.0 * slice.inner(model) as f64));
        params * precision.weight_bytes() + vocabulary + cache + activations
    }

    /// The phases of a batch whose tokens go to the places `ids`, `[T, k]`.
    pub(crate) fn parts(&self, device: &dyn Device, ids: &[i32], step: Step, path: Path) -> Result<Vec<Part>> {
        let (m, tokens) = (&self.model, ids.len() / self.model.top_k.max(1));
        let whole = self.what == What::Model;
        let mut parts = Vec::new();
        if let Some(ends) = &self.ends {
            let every = (m.vocab / tokens.max(1)).max(1);
            let tokens_of: Vec<i32> = (0..tokens).map(|t| (t * every % m.vocab) as i32).collect();
            let y = device.empty(DType::BF16, [tokens, m.hidden])?;
            let op = Embedding::new(ends.embedding.clone(), device.upload(&tokens_of, [tokens])?, y);
            let rows = 2.0 * (tokens * m.hidden) as f64;
            let work = super::part::Work { flops: 0.0, bytes: 2.0 * rows };
            parts.push(Part::with_work("embedding", vec![op.into()], work, Precision::Bf16));
        }
        if let Some(attention) = &self.attention {
            for mut part in attention.parts(device, tokens, step, m.hidden, whole)? {
                part.times = self.attention_times(part.name);
                parts.push(part);
            }
        }
        if let Some((norm, shared)) = &self.beside {
            let x = filled(device, DType::BF16, [tokens, m.hidden])?;
            let mut part = Part::new("ffn_norm", vec![norm.with_residual(device, &x, &x)?], self.precision);
            part.times = if whole { m.layers } else { 1 };
            parts.push(part);
            let mlp =
                |name, mlp: &Mlp, times| -> Result<Part> { Ok(Part { times, ..Part::new(name, mlp.calls(device, &x)?, self.precision) }) };
            if let Some(dense) = &self.dense {
                parts.push(mlp("dense", dense, m.dense_layers)?);
            }
            if let Some(shared) = shared {
                parts.push(mlp("shared", shared, if whole { m.moe_layers() } else { 1 })?);
            }
        }
        if let Some(experts) = &self.experts {
            for mut part in experts.parts(device, ids, path)? {
                part.times = if whole { m.moe_layers() } else { 1 };
                parts.push(part);
            }
        }
        if let Some(ends) = &self.ends {
            // Of a prompt, only the last token is asked for its successor.
            let rows = if step == Step::Prefill { 1 } else { tokens };
            let x = filled(device, DType::BF16, [rows, m.hidden])?;
            let mut calls = Vec::new();
            let normed = ends.norm.apply(device, &x, &mut calls)?;
            let logits = ends.head.apply(device, &normed, &mut calls)?;
            calls.push(ArgMax::new(logits, device.empty(DType::I32, [rows])?).into());
            parts.push(Part::new("head", calls, Precision::Bf16));
        }
        Ok(parts)
    }

    /// How often a step of the model has this phase of the attention.
    fn attention_times(&self, phase: &str) -> usize {
        let layers = self.model.layers;
        let window = matches!(self.model.attention, workload::Attention::Grouped { window: Some(_), .. });
        match phase {
            _ if self.what != What::Model => 1,
            "attention_window" => layers.div_ceil(2),
            "attention" if window => layers / 2,
            _ => layers,
        }
    }
}
