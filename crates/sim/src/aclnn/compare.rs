//! Comparisons, and operators on truth values and on bits.

use ascend_sys::ffi::*;

use super::check::{invalid, spread};
use super::elementwise::{binary, meeting, unary};
use super::numeric::is_float;
use super::{Plan, Tensor, operators};
use crate::fault::Outcome;
use crate::nnopbase::Scalar;

operators! {
    fn aclnnEqTensor(self_: T, other: T, out: MutT) = |a, b, out| pairs(a, b, out, |a, b| a == b, |a, b| a == b);
    fn aclnnNeTensor(self_: T, other: T, out: MutT) = |a, b, out| pairs(a, b, out, |a, b| a != b, |a, b| a != b);
    fn aclnnGtTensor(self_: T, other: T, out: MutT) = |a, b, out| pairs(a, b, out, |a, b| a > b, |a, b| a > b);
    fn aclnnGeTensor(self_: T, other: T, out: MutT) = |a, b, out| pairs(a, b, out, |a, b| a >= b, |a, b| a >= b);
    fn aclnnLtTensor(self_: T, other: T, out: MutT) = |a, b, out| pairs(a, b, out, |a, b| a < b, |a, b| a < b);
    fn aclnnLeTensor(self_: T, other: T, out: MutT) = |a, b, out| pairs(a, b, out, |a, b| a <= b, |a, b| a <= b);
    fn aclnnEqScalar(self_: T, other: S, out: MutT) = |a, b, out| with(a, b, out, |a, b| a == b, |a, b| a == b);
    fn aclnnNeScalar(self_: T, other: S, out: MutT) = |a, b, out| with(a, b, out, |a, b| a != b, |a, b| a != b);
    fn aclnnGtScalar(self_: T, other: S, out: MutT) = |a, b, out| with(a, b, out, |a, b| a > b, |a, b| a > b);
    fn aclnnGeScalar(self_: T, other: S, out: MutT) = |a, b, out| with(a, b, out, |a, b| a >= b, |a, b| a >= b);
    fn aclnnLtScalar(self_: T, other: S, out: MutT) = |a, b, out| with(a, b, out, |a, b| a < b, |a, b| a < b);
    fn aclnnLeScalar(self_: T, other: S, out: MutT) = |a, b, out| with(a, b, out, |a, b| a <= b, |a, b| a <= b);
    fn aclnnIsFinite(self_: T, out: MutT) = |x: Tensor, out: Tensor| {
        out.of_type(&[ACL_BOOL])?;
        with(x, Scalar::one(), out, |v, _| v.is_finite(), |_, _| true)
    };
    fn aclnnIsInf(x: T, out: T) = |x: Tensor, out: Tensor| {
        out.of_type(&[ACL_BOOL])?;
        with(x, Scalar::one(), out, |v, _| v.is_infinite(), |_, _| false)
    };
    fn aclnnLogicalAnd(self_: T, other: T, out: MutT) = |a, b, out| pairs(a, b, out, |a, b| a != 0.0 && b != 0.0, |a, b| a != 0 && b != 0);
    fn aclnnLogicalOr(self_: T, other: T, out: MutT) = |a, b, out| pairs(a, b, out, |a, b| a != 0.0 || b != 0.0, |a, b| a != 0 || b != 0);
    fn aclnnLogicalXor(self_: T, other: T, out: MutT) = |a, b, out| pairs(a, b, out, |a, b| (a != 0.0) != (b != 0.0), |a, b| (a != 0) != (b != 0));
    fn aclnnLogicalNot(self_: T, out: MutT) = |x, out| with(x, Scalar::whole(0), out, |v, zero| v == zero, |v, zero| v == zero);
    fn aclnnBitwiseAndTensor(self_: T, other: T, out: MutT) = |a, b, out| bits(a, b, out, |a, b| a & b);
    fn aclnnBitwiseOrTensor(self_: T, other: T, out: MutT) = |a, b, out| bits(a, b, out, |a, b| a | b);
    fn aclnnBitwiseXorTensor(self_: T, other: T, out: MutT) = |a, b, out| bits(a, b, out, |a, b| a ^ b);
    fn aclnnBitwiseAndScalar(self_: T, other: S, out: MutT) = |a, b, out| bits_with(a, b, out, |a, b| a & b);
    fn aclnnBitwiseOrScalar(self_: T, other: S, out: MutT) = |a, b, out| bits_with(a, b, out, |a, b| a | b);
    fn aclnnBitwiseXorScalar(self_: T, other: S, out: MutT) = |a, b, out| bits_with(a, b, out, |a, b| a ^ b);
    fn aclnnInplaceBitwiseAndTensor(selfRef: T, other: T) = |a: Tensor, b| bits(a.clone(), b, a, |a, b| a & b);
    fn aclnnInplaceBitwiseOrTensor(selfRef: MutT, other: T) = |a: Tensor, b| bits(a.clone(), b, a, |a, b| a | b);
    fn aclnnInplaceBitwiseXorTensor(selfRef: MutT, other: T) = |a: Tensor, b| bits(a.clone(), b, a, |a, b| a ^ b);
    fn aclnnInplaceBitwiseAndScalar(selfRef: T, other: S) = |a: Tensor, b| bits_with(a.clone(), b, a, |a, b| a & b);
    fn aclnnInplaceBitwiseOrScalar(selfRef: MutT, other: S) = |a: Tensor, b| bits_with(a.clone(), b, a, |a, b| a | b);
    fn aclnnInplaceBitwiseXorScalar(selfRef: MutT, other: S) = |a: Tensor, b| bits_with(a.clone(), b, a, |a, b| a ^ b);
}

