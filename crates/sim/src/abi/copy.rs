//! Copies and fills.

use std::ffi::c_void;

use ascend_sys::ffi::{
    ACL_ERROR_RT_INVALID_MEMORY_TYPE, ACL_MEMCPY_DEFAULT, ACL_MEMCPY_DEVICE_TO_DEVICE, ACL_MEMCPY_DEVICE_TO_HOST,
    ACL_MEMCPY_HOST_TO_BUF_TO_DEVICE, ACL_MEMCPY_HOST_TO_DEVICE, ACL_MEMCPY_HOST_TO_HOST, ACL_MEMCPY_INNER_DEVICE_TO_DEVICE,
    ACL_MEMCPY_INTER_DEVICE_TO_DEVICE, aclError, aclrtCmoType, aclrtMemcpyBatchAttr, aclrtMemcpyKind, aclrtStream,
};

use super::copy_rules::{self, End};
use super::{Address, functions, invalid};
use crate::capture;
use crate::context;
use crate::fault::{Fault, Outcome, call};
use crate::faults;
use crate::machine::machine;
use crate::memory::Span;
use crate::peer;
use crate::stream::Stream;

pub(super) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclrtMemcpy => copy,
    aclrtMemcpyAsync => copy_async,
    aclrtMemset => set,
    aclrtMemsetAsync => set_async,
    aclrtMemcpyAsyncWithCondition => copy_async_with_condition,
    aclrtMemcpy2d => copy_2d,
    aclrtMemcpy2dAsync => copy_2d_async,
    aclrtMemcpyBatch => copy_batch,
    aclrtMemcpyBatchAsync => copy_batch_async,
    aclrtCmoAsync => cache_operation,
};

/// One end of a copy.
enum Place {
    Host(*mut u8),
    Device(Span),
}

// SAFETY: the program hands a host address over for as long as the copy lasts; a span keeps its memory itself.
unsafe impl Send for Place {}
// SAFETY: as above.
unsafe impl Sync for Place {}

impl Place {
    fn address(&self) -> *mut u8 {
        match self {
            Self::Host(address) => *address,
            Self::Device(span) => span.address(),
        }
    }

    fn end(&self) -> End {
        match self {
            Self::Host(address) => End { address: *address as usize, on_device: false },
            Self::Device(span) => End { address: span.start(), on_device: true },
        }
    }

    fn device(&self) -> Option<u32> {
        match self {
            Self::Host(_) => None,
            Self::Device(span) => machine().memory().device(span.start()),
        }
    }

    fn span(&self) -> Option<Span> {
        match self {
            Self::Host(_) => None,
            Self::Device(span) => Some(span.clone()),
        }
    }

    /// An address of the side that the kind of copy says, `None` for either.
    fn find(address: *mut u8, bytes: usize, on_device: Option<bool>, name: &str) -> Outcome<Self> {
        if address.is_null() {
            return Err(invalid(format!("{name} is null")));
        }
        let memory = machine().memory();
        let found = memory.on_device(address as usize);
        match on_device.unwrap_or(found) {
            true => memory.span(address as usize, bytes).map(Self::Device),
            false if found => {
                let what = format!("{name} is on the host by the kind of copy, but {address:p} is device memory");
                Err(Fault::misuse(ACL_ERROR_RT_INVALID_MEMORY_TYPE, what))
            }
            false => Ok(Self::Host(address)),
        }
    }
}

/// Rows of bytes that lie apart; one row is a plain copy.
struct Rows {
    width: usize,
    height: usize,
    destination_pitch: usize,
    source_pitch: usize,
}

impl Rows {
    fn one(bytes: usize) -> Self {
        Self { width: bytes, height: 1, destination_pitch: bytes, source_pitch: bytes }
    }

    /// Bytes from the first to the last.
    fn extent(&self, pitch: usize) -> Outcome<usize> {
        let extent = pitch.checked_mul(self.height.saturating_sub(1)).and_then(|bytes| bytes.checked_add(self.width));
        extent.ok_or_else(|| invalid(format!("{} rows {pitch} bytes apart are more than there are addresses", self.height)))
    }
}

