//! CPU kernel of [`Gating`].

use ascend_hal::ops::{Gating, GroupScore, RENORMALIZE_EPSILON, Score};
use ascend_hal::{DType, Float, OpKind, Result, bf16, f16, host::HostAccess};
use rayon::prelude::*;

use super::activation::sigmoid;
use crate::context::Context;

pub(super) fn gating(cx: &Context<'_>, op: &Gating) -> Result<()> {
    match op.logits.dtype() {
        DType::F16 => rows::<f16>(cx, op),
        DType::BF16 => rows::<bf16>(cx, op),
        _ => rows::<f32>(cx, op),
    }
}

fn rows<T: Float>(cx: &Context<'_>, op: &Gating) -> Result<()> {
    let inputs = [("logits", &op.logits)].into_iter().chain(op.bias.iter().map(|b| ("bias", b)));
    let access = HostAccess::lock(OpKind::Gating, inputs, [("weights", &op.weights), ("ids", &op.ids)])?;
    let logits = access.read::<T>(&op.logits)?;
    let bias = op.bias.as_ref().map(|b| access.read::<f32>(b)).transpose()?;
    let mut weights = access.write::<f32>(&op.weights)?;
    let mut ids = access.write::<i32>(&op.ids)?;
    let (experts, k) = (op.logits.dim(1), op.k);
    cx.install(|| {
        let rows = weights.par_chunks_mut(k).zip(ids.par_chunks_mut(k)).zip(logits.par_chunks(experts));
        rows.for_each_init(
            || Row::new(op, experts),
            |row, ((weights, ids), logits)| {
                row.widen(logits);
                row.route(op, bias.as_deref(), weights, ids);
            },
        );
    });
    Ok(())
}

/// One token's logits on their way to weights and ids, and the memory for it.
struct Row {
    scores: Vec<f32>,
    choice: Vec<f32>,
    group_scores: Vec<f32>,
    /// Best first; experts, or groups before that.
    best: Vec<usize>,
    best_groups: Vec<usize>,
}

impl Row {
    fn new(op: &Gating, experts: usize) -> Self {
        let groups = op.groups.map_or(0, |g| g.groups);
        Self {
            scores: vec![0.0; experts],
            choice: vec![0.0; experts],
            group_scores: Vec::with_capacity(groups),
            best: Vec::with_capacity(op.k + 1),
            best_groups: Vec::with_capacity(groups + 1),
        }
    }

    fn widen<T: Float>(&mut self, logits: &[T]) {
        self.scores.iter_mut().zip(logits).for_each(|(s, l)| *s = l.to_f32());
    }

    fn route(&mut self, op: &Gating, bias: Option<&[f32]>, weights: &mut [f32], ids: &mut [i32]) {
        match op.score {
            Score::SoftmaxTopK => softmax(&mut self.scores),
            Score::TopKSoftmax => {}
            Score::Sigmoid => self.scores.iter_mut().for_each(|s| *s = sigmoid(*s)),
            Score::SqrtSoftplus => self.scores.iter_mut().for_each(|s| *s = (s.max(0.0) + (-s.abs()).exp().ln_1p()).sqrt()),
        }
        self.choice.copy_from_slice(&self.scores);
        if let Some(bias) = bias {
            self.choice.iter_mut().zip(bias).for_each(|(v, b)| *v += b);
        }
        self.choose(op);
        for ((weight, id), &e) in weights.iter_mut().zip(ids).zip(&self.best) {
            *weight = self.scores[e];
            *id = e as i32;
        }
        if op.score == Score::TopKSoftmax {
            softmax(weights);
        }
        if op.renormalize {
            let sum = weights.iter().sum::<f32>() + RENORMALIZE_EPSILON as f32;
            weights.iter_mut().for_each(|w| *w /= sum);
        }
        weights.iter_mut().for_each(|w| *w *= op.scale);
    }

    /// Leaves the k best experts in `best`.
    fn choose(&mut self, op: &Gating) {
        let Self { choice, group_scores, best, best_groups, .. } = self;
        let Some(limit) = op.groups else {
            return take_best(choice, 0..choice.len(), op.k, best);
        };
        let size = choice.len() / limit.groups;
        group_scores.clear();
        group_scores.extend(choice.chunks(size).map(|members| {
            take_best(members, 0..size, 2, best);
            match (limit.score, best.as_slice()) {
                (GroupScore::Top2Sum, &[first, second]) => members[first] + members[second],
                (_, &[first, ..]) => members[first],
                (_, []) => f32::NAN,
            }
        }));
        take_best(group_scores, 0..limit.groups, limit.keep, best_groups);
        // In rising order of experts, so that ties go to the lowest.
        best_groups.sort_unstable();
        take_best(choice, best_groups.iter().flat_map(|g| g * size..(g + 1) * size), op.k, best);
    }
}

/// The `k` best of `candidates`, which come in rising order, best first: by falling score, NaN behind every number, ties to the earlier candidate.
fn take_best(scores: &[f32], candidates: impl Iterator<Item = usize>, k: usize, best: &mut Vec<usize>) {
    let before = |a: f32, b: f32| a > b || (b.is_nan() && !a.is_nan());
    best.clear();
    for candidate in candidates {
        let score = scores[candidate];
        if best.len() == k && best.last().is_none_or(|&last| !before(score, scores[last])) {
            continue;
        }
        let at = best.partition_point(|&b| !before(score, scores[b]));
        best.insert(at, candidate);
        best.truncate(k);
    }
}

fn softmax(x: &mut [f32]) {
    let m = x.iter().fold(f32::NEG_INFINITY, |m, &x| if x.is_nan() { x } else { m.max(x) });
    let mut sum = 0f32;
    for x in x.iter_mut() {
        *x = (*x - m).exp();
        sum += *x;
    }
    x.iter_mut().for_each(|x| *x /= sum);
}
