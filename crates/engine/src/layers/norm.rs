//! RMS norm.

use ascend_compute::ops::{Norm, NormKind};
use ascend_compute::{DeviceExt, TensorView};

use super::Context;
use crate::Result;
use crate::weights::Weights;

/// `x / sqrt(mean(x^2) + eps) * weight` over the last dimension.
#[derive(Clone, Debug)]
pub struct RmsNorm {
    /// `[H]` f32.
    pub weight: TensorView,
    /// Added to the mean square.
    pub eps: f32,
}

impl RmsNorm {
    /// `{name}.weight: [H]`.
    pub fn load(weights: &Weights<'_>, name: &str, h: usize, eps: f32) -> Result<Self> {
        Ok(Self { weight: weights.vector(&format!("{name}.weight"), h)?, eps })
    }

    fn op(&self, x: &TensorView, y: &TensorView) -> Norm {
        Norm::new(x.clone(), self.weight.clone(), NormKind::Rms, self.eps, y.to_mut())
    }

    /// The norm of `x`.
    pub fn forward(&self, cx: Context<'_>, x: &TensorView) -> Result<TensorView> {
        let y = cx.empty(*x.shape())?;
        cx.device.norm(cx.stream, self.op(x, &y))?;
        Ok(y.view())
    }

    /// The norm of `x`, in its place.
    pub fn in_place(&self, cx: Context<'_>, x: &TensorView) -> Result<()> {
        Ok(cx.device.norm(cx.stream, self.op(x, x))?)
    }

    /// Adds `delta` to the residual stream, and gives the norm of the sum.
    pub fn add(&self, cx: Context<'_>, delta: &TensorView, residual: &TensorView) -> Result<TensorView> {
        let y = cx.empty(*delta.shape())?;
        let op = self.op(delta, &y).with_residual(residual.clone(), residual.to_mut());
        cx.device.norm(cx.stream, op)?;
        Ok(y.view())
    }
}
