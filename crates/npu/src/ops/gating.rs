//! Gating: from router logits to experts and their weights, by stable sorts and f32 arithmetic, so that ties, NaN and the rounding are those of the contract.

use ascend_hal::ops::{Gating, GroupLimit, GroupScore, Score};
use ascend_hal::{DType, Result, TensorView};

use super::top_k::sorted;
use super::{Builtin, all, builtin, dtypes};
use crate::context::Context;
use crate::raw::operators::*;
use crate::raw::{Scalar, number};

pub(super) const KERNELS: &[Builtin] = &[builtin!(
    Composed Gating "gating_by_sort" ["aclnnSort" "aclnnGather" "aclnnSoftmax" "aclnnSigmoid" "aclnnSoftplus" "aclnnSqrt" "aclnnSWhere"]
    dtypes::<Gating>(), "sorts whole rows; scores below -3e38 count as equal", all => run
)];

/// Scores are ordered as numbers from here on; NaN lies below them, and experts of left-out groups below NaN.
const LOWEST: f32 = -3.0e38;
const NAN: f32 = -3.2e38;

/// Keeps the weights of scores that are all 0 at 0.
const EPSILON: f32 = 1e-20;

fn run(cx: &Context<'_>, op: &Gating) -> Result<()> {
    let (q, tokens, experts) = (cx.queue(), op.logits.dim(0), op.logits.dim(1));
    let logits = cx.dense(&cx.as_type(&op.logits, DType::F32)?)?;
    let matrix = |width: usize| cx.temp(DType::F32, [tokens, width]);
    let scores = match op.score {
        Score::TopKSoftmax => logits,
        score => {
            let scores = matrix(experts)?;
            match score {
                Score::Sigmoid => aclnnSigmoid(q, &logits, &scores)?,
                Score::SqrtSoftplus => {
                    aclnnSoftplus(q, &logits, Scalar::F32(1.), Scalar::F32(20.), &scores)?;
                    aclnnSqrt(q, &scores, &scores)?;
                }
                _ => aclnnSoftmax(q, &logits, -1, &scores)?,
            }
            scores
        }
    };
    let mut choice = scores.clone();
    if let Some(bias) = &op.bias {
        choice = matrix(experts)?;
        cx.add(&scores, bias, &choice)?;
    }
    choice = ordered(cx, &choice)?;
    if let Some(limit) = &op.groups {
        choice = limited(cx, &choice, limit)?;
    }
    let (_, places) = sorted(cx, &choice, true)?;
    let ids = cx.dense(&places.narrow(1, 0, op.k)?)?;
    cx.put(&ids, &op.ids)?;
    let mut weights = matrix(op.k)?;
    aclnnGather(q, &scores, 1, &ids, &weights)?;
    if op.score == Score::TopKSoftmax {
        let chosen = weights;
        weights = matrix(op.k)?;
        aclnnSoftmax(q, &chosen, -1, &weights)?;
    }
    if op.renormalize {
        let sum = matrix(1)?;
        aclnnReduceSum(q, &weights, &[-1], true, number(DType::F32), &sum)?;
        cx.adds(&sum, EPSILON, &sum)?;
        aclnnDiv(q, &weights, &sum, &weights)?;
    }
    if op.scale != 1. {
        cx.muls(&weights, op.scale, &weights)?;
    }
    cx.put(&weights, &op.weights)
}

/// The scores with NaN in the place of a number below all others.
fn ordered(cx: &Context<'_>, scores: &TensorView) -> Result<TensorView> {
    let (q, shape) = (cx.queue(), *scores.shape());
    let (bounded, is_nan, ordered) = (cx.temp(DType::F32, shape)?, cx.temp(DType::Bool, shape)?, cx.temp(DType::F32, shape)?);
    aclnnClamp(q, scores, Some(Scalar::F32(LOWEST)), None, &bounded)?;
    aclnnNeTensor(q, scores, scores, &is_nan)?;
    aclnnSWhere(q, &is_nan, &cx.number(NAN)?, &bounded, &ordered)?;
    Ok(ordered)
}

/// The choice scores with -inf for the experts of all but the best groups.
fn limited(cx: &Context<'_>, choice: &TensorView, limit: &GroupLimit) -> Result<TensorView> {
    let (q, tokens, experts) = (cx.queue(), choice.dim(0), choice.dim(1));
    let grouped = choice.reshape([tokens, limit.groups, experts / limit.groups])?;
    let of_groups = |dtype| cx.temp(dtype, [tokens, limit.groups]);
    let scores = of_groups(DType::F32)?;
    match limit.score {
        GroupScore::Max => aclnnAmax(q, &grouped, &[-1], false, &scores)?,
        GroupScore::Top2Sum => {
            let (best, _) = sorted(cx, &grouped, true)?;
            let first_two = [0, 1].map(|at| best.select(2, at).and_then(|view| cx.to(&view, DType::F32)));
            let [first, second] = first_two;
            cx.add(&first?, &second?, &scores)?;
        }
    }
    // The place of each group in that order is what sorts the order itself.
    let (_, order) = sorted(cx, &scores, true)?;
    let (_, rank) = sorted(cx, &cx.to(&order, DType::F32)?, false)?;
    let kept = of_groups(DType::Bool)?;
    aclnnLtScalar(q, &rank, Scalar::I64(limit.keep as i64), &kept)?;
    let out = cx.temp(DType::F32, *grouped.shape())?;
    aclnnSWhere(q, &kept.reshape([tokens, limit.groups, 1])?, &grouped, &cx.number(f32::NEG_INFINITY)?, &out)?;
    out.reshape([tokens, experts])
}
