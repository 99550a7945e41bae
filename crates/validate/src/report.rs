//! What a run found, as data: the JSON report is this, serialised.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Version of the JSON layout. Raised when a field changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// A whole run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What it was run on.
    pub environment: Environment,
    /// Counts.
    pub summary: Summary,
    /// Every case, in the order of the ops.
    pub cases: Vec<CaseReport>,
}

/// What a run was made on and with.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Environment {
    /// Version of this crate.
    pub version: String,
    /// Devices that took part: name and product.
    pub devices: Vec<String>,
    /// Which kernels were chosen.
    pub kernels: String,
    /// The seed of generated inputs.
    pub seed: u64,
    /// Wall time in seconds.
    pub seconds: f64,
}

/// How many cases ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// All cases.
    pub cases: usize,
    /// Passed.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
    /// Not run, with a reason.
    pub skipped: usize,
}

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Every check held.
    Passed,
    /// Some check did not hold; the reason says which and where.
    Failed,
    /// Not run; the reason says why.
    Skipped,
}

/// One case on one device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CaseReport {
    /// The case's name, which is also its filter.
    pub name: String,
    /// The op it is filed under.
    pub op: String,
    /// The device.
    pub device: String,
    /// `golden`, `generated` or `replay`.
    pub source: String,
    /// How it ended.
    pub status: Status,
    /// Why it failed or was skipped; empty when it passed.
    pub reason: String,
    /// Storage type of the leading argument.
    pub dtype: String,
    /// Variant of the op.
    pub variant: String,
    /// The kernel that ran, with its origin; empty for compositions.
    pub kernel: String,
    /// The call's arguments, printed.
    pub arguments: String,
    /// Wall time of the device's part in microseconds.
    pub device_us: f64,
    /// Metrics of each float output, by the output's name.
    pub metrics: BTreeMap<String, OutputMetrics>,
}

/// Error of one output against the `f64` oracle, over the elements that the op writes and that are finite in both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OutputMetrics {
    /// Elements compared.
    pub elements: usize,
    /// `max |got - want|`.
    pub max_abs: f64,
    /// `max |got - want| / |want|` over elements above the small-value threshold.
    pub max_rel: f64,
    /// Cosine of the angle between got and want; 1 for two zero vectors.
    pub cosine: f64,
    /// `sum (got - want)^2 / sum want^2`.
    pub nmse: f64,
    /// Elements by distance from the rounded oracle in units of the last place: 0, 1, 2, 3-4, 5-8, ... (powers of two), the last open-ended.
    pub ulp_histogram: Vec<u64>,
    /// `-log2` of the root mean square relative error: bits that are right.
    pub effective_bits: f64,
    /// Maximum relative error in proportion to the rounding model's (the largest of its runs, natural and shaken).
    pub mare_ratio: f64,
    /// Mean relative error in proportion to the rounding model's.
    pub mere_ratio: f64,
    /// Root mean square error in proportion to the rounding model's.
    pub rmse_ratio: f64,
    /// Elements that are not the rounding model's to the bit.
    #[serde(default)]
    pub differ_from_model: usize,
    /// The largest error of an element in proportion to the error that is allowed there: at most 1 in an output that is right.
    #[serde(default)]
    pub bound_ratio: f64,
}
