//! Dense matrix product, and the quantised weights that grouped products share with it.

use super::tensors::tensors;
use super::{Arg, Cost, Op, OpKind, Role, Rule, Tensors};
use crate::{DType, Result, TensorView, TensorViewMut};

/// How integer weights stand for real ones.
///
/// `W[k, n] = (data[k, n] - zero[k / group, n]) * scale[k / group, n]`, with `G = ceil(K / group)` groups along `K`; one group (per channel) when `group` is 0.
/// Leading dimensions (the expert `E`) are those of the weight. An unsigned 4-bit checkpoint maps to `I4` by subtracting 8 from codes and zeros alike.
#[derive(Clone, Debug)]
pub struct WeightQuant {
    /// `[.., G, N]` f32, f16 or bf16.
    pub scale: TensorView,
    /// `[.., G, N]` i8; none for symmetric quantisation.
    pub zero: Option<TensorView>,
    /// Rows of `K` that share a scale; 0 for all of them.
    pub group: usize,
}

/// A weight matrix (or one for each expert), plain or quantised.
#[derive(Clone, Debug)]
pub struct Weight {
    /// Logical `[.., K, N]`; storage `[.., N, K]` is a transposed view ([`Weight::nk`]). May be `FRACTAL_NZ`.
    pub data: TensorView,
    /// Scales, when `data` is `I8` or `I4`.
    pub quant: Option<WeightQuant>,
}

impl Weight {
    /// A weight stored `[.., K, N]`.
    pub fn kn(data: TensorView) -> Self {
        Self { data, quant: None }
    }

    /// A weight stored `[.., N, K]`, as checkpoints have it.
    pub fn nk(data: TensorView) -> Result<Self> {
        Ok(Self { data: data.t()?, quant: None })
    }

    /// With one scale for each column: `scale: [.., 1, N]`.
    pub fn per_channel(self, scale: TensorView) -> Self {
        self.per_group(0, scale, None)
    }

    /// With a scale (and perhaps a zero) for each `group` rows of `K` and each column: `[.., G, N]`.
    pub fn per_group(mut self, group: usize, scale: TensorView, zero: Option<TensorView>) -> Self {
        self.quant = Some(WeightQuant { scale, zero, group });
        self
    }
}

impl Tensors for Weight {
    fn visit<'a>(&'a self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'a>)) {
        self.data.visit(name, role, f);
        if let Some(q) = &self.quant {
            let (scale, zero) = part_names(name);
            q.scale.visit(scale, role, f);
            q.zero.visit(zero, role, f);
        }
    }
    fn map_tensors(&self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'_>) -> Result<TensorView>) -> Result<Self> {
        let (scale, zero) = part_names(name);
        let data = self.data.map_tensors(name, role, f)?;
        let quant = match &self.quant {
            None => None,
            Some(q) => Some(WeightQuant { scale: q.scale.map_tensors(scale, role, f)?, zero: q.zero.map_tensors(zero, role, f)?, group: q.group }),
        };
        Ok(Self { data, quant })
    }
}

fn part_names(name: &str) -> (&'static str, &'static str) {
    match name {
        "gate_up" => ("gate_up.scale", "gate_up.zero"),
        "down" => ("down.scale", "down.zero"),
        _ => ("weight.scale", "weight.zero"),
    }
}

/// `y = x @ weight (+ bias)`, batched over leading dimensions.
///
/// * float: `x`, `weight` and `y` of one float dtype, accumulated in f32, rounded once.
/// * W8A8: `x` i8 with `x_scale`, `weight` i8 with per-channel scales: `y[m, n] = (sum_k x[m, k] * w[k, n]) * x_scale[m] * scale[n] (+ bias[n])`, the sum exact in i32. Without any scale and with `y` i32: the sum itself.
/// * weight-only: `x` float, `weight` i8 or i4 with scales: the weight is dequantised as [`WeightQuant`] says, then as float.
#[derive(Clone, Debug)]
pub struct Matmul {
    /// `[M, K]` or `[B, M, K]`, any strides.
    pub x: TensorView,
    /// `[K, N]`, or `[B, K, N]` when `x` has a batch.
    pub weight: Weight,
    /// `[M]` f32 (`[B, M]`), for i8 `x`.
    pub x_scale: Option<TensorView>,
    /// `[N]`, in `y`'s dtype or f32.
    pub bias: Option<TensorView>,
    /// `[M, N]` or `[B, M, N]`.
    pub y: TensorViewMut,
}

impl Op for Matmul {
    const KIND: OpKind = OpKind::Matmul;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(x: in, weight: in, x_scale: in, bias: in, y: Float);

    fn dtype(&self) -> DType {
        self.x.dtype()
    }
    fn variant(&self) -> &'static str {
        "default"
    }
    fn check(&self) -> Result<()> {
        Ok(())
    }
    fn cost(&self) -> Cost {
        Cost::streaming(self, 0.0)
    }
}
