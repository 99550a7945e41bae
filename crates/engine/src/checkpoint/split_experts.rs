//! A dense model as a mixture of experts: real weights for routed code, with a result that is known.
//!
//! A feed-forward network is a sum over its inner columns, so any partition of them makes experts whose outputs add up to the network's:
//!
//! ```text
//! down @ (silu(gate @ x) * (up @ x)) = sum_e down[:, e] @ (silu(gate[e] @ x) * (up[e] @ x))
//! ```
//!
//! Every token goes to all `E` experts. A router of zeros gives each the weight `1 / E` (a softmax of equal logits), and `down` is multiplied by `E` in return. Both are
//! exact when `E` is a power of two, so the logits differ from the dense model's by the order of additions only.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::{Checkpoint, Decoder, Encoding, GgufTokenizer, Stored};
use crate::{Error, Result};

/// Largest router that is made.
const MAX_ROUTER_BYTES: usize = 1 << 28;

/// A dense Llama checkpoint, presented as a Mixtral one.
#[derive(Debug)]
pub struct SplitExperts<'a> {
    dense: &'a dyn Checkpoint,
    config: Value,
    experts: usize,
    /// Names of its tensors, and what they are made of.
    tensors: BTreeMap<String, Part>,
}

/// What a tensor is made of. Names are those of the dense checkpoint.
#[derive(Clone, Debug)]
enum Part {
    /// It is the same.
    Whole,
    /// The logits of a router: zeros.
    Router,
    /// The rows of an expert in a gate or up matrix.
    Rows { of: String, expert: usize },
    /// The columns of an expert in a down matrix, times the number of experts.
    Columns { of: String, expert: usize },
}

impl<'a> SplitExperts<'a> {
    /// Splits every feed-forward network of a dense Llama model into `experts` of equal size.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when the model is not a dense Llama one, or has biases; [`Error::Request`] when the number of experts is no power of two or does not divide the
    /// intermediate size.
    pub fn new(dense: &'a dyn Checkpoint, experts: usize) -> Result<Self> {
        let unsupported = |what, found: String, supported: &str| {
            Err(Error::Unsupported { path: dense.path().into(), what, found, supported: supported.into() })
        };
        let mut config = dense.config().clone();
        let architecture = config["architectures"][0].as_str().or(config["model_type"].as_str()).unwrap_or("none");
        if !matches!(architecture, "LlamaForCausalLM" | "llama") {
            return unsupported("architecture to split into experts", architecture.into(), "LlamaForCausalLM");
        }
        for bias in ["attention_bias", "mlp_bias"] {
            if config[bias] == json!(true) {
                return unsupported("bias to split into experts", bias.into(), "none");
            }
        }
        let inner = config["intermediate_size"].as_u64().and_then(|inner| usize::try_from(inner).ok()).unwrap_or(0);
        if !experts.is_power_of_two() || inner == 0 || !inner.is_multiple_of(experts) {
            let found = format!("it must be a power of two that divides the intermediate size {inner}");
            return Err(Error::Request { asked: format!("{experts} experts"), found });
        }
        config["architectures"] = json!(["MixtralForCausalLM"]);
        config["model_type"] = json!("mixtral");
        config["num_local_experts"] = json!(experts);
        config["num_experts_per_tok"] = json!(experts);
        config["intermediate_size"] = json!(inner / experts);
        let tensors = dense.names().into_iter().flat_map(|name| split(name, experts)).collect();
        Ok(Self { dense, config, experts, tensors })
    }

