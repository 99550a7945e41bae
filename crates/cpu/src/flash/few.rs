//! Few rows: keys and values are multiplied as they lie, or nearly. The sums are those of packed panels, to the bit.

use super::pack::{Ahead, Lines, Part};
use super::tile::{Matrix, MatrixMut, ROWS, WIDTH, of_rows};
use crate::simd::{LANES, Lane, Lanes, simd};

/// Rows up to which packing costs more than it saves.
pub(super) const FEW_ROWS: usize = 12;

/// Whether keys of this part can be packed in pairs.
pub(super) fn in_pairs<T: Lane>(part: Part<'_, T>) -> bool {
    T::PAIRS && part.width.is_multiple_of(2 * LANES)
}

/// Whether values of this part can be multiplied where they are.
pub(super) fn in_place<T>(part: Part<'_, T>) -> bool {
    part.width.is_multiple_of(WIDTH)
}

simd! {
    /// [`product`](super::tile::product) of rows and a panel of [pairs](super::pack::Pair), without factors.
    pub(super) fn product<S>(rows: usize, a: Matrix<'_>, pairs: &[f32], c: MatrixMut<'_>) {
        for first in (0..rows).step_by(ROWS) {
            let a = Matrix { data: &a.data[first * a.stride..], ..a };
            for column in (0..WIDTH).step_by(S::TILE * LANES) {
                let c = MatrixMut { data: &mut c.data[first * c.stride + column..], stride: c.stride };
                of_rows!(S, ROWS.min(rows - first), tile[](a, pairs, column, c));
            }
        }
    }
}

#[inline(always)]
fn tile<S: Lanes, const R: usize, const V: usize>(a: Matrix<'_>, pairs: &[f32], column: usize, c: MatrixMut<'_>) {
    let (pairs, k) = (pairs.as_chunks::<WIDTH>().0, 2 * (pairs.len() / WIDTH));
    let rows: [&[[f32; 2]]; R] = std::array::from_fn(|i| a.data[i * a.stride..][..k].as_chunks().0);
    let mut sums = [[S::splat(0.0); V]; R];
    for (p, pairs) in pairs.iter().enumerate() {
        let vectors = pairs[column..].as_chunks::<LANES>().0;
        for j in 0..V {
            let [first, second] = S::load(&vectors[j]).bf16_pair();
            for i in 0..R {
                let [x, y] = rows[i][p].map(S::splat);
                sums[i][j] = y.mul_add(second, x.mul_add(first, sums[i][j]));
            }
        }
    }
    for i in 0..R {
        let row = c.data[i * c.stride..].as_chunks_mut::<LANES>().0;
        for j in 0..V {
            sums[i][j].store(&mut row[j]);
        }
    }
}

simd! {
    /// `acc[i] = factors[i] * acc[i] + weights[i] v` for each of `rows` rows: `weights: [rows, WIDTH]`, and values of a head from rows `places` of the part, which are
    /// [`in_place`].
    pub(super) fn add_values<S, T: Lane>(
        rows: usize,
        weights: &[f32],
        v: Part<'_, T>,
        head: usize,
        places: &[usize],
        ahead: Ahead<'_>,
        acc: &mut [f32],
        factors: &[f32],
    ) {
        let values: [&[T]; WIDTH] = std::array::from_fn(|j| places.get(j).map_or(&[][..], |&row| v.row(row, head)));
        // Hints come between the rows of the first pass over them.
        let mut wanted = ahead.lines(v, places.len() * (v.width / LANES).div_ceil(S::TILE));
        let values = &values[..places.len().min(WIDTH)];
        let weights = weights.as_chunks::<WIDTH>().0;
        for first in (0..rows).step_by(ROWS) {
            let (weights, acc, factors) = (&weights[first..], &mut acc[first * v.width..], &factors[first..]);
            of_rows!(S, ROWS.min(rows - first), add_rows[T,](values, weights, acc, factors, &mut wanted));
        }
    }
}

/// `R` rows of sums, in registers by `V` vectors of columns.
#[inline(always)]
fn add_rows<S: Lanes, T: Lane, const R: usize, const V: usize>(
    values: &[&[T]],
    weights: &[[f32; WIDTH]],
    acc: &mut [f32],
    factors: &[f32],
    wanted: &mut Lines<'_, T>,
) {
    let width = values.first().map_or(0, |row| row.len());
    let weights: [&[f32]; R] = std::array::from_fn(|i| &weights[i][..values.len()]);
    for column in (0..width / LANES).step_by(V) {
        let mut sums = [[S::splat(0.0); V]; R];
        for (j, value) in values.iter().enumerate() {
            wanted.fetch();
            let value = &value.as_chunks::<LANES>().0[column..][..V];
            for v in 0..V {
                let vector = T::load::<S>(&value[v]);
                for i in 0..R {
                    sums[i][v] = S::splat(weights[i][j]).mul_add(vector, sums[i][v]);
                }
            }
        }
        for i in 0..R {
            let acc = &mut acc[i * width..][..width].as_chunks_mut::<LANES>().0[column..][..V];
            for v in 0..V {
                S::load(&acc[v]).mul_add(S::splat(factors[i]), sums[i][v]).store(&mut acc[v]);
            }
        }
    }
}
