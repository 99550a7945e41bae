//! The shapes of a model, and what follows from them: parameters and cache sizes.

use std::path::Path;

use serde::Serialize;

use super::presets::presets;
use crate::{Error, Result};

/// How a router scores experts, as far as time is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scoring {
    /// Softmax over all experts, then the best.
    Softmax,
    /// The best logits, then softmax over those.
    TopKSoftmax,
    /// Sigmoid of each logit.
    Sigmoid,
    /// Square root of the softplus of each logit.
    SqrtSoftplus,
}

/// The attention of a layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Attention {
    /// Query heads in groups that share keys and values.
    Grouped {
        /// `Hq`.
        heads: usize,
        /// `Hkv`.
        kv_heads: usize,
        /// `D`.
        head_dim: usize,
        /// Every second layer sees this many tokens only.
        window: Option<usize>,
        /// Each query and key head is normed before it is turned.
        head_norms: bool,
    },
    /// Multi-head latent attention: one compressed row a token.
    Latent {
        /// Query heads.
        heads: usize,
        /// Rank of the query's compression; none when it is not compressed.
        query_rank: Option<usize>,
        /// Rank of the cache's compression.
        kv_rank: usize,
        /// Rotated dimensions of a head.
        rope_dim: usize,
        /// Other dimensions of a head's keys.
        nope_dim: usize,
        /// Dimensions of a head's values.
        value_dim: usize,
        /// Sparse attention: an indexer picks this many tokens of the context.
        sparse: Option<Indexer>,
    },
}

/// The small attention that picks the tokens which the large one looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Indexer {
    /// Its heads.
    pub heads: usize,
    /// Dimensions of a head; the cache holds one key of this size a token.
    pub head_dim: usize,
    /// Tokens that it picks.
    pub top: usize,
}

/// The shapes of a mixture-of-experts model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Model {
    /// What it is called on the command line.
    pub name: String,
    /// Where the numbers come from.
    pub source: String,
    /// Decoder layers.
    pub layers: usize,
    /// How many of them, the first ones, have a dense network instead of experts.
    pub dense_layers: usize,
    /// `H`.
    pub hidden: usize,
    /// Intermediate size of the dense layers.
    pub dense_inner: usize,
    /// `E`.
    pub experts: usize,
    /// `k`.
    pub top_k: usize,
    /// `I`.
    pub moe_inner: usize,
    /// Experts that every token visits beside its own.
    pub shared: usize,
    /// Groups of experts, and how many of them a token may choose from.
    pub groups: Option<(usize, usize)>,
    /// How the router scores.
    pub scoring: Scoring,
    /// The chosen weights are divided by their sum.
    pub renormalize: bool,
    /// The attention.
    pub attention: Attention,
    /// Rows of the embedding and of the output head.
    pub vocab: usize,
    /// Layers that foretell further tokens (multi-token prediction); not among `layers`.
    pub prediction_layers: usize,
}

impl Model {
    /// A preset by its name, or a Hugging Face `config.json` by its path (or that of its folder).
    ///
    /// # Errors
    /// No such preset and no such file; a configuration that is not understood.
    pub fn find(name: &str) -> Result<Self> {
        if let Some(model) = presets().into_iter().find(|m| m.name == name) {
            return Ok(model);
        }
        let path = Path::new(name);
        if path.is_dir() {
            return Self::from_config(&path.join("config.json"));
        }
        if path.is_file() {
            return Self::from_config(path);
        }
        let names: Vec<String> = presets().into_iter().map(|m| m.name).collect();
        Err(Error::option("model", name, format!("no file, and none of the presets: {}", names.join(", "))))
    }

    /// Layers with experts.
    pub fn moe_layers(&self) -> usize {
        self.layers - self.dense_layers
    }

    /// Parameters of one expert: gate, up and down.
    pub fn expert_params(&self) -> f64 {
        3.0 * self.hidden as f64 * self.moe_inner as f64
    }

    /// Parameters of one dense network.
    pub fn dense_params(&self) -> f64 {
        3.0 * self.hidden as f64 * self.dense_inner as f64
    }

    /// Parameters of one layer's attention projections, the indexer's included.
    pub fn attention_params(&self) -> f64 {
        let h = self.hidden as f64;
        match self.attention {
            Attention::Grouped { heads, kv_heads, head_dim, .. } => h * head_dim as f64 * (2 * heads + 2 * kv_heads) as f64,
            Attention::Latent { heads, query_rank, kv_rank, rope_dim, nope_dim, value_dim, sparse } => {
                let (heads, latent) = (heads as f64, kv_rank as f64);
                let query_width = heads * (rope_dim + nope_dim) as f64;
                let query = query_rank.map_or(h * query_width, |rank| rank as f64 * (h + query_width));
                let indexer = sparse.map_or(0.0, |i| {
                    let wide = query_rank.unwrap_or(self.hidden) as f64 * (i.heads * i.head_dim) as f64;
                    wide + h * (i.head_dim + i.heads) as f64
                });
                let keys_values = h * (latent + rope_dim as f64) + latent * heads * (nope_dim + value_dim) as f64;
                query + keys_values + heads * value_dim as f64 * h + indexer
            }
        }
    }

