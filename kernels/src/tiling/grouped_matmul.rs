//! Host side of `grouped_matmul`, `grouped_matmul_w8a8`, `grouped_matmul_swiglu` and `grouped_matmul_swiglu_quant`.

use ascend_hal::ops::{Epilogue, GluKind, GroupList, GroupedMatmul};
use ascend_hal::{DType, Format, TensorView};
use bytemuck::{Pod, Zeroable, bytes_of};

use super::dynamic_quant;
use crate::plan::{Plan, Planned, input, only, output, word};

/// `GroupedMatmulTiling` of the kernels.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct GroupedMatmulTiling {
    /// E.
    pub experts: u32,
    /// K.
    pub k: u32,
    /// Columns of a weight.
    pub n: u32,
    /// 1: the group list holds row ends; 0: counts.
    pub cumulative: u32,
    /// Rows of a tile.
    pub tile_m: u32,
    /// Columns of a tile; with a gated epilogue half of them gates, half ups.
    pub tile_n: u32,
    /// Depth of an L1 stage.
    pub step_k: u32,
    /// Depth of an L0 stage.
    pub slice_k: u32,
    /// Buffers in L1.
    pub l1_stages: u32,
    /// Accumulators in L0C.
    pub c_stages: u32,
    /// Tile rows that are walked together.
    pub swizzle: u32,
    /// A weight that no more rows than this use does not go to L2.
    pub once_rows: u32,
    /// Tiles between a cube core and its vector cores.
    pub slots: u32,
    /// Rows that a vector core works on at a time.
    pub chunk_rows: u32,
    /// 32-bit words of an entry of the group list.
    pub list_words: u32,
    /// Rows that are quantised at a time.
    pub quant_stages: u32,
    /// 1: the clamped form of the gated activation.
    pub clamped: u32,
    /// Its bound.
    pub limit: f32,
    /// Its slope.
    pub alpha: f32,
    /// What it adds to the ups.
    pub up_bias: f32,
}

/// Bytes of L1 that the stages share: 512 KiB less what the runtime keeps and some room.
const L1_BYTES: usize = 496 * 1024;
/// Half of L0A and of L0B: both are double-buffered.
const L0_STAGE_BYTES: usize = 32 * 1024;
/// L0C.
const L0C_BYTES: usize = 128 * 1024;
/// f32 or i32 numbers of a chunk that a vector core works on.
const CHUNK: usize = 8192;
/// Tiles that a cube core may be ahead of its vector cores.
const SLOTS: usize = 4;
/// The row pitch of a matrix that the cube's loads can express.
const MAX_PITCH: usize = 65_535;
/// Depth of an L1 stage: 512 bytes of a row, so that a row of `[E, N, K]` is read in whole L2 lines.
const STEP_BYTES: usize = 512;

/// Where the time of a product goes depends on these only.
#[derive(Clone, Copy, Debug)]
struct Shape {
    rows: usize,
    experts: usize,
    k: usize,
    n: usize,
    element_bytes: usize,
    cores: usize,
}

