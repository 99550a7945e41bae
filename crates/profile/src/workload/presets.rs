//! Models by name. The numbers are those of the public configurations.

use super::model::{Attention, Indexer, Model, Scoring};

const PUBLIC: &str = "public Hugging Face configuration";

/// Latent attention with the sizes that all DeepSeek models share.
fn latent(heads: usize, query_rank: Option<usize>, sparse: Option<Indexer>) -> Attention {
    Attention::Latent { heads, query_rank, kv_rank: 512, rope_dim: 64, nope_dim: 128, value_dim: 128, sparse }
}

fn grouped(heads: usize, kv_heads: usize, head_dim: usize, head_norms: bool) -> Attention {
    Attention::Grouped { heads, kv_heads, head_dim, window: None, head_norms }
}

fn deepseek_v3(name: &str) -> Model {
    Model {
        name: name.into(),
        source: PUBLIC.into(),
        layers: 61,
        dense_layers: 3,
        hidden: 7168,
        dense_inner: 18432,
        experts: 256,
        top_k: 8,
        moe_inner: 2048,
        shared: 1,
        groups: Some((8, 4)),
        scoring: Scoring::Sigmoid,
        renormalize: true,
        attention: latent(128, Some(1536), None),
        vocab: 129_280,
        prediction_layers: 1,
    }
}

fn qwen3(name: &str, layers: usize, hidden: usize, moe_inner: usize, heads: usize) -> Model {
    Model {
        name: name.into(),
        source: PUBLIC.into(),
        layers,
        dense_layers: 0,
        hidden,
        dense_inner: 0,
        experts: 128,
        top_k: 8,
        moe_inner,
        shared: 0,
        groups: None,
        scoring: Scoring::Softmax,
        renormalize: true,
        attention: grouped(heads, 4, 128, true),
        vocab: 151_936,
        prediction_layers: 0,
    }
}

fn gpt_oss(name: &str, layers: usize, experts: usize) -> Model {
    Model {
        name: name.into(),
        source: PUBLIC.into(),
        layers,
        dense_layers: 0,
        hidden: 2880,
        dense_inner: 0,
        experts,
        top_k: 4,
        moe_inner: 2880,
        shared: 0,
        groups: None,
        scoring: Scoring::TopKSoftmax,
        renormalize: false,
        attention: Attention::Grouped { heads: 64, kv_heads: 8, head_dim: 64, window: Some(128), head_norms: false },
        vocab: 201_088,
        prediction_layers: 0,
    }
}

/// All presets.
pub fn presets() -> Vec<Model> {
    let indexer = Indexer { heads: 64, head_dim: 128, top: 2048 };
    vec![
        Model {
            layers: 27,
            dense_layers: 1,
            hidden: 2048,
            dense_inner: 10944,
            experts: 64,
            top_k: 6,
            moe_inner: 1408,
            shared: 2,
            groups: None,
            scoring: Scoring::Softmax,
            renormalize: false,
            attention: latent(16, None, None),
            vocab: 102_400,
            prediction_layers: 0,
            ..deepseek_v3("deepseek-v2-lite")
        },
        deepseek_v3("deepseek-v3"),
        deepseek_v3("deepseek-r1"),
        Model { attention: latent(128, Some(1536), Some(indexer)), ..deepseek_v3("deepseek-v3.2") },
        Model {
            source: "the recipes in cann-recipes-infer for layers and experts; the attention is not public in full: ASSUMED here as latent attention of 64 heads \
                     whose indexer picks 512 tokens"
                .into(),
            layers: 43,
            dense_layers: 0,
            hidden: 4096,
            top_k: 6,
            groups: None,
            scoring: Scoring::SqrtSoftplus,
            attention: latent(64, Some(1024), Some(Indexer { top: 512, ..indexer })),
            ..deepseek_v3("deepseek-v4-flash")
        },
        Model {
            dense_layers: 1,
            experts: 384,
            groups: None,
            attention: latent(64, Some(1536), None),
            vocab: 163_840,
            prediction_layers: 0,
            ..deepseek_v3("kimi-k2")
        },
        qwen3("qwen3-30b-a3b", 48, 2048, 768, 32),
        qwen3("qwen3-235b-a22b", 94, 4096, 1536, 64),
        Model {
            top_k: 2,
            experts: 8,
            moe_inner: 14336,
            attention: grouped(32, 8, 128, false),
            vocab: 32_000,
            ..qwen3("mixtral-8x7b", 32, 4096, 14336, 32)
        },
        gpt_oss("gpt-oss-20b", 24, 32),
        gpt_oss("gpt-oss-120b", 36, 128),
        Model {
            source: "RUMOUR, never confirmed: press reports of 1.2 T parameters, 78 B active; every dimension here is an ASSUMPTION that adds up \
                     to them, in the manner of DeepSeek-V3"
                .into(),
            hidden: 8192,
            experts: 320,
            top_k: 16,
            moe_inner: 2560,
            ..deepseek_v3("r2-rumoured")
        },
    ]
}
