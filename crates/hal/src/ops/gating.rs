//! Gating: from router logits to experts and their weights.

use super::tensors::tensors;
use super::{Check, Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// How logits become scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Score {
    /// Softmax over all experts, then the k best (Mixtral, Qwen3-MoE, DeepSeek-V2).
    SoftmaxTopK,
    /// The k best logits, then softmax over those (GPT-OSS).
    TopKSoftmax,
    /// Sigmoid of each logit (DeepSeek-V3, Kimi-K2).
    Sigmoid,
    /// `sqrt(softplus(logit))` (DeepSeek-V4).
    SqrtSoftplus,
}

/// How a group of experts is scored in group-limited gating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupScore {
    /// Its best expert (DeepSeek-V2).
    Max,
    /// The sum of its two best (DeepSeek-V3).
    Top2Sum,
}

/// Only experts of the best groups can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupLimit {
    /// Number of groups; divides `E`. Group g holds experts `g * E / groups ..`.
    pub groups: usize,
    /// Number of groups kept.
    pub keep: usize,
    /// How groups are compared.
    pub score: GroupScore,
}

/// Routing weights and expert ids of each token.
///
/// For the logits `l` of a token, with experts `e`:
///
/// 1. score: `s[e] = softmax(l)[e]`, `l[e]`, `sigmoid(l[e])` or `sqrt(ln(1 + exp(l[e])))` ([`Score`]);
/// 2. choice score: `v[e] = s[e] + bias[e]`;
/// 3. with a group limit, `v[e]` of all but the `keep` best groups counts as -inf; a group is as good as its best `v`, or the sum of its two best ([`GroupScore`]);
/// 4. `ids` = the `k` best by falling `v`;
/// 5. `w = s[ids]`, without the bias ([`Score::TopKSoftmax`]: `softmax(s[ids])`); with `renormalize` `w / (sum(w) + 1e-20)`; `weights = w * scale`.
///
/// Order, of experts and of groups alike: falling score, NaN behind every number (behind -inf too), ties to the lowest index. So `ids` are always different
/// experts of the kept groups, whatever the logits.
///
/// | | |
/// |---|---|
/// | dtypes | `logits` f32, f16 or bf16, widened to f32; `bias`, `weights` f32; `ids` i32 |
/// | accumulated | f32; sums over experts in any order, over slots in theirs |
/// | rounding | every step in f32 |
/// | source | aclnnMoeGatingTopKSoftmaxV2, aclnnMoeGatingTopK; DeepSeek-V2 and V3 model code, with -inf for left-out groups |
#[derive(Clone, Debug)]
pub struct Gating {
    /// `[T, E]`.
    pub logits: TensorView,
    /// `[E]` f32 correction bias: takes part in the choice, not in the weights.
    pub bias: Option<TensorView>,
    /// How logits become scores.
    pub score: Score,
    /// Group limit.
    pub groups: Option<GroupLimit>,
    /// Experts per token: at least 1, at most the experts of the kept groups.
    pub k: usize,
    /// Divide the chosen weights by their sum plus 1e-20.
    pub renormalize: bool,
    /// Factor on the weights, last.
    pub scale: f32,
    /// `[T, k]` f32, by falling choice score.
    pub weights: TensorViewMut,
    /// `[T, k]` i32.
    pub ids: TensorViewMut,
}

/// Added to the sum that weights are divided by, so that weights which are all 0 stay 0.
pub const RENORMALIZE_EPSILON: f64 = 1e-20;

impl Gating {
    /// The `k` best experts of each token, `k` being the width of `weights` and `ids`; weights as they come from the score.
    pub fn new(logits: TensorView, score: Score, weights: TensorViewMut, ids: TensorViewMut) -> Self {
        Self { logits, bias: None, score, groups: None, k: ids.dim(1), renormalize: false, scale: 1.0, weights, ids }
    }

    /// With weights that add up to 1 (times the scale).
    pub fn with_renormalize(self) -> Self {
        Self { renormalize: true, ..self }
    }

    /// With a correction bias.
    pub fn with_bias(self, bias: TensorView) -> Self {
        Self { bias: Some(bias), ..self }
    }

