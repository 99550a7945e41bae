//! Capture and replay: the tasks of a stream, recorded to be run again.

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;

use ascend_sys::ffi::{
    ACL_ERROR_RT_CAPTURE_MODE_BLOCK_ASYNC, ACL_ERROR_RT_CAPTURE_MODE_NOT_SUPPORT, ACL_ERROR_RT_MODEL_CAPTURED, ACL_ERROR_RT_PARAM_INVALID,
    ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED, ACL_ERROR_RT_STREAM_CAPTURE_UNMATCHED, ACL_ERROR_RT_STREAM_CAPTURE_WRONG_THREAD,
    ACL_ERROR_RT_STREAM_UNJOINED, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL, ACL_MODEL_RI_CAPTURE_MODE_RELAXED,
    ACL_MODEL_RI_CAPTURE_MODE_THREAD_LOCAL, aclError, aclmdlRICaptureMode,
};

use crate::fault::{Fault, Outcome};
use crate::machine::machine;
use crate::memory::Span;
use crate::stream::{Flags, Stream, Task, attempt};
use crate::task_group::{Member, operator_of};

/// How many tasks of each captured stream come before a point.
pub(crate) type Clock = HashMap<u64, u64>;

/// A capture that runs.
pub(crate) struct Capture {
    model: usize,
    mode: aclmdlRICaptureMode,
    thread: ThreadId,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// In the order of the calls, which respects every dependency: an event is recorded before it is waited for.
    tasks: Vec<Task>,
    /// The first is the one that the capture began on.
    streams: Vec<Arc<Stream>>,
    clocks: HashMap<u64, Clock>,
    /// The groups of operators that are being recorded, by their streams.
    groups: HashMap<u64, Vec<Member>>,
    invalid: Option<&'static str>,
}

/// Every capture that runs in the process.
static RUNNING: Mutex<Vec<Arc<Capture>>> = Mutex::new(Vec::new());

thread_local! {
    static MODE: Cell<aclmdlRICaptureMode> = const { Cell::new(ACL_MODEL_RI_CAPTURE_MODE_GLOBAL) };
}

fn running() -> MutexGuard<'static, Vec<Arc<Capture>>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn merge(into: &mut Clock, from: &Clock) {
    for (stream, count) in from {
        let seen = into.entry(*stream).or_default();
        *seen = (*seen).max(*count);
    }
}

impl Capture {
    /// Begins to record the stream's tasks for `model`.
    pub(crate) fn begin(stream: &Arc<Stream>, model: usize, mode: aclmdlRICaptureMode) -> Arc<Self> {
        let state = State { streams: vec![stream.clone()], clocks: HashMap::from([(stream.id(), Clock::new())]), ..State::default() };
        let capture = Arc::new(Self { model, mode, thread: std::thread::current().id(), state: Mutex::new(state) });
        running().push(capture.clone());
        stream.set_capture(Some(capture.clone()));
        capture
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The handle of what is being made.
    pub(crate) fn model(&self) -> usize {
        self.model
    }

    pub(crate) fn invalid(&self) -> bool {
        self.state().invalid.is_some()
    }

    /// A stream of the capture is gone, and with it what was recorded. Without the first stream, nothing can end the capture any more: it is over.
    pub(crate) fn lose(&self, stream: u64) {
        let mut state = self.state();
        state.invalid.get_or_insert("a stream of it was aborted or destroyed");
        let over = state.streams.first().is_some_and(|origin| origin.id() == stream);
        let others = if over { std::mem::take(&mut state.streams) } else { Vec::new() };
        drop(state);
        others.iter().for_each(|other| other.set_capture(None));
        if over {
            running().retain(|other| !std::ptr::eq(&**other, self));
            // What it would have made is nobody's.
            machine().state().remove(self.model as *const c_void);
        }
    }

    pub(crate) fn record(&self, stream: u64, task: Task) -> Outcome {
        let mut state = self.state();
        if let Some(why) = state.invalid {
            return Err(invalidated(why));
        }
        let place = state.tasks.len();
        if let Some(group) = state.groups.get_mut(&stream) {
            group.push((place, operator_of(&task)?));
        }
        state.tasks.push(task);
        *state.clocks.entry(stream).or_default().entry(stream).or_default() += 1;
        Ok(())
    }

    /// From here on the stream's operators form a group.
    pub(crate) fn begin_group(&self, stream: u64) -> Outcome {
        match self.state().groups.insert(stream, Vec::new()) {
            None => Ok(()),
            Some(_) => Err(Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, "a group of tasks has been begun on the stream and not ended")),
        }
    }

