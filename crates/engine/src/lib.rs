//! A small inference engine for decoder-only language models on any [`Device`](ascend_compute::Device): the proof that one can be written on this crate, and a template to copy.
//!
//! * [`checkpoint`] reads what is on disk: Hugging Face folders and GGUF files.
//! * [`weights`] brings it onto the device, [`quantize`] with fewer bits.
//! * [`layers`] are what models are made of; [`arena`] is the memory of their activations.
//! * [`models`] has one file a model family, written in ops of the device layer.
//! * [`cache`] and [`step`] are what a forward pass works on.
//! * [`blocks`], [`batch`], [`graphs`], [`scheduler`] and [`sampling`] turn requests into steps and logits into tokens.
//! * [`text`] is tokenizers and chat templates, [`generate`](mod@generate) one answer from prompt to text.
//!
//! `examples/generate.rs` is all of it from a file on disk to tokens: `cargo run --release -p ascend-engine --example generate -- cpu MODEL 32 "A prompt"`.
//!
//! Every tensor operation goes through the device. No network, no telemetry.

pub mod arena;
pub mod batch;
pub mod blocks;
pub mod cache;
pub mod checkpoint;
mod error;
pub mod generate;
pub mod golden;
pub mod graphs;
pub mod layers;
pub mod models;
pub mod quantize;
pub mod sampling;
pub mod scheduler;
pub mod step;
pub mod text;
mod validate;
pub mod weights;

pub use error::{Error, Result};
pub use validate::validate_models;
