//! GPT-OSS: attention sinks, a window in every other layer, experts with biases and a clamped activation.

use ascend_compute::DType;
use ascend_compute::ops::{GluKind, RopeStyle, Score, Weight};
use serde::Deserialize;

use super::config::{self, Common};
use crate::layers::{Attention, Decoder, ExpertShape, Moe, Rope, Router};
use crate::weights::Weights;
use crate::{Error, Result};

#[derive(Clone, Debug, Deserialize)]
struct Config {
    #[serde(flatten)]
    common: Common,
    /// Of the experts.
    intermediate_size: usize,
    num_local_experts: usize,
    num_experts_per_tok: usize,
    #[serde(default)]
    sliding_window: Option<usize>,
    /// One for each layer; absent: the first layer has the window, then every other one.
    #[serde(default)]
    layer_types: Option<Vec<String>>,
    #[serde(default = "yes")]
    attention_bias: bool,
    #[serde(default)]
    swiglu_limit: Option<f32>,
}

fn yes() -> bool {
    true
}

pub(super) fn load(weights: &Weights<'_>) -> Result<Decoder> {
    let config: Config = config::read(weights)?;
    let path = weights.checkpoint.path();
    let (outline, shape) = (config.common.outline(path)?, config.common.attention(path)?);
    let (experts, k) = (config.num_local_experts, config.num_experts_per_tok);
    config::experts(path, ("num_local_experts", experts), k)?;
    let inner = config::size(path, "intermediate_size", config.intermediate_size)?;
    let GluKind::SwigluClamped { limit, alpha, up_bias } = GluKind::GPT_OSS else {
        return Err(config::bad(path, "the activation has no limit".into()));
    };
    let limit = config.swiglu_limit.unwrap_or(limit);
    let glu = GluKind::SwigluClamped { limit, alpha, up_bias };
    let windows = (0..outline.layers).map(|i| window(&config, path, i)).collect::<Result<Vec<_>>>()?;
    let rope = Rope::new(weights, &config.common.rope.rotary(path, shape.head_dim)?, outline.context_tokens, RopeStyle::Half)?;
    let bias = (config.attention_bias, config.attention_bias);
    Decoder::load(weights, outline, |i, layer| {
        let name = format!("{layer}.self_attn");
        let sinks = weights.vector(&format!("{name}.sinks"), shape.heads)?;
        let attention = Attention::load(weights, &name, shape, rope.clone(), bias)?.with_sinks(sinks);
        let mlp = format!("{layer}.mlp");
        let sizes = ExpertShape { experts, hidden: outline.hidden, inner };
        let mut router = Router::load(weights, &format!("{mlp}.router"), sizes, k, true)?;
        router.score = Score::TopKSoftmax;
        let moe = moe(weights, router, &format!("{mlp}.experts"), sizes, glu)?;
        Ok((attention.with_window(windows.get(i).copied().flatten()).into(), moe.into()))
    })
}

/// The experts as they are stored: all of them in one tensor, gate and up columns alternating, or (GGUF) a tensor each, gate and up apart.
fn moe(weights: &Weights<'_>, router: Router, experts: &str, shape: ExpertShape, glu: GluKind) -> Result<Moe> {
    let ExpertShape { experts: count, hidden, inner } = shape;
    // By the bias: no other family has one of a single expert.
    if weights.has(&format!("{experts}.0.gate_proj.bias"))? {
        let mut moe = Moe::load(weights, router, experts, shape, ["gate_proj", "up_proj", "down_proj"])?;
        let vectors = |parts: &[(&str, usize)]| {
            let named = (0..count).flat_map(|e| parts.iter().map(move |(part, n)| (format!("{experts}.{e}.{part}.bias"), *n)));
            let width: usize = parts.iter().map(|(_, n)| n).sum();
            Ok::<_, Error>(weights.fused_vector(&named.collect::<Vec<_>>())?.reshape([count, width])?)
        };
        moe.biases = Some((vectors(&[("gate_proj", inner), ("up_proj", inner)])?, vectors(&[("down_proj", hidden)])?));
        moe.glu = glu;
        return Ok(moe);
    }
    let vectors = |name: &str, n: usize| weights.tensor_as(&format!("{experts}.{name}"), &[count, n], DType::F32);
    Ok(Moe {
        router,
        gate_up: stacked(weights, &format!("{experts}.gate_up_proj"), [count, hidden, 2 * inner])?,
        down: stacked(weights, &format!("{experts}.down_proj"), [count, inner, hidden])?,
        biases: Some((vectors("gate_up_proj_bias", 2 * inner)?, vectors("down_proj_bias", hidden)?)),
        glu,
        interleaved: true,
        shared: None,
    })
}

/// Matrices of all experts: `[E, K, N]` when stored as floats, `[E, N, K]` when stored as MXFP4 (`{name}_blocks`).
fn stacked(weights: &Weights<'_>, name: &str, [experts, k, n]: [usize; 3]) -> Result<Weight> {
    if weights.has(name)? {
        return weights.stacked_kn(name, [experts, k, n]);
    }
    weights.stacked_nk(name, [experts, n, k])
}

/// The window of layer `i`.
fn window(config: &Config, path: &std::path::Path, i: usize) -> Result<Option<usize>> {
    let missing = || config::bad(path, format!("`layer_types` says nothing of layer {i}"));
    let slides = match &config.layer_types {
        None => i.is_multiple_of(2),
        Some(types) => match types.get(i).ok_or_else(missing)?.as_str() {
            "sliding_attention" => true,
            "full_attention" => false,
            other => {
                return Err(Error::Unsupported {
                    path: path.into(),
                    what: "layer type",
                    found: other.into(),
                    supported: "sliding_attention, full_attention".into(),
                });
            }
        },
    };
    config.sliding_window.filter(|_| slides).map(|w| config::size(path, "sliding_window", w)).transpose()
}
