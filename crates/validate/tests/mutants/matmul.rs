//! Broken matmul kernels, and what grouped ones share with them.

use ascend_hal::ops::{Matmul, Weight};
use ascend_hal::{DType, Error, OpCall, OpKind, Result, TensorView, host};

use crate::patch::{copy, patch};
use crate::{Inner, Mutant};

fn op(call: &OpCall) -> &Matmul {
    call.try_into().expect("a matmul call")
}

pub fn mutants() -> Vec<Mutant> {
    let mutant = |breaks, run| Mutant { op: OpKind::Matmul, breaks, run };
    vec![
        mutant("empty", refuses_empty),
        mutant("zero_k", writes_nothing_without_k),
        mutant("bias", forgets_a_float_bias),
        mutant("int_bias", adds_an_int_bias_last),
        mutant("strided", reads_x_row_major),
        mutant("nz_weight", reads_fractals_as_rows),
        mutant("nan_inf", clears_nan),
        mutant("overflow", saturates),
        mutant("extreme_sums", sums_integers_in_f32),
        mutant("extreme_codes", wraps_differences),
        mutant("partial_group", has_no_last_group),
        mutant("zero_scale", takes_scale_0_for_1),
    ]
}

fn refuses_empty(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if op(call).y.numel() == 0 {
        return Err(Error::Value { op: OpKind::Matmul, argument: "x", asked: "not empty".into(), found: "nothing".into() });
    }
    k.run(call)
}

fn writes_nothing_without_k(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if op(call).x.shape().last_or_one() == 0 { Ok(()) } else { k.run(call) }
}

fn forgets_a_float_bias(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    op.bias = op.bias.filter(|bias| bias.dtype() == DType::I32);
    k.run(&op.into())
}

fn adds_an_int_bias_last(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    let Some(bias) = op.bias.take_if(|bias| bias.dtype() == DType::I32) else { return k.run(call) };
    k.run(&op.clone().into())?;
    let (bias, n) = (host::to_i64(&bias)?, op.y.shape().last_or_one());
    add_last(&op.y, |i| bias[i % n])
}

/// Adds an integer bias to finished results, without saturation.
pub fn add_last(y: &TensorView, bias: impl Fn(usize) -> i64) -> Result<()> {
    patch(y, |values| {
        for (i, v) in values.iter_mut().enumerate() {
            *v = if y.dtype() == DType::I32 { f64::from((*v as i64 + bias(i)) as i32) } else { *v + bias(i) as f64 };
        }
    })
}

fn reads_x_row_major(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    op.x = row_major(&op.x)?;
    k.run(&op.into())
}

/// The memory of a view read from its start, whatever its strides or format.
pub fn row_major(view: &TensorView) -> Result<TensorView> {
    TensorView::contiguous(view.buffer().clone(), view.dtype(), *view.shape())
}

fn reads_fractals_as_rows(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    op.weight.data = row_major(&op.weight.data)?;
    k.run(&op.into())
}

fn clears_nan(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    patch(&op(call).y, |y| y.iter_mut().filter(|y| y.is_nan()).for_each(|y| *y = 0.0))
}

fn saturates(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    patch(&op(call).y, |y| y.iter_mut().filter(|y| y.is_infinite()).for_each(|y| *y = 65504f64.copysign(*y)))
}

fn sums_integers_in_f32(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let op = op(call);
    if op.y.dtype() != DType::I32 || op.y.rank() != 2 {
        return Ok(());
    }
    let (x, w) = (host::to_f64(&op.x)?, host::to_f64(&op.weight.data)?);
    let (depth, n) = (op.x.dim(1), op.y.dim(1));
    patch(&op.y, |y| {
        for (i, y) in y.iter_mut().enumerate() {
            *y = f32_sum(depth, |k| x[i / n * depth + k], |k| w[k * n + i % n]);
        }
    })
}

/// A dot product added up in f32.
pub fn f32_sum(depth: usize, x: impl Fn(usize) -> f64, w: impl Fn(usize) -> f64) -> f64 {
    (0..depth).fold(0f32, |sum, k| sum + (x(k) * w(k)) as f32).into()
}

fn wraps_differences(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    op.weight = wrapped(&op.weight)?;
    k.run(&op.into())
}

/// The weight with `code - zero` wrapped to 8 bits in place of its codes.
pub fn wrapped(weight: &Weight) -> Result<Weight> {
    let Some((quant, zero)) = weight.quant.as_ref().and_then(|q| Some((q, q.zero.as_ref()?))) else { return Ok(weight.clone()) };
    let (codes, zeros) = (host::to_i64(&weight.data)?, host::to_i64(zero)?);
    let rank = weight.data.rank();
    let (k, n) = (weight.data.dim(rank - 2), weight.data.dim(rank - 1));
    let (group, groups) = (if quant.group == 0 { k } else { quant.group }, quant.groups(k));
    let wrapped: Vec<i8> =
        (0..codes.len()).map(|i| (codes[i] - zeros[(i / (k * n) * groups + i / n % k / group) * n + i % n]) as i8).collect();
    Ok(Weight::kn(host::tensor(&wrapped, *weight.data.shape())?).per_group(quant.group, quant.scale.clone(), None))
}

fn has_no_last_group(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    op.weight = short(&op.weight)?;
    k.run(&op.into())
}

/// The weight with the last group's scales, zeros and offsets those of the group before.
pub fn short(weight: &Weight) -> Result<Weight> {
    let mut weight = weight.clone();
    let Some(quant) = &mut weight.quant else { return Ok(weight) };
    let repeat = |view: &TensorView| -> Result<TensorView> {
        let rank = view.rank();
        let (g, n) = (view.dim(rank - 2), view.dim(rank - 1));
        let copy = copy(view)?;
        patch(&copy, |values| {
            for matrix in values.chunks_mut(g * n).filter(|_| g > 1) {
                matrix.copy_within((g - 2) * n..(g - 1) * n, (g - 1) * n);
            }
        })?;
        Ok(copy)
    };
    quant.scale = repeat(&quant.scale)?;
    quant.zero = quant.zero.as_ref().map(repeat).transpose()?;
    quant.offset = quant.offset.as_ref().map(repeat).transpose()?;
    Ok(weight)
}

fn takes_scale_0_for_1(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    op.weight = unit_scales(&op.weight)?;
    k.run(&op.into())
}

/// The weight with scales of 1 where they are 0.
pub fn unit_scales(weight: &Weight) -> Result<Weight> {
    let mut weight = weight.clone();
    if let Some(quant) = &mut weight.quant {
        quant.scale = copy(&quant.scale)?;
        patch(&quant.scale, |scale| scale.iter_mut().filter(|s| **s == 0.0).for_each(|s| *s = 1.0))?;
    }
    Ok(weight)
}
