//! The device.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use ascend_hal::ops::Weight;
use ascend_hal::{
    Buffer, Choice, Device, DeviceId, DeviceInfo, Error, Event, KernelRegistry, Location, MemoryInfo, OpCall, Result, Stream, admit,
};

use crate::event::CpuEvent;
use crate::gemm::packed;
use crate::host::{self, Host};
use crate::isa::Isa;
use crate::memory::Ledger;
use crate::ops;
use crate::stream::{Core, CpuStream, memory, refuse_in_callback};
use crate::woq;

/// How a CPU device is set up. `CpuOptions::default()` takes what the machine has.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CpuOptions {
    /// Threads that work on one call; 0: as many as the machine runs at once.
    pub threads: usize,
    /// The most that may be allocated, in bytes; `None`: the memory of the machine, or of the process's control groups if that is less. What a call has for itself does not
    /// count: temporaries, copies of arguments with gaps, packed copies of weights that were not [prepared](Device::prepare_weight).
    pub memory_limit_bytes: Option<usize>,
    /// Instruction set of the kernels; `None`: what [`ISA_VARIABLE`](crate::ISA_VARIABLE) says, or else the best there is.
    pub isa: Option<Isa>,
}

impl CpuOptions {
    /// With this number of threads.
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }
    /// With this limit on allocations.
    pub fn with_memory_limit_bytes(mut self, bytes: usize) -> Self {
        self.memory_limit_bytes = Some(bytes);
        self
    }
    /// With this instruction set.
    pub fn with_isa(mut self, isa: Isa) -> Self {
        self.isa = Some(isa);
        self
    }
}

/// The host CPU. Each has threads, kernels and a memory limit of its own; all use the same memory and are called `cpu`.
#[derive(Debug)]
pub struct CpuDevice(Arc<Inner>);

/// What the device's handle, its streams and its graphs share.
#[derive(Debug)]
pub(crate) struct Inner {
    info: DeviceInfo,
    ledger: Arc<Ledger>,
    kernels: KernelRegistry,
    pub(crate) host: Arc<Host>,
    streams: Mutex<Vec<Weak<Core>>>,
    /// The first failure of a stream that was dropped before it could report it.
    orphan: Mutex<Option<Error>>,
}

impl Inner {
    pub(crate) fn keep_failure(&self, failure: Error) {
        self.orphan.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
    }

    fn streams(&self) -> MutexGuard<'_, Vec<Weak<Core>>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CpuDevice {
    /// A device with all the machine's threads and memory.
    ///
    /// # Errors
    /// [`Error::Setting`] when the environment forces an instruction set that does not exist here.
    pub fn new() -> Result<Arc<Self>> {
        Self::with(CpuOptions::default())
    }

    /// A device set up as `options` say.
    ///
    /// # Errors
    /// [`Error::Setting`] when an option cannot be met.
    pub fn with(options: CpuOptions) -> Result<Arc<Self>> {
        let isa = match options.isa {
            Some(isa) => isa.required("isa")?,
            None => Isa::from_environment()?,
        };
        let host = Arc::new(Host::new(options.threads, isa)?);
        // Where the system does not tell how much there is, the allocator has the last word.
        let memory_bytes = options.memory_limit_bytes.or_else(host::physical_bytes).unwrap_or(isize::MAX as usize);
        let available = Isa::available().into_iter().map(|isa| isa.to_string());
        let info = DeviceInfo {
            id: DeviceId::CPU,
            name: host::cpu_name(),
            compute_units: host.pool.threads(),
            memory_bytes,
            features: available.chain([format!("isa={isa}")]).collect(),
        };
        let kernels = KernelRegistry::new(DeviceId::CPU);
        for kernel in ops::builtins(&host) {
            kernels.register(kernel)?;
        }
        let inner = Inner { info, ledger: Ledger::new(memory_bytes), kernels, host, streams: Mutex::default(), orphan: Mutex::default() };
        Ok(Arc::new(Self(Arc::new(inner))))
    }

    /// The handle of a device that a stream has kept alive.
    pub(crate) fn of(inner: Arc<Inner>) -> Self {
        Self(inner)
    }

    /// What its kernels compute with.
    #[cfg(test)]
    pub(crate) fn host(&self) -> &Host {
        &self.0.host
    }

    /// The instruction set that the kernels use.
    pub fn isa(&self) -> Isa {
        self.0.host.isa
    }
}

