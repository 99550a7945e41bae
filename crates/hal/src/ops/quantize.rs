//! Dynamic per-token int8 quantisation, and back.

use super::tensors::tensors;
use super::{Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// `r = x * smooth`; `scale[t] = max|r[t]| / 127`; `q = round_half_even(r / scale)`.
#[derive(Clone, Debug)]
pub struct Quantize {
    /// `[T, K]`.
    pub x: TensorView,
    /// `[K]`.
    pub smooth: Option<TensorView>,
    /// `[T, K]` i8.
    pub q: TensorViewMut,
    /// `[T]` f32.
    pub scale: TensorViewMut,
}

/// `y[t, n] = q[t, n] * weight_scale[n] * x_scale[t] + bias[n]`.
#[derive(Clone, Debug)]
pub struct Dequantize {
    /// `[T, N]` i32 accumulators or i8 codes.
    pub q: TensorView,
    /// `[T]` f32.
    pub x_scale: Option<TensorView>,
    /// `[N]` f32.
    pub weight_scale: Option<TensorView>,
    /// `[N]` f32 or as `y`.
    pub bias: Option<TensorView>,
    /// `[T, N]` float.
    pub y: TensorViewMut,
}

impl Op for Quantize {
    const KIND: OpKind = OpKind::Quantize;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(x: in, smooth: in, q: Quantized, scale: Float);

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

impl Op for Dequantize {
    const KIND: OpKind = OpKind::Dequantize;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(q: in, x_scale: in, weight_scale: in, bias: in, y: Float);

    fn dtype(&self) -> DType {
        self.y.dtype()
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
