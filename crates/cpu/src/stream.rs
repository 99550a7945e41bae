//! Streams: work executes in the thread that enqueues it, one task at a time.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use ascend_hal::host::HostMemory;
use ascend_hal::{
    Buffer, BufferSlice, DeviceId, Error, Event, Graph, HostFn, Kernel, Launch, Location, OpCall, OpKind, Result, Stream, StreamImpl,
};

use crate::device::{CpuDevice, Inner};
use crate::event::CpuEvent;
use crate::graph::{self, Task};

thread_local! {
    /// Whether this thread is inside a host callback of a stream.
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
}

/// Refuses what a host callback may not do: it would wait for the stream that waits for it.
pub(crate) fn refuse_in_callback(asked: &'static str) -> Result<()> {
    if IN_CALLBACK.get() {
        return Err(Error::State { what: "host callback", asked, found: "a callback may not call into the device".into() });
    }
    Ok(())
}

/// The handle behind [`Stream`].
#[derive(Debug)]
pub(crate) struct CpuStream(Arc<Core>);

/// A stream's state, also known to its device.
pub(crate) struct Core {
    device: Arc<Inner>,
    turn: Mutex<Turn>,
    left: Condvar,
}

#[derive(Default)]
struct Turn {
    /// The thread whose work executes. It may enqueue more from within a kernel; others wait.
    holder: Option<ThreadId>,
    /// Threads that wait for their turn: to wake nobody would be a system call all the same.
    waiting: usize,
    failure: Option<Failure>,
    recording: Option<Vec<Task>>,
}

/// The first failure since the last synchronisation.
struct Failure {
    by: Culprit,
    source: Error,
    skipped: usize,
}

enum Culprit {
    Op { op: OpKind, kernel: String },
    Task(&'static str),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let (skipped, source) = (failure.skipped, Box::new(failure.source));
        match failure.by {
            Culprit::Op { op, kernel } => Self::Execution { op, kernel, skipped, source },
            Culprit::Task(task) => Self::Task { task, skipped, source },
        }
    }
}

impl CpuStream {
    pub(crate) fn open(device: Arc<Inner>) -> (Stream, Arc<Core>) {
        let core = Arc::new(Core { device, turn: Mutex::default(), left: Condvar::new() });
        (Stream::new(Self(core.clone())), core)
    }

    /// The stream behind a handle, if it is one of `device`.
    pub(crate) fn of<'s>(stream: &'s Stream, device: &Arc<Inner>) -> Result<&'s Self> {
        let of_device = |stream: &&Self| Arc::ptr_eq(&stream.0.device, device);
        stream.downcast_ref().filter(of_device).ok_or(Error::ForeignHandle { what: "the stream" })
    }

    /// Executes a call with the kernel that was picked for it, or records it during a capture. `device` and `stream` are the handles that it came by.
    pub(crate) fn launch(&self, device: &CpuDevice, stream: &Stream, call: &OpCall, kernel: Arc<dyn Kernel>) -> Result<()> {
        let core = &self.0;
        let _hold = core.take("enqueuing")?;
        if let Some(recording) = &mut core.lock().recording {
            recording.push(Task::Op { call: call.clone(), kernel });
            return Ok(());
        }
        core.launch(&Launch { device, stream }, call, &*kernel);
        Ok(())
    }

    /// Executes what was recorded, in order, or records it again during a capture. `stream` is the handle of this stream.
    pub(crate) fn replay(&self, stream: &Stream, tasks: &[Task]) -> Result<()> {
        let device = CpuDevice::of(self.0.device.clone());
        self.submit(tasks, |call, kernel| self.0.launch(&Launch { device: &device, stream }, call, kernel))
    }

    /// Executes a task that is no call, or records it during a capture.
    fn submit_one(&self, task: Task) -> Result<()> {
        self.submit(&[task], |_, _| {})
    }

    fn submit(&self, tasks: &[Task], launch: impl Fn(&OpCall, &dyn Kernel)) -> Result<()> {
        let core = &self.0;
        let _hold = core.take("enqueuing")?;
        if let Some(recording) = &mut core.lock().recording {
            recording.extend_from_slice(tasks);
            return Ok(());
        }
        for task in tasks {
            core.perform(task, &launch);
        }
        Ok(())
    }
}

impl Core {
    fn perform(&self, task: &Task, launch: &impl Fn(&OpCall, &dyn Kernel)) {
        match task {
            // Marks are reached on a failed stream too, or who waits for them would wait for ever.
            Task::Record(event) => {
                if let Ok(event) = CpuEvent::of(event) {
                    event.pass();
                }
            }
            // What an event marks has been executed when it was recorded.
            Task::Wait => {}
            Task::Copy { src, dst } => self.attempt(|| Culprit::Task("copy"), || copy(src, dst)),
            Task::Op { call, kernel } => launch(call, &**kernel),
        }
    }

    fn launch(&self, at: &Launch<'_>, call: &OpCall, kernel: &dyn Kernel) {
        let culprit = || Culprit::Op { op: call.kind(), kernel: kernel.info().name.to_string() };
        self.attempt(culprit, || kernel.launch(at, call));
    }

