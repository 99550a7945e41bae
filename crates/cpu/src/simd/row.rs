//! Functions of rows of f32.

use super::{LANES, Lane, Lanes, math, simd};

/// The elements of `row` beyond its last whole vector, then `padding`.
#[inline(always)]
pub(super) fn padded<S: Lanes>(rest: &[f32], padding: f32) -> S {
    let mut lanes = [padding; LANES];
    lanes[..rest.len()].copy_from_slice(rest);
    S::load(&lanes)
}

simd! {
    /// `softmax(row)` in place. NaN throughout for a row with a NaN or +inf in it, or of nothing but -inf.
    pub(crate) fn softmax<S>(row: &mut [f32]) {
        let (chunks, rest) = row.as_chunks_mut::<LANES>();
        let lowest = S::splat(f32::NEG_INFINITY);
        let mut largest = padded::<S>(rest, f32::NEG_INFINITY).max(lowest);
        for x in &*chunks {
            // Passes over NaN, which stays in the row and spoils the sum.
            largest = S::load(x).max(largest);
        }
        let base = S::splat(largest.largest());
        let last = math::exp(padded::<S>(rest, f32::NEG_INFINITY).sub(base));
        let mut sum = if rest.is_empty() { S::splat(0.0) } else { last };
        for x in &mut *chunks {
            let e = math::exp(S::load(x).sub(base));
            sum = sum.add(e);
            e.store(x);
        }
        let factor = S::splat(1.0 / sum.sum());
        for x in chunks {
            S::load(x).mul(factor).store(x);
        }
        let mut lanes = [0f32; LANES];
        last.mul(factor).store(&mut lanes);
        rest.copy_from_slice(&lanes[..rest.len()]);
    }
}

simd! {
    /// `sigmoid(x)` of each element in place.
    pub(crate) fn sigmoid<S>(row: &mut [f32]) {
        let (chunks, rest) = row.as_chunks_mut::<LANES>();
        for x in chunks {
            math::sigmoid(S::load(x)).store(x);
        }
        let mut lanes = [0f32; LANES];
        math::sigmoid(padded::<S>(rest, 0.0)).store(&mut lanes);
        rest.copy_from_slice(&lanes[..rest.len()]);
    }
}

simd! {
    /// `e^x` of each element in place.
    pub(crate) fn exp<S>(row: &mut [f32]) {
        let (chunks, rest) = row.as_chunks_mut::<LANES>();
        for x in chunks {
            math::exp(S::load(x)).store(x);
        }
        let mut lanes = [0f32; LANES];
        math::exp(padded::<S>(rest, 0.0)).store(&mut lanes);
        rest.copy_from_slice(&lanes[..rest.len()]);
    }
}

simd! {
    /// `x * sigmoid(slope * x)` of each element in place.
    pub(crate) fn swish<S>(row: &mut [f32], slope: f32) {
        let (chunks, rest) = row.as_chunks_mut::<LANES>();
        for x in chunks {
            math::swish(S::load(x), S::splat(slope)).store(x);
        }
        let mut lanes = [0f32; LANES];
        math::swish(padded::<S>(rest, 0.0), S::splat(slope)).store(&mut lanes);
        rest.copy_from_slice(&lanes[..rest.len()]);
    }
}

simd! {
    /// GELU with tanh of each element in place.
    pub(crate) fn gelu_tanh<S>(row: &mut [f32]) {
        let (chunks, rest) = row.as_chunks_mut::<LANES>();
        for x in chunks {
            math::gelu_tanh(S::load(x)).store(x);
        }
        let mut lanes = [0f32; LANES];
        math::gelu_tanh(padded::<S>(rest, 0.0)).store(&mut lanes);
        rest.copy_from_slice(&lanes[..rest.len()]);
    }
}

simd! {
    /// Centres a row if asked to, and divides it by its root mean square (with `eps` under the root).
    pub(crate) fn normalise<S>(row: &mut [f32], centred: bool, eps: f32) {
        let n = row.len() as f32;
        if centred {
            let mean = sum::<S>(row, false) / n;
            row.iter_mut().for_each(|x| *x -= mean);
        }
        let scale = 1.0 / (sum::<S>(row, true) / n + eps).sqrt();
        row.iter_mut().for_each(|x| *x *= scale);
    }
}

