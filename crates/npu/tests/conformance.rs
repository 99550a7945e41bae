//! The device conformance suite on the simulated CANN: with values as they come, and with values checked.

use std::sync::Arc;

use ascend_hal::{Device, Result};
use ascend_npu::{NpuDevice, Values};
use ascend_validate::conformance::{Check, checks};

fn open(values: Values) -> Result<Arc<dyn Device>> {
    Ok(NpuDevice::open_with(Arc::new(ascend_sim::cann()), "sim", 0, values)?)
}

fn failures<'a>(values: Values, chosen: impl Iterator<Item = &'a Check>) -> Vec<String> {
    chosen.filter_map(|check| check.run(&|| open(values)).err().map(|why| format!("{check}: {why}"))).collect()
}

#[test]
fn a_device_that_trusts_values_does_all_else_that_a_device_must() {
    let failed = failures(Values::Trusted, checks().filter(|check| !check.needs_value_checks));
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn a_device_that_checks_values_conforms() {
    let failed = failures(Values::Checked, checks());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
