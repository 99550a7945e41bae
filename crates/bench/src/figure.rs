//! What is measured about a case.

use serde::Serialize;

/// Version of [`Figure`].
pub(crate) const SCHEMA: u32 = 3;

/// What a case is held up by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bound {
    /// Reading and writing memory.
    Memory,
    /// Multiplying.
    Arithmetic,
}

/// One case, and the limits of the machine at the same time.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Figure {
    /// Version of this structure.
    pub schema: u32,
    /// The family: `moe`, `gemm`, ...
    pub op: &'static str,
    /// The case.
    pub case: String,
    /// Tokens, or rows of a product.
    pub tokens: usize,
    /// How weights are stored; without weights, the inputs.
    pub dtype: &'static str,
    /// The instruction set of the kernels and of the probes.
    pub isa: &'static str,
    /// Threads of both.
    pub threads: usize,
    /// `wall` or `cpu`.
    pub clock: &'static str,
    /// Rounds that medians are taken over.
    pub rounds: usize,
    /// Time of a call.
    pub median_ms: f64,
    /// The same for each token.
    pub us_per_token: f64,
    /// Operations of products a second; a multiply-add counts as two.
    pub gflops: f64,
    /// Bytes a second that have to be moved.
    pub gbs: f64,
    /// Bytes of weights a second: those of experts that tokens are routed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_gbs: Option<f64>,
    /// `gflops` as a fraction of `probe_peak_gflops`.
    pub of_peak: f64,
    /// `weight_gbs`, or else `gbs`, as a fraction of `probe_read_gbs`.
    pub of_read: f64,
    /// Which limit allows less.
    pub bound: Bound,
    /// The fraction of that limit.
    pub of_limit: f64,
    /// Memory that the calls of the case go through before they come back to the same: a figure about memory where it is well above the last cache's size, else about that cache.
    pub cycle_mib: f64,
    /// The largest error of what is checked, relative to its largest value. `None`: it is not finite.
    pub max_error: Option<f64>,
    /// Bandwidth of reading memory.
    pub probe_read_gbs: f64,
    /// Peak of the arithmetic that the case uses.
    pub probe_peak_gflops: f64,
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}
