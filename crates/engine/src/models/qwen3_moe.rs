//! Qwen3-MoE: norms on query and key heads, many small experts, perhaps some dense layers.

use ascend_compute::ops::RopeStyle;
use serde::Deserialize;

use super::config::{self, Common};
use crate::Result;
use crate::layers::{Attention, Decoder, ExpertShape, FeedForward, Mlp, Moe, RmsNorm, Rope, Router};
use crate::weights::Weights;

#[derive(Clone, Debug, Deserialize)]
struct Config {
    #[serde(flatten)]
    common: Common,
    /// Of dense layers.
    intermediate_size: usize,
    moe_intermediate_size: usize,
    num_experts: usize,
    num_experts_per_tok: usize,
    #[serde(default)]
    norm_topk_prob: bool,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default = "every_layer")]
    decoder_sparse_step: usize,
    #[serde(default)]
    mlp_only_layers: Vec<usize>,
    #[serde(default)]
    use_sliding_window: bool,
    #[serde(default)]
    sliding_window: Option<usize>,
}

fn every_layer() -> usize {
    1
}

impl Config {
    fn is_sparse(&self, layer: usize) -> bool {
        !self.mlp_only_layers.contains(&layer) && (layer + 1).is_multiple_of(self.decoder_sparse_step)
    }
}

pub(super) fn load(weights: &Weights<'_>) -> Result<Decoder> {
    let config: Config = config::read(weights)?;
    let path = weights.checkpoint.path();
    let (outline, shape) = (config.common.outline(path)?, config.common.attention(path)?);
    config::experts(path, ("num_experts", config.num_experts), config.num_experts_per_tok)?;
    config::size(path, "decoder_sparse_step", config.decoder_sparse_step)?;
    let inner = config::size(path, "intermediate_size", config.intermediate_size)?;
    let window = config.sliding_window.filter(|_| config.use_sliding_window);
    let window = window.map(|w| config::size(path, "sliding_window", w)).transpose()?;
    let experts = ExpertShape {
        experts: config.num_experts,
        hidden: outline.hidden,
        inner: config::size(path, "moe_intermediate_size", config.moe_intermediate_size)?,
    };
    let rope = Rope::new(weights, &config.common.rope.rotary(path, shape.head_dim)?, outline.context_tokens, RopeStyle::Half)?;
    let bias = (config.attention_bias, config.attention_bias);
    Decoder::load(weights, outline, |i, layer| {
        let name = format!("{layer}.self_attn");
        let norm = |part: &str| RmsNorm::load(weights, &format!("{name}.{part}"), shape.head_dim, outline.eps);
        let attention = Attention::load(weights, &name, shape, rope.clone(), bias)?;
        let attention = attention.with_head_norms(norm("q_norm")?, norm("k_norm")?).with_window(window);
        let mlp = format!("{layer}.mlp");
        let feed_forward: FeedForward = if config.is_sparse(i) {
            let mut router = Router::load(weights, &format!("{mlp}.gate"), experts, config.num_experts_per_tok, false)?;
            router.renormalize = config.norm_topk_prob;
            let names = ["gate_proj", "up_proj", "down_proj"];
            Moe::load(weights, router, &format!("{mlp}.experts"), experts, names)?.into()
        } else {
            Mlp::load(weights, &mlp, outline.hidden, inner, false)?.into()
        };
        Ok((attention.into(), feed_forward))
    })
}
