//! Where the contracts round.

use ascend_hal::DType;

/// Which result is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Precision {
    /// No rounding but that of `f64`.
    Exact,
    /// Every rounding point of the contract.
    Model,
}

/// The rounding points of a contract: does nothing in [`Precision::Exact`].
///
/// An f32 operation is modelled by doing it in `f64` and rounding: for sums, differences, products, quotients and roots of f32 values that is the f32 result to the bit.
#[derive(Clone, Copy, Debug)]
pub struct Rounding(pub Precision);

impl Rounding {
    /// `x` as an f32 register holds it.
    #[inline]
    pub fn f32(self, x: f64) -> f64 {
        self.to(DType::F32, x)
    }

    /// `x` rounded to `dtype`.
    #[inline]
    pub fn to(self, dtype: DType, x: f64) -> f64 {
        match self.0 {
            Precision::Exact => x,
            Precision::Model => dtype.round(x),
        }
    }

    /// The sum of `terms`, added up in f32 in their order.
    pub fn sum(self, terms: impl IntoIterator<Item = f64>) -> f64 {
        terms.into_iter().fold(0.0, |acc, x| self.f32(acc + x))
    }

    /// The dot product of two sequences, in f32 with fused multiply-adds in their order.
    pub fn dot(self, a: impl IntoIterator<Item = f64>, b: impl IntoIterator<Item = f64>) -> f64 {
        self.sum(a.into_iter().zip(b).map(|(a, b)| a * b))
    }
}
