//! Lending: a caller's own host memory takes part in calls without a copy.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::{Arc, PoisonError, RwLock};

use super::{HostMemory, Owner, Rights};
use crate::{Buffer, DType, Dims, Element, Layout, Location, Memory, Result, TensorView, TensorViewMut};

/// Lends memory of the caller for as long as `f` runs: slices become tensors that a device which computes in host memory reads and writes in place.
/// They present themselves as memory at `location`; for the CPU device that is `Location::Device(DeviceId::CPU)`.
///
/// When `f` ends, by a panic too, everything lent goes back: accesses that are under way are waited for, and later ones (of work that is still enqueued, of a
/// recorded graph, of a view that was kept) fail with [`Error::State`](crate::Error::State). So synchronise the stream inside of `f`.
///
/// ```
/// use ascend_hal::{Layout, Location, OpKind, host};
///
/// let (x, mut y) = (vec![1f32, 2., 3., 4.], vec![0f32; 4]);
/// host::lend(Location::Host, |lender| {
///     let x = lender.read_only(&x, Layout::contiguous([4])?)?;
///     let y = lender.writable(&mut y, [4])?;
///     // As a kernel on a stream would.
///     let access = host::HostAccess::lock(OpKind::Copy, [("src", &x)], [("dst", &y)])?;
///     access.write::<f32>(&y)?.copy_from_slice(&access.read::<f32>(&x)?);
///     ascend_hal::Result::Ok(())
/// })?;
/// assert_eq!(y, x);
/// # Ok::<(), ascend_hal::Error>(())
/// ```
///
/// What is lent must outlive the call:
///
/// ```compile_fail,E0597
/// # use ascend_hal::{Layout, Location, host};
/// host::lend(Location::Host, |lender| {
///     let local = vec![0f32; 4];
///     lender.read_only(&local, Layout::contiguous([4])?)
/// });
/// ```
pub fn lend<'env, R>(location: Location, f: impl FnOnce(&Lender<'env>) -> R) -> R {
    // The lender is never moved out of this frame, so it is dropped before `'env` can end, whatever `f` does.
    f(&Lender { location, lent: RefCell::default(), env: PhantomData })
}

/// Makes tensors of memory that outlives `'env`. See [`lend`].
#[derive(Debug)]
pub struct Lender<'env> {
    location: Location,
    lent: RefCell<Vec<Arc<HostMemory>>>,
    /// Invariant: `'env` cannot be shortened to the lifetime of something inside of the closure.
    env: PhantomData<&'env mut &'env ()>,
}

impl<'env> Lender<'env> {
    /// Elements of `data` as a tensor that may not be written.
    ///
    /// # Errors
    /// [`Error::View`](crate::Error::View) when `layout` reaches beyond `data`.
    pub fn read_only<T: Element>(&self, data: &'env [T], layout: Layout) -> Result<TensorView> {
        self.tensor(NonNull::from(data).cast(), size_of_val(data), Rights::Read, T::DTYPE, layout)
    }

    /// `data` as a row-major tensor.
    ///
    /// # Errors
    /// [`Error::View`](crate::Error::View) when `shape` has more elements than `data`.
    pub fn writable<T: Element>(&self, data: &'env mut [T], shape: impl Into<Dims>) -> Result<TensorViewMut> {
        let size_bytes = size_of_val(data);
        Ok(self.tensor(NonNull::from(data).cast(), size_bytes, Rights::Write, T::DTYPE, Layout::contiguous(shape)?)?.to_mut())
    }

    fn tensor(&self, start: NonNull<u8>, size: usize, rights: Rights, dtype: DType, layout: Layout) -> Result<TensorView> {
        let memory = HostMemory { start, size, location: self.location, lock: RwLock::new(rights), owner: Owner::Lender, on_free: None };
        let memory = Arc::new(memory);
        self.lent.borrow_mut().push(memory.clone());
        TensorView::new(Buffer::new(Lent(memory)), dtype, layout)
    }
}

impl Drop for Lender<'_> {
    fn drop(&mut self) {
        for memory in self.lent.get_mut() {
            *memory.lock.write().unwrap_or_else(PoisonError::into_inner) = Rights::Nothing;
        }
    }
}

/// A buffer's share of a lent block.
#[derive(Debug)]
struct Lent(Arc<HostMemory>);

