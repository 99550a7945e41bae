//! Host side of `dynamic_quant`.

use ascend_hal::DType;
use ascend_hal::ops::Quantize;
use bytemuck::{Pod, Zeroable, bytes_of};

use crate::plan::{Plan, Planned, UB_BYTES, both, deal, entry, granule, input, optional, output, padded, parameter_kind, word};

/// `DynamicQuantTiling` of the kernel.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct DynamicQuantTiling {
    /// Rows of `x`.
    pub rows: u32,
    /// Elements of a row.
    pub columns: u32,
    /// Rows of a block of the launch.
    pub rows_per_block: u32,
    /// Rows under way at a time.
    pub stages: u32,
    /// The smoothing factors: 0 none, 1 as `x`, 2 f32.
    pub smooth: u32,
}

/// Scales that are stored at a time, and a block of one repeated.
const SCALES: usize = 64 + 8;

/// Bytes of the unified buffer with so many rows under way.
fn room(dtype: DType, columns: usize, smooth: bool, stages: usize) -> usize {
    let bytes = |dtype: DType| padded(columns, dtype) * dtype.bits() / 8;
    let f32_rows = if smooth { 3 } else { 2 };
    (bytes(dtype) + bytes(DType::I8)) * stages + f32_rows * bytes(DType::F32) + bytes(DType::F16) + SCALES * 4
}

/// Rows under way at a time, as many as the unified buffer has room for.
pub(crate) fn stages(dtype: DType, columns: usize, smooth: bool) -> Planned<u32> {
    let stages = (1..=2).rev().find(|stages| room(dtype, columns, smooth, *stages) <= UB_BYTES);
    stages.map(|stages| stages as u32).ok_or_else(|| format!("a row of {columns} elements does not fit the unified buffer"))
}

/// The launch for a quantisation on `cores` vector cores.
///
/// # Errors
/// Why the kernel does not cover the call.
pub fn plan(op: &Quantize, cores: u32) -> Planned {
    let dtype = op.x.dtype();
    let (rows, columns) = (op.x.dim(0), op.x.dim(1));
    if columns == 0 {
        return Err("rows of no elements have only a scale".into());
    }
    let stages = stages(dtype, columns, op.smooth.is_some())?;
    let (rows_per_block, blocks) = deal(rows, both(granule(columns), granule(4)), cores);
    let tiling = DynamicQuantTiling {
        rows: word(rows, "a number of rows")?,
        columns: word(columns, "a width")?,
        rows_per_block: word(rows_per_block, "a number of rows")?,
        stages,
        smooth: parameter_kind(op.smooth.as_ref(), dtype),
    };
    Ok(Plan {
        kernel: entry(dtype, ["dynamic_quant_bf16", "dynamic_quant_f16", "dynamic_quant_f32"])?,
        blocks,
        arguments: vec![
            input(&op.x, "x")?,
            optional(op.smooth.as_ref(), "smooth", input)?,
            output(&op.q, "q")?,
            output(&op.scale, "scale")?,
        ],
        workspace_bytes: 0,
        tiling: bytes_of(&tiling).into(),
    })
}
