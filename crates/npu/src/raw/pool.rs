//! Device memory: allocations are kept when they are freed, and given out again.

use std::collections::BTreeMap;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ascend_hal::{Error, MemoryInfo, Result};
use ascend_sys::ffi::ACL_MEM_MALLOC_HUGE_FIRST;

use super::Handle;
use super::card::Card;
use crate::error::{CannResult, from_allocation, is_out_of_memory};

/// Small blocks come in powers of two from this size on.
const SMALLEST_BYTES: usize = 512;

/// Large blocks come in multiples of a huge page.
const PAGE_BYTES: usize = 2 << 20;

/// An allocation on the device, which somebody owns. It goes back by [`Pool::give_back`].
#[derive(Debug)]
pub(crate) struct Block {
    address: Handle,
    bytes: usize,
}

impl Block {
    pub(crate) fn address(&self) -> usize {
        self.address.0 as usize
    }
}

/// The memory of one device.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What callers hold.
    info: MemoryInfo,
    /// Blocks that are free, by their size.
    free: BTreeMap<usize, Vec<Block>>,
}

/// The size of the block that serves for so many bytes.
fn rounded(bytes: usize) -> Option<usize> {
    if bytes < PAGE_BYTES { Some(bytes.next_power_of_two().max(SMALLEST_BYTES)) } else { bytes.checked_next_multiple_of(PAGE_BYTES) }
}

impl Pool {
    pub(super) fn new(total_bytes: usize) -> Self {
        Self(Mutex::new(State { info: MemoryInfo { total_bytes, ..MemoryInfo::default() }, ..State::default() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn info(&self) -> MemoryInfo {
        self.state().info
    }

    /// Counts an allocation of a caller's.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] when so much cannot fit beside what is held.
    pub(crate) fn reserve(&self, card: &Card, bytes: usize) -> Result<()> {
        let mut state = self.state();
        let info = &mut state.info;
        match info.used_bytes.checked_add(bytes) {
            Some(used) if used <= info.total_bytes => {
                info.used_bytes = used;
                info.peak_bytes = info.peak_bytes.max(used);
                info.allocations += 1;
                Ok(())
            }
            _ => Err(Error::OutOfMemory { device: card.id(), asked_bytes: bytes, free_bytes: Some(info.total_bytes - info.used_bytes) }),
        }
    }

    /// Undoes [`reserve`](Self::reserve).
    pub(crate) fn release(&self, bytes: usize) {
        let mut state = self.state();
        state.info.used_bytes -= bytes;
        state.info.allocations -= 1;
    }

    /// A block of at least `bytes`, which are not 0.
    pub(crate) fn take(&self, card: &Card, bytes: usize) -> Result<Block> {
        let free_bytes = || card.memory_info().ok().map(|(free, _)| free);
        let Some(wanted) = rounded(bytes) else {
            return Err(Error::OutOfMemory { device: card.id(), asked_bytes: bytes, free_bytes: free_bytes() });
        };
        if let Some(block) = self.reuse(wanted) {
            return Ok(block);
        }
        match allocate(card, wanted) {
            Ok(block) => Ok(block),
            Err(error) if is_out_of_memory(&error) => {
                // What is kept for later is of no use now.
                self.drain(card);
                allocate(card, wanted).map_err(|error| from_allocation(error, card.id(), bytes, free_bytes()))
            }
            Err(error) => Err(from_allocation(error, card.id(), bytes, None)),
        }
    }

    /// A free block of that size, or of a little more.
    fn reuse(&self, wanted: usize) -> Option<Block> {
        let mut state = self.state();
        let size = *state.free.range(wanted..=wanted.saturating_add(wanted / 4)).next()?.0;
        let blocks = state.free.get_mut(&size)?;
        let block = blocks.pop();
        if blocks.is_empty() {
            state.free.remove(&size);
        }
        block
    }

    /// Takes back a block that no work uses any more.
    pub(crate) fn give_back(&self, block: Block) {
        self.state().free.entry(block.bytes).or_default().push(block);
    }

    /// Returns every free block to the device.
    pub(crate) fn drain(&self, card: &Card) {
        let free = std::mem::take(&mut self.state().free);
        let context = card.context();
        for block in free.into_values().flatten() {
            // SAFETY: the block was allocated below, is owned here, and no work uses it.
            card.release(&context, || unsafe { card.cann().acl.aclrtFree(block.address.0) });
        }
    }
}

fn allocate(card: &Card, bytes: usize) -> CannResult<Block> {
    card.bind()?;
    let mut address = null_mut();
    // SAFETY: `address` is a place to write to.
    unsafe { card.cann().acl.aclrtMalloc(&mut address, bytes, ACL_MEM_MALLOC_HUGE_FIRST) }?;
    Ok(Block { address: Handle(address), bytes })
}

/// Memory for what comes and goes in the order of one stream: a block that was put back may be taken at once, as the stream does the new work after the old.
#[derive(Debug)]
pub(crate) struct Arena {
    card: Arc<Card>,
    blocks: Mutex<Option<Vec<Block>>>,
}

impl Arena {
    pub(crate) fn new(card: Arc<Card>) -> Arc<Self> {
        Arc::new(Self { card, blocks: Mutex::new(Some(Vec::new())) })
    }

    pub(crate) fn card(&self) -> &Arc<Card> {
        &self.card
    }

    /// The smallest block that has room for `bytes`, or a new one.
    pub(crate) fn take(&self, bytes: usize) -> Result<Block> {
        let found = {
            let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
            blocks.as_mut().and_then(|blocks| {
                let fits = blocks.iter().enumerate().filter(|(_, block)| block.bytes >= bytes);
                let best = fits.min_by_key(|(_, block)| block.bytes).map(|(at, _)| at);
                best.map(|at| blocks.swap_remove(at))
            })
        };
        found.map_or_else(|| self.card.pool().take(&self.card, bytes), Ok)
    }

    /// Puts a block back; the stream's later work may use it.
    pub(crate) fn put_back(&self, block: Block) {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        match blocks.as_mut() {
            Some(blocks) => blocks.push(block),
            None => self.card.pool().give_back(block),
        }
    }

    /// Ends the order: the stream has passed everything. What is put back later goes to the pool.
    pub(crate) fn close(&self) {
        let blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner).take();
        blocks.into_iter().flatten().for_each(|block| self.card.pool().give_back(block));
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_to_few() {
        assert_eq!([1, 512, 513, 1 << 20, (2 << 20) + 1].map(rounded), [512, 512, 1024, 1 << 20, 4 << 20].map(Some));
        assert_eq!(rounded(usize::MAX), None);
    }

    #[test]
    fn a_freed_block_is_given_out_again_if_it_is_not_much_too_large() {
        let pool = Pool::new(1 << 30);
        let block = |bytes| Block { address: Handle(null_mut()), bytes };
        pool.give_back(block(4 << 20));
        assert!(pool.reuse(2 << 20).is_none());
        assert_eq!(pool.reuse(4 << 20).map(|b| b.bytes), Some(4 << 20));
        assert!(pool.reuse(4 << 20).is_none());
    }
}