/// A checked copy, ready to be made, and the device memory that it touches.
struct Copy {
    uses: Vec<Span>,
    destination: Place,
    source: Place,
    rows: Rows,
    pageable: bool,
}

impl Copy {
    fn plan(destination: *mut c_void, source: *const c_void, rows: Rows, kind: aclrtMemcpyKind) -> Outcome<Self> {
        let (from, to) = match kind {
            ACL_MEMCPY_HOST_TO_HOST => (Some(false), Some(false)),
            ACL_MEMCPY_HOST_TO_DEVICE | ACL_MEMCPY_HOST_TO_BUF_TO_DEVICE => (Some(false), Some(true)),
            ACL_MEMCPY_DEVICE_TO_HOST => (Some(true), Some(false)),
            ACL_MEMCPY_DEVICE_TO_DEVICE | ACL_MEMCPY_INNER_DEVICE_TO_DEVICE | ACL_MEMCPY_INTER_DEVICE_TO_DEVICE => (Some(true), Some(true)),
            ACL_MEMCPY_DEFAULT => (None, None),
            other => return Err(invalid(format!("{other} is no kind of copy"))),
        };
        let pageable = !pinned(destination, source);
        let source = Place::find(source.cast_mut().cast(), rows.extent(rows.source_pitch)?, from, "src")?;
        let destination = Place::find(destination.cast(), rows.extent(rows.destination_pitch)?, to, "dst")?;
        if let (Some(from), Some(to)) = (source.device(), destination.device()) {
            peer::may_copy(from, to)?;
        }
        let uses = source.span().into_iter().chain(destination.span()).collect();
        Ok(Self { uses, destination, source, rows, pageable })
    }

    fn run(&self) {
        for row in 0..self.rows.height {
            // SAFETY: device ranges were checked and are kept by their spans; host ranges are valid by the rules of the function that was called.
            unsafe {
                let source = self.source.address().add(row * self.rows.source_pitch);
                let destination = self.destination.address().add(row * self.rows.destination_pitch);
                std::ptr::copy(source, destination, self.rows.width);
            }
        }
    }

    fn between_devices(&self) -> bool {
        self.source.device() != self.destination.device() && self.uses.len() == 2
    }

    /// Makes the copy, and waits for it.
    fn now(self, name: &str) -> Outcome {
        context::current()?;
        capture::refuse_synchronous()?;
        if self.between_devices() {
            faults::on_link(name)?;
        }
        self.run();
        Ok(())
    }

    fn enqueue(mut self, stream: &Stream, name: &'static str) -> Outcome {
        // Since 9.0 such copies count among the calls that wait.
        if self.pageable && machine().config().cann.major >= 9 {
            capture::refuse_pageable()?;
        }
        let (device, link) = (context::current()?.device(), self.between_devices());
        stream.submit(std::mem::take(&mut self.uses), move |flags| {
            let fault = if link { faults::on_link(name) } else { Ok(()) };
            fault.and_then(|()| faults::on_stream(name, Some(device), flags)).map_err(|fault| fault.of(name))?;
            self.run();
            Ok(())
        })
    }
}

fn plan(destination: *mut c_void, room: usize, source: *const c_void, bytes: usize, kind: aclrtMemcpyKind) -> Outcome<Copy> {
    if bytes == 0 || bytes > room {
        return Err(invalid(format!("{bytes} bytes asked, at least 1 and no more than the {room} of the destination can be copied")));
    }
    Copy::plan(destination, source, Rows::one(bytes), kind)
}

/// Whether each end of a copy that is on the host is pinned.
fn pinned(destination: *const c_void, source: *const c_void) -> bool {
    let memory = machine().memory();
    [destination as usize, source as usize].into_iter().all(|address| memory.on_device(address) || memory.pinned(address))
}

pub(super) unsafe extern "C" fn copy(
    destination: *mut c_void,
    room: usize,
    source: *const c_void,
    bytes: usize,
    kind: aclrtMemcpyKind,
) -> aclError {
    call("aclrtMemcpy", || {
        context::current()?;
        plan(destination, room, source, bytes, kind)?.now("aclrtMemcpy")
    })
}

