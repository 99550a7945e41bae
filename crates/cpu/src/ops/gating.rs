//! CPU kernel of [`Gating`].

use ascend_hal::ops::{Gating, GroupLimit, GroupScore, RENORMALIZE_EPSILON, Score};
use ascend_hal::{DType, OpKind, Result, bf16, f16, host::HostAccess};

use crate::context::Context;
use crate::isa::Isa;
use crate::rows::RowsMut;
use crate::simd::{LANES, Lane, convert, row, select};

pub(super) fn gating(cx: &Context<'_>, op: &Gating) -> Result<()> {
    match op.logits.dtype() {
        DType::F16 => rows::<f16>(cx, op),
        DType::BF16 => rows::<bf16>(cx, op),
        _ => rows::<f32>(cx, op),
    }
}

fn rows<T: Lane>(cx: &Context<'_>, op: &Gating) -> Result<()> {
    let inputs = [("logits", &op.logits)].into_iter().chain(op.bias.iter().map(|b| ("bias", b)));
    let access = HostAccess::lock(OpKind::Gating, inputs, [("weights", &op.weights), ("ids", &op.ids)])?;
    let logits = access.read::<T>(&op.logits)?;
    let bias = op.bias.as_ref().map(|b| access.read::<f32>(b)).transpose()?;
    let mut weights = access.write::<f32>(&op.weights)?;
    let mut ids = access.write::<i32>(&op.ids)?;
    let (tokens, experts, k) = (op.logits.dim(0), op.logits.dim(1), op.k);
    let padded = experts.next_multiple_of(LANES);
    let groups = op.groups.map_or(0, |limit| limit.groups);
    // A logit takes some sixteen times as long as an element that is only moved.
    cx.by_rows(tokens, 16 * experts, (RowsMut::new(&mut weights, k), RowsMut::new(&mut ids, k)), |range, (mut weights, mut ids)| {
        let mut scratch = cx.scratch::<f32>(2 * padded + 4 * groups)?;
        let (scores, rest) = scratch.split_at_mut(padded);
        let (choice, group_scores) = rest.split_at_mut(padded);
        let (group_scores, kept) = group_scores.split_at_mut(3 * groups);
        let kept: &mut [i32] = bytemuck::cast_slice_mut(kept);
        for (token, (weights, ids)) in range.zip(weights.iter().zip(ids.iter())) {
            let scores = &mut scores[..experts];
            convert::widen(cx.isa(), &logits[token * experts..][..experts], scores);
            score(cx.isa(), op.score, scores);
            choose(cx.isa(), op, (scores, bias.as_deref()), choice, group_scores, kept, ids);
            weigh(cx.isa(), op, scores, ids, weights);
        }
        Ok(())
    })
}

/// Logits to scores, in place.
fn score(isa: Isa, kind: Score, scores: &mut [f32]) {
    match kind {
        Score::SoftmaxTopK => row::softmax(isa, scores),
        Score::TopKSoftmax => {}
        Score::Sigmoid => row::sigmoid(isa, scores),
        Score::SqrtSoftplus => scores.iter_mut().for_each(|s| *s = (s.max(0.0) + (-s.abs()).exp().ln_1p()).sqrt()),
    }
}

/// The weights of the chosen experts.
fn weigh(isa: Isa, op: &Gating, scores: &[f32], ids: &[i32], weights: &mut [f32]) {
    for (weight, &e) in weights.iter_mut().zip(ids) {
        *weight = scores[e as usize];
    }
    if op.score == Score::TopKSoftmax {
        row::softmax(isa, weights);
    }
    if op.renormalize {
        let sum = weights.iter().sum::<f32>() + RENORMALIZE_EPSILON as f32;
        weights.iter_mut().for_each(|w| *w /= sum);
    }
    weights.iter_mut().for_each(|w| *w *= op.scale);
}

