//! Accounting of device memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ascend_hal::host::HostMemory;
use ascend_hal::{Buffer, DeviceId, Error, Location, MemoryInfo, Result};

/// What is allocated, and how much may be.
#[derive(Debug)]
pub(crate) struct Ledger(Mutex<MemoryInfo>);

impl Ledger {
    pub(crate) fn new(limit_bytes: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(MemoryInfo { total_bytes: limit_bytes, ..MemoryInfo::default() })))
    }

    fn lock(&self) -> MutexGuard<'_, MemoryInfo> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn info(&self) -> MemoryInfo {
        *self.lock()
    }

    /// Allocates zeroed memory that presents itself as memory at `location`.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], decided before anything is allocated when the limit is at fault.
    pub(crate) fn alloc(self: &Arc<Self>, bytes: usize, location: Location) -> Result<Buffer> {
        self.reserve(bytes)?;
        let ledger = self.clone();
        let memory = HostMemory::new(bytes, location, Some(Arc::new(move |bytes| ledger.release(bytes))));
        match memory {
            Ok(memory) => Ok(Buffer::new(memory)),
            Err(refusal) => {
                self.release(bytes);
                Err(refusal)
            }
        }
    }

    fn reserve(&self, bytes: usize) -> Result<()> {
        let mut now = self.lock();
        let used = match now.used_bytes.checked_add(bytes) {
            Some(used) if used <= now.total_bytes => used,
            _ => {
                drop(now);
                return Err(self.refusal(bytes));
            }
        };
        now.used_bytes = used;
        now.peak_bytes = now.peak_bytes.max(used);
        now.allocations += 1;
        Ok(())
    }

    fn release(&self, bytes: usize) {
        let mut now = self.lock();
        now.used_bytes -= bytes;
        now.allocations -= 1;
    }

    fn refusal(&self, asked_bytes: usize) -> Error {
        let now = self.lock();
        Error::OutOfMemory { device: DeviceId::CPU, asked_bytes, free_bytes: Some(now.total_bytes - now.used_bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_and_freed_memory_counts_again() {
        let ledger = Ledger::new(100);
        let first = ledger.alloc(60, Location::Device(DeviceId::CPU)).unwrap();
        assert!(matches!(ledger.alloc(41, Location::Host), Err(Error::OutOfMemory { asked_bytes: 41, free_bytes: Some(40), .. })));
        let second = ledger.alloc(40, Location::Host).unwrap();
        assert_eq!(ledger.info(), MemoryInfo { total_bytes: 100, used_bytes: 100, peak_bytes: 100, allocations: 2 });
        drop((first, second));
        assert_eq!(ledger.info(), MemoryInfo { total_bytes: 100, used_bytes: 0, peak_bytes: 100, allocations: 0 });
    }

    #[test]
    fn what_the_allocator_refuses_is_not_counted() {
        let ledger = Ledger::new(usize::MAX);
        assert!(matches!(ledger.alloc(usize::MAX, Location::Host), Err(Error::OutOfMemory { .. })));
        assert!(matches!(ledger.alloc(isize::MAX as usize - 64, Location::Host), Err(Error::OutOfMemory { .. })));
        assert_eq!((ledger.info().used_bytes, ledger.info().allocations), (0, 0));
    }
}
