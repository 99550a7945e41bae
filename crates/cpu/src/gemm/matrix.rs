//! Sums of a tile on the matrix unit.

use std::ops::Range;

use ascend_hal::{Result, bf16};

use super::kernel::amx::{self, CHUNK_BYTES, CHUNK_STEPS, Fetch, HEIGHT, ROW_BYTES, Sums, Unit};
use super::kernel::{COLS, Rows};
use super::{Memory, Product, SHARED_STEPS, Span, TILE_ROWS, fill::FILLED_STEPS};
use crate::isa::Isa;
use crate::scratch::{Arena, Scratch};
use crate::simd::convert;

/// Bytes of rows that are kept from one tile to the next: what leaves half of a second-level cache to weights and sums.
const KEPT_BYTES: usize = 1 << 20;
const _: () = assert!(TILE_ROWS.is_multiple_of(HEIGHT) && TILE_ROWS * SHARED_STEPS * 4 <= KEPT_BYTES);
const _: () = assert!(SHARED_STEPS.is_multiple_of(CHUNK_STEPS) && FILLED_STEPS.is_multiple_of(CHUNK_STEPS));

/// Working memory of one thread for the matrix unit.
pub(super) struct Operands<'a> {
    /// Rows in tiles: `[tile, chunk, height, 64]` bytes.
    rows: Scratch<'a, u8>,
    /// Which rows these are.
    kept: Option<Kept>,
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
    /// All of them in f32, with numbers that the unit may take for 0.
    Floats { tiny: bool },
}

impl<'a> Operands<'a> {
    pub(super) fn take(arena: &'a Arena) -> Result<Self> {
        Ok(Self { rows: arena.take(KEPT_BYTES)?, kept: None, last: arena.take(CHUNK_BYTES)?, own: arena.take(HEIGHT)? })
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
    /// Rows `rows` of bf16 in f32, `[rows, k]` with an even `k`, and whether the unit may take some of their numbers for 0. `None`: there is no room for them.
    pub(super) fn as_floats(&mut self, isa: Isa, x: &Rows<'_>, rows: &Range<usize>, k: usize) -> Option<(&[f32], bool)> {
        let numbers = rows.len() * k;
        if numbers * size_of::<f32>() > KEPT_BYTES {
            return None;
        }
        let floats = &mut bytemuck::cast_slice_mut::<u8, f32>(&mut self.rows)[..numbers];
        let kept = |tiny| Some(Kept { of: x.identity(), rows: rows.clone(), form: Form::Floats { tiny } });
        if self.kept != kept(true) && self.kept != kept(false) {
            for (row, out) in rows.clone().zip(floats.chunks_exact_mut(k)) {
                convert::widen::<bf16>(isa, bytemuck::cast_slice(x.part(row, 0..2 * k)), out);
            }
            self.kept = kept(amx::has_tiny(floats));
        }
        Some((floats, self.kept == kept(true)))
    }
}

impl Product<'_> {
    /// As [`sum`](Self::sum), with the matrix unit.
    pub(super) fn sum_on_matrix_unit(&self, s: &mut Memory<'_>, e: usize, rows: &Range<usize>, span: &Span) {
        let Memory { sums: all, buffer, operands: Some(operands), .. } = s else { unreachable!("memory of another instruction set") };
        let (w, kernels, arithmetic) = (self.weights, self.method.kernels, self.method.arithmetic);
        let steps = arithmetic.steps(w.k);
        let scaled = w.scaled_group(arithmetic).map(|group| group.div_ceil(arithmetic.depth()));
        let tiles = rows.len().div_ceil(HEIGHT);
        let height = rows.len().div_ceil(tiles);
        let native = w.is_native(arithmetic);
        // Rows are arranged once where they have room in whole, and where blocks are chunks of the whole.
        let in_chunks = scaled.is_none_or(|group| group.is_multiple_of(CHUNK_STEPS));
        let whole = in_chunks && tiles * height * steps.next_multiple_of(CHUNK_STEPS) * 4 <= KEPT_BYTES;
        // Where several tiles read a block, hints for the next one take the lines that the second-level cache is asked for with.
        let alone = native && tiles == 1;
        let at_once = match native {
            true if whole && tiles == 1 => steps,
            true => SHARED_STEPS,
            false => FILLED_STEPS,
        };
        #[allow(unsafe_code, reason = "the matrix unit is set up")]
        // SAFETY: the method is for the instruction set; this is the only place with a unit, and no code runs in here that comes back to it.
        let unit = unsafe { Unit::new(height) };
        let mut at = 0;
        while at < steps {
            let end = (at + at_once).min(steps);
            let end = scaled.map_or(end, |group| end.min((at / group + 1) * group));
            let arranged = if whole { 0..steps } else { at..end };
            operands.arrange(&self.x, rows, &arranged, height);
            let tile_bytes = arranged.len().div_ceil(CHUNK_STEPS) * unit.chunk_bytes();
            let in_tile = (at - arranged.start) / CHUNK_STEPS * unit.chunk_bytes();
            for (panel, first_col) in span.panels.clone().zip((0..span.pitch).step_by(COLS)) {
                let block = w.block(kernels, arithmetic, e, panel, at..end, buffer);
                let (full, rest) = block.steps.split_at(block.steps.len() / CHUNK_BYTES * CHUNK_BYTES);
                if !rest.is_empty() {
                    operands.last[..rest.len()].copy_from_slice(rest);
                    operands.last[rest.len()..].fill(0);
                }
                let fetch = if alone { Fetch::behind(full) } else { Fetch::NOTHING };
                let split = full.len() / CHUNK_BYTES * unit.chunk_bytes();
                for tile in 0..tiles {
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
