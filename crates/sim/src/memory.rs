//! Memory of the devices, and host memory that the runtime gave out.
//!
//! An allocation on a device is two mappings: addresses that nothing may touch, which the program gets, and the bytes, which only the simulation knows. So the
//! host that dereferences a device pointer faults, as it should.

use std::collections::{BTreeMap, VecDeque};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ascend_sys::ffi::{ACL_ERROR_RT_MEMORY_ALLOCATION, ACL_ERROR_RT_PARAM_INVALID, aclError};

use crate::fault::{Fault, Outcome};

/// Fresh memory is filled with this byte, which makes NaN of every floating-point type, up to `POISONED_BYTES`: a large allocation costs nothing.
const POISON: u8 = 0xFF;
const POISONED_BYTES: usize = 64 << 20;

/// Freed addresses are kept out of use, so that a late access is found out, until there are this many bytes of them.
const QUARANTINE_BYTES: usize = 1 << 40;

/// Allocations are counted in pages of this size, as on a card.
const PAGE_BYTES: usize = 4096;

/// A mapping of this process.
pub(crate) struct Region {
    address: NonNull<u8>,
    bytes: usize,
}

// SAFETY: a region is memory that no thread owns; what is done in it is ordered by the program's streams and synchronisations, as on a card.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

impl Region {
    fn map(bytes: usize, protection: libc::c_int) -> Option<Self> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping at an address of the system's choice touches no other memory.
        let address = unsafe { libc::mmap(std::ptr::null_mut(), bytes, protection, flags, -1, 0) };
        if address == libc::MAP_FAILED { None } else { Some(Self { address: NonNull::new(address.cast())?, bytes }) }
    }

    fn start(&self) -> usize {
        self.address.as_ptr() as usize
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and nothing refers to it any more.
        unsafe { libc::munmap(self.address.as_ptr().cast(), self.bytes) };
    }
}

/// The bytes behind an allocation's addresses. They stay mapped for as long as a span of them exists.
struct Content {
    region: Region,
    address: usize,
    /// Tasks that are enqueued or run and touch it.
    users: AtomicUsize,
    freed: AtomicBool,
}

/// Bytes of a device.
#[derive(Clone)]
pub(crate) struct Span {
    content: Arc<Content>,
    offset: usize,
}

impl Span {
    pub(crate) fn address(&self) -> *mut u8 {
        // SAFETY: a span lies within its region.
        unsafe { self.content.region.address.as_ptr().add(self.offset) }
    }

    /// Keeps the memory from being freed, until the value is dropped. Refused if it has been freed already.
    pub(crate) fn in_use(&self) -> Outcome<InUse> {
        self.content.users.fetch_add(1, Ordering::AcqRel);
        let guard = InUse(self.content.clone());
        if self.content.freed.load(Ordering::Acquire) {
            return Err(misuse(format!("{:#x} is used after it was freed", self.content.address + self.offset)));
        }
        Ok(guard)
    }
}

/// A use of memory by a task.
pub(crate) struct InUse(Arc<Content>);

impl Drop for InUse {
    fn drop(&mut self) {
        self.0.users.fetch_sub(1, Ordering::AcqRel);
    }
}

struct Allocation {
    device: u32,
    bytes: usize,
    addresses: Region,
    content: Arc<Content>,
}

pub(crate) struct Memory {
    budget_bytes: u64,
    used_bytes: Vec<u64>,
    /// By the first address.
    allocations: BTreeMap<usize, Allocation>,
    freed: VecDeque<Region>,
    freed_bytes: usize,
    /// Host memory, by its address.
    host: BTreeMap<usize, Region>,
}

impl Memory {
    pub(crate) fn new(devices: u32, budget_bytes: u64) -> Self {
        let used_bytes = vec![0; devices as usize];
        Self { budget_bytes, used_bytes, allocations: BTreeMap::new(), freed: VecDeque::new(), freed_bytes: 0, host: BTreeMap::new() }
    }

    /// Free and total bytes of a device.
    pub(crate) fn info(&self, device: u32) -> (u64, u64) {
        (self.budget_bytes - self.used_bytes[device as usize], self.budget_bytes)
    }

    pub(crate) fn allocate(&mut self, device: u32, bytes: usize) -> Outcome<usize> {
        let (free, _) = self.info(device);
        let exhausted = || Fault::refused(ACL_ERROR_RT_MEMORY_ALLOCATION, format!("{bytes} bytes asked, {free} free on device {device}"));
        let pages = pages(bytes)?;
        if pages as u64 > free {
            return Err(exhausted());
        }
        let addresses = Region::map(pages, libc::PROT_NONE).ok_or_else(exhausted)?;
        let content = Region::map(pages, libc::PROT_READ | libc::PROT_WRITE).ok_or_else(exhausted)?;
        // SAFETY: the region is new and at least that long.
        unsafe { content.address.as_ptr().write_bytes(POISON, bytes.min(POISONED_BYTES)) };
        self.used_bytes[device as usize] += pages as u64;
        let start = addresses.start();
        let content = Content { region: content, address: start, users: AtomicUsize::new(0), freed: AtomicBool::new(false) };
        self.allocations.insert(start, Allocation { device, bytes, addresses, content: Arc::new(content) });
        Ok(start)
    }

