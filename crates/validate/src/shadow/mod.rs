//! The shadow device: a device that has every call computed by the oracle too, and names the first one that leaves its bounds.
//!
//! [`Shadow::over`] wraps any device. What runs is the wrapped device's own kernel; its outputs are then judged by the very rules that cases are judged by (docs of
//! [`Judge`](crate::Judge)), on the very inputs that the call had: these are copied to the host before it runs, so calls in place and cache writes are judged against
//! what was there before. That an input, a gap or an element that the op must leave has changed is a fault as well.
//!
//! * **Buffers, events and kernels are the wrapped device's own.** Streams are the shadow's; handles made by one do not work with the other.
//! * **Each compared call is waited for.** Order and results are those of the wrapped device, speed is that of the oracle: see [`ShadowOptions`] for comparing less.
//! * **Graphs** are recorded call by call, each as a graph of its own on the wrapped device. A launch runs them one after the other and compares each, under the labels
//!   that held when it was recorded.
//! * **Prepared weights** ([`Device::prepare_weight`]) are the wrapped device's own, so its kernels for them run. The oracle reads plain memory only: it gets a copy of what
//!   they were made of, which stays on the host for as long as the device lives.
//! * **Failures of execution** come out of synchronisation as they do without the shadow. Calls to be compared that did not run are counted as such;
//!   what becomes of the others is not looked at.
//!
//! ```
//! use ascend_hal::{DType, Device, DeviceExt, ops::Softmax, scope};
//! use ascend_validate::{Shadow, ShadowOptions};
//!
//! let (device, log) = Shadow::over(ascend_cpu::CpuDevice::new()?, ShadowOptions::default());
//! let stream = device.create_stream()?;
//! let (x, y) = (device.upload(&[0f32, 1.], [1, 2])?, device.empty(DType::F32, [1, 2])?);
//! scope("head", || device.softmax(&stream, Softmax::new(x, y)))?;
//! assert!(log.first_fault().is_none());
//! assert_eq!(log.report().ops["softmax"].compared, 1);
//! # Ok::<(), ascend_hal::Error>(())
//! ```

mod log;
mod prepared;
mod snapshot;
mod stream;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, Weak};

use ascend_hal::ops::Weight;
use ascend_hal::{
    Buffer, Choice, Device, DeviceInfo, Error, Event, KernelRegistry, MemoryInfo, OpCall, OpKind, Result, Stream, Support, admit,
    current_scope,
};

pub use log::{SHADOW_SCHEMA, ShadowFault, ShadowLog, ShadowReport, ShadowedOp};
use stream::{Called, ShadowStream};

use crate::compare::{self, Reference};
use crate::fault::Fault;
use crate::report::OutputMetrics;
use crate::transfer;
use prepared::Prepared;
use snapshot::Snapshot;

/// Which calls are compared. The default: all that fit.
#[derive(Clone, Debug)]
pub struct ShadowOptions {
    /// Of each op the first call and then every n-th one; 0 is taken as 1.
    pub every: usize,
    /// Only these ops; empty: all.
    pub ops: Vec<OpKind>,
    /// Calls that touch more bytes are not compared: the oracle takes several times that in memory. A prepared weight counts with the size of the plain one.
    pub max_call_bytes: usize,
}

impl Default for ShadowOptions {
    fn default() -> Self {
        Self { every: 1, ops: Vec::new(), max_call_bytes: 1 << 30 }
    }
}

/// A device that compares what another one computes with the oracle. See the [module](self).
#[derive(Debug)]
pub struct Shadow(Arc<Core>);

/// What the device's handle, its streams and its graphs share.
#[derive(Debug)]
struct Core {
    device: Arc<dyn Device>,
    options: ShadowOptions,
    log: ShadowLog,
    prepared: Prepared,
    streams: Mutex<Vec<Weak<stream::Queue>>>,
    /// Streams that are capturing.
    captures: AtomicUsize,
}

/// What comparing a call has found.
struct Judgement {
    fault: Option<Fault>,
    /// The largest error of an element in proportion to its bound, and the output that it is in.
    worst: Option<(f64, String)>,
}

impl Shadow {
    /// A device that works like `device`, and the log of what it finds.
    pub fn over(device: Arc<dyn Device>, options: ShadowOptions) -> (Arc<dyn Device>, ShadowLog) {
        let log = ShadowLog::new(device.info(), options.every.max(1));
        let core = Core {
            device,
            options,
            log: log.clone(),
            prepared: Prepared::default(),
            streams: Mutex::default(),
            captures: AtomicUsize::new(0),
        };
        (Arc::new(Self(Arc::new(core))), log)
    }
}