/// A copy by `aclrtMemcpyAsync` or its like.
fn plan_async(destination: *mut c_void, room: usize, source: *const c_void, bytes: usize, kind: aclrtMemcpyKind) -> Outcome<Copy> {
    let copy = plan(destination, room, source, bytes, kind)?;
    copy_rules::asynchronous(machine().config().cann, copy.source.end(), copy.destination.end())?;
    Ok(copy)
}

pub(super) unsafe extern "C" fn copy_async(
    destination: *mut c_void,
    room: usize,
    source: *const c_void,
    bytes: usize,
    kind: aclrtMemcpyKind,
    stream: aclrtStream,
) -> aclError {
    call("aclrtMemcpyAsync", || {
        let stream = context::stream(stream)?;
        let copy = plan_async(destination, room, source, bytes, kind)?;
        let waits = copy.pageable && copy_rules::waits_for_pageable(machine().config().cann);
        copy.enqueue(&stream, "aclrtMemcpyAsync")?;
        if waits && stream.capture().is_none() { stream.synchronise(None) } else { Ok(()) }
    })
}

/// The condition is that host memory is pinned: other memory is copied before the call returns, as the document says.
pub(super) unsafe extern "C" fn copy_async_with_condition(
    destination: *mut c_void,
    room: usize,
    source: *const c_void,
    bytes: usize,
    kind: aclrtMemcpyKind,
    stream: aclrtStream,
) -> aclError {
    call("aclrtMemcpyAsyncWithCondition", || {
        let stream = context::stream(stream)?;
        let copy = plan_async(destination, room, source, bytes, kind)?;
        let wait = copy.pageable;
        copy.enqueue(&stream, "aclrtMemcpyAsyncWithCondition")?;
        if wait { stream.synchronise(None) } else { Ok(()) }
    })
}

fn plan_2d(
    destination: *mut c_void,
    destination_pitch: usize,
    source: *const c_void,
    source_pitch: usize,
    (width, height): (usize, usize),
    kind: aclrtMemcpyKind,
) -> Outcome<Copy> {
    if width == 0 || height == 0 || width > destination_pitch || width > source_pitch {
        let what = format!("at least one row of at least 1 byte, no wider than the pitches, asked; {height} of {width} found");
        return Err(invalid(format!("{what}, pitches {destination_pitch} and {source_pitch}")));
    }
    let copy = Copy::plan(destination, source, Rows { width, height, destination_pitch, source_pitch }, kind)?;
    copy_rules::rows(machine().config().cann, height, copy.source.end(), copy.destination.end())?;
    Ok(copy)
}

pub(super) unsafe extern "C" fn copy_2d(
    destination: *mut c_void,
    destination_pitch: usize,
    source: *const c_void,
    source_pitch: usize,
    width: usize,
    height: usize,
    kind: aclrtMemcpyKind,
) -> aclError {
    call("aclrtMemcpy2d", || {
        context::current()?;
        plan_2d(destination, destination_pitch, source, source_pitch, (width, height), kind)?.now("aclrtMemcpy2d")
    })
}

pub(super) unsafe extern "C" fn copy_2d_async(
    destination: *mut c_void,
    destination_pitch: usize,
    source: *const c_void,
    source_pitch: usize,
    width: usize,
    height: usize,
    kind: aclrtMemcpyKind,
    stream: aclrtStream,
) -> aclError {
    call("aclrtMemcpy2dAsync", || {
        let stream = context::stream(stream)?;
        plan_2d(destination, destination_pitch, source, source_pitch, (width, height), kind)?.enqueue(&stream, "aclrtMemcpy2dAsync")
    })
}

/// The arrays of a batch of copies. Attributes say which side is the host's, which the addresses say too.
///
/// # Safety
/// * The arrays are null or have `number` elements; `fail` is null or valid for writing.
unsafe fn plan_batch(
    destinations: *mut *mut c_void,
    rooms: *mut usize,
    sources: *mut *mut c_void,
    sizes: *mut usize,
    number: usize,
    fail: *mut usize,
) -> Outcome<Vec<Copy>> {
    if destinations.is_null() || rooms.is_null() || sources.is_null() || sizes.is_null() || number == 0 {
        return Err(invalid("an array is null, or there are no copies"));
    }
    let plan_one = |index| {
        // SAFETY: the arrays have that many elements, the caller promises.
        let (to, room, from, bytes) = unsafe { (*destinations.add(index), *rooms.add(index), *sources.add(index), *sizes.add(index)) };
        plan(to, room, from, bytes, ACL_MEMCPY_DEFAULT).inspect_err(|_| {
            if !fail.is_null() {
                // SAFETY: the caller promises that it can be written.
                unsafe { fail.write(index) };
            }
        })
    };
    (0..number).map(plan_one).collect()
}

