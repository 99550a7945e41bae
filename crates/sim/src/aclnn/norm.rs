//! Normalisation over the last dimensions, by root mean square or by mean and variance.
//!
//! Sums are kept in f32 or better. Types are checked by the operator, shapes by the tiling of its kernel, so the codes differ.

use std::sync::Arc;

use ascend_sys::ffi::*;

use super::check::{FLOATS, invalid, tiling};
use super::numeric::rounded;
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;

operators! {
    fn aclnnRmsNorm(x: T, gamma: T, epsilon: f64, yOut: T, rstdOut: T) = |x, gamma, eps, y, rstd| rms_norm(x, gamma, eps, y, rstd, 0.0);
    fn aclnnGemmaRmsNorm(x: T, gamma: T, epsilon: f64, yOut: T, rstdOut: T) = |x, gamma, eps, y, rstd| rms_norm(x, gamma, eps, y, rstd, 1.0);
    fn aclnnAddRmsNorm(x1: T, x2: T, gamma: T, epsilon: f64, yOut: T, rstdOut: T, xOut: T) = add_rms_norm;
    fn aclnnInplaceAddRmsNorm(x1Ref: MutT, x2Ref: MutT, gamma: T, epsilon: f64, rstdOut: T) = |x1: Tensor, x2: Tensor, gamma, eps, rstd| {
        add_rms_norm(x1.clone(), x2.clone(), gamma, eps, x1, rstd, x2)
    };
    fn aclnnAddRmsNormCast(x1: T, x2: T, gamma: T, epsilon: f64, y1Out: T, y2Out: T, rstdOut: T, xOut: T) = add_rms_norm_cast;
    fn aclnnLayerNorm(
        input: T, normalizedShape: IA, weightOptional: T, biasOptional: T, eps: f64, out: MutT, meanOutOptional: MutT, rstdOutOptional: MutT
    ) = layer_norm;
    fn aclnnAddLayerNorm(
        x1: T, x2: T, gamma: T, beta: T, biasOptional: T, epsilon: f64, additionalOutput: bool, yOut: T, meanOut: T, rstdOut: T, xOut: T
    ) = add_layer_norm;
    fn aclnnGroupNorm(
        self_: T, gamma: T, beta: T, N: i64, C: i64, HxW: i64, group: i64, eps: f64, out: MutT, meanOut: MutT, rstdOut: MutT
    ) = group_norm;
}

/// Elements of one row: those of the last dimensions, which must be those of `gamma`.
pub(super) fn row_of(x: &Tensor, gamma: &Tensor) -> Outcome<usize> {
    gamma.nd()?;
    tiling(gamma.of_rank(1..=8))?;
    if !x.dims().ends_with(gamma.dims()) {
        return tiling(Err(gamma.invalid(format!(
            "the last dimensions of {:?} of {} asked, {:?} found",
            x.dims(),
            x.name(),
            gamma.dims()
        ))));
    }
    tiling(gamma.not_empty())?;
    Ok(gamma.numel())
}

/// The shape of what a row is reduced to: the first dimensions, and 1 for each of the last `count`.
fn reduced(x: &Tensor, count: usize) -> Vec<usize> {
    x.dims().iter().enumerate().map(|(i, dim)| if i + count < x.rank() { *dim } else { 1 }).collect()
}

/// `1 / sqrt(mean(x^2) + epsilon)`
pub(super) fn inverse_rms(row: &[f64], epsilon: f64) -> f64 {
    let squares: f64 = row.iter().map(|v| v * v).sum();
    1.0 / (squares / row.len() as f64 + epsilon).sqrt()
}

/// Mean, and `1 / sqrt(variance + epsilon)` of the biased variance.
fn moments(row: &[f64], epsilon: f64) -> (f64, f64) {
    let count = row.len() as f64;
    let mean = row.iter().sum::<f64>() / count;
    let variance = row.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / count;
    (mean, 1.0 / (variance + epsilon).sqrt())
}

