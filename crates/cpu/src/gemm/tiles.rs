//! Work in parallel: an output in tiles, each computed by one thread.

use std::marker::PhantomData;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use ascend_hal::ops::Group;
use ascend_hal::{Result, watcher};

use super::{COLS, Memory};
use crate::context::Context;

/// The most rows and panels of a tile: as many as keep a block of rows, and their sums, in a second-level cache.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) rows: usize,
    pub(crate) panels: usize,
}

impl Extent {
    /// For kernels on vectors.
    pub(crate) const VECTORS: Self = Self { rows: 192, panels: 4 };
    /// For the matrix unit, which is through with a block so soon that what is read for a tile has to serve more sums.
    #[cfg(target_arch = "x86_64")]
    pub(crate) const UNIT: Self = Self { rows: 256, panels: 8 };

    /// The same where two sets of columns are made together.
    pub(crate) fn of_pairs(self) -> Self {
        Self { panels: self.panels / 2, ..self }
    }
}

/// The most columns of a set of two that are made together, of any number of rows.
pub(crate) const MAX_PART: usize = 4 * COLS;
#[cfg(target_arch = "x86_64")]
const _: () = assert!(Extent::UNIT.panels / 2 * COLS <= MAX_PART);
const _: () = assert!(Extent::VECTORS.panels / 2 * COLS <= MAX_PART);

/// Tiles for each thread, so that the last ones end together.
const TILES_PER_THREAD: usize = 8;

/// A row-major matrix that several threads fill, each the tiles it was given.
pub(crate) struct Sheet<'a, T> {
    start: *mut T,
    len: usize,
    pitch: usize,
    of: PhantomData<&'a mut [T]>,
}

#[allow(unsafe_code, reason = "threads write to disjoint parts of one slice")]
// SAFETY: a sheet is a `&mut [T]` that is handed out in disjoint parts, by the contract of `part`, or to be read by all, by that of `shared`.
unsafe impl<T: Send + Sync> Sync for Sheet<'_, T> {}

impl<'a, T> Sheet<'a, T> {
    /// `elements` as rows of `pitch`.
    pub(crate) fn new(elements: &'a mut [T], pitch: usize) -> Self {
        Self { start: elements.as_mut_ptr(), len: elements.len(), pitch, of: PhantomData }
    }

    /// Columns `cols` of row `row`.
    ///
    /// # Safety
    /// * As long as the result lives, no other thread or caller has a part with one of these elements.
    #[allow(unsafe_code, reason = "threads write to disjoint parts of one slice")]
    #[allow(clippy::mut_from_ref, reason = "parts are disjoint by contract")]
    pub(crate) unsafe fn part(&self, row: usize, cols: Range<usize>) -> &mut [T] {
        assert!(cols.start <= cols.end && cols.end <= self.pitch && (row + 1) * self.pitch <= self.len, "a part outside of its sheet");
        // SAFETY: inside of the slice that the sheet was made of; alone there by the caller.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(row * self.pitch + cols.start), cols.len()) }
    }
}

impl<T> Sheet<'_, T> {
    /// Rows `rows`, to read.
    ///
    /// # Safety
    /// * As long as the result lives, nobody writes to these rows.
    #[allow(unsafe_code, reason = "threads read what others have written")]
    pub(crate) unsafe fn shared(&self, rows: Range<usize>) -> &[T] {
        assert!(rows.start <= rows.end && rows.end * self.pitch <= self.len, "rows outside of their sheet");
        // SAFETY: inside of the slice that the sheet was made of; not written by the caller.
        unsafe { std::slice::from_raw_parts(self.start.add(rows.start * self.pitch), rows.len() * self.pitch) }
    }
}

/// A block of an output that belongs to one matrix.
pub(crate) struct Tile<'a, T> {
    /// The matrix.
    pub(crate) expert: usize,
    /// Rows of the output.
    pub(crate) rows: Range<usize>,
    /// Columns of the output.
    pub(crate) cols: Range<usize>,
    sheet: &'a Sheet<'a, T>,
}

impl<T> Tile<'_, T> {
    /// The tile's part of its row `i`.
    pub(crate) fn row(&mut self, i: usize) -> &mut [T] {
        assert!(i < self.rows.len(), "a row outside of its tile");
        #[allow(unsafe_code, reason = "threads write to disjoint parts of one slice")]
        // SAFETY: tiles of one output are disjoint and each is made once; this one is borrowed exclusively.
        unsafe {
            self.sheet.part(self.rows.start + i, self.cols.clone())
        }
    }
}

