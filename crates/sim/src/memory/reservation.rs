//! Reserved addresses, and physical memory that is mapped at them.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;

use ascend_sys::ffi::ACL_ERROR_RT_MEMORY_ALLOCATION;

use super::region::{Region, file_of};
use super::span::{Life, Span};
use super::{Memory, POISON, POISONED_BYTES, misuse};
use crate::fault::{Fault, Outcome};

/// What sizes, addresses and offsets of mappings are multiples of.
pub(crate) const GRANULARITY: usize = 2 << 20;

/// Memory of a device without addresses of its own.
pub(crate) struct Physical {
    pub(crate) device: u32,
    pub(crate) bytes: usize,
    file: File,
}

pub(super) struct Reservation {
    /// What the program gets, at the first multiple of the granularity.
    addresses: Region,
    start: usize,
    bytes: usize,
    /// The same range in the simulation: pages come and go behind it.
    shadow: Arc<Region>,
    /// By offset.
    mapped: BTreeMap<usize, Mapped>,
}

struct Mapped {
    bytes: usize,
    physical: Arc<Physical>,
    life: Arc<Life>,
}

impl Reservation {
    pub(super) fn contains(&self, address: usize) -> bool {
        address.checked_sub(self.start).is_some_and(|offset| offset < self.bytes)
    }

    pub(super) fn describe(&self) -> String {
        format!("the reservation {:#x} of {} bytes", self.start, self.bytes)
    }

    /// The device of what is mapped at an address.
    pub(super) fn device(&self, address: usize) -> Option<u32> {
        let (start, mapped) = self.mapped.range(..=address - self.start).next_back()?;
        (address - self.start - start < mapped.bytes).then_some(mapped.physical.device)
    }

    /// The bytes behind a range, which may lie in several mappings side by side.
    pub(super) fn span(&self, address: usize, bytes: usize) -> Outcome<Span> {
        let offset = address - self.start;
        let end = offset.saturating_add(bytes);
        let mut lives = Vec::new();
        let mut covered = offset;
        if let Some((start, _)) = self.mapped.range(..=offset).next_back() {
            for (start, mapped) in self.mapped.range(start..) {
                if *start > covered || covered >= end {
                    break;
                }
                if start + mapped.bytes > covered {
                    covered = start + mapped.bytes;
                    lives.push(mapped.life.clone());
                }
            }
        }
        if covered < end || covered == offset {
            let what = format!("bytes {offset}..{end} asked of {}, nothing is mapped from {covered} on", self.describe());
            return Err(misuse(what));
        }
        Ok(Span { region: self.shadow.clone(), offset, address, lives })
    }
}

fn granular(what: &str, value: usize) -> Outcome {
    if value.is_multiple_of(GRANULARITY) {
        return Ok(());
    }
    Err(misuse(format!("{what} must be a multiple of the granularity, {GRANULARITY} bytes; {value} found")))
}

impl Memory {
    pub(crate) fn reserve(&mut self, bytes: usize) -> Outcome<usize> {
        if bytes == 0 {
            return Err(misuse("0 bytes asked".into()));
        }
        granular("the size", bytes)?;
        let exhausted = || Fault::refused(ACL_ERROR_RT_MEMORY_ALLOCATION, format!("{bytes} bytes of addresses asked, the system has none"));
        let larger = bytes.checked_add(GRANULARITY).ok_or_else(exhausted)?;
        let addresses = Region::addresses(larger).ok_or_else(exhausted)?;
        let start = addresses.start().next_multiple_of(GRANULARITY);
        let shadow = Arc::new(Region::addresses(bytes).ok_or_else(exhausted)?);
        self.reservations.insert(start, Reservation { addresses, start, bytes, shadow, mapped: BTreeMap::new() });
        Ok(start)
    }

