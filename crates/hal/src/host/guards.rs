//! What gives out the elements of a call's arguments and outputs.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

#[cfg(doc)]
use super::HostAccess;
use crate::{DType, Element, TensorViewMut};

pub(super) enum Elements<'v, T> {
    Borrowed(&'v [T]),
    Owned(Vec<T>),
}

/// Elements of an argument in row-major order. See [`HostAccess::read`].
pub struct Read<'v, T>(pub(super) Elements<'v, T>);

impl<T> Deref for Read<'_, T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        match &self.0 {
            Elements::Borrowed(s) => s,
            Elements::Owned(v) => v,
        }
    }
}

pub(super) enum Target<'v, T: Element> {
    Direct(&'v mut [T]),
    Staged { data: Vec<T>, start: *mut T, view: &'v TensorViewMut },
}

/// Elements of an output in row-major order. See [`HostAccess::write`].
pub struct Write<'v, T: Element>(pub(super) Target<'v, T>);

// SAFETY: the pointer of a staged output is used once, when the guard is dropped; the lock that makes this exclusive is held by the
// `HostAccess` that the guard borrows, wherever the guard itself is dropped.
unsafe impl<T: Element> Send for Write<'_, T> {}
// SAFETY: a shared guard gives out `&[T]` only.
unsafe impl<T: Element> Sync for Write<'_, T> {}

impl<T: Element> Deref for Write<'_, T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        match &self.0 {
            Target::Direct(s) => s,
            Target::Staged { data, .. } => data,
        }
    }
}

impl<T: Element> DerefMut for Write<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.0 {
            Target::Direct(s) => s,
            Target::Staged { data, .. } => data,
        }
    }
}

impl<T: Element> Drop for Write<'_, T> {
    fn drop(&mut self) {
        if let Target::Staged { data, start, view } = &self.0 {
            if view.dtype() == DType::I4 {
                let packed: &[u8] = bytemuck::cast_slice(data);
                let mut i = 0;
                view.layout().for_each_offset(DType::I4, |at| {
                    let shift = 4 * (at % 2);
                    let new = (packed[i / 2] >> (4 * (i % 2))) & 15;
                    // SAFETY: as in `HostAccess::write`; nibble `at` lies in byte `at / 2`, whose other half is kept.
                    unsafe {
                        let byte = start.cast::<u8>().add(at / 2);
                        byte.write((byte.read() & !(15 << shift)) | (new << shift));
                    }
                    i += 1;
                });
                return;
            }
            let mut rest = &data[..];
            view.layout().for_each_run(view.dtype(), |at, len| {
                if let Some((run, after)) = rest.split_at_checked(len) {
                    // SAFETY: as in `HostAccess::write`; the guard's lifetime keeps the lock held. `data` is a vector of its own.
                    unsafe { std::ptr::copy_nonoverlapping(run.as_ptr(), start.add(at), len) };
                    rest = after;
                }
            });
        }
    }
}

/// Rows of an output, each in one piece. See [`HostAccess::write_rows`].
pub struct WriteRows<'v, T> {
    pub(super) start: *mut T,
    pub(super) pitch: usize,
    pub(super) width: usize,
    pub(super) rows: usize,
    pub(super) of: PhantomData<&'v mut [T]>,
}

// SAFETY: it stands for slices `&mut [T]` that nothing else reaches as long as it lives.
unsafe impl<T: Send> Send for WriteRows<'_, T> {}

impl<'v, T> WriteRows<'v, T> {
    /// The rows of a slice that have `width` elements, side by side.
    pub fn of(data: &'v mut [T], width: usize) -> Self {
        Self { start: data.as_mut_ptr(), pitch: width, width, rows: data.len().checked_div(width).unwrap_or(0), of: PhantomData }
    }

    /// Row `i`; empty where there is none.
    pub fn row(&mut self, i: usize) -> &mut [T] {
        if i >= self.rows {
            return &mut [];
        }
        // SAFETY: row `i` lies inside of the view or slice that this was made of; rows do not overlap, as no output repeats elements.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(i * self.pitch), self.width) }
    }

    /// The first `rows` rows, and the others.
    pub fn split_at(self, rows: usize) -> (Self, Self) {
        let rows = rows.min(self.rows);
        // Where there are no others, that address is not one of the memory, and is never used.
        let start = self.start.wrapping_add(rows * self.pitch);
        (Self { rows, ..self }, Self { start, rows: self.rows - rows, ..self })
    }
}