    /// Ends the stream's group.
    pub(crate) fn end_group(&self, stream: u64) -> Outcome<Vec<Member>> {
        let group = self.state().groups.remove(&stream);
        group.ok_or_else(|| Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, "no group of tasks has been begun on the stream"))
    }

    /// What comes before the next task of a stream.
    pub(crate) fn clock(&self, stream: u64) -> Clock {
        self.state().clocks.get(&stream).cloned().unwrap_or_default()
    }

    /// Makes a stream wait for a point of the capture. It is part of the capture from then on.
    pub(crate) fn join(self: &Arc<Self>, stream: &Arc<Stream>, point: &Clock) {
        let mut state = self.state();
        if !state.streams.iter().any(|known| known.id() == stream.id()) {
            state.streams.push(stream.clone());
        }
        merge(state.clocks.entry(stream.id()).or_default(), point);
        drop(state);
        stream.set_capture(Some(self.clone()));
    }

    /// Ends the capture and hands out what was recorded. `stream` must be the one that it began on.
    pub(crate) fn end(self: &Arc<Self>, stream: &Stream) -> Outcome<Vec<Task>> {
        let mut state = self.state();
        if state.streams.first().is_none_or(|origin| origin.id() != stream.id()) {
            return Err(Fault::misuse(ACL_ERROR_RT_STREAM_CAPTURE_UNMATCHED, "the capture began on another stream; it ends on that one"));
        }
        if self.mode != ACL_MODEL_RI_CAPTURE_MODE_RELAXED && self.thread != std::thread::current().id() {
            let what = "the capture was begun by another thread, in a mode that only that one can end";
            return Err(Fault::misuse(ACL_ERROR_RT_STREAM_CAPTURE_WRONG_THREAD, what));
        }
        let streams = std::mem::take(&mut state.streams);
        let tasks = std::mem::take(&mut state.tasks);
        let clocks = std::mem::take(&mut state.clocks);
        let invalid = state.invalid.replace("it has ended");
        drop(state);
        streams.iter().for_each(|stream| stream.set_capture(None));
        running().retain(|other| !Arc::ptr_eq(other, self));
        if let Some(why) = invalid {
            return Err(invalidated(why));
        }
        let joined = clocks.get(&stream.id()).cloned().unwrap_or_default();
        let behind = |(id, clock): (&u64, &Clock)| clock.get(id).copied().unwrap_or(0) > joined.get(id).copied().unwrap_or(0);
        if clocks.iter().any(behind) {
            let what = "another stream was drawn into the capture and has tasks that the first stream does not wait for";
            return Err(Fault::misuse(ACL_ERROR_RT_STREAM_UNJOINED, what));
        }
        Ok(tasks)
    }
}

fn invalidated(why: &str) -> Fault {
    Fault::misuse(ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED, format!("the capture is not valid any more: {why}"))
}

/// Sets what the calling thread may do while captures run, and tells what it was.
pub(crate) fn exchange_mode(mode: aclmdlRICaptureMode) -> aclmdlRICaptureMode {
    MODE.replace(mode)
}

/// Whether a mode is one.
pub(crate) fn is_mode(mode: aclmdlRICaptureMode) -> bool {
    (ACL_MODEL_RI_CAPTURE_MODE_GLOBAL..=ACL_MODEL_RI_CAPTURE_MODE_RELAXED).contains(&mode)
}

/// Refuses a call that no thread, or not the capturing one, may make while a capture runs: copies and fills that wait.
pub(crate) fn refuse_synchronous() -> Outcome {
    unsafe_call(ACL_ERROR_RT_CAPTURE_MODE_NOT_SUPPORT, "a call that waits for the device is made")
}

/// As [`refuse_synchronous`], for asynchronous copies whose host memory is not pinned.
pub(crate) fn refuse_pageable() -> Outcome {
    unsafe_call(ACL_ERROR_RT_CAPTURE_MODE_BLOCK_ASYNC, "an asynchronous copy uses host memory that is not pinned")
}

