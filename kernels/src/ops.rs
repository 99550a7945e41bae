//! Which ops the kernels compute, and how each is launched.

use ascend_hal::{DType, OpCall, OpKind};

use crate::plan::Planned;
use crate::tiling;

/// A kernel as an op's implementation.
#[derive(Clone, Copy, Debug)]
pub struct Covering {
    /// The op.
    pub op: OpKind,
    /// The kernel's name: that of its folder.
    pub name: &'static str,
    /// Types of the op's leading argument.
    pub dtypes: &'static [DType],
    /// Further limits, in words.
    pub constraints: &'static str,
    /// The cores that its launches count.
    pub cores: Cores,
    plan: fn(&OpCall, u32) -> Planned,
}

/// What a block of a launch runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cores {
    /// One vector core.
    Vector,
    /// One cube core, perhaps with its vector cores.
    Cube,
}

/// Vector cores beside a cube core.
const VECTOR_CORES: u32 = 2;

impl Covering {
    /// The launch for `call` on a chip with so many cube cores.
    ///
    /// # Errors
    /// Why the kernel does not cover the call.
    pub fn plan(&self, call: &OpCall, cube_cores: u32) -> Planned {
        let cores = match self.cores {
            Cores::Vector => cube_cores.saturating_mul(VECTOR_CORES),
            Cores::Cube => cube_cores,
        };
        (self.plan)(call, cores)
    }
}

macro_rules! covering {
    ($cores:ident $op:ident $kernel:ident $dtypes:expr, $constraints:literal => $plan:path) => {
        Covering {
            op: OpKind::$op,
            name: stringify!($kernel),
            dtypes: $dtypes,
            constraints: $constraints,
            cores: Cores::$cores,
            plan: |call, cores| {
                let op: &ascend_hal::ops::$op = call.try_into().map_err(|error: ascend_hal::Error| error.to_string())?;
                $plan(op, cores)
            },
        }
    };
}

/// What is covered. Row-major tensors only, outputs at multiples of 32 bytes; the plan of a call says the rest.
pub const OPS: &[Covering] = &[
    covering!(Vector Norm rms_norm &DType::FLOATS, "RMS norms, with a residual or without; a row must fit the unified buffer" => tiling::rms_norm::plan),
    covering!(Vector Rope rope &DType::FLOATS, "one position a token" => tiling::rope::plan),
    covering!(Vector Quantize dynamic_quant &DType::FLOATS, "a row must fit the unified buffer" => tiling::dynamic_quant::plan),
    covering!(
        Vector Gating gating_top_k &DType::FLOATS,
        "at most 1024 experts, 16 of them a token; softmax and sigmoid; groups of at most 64" => tiling::gating_top_k::plan
    ),
    covering!(Vector InitRouting init_routing &DType::FLOATS, "not quantised; at most 2048 local experts" => tiling::init_routing::plan),
    covering!(
        Cube GroupedMatmul grouped_matmul &[DType::BF16, DType::F16, DType::I8],
        "counts or cumulative ends, no bias; int8 with f32 scales; SwiGLU into 16 bits, or into int8 with a scale for each row" => tiling::grouped_matmul::plan
    ),
    covering!(
        Cube Attention flash_attention &[DType::BF16, DType::F16],
        "widths in multiples of 16 up to 256; no mask tensor; an infinity among the values that a row sees may come out as NaN" => tiling::flash_attention::plan
    ),
    covering!(Cube MlaDecode mla_decode &[DType::BF16, DType::F16], "widths in multiples of 16, up to 640 together" => tiling::mla_decode::plan),
    covering!(Vector FinalizeRouting finalize_routing &DType::FLOATS, "" => tiling::finalize_routing::plan),
];
