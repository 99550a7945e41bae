//! How much of a peak kernels reach: measured, each with its source.

use serde::Serialize;

/// A share of a peak, and who measured it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Factor {
    /// Share of the peak, or what `what` says.
    pub value: f64,
    /// What it is a share of.
    pub what: &'static str,
    /// Where it comes from.
    pub source: &'static str,
}

/// The factors of a plan. None of them comes from an end-to-end row of the published table: those are what the model is tested on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Factors {
    /// Dense and grouped products of i8.
    pub int8_gemm: Factor,
    /// Dense and grouped products of bf16.
    pub bf16_gemm: Factor,
    /// Reading weights and caches.
    pub hbm: Factor,
    /// Latent attention of decode steps.
    pub mla: Factor,
    /// Attention of prefill steps.
    pub flash: Factor,
    /// Elementwise work, GB/s read and written.
    pub elementwise_gbs: Factor,
    /// Gain of running two half batches, one computing while the other communicates: prefill.
    pub overlap_prefill: Factor,
    /// The same for decode.
    pub overlap_decode: Factor,
    /// µs from one kernel of a captured graph to the next.
    pub launch_us: Factor,
    /// µs by which a product takes longer than its arithmetic at full rate: until its pipeline is full and after it runs dry.
    pub start_us: Factor,
}

impl Default for Factors {
    fn default() -> Self {
        let of = |value, what, source| Factor { value, what, source };
        Self {
            int8_gemm: of(0.80, "of int8 peak", "CloudMatrix384, arXiv 2506.12708: INT8 GEMM 77.4 to 82.7 %"),
            bf16_gemm: of(0.847, "of bf16 peak", "asc-devkit, matmul f16 8192^3 on A2: 84.7 %"),
            hbm: of(0.841, "of HBM bandwidth", "CloudMatrix384: MLA kernel, memory-bound"),
            mla: of(0.654, "of bf16 peak", "CloudMatrix384: MLA kernel, compute-bound"),
            flash: of(0.426, "of bf16 peak", "pto-isa: torch_npu flash attention on 910B2 at S = 32k, where the device is full"),
            elementwise_gbs: of(2350.0, "GB/s", "vendor's measurement of Add on A2, reads and writes through L2"),
            overlap_prefill: of(1.27, "times faster", "CloudMatrix384 ablation: micro-batches, prefill +23 to +31 %"),
            overlap_decode: of(1.076, "times faster", "CloudMatrix384 ablation: micro-batches, decode +5.8 to +9.4 %"),
            launch_us: of(
                5.0,
                "µs",
                "ASSUMPTION: a quarter of the 20 µs that an empty kernel takes alone on A2, as a graph's kernels overlap their launches",
            ),
            start_us: of(
                13.0,
                "µs a product",
                "pto-isa, products of 1536^3 and 3072^3 on an A3 die: 54.5 and 79 % of the peak, 13.0 and 13.6 µs longer than at 84.7 %",
            ),
        }
    }
}

impl Factors {
    /// All of them, for a list.
    pub fn all(&self) -> [(&'static str, Factor); 10] {
        [
            ("int8 products", self.int8_gemm),
            ("bf16 products", self.bf16_gemm),
            ("HBM reads", self.hbm),
            ("latent attention, decode", self.mla),
            ("attention, prefill", self.flash),
            ("elementwise", self.elementwise_gbs),
            ("micro-batches, prefill", self.overlap_prefill),
            ("micro-batches, decode", self.overlap_decode),
            ("launch", self.launch_us),
            ("start of a product", self.start_us),
        ]
    }
}
