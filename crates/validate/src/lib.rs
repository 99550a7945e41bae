//! Checks devices against the oracle.

#![forbid(unsafe_code)]

mod case;
pub mod cases;
mod error;
mod generate;
mod golden;
pub mod render;
pub mod report;

pub use case::{Case, Expected, Source, Tolerance, Work};
pub use error::{Error, Result};
pub use generate::Gen;
pub use golden::GoldenFile;
