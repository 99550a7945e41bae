//! The largest numbers of a row, by their places.

use super::row::padded;
use super::{LANES, Lanes, simd};

/// Numbers that are ranked at most; where more are as large as the bound, the largest are taken one by one.
const CANDIDATES: usize = 2 * LANES;

simd! {
    /// `to = from + bias`; no bias counts as 0. Whether any of it is NaN.
    pub(crate) fn add_bias<S>(from: &[f32], bias: Option<&[f32]>, to: &mut [f32]) -> bool {
        match bias {
            None => to.copy_from_slice(from),
            Some(bias) => to.iter_mut().zip(from).zip(bias).for_each(|((to, x), b)| *to = x + b),
        }
        let (chunks, rest) = to.as_chunks::<LANES>();
        let rest = padded::<S>(rest, 0.0);
        let numbers = chunks.iter().fold(S::bits(rest.equal(rest)), |numbers, x| numbers & S::bits(S::load(x).equal(S::load(x))));
        numbers != u16::MAX
    }
}

simd! {
    /// The places of the `found.len()` largest numbers, falling, ties to the first. There are so many numbers; a NaN is none. `row` is made of whole vectors, and
    /// used up.
    pub(crate) fn take_largest<S>(row: &mut [f32], found: &mut [i32]) {
        if !rank_largest::<S>(row, found) {
            take_one_by_one::<S>(row.as_chunks_mut::<LANES>().0, found);
        }
    }
}

#[inline(always)]
fn take_one_by_one<S: Lanes>(row: &mut [[f32; LANES]], found: &mut [i32]) {
    for found in found {
        let mut largest = S::splat(f32::NEG_INFINITY);
        for x in &*row {
            largest = S::load(x).max(largest);
        }
        let largest = S::splat(largest.largest());
        for (i, x) in row.iter_mut().enumerate() {
            let bits = S::bits(S::load(x).equal(largest));
            if bits != 0 {
                let lane = bits.trailing_zeros() as usize;
                x[lane] = f32::NAN;
                *found = (i * LANES + lane) as i32;
                break;
            }
        }
    }
}

/// [`take_largest`] without a chain of searches: `k` lanes hold a number that is at least the `k`-th largest of the lanes' largest ones, so the numbers that are wanted are
/// among those few that are not below it, and each of these counts how many come before it. `false`, with nothing done: they are too many, or the bound is -inf.
#[inline(always)]
fn rank_largest<S: Lanes>(row: &[f32], found: &mut [i32]) -> bool {
    let k = found.len();
    let mut largest = [S::splat(f32::NEG_INFINITY); 2];
    for (i, x) in row.as_chunks::<LANES>().0.iter().enumerate() {
        largest[i % 2] = S::load(x).max(largest[i % 2]);
    }
    let largest = largest[0].max(largest[1]);
    let mut of_lanes = [0f32; LANES];
    largest.store(&mut of_lanes);
    // Lanes with fewer than `k` larger ones are the `k` largest, and what is equal to the last of these.
    let chosen = larger::<S>(largest, &of_lanes).less(S::splat(k as f32));
    let bound = -S::select(chosen, S::splat(0.0).sub(largest), S::splat(f32::NEG_INFINITY)).largest();
    if k > LANES || bound == f32::NEG_INFINITY {
        return false;
    }
    let (mut values, mut places, mut n) = ([f32::NEG_INFINITY; CANDIDATES], [0; CANDIDATES], 0);
    for (first, four) in row.chunks(4 * LANES).enumerate() {
        let mut bits = 0u64;
        for (i, x) in four.as_chunks::<LANES>().0.iter().enumerate() {
            let x = S::load(x);
            bits |= u64::from(S::bits(S::splat(bound).less(x)) | S::bits(x.equal(S::splat(bound)))) << (i * LANES);
        }
        while bits != 0 {
            if n == CANDIDATES {
                return false;
            }
            let place = first * 4 * LANES + bits.trailing_zeros() as usize;
            (values[n], places[n]) = (row[place], place as i32);
            n += 1;
            bits &= bits - 1;
        }
    }
    for (first, candidates) in values.as_chunks::<LANES>().0.iter().enumerate().take(n.div_ceil(LANES)) {
        let candidates = S::load(candidates);
        let mut ranks = [0f32; LANES];
        larger::<S>(candidates, &values[..n]).add(equal_before::<S>(candidates, first * LANES, &values[..n])).store(&mut ranks);
        for (&rank, &place) in ranks.iter().zip(&places[first * LANES..n]) {
            if let Some(found) = found.get_mut(rank as usize) {
                *found = place;
            }
        }
    }
    true
}

/// For each lane how many of `values` are larger.
#[inline(always)]
fn larger<S: Lanes>(lanes: S, values: &[f32]) -> S {
    let mut counts = [S::splat(0.0); 4];
    for (i, &value) in values.iter().enumerate() {
        let count = counts[i % 4];
        counts[i % 4] = S::select(lanes.less(S::splat(value)), count.add(S::splat(1.0)), count);
    }
    counts[0].add(counts[1]).add(counts[2].add(counts[3]))
}

