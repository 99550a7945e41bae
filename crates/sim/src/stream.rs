//! Streams: queues of tasks, each with a worker that runs them in order.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ascend_sys::ffi::{
    ACL_ERROR_INTERNAL_ERROR, ACL_ERROR_RT_PARAM_INVALID, ACL_ERROR_RT_RESOURCE_ALLOC_FAIL, ACL_ERROR_RT_STREAM_CAPTURED,
    ACL_ERROR_RT_STREAM_SYNC_TIMEOUT,
};

use crate::capture::Capture;
use crate::fault::{Fault, Outcome};
use crate::memory::{InUse, Span};

/// What a stream runs. It can run more than once: a captured task runs with every replay.
pub(crate) type Work = dyn Fn(&Flags) -> Outcome + Send + Sync;

/// Work of a stream, with the memory that it touches.
#[derive(Clone)]
pub(crate) struct Task {
    pub(crate) uses: Vec<Span>,
    pub(crate) work: Arc<Work>,
    /// Runs even on a stream that has stopped: others wait for it.
    pub(crate) always: bool,
}

/// What a stream tells its running task.
pub(crate) struct Flags {
    stop: AtomicBool,
    stop_on_failure: AtomicBool,
}

impl Flags {
    /// Whether the task is to end at once, done or not: its stream is being aborted. Tasks that wait look at it.
    pub(crate) fn stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Whether nothing more runs after a failure.
    pub(crate) fn stop_on_failure(&self) -> bool {
        self.stop_on_failure.load(Ordering::Acquire)
    }
}

/// What is said when a stream is made, and asked for again.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Attributes {
    pub(crate) priority: u32,
    pub(crate) flags: u32,
}

pub(crate) struct Stream {
    id: u64,
    context: usize,
    attributes: Attributes,
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    flags: Flags,
}

struct Queued {
    task: Task,
    /// From when it is enqueued until it has run, its memory cannot be freed.
    _uses: Vec<InUse>,
}

#[derive(Default)]
struct Queue {
    tasks: VecDeque<Queued>,
    submitted: u64,
    finished: u64,
    /// The first failure since the last synchronisation.
    fault: Option<Fault>,
    closed: bool,
    /// The worker starts with the first task.
    worker: bool,
    /// Where tasks are recorded in place of being run.
    capture: Option<Arc<Capture>>,
    failure_mode_set: bool,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream {
    pub(crate) fn new(context: usize) -> Arc<Self> {
        Self::with(context, Attributes::default())
    }

    pub(crate) fn with(context: usize, attributes: Attributes) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let flags = Flags { stop: AtomicBool::new(false), stop_on_failure: AtomicBool::new(false) };
        let shared = Shared { queue: Mutex::default(), changed: Condvar::new(), flags };
        Arc::new(Self { id: NEXT.fetch_add(1, Ordering::Relaxed), context, attributes, shared: Arc::new(shared) })
    }

