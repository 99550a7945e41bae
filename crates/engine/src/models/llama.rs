//! Llama and what is built like it: dense, grouped-query attention.

use ascend_compute::ops::RopeStyle;
use serde::Deserialize;

use super::config::{self, Common};
use crate::Result;
use crate::layers::{Attention, Decoder, Mlp, Rope};
use crate::weights::Weights;

#[derive(Clone, Debug, Deserialize)]
struct Config {
    #[serde(flatten)]
    common: Common,
    intermediate_size: usize,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    mlp_bias: bool,
    /// Query and key rows are stored in the order of pairs `(2i, 2i + 1)`: GGUF files.
    #[serde(default)]
    rope_interleave: bool,
}

pub(super) fn load(weights: &Weights<'_>) -> Result<Decoder> {
    let config: Config = config::read(weights)?;
    let path = weights.checkpoint.path();
    let (outline, shape) = (config.common.outline(path)?, config.common.attention(path)?);
    let inner = config::size(path, "intermediate_size", config.intermediate_size)?;
    let style = if config.rope_interleave { RopeStyle::Interleaved } else { RopeStyle::Half };
    let rope = Rope::new(weights, &config.common.rope.rotary(path, shape.head_dim)?, outline.context_tokens, style)?;
    let bias = (config.attention_bias, config.attention_bias);
    Decoder::load(weights, outline, |_, layer| {
        let attention = Attention::load(weights, &format!("{layer}.self_attn"), shape, rope.clone(), bias)?;
        let mlp = Mlp::load(weights, &format!("{layer}.mlp"), outline.hidden, inner, config.mlp_bias)?;
        Ok((attention.into(), mlp.into()))
    })
}
