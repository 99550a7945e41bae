//! Host memory, and checked access to it for kernels that run on the host.
//!
//! A buffer can be shared between threads and streams, like memory of a card; what two unordered writers leave in it is then undefined.
//! In Rust it must still be free of data races, so a kernel locks the buffers of its call for as long as it runs ([`HostAccess`]): readers together, a writer alone.
//! Memory that a caller owns takes part without a copy when it is lent ([`lend`]).

mod adopt;
mod guards;
mod lend;

use std::alloc::{Layout as Alloc, alloc, alloc_zeroed, dealloc};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use half::{bf16, f16};
use memmap2::MmapMut;
use smallvec::SmallVec;

use crate::buffer::{Buffer, Location, Memory};
use crate::{DType, Element, Error, Format, OpKind, Result, TensorView, TensorViewMut};

use guards::{Elements, Target};
pub use guards::{Read, Write, WriteRows};
pub use lend::{Lender, lend};

/// Alignment of host allocations: a cache line, and the widest vector register.
pub const HOST_ALIGN: usize = 64;

/// A block of host memory behind a lock: its own, aligned to [`HOST_ALIGN`], or lent by a caller ([`lend`]).
pub struct HostMemory {
    start: NonNull<u8>,
    size: usize,
    location: Location,
    lock: RwLock<Rights>,
    owner: Owner,
    on_free: Option<Arc<dyn Fn(usize) + Send + Sync>>,
}

/// To whom a block belongs.
#[derive(Debug)]
enum Owner {
    /// To the allocator.
    Allocator,
    /// To the system: large blocks, in huge pages where it has them. The mapping ends when it is dropped.
    System { _mapping: MmapMut },
    /// To the caller who lent it, or to what it was adopted from.
    Lender,
}

/// Blocks from this size on are mapped: walking over small pages costs more of a memory's bandwidth than kernels can afford.
const MAPPED_BYTES: usize = 4 << 20;

/// What may be done with a block now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rights {
    /// Reading and writing.
    Write,
    /// Reading only.
    Read,
    /// Nothing: the caller who lent the block has it back.
    Nothing,
}

// SAFETY: the block is owned by this value or lent to it, and every access to its bytes goes through `lock` (shared for reads, exclusive for writes), which
// grants none once a lent block has gone back.
unsafe impl Send for HostMemory {}
// SAFETY: as for `Send`.
unsafe impl Sync for HostMemory {}

impl HostMemory {
    /// A block of `size` bytes, zeroed, that presents itself as memory at `location`. `on_free` hears the size when the block is freed.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] when the allocator refuses.
    pub fn new(size: usize, location: Location, on_free: Option<Arc<dyn Fn(usize) + Send + Sync>>) -> Result<Self> {
        Self::allocate(size, location, on_free, true)
    }

    fn allocate(size: usize, location: Location, on_free: Option<Arc<dyn Fn(usize) + Send + Sync>>, zeroed: bool) -> Result<Self> {
        let refused = || out_of_memory(location, size);
        let mut owner = Owner::Allocator;
        let start = if size == 0 {
            NonNull::<Line>::dangling().cast()
        } else if size >= MAPPED_BYTES && isize::try_from(size).is_ok() {
            // Zeroed by the system, and aligned to a page.
            let mut mapping = MmapMut::map_anon(size).map_err(|_| refused())?;
            #[cfg(target_os = "linux")]
            // A hint: small pages work as well.
            let _ = mapping.advise(memmap2::Advice::HugePage);
            let start = NonNull::new(mapping.as_mut_ptr()).ok_or_else(refused)?;
            owner = Owner::System { _mapping: mapping };
            start
        } else {
            let layout = Alloc::from_size_align(size, HOST_ALIGN).map_err(|_| refused())?;
            // SAFETY: `layout` has a non-zero size.
            let block = unsafe { if zeroed { alloc_zeroed(layout) } else { alloc(layout) } };
            NonNull::new(block).ok_or_else(refused)?
        };
        Ok(Self { start, size, location, lock: RwLock::new(Rights::Write), owner, on_free })
    }

