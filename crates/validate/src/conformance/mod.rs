//! The device conformance suite: what every [`Device`] must do beside computing ops right.
//!
//! A check is a function of a freshly opened device. Checks use three simple ops as probes (elementwise, copy, embedding) and read results by
//! [`download`](ascend_hal::DeviceExt::download) only, so they hold for devices with queues and memory of their own.
//!
//! ```
//! use ascend_hal::Device;
//! let open = || Ok(ascend_cpu::CpuDevice::new()? as std::sync::Arc<dyn Device>);
//! for check in ascend_validate::conformance::checks() {
//!     check.run(&open).unwrap_or_else(|violation| panic!("{check}: {violation}"));
//! }
//! ```

mod probe;

mod arguments;
mod callbacks;
mod copies;
mod failures;
mod graphs;
mod lifetimes;
mod memory;
mod order;
mod registry;
mod threads;

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use ascend_hal::Device;

/// The longest that a check may take. None computes more than a moment, even where the machine is busy; whoever needs longer waits for something that does not come.
pub const LIMIT: Duration = Duration::from_secs(300);

/// Why a device does not conform.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A rule does not hold.
    #[error("{0}")]
    Rule(String),
    /// The device refused what it must do.
    #[error("the device refused what it must do: {0}")]
    Refused(#[from] ascend_hal::Error),
    /// The check did not end.
    #[error("no end after {} s", LIMIT.as_secs())]
    Hung,
    /// A panic came out of the device.
    #[error("a panic came out of the device")]
    Panicked,
}

/// How a check ends.
pub type Outcome = Result<(), Violation>;

/// Opens the device under test; each call may give a new handle to the same device.
pub type Open<'a> = &'a dyn Fn() -> ascend_hal::Result<Arc<dyn Device>>;

/// One property that every device must have.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Check {
    /// The subject: allocation, order, graphs, ...
    pub group: &'static str,
    /// The property; unique within its group.
    pub name: &'static str,
    /// Whether the check needs a device that checks values (indices) when it executes an op. Hardware does so in debug mode only.
    pub needs_value_checks: bool,
    body: Body,
}

#[derive(Clone, Copy, Debug)]
enum Body {
    Borrows(fn(&dyn Device) -> Outcome),
    Owns(fn(Arc<dyn Device>) -> Outcome),
}

impl Check {
    const fn new(group: &'static str, name: &'static str, body: Body) -> Self {
        Self { group, name, needs_value_checks: false, body }
    }

    const fn with_value_checks(mut self) -> Self {
        self.needs_value_checks = true;
        self
    }

    /// Runs the check on a device of its own, on a thread of its own.
    ///
    /// # Errors
    /// What the device does otherwise than every device must.
    pub fn run(&self, open: Open<'_>) -> Outcome {
        let device = open()?;
        let body = self.body;
        let (tell, told) = channel();
        // Not joined when it hangs: the thread then stays behind, and the caller learns of it.
        std::thread::spawn(move || {
            let outcome = match body {
                Body::Borrows(check) => check(&*device),
                Body::Owns(check) => check(device),
            };
            let _ = tell.send(outcome);
        });
        told.recv_timeout(LIMIT).unwrap_or_else(|e| match e {
            RecvTimeoutError::Timeout => Err(Violation::Hung),
            RecvTimeoutError::Disconnected => Err(Violation::Panicked),
        })
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.group, self.name))
    }
}

/// Every check.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    let groups: [&'static [Check]; 10] = [
        memory::CHECKS,
        copies::CHECKS,
        arguments::CHECKS,
        order::CHECKS,
        callbacks::CHECKS,
        failures::CHECKS,
        graphs::CHECKS,
        registry::CHECKS,
        threads::CHECKS,
        lifetimes::CHECKS,
    ];
    groups.into_iter().flatten()
}
