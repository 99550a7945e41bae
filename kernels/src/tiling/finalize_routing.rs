//! Host side of `finalize_routing`.

use ascend_hal::DType;
use ascend_hal::ops::{FinalizeRouting, SlotOrder};
use bytemuck::{Pod, Zeroable, bytes_of};

use crate::plan::{Plan, Planned, deal, entry, granule, input, optional, output, parameter_kind, word};

/// `FinalizeRoutingTiling` of the kernel.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct FinalizeRoutingTiling {
    /// Rows of the result.
    pub tokens: u32,
    /// Experts per token.
    pub slots: u32,
    /// Elements of a row.
    pub hidden: u32,
    /// Elements that are summed at a time.
    pub piece: u32,
    /// 1: pairs are numbered slot by slot.
    pub slot_major: u32,
    /// 1: there are weights.
    pub has_weights: u32,
    /// The bias: 0 none, 1 as the rows, 2 f32.
    pub bias: u32,
    /// 1: something is added to each sum.
    pub has_skip: u32,
    /// Tokens of a block of the launch.
    pub tokens_per_block: u32,
}

/// Elements that are summed at a time: buffers of 10 f32 of each are 160 KiB.
const MAX_PIECE: usize = 4096;

/// The launch for finalize routing on `cores` vector cores.
///
/// # Errors
/// Why the kernel does not cover the call.
pub fn plan(op: &FinalizeRouting, cores: u32) -> Planned {
    let (tokens, hidden) = (op.y.dim(0), op.y.dim(1));
    let (rows, y) = (op.rows.dtype(), op.y.dtype());
    let kernel = match (rows, y) {
        (DType::F32, DType::BF16) => "finalize_routing_f32_bf16",
        (DType::F32, DType::F16) => "finalize_routing_f32_f16",
        _ => entry(rows, ["finalize_routing_bf16", "finalize_routing_f16", "finalize_routing_f32"])?,
    };
    let (tokens_per_block, blocks) = deal(tokens, granule(hidden * y.bits() / 8), cores);
    let tiling = FinalizeRoutingTiling {
        tokens: word(tokens, "a number of tokens")?,
        slots: word(op.slots(), "a number of slots")?,
        hidden: word(hidden, "a width")?,
        piece: hidden.next_multiple_of(16).min(MAX_PIECE) as u32,
        slot_major: u32::from(op.order == SlotOrder::SlotMajor),
        has_weights: u32::from(op.weights.is_some()),
        bias: parameter_kind(op.bias.as_ref(), rows),
        has_skip: u32::from(op.skip.is_some()),
        tokens_per_block: word(tokens_per_block, "a number of tokens")?,
    };
    word(op.flat_to_row.numel(), "a number of pairs")?;
    Ok(Plan {
        kernel,
        blocks,
        arguments: vec![
            input(&op.rows, "rows")?,
            input(&op.flat_to_row, "flat_to_row")?,
            optional(op.weights.as_ref(), "weights", input)?,
            optional(op.bias.as_ref(), "bias", input)?,
            optional(op.ids.as_ref(), "ids", input)?,
            optional(op.skip.as_ref(), "skip", input)?,
            output(&op.y, "y")?,
        ],
        workspace_bytes: 0,
        tiling: bytes_of(&tiling).into(),
    })
}