/// `y = x * rstd * (shift + gamma)`, rounded once. `gamma` is of the type of `x`, or FLOAT.
fn rms_norm(x: Tensor, gamma: Tensor, epsilon: f64, y: Tensor, rstd: Tensor, shift: f64) -> Outcome<Plan> {
    x.of_type(FLOATS)?;
    if gamma.dtype() != ACL_FLOAT || shift != 0.0 {
        gamma.of_type_of(&x)?;
    }
    y.of_type_of(&x)?;
    rstd.of_type(&[ACL_FLOAT])?;
    for tensor in [&x, &y] {
        tensor.nd()?;
        tiling(tensor.of_rank(1..=8))?;
    }
    tiling(y.of_shape_of(&x))?;
    let row = row_of(&x, &gamma)?;
    tiling(rstd.of_shape(&reduced(&x, gamma.rank())))?;
    if x.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (values, weights) = (run.floats(&x)?, run.floats(&gamma)?);
        let (mut out, mut scales) = (Vec::with_capacity(values.len()), Vec::new());
        for row in values.chunks(row) {
            let scale = inverse_rms(row, epsilon);
            scales.push(scale);
            out.extend(row.iter().zip(&weights).map(|(v, g)| v * scale * (shift + g)));
        }
        run.put_floats(&rstd, &scales)?;
        run.put_floats(&y, &out)
    }))
}

/// What the operators with a sum in front of the norm have in common.
pub(super) fn check_sum(x1: &Tensor, x2: &Tensor, gamma: &Tensor, types: &[aclDataType]) -> Outcome<usize> {
    x1.of_type(types)?;
    x2.of_type_of(x1)?;
    gamma.of_type_of(x1)?;
    x1.nd()?;
    x2.nd()?;
    tiling(x1.of_rank(1..=8))?;
    tiling(x2.of_shape_of(x1))?;
    row_of(x1, gamma)
}

/// `x1 + x2`: what is stored, and what is normalised. BF16 is added in f32 and the norm takes the sum as it is before it is rounded; FLOAT16 is added in FLOAT16.
pub(super) fn sum(run: &Run<'_>, x1: &Tensor, x2: &Tensor) -> Outcome<(Vec<f64>, Vec<f64>)> {
    let exact: Vec<f64> = run.floats(x1)?.iter().zip(run.floats(x2)?).map(|(a, b)| rounded(ACL_FLOAT, a + b)).collect();
    let stored: Vec<f64> = exact.iter().map(|v| rounded(x1.dtype(), *v)).collect();
    let normalised = if x1.dtype() == ACL_BF16 { exact } else { stored.clone() };
    Ok((stored, normalised))
}

/// `x * rstd` is rounded to the storage type before it is multiplied by gamma and rounded again: the kernel's order, unlike that of RmsNorm.
fn twice_rounded(row: &[f64], scale: f64, gamma: &[f64], dtype: aclDataType) -> impl Iterator<Item = f64> {
    row.iter().zip(gamma).map(move |(v, g)| rounded(dtype, rounded(dtype, v * scale) * g))
}

/// `x = x1 + x2; y = x * rstd * gamma`
fn add_rms_norm(x1: Tensor, x2: Tensor, gamma: Tensor, epsilon: f64, y: Tensor, rstd: Tensor, x: Tensor) -> Outcome<Plan> {
    let row = check_sum(&x1, &x2, &gamma, FLOATS)?;
    plan_sum(row, x1, x2, gamma, epsilon, &[y], None, rstd, x)
}

/// The same with `y` in FLOAT as well, for 16-bit types.
#[allow(clippy::too_many_arguments, reason = "the operator's own")]
fn add_rms_norm_cast(
    x1: Tensor,
    x2: Tensor,
    gamma: Tensor,
    epsilon: f64,
    y1: Tensor,
    y2: Tensor,
    rstd: Tensor,
    x: Tensor,
) -> Outcome<Plan> {
    let row = check_sum(&x1, &x2, &gamma, &[ACL_FLOAT16, ACL_BF16])?;
    y1.of_type(&[ACL_FLOAT])?;
    tiling(y1.of_shape_of(&x1))?;
    plan_sum(row, x1, x2, gamma, epsilon, &[y2], Some(y1), rstd, x)
}

#[allow(clippy::too_many_arguments, reason = "the operators' own")]
fn plan_sum(
    row: usize,
    x1: Tensor,
    x2: Tensor,
    gamma: Tensor,
    epsilon: f64,
    stored: &[Tensor],
    wide: Option<Tensor>,
    rstd: Tensor,
    x: Tensor,
) -> Outcome<Plan> {
    rstd.of_type(&[ACL_FLOAT])?;
    for tensor in stored.iter().chain([&x]) {
        tensor.of_type_of(&x1)?;
        tiling(tensor.of_shape_of(&x1))?;
        tensor.nd()?;
    }
    tiling(rstd.of_shape(&reduced(&x1, gamma.rank())))?;
    if wide.is_none() {
        // aclnnAddRmsNorm takes no empty tensors; aclnnAddRmsNormCast does.
        tiling(x1.not_empty())?;
    }
    if x1.is_empty() {
        return Ok(Plan::nothing());
    }
    let outputs: Vec<Tensor> = stored.iter().cloned().chain(wide).collect();
    Ok(Plan::new(move |run| {
        let (sums, normalised) = sum(run, &x1, &x2)?;
        let weights = run.floats(&gamma)?;
        let (mut values, mut scales) = (Vec::with_capacity(sums.len()), Vec::new());
        for row in normalised.chunks(row) {
            let scale = inverse_rms(row, epsilon);
            scales.push(scale);
            values.extend(twice_rounded(row, scale, &weights, x1.dtype()));
        }
        run.put_floats(&x, &sums)?;
        run.put_floats(&rstd, &scales)?;
        outputs.iter().try_for_each(|y| run.put_floats(y, &values))
    }))
}

