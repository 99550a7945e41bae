//! Streams and graphs of the shadow device.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ascend_hal::{
    BufferSlice, Choice, DeviceId, Error, Event, Graph, GraphExec, GraphExecImpl, GraphImpl, HostFn, OpCall, Result, Stream, StreamImpl,
};

use super::Core;

/// A call with what is told of it.
#[derive(Clone, Debug)]
pub(super) struct Called {
    pub(super) call: OpCall,
    /// The kernel that was picked, with its origin.
    pub(super) kernel: String,
    /// The labels that held when it was enqueued.
    pub(super) scope: String,
}

/// The handle behind [`Stream`].
#[derive(Debug)]
pub(super) struct ShadowStream(Arc<Queue>);

/// A stream's state, also known to its device.
pub(super) struct Queue {
    core: Arc<Core>,
    inner: Stream,
    /// Marks how far the stream has come while a call is compared.
    mark: Event,
    /// Locked while a call is compared, so that nothing else is enqueued between its copies of the tensors.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    recording: Option<Recording>,
    /// Probes (see [`Queue::settle`]) that a failed stream has skipped: it is known to have failed when there are any.
    skipped_probes: usize,
}

/// What a capture has recorded so far.
#[derive(Clone, Debug, Default)]
struct Recording {
    tasks: Vec<Task>,
    task_count: usize,
}

/// One thing that a stream does, as a graph of the wrapped device.
#[derive(Clone, Debug)]
struct Task {
    graph: GraphExec,
    /// The call, when it is one.
    called: Option<Called>,
}

impl ShadowStream {
    pub(super) fn open(core: &Arc<Core>) -> Result<(Stream, Arc<Queue>)> {
        let (inner, mark) = (core.device.create_stream()?, core.device.create_event()?);
        let queue = Arc::new(Queue { core: core.clone(), inner, mark, state: Mutex::default() });
        Ok((Stream::new(Self(queue.clone())), queue))
    }

    /// The shadow's own stream behind a handle.
    pub(super) fn of<'a>(stream: &'a Stream, core: &Arc<Core>) -> Result<&'a Queue> {
        let own = stream.downcast_ref::<Self>().filter(|s| Arc::ptr_eq(&s.0.core, core));
        own.map(|s| &*s.0).ok_or(Error::ForeignHandle { what: "the stream" })
    }
}

impl Queue {
    /// The wrapped device's stream.
    pub(super) fn inner(&self) -> &Stream {
        &self.inner
    }

