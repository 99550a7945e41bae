//! Rotary position embedding with a table on the device.

use std::path::Path;

use ascend_compute::ops::{Rope as RopeOp, RopeStyle};
use ascend_compute::{DType, DeviceExt, RopeScaling, Rotary, TensorView, Yarn};
use serde::Deserialize;

use super::Context;
use crate::weights::Weights;
use crate::{Error, Result};

/// Widest rotary embedding: far beyond what any model has.
const MAX_ROTARY_DIM: usize = 1 << 16;

/// Positions whose part of the table is made at a time.
const PIECE_POSITIONS: usize = 4096;

/// The keys of a Hugging Face config that describe rotary embeddings.
#[derive(Clone, Debug, Deserialize)]
pub struct RopeConfig {
    /// Base of the frequencies.
    #[serde(default = "default_theta")]
    pub rope_theta: f64,
    /// The stretch beyond the trained context.
    #[serde(default)]
    pub rope_scaling: Option<Scaling>,
    /// Both of them, as transformers 5 writes them; then the two above do not count.
    #[serde(default)]
    pub rope_parameters: Option<Scaling>,
    /// The longest sequence, which is also the trained context where the stretch names none.
    pub max_position_embeddings: usize,
}

fn default_theta() -> f64 {
    10_000.0
}

/// `rope_scaling` or `rope_parameters` of a Hugging Face config.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the keys are those of the file")]
pub struct Scaling {
    pub rope_type: Option<String>,
    /// What older files call `rope_type`; some have both.
    #[serde(rename = "type")]
    pub old_rope_type: Option<String>,
    /// In `rope_parameters` only.
    pub rope_theta: Option<f64>,
    /// The part of a head that is turned.
    pub partial_rotary_factor: Option<f64>,
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
    /// Of GGUF files: what each frequency is divided by.
    pub factors: Option<Vec<f64>>,
}

impl RopeConfig {
    /// The embedding of `dim` elements of a head.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a stretch of another type, [`Error::Format`] for one whose parameters are missing or make no embedding.
    pub fn rotary(&self, path: &Path, dim: usize) -> Result<Rotary> {
        if dim > MAX_ROTARY_DIM {
            let message = format!("rotary embedding of {dim} elements of a head; at most {MAX_ROTARY_DIM} are supported");
            return Err(Error::Format { path: path.into(), message });
        }
        let rotary = self.described(path, dim)?;
        match rotary.inv_freq() {
            Ok(_) => Ok(rotary),
            Err(e) => Err(Error::Format { path: path.into(), message: format!("`rope_theta`, `rope_scaling` or `rope_parameters`: {e}") }),
        }
    }

    /// The embedding that the keys describe, sound or not.
    fn described(&self, path: &Path, dim: usize) -> Result<Rotary> {
        let (scaling, name) = match (&self.rope_parameters, &self.rope_scaling) {
            (Some(parameters), _) => (parameters, "rope_parameters"),
            (None, Some(scaling)) => (scaling, "rope_scaling"),
            (None, None) => return Ok(Rotary::new(self.rope_theta, dim)),
        };
        let lacks = |key: &str| Error::Format { path: path.into(), message: format!("`{name}` has no `{key}`") };
        let need = |key: &str, value: Option<f64>| value.ok_or_else(|| lacks(key));
        let theta = if self.rope_parameters.is_some() { need("rope_theta", scaling.rope_theta)? } else { self.rope_theta };
        if let Some(part) = scaling.partial_rotary_factor.filter(|part| *part != 1.0) {
            let (found, supported) = (part.to_string(), "1".into());
            return Err(Error::Unsupported { path: path.into(), what: "partial rotary factor", found, supported });
        }
        let plain = Rotary::new(theta, dim);
        let factor = need("factor", scaling.factor);
        let trained = scaling.original_max_position_embeddings.unwrap_or(self.max_position_embeddings as f64);
        let stretch = match scaling.rope_type.as_deref().or(scaling.old_rope_type.as_deref()) {
            None if scaling.factor.is_some() => return Err(lacks("rope_type")),
            None | Some("default") => RopeScaling::None,
            Some("factors") => match &scaling.factors {
                Some(factors) => RopeScaling::Factors { factors: factors.clone() },
                None => return Err(lacks("factors")),
            },
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
                    supported: "default, linear, yarn, llama3, factors".into(),
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
    /// Builds the table for positions `0..positions`, piece by piece: a long context costs the device's memory, not the host's.
    ///
    /// # Errors
    /// [`Error::Device`] when the device has no room for it.
    pub fn new(weights: &Weights<'_>, rotary: &Rotary, positions: usize, style: RopeStyle) -> Result<Self> {
        let pairs = rotary.inv_freq()?.len();
        let empty = || weights.device.empty(DType::F32, [positions, pairs]);
        let (cos, sin) = (empty()?, empty()?);
        for first in (0..positions).step_by(PIECE_POSITIONS) {
            let piece = rotary.table(first as u64..positions.min(first + PIECE_POSITIONS) as u64)?;
            let at = first * pairs * size_of::<f32>();
            weights.device.write(cos.buffer(), at, bytemuck::cast_slice(&piece.cos))?;
            weights.device.write(sin.buffer(), at, bytemuck::cast_slice(&piece.sin))?;
        }
        Ok(Self { cos: cos.view(), sin: sin.view(), style })
    }

    /// Turns `x: [T, heads, R]` by `positions: [T]`, in its place.
    pub fn in_place(&self, cx: Context<'_>, x: &TensorView, positions: &TensorView) -> Result<()> {
        let op = RopeOp::new(x.clone(), self.cos.clone(), self.sin.clone(), positions.clone(), self.style, x.to_mut());
        Ok(cx.device.rope(cx.stream, op)?)
    }
}