impl Shape {
    /// Tiles of up to 128 x 256, the largest that the accumulators hold. Narrower ones when that leaves fewer cores without work in the last round.
    fn tiles(self) -> GroupedMatmulTiling {
        let tile_m = self.rows.next_multiple_of(16).clamp(16, 128);
        let busy = self.experts.min(self.rows).max(1);
        let tile_rows = self.rows.div_ceil(busy).div_ceil(tile_m) * busy;
        // What a tile costs beside its columns, in columns: filling and draining the pipes.
        let cost = |tile_n: usize| (tile_rows * self.n.div_ceil(tile_n)).div_ceil(self.cores) * (tile_n + 32);
        // Columns of a half start at whole fractals of any type.
        let tile_n = [256, 192, 128, 64].into_iter().min_by_key(|&tile_n| cost(tile_n)).unwrap_or(256);

        let slice_k = (L0_STAGE_BYTES / (tile_m.max(tile_n) * self.element_bytes) / 32 * 32).min(self.k.next_multiple_of(32));
        let slices = (STEP_BYTES / self.element_bytes / slice_k).clamp(1, self.k.div_ceil(slice_k).max(1));
        let step_k = slice_k * slices;
        let stage_bytes = (tile_m + tile_n) * step_k * self.element_bytes;
        GroupedMatmulTiling {
            tile_m: tile_m as u32,
            tile_n: tile_n as u32,
            step_k: step_k as u32,
            slice_k: slice_k as u32,
            l1_stages: (L1_BYTES / stage_bytes).clamp(2, 4) as u32,
            c_stages: (L0C_BYTES / (tile_m * tile_n * 4)).clamp(1, 2) as u32,
            // A block of tiles at work at once that is about square reads the fewest rows and columns.
            swizzle: ((self.cores * tile_n) as f64 / tile_m as f64).sqrt().round().max(1.0) as u32,
            once_rows: tile_m as u32,
            slots: SLOTS as u32,
            chunk_rows: (CHUNK / tile_n).min(128) as u32,
            ..GroupedMatmulTiling::zeroed()
        }
    }

    /// Blocks of a launch: no more than there can be tiles.
    fn blocks(self, tiling: &GroupedMatmulTiling) -> u32 {
        let tile_rows = self.rows / tiling.tile_m as usize + self.experts.min(self.rows);
        let tiles = tile_rows * self.n.div_ceil(tiling.tile_n as usize);
        tiles.clamp(1, self.cores) as u32
    }
}

/// How a weight lies in memory, and what that is called in an entry's name.
fn layout(weight: &TensorView) -> Planned<&'static str> {
    if weight.layout().format() == Format::FractalNz {
        return Ok("nz");
    }
    if weight.is_contiguous() {
        return Ok("kn");
    }
    match weight.t() {
        Ok(transposed) if transposed.is_contiguous() => Ok("nk"),
        _ => Err("the weight is neither [E, K, N] nor [E, N, K] row-major, nor FRACTAL_NZ".into()),
    }
}

/// The entry of a family for a type and a layout.
fn entry(family: &str, layout: &str) -> Planned<&'static str> {
    let name = format!("{family}_{layout}");
    ENTRIES.into_iter().find(|entry| *entry == name).ok_or_else(|| format!("there is no entry {name}"))
}

/// The entries of the four kernels.
pub const ENTRIES: [&str; 39] = [
    "grouped_matmul_bf16_kn",
    "grouped_matmul_bf16_nk",
    "grouped_matmul_bf16_nz",
    "grouped_matmul_f16_kn",
    "grouped_matmul_f16_nk",
    "grouped_matmul_f16_nz",
    "grouped_matmul_bf16_f32_kn",
    "grouped_matmul_bf16_f32_nk",
    "grouped_matmul_bf16_f32_nz",
    "grouped_matmul_f16_f32_kn",
    "grouped_matmul_f16_f32_nk",
    "grouped_matmul_f16_f32_nz",
    "grouped_matmul_w8a8_bf16_kn",
    "grouped_matmul_w8a8_bf16_nk",
    "grouped_matmul_w8a8_bf16_nz",
    "grouped_matmul_w8a8_f16_kn",
    "grouped_matmul_w8a8_f16_nk",
    "grouped_matmul_w8a8_f16_nz",
    "grouped_matmul_swiglu_bf16_kn",
    "grouped_matmul_swiglu_bf16_nk",
    "grouped_matmul_swiglu_bf16_nz",
    "grouped_matmul_swiglu_f16_kn",
    "grouped_matmul_swiglu_f16_nk",
    "grouped_matmul_swiglu_f16_nz",
    "grouped_matmul_swiglu_w8a8_bf16_kn",
    "grouped_matmul_swiglu_w8a8_bf16_nk",
    "grouped_matmul_swiglu_w8a8_bf16_nz",
    "grouped_matmul_swiglu_w8a8_f16_kn",
    "grouped_matmul_swiglu_w8a8_f16_nk",
    "grouped_matmul_swiglu_w8a8_f16_nz",
    "grouped_matmul_swiglu_quant_bf16_kn",
    "grouped_matmul_swiglu_quant_bf16_nk",
    "grouped_matmul_swiglu_quant_bf16_nz",
    "grouped_matmul_swiglu_quant_f16_kn",
    "grouped_matmul_swiglu_quant_f16_nk",
    "grouped_matmul_swiglu_quant_f16_nz",
    "grouped_matmul_swiglu_quant_w8a8_kn",
    "grouped_matmul_swiglu_quant_w8a8_nk",
    "grouped_matmul_swiglu_quant_w8a8_nz",
];

