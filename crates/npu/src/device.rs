//! The device.

use std::any::Any;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use ascend_hal::ops::{Copy, Weight};
use ascend_hal::{
    Buffer, Choice, Device, DeviceId, DeviceInfo, Error, Event, KernelRegistry, Launch, Layout, Location, MemoryInfo, OpCall, Result,
    Stream, TensorView, admit, host, to_host,
};
use ascend_sys::Cann;

use crate::context::Facts;
use crate::event::NpuEvent;
use crate::memory::{self, NpuMemory};
use crate::ops;
use crate::own::{OwnImage, OwnKernel, Registered};
use crate::raw::{self, Binary, Card, HostBlock, Queue, refuse_in_callback};
use crate::stream::NpuStream;
use crate::values;

/// An Ascend NPU. Each has a context, kernels and memory accounting of its own; tensors can be passed between two of one card, streams cannot.
#[derive(Debug)]
pub struct NpuDevice {
    info: DeviceInfo,
    card: Arc<Card>,
    facts: Arc<Facts>,
    kernels: KernelRegistry,
    streams: Mutex<Vec<Weak<Queue>>>,
    values: Values,
    /// Itself, for its streams: recorded work may have to be recorded again.
    me: Weak<Self>,
}

/// What a device makes of values in its memory: ids, group lists, lengths, block tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Values {
    /// They are handed to CANN as they are. What becomes of wrong ones is up to its operators.
    #[default]
    Trusted,
    /// They are read back before an op that uses them, once its stream has come so far, and wrong ones are refused as the op's contract says. Slow: for tests and for
    /// finding mistakes. Recorded work is not checked.
    Checked,
}

/// What has become of the executors of a device's operators: what CANN checks and plans before an operator is enqueued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ExecutorStats {
    /// Operators that were planned.
    pub planned: u64,
    /// Operators that were enqueued with the executor of an earlier call of the same shapes, strides, types and arguments.
    pub reused: u64,
    /// Executors that streams hold now.
    pub kept: u64,
}

impl NpuDevice {
    /// Opens device `index` of `cann`; `backend` is what it is called by: `npu`, or `sim` when the CANN is a simulated one.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use ascend_hal::{Device, DeviceExt};
    /// use ascend_npu::NpuDevice;
    ///
    /// let device = NpuDevice::open(Arc::new(ascend_sim::cann()), "sim", 0)?;
    /// let stream = device.create_stream()?;
    /// let x = device.upload(&[1f32, 2., 3.], [3])?;
    /// assert_eq!(device.download::<f32>(&stream, &x)?, [1., 2., 3.]);
    /// # Ok::<(), ascend_hal::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoDevice`] when CANN sees no such device; [`Error::Backend`] when CANN does not start.
    pub fn open(cann: Arc<Cann>, backend: &'static str, index: u32) -> Result<Arc<Self>> {
        Self::open_with(cann, backend, index, Values::Trusted)
    }