/// `out = (input - mean) * rstd * weight + bias` over the dimensions of `normalizedShape`.
#[allow(clippy::too_many_arguments, reason = "the operator's own")]
fn layer_norm(
    x: Tensor,
    shape: Arc<[i64]>,
    weight: Option<Tensor>,
    bias: Option<Tensor>,
    epsilon: f64,
    out: Tensor,
    mean: Option<Tensor>,
    rstd: Option<Tensor>,
) -> Outcome<Plan> {
    x.of_type(FLOATS)?;
    x.nd()?;
    out.of_type_of(&x)?;
    out.of_shape_of(&x)?;
    let dims: Vec<usize> = shape.iter().map(|dim| usize::try_from(*dim).unwrap_or(usize::MAX)).collect();
    if dims.is_empty() || !x.dims().ends_with(&dims) {
        return Err(invalid(format!("normalizedShape: the last dimensions of {:?} of input asked, {shape:?} found", x.dims())));
    }
    for tensor in [&weight, &bias].into_iter().flatten() {
        tensor.of_type(FLOATS)?;
        tensor.of_shape(&dims)?;
    }
    let small = reduced(&x, dims.len());
    for tensor in [&mean, &rstd].into_iter().flatten() {
        tensor.of_type(FLOATS)?;
        tensor.of_shape(&small)?;
    }
    if x.is_empty() {
        return Ok(Plan::nothing());
    }
    let row: usize = dims.iter().product();
    Ok(Plan::new(move |run| {
        let values = run.floats(&x)?;
        let weights = weight.as_ref().map(|tensor| run.floats(tensor)).transpose()?;
        let biases = bias.as_ref().map(|tensor| run.floats(tensor)).transpose()?;
        put_layer_norm(run, &values, row, epsilon, weights.as_deref(), biases.as_deref(), &out, mean.as_ref(), rstd.as_ref())
    }))
}

#[allow(clippy::too_many_arguments, reason = "the operators' own")]
fn put_layer_norm(
    run: &Run<'_>,
    values: &[f64],
    row: usize,
    epsilon: f64,
    weights: Option<&[f64]>,
    biases: Option<&[f64]>,
    out: &Tensor,
    mean: Option<&Tensor>,
    rstd: Option<&Tensor>,
) -> Outcome {
    let (mut results, mut means, mut scales) = (Vec::with_capacity(values.len()), Vec::new(), Vec::new());
    for row in values.chunks(row) {
        let (mean, scale) = moments(row, epsilon);
        means.push(mean);
        scales.push(scale);
        for (i, v) in row.iter().enumerate() {
            let scaled = (v - mean) * scale * weights.map_or(1.0, |w| w[i]);
            results.push(scaled + biases.map_or(0.0, |b| b[i]));
        }
    }
    if let Some(mean) = mean {
        run.put_floats(mean, &means)?;
    }
    if let Some(rstd) = rstd {
        run.put_floats(rstd, &scales)?;
    }
    run.put_floats(out, &results)
}

