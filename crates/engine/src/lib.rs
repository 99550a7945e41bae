//! A small inference engine for decoder-only language models on any [`Device`](ascend_compute::Device): the proof that one can be written on this crate, and a template to copy.
//!
//! * [`checkpoint`] reads what is on disk: Hugging Face folders and GGUF files.
//! * [`models`] has one file a model family, written in ops of the device layer.
//! * [`cache`] and [`step`] are what a forward pass works on.
//!
//! Every tensor operation goes through the device. No network, no telemetry.

pub mod cache;
pub mod checkpoint;
mod error;
pub mod models;
pub mod step;

pub use error::{Error, Result};
