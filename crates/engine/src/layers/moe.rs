//! The mixture-of-experts feed-forward network.

use ascend_compute::ops::{Elementwise, Gating, GluKind, GroupLimit, MoeExperts, Score, Weight};
use ascend_compute::{DType, DeviceExt, TensorView, TensorViewMut};

use super::{Context, Linear, Mlp};
use crate::Result;
use crate::weights::Weights;

/// How tokens choose experts; the logits are computed in f32.
#[derive(Clone, Debug)]
pub struct Router {
    /// Logits of the experts: `[E, H]`.
    pub gate: Linear,
    /// `[E]` f32: takes part in the choice only.
    pub correction: Option<TensorView>,
    /// How logits become scores.
    pub score: Score,
    /// Choice among the best groups only.
    pub groups: Option<GroupLimit>,
    /// Experts of a token.
    pub k: usize,
    /// Whether chosen weights are made to add up to 1.
    pub renormalize: bool,
    /// Factor on the weights.
    pub scale: f32,
}

impl Router {
    /// A softmax over all experts of which the `k` best are kept; logits by `{name}.weight: [E, H]`, and `{name}.bias` with `bias`. It is never quantised.
    pub fn load(weights: &Weights<'_>, name: &str, shape: ExpertShape, k: usize, bias: bool) -> Result<Self> {
        let gate = Linear::load(&weights.plain(), name, shape.experts, shape.hidden, bias)?;
        Ok(Self { gate, correction: None, score: Score::SoftmaxTopK, groups: None, k, renormalize: false, scale: 1.0 })
    }

    /// Weights and ids `[T, k]` of the experts of each token.
    pub fn forward(&self, cx: Context<'_>, x: &TensorView) -> Result<(TensorView, TensorView)> {
        let logits = cx.empty_of(DType::F32, [x.dim(0), self.gate.columns()])?;
        self.gate.forward_into(cx, x, &logits)?;
        let chosen = [x.dim(0), self.k];
        let (weights, ids) = (cx.empty_of(DType::F32, chosen)?, cx.empty_of(DType::I32, chosen)?);
        let mut op = Gating::new(logits.view(), self.score, weights.clone(), ids.clone());
        op.bias.clone_from(&self.correction);
        (op.groups, op.renormalize, op.scale) = (self.groups, self.renormalize, self.scale);
        cx.device.gating(cx.stream, op)?;
        Ok((weights.view(), ids.view()))
    }
}

/// Sizes of a set of experts.
#[derive(Clone, Copy, Debug)]
pub struct ExpertShape {
    /// Number of experts `E`.
    pub experts: usize,
    /// Hidden size `H`.
    pub hidden: usize,
    /// Intermediate size `I`.
    pub inner: usize,
}

/// Router, experts, and perhaps a network that every token goes through.
#[derive(Clone, Debug)]
pub struct Moe {
    /// The choice.
    pub router: Router,
    /// Logical `[E, H, 2I]`.
    pub gate_up: Weight,
    /// Logical `[E, I, H]`.
    pub down: Weight,
    /// `[E, 2I]` and `[E, H]` f32.
    pub biases: Option<(TensorView, TensorView)>,
    /// The gated activation.
    pub glu: GluKind,
    /// Gate and up columns alternate.
    pub interleaved: bool,
    /// Experts of every token.
    pub shared: Option<Mlp>,
}

impl Moe {
    /// Experts with a matrix each for gate, up and down: `{experts}.{e}.{name}.weight`, with the three `names`.
    pub fn load(weights: &Weights<'_>, router: Router, experts: &str, shape: ExpertShape, names: [&str; 3]) -> Result<Self> {
        let ExpertShape { experts: count, hidden, inner } = shape;
        let [gate, up, down] = names;
        let part = |e: usize, part: &str, rows: usize| (format!("{experts}.{e}.{part}.weight"), rows);
        Ok(Self {
            router,
            gate_up: weights.experts(count, hidden, |e| vec![part(e, gate, inner), part(e, up, inner)])?,
            down: weights.experts(count, inner, |e| vec![part(e, down, hidden)])?,
            biases: None,
            glu: GluKind::Swiglu,
            interleaved: false,
            shared: None,
        })
    }

    /// `x: [T, H]` to `y: [T, H]`.
    pub fn forward(&self, cx: Context<'_>, x: &TensorView, y: &TensorViewMut) -> Result<()> {
        let (weights, ids) = self.router.forward(cx, x)?;
        let (gate_up, down) = (self.gate_up.clone(), self.down.clone());
        let mut op = MoeExperts::new(x.clone(), ids, weights, gate_up, down, y.clone()).with_glu(self.glu);
        if let Some((gate_up, down)) = &self.biases {
            op = op.with_biases(gate_up.clone(), down.clone());
        }
        op.interleaved = self.interleaved;
        op.quantize_activations = self.gate_up.data.dtype() == DType::I8;
        cx.device.moe_experts(cx.stream, op)?;
        if let Some(shared) = &self.shared {
            let every = cx.empty(*x.shape())?;
            shared.forward(cx, x, &every)?;
            cx.device.elementwise(cx.stream, Elementwise::add(y.view(), every.view(), y.clone()))?;
        }
        Ok(())
    }
}
