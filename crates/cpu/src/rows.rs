//! Work on the rows of outputs, shared out to the threads.

use std::ops::Range;

use ascend_hal::Result;
use ascend_hal::host::WriteRows;

use crate::context::Context;

/// Elements that one thread deals with in about the time that waking others takes.
const SERIAL: usize = 1 << 16;

/// Elements of a piece of work.
const PIECE: usize = 1 << 14;

/// Something to write to that has rows, and can be cut between them.
pub(crate) trait Split: Send + Sized {
    /// The first `rows` rows, and the others.
    fn split(self, rows: usize) -> (Self, Self);
}

/// Rows of elements side by side.
pub(crate) struct RowsMut<'a, T> {
    pub(crate) data: &'a mut [T],
    pub(crate) width: usize,
}

impl<'a, T> RowsMut<'a, T> {
    pub(crate) fn new(data: &'a mut [T], width: usize) -> Self {
        Self { data, width }
    }

    /// The rows one by one; none where they have no elements.
    pub(crate) fn iter(&mut self) -> impl Iterator<Item = &mut [T]> {
        self.data.chunks_exact_mut(self.width.max(1))
    }
}

impl<T: Send> Split for RowsMut<'_, T> {
    fn split(self, rows: usize) -> (Self, Self) {
        let (first, second) = self.data.split_at_mut(rows * self.width);
        (Self::new(first, self.width), Self::new(second, self.width))
    }
}

impl<T: Send> Split for WriteRows<'_, T> {
    fn split(self, rows: usize) -> (Self, Self) {
        self.split_at(rows)
    }
}

impl<A: Split, B: Split> Split for (A, B) {
    fn split(self, rows: usize) -> (Self, Self) {
        let ((a, a_rest), (b, b_rest)) = (self.0.split(rows), self.1.split(rows));
        ((a, b), (a_rest, b_rest))
    }
}

impl<A: Split> Split for Option<A> {
    fn split(self, rows: usize) -> (Self, Self) {
        self.map(|a| a.split(rows)).unzip()
    }
}

impl Context<'_> {
    /// Runs `f` on pieces of `rows` rows: their numbers, and their part of `out`. `work` is about how many elements a row has, those that are only read too. What is
    /// little work stays on the calling thread. Lock tensors before.
    ///
    /// # Errors
    /// That of `f`; of several, any.
    pub(crate) fn by_rows<O: Split>(
        &self,
        rows: usize,
        work: usize,
        out: O,
        f: impl Fn(Range<usize>, O) -> Result<()> + Sync,
    ) -> Result<()> {
        if rows.saturating_mul(work) <= SERIAL {
            return f(0..rows, out);
        }
        let most = (PIECE / work.max(1)).max(1);
        self.host.share(self.threads(), Pieces { rows: 0..rows, most, out: Some(out) }, |(rows, out)| f(rows, out))
    }
}

/// Cuts rows into pieces of at most `most`.
struct Pieces<O> {
    rows: Range<usize>,
    most: usize,
    /// The part of the output that belongs to `rows`.
    out: Option<O>,
}

impl<O: Split> Iterator for Pieces<O> {
    type Item = (Range<usize>, O);

    fn next(&mut self) -> Option<Self::Item> {
        let rows = self.rows.start..self.rows.end.min(self.rows.start + self.most);
        if rows.is_empty() {
            return None;
        }
        let (first, rest) = self.out.take()?.split(rows.len());
        self.rows.start = rows.end;
        self.out = Some(rest);
        Some((rows, first))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::thread;

    use ascend_hal::Error;

    use super::*;
    use crate::{CpuDevice, CpuOptions};

    /// Runs `f` with the context of a device with three threads.
    fn with_context(f: impl FnOnce(&Context<'_>)) {
        let device = CpuDevice::with(CpuOptions::default().with_threads(3)).unwrap();
        f(&Context { host: device.host() });
    }

    #[test]
    fn every_row_is_written_once_whatever_its_width() {
        with_context(|cx| {
            for (rows, width) in [(0, 3), (1, 1 << 18), (5, 0), (7, 40_000), (100_000, 3)] {
                let (mut a, mut b) = (vec![0usize; rows * width], vec![0usize; rows]);
                let out = (RowsMut::new(&mut a, width), Some(RowsMut::new(&mut b, 1)));
                cx.by_rows(rows, width, out, |range, (mut a, b)| {
                    for (row, a) in range.clone().zip(a.iter()) {
                        a.iter_mut().for_each(|a| *a += row + 1);
                    }
                    range.zip(b.into_iter().flat_map(|b| b.data)).for_each(|(row, b)| *b += row + 1);
                    Ok(())
                })
                .unwrap();
                assert!(a.iter().enumerate().all(|(i, &a)| a == i / width + 1), "{rows} rows of {width}");
                assert!(b.iter().enumerate().all(|(i, &b)| b == i + 1), "{rows} rows of {width}");
            }
        });
    }

    #[test]
    fn little_work_stays_on_the_thread_and_much_is_shared() {
        with_context(|cx| {
            let threads = |rows| {
                let seen = Mutex::new(Vec::new());
                cx.by_rows(rows, 1, RowsMut::new(&mut vec![0u8; rows], 1), |range, _| {
                    seen.lock().unwrap().push((thread::current().id(), range.len()));
                    Ok(())
                })
                .unwrap();
                seen.into_inner().unwrap()
            };
            assert_eq!(threads(SERIAL), [(thread::current().id(), SERIAL)]);
            let shared = threads(SERIAL + 1);
            assert!(shared.len() > 1 && shared.iter().all(|&(_, rows)| rows <= PIECE), "{shared:?}");
        });
    }

    #[test]
    fn an_error_of_any_piece_comes_out() {
        with_context(|cx| {
            let rows = 4 * SERIAL;
            let result = cx.by_rows(rows, 1, RowsMut::new(&mut vec![0u8; rows], 1), |range, _| match range.contains(&(rows - 1)) {
                true => Err(Error::Overflow { what: "the last piece".into() }),
                false => Ok(()),
            });
            assert!(matches!(result, Err(Error::Overflow { .. })));
        });
    }
}
