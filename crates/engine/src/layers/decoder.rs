//! What all families share: embedding, a stack of layers on a residual stream, final norm, vocabulary logits.

use std::sync::Arc;

use ascend_compute::ops::{Embedding, Weight};
use ascend_compute::{DType, Device, DeviceExt, Stream, TensorView, TensorViewMut, scope};

use super::{Attention, Context, Linear, Mla, Mlp, Moe, RmsNorm};
use crate::arena::Arena;
use crate::cache::{CacheSpec, KvCache};
use crate::models::{Model, Trace};
use crate::step::Step;
use crate::weights::Weights;
use crate::{Error, Result};

/// How tokens of a layer look at each other.
#[derive(Clone, Debug)]
pub enum Mixer {
    /// Grouped-query attention.
    Attention(Box<Attention>),
    /// Multi-head latent attention.
    Mla(Box<Mla>),
}

impl From<Attention> for Mixer {
    fn from(attention: Attention) -> Self {
        Self::Attention(Box::new(attention))
    }
}

impl From<Mla> for Mixer {
    fn from(mla: Mla) -> Self {
        Self::Mla(Box::new(mla))
    }
}

impl Mixer {
    fn forward(&self, cx: Context<'_>, x: &TensorView, step: &Step, cache: &(TensorViewMut, TensorViewMut)) -> Result<TensorView> {
        match self {
            Self::Attention(attention) => attention.forward(cx, x, step, cache),
            Self::Mla(mla) => mla.forward(cx, x, step, cache),
        }
    }
}

/// What a layer does with each token.
#[derive(Clone, Debug)]
pub enum FeedForward {
    /// One network.
    Dense(Box<Mlp>),
    /// A choice of experts.
    Experts(Box<Moe>),
}

impl From<Mlp> for FeedForward {
    fn from(mlp: Mlp) -> Self {
        Self::Dense(Box::new(mlp))
    }
}

impl From<Moe> for FeedForward {
    fn from(moe: Moe) -> Self {
        Self::Experts(Box::new(moe))
    }
}

impl FeedForward {
    fn forward(&self, cx: Context<'_>, x: &TensorView, y: &TensorViewMut) -> Result<()> {
        match self {
            Self::Dense(mlp) => mlp.forward(cx, x, y),
            Self::Experts(moe) => moe.forward(cx, x, y),
        }
    }
}

/// One layer: `x += mixer(norm(x)); x += feed_forward(norm(x))`.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Before the mixer.
    pub input_norm: RmsNorm,
    /// Attention.
    pub mixer: Mixer,
    /// Before the feed-forward network.
    pub middle_norm: RmsNorm,
    /// Feed-forward network.
    pub feed_forward: FeedForward,
}

/// What the families' configurations have in common.
#[derive(Clone, Copy, Debug)]
pub struct Outline {
    /// Vocabulary.
    pub vocab: usize,
    /// Hidden size `H`.
    pub hidden: usize,
    /// Number of layers.
    pub layers: usize,
    /// Longest sequence.
    pub context_tokens: usize,
    /// Of the norms.
    pub eps: f32,
    /// The vocabulary logits use the embedding's matrix.
    pub tied: bool,
}

/// A decoder-only model.
#[derive(Debug)]
pub struct Decoder {
    device: Arc<dyn Device>,
    arena: Arena,
    outline: Outline,
    dtype: DType,
    embedding: TensorView,
    layers: Vec<Layer>,
    norm: RmsNorm,
    head: Linear,
}

