//! Attention of bf16 on the matrix unit.
//!
//! Scores are products of bf16 pairs. A weight goes into the product with values as the sum of three bf16, which it is exactly, one product after the other for
//! 32 keys each. The order of sums is one for any number of rows, so that a row has the same bits in whatever tile it is.

#![allow(unsafe_code, reason = "calls of SIMD kernels")]

use std::ops::Range;

use ascend_hal::Result;

use super::block::{self, Ranked, Seen};
use super::pack::{Ahead, Lines, Part};
use super::pairs::{CHUNK, CHUNKS, PANEL_BYTES};
use super::tile::WIDTH;
use super::{Block, Flash, Item, Partial, pairs};
use crate::context::Context;
use crate::gemm::Arithmetic;
use crate::gemm::amx::{CHUNK_BYTES, Fetch, HEIGHT, ROW_BYTES, SQUARE_BYTES, Sums, TERMS, Unit, place_row};
use crate::isa::Isa;
use crate::scratch::Scratch;
use crate::simd::{LANES, Lane};

/// How far behind the values that are packed others are fetched.
const SOON_BYTES: usize = 4096;

/// Whether attention of elements `T` is computed here.
pub(super) fn is_used<T: Lane>(isa: Isa) -> bool {
    T::PAIRS && isa == Isa::Amx
}

/// Queries of an item: `[group, tile, chunk, height, 64]` bytes; of [few](Self::few) rows `[group, chunk, 16, 16]` pairs, a query a column.
pub(super) struct Tiles<'a> {
    bytes: Scratch<'a, u8>,
    /// Bytes of a tile.
    tile_bytes: usize,
    height: usize,
    /// Tiles of a group.
    tiles: usize,
    /// Chunks of each part of a query.
    chunks: [usize; 2],
}

impl<'a> Tiles<'a> {
    pub(super) fn arrange<T: Lane>(flash: &Flash<'_, T>, cx: &'a Context<'_>, item: &Item<'_, T>) -> Result<Self> {
        let rows = item.queries.len() * flash.heads / flash.groups;
        let tiles = rows.div_ceil(HEIGHT);
        let (height, chunks) = (rows.div_ceil(tiles), flash.k.map(|k| k.width.div_ceil(CHUNK)));
        let (all, tile_bytes) = (chunks[0] + chunks[1], (chunks[0] + chunks[1]) * height * ROW_BYTES);
        let mut bytes = cx.scratch::<u8>(item.groups.len() * tiles * tile_bytes)?;
        for (i, (t, head)) in flash.places(item).enumerate() {
            let (group, row) = (i / rows, i % rows);
            let tile = &mut bytes[(group * tiles + row / height) * tile_bytes..][..tile_bytes];
            let (first, second) = tile.split_at_mut(chunks[0] * height * ROW_BYTES);
            for (part, out) in flash.q.iter().zip([first, second]).filter(|(part, _)| part.width > 0) {
                // SAFETY: the instruction set has AVX-512.
                unsafe {
                    place_row(bytemuck::cast_slice(part.row(t, head)), &mut out[row % height * ROW_BYTES..], height * ROW_BYTES);
                }
            }
        }
        if tiles > 1 {
            return Ok(Self { bytes, tile_bytes, height, tiles, chunks });
        }
        let mut columns = cx.scratch::<u8>(item.groups.len() * all * SQUARE_BYTES)?;
        let (rows, squares): (&[u32], &mut [u32]) = (bytemuck::cast_slice(&bytes), bytemuck::cast_slice_mut(&mut columns));
        for (rows, square) in rows.chunks_exact(height * ROW_BYTES / 4).zip(squares.chunks_exact_mut(SQUARE_BYTES / 4)) {
            for (pair, out) in square.chunks_exact_mut(ROW_BYTES / 4).enumerate() {
                out.fill(0);
                out.iter_mut().zip(rows.chunks_exact(ROW_BYTES / 4)).for_each(|(out, row)| *out = row[pair]);
            }
        }
        Ok(Self { bytes: columns, tile_bytes: all * SQUARE_BYTES, height, tiles, chunks })
    }

    /// Whether keys are multiplied as they lie.
    fn few(&self) -> bool {
        self.tiles == 1
    }

    /// Rows of a group, with those that fill its last tile up.
    pub(super) fn rows(&self) -> usize {
        self.tiles * self.height
    }

    /// Tile `tile` of group `i`.
    fn tile(&self, i: usize, tile: usize) -> &[u8] {
        &self.bytes[(i * self.tiles + tile) * self.tile_bytes..][..self.tile_bytes]
    }
}

