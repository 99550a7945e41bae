//! The larger and the smaller of two, and rounding.

use super::elementwise::{binary, unary};
use super::operators;

operators! {
    fn aclnnMaximum(self_: T, other: T, out: MutT) = |a, b, out| binary(a, b, out, |a, b| pick(a, b, a > b), i64::max);
    fn aclnnMinimum(self_: T, other: T, out: MutT) = |a, b, out| binary(a, b, out, |a, b| pick(a, b, a < b), i64::min);
    fn aclnnRound(self_: T, out: MutT) = |a, out| unary(a, out, f64::round_ties_even, |a| a);
}

/// NaN if either is, as PyTorch has it.
fn pick(a: f64, b: f64, first: bool) -> f64 {
    if a.is_nan() || (first && !b.is_nan()) { a } else { b }
}
