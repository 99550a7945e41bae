//! Memory handles.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::host::HostMemory;

/// Name of a device: backend and index, such as `cpu`, `npu:0`, `sim:3`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId {
    /// The backend: `cpu`, `npu`, `sim`, or a third party's own.
    pub backend: &'static str,
    /// Index among the devices of the backend.
    pub index: u32,
}

impl DeviceId {
    /// The host CPU.
    pub const CPU: Self = Self { backend: "cpu", index: 0 };
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::CPU {
            return f.pad("cpu");
        }
        f.pad(&format!("{}:{}", self.backend, self.index))
    }
}
impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where a buffer's memory is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Location {
    /// Host memory that devices can copy from and to asynchronously (pinned where the device needs that).
    Host,
    /// Memory of a device.
    Device(DeviceId),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.pad("the host"),
            Self::Device(id) => fmt::Display::fmt(id, f),
        }
    }
}

/// One allocation, as a device implements it. Dropping it frees the memory in stream order.
pub trait Memory: Any + Send + Sync + fmt::Debug {
    /// Where the memory is.
    fn location(&self) -> Location;
    /// Size in bytes, as asked for.
    fn size_bytes(&self) -> usize;
    /// The memory as host memory, if the host can read and write it.
    fn as_host(&self) -> Option<&HostMemory> {
        None
    }
}

/// A shared handle to one allocation.
///
/// Clones share the memory. Work enqueued on a stream holds a clone, so the memory lives until the stream has passed that work, whatever the caller drops.
#[derive(Clone)]
pub struct Buffer(Arc<dyn Memory>);

impl Buffer {
    /// Wraps a device's allocation.
    pub fn new(memory: impl Memory) -> Self {
        Self(Arc::new(memory))
    }
    /// Where the memory is.
    pub fn location(&self) -> Location {
        self.0.location()
    }
    /// Size in bytes.
    pub fn size_bytes(&self) -> usize {
        self.0.size_bytes()
    }
    /// The memory as host memory, if the host can read and write it.
    pub fn as_host(&self) -> Option<&HostMemory> {
        self.0.as_host()
    }
    /// The device's own type, for the device itself and for kernels written against it.
    pub fn downcast_ref<M: Memory>(&self) -> Option<&M> {
        let any: &dyn Any = &*self.0;
        any.downcast_ref()
    }
    /// Whether both handles share one allocation.
    pub fn same_memory(&self, other: &Buffer) -> bool {
        self.id() == other.id()
    }
    /// A number that is unique among the live allocations of the process.
    pub fn id(&self) -> usize {
        Arc::as_ptr(&self.0).cast::<()>() as usize
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} bytes on {})", self.size_bytes(), self.location())
    }
}
