//! What a device can run, and what validation covers.

use ascend_hal::ops::{Coverage, PLAIN};
use ascend_hal::{Choice, Device, OpCall, OpKind, Support};
use serde::Serialize;

use crate::{Case, Gen, Result, Work, cases};

/// How a device runs one variant of an op in one storage type.
#[derive(Clone, Debug, Serialize)]
pub struct SupportEntry {
    /// The device.
    pub device: String,
    /// The op.
    pub op: &'static str,
    /// Its variant.
    pub variant: &'static str,
    /// Storage type of the leading argument.
    pub dtype: &'static str,
    /// `native`, `composed` or `unsupported`.
    pub support: &'static str,
    /// The kernel that would run; empty when there is none.
    pub kernel: String,
    /// The kernel's origin; empty when there is none.
    pub origin: &'static str,
    /// Why it is unsupported; empty when it is not.
    pub why: String,
}

/// Asks `device` about every op, variant and storage type of the contracts, each with a plain call such as validation makes.
///
/// # Errors
/// A plain call that cannot be made.
pub fn support(device: &dyn Device, choice: &Choice) -> Result<Vec<SupportEntry>> {
    let mut entries = Vec::new();
    for (entry, case) in plain_cases() {
        let Some(call) = representative(&case)? else { continue };
        let (support, why) = match device.support(&call, choice) {
            Support::Native => ("native", String::new()),
            Support::Composed => ("composed", String::new()),
            Support::Unsupported { why } => ("unsupported", why),
        };
        let kernel = device.kernels().pick(&call, choice).ok();
        entries.push(SupportEntry {
            device: device.info().id.to_string(),
            op: entry.op.name(),
            variant: entry.variant,
            dtype: entry.dtype.name(),
            support,
            kernel: kernel.as_ref().map(|k| k.info().name.to_string()).unwrap_or_default(),
            origin: kernel.as_ref().map(|k| k.info().origin.name()).unwrap_or_default(),
            why,
        });
    }
    Ok(entries)
}

/// A plain case of each op, variant and storage type of the contracts: the first that is generated for it.
pub fn plain_cases() -> Vec<(Coverage, Case)> {
    let of = |op: OpKind| {
        let generated = cases::generated(op);
        let plain = op.coverage().into_iter().filter(|entry| entry.rule == PLAIN);
        plain.filter_map(move |entry| Some((entry, generated.iter().find(|case| case.covers.contains(&entry))?.clone())))
    };
    OpKind::ALL.iter().copied().flat_map(of).collect()
}

/// The call of a case, on host tensors: what a kernel covers is decided from metadata.
fn representative(case: &Case) -> Result<Option<OpCall>> {
    match &case.work {
        Work::Call(build) | Work::Golden { build, .. } | Work::Refused { build, .. } => build(&mut Gen::new(0, &case.name)).map(Some),
        Work::Composed { .. } => Ok(None),
    }
}

/// One entry of the contracts' coverage list.
#[derive(Clone, Debug, Serialize)]
pub struct CoverageEntry {
    /// The op.
    pub op: &'static str,
    /// Its variant.
    pub variant: &'static str,
    /// Storage type of the leading argument.
    pub dtype: &'static str,
    /// Edge rule, or `plain`.
    pub rule: &'static str,
    /// What the rule says; empty for `plain`.
    pub text: &'static str,
    /// Generated cases that stand for the entry.
    pub cases: usize,
}

/// The coverage list, made from the contracts, with the number of generated cases for each entry.
pub fn coverage() -> Vec<CoverageEntry> {
    let generated: Vec<Case> = OpKind::ALL.iter().flat_map(|&op| cases::generated(op)).collect();
    let entry = |(c, cases): (Coverage, usize)| CoverageEntry {
        op: c.op.name(),
        variant: c.variant,
        dtype: c.dtype.name(),
        rule: c.rule,
        text: c.op.rules().iter().find(|r| r.name == c.rule).map_or("", |r| r.text),
        cases,
    };
    crate::coverage(&generated).into_iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_lists_every_entry_of_every_contract_once() {
        let list = coverage();
        assert_eq!(list.len(), OpKind::ALL.iter().map(|op| op.coverage().len()).sum::<usize>());
        let softmax = list.iter().find(|e| e.op == "softmax" && e.dtype == "bf16" && e.rule == "nan_row").expect("softmax has it");
        assert!(softmax.cases > 0 && softmax.text.contains("NaN"));
    }
}
