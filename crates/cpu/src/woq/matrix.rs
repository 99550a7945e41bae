//! Products of many rows of bf16 on the matrix unit. It sums a block as vectors do, to the bit, but for numbers so small that it takes them for 0.

use ascend_hal::{DType, Result};

use super::kernel::{self, Panel};
use super::rows::Blocks;
use super::{BLOCK, FEW_ROWS, WIDENED};
use crate::context::Context;
use crate::gemm::amx::{CHUNK_BYTES, CHUNK_STEPS, Fetch, HEIGHT, ROW_BYTES, Sums, Unit};
use crate::gemm::{Arithmetic, COLS};
use crate::isa::Isa;
use crate::rows::RowsMut;
use crate::scratch::Scratch;

/// Elements of a block of a tile of rows.
const TILE: usize = HEIGHT * BLOCK;
const _: () = assert!(BLOCK == 2 * CHUNK_STEPS && TILE * 2 == HEIGHT * ROW_BYTES);

/// Rows of bf16 in tiles of [`HEIGHT`], the last filled up with zeros: `[tiles, blocks, HEIGHT, BLOCK]`.
pub(super) struct Tiles<'a> {
    elements: Scratch<'a, u16>,
    blocks: usize,
}

impl<'a> Tiles<'a> {
    /// The rows of one matrix, where the matrix unit multiplies them; `None`, where vectors do.
    pub(super) fn prepare(cx: &'a Context<'_>, x: DType, blocks: &Blocks<'_>, rows: usize) -> Result<Option<Self>> {
        if cx.isa() != Isa::Amx || x != DType::BF16 || rows <= FEW_ROWS || blocks.has_tiny(rows) {
            return Ok(None);
        }
        let (tiles, count) = (rows.div_ceil(HEIGHT), blocks.blocks());
        let mut elements = cx.scratch::<u16>(tiles * count * TILE)?;
        cx.by_rows(tiles, count * TILE, RowsMut::new(&mut elements, count * TILE), |range, mut out| {
            for (tile, out) in range.zip(out.iter()) {
                for (b, out) in out.as_chunks_mut::<TILE>().0.iter_mut().enumerate() {
                    for (i, out) in out.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
                        match tile * HEIGHT + i {
                            // The upper half of a number that came from bf16 is all of it.
                            row if row < rows => *out = blocks.block(row, b).map(|x| (x.to_bits() >> 16) as u16),
                            _ => *out = [0; BLOCK],
                        }
                    }
                }
            }
            Ok(())
        })?;
        Ok(Some(Self { elements, blocks: count }))
    }

    /// `sums: [rows, COLS]` of rows from `first` on, which a tile begins with, and a panel. `wide` has room for [`WIDENED`] blocks.
    pub(super) fn sums(&self, isa: Isa, x: &Blocks<'_>, first: usize, panel: Panel<'_>, wide: &mut [f32], sums: &mut [f32]) {
        let mut own = [0f32; HEIGHT * COLS];
        #[allow(unsafe_code, reason = "the matrix unit is set up")]
        // SAFETY: tiles are made for its instruction set only; nothing in here sets up another.
        let unit = unsafe { Unit::new(HEIGHT) };
        for start in (0..self.blocks).step_by(WIDENED) {
            let part = start..self.blocks.min(start + WIDENED);
            let wide = &mut wide[..part.len() * CHUNK_BYTES / size_of::<f32>()];
            kernel::widen_to_pairs(isa, panel.part(part.clone()), wide);
            let right: &[u8] = bytemuck::cast_slice(wide);
            for (tile, sums) in sums.chunks_mut(HEIGHT * COLS).enumerate() {
                let rows = first + tile * HEIGHT..first + tile * HEIGHT + sums.len() / COLS;
                for (b, right) in part.clone().zip(right.chunks_exact(CHUNK_BYTES)) {
                    let left = &self.elements[((first / HEIGHT + tile) * self.blocks + b) * TILE..][..TILE];
                    unit.multiply(
                        Arithmetic::Bf16,
                        bytemuck::cast_slice(left),
                        right,
                        Fetch::NOTHING,
                        &mut Sums { values: &mut own, pitch: COLS, first: true },
                    );
                    kernel::add_scaled(isa, x.rows(rows.clone(), b..b + 1), panel.part(b..b + 1), &own[..sums.len()], sums);
                }
            }
        }
    }
}
