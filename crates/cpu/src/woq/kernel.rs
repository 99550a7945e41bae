//! Products of rows with the blocks of one panel, in registers.

use std::ops::Range;

use ascend_hal::f16;

use super::BLOCK;
use super::rows::Rows;
use crate::gemm::COLS;
use crate::simd::{LANES, Lanes, simd};

/// Vectors of a panel's row.
const VECTORS: usize = COLS / LANES;
/// Pairs of rows in a block.
const PAIRS: usize = BLOCK / 2;
/// Rows that are multiplied at a time: each has two sums a vector in registers.
const ROWS: usize = 3;

/// Scales or offsets of blocks.
#[derive(Clone, Copy)]
pub(super) enum Scales<'a> {
    Half(&'a [[[f16; LANES]; VECTORS]]),
    Single(&'a [[[f32; LANES]; VECTORS]]),
}

impl<'a> Scales<'a> {
    fn part(self, blocks: Range<usize>) -> Self {
        match self {
            Self::Half(all) => Self::Half(&all[blocks]),
            Self::Single(all) => Self::Single(&all[blocks]),
        }
    }

    #[inline(always)]
    fn load<S: Lanes>(self, block: usize, vector: usize) -> S {
        match self {
            Self::Half(all) => S::load_f16(&all[block][vector]),
            Self::Single(all) => S::load(&all[block][vector]),
        }
    }
}

/// One block of 4-bit codes: pairs of rows, see [`packed`](super::packed).
type Four = [[u32; LANES]; PAIRS];
/// One block of 8-bit codes.
type Eight = [[[i8; LANES]; VECTORS]; BLOCK];
/// One block of codes as floats.
type Floats = [[[f32; LANES]; VECTORS]; BLOCK];

/// One block of pairs of codes as bf16.
type Words = [[[f32; LANES]; VECTORS]; PAIRS];

/// Codes of blocks.
#[derive(Clone, Copy)]
pub(super) enum Codes<'a> {
    Four(&'a [Four]),
    Eight(&'a [Eight]),
}

/// A block whose codes can be had as floats.
trait Block {
    /// Of rows `2 * pair` and `2 * pair + 1` the codes of a vector of columns.
    fn pair<S: Lanes>(&self, pair: usize, vector: usize) -> [S; 2];
}

impl Block for Four {
    #[inline(always)]
    fn pair<S: Lanes>(&self, pair: usize, vector: usize) -> [S; 2] {
        let shift = 4 * vector as u32;
        [S::load_i4(&self[pair], shift), S::load_i4(&self[pair], shift + 16)]
    }
}

impl Block for Eight {
    #[inline(always)]
    fn pair<S: Lanes>(&self, pair: usize, vector: usize) -> [S; 2] {
        [S::load_i8(&self[2 * pair][vector]), S::load_i8(&self[2 * pair + 1][vector])]
    }
}

impl Block for Floats {
    #[inline(always)]
    fn pair<S: Lanes>(&self, pair: usize, vector: usize) -> [S; 2] {
        [S::load(&self[2 * pair][vector]), S::load(&self[2 * pair + 1][vector])]
    }
}

/// Blocks of a panel.
#[derive(Clone, Copy)]
pub(super) struct Panel<'a> {
    pub(super) scales: Scales<'a>,
    pub(super) offsets: Option<Scales<'a>>,
    pub(super) codes: Codes<'a>,
}

impl Panel<'_> {
    /// Some of the blocks.
    pub(super) fn part(self, blocks: Range<usize>) -> Self {
        let codes = match self.codes {
            Codes::Four(all) => Codes::Four(&all[blocks.clone()]),
            Codes::Eight(all) => Codes::Eight(&all[blocks.clone()]),
        };
        Self { scales: self.scales.part(blocks.clone()), offsets: self.offsets.map(|offsets| offsets.part(blocks)), codes }
    }
}

/// Blocks of a panel whose codes have been widened.
#[derive(Clone, Copy)]
pub(super) struct Wide<'a> {
    /// The codes of this are not read.
    pub(super) scales: Panel<'a>,
    pub(super) values: &'a [f32],
}

simd! {
    /// Codes as floats: `out: [blocks, BLOCK, COLS]`.
    pub(super) fn widen<S>(panel: Panel<'_>, out: &mut [f32]) {
        let out: &mut [Floats] = bytemuck::cast_slice_mut(out);
        match panel.codes {
            Codes::Four(codes) => codes.iter().zip(out).for_each(|(codes, out)| widen_block::<S, _>(codes, out)),
            Codes::Eight(codes) => codes.iter().zip(out).for_each(|(codes, out)| widen_block::<S, _>(codes, out)),
        }
    }
}

#[inline(always)]
fn widen_block<S: Lanes, C: Block>(codes: &C, out: &mut Floats) {
    for pair in 0..PAIRS {
        for vector in 0..VECTORS {
            let [even, odd] = codes.pair::<S>(pair, vector);
            even.store(&mut out[2 * pair][vector]);
            odd.store(&mut out[2 * pair + 1][vector]);
        }
    }
}

simd! {
    /// Codes as bf16, in pairs of rows: `out: [blocks, BLOCK / 2, COLS]` words.
    pub(super) fn widen_to_pairs<S>(panel: Panel<'_>, out: &mut [f32]) {
        let out: &mut [Words] = bytemuck::cast_slice_mut(out);
        match panel.codes {
            Codes::Four(codes) => codes.iter().zip(out).for_each(|(codes, out)| pair_block::<S, _>(codes, out)),
            Codes::Eight(codes) => codes.iter().zip(out).for_each(|(codes, out)| pair_block::<S, _>(codes, out)),
        }
    }
}

