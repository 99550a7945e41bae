//! The running softmax of rows, one block of keys after the other.

use super::tile::WIDTH;
use crate::simd::{LANES, Lanes, math, simd};

/// How products become logits.
#[derive(Clone, Copy)]
pub(super) struct Logit {
    pub(super) scale: f32,
    pub(super) softcap: Option<f32>,
}

/// The keys of a block that a query sees: of columns `from..to`, those that are not 0 in `shown`, if there is one.
pub(super) struct Seen {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) shown: Option<[f32; WIDTH]>,
}

impl Seen {
    /// Whether the query sees column `j`.
    pub(super) fn sees(&self, j: usize) -> bool {
        (self.from..self.to).contains(&j) && self.shown.as_ref().is_none_or(|shown| shown[j] != 0.0)
    }

    pub(super) fn is_all_of(&self, keys: usize) -> bool {
        self.from == 0 && self.to >= keys && self.shown.is_none()
    }
}

/// Rows that are ordered by query.
#[derive(Clone, Copy)]
pub(super) struct Ranked {
    /// Rows of the first query that are not among them.
    pub(super) skipped: usize,
    /// Rows of each query, if they are all there.
    pub(super) per_query: usize,
}

simd! {
    /// Turns products of rows with the keys of a block, `scores: [rows, WIDTH]`, into weights, of which the greatest logit goes into `max: [rows]` and the sum into
    /// `sums: [rows, LANES]`; `factors: [rows]` get what earlier weights shrink by. `seen` is what each query sees, and `of` says which query a row is of.
    pub(super) fn weigh<S>(
        logit: Logit,
        seen: &[Seen],
        of: Ranked,
        scores: &mut [f32],
        max: &mut [f32],
        sums: &mut [f32],
        factors: &mut [f32],
    ) {
        let scores = scores.as_chunks_mut::<WIDTH>().0;
        let mut places = [0f32; WIDTH];
        for (j, place) in places.iter_mut().enumerate() {
            *place = j as f32;
        }
        let hidden = S::splat(f32::NEG_INFINITY);
        for (row, scores) in scores.iter_mut().enumerate() {
            let seen = &seen[(of.skipped + row) / of.per_query];
            let mut largest = hidden;
            let all = seen.is_all_of(WIDTH);
            for (v, score) in scores.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                let mut x = S::load(score).mul(S::splat(logit.scale));
                if let Some(cap) = logit.softcap {
                    x = math::tanh(x.div(S::splat(cap))).mul(S::splat(cap));
                }
                if !all {
                    let place = S::load(&places.as_chunks().0[v]);
                    x = S::select(place.less(S::splat(seen.to as f32)), x, hidden);
                    x = S::select(place.less(S::splat(seen.from as f32)), hidden, x);
                    if let Some(shown) = &seen.shown {
                        x = S::select(S::load(&shown.as_chunks().0[v]).equal(S::splat(0.0)), hidden, x);
                    }
                }
                // Passes over NaN, which stays in the logits and spoils the sum.
                largest = x.max(largest);
                x.store(score);
            }
            let (old, new) = (max[row], largest.largest());
            let new = if new > old { new } else { old };
            max[row] = new;
            factors[row] = if new == old { 0.0 } else { old - new };
        }
        for factors in factors.chunks_mut(LANES) {
            exponentials::<S>(factors);
        }
        for (row, scores) in scores.iter_mut().enumerate() {
            let base = S::splat(if max[row] == f32::NEG_INFINITY { 0.0 } else { max[row] });
            let sums = &mut sums.as_chunks_mut::<LANES>().0[row];
            let mut sum = S::load(sums).mul(S::splat(factors[row]));
            for score in scores.as_chunks_mut::<LANES>().0 {
                let weight = math::exp(S::load(score).sub(base));
                sum = sum.add(weight);
                weight.store(score);
            }
            sum.store(sums);
        }
    }
}

/// `e^x` of up to sixteen numbers.
#[inline(always)]
fn exponentials<S: Lanes>(x: &mut [f32]) {
    let mut padded = [0f32; LANES];
    padded[..x.len()].copy_from_slice(x);
    math::exp(S::load(&padded)).store(&mut padded);
    x.copy_from_slice(&padded[..x.len()]);
}

#[cfg(target_arch = "x86_64")]
simd! {
    /// `acc[i] *= factors[i]` for rows of `acc`.
    pub(super) fn shrink<S>(factors: &[f32], acc: &mut [f32]) {
        let width = acc.len() / factors.len().max(1);
        // Few rows see a new maximum once some blocks are done.
        for (&factor, acc) in factors.iter().zip(acc.chunks_mut(width.max(1))).filter(|(factor, _)| **factor != 1.0) {
            for x in acc.as_chunks_mut::<LANES>().0 {
                S::load(x).mul(S::splat(factor)).store(x);
            }
        }
    }
}

simd! {
    /// Takes the result over later keys into that over earlier ones: `acc`, `sums` and `max` as they are of one row.
    pub(super) fn merge<S>(mine: (&mut [f32], &mut [f32], &mut f32), theirs: (&[f32], &[f32], f32)) {
        let max = if theirs.2 > *mine.2 { theirs.2 } else { *mine.2 };
        let mut factors = [*mine.2, theirs.2].map(|from| if from == max { 0.0 } else { from - max });
        exponentials::<S>(&mut factors);
        *mine.2 = max;
        for (mine, theirs) in [(mine.0, theirs.0), (mine.1, theirs.1)] {
            for (mine, theirs) in mine.as_chunks_mut::<LANES>().0.iter_mut().zip(theirs.as_chunks::<LANES>().0) {
                let both = S::load(mine).mul(S::splat(factors[0])).add(S::load(theirs).mul(S::splat(factors[1])));
                both.store(mine);
            }
        }
    }
}

simd! {
    /// Divides a row of `acc` by its sum, the sink included; returns the log of the sum.
    pub(super) fn finish<S>(max: f32, sums: &[f32], sink: Option<f32>, acc: &mut [f32]) -> f32 {
        let sum = sums.first_chunk().map_or(0.0, |sums| S::load(sums).sum());
        let largest = sink.map_or(max, |z| if z > max || max.is_nan() { z } else { max });
        let base = if largest == f32::NEG_INFINITY { 0.0 } else { largest };
        let mut exps = [if max == largest { 0.0 } else { max - largest }, sink.map_or(f32::NEG_INFINITY, |z| z - base)];
        exponentials::<S>(&mut exps);
        let sum = sum * exps[0] + exps[1];
        if sum == 0.0 {
            acc.fill(0.0);
            return f32::NEG_INFINITY;
        }
        for x in acc.as_chunks_mut::<LANES>().0 {
            S::load(x).mul(S::splat(exps[0])).div(S::splat(sum)).store(x);
        }
        base + sum.ln()
    }
}
