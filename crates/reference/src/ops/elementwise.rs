//! Oracle of [`Elementwise`].

use ascend_hal::ops::{Elementwise, ElementwiseKind};
use ascend_hal::{DType, Result, host};

use crate::{Output, Rounding};

/// `y = f(a, b)`; integers wrap around.
pub(super) fn elementwise(op: &Elementwise, r: Rounding) -> Result<Vec<Output>> {
    use ElementwiseKind::*;
    if !op.a.dtype().is_float() {
        return integers(op);
    }
    let a = host::to_f64(&op.a)?;
    let b = op.b.as_ref().map(host::to_f64).transpose()?.unwrap_or_default();
    let pick = |a: f64, b: f64, better: bool| match (a.is_nan() || b.is_nan(), better) {
        (true, _) => f64::NAN,
        (false, true) => a,
        (false, false) => b,
    };
    let y = a.iter().enumerate().map(|(i, &a)| {
        let b = b.get(i).copied().unwrap_or(f64::NAN);
        let y = match op.kind {
            Add => r.f32(a + b),
            Sub => r.f32(a - b),
            Mul => r.f32(a * b),
            Div => r.f32(a / b),
            Max => pick(a, b, a >= b),
            Min => pick(a, b, a <= b),
            Affine { scale, offset } => r.f32(r.f32(a * f64::from(scale)) + f64::from(offset)),
            Sigmoid => r.f32(1.0 / r.f32(1.0 + r.f32((-a).exp()))),
            Exp => r.f32(a.exp()),
        };
        r.to(op.y.dtype(), y)
    });
    Ok(vec![Output::float("y", &op.y, y.collect())])
}

fn integers(op: &Elementwise) -> Result<Vec<Output>> {
    use ElementwiseKind::*;
    let a = host::to_i64(&op.a)?;
    let b = op.b.as_ref().map(host::to_i64).transpose()?.unwrap_or_default();
    let y = a.iter().zip(&b).map(|(&a, &b)| {
        // i128 holds every sum and product of two i64; the cast keeps the low bits.
        let (a, b) = (i128::from(a), i128::from(b));
        let exact = match op.kind {
            Add => a + b,
            Sub => a - b,
            Mul => a * b,
            Min => a.min(b),
            _ => a.max(b),
        };
        if op.y.dtype() == DType::I32 { i64::from(exact as i32) } else { exact as i64 }
    });
    Ok(vec![Output::int("y", &op.y, y.collect())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Precision, Values};

    fn run(kind: ElementwiseKind, a: &[f32], b: &[f32]) -> Vec<f64> {
        let t = |x: &[f32]| host::tensor(x, [x.len()]).unwrap();
        let y = host::zeros(DType::F32, [a.len()]).unwrap();
        let op = if kind.is_binary() { Elementwise::binary(kind, t(a), t(b), y) } else { Elementwise::unary(kind, t(a), y) };
        match elementwise(&op, Rounding(Precision::Exact)).unwrap().remove(0).values {
            Values::Float(y) => y,
            Values::Int(_) => panic!("floats expected"),
        }
    }

    #[test]
    fn arithmetic_by_hand() {
        use ElementwiseKind::*;
        assert_eq!(run(Add, &[1., 2.], &[0.5, -2.]), [1.5, 0.]);
        assert_eq!(run(Sub, &[1., 2.], &[0.5, -2.]), [0.5, 4.]);
        assert_eq!(run(Mul, &[3., 2.], &[0.5, -2.]), [1.5, -4.]);
        assert_eq!(run(Div, &[3., 1., -1.], &[2., 0., 0.]), [1.5, f64::INFINITY, f64::NEG_INFINITY]);
        assert_eq!(run(Max, &[3., -1.], &[2., 0.]), [3., 0.]);
        assert_eq!(run(Min, &[3., -1.], &[2., 0.]), [2., -1.]);
        assert_eq!(run(Affine { scale: 2., offset: -1. }, &[3., 0.5], &[]), [5., 0.]);
        assert_eq!(run(Sigmoid, &[0., f32::NEG_INFINITY, f32::INFINITY], &[]), [0.5, 0., 1.]);
        assert_eq!(run(Exp, &[0., f32::NEG_INFINITY], &[]), [1., 0.]);
    }

    #[test]
    fn max_and_min_keep_nan_from_either_side() {
        for kind in [ElementwiseKind::Max, ElementwiseKind::Min] {
            assert!(run(kind, &[f32::NAN, 1.], &[1., f32::NAN]).iter().all(|y| y.is_nan()));
        }
    }

    #[test]
    fn integers_wrap() {
        let t = host::tensor(&[i32::MAX, 1 << 20], [2]).unwrap();
        let y = || host::zeros(DType::I32, [2]).unwrap();
        let add = elementwise(&Elementwise::add(t.clone(), t.clone(), y()), Rounding(Precision::Exact)).unwrap();
        assert_eq!(add[0].values, Values::Int(vec![-2, 1 << 21]));
        let mul = elementwise(&Elementwise::mul(t.clone(), t, y()), Rounding(Precision::Exact)).unwrap();
        assert_eq!(mul[0].values, Values::Int(vec![1, 0]));
    }
}
