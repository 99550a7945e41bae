//! Ranges of device memory, as tasks use them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::misuse;
use super::region::Region;
use crate::fault::Outcome;

/// An allocation, or what is mapped at reserved addresses: whether it still lives, and who uses it.
pub(super) struct Life {
    users: AtomicUsize,
    over: AtomicBool,
}

impl Life {
    pub(super) fn begin() -> Arc<Self> {
        Arc::new(Self { users: AtomicUsize::new(0), over: AtomicBool::new(false) })
    }

    /// Whether a task that is enqueued or runs touches it.
    pub(super) fn used(&self) -> bool {
        self.users.load(Ordering::Acquire) > 0
    }

    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Release);
    }
}

/// Bytes of a device. They stay mapped in the simulation for as long as a span of them exists.
#[derive(Clone)]
pub(crate) struct Span {
    pub(super) region: Arc<Region>,
    pub(super) offset: usize,
    /// The device address.
    pub(super) address: usize,
    /// One for each mapping that the range lies in.
    pub(super) lives: Vec<Arc<Life>>,
}

impl Span {
    pub(crate) fn address(&self) -> *mut u8 {
        self.region.at(self.offset)
    }

    /// The first device address.
    pub(crate) fn start(&self) -> usize {
        self.address
    }

    /// Whether it lies in the very allocations that another one lies in.
    pub(crate) fn same_allocations(&self, other: &Self) -> bool {
        self.lives.len() == other.lives.len() && self.lives.iter().zip(&other.lives).all(|(a, b)| Arc::ptr_eq(a, b))
    }

    /// Keeps the memory from being freed, until the value is dropped. Refused if it has been freed already.
    pub(crate) fn in_use(&self) -> Outcome<InUse> {
        self.lives.iter().for_each(|life| {
            life.users.fetch_add(1, Ordering::AcqRel);
        });
        let guard = InUse(self.lives.clone());
        if self.lives.iter().any(|life| life.over.load(Ordering::Acquire)) {
            return Err(misuse(format!("{:#x} is used after it was freed", self.address)));
        }
        Ok(guard)
    }
}

/// A use of memory by a task.
pub(crate) struct InUse(Vec<Arc<Life>>);

impl Drop for InUse {
    fn drop(&mut self) {
        self.0.iter().for_each(|life| {
            life.users.fetch_sub(1, Ordering::AcqRel);
        });
    }
}