fn pairs(
    a: Tensor,
    b: Tensor,
    out: Tensor,
    float: impl Fn(f64, f64) -> bool + Send + Sync + 'static,
    whole: impl Fn(i64, i64) -> bool + Send + Sync + 'static,
) -> Outcome<Plan> {
    let dims = meeting(&a, &b, &out)?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let places = spread(a.dims(), &dims).into_iter().zip(spread(b.dims(), &dims));
        let found: Vec<i64> = if is_float(a.dtype()) || is_float(b.dtype()) {
            let (x, y) = (run.floats(&a)?, run.floats(&b)?);
            places.map(|(i, j)| i64::from(float(x[i], y[j]))).collect()
        } else {
            let (x, y) = (run.ints(&a)?, run.ints(&b)?);
            places.map(|(i, j)| i64::from(whole(x[i], y[j]))).collect()
        };
        run.put_ints(&out, &found)
    }))
}

/// Each element against a number. The number is taken in the type of the tensor where that has fractions; whole numbers are compared with what it is.
fn with(
    a: Tensor,
    b: Scalar,
    out: Tensor,
    float: impl Fn(f64, f64) -> bool + Send + Sync + 'static,
    whole: impl Fn(i64, i64) -> bool + Send + Sync + 'static,
) -> Outcome<Plan> {
    a.nd()?;
    out.nd()?;
    out.of_shape_of(&a)?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let found: Vec<i64> = if is_float(a.dtype()) || is_float(b.dtype) {
            let number = if is_float(a.dtype()) { super::numeric::rounded(a.dtype(), b.float()) } else { b.float() };
            run.floats(&a)?.into_iter().map(|v| i64::from(float(v, number))).collect()
        } else {
            run.ints(&a)?.into_iter().map(|v| i64::from(whole(v, b.int()))).collect()
        };
        run.put_ints(&out, &found)
    }))
}

/// Types that have bits to combine.
const BITS: &[aclDataType] = &[ACL_BOOL, ACL_INT8, ACL_UINT8, ACL_INT16, ACL_UINT16, ACL_INT32, ACL_UINT32, ACL_INT64, ACL_UINT64];

pub(super) fn check_bits(x: &Tensor) -> Outcome {
    x.of_type(BITS)
}

/// Whole numbers are no truth values: where one of two is a number, so is their result.
fn check_result(truths: bool, out: &Tensor) -> Outcome {
    if out.dtype() != ACL_BOOL || truths {
        return Ok(());
    }
    Err(out.invalid("the type of a number asked, as self and other are not both BOOL; BOOL found"))
}

fn bits(a: Tensor, b: Tensor, out: Tensor, whole: fn(i64, i64) -> i64) -> Outcome<Plan> {
    check_bits(&a)?;
    check_bits(&b)?;
    check_bits(&out)?;
    check_result(a.dtype() == ACL_BOOL && b.dtype() == ACL_BOOL, &out)?;
    binary(a, b, out, |a, _| a, whole)
}

/// Each element with a number, which is taken in the type of the tensor unless that has truth values only.
fn bits_with(a: Tensor, b: Scalar, out: Tensor, whole: fn(i64, i64) -> i64) -> Outcome<Plan> {
    check_bits(&a)?;
    if !BITS.contains(&b.dtype) {
        return Err(invalid(format!("other: a whole number or BOOL asked, type {} found", b.dtype)));
    }
    check_result(a.dtype() == ACL_BOOL && b.dtype == ACL_BOOL, &out)?;
    out.of_shape_of(&a)?;
    let number = if a.dtype() == ACL_BOOL { b.int() } else { b.in_type(a.dtype()).int() };
    unary(a, out, |v| v, move |v| whole(v, number))
}
