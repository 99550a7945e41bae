//! The model against measurements that others have published of kernels of the same kind.

use ascend_hal::ops::{GroupList, GroupedMatmul, Weight};
use ascend_hal::{DType, Result};

use super::{Chip, Launch, declare, declare_with, launch};
use crate::tiling::grouped_matmul;

/// A published measurement of a product `[M, K] @ [K, N]`.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// What was measured.
    pub what: &'static str,
    /// By whom.
    pub source: &'static str,
    /// On which chip, as far as it is said.
    pub chip: &'static str,
    /// M, K, N.
    pub shape: [usize; 3],
    /// int8 with dequantisation, else 16-bit floats.
    pub int8: bool,
    /// Whether the figure is a task's time, with what it takes to start one.
    pub task: bool,
    /// The figure.
    pub us: f64,
    /// Why the model is off, where it is.
    pub reason: &'static str,
}

/// What it takes to start an empty kernel on all cores (CANN documentation, "analysing performance data": 20 to 21 us).
pub const LAUNCH_US: f64 = 20.5;

/// 16 x 16 x 16 products a cycle on each of 24 cores at 1850 MHz, at `share` of it: published as a share of the peak.
const fn at_peak(side: f64, share: f64) -> f64 {
    side * side * side / 4096.0 / 24.0 / 1850.0 / share
}

/// The points that a kernel of ours can be put to.
pub const POINTS: [Point; 9] = [
    Point {
        what: "f16 8192 x 8192 x 8192",
        source: "asc-devkit, matmul_basic_api_high_performance: aicore time",
        chip: "Ascend910B1",
        shape: [8192, 8192, 8192],
        int8: false,
        task: false,
        us: 3636.9,
        reason: "theirs is bound by MTE2 at 85 bytes a cycle and core; the documented 110 is what the model has",
    },
    Point {
        what: "f16 6144 x 6144 x 6144",
        source: "pto-isa, gemm_performance",
        chip: "Ascend910B1",
        shape: [6144, 6144, 6144],
        int8: false,
        task: false,
        us: 1506.0,
        reason: "as above",
    },
    Point {
        what: "f16 7680 x 7680 x 7680",
        source: "pto-isa, gemm_performance",
        chip: "Ascend910B1",
        shape: [7680, 7680, 7680],
        int8: false,
        task: false,
        us: 3168.0,
        reason: "as above",
    },
    Point {
        what: "f16 3072 x 3072 x 3072",
        source: "pto-isa, gemm_performance: 79 % of the peak",
        chip: "Ascend910B1",
        shape: [3072, 3072, 3072],
        int8: false,
        task: false,
        us: at_peak(3072.0, 0.79),
        reason: "as above",
    },
    Point {
        what: "f16 1536 x 1536 x 1536",
        source: "pto-isa, gemm_performance: 54.5 % of the peak",
        chip: "Ascend910B1",
        shape: [1536, 1536, 1536],
        int8: false,
        task: false,
        us: at_peak(1536.0, 0.545),
        reason: "what a kernel needs to start, and the latency of the first loads, are not in the model",
    },
    Point {
        what: "f16 1024 x 6144 x 576, 20 tiles",
        source: "catlass, matmul optimisation",
        chip: "Ascend910B3",
        shape: [1024, 6144, 576],
        int8: false,
        task: true,
        us: 48.6,
        reason: "",
    },
    Point {
        what: "f16 20 x 16384 x 6144, weights in NZ",
        source: "catlass, matmul optimisation",
        chip: "Ascend910B3",
        shape: [20, 16_384, 6144],
        int8: false,
        task: false,
        us: 139.6,
        reason: "theirs reads 1.44 TB/s; the model takes the slower of two documented figures, 32 bytes a cycle and core, 1.15 TB/s with 20 cores",
    },
    Point {
        what: "f16 20 x 16384 x 6144, weights row-major",
        source: "catlass, matmul optimisation",
        chip: "Ascend910B3",
        shape: [20, 16_384, 6144],
        int8: false,
        task: false,
        us: 238.8,
        reason: "what short pieces of rows cost beside their bytes is not in the model",
    },
    Point {
        what: "int8 8192 x 1024 x 8192, dequantised",
        source: "asc-devkit, quant_group_matmul_high_performance, with a GELU that ours does not have",
        chip: "Ascend910B1",
        shape: [8192, 1024, 8192],
        int8: true,
        task: false,
        us: 299.3,
        reason: "theirs is bound by its vector cores, which also compute a GELU: 235.9 us of vector work",
    },
];

/// A point with what the model says.
#[derive(Clone, Copy, Debug)]
pub struct Compared {
    /// The point.
    pub point: Point,
    /// The model's time, with the launch where the point has it.
    pub us: f64,
    /// Model over measurement, less one.
    pub deviation: f64,
}

fn compare(point: Point) -> Result<std::result::Result<Compared, String>> {
    let [m, k, n] = point.shape;
    let dtype = if point.int8 { DType::I8 } else { DType::F16 };
    let y = if point.int8 { DType::BF16 } else { DType::F16 };
    let Some(chip) = Chip::named(point.chip) else { return Ok(Err(format!("no chip {}", point.chip))) };
    let mut weight = Weight::kn(declare(dtype, [1, k, n])?);
    if point.int8 {
        weight = weight.per_channel(declare(DType::F32, [1, n])?);
    }
    let groups = GroupList::Counts(declare_with(DType::I64, [1], &[m as i64])?);
    let mut op = GroupedMatmul::new(declare(dtype, [m, k])?, weight, groups, declare(y, [m, n])?.to_mut());
    if point.int8 {
        op = op.with_x_scale(declare(DType::F32, [m])?);
    }
    let modelled = grouped_matmul::plan(&op, chip.cube_cores).and_then(|plan| {
        let asked = Launch {
            kernel: plan.kernel,
            blocks: plan.blocks,
            arguments: &plan.arguments,
            workspace_bytes: plan.workspace_bytes,
            tiling: &plan.tiling,
        };
        launch(&asked, &chip).map_err(|error| error.to_string())
    });
    Ok(modelled.map(|modelled| {
        let us = modelled.us + if point.task { LAUNCH_US } else { 0.0 };
        Compared { point, us, deviation: us / point.us - 1.0 }
    }))
}

/// Puts the model to every point.
///
/// # Errors
/// Why a point could not be modelled.
pub fn compared() -> std::result::Result<Vec<Compared>, String> {
    POINTS.into_iter().map(|point| compare(point).map_err(|error| error.to_string())?).collect()
}

/// The median of what the model is off by, either way.
pub fn median_deviation(points: &[Compared]) -> f64 {
    let mut off: Vec<f64> = points.iter().map(|point| point.deviation.abs()).collect();
    off.sort_by(f64::total_cmp);
    off.get(off.len() / 2).copied().unwrap_or(f64::NAN)
}
