//! Memory and copies.

use std::ffi::c_void;

use ascend_sys::ffi::{
    ACL_MEM_LOCATION_TYPE_DEVICE, ACL_MEM_LOCATION_TYPE_HOST, ACL_MEM_LOCATION_TYPE_UNREGISTERED, aclError, aclrtHostRegisterType,
    aclrtMallocConfig, aclrtMemAttr, aclrtMemLocation, aclrtMemMallocPolicy, aclrtMemUsageInfo, aclrtPtrAttributes,
};

use super::{Address, device, functions, give, invalid};
use crate::context;
use crate::fault::{Outcome, call};
use crate::machine::machine;

pub(super) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclrtMalloc => malloc,
    aclrtMallocAlign32 => malloc_align32,
    aclrtFree => free,
    aclrtMallocHost => malloc_host,
    aclrtFreeHost => free_host,
    aclrtGetMemInfo => info,
    aclrtMallocCached => malloc_cached,
    aclrtMallocWithCfg => malloc_with_config,
    aclrtMallocHostWithCfg => malloc_host_with_config,
    aclrtFreeWithDevSync => free_after_wait,
    aclrtFreeHostWithDevSync => free_host_after_wait,
    aclrtHostRegister => host_register,
    aclrtHostRegisterV2 => host_register_v2,
    aclrtHostUnregister => host_unregister,
    aclrtHostGetDevicePointer => host_device_pointer,
    aclrtPointerGetAttributes => pointer_attributes,
    aclrtMemGetAddressRange => address_range,
    aclrtGetMemUsageInfo => usage_info,
    aclrtMemFlush => flush,
    aclrtMemInvalidate => invalidate,
};

/// # Safety
/// * `address` is null or valid for writing.
unsafe fn allocate(address: *mut *mut c_void, bytes: usize) -> Outcome {
    let device = context::current()?.device();
    // SAFETY: the caller promises it.
    unsafe { give(address, std::ptr::null_mut(), "devPtr") }?;
    let start = machine().memory().allocate(device, bytes)?;
    // SAFETY: the caller promises it.
    unsafe { give(address, start as *mut c_void, "devPtr") }
}

/// Policies choose page sizes and places, which are not simulated.
pub(super) unsafe extern "C" fn malloc(address: *mut *mut c_void, bytes: usize, _policy: aclrtMemMallocPolicy) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtMalloc", || unsafe { allocate(address, bytes) })
}

pub(super) unsafe extern "C" fn malloc_align32(address: *mut *mut c_void, bytes: usize, _policy: aclrtMemMallocPolicy) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtMallocAlign32", || unsafe { allocate(address, bytes) })
}

pub(super) unsafe extern "C" fn free(address: *mut c_void) -> aclError {
    call("aclrtFree", || machine().memory().free(address as usize))
}

/// Memory that the caches of the device hold; there are none.
pub(super) unsafe extern "C" fn malloc_cached(address: *mut *mut c_void, bytes: usize, _policy: aclrtMemMallocPolicy) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtMallocCached", || unsafe { allocate(address, bytes) })
}

/// What the configuration can say, the module that asks, makes no difference.
pub(super) unsafe extern "C" fn malloc_with_config(
    address: *mut *mut c_void,
    bytes: usize,
    _policy: aclrtMemMallocPolicy,
    _config: *mut aclrtMallocConfig,
) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtMallocWithCfg", || unsafe { allocate(address, bytes) })
}

/// # Safety
/// * `address` is null or valid for writing.
unsafe fn allocate_host(address: *mut *mut c_void, bytes: usize) -> Outcome {
    context::current()?;
    // SAFETY: the caller promises it.
    unsafe { give(address, std::ptr::null_mut(), "hostPtr") }?;
    let start = machine().memory().allocate_host(bytes)?;
    // SAFETY: as above.
    unsafe { give(address, start as *mut c_void, "hostPtr") }
}

pub(super) unsafe extern "C" fn malloc_host(address: *mut *mut c_void, bytes: usize) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtMallocHost", || unsafe { allocate_host(address, bytes) })
}

pub(super) unsafe extern "C" fn malloc_host_with_config(
    address: *mut *mut c_void,
    bytes: u64,
    _config: *mut aclrtMallocConfig,
) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtMallocHostWithCfg", || unsafe { allocate_host(address, usize::try_from(bytes).unwrap_or(usize::MAX)) })
}

pub(super) unsafe extern "C" fn free_host(address: *mut c_void) -> aclError {
    call("aclrtFreeHost", || machine().memory().free_host(address as usize))
}

