//! The campaign of faults on the simulated NPU. Prints what was tried: `cargo test --test campaign -- --nocapture`; with `--ignored`, every occasion.
//!
//! One test at a time may run: there is one script of faults in a process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ascend_compute::npu::NpuDevice;
use ascend_compute::{Device, Result, sim};
use ascend_validate::campaign::{self, Breakable, Depth};

/// The first simulated device, with values as they come, as on a card.
struct Simulated;

impl Breakable for Simulated {
    fn open(&self) -> Result<Arc<dyn Device>> {
        Ok(NpuDevice::open(Arc::new(sim::cann()), "sim", 0)?)
    }

    fn set(&self, script: &str) -> std::result::Result<(), String> {
        sim::faults::set(script)
    }

    fn occasions(&self) -> BTreeMap<String, u64> {
        sim::faults::occasions()
    }

    fn struck(&self) -> bool {
        !sim::faults::struck().is_empty()
    }

    fn alive(&self) -> Vec<String> {
        sim::alive()
    }

    fn misuse(&self) -> Vec<String> {
        sim::take_reports()
    }

    fn reset(&self) -> Result<()> {
        NpuDevice::reset(&sim::cann(), 0)
    }
}

fn survives(depth: Depth) {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let machine: Arc<dyn Breakable> = Arc::new(Simulated);
    let report = campaign::run(&machine, depth, &|_, _, _| {}).unwrap_or_else(|error| panic!("{error}"));
    println!("{}", report.table());
    assert!(report.passed(), "{} of {} faults are lost", report.lost.len(), report.tried);
    // HCCL moves no data here, and one device copies to no other: only links have no occasion.
    assert_eq!(report.without_occasion, ["link-down"]);
    assert!(report.tried > 400, "{}", report.tried);
}

#[test]
fn each_call_and_operator_of_a_layer_may_fail_and_the_next_run_is_right() {
    survives(Depth::Ends);
}

#[test]
#[ignore = "takes minutes: every occasion of every call"]
fn every_call_and_operator_of_a_layer_may_fail_at_every_occasion() {
    survives(Depth::Each);
}
