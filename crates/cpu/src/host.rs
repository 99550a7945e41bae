//! What kernels compute with: threads, scratch memory and an instruction set; and what can be read about the machine.

use std::panic::resume_unwind;

use ascend_hal::{Error, Result};
use rayon::ThreadPool;

use crate::isa::Isa;
use crate::scratch::Arena;

/// More threads than this are taken for a mistake.
const MAX_THREADS: usize = 4096;

/// The host's means of computing, owned by one device and shared with its built-in kernels.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) pool: ThreadPool,
    pub(crate) arena: Arena,
    pub(crate) isa: Isa,
}

impl Host {
    /// `threads` workers (0: as many as the machine runs at once) and an instruction set.
    pub(crate) fn new(threads: usize, isa: Isa) -> Result<Self> {
        let threads = match threads {
            0 => std::thread::available_parallelism().map_or(1, |n| n.get()),
            n => n,
        };
        let refused = |found: String| Error::Setting { name: "threads", asked: format!("0 to {MAX_THREADS}"), found };
        if threads > MAX_THREADS {
            return Err(refused(threads.to_string()));
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("ascend-cpu-{i}")).build();
        Ok(Self { pool: pool.map_err(|e| refused(format!("{threads}, which the system refuses: {e}")))?, arena: Arena::default(), isa })
    }

    /// Runs `f` on the pool and waits.
    pub(crate) fn install<R: Send>(&self, f: impl FnOnce() -> R + Send) -> R {
        // A worker of another rayon pool would take up other jobs of its pool while it waits, in the middle of this call; one of them may want the very
        // stream or buffers that this call holds. A thread of no pool just waits.
        if rayon::current_thread_index().is_some() && !self.is_worker() {
            let waited = std::thread::scope(|scope| scope.spawn(|| self.pool.install(f)).join());
            return waited.unwrap_or_else(|panic| resume_unwind(panic));
        }
        self.pool.install(f)
    }

    /// Runs `f` on the calling thread and on others, `threads` in all if there are as many, and waits for each.
    pub(crate) fn crew(&self, threads: usize, f: impl Fn() + Sync) {
        let threads = threads.min(self.pool.current_num_threads());
        let together = || {
            self.pool.in_place_scope(|scope| {
                for _ in 1..threads {
                    scope.spawn(|_| f());
                }
                f();
            });
        };
        if threads <= 1 {
            f();
        } else if rayon::current_thread_index().is_some() && !self.is_worker() {
            // As in `install`.
            let waited = std::thread::scope(|scope| scope.spawn(together).join());
            waited.unwrap_or_else(|panic| resume_unwind(panic));
        } else {
            together();
        }
    }

    /// Whether the calling thread is one of the pool's.
    pub(crate) fn is_worker(&self) -> bool {
        self.pool.current_thread_index().is_some()
    }
}

/// The CPU's product name, or the architecture where the system does not tell.
pub(crate) fn cpu_name() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.split_once(':').filter(|(key, _)| key.trim() == "model name"));
    model.map_or_else(|| std::env::consts::ARCH.to_string(), |(_, name)| name.trim().to_string())
}

/// Memory that this process may use: the machine's, or its control group's if that is less. `None` where the system does not tell.
pub(crate) fn physical_bytes() -> Option<usize> {
    let total = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| mem_total(&text));
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    [total, group].into_iter().flatten().min()
}

fn mem_total(meminfo: &str) -> Option<usize> {
    let kilobytes: usize =
        meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_total_is_read_in_bytes() {
        assert_eq!(mem_total("MemFree: 1 kB\nMemTotal:       16 kB\n"), Some(16384));
        assert_eq!(mem_total("MemTotal: much"), None);
    }

    #[test]
    fn a_worker_of_another_pool_waits_without_taking_other_jobs() {
        let host = Host::new(1, Isa::Portable).unwrap();
        let other = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let order = std::sync::Mutex::new(Vec::new());
        let job = |_: &rayon::Scope<'_>| {
            order.lock().unwrap().push("begin");
            host.install(|| std::thread::sleep(std::time::Duration::from_millis(20)));
            order.lock().unwrap().push("end");
        };
        other.scope(|scope| {
            scope.spawn(job);
            scope.spawn(job);
        });
        assert_eq!(*order.lock().unwrap(), ["begin", "end", "begin", "end"]);
    }

    #[test]
    fn a_panic_in_the_pool_reaches_the_caller() {
        let host = Host::new(1, Isa::Portable).unwrap();
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| host.install(|| panic!("of the kernel")))).is_err());
        assert_eq!(host.install(|| 7), 7);
    }

    #[test]
    fn a_crew_is_as_large_as_asked_and_the_caller_one_of_it() {
        let host = Host::new(3, Isa::Portable).unwrap();
        let seen = std::sync::Mutex::new(Vec::new());
        let caller = std::thread::current().id();
        for (asked, found) in [(0, 1), (1, 1), (2, 2), (9, 3)] {
            host.crew(asked, || seen.lock().unwrap().push(std::thread::current().id()));
            let seen = std::mem::take(&mut *seen.lock().unwrap());
            assert_eq!((seen.len(), seen.contains(&caller)), (found, true));
        }
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| host.crew(3, || panic!("of the kernel")))).is_err());
    }

    #[test]
    fn a_silly_number_of_threads_is_refused() {
        assert!(matches!(Host::new(usize::MAX, Isa::Portable), Err(Error::Setting { name: "threads", .. })));
    }
}
