//! What the families' configurations have in common: reading them, and refusing what makes no model.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::layers::{AttentionShape, Outline, RopeConfig};
use crate::weights::Weights;
use crate::{Error, Result};

/// The largest size of anything that a config counts, but for vocabulary and context: beyond every real model, and small enough that products of two do not overflow.
const LARGEST: usize = 1 << 22;

/// The largest vocabulary and context.
const LONGEST: usize = 1 << 24;

/// Keys that every family has.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Common {
    pub(super) vocab_size: usize,
    pub(super) hidden_size: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    #[serde(default)]
    pub(super) num_key_value_heads: Option<usize>,
    #[serde(default)]
    pub(super) head_dim: Option<usize>,
    pub(super) rms_norm_eps: f64,
    #[serde(default)]
    pub(super) hidden_act: Option<String>,
    #[serde(default)]
    pub(super) tie_word_embeddings: Option<bool>,
    #[serde(flatten)]
    pub(super) rope: RopeConfig,
}

/// The configuration of a checkpoint, as the family's struct.
pub(super) fn read<C: DeserializeOwned>(weights: &Weights<'_>) -> Result<C> {
    C::deserialize(weights.checkpoint.config()).map_err(|e| bad(weights.checkpoint.path(), format!("the configuration: {e}")))
}

/// A configuration that makes no model.
pub(super) fn bad(path: &Path, message: String) -> Error {
    Error::Format { path: path.into(), message }
}

/// Refuses a size that is 0 or absurd.
pub(super) fn size(path: &Path, key: &str, value: usize) -> Result<usize> {
    if (1..=LARGEST).contains(&value) { Ok(value) } else { Err(bad(path, format!("`{key}` must be 1 to {LARGEST}, found {value}"))) }
}

impl Common {
    /// The outline, every size checked.
    pub(super) fn outline(&self, path: &Path) -> Result<Outline> {
        for (key, value) in [("vocab_size", self.vocab_size), ("max_position_embeddings", self.rope.max_position_embeddings)] {
            if !(1..=LONGEST).contains(&value) {
                return Err(bad(path, format!("`{key}` must be 1 to {LONGEST}, found {value}")));
            }
        }
        if !(self.rms_norm_eps >= 0.0 && self.rms_norm_eps < 1.0) {
            return Err(bad(path, format!("`rms_norm_eps` must be 0 to 1, found {}", self.rms_norm_eps)));
        }
        match self.hidden_act.as_deref() {
            None | Some("silu" | "swish") => {}
            Some(other) => {
                let (found, supported) = (other.to_owned(), "silu".to_owned());
                return Err(Error::Unsupported { path: path.into(), what: "activation", found, supported });
            }
        }
        Ok(Outline {
            vocab: self.vocab_size,
            hidden: size(path, "hidden_size", self.hidden_size)?,
            layers: size(path, "num_hidden_layers", self.num_hidden_layers)?,
            context_tokens: self.rope.max_position_embeddings,
            eps: self.rms_norm_eps as f32,
            tied: self.tie_word_embeddings.unwrap_or(false),
        })
    }

    /// Sizes of grouped-query attention.
    pub(super) fn attention(&self, path: &Path) -> Result<AttentionShape> {
        let (hidden, heads) = (self.hidden_size, size(path, "num_attention_heads", self.num_attention_heads)?);
        let kv_heads = size(path, "num_key_value_heads", self.num_key_value_heads.unwrap_or(heads))?;
        let head_dim = size(path, "head_dim", self.head_dim.unwrap_or(hidden / heads))?;
        if !heads.is_multiple_of(kv_heads) {
            return Err(bad(path, format!("`num_key_value_heads` must divide {heads}, found {kv_heads}")));
        }
        even(path, "head_dim", head_dim)?;
        Ok(AttentionShape { hidden, heads, kv_heads, head_dim })
    }
}

/// Refuses an odd number of elements that rotary embeddings turn in pairs.
pub(super) fn even(path: &Path, key: &str, value: usize) -> Result<()> {
    if value.is_multiple_of(2) { Ok(()) } else { Err(bad(path, format!("`{key}` must be even, found {value}"))) }
}

/// Number of experts, and how many of them a token gets.
pub(super) fn experts(path: &Path, (key, experts): (&str, usize), k: usize) -> Result<()> {
    size(path, key, experts)?;
    if (1..=experts).contains(&k) {
        return Ok(());
    }
    Err(bad(path, format!("`num_experts_per_tok` must be 1 to {experts}, found {k}")))
}