impl<T: Lane> Flash<'_, T> {
    /// The partial result of an item's rows over some keys; the instruction set is [`Isa::Amx`].
    pub(super) fn split_on_unit<'a>(
        &self,
        cx: &'a Context<'_>,
        item: &Item<'_, T>,
        q: &Tiles<'_>,
        keys: Range<usize>,
    ) -> Result<Partial<'a>> {
        let (isa, per_group, padded) = (cx.isa(), self.heads / self.groups, self.padded());
        let (rows, height) = (item.queries.len() * per_group, q.height);
        let mut result = Partial::new(cx, item.groups.len() * q.rows(), padded)?;
        // The keys of a block, or sixteen of them.
        let mut k = cx.scratch::<f32>((q.chunks[0] + q.chunks[1]) * if q.few() { SQUARE_BYTES } else { CHUNK_BYTES } / size_of::<f32>())?;
        // The values of a head, or with few rows of all: then rows of a cache are read as a whole, from end to end.
        let (v_bytes, v_heads) = (padded / WIDTH * PANEL_BYTES, if q.few() { item.groups.len() } else { 1 });
        let mut v = cx.scratch::<u8>(v_heads * v_bytes)?;
        let (mut scores, mut factors) = (cx.scratch::<f32>(height * WIDTH)?, cx.scratch::<f32>(height)?);
        let mut weights = cx.scratch::<u8>(TERMS * CHUNKS * height * ROW_BYTES)?;
        // SAFETY: the instruction set, by the caller; no code runs in here that has another unit.
        let unit = unsafe { Unit::new(height) };
        self.blocks(item, keys, |block| {
            let mut spoilt = q.few() && {
                let calls = WIDTH / 2 * v_heads;
                let [first, second] = self.k.map(|part| block.own().lines(part, calls));
                let wanted = &mut [block.soon(self.v).lines(self.v, calls), first, second];
                self.values_are_spoilt(item.groups.clone(), block, wanted, &mut v)
            };
            for (i, group) in item.groups.clone().enumerate() {
                let ahead = block.ahead.share(i, item.groups.len());
                let mut wanted = block.later(ahead).lines(self.v, 1);
                let (lines, panels) = (wanted.at_once(), padded / WIDTH);
                if q.few() {
                    self.scores_of_few(&unit, q, i, group, block, &mut wanted, bytemuck::cast_slice_mut(&mut k), &mut scores);
                } else {
                    spoilt = self.values_are_spoilt(group..group + 1, block, &mut [ahead.lines(self.v, WIDTH / 2)], &mut v);
                    let (first, second) = k.split_at_mut(q.chunks[0] * CHUNK_BYTES / size_of::<f32>());
                    // SAFETY: as above.
                    unsafe {
                        pairs::keys(self.k[0], group, block.places, ahead, first);
                        pairs::keys(self.k[1], group, block.places, ahead, second);
                    }
                }
                for tile in block.blind * per_group / height..q.tiles {
                    if !q.few() {
                        let mut sums = Sums { values: &mut scores, pitch: WIDTH, first: true };
                        unit.multiply(Arithmetic::Bf16, q.tile(i, tile), bytemuck::cast_slice(&k), Fetch::NOTHING, &mut sums);
                    }

                    let at = tile * height;
                    let (begin, count) = (i * q.rows() + at, height.min(rows - at));
                    let (seen, before) = (&block.seen[at / per_group..], at % per_group);
                    let (scores, factors) = (&mut scores[..count * WIDTH], &mut factors[..count]);
                    let (max, sums) = (&mut result.max[begin..][..count], &mut result.sums[begin * LANES..][..count * LANES]);
                    block::weigh(isa, self.logit(), seen, Ranked { skipped: before, per_query: per_group }, scores, max, sums, factors);
                    // SAFETY: the instruction set has AVX-512.
                    unsafe { pairs::divide(scores.as_chunks().0, &mut weights, unit.chunk_bytes()) };

                    let acc = &mut result.acc[begin * padded..][..height * padded];
                    block::shrink(isa, factors, &mut acc[..count * padded]);
                    let v = &v[if q.few() { i * v_bytes } else { 0 }..][..v_bytes];
                    for (panel, v) in v.chunks_exact(PANEL_BYTES).enumerate() {
                        let fetch = if q.few() { fetch(&mut wanted, lines / (2 * panels), CHUNKS) } else { Fetch::NOTHING };
                        unit.add_terms(&weights, v, &mut acc[panel * WIDTH..], padded, fetch);
                    }
                    if spoilt {
                        let rows = scores.as_chunks().0.iter().zip(acc.chunks_mut(padded));
                        for (row, (weights, acc)) in rows.enumerate() {
                            add_infinite(&seen[(before + row) / per_group], weights, self.v, group, block.places, acc);
                        }
                    }
                }
            }
        });
        Ok(result)
    }
}

