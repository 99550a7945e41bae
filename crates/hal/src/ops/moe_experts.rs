//! The fused expert feed-forward network.

use super::activation::GluKind;
use super::init_routing::MAX_EXPERTS;
use super::tensors::tensors;
use super::{Check, Cost, MAX_INT_K, Op, OpKind, PLAIN, Rule, Weight};
use crate::{DType, Result, TensorView, TensorViewMut};

/// `y[t] = sum_s weights[t, s] * ffn(ids[t, s], x[t])`, `ffn(e, x) = glu(x @ gate_up[e] + gate_up_bias[e]) @ down[e] + down_bias[e]`.
///
/// Defined as a composition: [`InitRouting`](super::InitRouting), [`GroupedMatmul`](super::GroupedMatmul), [`Glu`](super::Glu), `GroupedMatmul`,
/// [`FinalizeRouting`](super::FinalizeRouting); with `quantize_activations` both products get rows quantised as [`Quantize`](super::Quantize) does it.
///
/// | | |
/// |---|---|
/// | dtypes | `x`, `y` one of f32, f16, bf16; weights of that dtype, or i8 or i4 with scales; biases f32 or as `x`; `weights` f32; `ids` i32 |
/// | accumulated | f32 over `K` and over slots `0..k` in order; i32 with `quantize_activations` |
/// | rounding | gate-up product (with bias), activation and down product (with bias) each to `x`'s dtype, then once to `y`; with `quantize_activations` product and activation stay in f32 until they are codes |
/// | weight-only with 16-bit `x`, subnormal bf16 | in both products as [`Matmul`](super::Matmul) |
/// | exact | activation codes are integers, by half to even, in the oracle's exact result too |
/// | source | DeepSeek-V3, Qwen3-MoE, Mixtral and GPT-OSS model code |
///
/// Ids are values, checked when the op runs: [`check_expert_ids`](super::check_expert_ids).
#[derive(Clone, Debug)]
pub struct MoeExperts {
    /// `[T, H]`.
    pub x: TensorView,
    /// `[T, k]` i32, global expert ids; `experts` marks a pair without an expert. Ids outside of the local range add nothing.
    pub ids: TensorView,
    /// `[T, k]` f32.
    pub weights: TensorView,
    /// Logical `[E, H, 2I]`, stored `[E, 2I, H]` in checkpoints ([`Weight::nk`]); `E` local experts.
    pub gate_up: Weight,
    /// Logical `[E, I, H]`, stored `[E, H, I]`.
    pub down: Weight,
    /// `[E, 2I]`, columns as those of `gate_up`.
    pub gate_up_bias: Option<TensorView>,
    /// `[E, H]`.
    pub down_bias: Option<TensorView>,
    /// The gated activation.
    pub glu: GluKind,
    /// Gate and up columns alternate (GPT-OSS checkpoints) instead of standing in two halves.
    pub interleaved: bool,
    /// With i8 weights: quantise activations per token (W8A8). Otherwise integer weights are dequantised (weight-only).
    pub quantize_activations: bool,
    /// Experts in all, over every rank; at most 65536.
    pub experts: usize,
    /// Global id of the first local expert (expert parallelism).
    pub first_expert: usize,
    /// `[T, H]`.
    pub y: TensorViewMut,
}

impl MoeExperts {
    /// The network of experts that are all local, with `silu(gate) * up`, gates and ups in two halves.
    pub fn new(x: TensorView, ids: TensorView, weights: TensorView, gate_up: Weight, down: Weight, y: TensorViewMut) -> Self {
        let experts = gate_up.data.dim(0);
        Self {
            x,
            ids,
            weights,
            gate_up,
            down,
            gate_up_bias: None,
            down_bias: None,
            glu: GluKind::Swiglu,
            interleaved: false,
            quantize_activations: false,
            experts,
            first_expert: 0,
            y,
        }
    }

    /// With another activation.
    pub fn with_glu(self, glu: GluKind) -> Self {
        Self { glu, ..self }
    }

    /// With gate and up columns that alternate.
    pub fn with_interleaved(self) -> Self {
        Self { interleaved: true, ..self }
    }

    /// With a bias on each product.
    pub fn with_biases(self, gate_up: TensorView, down: TensorView) -> Self {
        Self { gate_up_bias: Some(gate_up), down_bias: Some(down), ..self }
    }

    /// With activations quantised per token, for i8 weights.
    pub fn with_quantized_activations(self) -> Self {
        Self { quantize_activations: true, ..self }
    }

    /// With local experts that are those from `first` on, of `experts` in all.
    pub fn with_expert_range(self, first: usize, experts: usize) -> Self {
        Self { first_expert: first, experts, ..self }
    }

    /// Global ids of the local experts.
    pub fn local(&self) -> std::ops::Range<usize> {
        self.first_expert..self.first_expert.saturating_add(self.gate_up.data.dim(0))
    }
}

