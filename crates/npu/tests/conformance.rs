//! The device conformance suite on the simulated CANN: with values as they come, and with values checked.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;

use ascend_hal::{Device, Result};
use ascend_npu::{NpuDevice, Values};
use ascend_validate::conformance::checks;
use ascend_validate::selftest::{NOT_CHECKED, conformance};

fn open(values: Values) -> Result<Arc<dyn Device>> {
    Ok(NpuDevice::open_with(Arc::new(ascend_sim::cann()), "sim", 0, values)?)
}

/// Every property holds, but for so many that the device does not look at.
fn conforms(values: Values, not_checked: usize) {
    let found = conformance(&|| open(values)).unwrap();
    let failed: Vec<String> = found.iter().filter(|f| !f.ok).map(|f| format!("{}: {}", f.name, f.note)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!(found.iter().filter(|f| f.note == NOT_CHECKED).count(), not_checked);
}

#[test]
fn a_device_that_trusts_values_does_all_else_that_a_device_must() {
    let about_values = checks().filter(|check| check.needs_value_checks).count();
    assert!(about_values > 0);
    conforms(Values::Trusted, about_values);
}

#[test]
fn a_device_that_checks_values_conforms() {
    conforms(Values::Checked, 0);
}
