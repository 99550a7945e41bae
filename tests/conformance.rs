//! The device conformance suite, on every device that is there.

use std::sync::Arc;

use ascend_compute::{Device, Result};
use ascend_validate::conformance::{Check, checks};

/// Runs every check and names all that fail.
fn conforms(open: &dyn Fn() -> Result<Arc<dyn Device>>) {
    let failed: Vec<String> = checks().filter_map(|check| check.run(open).err().map(|why| format!("{check}: {why}"))).collect();
    assert!(failed.is_empty(), "{} of {} checks failed:\n{}", failed.len(), checks().count(), failed.join("\n"));
}

#[test]
fn cpu_conforms() {
    conforms(&|| ascend_compute::open("cpu"));
}

#[test]
fn cpu_with_one_thread_conforms() {
    let options = || ascend_compute::cpu::CpuOptions::default().with_threads(1).with_memory_limit_bytes(64 << 20);
    conforms(&|| Ok(ascend_compute::cpu::CpuDevice::with(options())?));
}

#[test]
fn simulated_npu_conforms() {
    conforms(&|| ascend_compute::open("sim:0"));
}

#[test]
fn check_names_are_unique() {
    let mut names: Vec<String> = checks().map(Check::to_string).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(count > 80, "{count} checks");
}