    /// Keeps writers out of the block.
    fn shared(&self) -> Result<RwLockReadGuard<'_, Rights>> {
        let guard = self.lock.read().unwrap_or_else(PoisonError::into_inner);
        if *guard == Rights::Nothing { Err(gone()) } else { Ok(guard) }
    }

    /// Keeps everybody else out of a block that may be written.
    fn exclusive(&self) -> Result<RwLockWriteGuard<'_, Rights>> {
        let guard = self.lock.write().unwrap_or_else(PoisonError::into_inner);
        match *guard {
            Rights::Write => Ok(guard),
            Rights::Read => Err(Error::State { what: "lent memory", asked: "writing", found: "it was lent for reading".into() }),
            Rights::Nothing => Err(gone()),
        }
    }

    /// Copies bytes `offset..offset + out.len()` to `out`.
    pub fn read(&self, offset: usize, out: &mut [u8]) -> Result<()> {
        self.range("read", offset, out.len())?;
        let _guard = self.shared()?;
        // SAFETY: the range was checked, no writer holds the lock, and `out` is a distinct Rust slice.
        unsafe { std::ptr::copy_nonoverlapping(self.start.as_ptr().add(offset), out.as_mut_ptr(), out.len()) };
        Ok(())
    }

    /// Copies `bytes` to `offset..`.
    pub fn write(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        self.range("write", offset, bytes.len())?;
        let _guard = self.exclusive()?;
        // SAFETY: the range was checked and the lock is held exclusively.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.start.as_ptr().add(offset), bytes.len()) };
        Ok(())
    }

    /// Copies `len` bytes from `src` at `from` to this block at `to`. Both may be one block, even with overlapping ranges.
    pub fn copy_from(&self, to: usize, src: &HostMemory, from: usize, len: usize) -> Result<()> {
        self.range("copy to", to, len)?;
        src.range("copy from", from, len)?;
        let copy = || {
            // SAFETY: both ranges were checked; this block is locked exclusively and the source, if it is another one, against writers; `copy` allows overlap.
            unsafe { std::ptr::copy(src.start.as_ptr().add(from), self.start.as_ptr().add(to), len) };
            Ok(())
        };
        // In the order of addresses, as in `HostAccess`, so that calls cannot deadlock each other.
        if std::ptr::eq(self, src) {
            let _to = self.exclusive()?;
            copy()
        } else if self.address() < src.address() {
            let (_to, _from) = (self.exclusive()?, src.shared()?);
            copy()
        } else {
            let (_from, _to) = (src.shared()?, self.exclusive()?);
            copy()
        }
    }

    /// Sets every byte of the block; one that may not be written is left as it is.
    pub fn fill(&self, byte: u8) {
        let Ok(_guard) = self.exclusive() else { return };
        // SAFETY: the block has `size` bytes and the lock is held exclusively.
        unsafe { std::ptr::write_bytes(self.start.as_ptr(), byte, self.size) };
    }

    /// What locks of several blocks are ordered by.
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    fn range(&self, what: &'static str, offset: usize, len: usize) -> Result<()> {
        match offset.checked_add(len) {
            Some(end) if end <= self.size => Ok(()),
            _ => Err(Error::OutOfRange { what, offset, len, size: self.size }),
        }
    }
}

fn gone() -> Error {
    Error::State { what: "lent memory", asked: "access", found: "the call that it was lent for has returned".into() }
}

fn out_of_memory(location: Location, asked_bytes: usize) -> Error {
    let device = match location {
        Location::Device(id) => id,
        Location::Host => crate::DeviceId::CPU,
    };
    Error::OutOfMemory { device, asked_bytes, free_bytes: None }
}

/// An empty vector with room for `len` elements of `view`. A view may repeat its elements, and have far more than memory holds.
fn room<T>(view: &TensorView, len: usize) -> Result<Vec<T>> {
    let mut out = Vec::new();
    out.try_reserve_exact(len).map_err(|_| out_of_memory(view.location(), len.saturating_mul(size_of::<T>())))?;
    Ok(out)
}

/// The elements of `view`, each as another type.
fn widened<T, U>(view: &TensorView, elements: &[T], f: impl Fn(&T) -> U) -> Result<Vec<U>> {
    let mut out = room(view, elements.len())?;
    out.extend(elements.iter().map(f));
    Ok(out)
}

#[repr(align(64))]
struct Line;

impl Drop for HostMemory {
    fn drop(&mut self) {
        if matches!(self.owner, Owner::Allocator) && self.size > 0 {
            // SAFETY: allocated in `allocate` with this very layout, and freed once.
            unsafe { dealloc(self.start.as_ptr(), Alloc::from_size_align_unchecked(self.size, HOST_ALIGN)) };
        }
        if let Some(f) = &self.on_free {
            f(self.size);
        }
    }
}

impl fmt::Debug for HostMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostMemory({} bytes as {})", self.size, self.location)
    }
}

