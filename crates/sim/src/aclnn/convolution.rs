//! Convolutions, and what else of linear algebra is no product of matrices.

use std::sync::Arc;

use super::check::{FLOATS, invalid, unsupported};
use super::{Plan, Tensor, operators};
use crate::fault::Outcome;

operators! {
    fn aclnnConvolution(
        input: T, weight: T, bias: T, stride: IA, padding: IA, dilation: IA, transposed: bool, outputPadding: IA, groups: i64, output: MutT,
        cubeMathType: i8
    ) = |x, weight, bias, stride, padding, dilation, transposed: bool, _extra: Option<Arc<[i64]>>, groups, out, _math: i8| {
        if transposed {
            return Err(unsupported("transposed convolutions are not simulated"));
        }
        convolution(x, weight, bias, stride, padding, dilation, groups, out)
    };
    fn aclnnMv(self_: T, vec: T, out: MutT, cubeMathType: i8) = |a, x, out, _math: i8| mv(a, x, out);
}

/// Products with two spatial dimensions; with one, the first of them is 1.
#[allow(clippy::too_many_arguments, reason = "the operator's own")]
fn convolution(
    x: Tensor,
    weight: Tensor,
    bias: Option<Tensor>,
    stride: Arc<[i64]>,
    padding: Arc<[i64]>,
    dilation: Arc<[i64]>,
    groups: i64,
    out: Tensor,
) -> Outcome<Plan> {
    x.of_type(FLOATS)?;
    for tensor in [&weight, &out] {
        tensor.of_type_of(&x)?;
        tensor.nd()?;
    }
    x.of_rank(3..=4)?;
    weight.of_rank(x.rank()..=x.rank())?;
    let spatial = x.rank() - 2;
    let numbers = |name: &str, values: &[i64], least: i64, without: usize| {
        let read = |i: usize| values.get(i).or(values.first()).filter(|v| **v >= least).map(|v| *v as usize);
        let found = if spatial == 2 { (read(0), read(1)) } else { (Some(without), read(0)) };
        let (Some(first), Some(second)) = found else {
            return Err(invalid(format!("{name}: {spatial} numbers from {least} on asked, {values:?} found")));
        };
        Ok([first, second])
    };
    let (stride, dilation) = (numbers("stride", &stride, 1, 1)?, numbers("dilation", &dilation, 1, 1)?);
    let padding = numbers("padding", &padding, 0, 0)?;
    let sizes = |tensor: &Tensor| [if spatial == 2 { tensor.dim(2) } else { 1 }, tensor.dim_back(0)];
    let (batch, inputs, outputs) = (x.dim(0), x.dim(1), weight.dim(0));
    let (size, kernel) = (sizes(&x), sizes(&weight));
    let groups = usize::try_from(groups).unwrap_or(0);
    if groups == 0 || weight.dim(1) * groups != inputs || !outputs.is_multiple_of(groups) {
        return Err(weight.invalid(format!("{inputs} input channels in {groups} groups asked, shape {:?} found", weight.dims())));
    }
    if let Some(bias) = &bias {
        bias.of_type(FLOATS)?;
        bias.of_shape(&[outputs])?;
    }
    let count = |d: usize| {
        let reach = dilation[d] * kernel[d].saturating_sub(1) + 1;
        (size[d] + 2 * padding[d]).checked_sub(reach).map_or(0, |room| room / stride[d] + 1)
    };
    let counts = [count(0), count(1)];
    let mut dims = vec![batch, outputs];
    dims.extend(&counts[2 - spatial..]);
    out.of_shape(&dims)?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    let plan = Plan::new(move |run| {
        let (values, weights) = (run.floats(&x)?, run.floats(&weight)?);
        let biases = bias.as_ref().map(|bias| run.floats(bias)).transpose()?;
        let (per_group, channels) = (inputs / groups, outputs / groups);
        let mut results = Vec::with_capacity(out.numel());
        for (b, o) in (0..batch).flat_map(|b| (0..outputs).map(move |o| (b, o))) {
            for (r, c) in (0..counts[0]).flat_map(|r| (0..counts[1]).map(move |c| (r, c))) {
                let mut sum = biases.as_ref().map_or(0.0, |biases| biases[o]);
                for k in 0..per_group * kernel[0] * kernel[1] {
                    let (i, rest) = (k / (kernel[0] * kernel[1]), k % (kernel[0] * kernel[1]));
                    let at =
                        |d: usize, o: usize, k: usize| (o * stride[d] + k * dilation[d]).checked_sub(padding[d]).filter(|at| *at < size[d]);
                    if let Some((row, column)) = at(0, r, rest / kernel[1]).zip(at(1, c, rest % kernel[1])) {
                        let channel = b * inputs + o / channels * per_group + i;
                        sum += weights[o * per_group * kernel[0] * kernel[1] + k] * values[(channel * size[0] + row) * size[1] + column];
                    }
                }
                results.push(sum);
            }
        }
        run.put_floats(&out, &results)
    });
    Ok(plan.with_workspace(16 << 20))
}

/// A matrix times a column.
fn mv(a: Tensor, x: Tensor, out: Tensor) -> Outcome<Plan> {
    a.of_type(FLOATS)?;
    a.of_rank(2..=2)?;
    for tensor in [&x, &out] {
        tensor.of_type_of(&a)?;
    }
    x.of_shape(&[a.dim(1)])?;
    out.of_shape(&[a.dim(0)])?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (rows, column) = (run.floats(&a)?, run.floats(&x)?);
        let results: Vec<f64> = rows.chunks(column.len().max(1)).map(|row| row.iter().zip(&column).map(|(a, b)| a * b).sum()).collect();
        if column.is_empty() { run.put_floats(&out, &vec![0.0; out.numel()]) } else { run.put_floats(&out, &results) }
    }))
}
