//! Model families: one file each, readable beside its `config.json`.

mod config;
mod deepseek;
mod gpt_oss;
mod llama;
mod mixtral;
mod qwen3_moe;

use std::sync::Arc;

use ascend_compute::{DType, Device, Stream, TensorView};

use crate::cache::{CacheSpec, KvCache};
use crate::checkpoint::{Asked, Checkpoint};
use crate::layers::Decoder;
use crate::quantize::Quantize;
use crate::step::Step;
use crate::weights::Weights;
use crate::{Error, Result};

/// Hears what a layer leaves: the layer's number (0: the embedding; the last: after the final norm) and its hidden states `[T, H]`, which are valid once the stream
/// has come this far and until the next layer is enqueued.
pub type Trace<'a> = &'a mut dyn FnMut(usize, &TensorView) -> Result<()>;

/// A loaded model, its weights on a device.
pub trait Model: Send + Sync + std::fmt::Debug {
    /// Size of the vocabulary.
    fn vocab(&self) -> usize;

    /// Longest sequence it was made for, in tokens.
    fn context_tokens(&self) -> usize;

    /// What its layers keep for each token.
    fn cache_spec(&self) -> CacheSpec;

    /// Enqueues one forward pass: writes the new tokens' keys into `cache`, and returns the logits `[R, V]` in f32. The result is valid until the next pass.
    ///
    /// No memory is allocated once a pass of this size has run. Without a trace a pass only enqueues work and waits for nothing, so a stream can record it as a graph.
    fn forward(&self, stream: &Stream, step: &Step, cache: &KvCache, trace: Option<Trace<'_>>) -> Result<TensorView>;
}

/// How a family is loaded.
type Load = fn(&Weights<'_>) -> Result<Decoder>;

/// Models with one configuration and one forward pass.
struct Family {
    model_type: &'static str,
    architecture: &'static str,
    load: Load,
}

const FAMILIES: &[Family] = &[
    Family { model_type: "llama", architecture: "LlamaForCausalLM", load: llama::load },
    Family { model_type: "mixtral", architecture: "MixtralForCausalLM", load: mixtral::load },
    Family { model_type: "qwen3_moe", architecture: "Qwen3MoeForCausalLM", load: qwen3_moe::load },
    Family { model_type: "deepseek_v2", architecture: "DeepseekV2ForCausalLM", load: deepseek::load },
    Family { model_type: "deepseek_v3", architecture: V3, load: deepseek::load },
    Family { model_type: "gpt_oss", architecture: "GptOssForCausalLM", load: gpt_oss::load },
];
const V3: &str = "DeepseekV3ForCausalLM";

/// The family of a configuration: by its architecture, or without one by its `model_type`.
fn family(config: &serde_json::Value) -> Option<&'static Family> {
    let (architecture, model_type) = (config["architectures"][0].as_str(), config["model_type"].as_str());
    FAMILIES.iter().find(|family| match architecture {
        Some(architecture) => architecture == family.architecture,
        None => model_type == Some(family.model_type),
    })
}

/// How a model is held on a device. A storage type alone is one too: `load(checkpoint, device, DType::BF16)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoadOptions {
    /// Storage type of matrices, activations and cache: f32, bf16 or f16.
    pub dtype: DType,
    /// How the matrices of products are quantised; [`quantize`](crate::quantize) says which ones.
    pub quantize: Option<Quantize>,
    /// Keeps matrices that the checkpoint stores as codes of 4 or 8 bits (Q8_0, Q4_0, Q4_1 and Q4_K of GGUF files) as they are, where a product takes one by itself, or
    /// several of one kind: those of attention and dense networks, and the vocabulary head. They are the numbers that floats would be, in a fraction of the memory.
    pub stored: bool,
}

impl From<DType> for LoadOptions {
    fn from(dtype: DType) -> Self {
        Self { dtype, quantize: None, stored: false }
    }
}

impl LoadOptions {
    /// With quantised matrices.
    pub fn with_quantize(self, how: Quantize) -> Self {
        Self { quantize: Some(how), ..self }
    }

    /// With the codes of the checkpoint.
    pub fn with_stored(self) -> Self {
        Self { stored: true, ..self }
    }
}

/// Loads the model of a checkpoint onto a device. Beyond the model the device holds one matrix a second time, while it is prepared.
///
/// # Errors
/// [`Error::Unsupported`] for an unknown architecture or something that its configuration asks for; [`Error::Format`] for a configuration that makes no model, and
/// for values that cannot be quantised; [`Error::MissingTensor`], [`Error::TensorShape`]; [`Error::Device`] when memory does not suffice.
pub fn load(checkpoint: &dyn Checkpoint, device: &Arc<dyn Device>, options: impl Into<LoadOptions>) -> Result<Box<dyn Model>> {
    let LoadOptions { dtype, quantize, stored } = options.into();
    let unsupported = |what, found: String, supported: &[&str]| Error::Unsupported {
        path: checkpoint.path().into(),
        what,
        found,
        supported: supported.join(", "),
    };
    if !dtype.is_float() {
        return Err(unsupported("storage type of weights", dtype.to_string(), &["f32", "bf16", "f16"]));
    }
    let config = checkpoint.config();
    let Some(family) = family(config) else {
        let found = config["architectures"][0].as_str().or(config["model_type"].as_str()).unwrap_or("none").to_owned();
        let supported: Vec<&str> = FAMILIES.iter().map(|family| family.architecture).collect();
        return Err(unsupported("architecture", found, &supported));
    };
    let asked = Asked::of(checkpoint);
    let model = (family.load)(&Weights { checkpoint: &asked, device, dtype, quantize, stored })?;
    let left = asked.left_over(model.cache_spec().layers);
    if let Some(first) = left.first() {
        let found = if left.len() > 1 { format!("`{first}` and {} more", left.len() - 1) } else { format!("`{first}`") };
        return Err(unsupported("tensor", found, &["those that the configuration says something of"]));
    }
    Ok(Box::new(model))
}
