//! Products of rows with the blocks of one panel, in registers.

use std::marker::PhantomData;
use std::ops::Range;

use ascend_hal::f16;
use bytemuck::{Pod, Zeroable};

use super::BLOCK;
use super::packed::{Form, Part};
use super::rows::Rows;
use crate::gemm::COLS;
use crate::simd::{CACHE_LINE, Cache, LANES, Lanes, prefetch, simd};

/// Vectors of a panel's row.
const VECTORS: usize = COLS / LANES;
/// Pairs of rows in a block.
const PAIRS: usize = BLOCK / 2;
/// Rows that are multiplied at a time: each has two sums a vector in registers.
const ROWS: usize = 3;
/// How far ahead of the sums weights are fetched. Not 4096: lines that far apart share a set of a first-level cache, which costs a quarter of the bandwidth.
const BLOCKS_AHEAD_BYTES: usize = 2048;

/// Scales or offsets of a block.
#[derive(Clone, Copy)]
enum Scales<'a> {
    Half(&'a [[f16; LANES]; VECTORS]),
    Single(&'a [[f32; LANES]; VECTORS]),
}

impl<'a> Scales<'a> {
    fn of(part: Part, bytes: &'a [u8]) -> Option<Self> {
        match part {
            Part::Absent => None,
            Part::Half => Some(Self::Half(bytemuck::from_bytes(bytes))),
            Part::Single => Some(Self::Single(bytemuck::from_bytes(bytes))),
        }
    }

    #[inline(always)]
    fn load<S: Lanes>(self, vector: usize) -> S {
        match self {
            Self::Half(all) => S::load_f16(&all[vector]),
            Self::Single(all) => S::load(&all[vector]),
        }
    }
}

/// 4-bit codes of a block: pairs of rows, see [`packed`](super::packed).
type Four = [[u32; LANES]; PAIRS];
/// 8-bit codes of a block.
type Eight = [[[i8; LANES]; VECTORS]; BLOCK];
/// Codes of a block as floats.
type Floats = [[[f32; LANES]; VECTORS]; BLOCK];
/// Pairs of codes of a block as bf16.
#[cfg(target_arch = "x86_64")]
type Words = [[[f32; LANES]; VECTORS]; PAIRS];

/// Codes of a block that can be had as floats.
trait Codes: Pod {
    /// Of rows `2 * pair` and `2 * pair + 1` the codes of a vector of columns.
    fn pair<S: Lanes>(&self, pair: usize, vector: usize) -> [S; 2];

    /// Has memory brought nearer that will be wanted soon after these two rows are.
    #[inline(always)]
    fn ahead(&self, pair: usize) {
        let lines = size_of::<Self>() / PAIRS / CACHE_LINE;
        for line in 0..lines {
            prefetch(
                std::ptr::from_ref(self).cast::<u8>().wrapping_add((pair * lines + line) * CACHE_LINE + BLOCKS_AHEAD_BYTES),
                Cache::First,
            );
        }
    }
}

impl Codes for Four {
    #[inline(always)]
    fn pair<S: Lanes>(&self, pair: usize, vector: usize) -> [S; 2] {
        let shift = 4 * vector as u32;
        [S::load_i4(&self[pair], shift), S::load_i4(&self[pair], shift + 16)]
    }
}

impl Codes for Eight {
    #[inline(always)]
    fn pair<S: Lanes>(&self, pair: usize, vector: usize) -> [S; 2] {
        [S::load_i8(&self[2 * pair][vector]), S::load_i8(&self[2 * pair + 1][vector])]
    }
}

impl Codes for Floats {
    #[inline(always)]
    fn pair<S: Lanes>(&self, pair: usize, vector: usize) -> [S; 2] {
        [S::load(&self[2 * pair][vector]), S::load(&self[2 * pair + 1][vector])]
    }
}

/// Blocks of a panel.
#[derive(Clone, Copy)]
pub(super) struct Panel<'a> {
    pub(super) form: Form,
    pub(super) bytes: &'a [u8],
}

/// One of them.
#[derive(Clone, Copy)]
struct Block<'a> {
    /// Scales and offsets.
    parts: &'a [u8],
    scales: Scales<'a>,
    offsets: Option<Scales<'a>>,
}

impl<'a> Panel<'a> {
    /// Some of the blocks.
    pub(super) fn part(self, blocks: Range<usize>) -> Self {
        let each = self.form.block_bytes();
        Self { bytes: &self.bytes[blocks.start * each..blocks.end * each], ..self }
    }

    /// Number of blocks.
    #[inline(always)]
    fn len(self) -> usize {
        self.bytes.len() / self.form.block_bytes()
    }

