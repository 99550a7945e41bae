//! Activations, plain and gated.

use super::tensors::tensors;
use super::{Check, Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// A plain activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivationKind {
    /// `x * sigmoid(x)`.
    Silu,
    /// `x * Phi(x)`, exact: `Phi(x) = (1 + erf(x / sqrt 2)) / 2`.
    GeluErf,
    /// The tanh approximation of GELU: `x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2`.
    GeluTanh,
}

/// `y = f(x)`, elementwise.
///
/// | | |
/// |---|---|
/// | dtypes | `x`, `y`: one of f32, f16, bf16 |
/// | inside | f32 |
/// | rounding | once, to `y`'s dtype |
/// | source | aclnnSilu, aclnnGeluV2 (approximate 0 and 1) |
#[derive(Clone, Debug)]
pub struct Activation {
    /// Any shape, any strides.
    pub x: TensorView,
    /// The function.
    pub kind: ActivationKind,
    /// As `x`; may be the very view of `x`.
    pub y: TensorViewMut,
}

impl Activation {
    /// `kind` of `x` into `y`.
    pub fn new(x: TensorView, kind: ActivationKind, y: TensorViewMut) -> Self {
        Self { x, kind, y }
    }
}

/// A gated activation of a gate `g` and an up value `u`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GluKind {
    /// `silu(g) * u`.
    Swiglu,
    /// `gelu(g) * u`, exact GELU.
    GegluErf,
    /// `gelu(g) * u`, tanh approximation.
    GegluTanh,
    /// GPT-OSS: `g' = min(g, limit)`, `u' = clamp(u, -limit, limit)`, `g' * sigmoid(alpha * g') * (u' + up_bias)`.
    SwigluClamped {
        /// Bound, above 0; 7 in GPT-OSS.
        limit: f32,
        /// Slope, above 0; 1.702 in GPT-OSS.
        alpha: f32,
        /// Added to the up value; 1 in GPT-OSS.
        up_bias: f32,
    },
}

impl GluKind {
    /// The clamped SwiGLU with GPT-OSS's constants.
    pub const GPT_OSS: Self = Self::SwigluClamped { limit: 7.0, alpha: 1.702, up_bias: 1.0 };

    /// Refuses constants that make no function: what every op with a gated activation calls in its own `check()`.
    pub(crate) fn check(self, c: Check, argument: &'static str) -> Result<()> {
        let Self::SwigluClamped { limit, alpha, up_bias } = self else { return Ok(()) };
        c.that(limit > 0.0, argument, "a clamped swiglu with a limit above 0", format_args!("limit {limit}"))?;
        c.that(
            alpha > 0.0 && alpha.is_finite(),
            argument,
            "a clamped swiglu with a finite alpha above 0",
            format_args!("alpha {alpha}"),
        )?;
        c.that(up_bias.is_finite(), argument, "a clamped swiglu with a finite up_bias", format_args!("up_bias {up_bias}"))
    }

    /// Arithmetic operations per result, for `cost()`: the exponential and the polynomials count as one each.
    pub(crate) fn flops(self) -> f64 {
        match self {
            Self::Swiglu => 5.0,
            Self::GegluErf => 5.0,
            Self::GegluTanh => 9.0,
            Self::SwigluClamped { .. } => 10.0,
        }
    }
}

/// `y[.., i] = glu(gate_i, up_i)` over the last dimension.
///
/// | | |
/// |---|---|
/// | dtypes | `x`, `y`: one of f32, f16, bf16 |
/// | inside | f32; the activated gate is not rounded before it meets the up value (eager PyTorch rounds it) |
/// | rounding | once, to `y`'s dtype |
/// | source | aclnnSwiGlu, aclnnGeGluV3, aclnnClippedSwiglu |
#[derive(Clone, Debug)]
pub struct Glu {
    /// `[.., 2I]`: gates then ups, or alternating (gate first) when `interleaved`. Any strides.
    pub x: TensorView,
    /// The function.
    pub kind: GluKind,
    /// Gate and up alternate instead of standing in two halves.
    pub interleaved: bool,
    /// `[.., I]`.
    pub y: TensorViewMut,
}

