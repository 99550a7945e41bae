//! Host side of `rope`.

use ascend_hal::DType;
use ascend_hal::ops::{Rope, RopeStyle};
use bytemuck::{Pod, Zeroable, bytes_of};

use crate::plan::{Plan, Planned, UB_BYTES, deal, entry, granule, input, only, output, padded, word};

/// `RopeTiling` of the kernel.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct RopeTiling {
    /// Heads of all tokens.
    pub heads: u32,
    /// Heads of a token.
    pub heads_per_token: u32,
    /// Elements of a head.
    pub head_dim: u32,
    /// Pairs that turn.
    pub pairs: u32,
    /// Heads of a block of the launch.
    pub heads_per_block: u32,
    /// Heads under way at a time.
    pub heads_per_step: u32,
    /// 0 halves, 1 interleaved, 2 interleaved to halves.
    pub pairing: u32,
    /// 1: positions are i64.
    pub positions_i64: u32,
}

/// Strides between heads are counted in blocks, in eight bits; so are repeats.
const MAX_STRIDE: usize = 255;

/// The launch for a rotary embedding on `cores` vector cores.
///
/// # Errors
/// Why the kernel does not cover the call.
pub fn plan(op: &Rope, cores: u32) -> Planned {
    only(op.mrope_sections.is_none(), || "sections with positions of their own are not covered".into())?;
    let (dtype, pairs) = (op.x.dtype(), op.pairs());
    let [tokens, heads_per_token, head_dim] = [op.x.dim(0), op.x.dim(1), op.x.dim(2)];
    let heads = tokens * heads_per_token;
    let (head_pitch, pair_pitch) = (padded(head_dim, dtype), padded(pairs, DType::F32));
    only(head_pitch / 8 <= MAX_STRIDE, || format!("a head of {head_dim} elements is too long"))?;
    // Without pairs nothing is gathered.
    let pairing = if pairs == 0 { RopeStyle::Half } else { op.style };
    let in_place = pairing == RopeStyle::Half && pairs % 8 == 0;
    // Room for a head, and for what there is once.
    let mut per_head = head_pitch * dtype.bits() / 8 * 2 + pair_pitch * 4 * 4;
    let mut once = pair_pitch * 4 * 2 * 2;
    if dtype != DType::F32 {
        per_head += head_pitch * 4;
    }
    if !in_place {
        per_head += pair_pitch * 4 * 2 + head_pitch * 4;
        once += pair_pitch * 4 * 4;
    }
    let fitting = (UB_BYTES.saturating_sub(once) / per_head.max(1)).min(MAX_STRIDE).min(heads_per_token);
    only(fitting > 0, || format!("a head of {head_dim} elements does not fit the unified buffer"))?;
    let (heads_per_block, blocks) = deal(heads, granule(head_dim * dtype.bits() / 8), cores);
    let tiling = RopeTiling {
        heads: word(heads, "a number of heads")?,
        heads_per_token: word(heads_per_token, "a number of heads")?,
        head_dim: word(head_dim, "a width")?,
        pairs: word(pairs, "a number of pairs")?,
        heads_per_block: word(heads_per_block, "a number of heads")?,
        heads_per_step: fitting as u32,
        pairing: match pairing {
            RopeStyle::Half => 0,
            RopeStyle::Interleaved => 1,
            RopeStyle::InterleavedToHalf => 2,
        },
        positions_i64: u32::from(op.positions.dtype() == DType::I64),
    };
    Ok(Plan {
        kernel: entry(dtype, ["rope_bf16", "rope_f16", "rope_f32"])?,
        blocks,
        arguments: vec![
            input(&op.x, "x")?,
            input(&op.cos, "cos")?,
            input(&op.sin, "sin")?,
            input(&op.positions, "positions")?,
            output(&op.y, "y")?,
        ],
        workspace_bytes: 0,
        tiling: bytes_of(&tiling).into(),
    })
}