fn unsafe_call(code: aclError, what: &str) -> Outcome {
    let (thread, mode) = (std::thread::current().id(), MODE.get());
    let refused = running().iter().any(|capture| match capture.mode {
        ACL_MODEL_RI_CAPTURE_MODE_RELAXED => false,
        ACL_MODEL_RI_CAPTURE_MODE_THREAD_LOCAL => capture.thread == thread && mode != ACL_MODEL_RI_CAPTURE_MODE_RELAXED,
        _ if capture.thread == thread => mode != ACL_MODEL_RI_CAPTURE_MODE_RELAXED,
        _ => mode == ACL_MODEL_RI_CAPTURE_MODE_GLOBAL,
    });
    if refused {
        return Err(Fault::misuse(code, format!("{what} while a capture runs whose mode forbids it to this thread")));
    }
    Ok(())
}

/// Tasks, and the memory that they touch, each allocation once.
#[derive(Clone)]
struct Recorded {
    tasks: Arc<[Task]>,
    uses: Arc<[Span]>,
}

impl Recorded {
    fn of(tasks: Vec<Task>) -> Self {
        let mut uses: Vec<Span> = Vec::new();
        for span in tasks.iter().flat_map(|task| &task.uses) {
            if !uses.iter().any(|known| known.same_allocations(span)) {
                uses.push(span.clone());
            }
        }
        Self { tasks: tasks.into(), uses: uses.into() }
    }
}

/// What a capture makes: a sequence of tasks that can be run as one.
pub(crate) struct Model {
    context: usize,
    /// None while the capture runs.
    recorded: Mutex<Option<Recorded>>,
    executions: Arc<AtomicUsize>,
    /// Handles of groups of its operators.
    groups: Mutex<Vec<usize>>,
}

impl Model {
    pub(crate) fn new(context: usize) -> Arc<Self> {
        Arc::new(Self { context, recorded: Mutex::new(None), executions: Arc::default(), groups: Mutex::default() })
    }

    /// The handle of the context that it belongs to.
    pub(crate) fn context(&self) -> usize {
        self.context
    }

    pub(crate) fn groups(&self) -> MutexGuard<'_, Vec<usize>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn finish(&self, tasks: Vec<Task>) {
        *self.recorded.lock().unwrap_or_else(PoisonError::into_inner) = Some(Recorded::of(tasks));
    }

    /// Puts other tasks in the places of some. Executions that have begun are not changed.
    pub(crate) fn replace(&self, tasks: impl Iterator<Item = (usize, Task)>) -> Outcome {
        let mut all = self.tasks()?.to_vec();
        for (place, task) in tasks {
            if let Some(old) = all.get_mut(place) {
                *old = task;
            }
        }
        self.finish(all);
        Ok(())
    }

    fn recorded(&self) -> Outcome<Recorded> {
        let recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner).clone();
        recorded.ok_or_else(|| Fault::misuse(ACL_ERROR_RT_MODEL_CAPTURED, "the capture that makes the model has not ended"))
    }

    /// What it runs.
    pub(crate) fn tasks(&self) -> Outcome<Arc<[Task]>> {
        self.recorded().map(|recorded| recorded.tasks)
    }

    /// Whether an execution has not ended.
    pub(crate) fn running(&self) -> bool {
        self.executions.load(Ordering::Acquire) > 0
    }

    /// Puts one execution on a stream.
    pub(crate) fn execute(self: &Arc<Self>, stream: &Stream) -> Outcome {
        let uses = self.recorded()?.uses;
        let execution = stream.capture().is_none().then(|| Execution::begin(&self.executions));
        let model = self.clone();
        stream.submit(uses.to_vec(), move |flags| {
            // As they are by now: an update may have come before.
            let outcome = model.tasks().and_then(|tasks| replay(&tasks, flags));
            execution.iter().for_each(Execution::end);
            outcome
        })
    }
}

fn replay(tasks: &[Task], flags: &Flags) -> Outcome {
    let mut first = Ok(());
    for task in tasks {
        if flags.stopping() || (first.is_err() && flags.stop_on_failure() && !task.always) {
            continue;
        }
        first = first.and(attempt(task, flags));
    }
    first
}

/// An execution, from when it is enqueued until it ended or was dropped with its stream.
struct Execution {
    count: Arc<AtomicUsize>,
    ended: std::sync::atomic::AtomicBool,
}

impl Execution {
    fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self { count: count.clone(), ended: false.into() }
    }

    fn end(&self) {
        if !self.ended.swap(true, Ordering::AcqRel) {
            self.count.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        self.end();
    }
}