impl Memory for HostMemory {
    fn location(&self) -> Location {
        self.location
    }
    fn size_bytes(&self) -> usize {
        self.size
    }
    fn as_host(&self) -> Option<&HostMemory> {
        Some(self)
    }
}

/// A host tensor (location [`Location::Host`]) holding `data`.
pub fn tensor<T: Element>(data: &[T], shape: impl Into<crate::Dims>) -> Result<TensorView> {
    tensor_of(T::DTYPE, bytemuck::cast_slice(data), shape)
}

/// A host tensor of `dtype` holding raw `bytes` (packed for `I4`).
pub fn tensor_of(dtype: DType, bytes: &[u8], shape: impl Into<crate::Dims>) -> Result<TensorView> {
    let memory = HostMemory::allocate(bytes.len(), Location::Host, None, false)?;
    memory.write(0, bytes)?;
    let view = TensorView::contiguous(Buffer::new(memory), dtype, shape)?;
    if view.size_bytes() != bytes.len() {
        return Err(Error::View {
            asked: format!("{} bytes for shape {} of {dtype}", view.size_bytes(), view.shape()),
            found: format!("{} bytes", bytes.len()),
        });
    }
    Ok(view)
}

/// A zeroed host tensor.
pub fn zeros(dtype: DType, shape: impl Into<crate::Dims>) -> Result<TensorViewMut> {
    let layout = crate::Layout::contiguous(shape)?;
    let bytes =
        dtype.bytes_for(layout.numel()).ok_or_else(|| Error::overflow(format!("the size of shape {} of {dtype}", layout.shape())))?;
    let memory = HostMemory::new(bytes, Location::Host, None)?;
    Ok(TensorView::new(Buffer::new(memory), dtype, layout)?.to_mut())
}

/// The elements of one host-readable tensor in row-major order, decoded to `f64` (exact for every type but large `i64`).
pub fn to_f64(view: &TensorView) -> Result<Vec<f64>> {
    let access = HostAccess::lock(OpKind::Copy, [("src", view)], [])?;
    access.read_f64(view)
}

/// The elements of one host-readable integer tensor in row-major order.
pub fn to_i64(view: &TensorView) -> Result<Vec<i64>> {
    let access = HostAccess::lock(OpKind::Copy, [("src", view)], [])?;
    access.read_i64(view)
}

/// The elements of one host-readable tensor in row-major order. `T` must store the view's type ([`Element::stores`]).
pub fn to_vec<T: Element>(view: &TensorView) -> Result<Vec<T>> {
    let access = HostAccess::lock(OpKind::Copy, [("src", view)], [])?;
    widened(view, &access.read::<T>(view)?, |&x| x)
}

/// Inputs and outputs of nearly every call: as many are kept without an allocation.
const INPUTS: usize = 12;
const OUTPUTS: usize = 4;

enum Guard<'a> {
    Shared { _guard: RwLockReadGuard<'a, Rights> },
    Exclusive { _guard: RwLockWriteGuard<'a, Rights> },
}

/// An output of a call.
struct Output<'a> {
    view: &'a TensorView,
    taken: Cell<bool>,
}