impl Device for CpuDevice {
    fn info(&self) -> &DeviceInfo {
        &self.0.info
    }

    fn memory(&self) -> Result<MemoryInfo> {
        Ok(self.0.ledger.info())
    }

    fn alloc(&self, bytes: usize) -> Result<Buffer> {
        self.0.ledger.alloc(bytes, Location::Device(DeviceId::CPU))
    }

    /// Counts like device memory: it is the same.
    fn alloc_pinned(&self, bytes: usize) -> Result<Buffer> {
        self.0.ledger.alloc(bytes, Location::Host)
    }

    fn write(&self, dst: &Buffer, offset: usize, src: &[u8]) -> Result<()> {
        memory("the buffer", dst)?.write(offset, src)
    }

    fn read(&self, src: &Buffer, offset: usize, dst: &mut [u8]) -> Result<()> {
        memory("the buffer", src)?.read(offset, dst)
    }

    fn create_stream(&self) -> Result<Stream> {
        let (stream, core) = CpuStream::open(self.0.clone());
        let mut streams = self.0.streams();
        streams.retain(|s| s.strong_count() > 0);
        streams.push(Arc::downgrade(&core));
        Ok(stream)
    }

    fn create_event(&self) -> Result<Event> {
        Ok(Event::new(CpuEvent::default()))
    }

    fn enqueue(&self, stream: &Stream, call: OpCall, choice: &Choice) -> Result<()> {
        let kernel = admit(self, stream, &call, choice)?;
        CpuStream::of(stream, &self.0)?.launch(self, stream, &call, kernel)
    }

    fn kernels(&self) -> &KernelRegistry {
        &self.0.kernels
    }

    fn prepare_weight(&self, weight: &Weight) -> Result<Weight> {
        if woq::takes(weight) { woq::prepare(self, &self.0.host, weight) } else { packed::prepare(self, &self.0.host, weight) }
    }

    /// All streams are synchronised; of several failures the first is returned, and all are cleared. Where there is none, a stream that captures is refused.
    fn synchronize(&self) -> Result<()> {
        refuse_in_callback("synchronising")?;
        let streams: Vec<_> = self.0.streams().iter().filter_map(Weak::upgrade).collect();
        let (refusals, failures): (Vec<_>, Vec<_>) =
            streams.iter().filter_map(|stream| stream.synchronize().err()).partition(|error| matches!(error, Error::State { .. }));
        // A stream that was dropped by its owner while this held it reports here as well.
        drop(streams);
        let orphan = self.0.orphan.lock().unwrap_or_else(PoisonError::into_inner).take();
        orphan.into_iter().chain(failures).chain(refusals).next().map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use ascend_hal::ops::Softmax;
    use ascend_hal::{DType, DeviceExt, FnKernel, KernelInfo, OpKind, Origin};

    use super::*;

    #[test]
    fn enqueuing_from_a_worker_thread_of_a_kernel_is_refused_and_does_not_hang() {
        let device = CpuDevice::with(CpuOptions::default().with_threads(2)).unwrap();
        let host = device.0.host.clone();
        let info = KernelInfo {
            name: "from a worker".into(),
            op: OpKind::Softmax,
            origin: Origin::User,
            dtypes: vec![DType::F32].into(),
            constraints: "".into(),
        };
        let kernel = FnKernel::shared(info, move |at, call| {
            let (arrived, refused) = (AtomicUsize::new(0), Mutex::new(Ok(())));
            let caller = thread::current().id();
            host.pool.crew(2, || {
                arrived.fetch_add(1, Ordering::Relaxed);
                while arrived.load(Ordering::Relaxed) < 2 {
                    thread::yield_now();
                }
                if thread::current().id() != caller {
                    *refused.lock().unwrap() = at.device.enqueue(at.stream, call.clone(), &Choice::Name("softmax".into()));
                }
            });
            refused.into_inner().unwrap()
        });
        device.kernels().register(kernel).unwrap();
        let stream = device.create_stream().unwrap();
        let (x, y) = (device.upload(&[1f32], [1]).unwrap(), device.empty(DType::F32, [1]).unwrap());
        device.softmax(&stream, Softmax::new(x, y)).unwrap();
        match stream.synchronize() {
            Err(Error::Execution { source, .. }) => assert!(matches!(&*source, Error::State { what: "stream", .. }), "{source}"),
            other => panic!("{other:?}"),
        }
    }
}
