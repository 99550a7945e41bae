//! Mixtral: grouped-query attention, a softmax over the chosen experts.

use ascend_compute::ops::RopeStyle;
use serde::Deserialize;

use super::config::{self, Common};
use crate::Result;
use crate::layers::{Attention, Decoder, ExpertShape, Moe, Rope, Router};
use crate::weights::Weights;

#[derive(Clone, Debug, Deserialize)]
struct Config {
    #[serde(flatten)]
    common: Common,
    intermediate_size: usize,
    num_local_experts: usize,
    num_experts_per_tok: usize,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    sliding_window: Option<usize>,
    /// Query and key rows are stored in the order of pairs `(2i, 2i + 1)`: GGUF files.
    #[serde(default)]
    rope_interleave: bool,
}

pub(super) fn load(weights: &Weights<'_>) -> Result<Decoder> {
    let config: Config = config::read(weights)?;
    let path = weights.checkpoint.path();
    let (outline, shape) = (config.common.outline(path)?, config.common.attention(path)?);
    config::experts(path, ("num_local_experts", config.num_local_experts), config.num_experts_per_tok)?;
    let window = config.sliding_window.map(|w| config::size(path, "sliding_window", w)).transpose()?;
    let experts = ExpertShape {
        experts: config.num_local_experts,
        hidden: outline.hidden,
        inner: config::size(path, "intermediate_size", config.intermediate_size)?,
    };
    let style = if config.rope_interleave { RopeStyle::Interleaved } else { RopeStyle::Half };
    let rope = Rope::new(weights, &config.common.rope.rotary(path, shape.head_dim)?, outline.context_tokens, style)?;
    Decoder::load(weights, outline, |_, layer| {
        let attention =
            Attention::load(weights, &format!("{layer}.self_attn"), shape, rope.clone(), (config.attention_bias, config.attention_bias))?;
        let moe = format!("{layer}.block_sparse_moe");
        // A softmax over all experts, renormalised over the chosen ones.
        let mut router = Router::load(weights, &format!("{moe}.gate"), experts, config.num_experts_per_tok, false)?;
        router.renormalize = true;
        let moe = Moe::load(weights, router, &format!("{moe}.experts"), experts, ["w1", "w3", "w2"])?;
        Ok((attention.with_window(window).into(), moe.into()))
    })
}
