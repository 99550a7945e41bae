//! Functions of the host that a stream calls when it reaches them.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use ascend_hal::{Error, HostFn, Result};
use ascend_sys::ffi::ACL_CALLBACK_BLOCK;

use super::card::Card;
use super::stream::RawStream;
use crate::error::CannResult;

thread_local! {
    /// Whether this thread is inside a host callback of a stream.
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
}

/// Refuses what a host callback may not do: it would wait for the stream that waits for it, and CANN forbids such calls there.
pub(crate) fn refuse_in_callback(asked: &'static str) -> Result<()> {
    if IN_CALLBACK.get() {
        return Err(Error::State { what: "host callback", asked, found: "a callback may not call into the device".into() });
    }
    Ok(())
}

/// A failure that was found on the host.
#[derive(Debug)]
struct Failure {
    /// As it is to be reported, with nothing skipped yet.
    report: Error,
    /// Calls behind it that were not executed.
    skipped: usize,
}

impl Failure {
    fn report(self) -> Error {
        match self.report {
            Error::Execution { op, kernel, skipped, source } => Error::Execution { op, kernel, skipped: skipped + self.skipped, source },
            Error::Task { task, skipped, source } => Error::Task { task, skipped: skipped + self.skipped, source },
            other => other,
        }
    }
}

/// The callbacks of one stream that have not run, and what has failed on the host: a callback, or a check of values.
#[derive(Debug, Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: HashSet<usize>,
    failure: Option<Failure>,
}

/// A callback that a stream has not reached yet.
struct Job {
    f: HostFn,
    gate: Arc<Gate>,
}

/// By a number, which is what C carries for us: a callback that a failed stream never calls leaves nothing behind in C.
static JOBS: LazyLock<Mutex<HashMap<usize, Job>>> = LazyLock::new(Mutex::default);
static NEXT: AtomicUsize = AtomicUsize::new(1);

fn jobs() -> MutexGuard<'static, HashMap<usize, Job>> {
    JOBS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call that comes behind a failure; whether there is one.
    pub(super) fn skips(&self) -> bool {
        match &mut self.state().failure {
            Some(failure) => {
                failure.skipped += 1;
                true
            }
            None => false,
        }
    }

    /// Waits until no callback is outstanding. `is_over` is asked now and then whether the stream will call none any more.
    pub(super) fn wait(&self, mut is_over: impl FnMut() -> bool) {
        const LOOK: Duration = Duration::from_millis(20);
        let mut state = self.state();
        while !state.waiting.is_empty() {
            let (held, timeout) = self.changed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner);
            state = held;
            if timeout.timed_out() {
                drop(state);
                if is_over() {
                    return;
                }
                state = self.state();
            }
        }
    }

    /// Has later work skipped, until the failure is handed out.
    pub(super) fn fail(&self, report: Error) {
        self.state().failure.get_or_insert(Failure { report, skipped: 0 });
    }

    /// Forgets callbacks that were not called, and hands out the failure.
    pub(super) fn settle(&self) -> Option<Error> {
        let mut state = self.state();
        let waiting = std::mem::take(&mut state.waiting);
        let failure = state.failure.take();
        drop(state);
        self.changed.notify_all();
        let mut jobs = jobs();
        let forgotten: Vec<_> = waiting.iter().filter_map(|id| jobs.remove(id)).collect();
        drop(jobs);
        drop(forgotten);
        failure.map(Failure::report)
    }

    /// Hands out the failure.
    pub(super) fn take_failure(&self) -> Option<Error> {
        self.state().failure.take().map(Failure::report)
    }

    /// A number for `f`, to be given to [`run`].
    pub(super) fn register(self: &Arc<Self>, f: HostFn) -> usize {
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        self.state().waiting.insert(id);
        jobs().insert(id, Job { f, gate: self.clone() });
        id
    }

    /// Undoes [`register`](Self::register).
    pub(super) fn forget(&self, id: usize) {
        self.state().waiting.remove(&id);
        let job = jobs().remove(&id);
        drop(job);
    }

    fn passed(&self, id: usize, panic: Option<String>) {
        let mut state = self.state();
        state.waiting.remove(&id);
        if let Some(message) = panic {
            let report = Error::Task { task: "host callback", skipped: 0, source: Box::new(Error::Panicked { message }) };
            state.failure.get_or_insert(Failure { report, skipped: 0 });
        }
        drop(state);
        self.changed.notify_all();
    }
}

