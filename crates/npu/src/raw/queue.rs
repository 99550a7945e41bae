//! A stream with what it keeps: the work that it has not passed yet, what that work uses, and the first failure.

mod copies;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ascend_hal::{Buffer, Error, Event, HostFn, OpCall, OpKind, Result};

use super::callback::{self, Gate, Reporter, refuse_in_callback};
use super::card::{Card, Context};
use super::entry::{Culprit, Entry, Keep, blame};
use super::event::RawEvent;
use super::executors::Executors;
use super::model::{self, Model};
use super::pool::{Arena, Block};
use super::stream::RawStream;
use crate::error::{CannResult, from_cann, is_late, is_of_launch};
use crate::event::NpuEvent;
use crate::graph::Shared;
use crate::memory::{self, NpuMemory};

/// After so many entries the stream is asked how far it is.
const MARK_EVERY: u64 = 32;

/// What a capture has recorded.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) entries: Vec<Entry>,
    /// Memory that the recorded work uses and that nothing else may have before the graph is gone.
    pub(crate) arena: Arc<Arena>,
}

/// What a kernel that is being launched in this thread has called.
struct Label {
    queue: usize,
    functions: Vec<&'static str>,
    parts: Vec<Buffer>,
}

thread_local! {
    static LABELS: RefCell<Vec<Label>> = const { RefCell::new(Vec::new()) };
}

pub(crate) struct Queue {
    card: Arc<Card>,
    gate: Arc<Gate>,
    state: Mutex<State>,
    /// Locked before the state where both are.
    executors: Mutex<Executors>,
}

struct State {
    stream: Arc<RawStream>,
    reporter: Option<Reporter>,
    next: u64,
    log: VecDeque<Entry>,
    /// Marks that are on the stream: each is reached when the entries below its number are done.
    marks: VecDeque<(u64, RawEvent)>,
    spare: Vec<RawEvent>,
    recording: Option<Recording>,
    arena: Arc<Arena>,
    /// A failure of earlier work that a later call came back with.
    late: Option<ascend_sys::Error>,
}

impl State {
    /// Whether the stream is known to have failed.
    fn has_failed(&self) -> bool {
        self.late.is_some() && self.recording.is_none()
    }

    /// Takes up a piece of work.
    fn push(&mut self, by: Culprit, functions: Vec<&'static str>, keep: Keep, parts: Vec<Buffer>) {
        let seq = self.next;
        self.next += 1;
        let entry = Entry { seq, by, functions, keep, parts };
        match &mut self.recording {
            Some(recording) => recording.entries.push(entry),
            None => self.log.push_back(entry),
        }
    }

    /// Lets go of what the stream has passed.
    fn retire(&mut self) -> Vec<Entry> {
        let mut passed = None;
        while let Some((seq, mark)) = self.marks.front() {
            if !mark.is_reached().unwrap_or(false) {
                break;
            }
            passed = Some(*seq);
            self.spare.extend(self.marks.pop_front().map(|(_, mark)| mark));
        }
        passed.map_or_else(Vec::new, |seq| self.retire_below(seq))
    }

    fn retire_below(&mut self, seq: u64) -> Vec<Entry> {
        let done = self.log.partition_point(|entry| entry.seq < seq);
        self.log.drain(..done).collect()
    }

    /// Puts a mark behind everything that was enqueued.
    fn mark(&mut self, card: &Arc<Card>) -> CannResult<()> {
        let mark = self.spare.pop().map_or_else(|| RawEvent::progress(card), Ok)?;
        mark.record(&self.stream)?;
        self.marks.push_back((self.next, mark));
        Ok(())
    }

    /// Now and then, asks the stream how far it is.
    fn look(&mut self, card: &Arc<Card>) -> Vec<Entry> {
        if self.recording.is_some() {
            return Vec::new();
        }
        let marked = self.marks.back().map_or_else(|| self.log.front().map_or(self.next, |entry| entry.seq), |(seq, _)| *seq);
        if self.next - marked >= MARK_EVERY {
            // Without a mark, memory is held for longer; nothing else.
            let _ = self.mark(card);
        }
        self.retire()
    }
}

