//! GGUF metadata as a Hugging Face `config.json`.
//!
//! Source: the keys in `gguf-py/gguf/constants.py` and what `convert_hf_to_gguf.py` of llama.cpp writes under them.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::super::mapped::MappedFile;
use super::read::Value;
use super::{Architecture, Encoding, Place};
use crate::{Error, Result};

/// Most experts of a layer: beyond what any model has.
const MAX_EXPERTS: usize = 65_536;
/// Most layers, for the per-layer lists of the configuration: beyond what any model has, and no list to speak of.
const MAX_LAYERS: u64 = 1024;
/// Most rotary frequencies of a head.
const MAX_ROPE_FACTORS: usize = 4096;

/// The architecture, and the configuration of its family.
pub(super) fn translate(
    file: &MappedFile,
    metadata: &BTreeMap<String, Value>,
    tensors: &BTreeMap<&str, Place>,
) -> Result<(Architecture, Json)> {
    let prefix = match metadata.get("general.architecture") {
        Some(Value::Text(name)) => name.as_str(),
        _ => return Err(file.broken("metadata `general.architecture` is missing or no text")),
    };
    let meta = Meta { file, metadata, tensors, prefix };
    let mixture = meta.unsigned("expert_count")?.is_some_and(|n| n > 0);
    let (architecture, config) = match prefix {
        "llama" if mixture => (Architecture::Mixtral, meta.mixtral()?),
        "llama" => (Architecture::Llama, meta.llama()?),
        "qwen3moe" => (Architecture::Qwen3Moe, meta.qwen3_moe()?),
        "deepseek2" => (Architecture::Deepseek2, meta.deepseek()?),
        "gpt-oss" => (Architecture::GptOss, meta.gpt_oss()?),
        other => {
            return Err(Error::Unsupported {
                path: file.path().to_owned(),
                what: "architecture",
                found: other.into(),
                supported: "llama, qwen3moe, deepseek2, gpt-oss".into(),
            });
        }
    };
    Ok((architecture, Json::Object(config)))
}

type Config = Map<String, Json>;

struct Meta<'a> {
    file: &'a MappedFile,
    metadata: &'a BTreeMap<String, Value>,
    tensors: &'a BTreeMap<&'a str, Place>,
    prefix: &'a str,
}