/// The sum of the elements or of their squares: element `i` in lane `i % 16`, then the lanes by halves. An order that depends on the length alone.
#[inline(always)]
fn sum<S: Lanes>(row: &[f32], squares: bool) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let rest = padded::<S>(rest, 0.0);
    // Two chains: one would wait for each addition.
    let mut sums = [S::splat(0.0), rest.mul(if squares { rest } else { S::splat(1.0) })];
    for (i, x) in chunks.iter().enumerate() {
        let x = S::load(x);
        sums[i % 2] = x.mul_add(if squares { x } else { S::splat(1.0) }, sums[i % 2]);
    }
    sums[0].add(sums[1]).sum()
}

simd! {
    /// Elements that are the bits of integers become `integer * factor * scale`.
    pub(crate) fn scale_integers<S>(row: &mut [f32], factor: &[f32], scale: f32) {
        row.iter_mut().zip(factor).for_each(|(x, f)| *x = x.to_bits() as i32 as f32 * f * scale);
    }
}

simd! {
    /// `row = row * factor + bias`, element by element.
    pub(crate) fn affine<S>(row: &mut [f32], factor: &[f32], bias: Option<&[f32]>) {
        match bias {
            None => row.iter_mut().zip(factor).for_each(|(x, f)| *x *= f),
            Some(bias) => row.iter_mut().zip(factor).zip(bias).for_each(|((x, f), b)| *x = *x * f + b),
        }
    }
}

simd! {
    /// `sum += weight * (row + bias)`, element by element; no bias counts as 0.
    pub(crate) fn add_weighted<S, T: Lane>(sum: &mut [f32], weight: f32, row: &[T], bias: Option<&[f32]>) {
        let (sums, sum_rest) = sum.as_chunks_mut::<LANES>();
        let (rows, row_rest) = row.as_chunks::<LANES>();
        let (biases, bias_rest) = bias.unwrap_or(&[]).as_chunks::<LANES>();
        for (i, (sum, row)) in sums.iter_mut().zip(rows).enumerate() {
            let mut x = T::load::<S>(row);
            if let Some(bias) = biases.get(i) {
                x = x.add(S::load(bias));
            }
            x.mul(S::splat(weight)).add(S::load(sum)).store(sum);
        }
        for (i, (sum, row)) in sum_rest.iter_mut().zip(row_rest).enumerate() {
            *sum += weight * (row.to_f32() + bias_rest.get(i).copied().unwrap_or(0.0));
        }
    }
}

simd! {
    /// Dynamic int8 quantisation of one row: `scale = max|x| / 127`, `q = round_half_even(x / scale)`. Returns the scale. A scale of 0, infinity or NaN has codes 0.
    pub(crate) fn quantize<S>(x: &[f32], q: &mut [i8]) -> f32 {
        // As integers, the magnitudes of floats are in order, infinity above the finite ones and NaN above all.
        let amax = f32::from_bits(x.iter().fold(0, |m, x| m.max(x.to_bits() & 0x7fff_ffff)));
        let scale = amax / 127.0;
        if scale > 0.0 && scale.is_finite() {
            // What adding and subtracting it rounds to a whole number, ties to even.
            const ROUND: f32 = 1.5 * (1 << 23) as f32;
            for (q, &x) in q.iter_mut().zip(x) {
                *q = ((x / scale + ROUND) - ROUND).clamp(-127.0, 127.0) as i32 as i8;
            }
        } else {
            q.fill(0);
        }
        scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Isa;

    #[test]
    fn softmax_of_hostile_rows() {
        for isa in Isa::available() {
            for n in [1, 3, 16, 21] {
                let of = |fill: f32, first: f32| {
                    let mut x = vec![fill; n];
                    x[n - 1] = first;
                    softmax(isa, &mut x);
                    x
                };
                let even = of(-1e30, -1e30);
                assert!(even.iter().all(|x| (x * n as f32 - 1.0).abs() < 1e-6), "{isa} {n}: {even:?}");
                let one = of(f32::NEG_INFINITY, 3e38);
                assert!(one[n - 1] == 1.0 && one[..n - 1].iter().all(|&x| x == 0.0), "{isa} {n}: {one:?}");
                for (fill, first) in [(0.0, f32::NAN), (0.0, f32::INFINITY), (f32::NEG_INFINITY, f32::NEG_INFINITY)] {
                    assert!(of(fill, first).iter().all(|x| x.is_nan() || (first == f32::INFINITY && *x == 0.0)), "{isa} {n}");
                }
            }
        }
    }
}
