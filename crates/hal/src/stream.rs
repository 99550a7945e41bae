//! Streams, events and graphs: order and time on a device.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::{Buffer, DeviceId, Error, Result};

/// A byte range of a buffer, as one end of a copy.
#[derive(Clone, Debug)]
pub struct BufferSlice {
    /// The buffer.
    pub buffer: Buffer,
    /// First byte.
    pub offset: usize,
    /// Number of bytes.
    pub len: usize,
}

impl BufferSlice {
    /// The fields are public, so a slice may be wrong.
    fn check(&self, what: &'static str) -> Result<()> {
        let (offset, len, size) = (self.offset, self.len, self.buffer.size_bytes());
        match offset.checked_add(len) {
            Some(end) if end <= size => Ok(()),
            _ => Err(Error::OutOfRange { what, offset, len, size }),
        }
    }
}

impl Buffer {
    /// Bytes `offset..offset + len` of the buffer.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn slice(&self, offset: usize, len: usize) -> Result<BufferSlice> {
        let slice = BufferSlice { buffer: self.clone(), offset, len };
        slice.check("slice")?;
        Ok(slice)
    }
    /// All bytes of the buffer.
    pub fn all(&self) -> BufferSlice {
        BufferSlice { buffer: self.clone(), offset: 0, len: self.size_bytes() }
    }
}

/// A function to be called on the host when a stream reaches it.
pub type HostFn = Box<dyn FnOnce() + Send>;

/// What a device implements for its streams. Callers use [`Stream`].
pub trait StreamImpl: Any + Send + Sync + fmt::Debug {
    /// The device of the stream.
    fn device(&self) -> DeviceId;
    /// See [`Stream::synchronize`].
    fn synchronize(&self) -> Result<()>;
    /// See [`Stream::is_idle`].
    fn is_idle(&self) -> Result<bool>;
    /// See [`Stream::record`].
    fn record(&self, event: &Event) -> Result<()>;
    /// See [`Stream::wait`].
    fn wait(&self, event: &Event) -> Result<()>;
    /// See [`Stream::call_host`].
    fn call_host(&self, f: HostFn) -> Result<()>;
    /// See [`Stream::copy`]. The ranges have been checked: inside of their buffers, equally long, apart.
    fn copy(&self, src: BufferSlice, dst: BufferSlice) -> Result<()>;
    /// See [`Stream::begin_capture`].
    fn begin_capture(&self) -> Result<()>;
    /// See [`Stream::end_capture`].
    fn end_capture(&self) -> Result<Graph>;
}

/// An in-order queue of work on a device. Clones are the same queue.
///
/// The first failure on a stream stops it: later ops, copies and callbacks are skipped until [`synchronize`](Self::synchronize) has reported the failure, then the
/// stream works again. Event marks are reached all the same, so nobody waits for ever.
#[derive(Clone, Debug)]
pub struct Stream(Arc<dyn StreamImpl>);

impl Stream {
    /// Wraps a device's stream.
    pub fn new(stream: impl StreamImpl) -> Self {
        Self(Arc::new(stream))
    }
    /// The device of the stream.
    pub fn device(&self) -> DeviceId {
        self.0.device()
    }
    /// Waits until all work enqueued so far is done.
    ///
    /// # Errors
    /// The first failure since the last synchronisation, with the op's name ([`Error::Execution`], [`Error::Task`]).
    pub fn synchronize(&self) -> Result<()> {
        self.0.synchronize()
    }
    /// Whether all work enqueued so far is done. Does not report failures.
    pub fn is_idle(&self) -> Result<bool> {
        self.0.is_idle()
    }
    /// Enqueues a mark: `event` is reached when all work enqueued before is done. Recording again moves the mark.
    pub fn record(&self, event: &Event) -> Result<()> {
        self.0.record(event)
    }
    /// Work enqueued from here on starts after `event` (as recorded last before this call) is reached. An event that was never recorded counts as reached.
    pub fn wait(&self, event: &Event) -> Result<()> {
        self.0.wait(event)
    }
    /// Enqueues a call of `f` on the host. `f` must not call into the device. If the stream has failed, `f` is dropped without being called.
    ///
    /// # Errors
    /// [`Error::State`] during a capture: `f` can be called only once, a recording is run again.
    pub fn call_host(&self, f: impl FnOnce() + Send + 'static) -> Result<()> {
        self.0.call_host(Box::new(f))
    }
    /// Enqueues a copy of bytes between buffers of this device and [`Location::Host`](crate::Location::Host) buffers, in any direction. Source and destination may not overlap.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when the lengths differ or a range lies outside of its buffer; [`Error::State`] when the ranges overlap;
    /// [`Error::WrongDevice`], [`Error::ForeignHandle`].
    pub fn copy(&self, src: BufferSlice, dst: BufferSlice) -> Result<()> {
        src.check("copy from")?;
        dst.check("copy to")?;
        if src.len != dst.len {
            return Err(Error::OutOfRange { what: "copy", offset: dst.offset, len: src.len, size: dst.offset + dst.len });
        }
        let apart = src.offset + src.len <= dst.offset || dst.offset + dst.len <= src.offset;
        if src.buffer.same_memory(&dst.buffer) && !apart {
            return Err(Error::State {
                what: "copy",
                asked: "disjoint ranges",
                found: format!("source {}.. and destination {}.. of one buffer overlap", src.offset, dst.offset),
            });
        }
        self.0.copy(src, dst)
    }
    /// From here on, work enqueued on this stream is recorded instead of executed, until [`end_capture`](Self::end_capture).
    ///
    /// # Errors
    /// [`Error::State`] when a capture is running already. While one runs, synchronising is refused.
    pub fn begin_capture(&self) -> Result<()> {
        self.0.begin_capture()
    }
    /// Ends the capture and returns what was recorded.
    pub fn end_capture(&self) -> Result<Graph> {
        self.0.end_capture()
    }
    /// The device's own type.
    pub fn downcast_ref<S: StreamImpl>(&self) -> Option<&S> {
        let any: &dyn Any = &*self.0;
        any.downcast_ref()
    }
}

