//! CPU kernels of [`Quantize`] and [`Dequantize`].

use ascend_hal::ops::{Dequantize, Quantize};
use ascend_hal::{DType, Element, OpKind, Result, TensorView, bf16, f16, host::HostAccess};

use crate::context::Context;
use crate::rows::RowsMut;
use crate::simd::{Lane, convert, row};

pub(super) fn quantize(cx: &Context<'_>, op: &Quantize) -> Result<()> {
    match op.x.dtype() {
        DType::F16 => codes::<f16>(cx, op),
        DType::BF16 => codes::<bf16>(cx, op),
        _ => codes::<f32>(cx, op),
    }
}

fn codes<T: Lane>(cx: &Context<'_>, op: &Quantize) -> Result<()> {
    let inputs = [("x", &op.x)].into_iter().chain(op.smooth.as_ref().map(|s| ("smooth", s)));
    let access = HostAccess::lock(OpKind::Quantize, inputs, [("q", &op.q), ("scale", &op.scale)])?;
    let x = access.read::<T>(&op.x)?;
    let (mut q, mut scale) = (access.write::<i8>(&op.q)?, access.write::<f32>(&op.scale)?);
    if x.is_empty() {
        scale.fill(0.0);
        return Ok(());
    }
    let smooth = op.smooth.as_ref().map(|s| access.read_f32(s)).transpose()?;
    let (k, isa) = (op.x.dim(1), cx.isa());
    cx.by_rows(scale.len(), 2 * k, (RowsMut::new(&mut scale, 1), RowsMut::new(&mut q, k)), |range, (scale, mut q)| {
        let mut row = cx.scratch::<f32>(k)?;
        for ((t, scale), q) in range.zip(scale.data).zip(q.iter()) {
            convert::widen(isa, &x[t * k..][..k], &mut row);
            if let Some(smooth) = &smooth {
                row::affine(isa, &mut row, smooth, None);
            }
            *scale = row::quantize(isa, &row, q);
        }
        Ok(())
    })
}

pub(super) fn dequantize(cx: &Context<'_>, op: &Dequantize) -> Result<()> {
    match op.y.dtype() {
        DType::F16 => floats::<f16>(cx, op),
        DType::BF16 => floats::<bf16>(cx, op),
        _ => floats::<f32>(cx, op),
    }
}

fn floats<T: Lane>(cx: &Context<'_>, op: &Dequantize) -> Result<()> {
    match op.q.dtype() {
        DType::I8 => scaled::<i8, T>(cx, op, f32::from),
        _ => scaled::<i32, T>(cx, op, |q| q as f32),
    }
}

fn scaled<Q: Element, T: Lane>(cx: &Context<'_>, op: &Dequantize, to_f32: impl Fn(Q) -> f32 + Send + Sync) -> Result<()> {
    let vectors = [("x_scale", &op.x_scale), ("weight_scale", &op.weight_scale), ("bias", &op.bias)];
    let inputs = [("q", &op.q)].into_iter().chain(vectors.into_iter().filter_map(|(name, v)| v.as_ref().map(|v| (name, v))));
    let access = HostAccess::lock(OpKind::Dequantize, inputs, [("y", &op.y)])?;
    let (t, n) = (op.q.dim(0), op.q.dim(1));
    if t == 0 || n == 0 {
        return Ok(());
    }
    // What is absent is neutral: a factor of 1, a term of 0.
    let or = |view: &Option<TensorView>, len, neutral: f32| match view {
        Some(view) => access.read_f32(view),
        None => Ok(vec![neutral; len]),
    };
    let (x_scale, weight_scale, bias) = (or(&op.x_scale, t, 1.0)?, or(&op.weight_scale, n, 1.0)?, or(&op.bias, n, 0.0)?);
    let q = access.read::<Q>(&op.q)?;
    let mut y = access.write::<T>(&op.y)?;
    cx.by_rows(t, 2 * n, RowsMut::new(&mut y, n), |range, mut y| {
        let mut row = cx.scratch::<f32>(n)?;
        for (t, y) in range.zip(y.iter()) {
            let by_row = x_scale[t];
            for (((r, &q), by_column), b) in row.iter_mut().zip(&q[t * n..]).zip(&weight_scale).zip(&bias) {
                *r = to_f32(q) * by_column * by_row + b;
            }
            convert::narrow(cx.isa(), &row, y);
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Isa;

    fn quantize_row(x: &[f32], q: &mut [i8]) -> f32 {
        row::quantize(Isa::best(), x, q)
    }

    #[test]
    fn quantize_row_rounds_halves_to_even() {
        let x: Vec<f32> = [254.0, 1.0, 3.0, 5.0, -1.0, -3.0, -5.0, -254.0].repeat(5);
        let mut q = [0i8; 40];
        for isa in Isa::available() {
            assert_eq!(row::quantize(isa, &x, &mut q), 2.0, "{isa}");
            assert_eq!(q[..], [127, 0, 2, 2, 0, -2, -2, -127].repeat(5), "{isa}");
        }
    }

    #[test]
    fn quantize_row_without_a_usable_scale_has_codes_zero() {
        let mut q = [9i8; 2];
        assert_eq!(quantize_row(&[0.0, -0.0], &mut q), 0.0);
        assert_eq!(q, [0, 0]);
        q.fill(9);
        assert_eq!(quantize_row(&[1e-44, 0.0], &mut q), 0.0);
        assert_eq!(q, [0, 0]);
        q.fill(9);
        assert_eq!(quantize_row(&[1.0, f32::NEG_INFINITY], &mut q), f32::INFINITY);
        assert_eq!(q, [0, 0]);
        q.fill(9);
        assert!(quantize_row(&[-f32::NAN, f32::INFINITY], &mut q).is_nan());
        assert_eq!(q, [0, 0]);
        assert_eq!(quantize_row(&[], &mut []), 0.0);
    }
}