    /// Its number, which no other stream has.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn attributes(&self) -> Attributes {
        self.attributes
    }

    /// The handle of the context that it belongs to.
    pub(crate) fn context(&self) -> usize {
        self.context
    }

    /// Enqueues work, or records it if the stream is being captured.
    ///
    /// * `uses` is all device memory that `work` touches. It cannot be freed before the work is done; a replay of a recording refuses memory that has been
    ///   freed by then. `work` keeps spans of its own to reach it.
    /// * `work` runs once, or with every replay: it must not consume what it holds.
    pub(crate) fn submit(&self, uses: Vec<Span>, work: impl Fn(&Flags) -> Outcome + Send + Sync + 'static) -> Outcome {
        self.put(Task { uses, work: Arc::new(work), always: false })
    }

    /// As [`submit`](Self::submit), for work that others wait for: it runs even if the stream has stopped after a failure.
    pub(crate) fn submit_always(&self, work: impl Fn(&Flags) -> Outcome + Send + Sync + 'static) -> Outcome {
        self.put(Task { uses: Vec::new(), work: Arc::new(work), always: true })
    }

    fn put(&self, task: Task) -> Outcome {
        let mut queue = self.shared.queue();
        if let Some(capture) = &queue.capture {
            return capture.record(self.id, task);
        }
        let uses = task.uses.iter().map(Span::in_use).collect::<Outcome<Vec<_>>>()?;
        if !queue.worker {
            let shared = self.shared.clone();
            let worker = std::thread::Builder::new().name("ascend-sim stream".into()).spawn(move || run(&shared));
            worker.map_err(|error| Fault::refused(ACL_ERROR_RT_RESOURCE_ALLOC_FAIL, format!("no thread for the stream: {error}")))?;
            queue.worker = true;
        }
        queue.tasks.push_back(Queued { task, _uses: uses });
        queue.submitted += 1;
        drop(queue);
        self.shared.changed.notify_all();
        Ok(())
    }

    /// The capture that records the stream's tasks.
    pub(crate) fn capture(&self) -> Option<Arc<Capture>> {
        self.shared.queue().capture.clone()
    }

    /// From here on tasks are recorded, or run again.
    pub(crate) fn set_capture(&self, capture: Option<Arc<Capture>>) {
        self.shared.queue().capture = capture;
    }

    /// Refuses what cannot be asked of a stream whose tasks do not run.
    pub(crate) fn not_captured(&self) -> Outcome {
        match self.capture() {
            None => Ok(()),
            Some(_) => Err(Fault::misuse(ACL_ERROR_RT_STREAM_CAPTURED, "the stream is being captured: nothing on it runs")),
        }
    }

    /// Waits for everything that has been submitted, and hands out the first failure since the last wait.
    pub(crate) fn synchronise(&self, timeout: Option<Duration>) -> Outcome {
        self.not_captured()?;
        self.wait(timeout)?.fault.take().map_or(Ok(()), Err)
    }

    fn wait(&self, timeout: Option<Duration>) -> Outcome<MutexGuard<'_, Queue>> {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        let mut queue = self.shared.queue();
        let target = queue.submitted;
        while queue.finished < target {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                let (waiting, timeout) = (target - queue.finished, timeout.unwrap_or_default().as_millis());
                let what = format!("{waiting} tasks are not finished after {timeout} ms");
                return Err(Fault::refused(ACL_ERROR_RT_STREAM_SYNC_TIMEOUT, what));
            }
            queue = match left {
                Some(left) => self.shared.changed.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.shared.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
            };
        }
        Ok(queue)
    }

    pub(crate) fn idle(&self) -> bool {
        let queue = self.shared.queue();
        queue.finished == queue.submitted
    }

    /// Whether the stream stops at a failure until a synchronisation has reported it. Can be said once.
    pub(crate) fn set_stop_on_failure(&self, stop: bool) -> Outcome {
        let mut queue = self.shared.queue();
        if std::mem::replace(&mut queue.failure_mode_set, true) {
            return Err(Fault::misuse(
                ACL_ERROR_RT_PARAM_INVALID,
                "the failure mode of the stream has been set already; it can be set once",
            ));
        }
        self.shared.flags.stop_on_failure.store(stop, Ordering::Release);
        Ok(())
    }

    /// See [`set_stop_on_failure`](Self::set_stop_on_failure).
    pub(crate) fn stop_on_failure(&self) -> bool {
        self.shared.flags.stop_on_failure()
    }

    /// No task comes any more; the worker ends when it has run those that are there.
    pub(crate) fn close(&self) {
        self.shared.queue().closed = true;
        self.shared.changed.notify_all();
    }

    /// Drops what has not begun and ends what waits. The stream can be used again.
    pub(crate) fn abort(&self) {
        self.end_tasks(false);
    }

    /// Drops what has not begun, and ends.
    pub(crate) fn tear_down(&self) {
        self.end_tasks(true);
    }

    /// Waits until nothing runs after an abort.
    pub(crate) fn settle(&self, timeout: Option<Duration>) -> Outcome {
        self.wait(timeout).map(drop)
    }

    fn end_tasks(&self, close: bool) {
        let mut queue = self.shared.queue();
        let dropped = std::mem::take(&mut queue.tasks);
        queue.finished += dropped.len() as u64;
        queue.closed |= close;
        if !close {
            queue.fault = None;
        }
        let capture = queue.capture.take();
        if close || queue.finished < queue.submitted {
            self.shared.flags.stop.store(true, Ordering::Release);
        }
        drop(queue);
        self.shared.changed.notify_all();
        if let Some(capture) = capture {
            capture.lose(self.id);
        }
        // Others may wait for an event that would have been recorded here.
        let flags = Flags { stop: AtomicBool::new(true), stop_on_failure: AtomicBool::new(false) };
        dropped.iter().filter(|queued| queued.task.always).for_each(|queued| {
            // The stream is gone for whoever would have been told.
            let _ = attempt(&queued.task, &flags);
        });
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.close();
    }
}

