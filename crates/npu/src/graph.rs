//! Recorded work.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use ascend_hal::{Error, Event, Graph, GraphExec, GraphExecImpl, GraphImpl, Result, Stream};

use crate::device::NpuDevice;
use crate::event::NpuEvent;
use crate::raw::{Culprit, Model, Named, Queue, Recording, longest};
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
        Ok(GraphExec::new(NpuGraphExec { state: Mutex::new(State { shared: Arc::new(self.shared), last: None }), device: self.device }))
    }
}

#[derive(Debug)]
struct NpuGraphExec {
    state: Mutex<State>,
    device: Weak<NpuDevice>,
}

#[derive(Debug)]
struct State {
    /// Another one after a failure that ended the context of the last.
    shared: Arc<Shared>,
    /// The stream of the last launch, and a mark behind that.
    last: Option<(Weak<Queue>, Event)>,
}

impl GraphExecImpl for NpuGraphExec {
    /// Launches follow one another, on several streams too: they work on the same memory.
    fn launch(&self, stream: &Stream) -> Result<()> {
        let queue = NpuStream::of(stream)?.queue();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.has_outlived(&state.shared) {
            let again = self.record_again(&state.shared, stream)?;
            *state = State { shared: Arc::new(again), last: None };
        }
        let elsewhere = state.last.as_ref().filter(|(last, _)| !std::ptr::eq(last.as_ptr(), Arc::as_ptr(queue)));
        queue.replay(&state.shared, elsewhere.map(|(_, event)| event))?;
        if elsewhere.is_some() || state.last.is_none() {
            state.last = Some((Arc::downgrade(queue), Event::new(NpuEvent::new(queue.card())?)));
        }
        if let Some((_, event)) = &state.last {
            queue.record(event, NpuEvent::of(event)?)?;
        }
        Ok(())
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
