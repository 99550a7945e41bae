//! Where the time of a mixture-of-experts layer goes, and what a deployment would give.
//!
//! * [`workload`] says what is run: the shapes of a model, the part of it that one rank holds, and which experts the tokens go to.
//! * [`measure`] runs it phase by phase on a device that it is handed; [`report`] is what comes out, [`render`] shows it.
//! * [`record`] notes where the tokens of a running model go, to be measured again.
//! * [`limits`] is what it is compared with; those of a host are measured once and kept.
//! * [`msprof`] puts what the vendor's profiler measured beside it; [`dispatch`] measures what enqueuing costs the host.
//! * [`plan`] foretells the throughput and price of a deployment by a model whose every assumption is printed.

#![forbid(unsafe_code)]

pub mod dispatch;
mod error;
mod hints;
pub mod limits;
pub mod measure;
pub mod msprof;
pub mod plan;
pub mod record;
pub mod render;
pub mod report;
pub mod workload;

pub use error::{Error, Result};
