//! `gating_top_k` on the twin.

mod common;

use ascend_hal::ops::{Gating, GroupScore, Score};
use ascend_hal::{DType, OpCall};
use ascend_kernels::tiling::gating_top_k;
use ascend_validate::{Gen, Result};
use common::Bench;

const BENCH: Bench = Bench {
    plan: |call, cores| match call {
        OpCall::Gating(op) => gating_top_k::plan(op, cores),
        other => Err(format!("{:?} is no gating", other.kind())),
    },
};

#[derive(Clone, Copy, Debug)]
struct Routing {
    tokens: usize,
    experts: usize,
    k: usize,
    score: Score,
    /// Groups, and how many are kept.
    groups: Option<(usize, usize, GroupScore)>,
    biased: bool,
}

impl Routing {
    fn new(tokens: usize, experts: usize, k: usize, score: Score) -> Self {
        Self { tokens, experts, k, score, groups: None, biased: false }
    }

    fn groups(self, groups: usize, keep: usize, score: GroupScore) -> Self {
        Self { groups: Some((groups, keep, score)), ..self }
    }

    fn biased(self) -> Self {
        Self { biased: true, ..self }
    }
}

/// Logits are multiples of 1/4, so that many tie. Rows of every fifth token have a NaN or infinities, or nothing else.
fn gate(g: &mut Gen, dtype: DType, r: Routing) -> Result<OpCall> {
    let logits = g.tensor(dtype, [r.tokens, r.experts], |g, i| {
        let usual = (g.normal(2.) * 4.).round() / 4.;
        match (i / r.experts % 20, i % r.experts) {
            (4, e) if e % 3 == 0 => f64::NAN,
            (9, e) if e % 4 != 1 => f64::NEG_INFINITY,
            (14, e) if e % 2 == 0 => {
                if e % 4 == 0 {
                    f64::NEG_INFINITY
                } else {
                    f64::NAN
                }
            }
            (19, _) => f64::NAN,
            _ => usual,
        }
    })?;
    let (weights, ids) = (g.output(DType::F32, [r.tokens, r.k])?, g.output(DType::I32, [r.tokens, r.k])?);
    let mut op = Gating::new(logits, r.score, weights, ids).with_scale(2.5);
    if r.score != Score::TopKSoftmax {
        op = op.with_renormalize();
    }
    if let Some((groups, keep, score)) = r.groups {
        op = op.with_groups(groups, keep, score);
    }
    if r.biased {
        op = op.with_bias(g.tensor(DType::F32, [r.experts], |g, _| (g.normal(1.) * 4.).round() / 4. - 1.)?);
    }
    Ok(op.into())
}

fn routings() -> Vec<Routing> {
    vec![
        Routing::new(1, 1, 1, Score::SoftmaxTopK),
        Routing::new(1, 8, 2, Score::SoftmaxTopK),
        Routing::new(25, 7, 3, Score::SoftmaxTopK),
        Routing::new(40, 60, 16, Score::SoftmaxTopK).biased(),
        Routing::new(21, 32, 4, Score::TopKSoftmax),
        Routing::new(20, 70, 6, Score::TopKSoftmax).biased(),
        Routing::new(20, 24, 5, Score::Sigmoid),
        Routing::new(30, 24, 6, Score::Sigmoid).groups(3, 2, GroupScore::Top2Sum).biased(),
        Routing::new(30, 40, 6, Score::SoftmaxTopK).groups(8, 3, GroupScore::Max),
        Routing::new(20, 8, 4, Score::Sigmoid).groups(8, 5, GroupScore::Max).biased(),
    ]
}

#[test]
fn gating_of_f32_is_right_whatever_the_blocks_and_the_order() {
    for routing in routings() {
        BENCH.passes(&format!("{routing:?}"), &|g| gate(g, DType::F32, routing));
    }
}

#[test]
fn gating_of_16_bits_is_right_whatever_the_blocks_and_the_order() {
    for routing in routings().into_iter().skip(2).step_by(3) {
        for dtype in [DType::BF16, DType::F16] {
            BENCH.passes(&format!("{dtype} {routing:?}"), &|g| gate(g, dtype, routing));
        }
    }
}

#[test]
fn gating_of_a_thousand_experts_is_right() {
    let routing = Routing::new(3, 1024, 16, Score::Sigmoid).groups(32, 5, GroupScore::Top2Sum).biased();
    BENCH.passes("thousand", &|g| gate(g, DType::F32, routing));
}

#[test]
fn gating_without_tokens_writes_nothing() {
    BENCH.passes("none", &|g| gate(g, DType::F32, Routing::new(0, 8, 2, Score::Sigmoid)));
}

#[test]
fn gating_says_what_it_does_not_cover() {
    BENCH.does_not_cover("softplus", &|g| gate(g, DType::F32, Routing::new(1, 8, 2, Score::SqrtSoftplus)));
    BENCH.does_not_cover("17 experts per token", &|g| gate(g, DType::F32, Routing::new(1, 32, 17, Score::Sigmoid)));
    BENCH.does_not_cover("1025 experts", &|g| gate(g, DType::F32, Routing::new(1, 1025, 2, Score::Sigmoid)));
    BENCH.does_not_cover("groups of 96", &|g| gate(g, DType::F32, Routing::new(1, 192, 2, Score::Sigmoid).groups(2, 1, GroupScore::Max)));
}

#[test]
fn every_flag_and_barrier_is_needed() {
    let call = |dtype, routing| move |g: &mut Gen| gate(g, dtype, routing);
    BENCH.needs_every_site(&[
        ("softmax", 1, &call(DType::BF16, Routing::new(34, 12, 2, Score::SoftmaxTopK).biased())),
        ("of the chosen", 1, &call(DType::F32, Routing::new(4, 12, 3, Score::TopKSoftmax))),
        ("groups", 1, &call(DType::F32, Routing::new(4, 24, 3, Score::Sigmoid).groups(3, 2, GroupScore::Top2Sum).biased())),
    ]);
}
