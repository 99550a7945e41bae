//! Streams: queues of tasks, each with a worker that runs them in order.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ascend_sys::ffi::{
    ACL_ERROR_INTERNAL_ERROR, ACL_ERROR_RT_PARAM_INVALID, ACL_ERROR_RT_RESOURCE_ALLOC_FAIL, ACL_ERROR_RT_STREAM_CAPTURED,
    ACL_ERROR_RT_STREAM_SYNC_TIMEOUT, ACLNN_ERR_RUNTIME_ERROR,
};

use crate::capture::Capture;
use crate::fault::{Fault, Outcome};
use crate::memory::{InUse, Span};
use crate::task_group::Update;

/// What a stream runs. It can run more than once: a captured task runs with every replay.
pub(crate) type Work = dyn Fn(&Flags) -> Outcome + Send + Sync;

/// Work of a stream, with the memory that it touches.
#[derive(Clone)]
pub(crate) struct Task {
    pub(crate) uses: Vec<Span>,
    pub(crate) work: Arc<Work>,
    /// Runs even on a stream that has stopped: others wait for it.
    pub(crate) always: bool,
    /// The single operator that it is.
    pub(crate) operator: Option<&'static str>,
}

/// What a stream tells its running task.
pub(crate) struct Flags {
    stop: AtomicBool,
    halt: Arc<Halt>,
}

/// Whether the streams of a context stop at a failure, and the one that has stopped them all.
#[derive(Default)]
pub(crate) struct Halt {
    stops: AtomicBool,
    failure: Mutex<Option<Fault>>,
}

impl Halt {
    fn failure(&self) -> Option<Fault> {
        if !self.stops() {
            return None;
        }
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone().map(Fault::told)
    }

