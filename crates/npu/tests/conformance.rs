//! The device conformance suite on the simulated CANN: what needs no operator.

use std::sync::Arc;

use ascend_hal::{Device, Result};
use ascend_npu::NpuDevice;
use ascend_validate::conformance::checks;

fn open() -> Result<Arc<dyn Device>> {
    Ok(NpuDevice::open(Arc::new(ascend_sim::cann()), "sim", 0)?)
}

#[test]
fn memory_and_copies_conform() {
    let chosen = checks().filter(|check| ["memory", "copies"].contains(&check.group));
    let failed: Vec<String> = chosen.filter_map(|check| check.run(&open).err().map(|why| format!("{check}: {why}"))).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