impl Memory for Lent {
    fn location(&self) -> Location {
        self.0.location
    }
    fn size_bytes(&self) -> usize {
        self.0.size
    }
    fn as_host(&self) -> Option<&HostMemory> {
        Some(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::host::{self, HostAccess};
    use crate::{Error, OpKind};

    #[test]
    fn slices_are_read_and_written_in_place() {
        let (x, mut y) = (vec![1f32, 2., 3., 4., 5., 6.], vec![9f32; 3]);
        lend(Location::Host, |lender| {
            let column = Layout::strided([3], [2], 1).unwrap();
            let (column, all) = (lender.read_only(&x, column).unwrap(), lender.read_only(&x, Layout::contiguous([6]).unwrap()).unwrap());
            let y = lender.writable(&mut y, [3]).unwrap();
            let access = HostAccess::lock(OpKind::Copy, [("a", &column), ("b", &all)], [("y", &y)]).unwrap();
            assert_eq!(access.read::<f32>(&all).unwrap().as_ptr(), x.as_ptr());
            access.write::<f32>(&y).unwrap().copy_from_slice(&access.read::<f32>(&column).unwrap());
        });
        assert_eq!(y, [2., 4., 6.]);
    }

    #[test]
    fn what_was_kept_is_refused_afterwards() {
        let (x, mut y) = (vec![1f32; 4], vec![1f32; 4]);
        let (x, y) = lend(Location::Host, |lender| {
            (lender.read_only(&x, Layout::contiguous([4]).unwrap()).unwrap(), lender.writable(&mut y, [4]).unwrap())
        });
        let own = HostMemory::new(16, Location::Host, None).unwrap();
        let memory = y.buffer().as_host().unwrap();
        memory.fill(1);
        for refused in [
            host::to_vec::<f32>(&x).map(|_| ()),
            HostAccess::lock(OpKind::Copy, [], [("y", &y)]).map(|_| ()),
            memory.read(0, &mut [0; 4]),
            memory.write(0, &[0; 4]),
            memory.copy_from(0, &own, 0, 4),
            own.copy_from(0, memory, 0, 4),
        ] {
            assert!(matches!(&refused, Err(Error::State { what: "lent memory", found, .. }) if found.contains("returned")), "{refused:?}");
        }
    }

    #[test]
    fn memory_lent_for_reading_is_not_written() {
        let x = vec![1f32; 4];
        lend(Location::Host, |lender| {
            let x = lender.read_only(&x, Layout::contiguous([4]).unwrap()).unwrap();
            let memory = x.buffer().as_host().unwrap();
            memory.fill(1);
            for refused in [
                HostAccess::lock(OpKind::Copy, [], [("y", &x.to_mut())]).map(|_| ()),
                memory.write(0, &[0; 4]),
                memory.copy_from(0, memory, 4, 4),
            ] {
                assert!(matches!(&refused, Err(Error::State { asked: "writing", .. })), "{refused:?}");
            }
            let own = HostMemory::new(16, Location::Host, None).unwrap();
            own.copy_from(0, memory, 0, 16).unwrap();
        });
        assert_eq!(x, [1.; 4]);
    }

    #[test]
    fn views_stay_within_what_was_lent() {
        let mut x = vec![0f32; 4];
        lend(Location::Host, |lender| {
            assert!(matches!(lender.writable(&mut x, [5]), Err(Error::View { .. })));
        });
        let x = [0f32; 4];
        lend(Location::Host, |lender| {
            let beyond = Layout::strided([4], [1], 1).unwrap();
            assert!(matches!(lender.read_only(&x, beyond), Err(Error::View { .. })));
            assert_eq!(lender.read_only(&x[..0], Layout::contiguous([0, 7]).unwrap()).unwrap().numel(), 0);
        });
    }

    #[test]
    fn bytes_that_are_not_aligned_are_not_taken_for_wider_elements() {
        #[repr(align(8))]
        struct Aligned([u8; 16]);
        let bytes = Aligned([0; 16]);
        lend(Location::Host, |lender| {
            for (from, refused) in [(0, false), (1, true), (2, true), (4, false)] {
                let lent = lender.read_only(&bytes.0[from..from + 8], Layout::contiguous([8]).unwrap()).unwrap();
                let wider = TensorView::contiguous(lent.buffer().clone(), DType::F32, [2]).unwrap();
                assert_eq!(matches!(host::to_vec::<f32>(&wider), Err(Error::View { .. })), refused, "{from}");
            }
        });
    }

    #[test]
    fn lending_ends_after_accesses_that_are_under_way() {
        let x = vec![1f32; 4];
        let (locked, wait) = mpsc::channel();
        let (order, events) = mpsc::channel();
        let reader = lend(Location::Host, |lender| {
            let x = lender.read_only(&x, Layout::contiguous([4]).unwrap()).unwrap();
            let order = order.clone();
            let reader = thread::spawn(move || {
                let access = HostAccess::lock(OpKind::Copy, [("x", &x)], []).unwrap();
                locked.send(()).unwrap();
                thread::sleep(Duration::from_millis(30));
                order.send(access.read::<f32>(&x).unwrap().iter().sum::<f32>()).unwrap();
            });
            wait.recv().unwrap();
            reader
        });
        order.send(-1.0).unwrap();
        reader.join().unwrap();
        assert_eq!([events.recv().unwrap(), events.recv().unwrap()], [4.0, -1.0]);
    }

    #[test]
    fn a_panic_ends_the_lending() {
        let x = vec![1f32; 4];
        let mut kept = None;
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            lend(Location::Host, |lender| {
                kept = lender.read_only(&x, Layout::contiguous([4]).unwrap()).ok();
                panic!("of the work");
            })
        }));
        assert!(panicked.is_err() && host::to_vec::<f32>(&kept.unwrap()).is_err());
    }
}