impl Queue {
    pub(crate) fn open(card: &Arc<Card>) -> Result<Arc<Self>> {
        let stream = RawStream::new(card).map_err(from_cann)?;
        let state = State {
            stream,
            reporter: None,
            next: 0,
            log: VecDeque::new(),
            marks: VecDeque::new(),
            spare: Vec::new(),
            recording: None,
            arena: Arena::new(card.clone()),
            late: None,
        };
        Ok(Arc::new(Self { card: card.clone(), gate: Arc::default(), state: Mutex::new(state), executors: Mutex::default() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn executors(&self) -> MutexGuard<'_, Executors> {
        self.executors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn card(&self) -> &Arc<Card> {
        &self.card
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// What must hold before work is enqueued; `false` when it is to be skipped.
    fn admits(&self, asked: &'static str) -> Result<bool> {
        refuse_in_callback(asked)?;
        self.gate.wait(|| {
            let stream = self.state().stream.clone();
            // An error means that the stream has failed; it calls nothing any more.
            stream.is_idle().unwrap_or(true)
        });
        Ok(!self.gate.skips())
    }

    /// Whether the stream is known to have failed, which the next synchronisation reports: nothing is enqueued behind that.
    pub(super) fn has_failed(&self) -> bool {
        self.state().has_failed()
    }

    /// Gives the stream one piece of work by `submit`.
    fn give(&self, state: &mut State, submit: impl FnOnce(&RawStream) -> CannResult<()>) -> Result<()> {
        let Err(error) = submit(&state.stream) else { return Ok(()) };
        let late = if is_late(&error) {
            Some(error.clone())
        } else if is_of_launch(&error) && state.recording.is_none() {
            state.stream.is_idle().err().filter(is_late)
        } else {
            None
        };
        // The stream has failed before. The next synchronisation says so.
        let late = late.ok_or_else(|| from_cann(error))?;
        state.late.get_or_insert(late);
        Ok(())
    }

    /// Waits for the stream, then has `check` look at values of a call. What is wrong makes the stream fail as if the call had been executed; then, and when the
    /// stream has failed before, the call is not to be made (`false`). Parts of a call, and recorded calls, are not looked at.
    pub(crate) fn check(&self, op: OpKind, kernel: &str, check: impl FnOnce() -> Result<()>) -> Result<bool> {
        if self.is_part() || self.is_capturing() {
            return Ok(true);
        }
        if !self.admits("enqueuing")? {
            return Ok(false);
        }
        if let Err(report) = self.synchronize() {
            self.gate.fail(report);
            self.gate.skips();
            return Ok(false);
        }
        match check() {
            Err(value @ Error::Value { .. }) => {
                self.gate.fail(Error::Execution { op, kernel: kernel.into(), skipped: 0, source: Box::new(value) });
                Ok(false)
            }
            outcome => outcome.map(|()| true),
        }
    }

    /// Whether the thread is inside of a launch on this stream.
    fn is_part(&self) -> bool {
        let me = self.address();
        LABELS.with_borrow(|labels| labels.iter().any(|label| label.queue == me))
    }

    /// Runs a kernel's `launch` for `call`, and keeps the call until the stream has passed it. A call from within a launch is a part of that one.
    pub(crate) fn run(
        &self,
        op: OpKind,
        kernel: Cow<'static, str>,
        call: OpCall,
        launch: impl FnOnce(&OpCall) -> Result<()>,
    ) -> Result<()> {
        let me = self.address();
        if self.is_part() {
            let outcome = launch(&call);
            let mut parts = Vec::new();
            call.visit(&mut |arg| parts.extend(memory::outlives_its_handle(arg.view.buffer()).then(|| arg.view.buffer().clone())));
            LABELS.with_borrow_mut(|labels| {
                if let Some(label) = labels.iter_mut().rfind(|label| label.queue == me) {
                    label.parts.extend(parts);
                }
            });
            return outcome;
        }
        if !self.admits("enqueuing")? {
            return Ok(());
        }
        LABELS.with_borrow_mut(|labels| labels.push(Label { queue: me, functions: Vec::new(), parts: Vec::new() }));
        let outcome = catch_unwind(AssertUnwindSafe(|| launch(&call)));
        let label = LABELS.with_borrow_mut(Vec::pop);
        let (functions, parts) = label.map(|label| (label.functions, label.parts)).unwrap_or_default();
        let outcome = outcome.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<&str>().map(|s| s.to_string()).or_else(|| panic.downcast_ref::<String>().cloned());
            Err(Error::Panicked { message: text.unwrap_or_else(|| "a panic without a message".into()) })
        });
        let mut state = self.state();
        // What was enqueued before a launch failed uses the call's memory too.
        state.push(Culprit::Op { op, kernel: kernel.clone() }, functions, Keep::Call(call), parts);
        let outcome = match outcome {
            // What values of the device are at fault is said when they are due: at the next synchronisation.
            Err(error @ Error::Value { .. }) => {
                self.gate.fail(Error::Execution { op, kernel: kernel.to_string(), skipped: 0, source: Box::new(error) });
                Ok(())
            }
            // A part of the failure that is reported then.
            Err(_) if state.late.is_some() => Ok(()),
            outcome => outcome,
        };
        let passed = state.look(&self.card);
        drop(state);
        drop(passed);
        outcome
    }

    /// Notes an operator that the launch under way in this thread calls.
    pub(crate) fn note(function: &'static str) {
        LABELS.with_borrow_mut(|labels| {
            if let Some(label) = labels.last_mut() {
                label.functions.push(function);
            }
        });
    }

    /// Keeps memory that the launch under way in this thread works on.
    pub(super) fn hold(buffer: &Buffer) {
        LABELS.with_borrow_mut(|labels| {
            if let Some(label) = labels.last_mut() {
                label.parts.push(buffer.clone());
            }
        });
    }

    /// Gives the stream work that needs so many bytes of memory while it runs.
    pub(super) fn work(&self, bytes: usize, submit: impl FnOnce(&Card, *mut c_void, &RawStream) -> CannResult<()>) -> Result<()> {
        let arena = self.arena();
        let workspace = if bytes == 0 { None } else { Some(arena.take(bytes)?) };
        let address = workspace.as_ref().map_or(0, Block::address);
        let outcome = self.give(&mut self.state(), |stream| {
            stream.bind()?;
            submit(&self.card, address as *mut c_void, stream)
        });
        // The stream's later work may have it: that runs behind this.
        workspace.into_iter().for_each(|block| arena.put_back(block));
        outcome
    }

    /// Memory with arbitrary contents for work on this stream; when the last handle is dropped, later work on the stream may have it.
    pub(crate) fn scratch(&self, bytes: usize) -> Result<Buffer> {
        Ok(Buffer::new(NpuMemory::scratch(self.arena(), bytes)?))
    }

    /// Where memory of the work that is enqueued now comes from.
    pub(crate) fn arena(&self) -> Arc<Arena> {
        let state = self.state();
        state.recording.as_ref().map_or_else(|| state.arena.clone(), |recording| recording.arena.clone())
    }

    /// Enqueues a mark.
    pub(crate) fn record(&self, handle: &Event, event: &NpuEvent) -> Result<()> {
        refuse_in_callback("recording an event")?;
        let mut state = self.state();
        self.give(&mut state, |stream| event.raw().record(stream))?;
        if state.recording.is_none() {
            event.recorded();
        }
        state.push(Culprit::Task("event"), Vec::new(), Keep::Event(handle.clone()), Vec::new());
        Ok(())
    }

    /// Has later work wait for a mark.
    pub(crate) fn wait(&self, handle: &Event, event: &NpuEvent) -> Result<()> {
        refuse_in_callback("waiting for an event")?;
        let mut state = self.state();
        if !event.was_recorded() {
            return Ok(());
        }
        self.give(&mut state, |stream| event.raw().hold(stream))?;
        state.push(Culprit::Task("wait"), Vec::new(), Keep::Event(handle.clone()), Vec::new());
        Ok(())
    }

    /// Enqueues a callback.
    pub(crate) fn call_host(&self, f: HostFn) -> Result<()> {
        refuse_in_callback("a host callback")?;
        let mut state = self.state();
        if state.recording.is_some() {
            let found = "a capture is running, and a callback can be called only once".into();
            return Err(Error::State { what: "stream", asked: "a host callback", found });
        }
        if self.gate.skips() || state.has_failed() {
            return Ok(());
        }
        let id = self.gate.register(f);
        let launch = |state: &mut State| -> std::io::Result<CannResult<()>> {
            if state.reporter.is_none() {
                match callback::launch(&self.card, &state.stream, id) {
                    Ok(false) => {}
                    launched => return Ok(launched.map(drop)),
                }
                let mut reporter = Reporter::start(&self.card, &state.stream)?;
                if let Err(error) = reporter.subscribe() {
                    return Ok(Err(error));
                }
                state.reporter = Some(reporter);
            }
            Ok(state.reporter.as_ref().map_or(Ok(()), |reporter| reporter.launch(id)))
        };
        let launched = launch(&mut state).map_err(|error| {
            self.gate.forget(id);
            let found = format!("the system gives no thread that would call it: {error}");
            Error::State { what: "stream", asked: "a host callback", found }
        })?;
        match launched {
            Ok(()) => {}
            Err(error) => {
                self.gate.forget(id);
                if !is_late(&error) {
                    return Err(from_cann(error));
                }
                state.late.get_or_insert(error);
            }
        }
        state.push(Culprit::Task("host callback"), Vec::new(), Keep::Nothing, Vec::new());
        Ok(())
    }

    pub(crate) fn begin_capture(&self) -> Result<()> {
        refuse_in_callback("beginning a capture")?;
        let mut state = self.state();
        if state.recording.is_some() {
            return Err(Error::State { what: "stream", asked: "beginning a capture", found: "a capture is running already".into() });
        }
        model::begin(&self.card, &state.stream).map_err(from_cann)?;
        state.recording = Some(Recording { entries: Vec::new(), arena: Arena::new(self.card.clone()) });
        Ok(())
    }

    pub(crate) fn end_capture(&self) -> Result<(Model, Recording)> {
        refuse_in_callback("ending a capture")?;
        let mut state = self.state();
        let Some(recording) = state.recording.take() else {
            return Err(Error::State { what: "stream", asked: "ending a capture", found: "none is running".into() });
        };
        match model::end(&self.card, &state.stream) {
            Ok(model) => Ok((model, recording)),
            Err(error) => {
                // Whether the stream still captures is not known.
                let entries: Vec<Entry> = state.log.drain(..).collect();
                self.renew(&mut state, &entries);
                drop(state);
                drop((recording, entries));
                Err(from_cann(error))
            }
        }
    }

    /// Enqueues everything that a graph has recorded, behind its last launch, which `after` marks if it was on another stream.
    pub(crate) fn replay(&self, graph: &Arc<Shared>, after: Option<&Event>) -> Result<()> {
        if !graph.model().is_of(&self.card) {
            return Err(Error::ForeignHandle { what: "the stream" });
        }
        if !self.admits("a graph")? || graph.is_empty() {
            return Ok(());
        }
        if self.is_capturing() {
            let found = "a capture is running, and a recording cannot hold another one".into();
            return Err(Error::State { what: "stream", asked: "a graph", found });
        }
        if let Some(event) = after {
            self.wait(event, NpuEvent::of(event)?)?;
        }
        let mut state = self.state();
        if !state.has_failed() {
            // SAFETY: the graph holds the memory that it works on, and the entry holds the graph until the stream has passed it.
            self.give(&mut state, |stream| unsafe { graph.model().execute(stream) })?;
        }
        state.push(Culprit::Task("graph"), Vec::new(), Keep::Graph(graph.clone()), Vec::new());
        let passed = state.look(&self.card);
        drop(state);
        drop(passed);
        Ok(())
    }

    /// Whether a failure has ended the context that a graph of this card was recorded in, so that the stream cannot run it.
    pub(crate) fn has_outlived(&self, graph: &Shared) -> bool {
        let state = self.state();
        graph.model().is_of(&self.card) && state.recording.is_none() && !graph.is_empty() && !graph.model().fits(&state.stream)
    }

    pub(crate) fn is_capturing(&self) -> bool {
        self.state().recording.is_some()
    }

    pub(crate) fn is_idle(&self) -> Result<bool> {
        let state = self.state();
        if state.recording.is_some() {
            return Ok(state.log.is_empty());
        }
        let stream = state.stream.clone();
        drop(state);
        stream.is_idle().or_else(|error| if is_late(&error) { Ok(true) } else { Err(from_cann(error)) })
    }

    /// Lets go of what the stream has passed; with `wait`, of everything that was enqueued before.
    pub(crate) fn retire(&self, wait: bool) {
        let mut state = self.state();
        if wait
            && state.recording.is_none()
            && !state.log.is_empty()
            && state.mark(&self.card).is_ok()
            && let Some((_, mark)) = state.marks.back()
        {
            // A failure is reported by the next synchronisation; what is not reached stays.
            let _ = mark.synchronize();
        }
        let passed = state.retire();
        drop(state);
        drop(passed);
    }

    /// Waits for everything that was enqueued, and reports the first failure.
    pub(crate) fn synchronize(&self) -> Result<()> {
        refuse_in_callback("synchronising")?;
        let (stream, target) = {
            let state = self.state();
            if state.recording.is_some() {
                return Err(Error::State { what: "stream", asked: "synchronising", found: "a capture is running".into() });
            }
            (state.stream.clone(), state.next)
        };
        let waited = stream.synchronize();
        let mut state = self.state();
        let passed_by_mark = state.retire();
        let failed = match waited {
            Ok(()) => state.late.take(),
            Err(error) => {
                state.late = None;
                Some(error)
            }
        };
        let (report, passed) = match failed {
            None => {
                let passed = state.retire_below(target);
                state.marks.retain(|(seq, _)| *seq > target);
                (self.gate.take_failure(), passed)
            }
            Some(error) => {
                let entries: Vec<Entry> = state.log.drain(..).collect();
                let report = blame(error, &entries, state.stream.id());
                self.renew(&mut state, &entries);
                // What was found on the host came first, as the stream went on behind it.
                (Some(self.gate.settle().unwrap_or(report)), entries)
            }
        };
        drop(state);
        drop((passed_by_mark, passed));
        if report.is_some() {
            self.executors().clear();
        }
        report.map_or(Ok(()), Err)
    }

    /// Puts a new stream in the place of one that has failed: CANN takes no more work on that one. Marks that it did not reach are made on the new one, so that
    /// nobody waits for ever.
    fn renew(&self, state: &mut State, entries: &[Entry]) {
        state.reporter = None;
        state.marks.clear();
        state.spare.clear();
        state.stream.abandon();
        match self.working_stream(state.stream.context()) {
            Ok(stream) => state.stream = stream,
            Err(error) => return self.card.keep_failure(from_cann(error)),
        }
        for entry in entries {
            if let (Keep::Event(event), Culprit::Task("event")) = (&entry.keep, &entry.by)
                && let Ok(event) = NpuEvent::of(event)
            {
                self.card.given_back(event.raw().record(&state.stream));
            }
        }
    }
}

impl Queue {
    /// A stream that takes work, after one of `failed` has failed. On an Atlas A2 the failure has stopped every stream of that context, the new ones too: then it is
    /// one of a new context.
    fn working_stream(&self, failed: &Arc<Context>) -> CannResult<Arc<RawStream>> {
        let works = || {
            let stream = RawStream::new(&self.card)?;
            // Abandoned until it has shown that it works.
            stream.abandon();
            RawEvent::progress(&self.card)?.record(&stream)?;
            stream.synchronize()?;
            stream.keep();
            Ok(stream)
        };
        works().or_else(|_: ascend_sys::Error| {
            self.card.replace(failed)?;
            RawStream::new(&self.card)
        })
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        if self.is_capturing() {
            // The recording goes with the stream.
            let _ = self.end_capture();
        }
        if let Err(failure) = self.synchronize() {
            self.card.keep_failure(failure);
            // The stream in its place makes the marks that it did not reach. What else there is to say has been said.
            let _ = self.synchronize();
        }
        self.state().arena.close();
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        let doing = if state.recording.is_some() { "capturing" } else { "executing" };
        write!(f, "Stream of {} ({doing}, {} entries under way)", self.card.id(), state.log.len())
    }
}
