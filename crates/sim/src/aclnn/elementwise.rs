//! Arithmetic on elements, with broadcasting. 16-bit floats are computed in f32 and rounded once.

use ascend_sys::ffi::*;

use super::check::{broadcast, invalid, spread};
use super::numeric::is_float;
use super::{Plan, Tensor, operators};
use crate::fault::Outcome;
use crate::nnopbase::Scalar;

operators! {
    fn aclnnAdd(self_: T, other: T, alpha: S, out: MutT) = add;
    fn aclnnAdds(self_: T, other: S, alpha: S, out: MutT) = adds;
    fn aclnnInplaceAdd(selfRef: T, other: T, alpha: S) = |a: Tensor, b, alpha| add(a.clone(), b, alpha, a);
    fn aclnnInplaceAdds(selfRef: T, other: S, alpha: S) = |a: Tensor, b, alpha| adds(a.clone(), b, alpha, a);
    fn aclnnSub(self_: T, other: T, alpha: S, out: MutT) = |a, b, alpha: Scalar, out| scaled(a, b, alpha, -1.0, out);
    fn aclnnSubs(self_: T, other: S, alpha: S, out: MutT) = subs;
    fn aclnnInplaceSub(selfRef: MutT, other: T, alpha: S) = |a: Tensor, b, alpha: Scalar| scaled(a.clone(), b, alpha, -1.0, a);
    fn aclnnInplaceSubs(selfRef: MutT, other: S, alpha: S) = |a: Tensor, b, alpha| subs(a.clone(), b, alpha, a);
    fn aclnnRsubs(self_: T, other: S, alpha: S, out: MutT) = rsubs;
    fn aclnnMul(self_: T, other: T, out: MutT) = |a, b, out| binary(a, b, out, |a, b| a * b, i64::wrapping_mul);
    fn aclnnMuls(self_: T, other: S, out: MutT) = muls;
    fn aclnnInplaceMul(selfRef: MutT, other: T) = |a: Tensor, b| binary(a.clone(), b, a, |a, b| a * b, i64::wrapping_mul);
    fn aclnnInplaceMuls(selfRef: MutT, other: S) = |a: Tensor, b| muls(a.clone(), b, a);
    fn aclnnDiv(self_: T, other: T, out: MutT) = div;
    fn aclnnDivs(self_: T, other: S, out: MutT) = divs;
    fn aclnnInplaceDiv(selfRef: MutT, other: T) = |a: Tensor, b| div(a.clone(), b, a);
    fn aclnnInplaceDivs(selfRef: MutT, other: S) = |a: Tensor, b| divs(a.clone(), b, a);
    fn aclnnInplaceLerps(selfRef: MutT, end: T, weight: S) = |a: Tensor, end, weight: Scalar| {
        a.of_type(super::check::FLOATS)?;
        binary(a.clone(), end, a, move |a, b| a + weight.float() * (b - a), |a, _| a)
    };
    fn aclnnInplaceAddcmul(selfRef: T, tensor1: T, tensor2: T, value: S) = |a, b, c, value: Scalar| {
        ternary(a, b, c, move |a, b, c| a + value.float() * b * c)
    };
    fn aclnnInplaceAddcdiv(selfRef: T, tensor1: T, tensor2: T, value: S) = |a, b, c, value: Scalar| {
        ternary(a, b, c, move |a, b, c| a + value.float() * b / c)
    };
}

/// `out = self + alpha * other`
fn add(a: Tensor, b: Tensor, alpha: Scalar, out: Tensor) -> Outcome<Plan> {
    scaled(a, b, alpha, 1.0, out)
}

fn scaled(a: Tensor, b: Tensor, alpha: Scalar, sign: f64, out: Tensor) -> Outcome<Plan> {
    let (factor, whole) = (sign * alpha.float(), (sign as i64).wrapping_mul(alpha.int()));
    binary(a, b, out, move |a, b| a + factor * b, move |a, b| a.wrapping_add(b.wrapping_mul(whole)))
}

fn adds(a: Tensor, b: Scalar, alpha: Scalar, out: Tensor) -> Outcome<Plan> {
    unary(a, out, move |a| a + alpha.float() * b.float(), move |a| a.wrapping_add(b.int().wrapping_mul(alpha.int())))
}

fn muls(a: Tensor, b: Scalar, out: Tensor) -> Outcome<Plan> {
    unary(a, out, move |a| a * b.float(), move |a| a.wrapping_mul(b.int()))
}

