//! Recorded work.

use std::sync::Arc;

use ascend_hal::{Error, Graph, GraphExec, GraphExecImpl, GraphImpl, Result, Stream};

use crate::raw::{Culprit, Model, Recording};
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

    /// The operators that were recorded.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &'static str> {
        self.recording.entries.iter().flat_map(|entry| entry.functions().iter().copied())
    }

    /// The failure of one of the recorded calls: of the first that the message fits. `behind` counts the calls behind the graph.
    pub(crate) fn blame(&self, source: Error, message: &str, behind: usize) -> Error {
        let entries = &self.recording.entries;
        let found = entries.iter().position(|entry| entry.fits(message));
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
struct NpuGraph(Shared);

/// The recording as a graph.
pub(crate) fn graph(model: Model, recording: Recording) -> Graph {
    Graph::new(NpuGraph(Shared { model, recording }))
}

impl GraphImpl for NpuGraph {
    fn task_count(&self) -> usize {
        self.0.recording.entries.len()
    }

    fn instantiate(self: Box<Self>) -> Result<GraphExec> {
        Ok(GraphExec::new(NpuGraphExec(Arc::new(self.0))))
    }
}

#[derive(Debug)]
struct NpuGraphExec(Arc<Shared>);

impl GraphExecImpl for NpuGraphExec {
    fn launch(&self, stream: &Stream) -> Result<()> {
        NpuStream::of(stream)?.queue().replay(&self.0)
    }
}
