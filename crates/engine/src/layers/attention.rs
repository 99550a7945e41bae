//! Grouped-query attention on a paged cache.

use ascend_compute::ops::{Attention as AttentionOp, KvCacheWrite, KvSource};
use ascend_compute::{DeviceExt, TensorView, TensorViewMut};

use super::{Context, Linear, RmsNorm, Rope};
use crate::Result;
use crate::step::Step;
use crate::weights::Weights;

/// Sizes of an attention layer.
#[derive(Clone, Copy, Debug)]
pub struct AttentionShape {
    /// Hidden size `H`.
    pub hidden: usize,
    /// Query heads `Hq`.
    pub heads: usize,
    /// Key/value heads `Hkv`.
    pub kv_heads: usize,
    /// Head dimension `D`.
    pub head_dim: usize,
}

/// Attention of a decoder: one fused projection, norms of each head, rotary embedding, cache, output projection.
#[derive(Clone, Debug)]
pub struct Attention {
    shape: AttentionShape,
    qkv: Linear,
    out: Linear,
    q_norm: Option<RmsNorm>,
    k_norm: Option<RmsNorm>,
    rope: Rope,
    scale: f32,
    window: Option<usize>,
    sinks: Option<TensorView>,
}

impl Attention {
    /// `{name}.q_proj`, `.k_proj`, `.v_proj`, `.o_proj`; `bias` of the first three and of the last.
    pub fn load(weights: &Weights<'_>, name: &str, shape: AttentionShape, rope: Rope, bias: (bool, bool)) -> Result<Self> {
        let AttentionShape { hidden, heads, kv_heads, head_dim } = shape;
        let qkv = [("q_proj", heads), ("k_proj", kv_heads), ("v_proj", kv_heads)];
        let qkv = qkv.map(|(part, heads)| (format!("{name}.{part}"), heads * head_dim));
        Ok(Self {
            shape,
            qkv: Linear::fused(weights, &qkv, hidden, bias.0)?,
            out: Linear::load(weights, &format!("{name}.o_proj"), hidden, heads * head_dim, bias.1)?,
            q_norm: None,
            k_norm: None,
            rope,
            scale: (1.0 / (head_dim as f64).sqrt()) as f32,
            window: None,
            sinks: None,
        })
    }

    /// With norms of each query and key head before they are turned.
    pub fn with_head_norms(self, q_norm: RmsNorm, k_norm: RmsNorm) -> Self {
        Self { q_norm: Some(q_norm), k_norm: Some(k_norm), ..self }
    }

    /// Each token sees the last `window` tokens, itself included.
    pub fn with_window(self, window: Option<usize>) -> Self {
        Self { window, ..self }
    }

    /// With one more logit for each head: `[Hq]`.
    pub fn with_sinks(self, sinks: TensorView) -> Self {
        Self { sinks: Some(sinks), ..self }
    }

    /// What a token leaves in the cache: keys and values `[Hkv, D]`.
    pub fn cache_slots(&self) -> (Vec<usize>, Vec<usize>) {
        let slot = vec![self.shape.kv_heads, self.shape.head_dim];
        (slot.clone(), slot)
    }

    /// `x: [T, H]` to `[T, H]`.
    pub fn forward(&self, cx: Context<'_>, x: &TensorView, step: &Step, cache: &(TensorViewMut, TensorViewMut)) -> Result<TensorView> {
        let AttentionShape { heads, kv_heads, head_dim, .. } = self.shape;
        let t = x.dim(0);
        let qkv = self.qkv.forward(cx, x)?;
        let part = |from: usize, heads: usize| qkv.narrow(1, from * head_dim, heads * head_dim)?.reshape([t, heads, head_dim]);
        let (q, k, v) = (part(0, heads)?, part(heads, kv_heads)?, part(heads + kv_heads, kv_heads)?);
        for (norm, x) in [(&self.q_norm, &q), (&self.k_norm, &k)] {
            if let Some(norm) = norm {
                norm.in_place(cx, x)?;
            }
            self.rope.in_place(cx, x, &step.positions)?;
        }

        let (k_cache, v_cache) = cache;
        let write = KvCacheWrite::new(k, step.slots.clone(), k_cache.clone()).with_v(v, v_cache.clone());
        cx.device.kv_cache_write(cx.stream, write)?;

        let kv = KvSource::Paged { k: k_cache.view(), v: v_cache.view(), table: step.tables.clone() };
        let mixed = cx.empty([t, heads, head_dim])?;
        let mut op = AttentionOp::new(q, kv, step.q_lens.clone(), step.kv_lens.clone(), self.scale, mixed.clone());
        op.window = self.window;
        op.sinks.clone_from(&self.sinks);
        cx.device.attention(cx.stream, op)?;
        self.out.forward(cx, &mixed.reshape([t, heads * head_dim])?)
    }
}
