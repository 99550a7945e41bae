//! Host side of `mla_decode`.

use ascend_hal::DType;
use ascend_hal::ops::MlaDecode;
use bytemuck::Zeroable;

use super::attention::{AttentionTiling, Shape, exact_terms};
use crate::plan::{Plan, Planned, input, only, optional, output, word};

/// Rows of a tile at most: the running sums of half a tile, 512 wide, are a third of the unified buffer.
const TILE_ROWS: usize = 64;
/// The widest key: two stages of 128 keys, a tile of queries and its weights fit L1. A tile of several queries is 64 heads or fewer, so the pitch of a query is below 2^16.
const MAX_WIDTH: usize = 640;

/// The launch for absorbed latent attention on `cores` cube cores.
///
/// # Errors
/// Why the kernel does not cover the call.
pub fn plan(op: &MlaDecode, cores: u32) -> Planned {
    let kernel = match op.q_latent.dtype() {
        DType::BF16 => "mla_decode_bf16",
        DType::F16 => "mla_decode_f16",
        other => return Err(format!("{other} is not among its types")),
    };
    let (tokens, heads, latent) = (op.q_latent.dim(0), op.q_latent.dim(1), op.q_latent.dim(2));
    let rope = op.q_rope.dim(2);
    only(latent.is_multiple_of(16) && rope.is_multiple_of(16), || format!("widths {latent} and {rope}: not both multiples of 16"))?;
    only(latent + rope <= MAX_WIDTH, || format!("keys of {} elements beyond {MAX_WIDTH}", latent + rope))?;
    let (page, max_pages) = (op.latent_cache.dim(1), op.table.dim(1));
    word(page * max_pages, "a number of keys")?;
    let mut tiling = AttentionTiling {
        sequences: word(op.q_lens.sequences(), "a number of sequences")?,
        heads: heads as u32,
        kv_heads: 1,
        d: (latent + rope) as u32,
        dv: latent as u32,
        rope: rope as u32,
        page: page as u32,
        max_pages: max_pages as u32,
        causal: 1,
        lse: u32::from(op.lse.is_some()),
        scale: op.scale,
        ..AttentionTiling::zeroed()
    };
    let (blocks, workspace_bytes) = tiling.complete(&Shape {
        tokens,
        most_keys: page * max_pages,
        most_rows: TILE_ROWS,
        weight_terms: exact_terms(op.q_latent.dtype()),
        cores,
    })?;
    Ok(Plan {
        kernel,
        blocks,
        arguments: vec![
            input(&op.q_latent, "q_latent")?,
            input(&op.q_rope, "q_rope")?,
            input(&op.latent_cache, "latent_cache")?,
            input(&op.rope_cache, "rope_cache")?,
            input(&op.q_lens.cumulative, "q_lens")?,
            input(&op.kv_lens.cumulative, "kv_lens")?,
            input(&op.table, "table")?,
            output(&op.out, "out")?,
            optional(op.lse.as_deref(), "lse", output)?,
        ],
        workspace_bytes,
        tiling: tiling.bytes(),
    })
}
