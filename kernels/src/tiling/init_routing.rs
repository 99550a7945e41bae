//! Host side of `init_routing`.

use ascend_hal::ops::{InitRouting, SlotOrder};
use bytemuck::{Pod, Zeroable, bytes_of};

use crate::plan::{Plan, Planned, both, deal, granule, input, only, optional, output, word};

/// `InitRoutingTiling` of the kernel.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct InitRoutingTiling {
    /// Rows of `x`.
    pub tokens: u32,
    /// Experts per token.
    pub slots: u32,
    /// Pairs of a token and a slot.
    pub pairs: u32,
    /// 1: pairs are numbered slot by slot.
    pub slot_major: u32,
    /// First local expert.
    pub local_start: u32,
    /// Number of local experts.
    pub local_experts: u32,
    /// 1: experts have a capacity.
    pub has_capacity: u32,
    /// Rows of each expert, with a capacity.
    pub capacity: u32,
    /// Rows of the result.
    pub rows: u32,
    /// Bytes of a row.
    pub row_bytes: u32,
    /// Bytes of a row that are under way at a time.
    pub piece_bytes: u32,
    /// Pairs that a block of the launch numbers.
    pub pairs_per_block: u32,
    /// Rows that a block of the launch moves.
    pub rows_per_block: u32,
    /// 1: the pair of each row is stored.
    pub keeps_row_to_flat: u32,
    /// 1: the rows of each expert are stored.
    pub keeps_counts: u32,
    /// 1: the running sum of the counts is stored.
    pub keeps_cumulative: u32,
    /// 1: the pairs of each expert are stored.
    pub keeps_counts_before_drop: u32,
}

/// What the kernel has room for.
const MAX_LOCAL_EXPERTS: usize = 2048;
/// A transfer of 32 KiB is long enough for full speed.
const MAX_PIECE_BYTES: usize = 32 * 1024;
/// A row number, or a pair number.
const NUMBER_BYTES: usize = 4;

/// The launch for init routing on `cores` vector cores.
///
/// # Errors
/// Why the kernel does not cover the call.
pub fn plan(op: &InitRouting, cores: u32) -> Planned {
    only(op.row_scale.is_none(), || "quantised rows are not covered".into())?;
    let (tokens, slots, local) = (op.x.dim(0), op.ids.dim(1), op.local.len());
    only(local <= MAX_LOCAL_EXPERTS, || format!("{local} local experts are more than {MAX_LOCAL_EXPERTS}"))?;
    only(local > 0, || "there are no local experts".into())?;
    let (pairs, rows) = (op.flat_to_row.numel(), op.rows.dim(0));
    let row_bytes = op.x.dim(1) * op.x.dtype().bits() / 8;
    let (pairs_per_block, of_pairs) = deal(pairs, granule(NUMBER_BYTES), cores);
    let (rows_per_block, of_rows) = deal(rows, both(granule(row_bytes), granule(NUMBER_BYTES)), cores);
    let blocks = of_pairs.max(of_rows);
    let tiling = InitRoutingTiling {
        tokens: word(tokens, "a number of tokens")?,
        slots: word(slots, "a number of slots")?,
        pairs: word(pairs, "a number of pairs")?,
        slot_major: u32::from(op.order == SlotOrder::SlotMajor),
        local_start: word(op.local.start, "an expert")?,
        local_experts: local as u32,
        has_capacity: u32::from(op.capacity.is_some()),
        capacity: word(op.capacity.unwrap_or(0), "a capacity")?,
        rows: word(rows, "a number of rows")?,
        row_bytes: word(row_bytes, "a width in bytes")?,
        piece_bytes: row_bytes.next_multiple_of(32).min(MAX_PIECE_BYTES) as u32,
        pairs_per_block: word(pairs_per_block, "a number of pairs")?,
        rows_per_block: word(rows_per_block, "a number of rows")?,
        keeps_row_to_flat: u32::from(op.row_to_flat.is_some()),
        keeps_counts: u32::from(op.counts.is_some()),
        keeps_cumulative: u32::from(op.cumulative.is_some()),
        keeps_counts_before_drop: u32::from(op.counts_before_drop.is_some()),
    };
    Ok(Plan {
        kernel: "init_routing",
        blocks,
        arguments: vec![
            input(&op.x, "x")?,
            input(&op.ids, "ids")?,
            output(&op.rows, "rows")?,
            output(&op.flat_to_row, "flat_to_row")?,
            optional(op.row_to_flat.as_deref(), "row_to_flat", output)?,
            optional(op.counts.as_deref(), "counts", input)?,
            optional(op.cumulative.as_deref(), "cumulative", input)?,
            optional(op.counts_before_drop.as_deref(), "counts_before_drop", input)?,
        ],
        // Counts of each block, in whole blocks of 32 bytes, and the inverse of flat_to_row.
        workspace_bytes: (blocks as usize * local.next_multiple_of(8) + rows) * NUMBER_BYTES,
        tiling: bytes_of(&tiling).into(),
    })
}
