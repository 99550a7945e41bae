//! CPU kernels of [`Quantize`] and [`Dequantize`].

use ascend_hal::Result;
use ascend_hal::ops::{Dequantize, Quantize};

use crate::context::Context;

pub(super) fn quantize(_cx: &Context<'_>, _op: &Quantize) -> Result<()> {
    Ok(())
}

pub(super) fn dequantize(_cx: &Context<'_>, _op: &Dequantize) -> Result<()> {
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