    /// With a choice among the best groups only.
    pub fn with_groups(self, groups: usize, keep: usize, score: GroupScore) -> Self {
        Self { groups: Some(GroupLimit { groups, keep, score }), ..self }
    }

    /// With a factor on the weights.
    pub fn with_scale(self, scale: f32) -> Self {
        Self { scale, ..self }
    }
}

impl Op for Gating {
    const KIND: OpKind = OpKind::Gating;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &[
        "softmax_top_k",
        "top_k_softmax",
        "sigmoid",
        "sqrt_softplus",
        "softmax_top_k_groups",
        "top_k_softmax_groups",
        "sigmoid_groups",
        "sqrt_softplus_groups",
    ];
    const RULES: &'static [Rule] = &[
        Rule { name: "zero_tokens", text: "With T = 0 nothing is written." },
        Rule { name: "all_candidates", text: "k may be as large as the number of candidates; then the result is their full order." },
        Rule { name: "ties", text: "Of experts with equal choice scores the one with the lowest index goes first." },
        Rule { name: "bias_selects", text: "The bias takes part in the choice and the order, never in the weights." },
        Rule { name: "renormalize", text: "Weights are divided by the sum over the k chosen (not over all experts) plus 1e-20." },
        Rule { name: "tiny_scores", text: "Chosen scores that are all 0 renormalise to weights 0, not NaN." },
        Rule { name: "scale_last", text: "The factor is applied after renormalisation." },
        Rule { name: "large_logits", text: "Logits of any finite size give finite scores: no exponential overflows." },
        Rule { name: "masked_logit", text: "A logit of -inf has weight 0, and no effect on other weights." },
        Rule { name: "nan_logit", text: "A NaN choice score is behind every number; ids stay different and in range. A NaN has no effect on weights that do not depend on it." },
        Rule { name: "nan_row", text: "A row of NaN gives the lowest candidates, in order, with weights NaN." },
        Rule { name: "group_max", text: "With Max a group is as good as its best expert, whatever the others are." },
        Rule { name: "group_top2_sum", text: "With Top2Sum a group is as good as the sum of its two best experts." },
        Rule { name: "group_ties", text: "Of groups with equal scores the one with the lowest index is kept." },
        Rule { name: "negative_scores", text: "Experts of left-out groups count as -inf, not as 0: they lose to negative choice scores." },
    ];

    tensors!(logits: in, bias: in, weights: Float, ids: Choice);

    fn applies(_: DType, variant: &str, rule: &str) -> bool {
        match rule {
            "group_max" | "group_top2_sum" | "group_ties" | "negative_scores" => variant.ends_with("groups"),
            // A softmax over the chosen always sums to 1; one over all experts has a chosen score that is not tiny, unless a group limit leaves it out.
            "tiny_scores" => variant.starts_with("sigmoid") || variant.starts_with("sqrt_softplus"),
            _ => true,
        }
    }

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        c.dtype("logits", &self.logits, Self::DTYPES)?;
        let [tokens, experts] = c.rank("logits", &self.logits, "[T, E]")?;
        c.that(i32::try_from(experts).is_ok(), "logits", format_args!("[T, E] with E at most {}", i32::MAX), self.logits.shape())?;
        if let Some(bias) = &self.bias {
            c.dtype("bias", bias, &[DType::F32])?;
            c.shape("bias", bias, [("E", experts)])?;
        }
        let mut candidates = experts;
        if let Some(GroupLimit { groups, keep, score }) = self.groups {
            let divides = groups > 0 && experts % groups == 0;
            c.that(divides, "groups", format_args!("a divisor of E={experts}"), groups)?;
            c.that((1..=groups).contains(&keep), "groups.keep", format_args!("1 to {groups}"), keep)?;
            let size = experts / groups.max(1);
            let enough = score != GroupScore::Top2Sum || size >= 2;
            c.that(enough, "groups.score", "Max for groups of fewer than 2 experts", format_args!("Top2Sum with groups of {size}"))?;
            candidates = size * keep;
        }
        c.that((1..=candidates).contains(&self.k), "k", format_args!("1 to {candidates}, the number of candidates"), self.k)?;
        c.that(self.scale.is_finite(), "scale", "finite", self.scale)?;
        c.dtype("weights", &self.weights, &[DType::F32])?;
        c.shape("weights", &self.weights, [("T", tokens), ("k", self.k)])?;
        c.dtype("ids", &self.ids, &[DType::I32])?;
        c.shape("ids", &self.ids, [("T", tokens), ("k", self.k)])
    }

    /// About six operations a logit: a score, its bias, and its part in the choice.
    fn cost(&self) -> Cost {
        Cost::streaming(self, 6.0 * self.logits.numel() as f64)
    }

    fn dtype(&self) -> DType {
        self.logits.dtype()
    }

    fn variant(&self) -> &'static str {
        match (self.score, self.groups.is_some()) {
            (Score::SoftmaxTopK, false) => "softmax_top_k",
            (Score::TopKSoftmax, false) => "top_k_softmax",
            (Score::Sigmoid, false) => "sigmoid",
            (Score::SqrtSoftplus, false) => "sqrt_softplus",
            (Score::SoftmaxTopK, true) => "softmax_top_k_groups",
            (Score::TopKSoftmax, true) => "top_k_softmax_groups",
            (Score::Sigmoid, true) => "sigmoid_groups",
            (Score::SqrtSoftplus, true) => "sqrt_softplus_groups",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, host};

    fn op(t: usize, e: usize, k: usize) -> Gating {
        let logits = host::zeros(DType::F32, [t, e]).unwrap().view();
        Gating::new(logits, Score::Sigmoid, host::zeros(DType::F32, [t, k]).unwrap(), host::zeros(DType::I32, [t, k]).unwrap())
    }

    fn refused(op: Gating) -> &'static str {
        match op.check() {
            Err(Error::Shape { argument, .. } | Error::DType { argument, .. } | Error::Argument { argument, .. }) => argument,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn check_wrong_argument_is_named() {
        assert!(op(3, 8, 2).check().is_ok());
        assert!(op(0, 8, 2).check().is_ok());
        let zeros = |dtype, shape: [usize; 2]| host::zeros(dtype, shape).unwrap();
        assert_eq!(refused(Gating { logits: zeros(DType::I32, [3, 8]).view(), ..op(3, 8, 2) }), "logits");
        assert_eq!(refused(Gating { logits: host::zeros(DType::F32, [8]).unwrap().view(), ..op(3, 8, 2) }), "logits");
        assert_eq!(refused(op(3, 8, 2).with_bias(host::zeros(DType::F32, [7]).unwrap().view())), "bias");
        assert_eq!(refused(op(3, 8, 2).with_bias(host::zeros(DType::BF16, [8]).unwrap().view())), "bias");
        assert_eq!(refused(op(3, 8, 0)), "k");
        assert_eq!(refused(op(3, 8, 9)), "k");
        assert_eq!(refused(op(3, 0, 1)), "k");
        assert_eq!(refused(Gating { k: 3, ..op(3, 8, 2) }), "weights");
        assert_eq!(refused(Gating { weights: zeros(DType::F16, [3, 2]), ..op(3, 8, 2) }), "weights");
        assert_eq!(refused(Gating { ids: zeros(DType::I64, [3, 2]), ..op(3, 8, 2) }), "ids");
        assert_eq!(refused(Gating { ids: zeros(DType::I32, [2, 2]), ..op(3, 8, 2) }), "ids");
        assert_eq!(refused(op(3, 8, 2).with_scale(f32::NAN)), "scale");
    }

    #[test]
    fn check_group_limit_leaves_enough_candidates() {
        assert!(op(3, 8, 4).with_groups(4, 2, GroupScore::Top2Sum).check().is_ok());
        assert_eq!(refused(op(3, 8, 5).with_groups(4, 2, GroupScore::Max)), "k");
        assert_eq!(refused(op(3, 8, 2).with_groups(3, 2, GroupScore::Max)), "groups");
        assert_eq!(refused(op(3, 8, 2).with_groups(0, 0, GroupScore::Max)), "groups");
        assert_eq!(refused(op(3, 8, 2).with_groups(4, 0, GroupScore::Max)), "groups.keep");
        assert_eq!(refused(op(3, 8, 2).with_groups(4, 5, GroupScore::Max)), "groups.keep");
        assert_eq!(refused(op(3, 8, 2).with_groups(8, 2, GroupScore::Top2Sum)), "groups.score");
    }
}
