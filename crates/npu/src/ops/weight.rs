//! Weights as f32 matrices: what products of f32 tensors are made of where no operator takes the weight as it is.

use ascend_hal::ops::{Copy, Weight};
use ascend_hal::{DType, Dims, FRACTAL_ROWS, Format, Layout, Result, TensorView, fractal_cols};

use crate::context::Context;
use crate::raw::Scalar;
use crate::raw::operators::*;

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
        (DType::I4, _) => unpacked_fractals(cx, data)?,
        _ => cx.to(&nd(cx, data)?, DType::F32)?,
    };
    let row = real.rank() - 2;
    let (k, n) = (real.dim(row), real.dim(row + 1));
    let wide = |view: &TensorView| cx.to(view, DType::F32);
    let (scale, zero) = (wide(&quant.scale)?, quant.zero.as_ref().map(wide).transpose()?);
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

/// An i4 matrix in FRACTAL_NZ as f32, row-major.
fn unpacked_fractals(cx: &Context<'_>, view: &TensorView) -> Result<TensorView> {
    let (batch, cols) = (view.rank() - 2, fractal_cols(DType::I4));
    let (r, c, many) = (view.dim(batch), view.dim(batch + 1), view.shape()[..batch].iter().product::<usize>());
    let (rows, blocks) = (r.next_multiple_of(FRACTAL_ROWS), c.div_ceil(cols));
    let contiguous = Layout::contiguous([many, blocks, rows, cols])?;
    let stored = Layout::strided(*contiguous.shape(), *contiguous.strides(), view.layout().offset())?;
    let flat = unpacked(cx, &TensorView::new(view.buffer().clone(), DType::I4, stored)?)?;
    let plain = cx.to(&flat.transpose(1, 2)?, DType::F32)?.reshape([many, rows, blocks * cols])?;
    cx.to(&plain.narrow(1, 0, r)?.narrow(2, 0, c)?, DType::F32)?.reshape(*view.shape())
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
