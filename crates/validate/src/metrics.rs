//! Error metrics of one float output against the `f64` oracle.

use ascend_hal::{DType, OpKind};

use crate::report::OutputMetrics;

/// Distance between neighbouring numbers of a float type around `x`.
pub(crate) fn ulp(dtype: DType, x: f64) -> f64 {
    let (mantissa_bits, lowest_exponent) = match dtype {
        DType::F16 => (10, -14),
        DType::BF16 => (7, -126),
        _ => (23, -126),
    };
    let exponent = ((x.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    2f64.powi(exponent.clamp(lowest_exponent, 1023) - mantissa_bits)
}

/// Below `threshold` an element counts as small: it leaves the relative statistics and is an error when it is off by more than `error` (the vendor's accuracy standard, commercial acceptance).
#[derive(Clone, Copy, Debug)]
pub(crate) struct SmallValues {
    pub(crate) threshold: f64,
    pub(crate) error: f64,
}

pub(crate) fn small_values(dtype: DType) -> SmallValues {
    let (threshold, error) = match dtype {
        DType::F16 => (-11, -16),
        DType::BF16 => (-8, -16),
        _ => (-14, -30),
    };
    SmallValues { threshold: 2f64.powi(threshold), error: 2f64.powi(error) }
}

/// How large an op's error may be in proportion to the rounding model's: the levels of the vendor's accuracy standard for commercial acceptance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    pub(crate) mere: f64,
    pub(crate) rmse: f64,
    pub(crate) small_errors: f64,
}

/// L2 (key) for products and attention, L1 (important) for what stands between them in a layer, L0 (ordinary) for the rest.
pub(crate) fn level(op: OpKind) -> Level {
    let (mere, rmse) = match op {
        OpKind::Matmul | OpKind::GroupedMatmul | OpKind::MoeExperts | OpKind::Attention | OpKind::MlaDecode | OpKind::MlaPrefill => {
            (1.2, 1.2)
        }
        OpKind::Gating | OpKind::Norm | OpKind::Rope | OpKind::Softmax | OpKind::Glu | OpKind::Quantize | OpKind::FinalizeRouting => {
            (1.5, 1.5)
        }
        _ => (2.0, 2.0),
    };
    Level { mere, rmse, small_errors: 2.0 }
}

/// Aggregate errors of one result against the oracle.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Errors {
    pub(crate) mare: f64,
    pub(crate) mere: f64,
    pub(crate) rmse: f64,
    pub(crate) small: usize,
    pub(crate) small_errors: usize,
}

/// Errors of `got` over the elements `at`.
pub(crate) fn errors(dtype: DType, got: &[f64], want: &[f64], at: &[usize]) -> Errors {
    let limits = small_values(dtype);
    let (mut e, mut relative, mut squares) = (Errors::default(), 0.0, 0.0);
    for &i in at {
        let off = (got[i] - want[i]).abs();
        squares += off * off;
        if want[i].abs() < limits.threshold {
            e.small += 1;
            e.small_errors += usize::from(off > limits.error);
        } else {
            let r = off / want[i].abs();
            relative += r;
            e.mare = e.mare.max(r);
        }
    }
    let large = at.len() - e.small;
    e.mere = if large > 0 { relative / large as f64 } else { 0.0 };
    e.rmse = if at.is_empty() { 0.0 } else { (squares / at.len() as f64).sqrt() };
    e
}

/// `numerator / denominator`, 1 when both are nothing, and always finite so that it can be written to JSON.
pub(crate) fn ratio(numerator: f64, denominator: f64) -> f64 {
    if numerator <= denominator && denominator <= 0.0 { 1.0 } else { finite(numerator / denominator.max(f64::MIN_POSITIVE)) }
}

fn finite(x: f64) -> f64 {
    if x.is_nan() { f64::MAX } else { x.clamp(f64::MIN, f64::MAX) }
}

/// Number of classes of the ULP histogram: 0, 1, 2, 3-4, 5-8, ..., 2^14 and more.
const ULP_CLASSES: usize = 16;

