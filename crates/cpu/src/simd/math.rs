//! Functions of vectors: the exponential and what is made of it.

use super::Lanes;

/// What adding and subtracting it rounds to a whole number, for numbers below 2^22.
const ROUND: f32 = 1.5 * (1 << 23) as f32;

/// `2 * sqrt(2 / pi)`.
const SQRT_8_OVER_PI: f32 = 1.595_769_121_605_730_8_f64 as f32;

/// `e^x`, to within 1.25 units in the last place (2 where the result is subnormal): 0 for -inf and whatever underflows, inf for
/// what overflows, NaN for NaN.
#[inline(always)]
pub(crate) fn exp<S: Lanes>(x: S) -> S {
    let (r, n) = reduced(x);
    exp_m1_over_r(r).mul_add(r, S::splat(1.0)).scale(n)
}

/// `e^x - 1` for `x <= 0`, to within 3 units in the last place.
#[inline(always)]
fn exp_m1<S: Lanes>(x: S) -> S {
    let (r, n) = reduced(x);
    let power = S::splat(1.0).scale(n);
    // 2^n (e^r - 1) + (2^n - 1): the second term is exact where the first one matters.
    power.mul(r.mul(exp_m1_over_r(r))).add(power.sub(S::splat(1.0)))
}

/// `x = n ln 2 + r` with whole `n` and `|r| <= ln(2) / 2`; `x` is cut to where the exponential of a float neither vanishes nor overflows.
#[inline(always)]
fn reduced<S: Lanes>(x: S) -> (S, S) {
    // In this order NaN comes through.
    let x = S::splat(89.0).min(S::splat(-105.0).max(x));
    let n = x.mul_add(S::splat(std::f32::consts::LOG2_E), S::splat(ROUND)).sub(S::splat(ROUND));
    // ln 2 in two parts; the first is short enough for its product with n to be exact.
    let r = n.mul_add(S::splat(-0.693_359_4), x);
    (n.mul_add(S::splat(2.121_944_4e-4), r), n)
}

/// `(e^r - 1) / r` by Taylor's series: the first term left out is below 2^-27.
#[inline(always)]
fn exp_m1_over_r<S: Lanes>(r: S) -> S {
    let mut sum = S::splat(1.0 / 5040.0);
    for term in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0] {
        sum = sum.mul_add(r, S::splat(term));
    }
    sum
}

/// `1 / (1 + e^-x)`, without overflow.
#[inline(always)]
pub(crate) fn sigmoid<S: Lanes>(x: S) -> S {
    let zero = S::splat(0.0);
    let e = exp(zero.sub(x.abs()));
    S::select(x.less(zero), e, S::splat(1.0)).div(S::splat(1.0).add(e))
}

/// `tanh(x)`.
#[inline(always)]
pub(crate) fn tanh<S: Lanes>(x: S) -> S {
    let zero = S::splat(0.0);
    let t = exp_m1(x.abs().mul(S::splat(-2.0)));
    let magnitude = zero.sub(t).div(t.add(S::splat(2.0)));
    S::select(x.less(zero), zero.sub(magnitude), magnitude)
}

/// `x * sigmoid(slope * x)`: SiLU with a slope of 1. 0 at -inf.
#[inline(always)]
pub(crate) fn swish<S: Lanes>(x: S, slope: S) -> S {
    weighted(x, sigmoid(slope.mul(x)))
}

/// GELU with tanh: `x (1 + tanh z) / 2 = x sigmoid(2 z)`, which does not cancel, with `z = sqrt(2 / pi) (x + 0.044715 x^3)`. 0 at -inf.
#[inline(always)]
pub(crate) fn gelu_tanh<S: Lanes>(x: S) -> S {
    let z = x.mul(x.mul(x)).mul_add(S::splat(0.044_715), x);
    weighted(x, sigmoid(z.mul(S::splat(SQRT_8_OVER_PI))))
}

/// `x * weight`, with the limit 0 at `x = -inf`, where the weight is 0.
#[inline(always)]
fn weighted<S: Lanes>(x: S, weight: S) -> S {
    S::select(x.equal(S::splat(f32::NEG_INFINITY)), S::splat(0.0), x.mul(weight))
}

#[cfg(test)]
mod tests {
    use super::super::{LANES, simd};
    use super::*;
    use crate::isa::Isa;

