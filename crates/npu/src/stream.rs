//! Streams.

use std::sync::{Arc, Weak};

use ascend_hal::{BufferSlice, DeviceId, Error, Event, Graph, HostFn, Result, Stream, StreamImpl};

use crate::device::NpuDevice;
use crate::event::NpuEvent;
use crate::graph;
use crate::raw::{Card, Queue};

/// The handle behind [`Stream`]. Dropping the last one waits for the work that is on it; a failure comes out of the next synchronisation of the device.
#[derive(Debug)]
pub(crate) struct NpuStream {
    queue: Arc<Queue>,
    device: Weak<NpuDevice>,
}

impl NpuStream {
    pub(crate) fn open(card: &Arc<Card>, device: Weak<NpuDevice>) -> Result<(Stream, Arc<Queue>)> {
        let queue = Queue::open(card)?;
        Ok((Stream::new(Self { queue: queue.clone(), device }), queue))
    }

    /// The NPU's own stream behind a handle.
    pub(crate) fn of(stream: &Stream) -> Result<&Self> {
        stream.downcast_ref().ok_or(Error::ForeignHandle { what: "the stream" })
    }

    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// The event of this stream's card behind a handle.
    fn event<'a>(&self, event: &'a Event) -> Result<&'a NpuEvent> {
        let own = NpuEvent::of(event)?;
        if own.raw().is_of(self.queue.card()) { Ok(own) } else { Err(Error::ForeignHandle { what: "the event" }) }
    }
}

impl StreamImpl for NpuStream {
    fn device(&self) -> DeviceId {
        self.queue.card().id()
    }

    fn synchronize(&self) -> Result<()> {
        self.queue.synchronize()
    }

    fn is_idle(&self) -> Result<bool> {
        self.queue.is_idle()
    }

    fn record(&self, event: &Event) -> Result<()> {
        self.queue.record(event, self.event(event)?)
    }

    fn wait(&self, event: &Event) -> Result<()> {
        self.queue.wait(event, self.event(event)?)
    }

    fn call_host(&self, f: HostFn) -> Result<()> {
        self.queue.call_host(f)
    }

    fn copy(&self, src: BufferSlice, dst: BufferSlice) -> Result<()> {
        self.queue.copy(src, dst)
    }

    fn begin_capture(&self) -> Result<()> {
        self.queue.begin_capture()
    }

    fn end_capture(&self) -> Result<Graph> {
        let (model, recording) = self.queue.end_capture()?;
        Ok(graph::graph(model, recording, self.device.clone()))
    }
}
