//! Weights in the form that operators read fastest; and as f32 matrices, which products are made of where no operator takes the weight as it is.

use ascend_hal::ops::{Copy, Weight};
use ascend_hal::{DType, Dims, FRACTAL_ROWS, Format, Layout, Result, TensorView, fractal_cols};

use super::only;
use crate::context::{Context, Facts};
use crate::raw::Scalar;
use crate::raw::operators::*;

/// Whether a weight is worth being put into blocks: every product with it that is one operator then has an operator that takes blocks.
pub(crate) fn wants_blocks(facts: &Facts, weight: &Weight) -> bool {
    let (data, per_channel) = (&weight.data, weight.quant.as_ref().is_none_or(|quant| quant.group == 0 && quant.zero.is_none()));
    if data.layout().format() != Format::Nd || data.numel() == 0 || !per_channel || k_in_blocks(data).is_err() {
        return false;
    }
    let operators: &[&str] = match (data.dtype(), data.rank()) {
        (DType::F16 | DType::BF16, 2) => &["aclnnMatmulWeightNz"],
        (DType::F16 | DType::BF16, 3) => &["aclnnBatchMatMulWeightNz", "aclnnGroupedMatmulWeightNz"],
        (DType::I8, 2) => &["aclnnQuantMatmulWeightNz"],
        (DType::I8, 3) => &["aclnnGroupedMatmulWeightNz"],
        _ => return false,
    };
    operators.iter().all(|operator| facts.has(operator))
}

/// What the operators for blocks are given: a weight in blocks, of which no row is padding. What pads a matrix may be NaN, and 0 times that is NaN.
pub(super) fn k_in_blocks(data: &TensorView) -> Result<(), String> {
    // Kernels take 32 rows of bytes at a time, 16 of wider types.
    let rows = if data.dtype() == DType::I8 { 2 * FRACTAL_ROWS } else { FRACTAL_ROWS };
    only(data.rank() >= 2 && data.dim(data.rank() - 2).is_multiple_of(rows), "a weight whose last rows are padding")
}

/// As [`k_in_blocks`], of a weight that is in blocks.
pub(super) fn in_blocks(data: &TensorView) -> Result<(), String> {
    only(data.layout().format() == Format::FractalNz, "the weight is not in blocks")?;
    k_in_blocks(data)
}

/// The weight's data in ND format.
pub(super) fn nd(cx: &Context<'_>, data: &TensorView) -> Result<TensorView> {
    if data.layout().format() == Format::Nd {
        return Ok(data.clone());
    }
    let plain = cx.temp(data.dtype(), *data.shape())?;
    cx.run(Copy::new(data.clone(), plain.to_mut()))?;
    Ok(plain)
}

/// The weight dequantised, f32 `[.., K, N]`, row-major where it was quantised.
pub(super) fn dequantized(cx: &Context<'_>, weight: &Weight) -> Result<TensorView> {
    let data = &weight.data;
    let Some(quant) = &weight.quant else { return cx.as_type(&nd(cx, data)?, DType::F32) };
    let real = match (data.dtype(), data.layout().format()) {
        (DType::I4, Format::Nd) => cx.dense(&unpacked(cx, data)?)?,
        (DType::I4, _) => from_blocks(cx, &unpacked(cx, &blocks(data)?)?, data)?,
        (_, Format::Nd) => cx.to(data, DType::F32)?,
        _ => from_blocks(cx, &blocks(data)?, data)?,
    };
    let row = real.rank() - 2;
    let (k, n) = (real.dim(row), real.dim(row + 1));
    let wide = |view: &TensorView| cx.to(view, DType::F32);
    let (scale, zero, offset) =
        (wide(&quant.scale)?, quant.zero.as_ref().map(wide).transpose()?, quant.offset.as_ref().map(wide).transpose()?);
    let group = if quant.group == 0 { k.max(1) } else { quant.group };
    // Full groups in one view; the last may be shorter.
    for (first, count, rows) in [(0, k / group, group), (k / group, 1, k % group)] {
        if count * rows == 0 {
            continue;
        }
        let grouped = |view: &TensorView, start: usize, each: usize| -> Result<TensorView> {
            split(&view.narrow(row, start, count * each)?, row, count, each, n)
        };
        // Scales and zeros have one row for each group.
        let of_group = |view: &TensorView| grouped(view, first, 1);
        let part = grouped(&real, first * group, rows)?;
        if let Some(zero) = &zero {
            cx.sub(&part, &of_group(zero)?, &part)?;
        }
        cx.mul(&part, &of_group(&scale)?, &part)?;
        if let Some(offset) = &offset {
            cx.add(&part, &of_group(offset)?, &part)?;
        }
    }
    Ok(real)
}

