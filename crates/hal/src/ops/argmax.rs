//! Index of the largest element of each row.

use super::tensors::tensors;
use super::{Check, Cost, Op, OpKind, Rule};
use crate::{DType, Error, Result, TensorView, TensorViewMut};

/// `y[..] = argmax_i x[.., i]`, the lowest index among equals.
///
/// | | |
/// |---|---|
/// | dtypes | `x`: one of f32, f16, bf16; `y`: i32 |
/// | accumulated | nothing: comparisons only |
/// | rounding | none |
/// | source | aclnnArgMax (which does not document ties), `torch.argmax` for NaN |
#[derive(Clone, Debug)]
pub struct ArgMax {
    /// `[.., N]`, `1 <= N <= i32::MAX`.
    pub x: TensorView,
    /// `[..]` i32.
    pub y: TensorViewMut,
}

impl ArgMax {
    /// Index of the largest element of each row of `x`.
    pub fn new(x: TensorView, y: TensorViewMut) -> Self {
        Self { x, y }
    }
}

impl Op for ArgMax {
    const KIND: OpKind = OpKind::ArgMax;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["rows"];
    const RULES: &'static [Rule] = &[
        Rule { name: "empty", text: "No rows give an empty result; rows of no elements are refused by check()." },
        Rule { name: "ties", text: "Among equal elements the lowest index wins; -0 and 0 are equal." },
        Rule { name: "infinite", text: "Infinities are values like others: a row of nothing but -inf gives 0." },
        Rule { name: "nan", text: "NaN counts as larger than everything, and the first NaN wins." },
    ];

    tensors!(x: in, y: Exact);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        c.dtype("x", &self.x, Self::DTYPES)?;
        c.dtype("y", &self.y, &[DType::I32])?;
        let refuse = |argument, asked: String, found: &TensorView| Error::Shape { op: c.0, argument, asked, found: found.shape().to_string() };
        let Some((&n, _)) = self.x.shape().split_last() else {
            return Err(refuse("x", "[.., N]".into(), &self.x));
        };
        if !(1..=i32::MAX as usize).contains(&n) {
            return Err(refuse("x", format!("[.., N] with N from 1 to {}", i32::MAX), &self.x));
        }
        let rows = self.x.shape().without(self.x.rank() - 1);
        if *self.y.shape() != rows {
            return Err(refuse("y", format!("{rows}, as x without its last dimension"), &self.y));
        }
        Ok(())
    }

    fn cost(&self) -> Cost {
        Cost::streaming(self, self.x.numel() as f64)
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
    use crate::host;

    #[test]
    fn rows_need_elements_and_y_one_index_each() {
        let x = |n: usize| host::zeros(DType::F32, [3, n]).unwrap().view();
        let y = |dtype, n: usize| host::zeros(dtype, [n]).unwrap();
        assert!(ArgMax::new(x(2), y(DType::I32, 3)).check().is_ok());
        let e = ArgMax::new(x(0), y(DType::I32, 3)).check();
        assert!(matches!(e, Err(Error::Shape { argument: "x", .. })), "{e:?}");
        let e = ArgMax::new(x(2), y(DType::I32, 2)).check();
        assert!(matches!(e, Err(Error::Shape { argument: "y", .. })), "{e:?}");
        let e = ArgMax::new(x(2), y(DType::I64, 3)).check();
        assert!(matches!(e, Err(Error::DType { argument: "y", .. })), "{e:?}");
        let one = host::tensor(&[1f32], [1]).unwrap().broadcast([1, usize::MAX]).unwrap();
        let e = ArgMax::new(one, y(DType::I32, 1)).check();
        assert!(matches!(e, Err(Error::Shape { argument: "x", .. })), "{e:?}");
    }
}
