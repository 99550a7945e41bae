//! Memory of the devices, and host memory that the runtime gave out.
//!
//! An allocation on a device is two mappings: addresses that nothing may touch, which the program gets, and the bytes, which only the simulation knows. So the
//! host that dereferences a device pointer faults, as it should.

mod region;
mod reservation;
mod span;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use ascend_sys::ffi::{
    ACL_ERROR_HOST_MEMORY_ALREADY_REGISTERED, ACL_ERROR_HOST_MEMORY_NOT_REGISTERED, ACL_ERROR_RT_MEMORY_ALLOCATION,
    ACL_ERROR_RT_PARAM_INVALID,
};

use crate::fault::{Fault, Outcome};
use crate::faults;
use region::Region;
use reservation::Reservation;
use span::Life;

pub(crate) use reservation::{GRANULARITY, Physical};
pub(crate) use span::{InUse, Span};

/// Fresh memory is filled with this byte, which makes NaN of every floating-point type, up to `POISONED_BYTES`: a large allocation costs nothing.
const POISON: u8 = 0xFF;
const POISONED_BYTES: usize = 64 << 20;

/// Freed addresses are kept out of use, so that a late access is found out, until there are this many bytes of them.
const QUARANTINE_BYTES: usize = 1 << 40;

/// Allocations are counted in pages of this size, as on a card.
const PAGE_BYTES: usize = 4096;

struct Allocation {
    device: u32,
    bytes: usize,
    addresses: Region,
    content: Arc<Region>,
    life: Arc<Life>,
    /// The host memory that it is, if it was not allocated but registered.
    registered: Option<usize>,
}

pub(crate) struct Memory {
    budget_bytes: u64,
    used_bytes: Vec<u64>,
    /// By the first address.
    allocations: BTreeMap<usize, Allocation>,
    freed: BTreeMap<usize, Region>,
    /// In the order of their ends.
    freed_order: VecDeque<usize>,
    freed_bytes: usize,
    /// Host memory, by its address.
    host: BTreeMap<usize, Region>,
    reservations: BTreeMap<usize, Reservation>,
}

impl Memory {
    pub(crate) fn new(devices: u32, budget_bytes: u64) -> Self {
        let used_bytes = vec![0; devices as usize];
        let (allocations, host, reservations) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self {
            budget_bytes,
            used_bytes,
            allocations,
            freed: BTreeMap::new(),
            freed_order: VecDeque::new(),
            freed_bytes: 0,
            host,
            reservations,
        }
    }

    /// Free and total bytes of a device.
    pub(crate) fn info(&self, device: u32) -> (u64, u64) {
        (self.budget_bytes - self.used_bytes[device as usize], self.budget_bytes)
    }

    /// Takes bytes from a device's budget.
    fn take(&mut self, device: u32, bytes: usize) -> Outcome {
        faults::on_allocation(Some(device))?;
        let (free, _) = self.info(device);
        if bytes as u64 > free {
            let what = format!("{bytes} bytes asked, {free} free on device {device}");
            return Err(Fault::refused(ACL_ERROR_RT_MEMORY_ALLOCATION, what));
        }
        self.used_bytes[device as usize] += bytes as u64;
        Ok(())
    }

    fn give_back(&mut self, device: u32, bytes: usize) {
        self.used_bytes[device as usize] -= bytes as u64;
    }

    pub(crate) fn allocate(&mut self, device: u32, bytes: usize) -> Outcome<usize> {
        let pages = pages(bytes)?;
        self.take(device, pages)?;
        let (Some(addresses), Some(content)) = (Region::addresses(pages), Region::memory(pages)) else {
            self.give_back(device, pages);
            return Err(Fault::refused(ACL_ERROR_RT_MEMORY_ALLOCATION, format!("{bytes} bytes asked, the system has none")));
        };
        content.fill(POISON, bytes.min(POISONED_BYTES));
        let start = addresses.start();
        let allocation = Allocation { device, bytes, addresses, content: Arc::new(content), life: Life::begin(), registered: None };
        self.allocations.insert(start, allocation);
        Ok(start)
    }

