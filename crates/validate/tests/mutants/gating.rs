//! Broken gating kernels: gating by hand, bent in one place.

use ascend_hal::ops::{Gating, GroupScore, Score};
use ascend_hal::{Error, OpCall, OpKind, Result, host};

use crate::patch::patch;
use crate::{Inner, Mutant};

fn op(call: &OpCall) -> &Gating {
    call.try_into().expect("a gating call")
}

pub fn mutants() -> Vec<Mutant> {
    let mutant = |breaks, run| Mutant { op: OpKind::Gating, breaks, run };
    vec![
        mutant("zero_tokens", refuses_empty),
        mutant("all_candidates", leaves_the_last_slot),
        mutant("ties", |_, call| by_hand(call, Bend::LaterTie)),
        mutant("bias_selects", |_, call| by_hand(call, Bend::BiasWeighs)),
        mutant("renormalize", |_, call| by_hand(call, Bend::SumOverAll)),
        mutant("tiny_scores", |_, call| by_hand(call, Bend::NoEpsilon)),
        mutant("scale_last", |_, call| by_hand(call, Bend::ScaleFirst)),
        mutant("large_logits", |_, call| by_hand(call, Bend::Overflows)),
        mutant("masked_logit", |_, call| by_hand(call, Bend::MaskedHasShare)),
        mutant("nan_logit", |_, call| by_hand(call, Bend::NanFirst)),
        mutant("nan_row", clears_nan),
        mutant("group_max", |_, call| by_hand(call, Bend::OtherGroupScore)),
        mutant("group_top2_sum", |_, call| by_hand(call, Bend::OtherGroupScore)),
        mutant("group_ties", |_, call| by_hand(call, Bend::LaterGroup)),
        mutant("negative_scores", |_, call| by_hand(call, Bend::LeftOutIsZero)),
    ]
}

#[derive(PartialEq)]
enum Bend {
    LaterTie,
    BiasWeighs,
    SumOverAll,
    NoEpsilon,
    ScaleFirst,
    Overflows,
    MaskedHasShare,
    NanFirst,
    OtherGroupScore,
    LaterGroup,
    LeftOutIsZero,
}

fn refuses_empty(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if op(call).logits.numel() == 0 {
        return Err(Error::Value { op: OpKind::Gating, argument: "logits", asked: "not empty".into(), found: "nothing".into() });
    }
    k.run(call)
}

fn leaves_the_last_slot(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let old = host::to_i64(&op(call).ids)?;
    k.run(call)?;
    patch(&op(call).ids, |ids| *ids.last_mut().expect("a slot") = *old.last().expect("a slot") as f64)
}

fn clears_nan(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    patch(&op(call).weights, |w| w.iter_mut().filter(|w| w.is_nan()).for_each(|w| *w = 0.0))
}

fn softmax(x: &[f64], overflows: bool) -> Vec<f64> {
    let m = if overflows { 0.0 } else { x.iter().fold(f64::NEG_INFINITY, |m, &x| if x.is_nan() { x } else { m.max(x) }) };
    let e: Vec<f64> = x.iter().map(|x| exp(x - m)).collect();
    let sum: f64 = e.iter().sum();
    e.iter().map(|e| e / sum).collect()
}

/// With the range of f32.
fn exp(x: f64) -> f64 {
    f64::from((x as f32).exp())
}

/// The `n` best of `candidates`, best first.
fn best(v: &[f64], candidates: impl Iterator<Item = usize>, n: usize, later: bool, nan_first: bool) -> Vec<usize> {
    let key = |i: usize| match v[i] {
        x if x.is_nan() => (nan_first, 0.0),
        x => (!nan_first, x),
    };
    let mut order: Vec<usize> = candidates.collect();
    if later {
        order.reverse();
    }
    order.sort_by(|&a, &b| key(b).partial_cmp(&key(a)).expect("numbers"));
    order.truncate(n);
    order
}

fn by_hand(call: &OpCall, bend: Bend) -> Result<()> {
    let op = op(call);
    let logits = host::to_f64(&op.logits)?;
    let experts = op.logits.dim(1);
    let bias = op.bias.as_ref().map_or(Ok(vec![0.0; experts]), host::to_f64)?;
    let overflows = bend == Bend::Overflows;
    let (mut weights, mut ids) = (vec![], vec![]);
    for row in logits.chunks(experts) {
        let row: Vec<f64> = row.iter().map(|&l| if bend == Bend::MaskedHasShare && l == f64::NEG_INFINITY { 0.0 } else { l }).collect();
        let sigmoid = |x: f64| if overflows { exp(x) / (1.0 + exp(x)) } else { 1.0 / (1.0 + (-x).exp()) };
        let softplus = |x: f64| if overflows { (1.0 + exp(x)).ln() } else { x.max(0.0) + (-x.abs()).exp().ln_1p() };
        let s: Vec<f64> = match op.score {
            Score::SoftmaxTopK => softmax(&row, overflows),
            Score::TopKSoftmax => row,
            Score::Sigmoid => row.into_iter().map(sigmoid).collect(),
            Score::SqrtSoftplus => row.into_iter().map(|x| softplus(x).sqrt()).collect(),
        };
        let mut v: Vec<f64> = s.iter().zip(&bias).map(|(s, b)| s + b).collect();
        let mut candidates: Vec<usize> = (0..experts).collect();
        if let Some(limit) = op.groups {
            let size = experts / limit.groups;
            let two = (limit.score == GroupScore::Top2Sum) != (bend == Bend::OtherGroupScore);
            let of = |g: usize| {
                let members = best(&v, g * size..(g + 1) * size, if two { 2 } else { 1 }, false, false);
                members.iter().map(|&e| v[e]).sum::<f64>()
            };
            let scores: Vec<f64> = (0..limit.groups).map(of).collect();
            let kept = best(&scores, 0..limit.groups, limit.keep, bend == Bend::LaterGroup, false);
            if bend == Bend::LeftOutIsZero {
                (0..experts).filter(|e| !kept.contains(&(e / size))).for_each(|e| v[e] = 0.0);
            } else {
                candidates.retain(|e| kept.contains(&(e / size)));
            }
        }
        let chosen = best(&v, candidates.into_iter(), op.k, bend == Bend::LaterTie, bend == Bend::NanFirst);
        let weighed = if bend == Bend::BiasWeighs { &v } else { &s };
        let mut w: Vec<f64> = chosen.iter().map(|&e| weighed[e]).collect();
        if op.score == Score::TopKSoftmax {
            w = softmax(&w, overflows);
        }
        let scale = f64::from(op.scale);
        if bend == Bend::ScaleFirst {
            w.iter_mut().for_each(|w| *w *= scale);
        }
        if op.renormalize {
            let epsilon = if bend == Bend::NoEpsilon { 0.0 } else { 1e-20 };
            let sum: f64 = if bend == Bend::SumOverAll { s.iter().sum() } else { w.iter().sum() };
            w.iter_mut().for_each(|w| *w /= sum + epsilon);
        }
        if bend != Bend::ScaleFirst {
            w.iter_mut().for_each(|w| *w *= scale);
        }
        weights.extend(w);
        ids.extend(chosen.iter().map(|&e| e as f64));
    }
    patch(&op.weights, |w| w.copy_from_slice(&weights))?;
    patch(&op.ids, |i| i.copy_from_slice(&ids))
}
