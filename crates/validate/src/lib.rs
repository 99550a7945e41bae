//! Checks devices against the oracle.
//!
//! A [`Case`] builds a call from a seed; [`run`] executes it on a device and compares every output with the oracle's. Cases come from the golden files that PyTorch computed, from the generators of
//! [`cases`](mod@cases), and from saved failures. [`Shadow`] compares what any program computes on a device, call by call. What counts as right is stated once, in the docs of [`Judge`], with the reason of each number.

#![forbid(unsafe_code)]

pub mod campaign;
mod case;
pub mod cases;
mod compare;
pub mod conformance;
mod coverage;
mod error;
mod fault;
mod generate;
mod golden;
mod judge;
mod metrics;
pub mod render;
mod replay;
pub mod report;
mod runner;
pub mod selftest;
pub mod shadow;
pub mod support;
mod transfer;
mod whereabouts;

pub use case::{Bench, Build, Case, Compose, Expected, Source, Tolerance, Work};
pub use coverage::coverage;
pub use error::{Error, Result};
pub use generate::Gen;
pub use golden::GoldenFile;
pub use judge::Judge;
pub use metrics::measure;
pub use runner::{Options, Progress, cases, run, run_cases};
pub use selftest::{SelfTest, selftest};
pub use shadow::{Shadow, ShadowLog, ShadowOptions};
