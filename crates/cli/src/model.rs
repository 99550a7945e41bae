//! What all commands that run a model have in common: which model, where, and in what storage type.

use std::path::PathBuf;
use std::sync::Arc;

use ascend_compute::{DType, Device};
use ascend_engine::checkpoint;
use ascend_engine::models::{self, Model};
use ascend_engine::text::Tokenizer;
use clap::Args;

use crate::Result;

/// Options that name a model and where it runs.
#[derive(Args)]
pub(crate) struct ModelOptions {
    /// A Hugging Face folder or a GGUF file
    #[arg(long, value_name = "PATH")]
    model: PathBuf,
    /// The device to run on: `cpu`, `auto`, ...
    #[arg(long, default_value = "cpu", value_name = "NAME")]
    device: String,
    /// Storage type of weights, activations and caches
    #[arg(long, default_value = "f32", value_name = "f32|bf16|f16", value_parser = float_type)]
    dtype: DType,
}

/// A model that is ready to run.
pub(crate) struct Loaded {
    pub(crate) device: Arc<dyn Device>,
    pub(crate) model: Arc<dyn Model>,
    pub(crate) tokenizer: Tokenizer,
}

impl ModelOptions {
    pub(crate) fn load(&self) -> Result<Loaded> {
        let device = ascend_compute::open(&self.device)?;
        let checkpoint = checkpoint::open(&self.model)?;
        // A tokenizer that does not work is found out before the weights are loaded.
        let tokenizer = Tokenizer::of(&*checkpoint)?;
        let model = models::load(&*checkpoint, &device, self.dtype)?.into();
        Ok(Loaded { device, model, tokenizer })
    }
}

/// The storage types that models can have.
pub(crate) fn float_type(name: &str) -> std::result::Result<DType, String> {
    DType::parse(name).filter(|dtype| dtype.is_float()).ok_or_else(|| "must be f32, bf16 or f16".into())
}
