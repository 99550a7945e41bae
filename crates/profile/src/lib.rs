//! Where the time of a mixture-of-experts layer goes, and what a deployment would give.
//!
//! * [`workload`] says what is run: the shapes of a model, the part of it that one rank holds, and which experts the tokens go to.
//! * [`plan`] foretells the throughput and price of a deployment by a model whose every assumption is printed.

#![forbid(unsafe_code)]

mod error;
pub mod plan;
pub mod workload;

pub use error::{Error, Result};
