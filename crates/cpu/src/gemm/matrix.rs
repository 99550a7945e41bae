//! Sums of a tile on the matrix unit.

use std::ops::Range;

use ascend_hal::{Result, bf16};

use super::fill::{FILLED_STEPS, PlainCodes};
use super::kernel::amx::{self, CHUNK_BYTES, CHUNK_STEPS, Fetch, HEIGHT, ROW_BYTES, Sums, Unit};
use super::kernel::{COLS, Rows};
use super::{Extent, Memory, Product, SHARED_STEPS, Span};
use crate::isa::Isa;
use crate::scratch::{Arena, Scratch};
use crate::simd::convert;

/// Bytes of rows that are kept from one tile to the next: what leaves half of a second-level cache to weights and sums.
const KEPT_BYTES: usize = 1 << 20;
const _: () = assert!(Extent::UNIT.rows.is_multiple_of(HEIGHT) && Extent::UNIT.rows * SHARED_STEPS * 4 <= KEPT_BYTES);
const _: () = assert!(SHARED_STEPS.is_multiple_of(CHUNK_STEPS) && FILLED_STEPS.is_multiple_of(CHUNK_STEPS));

/// Tiles of rows that it takes to ask for the next block as one is multiplied. With fewer, the block comes from memory in the time of few loads of rows, and hints
/// take the line buffers that these need.
const FETCHING_TILES: usize = 8;

/// Working memory of one thread for the matrix unit.
pub(super) struct Operands<'a> {
    /// Rows in tiles: `[tile, chunk, height, 64]` bytes.
    rows: Scratch<'a, u8>,
    /// Which rows these are.
    kept: Option<Kept>,
    /// Chunks that codes become.
    wide: Scratch<'a, [u8; CHUNK_BYTES]>,
    /// The last chunk of a panel, filled up with zeros.
    last: Scratch<'a, u8>,
    /// Sums of a block, before they are scaled.
    own: Scratch<'a, [f32; COLS]>,
}

/// Rows of a product and their steps. Rows do not change while a thread's memory is in use, and where they begin tells products apart.
#[derive(Clone, PartialEq, Eq)]
struct Kept {
    of: [usize; 2],
    rows: Range<usize>,
    form: Form,
}

/// What rows have been made of.
#[derive(Clone, PartialEq, Eq)]
enum Form {
    /// These steps in tiles.
    Tiles(Range<usize>),
    /// All of them in f32.
    Floats,
}

impl<'a> Operands<'a> {
    pub(super) fn take(arena: &'a Arena) -> Result<Self> {
        Ok(Self {
            rows: arena.take(KEPT_BYTES)?,
            kept: None,
            wide: arena.take(2)?,
            last: arena.take(CHUNK_BYTES)?,
            own: arena.take(HEIGHT)?,
        })
    }

    /// Brings steps `steps` of rows `rows` into tiles of `height` rows.
    fn arrange(&mut self, x: &Rows<'_>, rows: &Range<usize>, steps: &Range<usize>, height: usize) {
        let kept = Kept { of: x.identity(), rows: rows.clone(), form: Form::Tiles(steps.clone()) };
        if self.kept.as_ref() == Some(&kept) {
            return;
        }
        let (chunk_bytes, chunks) = (height * ROW_BYTES, steps.len().div_ceil(CHUNK_STEPS));
        for i in 0..rows.len().next_multiple_of(height) {
            let out = &mut self.rows[i / height * chunks * chunk_bytes..][..chunks * chunk_bytes][i % height * ROW_BYTES..];
            // Rows beyond the last are multiplied too, and their sums not looked at.
            let row = x.part(rows.start + i.min(rows.len() - 1), 4 * steps.start..4 * steps.end);
            #[allow(unsafe_code, reason = "the call of a kernel")]
            // SAFETY: the instruction set has AVX-512.
            unsafe {
                amx::place_row(row, out, chunk_bytes);
            }
        }
        self.kept = Some(kept);
    }
}

impl Operands<'_> {
    /// Rows `rows` of bf16 in f32, `[rows, k]` with an even `k`. `None`: there is no room for them.
    pub(super) fn as_floats(&mut self, isa: Isa, x: &Rows<'_>, rows: &Range<usize>, k: usize) -> Option<&[f32]> {
        let numbers = rows.len() * k;
        if numbers * size_of::<f32>() > KEPT_BYTES {
            return None;
        }
        let floats = &mut bytemuck::cast_slice_mut::<u8, f32>(&mut self.rows)[..numbers];
        let kept = Some(Kept { of: x.identity(), rows: rows.clone(), form: Form::Floats });
        if self.kept != kept {
            for (row, out) in rows.clone().zip(floats.chunks_exact_mut(k)) {
                convert::widen::<bf16>(isa, bytemuck::cast_slice(x.part(row, 0..2 * k)), out);
            }
            self.kept = kept;
        }
        Some(floats)
    }

    /// The rows, arranged as one tile, times panels of codes.
    fn multiply_codes(&mut self, unit: &Unit, codes: &PlainCodes<'_>, span: &Span, sums: &mut [f32]) {
        let [wide] = self.wide.as_chunks_mut::<2>().0 else { unreachable!("two chunks") };
        for (panel, first_col) in span.panels() {
            for (steps, block) in codes.blocks(panel) {
                let left = &self.rows[steps.start / CHUNK_STEPS * unit.chunk_bytes()..steps.end / CHUNK_STEPS * unit.chunk_bytes()];
                unit.multiply_codes(left, &block, wide, &mut self.own, &mut sums[first_col..], span.pitch);
            }
        }
    }
}