/// Locked access to the host memory behind one call's tensors.
///
/// Inputs come as slices in row-major order: borrowed when the view is contiguous, copied otherwise (or when an in-place call shares memory between input and output).
/// Each output can be taken once.
pub struct HostAccess<'a> {
    op: OpKind,
    outputs: SmallVec<[Output<'a>; OUTPUTS]>,
    /// Addresses of the locked blocks, rising, and their locks.
    blocks: SmallVec<[(usize, Guard<'a>); INPUTS]>,
}

impl<'a> HostAccess<'a> {
    /// Locks the buffers of `inputs` for reading and of `outputs` for writing. Locks are taken in address order, so calls cannot deadlock each other.
    ///
    /// # Errors
    /// [`Error::WrongDevice`] when a tensor is not readable by the host; [`Error::Overlap`] when an output shares elements with another output, or partly with an
    /// input; [`Error::State`] when lent memory has gone back, or was lent for reading and is to be written.
    pub fn lock(
        op: OpKind,
        inputs: impl IntoIterator<Item = (&'static str, &'a TensorView)>,
        outputs: impl IntoIterator<Item = (&'static str, &'a TensorViewMut)>,
    ) -> Result<Self> {
        let outputs: SmallVec<[(&'static str, &'a TensorView); OUTPUTS]> = outputs.into_iter().map(|(name, v)| (name, &**v)).collect();
        let inputs: SmallVec<[(&'static str, &'a TensorView); INPUTS]> = inputs.into_iter().collect();
        for (i, (output, out)) in outputs.iter().enumerate() {
            let clash = outputs[i + 1..].iter().find(|(_, o)| o.may_overlap(out));
            let clash = clash.or_else(|| inputs.iter().find(|(_, v)| v.may_overlap(out) && !v.same_elements(out)));
            if let Some((other, _)) = clash {
                return Err(Error::Overlap { op, output, other });
            }
            if out.layout().repeats_elements() {
                return Err(Error::Overlap { op, output, other: output });
            }
        }
        let mut wanted: SmallVec<[(usize, bool, &'a HostMemory); INPUTS]> = SmallVec::new();
        for (exclusive, views) in [(false, &inputs[..]), (true, &outputs[..])] {
            for &(name, view) in views {
                let memory = view.buffer().as_host().ok_or_else(|| Error::WrongDevice {
                    what: format!("argument `{name}` of {op}"),
                    asked: crate::DeviceId::CPU,
                    found: view.location().to_string(),
                })?;
                wanted.push((memory.address(), exclusive, memory));
            }
        }
        // Exclusive before shared within one block, so that deduplication keeps the stronger lock.
        wanted.sort_unstable_by_key(|&(address, exclusive, _)| (address, !exclusive));
        wanted.dedup_by_key(|w| w.0);
        let mut blocks = SmallVec::new();
        for (address, exclusive, memory) in wanted {
            let guard =
                if exclusive { Guard::Exclusive { _guard: memory.exclusive()? } } else { Guard::Shared { _guard: memory.shared()? } };
            blocks.push((address, guard));
        }
        Ok(Self { op, outputs: outputs.into_iter().map(|(_, view)| Output { view, taken: Cell::new(false) }).collect(), blocks })
    }

    fn memory<'v>(&self, view: &'v TensorView) -> Result<&'v HostMemory> {
        let locked = |memory: &&HostMemory| self.blocks.binary_search_by_key(&memory.address(), |block| block.0).is_ok();
        view.buffer().as_host().filter(locked).ok_or_else(|| Error::State {
            what: "host access",
            asked: "a tensor",
            found: format!("{view:?} is not an argument of the locked {} call", self.op),
        })
    }

    /// Refuses to take the elements of `view` for another type, or for one that their memory is not aligned for: a block of our own always is, a lent one for the
    /// type that it was lent as.
    fn stored<T: Element>(&self, view: &TensorView) -> Result<()> {
        if !T::stores(view.dtype()) {
            return Err(Error::DType { op: self.op, argument: "(kernel access)", asked: T::DTYPE.to_string(), found: view.dtype() });
        }
        if view.buffer().as_host().is_some_and(|memory| !memory.start.cast::<T>().is_aligned()) {
            let found = format!("lent memory that does not start at a multiple of {} bytes", align_of::<T>());
            return Err(Error::View { asked: format!("elements of {}", view.dtype()), found });
        }
        Ok(())
    }

    /// Refuses what only a device can read or write.
    fn readable(&self, view: &TensorView) -> Result<()> {
        match view.layout().format() {
            Format::Packed => Err(Error::Argument {
                op: self.op,
                argument: "(kernel access)",
                asked: "in a format that the host can read".into(),
                found: "a packed weight; take the weight it was made from".into(),
            }),
            _ => Ok(()),
        }
    }

    /// The whole memory of a packed argument: what its device's own kernels read.
    ///
    /// # Errors
    /// [`Error::Argument`] when the view is not packed; [`Error::State`] when it is not an argument of the locked call, or shares its buffer with an output.
    pub fn packed<'v>(&'v self, view: &'v TensorView) -> Result<&'v [u8]> {
        if view.layout().format() != Format::Packed {
            let found = view.layout().format().to_string();
            return Err(Error::Argument { op: self.op, argument: "(kernel access)", asked: "packed".into(), found });
        }
        let memory = self.memory(view)?;
        if !memory.start.addr().get().is_multiple_of(HOST_ALIGN) {
            let found = format!("lent memory that does not start at a multiple of {HOST_ALIGN} bytes");
            return Err(Error::View { asked: "a packed weight".into(), found });
        }
        if self.outputs.iter().any(|o| o.view.buffer().same_memory(view.buffer())) {
            let found = "the buffer of an output".into();
            return Err(Error::State { what: "host access", asked: "a packed argument", found });
        }
        // SAFETY: the block has `size` bytes, initialised since it was allocated; the buffer is locked for as long as `self` lives, and no output shares it.
        Ok(unsafe { std::slice::from_raw_parts(memory.start.as_ptr(), memory.size) })
    }

    /// The elements of an argument in row-major order; packed bytes for `I4`.
    ///
    /// # Errors
    /// [`Error::DType`] when `T` does not store the view's type; [`Error::State`] when the view is not an argument of the locked call, or shares elements with an output that was taken already;
    /// [`Error::OutOfMemory`] when there is no room for a copy, as for a huge view that repeats its elements.
    pub fn read<'v, T: Element>(&'v self, view: &'v TensorView) -> Result<Read<'v, T>> {
        self.stored::<T>(view)?;
        self.readable(view)?;
        let memory = self.memory(view)?;
        let shared = self.outputs.iter().filter(|o| o.view.may_overlap(view)).map(|o| o.taken.get()).max();
        if shared == Some(true) {
            return Err(Error::State {
                what: "host access",
                asked: "reading an in-place argument",
                found: "its output was taken already; read inputs first".into(),
            });
        }
        if view.numel() == 0 {
            return Ok(Read(Elements::Owned(vec![])));
        }
        let start = memory.start.as_ptr();
        if shared.is_none() && view.is_contiguous() {
            let span = view.byte_span();
            // SAFETY: views lie inside their buffer; the buffer is locked for as long as `self` lives; no output shares these bytes;
            // the base is aligned for `T` and offsets count elements; any bit pattern is a `T`.
            let slice = unsafe { std::slice::from_raw_parts(start.add(span.start).cast::<T>(), span.len() / size_of::<T>()) };
            return Ok(Read(Elements::Borrowed(slice)));
        }
        if view.dtype() == DType::I4 {
            return Ok(Read(Elements::Owned(bytemuck::allocation::cast_vec(self.packed_nibbles(view, start)?))));
        }
        let mut out: Vec<T> = room(view, view.numel())?;
        view.layout().for_each_run(view.dtype(), |at, len| {
            // SAFETY: as above; the run lies inside the view, hence inside the buffer.
            out.extend_from_slice(unsafe { std::slice::from_raw_parts(start.cast::<T>().add(at), len) });
        });
        Ok(Read(Elements::Owned(out)))
    }

    /// The elements of a float argument in row-major order as `f32`: without a copy where that is their type.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn floats<'v>(&'v self, view: &'v TensorView) -> Result<Read<'v, f32>> {
        if view.dtype() == DType::F32 { self.read(view) } else { Ok(Read(Elements::Owned(self.read_f32(view)?))) }
    }

    /// The elements of an `I4` view, packed in row-major order. `start` is where its locked memory begins.
    fn packed_nibbles(&self, view: &TensorView, start: *const u8) -> Result<Vec<u8>> {
        let len = view.numel().div_ceil(2);
        let mut packed = room(view, len)?;
        packed.resize(len, 0u8);
        let mut i = 0;
        view.layout().for_each_offset(DType::I4, |at| {
            // SAFETY: views lie inside their buffer, which is locked for as long as `self` lives; nibble `at` lies in byte `at / 2`.
            let byte = unsafe { start.add(at / 2).read() };
            packed[i / 2] |= ((byte >> (4 * (at % 2))) & 15) << (4 * (i % 2));
            i += 1;
        });
        Ok(packed)
    }

    /// The elements of an argument in row-major order, decoded to `f64`.
    pub fn read_f64(&self, view: &TensorView) -> Result<Vec<f64>> {
        match view.dtype() {
            DType::F32 => widened(view, &self.read::<f32>(view)?, |&x| f64::from(x)),
            DType::F16 => widened(view, &self.read::<f16>(view)?, |x| x.to_f64()),
            DType::BF16 => widened(view, &self.read::<bf16>(view)?, |x| x.to_f64()),
            // In place: both have eight bytes.
            _ => Ok(self.read_i64(view)?.into_iter().map(|x| x as f64).collect()),
        }
    }

    /// The elements of an integer or bool argument in row-major order.
    pub fn read_i64(&self, view: &TensorView) -> Result<Vec<i64>> {
        match view.dtype() {
            DType::I64 => widened(view, &self.read::<i64>(view)?, |&x| x),
            DType::I32 => widened(view, &self.read::<i32>(view)?, |&x| x.into()),
            DType::I8 => widened(view, &self.read::<i8>(view)?, |&x| x.into()),
            DType::U8 | DType::Bool => widened(view, &self.read::<u8>(view)?, |&x| x.into()),
            DType::I4 => {
                let packed = self.read::<u8>(view)?;
                let mut out = room(view, view.numel())?;
                out.extend((0..view.numel()).map(|i| i64::from(nibble(packed[i / 2], i))));
                Ok(out)
            }
            found => Err(Error::DType { op: self.op, argument: "(kernel access)", asked: "an integer type".into(), found }),
        }
    }

    /// The elements of a float argument in row-major order, widened to `f32`.
    pub fn read_f32(&self, view: &TensorView) -> Result<Vec<f32>> {
        match view.dtype() {
            DType::F32 => widened(view, &self.read::<f32>(view)?, |&x| x),
            DType::F16 => widened(view, &self.read::<f16>(view)?, |x| x.to_f32()),
            DType::BF16 => widened(view, &self.read::<bf16>(view)?, |x| x.to_f32()),
            found => Err(Error::DType { op: self.op, argument: "(kernel access)", asked: "a float type".into(), found }),
        }
    }

    /// Takes an output for writing, in row-major order; packed bytes for `I4`. It holds the old contents until they are overwritten; a view
    /// that is not contiguous, or has a part of a byte, is written back when the guard is dropped.
    ///
    /// # Errors
    /// [`Error::DType`] when `T` does not store the view's type; [`Error::State`] when the view is not an output of the locked call or was taken already.
    pub fn write<'v, T: Element>(&'v self, view: &'v TensorViewMut) -> Result<Write<'v, T>> {
        self.stored::<T>(view)?;
        self.readable(view)?;
        let memory = self.take(view)?;
        if view.numel() == 0 {
            return Ok(Write(Target::Direct(&mut [])));
        }
        let start = memory.start.as_ptr();
        // The half byte behind an odd number of elements is not the view's.
        let half = view.dtype() == DType::I4 && view.numel() % 2 == 1;
        if view.is_contiguous() && !half {
            let span = view.byte_span();
            // SAFETY: as in `read`; the lock is exclusive, `taken` lets each output out once, outputs do not overlap each other, and
            // inputs that share elements with one are handed out as copies made before.
            let slice = unsafe { std::slice::from_raw_parts_mut(start.add(span.start).cast::<T>(), span.len() / size_of::<T>()) };
            return Ok(Write(Target::Direct(slice)));
        }
        if view.dtype() == DType::I4 {
            let data = self.packed_nibbles(view, start)?;
            return Ok(Write(Target::Staged { data: bytemuck::allocation::cast_vec(data), start: start.cast(), view }));
        }
        let mut data: Vec<T> = room(view, view.numel())?;
        view.layout().for_each_run(view.dtype(), |at, len| {
            // SAFETY: as above.
            data.extend_from_slice(unsafe { std::slice::from_raw_parts(start.cast::<T>().add(at), len) });
        });
        Ok(Write(Target::Staged { data, start: start.cast(), view }))
    }

    /// Takes an output for writing as [`write`](Self::write) does, row by row where it lies: an index of the first dimension is a row. They hold the old contents until
    /// they are overwritten. `None`, and the output is not taken, where a row has gaps or there are no elements.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_rows<'v, T: Element>(&'v self, view: &'v TensorViewMut) -> Result<Option<WriteRows<'v, T>>> {
        let Some(pitch) = view.layout().row_pitch().filter(|_| view.numel() > 0 && view.dtype() != DType::I4) else { return Ok(None) };
        self.stored::<T>(view)?;
        let start = self.take(view)?.start.as_ptr().cast::<T>();
        let (rows, width) = (view.dim(0), view.numel() / view.dim(0));
        // SAFETY: as in `write`; views lie inside of their buffer, so the first element does.
        let start = unsafe { start.add(view.layout().offset()) };
        Ok(Some(WriteRows { start, pitch, width, rows, of: PhantomData }))
    }

    /// The memory of an output, which is taken by this.
    fn take<'v>(&self, view: &'v TensorViewMut) -> Result<&'v HostMemory> {
        let memory = self.memory(view)?;
        let state = |found: &str| Error::State { what: "host access", asked: "an output", found: found.into() };
        let output = self.outputs.iter().find(|o| o.view.same_elements(view));
        if output.ok_or_else(|| state("the view is not an output of the locked call"))?.taken.replace(true) {
            return Err(state("it was taken already"));
        }
        Ok(memory)
    }
}

