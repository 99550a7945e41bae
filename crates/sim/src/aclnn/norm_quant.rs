//! RMS norm with quantisation to INT8, with scales that are given or with one for each row.

use std::sync::Arc;

use ascend_sys::ffi::*;

use super::check::{invalid, tiling};
use super::norm::{check_sum, inverse_rms, row_of, sum};
use super::numeric::to_code;
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;

const HALVES: &[aclDataType] = &[ACL_FLOAT16, ACL_BF16];

operators! {
    fn aclnnAddRmsNormQuant(
        x1: T, x2: T, gamma: T, scales1: T, scales2Optional: T, zeroPoints1Optional: T, zeroPoints2Optional: T, axis: i64, epsilon: f64,
        divMode: bool, y1Out: T, y2Out: T, xOut: T
    ) = |x1, x2, gamma, s1, s2, z1, z2, axis, eps, div, y1, y2, x| static_quant(x1, x2, gamma, [Some(s1), s2], [z1, z2], None, axis, eps, div, [y1, y2], x, None);
    fn aclnnAddRmsNormQuantV2(
        x1: T, x2: T, gamma: T, scales1: T, scales2Optional: T, zeroPoints1Optional: T, zeroPoints2Optional: T, betaOptional: T, axis: i64,
        epsilon: f64, divMode: bool, y1Out: MutT, y2Out: MutT, xOut: MutT, rmsNormOut: MutT
    ) = |x1, x2, gamma, s1, s2, z1, z2, beta: Option<Tensor>, axis, eps, div: bool, y1, y2, x, norm: Option<Tensor>| {
        if !div && (beta.is_some() || norm.is_some()) {
            return Err(invalid("divMode: true asked where betaOptional or rmsNormOut is given, false found"));
        }
        static_quant(x1, x2, gamma, [Some(s1), s2], [z1, z2], beta, axis, eps, div, [y1, y2], x, norm)
    };
    fn aclnnAddRmsNormDynamicQuant(
        x1: T, x2: T, gamma: T, smoothScale1Optional: T, smoothScale2Optional: T, epsilon: f64, y1Out: T, y2Out: T, xOut: T, scale1Out: T,
        scale2Out: T
    ) = |x1, x2, gamma, s1, s2, eps, y1, y2, x, scale1, scale2| dynamic_quant(x1, x2, gamma, [s1, s2], None, eps, None, [y1, y2], x, [scale1, scale2]);
    fn aclnnAddRmsNormDynamicQuantV2(
        x1: T, x2: T, gamma: T, smoothScale1Optional: T, smoothScale2Optional: T, betaOptional: T, epsilon: f64, outputMaskOptional: BA,
        y1Out: MutT, y2Out: MutT, xOut: MutT, scale1Out: MutT, scale2Out: MutT
    ) = |x1, x2, gamma, s1, s2, beta, eps, mask, y1, y2, x, scale1, scale2| dynamic_quant(x1, x2, gamma, [s1, s2], beta, eps, mask, [y1, y2], x, [scale1, scale2]);
    fn aclnnRmsNormQuant(x: T, gamma: T, beta: T, scale: T, offset: T, epsilon: f64, y: MutT) = rms_norm_quant;
    fn aclnnRmsNormDynamicQuant(
        x: T, gamma: T, smoothScalesOptional: T, betaOptional: T, epsilon: f64, dstType: i64, yOut: T, scaleOut: T
    ) = rms_norm_dynamic_quant;
}

/// Bits of a quantised type.
fn width(tensor: &Tensor) -> u32 {
    if tensor.dtype() == ACL_INT4 { 4 } else { 8 }
}

/// `x * rstd * gamma` of every row, not rounded.
fn normalise(values: &[f64], row: usize, gamma: &[f64], epsilon: f64) -> Vec<f64> {
    let scaled = |row: &[f64]| {
        let scale = inverse_rms(row, epsilon);
        row.iter().zip(gamma).map(|(v, g)| v * scale * g).collect::<Vec<_>>()
    };
    values.chunks(row).flat_map(scaled).collect()
}

fn optional(run: &Run<'_>, tensor: Option<&Tensor>) -> Outcome<Option<Vec<f64>>> {
    tensor.map(|tensor| run.floats(tensor)).transpose()
}

