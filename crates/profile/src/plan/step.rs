//! The time of one step of a model on one die: the sum of its phases, each as long as the slowest of what it needs.

use serde::Serialize;

use super::Factors;
use super::machine::Npu;
use crate::workload::{Attention, Model, Precision};

/// How a model is spread over dies: attention in `dp` groups of `tp` dies, experts over `ep` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Parallelism {
    /// Dies that share the experts; more than there are experts hold copies.
    pub ep: usize,
    /// Dies that share the heads of a sequence.
    pub tp: usize,
    /// Groups that each have sequences of their own.
    pub dp: usize,
}

/// Everything that a step's time depends on, but for its tokens.
#[derive(Clone, Debug)]
pub(super) struct Setting<'a> {
    pub model: &'a Model,
    pub npu: &'a Npu,
    pub factors: &'a Factors,
    pub precision: Precision,
    pub cache_bytes: f64,
    pub parallelism: Parallelism,
    /// Rows of the busiest rank over the mean; none: as placement leaves it, and as chance adds to it.
    pub imbalance: Option<f64>,
}

/// The tokens of a step of one data-parallel group.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tokens {
    /// `sequences` of `context` tokens each, with this many new positions.
    Decode { sequences: f64, context: f64, positions: f64 },
    /// `tokens` of prompts of this length.
    Prefill { tokens: f64, prompt: f64 },
}

/// Seconds of a phase.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Phase {
    /// What is done.
    pub name: &'static str,
    /// Milliseconds in a step, all layers.
    pub ms: f64,
    /// What it waits for: `compute`, `memory`, `l2`, `link` or `launch`.
    pub bound_by: &'static str,
}

/// A step's phases and what they add up to when communication hides behind computation as far as was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The phases, of all layers together.
    pub phases: Vec<Phase>,
    /// Milliseconds of the step.
    pub ms: f64,
}

/// Kernels that a decoder layer launches beside its products, graphs captured: norms 2, rotary and cache 2, attention 1, choice of experts 1, routing and activation 3,
/// shared activation 1.
pub(super) const KERNELS_A_LAYER: f64 = 10.0;
/// Rows of the busiest rank over the mean that placing experts by their load leaves.
pub(super) const PLACEMENT: f64 = 1.15;
/// Times that routed rows are read or written on their way to other ranks and back, when an all-to-all moves them: sorted by rank, then by expert, and both undone
/// (cann-recipes-infer, prefill of R1, "Double-Routing").
const ROUTED_PASSES: f64 = 6.0;
/// Hidden-sized vectors that the elementwise kernels of a layer read or write for a token: norms, residuals, quantisation.
const VECTORS_A_LAYER: f64 = 12.0;
/// Dies over which the output head is split.
const HEAD_SPLIT: usize = 8;