fn subs(a: Tensor, b: Scalar, alpha: Scalar, out: Tensor) -> Outcome<Plan> {
    unary(a, out, move |a| a - alpha.float() * b.float(), move |a| a.wrapping_sub(b.int().wrapping_mul(alpha.int())))
}

/// `out = other - alpha * self`
fn rsubs(a: Tensor, b: Scalar, alpha: Scalar, out: Tensor) -> Outcome<Plan> {
    unary(a, out, move |a| b.float() - alpha.float() * a, move |a| b.int().wrapping_sub(a.wrapping_mul(alpha.int())))
}

/// A true division: of whole numbers too the result is a floating-point number.
fn div(a: Tensor, b: Tensor, out: Tensor) -> Outcome<Plan> {
    floating(&out)?;
    binary(a, b, out, |a, b| a / b, |_, _| 0)
}

fn divs(a: Tensor, b: Scalar, out: Tensor) -> Outcome<Plan> {
    floating(&out)?;
    unary(a, out, move |a| a / b.float(), |_| 0)
}

/// The result has a type with fractions.
pub(super) fn floating(out: &Tensor) -> Outcome {
    out.of_type(&[ACL_FLOAT, ACL_FLOAT16, ACL_BF16, ACL_DOUBLE])
}

/// Three tensors; the second and the third broadcast to the first, which is the result.
fn ternary(a: Tensor, b: Tensor, c: Tensor, float: impl Fn(f64, f64, f64) -> f64 + Send + Sync + 'static) -> Outcome<Plan> {
    floating(&a)?;
    for tensor in [&b, &c] {
        tensor.of_type_of(&a)?;
        tensor.nd()?;
        let dims = broadcast(&a, tensor)?;
        a.of_shape(&dims)?;
    }
    if a.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (x, y, z) = (run.floats(&a)?, run.floats(&b)?, run.floats(&c)?);
        let places = spread(b.dims(), a.dims()).into_iter().zip(spread(c.dims(), a.dims()));
        let values: Vec<f64> = x.iter().zip(places).map(|(x, (i, j))| float(*x, y[i], z[j])).collect();
        run.put_floats(&a, &values)
    }))
}

/// The shape that two tensors broadcast to, which must be the result's.
pub(super) fn meeting(a: &Tensor, b: &Tensor, out: &Tensor) -> Outcome<Vec<usize>> {
    for tensor in [a, b, out] {
        tensor.nd()?;
    }
    let dims = broadcast(a, b)?;
    out.of_shape(&dims)?;
    Ok(dims)
}

/// One element of the result for each pair of elements, after broadcasting.
pub(super) fn binary(
    a: Tensor,
    b: Tensor,
    out: Tensor,
    float: impl Fn(f64, f64) -> f64 + Send + Sync + 'static,
    whole: impl Fn(i64, i64) -> i64 + Send + Sync + 'static,
) -> Outcome<Plan> {
    let dims = meeting(&a, &b, &out)?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (left, right) = (spread(a.dims(), &dims), spread(b.dims(), &dims));
        if [&a, &b, &out].iter().any(|tensor| is_float(tensor.dtype())) {
            let (x, y) = (run.floats(&a)?, run.floats(&b)?);
            let values: Vec<f64> = left.iter().zip(&right).map(|(i, j)| float(x[*i], y[*j])).collect();
            return run.put_floats(&out, &values);
        }
        let (x, y) = (run.ints(&a)?, run.ints(&b)?);
        let values: Vec<i64> = left.iter().zip(&right).map(|(i, j)| whole(x[*i], y[*j])).collect();
        run.put_ints(&out, &values)
    }))
}

/// One element of the result for each element.
pub(super) fn unary(
    a: Tensor,
    out: Tensor,
    float: impl Fn(f64) -> f64 + Send + Sync + 'static,
    whole: impl Fn(i64) -> i64 + Send + Sync + 'static,
) -> Outcome<Plan> {
    a.nd()?;
    out.nd()?;
    out.of_shape_of(&a)?;
    if !is_float(out.dtype()) && is_float(a.dtype()) {
        return Err(invalid(format!("{}: a floating-point result does not fit into its type", out.name())));
    }
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        if is_float(a.dtype()) || is_float(out.dtype()) {
            let values: Vec<f64> = run.floats(&a)?.into_iter().map(&float).collect();
            return run.put_floats(&out, &values);
        }
        let values: Vec<i64> = run.ints(&a)?.into_iter().map(&whole).collect();
        run.put_ints(&out, &values)
    }))
}
