//! The NPU device on the oldest CANN that it knows: it conforms there too, and no copy breaks a rule that later versions do not have.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::{Arc, Mutex, Once, PoisonError};

use ascend_hal::{Device, Result, Stream};
use ascend_npu::{NpuDevice, Values};
use ascend_validate::conformance::checks;

/// Calls are counted for the whole process.
static COUNTS: Mutex<()> = Mutex::new(());

fn open(values: Values) -> Result<Arc<NpuDevice>> {
    static VERSION: Once = Once::new();
    // SAFETY: the standard library guards the environment, and no other code reads it while the tests begin.
    VERSION.call_once(|| unsafe { std::env::set_var("ASCEND_SIM_CANN", "8.1.RC1") });
    NpuDevice::open_with(Arc::new(ascend_sim::cann()), "sim", 0, values)
}

fn count(name: &str) -> u64 {
    ascend_sim::calls().made.into_iter().find(|(called, _)| *called == name).map_or(0, |(_, count)| count)
}

#[test]
fn the_oldest_version_conforms() {
    let _alone = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let run = |check: &ascend_validate::conformance::Check| check.run(&|| Ok(open(Values::Checked)?));
    let failed: Vec<String> = checks().filter_map(|check| run(check).err().map(|why| format!("{check}: {why}"))).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// A copy of 64 bytes from one offset to another, and the functions that it was made by.
fn functions(device: &NpuDevice, stream: &Stream, (from, at): (bool, usize), (to, there): (bool, usize)) -> Vec<&'static str> {
    const COPIES: [&str; 3] = ["aclrtMemcpyAsync", "aclrtMemcpy2dAsync", "aclnnInplaceCopy"];
    let alloc = |pinned: bool| if pinned { device.alloc_pinned(256).unwrap() } else { device.alloc(256).unwrap() };
    let (source, destination) = (alloc(from), alloc(to));
    let before = COPIES.map(count);
    stream.copy(source.slice(at, 64).unwrap(), destination.slice(there, 64).unwrap()).unwrap();
    stream.synchronize().unwrap();
    COPIES.into_iter().zip(before).filter(|(name, before)| count(name) > *before).map(|(name, _)| name).collect()
}

#[test]
fn copies_off_alignment_go_by_functions_that_have_no_such_rule() {
    let _alone = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let device = open(Values::Trusted).unwrap();
    let stream = device.create_stream().unwrap();
    let (host, npu) = (true, false);
    for (from, to) in [(host, npu), (npu, host), (npu, npu), (host, host)] {
        assert_eq!(functions(&device, &stream, (from, 0), (to, 128)), ["aclrtMemcpyAsync"]);
    }
    for (at, there) in [(1, 0), (0, 8), (63, 65)] {
        assert_eq!(functions(&device, &stream, (host, at), (npu, there)), ["aclrtMemcpy2dAsync"]);
        assert_eq!(functions(&device, &stream, (npu, at), (host, there)), ["aclrtMemcpy2dAsync"]);
        assert_eq!(functions(&device, &stream, (npu, at), (npu, there)), ["aclnnInplaceCopy"]);
    }
}

#[test]
fn long_copies_within_the_host_go_in_parts() {
    let _alone = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let device = open(Values::Trusted).unwrap();
    let stream = device.create_stream().unwrap();
    let bytes: Vec<u8> = (0..(33 << 20) + 5).map(|at: u32| (at ^ at >> 8 ^ at >> 16) as u8).collect();
    let [from, to] = [(); 2].map(|()| device.alloc_pinned(bytes.len() + 3).unwrap());
    device.write(&from, 3, &bytes).unwrap();
    stream.copy(from.slice(3, bytes.len()).unwrap(), to.slice(0, bytes.len()).unwrap()).unwrap();
    stream.synchronize().unwrap();
    let mut back = vec![0; bytes.len()];
    device.read(&to, 0, &mut back).unwrap();
    assert!(back == bytes);
}
