//! DeepSeek-V2, V3 and R1: latent attention, dense layers first, then shared and routed experts, chosen among the best groups.

use ascend_compute::ops::{GroupLimit, GroupScore, RopeStyle, Score};
use serde::Deserialize;

use super::config::{self, Common};
use super::{V3, family};
use crate::layers::{Decoder, ExpertShape, FeedForward, Mla, MlaShape, Mlp, Moe, Rope, Router};
use crate::weights::Weights;
use crate::{Error, Result};

#[derive(Clone, Debug, Deserialize)]
struct Config {
    #[serde(flatten)]
    common: Common,
    /// Of dense layers.
    intermediate_size: usize,
    moe_intermediate_size: usize,
    #[serde(default)]
    q_lora_rank: Option<usize>,
    kv_lora_rank: usize,
    qk_nope_head_dim: usize,
    qk_rope_head_dim: usize,
    v_head_dim: usize,
    #[serde(default)]
    attention_bias: bool,
    /// Pairs of the rope part are `(2i, 2i + 1)`, as DeepSeek's own files have them.
    #[serde(default = "yes")]
    rope_interleave: bool,
    #[serde(default)]
    first_k_dense_replace: usize,
    #[serde(default = "every_layer")]
    moe_layer_freq: usize,
    n_routed_experts: usize,
    #[serde(default)]
    n_shared_experts: Option<usize>,
    num_experts_per_tok: usize,
    #[serde(default)]
    n_group: Option<usize>,
    #[serde(default)]
    topk_group: Option<usize>,
    #[serde(default)]
    topk_method: Option<String>,
    #[serde(default)]
    scoring_func: Option<String>,
    /// Experts are chosen as V3 does it: by sigmoids and their corrections.
    #[serde(skip)]
    as_v3: bool,
    #[serde(default)]
    norm_topk_prob: bool,
    #[serde(default = "unscaled")]
    routed_scaling_factor: f32,
}

fn yes() -> bool {
    true
}

fn every_layer() -> usize {
    1
}

fn unscaled() -> f32 {
    1.0
}

pub(super) fn load(weights: &Weights<'_>) -> Result<Decoder> {
    let mut config: Config = config::read(weights)?;
    let path = weights.checkpoint.path();
    config.as_v3 = match config.scoring_func.as_deref() {
        Some("sigmoid") => true,
        Some("softmax") => false,
        Some(other) => {
            let (found, supported) = (other.to_owned(), "sigmoid, softmax".to_owned());
            return Err(Error::Unsupported { path: path.into(), what: "score of experts", found, supported });
        }
        // Others than DeepSeek have models of this architecture too.
        None => family(weights.checkpoint.config()).is_some_and(|family| family.architecture == V3),
    };
    let outline = config.common.outline(path)?;
    let size = |key, value| config::size(path, key, value);
    let shape = MlaShape {
        hidden: outline.hidden,
        heads: size("num_attention_heads", config.common.num_attention_heads)?,
        q_rank: config.q_lora_rank.map(|rank| size("q_lora_rank", rank)).transpose()?,
        latent: size("kv_lora_rank", config.kv_lora_rank)?,
        nope: size("qk_nope_head_dim", config.qk_nope_head_dim)?,
        rope: size("qk_rope_head_dim", config.qk_rope_head_dim)?,
        value: size("v_head_dim", config.v_head_dim)?,
    };
    config::even(path, "qk_rope_head_dim", shape.rope)?;
    size("moe_layer_freq", config.moe_layer_freq)?;
    config::experts(path, ("n_routed_experts", config.n_routed_experts), config.num_experts_per_tok)?;
    let inner = size("intermediate_size", config.intermediate_size)?;
    let experts = ExpertShape {
        experts: config.n_routed_experts,
        hidden: outline.hidden,
        inner: size("moe_intermediate_size", config.moe_intermediate_size)?,
    };
    let shared = config.n_shared_experts.filter(|&n| n > 0).map(|n| size("n_shared_experts", n)).transpose()?;
    let groups = groups(&config, path)?;

    let rotary = config.common.rope.rotary(path, shape.rope)?;
    let style = if config.rope_interleave { RopeStyle::InterleavedToHalf } else { RopeStyle::Half };
    let rope = Rope::new(weights, &rotary, outline.context_tokens, style)?;
    let factor = rotary.softmax_factor();
    Decoder::load(weights, outline, |i, layer| {
        let name = format!("{layer}.self_attn");
        let mla = Mla::load(weights, &name, shape, rope.clone(), factor, MLA_NORM_EPS, config.attention_bias)?;
        let mlp = format!("{layer}.mlp");
        let feed_forward: FeedForward = if i >= config.first_k_dense_replace && i.is_multiple_of(config.moe_layer_freq) {
            let router = router(&config, weights, experts, groups, &mlp)?;
            let mut moe = Moe::load(weights, router, &format!("{mlp}.experts"), experts, ["gate_proj", "up_proj", "down_proj"])?;
            if let Some(shared) = shared {
                let name = format!("{mlp}.shared_experts");
                moe.shared = Some(Mlp::load(weights, &name, outline.hidden, shared * experts.inner, false)?);
            }
            moe.into()
        } else {
            Mlp::load(weights, &mlp, outline.hidden, inner, false)?.into()
        };
        Ok((mla.into(), feed_forward))
    })
}

/// Of the norms inside latent attention: the model code does not take the config's.
const MLA_NORM_EPS: f32 = 1e-6;

/// The limit on groups: V2 has one with `group_limited_greedy`, V3 always.
fn groups(config: &Config, path: &std::path::Path) -> Result<Option<GroupLimit>> {
    let score = match config.topk_method.as_deref() {
        Some("greedy") => return Ok(None),
        None | Some("noaux_tc") if config.as_v3 => GroupScore::Top2Sum,
        Some("group_limited_greedy") if !config.as_v3 => GroupScore::Max,
        None => return Ok(None),
        Some(other) => {
            return Err(Error::Unsupported {
                path: path.into(),
                what: "choice of experts",
                found: other.into(),
                supported: if config.as_v3 { "noaux_tc, greedy" } else { "greedy, group_limited_greedy" }.into(),
            });
        }
    };
    let (groups, keep) = (config.n_group.unwrap_or(1), config.topk_group.unwrap_or(1));
    if groups <= 1 {
        return Ok(None);
    }
    let (experts, k) = (config.n_routed_experts, config.num_experts_per_tok);
    if !experts.is_multiple_of(groups) || !(1..=groups).contains(&keep) || keep * (experts / groups) < k {
        let message = format!("{k} of {experts} experts cannot be chosen from `topk_group` {keep} of `n_group` {groups} groups");
        return Err(config::bad(path, message));
    }
    Ok(Some(GroupLimit { groups, keep, score }))
}

fn router(config: &Config, weights: &Weights<'_>, experts: ExpertShape, groups: Option<GroupLimit>, mlp: &str) -> Result<Router> {
    let mut router = Router::load(weights, &format!("{mlp}.gate"), experts, config.num_experts_per_tok, false)?;
    (router.renormalize, router.groups, router.scale) = (config.norm_topk_prob, groups, config.routed_scaling_factor);
    if config.as_v3 {
        router.score = Score::Sigmoid;
        let name = format!("{mlp}.gate.e_score_correction_bias");
        if config.topk_method.as_deref() != Some("greedy") || weights.has(&name)? {
            router.correction = Some(weights.vector(&name, config.n_routed_experts)?);
        }
    } else if config.norm_topk_prob {
        // V2 either renormalises or scales.
        router.scale = 1.0;
    }
    Ok(router)
}
