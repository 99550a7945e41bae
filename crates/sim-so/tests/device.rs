//! The NPU device on a toolkit that the simulation is installed in: its libraries are found and opened as a card's are.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;

use ascend_hal::{Device, Result};
use ascend_npu::{NpuDevice, Values};
use ascend_sim::install;
use ascend_sys::{Cann, Search};
use ascend_validate::conformance::{Check, checks};
use ascend_validate::{Options, run};
use regex::Regex;
use tempfile::TempDir;

/// A toolkit, and what its libraries have.
fn toolkit() -> (TempDir, Arc<Cann>) {
    let folder = TempDir::new().unwrap();
    let toolkit = install::install(&folder.path().join("toolkit"), &install::library().unwrap(), "8.5.0").unwrap();
    let cann = Cann::open(&Search::within(toolkit.folder())).unwrap();
    assert!(cann.acl.library().to_string().contains(&*toolkit.folder().to_string_lossy()), "{}", cann.acl.library());
    (folder, Arc::new(cann))
}

fn open(cann: &Arc<Cann>, values: Values) -> Result<Arc<dyn Device>> {
    Ok(NpuDevice::open_with(cann.clone(), "npu", 0, values)?)
}

#[test]
fn the_device_conforms_through_the_shared_object() {
    let (_folder, cann) = toolkit();
    let failures = |values, chosen: &dyn Fn(&&Check) -> bool| -> Vec<String> {
        checks().filter(chosen).filter_map(|check| check.run(&|| open(&cann, values)).err().map(|why| format!("{check}: {why}"))).collect()
    };
    // As npu:0 is opened: values are the operators' business.
    let trusting = failures(Values::Trusted, &|check| !check.needs_value_checks);
    let checking = failures(Values::Checked, &|_| true);
    assert!(trusting.is_empty() && checking.is_empty(), "{}\n{}", trusting.join("\n"), checking.join("\n"));
}

#[test]
fn the_ops_of_a_layer_are_right_through_the_shared_object() {
    let (_folder, cann) = toolkit();
    let device = open(&cann, Values::Checked).unwrap();
    let ops = "^(grouped_matmul|gating|init_routing|finalize_routing|norm|rope|attention)$";
    let options = Options { op: Some(Regex::new(ops).unwrap()), golden_only: true, repeats: 1, ..Options::default() };
    let report = run(&[device], &options, &|_| {}).unwrap();
    let wrong: Vec<_> =
        report.cases.iter().filter(|case| !case.reason.is_empty()).map(|case| format!("{}: {}", case.name, case.reason)).collect();
    assert!(report.summary.failed == 0 && report.summary.passed > 50, "{} passed\n{}", report.summary.passed, wrong.join("\n"));
}