/// What a device implements for its events. Callers use [`Event`].
pub trait EventImpl: Any + Send + Sync + fmt::Debug {
    /// See [`Event::is_reached`].
    fn is_reached(&self) -> Result<bool>;
    /// See [`Event::synchronize`].
    fn synchronize(&self) -> Result<()>;
    /// See [`Event::elapsed_since`].
    fn elapsed_since(&self, earlier: &Event) -> Result<Duration>;
}

/// A mark in a stream.
#[derive(Clone, Debug)]
pub struct Event(Arc<dyn EventImpl>);

impl Event {
    /// Wraps a device's event.
    pub fn new(event: impl EventImpl) -> Self {
        Self(Arc::new(event))
    }
    /// Whether the mark was reached. `true` when it was never recorded.
    pub fn is_reached(&self) -> Result<bool> {
        self.0.is_reached()
    }
    /// Waits until the mark is reached.
    pub fn synchronize(&self) -> Result<()> {
        self.0.synchronize()
    }
    /// Device time between the mark `earlier` and this one.
    ///
    /// # Errors
    /// [`Error::State`] when one of them was never recorded or is not reached yet.
    pub fn elapsed_since(&self, earlier: &Event) -> Result<Duration> {
        self.0.elapsed_since(earlier)
    }
    /// The device's own type.
    pub fn downcast_ref<E: EventImpl>(&self) -> Option<&E> {
        let any: &dyn Any = &*self.0;
        any.downcast_ref()
    }
}

/// What a device implements for recorded work. Callers use [`Graph`].
pub trait GraphImpl: Send + fmt::Debug {
    /// See [`Graph::task_count`].
    fn task_count(&self) -> usize;
    /// See [`Graph::instantiate`].
    fn instantiate(self: Box<Self>) -> Result<GraphExec>;
}

/// Work recorded by a capture.
#[derive(Debug)]
pub struct Graph(Box<dyn GraphImpl>);

impl Graph {
    /// Wraps a device's recording.
    pub fn new(graph: impl GraphImpl + 'static) -> Self {
        Self(Box::new(graph))
    }
    /// Number of recorded tasks.
    pub fn task_count(&self) -> usize {
        self.0.task_count()
    }
    /// Makes the recording executable; this consumes it.
    pub fn instantiate(self) -> Result<GraphExec> {
        self.0.instantiate()
    }
}

/// What a device implements for executable graphs. Callers use [`GraphExec`].
pub trait GraphExecImpl: Send + Sync + fmt::Debug {
    /// See [`GraphExec::launch`].
    fn launch(&self, stream: &Stream) -> Result<()>;
}

/// An executable graph: the recorded work, with the recorded buffers, any number of times. What the buffers hold at that time is what it works on.
#[derive(Clone, Debug)]
pub struct GraphExec(Arc<dyn GraphExecImpl>);

impl GraphExec {
    /// Wraps a device's executable graph.
    pub fn new(exec: impl GraphExecImpl + 'static) -> Self {
        Self(Arc::new(exec))
    }
    /// Enqueues the whole graph on `stream`.
    pub fn launch(&self, stream: &Stream) -> Result<()> {
        self.0.launch(stream)
    }
}
