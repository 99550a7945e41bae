//! Recorded work.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use ascend_hal::{Error, Graph, GraphExec, GraphExecImpl, GraphImpl, Result, Stream};

use crate::device::NpuDevice;
use crate::raw::{Culprit, Model, Named, Recording, longest};
use crate::stream::NpuStream;

/// A recording with the memory that it works on.
#[derive(Debug)]
pub(crate) struct Shared {
    // Before the memory, which it uses.
    model: Model,
    recording: Recording,
}

impl Shared {
    pub(crate) fn model(&self) -> &Model {
        &self.model
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.recording.entries.is_empty()
    }

    /// How long the longest name is of a recorded operator that CANN names; 0 where it names none.
    pub(crate) fn letters(&self, named: &Named) -> usize {
        self.recording.entries.iter().map(|entry| entry.letters(named)).max().unwrap_or(0)
    }

    /// The failure of one of the recorded calls: of the one that CANN names, or of the only one. `behind` counts the calls behind the graph.
    pub(crate) fn blame(&self, source: Error, named: &Named, behind: usize) -> Error {
        let entries = &self.recording.entries;
        let found = longest(entries.iter().map(|entry| entry.letters(named)));
        let at = found.or(if let [_] = &entries[..] { Some(0) } else { None });
        let Some(at) = at else { return Error::Task { task: "graph", skipped: behind, source: Box::new(source) } };
        let skipped = behind + entries[at + 1..].iter().filter(|entry| entry.is_work()).count();
        match entries[at].culprit() {
            Culprit::Op { op, kernel } => Error::Execution { op: *op, kernel: kernel.to_string(), skipped, source: Box::new(source) },
            Culprit::Task(task) => Error::Task { task, skipped, source: Box::new(source) },
        }
    }
}

/// What a capture has recorded.
#[derive(Debug)]
struct NpuGraph {
    shared: Shared,
    device: Weak<NpuDevice>,
}

/// The recording as a graph.
pub(crate) fn graph(model: Model, recording: Recording, device: Weak<NpuDevice>) -> Graph {
    Graph::new(NpuGraph { shared: Shared { model, recording }, device })
}

impl GraphImpl for NpuGraph {
    fn task_count(&self) -> usize {
        self.shared.recording.entries.len()
    }

    fn instantiate(self: Box<Self>) -> Result<GraphExec> {
        Ok(GraphExec::new(NpuGraphExec { shared: Mutex::new(Arc::new(self.shared)), device: self.device }))
    }
}

#[derive(Debug)]
struct NpuGraphExec {
    /// Another one after a failure that ended the context of the last.
    shared: Mutex<Arc<Shared>>,
    device: Weak<NpuDevice>,
}

impl GraphExecImpl for NpuGraphExec {
    fn launch(&self, stream: &Stream) -> Result<()> {
        let queue = NpuStream::of(stream)?.queue();
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.has_outlived(&shared) {
            *shared = Arc::new(self.record_again(&shared, stream)?);
        }
        queue.replay(&shared)
    }
}

impl NpuGraphExec {
    /// Records the same calls on the stream, in whose context they can be run.
    fn record_again(&self, shared: &Shared, stream: &Stream) -> Result<Shared> {
        let Some(device) = self.device.upgrade() else {
            let found = "its device has been dropped, and a failure has ended the context that it was recorded in".into();
            return Err(Error::State { what: "graph", asked: "launching", found });
        };
        let queue = NpuStream::of(stream)?.queue();
        queue.begin_capture()?;
        let enqueued = shared.recording.entries.iter().try_for_each(|entry| entry.enqueue(&*device, stream));
        let (model, recording) = queue.end_capture()?;
        enqueued.map(|()| Shared { model, recording })
    }
}
