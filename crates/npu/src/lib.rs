//! Ascend NPUs as [`Device`](ascend_hal::Device)s: AscendCL for memory, streams and graphs, aclnn for the operators.
//!
//! * **Nothing is linked.** The device works through the function tables of [`ascend_sys::Cann`]: those of the libraries that are installed, or those of a
//!   simulated CANN in this process. The code is the same, and it asks for each function before it counts on it.
//! * **One layer is unsafe.** The private module `raw` wraps handles and calls; what is built on it is safe Rust.
//! * **Contexts are bound per call.** A handle may be used and dropped in any thread.
//! * **Memory lives as long as work needs it.** A stream keeps the buffers of what it has not passed yet. Freed memory is kept for the next allocation.
//! * **Operators are planned once.** A stream keeps the executor of an operator that it was given twice in the same form, and sets the addresses of its tensors for each call.
//! * **A failure stops its stream** until a synchronisation has reported it. CANN says that something failed on a stream, rarely what: the stream keeps a list of
//!   what was enqueued, and the report names the op that CANN's message fits, or else those that were under way. On cards of this generation a failure
//!   stops the other streams of its context too: each reports it as work of another stream, and works again afterwards, in a new context. Memory stays; graphs
//!   that were recorded before are recorded again when they are launched.
//! * **Host callbacks hold back what comes behind them.** A card cannot skip its work when a callback of the host has failed. So an op or copy that is enqueued
//!   behind a callback waits, in the thread that enqueues it, until the callback has run.

#![deny(unsafe_code)]

mod context;
mod device;
mod error;
mod event;
mod graph;
mod memory;
mod ops;
mod own;
#[allow(unsafe_code, reason = "the one layer that calls C")]
mod raw;
mod stream;
mod values;

pub use device::{ExecutorStats, NpuDevice, Values};
pub use own::{LaunchPlan, OwnImage, OwnKernel, OwnLaunch};
