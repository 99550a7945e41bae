//! Copies, and host memory that a device can copy from and to.

use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;

use ascend_hal::host::HostMemory;
use ascend_hal::{Location, Memory, Result};
use ascend_sys::ffi::{
    ACL_MEMCPY_DEVICE_TO_DEVICE, ACL_MEMCPY_DEVICE_TO_HOST, ACL_MEMCPY_HOST_TO_DEVICE, ACL_MEMCPY_HOST_TO_HOST, aclrtMemcpyKind,
};

use super::card::Card;
use super::stream::RawStream;
use crate::error::{CannResult, from_allocation, from_cann};
use crate::memory::NpuMemory;

/// Pinned host memory.
#[derive(Debug)]
pub(crate) struct HostBlock(HostMemory);

impl HostBlock {
    pub(crate) fn new(card: &Arc<Card>, bytes: usize) -> Result<Self> {
        if bytes == 0 {
            return Ok(Self(HostMemory::new(0, Location::Host, None)?));
        }
        let mut start = null_mut();
        let mut allocate = || {
            card.bind()?;
            // SAFETY: `start` is a place to write to.
            unsafe { card.cann().acl.aclrtMallocHost(&mut start, bytes) }
        };
        allocate().map_err(|error| from_allocation(error, card.id(), bytes, None))?;
        let Some(memory) = NonNull::new(start.cast::<u8>()) else {
            return Err(ascend_hal::Error::OutOfMemory { device: card.id(), asked_bytes: bytes, free_bytes: None });
        };
        // SAFETY: the allocation has that many bytes; they are new, and become initialised here.
        unsafe { memory.as_ptr().write_bytes(0, bytes) };
        let (owner, address) = (card.clone(), memory.as_ptr() as usize);
        let free = Arc::new(move |_| {
            // SAFETY: the allocation was made above and is given back once; streams that copy from or to it hold the block.
            owner.release(&owner.context(), || unsafe { owner.cann().acl.aclrtFreeHost(address as *mut c_void) });
        });
        // SAFETY: the allocation is this block's own until `free` is called.
        Ok(Self(unsafe { HostMemory::adopt(memory, bytes, Location::Host, free) }))
    }
}

impl Memory for HostBlock {
    fn location(&self) -> Location {
        Location::Host
    }
    fn size_bytes(&self) -> usize {
        self.0.size_bytes()
    }
    fn as_host(&self) -> Option<&HostMemory> {
        Some(&self.0)
    }
}

/// One end of a copy. The range has been checked.
#[derive(Clone, Copy)]
pub(crate) enum End<'a> {
    Host(&'a HostBlock, usize),
    Device(&'a NpuMemory, usize),
}

impl End<'_> {
    /// So many bytes on.
    pub(super) fn behind(self, bytes: usize) -> Self {
        match self {
            Self::Host(block, offset) => Self::Host(block, offset + bytes),
            Self::Device(memory, offset) => Self::Device(memory, offset + bytes),
        }
    }

    fn address(&self) -> *mut c_void {
        match self {
            Self::Host(block, offset) => (block.0.start().as_ptr() as usize + offset) as *mut c_void,
            Self::Device(memory, offset) => (memory.address() + offset) as *mut c_void,
        }
    }
}

/// How a copy on a stream is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By `aclrtMemcpyAsync`.
    Plain,
    /// By `aclrtMemcpy2dAsync`, as one row: for that function the documents have no rule of alignment.
    Row,
    /// By an operator on bytes.
    Operator,
    /// Within the host: CANN has no such copies on streams, so the bytes go through memory of the device.
    Bounce,
}

/// What CANN wants addresses of `aclrtMemcpyAsync` to be multiples of, up to version 8.3. Source: its pages of 8.3.RC1 and before.
pub(super) const ALIGNMENT: usize = 64;

impl Way {
    pub(super) fn of(card: &Card, from: End<'_>, to: End<'_>) -> Self {
        let aligned = !card.copies_aligned_only() || [from, to].iter().all(|end| (end.address() as usize).is_multiple_of(ALIGNMENT));
        match (from, to) {
            (End::Host(..), End::Host(..)) => Self::Bounce,
            _ if aligned => Self::Plain,
            (End::Device(..), End::Device(..)) => Self::Operator,
            _ => Self::Row,
        }
    }
}

fn kind(from: End<'_>, to: End<'_>) -> aclrtMemcpyKind {
    match (from, to) {
        (End::Host(..), End::Host(..)) => ACL_MEMCPY_HOST_TO_HOST,
        (End::Host(..), End::Device(..)) => ACL_MEMCPY_HOST_TO_DEVICE,
        (End::Device(..), End::Host(..)) => ACL_MEMCPY_DEVICE_TO_HOST,
        (End::Device(..), End::Device(..)) => ACL_MEMCPY_DEVICE_TO_DEVICE,
    }
}

/// Enqueues a copy of `bytes`, which are not 0, between the host and the device or within the device; `Row` is for the former.
///
/// # Safety
/// * Both ends have that many bytes, and stay allocated until the stream has passed the copy.
pub(super) unsafe fn copy(card: &Card, stream: &RawStream, way: Way, from: End<'_>, to: End<'_>, bytes: usize) -> CannResult<()> {
    stream.bind()?;
    let (acl, kind, handle) = (&card.cann().acl, kind(from, to), stream.handle());
    // SAFETY: the caller promises it.
    unsafe {
        match way {
            Way::Row => acl.aclrtMemcpy2dAsync(to.address(), bytes, from.address(), bytes, bytes, 1, kind, handle),
            _ => acl.aclrtMemcpyAsync(to.address(), bytes, from.address(), bytes, kind, handle),
        }
    }
}

/// Copies host bytes to the device, now.
pub(crate) fn write(card: &Card, memory: &NpuMemory, offset: usize, bytes: &[u8]) -> Result<()> {
    memory.check("write", offset, bytes.len())?;
    if bytes.is_empty() {
        return Ok(());
    }
    let copy = || {
        card.bind()?;
        let (to, from) = ((memory.address() + offset) as *mut c_void, bytes.as_ptr().cast());
        // SAFETY: the range was checked, and the allocation lives as long as `memory`.
        unsafe { card.cann().acl.aclrtMemcpy(to, bytes.len(), from, bytes.len(), ACL_MEMCPY_HOST_TO_DEVICE) }
    };
    copy().map_err(from_cann)
}

/// Copies bytes of the device to the host, now.
pub(crate) fn read(card: &Card, memory: &NpuMemory, offset: usize, bytes: &mut [u8]) -> Result<()> {
    memory.check("read", offset, bytes.len())?;
    if bytes.is_empty() {
        return Ok(());
    }
    let mut copy = || {
        card.bind()?;
        let from = (memory.address() + offset) as *const c_void;
        // SAFETY: as above; `bytes` is a place to write so many bytes to.
        unsafe { card.cann().acl.aclrtMemcpy(bytes.as_mut_ptr().cast(), bytes.len(), from, bytes.len(), ACL_MEMCPY_DEVICE_TO_HOST) }
    };
    copy().map_err(from_cann)
}
