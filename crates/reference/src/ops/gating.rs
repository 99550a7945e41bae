//! Oracle of [`Gating`].

use std::cmp::Ordering;

use ascend_hal::Result;
use ascend_hal::ops::{Gating, GroupScore, RENORMALIZE_EPSILON, Score};
use ndarray::{Ix1, Ix2};

use super::activation::sigmoid;
use crate::{Aside, Output, Rounding, read};

/// `ids` = the k best by choice score; `weights` = their scores, renormalised and scaled.
pub(super) fn gating(op: &Gating, r: Rounding) -> Result<Vec<Output>> {
    let logits = read::<Ix2>(&op.logits)?;
    let bias = op.bias.as_ref().map(read::<Ix1>).transpose()?;
    let (mut weights, mut ids, mut scores) = (Vec::new(), Vec::new(), Vec::new());
    for row in logits.rows() {
        let s = score(op.score, &row.to_vec(), r);
        let mut v: Vec<f64> = s.iter().enumerate().map(|(e, &s)| bias.as_ref().map_or(s, |b| r.f32(s + b[e]))).collect();
        let kept = kept(op, &v, r);
        let mut order: Vec<usize> = (0..v.len()).filter(|&e| kept[e]).collect();
        order.sort_by(|&a, &b| falling(v[a], v[b]));
        let chosen = &order[..op.k];

        let mut w: Vec<f64> = chosen.iter().map(|&e| s[e]).collect();
        if op.score == Score::TopKSoftmax {
            w = softmax(&w, r);
        }
        if op.renormalize {
            let sum = r.f32(r.sum(w.iter().copied()) + RENORMALIZE_EPSILON);
            w.iter_mut().for_each(|w| *w = r.f32(*w / sum));
        }
        weights.extend(w.iter().map(|w| r.f32(w * f64::from(op.scale))));
        ids.extend(chosen.iter().map(|&e| e as i64));
        v.iter_mut().zip(&kept).filter(|(_, kept)| !**kept).for_each(|(v, _)| *v = f64::NEG_INFINITY);
        scores.extend(v);
    }
    let candidates = logits.ncols();
    Ok(vec![Output::float("weights", &op.weights, weights), Output::int("ids", &op.ids, ids).aside(Aside::Scores { scores, candidates })])
}

/// The contract's order: falling, NaN behind every number. Sorting by it must be stable, so that ties go to the lowest index.
fn falling(a: f64, b: f64) -> Ordering {
    b.partial_cmp(&a).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn score(score: Score, l: &[f64], r: Rounding) -> Vec<f64> {
    match score {
        Score::SoftmaxTopK => softmax(l, r),
        Score::TopKSoftmax => l.to_vec(),
        Score::Sigmoid => l.iter().map(|&l| sigmoid(l, r)).collect(),
        Score::SqrtSoftplus => l.iter().map(|&l| r.f32(softplus(l, r).sqrt())).collect(),
    }
}

fn softmax(l: &[f64], r: Rounding) -> Vec<f64> {
    let m = l.iter().fold(f64::NEG_INFINITY, |m, &l| if l.is_nan() { l } else { m.max(l) });
    let e: Vec<f64> = l.iter().map(|l| r.f32(r.f32(l - m).exp())).collect();
    let sum = r.sum(e.iter().copied());
    e.iter().map(|e| r.f32(e / sum)).collect()
}

/// `ln(1 + exp(x))`, without overflow.
fn softplus(x: f64, r: Rounding) -> f64 {
    r.f32(x.max(0.0) + r.f32(r.f32((-x.abs()).exp()).ln_1p()))
}

/// Which experts can be chosen: those of the best groups.
fn kept(op: &Gating, v: &[f64], r: Rounding) -> Vec<bool> {
    let Some(limit) = op.groups else { return vec![true; v.len()] };
    let size = v.len() / limit.groups;
    let group_score = |g: usize| {
        let mut members = v[g * size..][..size].to_vec();
        members.sort_by(|&a, &b| falling(a, b));
        match limit.score {
            GroupScore::Max => members[0],
            GroupScore::Top2Sum => r.f32(members[0] + members[1]),
        }
    };
    let scores: Vec<f64> = (0..limit.groups).map(group_score).collect();
    let mut best: Vec<usize> = (0..limit.groups).collect();
    best.sort_by(|&a, &b| falling(scores[a], scores[b]));
    (0..v.len()).map(|e| best[..limit.keep].contains(&(e / size))).collect()
}

#[cfg(test)]
mod tests {
    use ascend_hal::{DType, OpCall, host};

    use super::*;
    use crate::{Precision, Values};

    fn op(logits: &[f32], score: Score, k: usize) -> Gating {
        let logits = host::tensor(logits, [1, logits.len()]).unwrap();
        Gating::new(logits, score, host::zeros(DType::F32, [1, k]).unwrap(), host::zeros(DType::I32, [1, k]).unwrap())
    }

    fn run(op: Gating) -> (Vec<f64>, Vec<i64>) {
        let outputs = crate::run(&OpCall::Gating(op), Precision::Exact).unwrap();
        match (&outputs[0].values, &outputs[1].values) {
            (Values::Float(weights), Values::Int(ids)) => (weights.clone(), ids.clone()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn gating_bias_selects_and_score_weighs() {
        // Scores 1/2, 3/4, 1/4, 1/2.
        let ln3 = 3f32.ln();
        let op = op(&[0.0, ln3, -ln3, 0.0], Score::Sigmoid, 2).with_bias(host::tensor(&[0f32, 0.0, 1.0, 0.0], [4]).unwrap());
        let (weights, ids) = run(op.with_renormalize().with_scale(2.0));
        assert_eq!(ids, [2, 1]);
        assert!((weights[0] - 0.5).abs() < 1e-6 && (weights[1] - 1.5).abs() < 1e-6, "{weights:?}");
    }

    #[test]
    fn gating_orders_ties_by_index_and_nan_last() {
        let (weights, ids) = run(op(&[f32::NAN, 1.0, 1.0, f32::NEG_INFINITY, 2.0], Score::TopKSoftmax, 4));
        assert_eq!(ids, [4, 1, 2, 3]);
        assert_eq!(weights[3], 0.0);
        assert!((weights[0] - 0.576_116_884_765_829).abs() < 1e-12);
        assert_eq!(run(op(&[f32::NAN; 3], Score::SoftmaxTopK, 2)).1, [0, 1]);
    }

    #[test]
    fn gating_left_out_groups_lose_to_negative_scores() {
        let bias = host::tensor(&[-2f32, -3.0, -1.0, -5.0], [4]).unwrap();
        let limited = |score| run(op(&[0.0; 4], Score::Sigmoid, 2).with_bias(bias.clone()).with_groups(2, 1, score)).1;
        assert_eq!(limited(GroupScore::Max), [2, 3]);
        assert_eq!(limited(GroupScore::Top2Sum), [0, 1]);
    }
}
