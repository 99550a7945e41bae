//! Elementwise arithmetic.

use super::tensors::tensors;
use super::{Check, Compare, Cost, Op, OpKind, Rule};
use crate::{DType, Error, Result, TensorView, TensorViewMut};

/// What is computed for each element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ElementwiseKind {
    /// `a + b`.
    Add,
    /// `a - b`.
    Sub,
    /// `a * b`.
    Mul,
    /// `a / b`.
    Div,
    /// `max(a, b)`, NaN if either is.
    Max,
    /// `min(a, b)`, NaN if either is.
    Min,
    /// `a * scale + offset`: the product rounded to f32, then the sum.
    Affine {
        /// Factor.
        scale: f32,
        /// Term.
        offset: f32,
    },
    /// `1 / (1 + exp(-a))`.
    Sigmoid,
    /// `exp(a)`.
    Exp,
}

impl ElementwiseKind {
    /// Whether there is a second operand.
    pub const fn is_binary(self) -> bool {
        matches!(self, Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Max | Self::Min)
    }

    /// Whether it is defined for integers, where it wraps around.
    pub const fn takes_integers(self) -> bool {
        matches!(self, Self::Add | Self::Sub | Self::Mul | Self::Max | Self::Min)
    }

    /// The name of the variant.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Sub => "sub",
            Self::Mul => "mul",
            Self::Div => "div",
            Self::Max => "max",
            Self::Min => "min",
            Self::Affine { .. } => "affine",
            Self::Sigmoid => "sigmoid",
            Self::Exp => "exp",
        }
    }
}

/// `y = f(a, b)` or `y = f(a)`, elementwise. Broadcasting is done by the caller's views (stride 0).
///
/// | | |
/// |---|---|
/// | dtypes | `a`, `b`, `y`: one of f32, f16, bf16; for add, sub, mul, max and min also i32 and i64 |
/// | accumulated | floats: f32; integers: their own type, wrapping |
/// | rounding | each f32 operation, then once to `y`'s dtype; integers are exact |
/// | source | aclnnAdd, Sub, Mul, Div, Maximum, Minimum, Muls + Adds, Sigmoid, Exp |
#[derive(Clone, Debug)]
pub struct Elementwise {
    /// Any shape.
    pub a: TensorView,
    /// As `a`, for kinds with two operands.
    pub b: Option<TensorView>,
    /// The function.
    pub kind: ElementwiseKind,
    /// As `a`; may be the very view of `a` or `b`.
    pub y: TensorViewMut,
}

impl Elementwise {
    /// `y = f(a)`.
    pub fn unary(kind: ElementwiseKind, a: TensorView, y: TensorViewMut) -> Self {
        Self { a, b: None, kind, y }
    }
    /// `y = f(a, b)`.
    pub fn binary(kind: ElementwiseKind, a: TensorView, b: TensorView, y: TensorViewMut) -> Self {
        Self { a, b: Some(b), kind, y }
    }
    /// `y = a + b`.
    pub fn add(a: TensorView, b: TensorView, y: TensorViewMut) -> Self {
        Self::binary(ElementwiseKind::Add, a, b, y)
    }
    /// `y = a - b`.
    pub fn sub(a: TensorView, b: TensorView, y: TensorViewMut) -> Self {
        Self::binary(ElementwiseKind::Sub, a, b, y)
    }
    /// `y = a * b`.
    pub fn mul(a: TensorView, b: TensorView, y: TensorViewMut) -> Self {
        Self::binary(ElementwiseKind::Mul, a, b, y)
    }
    /// `y = a * scale + offset`.
    pub fn affine(a: TensorView, scale: f32, offset: f32, y: TensorViewMut) -> Self {
        Self::unary(ElementwiseKind::Affine { scale, offset }, a, y)
    }

    fn compare(&self) -> Compare {
        if self.a.dtype().is_float() { Compare::Float } else { Compare::Exact }
    }
}

