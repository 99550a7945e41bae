//! Routers of golden files: how their parameters name them, and the router product in front.

use ascend_hal::ops::{Gating, GroupLimit, GroupScore, Matmul, Score, Weight};
use ascend_hal::{DType, DeviceExt, TensorView, TensorViewMut, host};

use crate::case::Bench;
use crate::{Expected, GoldenFile, Result, Tolerance, generate};

/// How a model routes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) k: usize,
    score: Score,
    groups: Option<GroupLimit>,
    renormalize: bool,
    scale: f32,
}

impl Style {
    /// The style that a file's parameters say, for `experts` experts.
    pub(super) fn of(file: &GoldenFile, experts: usize) -> Result<Self> {
        let k = file.count("k")?;
        if k > experts {
            return Err(file.error(format!("k = {k} of {experts} experts")));
        }
        let plain = |score| Self { k, score, groups: None, renormalize: false, scale: 1.0 };
        // Blocks of models that always do one or the other do not say so.
        let renormalize = |name: &str, default: bool| if file.param(name).is_null() { Ok(default) } else { file.flag(name) };
        let limited = |score, group_score| -> Result<Self> {
            let (groups, keep) = (file.count("n_group")?, file.count("topk_group")?);
            let groups = (groups > 1).then_some(GroupLimit { groups, keep, score: group_score });
            let scale = file.number("routed_scaling_factor")? as f32;
            Ok(Self { groups, scale, renormalize: file.flag("norm_topk_prob")?, ..plain(score) })
        };
        Ok(match file.text("style")? {
            "softmax_topk" => Self { renormalize: file.flag("renormalize")?, ..plain(Score::SoftmaxTopK) },
            "qwen3_moe" | "mixtral" => Self { renormalize: renormalize("norm_topk_prob", true)?, ..plain(Score::SoftmaxTopK) },
            "olmoe" => Self { renormalize: renormalize("norm_topk_prob", false)?, ..plain(Score::SoftmaxTopK) },
            "topk_softmax" | "gpt_oss" => plain(Score::TopKSoftmax),
            "deepseek_v3" => limited(Score::Sigmoid, GroupScore::Top2Sum)?,
            "deepseek_v2" => {
                let style = limited(Score::SoftmaxTopK, GroupScore::Max)?;
                if file.param("topk_method") == "greedy" { Self { groups: None, ..style } } else { style }
            }
            other => return Err(file.error(format!("style `{other}` is not known"))),
        })
    }

    pub(super) fn gating(&self, logits: TensorView, bias: Option<TensorView>, weights: TensorViewMut, ids: TensorViewMut) -> Gating {
        let op = Gating::new(logits, self.score, weights, ids);
        Gating { bias, groups: self.groups, k: self.k, renormalize: self.renormalize, scale: self.scale, ..op }
    }
}

/// A router: the product with its weight, then gating.
#[derive(Debug)]
pub(super) struct Router {
    pub(super) hidden: TensorView,
    pub(super) experts: usize,
    weight: TensorView,
    bias: Option<TensorView>,
    correction: Option<TensorView>,
    style: Style,
}

/// What a router gives.
pub(super) struct Routed {
    pub(super) logits: TensorView,
    pub(super) weights: TensorView,
    pub(super) ids: TensorView,
}

impl Routed {
    pub(super) fn named(self) -> Vec<(&'static str, TensorView)> {
        vec![("router_logits", self.logits), ("weights", self.weights), ("ids", self.ids)]
    }
}

impl Router {
    /// The router of a file: `hidden: [T, H]`, and tensors of these names: `weight: [E, H]`, `bias: [E]`, and perhaps a correction bias `[E]`.
    pub(super) fn of(file: &GoldenFile, weight: &str, bias: &str, correction: Option<&str>) -> Result<Self> {
        let (hidden, weight) = (file.tensor("hidden")?, file.tensor(weight)?);
        let [_, _] = file.dims("hidden", &hidden)?;
        let [experts, _] = file.dims("the router's weight", &weight)?;
        let correction = match correction {
            Some(name) => file.optional(name)?,
            None => None,
        };
        Ok(Self { experts, bias: file.optional(bias)?, correction, style: Style::of(file, experts)?, hidden, weight })
    }

    /// Logits in f32, weights and ids. The product is in f32 from whatever the inputs are stored in: the files ask for that or better.
    pub(super) fn route(&self, bench: &Bench<'_>) -> Result<Routed> {
        let (t, k) = (self.hidden.dim(0), self.style.k);
        let f32 = |view: &TensorView| bench.to_device(&generate::tensor(DType::F32, *view.shape(), &host::to_f64(view)?)?);
        let logits = bench.device.empty(DType::F32, [t, self.experts])?;
        let mut product = Matmul::new(f32(&self.hidden)?, Weight::nk(f32(&self.weight)?)?, logits.clone());
        product.bias = self.bias.as_ref().map(f32).transpose()?;
        bench.run(product)?;
        let (weights, ids) = (bench.device.empty(DType::F32, [t, k])?, bench.device.empty(DType::I32, [t, k])?);
        let correction = self.correction.as_ref().map(|view| bench.to_device(view)).transpose()?;
        bench.run(self.style.gating(logits.view(), correction, weights.clone(), ids.clone()))?;
        Ok(Routed { logits: logits.view(), weights: weights.view(), ids: ids.view() })
    }

    /// What [`Routed::named`] should be.
    pub(super) fn expected(&self, file: &GoldenFile) -> Result<Vec<Expected>> {
        // Files with a router product give no hint for what follows from it; this is the level of their hints for f32 products.
        let f32 = Some(Tolerance { atol: 1e-5, rtol: 1e-5 });
        let logits = if file.has("expected_router_logits_f64") { "expected_router_logits_f64" } else { "expected_logits_f64" };
        let logits = file.expected("router_logits", logits, "router_logits")?;
        // A product's error goes with the size of its terms, not of its sum.
        let largest = logits.values.iter().fold(1.0f64, |m, x| m.max(x.abs()));
        let logits = Expected { tolerance: Some(Tolerance { atol: 1e-5 * largest, rtol: 1e-5 }), ..logits };
        let weights = Expected { tolerance: f32, ..file.expected("weights", "expected_topk_weights_f64", "topk_weights")? };
        Ok(vec![logits, weights, file.expected("ids", "expected_topk_ids", "topk_ids")?])
    }
}
