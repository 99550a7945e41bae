//! What kernels compute with: threads, scratch memory and an instruction set; and what can be read about the machine.

use std::sync::{Mutex, PoisonError};

use ascend_hal::{Error, Result};

use crate::ahead::Order;
use crate::isa::Isa;
use crate::pool::Pool;
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
        let refused = |found: String| Error::Setting { name: "threads", asked: format!("0 to {MAX_THREADS}"), found };
        if threads > MAX_THREADS {
            return Err(refused(threads.to_string()));
        }
        let pool = Pool::new(threads).map_err(|e| refused(format!("{threads}, which the system refuses: {e}")))?;
        Ok(Self { pool, arena: Arena::default(), isa, order: Order::default() })
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
    fn a_silly_number_of_threads_is_refused() {
        assert!(matches!(Host::new(usize::MAX, Isa::Portable), Err(Error::Setting { name: "threads", .. })));
    }
}
