//! Softmax over the last dimension.

use super::tensors::tensors;
use super::{Check, Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// `y[.., i] = exp(x[.., i] - m) / sum_j exp(x[.., j] - m)`, `m = max_j x[.., j]`.
///
/// | | |
/// |---|---|
/// | dtypes | `x`, `y`: one of f32, f16, bf16 |
/// | accumulated | f32: difference, exponential and sum |
/// | rounding | once, to `y`'s dtype |
/// | source | aclnnSoftmax |
#[derive(Clone, Debug)]
pub struct Softmax {
    /// `[.., N]`.
    pub x: TensorView,
    /// `[.., N]`; may be the very view of `x`.
    pub y: TensorViewMut,
}

impl Softmax {
    /// Softmax of `x` into `y`.
    pub fn new(x: TensorView, y: TensorViewMut) -> Self {
        Self { x, y }
    }
}

impl Op for Softmax {
    const KIND: OpKind = OpKind::Softmax;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["rows"];
    const RULES: &'static [Rule] = &[
        Rule { name: "empty", text: "A dimension of 0 gives an empty result." },
        Rule { name: "large_logits", text: "Rows with large values do not overflow: the maximum is subtracted first." },
        Rule { name: "some_masked", text: "An element of -inf gets exactly 0." },
        Rule { name: "all_masked", text: "A row of nothing but -inf is NaN throughout, as in PyTorch and aclnn." },
        Rule { name: "nan_row", text: "A row with a NaN is NaN throughout." },
        Rule { name: "inf_row", text: "A row with +inf is NaN throughout (inf - inf), as in PyTorch." },
        Rule { name: "in_place", text: "y may be the very view of x." },
    ];
    const IN_PLACE: &'static [(&'static str, &'static str)] = &[("x", "y")];

    tensors!(x: in, y: Float);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        c.dtype("x", &self.x, Self::DTYPES)?;
        c.dtype("y", &self.y, &[self.x.dtype()])?;
        c.that(self.x.rank() >= 1, "x", "[.., N]", self.x.shape())?;
        c.that(self.y.shape() == self.x.shape(), "y", format_args!("the shape of x, {}", self.x.shape()), self.y.shape())
    }

    fn cost(&self) -> Cost {
        // Subtract, exponential, add, divide; the maximum.
        Cost::streaming(self, 5.0 * self.x.numel() as f64)
    }

    fn dtype(&self) -> DType {
        self.x.dtype()
    }

    fn variant(&self) -> &'static str {
        "rows"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, Layout, host};

    #[test]
    fn wrong_arguments_are_named() {
        let x = host::zeros(DType::F16, [2, 4]).unwrap().view();
        assert!(Softmax::new(x.clone(), x.to_mut()).check().is_ok());
        let e = Softmax::new(x.clone(), host::zeros(DType::F32, [2, 4]).unwrap()).check();
        assert!(matches!(e, Err(Error::DType { argument: "y", .. })), "{e:?}");
        let e = Softmax::new(x.clone(), host::zeros(DType::F16, [8]).unwrap()).check();
        assert!(matches!(e, Err(Error::Argument { argument: "y", .. })), "{e:?}");
        let i = host::zeros(DType::I32, [2, 4]).unwrap();
        let e = Softmax::new(i.view(), i).check();
        assert!(matches!(e, Err(Error::DType { argument: "x", .. })), "{e:?}");
        let scalar = TensorView::new(x.buffer().clone(), DType::F16, Layout::contiguous([]).unwrap()).unwrap();
        let e = Softmax::new(scalar.clone(), scalar.to_mut()).check();
        assert!(matches!(e, Err(Error::Argument { argument: "x", .. })), "{e:?}");
    }
}
