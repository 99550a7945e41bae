//! CPU kernels of [`Quantize`] and [`Dequantize`].

use ascend_hal::ops::{Dequantize, Quantize};
use ascend_hal::{DType, Element, Float, OpKind, Result, TensorView, bf16, f16, host::HostAccess};
use rayon::prelude::*;

use crate::context::Context;

/// Elements that one task takes at least.
const BLOCK: usize = 4096;

pub(super) fn quantize(cx: &Context<'_>, op: &Quantize) -> Result<()> {
    match op.x.dtype() {
        DType::F16 => codes::<f16>(cx, op),
        DType::BF16 => codes::<bf16>(cx, op),
        _ => codes::<f32>(cx, op),
    }
}

fn codes<T: Float>(cx: &Context<'_>, op: &Quantize) -> Result<()> {
    let inputs = [("x", &op.x)].into_iter().chain(op.smooth.as_ref().map(|s| ("smooth", s)));
    let access = HostAccess::lock(OpKind::Quantize, inputs, [("q", &op.q), ("scale", &op.scale)])?;
    let x = access.read::<T>(&op.x)?;
    let (mut q, mut scale) = (access.write::<i8>(&op.q)?, access.write::<f32>(&op.scale)?);
    if x.is_empty() {
        scale.fill(0.0);
        return Ok(());
    }
    let smooth = op.smooth.as_ref().map(|s| access.read_f32(s)).transpose()?;
    let k = op.x.dim(1);
    cx.install(|| {
        let rows = scale.par_iter_mut().zip(q.par_chunks_mut(k)).zip(x.par_chunks(k)).with_min_len(BLOCK.div_ceil(k));
        rows.for_each_init(
            || vec![0f32; k],
            |r, ((scale, q), x)| {
                for (r, x) in r.iter_mut().zip(x) {
                    *r = x.to_f32();
                }
                if let Some(smooth) = &smooth {
                    for (r, s) in r.iter_mut().zip(smooth) {
                        *r *= s;
                    }
                }
                *scale = quantize_row(r, q);
            },
        );
    });
    Ok(())
}

pub(super) fn dequantize(cx: &Context<'_>, op: &Dequantize) -> Result<()> {
    match op.y.dtype() {
        DType::F16 => floats::<f16>(cx, op),
        DType::BF16 => floats::<bf16>(cx, op),
        _ => floats::<f32>(cx, op),
    }
}

fn floats<T: Float>(cx: &Context<'_>, op: &Dequantize) -> Result<()> {
    match op.q.dtype() {
        DType::I8 => scaled::<i8, T>(cx, op, f32::from),
        _ => scaled::<i32, T>(cx, op, |q| q as f32),
    }
}

fn scaled<Q: Element, T: Float>(cx: &Context<'_>, op: &Dequantize, to_f32: impl Fn(Q) -> f32 + Send + Sync) -> Result<()> {
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
    cx.install(|| {
        y.par_chunks_mut(n).zip(q.par_chunks(n)).zip(&x_scale).with_min_len(BLOCK.div_ceil(n)).for_each(|((y, q), by_row)| {
            for (((y, &q), by_column), b) in y.iter_mut().zip(q).zip(&weight_scale).zip(&bias) {
                *y = T::from_f32(to_f32(q) * by_column * by_row + b);
            }
        });
    });
    Ok(())
}

/// Dynamic int8 quantisation of one row (already smoothed): `scale = max|x| / 127`, `q = round_half_even(x / scale)`. Returns the scale.
/// A scale of 0, infinity or NaN has codes 0.
#[inline]
pub(super) fn quantize_row(x: &[f32], q: &mut [i8]) -> f32 {
    // As integers, the magnitudes of floats are in order, infinity above the finite ones and NaN above all.
    let amax = f32::from_bits(x.iter().fold(0, |m, x| m.max(x.to_bits() & 0x7fff_ffff)));
    let scale = amax / 127.0;
    if scale > 0.0 && scale.is_finite() {
        for (q, &x) in q.iter_mut().zip(x) {
            *q = (x / scale).round_ties_even().clamp(-127.0, 127.0) as i8;
        }
    } else {
        q.fill(0);
    }
    scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantize_row_rounds_halves_to_even() {
        let mut q = [0i8; 8];
        assert_eq!(quantize_row(&[254.0, 1.0, 3.0, 5.0, -1.0, -3.0, -5.0, -254.0], &mut q), 2.0);
        assert_eq!(q, [127, 0, 2, 2, 0, -2, -2, -127]);
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