impl Decoder {
    /// Loads `model.embed_tokens`, `model.norm` and `lm_head`, and each layer `model.layers.{i}` by `layer`, which gets its number and that prefix; the two norms of
    /// a layer are `input_layernorm` and `post_attention_layernorm`.
    pub fn load(
        weights: &Weights<'_>,
        outline: Outline,
        mut layer: impl FnMut(usize, &str) -> Result<(Mixer, FeedForward)>,
    ) -> Result<Self> {
        let Outline { vocab, hidden, eps, .. } = outline;
        let embedding = weights.tensor("model.embed_tokens.weight", &[vocab, hidden])?;
        let layers = (0..outline.layers)
            .map(|i| {
                let name = format!("model.layers.{i}");
                let norm = |part: &str| RmsNorm::load(weights, &format!("{name}.{part}"), hidden, eps);
                let (input_norm, middle_norm) = (norm("input_layernorm")?, norm("post_attention_layernorm")?);
                let (mixer, feed_forward) = layer(i, &name)?;
                Ok(Layer { input_norm, mixer, middle_norm, feed_forward })
            })
            .collect::<Result<Vec<_>>>()?;
        // A tied head is prepared like any other, though a device that reorders it then holds the matrix twice: rows can be looked up in the plain one only, and the
        // head is the largest product of a decode step.
        let name = if outline.tied { "model.embed_tokens" } else { "lm_head" };
        let head = if outline.tied && !weights.stored {
            Linear { weight: weights.prepare(&Weight::nk(embedding.clone())?)?, bias: None }
        } else {
            Linear::load(&weights.as_stored(), name, vocab, hidden, false)?
        };
        Ok(Self {
            device: weights.device.clone(),
            arena: Arena::new(weights.device.clone()),
            outline,
            dtype: weights.dtype,
            embedding,
            layers,
            norm: RmsNorm::load(weights, "model.norm", hidden, eps)?,
            head,
        })
    }

    /// What a layer adds to the residual stream `x` is added by the norm that follows, in one op.
    fn run(&self, cx: Context<'_>, step: &Step, cache: &KvCache, hear: Trace<'_>) -> Result<TensorView> {
        let logits = cx.empty_of(DType::F32, [step.logit_rows.numel(), self.outline.vocab])?;
        let x = scope("embedding", || rows(cx, &self.embedding, &step.tokens))?;
        let delta = cx.empty(*x.shape())?;
        for (i, (layer, cache)) in self.layers.iter().zip(&cache.layers).enumerate() {
            let run_layer = || {
                let h = if i == 0 { layer.input_norm.forward(cx, &x)? } else { layer.input_norm.add(cx, &delta, &x)? };
                hear(i, &x)?;
                let mixed = scope("attention", || layer.mixer.forward(cx, &h, step, cache))?;
                let h = layer.middle_norm.add(cx, &mixed, &x)?;
                scope("feed-forward", || layer.feed_forward.forward(cx, &h, &delta))
            };
            scope(("layer", i), || cx.pass.scoped(run_layer))?;
        }
        scope("head", || {
            let h = self.norm.add(cx, &delta, &x)?;
            hear(self.layers.len(), &h)?;
            self.head.forward_into(cx, &rows(cx, &h, &step.logit_rows)?, &logits)
        })?;
        Ok(logits.view())
    }

    fn check(&self, step: &Step, cache: &KvCache) -> Result<()> {
        if cache.layers.len() == self.layers.len() {
            return Ok(());
        }
        Err(Error::Request {
            asked: format!("a pass of {} tokens through {} layers", step.token_count(), self.layers.len()),
            found: format!("the cache is for {}", cache.layers.len()),
        })
    }
}

/// The rows `ids` of `table`.
fn rows(cx: Context<'_>, table: &TensorView, ids: &TensorView) -> Result<TensorView> {
    let y = cx.empty([ids.numel(), table.dim(1)])?;
    cx.device.embedding(cx.stream, Embedding::new(table.clone(), ids.clone(), y.clone()))?;
    Ok(y.view())
}

impl Model for Decoder {
    fn vocab(&self) -> usize {
        self.outline.vocab
    }

    fn context_tokens(&self) -> usize {
        self.outline.context_tokens
    }

    fn cache_spec(&self) -> CacheSpec {
        let (k, v) = self.layers.first().map_or_else(Default::default, |layer| match &layer.mixer {
            Mixer::Attention(attention) => attention.cache_slots(),
            Mixer::Mla(mla) => mla.cache_slots(),
        });
        CacheSpec { layers: self.layers.len(), k, v, dtype: self.dtype }
    }

    fn forward(&self, stream: &Stream, step: &Step, cache: &KvCache, mut trace: Option<Trace<'_>>) -> Result<TensorView> {
        self.check(step, cache)?;
        self.arena.pass(|pass| {
            let cx = Context { device: &*self.device, stream, pass, dtype: self.dtype };
            self.run(cx, step, cache, &mut |layer, x| trace.as_mut().map_or(Ok(()), |trace| trace(layer, x)))
        })
    }
}