/// What a block of few rows has fetched. Memory is to be busy all the time: as values are packed, which reads whole rows from end to end, the values some way behind
/// and the block's keys; as it is multiplied, a part of the next block's values.
impl<'a> Block<'a> {
    /// The rows behind those that values are packed of.
    fn soon<T>(&self, v: Part<'_, T>) -> Ahead<'a> {
        let row_bytes = self.ahead.heads.1.min(v.heads) * v.width * size_of::<T>();
        let distance = SOON_BYTES.div_ceil(row_bytes.max(1)).clamp(2, WIDTH).min(self.rows.len());
        let rows = &self.rows[distance..self.rows.len().min(distance + self.places.len())];
        Ahead { rows, ..self.ahead }
    }

    /// Its own rows.
    fn own(&self) -> Ahead<'a> {
        Ahead { rows: self.places, ..self.ahead }
    }

    /// The part of the next block's rows that is fetched while this one is multiplied: with more, the lines of this one wait too long for their turn.
    fn later(&self, ahead: Ahead<'a>) -> Ahead<'a> {
        Ahead { rows: &ahead.rows[..ahead.rows.len() / 2], ..ahead }
    }
}

impl<T: Lane> Flash<'_, T> {
    /// Packs a block's values of some heads, without those that are not finite, if there are any: whether there are.
    fn values_are_spoilt(&self, groups: Range<usize>, block: &Block<'_>, wanted: &mut [Lines<'_, T>], v: &mut [u8]) -> bool {
        // SAFETY: the instruction set has AVX-512.
        let spoilt = unsafe { !pairs::values::<T, false>(self.v, groups.clone(), block.places, wanted, v) };
        if spoilt {
            // SAFETY: as above.
            unsafe { pairs::values::<T, true>(self.v, groups, block.places, &mut [], v) };
        }
        spoilt
    }

    /// Products of the one tile of queries of the item's `i`-th head with a block's keys, which are multiplied where they are if sixteen of them lie in a row; `k` is for
    /// those that do not.
    #[allow(clippy::too_many_arguments, reason = "parts of one loop's body")]
    fn scores_of_few(
        &self,
        unit: &Unit,
        q: &Tiles<'_>,
        i: usize,
        head: usize,
        block: &Block<'_>,
        wanted: &mut Lines<'_, T>,
        k: &mut [u8],
        scores: &mut [f32],
    ) {
        // A half of the lines that are wanted; the others are fetched with the values.
        let lines = wanted.at_once().div_ceil(2 * WIDTH / LANES);
        // All products first: they depend on nothing but keys, and the unit takes some of them on before it is done with others.
        let mut products = [[0f32; LANES * LANES]; WIDTH / LANES];
        for (products, places) in products.iter_mut().zip(block.places.chunks(LANES)) {
            let (mut right, mut first) = (q.tile(i, 0), true);
            let in_row = places.len() == LANES && places.windows(2).all(|pair| pair[0] + 1 == pair[1]);
            for (part, chunks) in self.k.iter().zip(q.chunks).filter(|(part, _)| part.width > 0) {
                let fetch = if first { fetch(wanted, lines, chunks) } else { Fetch::NOTHING };
                let (of_part, rest) = right.split_at(chunks * SQUARE_BYTES);
                if in_row && part.width.is_multiple_of(CHUNK) {
                    let pitch = part.heads * part.width;
                    let start = places[0] * pitch + if part.heads == 1 { 0 } else { head * part.width };
                    let keys = &part.data[start..][..(LANES - 1) * pitch + part.width];
                    unit.multiply_in_place(bytemuck::cast_slice(keys), pitch * size_of::<T>(), of_part, products, first, fetch);
                } else {
                    let keys = &mut k[..chunks * SQUARE_BYTES];
                    keys.fill(0);
                    for (&place, key) in places.iter().zip(keys.chunks_mut(chunks * ROW_BYTES)) {
                        // SAFETY: the instruction set has AVX-512.
                        unsafe { place_row(bytemuck::cast_slice(part.row(place, head)), key, ROW_BYTES) };
                    }
                    unit.multiply_in_place(keys, chunks * ROW_BYTES, of_part, products, first, fetch);
                }
                (right, first) = (rest, false);
            }
        }
        for (at, products) in products.iter().enumerate() {
            // SAFETY: the instruction set has AVX-512.
            unsafe { pairs::turn(products, q.height, &mut scores[at * LANES..]) };
        }
    }
}

/// The next `lines` lines, over `chunks` chunks.
fn fetch<T: Lane>(wanted: &mut Lines<'_, T>, lines: usize, chunks: usize) -> Fetch {
    Fetch::part(bytemuck::cast_slice(wanted.take(lines)), 0, 1, chunks)
}

/// Adds the values of a block that are not finite to a row that sees their keys.
fn add_infinite<T: Lane>(seen: &Seen, weights: &[f32; WIDTH], v: Part<'_, T>, head: usize, places: &[usize], acc: &mut [f32]) {
    for (j, &place) in places.iter().enumerate().filter(|(j, _)| seen.sees(*j)) {
        for (acc, value) in acc.iter_mut().zip(v.row(place, head)).filter(|(_, value)| !value.to_f32().is_finite()) {
            *acc += weights[j] * value.to_f32();
        }
    }
}
