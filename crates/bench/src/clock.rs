//! By what time is taken.

use std::time::Duration;

/// A clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clock {
    /// The wall's.
    Wall,
    /// Processor time of the calling thread, on which other programs have little influence. Where the system does not tell it, as [`Clock::Wall`].
    Cpu,
}

impl Clock {
    /// The name in figures.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wall => "wall",
            Self::Cpu => "cpu",
        }
    }

    /// Seconds since some moment.
    pub(crate) fn now(self) -> f64 {
        #[cfg(unix)]
        let id = if self == Self::Cpu { rustix::time::ClockId::ThreadCPUTime } else { rustix::time::ClockId::Monotonic };
        #[cfg(unix)]
        let time = Duration::try_from(rustix::time::clock_gettime(id)).unwrap_or_default();
        #[cfg(not(unix))]
        let time: Duration = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        time.as_secs_f64()
    }
}