/// Element `i` of a packed `I4` slice whose byte `i / 2` is `byte`.
#[inline(always)]
pub fn nibble(byte: u8, i: usize) -> i8 {
    ((byte << (4 * (1 - i % 2))) as i8) >> 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_an_output_are_written_where_they_lie() {
        let full = tensor(&[0f32, 1., 2., 3., 4., 5.], [2, 3]).unwrap();
        let part = full.narrow(1, 1, 2).unwrap().to_mut();
        {
            let access = HostAccess::lock(OpKind::Rope, [("x", &*part)], [("y", &part)]).unwrap();
            let mut rows = access.write_rows::<f32>(&part).unwrap().unwrap();
            assert_eq!(rows.row(1), [4., 5.]);
            assert!(rows.row(2).is_empty());
            let (mut first, mut second) = rows.split_at(1);
            first.row(0).fill(7.);
            second.row(0)[1] = 8.;
            assert!(first.row(1).is_empty() && second.row(1).is_empty());
            assert!(access.write::<f32>(&part).is_err() && access.write_rows::<f32>(&part).is_err(), "an output can be taken once");
        }
        assert_eq!(to_vec::<f32>(&full).unwrap(), [0., 7., 7., 3., 4., 8.]);
        let columns = full.t().unwrap().to_mut();
        let access = HostAccess::lock(OpKind::Rope, [], [("y", &columns)]).unwrap();
        assert!(access.write_rows::<f32>(&columns).unwrap().is_none());
        assert!(access.write::<f32>(&columns).is_ok());
    }

    #[test]
    fn strided_output_is_written_back_and_leaves_the_gaps() {
        let full = tensor(&[0f32; 6], [2, 3]).unwrap();
        let column = full.narrow(1, 1, 1).unwrap().to_mut();
        {
            let access = HostAccess::lock(OpKind::Copy, [], [("dst", &column)]).unwrap();
            access.write::<f32>(&column).unwrap().copy_from_slice(&[5., 7.]);
        }
        assert_eq!(to_vec::<f32>(&full).unwrap(), [0., 5., 0., 0., 7., 0.]);
    }

    #[test]
    fn in_place_input_is_a_copy_and_must_be_read_first() {
        let x = tensor(&[1f32, 2.], [2]).unwrap();
        let y = x.to_mut();
        let access = HostAccess::lock(OpKind::Copy, [("x", &x)], [("y", &y)]).unwrap();
        let old = access.read::<f32>(&x).unwrap();
        let mut new = access.write::<f32>(&y).unwrap();
        new[0] = 9.;
        assert_eq!(old[0], 1.);
        assert!(access.read::<f32>(&x).is_err());
        assert!(access.write::<f32>(&y).is_err(), "an output can be taken once");
    }

    #[test]
    fn partial_overlap_is_refused_and_column_blocks_are_not() {
        let x = tensor(&[0f32; 12], [3, 4]).unwrap();
        let (left, right, mid) = (x.narrow(1, 0, 2).unwrap(), x.narrow(1, 2, 2).unwrap(), x.narrow(1, 1, 2).unwrap());
        let lock = |a: &TensorView, b: &TensorView| HostAccess::lock(OpKind::Copy, [("x", a)], [("y", &b.to_mut())]).map(|_| ());
        assert!(lock(&left, &right).is_ok());
        assert!(matches!(lock(&left, &mid), Err(Error::Overlap { .. })));
    }

    #[test]
    fn nibbles_are_signed_and_low_first() {
        let packed = tensor_of(DType::I4, &[0x81, 0xf7], [2, 2]).unwrap();
        assert_eq!(to_i64(&packed).unwrap(), [1, -8, 7, -1]);
        assert_eq!(to_i64(&packed.t().unwrap()).unwrap(), [1, 7, -8, -1]);
    }

    #[test]
    fn strided_nibbles_are_written_back_one_by_one() {
        let full = tensor_of(DType::I4, &[0x77; 4], [2, 4]).unwrap();
        let part = full.narrow(1, 0, 3).unwrap().to_mut();
        {
            let access = HostAccess::lock(OpKind::Copy, [], [("y", &part)]).unwrap();
            access.write::<u8>(&part).unwrap().copy_from_slice(&[0x21, 0x43, 0x65]);
        }
        assert_eq!(to_i64(&full).unwrap(), [1, 2, 3, 7, 4, 5, 6, 7]);
        let row = full.narrow(0, 0, 1).unwrap().narrow(1, 0, 3).unwrap().to_mut();
        assert!(row.is_contiguous());
        {
            let access = HostAccess::lock(OpKind::Cast, [], [("y", &row)]).unwrap();
            access.write::<u8>(&row).unwrap().copy_from_slice(&[0x21, 0x03]);
        }
        assert_eq!(to_i64(&full).unwrap(), [1, 2, 3, 7, 4, 5, 6, 7], "the element behind an odd number of them stays");
        let transposed = full.t().unwrap().to_mut();
        {
            let access = HostAccess::lock(OpKind::Copy, [], [("y", &transposed)]).unwrap();
            access.write::<u8>(&transposed).unwrap().copy_from_slice(&[0x10, 0x32, 0x54, 0x76]);
        }
        assert_eq!(to_i64(&full).unwrap(), [0, 2, 4, 6, 1, 3, 5, 7]);
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no madvise")]
    fn large_block_is_zeroed_aligned_and_as_long_as_asked() {
        for size in [MAPPED_BYTES - 1, MAPPED_BYTES, MAPPED_BYTES + 1] {
            let freed = Arc::new(std::sync::atomic::AtomicUsize::new(0));
            let seen = freed.clone();
            let on_free = Arc::new(move |bytes| seen.store(bytes, std::sync::atomic::Ordering::Relaxed));
            let memory = HostMemory::new(size, Location::Host, Some(on_free)).unwrap();
            assert!(memory.start.addr().get().is_multiple_of(HOST_ALIGN));
            let mut end = [1; 2];
            memory.read(size - 2, &mut end).unwrap();
            assert_eq!(end, [0, 0]);
            memory.write(size - 1, &[7]).unwrap();
            memory.read(size - 2, &mut end).unwrap();
            assert_eq!(end, [0, 7]);
            assert!(memory.write(size, &[7]).is_err());
            drop(memory);
            assert_eq!(freed.load(std::sync::atomic::Ordering::Relaxed), size);
        }
        assert!(matches!(HostMemory::new(usize::MAX, Location::Host, None), Err(Error::OutOfMemory { .. })));
    }

    #[test]
    fn packed_weight_is_read_by_its_device_only() {
        let flat = zeros(DType::BF16, [64]).unwrap();
        let packed = TensorView::new(flat.buffer().clone(), DType::BF16, crate::Layout::packed([4, 8]).unwrap()).unwrap();
        assert!(matches!(to_vec::<bf16>(&packed), Err(Error::Argument { .. })));
        assert!(matches!(to_f64(&packed), Err(Error::Argument { .. })));
        let access = HostAccess::lock(OpKind::Matmul, [("weight", &packed)], []).unwrap();
        assert_eq!(access.packed(&packed).unwrap().len(), 128);
        let other = zeros(DType::BF16, [64]).unwrap();
        assert!(matches!(access.packed(&other), Err(Error::Argument { .. })));
        drop(access);
        let written = packed.to_mut();
        let access = HostAccess::lock(OpKind::Matmul, [], [("y", &written)]).unwrap();
        assert!(access.write::<bf16>(&written).is_err() && access.packed(&packed).is_err());
    }

    #[test]
    fn only_the_stored_type_is_handed_out() {
        let x = tensor(&[1i32], [1]).unwrap();
        let access = HostAccess::lock(OpKind::Copy, [("x", &x)], []).unwrap();
        assert!(matches!(access.read::<f32>(&x), Err(Error::DType { .. })));
        let other = tensor(&[1i32], [1]).unwrap();
        assert!(matches!(access.read::<i32>(&other), Err(Error::State { .. })));
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri ends where memory does")]
    fn a_copy_of_repeated_elements_beyond_memory_is_refused() {
        for (dtype, bytes) in [(DType::F32, 4), (DType::I64, 8), (DType::F16, 2), (DType::I4, 1), (DType::Bool, 1)] {
            let one = tensor_of(dtype, &vec![0; bytes], [if dtype == DType::I4 { 2 } else { 1 }]).unwrap();
            let layout = crate::Layout::strided([1usize << 56], [0usize], 0).unwrap();
            let huge = TensorView::new(one.buffer().clone(), dtype, layout).unwrap();
            assert!(matches!(to_f64(&huge), Err(Error::OutOfMemory { .. })), "{dtype}");
            if dtype == DType::F32 {
                assert!(matches!(to_vec::<f32>(&huge), Err(Error::OutOfMemory { asked_bytes, .. }) if asked_bytes == 1 << 58));
            }
        }
    }
}