/// `y = round(norm / scales + zeroPoints)`, or `norm * scales` without `divMode`. The second output is written where it has scales.
#[allow(clippy::too_many_arguments, reason = "the operators' own")]
fn static_quant(
    x1: Tensor,
    x2: Tensor,
    gamma: Tensor,
    scales: [Option<Tensor>; 2],
    zeros: [Option<Tensor>; 2],
    beta: Option<Tensor>,
    axis: i64,
    epsilon: f64,
    divide: bool,
    outputs: [Option<Tensor>; 2],
    x: Tensor,
    norm: Option<Tensor>,
) -> Outcome<Plan> {
    let row = check_sum(&x1, &x2, &gamma, HALVES)?;
    // The types go together: FLOAT16 with FLOAT scales and INT32 zero points, BF16 with BF16 for both.
    let (scale_type, zero_type) = if x1.dtype() == ACL_FLOAT16 { (ACL_FLOAT, ACL_INT32) } else { (ACL_BF16, ACL_BF16) };
    for (tensors, dtype) in [(&scales, scale_type), (&zeros, zero_type)] {
        for tensor in tensors.iter().flatten() {
            tensor.of_type(&[dtype])?;
            tiling(tensor.of_shape_of(&gamma))?;
        }
    }
    if let (Some(zeros), None) = (&zeros[1], &scales[1]) {
        return Err(zeros.invalid("zero points without scales2Optional"));
    }
    if axis != -1 {
        return Err(invalid(format!("axis: -1 asked, {axis} found")));
    }
    if let Some(beta) = &beta {
        beta.of_type_of(&gamma)?;
        tiling(beta.of_shape_of(&gamma))?;
    }
    let mut jobs = Vec::new();
    for ((scales, zeros), output) in scales.into_iter().zip(zeros).zip(outputs) {
        let Some(scales) = scales else { continue };
        let Some(output) = output else {
            return Err(scales.invalid("scales without an output for them"));
        };
        output.of_type(&[ACL_INT8])?;
        tiling(output.of_shape_of(&x1))?;
        jobs.push((scales, zeros, output));
    }
    for tensor in norm.iter().chain([&x]) {
        tensor.of_type_of(&x1)?;
        tiling(tensor.of_shape_of(&x1))?;
    }
    if x1.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (sums, normalised) = sum(run, &x1, &x2)?;
        let mut values = normalise(&normalised, row, &run.floats(&gamma)?, epsilon);
        run.put_floats(&x, &sums)?;
        if let Some(norm) = &norm {
            run.put_floats(norm, &values)?;
        }
        if let Some(beta) = optional(run, beta.as_ref())? {
            values.iter_mut().zip(beta.iter().cycle()).for_each(|(v, b)| *v += b);
        }
        for (scales, zeros, output) in &jobs {
            let (scales, zeros) = (run.floats(scales)?, optional(run, zeros.as_ref())?);
            let quantised = values.iter().enumerate().map(|(i, v)| {
                let scale = scales[i % row];
                let scaled = if divide { v / scale } else { v * scale };
                to_code(scaled + zeros.as_ref().map_or(0.0, |zeros| zeros[i % row]), 8)
            });
            run.put_ints(output, &quantised.collect::<Vec<_>>())?;
        }
        Ok(())
    }))
}

/// `scale = max(|row|) / 127` (7 for INT4) and `round(row / scale)`. A row of zeros has the scale 0 and zeros.
fn put_dynamic(run: &Run<'_>, values: &[f64], row: usize, smooth: Option<&Tensor>, output: &Tensor, scales: &Tensor) -> Outcome {
    let smooth = optional(run, smooth)?;
    let (bits, most) = if width(output) == 4 { (4, 7.0) } else { (8, 127.0) };
    let (mut quantised, mut factors) = (Vec::with_capacity(values.len()), Vec::new());
    for values in values.chunks(row) {
        let smoothed: Vec<f64> = values.iter().enumerate().map(|(i, v)| v * smooth.as_ref().map_or(1.0, |s| s[i])).collect();
        let scale = smoothed.iter().fold(0.0f64, |most, v| most.max(v.abs())) / most;
        factors.push(scale);
        quantised.extend(smoothed.iter().map(|v| to_code(v / scale, bits)));
    }
    run.put_floats(scales, &factors)?;
    run.put_ints(output, &quantised)
}

fn check_dynamic(x: &Tensor, output: &Tensor, scales: &Tensor, types: &[aclDataType]) -> Outcome {
    output.of_type(types)?;
    output.of_shape_of(x)?;
    if output.dtype() == ACL_INT4 && !x.dim_back(0).is_multiple_of(2) {
        return tiling(Err(x.invalid(format!("an even last dimension asked for INT4, shape {:?} found", x.dims()))));
    }
    scales.of_type(&[ACL_FLOAT])?;
    let rows = &x.dims()[..x.rank() - 1];
    if scales.dims() != [rows.iter().product::<usize>()] {
        tiling(scales.of_shape(rows))?;
    }
    Ok(())
}

