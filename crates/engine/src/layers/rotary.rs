//! Rotary position embedding with a table on the device.

use std::path::Path;

use ascend_compute::ops::{Rope as RopeOp, RopeStyle};
use ascend_compute::{DeviceExt, RopeScaling, Rotary, TensorView, Yarn};
use serde::Deserialize;

use super::Context;
use crate::weights::Weights;
use crate::{Error, Result};

/// The keys of a Hugging Face config that describe rotary embeddings.
#[derive(Clone, Debug, Deserialize)]
pub struct RopeConfig {
    /// Base of the frequencies.
    #[serde(default = "default_theta")]
    pub rope_theta: f64,
    /// The stretch beyond the trained context.
    #[serde(default)]
    pub rope_scaling: Option<Scaling>,
    /// The longest sequence, which is also the trained context where the stretch names none.
    pub max_position_embeddings: usize,
}

fn default_theta() -> f64 {
    10_000.0
}

/// `rope_scaling` of a Hugging Face config.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the keys are those of the file")]
pub struct Scaling {
    pub rope_type: Option<String>,
    /// What older files call `rope_type`; some have both.
    #[serde(rename = "type")]
    pub old_rope_type: Option<String>,
    pub factor: Option<f64>,
    pub original_max_position_embeddings: Option<f64>,
    pub beta_fast: Option<f64>,
    pub beta_slow: Option<f64>,
    pub truncate: Option<bool>,
    pub attention_factor: Option<f64>,
    pub mscale: Option<f64>,
    pub mscale_all_dim: Option<f64>,
    pub low_freq_factor: Option<f64>,
    pub high_freq_factor: Option<f64>,
}

impl RopeConfig {
    /// The embedding of `dim` elements of a head.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a stretch of another type, [`Error::Format`] for one whose parameters are missing.
    pub fn rotary(&self, path: &Path, dim: usize) -> Result<Rotary> {
        let plain = Rotary::new(self.rope_theta, dim);
        let Some(scaling) = &self.rope_scaling else { return Ok(plain) };
        let need = |key: &str, value: Option<f64>| {
            value.ok_or_else(|| Error::Format { path: path.into(), message: format!("`rope_scaling` has no `{key}`") })
        };
        let factor = need("factor", scaling.factor);
        let trained = scaling.original_max_position_embeddings.unwrap_or(self.max_position_embeddings as f64);
        let stretch = match scaling.rope_type.as_deref().or(scaling.old_rope_type.as_deref()) {
            None | Some("default") => RopeScaling::None,
            Some("linear") => RopeScaling::Linear { factor: factor? },
            Some("yarn") => {
                let mut yarn = Yarn::new(factor?, trained);
                yarn.beta_fast = scaling.beta_fast.unwrap_or(yarn.beta_fast);
                yarn.beta_slow = scaling.beta_slow.unwrap_or(yarn.beta_slow);
                yarn.truncate = scaling.truncate.unwrap_or(yarn.truncate);
                yarn.attention_factor = scaling.attention_factor;
                yarn.mscale = scaling.mscale;
                yarn.mscale_all_dim = scaling.mscale_all_dim;
                RopeScaling::Yarn(yarn)
            }
            Some("llama3") => RopeScaling::Llama3 {
                factor: factor?,
                low_freq_factor: need("low_freq_factor", scaling.low_freq_factor)?,
                high_freq_factor: need("high_freq_factor", scaling.high_freq_factor)?,
                original_max_position_embeddings: trained,
            },
            Some(other) => {
                return Err(Error::Unsupported {
                    path: path.into(),
                    what: "rope scaling",
                    found: other.into(),
                    supported: "default, linear, yarn, llama3".into(),
                });
            }
        };
        Ok(plain.with_scaling(stretch))
    }
}

/// A model's rotary embedding, its table on the device.
#[derive(Clone, Debug)]
pub struct Rope {
    cos: TensorView,
    sin: TensorView,
    style: RopeStyle,
}

impl Rope {
    /// Builds the table for positions `0..positions`.
    pub fn new(weights: &Weights<'_>, rotary: &Rotary, positions: usize, style: RopeStyle) -> Result<Self> {
        let table = rotary.table(0..positions as u64)?;
        let shape = [table.rows, table.pairs];
        Ok(Self { cos: weights.device.upload(&table.cos, shape)?, sin: weights.device.upload(&table.sin, shape)?, style })
    }

    /// Turns `x: [T, heads, R]` by `positions: [T]`, in its place.
    pub fn in_place(&self, cx: Context<'_>, x: &TensorView, positions: &TensorView) -> Result<()> {
        let op = RopeOp::new(x.clone(), self.cos.clone(), self.sin.clone(), positions.clone(), self.style, x.to_mut());
        Ok(cx.device.rope(cx.stream, op)?)
    }
}