/// Every kind of memory that can be asked about is the one that there is.
pub(super) unsafe extern "C" fn info(_kind: aclrtMemAttr, free: *mut usize, total: *mut usize) -> aclError {
    call("aclrtGetMemInfo", || {
        let (free_bytes, total_bytes) = machine().memory().info(context::current()?.device());
        let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        // SAFETY: the caller's pointers are null or valid, by the function's rules.
        unsafe {
            give(free, size(free_bytes), "free")?;
            give(total, size(total_bytes), "total")
        }
    })
}

pub(super) unsafe extern "C" fn free_after_wait(address: *mut c_void) -> aclError {
    call("aclrtFreeWithDevSync", || device::wait(None).and_then(|()| machine().memory().free(address as usize)))
}

pub(super) unsafe extern "C" fn free_host_after_wait(address: *mut c_void) -> aclError {
    call("aclrtFreeHostWithDevSync", || device::wait(None).and_then(|()| machine().memory().free_host(address as usize)))
}

fn register(host: *mut c_void, bytes: u64) -> Outcome<usize> {
    let device = context::current()?.device();
    if host.is_null() {
        return Err(invalid("ptr is null"));
    }
    let bytes = usize::try_from(bytes).map_err(|_| invalid(format!("{bytes} bytes asked, more than there are addresses")))?;
    machine().memory().register(device, host as usize, bytes)
}

pub(super) unsafe extern "C" fn host_register(
    host: *mut c_void,
    bytes: u64,
    _kind: aclrtHostRegisterType,
    address: *mut *mut c_void,
) -> aclError {
    call("aclrtHostRegister", || {
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(address, std::ptr::null_mut(), "devPtr") }?;
        let start = register(host, bytes)?;
        // SAFETY: as above.
        unsafe { give(address, start as *mut c_void, "devPtr") }
    })
}

pub(super) unsafe extern "C" fn host_register_v2(host: *mut c_void, bytes: u64, _flag: u32) -> aclError {
    call("aclrtHostRegisterV2", || register(host, bytes).map(drop))
}

pub(super) unsafe extern "C" fn host_unregister(host: *mut c_void) -> aclError {
    call("aclrtHostUnregister", || machine().memory().unregister(host as usize))
}

pub(super) unsafe extern "C" fn host_device_pointer(host: *mut c_void, address: *mut *mut c_void, flag: u32) -> aclError {
    call("aclrtHostGetDevicePointer", || {
        if flag != 0 {
            return Err(invalid(format!("the flag must be 0, {flag} found")));
        }
        let found = machine().memory().registered(host as usize)?;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(address, found as *mut c_void, "pDevice") }
    })
}

/// Memory that the runtime does not know is the host's, registered or not.
pub(super) unsafe extern "C" fn pointer_attributes(address: *const c_void, attributes: *mut aclrtPtrAttributes) -> aclError {
    call("aclrtPointerGetAttributes", || {
        if address.is_null() {
            return Err(invalid("ptr is null"));
        }
        let memory = machine().memory();
        let location = match memory.device(address as usize) {
            Some(id) => aclrtMemLocation { id, type_: ACL_MEM_LOCATION_TYPE_DEVICE },
            None if memory.pinned(address as usize) => aclrtMemLocation { id: 0, type_: ACL_MEM_LOCATION_TYPE_HOST },
            None => aclrtMemLocation { id: 0, type_: ACL_MEM_LOCATION_TYPE_UNREGISTERED },
        };
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(attributes, aclrtPtrAttributes { location, pageSize: 4096, rsv: [0; 4] }, "attributes") }
    })
}

pub(super) unsafe extern "C" fn address_range(address: *mut c_void, start: *mut *mut c_void, bytes: *mut usize) -> aclError {
    call("aclrtMemGetAddressRange", || {
        let found = machine().memory().range_of(address as usize);
        let (found, size) = found.ok_or_else(|| invalid(format!("{address:p} is no device memory")))?;
        // SAFETY: the caller's pointers are null or valid, by the function's rules.
        unsafe {
            give(start, found as *mut c_void, "pbase")?;
            give(bytes, size, "psize")
        }
    })
}

/// No module of the toolkit holds memory here: the list is empty.
pub(super) unsafe extern "C" fn usage_info(device: i32, _info: *mut aclrtMemUsageInfo, _room: usize, number: *mut usize) -> aclError {
    call("aclrtGetMemUsageInfo", || {
        device::checked(device)?;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(number, 0, "outputNum") }
    })
}

/// Caches are not simulated; that the range is memory is.
pub(super) unsafe extern "C" fn flush(address: *mut c_void, bytes: usize) -> aclError {
    call("aclrtMemFlush", || machine().memory().span(address as usize, bytes).map(drop))
}

pub(super) unsafe extern "C" fn invalidate(address: *mut c_void, bytes: usize) -> aclError {
    call("aclrtMemInvalidate", || machine().memory().span(address as usize, bytes).map(drop))
}
