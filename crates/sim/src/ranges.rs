//! Ranges that a program marks for the vendor's profiler.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The last ranges are kept, so that a program that marks for hours does not fill the memory.
const KEPT: usize = 4096;

/// A range that was marked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Range {
    /// What the program called it.
    pub name: String,
    /// Whether the program has ended it.
    pub ended: bool,
}

static RANGES: Mutex<VecDeque<(u64, Range)>> = Mutex::new(VecDeque::new());

fn lock() -> MutexGuard<'static, VecDeque<(u64, Range)>> {
    RANGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The last 4096 ranges that the process has marked with `mstxRangeStartA`, by their beginnings.
pub fn ranges() -> Vec<Range> {
    lock().iter().map(|(_, range)| range.clone()).collect()
}

pub(crate) fn begin(id: u64, name: &str) {
    let mut ranges = lock();
    if ranges.len() == KEPT {
        ranges.pop_front();
    }
    ranges.push_back((id, Range { name: name.to_owned(), ended: false }));
}

pub(crate) fn end(id: u64) {
    if let Some((_, range)) = lock().iter_mut().rev().find(|(known, _)| *known == id) {
        range.ended = true;
    }
}
