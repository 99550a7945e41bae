//! What goes on inside of kernels, for tools that want to know.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Instant;

thread_local! {
    static WATCHER: RefCell<Option<Watcher>> = const { RefCell::new(None) };
}

/// A stretch of one thread's work inside of a kernel. Stretches of a thread may lie within each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// What was done: a stage of the kernel.
    pub name: &'static str,
    /// What it was done for: the expert of a product.
    pub item: Option<usize>,
    /// 0 is the thread that watches; the others are numbered as they appear.
    pub thread: usize,
    /// When it began.
    pub start: Instant,
    /// When it ended.
    pub end: Instant,
}

/// What kernels tell about themselves. Which ones do, and what, is up to the device: those of the host tell of their threads, those of an NPU are seen by its vendor's
/// tools only.
#[derive(Clone, Debug)]
pub struct Watcher(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    threads: Vec<ThreadId>,
    work: Vec<Work>,
}

impl Watcher {
    /// Notes a stretch of the calling thread's work that ends when the result is dropped.
    #[must_use = "the stretch ends when this is dropped"]
    pub fn begin(&self, name: &'static str, item: Option<usize>) -> Stretch<'_> {
        Stretch { watcher: self, name, item, start: Instant::now() }
    }
}

/// A stretch of work that has begun.
#[derive(Debug)]
pub struct Stretch<'a> {
    watcher: &'a Watcher,
    name: &'static str,
    item: Option<usize>,
    start: Instant,
}

impl Drop for Stretch<'_> {
    fn drop(&mut self) {
        let (end, id) = (Instant::now(), thread::current().id());
        let mut seen = self.watcher.0.lock().unwrap_or_else(PoisonError::into_inner);
        let thread = seen.threads.iter().position(|known| *known == id).unwrap_or_else(|| {
            seen.threads.push(id);
            seen.threads.len() - 1
        });
        seen.work.push(Work { name: self.name, item: self.item, thread, start: self.start, end });
    }
}

/// Runs `f`, and gives what the kernels told that it enqueued on this thread, by their ends. Watching within a watched `f` takes over until it is done.
///
/// ```
/// use ascend_hal::{watch, watcher};
/// let (sum, work) = watch(|| {
///     let watcher = watcher();
///     let _all = watcher.as_ref().map(|w| w.begin("sum", None));
///     1 + 1
/// });
/// assert_eq!((sum, work[0].name, work[0].thread), (2, "sum", 0));
/// assert!(watcher().is_none());
/// ```
pub fn watch<T>(f: impl FnOnce() -> T) -> (T, Vec<Work>) {
    let watcher = Watcher(Arc::new(Mutex::new(Seen { threads: vec![thread::current().id()], work: Vec::new() })));
    let restore = Restore(WATCHER.replace(Some(watcher.clone())));
    let result = f();
    drop(restore);
    let work = std::mem::take(&mut watcher.0.lock().unwrap_or_else(PoisonError::into_inner).work);
    (result, work)
}

/// Who watches what the calling thread enqueues. A kernel asks when it starts, in the thread that enqueued it, and lets its other threads use the answer.
pub fn watcher() -> Option<Watcher> {
    WATCHER.with_borrow(Option::clone)
}

/// Puts back who watched before, also when a panic passes.
struct Restore(Option<Watcher>);

impl Drop for Restore {
    fn drop(&mut self) {
        WATCHER.set(self.0.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_of_other_threads_is_theirs_and_the_watcher_is_thread_zero() {
        let ((), work) = watch(|| {
            let watcher = watcher().unwrap();
            thread::scope(|s| {
                s.spawn(|| drop(watcher.begin("other", Some(7))));
            });
            drop(watcher.begin("own", None));
        });
        let told: Vec<_> = work.iter().map(|w| (w.name, w.item, w.thread)).collect();
        assert_eq!(told, [("other", Some(7), 1), ("own", None, 0)]);
        assert!(work.iter().all(|w| w.start <= w.end));
    }

    #[test]
    fn watching_ends_by_return_and_panic_and_gives_back_to_who_watched_before() {
        let tell = |name| watcher().iter().for_each(|w| drop(w.begin(name, None)));
        let (inner, outer) = watch(|| {
            let ((), inner) = watch(|| tell("inner"));
            tell("outer");
            inner
        });
        assert_eq!((inner.len(), inner[0].name, outer.len(), outer[0].name), (1, "inner", 1, "outer"));
        let panicked = std::panic::catch_unwind(|| watch(|| std::panic::resume_unwind(Box::new(()))));
        assert!(panicked.is_err() && watcher().is_none());
    }
}
