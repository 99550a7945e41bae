//! Dense matrix product.

use super::weight::nd;
use super::{Arg, Check, Compare, Cost, MAX_INT_K, Op, OpKind, PLAIN, Role, Rule, Tensors, Weight};
use crate::{DType, Result, TensorView, TensorViewMut};

/// `y = x @ weight (+ bias)`, each matrix of a batch by itself.
///
/// * float: `y[m, n] = sum_k x[m, k] * w[k, n] (+ bias[n])`.
/// * W8A8, `x` and `weight` i8: `y[m, n] = (sum_k x[m, k] * w[k, n] (+ bias[n], if i32)) * scale[n] * x_scale[m] (+ bias[n], if float)`. Without `x_scale` that
///   factor is 1 (static quantisation, where the scale of `x` is part of `scale`). Without any scale and with `y` i32: the sum itself.
/// * weight-only, `x` float and `weight` i8 or i4: the weight is dequantised as [`WeightQuant`](super::WeightQuant) says, then as float.
///
/// | | |
/// |---|---|
/// | dtypes, float | `x`, `weight`: one of f32, f16, bf16; `y`: as `x`, or f32 (router logits); `bias`: as `y` or f32 |
/// | dtypes, W8A8 | `x`, `weight`: i8; `scale`: f32, f16, bf16; `x_scale`: f32; `y`: f32, f16, bf16, or i32 without scales; `bias`: as `y`, f32 or i32 |
/// | dtypes, weight-only | as float, with `weight` i8 or i4, `scale` and `offset` f32, f16 or bf16, `zero` i8 |
/// | accumulated | f32 in one chain over rising `k` (fused multiply-adds or not); W8A8: i32, exact, so `K <= 131071` |
/// | rounding | dequantised weights to f32; each scale, then the bias, in f32; once to `y`'s dtype |
/// | weight-only, 16-bit `x` | instead of each weight, a group's f32 sum of `x * (code - zero)` may be scaled: as exact, but it can overflow where `x` is beyond 2^100; where `(code - zero) * scale` is not finite in f32, any number, infinity or NaN may come out of that column |
/// | weight-only, groups of 32 or offsets | the same for any `x`, the sums being of 32 elements or fewer; the offset is multiplied with the f32 sum of their `x`, so that beside offsets an infinite `x` may give NaN |
/// | subnormal bf16 | numbers below 2^-126 may count as 0 (x86 `vdpbf16ps` and AMX do so) |
/// | source | aclnnMatmul, aclnnBatchMatMul, aclnnQuantMatmulV4, aclnnWeightQuantBatchMatmulV2 |
#[derive(Clone, Debug)]
pub struct Matmul {
    /// `[M, K]` or `[B, M, K]`, any strides.
    pub x: TensorView,
    /// `[K, N]`, or `[B, K, N]` when `x` has a batch.
    pub weight: Weight,
    /// `[M]` f32 (`[B, M]`), for i8 `x`.
    pub x_scale: Option<TensorView>,
    /// `[N]`, in `y`'s dtype or f32; for i8 `x` also i32.
    pub bias: Option<TensorView>,
    /// `[M, N]` or `[B, M, N]`, any strides.
    pub y: TensorViewMut,
}

impl Matmul {
    /// `y = x @ weight`.
    pub fn new(x: TensorView, weight: Weight, y: TensorViewMut) -> Self {
        Self { x, weight, x_scale: None, bias: None, y }
    }

    /// With a scale for each row of an i8 `x`.
    pub fn with_x_scale(mut self, x_scale: TensorView) -> Self {
        self.x_scale = Some(x_scale);
        self
    }

    /// With a bias for each column.
    pub fn with_bias(mut self, bias: TensorView) -> Self {
        self.bias = Some(bias);
        self
    }
}

