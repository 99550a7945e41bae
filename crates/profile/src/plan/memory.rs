//! Whether it fits.

use serde::Serialize;

use super::step::Setting;
use crate::workload::Attention;

/// GiB of a die that a deployment needs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Memory {
    /// Weights.
    pub weights_gib: f64,
    /// Caches of all sequences at full context.
    pub cache_gib: f64,
    /// Activations of a step.
    pub activations_gib: f64,
    /// Kept free for the runtime, communication buffers and fragments.
    pub reserve_gib: f64,
    /// What the die has.
    pub available_gib: f64,
}

/// Share of the memory that is kept free.
pub(super) const RESERVE: f64 = 0.10;
/// Hidden-sized bf16 vectors of a token that are alive at once.
const LIVE_VECTORS: f64 = 16.0;

const GIB: f64 = (1u64 << 30) as f64;

impl Memory {
    /// What is needed when a data-parallel group has `sequences` of `context` tokens and steps of `rows` rows.
    pub(super) fn of(s: &Setting<'_>, sequences: f64, context: f64, rows: f64) -> Self {
        let (m, p) = (s.model, s.parallelism);
        let (layers, moe) = (m.layers + m.prediction_layers, m.moe_layers() + m.prediction_layers);
        let attention = layers as f64 * m.attention_params() / p.tp as f64;
        let common =
            m.dense_layers as f64 * m.dense_params() + moe as f64 * (m.shared as f64 * m.expert_params() + (m.hidden * m.experts) as f64);
        let experts = moe as f64 * s.local_experts() * m.expert_params();
        let plain = layers as f64 * m.expansion_params() / p.tp as f64;
        let quantised = (attention - plain + common + experts) * s.precision.weight_bytes();
        let weights = quantised + 2.0 * plain + 2.0 * m.vocabulary_params() / s.head_split();
        let shared_by = match m.attention {
            Attention::Grouped { kv_heads, .. } => p.tp.min(kv_heads),
            Attention::Latent { .. } => 1,
        };
        let cache = sequences * context * m.cache_values() * layers as f64 / m.layers as f64 * s.cache_bytes / shared_by as f64;
        let own = rows / p.tp as f64;
        let activations = 2.0 * (rows * LIVE_VECTORS * m.hidden as f64 + own * m.top_k as f64 * (3 * m.moe_inner + 2 * m.hidden) as f64);
        Self {
            weights_gib: weights / GIB,
            cache_gib: cache / GIB,
            activations_gib: activations / GIB,
            reserve_gib: RESERVE * s.npu.memory_gib,
            available_gib: s.npu.memory_gib,
        }
    }

    /// What is needed in all.
    pub fn needed_gib(&self) -> f64 {
        self.weights_gib + self.cache_gib + self.activations_gib + self.reserve_gib
    }

    /// Whether the die has that much.
    pub fn fits(&self) -> bool {
        self.needed_gib() <= self.available_gib
    }
}
