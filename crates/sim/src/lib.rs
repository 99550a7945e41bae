//! A simulated CANN: the C interface of the Ascend runtime, implemented on a host, in this process.
//!
//! ```
//! let cann = ascend_sim::cann();
//! let mut devices = 0;
//! // SAFETY: the configuration may be null; `devices` is a place to write to.
//! unsafe {
//!     cann.acl.aclInit(std::ptr::null())?;
//!     cann.acl.aclrtGetDeviceCount(&mut devices)?;
//! }
//! assert_eq!(devices, 8);
//! # Ok::<(), ascend_sys::Error>(())
//! ```
//!
//! * **As strict as a card, or stricter.** Device memory lies at addresses that the host cannot dereference, and comes filled with NaN. Use after free, double
//!   free, copies out of range or off alignment, handles of the wrong kind, streams destroyed while busy and what is alive at the end are refused with the documented
//!   code, and [`take_reports`] tells of each.
//! * **In order, but not at once.** A stream has a worker; what is enqueued runs behind the caller's back, as on a card.
//! * **Of a version.** Functions newer than the CANN that is simulated cannot be found, and rules that only older ones have hold there.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `ASCEND_SIM_DEVICES` | number of devices | 8 |
//! | `ASCEND_SIM_SOC` | name of the chip | Ascend910B2 |
//! | `ASCEND_SIM_HBM` | memory of a device, as `64GiB`; taken when touched | 64GiB |
//! | `ASCEND_SIM_CANN` | version of CANN: 8.1.RC1 to 9.x | 8.5.0 |
//! | `ASCEND_SIM_STRICT` | misuse is printed (`report`), ends the process (`abort`), or is only refused (`off`) | report |
//! | `ASCEND_SIM_BACKTRACE` | 1: reports of misuse say where it happened | 0 |
//! | `ASCEND_SIM_FAULTS` | what breaks on purpose, see [`faults`] | nothing |
//! | `ASCEND_SIM_KERNELS` | `null`: operators compute nothing, for measuring what is around them | cpu |
//! | `ASCEND_SIM_SUMMARY` | a file that takes what was called, missing and left alive when the process ends | none |
//!
//! This part has contexts, devices, streams, events, memory, copies, callbacks, and capture and replay. What it says nothing about is the speed of a card.

mod abi;
mod aclnn;
mod calls;
mod capture;
mod config;
mod context;
mod event;
mod fault;
pub mod faults;
mod guard;
pub mod install;
pub mod kernels;
mod machine;
mod memory;
#[doc(hidden)]
pub mod mutant;
mod nnopbase;
mod notify;
mod peer;
mod ranges;
mod report;
mod stream;
mod summary;
mod task_group;

pub use abi::{find, refuse, resolve};
pub use calls::{Calls, calls};
pub use config::{VARIABLES, Version};
pub use fault::take_reports;
pub use ranges::{Range, ranges};
pub use summary::SUMMARY_HEADER;

/// What programs of this process have made and not ended, in words: handles of every kind, and memory. A device's own context is not among them.
pub fn alive() -> Vec<String> {
    machine::machine().alive()
}

/// The tables of the simulated CANN.
pub fn cann() -> ascend_sys::Cann {
    ascend_sys::Cann::in_process("the simulated CANN", resolve)
}