    #[inline(always)]
    fn bytes_of(self, block: usize) -> &'a [u8] {
        let each = self.form.block_bytes();
        &self.bytes[block * each..][..each]
    }

    #[inline(always)]
    fn block(self, block: usize) -> Block<'a> {
        let Form { scales, offsets, .. } = self.form;
        let parts = &self.bytes_of(block)[self.form.code_bytes()..];
        let (of_scales, of_offsets) = parts.split_at(scales.bytes());
        let scales = Scales::of(scales, of_scales).unwrap_or(Scales::Single(&[[1.0; LANES]; VECTORS]));
        Block { parts, scales, offsets: Scales::of(offsets, of_offsets) }
    }

    #[inline(always)]
    fn codes<C: Codes>(self, block: usize) -> &'a C {
        bytemuck::from_bytes(&self.bytes_of(block)[..size_of::<C>()])
    }
}

/// Where the codes of blocks are.
trait Stored: Copy {
    type Codes: Codes;
    /// They come from memory, and what follows is fetched ahead.
    const STREAMED: bool;

    fn codes(&self, block: usize) -> &Self::Codes;

    /// What its sums are multiplied with.
    fn block(&self, block: usize) -> Block<'_>;
}

/// In the panel itself.
#[derive(Clone, Copy)]
struct InPlace<'a, C>(Panel<'a>, PhantomData<C>);

impl<C: Codes> Stored for InPlace<'_, C> {
    type Codes = C;
    const STREAMED: bool = true;

    #[inline(always)]
    fn codes(&self, block: usize) -> &C {
        self.0.codes(block)
    }

    #[inline(always)]
    fn block(&self, block: usize) -> Block<'_> {
        self.0.block(block)
    }
}

/// A block in floats: codes, scales and offsets.
#[derive(Clone, Copy, Zeroable, Pod)]
#[repr(C)]
pub(super) struct Wide {
    codes: Floats,
    parts: [[[f32; LANES]; VECTORS]; 2],
}

/// Widened.
#[derive(Clone, Copy)]
struct Widened<'a> {
    blocks: &'a [Wide],
    offsets: bool,
}

impl Stored for Widened<'_> {
    type Codes = Floats;
    const STREAMED: bool = false;

    #[inline(always)]
    fn codes(&self, block: usize) -> &Floats {
        &self.blocks[block].codes
    }

    #[inline(always)]
    fn block(&self, block: usize) -> Block<'_> {
        let [scales, offsets] = &self.blocks[block].parts;
        Block { parts: &[], scales: Scales::Single(scales), offsets: self.offsets.then_some(Scales::Single(offsets)) }
    }
}

simd! {
    /// Blocks as floats.
    pub(super) fn widen<S>(panel: Panel<'_>, out: &mut [Wide]) {
        match panel.form.four_bits {
            true => (0..panel.len()).zip(out).for_each(|(b, out)| widen_block::<S, Four>(panel, b, out)),
            false => (0..panel.len()).zip(out).for_each(|(b, out)| widen_block::<S, Eight>(panel, b, out)),
        }
    }
}

#[inline(always)]
fn widen_block<S: Lanes, C: Codes>(panel: Panel<'_>, b: usize, out: &mut Wide) {
    let (block, codes) = (panel.block(b), panel.codes::<C>(b));
    for pair in 0..PAIRS {
        for vector in 0..VECTORS {
            let [even, odd] = codes.pair::<S>(pair, vector);
            even.store(&mut out.codes[2 * pair][vector]);
            odd.store(&mut out.codes[2 * pair + 1][vector]);
        }
    }
    let [scales, offsets] = &mut out.parts;
    for vector in 0..VECTORS {
        block.scales.load::<S>(vector).store(&mut scales[vector]);
        if let Some(from) = block.offsets {
            from.load::<S>(vector).store(&mut offsets[vector]);
        }
    }
}