fn run(shared: &Shared) {
    loop {
        let mut queue = shared.queue();
        let queued = loop {
            match queue.tasks.pop_front() {
                Some(queued) => break queued,
                None if queue.closed => return,
                None => queue = shared.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        };
        let skip = queue.fault.is_some() && shared.flags.stop_on_failure() && !queued.task.always;
        if !queue.closed {
            shared.flags.stop.store(false, Ordering::Release);
        }
        drop(queue);
        let outcome = if skip { Ok(()) } else { attempt(&queued.task, &shared.flags) };
        // The memory is free to be freed when the task counts as finished.
        drop(queued);
        let mut queue = shared.queue();
        queue.finished += 1;
        if let Err(fault) = outcome {
            queue.fault.get_or_insert(fault);
        }
        drop(queue);
        shared.changed.notify_all();
    }
}

/// Runs a task. A panic of it is a failure of it.
pub(crate) fn attempt(task: &Task, flags: &Flags) -> Outcome {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (task.work)(flags)))
        .unwrap_or_else(|_| Err(Fault::refused(ACL_ERROR_INTERNAL_ERROR, "a task panicked")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    /// Enqueues a failure and then two tasks that count, one of which always runs; tells how many ran.
    fn ran_after_a_failure(stream: &Stream) -> u32 {
        let count = Arc::new(AtomicU32::new(0));
        let counts = |weight: u32| {
            let count = count.clone();
            move |_: &Flags| {
                count.fetch_add(weight, Ordering::AcqRel);
                Ok(())
            }
        };
        stream.submit(Vec::new(), |_| Err(Fault::refused(507015, "on purpose"))).unwrap();
        stream.submit(Vec::new(), counts(1)).unwrap();
        stream.submit_always(counts(10)).unwrap();
        assert!(stream.synchronise(None).is_err() && stream.synchronise(None).is_ok());
        count.load(Ordering::Acquire)
    }

    #[test]
    fn a_stream_goes_on_after_a_failure_unless_it_is_to_stop() {
        let (continues, stops) = (Stream::new(0), Stream::new(0));
        stops.set_stop_on_failure(true).unwrap();
        assert!(stops.set_stop_on_failure(true).is_err());
        assert_eq!((ran_after_a_failure(&continues), ran_after_a_failure(&stops)), (11, 10));
        // The failure has been reported: the stream runs again.
        assert_eq!(ran_after_a_failure(&stops), 10);
        stops.submit(Vec::new(), |_| Ok(())).unwrap();
        stops.synchronise(None).unwrap();
    }

    #[test]
    fn tearing_down_ends_what_waits_and_drops_the_rest() {
        let stream = Stream::new(0);
        stream
            .submit(Vec::new(), |flags| {
                while !flags.stopping() {
                    std::thread::yield_now();
                }
                Ok(())
            })
            .unwrap();
        stream.submit(Vec::new(), |_| Err(Fault::refused(507015, "must not run"))).unwrap();
        stream.tear_down();
        stream.synchronise(Some(Duration::from_secs(20))).unwrap();
    }
}