    /// As [`open`](Self::open), with a choice of what is made of values.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(cann: Arc<Cann>, backend: &'static str, index: u32, values: Values) -> Result<Arc<Self>> {
        let card = Card::open(cann, DeviceId { backend, index })?;
        let (name, runtime) = (card.soc_name()?, card.runtime_version()?);
        let features = vec![format!("runtime {runtime}"), card.cann().acl.library().to_string()];
        let info =
            DeviceInfo { id: card.id(), compute_units: cube_cores(&name), memory_bytes: card.pool().info().total_bytes, name, features };
        let kernels = KernelRegistry::new(card.id());
        let facts = Facts::of(&card);
        for kernel in ops::builtins(&facts) {
            kernels.register(kernel)?;
        }
        Ok(Arc::new_cyclic(|me| Self { info, card, facts, kernels, streams: Mutex::default(), values, me: me.clone() }))
    }

    /// `device` as an NPU, if it is one: for those who were given it by name and add kernels to it.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use ascend_hal::Device;
    /// # use ascend_npu::NpuDevice;
    /// let device: Arc<dyn Device> = NpuDevice::open(Arc::new(ascend_sim::cann()), "sim", 0)?;
    /// assert!(NpuDevice::of(&*device).is_some());
    /// # Ok::<(), ascend_hal::Error>(())
    /// ```
    pub fn of(device: &dyn Device) -> Option<&Self> {
        let any: &dyn Any = device;
        any.downcast_ref()
    }

    /// How many devices `cann` sees.
    ///
    /// # Errors
    /// [`Error::Backend`] when CANN does not start.
    pub fn count(cann: &Cann) -> Result<u32> {
        raw::count(cann)
    }

    /// How many operators were planned, and how many were enqueued again without that.
    pub fn executors(&self) -> ExecutorStats {
        let counters = self.card.executors();
        let [planned, reused, kept] = [&counters.planned, &counters.reused, &counters.kept].map(|count| count.load(Ordering::Relaxed));
        ExecutorStats { planned, reused, kept }
    }

    /// Loads a device image.
    ///
    /// # Errors
    /// [`Error::Backend`] when CANN does not.
    pub fn load_image(&self, image: &[u8]) -> Result<OwnImage> {
        Ok(OwnImage(Arc::new(Binary::load(&self.card, image)?)))
    }

    /// Adds kernels of device images that this device has loaded. [`Choice`] asks for one by its name or by [`Origin::Own`](ascend_hal::Origin::Own).
    ///
    /// # Errors
    /// [`Error::KernelExists`] when an op has a kernel of one's name.
    pub fn add_own(&self, kernels: impl IntoIterator<Item = OwnKernel>) -> Result<()> {
        let cube_cores = u32::try_from(self.info.compute_units).unwrap_or(u32::MAX).max(1);
        for kernel in kernels {
            self.kernels.register(Arc::new(Registered { kernel, facts: self.facts.clone(), cube_cores }))?;
        }
        Ok(())
    }

    /// Has scopes ([`ascend_hal::scope`]) appear as MSTX ranges in the vendor's profiler from now on, those of the whole process. Says whether this CANN can; without
    /// `libms_tools_ext.so` nothing changes. A range costs the host some hundred nanoseconds while no profiler listens.
    pub fn mark_scopes(&self) -> bool {
        match raw::Ranges::of(self.card.shared_cann()) {
            Some(ranges) => {
                ascend_hal::mark_scopes(Arc::new(ranges));
                true
            }
            None => false,
        }
    }

    /// Resets device `index` of `cann`: what CANN documents for one that is lost. Drop everything that was made on the device before, and open it again afterwards;
    /// what its memory held is gone.
    ///
    /// # Errors
    /// [`Error::Backend`] when CANN has no such device, or cannot reset it.
    pub fn reset(cann: &Cann, index: u32) -> Result<()> {
        raw::reset(cann, index)
    }

    fn streams(&self) -> MutexGuard<'_, Vec<Weak<Queue>>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The streams that are alive.
    fn queues(&self) -> Vec<Arc<Queue>> {
        self.streams().iter().filter_map(Weak::upgrade).collect()
    }

    /// Lets go of memory that streams hold for work that they have passed.
    fn retire(&self, wait: bool) {
        self.queues().iter().for_each(|queue| queue.retire(wait));
    }
}

/// Cube cores of a chip, by its name, from the platform files of CANN 8.1.
fn cube_cores(soc: &str) -> usize {
    match soc {
        "Ascend910B3" | "Ascend910B4" | "Ascend910B4-1" | "Ascend910_9362" => 20,
        _ if soc.starts_with("Ascend910") => 24,
        _ => 0,
    }
}

impl Device for NpuDevice {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn memory(&self) -> Result<MemoryInfo> {
        self.retire(false);
        Ok(self.card.pool().info())
    }

    fn alloc(&self, bytes: usize) -> Result<Buffer> {
        refuse_in_callback("an allocation")?;
        let memory = NpuMemory::new(&self.card, bytes).or_else(|error| {
            if !matches!(error, Error::OutOfMemory { .. }) {
                return Err(error);
            }
            // Buffers may have been dropped whose work is still under way.
            self.retire(true);
            NpuMemory::new(&self.card, bytes)
        });
        Ok(Buffer::new(memory?))
    }

    fn alloc_pinned(&self, bytes: usize) -> Result<Buffer> {
        refuse_in_callback("an allocation")?;
        Ok(Buffer::new(HostBlock::new(&self.card, bytes)?))
    }

