//! Scopes as ranges of the vendor's profiler, on the simulated CANN.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use ascend_hal::scope;
use ascend_npu::NpuDevice;

#[test]
fn scopes_are_ranges_that_begin_and_end() {
    let device = NpuDevice::open(Arc::new(ascend_sim::cann()), "sim", 0).unwrap();
    scope("before", || {});
    assert!(device.mark_scopes());
    let inside = scope(("layer", 3), || scope("gate_up", ascend_sim::ranges));
    let told: Vec<_> = inside.iter().map(|r| (r.name.as_str(), r.ended)).collect();
    assert_eq!(told, [("layer 3", false), ("gate_up", false)]);
    assert!(ascend_sim::ranges().iter().all(|range| range.ended));
}