/// Called by CANN with the number of a callback.
unsafe extern "C" fn run(id: *mut c_void) {
    let id = id as usize;
    let Some(Job { f, gate }) = jobs().remove(&id) else { return };
    let call = AssertUnwindSafe(|| {
        if gate.skips() {
            drop(f);
            return;
        }
        IN_CALLBACK.set(true);
        f();
    });
    let outcome = catch_unwind(call);
    IN_CALLBACK.set(false);
    let panic = outcome.err().map(|panic| {
        let text = panic.downcast_ref::<&str>().map(|s| s.to_string()).or_else(|| panic.downcast_ref::<String>().cloned());
        text.unwrap_or_else(|| "a panic without a message".into())
    });
    gate.passed(id, panic);
}

/// Has the stream call the callback of this number. `false` where CANN wants a thread that reports are delivered to.
pub(super) fn launch(card: &Card, stream: &RawStream, id: usize) -> CannResult<bool> {
    stream.bind()?;
    // SAFETY: the stream is alive; `run` takes any number.
    match unsafe { card.cann().acl.aclrtLaunchHostFunc(stream.handle(), Some(run), id as *mut c_void) } {
        Ok(()) => Ok(true),
        Err(ascend_sys::Error::SymbolMissing { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The thread that calls a stream's callbacks, in versions of CANN that have none of their own.
#[derive(Debug)]
pub(super) struct Reporter {
    card: Arc<Card>,
    stream: Arc<RawStream>,
    thread: libc::pthread_t,
    subscribed: bool,
    ends: Arc<AtomicBool>,
    handle: Option<JoinHandle<()>>,
}

impl Reporter {
    pub(super) fn start(card: &Arc<Card>, stream: &Arc<RawStream>) -> std::io::Result<Self> {
        /// How long it waits for a report before it looks whether it is to end.
        const WAIT_MS: i32 = 100;
        let (tell, told) = channel();
        let ends = Arc::new(AtomicBool::new(false));
        let (owner, context, stop) = (card.clone(), stream.context().clone(), ends.clone());
        let work = move || {
            // SAFETY: the function takes nothing and cannot fail.
            let _ = tell.send(unsafe { libc::pthread_self() });
            while !stop.load(Ordering::Acquire) {
                // SAFETY: a report calls `run`, which any thread may do.
                let waited = context.bind().and_then(|()| unsafe { owner.cann().acl.aclrtProcessReport(WAIT_MS) });
                if waited.is_err() {
                    // A time-out; or the thread is not subscribed yet, which comes back at once.
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        };
        let handle = std::thread::Builder::new().name("ascend-npu callbacks".into()).spawn(work)?;
        let thread = told.recv().unwrap_or_default();
        Ok(Self { card: card.clone(), stream: stream.clone(), thread, subscribed: false, ends, handle: Some(handle) })
    }

    /// Has the stream's reports delivered to the thread.
    pub(super) fn subscribe(&mut self) -> CannResult<()> {
        self.stream.bind()?;
        // SAFETY: the thread runs and the stream is alive.
        unsafe { self.card.cann().acl.aclrtSubscribeReport(self.thread, self.stream.handle()) }?;
        self.subscribed = true;
        Ok(())
    }

    /// Has the stream call the callback of this number.
    pub(super) fn launch(&self, id: usize) -> CannResult<()> {
        self.stream.bind()?;
        // SAFETY: the stream is alive; `run` takes any number.
        unsafe { self.card.cann().acl.aclrtLaunchCallback(Some(run), id as *mut c_void, ACL_CALLBACK_BLOCK, self.stream.handle()) }
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        if self.subscribed {
            // SAFETY: the thread is subscribed and the stream is alive.
            self.card.release(self.stream.context(), || unsafe {
                self.card.cann().acl.aclrtUnSubscribeReport(self.thread, self.stream.handle())
            });
        }
        self.ends.store(true, Ordering::Release);
        if let Some(handle) = self.handle.take() {
            let _ = handle.join();
        }
    }
}
