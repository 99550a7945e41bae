//! Oracle of [`Cast`].

use ascend_hal::ops::Cast;
use ascend_hal::{DType, Result, host};

use crate::{Output, Rounding};

/// Each element in `y`'s type. Rounding is what the op does, so both precisions have it.
pub(super) fn cast(op: &Cast, _r: Rounding) -> Result<Vec<Output>> {
    let (from, to) = (op.x.dtype(), op.y.dtype());
    if from.is_float() {
        let x = host::to_f64(&op.x)?;
        return Ok(vec![if to.is_float() {
            Output::float("y", &op.y, x.into_iter().map(|x| to.round(x)).collect())
        } else {
            Output::int("y", &op.y, x.into_iter().map(|x| truncate(to, x)).collect())
        }]);
    }
    let mut x = host::to_i64(&op.x)?;
    if from == DType::Bool {
        x.iter_mut().for_each(|x| *x = i64::from(*x != 0));
    }
    Ok(vec![if to.is_float() {
        Output::float("y", &op.y, x.into_iter().map(|x| nearest(to, x)).collect())
    } else {
        Output::int("y", &op.y, x.into_iter().map(|x| low_bits(to, x)).collect())
    }])
}

/// Bounds of an integer type.
fn bounds(to: DType) -> (i64, i64) {
    match to {
        DType::I4 => (-8, 7),
        DType::I8 => (-128, 127),
        DType::U8 => (0, 255),
        DType::I32 => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN, i64::MAX),
    }
}

/// Towards zero, to the nearest bound beyond the range, NaN to 0.
fn truncate(to: DType, x: f64) -> i64 {
    let (lo, hi) = bounds(to);
    match to {
        DType::Bool => i64::from(x != 0.0),
        _ if x.is_nan() => 0,
        _ if x <= lo as f64 => lo,
        // The largest i64 is no f64; the comparison with its neighbour above is what saturation means.
        _ if x >= hi as f64 => hi,
        _ => x.trunc() as i64,
    }
}

/// The low bits, two's complement: `x` modulo the number of values of the type.
fn low_bits(to: DType, x: i64) -> i64 {
    if to == DType::Bool {
        return i64::from(x != 0);
    }
    let (lo, hi) = (i128::from(bounds(to).0), i128::from(bounds(to).1));
    ((i128::from(x) - lo).rem_euclid(hi - lo + 1) + lo) as i64
}

/// The float nearest to an integer, ties to the even significand.
fn nearest(to: DType, x: i64) -> f64 {
    let significand = match to {
        DType::F32 => 24,
        DType::F16 => 11,
        _ => 8,
    };
    let m = i128::from(x).abs();
    let drop = (128 - m.leading_zeros()).saturating_sub(significand);
    let unit = 1i128 << drop;
    let (quotient, rest) = (m / unit, m % unit);
    let up = 2 * rest > unit || (2 * rest == unit && drop > 0 && quotient % 2 == 1);
    let rounded = (quotient + i128::from(up)) * unit;
    // At most 25 significant bits, so f64 holds it; rounding to the type only adds the overflow.
    to.round(x.signum() as f64 * rounded as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_truncate_and_saturate() {
        assert_eq!([-1.7, 1.7, 300.0, -300.0, f64::NAN].map(|x| truncate(DType::I8, x)), [-1, 1, 127, -128, 0]);
        assert_eq!([-0.5, 255.9, -3.0].map(|x| truncate(DType::U8, x)), [0, 255, 0]);
        assert_eq!([f64::INFINITY, f64::NEG_INFINITY].map(|x| truncate(DType::I64, x)), [i64::MAX, i64::MIN]);
        assert_eq!([f64::NAN, -0.0, 1e-30].map(|x| truncate(DType::Bool, x)), [1, 0, 1]);
    }

    #[test]
    fn integers_keep_their_low_bits() {
        assert_eq!(low_bits(DType::I8, 200), -56);
        assert_eq!(low_bits(DType::U8, -1), 255);
        assert_eq!(low_bits(DType::I4, 9), -7);
        assert_eq!(low_bits(DType::I32, (1 << 32) + 5), 5);
        assert_eq!(low_bits(DType::I64, i64::MIN), i64::MIN);
    }

    #[test]
    fn integers_round_once() {
        // 2^24 + 1 is half-way between two f32, 2^24 + 3 too; the even ones are below and above.
        assert_eq!(nearest(DType::F32, (1 << 24) + 1), 16_777_216.0);
        assert_eq!(nearest(DType::F32, (1 << 24) + 3), 16_777_220.0);
        assert_eq!(nearest(DType::F16, 2049), 2048.0);
        assert_eq!(nearest(DType::F16, 65_520), f64::INFINITY);
        assert_eq!(nearest(DType::BF16, -257), -256.0);
        // One above the middle of two bf16: the last bit is beyond f64 and must still decide.
        assert_eq!(nearest(DType::BF16, (1 << 62) + (1 << 54) + 1), ((1i64 << 62) + (1 << 55)) as f64);
        assert_eq!(nearest(DType::BF16, (1 << 62) + (1 << 54)), (1i64 << 62) as f64);
        assert_eq!(nearest(DType::F32, 0), 0.0);
        assert_eq!(nearest(DType::F32, 1), 1.0);
    }
}