    pub(crate) fn release(&mut self, address: usize) -> Outcome {
        let Some(reservation) = self.reservations.get(&address) else {
            return Err(misuse(format!("{address:#x} is no address that aclrtReserveMemAddress gave out and that is still reserved")));
        };
        if let Some((offset, _)) = reservation.mapped.first_key_value() {
            return Err(misuse(format!("{:#x} is still mapped; unmap it first", address + offset)));
        }
        if let Some(reservation) = self.reservations.remove(&address) {
            self.keep_out_of_use(reservation.addresses);
        }
        Ok(())
    }

    pub(crate) fn allocate_physical(&mut self, device: u32, bytes: usize) -> Outcome<Physical> {
        if bytes == 0 {
            return Err(misuse("0 bytes asked".into()));
        }
        granular("the size", bytes)?;
        self.take(device, bytes)?;
        let Some(file) = file_of(bytes) else {
            self.give_back(device, bytes);
            return Err(Fault::refused(ACL_ERROR_RT_MEMORY_ALLOCATION, format!("{bytes} bytes asked, the system has none")));
        };
        if let Some(region) = Region::addresses(bytes).filter(|region| region.back(0, bytes, &file, 0)) {
            region.fill(POISON, bytes.min(POISONED_BYTES));
        }
        Ok(Physical { device, bytes, file })
    }

    pub(crate) fn free_physical(&mut self, physical: &Arc<Physical>) -> Outcome {
        let mapped = self.reservations.values().find_map(|reservation| {
            let mut found = reservation.mapped.iter().filter(|(_, mapped)| Arc::ptr_eq(&mapped.physical, physical));
            found.next().map(|(offset, _)| reservation.start + offset)
        });
        if let Some(address) = mapped {
            return Err(misuse(format!("the physical memory is still mapped at {address:#x}; unmap it first")));
        }
        self.give_back(physical.device, physical.bytes);
        Ok(())
    }

    pub(crate) fn map(&mut self, address: usize, bytes: usize, offset: usize, physical: &Arc<Physical>) -> Outcome {
        granular("the address", address)?;
        granular("the size", bytes)?;
        if offset != 0 {
            return Err(misuse(format!("the offset must be 0, {offset} found")));
        }
        if bytes == 0 || bytes > physical.bytes {
            return Err(misuse(format!("{bytes} bytes asked of physical memory of {}", physical.bytes)));
        }
        let Some(reservation) = self.reservations.values_mut().find(|reservation| reservation.contains(address)) else {
            return Err(misuse(format!("{address:#x} is not reserved; aclrtReserveMemAddress comes first")));
        };
        let place = address - reservation.start;
        if place + bytes > reservation.bytes {
            return Err(misuse(format!("bytes {place}..{} asked of {}", place + bytes, reservation.describe())));
        }
        let before = reservation.mapped.range(..place + bytes).next_back();
        if let Some((start, _)) = before.filter(|(start, mapped)| *start + mapped.bytes > place) {
            return Err(misuse(format!("memory is mapped at {:#x} already", reservation.start + start)));
        }
        if !reservation.shadow.back(place, bytes, &physical.file, 0) {
            return Err(Fault::refused(ACL_ERROR_RT_MEMORY_ALLOCATION, format!("{bytes} bytes cannot be mapped by the system")));
        }
        reservation.mapped.insert(place, Mapped { bytes, physical: physical.clone(), life: Life::begin() });
        Ok(())
    }

    pub(crate) fn unmap(&mut self, address: usize) -> Outcome {
        let reservation = self.reservations.values_mut().find(|reservation| reservation.contains(address));
        let nothing = || misuse(format!("nothing is mapped at {address:#x}"));
        let reservation = reservation.ok_or_else(nothing)?;
        let place = address - reservation.start;
        let mapped = reservation.mapped.get(&place).ok_or_else(nothing)?;
        if mapped.life.used() {
            return Err(misuse(format!("{address:#x} is unmapped while a task on a stream uses it")));
        }
        mapped.life.end();
        reservation.shadow.unback(place, mapped.bytes);
        reservation.mapped.remove(&place);
        Ok(())
    }
}
