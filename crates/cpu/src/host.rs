//! What kernels compute with: threads, scratch memory and an instruction set; and what can be read about the machine.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ascend_hal::{Error, Result};

use crate::ahead::Order;
use crate::isa::Isa;
use crate::pool::Pool;
use crate::runs::Runs;
use crate::scratch::Arena;

/// More threads than this are taken for a mistake.
const MAX_THREADS: usize = 4096;

/// The host's means of computing, owned by one device and shared with its built-in kernels.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) pool: Pool,
    pub(crate) arena: Arena,
    pub(crate) isa: Isa,
    /// Of the weights that decode steps read.
    pub(crate) order: Order,
}

impl Host {
    /// `threads` threads (0: as many as the machine runs at once) and an instruction set.
    pub(crate) fn new(threads: usize, isa: Isa) -> Result<Self> {
        let threads = match threads {
            0 => std::thread::available_parallelism().map_or(1, |n| n.get()),
            n => n,
        };
        check_threads(threads)?;
        let pool = Pool::new(threads).map_err(|e| refused_threads(format!("{threads}, which the system refuses: {e}")))?;
        Ok(Self { pool, arena: Arena::new(threads), isa, order: Order::default() })
    }

    /// Runs `f` on all of `items`, on up to `threads` threads. The calling thread is one of them, and takes all items if no other comes in time.
    ///
    /// # Errors
    /// That of `f`; of several, any. After one no more items are begun.
    pub(crate) fn share<I: Iterator + Send>(&self, threads: usize, items: I, f: impl Fn(I::Item) -> Result<()> + Sync) -> Result<()> {
        let items = Mutex::new((items, Ok(())));
        let lock = || items.lock().unwrap_or_else(PoisonError::into_inner);
        let next = || Some(lock()).filter(|items| items.1.is_ok()).and_then(|mut items| items.0.next());
        self.pool.crew(threads, || {
            while let Some(item) = next() {
                if let Err(e) = f(item) {
                    lock().1 = Err(e);
                }
            }
        });
        items.into_inner().unwrap_or_else(PoisonError::into_inner).1
    }

    /// What `f` gives for each of `0..pieces`, in order, computed on up to `threads` threads: each begins with a [run](Runs) of its own.
    ///
    /// # Errors
    /// That of `f`; of several, any. After one no more pieces are begun.
    pub(crate) fn in_runs<T: Send>(
        &self,
        threads: usize,
        pieces: usize,
        f: impl Fn(usize) -> Result<T> + Sync,
    ) -> Result<impl Iterator<Item = T>> {
        let runs = Runs::new(pieces, threads);
        let results = Mutex::new(Ok(std::iter::repeat_with(|| None).take(pieces).collect::<Vec<_>>()));
        let lock = || results.lock().unwrap_or_else(PoisonError::into_inner);
        self.pool.crew(threads, || {
            let own = runs.of(self.pool.number());
            let failed = || lock().is_err();
            while !failed()
                && let Some(piece) = runs.take(own)
            {
                match (f(piece), &mut *lock()) {
                    (Ok(result), Ok(results)) => results[piece] = Some(result),
                    (Err(e), results) => *results = Err(e),
                    (Ok(_), Err(_)) => {}
                }
            }
        });
        let results = results.into_inner().unwrap_or_else(PoisonError::into_inner)?;
        Ok(results.into_iter().flatten())
    }
}

/// Refuses a number of threads that can only be a mistake.
pub(crate) fn check_threads(threads: usize) -> Result<()> {
    if threads > MAX_THREADS { Err(refused_threads(threads.to_string())) } else { Ok(()) }
}

fn refused_threads(found: String) -> Error {
    Error::Setting { name: "threads", asked: format!("0 to {MAX_THREADS}"), found }
}

/// The CPU's product name, or the architecture where the system does not tell.
pub(crate) fn cpu_name() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.split_once(':').filter(|(key, _)| key.trim() == "model name"));
    model.map_or_else(|| std::env::consts::ARCH.to_string(), |(_, name)| name.trim().to_string())
}

/// Memory that this process may use: the machine's, or that of one of its control groups if that is less. `None` where the system does not tell.
pub(crate) fn physical_bytes() -> Option<usize> {
    let read = |path: &Path| std::fs::read_to_string(path).ok();
    let total = read(Path::new("/proc/meminfo")).and_then(|text| mem_total(&text));
    let groups = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
    // A group without a limit says "max", or a number that no machine reaches.
    let limits = limit_files(&groups).into_iter().filter_map(|path| read(&path)?.trim().parse().ok());
    total.into_iter().chain(limits).min()
}

/// Where the limits of a process's control groups and of those around them are, of either version, by what `/proc/self/cgroup` says. In a container the root is its own.
fn limit_files(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|c| c == "memory") => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
            _ => continue,
        };
        files.extend(Path::new(path.trim_start_matches('/')).ancestors().map(|group| Path::new(root).join(group).join(file)));
    }
    files
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
    fn limits_of_groups_are_looked_for_up_to_the_root() {
        let files = |groups| limit_files(groups).into_iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        let v2 = ["/sys/fs/cgroup/a/b/memory.max", "/sys/fs/cgroup/a/memory.max", "/sys/fs/cgroup/memory.max"];
        assert_eq!(files("0::/a/b\n"), v2);
        let v1 = ["/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
        assert_eq!(files("9:name=systemd:/\n4:memory,cpu:/x\n3:cpuset:/\nnonsense\n"), v1);
    }

    #[test]
    fn every_item_is_taken_once_and_none_after_an_error() {
        let host = Host::new(3, Isa::Portable).unwrap();
        let mut taken = [0; 1000];
        host.share(3, taken.iter_mut(), |times| {
            *times += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(taken, [1; 1000]);
        let failed = host.share(3, 0.., |item: usize| match item {
            500 => Err(Error::Overflow { what: "item 500".into() }),
            _ => Ok(()),
        });
        assert!(matches!(failed, Err(Error::Overflow { .. })));
    }

    #[test]
    fn results_of_runs_come_in_order_and_an_error_ends_them() {
        let host = Host::new(3, Isa::Portable).unwrap();
        for pieces in [0, 1, 2, 100] {
            assert!(host.in_runs(3, pieces, Ok).unwrap().eq(0..pieces));
        }
        let failed =
            host.in_runs(3, 1000, |piece| if piece % 100 == 77 { Err(Error::Overflow { what: "a piece".into() }) } else { Ok(piece) });
        assert!(matches!(failed.err(), Some(Error::Overflow { .. })));
    }

    #[test]
    fn a_silly_number_of_threads_is_refused() {
        assert!(matches!(Host::new(usize::MAX, Isa::Portable), Err(Error::Setting { name: "threads", .. })));
    }
}