/// For each lane, which has the values from `first` on, how many of those before it are equal.
#[inline(always)]
fn equal_before<S: Lanes>(lanes: S, first: usize, values: &[f32]) -> S {
    let mut numbers = [0f32; LANES];
    for (i, number) in numbers.iter_mut().enumerate() {
        *number = (first + i) as f32;
    }
    let numbers = S::load(&numbers);
    let mut count = S::splat(0.0);
    for (i, &value) in values.iter().enumerate() {
        let more = S::select(S::splat(i as f32).less(numbers), count.add(S::splat(1.0)), count);
        count = S::select(lanes.equal(S::splat(value)), more, count);
    }
    count
}

simd! {
    /// The two largest of each group of `size` numbers, one group after the other. There is no NaN.
    pub(crate) fn two_largest<S>(row: &[f32], size: usize, found: &mut [[f32; 2]]) {
        for (group, found) in row.chunks_exact(size).zip(found) {
            let (chunks, rest) = group.as_chunks::<LANES>();
            let (mut first, mut second) = (padded::<S>(rest, f32::NEG_INFINITY), S::splat(f32::NEG_INFINITY));
            for x in chunks {
                let x = S::load(x);
                second = x.min(first).max(second);
                first = x.max(first);
            }
            let largest = first.largest();
            let with_it = first.equal(S::splat(largest));
            // Where one lane has it, the next of that lane takes its place.
            let alone = S::bits(with_it).is_power_of_two();
            *found = [largest, if alone { S::select(with_it, second, first).largest() } else { largest }];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Isa;

    /// Few different numbers, so that there are ties; zeros of both signs, and infinities.
    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        let some = [0.0, -0.0, 1.0, -1.0, 2.5, f32::INFINITY, f32::NEG_INFINITY, 1e-40, -3.0];
        (0..n)
            .map(|i| if (i + seed).is_multiple_of(3) { some[(i * 7 + seed) % some.len()] } else { ((i + seed) * 7919 % 101) as f32 - 50.0 })
            .collect()
    }

    /// Places by falling number, ties to the first.
    fn sorted(x: &[f32]) -> Vec<i32> {
        let mut places: Vec<i32> = (0..x.len() as i32).collect();
        places.sort_by(|&a, &b| x[b as usize].partial_cmp(&x[a as usize]).unwrap());
        places
    }

    #[test]
    fn largest_numbers_come_in_order_and_ties_by_place() {
        for isa in Isa::available() {
            for (n, k) in [(16, 16), (32, 1), (128, 8), (48, 48), (256, 8), (64, 3)] {
                // With and without ties, most of them at the bound or below everything.
                let different = (0..n).map(|i| ((i * 7919 + k) % 1009) as f32 - 500.0).collect();
                let few = |large: usize| (0..n).map(|i| if i * 13 % n < large { i as f32 } else { f32::NEG_INFINITY }).collect();
                for x in [numbers(n, k), different, vec![1.0; n], few(k), few(k - 1)] {
                    let mut found = vec![0; k];
                    take_largest(isa, &mut x.clone(), &mut found);
                    assert_eq!(found, sorted(&x)[..k], "{isa} {n} {k} of {x:?}");
                }
            }
        }
    }

    #[test]
    fn a_nan_is_none_of_the_largest() {
        for isa in Isa::available() {
            let mut x: Vec<f32> = (0..64).map(|i| if i % 3 == 0 { f32::NAN } else { ((i * 37) % 64) as f32 }).collect();
            let numbers: Vec<i32> = sorted_numbers(&x);
            let mut found = [0; 8];
            take_largest(isa, &mut x, &mut found);
            assert_eq!(found, numbers[..8], "{isa}");
        }
    }

    /// As [`sorted`], of those that are numbers.
    fn sorted_numbers(x: &[f32]) -> Vec<i32> {
        let mut places: Vec<i32> = (0..x.len() as i32).filter(|&i| !x[i as usize].is_nan()).collect();
        places.sort_by(|&a, &b| x[b as usize].total_cmp(&x[a as usize]));
        places
    }

    #[test]
    fn a_bias_is_added_and_nan_found_anywhere() {
        for isa in Isa::available() {
            for n in [1, 16, 37] {
                let (from, mut to) = (numbers(n, 1), vec![0.0; n]);
                let from: Vec<f32> = from.into_iter().map(|x| if x.is_finite() { x } else { 7.0 }).collect();
                assert!(!add_bias(isa, &from, None, &mut to) && to == from, "{isa} {n}");
                assert!(!add_bias(isa, &from, Some(&vec![1.5; n]), &mut to), "{isa} {n}");
                assert!(to.iter().zip(&from).all(|(to, from)| *to == from + 1.5), "{isa} {n}");
                for at in 0..n {
                    let mut bias = vec![0.0; n];
                    bias[at] = f32::NAN;
                    assert!(add_bias(isa, &from, Some(&bias), &mut to), "{isa} {n} {at}");
                }
            }
        }
    }

    #[test]
    fn two_largest_of_groups_of_any_size() {
        for isa in Isa::available() {
            for size in [1, 2, 5, 16, 17, 32, 50] {
                let x = numbers(3 * size, size);
                let mut found = [[0.0; 2]; 3];
                two_largest(isa, &x, size, &mut found);
                for (group, found) in x.chunks(size).zip(found) {
                    let mut falling: Vec<f32> = sorted(group).iter().map(|&i| group[i as usize]).collect();
                    falling.push(f32::NEG_INFINITY);
                    assert_eq!(found[..], falling[..2], "{isa} {size}");
                }
            }
        }
    }
}
