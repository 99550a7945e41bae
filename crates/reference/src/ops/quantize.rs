//! Oracle of [`Quantize`] and [`Dequantize`].

use ascend_hal::Result;
use ascend_hal::ops::{Dequantize, Quantize};

use crate::{Output, Rounding};

pub(super) fn quantize(_op: &Quantize, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![])
}

pub(super) fn dequantize(_op: &Dequantize, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![])
}

/// Dynamic int8 quantisation of one row (already smoothed): `scale = max|x| / 127`, and the codes `x / scale` in `[-127, 127]` *before* they are rounded to
/// integers (half to even). Codes belong to the scale as stored, in f32; a stored scale of 0, infinity or NaN has codes 0.
pub(super) fn quantize_row(x: &[f64], r: Rounding) -> (f64, Vec<f64>) {
    let amax = x.iter().fold(0.0f64, |m, &x| if m.is_nan() || x.is_nan() { f64::NAN } else { m.max(x.abs()) });
    let scale = r.f32(amax / 127.0);
    let stored = f64::from(scale as f32);
    let code = |x: f64| if stored > 0.0 && stored.is_finite() { r.f32(x / stored).clamp(-127.0, 127.0) } else { 0.0 };
    (scale, x.iter().map(|&x| code(x)).collect())
}
