//! The tiny model that transformers computed: a Hugging Face folder with a `goldens.safetensors`.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Error, Result, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::qwen3_moe::Config;

/// The folder in this repository.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/models/qwen3_moe")
}

/// Configuration and weights of a folder.
pub(crate) fn model(folder: &Path) -> Result<(Config, VarBuilder<'static>)> {
    let mut json: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("config.json"))?).map_err(Error::wrap)?;
    if let Some(fields) = json.as_object_mut() {
        // candle asks for it and never uses it; newer checkpoints leave it out.
        fields.entry("max_window_layers").or_insert(0.into());
    }
    let config = serde_json::from_value(json).map_err(Error::wrap)?;
    let weights = candle_core::safetensors::load(folder.join("model.safetensors"), &Device::Cpu)?;
    Ok((config, VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu)))
}

/// A prompt with what transformers made of it.
#[derive(Debug)]
pub(crate) struct Prompt {
    /// `[1, S]`.
    pub ids: Tensor,
    /// `[S, V]` in f64.
    pub logits: Tensor,
    /// The ids that followed, greedily.
    pub greedy: Vec<u32>,
}

/// The prompts of a folder.
pub(crate) fn prompts(folder: &Path) -> Result<Vec<Prompt>> {
    let tensors = candle_core::safetensors::load(folder.join("goldens.safetensors"), &Device::Cpu)?;
    let get = |n: usize, what: &str| tensors.get(&format!("prompt{n}_{what}")).cloned();
    let mut prompts = Vec::new();
    while let Some(ids) = get(prompts.len(), "input_ids") {
        let missing = |what: &str| Error::CannotFindTensor { path: format!("prompt{}_{what}", prompts.len()) };
        let logits = get(prompts.len(), "logits_f64").ok_or_else(|| missing("logits_f64"))?;
        let greedy = get(prompts.len(), "greedy_ids").ok_or_else(|| missing("greedy_ids"))?;
        prompts.push(Prompt { ids: ids.to_dtype(DType::U32)?.unsqueeze(0)?, logits, greedy: greedy.to_dtype(DType::U32)?.to_vec1()? });
    }
    Ok(prompts)
}

/// The largest absolute difference.
pub(crate) fn difference(a: &Tensor, b: &Tensor) -> Result<f64> {
    (a.to_dtype(DType::F64)?.flatten_all()? - b.to_dtype(DType::F64)?.flatten_all()?)?.abs()?.max(0)?.to_scalar()
}