#[inline(always)]
fn pair_block<S: Lanes, C: Block>(codes: &C, out: &mut Words) {
    for (pair, out) in out.iter_mut().enumerate() {
        for (vector, out) in out.iter_mut().enumerate() {
            let [even, odd] = codes.pair::<S>(pair, vector);
            S::bf16_words(even, odd).store(out);
        }
    }
}

simd! {
    /// `sums[i] += scale * own[i] + offset * sum of x[i]` for the first block of rows and panel: what [`few`] does with the sums of a block.
    pub(super) fn add_scaled<S>(rows: Rows<'_>, panel: Panel<'_>, own: &[f32], sums: &mut [f32]) {
        for (i, (sums, own)) in sums.as_chunks_mut::<COLS>().0.iter_mut().zip(own.as_chunks::<COLS>().0).enumerate() {
            let x = S::splat(rows.sums[i * rows.stride]);
            for (vector, (sums, own)) in sums.as_chunks_mut::<LANES>().0.iter_mut().zip(own.as_chunks::<LANES>().0).enumerate() {
                let mut total = S::load(own).mul_add(panel.scales.load(0, vector), S::load(sums));
                if let Some(offsets) = panel.offsets {
                    total = x.mul_add(offsets.load(0, vector), total);
                }
                total.store(sums);
            }
        }
    }
}

simd! {
    /// `sums[i] += rows[i] @ panel`, for all rows of `sums: [rows, COLS]`.
    pub(super) fn few<S>(rows: Rows<'_>, panel: Panel<'_>, sums: &mut [f32]) {
        match panel.codes {
            Codes::Four(codes) => all_rows::<S, _>(rows, panel, codes, sums),
            Codes::Eight(codes) => all_rows::<S, _>(rows, panel, codes, sums),
        }
    }
}

simd! {
    /// [`few`], with codes that have been widened.
    pub(super) fn many<S>(rows: Rows<'_>, panel: Wide<'_>, sums: &mut [f32]) {
        all_rows::<S, Floats>(rows, panel.scales, bytemuck::cast_slice(panel.values), sums);
    }
}

#[inline(always)]
fn all_rows<S: Lanes, C: Block>(rows: Rows<'_>, panel: Panel<'_>, codes: &[C], sums: &mut [f32]) {
    let sums = sums.as_chunks_mut::<COLS>().0;
    for (i, sums) in sums.chunks_mut(ROWS).enumerate() {
        let first = i * ROWS * rows.stride;
        let rows = Rows { values: &rows.values[first * BLOCK..], sums: &rows.sums[first..], ..rows };
        for vector in (0..VECTORS).step_by(S::TILE) {
            // One body a number of rows; vectors of a tile are a constant of the instruction set.
            match (sums.len(), S::TILE) {
                (1, 4) => tile::<S, C, 1, 4>(rows, panel, codes, vector, sums),
                (2, 4) => tile::<S, C, 2, 4>(rows, panel, codes, vector, sums),
                (_, 4) => tile::<S, C, ROWS, 4>(rows, panel, codes, vector, sums),
                (1, _) => tile::<S, C, 1, 1>(rows, panel, codes, vector, sums),
                (2, _) => tile::<S, C, 2, 1>(rows, panel, codes, vector, sums),
                _ => tile::<S, C, ROWS, 1>(rows, panel, codes, vector, sums),
            }
        }
    }
}

/// `R` rows and `V` vectors of columns, from `vector` on.
#[inline(always)]
fn tile<S: Lanes, C: Block, const R: usize, const V: usize>(
    rows: Rows<'_>,
    panel: Panel<'_>,
    codes: &[C],
    vector: usize,
    sums: &mut [[f32; COLS]],
) {
    let mut totals = [[S::splat(0.0); V]; R];
    for i in 0..R {
        let row = sums[i].as_chunks::<LANES>().0;
        for j in 0..V {
            totals[i][j] = S::load(&row[vector + j]);
        }
    }
    let values = rows.values.as_chunks::<BLOCK>().0;
    for (b, codes) in codes.iter().enumerate() {
        let x: [&[f32; BLOCK]; R] = std::array::from_fn(|i| &values[i * rows.stride + b]);
        let (mut even, mut odd) = ([[S::splat(0.0); V]; R], [[S::splat(0.0); V]; R]);
        for pair in 0..PAIRS {
            for j in 0..V {
                let [first, second] = codes.pair::<S>(pair, vector + j);
                for i in 0..R {
                    even[i][j] = S::splat(x[i][2 * pair]).mul_add(first, even[i][j]);
                    odd[i][j] = S::splat(x[i][2 * pair + 1]).mul_add(second, odd[i][j]);
                }
            }
        }
        for j in 0..V {
            let scale = panel.scales.load::<S>(b, vector + j);
            for i in 0..R {
                totals[i][j] = even[i][j].add(odd[i][j]).mul_add(scale, totals[i][j]);
            }
            if let Some(offsets) = panel.offsets {
                let offset = offsets.load::<S>(b, vector + j);
                for i in 0..R {
                    totals[i][j] = S::splat(rows.sums[i * rows.stride + b]).mul_add(offset, totals[i][j]);
                }
            }
        }
    }
    for i in 0..R {
        let row = sums[i].as_chunks_mut::<LANES>().0;
        for j in 0..V {
            totals[i][j].store(&mut row[vector + j]);
        }
    }
}