impl Op for MoeExperts {
    const KIND: OpKind = OpKind::MoeExperts;
    const WEIGHTS: &'static [&'static str] = &["gate_up", "down"];
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["swiglu", "geglu", "swiglu_clamped", "w8a8", "woq8", "woq8_group", "woq4", "woq4_group"];
    const RULES: &'static [Rule] = &[
        Rule { name: "zero_tokens", text: "With T = 0 nothing is written." },
        Rule { name: "no_slots", text: "With k = 0 every token is 0." },
        Rule { name: "empty_expert", text: "Weights of an expert without tokens have no influence: NaN there is harmless." },
        Rule { name: "one_expert", text: "All pairs may go to one expert." },
        Rule { name: "local_range", text: "Pairs of experts that are not local add nothing; a token with none but such pairs is 0." },
        Rule { name: "no_expert", text: "An id equal to the number of experts marks a pair that adds nothing, whatever its weight." },
        Rule { name: "repeated_expert", text: "A token that names an expert twice gets it with both weights." },
        Rule { name: "interleaved", text: "With interleaved columns, gates are the even and ups the odd ones, in weight and bias." },
        Rule { name: "biases", text: "Each pair gets its expert's biases; the bias of the down product is weighted as the product is." },
        Rule { name: "zero_row", text: "A token of zeros gives what the biases alone give; quantised, its scale is 0 without a division by 0." },
        Rule { name: "nan_token", text: "A NaN in a token reaches that token only." },
        Rule { name: "id_out_of_range", text: "An id below 0 or above the number of experts is refused." },
    ];

    tensors!(x: in, ids: in, weights: in, gate_up: in, down: in, gate_up_bias: in, down_bias: in, y: Float);

    fn applies(_: DType, variant: &str, rule: &str) -> bool {
        // Quantisation defines a scale of NaN with codes 0, whose product is 0 * NaN; what is left of the NaN is the matter of `Quantize`.
        rule == PLAIN || rule != "nan_token" || variant != "w8a8"
    }

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        self.glu.check(c, "glu")?;
        c.dtype("x", &self.x, Self::DTYPES)?;
        let [tokens, hidden] = c.rank("x", &self.x, "[T, H]")?;
        c.that(hidden > 0, "x", "[T, H] with H at least 1", self.x.shape())?;
        c.dtype("ids", &self.ids, &[DType::I32])?;
        let [_, k] = c.rank("ids", &self.ids, "[T, k]")?;
        c.shape("ids", &self.ids, [("T", tokens), ("k", k)])?;
        let pairs = c.product("the number of pairs", &[tokens, k])?;
        c.that(i32::try_from(pairs).is_ok(), "ids", format_args!("at most {} pairs", i32::MAX), pairs)?;
        c.dtype("weights", &self.weights, &[DType::F32])?;
        c.shape("weights", &self.weights, [("T", tokens), ("k", k)])?;

        let [local, _, width] = c.rank("gate_up", &self.gate_up.data, "[E, H, 2I]")?;
        c.that(width > 0 && width % 2 == 0, "gate_up", "[E, H, 2I] with I at least 1", self.gate_up.data.shape())?;
        let inner = width / 2;
        let activations = if self.quantize_activations { DType::I8 } else { self.x.dtype() };
        self.gate_up.check(c, "gate_up", activations, [("E", local), ("H", hidden), ("2I", width)])?;
        self.down.check(c, "down", activations, [("E", local), ("I", inner), ("H", hidden)])?;
        if self.quantize_activations {
            for (argument, weight, k) in [("gate_up", &self.gate_up, hidden), ("down", &self.down, inner)] {
                c.that(weight.quant.is_some(), argument, "given with scales, as activations are quantised", "none")?;
                c.that(k <= MAX_INT_K, argument, format_args!("of K <= {MAX_INT_K}, so that i32 sums are exact"), k)?;
            }
        }
        let same = self.gate_up.quant.is_some() == self.down.quant.is_some();
        c.that(same, "down", "quantised just when gate_up is", if same { "so" } else { "one of them quantised" })?;
        c.that(self.experts <= MAX_EXPERTS, "experts", format_args!("at most {MAX_EXPERTS}"), self.experts)?;
        let end = self.first_expert.checked_add(local).filter(|&end| end <= self.experts);
        let asked = format_args!("such that {local} local experts are within the {} there are", self.experts);
        c.that(end.is_some(), "first_expert", asked, self.first_expert)?;

        let biases = [("gate_up_bias", &self.gate_up_bias, "2I", width), ("down_bias", &self.down_bias, "H", hidden)];
        for (argument, bias, letter, size) in biases {
            if let Some(bias) = bias {
                c.dtype(argument, bias, &[DType::F32, self.x.dtype()])?;
                c.shape(argument, bias, [("E", local), (letter, size)])?;
            }
        }
        c.dtype("y", &self.y, &[self.x.dtype()])?;
        c.shape("y", &self.y, [("T", tokens), ("H", hidden)])
    }

    /// Two products, five operations for each activated value and a multiply-add for each element of each pair. Assumes that every pair is local and that every
    /// expert's weights are read.
    fn cost(&self) -> Cost {
        let (pairs, hidden, inner) = (self.ids.numel() as f64, self.x.dim(1) as f64, self.down.data.dim(1) as f64);
        Cost::streaming(self, pairs * (6.0 * hidden * inner + 5.0 * inner + 2.0 * hidden))
    }

    fn dtype(&self) -> DType {
        self.x.dtype()
    }

    fn variant(&self) -> &'static str {
        match (&self.gate_up.quant, self.gate_up.data.dtype(), self.glu) {
            (Some(_), ..) if self.quantize_activations => "w8a8",
            (Some(q), DType::I4, _) if q.group > 0 => "woq4_group",
            (Some(_), DType::I4, _) => "woq4",
            (Some(q), ..) if q.group > 0 => "woq8_group",
            (Some(_), ..) => "woq8",
            (None, _, GluKind::Swiglu) => "swiglu",
            (None, _, GluKind::SwigluClamped { .. }) => "swiglu_clamped",
            (None, _, GluKind::GegluErf | GluKind::GegluTanh) => "geglu",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, host};

    fn zeros(dtype: DType, shape: impl Into<crate::Dims>) -> TensorView {
        host::zeros(dtype, shape).unwrap().view()
    }

    /// Two tokens of four values, three slots, five experts of six inner values.
    fn op() -> MoeExperts {
        let (ids, weights) = (zeros(DType::I32, [2, 3]), zeros(DType::F32, [2, 3]));
        let gate_up = Weight::nk(zeros(DType::BF16, [5, 12, 4])).unwrap();
        let down = Weight::nk(zeros(DType::BF16, [5, 4, 6])).unwrap();
        MoeExperts::new(zeros(DType::BF16, [2, 4]), ids, weights, gate_up, down, zeros(DType::BF16, [2, 4]).to_mut())
    }

    fn refused(op: MoeExperts) -> &'static str {
        match op.check() {
            Err(Error::Shape { argument, .. } | Error::DType { argument, .. } | Error::Argument { argument, .. }) => argument,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn check_wrong_argument_is_named() {
        assert!(op().check().is_ok());
        assert_eq!(refused(MoeExperts { glu: GluKind::SwigluClamped { limit: -1.0, alpha: 1.0, up_bias: 0.0 }, ..op() }), "glu");
        assert_eq!(refused(MoeExperts { x: zeros(DType::I8, [2, 4]), ..op() }), "x");
        assert_eq!(refused(MoeExperts { x: zeros(DType::BF16, [2, 0]), ..op() }), "x");
        assert_eq!(refused(MoeExperts { ids: zeros(DType::I64, [2, 3]), ..op() }), "ids");
        assert_eq!(refused(MoeExperts { ids: zeros(DType::I32, [3, 3]), ..op() }), "ids");
        assert_eq!(refused(MoeExperts { weights: zeros(DType::F32, [2, 2]), ..op() }), "weights");
        assert_eq!(refused(MoeExperts { gate_up: Weight::kn(zeros(DType::BF16, [5, 4, 11])), ..op() }), "gate_up");
        assert_eq!(refused(MoeExperts { gate_up: Weight::kn(zeros(DType::F32, [5, 4, 12])), ..op() }), "gate_up");
        assert_eq!(refused(MoeExperts { down: Weight::kn(zeros(DType::BF16, [4, 6, 4])), ..op() }), "down");
        assert_eq!(refused(MoeExperts { y: zeros(DType::F32, [2, 4]).to_mut(), ..op() }), "y");
        assert_eq!(refused(op().with_biases(zeros(DType::BF16, [5, 11]), zeros(DType::F32, [5, 4]))), "gate_up_bias");
        assert_eq!(refused(op().with_biases(zeros(DType::BF16, [5, 12]), zeros(DType::F16, [5, 4]))), "down_bias");
    }

    #[test]
    fn check_expert_range_is_within_the_experts() {
        assert!(op().with_expert_range(10, 15).check().is_ok());
        assert_eq!(op().with_expert_range(10, 15).local(), 10..15);
        assert_eq!(refused(op().with_expert_range(11, 15)), "first_expert");
        assert_eq!(refused(op().with_expert_range(usize::MAX, 15)), "first_expert");
        assert_eq!(refused(op().with_expert_range(0, usize::MAX)), "experts");
    }

    #[test]
    fn check_quantised_activations_need_i8_weights_per_channel() {
        let weights = |dtype, rows: usize, columns: usize| {
            Weight::kn(zeros(dtype, [5, rows, columns])).per_channel(zeros(DType::F32, [5, 1, columns]))
        };
        let quantized = |dtype| MoeExperts { gate_up: weights(dtype, 4, 12), down: weights(dtype, 6, 4), ..op() }.with_quantized_activations();
        assert!(quantized(DType::I8).check().is_ok());
        assert_eq!(quantized(DType::I8).variant(), "w8a8");
        assert_eq!(refused(quantized(DType::I4)), "gate_up");
        assert_eq!(refused(op().with_quantized_activations()), "gate_up");
        let bare = Weight::kn(zeros(DType::I8, [5, 4, 12]));
        assert_eq!(refused(MoeExperts { gate_up: bare, ..quantized(DType::I8) }), "gate_up");
        let only_one = MoeExperts { gate_up: weights(DType::I8, 4, 12), ..op() };
        assert_eq!(refused(only_one), "down");
    }
}
