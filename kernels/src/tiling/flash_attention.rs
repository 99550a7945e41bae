//! Host side of `flash_attention`.

use ascend_hal::DType;
use ascend_hal::ops::{Attention, KvSource};
use bytemuck::Zeroable;

use super::attention::{AttentionTiling, Shape, exact_terms};
use crate::plan::{Plan, Planned, input, only, optional, output, parameter_kind, word};

/// The row pitch of a matrix that the cube's loads can express.
const MAX_PITCH: usize = 65_535;
/// The widest query, key or value: two stages of 128 keys and values, and a tile of queries, fill L1.
const MAX_WIDTH: usize = 256;

/// The launch for attention on `cores` cube cores.
///
/// # Errors
/// Why the kernel does not cover the call.
pub fn plan(op: &Attention, cores: u32) -> Planned {
    let dtype = op.q.dtype();
    let kernel = match dtype {
        DType::BF16 => "flash_attention_bf16",
        DType::F16 => "flash_attention_f16",
        other => return Err(format!("{other} is not among its types")),
    };
    let (tokens, heads, d) = (op.q.dim(0), op.q.dim(1), op.q.dim(2));
    let (kv_heads, dv) = (op.kv.heads(), op.out.dim(2));
    only(op.mask.is_none(), || "a mask given as a tensor".into())?;
    only(d.is_multiple_of(16) && dv.is_multiple_of(16), || format!("widths {d} and {dv}: not both multiples of 16"))?;
    only(d <= MAX_WIDTH && dv <= MAX_WIDTH, || format!("widths {d} and {dv} beyond {MAX_WIDTH}"))?;
    let pitch = [heads * d, kv_heads * d, kv_heads * dv].into_iter().max().unwrap_or(0);
    only(pitch <= MAX_PITCH, || format!("rows of {pitch} elements beyond {MAX_PITCH}"))?;
    let (page, max_pages, most_keys) = match &op.kv {
        KvSource::Packed { k, .. } => (0, 0, k.dim(0)),
        KvSource::Paged { k, table, .. } => (k.dim(1), table.dim(1), k.dim(1) * table.dim(1)),
    };
    word(most_keys, "a number of keys")?;
    let mut tiling = AttentionTiling {
        sequences: word(op.q_lens.sequences(), "a number of sequences")?,
        heads: heads as u32,
        kv_heads: kv_heads as u32,
        d: d as u32,
        dv: dv as u32,
        page: word(page, "a page size")?,
        max_pages: word(max_pages, "a number of pages")?,
        causal: u32::from(op.causal),
        window: word(op.window.unwrap_or(0).min(i32::MAX as usize), "a window")?,
        sinks: parameter_kind(op.sinks.as_ref(), dtype),
        lse: u32::from(op.lse.is_some()),
        scale: op.scale,
        softcap: op.softcap.unwrap_or(0.0),
        ..AttentionTiling::zeroed()
    };
    let (blocks, workspace_bytes) =
        tiling.complete(&Shape { tokens, most_keys, most_rows: 128, weight_terms: exact_terms(dtype), cores })?;
    Ok(Plan {
        kernel,
        blocks,
        arguments: vec![
            input(&op.q, "q")?,
            input(op.kv.k(), "k")?,
            input(op.kv.v(), "v")?,
            input(&op.q_lens.cumulative, "q_lens")?,
            input(&op.kv_lens.cumulative, "kv_lens")?,
            optional(op.kv.table(), "table", input)?,
            optional(op.sinks.as_ref(), "sinks", input)?,
            output(&op.out, "out")?,
            optional(op.lse.as_deref(), "lse", output)?,
        ],
        workspace_bytes,
        tiling: tiling.bytes(),
    })
}