    fn write(&self, dst: &Buffer, offset: usize, src: &[u8]) -> Result<()> {
        const WHAT: &str = "the buffer";
        if dst.location() == Location::Host {
            return dst.as_host().ok_or(Error::ForeignHandle { what: WHAT })?.write(offset, src);
        }
        refuse_in_callback("a copy")?;
        raw::write(&self.card, memory::of(self.card.id(), WHAT, dst)?, offset, src)
    }

    fn read(&self, src: &Buffer, offset: usize, dst: &mut [u8]) -> Result<()> {
        const WHAT: &str = "the buffer";
        if src.location() == Location::Host {
            return src.as_host().ok_or(Error::ForeignHandle { what: WHAT })?.read(offset, dst);
        }
        refuse_in_callback("a copy")?;
        raw::read(&self.card, memory::of(self.card.id(), WHAT, src)?, offset, dst)
    }

    fn create_stream(&self) -> Result<Stream> {
        refuse_in_callback("a new stream")?;
        let (stream, queue) = NpuStream::open(&self.card, self.me.clone())?;
        let mut streams = self.streams();
        streams.retain(|s| s.strong_count() > 0);
        streams.push(Arc::downgrade(&queue));
        Ok(stream)
    }

    fn create_event(&self) -> Result<Event> {
        refuse_in_callback("a new event")?;
        Ok(Event::new(NpuEvent::new(&self.card)?))
    }

    fn enqueue(&self, stream: &Stream, call: OpCall, choice: &Choice) -> Result<()> {
        let kernel = admit(self, stream, &call, choice)?;
        let queue = NpuStream::of(stream)?.queue();
        if !Arc::ptr_eq(queue.card(), &self.card) {
            return Err(Error::ForeignHandle { what: "the stream" });
        }
        let info = kernel.info();
        if self.values == Values::Checked && values::has_any(&call) {
            let ints = |view: &TensorView| host::to_i64(&to_host(self, view)?);
            if !queue.check(call.kind(), &info.name, || values::check(&call, &ints))? {
                return Ok(());
            }
        }
        queue.run(call.kind(), info.name.clone(), call, |call| kernel.launch(&Launch { device: self, stream }, call))
    }

    fn checks_values(&self) -> bool {
        self.values == Values::Checked
    }

    fn kernels(&self) -> &KernelRegistry {
        &self.kernels
    }

    /// In FRACTAL_NZ, where CANN has operators that take it.
    fn prepare_weight(&self, weight: &Weight) -> Result<Weight> {
        let data = &weight.data;
        memory::of(self.card.id(), "the weight", data.buffer())?;
        if !ops::wants_blocks(&self.facts, weight) {
            return Ok(weight.clone());
        }
        let layout = Layout::fractal_nz(*data.shape())?;
        let bytes = data.dtype().bytes_for(layout.end(data.dtype())?);
        let bytes = bytes.ok_or_else(|| Error::Overflow { what: format!("the size of {} in blocks", data.shape()) })?;
        let blocks = TensorView::new(self.alloc(bytes)?, data.dtype(), layout)?;
        let stream = self.create_stream()?;
        self.enqueue(&stream, Copy::new(data.clone(), blocks.to_mut()).into(), &Choice::Auto)?;
        stream.synchronize()?;
        Ok(Weight { data: blocks, quant: weight.quant.clone() })
    }

    /// All streams are synchronised; of several failures the first is returned, and all are cleared. A stream that captures is refused.
    fn synchronize(&self) -> Result<()> {
        refuse_in_callback("synchronising")?;
        let streams = self.queues();
        let mut result = Ok(());
        for stream in &streams {
            result = result.and(stream.synchronize());
        }
        // A stream that was dropped by its owner while this loop held it reports here as well.
        drop(streams);
        self.card.take_failure().map_or(result, Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cube_cores_are_those_of_the_platform_files() {
        for soc in ["Ascend910B1", "Ascend910B2", "Ascend910B2C", "Ascend910_9391"] {
            assert_eq!(cube_cores(soc), 24, "{soc}");
        }
        for soc in ["Ascend910B3", "Ascend910B4", "Ascend910B4-1", "Ascend910_9362"] {
            assert_eq!(cube_cores(soc), 20, "{soc}");
        }
        assert_eq!(cube_cores("Ascend310P3"), 0);
    }
}