/// The k best experts, by `scores` plus bias. `choice` has room for all experts in whole vectors, `group_scores` for three numbers a group, `kept` for one.
fn choose(
    isa: Isa,
    op: &Gating,
    (scores, bias): (&[f32], Option<&[f32]>),
    choice: &mut [f32],
    group_scores: &mut [f32],
    kept: &mut [i32],
    ids: &mut [i32],
) {
    let experts = scores.len();
    if select::add_bias(isa, scores, bias, &mut choice[..experts]) {
        return choose_with_nan(op, &choice[..experts], ids);
    }
    let Some(limit) = op.groups else {
        choice[experts..].fill(f32::NAN);
        return select::take_largest(isa, choice, ids);
    };
    let size = experts / limit.groups;
    let kept = &mut kept[..limit.keep];
    best_groups(isa, limit, &choice[..experts], group_scores, kept);
    // The experts of the kept groups move together, in rising order, so that ties go to the lowest.
    for (to, &group) in kept.iter().enumerate() {
        choice.copy_within(group as usize * size..(group as usize + 1) * size, to * size);
    }
    let candidates = limit.keep * size;
    let padded = candidates.next_multiple_of(LANES);
    choice[candidates..padded].fill(f32::NAN);
    select::take_largest(isa, &mut choice[..padded], ids);
    for id in ids {
        let (group, expert) = (*id as usize / size, *id as usize % size);
        *id = kept[group] * size as i32 + expert as i32;
    }
}

/// The groups that are kept, in rising order. No choice score is NaN; a group's is where infinities of both signs meet.
fn best_groups(isa: Isa, limit: GroupLimit, choice: &[f32], scores: &mut [f32], kept: &mut [i32]) {
    let (pairs, scores) = scores.split_at_mut(2 * limit.groups);
    let pairs = pairs.as_chunks_mut().0;
    select::two_largest(isa, choice, choice.len() / limit.groups, pairs);
    for (score, &[first, second]) in scores.iter_mut().zip(&*pairs) {
        *score = if limit.score == GroupScore::Top2Sum { first + second } else { first };
    }
    for (g, kept) in (0..limit.keep).zip(kept.iter_mut()) {
        *kept = g as i32;
    }
    // By insertion: groups are few. The last of the kept ones is the worst; among equals the one with the highest number.
    let before = |a: usize, b: usize| is_before(scores[a], scores[b]) || (!is_before(scores[b], scores[a]) && a < b);
    for g in limit.keep..limit.groups {
        let worst = (1..limit.keep).fold(0, |w, i| if before(kept[w] as usize, kept[i] as usize) { i } else { w });
        if before(g, kept[worst] as usize) {
            kept[worst] = g as i32;
        }
    }
    kept.sort_unstable();
}

/// As [`choose`], for choice scores with NaN among them.
fn choose_with_nan(op: &Gating, choice: &[f32], ids: &mut [i32]) {
    let mut best = Vec::with_capacity(op.k + 1);
    match op.groups {
        None => take_best(choice, 0..choice.len(), op.k, &mut best),
        Some(limit) => {
            let size = choice.len() / limit.groups;
            let group_score = |members: &[f32]| {
                let mut best = Vec::with_capacity(3);
                take_best(members, 0..size, 2, &mut best);
                match (limit.score, best.as_slice()) {
                    (GroupScore::Top2Sum, &[first, second]) => members[first] + members[second],
                    (_, &[first, ..]) => members[first],
                    (_, []) => f32::NAN,
                }
            };
            let group_scores: Vec<f32> = choice.chunks(size).map(group_score).collect();
            let mut groups = Vec::with_capacity(limit.keep + 1);
            take_best(&group_scores, 0..limit.groups, limit.keep, &mut groups);
            // In rising order of experts, so that ties go to the lowest.
            groups.sort_unstable();
            take_best(choice, groups.iter().flat_map(|g| g * size..(g + 1) * size), op.k, &mut best);
        }
    }
    ids.iter_mut().zip(best).for_each(|(id, e)| *id = e as i32);
}

/// Whether a score goes before another: the larger one, and every number before NaN.
fn is_before(a: f32, b: f32) -> bool {
    a > b || (b.is_nan() && !a.is_nan())
}

/// The `k` best of `candidates`, which come in rising order, best first: by falling score, NaN behind every number, ties to the earlier candidate.
fn take_best(scores: &[f32], candidates: impl Iterator<Item = usize>, k: usize, best: &mut Vec<usize>) {
    best.clear();
    for candidate in candidates {
        let score = scores[candidate];
        if best.len() == k && best.last().is_none_or(|&last| !is_before(score, scores[last])) {
            continue;
        }
        let at = best.partition_point(|&b| !is_before(score, scores[b]));
        best.insert(at, candidate);
        best.truncate(k);
    }
}
