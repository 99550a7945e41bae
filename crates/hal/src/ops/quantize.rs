//! Dynamic per-token int8 quantisation, and back.

use super::tensors::tensors;
use super::{Check, Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// `r = x * smooth`; `scale[t] = max|r[t]| / 127`; `q = round_half_even(r / scale)`, a division and not a product with the reciprocal.
///
/// | | |
/// |---|---|
/// | dtypes | `x`: f32, f16 or bf16; `smooth`: f32 or as `x`; `q`: i8; `scale`: f32 |
/// | inside | f32: `r`, the maximum, both quotients |
/// | rounding | `scale` once, to f32; codes belong to the scale as stored, lie in `[-127, 127]`, and may be off by one where `r / scale` is next to a half |
/// | source | aclnnDynamicQuant |
#[derive(Clone, Debug)]
pub struct Quantize {
    /// `[T, K]`, any strides.
    pub x: TensorView,
    /// `[K]`; absent: 1.
    pub smooth: Option<TensorView>,
    /// `[T, K]` i8.
    pub q: TensorViewMut,
    /// `[T]` f32.
    pub scale: TensorViewMut,
}

impl Quantize {
    /// Codes and scales of the rows of `x`.
    pub fn new(x: TensorView, q: TensorViewMut, scale: TensorViewMut) -> Self {
        Self { x, smooth: None, q, scale }
    }

    /// With a factor for each column, applied first.
    pub fn with_smooth(mut self, smooth: TensorView) -> Self {
        self.smooth = Some(smooth);
        self
    }
}

/// `y[t, n] = q[t, n] * weight_scale[n] * x_scale[t] + bias[n]`.
///
/// | | |
/// |---|---|
/// | dtypes | `q`: i32 accumulators or i8 codes; scales: f32; `bias`: f32 or as `y`; `y`: f32, f16 or bf16 |
/// | inside | f32, in the order of the formula; an i32 is rounded to f32 first (to nearest, ties to even), so accumulators beyond 2^24 cost one rounding more |
/// | rounding | once, to `y`'s dtype |
/// | source | aclnnDequantBias |
#[derive(Clone, Debug)]
pub struct Dequantize {
    /// `[T, N]` i32 accumulators or i8 codes, any strides.
    pub q: TensorView,
    /// `[T]` f32; absent: 1.
    pub x_scale: Option<TensorView>,
    /// `[N]` f32; absent: 1.
    pub weight_scale: Option<TensorView>,
    /// `[N]` f32 or as `y`; absent: nothing is added.
    pub bias: Option<TensorView>,
    /// `[T, N]` float.
    pub y: TensorViewMut,
}

impl Dequantize {
    /// `q` as floats into `y`, with no scale yet.
    pub fn new(q: TensorView, y: TensorViewMut) -> Self {
        Self { q, x_scale: None, weight_scale: None, bias: None, y }
    }

    /// With a factor for each row.
    pub fn with_x_scale(mut self, x_scale: TensorView) -> Self {
        self.x_scale = Some(x_scale);
        self
    }

    /// With a factor for each column.
    pub fn with_weight_scale(mut self, weight_scale: TensorView) -> Self {
        self.weight_scale = Some(weight_scale);
        self
    }

    /// With a term for each column.
    pub fn with_bias(mut self, bias: TensorView) -> Self {
        self.bias = Some(bias);
        self
    }
}

impl Op for Quantize {
    const KIND: OpKind = OpKind::Quantize;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["per_token", "per_token_smooth"];
    const RULES: &'static [Rule] = &[
        Rule { name: "empty", text: "No tokens give an empty result; rows of no elements have scale 0." },
        Rule { name: "zero_row", text: "A row of zeros (a padding token) has scale 0 and codes 0." },
        Rule { name: "tiny_row", text: "A row so small that its scale is 0 in f32 has codes 0." },
        Rule { name: "nan_row", text: "A row with a NaN has scale NaN and codes 0: dequantised, it is NaN throughout." },
        Rule { name: "inf_row", text: "A row with an infinity and no NaN has scale +inf and codes 0: dequantised, it is NaN throughout." },
        Rule { name: "full_range", text: "The largest magnitude of a row gets code 127 or -127; -128 is never used." },
        Rule { name: "strided", text: "x may have any strides." },
    ];

    fn applies(dtype: DType, _: &str, rule: &str) -> bool {
        // No 16-bit number but 0 is that small.
        rule != "tiny_row" || dtype == DType::F32
    }

    tensors!(x: in, smooth: in, q: Quantized, scale: Float);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        c.dtype("x", &self.x, Self::DTYPES)?;
        c.dtype("q", &self.q, &[DType::I8])?;
        c.dtype("scale", &self.scale, &[DType::F32])?;
        let [t, k] = c.rank("x", &self.x, "[T, K]")?;
        if let Some(smooth) = &self.smooth {
            c.dtype("smooth", smooth, &[DType::F32, self.x.dtype()])?;
            c.shape("smooth", smooth, [("K", k)])?;
        }
        c.shape("q", &self.q, [("T", t), ("K", k)])?;
        c.shape("scale", &self.scale, [("T", t)])
    }

    fn cost(&self) -> Cost {
        // Magnitude and maximum; divide, round; the smoothing product.
        let each = if self.smooth.is_some() { 5.0 } else { 4.0 };
        Cost::streaming(self, each * self.x.numel() as f64)
    }

    fn dtype(&self) -> DType {
        self.x.dtype()
    }

    fn variant(&self) -> &'static str {
        if self.smooth.is_some() { "per_token_smooth" } else { "per_token" }
    }
}