impl Op for Matmul {
    const KIND: OpKind = OpKind::Matmul;
    const WEIGHTS: &'static [&'static str] = &["weight"];
    const DTYPES: &'static [DType] = &[DType::F32, DType::F16, DType::BF16, DType::I8];
    const VARIANTS: &'static [&'static str] = &[
        "dense",
        "dense_f32",
        "batched",
        "w8a8",
        "w8a8_static",
        "w8a8_raw",
        "woq8_channel",
        "woq8_channel_asym",
        "woq8_group",
        "woq8_group_asym",
        "woq4_channel",
        "woq4_channel_asym",
        "woq4_group",
        "woq4_group_asym",
        "woq8_channel_offset",
        "woq8_group_offset",
        "woq4_channel_offset",
        "woq4_group_offset",
    ];
    const RULES: &'static [Rule] = &[
        Rule { name: "empty", text: "M = 0, N = 0 or B = 0 gives an empty result." },
        Rule { name: "zero_k", text: "K = 0 gives zeros, plus the bias." },
        Rule { name: "bias", text: "A float bias, also an f32 one beside a 16-bit y, is added in f32 after the sum (and its scales), before the one rounding." },
        Rule { name: "int_bias", text: "An i32 bias is added to the integer sum, before the scales; that addition saturates at the bounds of i32." },
        Rule { name: "strided", text: "x, scales, bias and y may have any strides; what lies between the elements of y keeps its contents." },
        Rule { name: "nz_weight", text: "A weight in FRACTAL_NZ gives the same result as the same weight in ND; its padding is never read." },
        Rule { name: "nan_inf", text: "NaN and infinity spread by IEEE rules (0 * inf is NaN), within their own row of x or column of the weight only." },
        Rule { name: "overflow", text: "A result beyond the range of a f16 y is infinite, not the largest finite number." },
        Rule { name: "extreme_sums", text: "Integer sums are exact where f32 is not: beyond 2^24, up to -128 * -128 * K." },
        Rule { name: "extreme_codes", text: "Code minus zero is exact over the whole range of both: -128 - 127 does not wrap to 8 bits." },
        Rule { name: "partial_group", text: "When K is no multiple of the group, the last group is shorter." },
        Rule { name: "zero_scale", text: "A row or column whose scale is 0 gives 0 (plus offsets and a float bias): there is no division." },
    ];

    fn applies(dtype: DType, variant: &str, rule: &str) -> bool {
        weight_applies(dtype, variant, rule)
    }

    fn visit<'a>(&'a self, f: &mut dyn FnMut(Arg<'a>)) {
        self.x.visit("x", Role::In, f);
        self.weight.visit("weight", Role::In, f);
        self.x_scale.visit("x_scale", Role::In, f);
        self.bias.visit("bias", Role::In, f);
        self.y.visit("y", product_role(&self.y), f);
    }

    fn map(&self, f: &mut dyn FnMut(Arg<'_>) -> Result<TensorView>) -> Result<Self> {
        Ok(Self {
            x: self.x.map_tensors("x", Role::In, f)?,
            weight: self.weight.map_tensors("weight", Role::In, f)?,
            x_scale: self.x_scale.map_tensors("x_scale", Role::In, f)?,
            bias: self.bias.map_tensors("bias", Role::In, f)?,
            y: self.y.map_tensors("y", product_role(&self.y), f)?,
        })
    }

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        c.dtype("x", &self.x, Self::DTYPES)?;
        nd(c, "x", &self.x)?;
        let x = self.x.dtype();
        if self.x.rank() == 3 {
            let [b, m, k] = c.rank("x", &self.x, "[B, M, K]")?;
            let [_, _, n] = c.rank("weight", &self.weight.data, "[B, K, N]")?;
            self.weight.check(c, "weight", x, [("B", b), ("K", k), ("N", n)])?;
            c.shape("y", &self.y, [("B", b), ("M", m), ("N", n)])?;
            if let Some(x_scale) = &self.x_scale {
                c.shape("x_scale", x_scale, [("B", b), ("M", m)])?;
            }
            self.check_common(c, k, n)
        } else {
            let [m, k] = c.rank("x", &self.x, "[M, K] or [B, M, K]")?;
            let [_, n] = c.rank("weight", &self.weight.data, "[K, N]")?;
            self.weight.check(c, "weight", x, [("K", k), ("N", n)])?;
            c.shape("y", &self.y, [("M", m), ("N", n)])?;
            if let Some(x_scale) = &self.x_scale {
                c.shape("x_scale", x_scale, [("M", m)])?;
            }
            self.check_common(c, k, n)
        }
    }

    fn cost(&self) -> Cost {
        let k = self.x.shape().last_or_one() as f64;
        let bias = if self.bias.is_some() { 1.0 } else { 0.0 };
        Cost::streaming(self, self.y.numel() as f64 * (2.0 * k + bias))
    }

    fn dtype(&self) -> DType {
        self.x.dtype()
    }

    fn variant(&self) -> &'static str {
        if self.x.dtype() == DType::I8 {
            return int_variant(self.weight.quant.is_some(), self.x_scale.is_some());
        }
        match self.weight.weight_only_variant() {
            Some(variant) => variant,
            None if self.x.rank() == 3 => "batched",
            None if self.y.dtype() != self.x.dtype() => "dense_f32",
            None => "dense",
        }
    }
}

