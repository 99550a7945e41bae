//! The oracle: every op of the contracts in `f64`, slow, single-threaded, readable next to its formula.
//!
//! [`run`] computes a call whose tensors the host can read, in one of three ways:
//!
//! * [`Precision::Exact`]: real arithmetic as well as `f64` can, integers exactly. The value to match.
//! * [`Precision::Model`]: the same code with the contract's own rounding points ([`Rounding`]): inputs as stored, f32 accumulation, one rounding to the output's
//!   type. Its distance from the exact result is the error that the storage types cost anyway; a kernel's error is judged in proportion to it.
//! * [`Precision::Shaken`]: the model with every f32 rounding moved at random, to see how far a correct kernel may lie from the model.
//!
//! Nothing is written to the call's outputs. What a call leaves untouched is said by [`Output::written`].

#![forbid(unsafe_code)]

mod input;
mod ops;
mod output;
mod rounding;

pub use input::{ints, read};
pub use ops::run;
pub use output::{Aside, Output, Values};
pub use rounding::{Precision, Rounding};
