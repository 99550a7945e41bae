//! Pieces of work in runs, one for each thread, so that what a thread reads lies in one stretch of memory. Who is done with its own run helps with the others.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most runs; more threads share them.
const MOST: usize = 16;

/// Pieces `0..pieces`, each of which is taken once.
pub(crate) struct Runs {
    next: [AtomicUsize; MOST],
    pieces: usize,
    runs: usize,
}

impl Runs {
    /// Runs of nearly equal lengths for `threads` threads.
    pub(crate) fn new(pieces: usize, threads: usize) -> Self {
        let runs = threads.clamp(1, MOST);
        Self { next: std::array::from_fn(|run| AtomicUsize::new(begin(pieces, runs, run.min(runs)))), pieces, runs }
    }

    /// The run that the `number`-th thread is to begin with.
    pub(crate) fn of(&self, number: usize) -> usize {
        number % self.runs
    }

    /// The pieces of that run.
    pub(crate) fn pieces_of(pieces: usize, threads: usize, number: usize) -> Range<usize> {
        let runs = threads.clamp(1, MOST);
        let run = number % runs;
        begin(pieces, runs, run)..begin(pieces, runs, run + 1)
    }

    /// A piece of run `own` or, where there is none left, of the ones after it. `None`: all are taken.
    pub(crate) fn take(&self, own: usize) -> Option<usize> {
        (own..own + self.runs).find_map(|run| {
            let run = run % self.runs;
            let (next, end) = (&self.next[run], begin(self.pieces, self.runs, run + 1));
            // Not counted further when it is at its end, however often this is asked.
            if next.load(Ordering::Relaxed) >= end {
                return None;
            }
            Some(next.fetch_add(1, Ordering::Relaxed)).filter(|piece| *piece < end)
        })
    }
}

/// The first piece of a run.
fn begin(pieces: usize, runs: usize, run: usize) -> usize {
    pieces * run / runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_taken_once_whoever_takes_it() {
        for (pieces, threads) in [(0, 1), (1, 4), (9, 2), (100, 3), (50, 40)] {
            let runs = Runs::new(pieces, threads);
            let owns: Vec<usize> = (0..threads).map(|number| runs.of(number)).collect();
            let mut taken: Vec<usize> = (0..).map_while(|i| runs.take(owns[i * i % threads])).collect();
            assert_eq!(runs.take(0), None);
            taken.sort_unstable();
            assert_eq!(taken, (0..pieces).collect::<Vec<_>>(), "{pieces} pieces, {threads} threads");
            let shares: Vec<usize> = (0..threads.min(MOST)).flat_map(|number| Runs::pieces_of(pieces, threads, number)).collect();
            assert_eq!(shares, taken);
        }
    }

    #[test]
    fn a_run_is_one_stretch_and_others_are_helped_after_it() {
        let runs = Runs::new(9, 2);
        let (first, second) = (runs.of(0), runs.of(1));
        assert_eq!([(); 3].map(|()| runs.take(first)), [Some(0), Some(1), Some(2)]);
        assert_eq!(runs.take(second), Some(4));
        assert_eq!([(); 3].map(|()| runs.take(first)), [Some(3), Some(5), Some(6)]);
    }
}
