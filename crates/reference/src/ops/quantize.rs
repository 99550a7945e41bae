//! Oracle of [`Quantize`] and [`Dequantize`].

use ascend_hal::Result;
use ascend_hal::ops::{Dequantize, Quantize};

use crate::{Aside, Output, Rounding, Values, ints, read};

/// `scale[t] = max|x[t] * smooth| / 127`, `q = x * smooth / scale`.
pub(super) fn quantize(op: &Quantize, r: Rounding) -> Result<Vec<Output>> {
    let x = read::<ndarray::Ix2>(&op.x)?;
    let smooth = op.smooth.as_ref().map(read::<ndarray::Ix1>).transpose()?;
    let (mut codes, mut scales) = (Vec::with_capacity(x.len()), Vec::with_capacity(x.nrows()));
    for row in x.rows() {
        let smoothed: Vec<f64> = row.iter().enumerate().map(|(i, x)| r.f32(x * smooth.as_ref().map_or(1.0, |s| s[i]))).collect();
        let (scale, q) = quantize_row(&smoothed, r);
        scales.push(scale);
        codes.extend(q);
    }
    let q = Output { values: Values::Float(codes), ..Output::int("q", &op.q, Vec::new()) };
    Ok(vec![q.aside(Aside::Unrounded), Output::float("scale", &op.scale, scales)])
}

/// `y = q * weight_scale * x_scale + bias`.
pub(super) fn dequantize(op: &Dequantize, r: Rounding) -> Result<Vec<Output>> {
    let q = ints::<ndarray::Ix2>(&op.q)?;
    let vector = |v: &Option<_>| v.as_ref().map(read::<ndarray::Ix1>).transpose();
    let (x_scale, weight_scale, bias) = (vector(&op.x_scale)?, vector(&op.weight_scale)?, vector(&op.bias)?);
    let y = q.indexed_iter().map(|((t, n), &q)| {
        let by_column = r.f32(r.f32(q as f64) * weight_scale.as_ref().map_or(1.0, |s| s[n]));
        let by_row = r.f32(by_column * x_scale.as_ref().map_or(1.0, |s| s[t]));
        r.to(op.y.dtype(), r.f32(by_row + bias.as_ref().map_or(0.0, |b| b[n])))
    });
    Ok(vec![Output::float("y", &op.y, y.collect())])
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

#[cfg(test)]
mod tests {
    use ascend_hal::{DType, host};

    use super::*;
    use crate::{Precision, run};

    #[test]
    fn quantize_row_divides_by_the_largest_magnitude() {
        let r = Rounding(Precision::Exact);
        assert_eq!(quantize_row(&[127.0, -254.0, 3.0, 0.0], r), (2.0, vec![63.5, -127.0, 1.5, 0.0]));
        assert_eq!(quantize_row(&[0.0, 0.0], r), (0.0, vec![0.0, 0.0]));
        assert_eq!(quantize_row(&[1.0, f64::NEG_INFINITY], r), (f64::INFINITY, vec![0.0, 0.0]));
        assert!(quantize_row(&[f64::NAN, f64::INFINITY, 1.0], r).0.is_nan());
    }

    #[test]
    fn dequantize_scales_rows_and_columns_and_adds_the_bias() {
        let q = host::tensor(&[1i32, -2, 3, 1 << 25], [2, 2]).unwrap();
        let op = Dequantize::new(q, host::zeros(DType::F32, [2, 2]).unwrap())
            .with_x_scale(host::tensor(&[0.5f32, 2.0], [2]).unwrap())
            .with_weight_scale(host::tensor(&[4f32, 0.25], [2]).unwrap())
            .with_bias(host::tensor(&[10f32, 0.0], [2]).unwrap());
        let outputs = run(&op.into(), Precision::Exact).unwrap();
        assert_eq!(outputs[0].values, Values::Float(vec![12.0, -0.25, 34.0, 16_777_216.0]));
    }
}
