//! CPU kernels of [`Activation`] and [`Glu`].

use ascend_hal::ops::{Activation, ActivationKind, Glu, GluKind};
use ascend_hal::{DType, Float, OpKind, Result, bf16, f16, host::HostAccess};
use rayon::prelude::*;

use crate::context::Context;

/// Elements that one task takes.
const BLOCK: usize = 4096;

pub(super) fn activation(cx: &Context<'_>, op: &Activation) -> Result<()> {
    match op.x.dtype() {
        DType::F16 => plain::<f16>(cx, op),
        DType::BF16 => plain::<bf16>(cx, op),
        _ => plain::<f32>(cx, op),
    }
}

fn plain<T: Float>(cx: &Context<'_>, op: &Activation) -> Result<()> {
    // The kind is decided outside of the loop, so that each has a loop of its own.
    match op.kind {
        ActivationKind::Silu => each::<T>(cx, op, |x| act(ActivationKind::Silu, x)),
        ActivationKind::GeluErf => each::<T>(cx, op, |x| act(ActivationKind::GeluErf, x)),
        ActivationKind::GeluTanh => each::<T>(cx, op, |x| act(ActivationKind::GeluTanh, x)),
    }
}

fn each<T: Float>(cx: &Context<'_>, op: &Activation, f: impl Fn(f32) -> f32 + Send + Sync) -> Result<()> {
    let access = HostAccess::lock(OpKind::Activation, [("x", &op.x)], [("y", &op.y)])?;
    let x = access.read::<T>(&op.x)?;
    let mut y = access.write::<T>(&op.y)?;
    cx.install(|| {
        y.par_chunks_mut(BLOCK).zip(x.par_chunks(BLOCK)).for_each(|(y, x)| {
            for (y, x) in y.iter_mut().zip(x) {
                *y = T::from_f32(f(x.to_f32()));
            }
        });
    });
    Ok(())
}

pub(super) fn glu(cx: &Context<'_>, op: &Glu) -> Result<()> {
    match op.x.dtype() {
        DType::F16 => gates::<f16>(cx, op),
        DType::BF16 => gates::<bf16>(cx, op),
        _ => gates::<f32>(cx, op),
    }
}

fn gates<T: Float>(cx: &Context<'_>, op: &Glu) -> Result<()> {
    match op.kind {
        GluKind::Swiglu => rows::<T>(cx, op, |g, u| gated(GluKind::Swiglu, g, u)),
        GluKind::GegluErf => rows::<T>(cx, op, |g, u| gated(GluKind::GegluErf, g, u)),
        GluKind::GegluTanh => rows::<T>(cx, op, |g, u| gated(GluKind::GegluTanh, g, u)),
        clamped @ GluKind::SwigluClamped { .. } => rows::<T>(cx, op, move |g, u| gated(clamped, g, u)),
    }
}

fn rows<T: Float>(cx: &Context<'_>, op: &Glu, f: impl Fn(f32, f32) -> f32 + Send + Sync) -> Result<()> {
    let access = HostAccess::lock(OpKind::Glu, [("x", &op.x)], [("y", &op.y)])?;
    let x = access.read::<T>(&op.x)?;
    let mut y = access.write::<T>(&op.y)?;
    let width = op.y.shape().last_or_one();
    if y.is_empty() {
        return Ok(());
    }
    cx.install(|| {
        y.par_chunks_mut(width).zip(x.par_chunks(2 * width)).with_min_len(BLOCK.div_ceil(width)).for_each(|(y, x)| {
            if op.interleaved {
                for (y, pair) in y.iter_mut().zip(x.as_chunks::<2>().0) {
                    *y = T::from_f32(f(pair[0].to_f32(), pair[1].to_f32()));
                }
            } else {
                let (gates, ups) = x.split_at(width);
                for ((y, g), u) in y.iter_mut().zip(gates).zip(ups) {
                    *y = T::from_f32(f(g.to_f32(), u.to_f32()));
                }
            }
        });
    });
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
const SQRT_8_OVER_PI: f32 = 1.595_769_121_605_730_8_f64 as f32;

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