impl Op for Dequantize {
    const KIND: OpKind = OpKind::Dequantize;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["i32", "i8"];
    const RULES: &'static [Rule] = &[
        Rule { name: "empty", text: "A dimension of 0 gives an empty result." },
        Rule { name: "absent_scales", text: "A scale that is absent counts as 1, a bias that is absent as nothing." },
        Rule { name: "zero_scale", text: "A row or column with scale 0 is the bias, or 0." },
        Rule { name: "infinite_scale", text: "A code of 0 in a row with scale +inf gives NaN: what quantize made of an infinity stays visible." },
        Rule { name: "large_sums", text: "Accumulators beyond 2^24 keep their size: they are rounded to the nearest f32, neither cut off nor saturated." },
        Rule { name: "strided", text: "q may have any strides, and y any that repeat no element." },
    ];

    fn applies(_: DType, variant: &str, rule: &str) -> bool {
        rule != "large_sums" || variant == "i32"
    }

    tensors!(q: in, x_scale: in, weight_scale: in, bias: in, y: Float);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        c.dtype("q", &self.q, &[DType::I32, DType::I8])?;
        c.dtype("y", &self.y, Self::DTYPES)?;
        let [t, n] = c.rank("q", &self.q, "[T, N]")?;
        if let Some(scale) = &self.x_scale {
            c.dtype("x_scale", scale, &[DType::F32])?;
            c.shape("x_scale", scale, [("T", t)])?;
        }
        if let Some(scale) = &self.weight_scale {
            c.dtype("weight_scale", scale, &[DType::F32])?;
            c.shape("weight_scale", scale, [("N", n)])?;
        }
        if let Some(bias) = &self.bias {
            c.dtype("bias", bias, &[DType::F32, self.y.dtype()])?;
            c.shape("bias", bias, [("N", n)])?;
        }
        c.shape("y", &self.y, [("T", t), ("N", n)])
    }

    fn cost(&self) -> Cost {
        let each = [&self.x_scale, &self.weight_scale, &self.bias].into_iter().flatten().count();
        Cost::streaming(self, each as f64 * self.q.numel() as f64)
    }

    fn dtype(&self) -> DType {
        self.y.dtype()
    }

    fn variant(&self) -> &'static str {
        if self.q.dtype() == DType::I8 { "i8" } else { "i32" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dims, Error, host};

    fn zeros(dtype: DType, shape: impl Into<Dims>) -> TensorViewMut {
        host::zeros(dtype, shape).unwrap()
    }

    fn argument(result: Result<()>) -> &'static str {
        match result.unwrap_err() {
            Error::Argument { argument, .. } | Error::DType { argument, .. } | Error::Shape { argument, .. } => argument,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn quantize_refuses_each_misfit_by_name() {
        use DType::{BF16, F16, F32, I8, U8};
        let ok = || Quantize::new(zeros(BF16, [3, 5]).view(), zeros(I8, [3, 5]), zeros(F32, [3]));
        assert!(ok().check().is_ok());
        assert!(ok().with_smooth(zeros(F32, [5]).view()).check().is_ok());
        assert!(ok().with_smooth(zeros(BF16, [5]).view()).check().is_ok());
        assert_eq!(argument(ok().with_smooth(zeros(F16, [5]).view()).check()), "smooth");
        assert_eq!(argument(ok().with_smooth(zeros(F32, [3]).view()).check()), "smooth");
        assert_eq!(argument(Quantize { x: zeros(I8, [3, 5]).view(), ..ok() }.check()), "x");
        assert_eq!(argument(Quantize { x: zeros(BF16, [15]).view(), ..ok() }.check()), "x");
        assert_eq!(argument(Quantize { q: zeros(U8, [3, 5]), ..ok() }.check()), "q");
        assert_eq!(argument(Quantize { q: zeros(I8, [5, 3]), ..ok() }.check()), "q");
        assert_eq!(argument(Quantize { scale: zeros(F32, [5]), ..ok() }.check()), "scale");
        assert_eq!(argument(Quantize { scale: zeros(F16, [3]), ..ok() }.check()), "scale");
    }

    #[test]
    fn dequantize_refuses_each_misfit_by_name() {
        use DType::{BF16, F16, F32, I8, I32, I64};
        let ok = || Dequantize::new(zeros(I32, [3, 5]).view(), zeros(BF16, [3, 5]));
        assert!(ok().check().is_ok());
        assert!(ok().with_bias(zeros(BF16, [5]).view()).check().is_ok());
        assert_eq!(Dequantize { q: zeros(I8, [3, 5]).view(), ..ok() }.variant(), "i8");
        assert_eq!(argument(Dequantize { q: zeros(I64, [3, 5]).view(), ..ok() }.check()), "q");
        assert_eq!(argument(ok().with_x_scale(zeros(F32, [5]).view()).check()), "x_scale");
        assert_eq!(argument(ok().with_x_scale(zeros(BF16, [3]).view()).check()), "x_scale");
        assert_eq!(argument(ok().with_weight_scale(zeros(F32, [3]).view()).check()), "weight_scale");
        assert_eq!(argument(ok().with_bias(zeros(F16, [5]).view()).check()), "bias");
        assert_eq!(argument(ok().with_bias(zeros(F32, [5, 1]).view()).check()), "bias");
        assert_eq!(argument(Dequantize { y: zeros(I32, [3, 5]), ..ok() }.check()), "y");
        assert_eq!(argument(Dequantize { y: zeros(F32, [3, 4]), ..ok() }.check()), "y");
    }
}