/// The launch for a grouped product on `cores` cube cores.
///
/// # Errors
/// Why the kernels do not cover the call.
pub fn plan(op: &GroupedMatmul, cores: u32) -> Planned {
    let x = op.x.dtype();
    let weight = &op.weight.data;
    let (rows, k) = (op.x.dim(0), op.x.dim(1));
    let (experts, n) = (weight.dim(0), weight.dim(2));
    let layout = layout(weight)?;
    let cumulative = match &op.groups {
        GroupList::Counts(_) => false,
        GroupList::Cumulative(_) => true,
        GroupList::Sparse(_) => return Err("a sparse group list".into()),
    };
    let groups = op.groups.view();
    only(weight.dtype() == x, || format!("a weight of {} beside {x}", weight.dtype()))?;
    only(op.bias.is_none(), || "a bias".into())?;
    only(k >= 1, || "K of 0".into())?;
    only(k <= MAX_PITCH && n <= MAX_PITCH, || format!("K {k} or N {n} beyond {MAX_PITCH}"))?;
    let gated = op.epilogue != Epilogue::None;
    let width = if gated { n / 2 } else { n };
    only(width >= 1, || "N of 0".into())?;
    let fractal = if x == DType::I8 && layout != "nk" { 32 } else { 16 };
    let mixed = gated || x == DType::I8;
    let granule = if gated { fractal } else { 16 };
    // Rows that do not end with a block of 32 bytes are left to one core: two may not write one block.
    let shared_blocks = !width.is_multiple_of(granule);
    only(!(mixed && shared_blocks), || {
        format!("rows of {width} results: no multiple of {granule}, so that two cores would write one block")
    })?;

    let y = op.y.dtype();
    let family = match (op.epilogue, x, y) {
        (Epilogue::None, DType::BF16, DType::BF16) => "grouped_matmul_bf16",
        (Epilogue::None, DType::BF16, DType::F32) => "grouped_matmul_bf16_f32",
        (Epilogue::None, DType::F16, DType::F16) => "grouped_matmul_f16",
        (Epilogue::None, DType::F16, DType::F32) => "grouped_matmul_f16_f32",
        (Epilogue::None, DType::I8, DType::BF16) => "grouped_matmul_w8a8_bf16",
        (Epilogue::None, DType::I8, DType::F16) => "grouped_matmul_w8a8_f16",
        (Epilogue::Glu(_), DType::BF16, DType::BF16) => "grouped_matmul_swiglu_bf16",
        (Epilogue::Glu(_), DType::F16, DType::F16) => "grouped_matmul_swiglu_f16",
        (Epilogue::Glu(_), DType::I8, DType::BF16) => "grouped_matmul_swiglu_w8a8_bf16",
        (Epilogue::Glu(_), DType::I8, DType::F16) => "grouped_matmul_swiglu_w8a8_f16",
        (Epilogue::GluQuant(_), DType::BF16, DType::I8) => "grouped_matmul_swiglu_quant_bf16",
        (Epilogue::GluQuant(_), DType::F16, DType::I8) => "grouped_matmul_swiglu_quant_f16",
        (Epilogue::GluQuant(_), DType::I8, DType::I8) => "grouped_matmul_swiglu_quant_w8a8",
        _ => return Err(format!("{x} to {y} with {:?}", op.epilogue)),
    };
    let cores = if shared_blocks { 1 } else { cores };
    let shape = Shape { rows, experts, k, n, element_bytes: x.bits() / 8, cores: cores.max(1) as usize };
    let mut tiling = GroupedMatmulTiling {
        experts: word(experts, "a number of experts")?,
        k: k as u32,
        n: n as u32,
        cumulative: u32::from(cumulative),
        list_words: (groups.dtype().bits() / 32) as u32,
        quant_stages: if op.y_scale.is_some() { dynamic_quant::stages(DType::F32, width, false)? } else { 0 },
        ..shape.tiles()
    };
    if let Epilogue::Glu(kind) | Epilogue::GluQuant(kind) = op.epilogue {
        match kind {
            GluKind::Swiglu => {}
            GluKind::SwigluClamped { limit, alpha, up_bias } => {
                (tiling.clamped, tiling.limit, tiling.alpha, tiling.up_bias) = (1, limit, alpha, up_bias);
            }
            other => return Err(format!("{other:?}")),
        }
    }
    word(rows, "a number of rows")?;

    let mut arguments = vec![input(&op.x, "x")?, Some(weight.clone()), input(groups, "groups")?];
    if x == DType::I8 {
        let Some(quant) = &op.weight.quant else { return Err("int8 without a scale of the weight".into()) };
        let Some(x_scale) = &op.x_scale else { return Err("int8 without a scale of each row".into()) };
        only(quant.scale.dtype() == DType::F32, || format!("scales of {}, not f32", quant.scale.dtype()))?;
        arguments.extend([input(&quant.scale, "weight.scale")?, input(x_scale, "x_scale")?]);
    }
    arguments.push(output(&op.y, "y")?);
    let blocks = shape.blocks(&tiling);
    let slots = blocks as usize * SLOTS * tiling.tile_m as usize * tiling.tile_n as usize * 4;
    let activations = if let Some(y_scale) = &op.y_scale {
        arguments.push(output(y_scale, "y_scale")?);
        rows * width * 4
    } else {
        0
    };
    Ok(Plan {
        kernel: entry(family, layout)?,
        blocks,
        arguments,
        workspace_bytes: if mixed { slots + activations } else { 0 },
        tiling: bytes_of(&tiling).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_fit_every_buffer_for_any_shape() {
        for rows in [1, 15, 16, 100, 128, 4096, 32_768] {
            for (n, k) in [(16, 1), (48, 40), (1536, 2048), (2048, 768), (4096, 7168), (7168, 2048), (5760, 2880)] {
                for element_bytes in [1, 2] {
                    for cores in [1, 2, 3, 20, 24] {
                        let t = Shape { rows, experts: 128, k, n, element_bytes, cores }.tiles();
                        let [m, n, step, slice] = [t.tile_m, t.tile_n, t.step_k, t.slice_k].map(|v| v as usize);
                        assert!(m * slice * element_bytes <= L0_STAGE_BYTES && n * slice * element_bytes <= L0_STAGE_BYTES, "{t:?}");
                        assert!(t.l1_stages as usize * (m + n) * step * element_bytes <= L1_BYTES, "{t:?}");
                        assert!(t.c_stages as usize * m * n * 4 <= L0C_BYTES, "{t:?}");
                        assert!(step % slice == 0 && slice % 32 == 0 && m % 16 == 0 && n % 64 == 0, "{t:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn tiles_are_the_largest_for_large_groups_and_narrower_where_cores_would_idle() {
        let shape = Shape { rows: 32_768, experts: 128, k: 2048, n: 1536, element_bytes: 2, cores: 24 };
        let t = shape.tiles();
        assert_eq!((t.tile_m, t.tile_n, t.step_k, t.slice_k, t.c_stages), (128, 256, 256, 64, 1));
        let one = Shape { rows: 1, experts: 1, n: 3072, ..shape }.tiles();
        assert_eq!(one.tile_n, 128, "24 tiles for 24 cores");
    }
}
