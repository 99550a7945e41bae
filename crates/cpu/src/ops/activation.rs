//! CPU kernels of [`Activation`] and [`Glu`].

use ascend_hal::Result;
use ascend_hal::ops::{Activation, ActivationKind, Glu, GluKind};

use crate::context::Context;

pub(super) fn activation(_cx: &Context<'_>, _op: &Activation) -> Result<()> {
    Ok(())
}

pub(super) fn glu(_cx: &Context<'_>, _op: &Glu) -> Result<()> {
    Ok(())
}

/// A plain activation of one value.
#[inline(always)]
pub(super) fn act(kind: ActivationKind, x: f32) -> f32 {
    match kind {
        ActivationKind::Silu => swish(x, 1.0),
        // Phi(x) = erfc(-x / sqrt 2) / 2: unlike 1 + erf, it keeps its digits where Phi is small.
        ActivationKind::GeluErf => scaled(x, 0.5 * libm::erfcf(-x * std::f32::consts::FRAC_1_SQRT_2)),
        // (1 + tanh(z)) / 2 = sigmoid(2 z), which does not cancel.
        ActivationKind::GeluTanh => scaled(x, sigmoid(SQRT_8_OVER_PI * (x + 0.044715 * (x * (x * x))))),
    }
}

/// A gated activation of one gate and one up value.
#[inline(always)]
pub(super) fn gated(kind: GluKind, gate: f32, up: f32) -> f32 {
    match kind {
        GluKind::Swiglu => act(ActivationKind::Silu, gate) * up,
        GluKind::GegluErf => act(ActivationKind::GeluErf, gate) * up,
        GluKind::GegluTanh => act(ActivationKind::GeluTanh, gate) * up,
        GluKind::SwigluClamped { limit, alpha, up_bias } => {
            // Comparisons, not `min` and `max`: a NaN must come through.
            let gate = if gate > limit { limit } else { gate };
            let up = match up {
                u if u > limit => limit,
                u if u < -limit => -limit,
                u => u,
            };
            swish(gate, alpha) * (up + up_bias)
        }
    }
}

/// `2 * sqrt(2 / pi)`.
const SQRT_8_OVER_PI: f32 = 1.595_769_1;

/// `x * sigmoid(slope * x)`.
#[inline(always)]
fn swish(x: f32, slope: f32) -> f32 {
    scaled(x, sigmoid(slope * x))
}

/// `x * weight`, with the limit 0 at `x = -inf`, where the weight is 0.
#[inline(always)]
fn scaled(x: f32, weight: f32) -> f32 {
    if x == f32::NEG_INFINITY { 0.0 } else { x * weight }
}

/// `1 / (1 + exp(-z))`, without overflow.
#[inline(always)]
pub(super) fn sigmoid(z: f32) -> f32 {
    let e = (-z.abs()).exp();
    (if z < 0.0 { e } else { 1.0 }) / (1.0 + e)
}
