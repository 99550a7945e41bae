//! Functions of one element, computed in f32 or better and rounded once.

use ascend_sys::ffi::*;

use super::elementwise::{floating, unary};
use super::{Plan, Tensor, operators};
use crate::fault::{Fault, Outcome};
use crate::nnopbase::Scalar;

operators! {
    fn aclnnAbs(self_: T, out: MutT) = |x, out| unary(x, out, f64::abs, i64::wrapping_abs);
    fn aclnnNeg(self_: T, out: MutT) = |x: Tensor, out| {
        if x.dtype() == ACL_BOOL {
            return Err(x.invalid("BOOL has no negative"));
        }
        unary(x, out, |v| -v, i64::wrapping_neg)
    };
    fn aclnnSign(self_: T, result: MutT) = |x, out| unary(x, out, |v| if v > 0.0 { 1.0 } else if v < 0.0 { -1.0 } else { v }, i64::signum);
    fn aclnnCeil(self_: T, out: MutT) = |x, out| smooth(x, out, f64::ceil);
    fn aclnnSqrt(self_: T, out: MutT) = |x, out| smooth(x, out, f64::sqrt);
    fn aclnnRsqrt(self_: T, out: MutT) = |x, out| smooth(x, out, |v| 1.0 / v.sqrt());
    fn aclnnExp(self_: T, out: MutT) = |x, out| smooth(x, out, f64::exp);
    fn aclnnInplaceExp(selfRef: MutT) = |x: Tensor| smooth(x.clone(), x, f64::exp);
    fn aclnnLog(self_: T, out: MutT) = |x, out| smooth(x, out, f64::ln);
    fn aclnnSin(self_: T, out: MutT) = |x, out| smooth(x, out, f64::sin);
    fn aclnnInplaceSin(selfRef: MutT) = |x: Tensor| smooth(x.clone(), x, f64::sin);
    fn aclnnCos(input: T, out: MutT) = |x, out| smooth(x, out, f64::cos);
    fn aclnnInplaceCos(inputRef: MutT) = |x: Tensor| smooth(x.clone(), x, f64::cos);
    fn aclnnPowTensorScalar(self_: T, exponent: S, out: T) = pow;
    fn aclnnPowScalarTensor(self_: S, exponent: T, out: T) = |base: Scalar, x, out| {
        unary(x, out, move |v| base.float().powf(v), move |v| whole_pow(base.int(), v))
    };
    fn aclnnClamp(self_: T, clipValueMin: S, clipValueMax: S, out: MutT) = clamp;
    fn aclnnClampMin(self_: T, clipValueMin: S, out: MutT) = |x, least, out| clamp(x, Some(least), None, out);
    fn aclnnInplaceClampMax(selfRef: T, clipValueMax: S) = |x: Tensor, most| clamp(x.clone(), None, Some(most), x);
    fn aclnnBitwiseNot(self_: T, out: MutT) = |x: Tensor, out: Tensor| {
        super::compare::check_bits(&x)?;
        out.of_type_of(&x)?;
        let truth = x.dtype() == ACL_BOOL;
        unary(x, out, |v| v, move |v| if truth { i64::from(v == 0) } else { !v })
    };
    fn aclnnElu(self_: T, alpha: S, scale: S, inputScale: S, out: MutT) = |x, alpha: Scalar, scale: Scalar, inner: Scalar, out| {
        smooth(x, out, move |v| scale.float() * if v > 0.0 { v } else { alpha.float() * (inner.float() * v).exp_m1() })
    };
    fn aclnnHardsigmoid(self_: T, out: MutT) = |x, out| smooth(x, out, hard_sigmoid);
    fn aclnnHardswish(self_: T, out: T) = |x, out| smooth(x, out, |v| v * hard_sigmoid(v));
    fn aclnnLeakyRelu(self_: T, negativeSlope: S, out: MutT) = |x, slope: Scalar, out| {
        smooth(x, out, move |v| if v > 0.0 { v } else { v * slope.float() })
    };
    fn aclnnSoftplus(self_: T, beta: S, threshold: S, out: MutT) = |x, beta: Scalar, threshold: Scalar, out| {
        smooth(x, out, move |v| if v * beta.float() > threshold.float() { v } else { (v * beta.float()).exp().ln_1p() / beta.float() })
    };
    fn aclnnInplaceThreshold(selfRef: MutT, threshold: S, value: S) = |x: Tensor, threshold: Scalar, value: Scalar| {
        let float = move |v| if v <= threshold.float() { value.float() } else { v };
        unary(x.clone(), x, float, move |v| if v <= threshold.int() { value.int() } else { v })
    };
    fn aclnnSiluBackward(gradOutput: T, self_: T, gradInput: MutT) = |grad: Tensor, x: Tensor, out: Tensor| {
        x.of_type(super::check::FLOATS)?;
        x.of_type_of(&grad)?;
        x.of_shape_of(&grad)?;
        out.of_shape_of(&x)?;
        let slope = |grad: f64, v: f64| {
            let sigmoid = 1.0 / (1.0 + (-v).exp());
            grad * sigmoid * (1.0 + v * (1.0 - sigmoid))
        };
        super::elementwise::binary(grad, x, out, slope, |grad, _| grad)
    };
    fn aclnnThresholdBackward(gradOutput: T, self_: T, threshold: S, out: MutT) = |grad: Tensor, x: Tensor, threshold: Scalar, out| {
        x.of_type_of(&grad)?;
        let float = move |grad, v| if v <= threshold.float() { 0.0 } else { grad };
        super::elementwise::binary(grad, x, out, float, move |grad, v| if v <= threshold.int() { 0 } else { grad })
    };
}

/// A function whose results have fractions.
fn smooth(x: Tensor, out: Tensor, function: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Outcome<Plan> {
    floating(&out)?;
    unary(x, out, function, |v| v)
}

fn hard_sigmoid(v: f64) -> f64 {
    (v + 3.0).clamp(0.0, 6.0) / 6.0
}

/// Powers of whole numbers wrap around; below 0 the exponent leaves 0, or a sign of 1.
fn whole_pow(base: i64, exponent: i64) -> i64 {
    match (base, u32::try_from(exponent)) {
        (_, Ok(exponent)) => base.wrapping_pow(exponent),
        (1, _) => 1,
        (-1, _) => {
            if exponent % 2 == 0 {
                1
            } else {
                -1
            }
        }
        _ => 0,
    }
}

fn pow(x: Tensor, exponent: Scalar, out: Tensor) -> Outcome<Plan> {
    if !super::numeric::is_float(out.dtype()) && exponent.int() < 0 {
        return Err(x.invalid("whole numbers to a power below 0"));
    }
    unary(x, out, move |v| v.powf(exponent.float()), move |v| whole_pow(v, exponent.int()))
}

fn clamp(x: Tensor, least: Option<Scalar>, most: Option<Scalar>, out: Tensor) -> Outcome<Plan> {
    if least.is_none() && most.is_none() {
        return Err(Fault::refused(ACLNN_ERR_PARAM_NULLPTR, "clipValueMin and clipValueMax are null"));
    }
    let float = move |v: f64| {
        let v = least.map_or(v, |least| if v < least.float() { least.float() } else { v });
        most.map_or(v, |most| if v > most.float() { most.float() } else { v })
    };
    let whole = move |v: i64| {
        let v = least.map_or(v, |least| v.max(least.int()));
        most.map_or(v, |most| v.min(most.int()))
    };
    unary(x, out, float, whole)
}
