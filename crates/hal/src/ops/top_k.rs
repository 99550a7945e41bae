//! The k largest elements of each row.

use super::tensors::tensors;
use super::{Check, Cost, Op, OpKind, Rule};
use crate::{DType, Dims, Error, Result, TensorView, TensorViewMut};

/// The `k` largest (or smallest) elements of each row, best first, and where they are.
///
/// Elements are ordered by value, NaN above everything; equal elements by index, the lower first. `values[.., j] = x[.., indices[.., j]]`.
///
/// | | |
/// |---|---|
/// | dtypes | `x`, `values`: one of f32, f16, bf16; `indices`: i32 |
/// | accumulated | nothing: comparisons only |
/// | rounding | none: values are moved |
/// | source | aclnnTopk (indices there are i64, and the order of ties is not specified), `torch.topk` for NaN |
#[derive(Clone, Debug)]
pub struct TopK {
    /// `[.., N]`, `N <= i32::MAX`.
    pub x: TensorView,
    /// How many; at most `N`.
    pub k: usize,
    /// The largest, else the smallest.
    pub largest: bool,
    /// `[.., k]` as `x`.
    pub values: TensorViewMut,
    /// `[.., k]` i32.
    pub indices: TensorViewMut,
}

impl TopK {
    /// The `k` largest elements of each row of `x`.
    pub fn new(x: TensorView, k: usize, values: TensorViewMut, indices: TensorViewMut) -> Self {
        Self { x, k, largest: true, values, indices }
    }

    /// The smallest instead.
    pub fn with_smallest(mut self) -> Self {
        self.largest = false;
        self
    }
}

impl Op for TopK {
    const KIND: OpKind = OpKind::TopK;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["largest", "smallest"];
    const RULES: &'static [Rule] = &[
        Rule { name: "empty", text: "No rows, or k = 0, gives empty results." },
        Rule { name: "whole_row", text: "k = N sorts the row." },
        Rule { name: "ties", text: "Equal elements come in the order of their indices; those that no longer fit are the ones with the highest." },
        Rule { name: "signed_zeros", text: "-0 and 0 are equal, and each keeps its sign in values." },
        Rule { name: "infinite", text: "Infinities are values like others: a row of -inf gives its first k indices." },
        Rule { name: "nan", text: "NaN counts as larger than everything, inf included, and NaNs as equal: first among the largest, last among the smallest." },
    ];

    tensors!(x: in, values: Exact, indices: Exact);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        c.dtype("x", &self.x, Self::DTYPES)?;
        c.dtype("values", &self.values, &[self.x.dtype()])?;
        c.dtype("indices", &self.indices, &[DType::I32])?;
        let mut chosen: Dims = *self.x.shape();
        let Some(last) = chosen.last_mut() else {
            return Err(Error::Shape { op: c.0, argument: "x", asked: "[.., N]".into(), found: self.x.shape().to_string() });
        };
        c.that(*last <= i32::MAX as usize, "x", format_args!("rows of at most {} elements", i32::MAX), *last)?;
        c.that(self.k <= *last, "k", format_args!("at most N={last}"), self.k)?;
        *last = self.k;
        for (argument, view) in [("values", &self.values), ("indices", &self.indices)] {
            if *view.shape() != chosen {
                return Err(Error::Shape { op: c.0, argument, asked: chosen.to_string(), found: view.shape().to_string() });
            }
        }
        Ok(())
    }

    fn cost(&self) -> Cost {
        // One comparison with the worst of the best so far for each element.
        Cost::streaming(self, self.x.numel() as f64)
    }

    fn dtype(&self) -> DType {
        self.x.dtype()
    }

    fn variant(&self) -> &'static str {
        if self.largest { "largest" } else { "smallest" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Layout, host};

    fn t(dtype: DType, shape: [usize; 2]) -> TensorViewMut {
        host::zeros(dtype, shape).unwrap()
    }

    #[test]
    fn k_beyond_the_row_is_refused() {
        let x = t(DType::F16, [2, 5]).view();
        assert!(TopK::new(x.clone(), 5, t(DType::F16, [2, 5]), t(DType::I32, [2, 5])).check().is_ok());
        let e = TopK::new(x, 6, t(DType::F16, [2, 6]), t(DType::I32, [2, 6])).check();
        assert!(matches!(e, Err(Error::Argument { argument: "k", .. })), "{e:?}");
    }

    #[test]
    fn outputs_must_be_k_wide_and_of_their_types() {
        let x = t(DType::F32, [2, 5]).view();
        let e = TopK::new(x.clone(), 2, t(DType::F32, [2, 3]), t(DType::I32, [2, 2])).check();
        assert!(matches!(e, Err(Error::Shape { argument: "values", .. })), "{e:?}");
        let e = TopK::new(x.clone(), 2, t(DType::F32, [2, 2]), t(DType::I32, [1, 2])).check();
        assert!(matches!(e, Err(Error::Shape { argument: "indices", .. })), "{e:?}");
        let e = TopK::new(x.clone(), 2, t(DType::F32, [2, 2]), t(DType::I64, [2, 2])).check();
        assert!(matches!(e, Err(Error::DType { argument: "indices", .. })), "{e:?}");
        let e = TopK::new(x, 2, t(DType::F16, [2, 2]), t(DType::I32, [2, 2])).check();
        assert!(matches!(e, Err(Error::DType { argument: "values", .. })), "{e:?}");
    }

    #[test]
    fn rows_beyond_i32_and_scalars_are_refused() {
        let one = host::tensor(&[1f32], [1]).unwrap();
        let row = one.broadcast([1, i32::MAX as usize + 1]).unwrap();
        let e = TopK::new(row, 1, t(DType::F32, [1, 1]), t(DType::I32, [1, 1])).check();
        assert!(matches!(e, Err(Error::Argument { argument: "x", .. })), "{e:?}");
        let scalar = TensorView::new(one.buffer().clone(), DType::F32, Layout::contiguous([]).unwrap()).unwrap();
        let e = TopK::new(scalar, 0, t(DType::F32, [1, 0]), t(DType::I32, [1, 0])).check();
        assert!(matches!(e, Err(Error::Shape { argument: "x", .. })), "{e:?}");
    }
}