/// Metrics of the elements `at` of an output against its oracle, without those that need the rounding model (the ratios stay 0).
pub fn measure(dtype: DType, got: &[f64], want: &[f64], at: &[usize]) -> OutputMetrics {
    let threshold = small_values(dtype).threshold;
    let mut m = OutputMetrics { elements: at.len(), ulp_histogram: vec![0; ULP_CLASSES], ..OutputMetrics::default() };
    let (mut dot, mut got2, mut want2, mut off2, mut relative2, mut large) = (0.0, 0.0, 0.0, 0.0, 0.0, 0usize);
    for &i in at {
        let (a, g) = (got[i], want[i]);
        let off = (a - g).abs();
        m.max_abs = m.max_abs.max(off);
        if g.abs() >= threshold {
            m.max_rel = m.max_rel.max(off / g.abs());
            relative2 += (off / g).powi(2);
            large += 1;
        }
        dot += a * g;
        got2 += a * a;
        want2 += g * g;
        off2 += off * off;
        let rounded = dtype.round(g);
        let steps = if rounded == a { 0.0 } else { ((a - rounded).abs() / ulp(dtype, rounded)).round().max(1.0) };
        // 1, 2, 3-4, 5-8, ...: one more class for each doubling.
        let class = if steps == 0.0 { 0 } else { 1 + steps.log2().ceil() as usize };
        m.ulp_histogram[class.min(ULP_CLASSES - 1)] += 1;
    }
    m.cosine = if got2 == 0.0 && want2 == 0.0 { 1.0 } else { finite(dot / (got2 * want2).sqrt().max(f64::MIN_POSITIVE)).clamp(-1.0, 1.0) };
    m.nmse = if off2 == 0.0 { 0.0 } else { finite(off2 / want2.max(f64::MIN_POSITIVE)) };
    let relative = (relative2 / large.max(1) as f64).sqrt();
    // No more bits than an f64 has.
    m.effective_bits = if relative == 0.0 { 53.0 } else { (-relative.log2()).clamp(0.0, 53.0) };
    m.max_abs = finite(m.max_abs);
    m.max_rel = finite(m.max_rel);
    m
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ulps_of_each_type() {
        assert_eq!(ulp(DType::F32, 1.0), 2f64.powi(-23));
        assert_eq!(ulp(DType::F32, 0.0), 2f64.powi(-149));
        assert_eq!(ulp(DType::F16, 1.99), 2f64.powi(-10));
        assert_eq!(ulp(DType::F16, 1e-7), 2f64.powi(-24));
        assert_eq!(ulp(DType::BF16, -256.0), 2.0);
    }

    #[test]
    fn metrics_of_a_known_error() {
        // bf16 around 1: one exact, one off by 1 unit, one by 4 units, one small.
        let want = [1.0, 1.0, 1.0, 0.001];
        let got = [1.0, 1.0078125, 1.03125, 0.001];
        let m = measure(DType::BF16, &got, &want, &[0, 1, 2, 3]);
        assert_eq!(m.max_abs, 0.03125);
        assert_eq!(m.max_rel, 0.03125);
        assert_eq!(&m.ulp_histogram[..4], [1, 2, 0, 1], "0.001 itself is 1 unit from its bf16 neighbour");
        let e = errors(DType::BF16, &got, &want, &[0, 1, 2, 3]);
        assert_eq!((e.mare, e.mere), (0.03125, (0.0078125 + 0.03125) / 3.0));
        assert_eq!((e.small, e.small_errors), (1, 0));
        assert_eq!(m.effective_bits, -((0.0078125f64.powi(2) + 0.03125f64.powi(2)) / 3.0).sqrt().log2());
    }

    #[test]
    fn ratios_stay_finite() {
        assert_eq!(ratio(0.0, 0.0), 1.0);
        assert!(ratio(1.0, 0.0).is_finite());
        assert_eq!(ratio(f64::NAN, 1.0), f64::MAX);
    }
}
