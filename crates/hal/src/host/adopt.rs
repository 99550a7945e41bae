//! Adopting: memory that something else allocated becomes a block of host memory.

use std::ptr::NonNull;
use std::sync::{Arc, RwLock};

use super::{HostMemory, Owner, Rights};
use crate::Location;

impl HostMemory {
    /// A block that a driver allocated, as memory at `location`. `on_free` hears the size when the block is dropped, and gives the memory back.
    ///
    /// # Safety
    /// * `start` is the start of `size` initialised bytes that may be read and written until `on_free` is called.
    /// * Nothing else in this process reads or writes them in the meantime, but transfers by a device, which the user of the block orders.
    pub unsafe fn adopt(start: NonNull<u8>, size: usize, location: Location, on_free: Arc<dyn Fn(usize) + Send + Sync>) -> Self {
        Self { start, size, location, lock: RwLock::new(Rights::Write), owner: Owner::Lender, on_free: Some(on_free) }
    }

    /// Where the block starts: what a device's transfers are given.
    pub fn start(&self) -> NonNull<u8> {
        self.start
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn adopted_memory_is_read_and_written_in_place_and_given_back_once() {
        static FREED: AtomicUsize = AtomicUsize::new(0);
        let mut bytes = vec![0u8; 8];
        let start = NonNull::new(bytes.as_mut_ptr()).unwrap();
        let on_free = Arc::new(|size| {
            FREED.fetch_add(size, Ordering::Relaxed);
        });
        // SAFETY: the vector outlives the block, and is not touched before the block is dropped.
        let block = unsafe { HostMemory::adopt(start, 8, Location::Host, on_free) };
        block.write(3, &[7]).unwrap();
        assert!(block.write(8, &[7]).is_err());
        assert_eq!(block.start(), start);
        drop(block);
        assert_eq!((bytes[3], FREED.load(Ordering::Relaxed)), (7, 8));
    }
}
