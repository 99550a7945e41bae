//! Random numbers.
//!
//! How a card makes them of its seed and offset is not documented. The numbers here are the simulation's own: the same for the same seed and offset, of the
//! distribution that is asked for.

use super::check::invalid;
use super::numeric::is_float;
use super::{Plan, Tensor, operators};
use crate::fault::Outcome;

operators! {
    fn aclnnInplaceNormal(selfRef: T, mean: f32, std: f32, seed: i64, offset: i64) = |x, mean: f32, std: f32, seed: i64, offset: i64| {
        normal(x, mean.into(), std.into(), Stream::new(seed.cast_unsigned(), offset.cast_unsigned()))
    };
    fn aclnnInplaceUniform(selfRef: T, from: f64, to: f64, seed: u64, offset: u64) = |x, from, to, seed, offset| {
        uniform(x, from, to, Stream::new(seed, offset))
    };
    fn aclnnInplaceRandom(selfRef: T, from: i64, to: i64, seed: i64, offset: i64) = |x, from, to, seed: i64, offset: i64| {
        whole(x, from, to, Stream::new(seed.cast_unsigned(), offset.cast_unsigned()))
    };
    fn aclnnRandperm(n: i64, seed: i64, offset: i64, out: MutT) = |n, seed: i64, offset: i64, out| {
        permutation(n, Stream::new(seed.cast_unsigned(), offset.cast_unsigned()), out)
    };
}

/// A sequence of numbers: SplitMix64 (G. Steele, D. Lea, C. Flood: Fast Splittable Pseudorandom Number Generators, 2014).
#[derive(Clone)]
struct Stream(u64);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Stream {
    fn new(seed: u64, offset: u64) -> Self {
        let mut seeded = Self(seed);
        Self(seeded.next() ^ offset.wrapping_mul(STEP))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Below `bound`, which is not 0. What the remainder prefers is less than anybody could count.
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// Fills `x` with what `draw` gives.
fn fill(x: Tensor, stream: Stream, draw: impl Fn(&mut Stream) -> f64 + Send + Sync + 'static) -> Outcome<Plan> {
    x.nd()?;
    if x.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let mut stream = stream.clone();
        let values: Vec<f64> = (0..x.numel()).map(|_| draw(&mut stream)).collect();
        if is_float(x.dtype()) {
            return run.put_floats(&x, &values);
        }
        run.put_ints(&x, &values.into_iter().map(|value| value as i64).collect::<Vec<_>>())
    }))
}

/// Of a normal distribution, by the transform of Box and Muller.
fn normal(x: Tensor, mean: f64, std: f64, stream: Stream) -> Outcome<Plan> {
    if std.is_nan() || std < 0.0 {
        return Err(invalid(format!("std: 0 or more asked, {std} found")));
    }
    fill(x, stream, move |stream| {
        let radius = (-2.0 * (1.0 - stream.unit()).ln()).sqrt();
        mean + std * radius * (std::f64::consts::TAU * stream.unit()).cos()
    })
}

/// From `from` to below `to`, each as probable as any other.
fn uniform(x: Tensor, from: f64, to: f64, stream: Stream) -> Outcome<Plan> {
    if from.is_nan() || to.is_nan() || from > to {
        return Err(invalid(format!("to: {from} of from or more asked, {to} found")));
    }
    fill(x, stream, move |stream| from + (to - from) * stream.unit())
}

/// Whole numbers from `from` to below `to`.
fn whole(x: Tensor, from: i64, to: i64, stream: Stream) -> Outcome<Plan> {
    let span = u64::try_from(i128::from(to) - i128::from(from)).ok().filter(|span| *span > 0);
    let Some(span) = span else { return Err(invalid(format!("to: more than {from} of from asked, {to} found"))) };
    x.nd()?;
    if x.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let mut stream = stream.clone();
        let values: Vec<i64> = (0..x.numel()).map(|_| from.wrapping_add_unsigned(stream.below(span))).collect();
        if is_float(x.dtype()) {
            return run.put_floats(&x, &values.into_iter().map(|value| value as f64).collect::<Vec<_>>());
        }
        run.put_ints(&x, &values)
    }))
}

/// The numbers from 0 to below `n` in any order.
fn permutation(n: i64, stream: Stream, out: Tensor) -> Outcome<Plan> {
    out.nd()?;
    let Ok(count) = usize::try_from(n) else { return Err(invalid(format!("n: 0 or more asked, {n} found"))) };
    out.of_shape(&[count])?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let mut stream = stream.clone();
        let mut order: Vec<i64> = (0..n).collect();
        for i in (1..count).rev() {
            order.swap(i, stream.below(i as u64 + 1) as usize);
        }
        if is_float(out.dtype()) {
            return run.put_floats(&out, &order.into_iter().map(|value| value as f64).collect::<Vec<_>>());
        }
        run.put_ints(&out, &order)
    }))
}
