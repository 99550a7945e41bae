//! Cases of cast.

use ascend_hal::ops::{Cast, Coverage};
use ascend_hal::{DType, TensorView, host};

use crate::{Case, Gen, Result};

pub(super) fn cast(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        let to = c.variant.strip_prefix("to_").and_then(DType::parse).unwrap_or(c.dtype);
        let shapes: &[&[usize]] = match c.rule {
            "plain" => &[&[1], &[7], &[4, 34], &[3, 5, 2880], &[16385]],
            "empty" => &[&[0], &[3, 0]],
            _ => &[&[64]],
        };
        for &shape in shapes {
            let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
            cases.push(Case::covering(c, sizes.join("x"), move |g| {
                let dims = ascend_hal::Dims::new(shape)?;
                Ok(Cast::new(input(g, c, to, dims)?, g.output(to, dims)?).into())
            }));
        }
        if c.rule == "plain" {
            cases.push(Case::covering(c, "transposed_6x10", move |g| {
                Ok(Cast::new(input(g, c, to, [10, 6].into())?.t()?, g.output(to, [6, 10])?).into())
            }));
        }
    }
    cases
}

fn input(g: &mut Gen, c: Coverage, to: DType, shape: ascend_hal::Dims) -> Result<TensorView> {
    if c.dtype == DType::I64 {
        // Not by way of f64, which cannot hold them all.
        let x: Vec<i64> = (0..shape.numel()?).map(|i| integer(g, c, to, i)).collect();
        return Ok(host::tensor(&x, shape)?);
    }
    g.tensor(c.dtype, shape, |g, i| if c.dtype.is_float() { float(g, c, to, i) } else { integer(g, c, to, i) as f64 })
}

/// Bounds of an integer type; of 64 bits as the f64 within it.
fn bounds(dtype: DType) -> (i64, i64) {
    match dtype {
        DType::Bool => (0, 1),
        DType::I4 => (-8, 7),
        DType::I8 => (-128, 127),
        DType::U8 => (0, 255),
        DType::I32 => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN, i64::MAX),
    }
}

/// Bits of a float's significand, with the hidden one.
fn significand(dtype: DType) -> u32 {
    match dtype {
        DType::F32 => 24,
        DType::F16 => 11,
        _ => 8,
    }
}

fn float(g: &mut Gen, c: Coverage, to: DType, i: usize) -> f64 {
    const INF: f64 = f64::INFINITY;
    let edge = |values: &[f64]| values[i % values.len()];
    let sign = if i.is_multiple_of(2) { 1.0 } else { -1.0 };
    match c.rule {
        "ties" => {
            let m = (1usize << (significand(to) - 1)) + g.below(1 << (significand(to) - 1));
            sign * (m as f64 + 0.5) * 2f64.powi(g.below(9) as i32 - 14)
        }
        "overflow" if to == DType::F16 => sign * edge(&[65519.0, 65520.0, 65536.0, 1e6, 3e38, 1.0]),
        // The largest f32, and the half-way point between the largest bf16 and the next power of two, and one below.
        "overflow" => {
            sign * edge(&[f64::from(f32::MAX), f64::from(f32::from_bits(0x7f7f_8000)), f64::from(f32::from_bits(0x7f7f_7fff)), 1.0])
        }
        "special" => {
            // Subnormals of f16 and of f32 and bf16; a type that has none of them holds 0 here.
            let small = [2f64.powi(-24), 3.0 * 2f64.powi(-24), 1023.0 * 2f64.powi(-24), 1e-39, 9.2e-41];
            match i % 8 {
                0 => f64::NAN,
                1 => INF,
                2 => -INF,
                3 => 0.0,
                4 => -0.0,
                _ => sign * small[g.below(small.len())],
            }
        }
        "truncate" if to == DType::U8 => edge(&[0.999, 1.5, 2.5, 3.0, 254.75, 127.5, -0.75]),
        "truncate" => edge(&[0.999, -0.999, 1.5, -1.5, 2.5, -2.5, 6.75, -6.75, 3.0, -0.25]),
        "saturate" => {
            let (lo, hi) = bounds(to);
            edge(&[INF, -INF, hi as f64 * 1.5 + 2.0, lo as f64 * 1.5 - 2.0, 1e30, -1e30, hi as f64, lo as f64, 1.0])
        }
        "nan_to_integer" => edge(&[f64::NAN, 1.0, -f64::NAN, 3.0]),
        "truth" => edge(&[0.0, -0.0, f64::NAN, 1.0, -2.0, 6e-8, INF, 0.5]),
        _ => match to {
            DType::Bool => edge(&[0.0, 1.0, 0.0]),
            DType::I4 => g.uniform(-7.9, 7.9),
            DType::U8 => g.uniform(0.0, 255.9),
            DType::I8 => g.uniform(-127.9, 127.9),
            _ => g.normal(100.0),
        },
    }
}

fn integer(g: &mut Gen, c: Coverage, to: DType, i: usize) -> i64 {
    let (lo, hi) = bounds(c.dtype);
    let clamp = |x: i64| x.clamp(lo, hi);
    let sign = if i.is_multiple_of(2) { 1 } else { -1 };
    match c.rule {
        "ties" => {
            // An odd multiple of half a unit in the last place; every third off by one, which must decide the direction.
            let p = significand(to);
            let m = (1i64 << (p - 1)) + g.below(1 << (p - 1)) as i64;
            let room = match (to, c.dtype) {
                (DType::F16, _) => 4,
                (_, DType::I32) => 31 - p,
                _ => 63 - p,
            };
            let half = 1i64 << g.below(room as usize);
            sign * ((2 * m + 1) * half + [0, 1, -1][i % 3] * i64::from(half > 1))
        }
        "overflow" => clamp(sign * [65_519, 65_520, 65_536, 1 << 30, 1 << 40, 7][i % 6]),
        "wrap" => match g.bits() as i64 {
            bits if c.dtype == DType::I64 => bits,
            bits => bits.rem_euclid(hi - lo + 1) + lo,
        },
        // Zeros in the low bits of other numbers; a bool of another byte than 1 is true all the same.
        "truth" if c.dtype == DType::Bool => [0, 1, 2, 255][i % 4],
        "truth" => clamp([0, 1, -1, 1 << 8, 1 << 16, 1 << 32, 2][i % 7]),
        _ => {
            let (lo, hi) = if to.is_float() { (lo, hi) } else { (lo.max(bounds(to).0), hi.min(bounds(to).1)) };
            // Within what f16 holds.
            let (lo, hi) = (lo.max(-60_000), hi.min(60_000));
            lo + g.below((hi - lo + 1) as usize) as i64
        }
    }
}
