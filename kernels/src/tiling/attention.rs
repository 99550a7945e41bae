//! What the hosts of `flash_attention` and `mla_decode` share: one tiling struct, and how tiles and workspaces are sized.

use ascend_hal::DType;
use bytemuck::{Pod, Zeroable, bytes_of};

use crate::plan::{Planned, UB_BYTES, only, word};

/// `AttentionTiling` of the kernels.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct AttentionTiling {
    /// B.
    pub sequences: u32,
    /// Hq.
    pub heads: u32,
    /// Hkv.
    pub kv_heads: u32,
    /// Width of a query and a key.
    pub d: u32,
    /// Width of a value.
    pub dv: u32,
    /// Of `d`, the elements of a rope part that lies apart.
    pub rope: u32,
    /// Slots of a page; 0 without pages.
    pub page: u32,
    /// Columns of the page table.
    pub max_pages: u32,
    /// 1: causal, bottom-right.
    pub causal: u32,
    /// Keys that a query sees; 0: no bound.
    pub window: u32,
    /// A sink for each head: 0 none, 1 as the queries, 2 f32.
    pub sinks: u32,
    /// 1: log-sum-exps are an output.
    pub lse: u32,
    /// Rows of a tile.
    pub tile_rows: u32,
    /// Keys of a step.
    pub tile_keys: u32,
    /// Parts that a sequence's keys are divided into.
    pub splits: u32,
    /// 1: the scores of a step are computed before the values of the step before it.
    pub ahead: u32,
    /// 16-bit numbers that a softmax weight is the sum of.
    pub weight_terms: u32,
    /// Rows of the log-sum-exp blocks in the workspace.
    pub lse_rows: u32,
    /// On dot products.
    pub scale: f32,
    /// c of `c * tanh(s / c)`; 0: none.
    pub softcap: f32,
}

/// Rows of a tile and keys of a step at most: the accumulators of two tiles of 128 x 128 fill L0C.
const TILE: usize = 128;
/// Parts of a sequence at most: the merging pass holds a block of each.
const MAX_SPLITS: usize = 32;
/// A part of a sequence is at least so many steps.
const STEPS_OF_A_PART: usize = 2;
/// f32 numbers of a chunk that a vector core works on, and of those that it folds rows into.
const CHUNK: usize = 8192;
const FOLDED: usize = 4096;
/// Numbers of a block of 32 bytes.
const BLOCK: usize = 8;

/// What the launch depends on, beside the options that the struct holds.
pub(crate) struct Shape {
    /// Queries of all sequences, padding included.
    pub(crate) tokens: usize,
    /// Keys of the longest sequence there may be.
    pub(crate) most_keys: usize,
    /// Rows of a tile at most.
    pub(crate) most_rows: usize,
    /// 16-bit numbers that a softmax weight is the sum of.
    pub(crate) weight_terms: u32,
    /// Cube cores.
    pub(crate) cores: u32,
}

/// 16-bit numbers that together hold a weight as exactly as f32 does for the product: the contract does not round it. (The vendor's operators do, to one.)
pub(crate) fn exact_terms(dtype: DType) -> u32 {
    if dtype == DType::BF16 { 3 } else { 2 }
}

impl AttentionTiling {
    /// Fills in tiles, parts and buffers; gives the blocks of the launch and the bytes of its workspace.
    ///
    /// Few tiles (decoding) on many cores: the keys of a sequence are divided among cores, and merged behind a barrier.
    pub(crate) fn complete(&mut self, shape: &Shape) -> Planned<(u32, usize)> {
        self.weight_terms = shape.weight_terms;
        self.ahead = 1;
        self.tile_keys = TILE as u32;
        let group = (self.heads / self.kv_heads) as usize;
        // The largest tile that fits.
        let fits = [TILE, TILE / 2].into_iter().filter(|rows| *rows <= shape.most_rows).find(|&rows| {
            // Tiles of whole queries, so that all rows of a query read the keys at once.
            self.tile_rows = if group <= rows { rows / group * group } else { rows } as u32;
            self.vector_bytes() <= UB_BYTES
        });
        only(fits.is_some(), || format!("values of {} elements: the sums of a tile do not fit the unified buffer", self.dv))?;

        let sequences = (self.sequences as usize).max(1);
        let queries = shape.tokens.div_ceil(sequences).max(1);
        let tiles = (queries * group).div_ceil(self.tile_rows as usize) * sequences * self.kv_heads as usize;
        let cores = shape.cores.max(1) as usize;
        let parts = shape.most_keys.div_ceil(TILE * STEPS_OF_A_PART).clamp(1, MAX_SPLITS);
        self.splits = (cores / tiles).clamp(1, parts) as u32;
        let rows = word(shape.tokens * self.heads as usize, "a number of rows")?;
        self.lse_rows = if self.lse != 0 || self.splits > 1 { rows } else { 0 };

        // Of the tiles of a sequence the last may be a short one.
        let most_tiles = (shape.tokens * group / self.tile_rows as usize + sequences) * self.kv_heads as usize;
        let blocks = (most_tiles * self.splits as usize).clamp(1, cores);
        Ok((blocks as u32, self.workspace_bytes(blocks)))
    }