impl Setting<'_> {
    /// Experts that a die holds.
    pub(super) fn local_experts(&self) -> f64 {
        self.model.experts.div_ceil(self.parallelism.ep) as f64
    }

    /// Dies over which vocabulary matrices are split.
    pub(super) fn head_split(&self) -> f64 {
        (self.parallelism.tp * self.parallelism.dp).min(HEAD_SPLIT) as f64
    }

    fn phase(name: &'static str, compute: f64, memory: f64, l2: f64) -> Phase {
        let slowest = [(compute, "compute"), (memory, "memory"), (l2, "l2")].into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
        let (seconds, bound_by) = slowest.unwrap_or((0.0, "compute"));
        Phase { name, ms: seconds * 1e3, bound_by }
    }

    /// A product of `rows` rows with `params` weights, and with `plain` ones that stay in bf16. Of both, the share `read` comes from memory (once).
    fn product(&self, name: &'static str, rows: f64, params: f64, plain: f64, read: f64) -> Phase {
        let (f, npu) = (self.factors, self.npu);
        let bf16 = npu.bf16_tflops * f.bf16_gemm.value;
        let rate = if self.precision.is_integer() { npu.int8_tops * f.int8_gemm.value } else { bf16 };
        let bytes = read * (params * self.precision.weight_bytes() + plain * Precision::Bf16.weight_bytes());
        let compute = 2.0 * rows * (params / rate + plain / bf16) / 1e12;
        Self::phase(name, compute, bytes / (npu.hbm_gbs * f.hbm.value) / 1e9, bytes / npu.l2_gbs / 1e9)
    }

    /// Milliseconds of elementwise kernels that read or write so many bf16 elements, on tensors of `largest` of them: through L2, or from memory when they do not fit.
    fn elementwise(&self, elements: f64, largest: f64) -> f64 {
        let (f, npu) = (self.factors, self.npu);
        let fits = 2.0 * largest <= npu.l2_mib * f64::from(1 << 20);
        let gbs = if fits { f.elementwise_gbs.value } else { npu.hbm_gbs * f.hbm.value };
        2.0 * elements / gbs / 1e6
    }

    /// Rows of the busiest rank over the mean. Chance alone puts some rank above it: of `ep` ranks with `mean` rows each, the largest has
    /// `mean + sqrt(2 mean ln ep)` on average, when tokens choose independently of each other.
    fn busiest(&self, mean: f64) -> f64 {
        let ep = self.parallelism.ep as f64;
        match self.imbalance {
            _ if ep <= 1.0 => 1.0,
            Some(given) => given,
            None => PLACEMENT * (1.0 + (2.0 * ep.ln() / mean.max(1.0)).sqrt()),
        }
    }

    /// Products of a step.
    fn products(&self, layers: f64, moe: f64, dense: f64, heads: f64) -> f64 {
        let attention = match self.model.attention {
            Attention::Grouped { .. } => 2.0,
            // Both ways down, up for the queries, up for keys and values (or both absorbed parts), and out.
            Attention::Latent { .. } => 5.0,
        };
        let shared = if self.model.shared > 0 { 2.0 } else { 0.0 };
        layers * attention + moe * (3.0 + shared) + dense * 2.0 + heads
    }

    /// Attention proper of one layer for all layers: FLOPs and cache bytes.
    fn attention(&self, tokens: Tokens) -> Phase {
        let (f, npu, tp) = (self.factors, self.npu, self.parallelism.tp as f64);
        let layers = self.model.layers as f64;
        // Positions that ask, keys that each sees on average, sequences whose caches are read (a prompt's own keys stay on chip).
        let (queries, reach, sequences) = match tokens {
            Tokens::Decode { sequences, context, positions } => (sequences * positions, context, sequences),
            Tokens::Prefill { tokens, prompt } => (tokens, prompt / 2.0, 0.0),
        };
        let prefill = matches!(tokens, Tokens::Prefill { .. });
        let (flops, values, share) = match self.model.attention {
            Attention::Grouped { heads, kv_heads, head_dim, window, .. } => {
                let seen = window.map_or(reach, |w| (reach + reach.min(w as f64)) / 2.0);
                let kv = (kv_heads as f64 / tp).max(1.0);
                (
                    queries * heads as f64 / tp * 4.0 * head_dim as f64 * seen,
                    sequences * seen * 2.0 * kv * head_dim as f64,
                    if prefill { f.flash } else { f.mla },
                )
            }
            Attention::Latent { heads, kv_rank, rope_dim, nope_dim, value_dim, sparse, .. } => {
                let seen = sparse.map_or(reach, |i| reach.min(i.top as f64));
                let width = if prefill { nope_dim + rope_dim + value_dim } else { 2 * kv_rank + rope_dim };
                let main = queries * heads as f64 / tp * 2.0 * width as f64 * seen;
                let index = sparse.map_or(0.0, |i| queries * 2.0 * (i.heads * i.head_dim) as f64 * reach / tp);
                let index_keys = sparse.map_or(0.0, |i| i.head_dim as f64 * reach);
                let values = sequences * (seen * (kv_rank + rope_dim) as f64 + index_keys);
                (main + index, values, if prefill { f.flash } else { f.mla })
            }
        };
        let bytes = layers * values * self.cache_bytes;
        let rate = npu.bf16_tflops * share.value;
        Self::phase("attention", layers * flops / rate / 1e12, bytes / (npu.hbm_gbs * f.hbm.value) / 1e9, bytes / npu.l2_gbs / 1e9)
    }

    /// The step of one die.
    pub(super) fn step(&self, tokens: Tokens) -> Step {
        let (m, f, p) = (self.model, self.factors, self.parallelism);
        let (rows, prefill, heads_rows) = match tokens {
            Tokens::Decode { sequences, positions, .. } => (sequences * positions, false, sequences * positions),
            Tokens::Prefill { tokens, prompt } => (tokens, true, tokens / prompt.max(1.0)),
        };
        // Prediction layers cost as much as others do, and the head once more.
        let decode_extra = if prefill { 1.0 } else { 1.0 + m.prediction_layers as f64 / m.layers as f64 };
        let (layers, moe, dense) = (m.layers as f64 * decode_extra, m.moe_layers() as f64 * decode_extra, m.dense_layers as f64);
        // Outside of attention, the tokens of a group are spread over its dies.
        let own = rows / p.tp as f64;
        let attention_params = layers * m.attention_params() / p.tp as f64;
        let common = dense * m.dense_params() + moe * (m.shared as f64 * m.expert_params() + (m.hidden * m.experts) as f64);

        let slots = m.top_k as f64;
        let busiest = self.busiest(rows * p.dp as f64 * slots / p.ep as f64);
        let expert_rows = own * slots * busiest;
        let everyone = rows * p.dp as f64 * slots / m.experts as f64;
        let touched = 1.0 - (-everyone).exp();
        let mut attention = self.attention(tokens);
        attention.ms *= decode_extra;
        let plain = layers * m.expansion_params() / p.tp as f64;
        let mut phases = vec![
            self.product("attention projections", rows, attention_params - plain, plain, 1.0),
            attention,
            self.product("dense and shared networks", own, common, 0.0, 1.0),
            self.product("routed experts", expert_rows, moe * m.expert_params(), 0.0, touched * self.local_experts()),
        ];
        let vocabulary = m.vocabulary_params() / 2.0 / self.head_split();
        let split_rows = heads_rows * self.head_split() / p.tp as f64;
        let heads = if prefill { 1.0 } else { 1.0 + m.prediction_layers as f64 };
        phases.push(self.product("output head", split_rows, 0.0, heads * vocabulary, 1.0));

        let (hidden, inner) = (m.hidden as f64, m.moe_inner as f64);
        let all_experts = slots + m.shared as f64;
        // Decode steps have operators that sort while they send.
        let sorted = if prefill && p.ep > 1 { ROUTED_PASSES * slots + 2.0 } else { 2.0 * all_experts };
        let ms = self.elementwise(layers * own * VECTORS_A_LAYER * hidden, own * hidden)
            + self.elementwise(moe * own * (sorted * hidden + 3.0 * all_experts * inner), own * slots * hidden);
        phases.push(Phase { name: "elementwise", ms, bound_by: "memory" });
        let launches = layers * KERNELS_A_LAYER * f.launch_us.value + self.products(layers, moe, dense, heads) * f.start_us.value;
        phases.push(Phase { name: "launch", ms: launches / 1e3, bound_by: "launch" });
        let computing: f64 = phases.iter().map(|p| p.ms).sum();

        let fabric = &self.npu.fabric;
        let reduce = layers * fabric.all_reduce(p.tp, rows * m.hidden as f64 * 2.0) * 1e3;
        if p.dp > 1 {
            // Rows go out in the type of the products and come back in bf16. The busiest rank has more of them.
            let sent = own * (m.top_k * m.hidden) as f64 * busiest;
            let out_bytes = if self.precision.is_integer() { 1.0 } else { 2.0 };
            let all_to_all = |bytes: f64| moe * fabric.all_to_all(p.ep, sent * bytes, m.top_k) * 1e3;
            phases.push(Phase { name: "dispatch", ms: all_to_all(out_bytes), bound_by: "link" });
            phases.push(Phase { name: "combine", ms: all_to_all(2.0), bound_by: "link" });
            phases.push(Phase { name: "all-reduce", ms: reduce, bound_by: "link" });
        } else {
            // In a single group every die has every token: the experts' results are summed like those of the heads.
            phases.push(Phase { name: "all-reduce", ms: 2.0 * reduce, bound_by: "link" });
        }
        phases.retain(|p| p.ms > 0.0);

        let all: f64 = phases.iter().map(|p| p.ms).sum();
        let gain = if prefill { f.overlap_prefill } else { f.overlap_decode }.value;
        let ms = if p.ep > 1 { (all / gain).max(computing).max(all - computing) } else { all };
        Step { phases, ms }
    }
}
