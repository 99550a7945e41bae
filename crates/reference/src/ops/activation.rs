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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Precision;

    const EXACT: Rounding = Rounding(Precision::Exact);

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-12 * want.abs(), "{got} is not {want}");
    }

    #[test]
    fn activations_at_one_and_minus_one() {
        close(act(ActivationKind::Silu, 1.0, EXACT), 0.731_058_578_630_004_9);
        close(act(ActivationKind::Silu, -1.0, EXACT), -0.268_941_421_369_995_1);
        close(act(ActivationKind::GeluErf, 1.0, EXACT), 0.841_344_746_068_542_9);
        close(act(ActivationKind::GeluErf, -1.0, EXACT), -0.158_655_253_931_457_05);
        close(act(ActivationKind::GeluTanh, 1.0, EXACT), 0.841_191_990_608_300_5);
    }

    #[test]
    fn activations_at_the_ends_are_their_limits() {
        for kind in [ActivationKind::Silu, ActivationKind::GeluErf, ActivationKind::GeluTanh] {
            assert_eq!(act(kind, f64::NEG_INFINITY, EXACT), 0.0);
            assert_eq!(act(kind, f64::INFINITY, EXACT), f64::INFINITY);
            assert_eq!(act(kind, 1000.0, EXACT), 1000.0);
            assert_eq!(act(kind, -1e30, EXACT), 0.0);
            assert!(act(kind, f64::NAN, EXACT).is_nan());
        }
    }

    #[test]
    fn clamped_gate_has_an_upper_bound_only() {
        let kind = GluKind::SwigluClamped { limit: 2.0, alpha: 1.0, up_bias: 1.0 };
        let at_limit = 2.0 / (1.0 + (-2f64).exp());
        close(gated(kind, 50.0, 0.0, EXACT), at_limit);
        close(gated(kind, 50.0, 50.0, EXACT), at_limit * 3.0);
        close(gated(kind, 50.0, -50.0, EXACT), -at_limit);
        close(gated(kind, -3.0, 0.0, EXACT), -3.0 / (1.0 + 3f64.exp()));
        assert!(gated(kind, f64::NAN, 1.0, EXACT).is_nan());
        assert!(gated(kind, 1.0, f64::NAN, EXACT).is_nan());
    }
}