impl Product<'_> {
    /// As [`sum`](Self::sum), with the matrix unit.
    pub(super) fn sum_on_matrix_unit(&self, s: &mut Memory<'_>, e: usize, rows: &Range<usize>, span: &Span) {
        let Memory { sums: all, buffer, operands: Some(operands), .. } = s else { unreachable!("memory of another instruction set") };
        let (w, kernels, arithmetic) = (self.weights, self.method.kernels, self.method.arithmetic);
        let steps = arithmetic.steps(w.k);
        let scaled = w.scaled_steps(arithmetic);
        let tiles = rows.len().div_ceil(HEIGHT);
        let height = rows.len().div_ceil(tiles);
        let native = w.is_native(arithmetic);
        // Rows are arranged once where they have room in whole, and where blocks are chunks of the whole.
        let in_chunks = scaled.is_none_or(|group| group == steps || group.is_multiple_of(CHUNK_STEPS));
        let whole = in_chunks && tiles * height * steps.next_multiple_of(CHUNK_STEPS) * 4 <= KEPT_BYTES;
        let alone = native && tiles == 1;
        let at_once = match native {
            true if whole && tiles == 1 => steps,
            true => SHARED_STEPS,
            false => FILLED_STEPS,
        };
        #[allow(unsafe_code, reason = "the matrix unit is set up")]
        // SAFETY: the method is for the instruction set; no code runs in here that sets up another unit.
        let unit = unsafe { Unit::new(height) };
        if tiles == 1
            && whole
            && let Some(codes) = w.plain_codes(e)
            && steps.is_multiple_of(CHUNK_STEPS)
        {
            operands.arrange(&self.x, rows, &(0..steps), height);
            return operands.multiply_codes(&unit, &codes, span, all);
        }
        let mut at = 0;
        while at < steps {
            let end = (at + at_once).min(steps);
            let end = scaled.map_or(end, |group| end.min((at / group + 1) * group));
            let arranged = if whole { 0..steps } else { at..end };
            operands.arrange(&self.x, rows, &arranged, height);
            let tile_bytes = arranged.len().div_ceil(CHUNK_STEPS) * unit.chunk_bytes();
            let in_tile = (at - arranged.start) / CHUNK_STEPS * unit.chunk_bytes();
            let mut panels = span.panels().peekable();
            while let Some((panel, first_col)) = panels.next() {
                let block = w.block(kernels, arithmetic, e, panel, at..end, buffer);
                let (full, rest) = block.steps.split_at(block.steps.len() / CHUNK_BYTES * CHUNK_BYTES);
                if !rest.is_empty() {
                    operands.last[..rest.len()].copy_from_slice(rest);
                    operands.last[rest.len()..].fill(0);
                }
                let next = if tiles < FETCHING_TILES {
                    &[]
                } else {
                    self.next_block(e, span, panels.peek().map(|(panel, _)| *panel), at..end, at_once)
                };
                let split = full.len() / CHUNK_BYTES * unit.chunk_bytes();
                for tile in 0..tiles {
                    let fetch = if alone {
                        Fetch::behind(full)
                    } else {
                        Fetch::part(next, tile, tiles, full.len() / CHUNK_BYTES).to_second_level()
                    };
                    let (left, rest_left) = operands.rows[tile * tile_bytes + in_tile..].split_at(split);
                    let multiply = |sums: &mut Sums<'_>| {
                        if !full.is_empty() {
                            unit.multiply(arithmetic, left, full, fetch, sums);
                            sums.first = false;
                        }
                        if !rest.is_empty() {
                            unit.multiply(arithmetic, &rest_left[..unit.chunk_bytes()], &operands.last, Fetch::NOTHING, sums);
                        }
                    };
                    let mut sums = Sums { values: &mut all[tile * height * span.pitch + first_col..], pitch: span.pitch, first: at == 0 };
                    let Some(scale) = block.scale else {
                        multiply(&mut sums);
                        continue;
                    };
                    multiply(&mut Sums { values: operands.own.as_flattened_mut(), pitch: COLS, first: true });
                    #[allow(unsafe_code, reason = "the call of a kernel")]
                    // SAFETY: the instruction set has AVX-512.
                    unsafe {
                        amx::add_scaled(&operands.own[..height], scale, &mut sums);
                    }
                }
            }
            at = end;
        }
    }
}
