//! RMS norm and layer norm.

use super::tensors::tensors;
use super::{Check, Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// Which norm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormKind {
    /// `x / sqrt(mean(x^2) + eps) * weight`.
    Rms,
    /// `x / sqrt(mean(x^2) + eps) * (1 + weight)` (Gemma).
    RmsGemma,
    /// `(x - mean) / sqrt(var + eps) * weight + bias`, biased variance.
    Layer,
}

/// Norm over the last dimension, perhaps of `x + residual`.
///
/// | | |
/// |---|---|
/// | dtypes | `x`, `residual`, `y`, `sum`: one of f32, f16, bf16; `weight`, `bias`: as `x`, or f32 |
/// | accumulated | f32, in an order that depends on `H` alone |
/// | rounding | `y` once, to its dtype, after the weight and bias; `sum` once, to its dtype; the norm takes the sum before that rounding |
/// | source | aclnnRmsNorm, aclnnAddRmsNorm, aclnnGemmaRmsNorm, aclnnLayerNorm |
///
/// Shipped kernels differ in the rounding points: the base template of aclnnAddRmsNorm rounds the normed value to 16 bits before the weight, adds f16 in f16, and its
/// golden norms the rounded sum; eager Llama code rounds before the weight. Results may be one unit of the last place apart.
///
/// A value whose square overflows f32 (above about 1.8e19) is as good as an infinity to a device.
#[derive(Clone, Debug)]
pub struct Norm {
    /// `[.., H]`, any strides.
    pub x: TensorView,
    /// As `x`; added first.
    pub residual: Option<TensorView>,
    /// `[H]`.
    pub weight: TensorView,
    /// `[H]`, layer norm only; absent: nothing is added.
    pub bias: Option<TensorView>,
    /// Which norm.
    pub kind: NormKind,
    /// Added to the mean square or variance; finite, not negative.
    pub eps: f32,
    /// As `x`. May be the very view of `x` or `residual`.
    pub y: TensorViewMut,
    /// As `x`: `x + residual`, the next layer's residual. May be the very view of `residual` or `x`. Only with a residual; a residual without it is added and not kept.
    pub sum: Option<TensorViewMut>,
}

impl Norm {
    /// A norm of `x` into `y`.
    pub fn new(x: TensorView, weight: TensorView, kind: NormKind, eps: f32, y: TensorViewMut) -> Self {
        Self { x, residual: None, weight, bias: None, kind, eps, y, sum: None }
    }

    /// Of `x + residual`, which is stored in `sum`.
    pub fn with_residual(mut self, residual: TensorView, sum: TensorViewMut) -> Self {
        self.residual = Some(residual);
        self.sum = Some(sum);
        self
    }

    /// With layer norm's last term.
    pub fn with_bias(mut self, bias: TensorView) -> Self {
        self.bias = Some(bias);
        self
    }
}

