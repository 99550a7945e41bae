//! The swap: the expert block of Qwen3-MoE on an ascend-compute device. This file is all that it takes.

use ascend_candle::{Gating, MoeExperts, Session, ops::Score};
use candle_core::{D, Module, Result, Tensor};
use candle_nn::{Linear, VarBuilder, linear_no_bias};
use candle_transformers::models::qwen3_moe::Config;

/// Router, choice and experts; takes the place of `Qwen3SparseMoeBlock`.
#[derive(Debug)]
pub(crate) struct AscendMoe {
    router: Linear,
    gating: Gating,
    experts: MoeExperts,
}

impl AscendMoe {
    /// The tensors of `vb`, named as in the checkpoint.
    pub(crate) fn new(session: &Session, cfg: &Config, vb: VarBuilder<'_>) -> Result<Self> {
        let (hidden, inner) = (cfg.hidden_size, cfg.moe_intermediate_size);
        let router = linear_no_bias(hidden, cfg.num_experts, vb.pp("gate"))?;
        let gating = Gating::new(session, Score::SoftmaxTopK, cfg.num_experts_per_tok);
        let gating = if cfg.norm_topk_prob { gating.with_renormalize() } else { gating };
        let experts = MoeExperts::load(session, cfg.num_experts, None, |e| {
            let vb = vb.pp("experts").pp(e);
            let gate = vb.get((inner, hidden), "gate_proj.weight")?;
            let up = vb.get((inner, hidden), "up_proj.weight")?;
            Ok([gate, up, vb.get((hidden, inner), "down_proj.weight")?])
        })?;
        Ok(Self { router, gating, experts })
    }
}

impl Module for AscendMoe {
    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        let x = xs.flatten_to(D::Minus2)?;
        let routing = self.gating.forward(&x.apply(&self.router)?)?;
        self.experts.forward(&x, &routing.ids, &routing.weights)?.reshape(xs.shape())
    }
}
