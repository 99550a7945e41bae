//! A CANN without cards.

use std::ffi::c_void;
use std::sync::Arc;

use ascend_hal::Error;
use ascend_npu::NpuDevice;
use ascend_sys::Cann;
use ascend_sys::ffi::ACL_ERROR_RT_NO_DEVICE;

extern "C" fn no_device(_count: *mut u32) -> i32 {
    ACL_ERROR_RT_NO_DEVICE
}

extern "C" fn failing(_count: *mut u32) -> i32 {
    207_001
}

fn without_device(name: &str) -> Option<*const c_void> {
    if name == "aclrtGetDeviceCount" { Some(no_device as *const c_void) } else { ascend_sim::find(name) }
}

fn that_fails(name: &str) -> Option<*const c_void> {
    if name == "aclrtGetDeviceCount" { Some(failing as *const c_void) } else { ascend_sim::find(name) }
}

#[test]
fn a_cann_that_sees_no_device_has_none_and_another_failure_is_told() {
    let cann = Cann::in_process("a CANN without a card", without_device);
    assert_eq!(NpuDevice::count(&cann).unwrap(), 0);
    assert!(matches!(NpuDevice::open(Arc::new(cann), "npu", 0), Err(Error::NoDevice { .. })));
    let cann = Cann::in_process("a CANN that fails", that_fails);
    assert!(matches!(NpuDevice::count(&cann), Err(Error::Backend { code: 207_001, .. })));
    assert!(matches!(NpuDevice::open(Arc::new(cann), "npu", 0), Err(Error::Backend { .. })));
}