    pub(crate) fn free(&mut self, address: usize) -> Outcome {
        let Some(allocation) = self.allocations.get(&address).filter(|allocation| allocation.registered.is_none()) else {
            return Err(self.not_an_allocation(address));
        };
        if allocation.life.used() {
            return Err(misuse(format!("{address:#x} is freed while a task on a stream uses it")));
        }
        let Some(allocation) = self.allocations.remove(&address) else { return Ok(()) };
        allocation.life.end();
        self.give_back(allocation.device, allocation.addresses.bytes());
        self.keep_out_of_use(allocation.addresses);
        Ok(())
    }

    /// Keeps addresses for a while after their end.
    fn keep_out_of_use(&mut self, addresses: Region) {
        self.freed_bytes += addresses.bytes();
        self.freed_order.push_back(addresses.start());
        self.freed.insert(addresses.start(), addresses);
        while self.freed_bytes > QUARANTINE_BYTES {
            let oldest = self.freed_order.pop_front().and_then(|start| self.freed.remove(&start));
            self.freed_bytes -= oldest.map_or(self.freed_bytes, |oldest| oldest.bytes());
        }
    }

    /// Whether the address was a device's and is kept out of use.
    fn was_freed(&self, address: usize) -> bool {
        self.freed.range(..=address).next_back().is_some_and(|(_, region)| region.contains(address))
    }

    fn not_an_allocation(&self, address: usize) -> Fault {
        if let Some(reservation) = self.reservation(address) {
            return misuse(format!("{address:#x} lies within {}; aclrtUnmapMem and aclrtReleaseMemAddress end it", reservation.describe()));
        }
        match self.containing(address) {
            Some((_, Allocation { registered: Some(host), .. })) => {
                return misuse(format!("{address:#x} is the host memory {host:#x}; aclrtHostUnregister ends it"));
            }
            Some((start, _)) => {
                return misuse(format!(
                    "{address:#x} lies within the allocation at {start:#x}; only an allocation's own address can be freed"
                ));
            }
            None => {}
        }
        if self.was_freed(address) {
            return misuse(format!("{address:#x} has been freed already"));
        }
        misuse(format!("{address:#x} is no device memory"))
    }

    fn containing(&self, address: usize) -> Option<(usize, &Allocation)> {
        let (start, allocation) = self.allocations.range(..=address).next_back()?;
        (address - start < allocation.addresses.bytes()).then_some((*start, allocation))
    }

    fn reservation(&self, address: usize) -> Option<&Reservation> {
        self.reservations.range(..=address).next_back().map(|(_, reservation)| reservation).filter(|r| r.contains(address))
    }

    /// Whether the address lies on a device, or did so before it was freed.
    pub(crate) fn on_device(&self, address: usize) -> bool {
        self.containing(address).is_some() || self.reservation(address).is_some() || self.was_freed(address)
    }

    /// The device that the address lies on.
    pub(crate) fn device(&self, address: usize) -> Option<u32> {
        let allocated = self.containing(address).map(|(_, allocation)| allocation.device);
        allocated.or_else(|| self.reservation(address)?.device(address))
    }