pub(super) unsafe extern "C" fn copy_batch(
    destinations: *mut *mut c_void,
    rooms: *mut usize,
    sources: *mut *mut c_void,
    sizes: *mut usize,
    number: usize,
    _attributes: *mut aclrtMemcpyBatchAttr,
    _indices: *mut usize,
    _number_of_attributes: usize,
    fail: *mut usize,
) -> aclError {
    call("aclrtMemcpyBatch", || {
        context::current()?;
        // SAFETY: the caller's arrays are null or valid, by the function's rules.
        unsafe { plan_batch(destinations, rooms, sources, sizes, number, fail) }?
            .into_iter()
            .try_for_each(|copy| copy.now("aclrtMemcpyBatch"))
    })
}

pub(super) unsafe extern "C" fn copy_batch_async(
    destinations: *mut *mut c_void,
    rooms: *mut usize,
    sources: *mut *mut c_void,
    sizes: *mut usize,
    number: usize,
    _attributes: *mut aclrtMemcpyBatchAttr,
    _indices: *mut usize,
    _number_of_attributes: usize,
    fail: *mut usize,
    stream: aclrtStream,
) -> aclError {
    call("aclrtMemcpyBatchAsync", || {
        let stream = context::stream(stream)?;
        // SAFETY: the caller's arrays are null or valid, by the function's rules.
        let copies = unsafe { plan_batch(destinations, rooms, sources, sizes, number, fail) }?;
        copies.into_iter().try_for_each(|copy| copy.enqueue(&stream, "aclrtMemcpyBatchAsync"))
    })
}

/// Caches are not simulated; that the range is memory is.
pub(super) unsafe extern "C" fn cache_operation(address: *mut c_void, bytes: usize, _kind: aclrtCmoType, stream: aclrtStream) -> aclError {
    call("aclrtCmoAsync", || {
        let stream = context::stream(stream)?;
        let span = machine().memory().span(address as usize, bytes)?;
        stream.submit(vec![span], |_| Ok(()))
    })
}

/// A checked fill, ready to be made, and the device memory that it touches.
fn plan_set(address: *mut c_void, room: usize, value: i32, bytes: usize) -> Outcome<(Vec<Span>, impl Fn() + Send + Sync)> {
    if bytes == 0 || bytes > room {
        return Err(invalid(format!("{bytes} bytes asked, at least 1 and no more than the {room} of the destination can be set")));
    }
    let place = Place::find(address.cast(), bytes, None, "devPtr")?;
    // C's memset takes the low byte.
    let byte = value as u8;
    let uses = place.span().into_iter().collect();
    let set = move || {
        let place = &place;
        // SAFETY: a device range was checked and is kept by its span; a host range is valid by the rules of the function that was called.
        unsafe { place.address().write_bytes(byte, bytes) };
    };
    Ok((uses, set))
}

pub(super) unsafe extern "C" fn set(address: *mut c_void, room: usize, value: i32, bytes: usize) -> aclError {
    call("aclrtMemset", || {
        context::current()?;
        capture::refuse_synchronous()?;
        plan_set(address, room, value, bytes)?.1();
        Ok(())
    })
}

pub(super) unsafe extern "C" fn set_async(address: *mut c_void, room: usize, value: i32, bytes: usize, stream: aclrtStream) -> aclError {
    call("aclrtMemsetAsync", || {
        let stream = context::stream(stream)?;
        let (uses, set) = plan_set(address, room, value, bytes)?;
        let device = context::current()?.device();
        stream.submit(uses, move |flags| {
            faults::on_stream("aclrtMemsetAsync", Some(device), flags).map_err(|fault| fault.of("aclrtMemsetAsync"))?;
            set();
            Ok(())
        })
    })
}
