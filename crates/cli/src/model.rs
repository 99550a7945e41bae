//! What all commands that run a model have in common: which model, where, and in what storage type.

use std::path::PathBuf;
use std::sync::Arc;

use ascend_compute::{DType, Device};
use ascend_engine::checkpoint;
use ascend_engine::models::{self, LoadOptions, Model};
use ascend_engine::quantize::Quantize;
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
    /// Quantise the matrices of products when they are loaded: 8-bit weights and activations, or 4-bit weights
    #[arg(long, value_name = "w8a8|w4a16", value_parser = quantization)]
    quantize: Option<Quantize>,
    /// Keep matrices that a GGUF file stores as 4- or 8-bit codes as they are
    #[arg(long)]
    stored: bool,
}

/// A model that is ready to run.
pub(crate) struct Loaded {
    pub(crate) model: Arc<dyn Model>,
    pub(crate) tokenizer: Tokenizer,
}

impl ModelOptions {
    pub(crate) fn open_device(&self) -> Result<Arc<dyn Device>> {
        Ok(ascend_compute::open(&self.device)?)
    }

    pub(crate) fn load(&self, device: &Arc<dyn Device>) -> Result<Loaded> {
        let checkpoint = checkpoint::open(&self.model)?;
        // A tokenizer that does not work is found out before the weights are loaded.
        let tokenizer = Tokenizer::of(&*checkpoint)?;
        let options = LoadOptions { dtype: self.dtype, quantize: self.quantize, stored: self.stored };
        let model = models::load(&*checkpoint, device, options)?.into();
        Ok(Loaded { model, tokenizer })
    }
}

/// The storage types that models can have.
pub(crate) fn float_type(name: &str) -> std::result::Result<DType, String> {
    DType::parse(name).filter(|dtype| dtype.is_float()).ok_or_else(|| "must be f32, bf16 or f16".into())
}

fn quantization(name: &str) -> std::result::Result<Quantize, String> {
    let names = || Quantize::ALL.map(Quantize::name).join(" or ");
    Quantize::parse(name).ok_or_else(|| format!("must be {}", names()))
}