impl Meta<'_> {
    fn get(&self, key: &str) -> Option<&Value> {
        self.metadata.get(&format!("{}.{key}", self.prefix))
    }

    fn broken(&self, key: &str, message: &str) -> Error {
        self.file.broken(format!("metadata `{}.{key}` {message}", self.prefix))
    }

    /// A size. Where the format allows a list with a value for each layer, all must be the same.
    fn unsigned(&self, key: &str) -> Result<Option<u64>> {
        let number = |value: &Value| match *value {
            Value::Unsigned(n) => Some(n),
            Value::Signed(n) => u64::try_from(n).ok(),
            _ => None,
        };
        let value = match self.get(key) {
            None => return Ok(None),
            Some(Value::Array(list)) => {
                let values = list.values(self.file)?;
                match values.first() {
                    Some(first) if values.iter().all(|v| v == first) => number(first),
                    _ => return Err(self.broken(key, "differs between layers, which is not supported")),
                }
            }
            Some(value) => number(value),
        };
        match value {
            Some(n) if n <= i32::MAX as u64 => Ok(Some(n)),
            _ => Err(self.broken(key, "must be a whole number from 0 to 2^31 - 1")),
        }
    }

    fn size(&self, key: &str) -> Result<u64> {
        self.unsigned(key)?.ok_or_else(|| self.broken(key, "is missing"))
    }

    fn float(&self, key: &str) -> Result<Option<f64>> {
        match self.get(key) {
            None => Ok(None),
            // Kept in f32 by the format: the shortest decimal is what the model's author wrote.
            Some(&Value::Float(x)) if (x as f32).is_finite() => Ok((x as f32).to_string().parse().ok()),
            Some(_) => Err(self.broken(key, "must be a finite float")),
        }
    }

    fn boolean(&self, key: &str) -> Result<Option<bool>> {
        match self.get(key) {
            None => Ok(None),
            Some(&Value::Bool(x)) => Ok(Some(x)),
            Some(_) => Err(self.broken(key, "must be a truth value")),
        }
    }

    fn has(&self, tensor: &str) -> bool {
        self.tensors.contains_key(tensor)
    }

    /// What all families share.
    fn common(&self, model_type: &str, class: &str) -> Result<Config> {
        let heads = self.size("attention.head_count")?;
        let hidden = self.size("embedding_length")?;
        let layers = self.size("block_count")?;
        if heads == 0 || layers > MAX_LAYERS {
            return Err(self.file.broken(format!("a model of {heads} attention heads and {layers} layers makes no sense")));
        }
        let mut config = Map::new();
        let mut set = |key: &str, value: Json| drop(config.insert(key.into(), value));
        set("model_type", json!(model_type));
        set("architectures", json!([class]));
        set("hidden_size", json!(hidden));
        set("num_hidden_layers", json!(layers));
        set("num_attention_heads", json!(heads));
        set("num_key_value_heads", json!(self.unsigned("attention.head_count_kv")?.unwrap_or(heads)));
        set("max_position_embeddings", json!(self.size("context_length")?));
        set(
            "rms_norm_eps",
            json!(
                self.float("attention.layer_norm_rms_epsilon")?
                    .ok_or_else(|| self.broken("attention.layer_norm_rms_epsilon", "is missing"))?
            ),
        );
        set("rope_theta", json!(self.float("rope.freq_base")?.unwrap_or(10_000.0)));
        set("rope_scaling", self.rope_scaling()?);
        set("vocab_size", json!(self.vocab()?));
        set("tie_word_embeddings", json!(!self.has("output.weight")));
        set("attention_bias", json!(self.has("blk.0.attn_q.bias")));
        set("mlp_bias", json!(self.has("blk.0.ffn_up.bias")));
        set("hidden_act", json!("silu"));
        for (key, id) in [("bos_token_id", "bos"), ("eos_token_id", "eos")] {
            if let Some(&Value::Unsigned(id)) = self.metadata.get(&format!("tokenizer.ggml.{id}_token_id")) {
                set(key, json!(id));
            }
        }
        if let Some(window) = self.unsigned("attention.sliding_window")? {
            set("sliding_window", json!(window));
        }
        Ok(config)
    }

    /// Rows of the embedding table.
    fn vocab(&self) -> Result<u64> {
        if let Some(&rows) = self.tensors.get("token_embd.weight").and_then(|place| place.shape.first()) {
            return Ok(rows as u64);
        }
        self.unsigned("vocab_size")?.ok_or_else(|| self.file.broken("no tensor `token_embd.weight`"))
    }

    fn rope_scaling(&self) -> Result<Json> {
        if let Some(place) = self.tensors.get("rope_freqs.weight") {
            let bytes = self.file.bytes().get(place.begin..place.end).unwrap_or_default();
            if place.encoding != Ok(Encoding::F32) || place.shape.len() != 1 || bytes.len() > MAX_ROPE_FACTORS * 4 {
                return Err(self
                    .file
                    .broken(format!("tensor `rope_freqs.weight` must be a short F32 vector, found shape {:?}", place.shape)));
            }
            let factors: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
            if !factors.iter().all(|f| f.is_finite() && *f > 0.0) {
                return Err(self.file.broken("tensor `rope_freqs.weight` must hold positive numbers"));
            }
            if self.stretch()?.is_some() {
                return Err(self.broken("rope.scaling", "beside a tensor `rope_freqs.weight` is not supported: one stretch or the other"));
            }
            return Ok(json!({"rope_type": "factors", "factors": factors}));
        }
        let Some((kind, factor)) = self.stretch()? else { return Ok(Json::Null) };
        if self.float("rope.scaling.attn_factor")?.is_some_and(|factor| factor != 1.0) {
            return Err(self.broken("rope.scaling.attn_factor", "other than 1 is not supported"));
        }
        let mut scaling = json!({"rope_type": kind});
        if let Some(factor) = factor {
            scaling["factor"] = json!(factor);
        }
        if let Some(context) = self.unsigned("rope.scaling.original_context_length")? {
            scaling["original_max_position_embeddings"] = json!(context);
        }
        if kind == "yarn" {
            scaling["beta_fast"] = json!(self.float("rope.scaling.yarn_beta_fast")?.unwrap_or(32.0));
            scaling["beta_slow"] = json!(self.float("rope.scaling.yarn_beta_slow")?.unwrap_or(1.0));
        }
        Ok(scaling)
    }

    /// The kind of the stretch, and its factor: linear where only a factor is given, or what older files call the scale.
    fn stretch(&self) -> Result<Option<(&str, Option<f64>)>> {
        let factor = match self.float("rope.scaling.factor")? {
            None => self.float("rope.scale_linear")?,
            factor => factor,
        };
        match self.get("rope.scaling.type") {
            None => Ok(factor.filter(|factor| *factor != 1.0).map(|factor| ("linear", Some(factor)))),
            Some(Value::Text(kind)) if kind == "none" => Ok(None),
            Some(Value::Text(kind)) => Ok(Some((kind, factor))),
            Some(_) => Err(self.broken("rope.scaling.type", "must be a text")),
        }
    }

    /// Width of a head; rotary embedding must take all of it.
    fn head_dim(&self) -> Result<u64> {
        let (hidden, heads) = (self.size("embedding_length")?, self.size("attention.head_count")?);
        let even = || hidden.checked_div(heads).unwrap_or(0);
        let key = self.unsigned("attention.key_length")?.unwrap_or_else(even);
        for (name, other) in [("attention.value_length", None), ("rope.dimension_count", Some(key))] {
            let found = self.unsigned(name)?.or(other).unwrap_or(key);
            if found != key {
                return Err(self.broken(name, &format!("is {found}; only that of a whole head, {key}, is supported")));
            }
        }
        Ok(key)
    }

    fn llama(&self) -> Result<Config> {
        let mut config = self.common("llama", "LlamaForCausalLM")?;
        config.insert("intermediate_size".into(), json!(self.size("feed_forward_length")?));
        config.insert("head_dim".into(), json!(self.head_dim()?));
        config.insert("rope_interleave".into(), json!(true));
        Ok(config)
    }

    fn mixtral(&self) -> Result<Config> {
        let mut config = self.common("mixtral", "MixtralForCausalLM")?;
        config.insert("intermediate_size".into(), json!(self.size("feed_forward_length")?));
        config.insert("head_dim".into(), json!(self.head_dim()?));
        config.insert("rope_interleave".into(), json!(true));
        config.insert("num_local_experts".into(), json!(self.experts()?));
        config.insert("num_experts_per_tok".into(), json!(self.size("expert_used_count")?));
        Ok(config)
    }

    fn qwen3_moe(&self) -> Result<Config> {
        let mut config = self.common("qwen3_moe", "Qwen3MoeForCausalLM")?;
        let experts = self.experts()?;
        let mut set = |key: &str, value: Json| drop(config.insert(key.into(), value));
        set("intermediate_size", json!(self.size("feed_forward_length")?));
        set("head_dim", json!(self.head_dim()?));
        set("moe_intermediate_size", json!(self.size("expert_feed_forward_length")?));
        set("num_experts", json!(experts));
        set("num_experts_per_tok", json!(self.size("expert_used_count")?));
        // The format has no key for these; its readers take them as given.
        set("norm_topk_prob", json!(true));
        set("decoder_sparse_step", json!(1));
        set("mlp_only_layers", json!([]));
        Ok(config)
    }

    fn gpt_oss(&self) -> Result<Config> {
        let mut config = self.common("gpt_oss", "GptOssForCausalLM")?;
        let layers = self.size("block_count")?;
        let kinds: Vec<_> = (0..layers).map(|i| if i % 2 == 0 { "sliding_attention" } else { "full_attention" }).collect();
        let experts = self.experts()?;
        if let Some(Json::Object(scaling)) = config.get_mut("rope_scaling") {
            scaling.insert("truncate".into(), json!(false));
        }
        let mut set = |key: &str, value: Json| drop(config.insert(key.into(), value));
        set("intermediate_size", json!(self.size("expert_feed_forward_length")?));
        set("head_dim", json!(self.head_dim()?));
        set("num_local_experts", json!(experts));
        set("num_experts_per_tok", json!(self.size("expert_used_count")?));
        set("layer_types", json!(kinds));
        set("swiglu_limit", json!(7.0));
        Ok(config)
    }

    fn deepseek(&self) -> Result<Config> {
        let sigmoid = match self.unsigned("expert_gating_func")? {
            // Files of V2 have no key.
            None | Some(0 | 1) => false,
            Some(2) => true,
            Some(_) => return Err(self.broken("expert_gating_func", "must be 1 (softmax) or 2 (sigmoid)")),
        };
        let (model_type, class) = if sigmoid { ("deepseek_v3", "DeepseekV3ForCausalLM") } else { ("deepseek_v2", "DeepseekV2ForCausalLM") };
        let mut config = self.common(model_type, class)?;
        let heads = self.size("attention.head_count")?;
        let rope = self.size("rope.dimension_count")?;
        // Files for latent attention keep the widths of the unfolded heads under keys of their own.
        let unfolded = |key: &str| self.unsigned(&format!("{key}_mla")).and_then(|n| n.map_or_else(|| self.size(key), Ok));
        let (qk, v) = (unfolded("attention.key_length")?, unfolded("attention.value_length")?);
        let nope = qk
            .checked_sub(rope)
            .ok_or_else(|| self.broken("attention.key_length", &format!("is {qk}, less than its rotary part of {rope}")))?;
        let groups = self.unsigned("expert_group_count")?.unwrap_or(1).max(1);
        let method = match (sigmoid, groups) {
            (true, _) => "noaux_tc",
            (false, 1) => "greedy",
            (false, _) => "group_limited_greedy",
        };
        if let (Some(Json::Object(scaling)), Some(multiplier)) =
            (config.get_mut("rope_scaling"), self.float("rope.scaling.yarn_log_multiplier")?)
        {
            // The converter writes a tenth of `mscale_all_dim`, which is equal to `mscale` in every model of the family.
            let mscale = (multiplier * 1e7).round() / 1e6;
            scaling.insert("mscale".into(), json!(mscale));
            scaling.insert("mscale_all_dim".into(), json!(mscale));
        }
        let experts = self.experts()?;
        let mut set = |key: &str, value: Json| drop(config.insert(key.into(), value));
        set("num_key_value_heads", json!(heads));
        set("intermediate_size", json!(self.size("feed_forward_length")?));
        set("moe_intermediate_size", json!(self.size("expert_feed_forward_length")?));
        set("first_k_dense_replace", json!(self.unsigned("leading_dense_block_count")?.unwrap_or(0)));
        set("n_routed_experts", json!(experts));
        set("n_shared_experts", json!(self.unsigned("expert_shared_count")?.unwrap_or(0)));
        set("num_experts_per_tok", json!(self.size("expert_used_count")?));
        set("n_group", json!(groups));
        set("topk_group", json!(self.unsigned("expert_group_used_count")?.unwrap_or(1).max(1)));
        set("topk_method", json!(method));
        set("scoring_func", json!(if sigmoid { "sigmoid" } else { "softmax" }));
        set("routed_scaling_factor", json!(self.float("expert_weights_scale")?.unwrap_or(1.0)));
        set("norm_topk_prob", json!(self.boolean("expert_weights_norm")?.unwrap_or(false)));
        set("q_lora_rank", self.unsigned("attention.q_lora_rank")?.map_or(Json::Null, |n| json!(n)));
        set("kv_lora_rank", json!(self.size("attention.kv_lora_rank")?));
        set("qk_nope_head_dim", json!(nope));
        set("qk_rope_head_dim", json!(rope));
        set("qk_head_dim", json!(qk));
        set("v_head_dim", json!(v));
        set("head_dim", json!(rope));
        set("rope_interleave", json!(true));
        Ok(config)
    }

    fn experts(&self) -> Result<u64> {
        let count = self.size("expert_count")?;
        if count > MAX_EXPERTS as u64 {
            return Err(self.broken("expert_count", &format!("is {count}, at most {MAX_EXPERTS} are allowed")));
        }
        Ok(count)
    }
}