impl Core {
    /// Whether a call of `op` is to be compared, of which `calls` came before.
    fn wants(&self, op: OpKind, calls: u64) -> bool {
        let listed = self.options.ops.is_empty() || self.options.ops.contains(&op);
        listed && calls.is_multiple_of(self.options.every.max(1) as u64)
    }

    /// A copy of what `call` works on, or the reason why there is none.
    fn snapshot(&self, call: &OpCall) -> Result<Snapshot, String> {
        let call = &self.prepared.plain(call).map_err(|e| e.to_string())?;
        let (bytes, most) = (snapshot::bytes(call), self.options.max_call_bytes);
        if bytes > most {
            return Err(format!("it touches more than {most} bytes"));
        }
        Snapshot::take(&*self.device, call).map_err(|e| e.to_string())
    }

    /// Judges a call that has run.
    fn judge(&self, before: &Snapshot) -> crate::Result<Judgement> {
        let after = before.changed(&*self.device)?;
        let reference = match Reference::of(&before.call) {
            Err(crate::Error::Device(refused @ Error::Value { argument, .. })) => {
                let fault = Fault::whole(argument, format_args!("its values were accepted, but the oracle says: {refused}"));
                return Ok(Judgement { fault: Some(fault), worst: None });
            }
            other => other?,
        };
        let got = transfer::with_contents(&before.call, &after)?;
        let verdict = compare::judge(&got, &reference)?;
        let touched = transfer::touched(&before.call, &after, reference.outputs())?;
        let ratio = |m: &OutputMetrics| m.bound_ratio;
        let worst = verdict.metrics.iter().max_by(|a, b| ratio(a.1).total_cmp(&ratio(b.1))).map(|(name, m)| (ratio(m), name.clone()));
        Ok(Judgement { fault: touched.or(verdict.faults.into_iter().next()), worst })
    }
}

impl Device for Shadow {
    fn info(&self) -> &DeviceInfo {
        self.0.device.info()
    }

    fn memory(&self) -> Result<MemoryInfo> {
        self.0.device.memory()
    }

    fn alloc(&self, bytes: usize) -> Result<Buffer> {
        self.0.device.alloc(bytes)
    }

    fn alloc_pinned(&self, bytes: usize) -> Result<Buffer> {
        self.0.device.alloc_pinned(bytes)
    }

    fn write(&self, dst: &Buffer, offset: usize, src: &[u8]) -> Result<()> {
        self.0.device.write(dst, offset, src)
    }

    fn read(&self, src: &Buffer, offset: usize, dst: &mut [u8]) -> Result<()> {
        self.0.device.read(src, offset, dst)
    }

    fn create_stream(&self) -> Result<Stream> {
        let (stream, queue) = ShadowStream::open(&self.0)?;
        let mut streams = self.0.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.retain(|s| s.strong_count() > 0);
        streams.push(Arc::downgrade(&queue));
        Ok(stream)
    }

    fn create_event(&self) -> Result<Event> {
        self.0.device.create_event()
    }

    fn enqueue(&self, stream: &Stream, call: OpCall, choice: &Choice) -> Result<()> {
        let id = self.info().id;
        if stream.device() != id {
            return Err(Error::WrongDevice { what: "the stream".into(), asked: id, found: stream.device().to_string() });
        }
        let queue = ShadowStream::of(stream, &self.0)?;
        let kernel = admit(&*self.0.device, queue.inner(), &call, choice)?;
        let kernel = format!("{} ({})", kernel.info().name, kernel.info().origin);
        queue.enqueue(Called { call, kernel, scope: current_scope() }, choice)
    }

    fn checks_values(&self) -> bool {
        self.0.device.checks_values()
    }

    fn kernels(&self) -> &KernelRegistry {
        self.0.device.kernels()
    }

    fn support(&self, call: &OpCall, choice: &Choice) -> Support {
        self.0.device.support(call, choice)
    }

    fn prepare_weight(&self, weight: &Weight) -> Result<Weight> {
        let prepared = self.0.device.prepare_weight(weight)?;
        self.0.prepared.keep(&*self.0.device, &prepared, weight)?;
        Ok(prepared)
    }

    fn synchronize(&self) -> Result<()> {
        if self.0.captures.load(Ordering::SeqCst) > 0 {
            return Err(Error::State { what: "device", asked: "synchronising", found: "a stream is capturing".into() });
        }
        let streams: Vec<_> = {
            let streams = self.0.streams.lock().unwrap_or_else(PoisonError::into_inner);
            streams.iter().filter_map(Weak::upgrade).collect()
        };
        let mut result = Ok(());
        for stream in &streams {
            result = result.and(stream.synchronize());
        }
        drop(streams);
        result.and(self.0.device.synchronize())
    }
}