impl Op for Elementwise {
    const KIND: OpKind = OpKind::Elementwise;
    const DTYPES: &'static [DType] = &[DType::F32, DType::F16, DType::BF16, DType::I32, DType::I64];
    const VARIANTS: &'static [&'static str] = &["add", "sub", "mul", "div", "max", "min", "affine", "sigmoid", "exp"];
    const RULES: &'static [Rule] = &[
        Rule { name: "empty", text: "A dimension of 0 gives an empty result." },
        Rule { name: "broadcast", text: "An operand with stride 0 repeats its element." },
        Rule { name: "in_place", text: "y may be the very view of a or b: every element is read before it is written." },
        Rule { name: "nan", text: "A NaN operand gives NaN, in max and min too." },
        Rule { name: "infinite", text: "Infinities follow IEEE 754: inf - inf, 0 * inf and inf / inf are NaN, exp(-inf) is 0, sigmoid(inf) is 1." },
        Rule { name: "overflow", text: "A result beyond the range of y's float type is infinite; it is not saturated." },
        Rule { name: "zero_divisor", text: "a / 0 is infinite with the product of the signs, 0 / 0 is NaN." },
        Rule { name: "large_argument", text: "sigmoid of a large negative value is 0 and exp of one is 0, not NaN." },
        Rule { name: "wrap", text: "Integer sums, differences and products wrap around (two's complement)." },
    ];
    const IN_PLACE: &'static [(&'static str, &'static str)] = &[("a", "y"), ("b", "y")];

    fn applies(dtype: DType, variant: &str, rule: &str) -> bool {
        let binary = matches!(variant, "add" | "sub" | "mul" | "div" | "max" | "min");
        if !(dtype.is_float() || binary && variant != "div") {
            return false;
        }
        match rule {
            "broadcast" => binary,
            "nan" | "infinite" => dtype.is_float(),
            "overflow" => dtype.is_float() && !matches!(variant, "max" | "min" | "sigmoid"),
            "zero_divisor" => variant == "div",
            "large_argument" => matches!(variant, "sigmoid" | "exp"),
            "wrap" => !dtype.is_float() && matches!(variant, "add" | "sub" | "mul"),
            _ => true,
        }
    }

    tensors!(a: in, b: in, y: [Self::compare]);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        c.dtype("a", &self.a, Self::DTYPES)?;
        if !self.kind.takes_integers() {
            c.dtype("a", &self.a, &DType::FLOATS)?;
        }
        match &self.b {
            Some(b) => {
                c.that(self.kind.is_binary(), "b", format_args!("none for {}", self.variant()), "a tensor")?;
                same(c, "b", b, &self.a)?;
            }
            None => c.that(!self.kind.is_binary(), "b", format_args!("given for {}", self.variant()), "none")?,
        }
        same(c, "y", &self.y, &self.a)
    }

    fn cost(&self) -> Cost {
        let flops = match self.kind {
            ElementwiseKind::Affine { .. } => 2.0,
            // Negation, exponential, sum, quotient.
            ElementwiseKind::Sigmoid => 4.0,
            _ => 1.0,
        };
        Cost::streaming(self, flops * self.a.numel() as f64)
    }

    fn dtype(&self) -> DType {
        self.a.dtype()
    }

    fn variant(&self) -> &'static str {
        self.kind.name()
    }
}

fn same(c: Check, argument: &'static str, view: &TensorView, a: &TensorView) -> Result<()> {
    c.dtype(argument, view, &[a.dtype()])?;
    if view.shape() == a.shape() {
        return Ok(());
    }
    Err(Error::Shape {
        op: c.0,
        argument,
        asked: format!("{}, as a (broadcast with `TensorView::broadcast`)", a.shape()),
        found: view.shape().to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host;

    fn t(dtype: DType, n: usize) -> TensorView {
        host::zeros(dtype, [n]).unwrap().view()
    }

    #[test]
    fn operands_must_fit_the_kind() {
        use ElementwiseKind::*;
        let (a, y) = (t(DType::F32, 4), t(DType::F32, 4).to_mut());
        assert!(Elementwise::unary(Exp, a.clone(), y.clone()).check().is_ok());
        let none = Elementwise::unary(Add, a.clone(), y.clone()).check();
        assert!(matches!(none, Err(Error::Argument { argument: "b", .. })), "{none:?}");
        let extra = Elementwise::binary(Exp, a.clone(), a.clone(), y.clone()).check();
        assert!(matches!(extra, Err(Error::Argument { argument: "b", .. })), "{extra:?}");
        let shape = Elementwise::add(a.clone(), t(DType::F32, 3), y.clone()).check();
        assert!(matches!(shape, Err(Error::Shape { argument: "b", .. })), "{shape:?}");
        let dtype = Elementwise::add(a.clone(), t(DType::F16, 4), y.clone()).check();
        assert!(matches!(dtype, Err(Error::DType { argument: "b", .. })), "{dtype:?}");
        let out = Elementwise::add(a.clone(), a.clone(), t(DType::F32, 5).to_mut()).check();
        assert!(matches!(out, Err(Error::Shape { argument: "y", .. })), "{out:?}");
        let wrong = Elementwise::unary(Exp, t(DType::U8, 4), y).check();
        assert!(matches!(wrong, Err(Error::DType { argument: "a", .. })), "{wrong:?}");
    }

    #[test]
    fn integers_have_no_quotient() {
        let a = t(DType::I64, 4);
        assert!(Elementwise::add(a.clone(), a.clone(), t(DType::I64, 4).to_mut()).check().is_ok());
        let div = Elementwise::binary(ElementwiseKind::Div, a.clone(), a.clone(), t(DType::I64, 4).to_mut()).check();
        assert!(matches!(div, Err(Error::DType { argument: "a", .. })), "{div:?}");
    }

    #[test]
    fn y_may_be_either_operand_but_not_a_part_of_one() {
        let (a, b) = (t(DType::F32, 4), t(DType::F32, 4));
        let call = |y: TensorView| crate::OpCall::from(Elementwise::add(a.clone(), b.clone(), y.to_mut()));
        assert!(call(a.clone()).check().is_ok());
        assert!(call(b.clone()).check().is_ok());
        let flat = t(DType::F32, 8);
        let shifted = Elementwise::add(flat.narrow(0, 0, 4).unwrap(), b.clone(), flat.narrow(0, 1, 4).unwrap().to_mut());
        assert!(matches!(crate::OpCall::from(shifted).check(), Err(Error::Overlap { output: "y", other: "a", .. })));
    }
}