impl Matmul {
    fn check_common(&self, c: Check, k: usize, n: usize) -> Result<()> {
        product_dtypes(c, &self.x, &self.weight, self.x_scale.as_ref(), &self.y)?;
        nd(c, "y", &self.y)?;
        c.that(self.x.dtype() != DType::I8 || k <= MAX_INT_K, "x", format_args!("of K <= {MAX_INT_K}, so that i32 sums are exact"), k)?;
        if let Some(bias) = &self.bias {
            bias_dtype(c, bias, &self.x, self.y.dtype())?;
            c.shape("bias", bias, [("N", n)])?;
        }
        Ok(())
    }
}

/// Which edge rules of a product with a [`Weight`] can occur. Variants of i8 activations begin with `w8a8`, weight-only ones with `woq`.
pub(super) fn weight_applies(dtype: DType, variant: &str, rule: &str) -> bool {
    let (int, woq) = (variant.starts_with("w8a8"), variant.starts_with("woq"));
    let sixteen = matches!(dtype, DType::F16 | DType::BF16);
    if int != (dtype == DType::I8) || (variant == "dense_f32" && !sixteen) {
        return false;
    }
    match rule {
        PLAIN => true,
        "bias" => variant != "w8a8_raw",
        "int_bias" | "extreme_sums" => int,
        // An infinity may meet an offset of the other sign.
        "nan_inf" => !int && !variant.ends_with("offset"),
        "overflow" => dtype == DType::F16 && matches!(variant, "dense" | "batched"),
        "extreme_codes" => variant.ends_with("asym"),
        "partial_group" => variant.contains("group"),
        "zero_scale" => woq || (int && variant != "w8a8_raw"),
        _ => true,
    }
}

/// The name of a product of i8 activations.
pub(super) fn int_variant(scaled: bool, per_token: bool) -> &'static str {
    match (scaled, per_token) {
        (false, _) => "w8a8_raw",
        (true, false) => "w8a8_static",
        (true, true) => "w8a8",
    }
}

/// How the result of a product is compared: integers to the bit, codes by steps, floats by error.
pub(super) fn product_role(y: &TensorView) -> Role {
    Role::Out(match y.dtype() {
        DType::I32 => Compare::Exact,
        DType::I8 => Compare::Quantized,
        _ => Compare::Float,
    })
}

/// Storage types of a product before any epilogue: `y` follows from `x` and the scales, `x_scale` is for i8 only.
pub(super) fn product_dtypes(c: Check, x: &TensorView, weight: &Weight, x_scale: Option<&TensorView>, y: &TensorView) -> Result<()> {
    match (x.dtype(), &weight.quant) {
        (DType::I8, None) => c.dtype("y", y, &[DType::I32])?,
        (DType::I8, Some(_)) => c.dtype("y", y, &DType::FLOATS)?,
        (DType::F32, _) => c.dtype("y", y, &[DType::F32])?,
        (x, _) => c.dtype("y", y, &[x, DType::F32])?,
    }
    check_x_scale(c, x, weight, x_scale)
}