impl Glu {
    /// `kind` of the two halves of `x` into `y`.
    pub fn new(x: TensorView, kind: GluKind, y: TensorViewMut) -> Self {
        Self { x, kind, interleaved: false, y }
    }

    /// With gate and up alternating.
    pub fn interleaved(mut self) -> Self {
        self.interleaved = true;
        self
    }
}

impl Op for Activation {
    const KIND: OpKind = OpKind::Activation;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["silu", "gelu_erf", "gelu_tanh"];
    const RULES: &'static [Rule] = &[
        Rule { name: "empty", text: "A dimension of 0 gives an empty result." },
        Rule { name: "large", text: "No finite value overflows inside: far above 0 the result is x, far below it is 0." },
        Rule { name: "infinite", text: "f(-inf) = 0, where the formula as written gives NaN; f(+inf) = +inf." },
        Rule { name: "nan", text: "A NaN gives NaN, and touches no other element." },
        Rule { name: "strided", text: "x may have any strides, and y any that repeat no element." },
        Rule { name: "in_place", text: "y may be the very view of x." },
    ];
    const IN_PLACE: &'static [(&'static str, &'static str)] = &[("x", "y")];

    tensors!(x: in, y: Float);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        c.dtype("x", &self.x, Self::DTYPES)?;
        c.dtype("y", &self.y, &[self.x.dtype()])?;
        c.that(self.y.shape() == self.x.shape(), "y", format_args!("the shape of x, {}", self.x.shape()), self.y.shape())
    }

    fn cost(&self) -> Cost {
        let each = match self.kind {
            ActivationKind::Silu | ActivationKind::GeluErf => 4.0,
            ActivationKind::GeluTanh => 8.0,
        };
        Cost::streaming(self, each * self.x.numel() as f64)
    }

    fn dtype(&self) -> DType {
        self.x.dtype()
    }

    fn variant(&self) -> &'static str {
        match self.kind {
            ActivationKind::Silu => "silu",
            ActivationKind::GeluErf => "gelu_erf",
            ActivationKind::GeluTanh => "gelu_tanh",
        }
    }
}

