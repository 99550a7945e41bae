//! Oracle of [`Activation`] and [`Glu`].

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use ascend_hal::Result;
use ascend_hal::ops::{Activation, ActivationKind, Glu, GluKind};

use crate::{Output, Rounding, read};

/// `y = f(x)`.
pub(super) fn activation(op: &Activation, r: Rounding) -> Result<Vec<Output>> {
    let x = read::<ndarray::IxDyn>(&op.x)?;
    let y = x.iter().map(|&x| r.to(op.y.dtype(), act(op.kind, x, r))).collect();
    Ok(vec![Output::float("y", &op.y, y)])
}

/// `y[.., i] = glu(gate_i, up_i)`.
pub(super) fn glu(op: &Glu, r: Rounding) -> Result<Vec<Output>> {
    let x = read::<ndarray::IxDyn>(&op.x)?;
    let mut y = Vec::with_capacity(x.len() / 2);
    for row in x.rows() {
        let half = row.len() / 2;
        for i in 0..half {
            let (gate, up) = if op.interleaved { (row[2 * i], row[2 * i + 1]) } else { (row[i], row[half + i]) };
            y.push(r.to(op.y.dtype(), gated(op.kind, gate, up, r)));
        }
    }
    Ok(vec![Output::float("y", &op.y, y)])
}

/// A plain activation of one value; not yet rounded to the storage type.
pub(super) fn act(kind: ActivationKind, x: f64, r: Rounding) -> f64 {
    match kind {
        ActivationKind::Silu => swish(x, 1.0, r),
        // Phi(x) = erfc(-x / sqrt 2) / 2: unlike 1 + erf, it keeps its digits where Phi is small.
        ActivationKind::GeluErf => scaled(x, r.f32(0.5 * r.f32(libm::erfc(r.f32(-x * FRAC_1_SQRT_2)))), r),
        // (1 + tanh(z)) / 2 = sigmoid(2 z), which does not cancel.
        ActivationKind::GeluTanh => {
            let z = r.f32((8.0 / PI).sqrt() * r.f32(x + r.f32(0.044715 * r.f32(x * r.f32(x * x)))));
            scaled(x, sigmoid(z, r), r)
        }
    }
}

/// A gated activation of one gate and one up value; not yet rounded to the storage type.
pub(super) fn gated(kind: GluKind, gate: f64, up: f64, r: Rounding) -> f64 {
    match kind {
        GluKind::Swiglu => r.f32(act(ActivationKind::Silu, gate, r) * up),
        GluKind::GegluErf => r.f32(act(ActivationKind::GeluErf, gate, r) * up),
        GluKind::GegluTanh => r.f32(act(ActivationKind::GeluTanh, gate, r) * up),
        GluKind::SwigluClamped { limit, alpha, up_bias } => {
            let limit = f64::from(limit);
            // Comparisons, not `min` and `max`: a NaN must come through.
            let gate = if gate > limit { limit } else { gate };
            let up = match up {
                u if u > limit => limit,
                u if u < -limit => -limit,
                u => u,
            };
            r.f32(swish(gate, f64::from(alpha), r) * r.f32(up + f64::from(up_bias)))
        }
    }
}

/// `x * sigmoid(slope * x)`.
fn swish(x: f64, slope: f64, r: Rounding) -> f64 {
    scaled(x, sigmoid(r.f32(slope * x), r), r)
}

/// `x * weight`, with the limit 0 at `x = -inf`, where the weight is 0.
fn scaled(x: f64, weight: f64, r: Rounding) -> f64 {
    if x == f64::NEG_INFINITY { 0.0 } else { r.f32(x * weight) }
}

/// `1 / (1 + exp(-z))`, without overflow.
pub(super) fn sigmoid(z: f64, r: Rounding) -> f64 {
    let e = r.f32((-z.abs()).exp());
    let whole = r.f32(1.0 + e);
    r.f32(if z < 0.0 { e / whole } else { 1.0 / whole })
}
