//! Cases of gating.

use std::fmt;
use std::sync::Arc;

use ascend_hal::DType;
use ascend_hal::ops::{Coverage, Gating, GroupLimit, GroupScore, Score};

use super::router::{Router, Style};
use crate::case::Bench;
use crate::{Case, Gen, GoldenFile, Result, Work};

/// What a case is made of.
#[derive(Clone, Copy)]
struct Params {
    t: usize,
    e: usize,
    k: usize,
    groups: Option<GroupLimit>,
    bias: bool,
    renormalize: bool,
    scale: f32,
}

impl Params {
    const fn new(t: usize, e: usize, k: usize) -> Self {
        Self { t, e, k, groups: None, bias: false, renormalize: false, scale: 1.0 }
    }
    const fn groups(self, groups: usize, keep: usize, score: GroupScore) -> Self {
        Self { groups: Some(GroupLimit { groups, keep, score }), ..self }
    }
    const fn bias(self) -> Self {
        Self { bias: true, ..self }
    }
    const fn renormalize(self) -> Self {
        Self { renormalize: true, ..self }
    }
    const fn scale(self, scale: f32) -> Self {
        Self { scale, ..self }
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}_e{}_k{}", self.t, self.e, self.k)?;
        if let Some(GroupLimit { groups, keep, score }) = self.groups {
            let score = if score == GroupScore::Max { "max" } else { "top2" };
            write!(f, "_g{groups}of{keep}_{score}")?;
        }
        f.write_str(if self.bias { "_bias" } else { "" })?;
        f.write_str(if self.renormalize { "_norm" } else { "" })?;
        if self.scale != 1.0 {
            write!(f, "_x{}", self.scale)?;
        }
        Ok(())
    }
}

use GroupScore::{Max, Top2Sum};

const EXPERTS: [Params; 12] = [
    // Mixtral, Qwen3-MoE, DeepSeek-V2-Lite, GPT-OSS, Kimi-K2, DeepSeek-V4, and a plan for more.
    Params::new(17, 8, 2).renormalize(),
    Params::new(9, 128, 8).renormalize(),
    Params::new(13, 64, 6),
    Params::new(21, 32, 4),
    Params::new(5, 384, 8).bias().renormalize().scale(2.827),
    Params::new(4, 256, 6).bias().renormalize().scale(1.5),
    Params::new(3, 512, 16).renormalize(),
    // Shapes that break things.
    Params::new(1, 1, 1),
    Params::new(1, 8, 1).renormalize(),
    Params::new(33, 7, 3),
    Params::new(2, 257, 31).bias(),
    Params::new(16_385, 5, 2),
];

const GROUPS: [Params; 9] = [
    // DeepSeek-V3, DeepSeek-V2.
    Params::new(9, 256, 8).groups(8, 4, Top2Sum).bias().renormalize().scale(2.5),
    Params::new(7, 160, 6).groups(8, 3, Max).scale(16.0),
    Params::new(15, 16, 4).groups(4, 2, Top2Sum).renormalize(),
    Params::new(14, 32, 4).groups(4, 2, Max).renormalize(),
    Params::new(1, 32, 8).groups(8, 4, Top2Sum).bias(),
    // One group, groups of one, all groups.
    Params::new(5, 16, 2).groups(1, 1, Top2Sum).bias(),
    Params::new(5, 7, 3).groups(7, 3, Max),
    Params::new(5, 24, 5).groups(3, 3, Max).bias(),
    Params::new(33, 33, 7).groups(3, 2, Top2Sum),
];

const SMALL: Params = Params::new(19, 24, 5);

/// Parameters for one entry of the coverage list.
fn params(c: Coverage) -> Vec<Params> {
    let limited = c.variant.ends_with("groups");
    let limit = |p: Params, score| if limited { p.groups(4, 2, score) } else { p };
    let small = limit(SMALL, Max);
    match c.rule {
        "plain" if limited => GROUPS.to_vec(),
        "plain" => EXPERTS.to_vec(),
        "zero_tokens" => vec![Params { t: 0, ..small }, Params { t: 0, ..small.bias().renormalize() }],
        "all_candidates" => vec![Params { k: if limited { 12 } else { 24 }, ..small }],
        "ties" => vec![small, limit(Params::new(7, 64, 8), Top2Sum)],
        "bias_selects" | "renormalize" | "scale_last" => [Max, Top2Sum][..1 + usize::from(limited)]
            .iter()
            .map(|&score| {
                let p = limit(SMALL, score);
                match c.rule {
                    "bias_selects" => p.bias(),
                    "renormalize" => p.renormalize(),
                    _ => p.renormalize().scale(2.5),
                }
            })
            .collect(),
        "tiny_scores" => vec![small.renormalize()],
        "group_max" => vec![limit(SMALL, Max), limit(Params::new(33, 32, 3), Max).bias()],
        "group_top2_sum" => vec![limit(SMALL, Top2Sum), limit(Params::new(33, 32, 3), Top2Sum).bias()],
        "group_ties" => vec![SMALL.groups(8, 3, Max), SMALL.groups(6, 2, Top2Sum)],
        "negative_scores" => vec![small.bias(), limit(SMALL, Top2Sum).bias().renormalize()],
        _ => vec![small, limit(Params::new(6, 40, 4), Max).renormalize()],
    }
}