/// Pieces of work that others wait for.
pub(crate) struct Pending(AtomicUsize);

impl Pending {
    pub(crate) fn new(pieces: usize) -> Self {
        Self(AtomicUsize::new(pieces))
    }

    /// One of them is done.
    pub(crate) fn done(&self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

/// What threads that work in order know of each other.
pub(crate) struct Crew {
    next: AtomicUsize,
    /// A thread has panicked: what it had begun will never be done.
    broken: AtomicBool,
}

impl Crew {
    fn new() -> Self {
        Self { next: AtomicUsize::new(0), broken: AtomicBool::new(false) }
    }

    /// Waits until `pending` pieces, which must have smaller numbers than the caller's, are done. `false`: they will never be.
    pub(crate) fn wait(&self, pending: &Pending) -> bool {
        let mut spins = 0u32;
        while pending.0.load(Ordering::Acquire) > 0 {
            if self.broken.load(Ordering::Relaxed) {
                return false;
            }
            spins += 1;
            // The thread that is waited for may need this one's processor.
            if spins.is_multiple_of(256) { std::thread::yield_now() } else { std::hint::spin_loop() }
        }
        true
    }
}

/// Tells the others when its thread panics: when it is dropped before its [`end`](Self::end). Whether the thread is panicking says less, as a call may be made while
/// an older panic passes.
struct Watch<'a>(&'a Crew);

impl Watch<'_> {
    /// The thread has done its part.
    fn end(self) {
        std::mem::forget(self);
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.0.broken.store(true, Ordering::Relaxed);
    }
}

