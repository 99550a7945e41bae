//! The dense feed-forward network.

use ascend_compute::ops::{Glu, GluKind};
use ascend_compute::{DeviceExt, TensorView, TensorViewMut};

use super::{Context, Linear};
use crate::Result;
use crate::weights::Weights;

/// `(silu(x @ gate^T) * (x @ up^T)) @ down^T`.
#[derive(Clone, Debug)]
pub struct Mlp {
    /// Gate and up as one product.
    pub gate_up: Linear,
    /// Back to the hidden size.
    pub down: Linear,
}

impl Mlp {
    /// `{name}.gate_proj`, `.up_proj: [I, H]`, `.down_proj: [H, I]`.
    pub fn load(weights: &Weights<'_>, name: &str, hidden: usize, inner: usize, bias: bool) -> Result<Self> {
        let gate_up = ["gate_proj", "up_proj"].map(|part| (format!("{name}.{part}"), inner));
        Ok(Self {
            gate_up: Linear::fused(weights, &gate_up, hidden, bias)?,
            down: Linear::load(weights, &format!("{name}.down_proj"), hidden, inner, bias)?,
        })
    }

    /// `x: [T, H]` to `y: [T, H]`.
    pub fn forward(&self, cx: Context<'_>, x: &TensorView, y: &TensorViewMut) -> Result<()> {
        let both = self.gate_up.forward(cx, x)?;
        let inner = cx.empty([x.dim(0), both.dim(1) / 2])?;
        cx.device.glu(cx.stream, Glu::new(both, GluKind::Swiglu, inner.clone()))?;
        self.down.forward_into(cx, &inner, y)
    }
}