    /// Runs and compares a call, or records it.
    pub(super) fn enqueue(&self, called: Called, choice: &Choice) -> Result<()> {
        let mut state = self.lock();
        let call = called.call.clone();
        let launch = |stream: &Stream| self.core.device.enqueue(stream, call, choice);
        match &mut state.recording {
            Some(recording) => self.record_task(recording, Some(called), launch),
            None => self.run(&mut state, &called, launch),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records what `f` enqueues.
    fn record_task(&self, recording: &mut Recording, called: Option<Called>, f: impl FnOnce(&Stream) -> Result<()>) -> Result<()> {
        self.inner.begin_capture()?;
        let enqueued = f(&self.inner);
        let graph = self.inner.end_capture();
        enqueued?;
        let graph = graph?;
        recording.task_count += graph.task_count();
        recording.tasks.push(Task { graph: graph.instantiate()?, called });
        Ok(())
    }

    /// Enqueues what is no op, or records it.
    fn other(&self, f: impl FnOnce(&Stream) -> Result<()>) -> Result<()> {
        match &mut self.lock().recording {
            Some(recording) => self.record_task(recording, None, f),
            None => f(&self.inner),
        }
    }

    /// Runs a call by `launch`, and compares it if it is its turn.
    fn run(&self, state: &mut State, called: &Called, launch: impl FnOnce(&Stream) -> Result<()>) -> Result<()> {
        let log = &self.core.log;
        let op = called.call.kind();
        let number = log.next(op, |calls| self.core.wants(op, calls));
        let Some(number) = number else { return launch(&self.inner) };
        if !self.settle(state)? {
            log.not_run(called);
            return launch(&self.inner);
        }
        let before = self.core.snapshot(&called.call);
        launch(&self.inner)?;
        let before = match before {
            Ok(before) => before,
            Err(why) => {
                log.not_comparable(called, why);
                return Ok(());
            }
        };
        if !self.settle(state)? {
            log.not_run(called);
            return Ok(());
        }
        match self.core.judge(&before) {
            Ok(judgement) => log.judged(number, called, judgement),
            Err(e) => log.not_comparable(called, e.to_string()),
        }
        Ok(())
    }

    /// Waits for the stream without taking the failure that it may have to report; whether it has executed everything so far. A failed stream skips the probe that
    /// this leaves in it.
    fn settle(&self, state: &mut State) -> Result<bool> {
        if state.skipped_probes > 0 {
            return Ok(false);
        }
        let reached = Arc::new(AtomicBool::new(false));
        let probe = reached.clone();
        self.inner.call_host(move || probe.store(true, Ordering::SeqCst))?;
        self.inner.record(&self.mark)?;
        self.mark.synchronize()?;
        let reached = reached.load(Ordering::SeqCst);
        state.skipped_probes = usize::from(!reached);
        Ok(reached)
    }

    pub(super) fn synchronize(&self) -> Result<()> {
        let mut state = self.lock();
        if state.recording.is_some() {
            return Err(Error::State { what: "stream", asked: "synchronising", found: "a capture is running".into() });
        }
        let result = self.inner.synchronize();
        if matches!(result, Err(Error::State { .. })) {
            return result;
        }
        // The caller did not enqueue the probes.
        let probes = std::mem::take(&mut state.skipped_probes);
        result.map_err(|mut e| {
            if let Error::Execution { skipped, .. } | Error::Task { skipped, .. } = &mut e {
                *skipped = skipped.saturating_sub(probes);
            }
            e
        })
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        if self.state.get_mut().unwrap_or_else(PoisonError::into_inner).recording.is_some() {
            self.core.captures.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shadow of {:?}", self.inner)
    }
}

impl StreamImpl for ShadowStream {
    fn device(&self) -> DeviceId {
        self.0.inner.device()
    }

    fn synchronize(&self) -> Result<()> {
        self.0.synchronize()
    }

    fn is_idle(&self) -> Result<bool> {
        self.0.inner.is_idle()
    }

    fn record(&self, event: &Event) -> Result<()> {
        self.0.other(|stream| stream.record(event))
    }

    fn wait(&self, event: &Event) -> Result<()> {
        self.0.other(|stream| stream.wait(event))
    }

    /// Not under the lock: where streams execute inline, `f` runs now, and what it may try to do with the stream must be refused rather than wait.
    fn call_host(&self, f: HostFn) -> Result<()> {
        if self.0.lock().recording.is_some() {
            let found = "a capture is running, and a callback can be called only once".into();
            return Err(Error::State { what: "stream", asked: "a host callback", found });
        }
        self.0.inner.call_host(f)
    }

    fn copy(&self, src: BufferSlice, dst: BufferSlice) -> Result<()> {
        self.0.other(|stream| stream.copy(src, dst))
    }

    fn begin_capture(&self) -> Result<()> {
        let mut state = self.0.lock();
        if state.recording.is_some() {
            return Err(Error::State { what: "stream", asked: "beginning a capture", found: "a capture is running already".into() });
        }
        // Whether the wrapped stream may be captured at all is for it to say.
        self.0.inner.begin_capture()?;
        drop(self.0.inner.end_capture()?);
        state.recording = Some(Recording::default());
        self.0.core.captures.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn end_capture(&self) -> Result<Graph> {
        let recording = self.0.lock().recording.take();
        let recording = recording.ok_or(Error::State { what: "stream", asked: "ending a capture", found: "none is running".into() })?;
        self.0.core.captures.fetch_sub(1, Ordering::SeqCst);
        Ok(Graph::new(ShadowGraph { core: self.0.core.clone(), recording }))
    }
}

/// Recorded work of a shadow stream.
#[derive(Debug)]
struct ShadowGraph {
    core: Arc<Core>,
    recording: Recording,
}

impl GraphImpl for ShadowGraph {
    fn task_count(&self) -> usize {
        self.recording.task_count
    }

    fn instantiate(self: Box<Self>) -> Result<GraphExec> {
        Ok(GraphExec::new(*self))
    }
}

impl GraphExecImpl for ShadowGraph {
    fn launch(&self, stream: &Stream) -> Result<()> {
        let queue = ShadowStream::of(stream, &self.core)?;
        let mut state = queue.lock();
        if let Some(recording) = &mut state.recording {
            recording.tasks.extend_from_slice(&self.recording.tasks);
            recording.task_count += self.recording.task_count;
            return Ok(());
        }
        for task in &self.recording.tasks {
            match &task.called {
                Some(called) => queue.run(&mut state, called, |stream| task.graph.launch(stream))?,
                None => task.graph.launch(&queue.inner)?,
            }
        }
        Ok(())
    }
}
