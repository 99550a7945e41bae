//! Reserved addresses and physical memory.

use std::ffi::c_void;
use std::sync::Arc;

use ascend_sys::ffi::{
    ACL_MEM_LOCATION_TYPE_DEVICE, ACL_RT_MEM_ACCESS_FLAGS_NONE, ACL_RT_MEM_ACCESS_FLAGS_READWRITE, ACL_RT_MEM_ALLOC_GRANULARITY_MINIMUM,
    ACL_RT_MEM_ALLOC_GRANULARITY_RECOMMENDED, aclError, aclrtDrvMemHandle, aclrtMemAccessDesc, aclrtMemGranularityOptions,
    aclrtPhysicalMemProp,
};

use super::{Address, device, functions, give, invalid};
use crate::context;
use crate::fault::{Outcome, call};
use crate::machine::{Object, machine};
use crate::memory::{GRANULARITY, Physical};

pub(super) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclrtReserveMemAddress => reserve,
    aclrtReleaseMemAddress => release,
    aclrtMallocPhysical => malloc_physical,
    aclrtFreePhysical => free_physical,
    aclrtMapMem => map,
    aclrtUnmapMem => unmap,
    aclrtMemGetAllocationGranularity => granularity,
    aclrtMemSetAccess => set_access,
};

const KIND: &str = "physical memory";

/// The alignment and the wish for an address must be none; flags choose the size of pages, which makes no difference.
pub(super) unsafe extern "C" fn reserve(
    address: *mut *mut c_void,
    bytes: usize,
    alignment: usize,
    _expected: *mut c_void,
    flags: u64,
) -> aclError {
    call("aclrtReserveMemAddress", || {
        context::current()?;
        if alignment != 0 {
            return Err(invalid(format!("the alignment must be 0, {alignment} found")));
        }
        if flags > 1 {
            return Err(invalid(format!("flags of 0 or 1 asked, {flags} found")));
        }
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(address, std::ptr::null_mut(), "virPtr") }?;
        let start = machine().memory().reserve(bytes)?;
        // SAFETY: as above.
        unsafe { give(address, start as *mut c_void, "virPtr") }
    })
}

pub(super) unsafe extern "C" fn release(address: *mut c_void) -> aclError {
    call("aclrtReleaseMemAddress", || machine().memory().release(address as usize))
}

/// The device that the properties ask for.
///
/// # Safety
/// * `properties` is null or valid for reading.
unsafe fn device_of(properties: *const aclrtPhysicalMemProp) -> Outcome<u32> {
    if properties.is_null() {
        return Err(invalid("prop is null"));
    }
    // SAFETY: the caller promises it.
    let location = unsafe { (*properties).location };
    if location.type_ != ACL_MEM_LOCATION_TYPE_DEVICE {
        return Err(invalid(format!("memory of a device asked, a location of type {} found", location.type_)));
    }
    device::checked(location.id.cast_signed())
}

pub(super) unsafe extern "C" fn malloc_physical(
    handle: *mut aclrtDrvMemHandle,
    bytes: usize,
    properties: *const aclrtPhysicalMemProp,
    _flags: u64,
) -> aclError {
    call("aclrtMallocPhysical", || {
        context::current()?;
        // SAFETY: the caller's pointers are null or valid, by the function's rules.
        let device = unsafe {
            give(handle, std::ptr::null_mut(), "handle")?;
            device_of(properties)
        }?;
        let physical = Arc::new(machine().memory().allocate_physical(device, bytes)?);
        let made = machine().state().add(|_| Object::Other(KIND, physical));
        // SAFETY: as above.
        unsafe { give(handle, made as aclrtDrvMemHandle, "handle") }
    })
}

fn find(handle: aclrtDrvMemHandle) -> Outcome<Arc<Physical>> {
    machine().state().other(handle, KIND)
}

pub(super) unsafe extern "C" fn free_physical(handle: aclrtDrvMemHandle) -> aclError {
    call("aclrtFreePhysical", || {
        let physical = find(handle)?;
        machine().memory().free_physical(&physical)?;
        machine().state().remove(handle);
        Ok(())
    })
}

pub(super) unsafe extern "C" fn map(address: *mut c_void, bytes: usize, offset: usize, handle: aclrtDrvMemHandle, _flags: u64) -> aclError {
    call("aclrtMapMem", || {
        let physical = find(handle)?;
        machine().memory().map(address as usize, bytes, offset, &physical)
    })
}

pub(super) unsafe extern "C" fn unmap(address: *mut c_void) -> aclError {
    call("aclrtUnmapMem", || machine().memory().unmap(address as usize))
}

pub(super) unsafe extern "C" fn granularity(
    properties: *mut aclrtPhysicalMemProp,
    option: aclrtMemGranularityOptions,
    bytes: *mut usize,
) -> aclError {
    call("aclrtMemGetAllocationGranularity", || {
        if ![ACL_RT_MEM_ALLOC_GRANULARITY_MINIMUM, ACL_RT_MEM_ALLOC_GRANULARITY_RECOMMENDED].contains(&option) {
            return Err(invalid(format!("the minimum (0) or the recommended (1) granularity asked, {option} found")));
        }
        // SAFETY: the caller's pointers are null or valid, by the function's rules.
        unsafe {
            device_of(properties)?;
            give(bytes, GRANULARITY, "granularity")
        }
    })
}

/// Every device may reach what is mapped; that the range is mapped and the wish is one is checked.
pub(super) unsafe extern "C" fn set_access(address: *mut c_void, bytes: usize, wishes: *mut aclrtMemAccessDesc, number: usize) -> aclError {
    call("aclrtMemSetAccess", || {
        if wishes.is_null() || number == 0 {
            return Err(invalid("desc is null or has no elements"));
        }
        for index in 0..number {
            // SAFETY: the caller's array has that many elements, by the function's rules.
            let flags = unsafe { (*wishes.add(index)).flags };
            if !(ACL_RT_MEM_ACCESS_FLAGS_NONE..=ACL_RT_MEM_ACCESS_FLAGS_READWRITE).contains(&flags) {
                return Err(invalid(format!("access flags of 0, 1 or 3 asked, {flags} found")));
            }
        }
        machine().memory().span(address as usize, bytes).map(drop)
    })
}