/// Runs `f` on pieces `0..pieces`, begun in the order of their numbers, on up to `threads` threads. What `begin` gives is each thread's own. `f` may wait for pieces
/// with smaller numbers; it may not start parallel work itself.
pub(crate) fn in_order<S>(
    cx: &Context<'_>,
    threads: usize,
    pieces: usize,
    begin: impl Fn() -> Result<S> + Sync,
    f: impl Fn(&mut S, usize, &Crew) + Sync,
) -> Result<()> {
    let crew = Crew::new();
    let failure = Mutex::new(None);
    let work = || {
        let watch = Watch(&crew);
        match begin() {
            Ok(mut own) => loop {
                let piece = crew.next.fetch_add(1, Ordering::Relaxed);
                if piece >= pieces {
                    break;
                }
                f(&mut own, piece, &crew);
            },
            Err(e) => {
                failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(e);
            }
        }
        watch.end();
    };
    cx.host.pool.crew(threads.min(pieces), work);
    failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// Threads that pay for this many multiply-adds: one that has to be woken takes some microseconds.
pub(crate) fn worthwhile(cx: &Context<'_>, multiply_adds: usize) -> usize {
    if multiply_adds < 1 << 18 { 1 } else { cx.threads() }
}

/// Cuts rows and panels into tiles.
pub(crate) struct Cut {
    /// Rows, and the first tile of each group.
    groups: Vec<(Group, usize)>,
    panels: usize,
    /// Rows of a tile at most.
    high: usize,
    /// Panels of a tile.
    wide: usize,
    pub(crate) tiles: usize,
}

impl Cut {
    /// Tiles of `panels` panels of the rows of `groups`.
    pub(crate) fn new(extent: Extent, groups: &[Group], panels: usize, threads: usize) -> Self {
        let high = extent.rows;
        let row_blocks: usize = groups.iter().map(|g| g.rows.len().div_ceil(high)).sum();
        let wide = (row_blocks * panels / (threads * TILES_PER_THREAD)).clamp(1, extent.panels);
        let mut tiles = 0;
        let with_first = |g: &Group| {
            let first = tiles;
            tiles += g.rows.len().div_ceil(high) * panels.div_ceil(wide);
            (g.clone(), first)
        };
        let groups = groups.iter().map(with_first).collect();
        Self { groups, panels, high, wide, tiles }
    }

    /// Number of tiles of group `g`.
    pub(crate) fn tiles_of(&self, g: usize) -> usize {
        self.groups.get(g + 1).map_or(self.tiles, |(_, first)| *first) - self.groups[g].1
    }

    /// Tile `tile`: the number of its group, its rows and its panels. Tiles of the same panels follow one another.
    pub(crate) fn at(&self, tile: usize) -> (usize, Range<usize>, Range<usize>) {
        let at = self.groups.partition_point(|(_, first)| *first <= tile) - 1;
        let (group, first) = &self.groups[at];
        let blocks = group.rows.len().div_ceil(self.high);
        // Blocks of nearly equal heights.
        let (block, panel) = ((tile - first) % blocks, (tile - first) / blocks * self.wide);
        let cut = |block: usize| group.rows.start + group.rows.len() * block / blocks;
        (at, cut(block)..cut(block + 1), panel..(panel + self.wide).min(self.panels))
    }
}

/// Cuts the rows of `groups` in `y: [.., N]`, which a product over `k` gives, into tiles of at most `extent` and runs `f` on all of them in parallel. Rows outside of the groups are not touched. `f` may not start parallel work itself.
pub(crate) fn tiles<T: Send + Sync>(
    cx: &Context<'_>,
    extent: Extent,
    y: &mut [T],
    (k, n): (usize, usize),
    groups: &[Group],
    f: impl Fn(&mut Memory<'_>, Tile<'_, T>) + Sync,
) -> Result<()> {
    if n == 0 || y.is_empty() || groups.is_empty() {
        return Ok(());
    }
    let sheet = Sheet::new(y, n);
    let rows: usize = groups.iter().map(|group| group.rows.len()).sum();
    let threads = worthwhile(cx, rows.saturating_mul(n).saturating_mul(k));
    let cut = Cut::new(extent, groups, n.div_ceil(COLS), threads);
    let watcher = watcher();
    in_order(
        cx,
        threads,
        cut.tiles,
        || Memory::take(cx),
        |memory, tile, _| {
            let (group, rows, panels) = cut.at(tile);
            let cols = panels.start * COLS..(panels.end * COLS).min(n);
            let expert = groups[group].expert;
            let _seen = watcher.as_ref().map(|w| w.begin("tile", Some(expert)));
            f(memory, Tile { expert, rows, cols, sheet: &sheet });
        },
    )
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    use super::*;

    #[test]
    fn crew_is_broken_by_a_panic_of_its_own_only() {
        struct InDrop<'a>(&'a Crew);
        impl Drop for InDrop<'_> {
            fn drop(&mut self) {
                assert!(std::thread::panicking());
                Watch(self.0).end();
            }
        }
        let broken_after = |f: fn(&Crew)| {
            let crew = Crew::new();
            assert!(catch_unwind(AssertUnwindSafe(|| f(&crew))).is_err());
            crew.broken.into_inner()
        };
        assert!(!broken_after(|crew| {
            let _drop = InDrop(crew);
            resume_unwind(Box::new(()));
        }));
        assert!(broken_after(|crew| {
            let _watch = Watch(crew);
            resume_unwind(Box::new(()));
        }));
    }

    #[test]
    fn cut_covers_every_row_and_panel_once() {
        let groups = [0..1, 1..194, 200..201, 300..900].map(|rows| Group { expert: rows.start, rows });
        for (panels, threads) in [(1, 1), (3, 2), (9, 1), (64, 8)] {
            let extent = Extent::VECTORS;
            let cut = Cut::new(extent, &groups, panels, threads);
            let mut seen = vec![0; 900 * panels];
            for tile in 0..cut.tiles {
                let (group, rows, panels_of_tile) = cut.at(tile);
                let group = &groups[group];
                assert!(rows.len() <= extent.rows && panels_of_tile.len() <= extent.panels);
                assert!(group.rows.start <= rows.start && rows.end <= group.rows.end);
                for row in rows {
                    panels_of_tile.clone().for_each(|p| seen[row * panels + p] += 1);
                }
            }
            for (at, &times) in seen.iter().enumerate() {
                let inside = groups.iter().any(|g| g.rows.contains(&(at / panels)));
                assert_eq!(times, usize::from(inside), "row {} panel {} of {panels}", at / panels, at % panels);
            }
            assert_eq!((0..groups.len()).map(|g| cut.tiles_of(g)).sum::<usize>(), cut.tiles);
        }
    }
}
