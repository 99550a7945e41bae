//! The `Device` trait.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::ops::Weight;
use crate::{Buffer, Choice, DeviceId, Error, Event, Kernel, KernelRegistry, Location, OpCall, Origin, Result, Stream, Support};

/// What a device is.
#[derive(Clone, Debug)]
pub struct DeviceInfo {
    /// Its name in this library: `cpu`, `npu:0`, ...
    pub id: DeviceId,
    /// Product name: the CPU's model, or the SoC (`Ascend910B2`).
    pub name: String,
    /// Cores or threads that work on one call.
    pub compute_units: usize,
    /// Memory in bytes.
    pub memory_bytes: usize,
    /// Facts worth a line in `ascend devices`: instruction sets, driver and toolkit versions.
    pub features: Vec<String>,
}

/// Memory of a device at one moment, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryInfo {
    /// What may be allocated in all.
    pub total_bytes: usize,
    /// What is allocated now through this handle.
    pub used_bytes: usize,
    /// The most that was allocated at once.
    pub peak_bytes: usize,
    /// Allocations alive.
    pub allocations: usize,
}

/// A compute device. Object-safe: engines hold `Arc<dyn Device>`, and wrappers (shadowing, profiling) implement it over another one.
///
/// Typed helpers (`upload`, `download`, one method an op) are in [`DeviceExt`](crate::DeviceExt).
///
/// * Work is enqueued on streams and may run later. Failures of enqueued work come out of the next synchronisation of its stream, with the op's name.
/// * Arguments are checked by the op's contract before anything is enqueued; such a refusal comes back at once and leaves the stream as it was.
/// * All methods may be called from any thread.
pub trait Device: Any + Send + Sync + fmt::Debug {
    /// What the device is.
    fn info(&self) -> &DeviceInfo;

    /// Its memory at this moment.
    fn memory(&self) -> Result<MemoryInfo>;

    /// Allocates `bytes` of device memory with undefined contents. 0 is allowed. Dropping the last handle frees it, after the work that uses it.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    fn alloc(&self, bytes: usize) -> Result<Buffer>;

    /// Allocates `bytes` of host memory that [`Stream::copy`] can use ([`Location::Host`]).
    fn alloc_pinned(&self, bytes: usize) -> Result<Buffer>;

    /// Copies host bytes into a buffer, now. Does not wait for streams: enqueued work that uses the buffer must be done.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::WrongDevice`].
    fn write(&self, dst: &Buffer, offset: usize, src: &[u8]) -> Result<()>;

    /// Copies bytes of a buffer to the host, now. Does not wait for streams.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::WrongDevice`].
    fn read(&self, src: &Buffer, offset: usize, dst: &mut [u8]) -> Result<()>;

    /// Makes a stream.
    fn create_stream(&self) -> Result<Stream>;

    /// Makes an event that can be timed.
    fn create_event(&self) -> Result<Event>;

    /// Checks `call` and enqueues it. The call's tensors are kept alive until it is done.
    ///
    /// # Errors
    /// What the contract's `check()` says; [`Error::WrongDevice`]; what [`KernelRegistry::pick`] says. Failures of execution come later.
    fn enqueue(&self, stream: &Stream, call: OpCall, choice: &Choice) -> Result<()>;

    /// The kernels of this device.
    fn kernels(&self) -> &KernelRegistry;

    /// How the device would run `call`.
    fn support(&self, call: &OpCall, choice: &Choice) -> Support {
        match self.kernels().pick(call, choice) {
            Ok(kernel) if kernel.info().origin == Origin::Composed => Support::Composed,
            Ok(_) => Support::Native,
            Err(e) => Support::Unsupported { why: e.to_string() },
        }
    }

    /// Whether values in memory that a contract restricts (group lists, indices, lengths) are checked when an op is executed. A card does not look at them: that would
    /// take a round trip to the host, and what comes of wrong ones is its operators' business.
    fn checks_values(&self) -> bool {
        true
    }

    /// `weight` in the form that this device's matmul, grouped matmul and expert kernels read fastest: packed, reordered, or as it is. To be called once for each
    /// weight, when a model is loaded; the result stands for the same matrix in every op. Other ops and host copies may not know its format.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], [`Error::WrongDevice`].
    fn prepare_weight(&self, weight: &Weight) -> Result<Weight> {
        Ok(weight.clone())
    }

    /// Waits for all streams of the device.
    ///
    /// # Errors
    /// The first failure since the last synchronisation of each stream, those included that were dropped before they could report; reporting clears all.
    /// [`Error::State`] when a stream is capturing.
    fn synchronize(&self) -> Result<()>;
}

/// What every device does before it runs a call: the contract's check, the device check, the kernel.
pub fn admit(device: &dyn Device, stream: &Stream, call: &OpCall, choice: &Choice) -> Result<Arc<dyn Kernel>> {
    let id = device.info().id;
    if stream.device() != id {
        return Err(Error::WrongDevice { what: "the stream".into(), asked: id, found: stream.device().to_string() });
    }
    call.check()?;
    let mut elsewhere = None;
    call.visit(&mut |arg| {
        if arg.view.location() != Location::Device(id) {
            elsewhere.get_or_insert((arg.name, arg.view.location()));
        }
    });
    if let Some((name, found)) = elsewhere {
        return Err(Error::WrongDevice { what: format!("argument `{name}` of {}", call.kind()), asked: id, found: found.to_string() });
    }
    device.kernels().pick(call, choice)
}