impl Op for Glu {
    const KIND: OpKind = OpKind::Glu;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &[
        "swiglu",
        "swiglu_interleaved",
        "geglu_erf",
        "geglu_erf_interleaved",
        "geglu_tanh",
        "geglu_tanh_interleaved",
        "swiglu_clamped",
        "swiglu_clamped_interleaved",
    ];
    const RULES: &'static [Rule] = &[
        Rule { name: "empty", text: "No tokens, or I = 0, give an empty result. An odd last dimension of x is refused." },
        Rule { name: "infinite", text: "A gate of -inf is activated to 0, where the formula as written gives NaN; the result is 0 * up." },
        Rule { name: "nan", text: "A NaN in the gate or in the up value gives NaN, also through a clamp, and touches no other result." },
        Rule { name: "clamp", text: "The gate is bounded from above only, the up value on both sides; up_bias is added after the bound." },
        Rule { name: "strided", text: "x may have any strides, and y any that repeat no element." },
    ];

    fn applies(_: DType, variant: &str, rule: &str) -> bool {
        rule != "clamp" || variant.starts_with("swiglu_clamped")
    }

    tensors!(x: in, y: Float);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        c.dtype("x", &self.x, Self::DTYPES)?;
        c.dtype("y", &self.y, &[self.x.dtype()])?;
        self.kind.check(c, "kind")?;
        let (x, y) = (self.x.shape(), self.y.shape());
        c.that(x.last().is_some_and(|n| n % 2 == 0), "x", "[.., 2I]", x)?;
        let halved = y.len() == x.len() && y.split_last().zip(x.split_last()).is_some_and(|((i, ys), (n, xs))| *i == n / 2 && ys == xs);
        c.that(halved, "y", format_args!("the shape of x, {x}, with half its last dimension"), y)
    }

    fn cost(&self) -> Cost {
        Cost::streaming(self, self.kind.flops() * self.y.numel() as f64)
    }

    fn dtype(&self) -> DType {
        self.x.dtype()
    }

    fn variant(&self) -> &'static str {
        match (self.kind, self.interleaved) {
            (GluKind::Swiglu, false) => "swiglu",
            (GluKind::Swiglu, true) => "swiglu_interleaved",
            (GluKind::GegluErf, false) => "geglu_erf",
            (GluKind::GegluErf, true) => "geglu_erf_interleaved",
            (GluKind::GegluTanh, false) => "geglu_tanh",
            (GluKind::GegluTanh, true) => "geglu_tanh_interleaved",
            (GluKind::SwigluClamped { .. }, false) => "swiglu_clamped",
            (GluKind::SwigluClamped { .. }, true) => "swiglu_clamped_interleaved",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, host};

    fn f32s(shape: impl Into<crate::Dims>) -> TensorViewMut {
        host::zeros(DType::F32, shape).unwrap()
    }

    fn argument(result: Result<()>) -> &'static str {
        match result.unwrap_err() {
            Error::Argument { argument, .. } | Error::DType { argument, .. } | Error::Shape { argument, .. } => argument,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn activation_refuses_another_shape_or_dtype() {
        let x = f32s([2, 3]).view();
        assert!(Activation::new(x.clone(), ActivationKind::Silu, f32s([2, 3])).check().is_ok());
        assert_eq!(argument(Activation::new(x.clone(), ActivationKind::Silu, f32s([3, 2])).check()), "y");
        let half = host::zeros(DType::F16, [2, 3]).unwrap();
        assert_eq!(argument(Activation::new(x, ActivationKind::Silu, half).check()), "y");
        let ints = host::zeros(DType::I32, [2, 3]).unwrap();
        assert_eq!(argument(Activation::new(ints.view(), ActivationKind::Silu, f32s([2, 3])).check()), "x");
    }

    #[test]
    fn glu_refuses_odd_width_and_wrong_result() {
        let glu = |x: TensorViewMut, y: TensorViewMut| Glu::new(x.view(), GluKind::Swiglu, y).check();
        assert!(glu(f32s([2, 6]), f32s([2, 3])).is_ok());
        assert!(glu(f32s([0, 6]), f32s([0, 3])).is_ok());
        assert!(glu(f32s([2, 0]), f32s([2, 0])).is_ok());
        assert_eq!(argument(glu(f32s([2, 5]), f32s([2, 2]))), "x");
        assert_eq!(argument(glu(f32s([2, 6]), f32s([2, 6]))), "y");
        assert_eq!(argument(glu(f32s([2, 6]), f32s([3]))), "y");
        let scalar = f32s([0usize; 0]);
        assert_eq!(argument(glu(scalar, f32s([1]))), "x");
    }

    #[test]
    fn glu_refuses_constants_that_make_no_function() {
        let check = |limit, alpha, up_bias| {
            Glu::new(f32s([1, 2]).view(), GluKind::SwigluClamped { limit, alpha, up_bias }, f32s([1, 1])).interleaved().check()
        };
        assert!(check(7.0, 1.702, 1.0).is_ok());
        assert!(check(f32::INFINITY, 1.0, 0.0).is_ok(), "no bound");
        for (limit, alpha, up_bias) in
            [(0.0, 1.0, 1.0), (f32::NAN, 1.0, 1.0), (7.0, 0.0, 1.0), (7.0, f32::INFINITY, 1.0), (7.0, 1.0, f32::NAN)]
        {
            assert_eq!(argument(check(limit, alpha, up_bias)), "kind");
        }
    }
}
