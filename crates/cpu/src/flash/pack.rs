//! Keys and values of a block, packed for the tiles.

use super::tile::WIDTH;
use crate::simd::{LANES, Lane, Lanes, simd};

/// Rows of heads: `[rows, heads, width]`. With one head, all share it.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a, T> {
    pub(crate) data: &'a [T],
    pub(crate) heads: usize,
    pub(crate) width: usize,
}

impl<'a, T> Part<'a, T> {
    /// A part that is not there.
    pub(crate) const NONE: Self = Self { data: &[], heads: 1, width: 0 };

    /// Head `head` of row `row`.
    #[inline(always)]
    pub(crate) fn row(&self, row: usize, head: usize) -> &'a [T] {
        let head = if self.heads == 1 { 0 } else { head };
        &self.data[(row * self.heads + head) * self.width..][..self.width]
    }
}

/// Rows that are wanted soon: each step of a packing asks memory for one head of one row. Rows come one after the other, all heads of each: that is how they lie.
#[derive(Clone, Copy)]
pub(super) struct Ahead<'a> {
    pub(super) rows: &'a [usize],
    /// The first head, and their number.
    pub(super) heads: (usize, usize),
    /// How many steps have been taken by other packings.
    pub(super) steps: usize,
}

impl Ahead<'_> {
    /// Nothing is wanted.
    pub(super) const NOTHING: Self = Self { rows: &[], heads: (0, 1), steps: 0 };

    #[inline(always)]
    pub(super) fn prefetch<T>(&self, part: Part<'_, T>, step: usize) {
        let step = self.steps + step;
        if let Some(&row) = self.rows.get(step / self.heads.1) {
            prefetch(part.row(row, self.heads.0 + step % self.heads.1));
        }
    }
}

simd! {
    /// Keys of a head as a panel `[width, WIDTH]`, a key a column: rows `rows` of the part, at most [`WIDTH`]; further columns are 0.
    pub(super) fn columns<S, T: Lane>(part: Part<'_, T>, head: usize, rows: &[usize], ahead: Ahead<'_>, panel: &mut [f32]) {
        let panel = panel.as_chunks_mut::<WIDTH>().0;
        for first in (0..WIDTH).step_by(LANES) {
            let keys: [&[T]; LANES] = std::array::from_fn(|i| rows.get(first + i).map_or(&[][..], |&row| part.row(row, head)));
            for step in first..first + LANES {
                ahead.prefetch(part, step);
            }
            for (step, to) in panel.chunks_mut(LANES).enumerate() {
                let mut square = [S::splat(0.0); LANES];
                for (key, vector) in keys.iter().zip(&mut square) {
                    *vector = part_of::<S, T>(key, step);
                }
                for (column, to) in S::transpose(square).into_iter().zip(to) {
                    if let Some((to, _)) = to[first..].split_first_chunk_mut() {
                        column.store(to);
                    }
                }
            }
        }
    }
}

simd! {
    /// Values of a head as panels `[WIDTH, WIDTH]` of columns, a key a row: rows `rows` of the part that `keep` keeps, at most [`WIDTH`]; others are 0.
    pub(super) fn values<S, T: Lane>(part: Part<'_, T>, head: usize, rows: &[usize], ahead: Ahead<'_>, keep: Option<&[bool]>, panels: &mut [f32]) {
        for j in 0..WIDTH {
            let row: &[T] = match rows.get(j) {
                Some(&row) if keep.is_none_or(|keep| keep[j]) => part.row(row, head),
                _ => &[],
            };
            ahead.prefetch(part, j);
            for (panel, columns) in panels.chunks_exact_mut(WIDTH * WIDTH).enumerate() {
                let to = columns[j * WIDTH..][..WIDTH].as_chunks_mut::<LANES>().0;
                for (i, to) in to.iter_mut().enumerate() {
                    part_of::<S, T>(row, panel * (WIDTH / LANES) + i).store(to);
                }
            }
        }
    }
}

/// Elements `16 * step..` of a row, 0 beyond its end.
#[inline(always)]
fn part_of<S: Lanes, T: Lane>(row: &[T], step: usize) -> S {
    let rest = row.get(step * LANES..).unwrap_or(&[]);
    if let Some(full) = rest.first_chunk() {
        return T::load(full);
    }
    let mut padded = [T::from_f32(0.0); LANES];
    for (to, from) in padded.iter_mut().zip(rest) {
        *to = *from;
    }
    T::load(&padded)
}

/// Asks for a row from memory.
#[inline(always)]
#[allow(unsafe_code, reason = "an intrinsic")]
fn prefetch<T>(row: &[T]) {
    #[cfg(target_arch = "x86_64")]
    for line in row.chunks(64 / size_of::<T>()) {
        // SAFETY: every x86-64 processor has the instruction, and it accesses nothing.
        unsafe { std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = row;
}

simd! {
    /// Whether every number of a head's rows `rows` is finite.
    pub(super) fn is_finite<S, T: Lane>(part: Part<'_, T>, head: usize, rows: &[usize]) -> bool {
        let mut probe = S::splat(0.0);
        for &row in rows {
            let row = part.row(row, head);
            for step in 0..row.len().div_ceil(LANES) {
                // 0 for finite numbers, else NaN.
                probe = part_of::<S, T>(row, step).mul_add(S::splat(0.0), probe);
            }
        }
        !probe.sum().is_nan()
    }
}
