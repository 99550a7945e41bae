//! Threads of the program that run callbacks of its streams.

use std::collections::{HashMap, VecDeque};
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ascend_sys::ffi::{
    ACL_ERROR_RT_REPORT_TIMEOUT, ACL_ERROR_RT_STREAM_NO_CB_REG, ACL_ERROR_RT_STREAM_SUBSCRIBE, ACL_ERROR_RT_THREAD_SUBSCRIBE,
};

use crate::fault::{Fault, Outcome};
use crate::stream::{Flags, Stream};

/// A function of the program's, with what it wants to be called with.
#[derive(Clone, Copy)]
pub(crate) struct Callback {
    pub(crate) function: unsafe extern "C" fn(*mut c_void),
    pub(crate) argument: *mut c_void,
}

// SAFETY: the program hands the pointer to its own function, and says by the call that another thread may run it.
unsafe impl Send for Callback {}
// SAFETY: as above.
unsafe impl Sync for Callback {}

impl Callback {
    pub(crate) fn run(&self) {
        // SAFETY: the program asked for this call with this argument.
        unsafe { (self.function)(self.argument) };
    }
}

struct Waiting {
    callback: Callback,
    done: Arc<AtomicBool>,
}

#[derive(Default)]
struct Threads {
    /// What waits for each subscribed thread.
    queues: HashMap<u64, VecDeque<Waiting>>,
    /// By the stream's number.
    streams: HashMap<u64, u64>,
}

static THREADS: Mutex<Option<Threads>> = Mutex::new(None);
static CHANGED: Condvar = Condvar::new();

/// How often a wait looks whether its stream is being torn down.
const POLL: Duration = Duration::from_millis(5);

fn threads() -> MutexGuard<'static, Option<Threads>> {
    THREADS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn this_thread() -> u64 {
    // SAFETY: takes nothing, and always succeeds.
    unsafe { libc::pthread_self() as u64 }
}

pub(crate) fn subscribe(thread: u64, stream: &Stream) -> Outcome {
    let mut threads = threads();
    let threads = threads.get_or_insert_default();
    if let Some(other) = threads.streams.get(&stream.id()) {
        let what = format!("the stream is subscribed already, to thread {other}");
        return Err(Fault::misuse(ACL_ERROR_RT_STREAM_SUBSCRIBE, what));
    }
    threads.streams.insert(stream.id(), thread);
    threads.queues.entry(thread).or_default();
    Ok(())
}

pub(crate) fn unsubscribe(thread: u64, stream: &Stream) -> Outcome {
    let mut threads = threads();
    let threads = threads.get_or_insert_default();
    match threads.streams.get(&stream.id()) {
        None => return Err(Fault::misuse(ACL_ERROR_RT_STREAM_SUBSCRIBE, "the stream is not subscribed")),
        Some(other) if *other != thread => {
            let what = format!("the stream is subscribed to thread {other}, not to {thread}");
            return Err(Fault::misuse(ACL_ERROR_RT_THREAD_SUBSCRIBE, what));
        }
        Some(_) => threads.streams.remove(&stream.id()),
    };
    if !threads.streams.values().any(|other| *other == thread) {
        threads.queues.remove(&thread);
        // It may be waiting for a callback, of which none comes any more.
        CHANGED.notify_all();
    }
    Ok(())
}

/// Puts a callback on a stream, for the thread that the stream is subscribed to. The stream waits for a blocking one.
pub(crate) fn launch(stream: &Stream, callback: Callback, blocking: bool) -> Outcome {
    let thread = threads().get_or_insert_default().streams.get(&stream.id()).copied();
    let Some(thread) = thread else {
        let what = "no thread is subscribed to the stream; aclrtSubscribeReport comes first";
        return Err(Fault::misuse(ACL_ERROR_RT_STREAM_NO_CB_REG, what));
    };
    stream.submit(Vec::new(), move |flags| deliver(thread, callback, blocking, flags))
}

fn deliver(thread: u64, callback: Callback, blocking: bool, flags: &Flags) -> Outcome {
    let done = Arc::new(AtomicBool::new(false));
    let mut guard = threads();
    let Some(queue) = guard.get_or_insert_default().queues.get_mut(&thread) else {
        let what = "the thread that was to run a callback has been unsubscribed before";
        return Err(Fault::misuse(ACL_ERROR_RT_THREAD_SUBSCRIBE, what));
    };
    queue.push_back(Waiting { callback, done: done.clone() });
    CHANGED.notify_all();
    while blocking && !done.load(Ordering::Acquire) && !flags.stopping() {
        guard = CHANGED.wait_timeout(guard, POLL).unwrap_or_else(PoisonError::into_inner).0;
    }
    Ok(())
}

/// Runs the next callback of the calling thread; waits for it if there is none.
pub(crate) fn process(timeout: Option<Duration>) -> Outcome {
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    let mut guard = threads();
    let waiting = loop {
        let Some(queue) = guard.get_or_insert_default().queues.get_mut(&this_thread()) else {
            // No misuse: a thread is made, and asks, before it can be subscribed.
            return Err(Fault::refused(ACL_ERROR_RT_THREAD_SUBSCRIBE, "the calling thread is not subscribed to any stream"));
        };
        if let Some(waiting) = queue.pop_front() {
            break waiting;
        }
        let left = deadline.map_or(POLL, |deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return Err(Fault::refused(ACL_ERROR_RT_REPORT_TIMEOUT, "no callback came in time"));
        }
        guard = CHANGED.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0;
    };
    drop(guard);
    waiting.callback.run();
    waiting.done.store(true, Ordering::Release);
    CHANGED.notify_all();
    Ok(())
}