/// `x = x1 + x2 + bias; y = (x - mean) * rstd * gamma + beta`. The sum is FLOAT where one of its parts is; `x` is written where it is asked for.
#[allow(clippy::too_many_arguments, reason = "the operator's own")]
fn add_layer_norm(
    x1: Tensor,
    x2: Tensor,
    gamma: Tensor,
    beta: Tensor,
    bias: Option<Tensor>,
    epsilon: f64,
    with_sum: bool,
    y: Tensor,
    mean: Tensor,
    rstd: Tensor,
    x: Option<Tensor>,
) -> Outcome<Plan> {
    for tensor in [&x1, &x2, &gamma, &beta] {
        tensor.of_type(FLOATS)?;
        tensor.nd()?;
    }
    let mixed = x1.dtype() != x2.dtype();
    if mixed && x1.dtype() != ACL_FLOAT && x2.dtype() != ACL_FLOAT {
        return Err(x2.invalid("FLOAT16 and BF16 in one sum, which has no kernel"));
    }
    let wide = if mixed { ACL_FLOAT } else { x1.dtype() };
    if gamma.dtype() != ACL_FLOAT {
        gamma.of_type(&[wide])?;
    }
    beta.of_type_of(&gamma)?;
    y.of_type(&[wide])?;
    tiling(x2.of_shape_of(&x1))?;
    tiling(y.of_shape_of(&x1))?;
    tiling(x1.not_empty())?;
    let row = row_of(&x1, &gamma)?;
    tiling(beta.of_shape_of(&gamma))?;
    for tensor in [&mean, &rstd] {
        tensor.of_type(&[ACL_FLOAT])?;
        tiling(tensor.of_shape(&reduced(&x1, gamma.rank())))?;
    }
    if let Some(bias) = &bias {
        bias.of_type(&[wide])?;
        if bias.dims() != x1.dims() {
            tiling(bias.of_shape_of(&gamma))?;
        }
    }
    let x = match (with_sum, x) {
        (true, None) => {
            return Err(crate::fault::Fault::refused(ACLNN_ERR_PARAM_NULLPTR, "xOut is null, and additionalOutput asks for it"));
        }
        (true, Some(x)) => {
            x.of_type(&[wide])?;
            tiling(x.of_shape_of(&x1))?;
            Some(x)
        }
        (false, _) => None,
    };
    Ok(Plan::new(move |run| {
        let mut sums: Vec<f64> = run.floats(&x1)?.iter().zip(run.floats(&x2)?).map(|(a, b)| a + b).collect();
        if let Some(bias) = &bias {
            let extra = run.floats(bias)?;
            sums.iter_mut().zip(extra.iter().cycle()).for_each(|(sum, bias)| *sum += bias);
        }
        if let Some(x) = &x {
            run.put_floats(x, &sums)?;
        }
        let (weights, biases) = (run.floats(&gamma)?, run.floats(&beta)?);
        put_layer_norm(run, &sums, row, epsilon, Some(&weights), Some(&biases), &y, Some(&mean), Some(&rstd))
    }))
}

/// Groups of channels of `[N, C, HxW]` are normalised, each channel has a weight and a bias. Mean and rstd are `[N, group]`.
#[allow(clippy::too_many_arguments, reason = "the operator's own")]
fn group_norm(
    x: Tensor,
    gamma: Option<Tensor>,
    beta: Option<Tensor>,
    batch: i64,
    channels: i64,
    area: i64,
    groups: i64,
    epsilon: f64,
    out: Tensor,
    mean: Tensor,
    rstd: Tensor,
) -> Outcome<Plan> {
    x.of_type(FLOATS)?;
    out.of_type_of(&x)?;
    out.of_shape_of(&x)?;
    let sizes = [batch, channels, area, groups].map(|size| usize::try_from(size).unwrap_or(0));
    let [batch, channels, area, groups] = sizes;
    if x.dim(0) != batch || x.dim(1) != channels || batch * channels * area != x.numel() {
        return Err(x.invalid(format!("N {batch}, C {channels} and HxW {area} said, shape {:?} found", x.dims())));
    }
    if groups == 0 || channels % groups != 0 {
        return Err(invalid(format!("group: a divisor of {channels} asked, {groups} found")));
    }
    for tensor in [&gamma, &beta].into_iter().flatten() {
        tensor.of_type_of(&x)?;
        tensor.of_shape(&[channels])?;
    }
    for tensor in [&mean, &rstd] {
        tensor.of_type_of(&x)?;
        tensor.of_shape(&[batch, groups])?;
    }
    if x.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let weights = gamma.as_ref().map(|tensor| run.floats(tensor)).transpose()?;
        let biases = beta.as_ref().map(|tensor| run.floats(tensor)).transpose()?;
        let values = run.floats(&x)?;
        let (mut results, mut means, mut scales) = (Vec::with_capacity(values.len()), Vec::new(), Vec::new());
        for row in values.chunks(channels / groups * area) {
            let (mean, scale) = moments(row, epsilon);
            means.push(mean);
            scales.push(scale);
            for v in row {
                let channel = results.len() / area % channels;
                let scaled = (v - mean) * scale * weights.as_ref().map_or(1.0, |w| w[channel]);
                results.push(scaled + biases.as_ref().map_or(0.0, |b| b[channel]));
            }
        }
        run.put_floats(&mean, &means)?;
        run.put_floats(&rstd, &scales)?;
        run.put_floats(&out, &results)
    }))
}
