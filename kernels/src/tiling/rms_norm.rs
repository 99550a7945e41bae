//! Host side of `rms_norm` and `add_rms_norm`.

use ascend_hal::DType;
use ascend_hal::ops::{Norm, NormKind};
use bytemuck::{Pod, Zeroable, bytes_of};

use crate::plan::{
    Plan, Planned, UB_BYTES, deal, entry, granule, input, only, optional, output, padded, parameter_kind, reduce_room, word,
};

/// `RmsNormTiling` of the kernels.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct RmsNormTiling {
    /// Rows of `x`.
    pub rows: u32,
    /// Elements of a row.
    pub hidden: u32,
    /// Rows of a block of the launch.
    pub rows_per_block: u32,
    /// Rows under way at a time.
    pub stages: u32,
    /// 1: the weight is f32 whatever the rows are.
    pub weight_f32: u32,
    /// 1: multiply by `1 + weight`.
    pub weight_plus_one: u32,
    /// 1: the sum is stored.
    pub keeps_sum: u32,
    /// Added to the mean square.
    pub eps: f32,
    /// `1 / hidden`.
    pub one_by_hidden: f32,
}

/// Bytes of the unified buffer with so many rows under way.
fn room(dtype: DType, hidden: usize, adds: bool, stages: usize) -> usize {
    let row = padded(hidden, dtype) * dtype.bits() / 8;
    let wide = padded(hidden, DType::F32) * 4;
    let io = row * stages * if adds { 4 } else { 2 };
    let f32_rows = if dtype != DType::F32 || adds { 3 } else { 2 };
    io + f32_rows * wide + (reduce_room(hidden) + 8 + 64) * 4
}

/// The launch for an RMS norm on `cores` vector cores.
///
/// # Errors
/// Why the kernel does not cover the call.
pub fn plan(op: &Norm, cores: u32) -> Planned {
    only(op.kind != NormKind::Layer, || "a layer norm is none of its kinds".into())?;
    let (dtype, adds) = (op.x.dtype(), op.residual.is_some());
    let hidden = op.x.shape().last_or_one();
    let rows = op.x.numel() / hidden.max(1);
    let stages = (1..=2).rev().find(|stages| room(dtype, hidden, adds, *stages) <= UB_BYTES);
    let Some(stages) = stages else { return Err(format!("a row of {hidden} elements does not fit the unified buffer")) };
    let (rows_per_block, blocks) = deal(rows, granule(hidden * dtype.bits() / 8), cores);
    let tiling = RmsNormTiling {
        rows: word(rows, "a number of rows")?,
        hidden: word(hidden, "a width")?,
        rows_per_block: word(rows_per_block, "a number of rows")?,
        stages: stages as u32,
        weight_f32: u32::from(parameter_kind(Some(&op.weight), dtype) == 2),
        weight_plus_one: u32::from(op.kind == NormKind::RmsGemma),
        keeps_sum: u32::from(op.sum.is_some()),
        eps: op.eps,
        one_by_hidden: (1. / hidden as f64) as f32,
    };
    let (x, weight, y) = (input(&op.x, "x")?, input(&op.weight, "weight")?, output(&op.y, "y")?);
    let (kernel, arguments) = match &op.residual {
        None => (entry(dtype, ["rms_norm_bf16", "rms_norm_f16", "rms_norm_f32"])?, vec![x, weight, y]),
        Some(residual) => {
            let kernel = entry(dtype, ["add_rms_norm_bf16", "add_rms_norm_f16", "add_rms_norm_f32"])?;
            (kernel, vec![x, input(residual, "residual")?, weight, y, optional(op.sum.as_deref(), "sum", output)?])
        }
    };
    Ok(Plan { kernel, blocks, arguments, workspace_bytes: 0, tiling: bytes_of(&tiling).into() })
}