#[cfg(target_arch = "x86_64")]
simd! {
    /// Codes as bf16, in pairs of rows: `out: [blocks, BLOCK / 2, COLS]` words.
    pub(super) fn widen_to_pairs<S>(panel: Panel<'_>, out: &mut [f32]) {
        let out: &mut [Words] = bytemuck::cast_slice_mut(out);
        match panel.form.four_bits {
            true => (0..panel.len()).zip(out).for_each(|(b, out)| pair_block::<S, Four>(panel.codes(b), out)),
            false => (0..panel.len()).zip(out).for_each(|(b, out)| pair_block::<S, Eight>(panel.codes(b), out)),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn pair_block<S: Lanes, C: Codes>(codes: &C, out: &mut Words) {
    for (pair, out) in out.iter_mut().enumerate() {
        for (vector, out) in out.iter_mut().enumerate() {
            let [even, odd] = codes.pair::<S>(pair, vector);
            S::bf16_words(even, odd).store(out);
        }
    }
}

#[cfg(target_arch = "x86_64")]
simd! {
    /// `sums[i] += scale * own[i] + offset * sum of x[i]` for the first block of rows and panel: what [`few`] does with the sums of a block.
    pub(super) fn add_scaled<S>(rows: Rows<'_>, panel: Panel<'_>, own: &[f32], sums: &mut [f32]) {
        let block = panel.block(0);
        for (i, (sums, own)) in sums.as_chunks_mut::<COLS>().0.iter_mut().zip(own.as_chunks::<COLS>().0).enumerate() {
            let x = S::splat(rows.sums[i * rows.stride]);
            for (vector, (sums, own)) in sums.as_chunks_mut::<LANES>().0.iter_mut().zip(own.as_chunks::<LANES>().0).enumerate() {
                let mut total = S::load(own).mul_add(block.scales.load(vector), S::load(sums));
                if let Some(offsets) = block.offsets {
                    total = x.mul_add(offsets.load(vector), total);
                }
                total.store(sums);
            }
        }
    }
}

simd! {
    /// `sums[i] += rows[i] @ panel`, for all rows of `sums: [rows, COLS]`.
    pub(super) fn few<S>(rows: Rows<'_>, panel: Panel<'_>, sums: &mut [f32]) {
        match panel.form.four_bits {
            true => all_rows::<S, _>(rows, panel.len(), InPlace::<Four>(panel, PhantomData), sums),
            false => all_rows::<S, _>(rows, panel.len(), InPlace::<Eight>(panel, PhantomData), sums),
        }
    }
}

simd! {
    /// [`few`], with blocks that have been widened; whether they have offsets.
    pub(super) fn many<S>(rows: Rows<'_>, blocks: &[Wide], offsets: bool, sums: &mut [f32]) {
        all_rows::<S, _>(rows, blocks.len(), Widened { blocks, offsets }, sums);
    }
}

#[inline(always)]
fn all_rows<S: Lanes, B: Stored>(rows: Rows<'_>, blocks: usize, stored: B, sums: &mut [f32]) {
    let sums = sums.as_chunks_mut::<COLS>().0;
    for (i, sums) in sums.chunks_mut(ROWS).enumerate() {
        let first = i * ROWS * rows.stride;
        let rows = Rows { values: &rows.values[first * BLOCK..], sums: &rows.sums[first..], ..rows };
        for vector in (0..VECTORS).step_by(S::TILE) {
            // One body a number of rows; vectors of a tile are a constant of the instruction set.
            match (sums.len(), S::TILE) {
                (1, 4) => tile::<S, B, 1, 4>(rows, blocks, stored, vector, sums),
                (2, 4) => tile::<S, B, 2, 4>(rows, blocks, stored, vector, sums),
                (_, 4) => tile::<S, B, ROWS, 4>(rows, blocks, stored, vector, sums),
                (1, _) => tile::<S, B, 1, 1>(rows, blocks, stored, vector, sums),
                (2, _) => tile::<S, B, 2, 1>(rows, blocks, stored, vector, sums),
                _ => tile::<S, B, ROWS, 1>(rows, blocks, stored, vector, sums),
            }
        }
    }
}

/// `R` rows and `V` vectors of columns, from `vector` on.
#[inline(always)]
fn tile<S: Lanes, B: Stored, const R: usize, const V: usize>(
    rows: Rows<'_>,
    blocks: usize,
    stored: B,
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
    for b in 0..blocks {
        let (block, codes) = (stored.block(b), stored.codes(b));
        let x: [&[f32; BLOCK]; R] = std::array::from_fn(|i| &values[i * rows.stride + b]);
        let (mut even, mut odd) = ([[S::splat(0.0); V]; R], [[S::splat(0.0); V]; R]);
        if !B::STREAMED && vector == 0 {
            // The rows after these come from the second-level cache.
            for x in x {
                let next = x.as_ptr().wrapping_add(R * rows.stride * BLOCK);
                prefetch(next, Cache::First);
                prefetch(next.wrapping_add(BLOCK / 2), Cache::First);
            }
        }
        for pair in 0..PAIRS {
            if B::STREAMED && vector == 0 {
                codes.ahead(pair);
            }
            for j in 0..V {
                let [first, second] = codes.pair::<S>(pair, vector + j);
                for i in 0..R {
                    even[i][j] = S::splat(x[i][2 * pair]).mul_add(first, even[i][j]);
                    odd[i][j] = S::splat(x[i][2 * pair + 1]).mul_add(second, odd[i][j]);
                }
            }
        }
        if B::STREAMED && vector == 0 {
            block.parts.chunks_exact(CACHE_LINE).for_each(|line| prefetch(line.as_ptr().wrapping_add(BLOCKS_AHEAD_BYTES), Cache::First));
        }
        for j in 0..V {
            let scale = block.scales.load::<S>(vector + j);
            for i in 0..R {
                totals[i][j] = even[i][j].add(odd[i][j]).mul_add(scale, totals[i][j]);
            }
        }
        if let Some(offsets) = block.offsets {
            let x: [S; R] = std::array::from_fn(|i| S::splat(rows.sums[i * rows.stride + b]));
            for j in 0..V {
                let offset = offsets.load::<S>(vector + j);
                for i in 0..R {
                    totals[i][j] = x[i].mul_add(offset, totals[i][j]);
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