/// `x_scale` is for i8 activations that meet a scaled weight.
pub(super) fn check_x_scale(c: Check, x: &TensorView, weight: &Weight, x_scale: Option<&TensorView>) -> Result<()> {
    let Some(x_scale) = x_scale else { return Ok(()) };
    c.that(x.dtype() == DType::I8, "x_scale", format_args!("none beside {} activations", x.dtype()), "one")?;
    c.that(weight.quant.is_some(), "x_scale", "none beside a weight without scales", "one")?;
    c.dtype("x_scale", x_scale, &[DType::F32])?;
    nd(c, "x_scale", x_scale)
}

/// A bias is in the result's type or f32; beside i8 activations also i32, and only that where there are no scales.
pub(super) fn bias_dtype(c: Check, bias: &TensorView, x: &TensorView, result: DType) -> Result<()> {
    nd(c, "bias", bias)?;
    match (x.dtype(), result) {
        (DType::I8, DType::I32) => c.dtype("bias", bias, &[DType::I32]),
        (DType::I8, y) => c.dtype("bias", bias, &[y, DType::F32, DType::I32]),
        (_, y) => c.dtype("bias", bias, &[y, DType::F32]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, Layout, OpCall, host};

    fn t(dtype: DType, shape: impl Into<crate::Dims>) -> TensorView {
        host::zeros(dtype, shape).unwrap().view()
    }

    fn dense(dtype: DType) -> Matmul {
        Matmul::new(t(dtype, [3, 4]), Weight::kn(t(dtype, [4, 6])), t(dtype, [3, 6]).to_mut())
    }

    fn w8a8() -> Matmul {
        let weight = Weight::kn(t(DType::I8, [4, 6])).per_channel(t(DType::F32, [1, 6]));
        Matmul::new(t(DType::I8, [3, 4]), weight, t(DType::BF16, [3, 6]).to_mut()).with_x_scale(t(DType::F32, [3]))
    }

    fn weight_only(dtype: DType, group: usize, groups: usize) -> Matmul {
        let weight = Weight::kn(t(dtype, [4, 6])).per_group(group, t(DType::F32, [groups, 6]), Some(t(DType::I8, [groups, 6])));
        Matmul::new(t(DType::F16, [3, 4]), weight, t(DType::F16, [3, 6]).to_mut())
    }

    /// The argument that `check` refuses.
    fn refused(op: Matmul) -> &'static str {
        match OpCall::from(op).check().unwrap_err() {
            Error::Shape { argument, .. } | Error::DType { argument, .. } | Error::Argument { argument, .. } => argument,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn variant_names_are_those_of_the_list() {
        let mut raw = w8a8();
        (raw.weight.quant, raw.x_scale, raw.y) = (None, None, t(DType::I32, [3, 6]).to_mut());
        let mut fixed = w8a8();
        fixed.x_scale = None;
        let mut logits = dense(DType::BF16);
        logits.y = t(DType::F32, [3, 6]).to_mut();
        let batch = |shape| t(DType::F32, shape);
        let batched = Matmul::new(batch([2, 3, 4]), Weight::kn(batch([2, 4, 6])), batch([2, 3, 6]).to_mut());
        let mut with_offset = weight_only(DType::I4, 3, 2);
        let quant = with_offset.weight.quant.as_mut().unwrap();
        (quant.offset, quant.zero) = (Some(quant.scale.clone()), None);
        for (op, variant) in [
            (dense(DType::F16), "dense"),
            (logits, "dense_f32"),
            (batched, "batched"),
            (w8a8(), "w8a8"),
            (fixed, "w8a8_static"),
            (raw, "w8a8_raw"),
            (weight_only(DType::I8, 0, 1), "woq8_channel_asym"),
            (weight_only(DType::I4, 3, 2), "woq4_group_asym"),
            (with_offset, "woq4_group_offset"),
        ] {
            OpCall::from(op.clone()).check().unwrap();
            assert_eq!(op.variant(), variant);
            assert!(Matmul::VARIANTS.contains(&variant) && Matmul::applies(op.dtype(), variant, PLAIN));
        }
    }

    #[test]
    fn wrong_argument_is_named() {
        let change = |mut op: Matmul, f: &dyn Fn(&mut Matmul)| {
            f(&mut op);
            refused(op)
        };
        assert_eq!(change(dense(DType::F32), &|op| op.x = t(DType::I64, [3, 4])), "x");
        assert_eq!(change(dense(DType::F32), &|op| op.x = t(DType::F32, [4])), "x");
        assert_eq!(change(dense(DType::F32), &|op| op.x = t(DType::F32, [3, 5])), "weight");
        assert_eq!(change(dense(DType::F32), &|op| op.weight.data = t(DType::F16, [4, 6])), "weight");
        assert_eq!(change(dense(DType::F32), &|op| op.weight.data = t(DType::F32, [1, 4, 6])), "weight");
        assert_eq!(change(dense(DType::F32), &|op| op.y = t(DType::F32, [6, 3]).to_mut()), "y");
        assert_eq!(change(dense(DType::F32), &|op| op.y = t(DType::BF16, [3, 6]).to_mut()), "y");
        assert_eq!(change(dense(DType::F16), &|op| op.y = t(DType::BF16, [3, 6]).to_mut()), "y");
        assert_eq!(change(dense(DType::F16), &|op| op.bias = Some(t(DType::BF16, [6]))), "bias");
        assert_eq!(change(dense(DType::F16), &|op| op.bias = Some(t(DType::I32, [6]))), "bias");
        assert_eq!(change(dense(DType::F16), &|op| op.bias = Some(t(DType::F16, [3]))), "bias");
        assert_eq!(change(dense(DType::F16), &|op| op.x_scale = Some(t(DType::F32, [3]))), "x_scale");
        let scaled = |op: &mut Matmul| op.weight = op.weight.clone().per_channel(t(DType::F32, [1, 6]));
        assert_eq!(change(dense(DType::F32), &scaled), "weight.scale");
        assert_eq!(change(dense(DType::F16), &|op| op.weight.data = t(DType::I8, [4, 6])), "weight.scale");

        assert_eq!(change(w8a8(), &|op| op.weight.data = t(DType::I4, [4, 6])), "weight");
        assert_eq!(change(w8a8(), &|op| op.x_scale = Some(t(DType::F32, [6]))), "x_scale");
        assert_eq!(change(w8a8(), &|op| op.x_scale = Some(t(DType::F16, [3]))), "x_scale");
        assert_eq!(change(w8a8(), &|op| op.y = t(DType::I32, [3, 6]).to_mut()), "y");
        assert_eq!(change(w8a8(), &|op| op.weight.quant = None), "y");
        let grouped = |op: &mut Matmul| op.weight = Weight::kn(t(DType::I8, [4, 6])).per_group(2, t(DType::F32, [2, 6]), None);
        assert_eq!(change(w8a8(), &grouped), "weight");
        let asymmetric = |op: &mut Matmul| op.weight.quant.as_mut().unwrap().zero = Some(t(DType::I8, [1, 6]));
        assert_eq!(change(w8a8(), &asymmetric), "weight.zero");

        let offset = |dtype, shape: [usize; 2]| move |op: &mut Matmul| op.weight.quant.as_mut().unwrap().offset = Some(t(dtype, shape));
        assert_eq!(change(w8a8(), &offset(DType::F32, [1, 6])), "weight.offset");
        assert_eq!(change(weight_only(DType::I4, 0, 1), &offset(DType::F16, [1, 6])), "weight.zero");
        let symmetric = || {
            let mut op = weight_only(DType::I4, 2, 2);
            op.weight.quant.as_mut().unwrap().zero = None;
            op
        };
        assert_eq!(change(symmetric(), &offset(DType::I8, [2, 6])), "weight.offset");
        assert_eq!(change(symmetric(), &offset(DType::F16, [1, 6])), "weight.offset");

        assert_eq!(refused(weight_only(DType::I8, 3, 1)), "weight.scale");
        assert_eq!(refused(weight_only(DType::I8, 0, 4)), "weight.scale");
        let zero = |dtype, shape: [usize; 2]| move |op: &mut Matmul| op.weight.quant.as_mut().unwrap().zero = Some(t(dtype, shape));
        assert_eq!(change(weight_only(DType::I8, 0, 1), &zero(DType::I32, [1, 6])), "weight.zero");
        assert_eq!(change(weight_only(DType::I8, 0, 1), &zero(DType::I8, [2, 6])), "weight.zero");
        let int_scale = |op: &mut Matmul| op.weight.quant.as_mut().unwrap().scale = t(DType::I8, [1, 6]);
        assert_eq!(change(weight_only(DType::I8, 0, 1), &int_scale), "weight.scale");
    }

    #[test]
    fn only_the_weight_may_be_fractal() {
        let nz = |shape: [usize; 2]| {
            let memory = host::zeros(DType::F16, [16 * 16]).unwrap();
            TensorView::new(memory.buffer().clone(), DType::F16, Layout::fractal_nz(shape).unwrap()).unwrap()
        };
        let mut op = dense(DType::F16);
        op.weight.data = nz([4, 6]);
        OpCall::from(op.clone()).check().unwrap();
        op.x = nz([3, 4]);
        assert_eq!(refused(op), "x");
        let mut op = dense(DType::F16);
        op.y = nz([3, 6]).to_mut();
        assert_eq!(refused(op), "y");
    }

    #[test]
    fn int_sums_are_refused_where_they_could_overflow() {
        assert!((MAX_INT_K as i64) * 128 * 128 <= i64::from(i32::MAX));
        assert!((MAX_INT_K as i64 + 1) * 128 * 128 > i64::from(i32::MAX));
        let of = |k: usize| {
            let x = t(DType::I8, [1, k]);
            Matmul::new(x, Weight::kn(t(DType::I8, [k, 1])), t(DType::I32, [1, 1]).to_mut())
        };
        OpCall::from(of(MAX_INT_K)).check().unwrap();
        assert_eq!(refused(of(MAX_INT_K + 1)), "x");
    }

    #[test]
    fn shapes_without_elements_are_accepted_however_long() {
        let x = t(DType::F32, [0, usize::MAX]);
        let weight = Weight::kn(t(DType::F32, [usize::MAX, 0]));
        let op = Matmul::new(x, weight, t(DType::F32, [0, 0]).to_mut());
        OpCall::from(op.clone()).check().unwrap();
        assert_eq!(op.cost().flops, 0.0);
    }

    #[test]
    fn check_only_the_weight_may_be_packed() {
        let packed = |shape: [usize; 2]| {
            let flat = t(DType::BF16, [64]);
            TensorView::new(flat.buffer().clone(), DType::BF16, Layout::packed(shape).unwrap()).unwrap()
        };
        let op = dense(DType::BF16);
        let call = |op| OpCall::Matmul(op).check();
        assert!(call(Matmul { weight: Weight::kn(packed([4, 6])), ..op.clone() }).is_ok());
        assert!(matches!(call(Matmul { weight: Weight::kn(packed([6, 4])), ..op.clone() }), Err(Error::Shape { argument: "weight", .. })));
        assert!(matches!(call(Matmul { x: packed([3, 4]), ..op.clone() }), Err(Error::Argument { argument: "x", .. })));
        assert!(matches!(call(Matmul { y: packed([3, 6]).to_mut(), ..op }), Err(Error::Argument { argument: "y", .. })));
    }

    #[test]
    fn cost_counts_two_operations_a_product() {
        let cost = dense(DType::F16).cost();
        assert_eq!(cost.flops, 2.0 * 3.0 * 4.0 * 6.0);
        assert_eq!((cost.read_bytes, cost.write_bytes), (2.0 * (12.0 + 24.0), 2.0 * 18.0));
    }
}