/// Rows `[.., count * each, N]` seen as `[.., count, each, N]`.
fn split(view: &TensorView, row: usize, count: usize, each: usize, n: usize) -> Result<TensorView> {
    let old = view.layout();
    let (mut shape, mut strides) = (old.shape()[..row].to_vec(), old.strides()[..row].to_vec());
    shape.extend([count, each, n]);
    strides.extend([old.strides()[row] * each, old.strides()[row], old.strides()[row + 1]]);
    let layout = Layout::strided(Dims::new(&shape)?, Dims::new(&strides)?, old.offset())?;
    TensorView::new(view.buffer().clone(), view.dtype(), layout)
}

/// Matrices in FRACTAL_NZ as their blocks lie: `[matrices, blocks, rows, columns of a block]`.
fn blocks(view: &TensorView) -> Result<TensorView> {
    let (batch, cols) = (view.rank() - 2, fractal_cols(view.dtype()));
    let many = view.shape()[..batch].iter().product::<usize>();
    let contiguous = Layout::contiguous([many, view.dim(batch + 1).div_ceil(cols), view.dim(batch).next_multiple_of(FRACTAL_ROWS), cols])?;
    let stored = Layout::strided(*contiguous.shape(), *contiguous.strides(), view.layout().offset())?;
    TensorView::new(view.buffer().clone(), view.dtype(), stored)
}

/// Blocks as the matrices `of`, f32, row-major.
fn from_blocks(cx: &Context<'_>, blocks: &TensorView, of: &TensorView) -> Result<TensorView> {
    let (batch, rows, columns) = (of.rank() - 2, blocks.dim(2), blocks.dim(1) * blocks.dim(3));
    let plain = cx.to(&blocks.transpose(1, 2)?, DType::F32)?.reshape([blocks.dim(0), rows, columns])?;
    cx.dense(&plain.narrow(1, 0, of.dim(batch))?.narrow(2, 0, of.dim(batch + 1))?)?.reshape(*of.shape())
}

/// i4 elements as f32. Bytes are taken apart in arithmetic that is exact: there is no operator on half bytes.
fn unpacked(cx: &Context<'_>, view: &TensorView) -> Result<TensorView> {
    let (q, old) = (cx.queue(), view.layout());
    let packed = (0..view.rank()).find(|&d| old.strides()[d] == 1 && view.dim(d) > 1).unwrap_or(view.rank() - 1);
    let (mut shape, mut strides): (Dims, Dims) = (*view.shape(), *old.strides());
    for (d, stride) in strides.iter_mut().enumerate() {
        *stride = if d == packed { 1 } else { *stride / 2 };
    }
    shape[packed] = view.dim(packed).div_ceil(2);
    let bytes = TensorView::new(view.buffer().clone(), DType::U8, Layout::strided(shape, strides, old.offset() / 2)?)?;
    let words = cx.to(&bytes, DType::I32)?;
    let low = cx.temp(DType::I32, shape)?;
    let fifteen = cx.constant("i32 15".into(), DType::I32, [1], || 15i32.to_le_bytes().into())?;
    aclnnBitwiseAndTensor(q, &words, &fifteen, &low)?;
    let (low, high) = (cx.to(&low, DType::F32)?, cx.to(&words, DType::F32)?);
    cx.sub(&high, &low, &high)?;
    cx.muls(&high, 1. / 16., &high)?;
    let mut pairs = shape;
    pairs[packed] *= 2;
    let out = cx.temp(DType::F32, pairs)?;
    for (first, half) in [(0, low), (1, high)] {
        // 8..15 stand for -8..-1.
        let negative = cx.temp(DType::Bool, shape)?;
        aclnnGeScalar(q, &half, Scalar::F32(8.), &negative)?;
        let sixteen = cx.to(&negative, DType::F32)?;
        cx.muls(&sixteen, 16., &sixteen)?;
        cx.sub(&half, &sixteen, &half)?;
        let mut steps = *out.layout().strides();
        let offset = first * steps[packed];
        steps[packed] *= 2;
        let place = TensorView::new(out.buffer().clone(), DType::F32, Layout::strided(shape, steps, offset)?)?;
        cx.put(&half, &place)?;
    }
    out.narrow(packed, 0, view.dim(packed))
}