    simd! {
        fn each_exp<S>(x: &mut [f32]) {
            x.as_chunks_mut().0.iter_mut().for_each(|x| exp(S::load(x)).store(x));
        }
    }
    simd! {
        fn each_sigmoid<S>(x: &mut [f32]) {
            x.as_chunks_mut().0.iter_mut().for_each(|x| sigmoid(S::load(x)).store(x));
        }
    }
    simd! {
        fn each_tanh<S>(x: &mut [f32]) {
            x.as_chunks_mut().0.iter_mut().for_each(|x| tanh(S::load(x)).store(x));
        }
    }
    simd! {
        fn each_gelu<S>(x: &mut [f32]) {
            x.as_chunks_mut().0.iter_mut().for_each(|x| gelu_tanh(S::load(x)).store(x));
        }
    }

    /// The largest error of `f` in units of the last place, over every `step`-th float within `limit`.
    fn worst(f: impl Fn(&mut [f32]), exact: impl Fn(f64) -> f64, limit: f32, step: usize) -> f64 {
        let mut worst = 0f64;
        let mut block = Vec::with_capacity(4096);
        let mut check = |block: &mut Vec<f32>| {
            let x = block.clone();
            block.resize(block.len().next_multiple_of(LANES), 0.0);
            f(block);
            for (&x, &y) in x.iter().zip(&*block) {
                let want = exact(f64::from(x));
                let unit = 2f64.powi((want.abs().log2().floor() as i32).max(-126) - 23);
                let right_overflow = want.abs() >= 2f64.powi(128) && f64::from(y) == f64::INFINITY.copysign(want);
                let error = if right_overflow { 0.0 } else { (f64::from(y) - want).abs() / unit };
                // `max` passes over NaN.
                worst = worst.max(if error.is_nan() { f64::INFINITY } else { error });
            }
            block.clear();
        };
        for bits in (0..=limit.to_bits()).step_by(step) {
            block.extend([f32::from_bits(bits), -f32::from_bits(bits)]);
            if block.len() == 4096 {
                check(&mut block);
            }
        }
        check(&mut block);
        worst
    }

    /// Every how many floats: a few million in all. `ASCEND_EXHAUSTIVE=1` takes every one.
    fn step() -> usize {
        if std::env::var_os("ASCEND_EXHAUSTIVE").is_some() { 1 } else { 1009 }
    }

    #[test]
    fn functions_keep_their_bounds() {
        for isa in Isa::available() {
            let found = [
                worst(|x| each_exp(isa, x), f64::exp, 87.0, step()),
                worst(|x| each_exp(isa, x), f64::exp, 110.0, step()),
                worst(|x| each_sigmoid(isa, x), |x| 1.0 / (1.0 + (-x).exp()), 87.0, step()),
                worst(|x| each_tanh(isa, x), f64::tanh, 30.0, step()),
            ];
            for (found, bound) in found.into_iter().zip([1.25, 2.0, 3.0, 4.0]) {
                assert!(found <= bound, "{isa}: {found} units, at most {bound} are promised");
            }
        }
    }

    #[test]
    fn nan_and_wrong_infinities_are_the_largest_errors() {
        for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(worst(|x| x.fill(wrong), |_| 1.0, 1.0, 1 << 24), f64::INFINITY, "{wrong} for 1");
        }
        for (got, error) in [(f32::INFINITY, 0.0), (f32::NEG_INFINITY, f64::INFINITY), (f32::NAN, f64::INFINITY)] {
            assert_eq!(worst(|x| x.fill(got), |_| 1e39, 1.0, 1 << 24), error, "{got} for what overflows");
        }
    }

    #[test]
    fn values_at_the_edges() {
        for isa in Isa::available() {
            let inf = f32::INFINITY;
            let mut x = [0.0, -0.0, inf, -inf, f32::NAN, 200.0, -200.0, 88.722_83, 0., 0., 0., 0., 0., 0., 0., 0.];
            let (mut s, mut t, mut g) = (x, x, x);
            each_exp(isa, &mut x);
            assert_eq!(x[..4], [1.0, 1.0, inf, 0.0], "{isa}");
            assert!(x[4].is_nan() && x[5] == inf && x[6] == 0.0 && x[7].is_finite(), "{isa}: {x:?}");
            each_sigmoid(isa, &mut s);
            assert_eq!(s[..4], [0.5, 0.5, 1.0, 0.0], "{isa}");
            assert!(s[4].is_nan(), "{isa}");
            each_tanh(isa, &mut t);
            assert_eq!(t[..4], [0.0, 0.0, 1.0, -1.0], "{isa}");
            assert!(t[4].is_nan(), "{isa}");
            each_gelu(isa, &mut g);
            assert_eq!(g[..4], [0.0, 0.0, inf, 0.0], "{isa}");
            assert!(g[4].is_nan(), "{isa}");
        }
    }
}
