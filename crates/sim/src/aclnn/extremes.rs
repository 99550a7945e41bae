//! The larger and the smaller of two, the largest of many, and rounding.

use std::sync::Arc;

use ascend_sys::ffi::*;

use super::check::invalid;
use super::elementwise::{binary, unary};
use super::{Plan, Tensor, operators};
use crate::fault::Outcome;

operators! {
    fn aclnnMaximum(self_: T, other: T, out: MutT) = |a, b, out| binary(a, b, out, |a, b| pick(a, b, a > b), i64::max);
    fn aclnnMinimum(self_: T, other: T, out: MutT) = |a, b, out| binary(a, b, out, |a, b| pick(a, b, a < b), i64::min);
    fn aclnnRound(self_: T, out: MutT) = |a, out| unary(a, out, f64::round_ties_even, |a| a);
    fn aclnnAmax(self_: T, dim: IA, keepDim: bool, out: MutT) = amax;
}

/// NaN if either is, as PyTorch has it.
fn pick(a: f64, b: f64, first: bool) -> f64 {
    if a.is_nan() || (first && !b.is_nan()) { a } else { b }
}

/// The largest element along dimensions. Only the last dimension is simulated.
fn amax(x: Tensor, dim: Arc<[i64]>, keep: bool, out: Tensor) -> Outcome<Plan> {
    x.nd()?;
    out.nd()?;
    let rank = x.dims().len();
    if *dim != [-1] && *dim != [rank as i64 - 1] {
        return Err(invalid(format!("dim: the last dimension is simulated, {dim:?} asked")));
    }
    let mut dims = x.dims().to_vec();
    let n = dims.pop().unwrap_or(1);
    if n == 0 {
        return Err(invalid("self: the largest of no elements asked"));
    }
    dims.extend(keep.then_some(1));
    out.of_shape(&dims)?;
    if out.dtype() != x.dtype() || out.dtype() == ACL_BOOL {
        return Err(invalid("out: the type of self asked"));
    }
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let values = run.floats(&x)?;
        let largest: Vec<f64> = values.chunks(n).map(|row| row.iter().copied().fold(f64::NEG_INFINITY, |a, b| pick(a, b, a > b))).collect();
        run.put_floats(&out, &largest)
    }))
}