    /// Of [`attention_params`](Self::attention_params), those that expand latents to the heads' keys and values.
    pub fn expansion_params(&self) -> f64 {
        match self.attention {
            Attention::Grouped { .. } => 0.0,
            Attention::Latent { heads, kv_rank, nope_dim, value_dim, .. } => (kv_rank * heads * (nope_dim + value_dim)) as f64,
        }
    }

    /// Parameters of embedding and output head.
    pub fn vocabulary_params(&self) -> f64 {
        2.0 * self.vocab as f64 * self.hidden as f64
    }

    /// Parameters that every token passes, whatever it is routed to; embedding and head not counted.
    pub fn common_params(&self) -> f64 {
        let moe = self.moe_layers() as f64;
        let router = self.hidden as f64 * self.experts as f64;
        self.layers as f64 * self.attention_params()
            + self.dense_layers as f64 * self.dense_params()
            + moe * (self.shared as f64 * self.expert_params() + router)
    }

    /// All parameters, without those of extra prediction layers.
    pub fn total_params(&self) -> f64 {
        self.common_params() + self.moe_layers() as f64 * self.experts as f64 * self.expert_params() + self.vocabulary_params()
    }

    /// Parameters that work on one token: those common to all, its `k` experts, and embedding and head.
    pub fn active_params(&self) -> f64 {
        self.common_params() + self.moe_layers() as f64 * self.top_k as f64 * self.expert_params() + self.vocabulary_params()
    }

    /// Values that the cache holds for one token in all layers. Windows are not taken into account: this is what a token costs when it is written.
    pub fn cache_values(&self) -> f64 {
        let layer = match self.attention {
            Attention::Grouped { kv_heads, head_dim, .. } => 2 * kv_heads * head_dim,
            Attention::Latent { kv_rank, rope_dim, sparse, .. } => kv_rank + rope_dim + sparse.map_or(0, |i| i.head_dim),
        };
        (self.layers * layer) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn billions(name: &str) -> (f64, f64) {
        let model = Model::find(name).unwrap();
        (model.total_params() / 1e9, model.active_params() / 1e9)
    }

    /// Totals and active parameters as the model cards give them.
    #[test]
    fn params_are_those_of_the_model_cards() {
        let cards = [
            ("deepseek-v2-lite", 15.7, 2.4),
            ("deepseek-r1", 671.0, 37.0),
            ("kimi-k2", 1040.0, 32.0),
            ("qwen3-30b-a3b", 30.5, 3.3),
            ("qwen3-235b-a22b", 235.0, 22.0),
            ("mixtral-8x7b", 46.7, 12.9),
            ("gpt-oss-20b", 20.9, 3.6),
            ("gpt-oss-120b", 116.8, 5.1),
            ("r2-rumoured", 1200.0, 78.0),
        ];
        for (name, total, active) in cards {
            let (found_total, found_active) = billions(name);
            assert!((found_total / total - 1.0).abs() < 0.02, "{name}: {found_total:.1} B of {total}");
            // Cards differ in whether they count the embedding among what is active.
            assert!((found_active / active - 1.0).abs() < 0.18, "{name}: {found_active:.2} B active of {active}");
        }
    }

    /// Cache bytes a token in bf16, from the public configurations by hand.
    #[test]
    fn cache_bytes_are_the_published_ones() {
        for (name, bytes) in [
            ("deepseek-r1", 70_272.0),
            ("deepseek-v3.2", 70_272.0 + 15_616.0),
            ("qwen3-30b-a3b", 98_304.0),
            ("qwen3-235b-a22b", 192_512.0),
            ("mixtral-8x7b", 131_072.0),
            ("gpt-oss-20b", 49_152.0),
            ("gpt-oss-120b", 73_728.0),
        ] {
            assert_eq!(2.0 * Model::find(name).unwrap().cache_values(), bytes, "{name}");
        }
    }

    #[test]
    fn find_unknown_name_lists_the_presets() {
        let error = Model::find("gpt-5").unwrap_err().to_string();
        assert!(error.contains("gpt-5") && error.contains("deepseek-r1"), "{error}");
    }
}