    fn rows(&self, of: &str, expert: usize) -> Result<Option<Stored<'_>>> {
        let Some(dense) = self.dense.tensor(of)? else { return Ok(None) };
        let (rows, columns) = self.matrix(of, &dense.shape)?;
        let shape = vec![rows / self.experts, columns];
        // Rows are whole blocks, so those of an expert are a part of the stored bytes.
        let bytes = dense.bytes.len() / self.experts;
        let range = expert * bytes..(expert + 1) * bytes;
        let bytes = match dense.bytes {
            Cow::Borrowed(all) => Cow::Borrowed(all.get(range).unwrap_or_default()),
            Cow::Owned(all) => Cow::Owned(all.get(range).unwrap_or_default().to_vec()),
        };
        Ok(Some(Stored { encoding: dense.encoding, shape, bytes }))
    }

    fn columns(&self, of: &str, expert: usize) -> Result<Option<Stored<'_>>> {
        let Some(dense) = Decoder::open(self.dense, of)? else { return Ok(None) };
        let (rows, columns) = self.matrix(of, dense.shape())?;
        let width = columns / self.experts;
        let mut bytes = Vec::with_capacity(rows * width * size_of::<f32>());
        dense.pieces(|values: &[f32]| {
            for row in values.chunks_exact(columns) {
                let mine = row.iter().skip(expert * width).take(width);
                bytes.extend(mine.flat_map(|x| (x * self.experts as f32).to_le_bytes()));
            }
            Ok(())
        })?;
        Ok(Some(Stored { encoding: Encoding::F32, shape: vec![rows, width], bytes: Cow::Owned(bytes) }))
    }

    /// Zeros, as wide as the gate of the same network.
    fn router(&self, name: &str) -> Result<Option<Stored<'_>>> {
        let name = name.replace("block_sparse_moe.gate.weight", "mlp.gate_proj.weight");
        let Some(gate) = self.dense.tensor(&name)? else { return Ok(None) };
        let (_, columns) = self.matrix(&name, &gate.shape)?;
        let too_wide = || Error::Format { path: self.path().into(), message: format!("tensor `{name}` has {columns} columns") };
        // A gate without rows takes no bytes in the file, so it may claim any width.
        let bytes = self.experts.checked_mul(columns).and_then(|n| n.checked_mul(size_of::<f32>())).filter(|&n| n <= MAX_ROUTER_BYTES);
        let zeros = vec![0; bytes.ok_or_else(too_wide)?];
        Ok(Some(Stored { encoding: Encoding::F32, shape: vec![self.experts, columns], bytes: Cow::Owned(zeros) }))
    }

    /// Rows and columns of a matrix whose inner dimension can be split.
    fn matrix(&self, name: &str, shape: &[usize]) -> Result<(usize, usize)> {
        let &[rows, columns] = shape else {
            let message = format!("tensor `{name}` must be a matrix, found shape {shape:?}");
            return Err(Error::Format { path: self.path().into(), message });
        };
        let inner = if name.contains("down_proj") { columns } else { rows };
        if inner.is_multiple_of(self.experts) {
            return Ok((rows, columns));
        }
        let message = format!("tensor `{name}` of shape {shape:?} cannot be split into {} experts", self.experts);
        Err(Error::Format { path: self.path().into(), message })
    }
}

/// The tensors that a tensor of the dense model becomes.
fn split(name: &str, experts: usize) -> Vec<(String, Part)> {
    let Some((layer, projection)) = name.strip_suffix(".weight").and_then(|name| name.split_once(".mlp.")) else {
        return vec![(name.to_owned(), Part::Whole)];
    };
    let part = match projection {
        "gate_proj" => "w1",
        "up_proj" => "w3",
        "down_proj" => "w2",
        _ => return vec![(name.to_owned(), Part::Whole)],
    };
    let of_expert = |expert| {
        let of = name.to_owned();
        let made_of = if part == "w2" { Part::Columns { of, expert } } else { Part::Rows { of, expert } };
        (format!("{layer}.block_sparse_moe.experts.{expert}.{part}.weight"), made_of)
    };
    let router = (part == "w1").then(|| (format!("{layer}.block_sparse_moe.gate.weight"), Part::Router));
    (0..experts).map(of_expert).chain(router).collect()
}

impl Checkpoint for SplitExperts<'_> {
    fn path(&self) -> &Path {
        self.dense.path()
    }

    fn config(&self) -> &Value {
        &self.config
    }

    fn names(&self) -> Vec<&str> {
        self.tensors.keys().map(String::as_str).collect()
    }

    fn tensor(&self, name: &str) -> Result<Option<Stored<'_>>> {
        match self.tensors.get(name) {
            None => Ok(None),
            Some(Part::Whole) => self.dense.tensor(name),
            Some(Part::Router) => self.router(name),
            Some(Part::Rows { of, expert }) => self.rows(of, *expert),
            Some(Part::Columns { of, expert }) => self.columns(of, *expert),
        }
    }

    fn tokenizer(&self) -> Result<Option<GgufTokenizer>> {
        self.dense.tokenizer()
    }
}
