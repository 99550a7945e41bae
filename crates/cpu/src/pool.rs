//! Threads that stay awake for a while: what makes it worth to share work of some microseconds.
//!
//! The caller of [`Pool::crew`] takes part in its own job and does not wait for a worker that has not begun: a worker that wakes late finds the job closed. So a call
//! costs at most a wake-up more than the work itself, however busy the machine is, and a job that is begun from within another one, or from many threads at once, ends
//! without the help of anybody.

use std::any::Any;
use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use ascend_hal::watcher;

use crate::ahead::{Lines, Plan};

/// How long a worker looks for more before it sleeps: longer than the steps of a layer are apart.
const AWAKE: Duration = Duration::from_micros(200);
/// Looks between two at the clock.
const LOOKS: u32 = 64;
/// Pauses between two looks.
const PAUSES: u32 = 2;
/// Looks of a caller before it sleeps until its workers are done.
const PATIENCE: u32 = 4096;

thread_local! {
    /// The pool that this thread works for, as the address of what it shares, and its number there; or 0.
    static WORKS_FOR: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// A number of threads, the caller's own among them.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Jobs that were ever opened, to look at without the lock.
    opened: AtomicUsize,
    wake: Condvar,
    /// What workers ask memory for when they have nothing to do, and how many plans there were.
    plan: Mutex<(Plan, usize)>,
    threads: usize,
}

#[derive(Default)]
struct State {
    /// Jobs that workers may join, the oldest first.
    open: Vec<Entry>,
    asleep: usize,
    stop: bool,
}

/// A job, and how many may still join.
struct Entry {
    job: *const Job<'static>,
    places: usize,
}

#[allow(unsafe_code, reason = "jobs live on their callers' stacks")]
// SAFETY: a job may be used by any thread (its function is `Sync`, the rest is atomic or locked); that it lives is what `crew` sees to.
unsafe impl Send for Entry {}

/// A job on the stack of its caller.
struct Job<'a> {
    f: &'a (dyn Fn() + Sync),
    /// Workers that have joined and are not done.
    running: AtomicUsize,
    caller: Thread,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Pool {
    /// A pool of `threads`, at least 1: one less is started, as the caller is one.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(crate) fn new(threads: usize) -> io::Result<Self> {
        let mut pool = Self { shared: Arc::new(Shared { threads, ..Shared::default() }), workers: Vec::new() };
        for i in 1..threads {
            let shared = pool.shared.clone();
            pool.workers.push(thread::Builder::new().name(format!("ascend-cpu-{i}")).spawn(move || work(&shared, i))?);
        }
        Ok(pool)
    }

    /// Threads that work at once.
    pub(crate) fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Whether the calling thread is one of the pool's own.
    pub(crate) fn is_worker(&self) -> bool {
        WORKS_FOR.get().0 == Arc::as_ptr(&self.shared).addr()
    }

    /// Number of the calling thread: from 1 for the pool's own, 0 for a caller. No two threads of a crew have the same.
    pub(crate) fn number(&self) -> usize {
        if self.is_worker() { WORKS_FOR.get().1 } else { 0 }
    }

    /// Workers with nothing to do ask memory for their shares of these from now on.
    pub(crate) fn plan(&self, plan: Plan) {
        let mut planned = self.shared.plan.lock().unwrap_or_else(PoisonError::into_inner);
        *planned = (plan, planned.1.wrapping_add(1));
    }

    /// Runs `f` on the calling thread and, as far as they come in time, on workers: at most `threads` in all. Returns when each has returned. So `f` takes pieces of the
    /// work until there are none.
    ///
    /// # Panics
    /// With the panic of `f`.
    pub(crate) fn crew(&self, threads: usize, f: impl Fn() + Sync) {
        match watcher() {
            None => self.share(threads, f),
            Some(watcher) => self.share(threads, || {
                let _busy = watcher.begin("busy", None);
                f();
            }),
        }
    }

    fn share(&self, threads: usize, f: impl Fn() + Sync) {
        let places = threads.min(self.threads()).saturating_sub(1);
        if places == 0 {
            return f();
        }
        let job = Job { f: &f, running: AtomicUsize::new(0), caller: thread::current(), panic: Mutex::default() };
        let open = Open { shared: &self.shared, job: &job };
        open.publish(places);
        f();
        drop(open);
        if let Some(panic) = job.panic.into_inner().unwrap_or_else(PoisonError::into_inner) {
            resume_unwind(panic);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.opened.fetch_add(1, Ordering::Release);
        self.shared.wake.notify_all();
        for worker in self.workers.drain(..) {
            // The last handle of a device may be dropped by a worker, which cannot wait for itself; its jobs' panics are its callers'.
            if worker.thread().id() != thread::current().id() {
                let _ = worker.join();
            }
        }
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pool({} threads)", self.threads())
    }
}

