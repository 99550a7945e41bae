//! Multi-head latent attention (DeepSeek): absorbed decode on a paged latent cache, and prefill with the rope part apart.

use super::attention::Lengths;
use super::tensors::tensors;
use super::{Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// `out = softmax(scale * (q_latent . latent + q_rope . rope)) @ latent`, one latent "head" shared by all query heads.
#[derive(Clone, Debug)]
pub struct MlaDecode {
    /// `[sum S, Hq, C]`: queries absorbed into the latent space.
    pub q_latent: TensorView,
    /// `[sum S, Hq, R]`.
    pub q_rope: TensorView,
    /// `[pages, P, C]`.
    pub latent_cache: TensorView,
    /// `[pages, P, R]`.
    pub rope_cache: TensorView,
    /// `[B, max_pages]` i32.
    pub table: TensorView,
    /// Query lengths `S` (1, or more with speculative tokens; causal, bottom-right).
    pub q_lens: Lengths,
    /// Cached lengths `L`, the queries' own places included.
    pub kv_lens: Lengths,
    /// Factor on the dot products, the YaRN factor included.
    pub scale: f32,
    /// `[sum S, Hq, C]`.
    pub out: TensorViewMut,
    /// `[sum S, Hq]` f32.
    pub lse: Option<TensorViewMut>,
}

/// Attention with keys in two parts: `softmax(scale * (q_nope . k_nope + q_rope . k_rope)) @ v`, causal bottom-right; `k_rope` is shared by all heads.
#[derive(Clone, Debug)]
pub struct MlaPrefill {
    /// `[sum S, Hq, Dn]`.
    pub q_nope: TensorView,
    /// `[sum S, Hq, R]`.
    pub q_rope: TensorView,
    /// `[sum L, Hq, Dn]`.
    pub k_nope: TensorView,
    /// `[sum L, R]`.
    pub k_rope: TensorView,
    /// `[sum L, Hq, Dv]`.
    pub v: TensorView,
    /// Query lengths `S`.
    pub q_lens: Lengths,
    /// Key lengths `L`.
    pub kv_lens: Lengths,
    /// Factor on the dot products, the YaRN factor included.
    pub scale: f32,
    /// Causal, bottom-right; otherwise every key is seen (an earlier chunk of the context).
    pub causal: bool,
    /// `[sum S, Hq, Dv]`.
    pub out: TensorViewMut,
    /// `[sum S, Hq]` f32.
    pub lse: Option<TensorViewMut>,
}

impl Op for MlaDecode {
    const KIND: OpKind = OpKind::MlaDecode;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(q_latent: in, q_rope: in, latent_cache: in, rope_cache: in, table: in, q_lens: in, kv_lens: in, out: Float, lse: Float);

    fn dtype(&self) -> DType {
        self.q_latent.dtype()
    }
    fn variant(&self) -> &'static str {
        "default"
    }
    fn check(&self) -> Result<()> {
        Ok(())
    }
    fn cost(&self) -> Cost {
        Cost::streaming(self, 0.0)
    }
}

impl Op for MlaPrefill {
    const KIND: OpKind = OpKind::MlaPrefill;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(q_nope: in, q_rope: in, k_nope: in, k_rope: in, v: in, q_lens: in, kv_lens: in, out: Float, lse: Float);

    fn dtype(&self) -> DType {
        self.q_nope.dtype()
    }
    fn variant(&self) -> &'static str {
        "default"
    }
    fn check(&self) -> Result<()> {
        Ok(())
    }
    fn cost(&self) -> Cost {
        Cost::streaming(self, 0.0)
    }
}
