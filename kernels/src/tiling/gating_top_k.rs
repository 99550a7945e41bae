//! Host side of `gating_top_k`.

use ascend_hal::ops::{Gating, GroupScore, Score};
use bytemuck::{Pod, Zeroable, bytes_of};

use crate::plan::{Plan, Planned, deal, entry, granule, input, only, optional, output, padded, word};

/// `GatingTopKTiling` of the kernel.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct GatingTopKTiling {
    /// Rows of the logits.
    pub tokens: u32,
    /// Experts.
    pub experts: u32,
    /// Experts per token.
    pub k: u32,
    /// Groups of experts; 1 without a limit.
    pub groups: u32,
    /// Experts of a group.
    pub group_size: u32,
    /// Groups that are kept.
    pub keep: u32,
    /// 0 softmax then top-k, 1 top-k then softmax, 2 sigmoid.
    pub score: u32,
    /// 0 no limit, 1 by the best, 2 by the two best.
    pub group_score: u32,
    /// 1: there is a correction bias.
    pub has_bias: u32,
    /// 1: weights are divided by their sum.
    pub renormalize: u32,
    /// Tokens of a block of the launch.
    pub tokens_per_block: u32,
    /// Factor on the weights.
    pub scale: f32,
}

/// What the kernel has room for.
const MAX_EXPERTS: usize = 1024;
const MAX_K: usize = 16;
const MAX_GROUPS: usize = 64;
/// A group's best is one reduction of one repeat.
const MAX_GROUP_SIZE: usize = 64;

/// The launch for gating on `cores` vector cores.
///
/// # Errors
/// Why the kernel does not cover the call.
pub fn plan(op: &Gating, cores: u32) -> Planned {
    let (tokens, experts, dtype) = (op.logits.dim(0), op.logits.dim(1), op.logits.dtype());
    only(experts <= MAX_EXPERTS, || format!("{experts} experts are more than {MAX_EXPERTS}"))?;
    only(op.k <= MAX_K, || format!("{} experts per token are more than {MAX_K}", op.k))?;
    let score = match op.score {
        Score::SoftmaxTopK => 0,
        Score::TopKSoftmax => 1,
        Score::Sigmoid => 2,
        Score::SqrtSoftplus => return Err("a square root of a softplus is none of its scores".into()),
    };
    let (groups, keep, group_score) = match op.groups {
        // All groups kept is no limit.
        Some(limit) if limit.keep < limit.groups => (limit.groups, limit.keep, 1 + u32::from(limit.score == GroupScore::Top2Sum)),
        _ => (1, 1, 0),
    };
    let group_size = experts / groups;
    if group_score != 0 {
        only(groups <= MAX_GROUPS, || format!("{groups} groups are more than {MAX_GROUPS}"))?;
        let fits = padded(group_size, dtype) <= MAX_GROUP_SIZE;
        only(fits, || format!("groups of {group_size} are larger than {MAX_GROUP_SIZE}"))?;
    }
    let (tokens_per_block, blocks) = deal(tokens, granule(op.k * 4), cores);
    let tiling = GatingTopKTiling {
        tokens: word(tokens, "a number of tokens")?,
        experts: experts as u32,
        k: op.k as u32,
        groups: groups as u32,
        group_size: group_size as u32,
        keep: keep as u32,
        score,
        group_score,
        has_bias: u32::from(op.bias.is_some()),
        renormalize: u32::from(op.renormalize),
        tokens_per_block: word(tokens_per_block, "a number of tokens")?,
        scale: op.scale,
    };
    Ok(Plan {
        kernel: entry(dtype, ["gating_top_k_bf16", "gating_top_k_f16", "gating_top_k_f32"])?,
        blocks,
        arguments: vec![
            input(&op.logits, "logits")?,
            optional(op.bias.as_ref(), "bias", input)?,
            output(&op.weights, "weights")?,
            output(&op.ids, "ids")?,
        ],
        workspace_bytes: 0,
        tiling: bytes_of(&tiling).into(),
    })
}
