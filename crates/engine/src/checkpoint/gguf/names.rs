//! GGUF tensor names in Hugging Face terms.
//!
//! Source: `TENSOR_NAMES` in `gguf-py/gguf/constants.py` of llama.cpp.

use super::Architecture;

/// What a GGUF tensor is called in a Hugging Face checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum HfName {
    /// One tensor.
    One(String),
    /// All experts' tensors stacked along the first dimension: expert `e` is `before`, `e`, `after`.
    Experts { before: String, after: String },
}

/// The Hugging Face name of a tensor. One that is not known keeps its own.
pub(super) fn hf_name(architecture: Architecture, gguf: &str) -> HfName {
    let one = |name: &str| HfName::One(name.to_owned());
    match gguf {
        "token_embd.weight" => return one("model.embed_tokens.weight"),
        "output_norm.weight" => return one("model.norm.weight"),
        "output.weight" => return one("lm_head.weight"),
        _ => {}
    }
    in_layer(architecture, gguf).unwrap_or_else(|| one(gguf))
}

/// `blk.N.PART.KIND`, or `blk.N.PART.EXPERT.KIND` of old Mixtral files.
fn in_layer(architecture: Architecture, gguf: &str) -> Option<HfName> {
    let (layer, rest) = gguf.strip_prefix("blk.")?.split_once('.')?;
    layer.parse::<u32>().ok()?;
    let (part, kind) = rest.rsplit_once('.')?;
    let one = |name: &str| Some(HfName::One(format!("model.layers.{layer}.{name}.{kind}")));
    if let Some((part, expert)) = part.split_once('.') {
        expert.parse::<u32>().ok()?;
        let (experts, projection) = expert_names(architecture, part)?;
        return one(&format!("{experts}.{expert}.{projection}"));
    }
    if let Some(stacked) = part.strip_suffix("_exps") {
        let (experts, projection) = expert_names(architecture, stacked)?;
        return Some(HfName::Experts { before: format!("model.layers.{layer}.{experts}."), after: format!(".{projection}.{kind}") });
    }
    one(match part {
        "attn_norm" => "input_layernorm",
        "attn_q" => "self_attn.q_proj",
        "attn_k" => "self_attn.k_proj",
        "attn_v" => "self_attn.v_proj",
        "attn_output" => "self_attn.o_proj",
        "attn_q_norm" => "self_attn.q_norm",
        "attn_k_norm" => "self_attn.k_norm",
        "attn_q_a" => "self_attn.q_a_proj",
        "attn_q_b" => "self_attn.q_b_proj",
        "attn_kv_a_mqa" => "self_attn.kv_a_proj_with_mqa",
        "attn_kv_b" => "self_attn.kv_b_proj",
        "attn_k_b" => "self_attn.k_b_proj",
        "attn_v_b" => "self_attn.v_b_proj",
        "attn_q_a_norm" => "self_attn.q_a_layernorm",
        "attn_kv_a_norm" => "self_attn.kv_a_layernorm",
        "attn_sinks" => return Some(HfName::One(format!("model.layers.{layer}.self_attn.sinks"))),
        "ffn_norm" | "post_attention_norm" => "post_attention_layernorm",
        "ffn_gate" => "mlp.gate_proj",
        "ffn_up" => "mlp.up_proj",
        "ffn_down" => "mlp.down_proj",
        "ffn_gate_shexp" => "mlp.shared_experts.gate_proj",
        "ffn_up_shexp" => "mlp.shared_experts.up_proj",
        "ffn_down_shexp" => "mlp.shared_experts.down_proj",
        "ffn_gate_inp" => match architecture {
            Architecture::Mixtral => "block_sparse_moe.gate",
            Architecture::GptOss => "mlp.router",
            _ => "mlp.gate",
        },
        "exp_probs_b" => return Some(HfName::One(format!("model.layers.{layer}.mlp.gate.e_score_correction_bias"))),
        _ => return None,
    })
}

/// Where a layer's experts are, and what `ffn_gate`, `ffn_up` and `ffn_down` are called there.
fn expert_names(architecture: Architecture, part: &str) -> Option<(&'static str, &'static str)> {
    let mixtral = architecture == Architecture::Mixtral;
    let projection = match (part, mixtral) {
        ("ffn_gate", true) => "w1",
        ("ffn_down", true) => "w2",
        ("ffn_up", true) => "w3",
        ("ffn_gate", false) => "gate_proj",
        ("ffn_down", false) => "down_proj",
        ("ffn_up", false) => "up_proj",
        _ => return None,
    };
    Some((if mixtral { "block_sparse_moe.experts" } else { "mlp.experts" }, projection))
}