    /// The bytes behind a range of device addresses.
    pub(crate) fn span(&self, address: usize, bytes: usize) -> Outcome<Span> {
        if let Some(reservation) = self.reservation(address) {
            return reservation.span(address, bytes);
        }
        let Some((start, allocation)) = self.containing(address) else {
            return Err(if self.was_freed(address) {
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
        Ok(Span { region: allocation.content.clone(), offset, address, lives: vec![allocation.life.clone()] })
    }

    /// The allocation that an address lies in: its first address and its size.
    pub(crate) fn range_of(&self, address: usize) -> Option<(usize, usize)> {
        self.containing(address).map(|(start, allocation)| (start, allocation.bytes))
    }

    /// Makes host memory of the program's own visible to a device, and pinned.
    pub(crate) fn register(&mut self, device: u32, host: usize, bytes: usize) -> Outcome<usize> {
        if self.allocations.values().any(|allocation| allocation.registered == Some(host)) {
            let what = format!("the host memory {host:#x} is registered already");
            return Err(Fault::misuse(ACL_ERROR_HOST_MEMORY_ALREADY_REGISTERED, what));
        }
        let exhausted = || Fault::refused(ACL_ERROR_RT_MEMORY_ALLOCATION, format!("no addresses for {bytes} bytes"));
        let addresses = Region::addresses(pages(bytes)?).ok_or_else(exhausted)?;
        let content = Region::of_program(host, bytes).ok_or_else(exhausted)?;
        let start = addresses.start();
        let allocation = Allocation { device, bytes, addresses, content: Arc::new(content), life: Life::begin(), registered: Some(host) };
        self.allocations.insert(start, allocation);
        Ok(start)
    }

    /// The device address of registered host memory.
    pub(crate) fn registered(&self, host: usize) -> Outcome<usize> {
        let mut found = self.allocations.iter().filter_map(|(start, allocation)| {
            let offset = host.checked_sub(allocation.registered?)?;
            (offset < allocation.bytes).then_some(start + offset)
        });
        let not = || Fault::misuse(ACL_ERROR_HOST_MEMORY_NOT_REGISTERED, format!("the host memory {host:#x} is not registered"));
        found.next().ok_or_else(not)
    }

    pub(crate) fn unregister(&mut self, host: usize) -> Outcome {
        let start = self.registered(host)?;
        let whole = self.allocations.get(&start).filter(|allocation| allocation.registered == Some(host));
        let Some(allocation) = whole else {
            return Err(misuse(format!("{host:#x} lies within registered memory; only its first address can be unregistered")));
        };
        if allocation.life.used() {
            return Err(misuse(format!("{host:#x} is unregistered while a task on a stream uses it")));
        }
        if let Some(allocation) = self.allocations.remove(&start) {
            allocation.life.end();
            self.keep_out_of_use(allocation.addresses);
        }
        Ok(())
    }

    pub(crate) fn allocate_host(&mut self, bytes: usize) -> Outcome<usize> {
        let exhausted =
            || Fault::refused(ACL_ERROR_RT_MEMORY_ALLOCATION, format!("{bytes} bytes of host memory asked, the system has none"));
        faults::on_allocation(None)?;
        let region = Region::memory(pages(bytes)?).ok_or_else(exhausted)?;
        let start = region.start();
        self.host.insert(start, region);
        Ok(start)
    }

    pub(crate) fn free_host(&mut self, address: usize) -> Outcome {
        let freed = self.host.remove(&address).map(drop);
        freed.ok_or_else(|| misuse(format!("{address:#x} is no host memory that aclrtMallocHost gave out and that is still allocated")))
    }

    /// Whether the address is of host memory that the runtime gave out or has registered.
    pub(crate) fn pinned(&self, address: usize) -> bool {
        let given_out = self.host.range(..=address).next_back().is_some_and(|(_, region)| region.contains(address));
        given_out || self.registered(address).is_ok()
    }

    /// What is allocated, in words.
    pub(crate) fn alive(&self) -> impl Iterator<Item = String> {
        let device = self.allocations.iter().map(|(start, a)| match a.registered {
            None => format!("memory {start:#x} of {} bytes on device {}", a.bytes, a.device),
            Some(host) => format!("the registration of host memory {host:#x} of {} bytes", a.bytes),
        });
        let host = self.host.iter().map(|(start, region)| format!("host memory {start:#x} of {} bytes", region.bytes()));
        device.chain(host).chain(self.reservations.values().map(Reservation::describe))
    }
}

fn misuse(what: String) -> Fault {
    Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, what)
}

fn pages(bytes: usize) -> Outcome<usize> {
    if bytes == 0 {
        return Err(misuse("0 bytes asked".into()));
    }
    let pages = bytes.checked_next_multiple_of(PAGE_BYTES);
    pages.ok_or_else(|| Fault::refused(ACL_ERROR_RT_MEMORY_ALLOCATION, format!("{bytes} bytes asked, more than there are addresses")))
}
