//! Activations in blocks.

use std::ops::Range;

use ascend_hal::Result;

use super::BLOCK;
use super::packed::Packing;
use crate::context::Context;
use crate::gemm::Elements;
use crate::rows::RowsMut;
use crate::scratch::Scratch;
use crate::simd::{LANES, simd};

/// Rows of activations, in f32 and cut into blocks as the weight is.
pub(super) struct Blocks<'a> {
    /// `[rows, blocks, BLOCK]`.
    values: Scratch<'a, f32>,
    /// `[rows, blocks]`: the sum of each block, for offsets.
    sums: Scratch<'a, f32>,
    blocks: usize,
}

/// Some blocks of some rows.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    /// The first row's first block, as many of which follow one another as a kernel is asked for.
    pub(super) values: &'a [f32],
    pub(super) sums: &'a [f32],
    /// Blocks from one row to the next.
    pub(super) stride: usize,
}

impl<'a> Blocks<'a> {
    /// `x: [rows, K]`.
    pub(super) fn prepare(cx: &'a Context<'_>, x: Elements<'_>, rows: usize, packing: &Packing) -> Result<Self> {
        let blocks = packing.blocks;
        let (mut values, mut sums) = (cx.scratch(rows * blocks * BLOCK)?, cx.scratch(rows * blocks)?);
        let out = (RowsMut::new(&mut values, blocks * BLOCK), RowsMut::new(&mut sums, blocks));
        cx.by_rows(rows, blocks * BLOCK, out, |range, (mut values, mut sums)| {
            for (row, (values, sums)) in range.zip(values.iter().zip(sums.iter())) {
                for (b, values) in values.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
                    let ks = packing.rows_of(b);
                    let (values, rest) = values.split_at_mut(ks.len());
                    x.load(row * packing.k + ks.start, values);
                    rest.fill(0.0);
                }
                if packing.has_offsets() {
                    add_up(cx.isa(), values, sums);
                }
            }
            Ok(())
        })?;
        Ok(Self { values, sums, blocks })
    }

    /// Blocks of a row.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn blocks(&self) -> usize {
        self.blocks
    }

    /// Block `b` of a row.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn block(&self, row: usize, b: usize) -> [f32; BLOCK] {
        self.values.as_chunks().0[row * self.blocks + b]
    }

    /// Whether the matrix unit may take numbers of the first `rows` rows for 0.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn has_tiny(&self, rows: usize) -> bool {
        crate::gemm::amx::has_tiny(&self.values[..rows * self.blocks * BLOCK])
    }

    pub(super) fn rows(&self, rows: Range<usize>, blocks: Range<usize>) -> Rows<'_> {
        let first = rows.start * self.blocks + blocks.start;
        Rows { values: &self.values[first * BLOCK..], sums: &self.sums[first..], stride: self.blocks }
    }
}

simd! {
    /// The sum of each block.
    fn add_up<S>(values: &[f32], sums: &mut [f32]) {
        for (block, sum) in values.as_chunks::<BLOCK>().0.iter().zip(sums) {
            let mut all = S::splat(0.0);
            for x in block.as_chunks::<LANES>().0 {
                all = all.add(S::load(x));
            }
            *sum = all.sum();
        }
    }
}
