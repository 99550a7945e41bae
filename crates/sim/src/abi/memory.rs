//! Memory and copies.

use std::ffi::c_void;

use ascend_sys::ffi::{
    ACL_ERROR_RT_INVALID_MEMORY_TYPE, ACL_ERROR_RT_PARAM_INVALID, ACL_MEMCPY_DEFAULT, ACL_MEMCPY_DEVICE_TO_DEVICE,
    ACL_MEMCPY_DEVICE_TO_HOST, ACL_MEMCPY_HOST_TO_DEVICE, ACL_MEMCPY_HOST_TO_HOST, aclError, aclrtMemAttr, aclrtMemMallocPolicy,
    aclrtMemcpyKind, aclrtStream,
};

use super::give;
use crate::capture;
use crate::context;
use crate::fault::{Fault, Outcome, call};
use crate::machine::machine;
use crate::memory::Span;

fn invalid(what: impl Into<String>) -> Fault {
    Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, what)
}

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

pub(super) unsafe extern "C" fn malloc_host(address: *mut *mut c_void, bytes: usize) -> aclError {
    call("aclrtMallocHost", || {
        context::current()?;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(address, std::ptr::null_mut(), "hostPtr") }?;
        let start = machine().memory().allocate_host(bytes)?;
        // SAFETY: as above.
        unsafe { give(address, start as *mut c_void, "hostPtr") }
    })
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

/// One end of a copy.
enum Place {
    Host(*mut u8),
    Device(Span),
}

// SAFETY: the program hands a host address over for as long as the copy lasts; a span keeps its memory itself.
unsafe impl Send for Place {}
// SAFETY: as above.
unsafe impl Sync for Place {}

impl Place {
    fn address(&self) -> *mut u8 {
        match self {
            Self::Host(address) => *address,
            Self::Device(span) => span.address(),
        }
    }

    fn span(&self) -> Option<Span> {
        match self {
            Self::Host(_) => None,
            Self::Device(span) => Some(span.clone()),
        }
    }

    /// An address of the side that the kind of copy says, `None` for either.
    fn find(address: *mut u8, bytes: usize, on_device: Option<bool>, name: &str) -> Outcome<Self> {
        if address.is_null() {
            return Err(invalid(format!("{name} is null")));
        }
        let memory = machine().memory();
        let found = memory.on_device(address as usize);
        match on_device.unwrap_or(found) {
            true => memory.span(address as usize, bytes).map(Self::Device),
            false if found => {
                let what = format!("{name} is on the host by the kind of copy, but {address:p} is device memory");
                Err(Fault::misuse(ACL_ERROR_RT_INVALID_MEMORY_TYPE, what))
            }
            false => Ok(Self::Host(address)),
        }
    }
}

/// Whether each end of a copy that is on the host is pinned.
fn pinned(destination: *const c_void, source: *const c_void) -> bool {
    let memory = machine().memory();
    [destination as usize, source as usize].into_iter().all(|address| memory.on_device(address) || memory.pinned(address))
}

/// A checked copy, ready to be made, and the device memory that it touches.
fn plan(
    destination: *mut c_void,
    room: usize,
    source: *const c_void,
    bytes: usize,
    kind: aclrtMemcpyKind,
) -> Outcome<(Vec<Span>, impl Fn() + Send + Sync)> {
    if bytes == 0 || bytes > room {
        return Err(invalid(format!("{bytes} bytes asked, at least 1 and no more than the {room} of the destination can be copied")));
    }
    let (from, to) = match kind {
        ACL_MEMCPY_HOST_TO_HOST => (Some(false), Some(false)),
        ACL_MEMCPY_HOST_TO_DEVICE => (Some(false), Some(true)),
        ACL_MEMCPY_DEVICE_TO_HOST => (Some(true), Some(false)),
        ACL_MEMCPY_DEVICE_TO_DEVICE => (Some(true), Some(true)),
        ACL_MEMCPY_DEFAULT => (None, None),
        other => return Err(invalid(format!("{other} is no kind of copy that is simulated"))),
    };
    let source = Place::find(source.cast_mut().cast(), bytes, from, "src")?;
    let destination = Place::find(destination.cast(), bytes, to, "dst")?;
    let uses = source.span().into_iter().chain(destination.span()).collect();
    let copy = move || {
        let (source, destination) = (&source, &destination);
        // SAFETY: device ranges were checked and are kept by their spans; host ranges are valid by the rules of the function that was called.
        unsafe { std::ptr::copy(source.address(), destination.address(), bytes) };
    };
    Ok((uses, copy))
}

pub(super) unsafe extern "C" fn copy(
    destination: *mut c_void,
    room: usize,
    source: *const c_void,
    bytes: usize,
    kind: aclrtMemcpyKind,
) -> aclError {
    call("aclrtMemcpy", || {
        context::current()?;
        capture::refuse_synchronous()?;
        plan(destination, room, source, bytes, kind)?.1();
        Ok(())
    })
}

pub(super) unsafe extern "C" fn copy_async(
    destination: *mut c_void,
    room: usize,
    source: *const c_void,
    bytes: usize,
    kind: aclrtMemcpyKind,
    stream: aclrtStream,
) -> aclError {
    call("aclrtMemcpyAsync", || {
        let stream = context::stream(stream)?;
        let (uses, copy) = plan(destination, room, source, bytes, kind)?;
        if uses.len() < 2 && machine().config().cann.major >= 9 && !pinned(destination, source) {
            capture::refuse_pageable()?;
        }
        stream.submit(uses, move |_| {
            copy();
            Ok(())
        })
    })
}

/// A checked fill, ready to be made, and the device memory that it touches.
fn plan_set(address: *mut c_void, room: usize, value: i32, bytes: usize) -> Outcome<(Vec<Span>, impl Fn() + Send + Sync)> {
    if bytes == 0 || bytes > room {
        return Err(invalid(format!("{bytes} bytes asked, at least 1 and no more than the {room} of the destination can be set")));
    }
    let place = Place::find(address.cast(), bytes, None, "devPtr")?;
    // C's memset takes the low byte.
    let byte = value as u8;
    let uses = place.span().into_iter().collect();
    let set = move || {
        let place = &place;
        // SAFETY: a device range was checked and is kept by its span; a host range is valid by the rules of the function that was called.
        unsafe { place.address().write_bytes(byte, bytes) };
    };
    Ok((uses, set))
}

pub(super) unsafe extern "C" fn set(address: *mut c_void, room: usize, value: i32, bytes: usize) -> aclError {
    call("aclrtMemset", || {
        context::current()?;
        capture::refuse_synchronous()?;
        plan_set(address, room, value, bytes)?.1();
        Ok(())
    })
}

pub(super) unsafe extern "C" fn set_async(address: *mut c_void, room: usize, value: i32, bytes: usize, stream: aclrtStream) -> aclError {
    call("aclrtMemsetAsync", || {
        let stream = context::stream(stream)?;
        let (uses, set) = plan_set(address, room, value, bytes)?;
        stream.submit(uses, move |_| {
            set();
            Ok(())
        })
    })
}
