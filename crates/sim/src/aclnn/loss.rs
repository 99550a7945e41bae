//! Losses, forward and backward.

use ascend_sys::ffi::*;

use super::check::{FLOATS, invalid};
use super::run::failed;
use super::softmax::{log_softmax, softmax};
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;

operators! {
    fn aclnnNLLLoss(self_: T, target: T, weight: T, reduction: i64, ignoreIndex: i64, out: MutT, totalWeightOut: MutT) = nll_loss;
    fn aclnnNLLLossBackward(
        gradOutput: T, self_: T, target: T, weight: T, reduction: i64, ignoreIndex: i64, totalWeight: T, out: MutT
    ) = nll_loss_backward;
    fn aclnnSoftmaxCrossEntropyWithLogits(features: T, labels: MutT, loss: MutT, backprop: MutT) = cross_entropy;
}

const NONE: i64 = 0;
const MEAN: i64 = 1;

/// Checks what the loss has in common with its gradient; gives rows and classes.
fn check_nll(x: &Tensor, target: &Tensor, weight: &Tensor, reduction: i64) -> Outcome<(usize, usize)> {
    x.of_type(FLOATS)?;
    x.of_rank(1..=2)?;
    weight.of_type_of(x)?;
    target.of_type(&[ACL_INT32, ACL_INT64, ACL_UINT8])?;
    let (rows, classes) = (if x.rank() == 2 { x.dim(0) } else { 1 }, x.dim_back(0));
    weight.of_shape(&[classes])?;
    if target.numel() != rows {
        return Err(target.invalid(format!("{rows} classes asked, shape {:?} found", target.dims())));
    }
    if !(0..=2).contains(&reduction) {
        return Err(invalid(format!("reduction: 0 (none), 1 (mean) or 2 (sum) asked, {reduction} found")));
    }
    Ok((rows, classes))
}

/// The class of each row with its weight, none where it is to be ignored.
fn classes(run: &Run<'_>, target: &Tensor, weight: &Tensor, ignore: i64) -> Outcome<Vec<Option<(usize, f64)>>> {
    let weights = run.floats(weight)?;
    let class = |class: i64| {
        if class == ignore {
            return Ok(None);
        }
        let found = usize::try_from(class).ok().and_then(|class| Some((class, *weights.get(class)?)));
        found.map(Some).ok_or_else(|| failed(format!("target: 0 to {} asked, {class} found", weights.len() - 1)))
    };
    run.ints(target)?.into_iter().map(class).collect()
}

/// `-weight[target] * self[row, target]` of each row, their sum, or their sum over that of the weights.
fn nll_loss(x: Tensor, target: Tensor, weight: Tensor, reduction: i64, ignore: i64, out: Tensor, total: Tensor) -> Outcome<Plan> {
    let (rows, columns) = check_nll(&x, &target, &weight, reduction)?;
    out.of_type_of(&x)?;
    total.of_type_of(&x)?;
    let expected = if reduction == NONE { rows } else { 1 };
    if out.numel() != expected {
        return Err(out.invalid(format!("{expected} elements asked, shape {:?} found", out.dims())));
    }
    Ok(Plan::new(move |run| {
        let values = run.floats(&x)?;
        let found = classes(run, &target, &weight, ignore)?;
        let sum: f64 = found.iter().flatten().map(|(_, weight)| weight).sum();
        let loss =
            |(row, class): (usize, &Option<(usize, f64)>)| class.map_or(0.0, |(class, weight)| -weight * values[row * columns + class]);
        let losses: Vec<f64> = found.iter().enumerate().map(loss).collect();
        let all: f64 = losses.iter().sum();
        if total.numel() == 1 {
            run.put_floats(&total, &[if reduction == NONE { 0.0 } else { sum }])?;
        }
        match reduction {
            NONE => run.put_floats(&out, &losses),
            MEAN => run.put_floats(&out, &[all / sum]),
            _ => run.put_floats(&out, &[all]),
        }
    }))
}

#[allow(clippy::too_many_arguments, reason = "the operator's own")]
fn nll_loss_backward(
    grad: Tensor,
    x: Tensor,
    target: Tensor,
    weight: Tensor,
    reduction: i64,
    ignore: i64,
    total: Tensor,
    out: Tensor,
) -> Outcome<Plan> {
    let (rows, columns) = check_nll(&x, &target, &weight, reduction)?;
    for tensor in [&grad, &total, &out] {
        tensor.of_type_of(&x)?;
    }
    out.of_shape_of(&x)?;
    let expected = if reduction == NONE { rows } else { 1 };
    if grad.numel() != expected {
        return Err(grad.invalid(format!("{expected} elements asked, shape {:?} found", grad.dims())));
    }
    Ok(Plan::new(move |run| {
        let grads = run.floats(&grad)?;
        let total = if reduction == MEAN { run.floats(&total)?.first().copied().unwrap_or(1.0) } else { 1.0 };
        let mut results = vec![0.0; out.numel()];
        for (row, class) in classes(run, &target, &weight, ignore)?.into_iter().enumerate() {
            if let Some((class, weight)) = class {
                results[row * columns + class] = -weight * grads[if reduction == NONE { row } else { 0 }] / total;
            }
        }
        run.put_floats(&out, &results)
    }))
}

/// `loss = -sum(labels * log_softmax(features))` of each row, `backprop = softmax(features) - labels`.
fn cross_entropy(features: Tensor, labels: Tensor, loss: Tensor, backprop: Tensor) -> Outcome<Plan> {
    features.of_type(FLOATS)?;
    features.of_rank(2..=2)?;
    for tensor in [&labels, &loss, &backprop] {
        tensor.of_type_of(&features)?;
    }
    labels.of_shape_of(&features)?;
    backprop.of_shape_of(&features)?;
    loss.of_shape(&[features.dim(0)])?;
    if features.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (values, wanted) = (run.floats(&features)?, run.floats(&labels)?);
        let columns = features.dim(1);
        let (mut losses, mut slopes) = (Vec::new(), Vec::with_capacity(values.len()));
        for (row, wanted) in values.chunks(columns).zip(wanted.chunks(columns)) {
            losses.push(-log_softmax(row).iter().zip(wanted).map(|(log, label)| log * label).sum::<f64>());
            slopes.extend(softmax(row).iter().zip(wanted).map(|(chance, label)| chance - label));
        }
        run.put_floats(&loss, &losses)?;
        run.put_floats(&backprop, &slopes)
    }))
}