    fn fail(&self, fault: &Fault) {
        if self.stops() {
            self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| fault.clone());
        }
    }

    fn stops(&self) -> bool {
        self.stops.load(Ordering::Acquire)
    }

    /// Forgets the failure: the streams take work again.
    pub(crate) fn clear(&self) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Flags {
    /// Whether the task is to end at once, done or not: its stream is being aborted. Tasks that wait look at it.
    pub(crate) fn stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Whether nothing more runs after a failure.
    pub(crate) fn stop_on_failure(&self) -> bool {
        self.halt.stops()
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
    /// Where tasks are collected in place of being run.
    update: Option<Update>,
    failure_mode_set: bool,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream {
    /// A stream of the context of that handle; `halt` is what the streams of one context share.
    pub(crate) fn new(context: usize, halt: Arc<Halt>, attributes: Attributes) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let flags = Flags { stop: AtomicBool::new(false), halt };
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
        self.put(Task { uses, work: Arc::new(work), always: false, operator: None })
    }

    /// As [`submit`](Self::submit), for the second call of an operator.
    pub(crate) fn submit_operator(
        &self,
        operator: &'static str,
        uses: Vec<Span>,
        work: impl Fn(&Flags) -> Outcome + Send + Sync + 'static,
    ) -> Outcome {
        self.put(Task { uses, work: Arc::new(work), always: false, operator: Some(operator) })
    }

    /// As [`submit`](Self::submit), for work that others wait for: once enqueued, it runs even if the stream has stopped after a failure.
    pub(crate) fn submit_always(&self, work: impl Fn(&Flags) -> Outcome + Send + Sync + 'static) -> Outcome {
        self.put(Task { uses: Vec::new(), work: Arc::new(work), always: true, operator: None })
    }

    fn put(&self, task: Task) -> Outcome {
        let mut queue = self.shared.queue();
        if let Some(capture) = &queue.capture {
            return capture.record(self.id, task);
        }
        if let Some(update) = &mut queue.update {
            return update.take(task);
        }
        if let Some(failure) = self.shared.flags.halt.failure() {
            let failure = failure.of("a task of the context has failed, and its streams take no more");
            // Operators do not hand on what the runtime says.
            return Err(if task.operator.is_some() { failure.with_code(ACLNN_ERR_RUNTIME_ERROR) } else { failure });
        }
        let uses = task.uses.iter().map(Span::in_use).collect::<Outcome<Vec<_>>>()?;
        if !queue.worker {
            let (id, shared) = (self.id, self.shared.clone());
            let worker = std::thread::Builder::new().name("ascend-sim stream".into()).spawn(move || run(id, &shared));
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

    /// From here on tasks are collected, to take the place of a group's.
    pub(crate) fn begin_update(&self, update: Update) -> Outcome {
        let mut queue = self.shared.queue();
        if queue.update.is_some() {
            return Err(Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, "an update is under way on the stream already"));
        }
        queue.update = Some(update);
        Ok(())
    }

    /// From here on tasks run again. What has been collected is put into its model when the stream gets there.
    pub(crate) fn end_update(&self) -> Outcome {
        let update = self.shared.queue().update.take();
        let update = update.ok_or_else(|| Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, "no update is under way on the stream"))?;
        let (uses, put) = update.finish()?;
        self.submit(uses, move |_| put())
    }

    /// Refuses what cannot be asked of a stream whose tasks do not run.
    pub(crate) fn not_captured(&self) -> Outcome {
        match self.capture() {
            None => Ok(()),
            Some(_) => Err(Fault::misuse(ACL_ERROR_RT_STREAM_CAPTURED, "the stream is being captured: nothing on it runs")),
        }
    }

    /// Waits for everything that has been submitted, and hands out the first failure since the last wait; of a context that has stopped, always the one that has
    /// stopped it.
    pub(crate) fn synchronise(&self, timeout: Option<Duration>) -> Outcome {
        self.not_captured()?;
        let failure = self.wait(timeout)?.fault.take();
        failure.or_else(|| self.shared.flags.halt.failure()).map_or(Ok(()), Err)
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

    /// Whether everything is done; the failure, where one has stopped the context's streams.
    pub(crate) fn query(&self) -> Outcome<bool> {
        self.shared.flags.halt.failure().map_or_else(|| Ok(self.idle()), Err)
    }

    /// Whether a failure on a stream of the context stops all of them. Can be said once for each stream.
    pub(crate) fn set_stop_on_failure(&self, stop: bool) -> Outcome {
        let mut queue = self.shared.queue();
        if std::mem::replace(&mut queue.failure_mode_set, true) {
            return Err(Fault::misuse(
                ACL_ERROR_RT_PARAM_INVALID,
                "the failure mode of the stream has been set already; it can be set once",
            ));
        }
        if stop {
            self.shared.flags.halt.stops.store(true, Ordering::Release);
        }
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
        queue.update = None;
        if close || queue.finished < queue.submitted {
            self.shared.flags.stop.store(true, Ordering::Release);
        }
        drop(queue);
        self.shared.changed.notify_all();
        if let Some(capture) = capture {
            capture.lose(self.id);
        }
        // Others may wait for an event that would have been recorded here.
        let flags = Flags { stop: AtomicBool::new(true), halt: Arc::default() };
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

fn run(id: u64, shared: &Shared) {
    loop {
        let mut queue = shared.queue();
        let queued = loop {
            match queue.tasks.pop_front() {
                Some(queued) => break queued,
                None if queue.closed => return,
                None => queue = shared.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        };
        let skip = !queued.task.always && shared.flags.halt.failure().is_some();
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
            // CANN's own messages name the stream so.
            let fault = fault.of(&format!("stream_id={id}"));
            shared.flags.halt.fail(&fault);
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
        let ready = Arc::new(AtomicBool::new(false));
        let enqueued = ready.clone();
        let fails = move |_: &Flags| {
            while !enqueued.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            Err(Fault::refused(507015, "on purpose"))
        };
        stream.submit(Vec::new(), fails).unwrap();
        stream.submit(Vec::new(), counts(1)).unwrap();
        stream.submit_always(counts(10)).unwrap();
        ready.store(true, Ordering::Release);
        assert!(stream.synchronise(None).is_err());
        count.load(Ordering::Acquire)
    }

    fn stream(halt: &Arc<Halt>) -> Arc<Stream> {
        Stream::new(0, halt.clone(), Attributes::default())
    }

    #[test]
    fn a_stream_goes_on_after_a_failure() {
        let stream = stream(&Arc::default());
        assert_eq!(ran_after_a_failure(&stream), 11);
        assert!(stream.synchronise(None).is_ok());
        assert_eq!(ran_after_a_failure(&stream), 11);
    }

    /// aclrtSetStreamFailureMode, CANN 8.5 and 9.0, for Atlas A2: the other streams of the context stop too, and no new task is taken.
    #[test]
    fn a_failure_stops_every_stream_of_a_context_where_one_is_to_stop() {
        let halt = Arc::default();
        let (stops, other, elsewhere) = (stream(&halt), stream(&halt), stream(&Arc::default()));
        stops.set_stop_on_failure(true).unwrap();
        assert!(stops.set_stop_on_failure(true).is_err());
        assert!(other.stop_on_failure() && !elsewhere.stop_on_failure());
        assert_eq!(ran_after_a_failure(&stops), 10);
        assert!(stops.synchronise(None).is_err() && other.synchronise(None).is_err() && elsewhere.synchronise(None).is_ok());
        assert!(stops.submit(Vec::new(), |_| Ok(())).is_err() && other.submit_always(|_| Ok(())).is_err());
        halt.clear();
        other.submit(Vec::new(), |_| Ok(())).unwrap();
        assert!(other.synchronise(None).is_ok() && stops.synchronise(None).is_ok());
    }

    #[test]
    fn tearing_down_ends_what_waits_and_drops_the_rest() {
        let stream = stream(&Arc::default());
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
