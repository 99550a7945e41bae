//! Keys and values of a block, packed for the tiles.

use super::tile::WIDTH;
use crate::simd::{CACHE_LINE, Cache, LANES, Lane, Lanes, prefetch, simd};

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

/// Rows that are wanted soon, of some heads: packings ask memory for them, a few lines at a time, in the order that they lie in.
#[derive(Clone, Copy)]
pub(super) struct Ahead<'a> {
    pub(super) rows: &'a [usize],
    /// The first head, and their number.
    pub(super) heads: (usize, usize),
}

impl<'a> Ahead<'a> {
    /// Nothing is wanted.
    pub(super) const NOTHING: Self = Self { rows: &[], heads: (0, 1) };

    /// The rows that the `i`-th of `n` packings asks for.
    pub(super) fn share(self, i: usize, n: usize) -> Self {
        Self { rows: &self.rows[self.rows.len() * i / n..self.rows.len() * (i + 1) / n], ..self }
    }

    /// The lines of these rows, to be asked for in `times` times.
    #[inline(always)]
    pub(super) fn lines<T>(self, part: Part<'a, T>, times: usize) -> Lines<'a, T> {
        let heads = if part.heads == 1 { (0, 1) } else { self.heads };
        let lines = self.rows.len() * (heads.1 * part.width * size_of::<T>()).div_ceil(CACHE_LINE);
        let at_once = lines.div_ceil(times.max(1));
        // Whole rows that follow one another are one.
        match (self.rows.first(), self.rows.last()) {
            (Some(&first), Some(&last)) if first + self.rows.len() == last + 1 && heads.1 == part.heads => {
                let pitch = part.heads * part.width;
                let rest = &part.data[first * pitch..(last + 1) * pitch];
                Lines { part, rows: &[], heads, rest, at_once }
            }
            _ => Lines { part, rows: self.rows, heads, rest: &[], at_once },
        }
    }
}

/// Lines of memory that are not asked for yet.
pub(super) struct Lines<'a, T> {
    part: Part<'a, T>,
    rows: &'a [usize],
    heads: (usize, usize),
    /// What is left of the row before `rows`.
    rest: &'a [T],
    at_once: usize,
}

impl<'a, T> Lines<'a, T> {
    /// How many are asked for at a time.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn at_once(&self) -> usize {
        self.at_once
    }

    /// Asks for the next ones.
    #[inline(always)]
    pub(super) fn fetch(&mut self) {
        for _ in 0..self.at_once {
            let line = self.take(1);
            if line.is_empty() {
                return;
            }
            // The first one is full of what is multiplied until then.
            prefetch(line.as_ptr(), Cache::Second);
        }
    }

    /// Gives up to `lines` of the next ones, of one row.
    #[inline(always)]
    pub(super) fn take(&mut self, lines: usize) -> &'a [T] {
        if self.rest.is_empty() {
            let Some((&row, rows)) = self.rows.split_first() else { return &[] };
            let Part { data, heads, width } = self.part;
            self.rest = &data[(row * heads + self.heads.0) * width..][..self.heads.1 * width];
            self.rows = rows;
        }
        let (taken, rest) = self.rest.split_at(self.rest.len().min(lines * CACHE_LINE / size_of::<T>()));
        self.rest = rest;
        taken
    }
}

simd! {
    /// Keys of a head as a panel `[width, WIDTH]` of elements, or `[width / 2, WIDTH]` of pairs of them, as words; a key a column: rows `rows` of the part, at most
    /// [`WIDTH`]; further columns are 0.
    pub(super) fn columns<S, T: Lane, W: Words>(part: Part<'_, T>, head: usize, rows: &[usize], ahead: Ahead<'_>, panel: &mut [f32]) {
        let panel = panel.as_chunks_mut::<WIDTH>().0;
        let mut wanted = ahead.lines(part, WIDTH / LANES * panel.len().div_ceil(LANES));
        for first in (0..WIDTH).step_by(LANES) {
            let keys: [&[T]; LANES] = std::array::from_fn(|i| rows.get(first + i).map_or(&[][..], |&row| part.row(row, head)));
            for (step, to) in panel.chunks_mut(LANES).enumerate() {
                wanted.fetch();
                let mut square = [S::splat(0.0); LANES];
                for (key, vector) in keys.iter().zip(&mut square) {
                    *vector = W::load::<S, T>(key, step);
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
        let mut wanted = ahead.lines(part, WIDTH);
        for j in 0..WIDTH {
            let row: &[T] = match rows.get(j) {
                Some(&row) if keep.is_none_or(|keep| keep[j]) => part.row(row, head),
                _ => &[],
            };
            wanted.fetch();
            for (panel, columns) in panels.chunks_exact_mut(WIDTH * WIDTH).enumerate() {
                let to = columns[j * WIDTH..][..WIDTH].as_chunks_mut::<LANES>().0;
                for (i, to) in to.iter_mut().enumerate() {
                    part_of::<S, T>(row, panel * (WIDTH / LANES) + i).store(to);
                }
            }
        }
    }
}

/// What a word of a panel of keys holds.
pub(super) trait Words {
    /// Words `16 * step..` of a key, 0 beyond its end.
    fn load<S: Lanes, T: Lane>(key: &[T], step: usize) -> S;
}

/// An element.
pub(super) struct Single;

/// A pair of elements of two bytes; what is less than a whole register of them is left out.
pub(super) struct Pair;

impl Words for Single {
    #[inline(always)]
    fn load<S: Lanes, T: Lane>(key: &[T], step: usize) -> S {
        part_of(key, step)
    }
}

impl Words for Pair {
    #[inline(always)]
    fn load<S: Lanes, T: Lane>(key: &[T], step: usize) -> S {
        match key.as_chunks::<{ 2 * LANES }>().0.get(step) {
            Some(elements) => S::load_words(bytemuck::cast_ref::<_, [[u8; 4]; LANES]>(elements)),
            None => S::splat(0.0),
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
