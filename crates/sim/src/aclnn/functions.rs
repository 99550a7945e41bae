//! Functions of each element, and comparisons with a scalar.

use ascend_sys::ffi::*;

use super::check::invalid;
use super::elementwise::{binary, unary};
use super::{Plan, Tensor, operators};
use crate::fault::Outcome;
use crate::nnopbase::Scalar;

operators! {
    fn aclnnAbs(self_: T, out: MutT) = |a, out| unary(a, out, f64::abs, i64::wrapping_abs);
    fn aclnnExp(self_: T, out: MutT) = |a, out| float(a, out, f64::exp);
    fn aclnnSqrt(self_: T, out: MutT) = |a, out| float(a, out, f64::sqrt);
    fn aclnnSoftplus(self_: T, beta: S, threshold: S, out: MutT) = softplus;
    fn aclnnDiv(self_: T, other: T, out: MutT) = |a: Tensor, b, out| {
        floats_only(&a)?;
        binary(a, b, out, |a, b| a / b, |a, _| a)
    };
    fn aclnnDivs(self_: T, other: S, out: MutT) = |a, b: Scalar, out| float(a, out, move |a| a / b.float());
    fn aclnnClamp(self_: T, clipValueMin: S, clipValueMax: S, out: MutT) = clamp;
    fn aclnnIsFinite(self_: T, out: MutT) = |a, out| test(a, out, f64::is_finite, |_| true);
    fn aclnnNeTensor(self_: T, other: T, out: MutT) = not_equal;
    fn aclnnGtScalar(self_: T, other: S, out: MutT) = |a, b: Scalar, out| test(a, out, move |a| a > b.float(), move |a| a > b.int());
    fn aclnnGeScalar(self_: T, other: S, out: MutT) = |a, b: Scalar, out| test(a, out, move |a| a >= b.float(), move |a| a >= b.int());
    fn aclnnLtScalar(self_: T, other: S, out: MutT) = |a, b: Scalar, out| test(a, out, move |a| a < b.float(), move |a| a < b.int());
    fn aclnnBitwiseAndTensor(self_: T, other: T, out: MutT) = bitwise_and;
    fn aclnnInplaceZero(selfRef: MutT) = |a: Tensor| unary(a.clone(), a, |_| 0.0, |_| 0);
}

fn is_float(tensor: &Tensor) -> bool {
    matches!(tensor.dtype(), ACL_FLOAT | ACL_FLOAT16 | ACL_BF16 | ACL_DOUBLE)
}

fn floats_only(tensor: &Tensor) -> Outcome {
    if is_float(tensor) { Ok(()) } else { Err(invalid(format!("{}: a floating-point type asked", tensor.name()))) }
}

fn float(a: Tensor, out: Tensor, f: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Outcome<Plan> {
    floats_only(&out)?;
    unary(a, out, f, |a| a)
}

/// `ln(1 + exp(beta x)) / beta`, and `x` where `beta x` is above the threshold.
fn softplus(a: Tensor, beta: Scalar, threshold: Scalar, out: Tensor) -> Outcome<Plan> {
    float(a, out, move |a| {
        let x = a * beta.float();
        if x > threshold.float() { a } else { x.exp().ln_1p() / beta.float() }
    })
}

/// NaN stays NaN, as PyTorch has it.
fn clamp(a: Tensor, low: Option<Scalar>, high: Option<Scalar>, out: Tensor) -> Outcome<Plan> {
    if low.is_none() && high.is_none() {
        return Err(invalid("clipValueMin or clipValueMax asked"));
    }
    let float = move |a: f64| {
        let a = low.map_or(a, |low| if a < low.float() { low.float() } else { a });
        high.map_or(a, |high| if a > high.float() { high.float() } else { a })
    };
    let whole = move |a: i64| high.map_or(i64::MAX, |high| high.int()).min(low.map_or(a, |low| low.int().max(a)));
    unary(a, out, float, whole)
}

/// Truth values of the elements.
fn test(
    a: Tensor,
    out: Tensor,
    float: impl Fn(f64) -> bool + Send + Sync + 'static,
    whole: impl Fn(i64) -> bool + Send + Sync + 'static,
) -> Outcome<Plan> {
    a.nd()?;
    out.nd()?;
    out.of_type(&[ACL_BOOL])?;
    out.of_shape_of(&a)?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let values: Vec<i64> = if is_float(&a) {
            run.floats(&a)?.into_iter().map(|a| i64::from(float(a))).collect()
        } else {
            run.ints(&a)?.into_iter().map(|a| i64::from(whole(a))).collect()
        };
        run.put_ints(&out, &values)
    }))
}

/// Only of tensors of one shape.
fn not_equal(a: Tensor, b: Tensor, out: Tensor) -> Outcome<Plan> {
    out.of_type(&[ACL_BOOL])?;
    b.of_shape_of(&a)?;
    out.of_shape_of(&a)?;
    Ok(Plan::new(move |run| {
        let values: Vec<i64> = if is_float(&a) {
            run.floats(&a)?.iter().zip(run.floats(&b)?).map(|(a, b)| i64::from(*a != b)).collect()
        } else {
            run.ints(&a)?.iter().zip(run.ints(&b)?).map(|(a, b)| i64::from(*a != b)).collect()
        };
        run.put_ints(&out, &values)
    }))
}

fn bitwise_and(a: Tensor, b: Tensor, out: Tensor) -> Outcome<Plan> {
    if [&a, &b].iter().any(|tensor| is_float(tensor)) {
        return Err(invalid("self and other: whole numbers or truth values asked"));
    }
    binary(a, b, out, |a, _| a, |a, b| a & b)
}
