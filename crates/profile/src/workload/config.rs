//! A Hugging Face `config.json` as a model.

use std::path::Path;

use serde_json::Value;

use super::model::{Attention, Indexer, Model, Scoring};
use crate::{Error, Result};

/// Beyond every real model, and small enough that products of three stay exact.
const LARGEST: u64 = 1 << 22;

struct Config<'a> {
    path: &'a Path,
    json: Value,
}

impl Config<'_> {
    /// The first of `keys` that is there.
    fn find(&self, keys: &[&str]) -> Result<Option<usize>> {
        for key in keys {
            match self.json.get(key) {
                None | Some(Value::Null) => {}
                Some(value) => {
                    let n = value.as_u64().filter(|n| *n <= LARGEST);
                    let n =
                        n.ok_or_else(|| Error::format(self.path, format!("`{key}` must be an integer of 0 to {LARGEST}, found {value}")))?;
                    return Ok(Some(n as usize));
                }
            }
        }
        Ok(None)
    }

    fn need(&self, keys: &[&str]) -> Result<usize> {
        let found = self.find(keys)?.filter(|n| *n > 0);
        found.ok_or_else(|| Error::format(self.path, format!("`{}` is missing or 0", keys.join("` or `"))))
    }

    fn attention(&self, family: &str) -> Result<Attention> {
        let heads = self.need(&["num_attention_heads"])?;
        if let Some(kv_rank) = self.find(&["kv_lora_rank"])? {
            let sparse = match self.find(&["index_topk"])? {
                None => None,
                Some(top) => Some(Indexer { heads: self.need(&["index_n_heads"])?, head_dim: self.need(&["index_head_dim"])?, top }),
            };
            return Ok(Attention::Latent {
                heads,
                query_rank: self.find(&["q_lora_rank"])?,
                kv_rank,
                rope_dim: self.need(&["qk_rope_head_dim"])?,
                nope_dim: self.need(&["qk_nope_head_dim"])?,
                value_dim: self.need(&["v_head_dim"])?,
                sparse,
            });
        }
        let kv_heads = self.find(&["num_key_value_heads"])?.unwrap_or(heads);
        let head_dim = match self.find(&["head_dim"])? {
            Some(n) => n,
            None => self.need(&["hidden_size"])? / heads,
        };
        let window = if family == "gpt_oss" { self.find(&["sliding_window"])? } else { None };
        Ok(Attention::Grouped { heads, kv_heads, head_dim, window, head_norms: family == "qwen3_moe" })
    }
}

impl Model {
    /// The shapes of a checkpoint, from its `config.json`.
    ///
    /// # Errors
    /// The file cannot be read, is not JSON, lacks a size, or describes a model without experts.
    pub fn from_config(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
        let json: Value = serde_json::from_str(&text).map_err(|e| Error::format(path, e))?;
        let family = json.get("model_type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let config = Config { path, json };
        let experts = config
            .find(&["n_routed_experts", "num_experts", "num_local_experts"])?
            .filter(|n| *n > 0)
            .ok_or_else(|| Error::format(path, "no experts: only mixture-of-experts models are profiled and planned"))?;
        let flag = |key| config.json.get(key).and_then(Value::as_bool);
        let groups = config.find(&["n_group"])?.zip(config.find(&["topk_group"])?).filter(|(groups, _)| *groups > 1);
        let layers = config.need(&["num_hidden_layers"])?;
        let scoring = match (config.json.get("scoring_func").and_then(Value::as_str), family.as_str()) {
            (Some("sigmoid"), _) | (None, "deepseek_v3" | "deepseek_v32" | "kimi_k2") => Scoring::Sigmoid,
            (Some("sqrtsoftplus"), _) => Scoring::SqrtSoftplus,
            (_, "gpt_oss") => Scoring::TopKSoftmax,
            _ => Scoring::Softmax,
        };
        let model = Self {
            name: path.parent().and_then(Path::file_name).map_or_else(|| family.clone(), |n| n.to_string_lossy().into_owned()),
            source: path.display().to_string(),
            layers,
            dense_layers: config.find(&["first_k_dense_replace"])?.unwrap_or(0),
            hidden: config.need(&["hidden_size"])?,
            dense_inner: config.find(&["intermediate_size"])?.unwrap_or(0),
            experts,
            top_k: config.need(&["num_experts_per_tok", "experts_per_token"])?,
            moe_inner: config.need(&["moe_intermediate_size", "intermediate_size"])?,
            shared: config.find(&["n_shared_experts"])?.unwrap_or(0),
            groups,
            scoring,
            renormalize: flag("norm_topk_prob").unwrap_or(family == "mixtral"),
            attention: config.attention(&family)?,
            vocab: config.need(&["vocab_size"])?,
            prediction_layers: config.find(&["num_nextn_predict_layers"])?.unwrap_or(0),
        };
        if model.dense_layers >= model.layers {
            return Err(Error::format(path, format!("{} of {} layers are dense: none has experts", model.dense_layers, model.layers)));
        }
        if model.top_k > model.experts {
            return Err(Error::format(path, format!("{} experts per token of {experts}", model.top_k)));
        }
        Ok(model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Model> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, text).unwrap();
        Model::find(&folder.path().display().to_string())
    }

    #[test]
    fn config_of_qwen3_is_the_preset() {
        let model = read(
            r#"{"model_type":"qwen3_moe","num_hidden_layers":48,"hidden_size":2048,"intermediate_size":6144,"num_experts":128,"num_experts_per_tok":8,
                "moe_intermediate_size":768,"norm_topk_prob":true,"num_attention_heads":32,"num_key_value_heads":4,"head_dim":128,"vocab_size":151936}"#,
        )
        .unwrap();
        let preset = Model::find("qwen3-30b-a3b").unwrap();
        let (name, source, dense_inner) = (model.name.clone(), model.source.clone(), 6144);
        assert_eq!(model, Model { name, source, dense_inner, ..preset });
    }

    #[test]
    fn config_of_deepseek_v3_is_the_preset() {
        let model = read(
            r#"{"model_type":"deepseek_v3","num_hidden_layers":61,"first_k_dense_replace":3,"hidden_size":7168,"intermediate_size":18432,"n_routed_experts":256,
                "num_experts_per_tok":8,"moe_intermediate_size":2048,"n_shared_experts":1,"n_group":8,"topk_group":4,"scoring_func":"sigmoid","norm_topk_prob":true,
                "num_attention_heads":128,"num_key_value_heads":128,"q_lora_rank":1536,"kv_lora_rank":512,"qk_rope_head_dim":64,"qk_nope_head_dim":128,"v_head_dim":128,
                "vocab_size":129280,"num_nextn_predict_layers":1}"#,
        )
        .unwrap();
        let (name, source) = (model.name.clone(), model.source.clone());
        assert_eq!(model, Model { name, source, ..Model::find("deepseek-v3").unwrap() });
    }

    #[test]
    fn config_that_is_no_moe_model_is_refused_with_the_reason() {
        let refused = |text| read(text).unwrap_err().to_string();
        assert!(refused("{").contains("config.json"));
        assert!(refused(r#"{"model_type":"llama"}"#).contains("no experts"));
        assert!(refused(r#"{"num_experts":8,"num_hidden_layers":-1}"#).contains("num_hidden_layers"));
        assert!(refused(r#"{"num_experts":8,"num_hidden_layers":99999999999}"#).contains("num_hidden_layers"));
        assert!(refused(r#"{"num_experts":8,"num_hidden_layers":2}"#).contains("hidden_size"));
    }
}