/// The norm of a sum, quantised for one or two readers that smooth it differently. Outputs that are not asked for stay as they are.
#[allow(clippy::too_many_arguments, reason = "the operators' own")]
fn dynamic_quant(
    x1: Tensor,
    x2: Tensor,
    gamma: Tensor,
    smooth: [Option<Tensor>; 2],
    beta: Option<Tensor>,
    epsilon: f64,
    mask: Option<Arc<[bool]>>,
    outputs: [Option<Tensor>; 2],
    x: Tensor,
    scales: [Option<Tensor>; 2],
) -> Outcome<Plan> {
    let row = check_sum(&x1, &x2, &gamma, HALVES)?;
    tiling(x1.of_rank(2..=8))?;
    tiling(gamma.of_rank(1..=1))?;
    for tensor in smooth.iter().chain([&beta]).flatten() {
        tensor.of_type_of(&gamma)?;
        tiling(tensor.of_shape_of(&gamma))?;
    }
    let asked = match mask.as_deref() {
        Some(&[first, second]) => {
            let unused = |i: usize| smooth[i].is_some() && ![first, second][i];
            if unused(0) || unused(1) || !(first || second) {
                return Err(invalid("outputMaskOptional: true asked where a smooth scale is given, and for one output at least"));
            }
            [first, second]
        }
        Some(other) => return Err(invalid(format!("outputMaskOptional: 2 values asked, {} found", other.len()))),
        None if smooth[0].is_none() && smooth[1].is_some() => {
            return Err(invalid("smoothScale2Optional without smoothScale1Optional"));
        }
        None => [true, smooth[1].is_some()],
    };
    x.of_type_of(&x1)?;
    tiling(x.of_shape_of(&x1))?;
    let mut jobs: Vec<(Option<Tensor>, Tensor, Tensor)> = Vec::new();
    for (i, ((smooth, output), scales)) in smooth.into_iter().zip(outputs).zip(scales).enumerate() {
        let (true, Some(output), Some(scales)) = (asked[i], output, scales) else {
            if asked[i] {
                let what = format!("y{0}Out or scale{0}Out is null", i + 1);
                return Err(crate::fault::Fault::refused(ACLNN_ERR_PARAM_NULLPTR, what));
            }
            continue;
        };
        check_dynamic(&x1, &output, &scales, &[ACL_INT8, ACL_INT4])?;
        if let Some((_, first, _)) = jobs.first() {
            output.of_type_of(first)?;
        }
        jobs.push((smooth, output, scales));
    }
    if x1.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (sums, normalised) = sum(run, &x1, &x2)?;
        run.put_floats(&x, &sums)?;
        let mut values = normalise(&normalised, row, &run.floats(&gamma)?, epsilon);
        if let Some(beta) = optional(run, beta.as_ref())? {
            values.iter_mut().zip(beta.iter().cycle()).for_each(|(v, b)| *v += b);
        }
        jobs.iter().try_for_each(|(smooth, output, scales)| put_dynamic(run, &values, row, smooth.as_ref(), output, scales))
    }))
}

/// `y = round((x * rstd * gamma + beta) / scale + offset)` with one scale. NaN becomes 0.
fn rms_norm_quant(x: Tensor, gamma: Tensor, beta: Tensor, scale: Tensor, offset: Tensor, epsilon: f64, y: Tensor) -> Outcome<Plan> {
    x.of_type(HALVES)?;
    for tensor in [&gamma, &beta, &scale] {
        tensor.of_type_of(&x)?;
    }
    offset.of_type(&[ACL_INT8])?;
    y.of_type(&[ACL_INT8, ACL_INT4])?;
    y.of_shape_of(&x)?;
    x.not_empty()?;
    let row = x.dim_back(0);
    for tensor in [&gamma, &beta] {
        if tensor.dims() != [1, row] {
            tensor.of_shape(&[row])?;
        }
    }
    scale.of_shape(&[1])?;
    offset.of_shape(&[1])?;
    Ok(Plan::new(move |run| {
        let (shift, scale, offset) = (run.floats(&beta)?, run.floats(&scale)?[0], run.floats(&offset)?[0]);
        let values = normalise(&run.floats(&x)?, row, &run.floats(&gamma)?, epsilon);
        let quantised = values.iter().enumerate().map(|(i, v)| to_code((v + shift[i % row]) / scale + offset, width(&y)));
        run.put_ints(&y, &quantised.collect::<Vec<_>>())
    }))
}

#[allow(clippy::too_many_arguments, reason = "the operator's own")]
fn rms_norm_dynamic_quant(
    x: Tensor,
    gamma: Tensor,
    smooth: Option<Tensor>,
    beta: Option<Tensor>,
    epsilon: f64,
    kind: i64,
    y: Tensor,
    scales: Tensor,
) -> Outcome<Plan> {
    x.of_type(HALVES)?;
    tiling(x.of_rank(2..=8))?;
    tiling(x.not_empty())?;
    gamma.of_type_of(&x)?;
    tiling(gamma.of_rank(1..=1))?;
    let row = row_of(&x, &gamma)?;
    for tensor in [&smooth, &beta].into_iter().flatten() {
        tensor.of_type_of(&gamma)?;
        tiling(tensor.of_shape_of(&gamma))?;
    }
    if kind != i64::from(ACL_INT8) {
        return Err(invalid(format!("dstType: 2 (INT8) asked, {kind} found")));
    }
    check_dynamic(&x, &y, &scales, &[ACL_INT8])?;
    Ok(Plan::new(move |run| {
        let mut values = normalise(&run.floats(&x)?, row, &run.floats(&gamma)?, epsilon);
        if let Some(beta) = optional(run, beta.as_ref())? {
            values.iter_mut().zip(beta.iter().cycle()).for_each(|(v, b)| *v += b);
        }
        put_dynamic(run, &values, row, smooth.as_ref(), &y, &scales)
    }))
}