    pub(crate) fn free(&mut self, address: usize) -> Outcome {
        let Some(allocation) = self.allocations.get(&address) else { return Err(self.not_an_allocation(address)) };
        if allocation.content.users.load(Ordering::Acquire) > 0 {
            return Err(misuse(format!("{address:#x} is freed while a task on a stream uses it")));
        }
        let Some(allocation) = self.allocations.remove(&address) else { return Ok(()) };
        allocation.content.freed.store(true, Ordering::Release);
        self.used_bytes[allocation.device as usize] -= allocation.addresses.bytes as u64;
        self.freed_bytes += allocation.addresses.bytes;
        self.freed.push_back(allocation.addresses);
        while self.freed_bytes > QUARANTINE_BYTES {
            self.freed_bytes -= self.freed.pop_front().map_or(self.freed_bytes, |oldest| oldest.bytes);
        }
        Ok(())
    }

    fn not_an_allocation(&self, address: usize) -> Fault {
        let within = |start: usize, bytes: usize| (start..start + bytes).contains(&address);
        if let Some((start, _)) = self.containing(address) {
            return misuse(format!("{address:#x} lies within the allocation at {start:#x}; only an allocation's own address can be freed"));
        }
        if self.freed.iter().any(|region| within(region.start(), region.bytes)) {
            return misuse(format!("{address:#x} has been freed already"));
        }
        misuse(format!("{address:#x} is no device memory"))
    }

    fn containing(&self, address: usize) -> Option<(usize, &Allocation)> {
        let (start, allocation) = self.allocations.range(..=address).next_back()?;
        (address - start < allocation.addresses.bytes).then_some((*start, allocation))
    }

    /// Whether the address lies on a device.
    pub(crate) fn on_device(&self, address: usize) -> bool {
        self.containing(address).is_some()
    }

    /// The bytes behind a range of device addresses.
    pub(crate) fn span(&self, address: usize, bytes: usize) -> Outcome<Span> {
        let Some((start, allocation)) = self.containing(address) else {
            return Err(if self.freed.iter().any(|region| (region.start()..region.start() + region.bytes).contains(&address)) {
                misuse(format!("{address:#x} is used after it was freed"))
            } else {
                misuse(format!("{address:#x} is no device memory"))
            });
        };
        let offset = address - start;
        if offset.checked_add(bytes).is_none_or(|end| end > allocation.bytes) {
            let size = allocation.bytes;
            return Err(misuse(format!("bytes {offset}..{} asked of an allocation of {size}", offset.saturating_add(bytes))));
        }
        Ok(Span { content: allocation.content.clone(), offset })
    }

    pub(crate) fn allocate_host(&mut self, bytes: usize) -> Outcome<usize> {
        let exhausted =
            || Fault::refused(ACL_ERROR_RT_MEMORY_ALLOCATION, format!("{bytes} bytes of host memory asked, the system has none"));
        let region = Region::map(pages(bytes)?, libc::PROT_READ | libc::PROT_WRITE).ok_or_else(exhausted)?;
        let start = region.start();
        self.host.insert(start, region);
        Ok(start)
    }

    pub(crate) fn free_host(&mut self, address: usize) -> Outcome {
        let freed = self.host.remove(&address).map(drop);
        freed.ok_or_else(|| misuse(format!("{address:#x} is no host memory that aclrtMallocHost gave out and that is still allocated")))
    }

    /// Whether the address is of host memory that the runtime gave out.
    pub(crate) fn pinned(&self, address: usize) -> bool {
        self.host.range(..=address).next_back().is_some_and(|(start, region)| address - start < region.bytes)
    }

    /// What is allocated, in words.
    pub(crate) fn alive(&self) -> impl Iterator<Item = String> {
        let device = self.allocations.iter().map(|(start, a)| format!("memory {start:#x} of {} bytes on device {}", a.bytes, a.device));
        let host = self.host.iter().map(|(start, region)| format!("host memory {start:#x} of {} bytes", region.bytes));
        device.chain(host)
    }
}

fn misuse(what: String) -> Fault {
    const CODE: aclError = ACL_ERROR_RT_PARAM_INVALID;
    Fault::misuse(CODE, what)
}

fn pages(bytes: usize) -> Outcome<usize> {
    if bytes == 0 {
        return Err(misuse("0 bytes asked".into()));
    }
    let pages = bytes.checked_next_multiple_of(PAGE_BYTES);
    pages.ok_or_else(|| Fault::refused(ACL_ERROR_RT_MEMORY_ALLOCATION, format!("{bytes} bytes asked, more than there are addresses")))
}
