//! Products of rows and a packed panel, in tiles of registers.

use crate::simd::{LANES, Lanes, simd};

/// Columns of a panel.
pub(super) const WIDTH: usize = 64;

/// Rows of a tile: with [`Lanes::TILE`] vectors each they fill the registers.
pub(super) const ROWS: usize = 6;

/// Rows of a matrix, `stride` apart.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    pub(super) data: &'a [f32],
    pub(super) stride: usize,
}

/// Rows of a matrix that is written, `stride` apart.
pub(super) struct MatrixMut<'a> {
    pub(super) data: &'a mut [f32],
    pub(super) stride: usize,
}

/// Calls the body of a function for `count` rows, at most [`ROWS`], and for the vectors of a tile: a constant of the instruction set.
macro_rules! of_rows {
    ($s:ident, $count:expr, $function:ident[$($of:ident,)?]($($argument:expr),*)) => {
        match ($count, $s::TILE) {
            (1, 4) => $function::<$s, $($of,)? 1, 4>($($argument),*),
            (2, 4) => $function::<$s, $($of,)? 2, 4>($($argument),*),
            (3, 4) => $function::<$s, $($of,)? 3, 4>($($argument),*),
            (4, 4) => $function::<$s, $($of,)? 4, 4>($($argument),*),
            (5, 4) => $function::<$s, $($of,)? 5, 4>($($argument),*),
            (_, 4) => $function::<$s, $($of,)? ROWS, 4>($($argument),*),
            (1, _) => $function::<$s, $($of,)? 1, 1>($($argument),*),
            (2, _) => $function::<$s, $($of,)? 2, 1>($($argument),*),
            (3, _) => $function::<$s, $($of,)? 3, 1>($($argument),*),
            (4, _) => $function::<$s, $($of,)? 4, 1>($($argument),*),
            (5, _) => $function::<$s, $($of,)? 5, 1>($($argument),*),
            _ => $function::<$s, $($of,)? ROWS, 1>($($argument),*),
        }
    };
}
pub(super) use of_rows;

simd! {
    /// `c[i] = factors[i] * c[i] + a[i] b` for each of `rows` rows; without factors, `c[i] = a[i] b`. `b` is a panel `[k, WIDTH]`, and `c` has rows of [`WIDTH`].
    ///
    /// Each element is one chain of multiply-adds over rising `k`, whatever tile it falls into.
    pub(super) fn product<S>(rows: usize, a: Matrix<'_>, b: &[f32], c: MatrixMut<'_>, factors: Option<&[f32]>) {
        let k = b.len() / WIDTH;
        // What the unchecked accesses below rely on.
        assert!(rows == 0 || (a.data.len() >= (rows - 1) * a.stride + k && c.data.len() >= (rows - 1) * c.stride + WIDTH));
        assert!(factors.is_none_or(|f| f.len() >= rows));
        let mut first = 0;
        while first < rows {
            let count = ROWS.min(rows - first);
            for column in (0..WIDTH).step_by(S::TILE * LANES) {
                let a = Matrix { data: &a.data[first * a.stride..], ..a };
                let c = MatrixMut { data: &mut c.data[first * c.stride + column..], stride: c.stride };
                let factors = factors.map(|f| &f[first..]);
                of_rows!(S, count, tile[](k, a, &b[column..], c, factors));
            }
            first += count;
        }
    }
}

/// `R` rows and `V` vectors of columns, from the first ones on. The caller has seen that `a` has `R` rows of `k`, `b` has `k` rows, and `c` has `R` rows.
#[inline(always)]
#[allow(unsafe_code, reason = "bounds are checked once for all tiles")]
fn tile<S: Lanes, const R: usize, const V: usize>(k: usize, a: Matrix<'_>, b: &[f32], c: MatrixMut<'_>, factors: Option<&[f32]>) {
    let mut sums = [[S::splat(0.0); V]; R];
    for p in 0..k {
        let mut vectors = [S::splat(0.0); V];
        for j in 0..V {
            // SAFETY: row `p < k` of the panel, which has `WIDTH` columns from its first on; a tile ends with the last of them at most.
            vectors[j] = S::load(unsafe { &*b.as_ptr().add(p * WIDTH + j * LANES).cast() });
        }
        for i in 0..R {
            // SAFETY: element `p < k` of row `i < R`.
            let factor = S::splat(unsafe { *a.data.as_ptr().add(i * a.stride + p) });
            for j in 0..V {
                sums[i][j] = factor.mul_add(vectors[j], sums[i][j]);
            }
        }
    }
    for i in 0..R {
        let row = c.data[i * c.stride..][..V * LANES].as_chunks_mut::<LANES>().0;
        for j in 0..V {
            let sum = match factors {
                Some(factors) => S::load(&row[j]).mul_add(S::splat(factors[i]), sums[i][j]),
                None => sums[i][j],
            };
            sum.store(&mut row[j]);
        }
    }
}