impl Op for Norm {
    const KIND: OpKind = OpKind::Norm;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["rms", "rms_gemma", "layer", "add_rms", "add_rms_gemma", "add_layer"];
    const RULES: &'static [Rule] = &[
        Rule { name: "empty", text: "A dimension of 0 gives an empty result." },
        Rule { name: "zero_row", text: "A row of zeros gives 0 (layer norm: the bias); eps keeps it from 0 / 0." },
        Rule { name: "nan_row", text: "A row with a NaN is NaN throughout, and no other row is touched." },
        Rule {
            name: "inf_row",
            text: "In a row with an infinity, an RMS norm gives 0 for finite elements and NaN for infinite ones; a layer norm is NaN throughout.",
        },
        Rule { name: "large_mean", text: "The variance is that of the differences from the mean: a large mean does not drown it." },
        Rule { name: "unrounded_sum", text: "The norm takes the f32 sum of x and residual; only the stored sum is rounded to their dtype." },
        Rule { name: "sum_not_kept", text: "A residual without a sum is added, and the sum is not stored." },
        Rule { name: "in_place", text: "y may be the very view of x or residual, and sum of the other one." },
        Rule { name: "strided", text: "x and residual may have any strides, and y and sum any that repeat no element." },
    ];
    const IN_PLACE: &'static [(&'static str, &'static str)] = &[("x", "y"), ("residual", "y"), ("residual", "sum"), ("x", "sum")];

    fn applies(dtype: DType, variant: &str, rule: &str) -> bool {
        let (add, layer) = (variant.starts_with("add_"), variant.ends_with("layer"));
        match rule {
            "large_mean" => layer,
            // Seen where the stored sum overflows (f16), or where its rounding is large beside the variance.
            "unrounded_sum" => add && (dtype == DType::F16 || dtype == DType::BF16 && layer),
            "sum_not_kept" => add,
            _ => true,
        }
    }

    tensors!(x: in, residual: in, weight: in, bias: in, y: Float, sum: Float);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        let (dtype, shape) = (self.x.dtype(), self.x.shape());
        c.dtype("x", &self.x, Self::DTYPES)?;
        let h = *shape.last().ok_or_else(|| crate::Error::Shape {
            op: Self::KIND,
            argument: "x",
            asked: "[.., H]".into(),
            found: shape.to_string(),
        })?;
        let like_x = |argument, view: &TensorView| {
            c.dtype(argument, view, &[dtype])?;
            c.that(view.shape() == shape, argument, format_args!("the shape of x, {shape}"), view.shape())
        };
        if let Some(residual) = &self.residual {
            like_x("residual", residual)?;
        }
        c.dtype("weight", &self.weight, &[dtype, DType::F32])?;
        c.shape("weight", &self.weight, [("H", h)])?;
        if let Some(bias) = &self.bias {
            c.that(self.kind == NormKind::Layer, "bias", "absent in an RMS norm", "one")?;
            c.dtype("bias", bias, &[dtype, DType::F32])?;
            c.shape("bias", bias, [("H", h)])?;
        }
        c.that(self.eps >= 0.0 && self.eps.is_finite(), "eps", "finite and not negative", self.eps)?;
        like_x("y", &self.y)?;
        if let Some(sum) = &self.sum {
            c.that(self.residual.is_some(), "sum", "absent without a residual", "one")?;
            like_x("sum", sum)?;
        }
        Ok(())
    }

    fn cost(&self) -> Cost {
        // RMS: square and add, scale, weight. Layer: add; subtract, square, add; scale, weight, bias.
        let each = if self.kind == NormKind::Layer { 7.0 } else { 4.0 } + f64::from(u8::from(self.residual.is_some()));
        Cost::streaming(self, each * self.x.numel() as f64)
    }

    fn dtype(&self) -> DType {
        self.x.dtype()
    }

    fn variant(&self) -> &'static str {
        match (self.kind, self.residual.is_some()) {
            (NormKind::Rms, false) => "rms",
            (NormKind::RmsGemma, false) => "rms_gemma",
            (NormKind::Layer, false) => "layer",
            (NormKind::Rms, true) => "add_rms",
            (NormKind::RmsGemma, true) => "add_rms_gemma",
            (NormKind::Layer, true) => "add_layer",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dims, Error, OpCall, host};

    fn zeros(dtype: DType, shape: impl Into<Dims>) -> TensorViewMut {
        host::zeros(dtype, shape).unwrap()
    }

    fn bf16s(shape: impl Into<Dims>) -> TensorViewMut {
        zeros(DType::BF16, shape)
    }

    fn rms() -> Norm {
        Norm::new(bf16s([3, 5]).view(), bf16s([5]).view(), NormKind::Rms, 1e-6, bf16s([3, 5]))
    }

    fn argument(result: Result<()>) -> &'static str {
        match result.unwrap_err() {
            Error::Argument { argument, .. } | Error::DType { argument, .. } | Error::Shape { argument, .. } => argument,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn norm_refuses_each_misfit_by_name() {
        assert!(rms().check().is_ok());
        assert!(Norm { weight: zeros(DType::F32, [5]).view(), ..rms() }.check().is_ok(), "mixed mode");
        assert_eq!(argument(Norm { weight: zeros(DType::F16, [5]).view(), ..rms() }.check()), "weight");
        assert_eq!(argument(Norm { weight: bf16s([3]).view(), ..rms() }.check()), "weight");
        assert_eq!(argument(Norm { x: zeros(DType::I8, [3, 5]).view(), ..rms() }.check()), "x");
        assert_eq!(argument(Norm { x: bf16s([0usize; 0]).view(), ..rms() }.check()), "x");
        assert_eq!(argument(Norm { y: bf16s([5, 3]), ..rms() }.check()), "y");
        assert_eq!(argument(rms().with_residual(bf16s([3, 4]).view(), bf16s([3, 5])).check()), "residual");
        assert_eq!(argument(rms().with_residual(bf16s([3, 5]).view(), zeros(DType::F32, [3, 5])).check()), "sum");
        for eps in [-1e-6, f32::NAN, f32::INFINITY] {
            assert_eq!(argument(Norm { eps, ..rms() }.check()), "eps");
        }
    }

    #[test]
    fn norm_refuses_combinations_that_mean_nothing() {
        assert_eq!(argument(rms().with_bias(bf16s([5]).view()).check()), "bias");
        assert_eq!(argument(Norm { sum: Some(bf16s([3, 5])), ..rms() }.check()), "sum");
        assert!(Norm { residual: Some(bf16s([3, 5]).view()), ..rms() }.check().is_ok(), "a sum that is not kept");
    }

    #[test]
    fn norm_in_place_pairs_may_alias_and_outputs_may_not() {
        let (x, r) = (bf16s([3, 5]), bf16s([3, 5]));
        let call = |y: &TensorViewMut, sum: &TensorViewMut| {
            OpCall::from(Norm { x: x.view(), y: y.clone(), ..rms() }.with_residual(r.view(), sum.clone())).check()
        };
        assert!(call(&x, &r).is_ok());
        assert!(call(&r, &x).is_ok());
        assert!(matches!(call(&x, &x), Err(Error::Overlap { .. })));
    }
}
