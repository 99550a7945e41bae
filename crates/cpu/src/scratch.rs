//! Memory for temporaries, reused between calls.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use ascend_hal::{DeviceId, Error, Result};
use bytemuck::{Pod, Zeroable};

use crate::simd::CACHE_LINE;

/// A cache line: what blocks are made of, so that every element type is aligned in them.
#[derive(Clone, Copy, Zeroable, Pod)]
#[repr(C, align(64))]
struct Line([u8; CACHE_LINE]);

/// Blocks that are kept when nobody uses them, and more for each thread: a product has eight on each. Beyond that they are freed.
const KEPT_BLOCKS: usize = 64;
const KEPT_BLOCKS_OF_THREAD: usize = 16;

/// Bytes that are kept, and more for each thread: a product on a matrix unit has 2.5 MB on each.
const KEPT_BYTES: usize = 256 << 20;
const KEPT_BYTES_OF_THREAD: usize = 4 << 20;

/// Blocks of memory that kernels borrow and give back. They hold whatever their last user left in them.
///
/// Scratch memory is not part of the device's accounting: what is kept between calls is bounded, and a block that the system refuses is a typed error.
pub(crate) struct Arena {
    idle: Mutex<Vec<Vec<Line>>>,
    threads: usize,
}

impl Arena {
    /// For kernels that work on so many threads.
    pub(crate) fn new(threads: usize) -> Self {
        Self { idle: Mutex::default(), threads }
    }

    /// A block of `len` elements, with arbitrary contents.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] when the system refuses it.
    pub(crate) fn take<T: Pod>(&self, len: usize) -> Result<Scratch<'_, T>> {
        const { assert!(align_of::<T>() <= CACHE_LINE) };
        let bytes = len.checked_mul(size_of::<T>()).ok_or_else(|| Error::Overflow { what: "the size of scratch memory".into() })?;
        let lines = bytes.div_ceil(CACHE_LINE);
        let mut block = self.idle_block(lines);
        if block.len() < lines {
            let refused = |_| Error::OutOfMemory { device: DeviceId::CPU, asked_bytes: bytes, free_bytes: None };
            block.try_reserve_exact(lines - block.len()).map_err(refused)?;
            block.resize(lines, Line::zeroed());
        }
        Ok(Scratch { arena: self, block, len, of: PhantomData })
    }

    /// The smallest idle block of at least `lines`; a new, empty one when there is none.
    fn idle_block(&self, lines: usize) -> Vec<Line> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = idle.iter().enumerate().filter(|(_, b)| b.len() >= lines).min_by_key(|(_, b)| b.len()).map(|(i, _)| i);
        fitting.map(|i| idle.swap_remove(i)).unwrap_or_default()
    }

    fn most_blocks(&self) -> usize {
        KEPT_BLOCKS + self.threads * KEPT_BLOCKS_OF_THREAD
    }

    fn give_back(&self, block: Vec<Line>) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept: usize = idle.iter().map(|b| b.len() * CACHE_LINE).sum();
        let most_bytes = KEPT_BYTES + self.threads * KEPT_BYTES_OF_THREAD;
        if idle.len() < self.most_blocks() && kept + block.len() * CACHE_LINE <= most_bytes {
            idle.push(block);
        }
    }
}

/// Borrowed scratch memory; goes back to its arena when dropped.
pub(crate) struct Scratch<'a, T: Pod> {
    arena: &'a Arena,
    block: Vec<Line>,
    len: usize,
    of: PhantomData<T>,
}

impl<T: Pod> Scratch<'_, T> {
    /// Lines of the block that elements are in.
    fn lines(&self) -> usize {
        (self.len * size_of::<T>()).div_ceil(CACHE_LINE)
    }
}

impl<T: Pod> Deref for Scratch<'_, T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &bytemuck::cast_slice(&self.block[..self.lines()])[..self.len]
    }
}

impl<T: Pod> DerefMut for Scratch<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        let lines = self.lines();
        &mut bytemuck::cast_slice_mut(&mut self.block[..lines])[..self.len]
    }
}

impl<T: Pod> Drop for Scratch<'_, T> {
    fn drop(&mut self) {
        self.arena.give_back(std::mem::take(&mut self.block));
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arena({} idle blocks)", self.idle.lock().unwrap_or_else(PoisonError::into_inner).len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_reused_and_the_smallest_fitting_one_first() {
        let arena = Arena::new(4);
        drop((arena.take::<f32>(1000).unwrap(), arena.take::<f32>(10).unwrap()));
        let small = arena.take::<f32>(8).unwrap();
        assert_eq!((small.len(), small.block.len()), (8, 1));
        let large = arena.take::<f64>(100).unwrap();
        assert_eq!((large.len(), large.block.len()), (100, 63));
        assert!(arena.idle.lock().unwrap().is_empty());
    }

    #[test]
    fn empty_and_impossible_sizes() {
        let arena = Arena::new(4);
        assert!(arena.take::<i64>(0).unwrap().is_empty());
        assert!(matches!(arena.take::<f32>(usize::MAX).err(), Some(Error::Overflow { .. })));
        // Miri ends where memory does.
        if !cfg!(miri) {
            assert!(matches!(arena.take::<u8>(usize::MAX / 2).err(), Some(Error::OutOfMemory { .. })));
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let arena = Arena::new(4);
        let taken: Vec<_> = (0..arena.most_blocks() + 5).map(|_| arena.take::<u8>(1).unwrap()).collect();
        drop(taken);
        assert_eq!(arena.idle.lock().unwrap().len(), arena.most_blocks());
    }
}