    fn lock(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no other thread's work executes here, and keeps others out until the result is dropped.
    fn take(&self, asked: &'static str) -> Result<Hold<'_>> {
        refuse_in_callback(asked)?;
        let me = thread::current().id();
        let mut turn = self.lock();
        if turn.holder == Some(me) {
            return Ok(Hold { core: self, nested: true });
        }
        if turn.holder.is_some() && self.device.host.pool.is_worker() {
            let found = "the call comes from a worker thread of a kernel; enqueue from the thread that launched the kernel".into();
            return Err(Error::State { what: "stream", asked, found });
        }
        while turn.holder.is_some() {
            turn.waiting += 1;
            turn = self.left.wait(turn).unwrap_or_else(PoisonError::into_inner);
            turn.waiting -= 1;
        }
        turn.holder = Some(me);
        Ok(Hold { core: self, nested: false })
    }

    /// As [`take`](Self::take), for what a kernel may not do to its own stream.
    fn take_outside_kernel(&self, asked: &'static str) -> Result<Hold<'_>> {
        let hold = self.take(asked)?;
        if hold.nested {
            return Err(Error::State { what: "stream", asked, found: "the call comes from a kernel that runs on it".into() });
        }
        Ok(hold)
    }

    /// Runs `f`, unless something failed before; keeps its failure for the next synchronisation.
    fn attempt(&self, by: impl FnOnce() -> Culprit, f: impl FnOnce() -> Result<()>) {
        if let Some(failure) = &mut self.lock().failure {
            failure.skipped += 1;
            return;
        }
        let result = catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|panic| Err(Error::Panicked { message: message(&*panic) }));
        if let Err(source) = result {
            // A part that a composed kernel enqueued may have failed already; the first failure counts.
            self.lock().failure.get_or_insert(Failure { by: by(), source, skipped: 0 });
        }
    }

    pub(crate) fn synchronize(&self) -> Result<()> {
        let _hold = self.take_outside_kernel("synchronising")?;
        let mut turn = self.lock();
        if turn.recording.is_some() {
            return Err(Error::State { what: "stream", asked: "synchronising", found: "a capture is running".into() });
        }
        turn.failure.take().map_or(Ok(()), |failure| Err(failure.into()))
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        let turn = self.turn.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(failure) = turn.failure.take() {
            self.device.keep_failure(failure.into());
        }
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let turn = self.lock();
        let state = match (&turn.recording, &turn.failure) {
            (Some(tasks), _) => format!("capturing, {} tasks", tasks.len()),
            (None, Some(failure)) => format!("failed: {}", failure.source),
            (None, None) => "ready".into(),
        };
        write!(f, "Stream of cpu ({state})")
    }
}

/// The right to execute on a stream.
struct Hold<'a> {
    core: &'a Core,
    /// Whether the thread held it before: it is inside a kernel.
    nested: bool,
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        if !self.nested {
            let mut turn = self.core.lock();
            turn.holder = None;
            if turn.waiting > 0 {
                self.core.left.notify_one();
            }
        }
    }
}

impl StreamImpl for CpuStream {
    fn device(&self) -> DeviceId {
        DeviceId::CPU
    }

    fn synchronize(&self) -> Result<()> {
        self.0.synchronize()
    }

    fn is_idle(&self) -> Result<bool> {
        Ok(self.0.lock().holder.is_none())
    }

    fn record(&self, event: &Event) -> Result<()> {
        CpuEvent::of(event)?;
        self.submit_one(Task::Record(event.clone()))
    }

    fn wait(&self, event: &Event) -> Result<()> {
        CpuEvent::of(event)?;
        self.submit_one(Task::Wait)
    }

    fn call_host(&self, f: HostFn) -> Result<()> {
        let _hold = self.0.take("a host callback")?;
        if self.0.lock().recording.is_some() {
            let found = "a capture is running, and a callback can be called only once".into();
            return Err(Error::State { what: "stream", asked: "a host callback", found });
        }
        self.0.attempt(
            || Culprit::Task("host callback"),
            || {
                let _inside = InCallback::enter();
                f();
                Ok(())
            },
        );
        Ok(())
    }

    fn copy(&self, src: BufferSlice, dst: BufferSlice) -> Result<()> {
        memory("the source of the copy", &src.buffer)?;
        memory("the destination of the copy", &dst.buffer)?;
        self.submit_one(Task::Copy { src, dst })
    }

    fn begin_capture(&self) -> Result<()> {
        let _hold = self.0.take_outside_kernel("beginning a capture")?;
        let mut turn = self.0.lock();
        if turn.recording.is_some() {
            return Err(Error::State { what: "stream", asked: "beginning a capture", found: "a capture is running already".into() });
        }
        turn.recording = Some(Vec::new());
        Ok(())
    }

    fn end_capture(&self) -> Result<Graph> {
        let _hold = self.0.take_outside_kernel("ending a capture")?;
        let recorded = self.0.lock().recording.take();
        let graph = |tasks| graph::graph(self.0.device.clone(), tasks);
        recorded.map(graph).ok_or(Error::State { what: "stream", asked: "ending a capture", found: "none is running".into() })
    }
}

/// Marks the calling thread as being inside a callback, also when the callback panics.
struct InCallback;

impl InCallback {
    fn enter() -> Self {
        IN_CALLBACK.set(true);
        Self
    }
}

impl Drop for InCallback {
    fn drop(&mut self) {
        IN_CALLBACK.set(false);
    }
}

/// The memory of a buffer of the CPU device or of the host.
pub(crate) fn memory<'a>(what: &'static str, buffer: &'a Buffer) -> Result<&'a HostMemory> {
    match buffer.location() {
        Location::Host | Location::Device(DeviceId::CPU) => buffer.as_host().ok_or(Error::ForeignHandle { what }),
        found => Err(Error::WrongDevice { what: what.into(), asked: DeviceId::CPU, found: found.to_string() }),
    }
}

fn copy(src: &BufferSlice, dst: &BufferSlice) -> Result<()> {
    let (from, to) = (memory("the source of the copy", &src.buffer)?, memory("the destination of the copy", &dst.buffer)?);
    to.copy_from(dst.offset, from, src.offset, src.len)
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| s.to_string()).or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without a message".into())
}
