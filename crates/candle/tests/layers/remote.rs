//! A device whose memory the host cannot touch: the CPU behind a wall.

use std::sync::Arc;

use ascend_hal::{
    Buffer, Choice, Device, DeviceId, DeviceInfo, Error, Event, KernelRegistry, Location, Memory, MemoryInfo, OpCall, Result, Stream,
    TensorView,
};

const ID: DeviceId = DeviceId { backend: "remote", index: 0 };

/// Computes on `inner` with buffers that the host cannot read, filled with NaN when they are new.
#[derive(Debug)]
pub(crate) struct Remote {
    inner: Arc<dyn Device>,
    info: DeviceInfo,
}

impl Remote {
    pub(crate) fn new(inner: Arc<dyn Device>) -> Self {
        let info = DeviceInfo { id: ID, ..inner.info().clone() };
        Self { inner, info }
    }
}

#[derive(Debug)]
struct Walled(Buffer);

impl Memory for Walled {
    fn location(&self) -> Location {
        Location::Device(ID)
    }
    fn size_bytes(&self) -> usize {
        self.0.size_bytes()
    }
}

fn behind(buffer: &Buffer) -> Result<&Buffer> {
    let found = || buffer.location().to_string();
    let walled =
        buffer.downcast_ref::<Walled>().ok_or_else(|| Error::WrongDevice { what: "the buffer".into(), asked: ID, found: found() })?;
    Ok(&walled.0)
}

impl Device for Remote {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }
    fn memory(&self) -> Result<MemoryInfo> {
        self.inner.memory()
    }
    fn alloc(&self, bytes: usize) -> Result<Buffer> {
        let inner = self.inner.alloc(bytes)?;
        self.inner.write(&inner, 0, &vec![0xff; bytes])?;
        Ok(Buffer::new(Walled(inner)))
    }
    fn alloc_pinned(&self, bytes: usize) -> Result<Buffer> {
        self.inner.alloc_pinned(bytes)
    }
    fn write(&self, dst: &Buffer, offset: usize, src: &[u8]) -> Result<()> {
        self.inner.write(behind(dst)?, offset, src)
    }
    fn read(&self, src: &Buffer, offset: usize, dst: &mut [u8]) -> Result<()> {
        self.inner.read(behind(src)?, offset, dst)
    }
    fn create_stream(&self) -> Result<Stream> {
        self.inner.create_stream()
    }
    fn create_event(&self) -> Result<Event> {
        self.inner.create_event()
    }
    fn enqueue(&self, stream: &Stream, call: OpCall, choice: &Choice) -> Result<()> {
        call.check()?;
        let view = |view: &TensorView| TensorView::new(behind(view.buffer())?.clone(), view.dtype(), *view.layout());
        self.inner.enqueue(stream, call.map(&mut |arg| view(arg.view))?, choice)
    }
    fn kernels(&self) -> &KernelRegistry {
        self.inner.kernels()
    }
    fn synchronize(&self) -> Result<()> {
        self.inner.synchronize()
    }
}
