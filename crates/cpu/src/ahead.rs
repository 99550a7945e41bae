//! Weights that will be wanted soon: workers with nothing to do bring them nearer.
//!
//! In a decode step the matrices of a model are read one after the other, in the same order for every token, and between them one thread works alone. [`Order`] learns
//! which weight follows which; a [`Plan`] says which part of the coming ones a worker will begin with, and [`Lines`] asks memory for them a few at a time. Nothing is
//! computed from it: weights that come in another order, or that are gone, cost some useless requests.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::runs::Runs;
use crate::simd::{CACHE_LINE, Cache, prefetch};

/// Coming weights that are planned for.
const COMING: usize = 3;
/// Bytes that a worker asks for between two jobs: what a second-level cache holds beside what is in use.
const MOST_BYTES: usize = 768 << 10;
/// Lines that are asked for at a time: half of what a thread can have under way.
const AT_ONCE: usize = 8;
/// Weights that are remembered: more than models have. Of those that are gone, the addresses would stay for ever.
const REMEMBERED: usize = 1 << 14;

/// A packed weight as [`Runs`] of its pieces are read: an address and sizes, good for asking for lines and nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reading {
    start: usize,
    piece_bytes: usize,
    pieces: usize,
}

impl Reading {
    /// `bytes` in pieces of `piece_bytes`.
    pub(crate) fn of(bytes: &[u8], piece_bytes: usize) -> Self {
        Self { start: bytes.as_ptr().addr(), piece_bytes, pieces: bytes.len() / piece_bytes.max(1) }
    }

    /// The part that the `number`-th of `threads` begins with: address and length in bytes.
    fn share(&self, number: usize, threads: usize) -> (usize, usize) {
        let pieces = Runs::pieces_of(self.pieces, threads, number);
        (self.start + pieces.start * self.piece_bytes, pieces.len() * self.piece_bytes)
    }
}

/// What is read next.
pub(crate) type Plan = [Option<Reading>; COMING];

/// The order in which weights are read.
#[derive(Debug, Default)]
pub(crate) struct Order(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    after: HashMap<usize, Reading>,
    last: Option<usize>,
}

impl Order {
    /// Notes that `now` is read; tells what came after it the last time.
    pub(crate) fn read(&self, now: Reading) -> Plan {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.after.len() >= REMEMBERED {
            seen.after.clear();
        }
        if let Some(last) = seen.last.replace(now.start) {
            seen.after.insert(last, now);
        }
        let mut at = Some(now);
        std::array::from_fn(|_| {
            at = at.and_then(|at| seen.after.get(&at.start)).copied();
            at
        })
    }
}

/// Lines that one worker is still to ask for.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// Addresses and lengths in bytes.
    left: [(usize, usize); COMING],
}

impl Lines {
    /// The share of the `number`-th of `threads`.
    pub(crate) fn of(plan: &Plan, number: usize, threads: usize) -> Self {
        let mut room = MOST_BYTES;
        let left = plan.map(|reading| {
            let (start, len) = reading.map_or((0, 0), |reading| reading.share(number, threads));
            let len = len.min(room);
            room -= len;
            (start, len)
        });
        Self { left }
    }

    /// Asks for the next ones. `false`: there are none.
    pub(crate) fn fetch(&mut self) -> bool {
        let Some((start, len)) = self.left.iter_mut().find(|(_, len)| *len > 0) else { return false };
        let bytes = (*len).min(AT_ONCE * CACHE_LINE);
        for at in (*start..*start + bytes).step_by(CACHE_LINE) {
            prefetch(std::ptr::without_provenance::<u8>(at), Cache::Second);
        }
        (*start, *len) = (*start + bytes, *len - bytes);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(start: usize, pieces: usize) -> Reading {
        Reading { start, piece_bytes: 1000, pieces }
    }

    #[test]
    fn what_came_after_is_expected_again() {
        let order = Order::default();
        let all = [reading(1 << 20, 3), reading(2 << 20, 5), reading(3 << 20, 7), reading(4 << 20, 9)];
        for weight in all {
            assert_eq!(order.read(weight), [None; COMING]);
        }
        assert_eq!(order.read(all[0]), [Some(all[1]), Some(all[2]), Some(all[3])]);
        // Another order: the latest counts.
        order.read(all[2]);
        assert_eq!(order.read(all[0]), [Some(all[2]), Some(all[0]), Some(all[2])]);
    }

    #[test]
    fn shares_are_the_runs_of_the_threads_up_to_a_limit() {
        let plan = [Some(reading(1 << 30, 9)), None, Some(reading(2 << 30, 2000))];
        let second = Lines::of(&plan, 1, 2);
        assert_eq!(second.left, [((1 << 30) + 4000, 5000), (0, 0), ((2 << 30) + 1_000_000, MOST_BYTES - 5000)]);
        let mut first = Lines::of(&plan, 0, 2);
        assert_eq!(first.left[0], (1 << 30, 4000));
        let mut times = 0;
        while first.fetch() {
            times += 1;
        }
        assert!(first.left.iter().all(|&(_, len)| len == 0));
        let of = |bytes: usize| bytes.div_ceil(AT_ONCE * CACHE_LINE);
        assert_eq!(times, of(4000) + of(MOST_BYTES - 4000));
    }
}
