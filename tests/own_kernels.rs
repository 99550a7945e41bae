//! This project's own kernels on the simulated NPU: loaded, launched and held to the golden files and the contracts like any other.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use ascend_compute::{Choice, Device, Origin, open};
use ascend_validate::report::{CaseReport, Status};
use ascend_validate::{Options, cases, run_cases};

fn device() -> Arc<dyn Device> {
    open("sim:0").unwrap()
}

/// Runs the selected cases with own kernels only. None must fail; those that are skipped say why.
fn run(options: Options) -> Vec<CaseReport> {
    let options = Options { choice: Choice::Origin(Origin::Own), repeats: 2, ..options };
    let device = device();
    let reports = run_cases(&[&*device], &cases(&options).unwrap(), &options, &|_| {}).unwrap();
    let failed: Vec<String> = reports.iter().filter(|r| r.status == Status::Failed).map(|r| format!("{}: {}", r.name, r.reason)).collect();
    assert!(failed.is_empty(), "{} of {} cases failed:\n{}", failed.len(), reports.len(), failed.join("\n"));
    for skipped in reports.iter().filter(|r| r.status == Status::Skipped) {
        assert!(
            ["not covered", "no kernel", "asked own", "not among its types"].iter().any(|why| skipped.reason.contains(why)),
            "{}: {}",
            skipped.name,
            skipped.reason
        );
    }
    reports
}

fn passed(reports: &[CaseReport]) -> usize {
    reports.iter().filter(|r| r.status == Status::Passed).count()
}

/// Without a C++ compiler there is no twin, and nothing to run on it.
fn there_is_no_twin() -> bool {
    ascend_compute::kernels::twin::missing().is_some_and(|why| {
        eprintln!("skipped: {why}");
        true
    })
}

#[test]
fn at_least_fifty_golden_cases_are_covered_and_pass() {
    if there_is_no_twin() {
        return;
    }
    let reports = run(Options { golden_only: true, ..Options::default() });
    assert!(passed(&reports) >= 50, "{} of {} pass", passed(&reports), reports.len());
}

#[test]
fn every_contract_with_an_own_kernel_holds_where_it_covers() {
    if there_is_no_twin() {
        return;
    }
    for op in ["norm", "rope", "^quantize", "gating", "init_routing", "finalize_routing"] {
        let reports = run(Options { op: Some(op.parse().unwrap()), ..Options::default() });
        assert!(passed(&reports) > 20, "{op}: {} of {} pass", passed(&reports), reports.len());
    }
}

#[test]
fn f16_weights_of_rows_that_a_sink_takes_most_of_are_exact() {
    if there_is_no_twin() {
        return;
    }
    let reports = run(Options { op: Some("^attention$".parse().unwrap()), case: Some("/f16/sink".parse().unwrap()), ..Options::default() });
    assert!(passed(&reports) > 10, "{} of {} pass", passed(&reports), reports.len());
}

#[test]
fn own_kernels_wait_to_be_asked_for() {
    let device = device();
    let options = Options { golden_only: true, op: Some("norm".parse().unwrap()), ..Options::default() };
    let reports = run_cases(&[&*device], &cases(&options).unwrap(), &options, &|_| {}).unwrap();
    assert!(!reports.is_empty() && reports.iter().all(|r| r.status == Status::Passed && !r.kernel.contains("(own)")), "{reports:?}");
}
