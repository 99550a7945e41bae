//! Streams: queues of tasks, each with a worker that runs them in order.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ascend_sys::ffi::{ACL_ERROR_INTERNAL_ERROR, ACL_ERROR_RT_RESOURCE_ALLOC_FAIL, ACL_ERROR_RT_STREAM_SYNC_TIMEOUT};

use crate::fault::{Fault, Outcome};

/// Work of a stream. It is told when the stream is being torn down, so that no wait holds it up.
pub(crate) type Task = Box<dyn FnOnce(&AtomicBool) -> Outcome + Send>;

pub(crate) struct Stream {
    context: usize,
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    torn_down: AtomicBool,
}

#[derive(Default)]
struct Queue {
    tasks: VecDeque<Task>,
    submitted: u64,
    finished: u64,
    /// The first failure since the last synchronisation.
    fault: Option<Fault>,
    closed: bool,
    /// The worker starts with the first task.
    worker: bool,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream {
    pub(crate) fn new(context: usize) -> Arc<Self> {
        let shared = Shared { queue: Mutex::default(), changed: Condvar::new(), torn_down: AtomicBool::new(false) };
        Arc::new(Self { context, shared: Arc::new(shared) })
    }

    /// The handle of the context that it belongs to.
    pub(crate) fn context(&self) -> usize {
        self.context
    }

    pub(crate) fn submit(&self, task: Task) -> Outcome {
        let mut queue = self.shared.queue();
        if !queue.worker {
            let shared = self.shared.clone();
            let worker = std::thread::Builder::new().name("ascend-sim stream".into()).spawn(move || run(&shared));
            worker.map_err(|error| Fault::refused(ACL_ERROR_RT_RESOURCE_ALLOC_FAIL, format!("no thread for the stream: {error}")))?;
            queue.worker = true;
        }
        queue.tasks.push_back(task);
        queue.submitted += 1;
        drop(queue);
        self.shared.changed.notify_all();
        Ok(())
    }

    /// Waits for everything that has been submitted, and hands out the first failure since the last wait.
    pub(crate) fn synchronise(&self, timeout: Option<Duration>) -> Outcome {
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
        queue.fault.take().map_or(Ok(()), Err)
    }

    pub(crate) fn idle(&self) -> bool {
        let queue = self.shared.queue();
        queue.finished == queue.submitted
    }

    /// No task comes any more; the worker ends when it has run those that are there.
    pub(crate) fn close(&self) {
        self.shared.queue().closed = true;
        self.shared.changed.notify_all();
    }

    /// Drops what has not begun, and ends.
    pub(crate) fn tear_down(&self) {
        self.shared.torn_down.store(true, Ordering::Release);
        let mut queue = self.shared.queue();
        let dropped = std::mem::take(&mut queue.tasks);
        queue.finished += dropped.len() as u64;
        queue.closed = true;
        drop(queue);
        self.shared.changed.notify_all();
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
        let task = loop {
            match queue.tasks.pop_front() {
                Some(task) => break task,
                None if queue.closed => return,
                None => queue = shared.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(queue);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| task(&shared.torn_down)))
            .unwrap_or_else(|_| Err(Fault::refused(ACL_ERROR_INTERNAL_ERROR, "a task panicked")));
        let mut queue = shared.queue();
        queue.finished += 1;
        if let Err(fault) = outcome {
            queue.fault.get_or_insert(fault);
        }
        drop(queue);
        shared.changed.notify_all();
    }
}
