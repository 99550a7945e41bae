//! Softmax and its logarithm along a dimension. A line of -inf becomes NaN, as in torch.

use ascend_sys::ffi::*;

use super::check::lines;
use super::{Plan, Tensor, operators};
use crate::fault::Outcome;

operators! {
    fn aclnnSoftmax(self_: T, dim: i64, out: MutT) = |x, dim, out| along(x, dim, out, softmax);
    fn aclnnLogSoftmax(self_: T, dim: i64, out: MutT) = |x, dim, out| along(x, dim, out, log_softmax);
    fn aclnnLogSoftmaxBackward(gradOutput: T, output: T, dim: i64, out: MutT) = log_softmax_backward;
}

const TYPES: &[aclDataType] = &[ACL_FLOAT, ACL_FLOAT16, ACL_BF16, ACL_DOUBLE];

pub(super) fn softmax(line: &[f64]) -> Vec<f64> {
    let most = line.iter().fold(f64::NEG_INFINITY, |most, v| if v.is_nan() { *v } else { most.max(*v) });
    let powers: Vec<f64> = line.iter().map(|v| (v - most).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|p| p / sum).collect()
}

pub(super) fn log_softmax(line: &[f64]) -> Vec<f64> {
    let most = line.iter().fold(f64::NEG_INFINITY, |most, v| most.max(*v));
    let sum: f64 = line.iter().map(|v| (v - most).exp()).sum();
    line.iter().map(|v| v - most - sum.ln()).collect()
}

fn along(x: Tensor, dim: i64, out: Tensor, line: fn(&[f64]) -> Vec<f64>) -> Outcome<Plan> {
    for tensor in [&x, &out] {
        tensor.of_type(TYPES)?;
        tensor.of_rank(0..=8)?;
        tensor.nd()?;
    }
    out.of_shape_of(&x)?;
    let axis = x.axis(dim)?;
    if x.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let values = run.floats(&x)?;
        let mut results = vec![0.0; values.len()];
        for places in lines(x.dims(), axis) {
            let found = line(&places.clone().map(|i| values[i]).collect::<Vec<_>>());
            places.zip(found).for_each(|(i, v)| results[i] = v);
        }
        run.put_floats(&out, &results)
    }))
}

/// `out = gradOutput - exp(output) * sum(gradOutput)` along the dimension.
fn log_softmax_backward(grad: Tensor, output: Tensor, dim: i64, out: Tensor) -> Outcome<Plan> {
    grad.of_type(TYPES)?;
    for tensor in [&output, &out] {
        tensor.of_type_of(&grad)?;
        tensor.of_shape_of(&grad)?;
    }
    let axis = grad.axis(dim)?;
    if grad.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (grads, outputs) = (run.floats(&grad)?, run.floats(&output)?);
        let mut results = vec![0.0; grads.len()];
        for places in lines(grad.dims(), axis) {
            let sum: f64 = places.clone().map(|i| grads[i]).sum();
            places.for_each(|i| results[i] = grads[i] - outputs[i].exp() * sum);
        }
        run.put_floats(&out, &results)
    }))
}