pub(super) fn gating(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        for p in params(c) {
            cases.push(Case::covering(c, p, move |g| Ok(call(g, c, p)?.into())));
        }
    }
    cases
}

fn call(g: &mut Gen, c: Coverage, p: Params) -> Result<Gating> {
    let score = match c.variant.strip_suffix("_groups").unwrap_or(c.variant) {
        "top_k_softmax" => Score::TopKSoftmax,
        "sigmoid" => Score::Sigmoid,
        "sqrt_softplus" => Score::SqrtSoftplus,
        _ => Score::SoftmaxTopK,
    };
    let logits = g.tensor(c.dtype, [p.t, p.e], |g, i| logit(g, c, p, score, i / p.e, i % p.e))?;
    let mut op = Gating::new(logits, score, g.output(DType::F32, [p.t, p.k])?, g.output(DType::I32, [p.t, p.k])?);
    if p.bias {
        let (lo, hi) = match (c.rule, score) {
            // Below anything that a score can make up for.
            ("negative_scores", _) => (-60.0, -50.0),
            (_, Score::TopKSoftmax) => (-2.0, 2.0),
            _ => (-0.5, 0.5),
        };
        op = op.with_bias(g.uniforms(DType::F32, [p.e], lo, hi)?);
    }
    Ok(Gating { groups: p.groups, renormalize: p.renormalize, scale: p.scale, ..op })
}

fn logit(g: &mut Gen, c: Coverage, p: Params, score: Score, row: usize, e: usize) -> f64 {
    let x = g.normal(2.0);
    match c.rule {
        "ties" => g.below(4) as f64,
        "group_ties" => g.below(2) as f64,
        // Zero in f32 and in f64 alike.
        "tiny_scores" => [-2000.0, f64::NEG_INFINITY][e % 2],
        "large_logits" => x + if g.below(4) == 0 { -1e4 } else { 1e4 },
        // Fewer numbers than slots: masked experts are chosen, with weight 0.
        "masked_logit" if p.groups.is_none() && row == 0 && e + 1 >= p.k => f64::NEG_INFINITY,
        "masked_logit" if g.below(4) == 0 => f64::NEG_INFINITY,
        // Fewer numbers than slots; a softmax over all experts has none left anyway.
        "nan_logit" if score != Score::SoftmaxTopK && row == 2 && e + 1 >= p.k => f64::NAN,
        "nan_logit" if row % 2 == 1 && e == (7 * row) % p.e => f64::NAN,
        "nan_row" if row == 1 => f64::NAN,
        _ => x,
    }
}

/// `route`: logits to weights and ids.
pub(super) fn golden(file: &GoldenFile) -> Result<Work> {
    let logits = file.tensor("logits")?;
    let [t, e] = file.dims("logits", &logits)?;
    let style = Style::of(file, e)?;
    let bias = file.optional("e_score_correction_bias")?;
    let expected = vec![
        file.expected("weights", "expected_topk_weights_f64", "topk_weights")?,
        file.expected("ids", "expected_topk_ids", "topk_ids")?,
    ];
    let build = move |g: &mut Gen| {
        let (weights, ids) = (g.output(DType::F32, [t, style.k])?, g.output(DType::I32, [t, style.k])?);
        Ok(style.gating(logits.clone(), bias.clone(), weights, ids).into())
    };
    Ok(Work::Golden { build: Arc::new(build), expected })
}

/// `gate_linear_route`: the router's product in f32 from bf16 inputs, then gating.
pub(super) fn golden_linear(file: &GoldenFile) -> Result<Work> {
    let router = Router::of(file, "gate_weight", "gate_bias", None)?;
    let mut expected = router.expected(file)?;
    expected[0].tolerance = file.expected("router_logits", "expected_logits_f64", "logits")?.tolerance;
    let compose = move |bench: &Bench<'_>| Ok(router.route(bench)?.named());
    Ok(Work::Composed { compose: Arc::new(compose), expected })
}