    /// Bytes of the unified buffer, as `AttentionVector` lays it out.
    fn vector_bytes(&self) -> usize {
        let rows = (self.tile_rows as usize).div_ceil(2).next_multiple_of(BLOCK);
        let weights = self.weight_terms as usize * rows * self.tile_keys as usize * 2;
        let numbers = 64 * (BLOCK + 8) + 64 + 2 * BLOCK;
        2 * CHUNK * 4 + weights + FOLDED * 4 + rows * self.dv as usize * 4 + numbers * 4
    }

    /// Bytes of the workspace: two slots of scores, weights, values and cleaned values a core; then log-sum-exp blocks and, with several parts, their results.
    fn workspace_bytes(&self, blocks: usize) -> usize {
        let [rows, keys, dv, terms] = [self.tile_rows, self.tile_keys, self.dv, self.weight_terms].map(|v| v as usize);
        let slots = 2 * (rows * (keys * 4 + keys * terms * 2 + dv * 4) + keys * dv * 2);
        let parts = if self.splits > 1 { dv } else { 0 };
        blocks * slots + self.splits as usize * self.lse_rows as usize * (BLOCK + parts) * 4
    }

    /// The struct as the kernel reads it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        bytes_of(self).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiling(heads: u32, kv_heads: u32, dv: u32) -> AttentionTiling {
        AttentionTiling { sequences: 4, heads, kv_heads, d: dv, dv, ..AttentionTiling::zeroed() }
    }

    #[test]
    fn tiles_hold_whole_queries_and_fit_the_unified_buffer() {
        for (heads, kv_heads) in [(8, 8), (32, 8), (64, 8), (24, 8), (7, 1), (200, 1)] {
            for dv in [16, 64, 80, 128, 256] {
                let mut t = tiling(heads, kv_heads, dv);
                t.complete(&Shape { tokens: 4096, most_keys: 1024, most_rows: 128, weight_terms: 3, cores: 24 }).unwrap();
                let group = heads / kv_heads;
                assert!(t.tile_rows <= 128 && (group > 128 || t.tile_rows.is_multiple_of(group)), "{t:?}");
                assert!(t.vector_bytes() <= UB_BYTES && t.splits == 1, "{t:?}");
            }
        }
    }

    #[test]
    fn decoding_divides_long_sequences_among_idle_cores_and_short_ones_not() {
        let mut t = tiling(32, 1, 128);
        let (blocks, _) = t.complete(&Shape { tokens: 4, most_keys: 32_768, most_rows: 128, weight_terms: 3, cores: 24 }).unwrap();
        assert_eq!((t.splits, blocks, t.lse_rows), (6, 24, 4 * 32));
        let mut t = tiling(32, 1, 128);
        let (blocks, _) = t.complete(&Shape { tokens: 4, most_keys: 256, most_rows: 128, weight_terms: 3, cores: 24 }).unwrap();
        assert_eq!((t.splits, t.lse_rows), (1, 0));
        assert!(blocks >= 4);
    }

    #[test]
    fn sums_that_do_not_fit_are_refused() {
        let why = tiling(128, 1, 1024).complete(&Shape { tokens: 1, most_keys: 1, most_rows: 128, weight_terms: 3, cores: 1 }).unwrap_err();
        assert!(why.contains("unified buffer"), "{why}");
    }
}