/// A job as long as workers may know of it. However it is dropped, nobody does when it has been.
struct Open<'a, 'j> {
    shared: &'a Shared,
    job: &'a Job<'j>,
}

impl Open<'_, '_> {
    fn address(&self) -> *const Job<'static> {
        std::ptr::from_ref(self.job).cast()
    }

    fn publish(&self, places: usize) {
        let sleepers = {
            let mut state = self.shared.lock();
            state.open.push(Entry { job: self.address(), places });
            self.shared.opened.fetch_add(1, Ordering::Release);
            state.asleep.min(places)
        };
        for _ in 0..sleepers {
            self.shared.wake.notify_one();
        }
    }
}

impl Drop for Open<'_, '_> {
    fn drop(&mut self) {
        self.shared.lock().open.retain(|entry| entry.job != self.address());
        // Nobody joins any more.
        let mut looks = 0;
        while self.job.running.load(Ordering::Acquire) > 0 {
            looks += 1;
            if looks < PATIENCE { std::hint::spin_loop() } else { thread::park() }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes a place in the oldest job that has one.
    fn join(&mut self) -> Option<*const Job<'static>> {
        let at = self.open.iter().position(|entry| entry.places > 0)?;
        let entry = &mut self.open[at];
        entry.places -= 1;
        #[allow(unsafe_code, reason = "jobs live on their callers' stacks")]
        // SAFETY: the job is open, and is closed under the lock that the caller of this function holds.
        unsafe {
            (*entry.job).running.fetch_add(1, Ordering::Relaxed);
        }
        Some(entry.job)
    }
}

/// What a worker does.
fn work(shared: &Shared, number: usize) {
    WORKS_FOR.set((std::ptr::from_ref(shared).addr(), number));
    let mut ahead = (Lines::default(), 0);
    loop {
        let seen = shared.opened.load(Ordering::Acquire);
        let mut state = shared.lock();
        if let Some(job) = state.join() {
            drop(state);
            #[allow(unsafe_code, reason = "jobs live on their callers' stacks")]
            // SAFETY: the worker is counted as running, so the job's caller waits for it.
            unsafe {
                run(job);
            }
            continue;
        }
        if state.stop {
            return;
        }
        drop(state);
        let (plan, plans) = *shared.plan.lock().unwrap_or_else(PoisonError::into_inner);
        if plans != ahead.1 {
            ahead = (Lines::of(&plan, number, shared.threads), plans);
        }
        if !opens(shared, seen, &mut ahead.0) {
            sleep(shared);
        }
    }
}

/// Looks for a while whether something is opened after the first `seen`; asks for lines meanwhile.
fn opens(shared: &Shared, seen: usize, ahead: &mut Lines) -> bool {
    let begin = Instant::now();
    loop {
        for _ in 0..LOOKS {
            if shared.opened.load(Ordering::Relaxed) != seen {
                return true;
            }
            if !ahead.fetch() {
                (0..PAUSES).for_each(|_| std::hint::spin_loop());
            }
        }
        if begin.elapsed() > AWAKE {
            return false;
        }
    }
}

/// Sleeps until there is something to do.
fn sleep(shared: &Shared) {
    let mut state = shared.lock();
    state.asleep += 1;
    while !state.stop && state.open.iter().all(|entry| entry.places == 0) {
        state = shared.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    state.asleep -= 1;
}

/// # Safety
/// * The job lives until its `running` is counted down, here, once.
#[allow(unsafe_code, reason = "jobs live on their callers' stacks")]
unsafe fn run(job: *const Job<'static>) {
    // SAFETY: by the caller; the reference is not used after the count.
    let job = unsafe { &*job };
    if let Err(panic) = catch_unwind(AssertUnwindSafe(job.f)) {
        job.panic.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(panic);
    }
    let caller = job.caller.clone();
    job.running.fetch_sub(1, Ordering::Release);
    caller.unpark();
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    /// Miri tries other orders of the threads by itself, and is slow.
    const FEWER: usize = if cfg!(miri) { 40 } else { 1 };

    /// Takes pieces until there are none, each worth some microseconds.
    fn take(next: &AtomicUsize, pieces: usize) {
        while next.fetch_add(1, Ordering::Relaxed) < pieces {
            (0..1000 / FEWER).for_each(|_| std::hint::spin_loop());
        }
    }

    #[test]
    fn a_crew_is_at_most_as_large_as_asked_and_the_caller_one_of_it() {
        let pool = Pool::new(3).unwrap();
        let caller = thread::current().id();
        for (asked, most) in [(0, 1), (1, 1), (2, 2), (9, 3)] {
            for _ in 0..100usize.div_ceil(FEWER) {
                let seen = Mutex::new(Vec::new());
                pool.crew(asked, || seen.lock().unwrap().push(thread::current().id()));
                let seen = seen.into_inner().unwrap();
                assert!((1..=most).contains(&seen.len()) && seen.contains(&caller), "{seen:?} of {asked}");
            }
        }
    }

    #[test]
    fn workers_come_when_there_is_time() {
        let pool = Pool::new(3).unwrap();
        for pause in [Duration::ZERO, 10 * AWAKE] {
            thread::sleep(pause);
            let arrived = AtomicUsize::new(0);
            pool.crew(3, || {
                arrived.fetch_add(1, Ordering::Relaxed);
                while arrived.load(Ordering::Relaxed) < 3 {
                    thread::yield_now();
                }
            });
            assert_eq!(arrived.into_inner(), 3);
        }
    }

    #[test]
    fn jobs_within_jobs_from_many_threads_all_end() {
        let pool = Pool::new(3).unwrap();
        let (total, rounds) = (AtomicUsize::new(0), 200 / FEWER);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..rounds {
                        let (outer, pool, total) = (AtomicUsize::new(0), &pool, &total);
                        pool.crew(3, || {
                            while outer.fetch_add(1, Ordering::Relaxed) < 4 {
                                let inner = AtomicUsize::new(0);
                                pool.crew(3, || take(&inner, 4));
                                total.fetch_add(1, Ordering::Relaxed);
                            }
                        });
                    }
                });
            }
        });
        assert_eq!(total.into_inner(), 4 * rounds * 4);
    }

    #[test]
    fn a_panic_of_any_thread_reaches_the_caller_when_all_are_done() {
        let pool = Pool::new(2).unwrap();
        let caller = thread::current().id();
        for by_caller in [true, false] {
            let (arrived, done) = (AtomicUsize::new(0), AtomicBool::new(false));
            let job = || {
                arrived.fetch_add(1, Ordering::Relaxed);
                while arrived.load(Ordering::Relaxed) < 2 {
                    thread::yield_now();
                }
                if (thread::current().id() == caller) == by_caller {
                    panic!("of the kernel");
                }
                thread::sleep(Duration::from_millis(5));
                done.store(true, Ordering::Relaxed);
            };
            assert!(catch_unwind(AssertUnwindSafe(|| pool.crew(2, job))).is_err());
            assert!(done.into_inner());
        }
        pool.crew(2, || {});
    }

    #[test]
    fn only_own_workers_are_workers() {
        let (pool, other) = (Pool::new(2).unwrap(), Pool::new(2).unwrap());
        let caller = thread::current().id();
        let arrived = AtomicUsize::new(0);
        pool.crew(2, || {
            arrived.fetch_add(1, Ordering::Relaxed);
            while arrived.load(Ordering::Relaxed) < 2 {
                thread::yield_now();
            }
            assert_eq!(pool.is_worker(), thread::current().id() != caller);
            assert!(!other.is_worker());
        });
    }

    #[test]
    #[ignore = "prints a speed; run it by hand in a release build"]
    fn speed() {
        let pool = Pool::new(2).unwrap();
        for (name, pause) in [("awake", Duration::from_micros(20)), ("asleep", 5 * AWAKE)] {
            let (mut costs, mut arrivals) = (Vec::new(), Vec::new());
            for _ in 0..1000 {
                let until = Instant::now() + pause;
                while Instant::now() < until {}
                let begin = Instant::now();
                pool.crew(2, || {});
                costs.push(begin.elapsed());
                let until = Instant::now() + pause;
                while Instant::now() < until {}
                let (begin, arrived) = (Instant::now(), AtomicUsize::new(0));
                pool.crew(2, || {
                    arrived.fetch_add(1, Ordering::Relaxed);
                    while arrived.load(Ordering::Relaxed) < 2 {
                        std::hint::spin_loop();
                    }
                });
                arrivals.push(begin.elapsed());
            }
            costs.sort();
            arrivals.sort();
            println!("{name}: {:?} for the caller, {:?} until both are there", costs[500], arrivals[500]);
        }
    }
}
