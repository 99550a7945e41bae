//! Oracle of [`MoeExperts`].

use ascend_hal::ops::{MoeExperts, check_expert_ids};
use ascend_hal::{DType, OpKind, Result, host};
use ndarray::Ix2;

use super::activation::gated;
use super::matmul::Product;
use super::quantize::quantize_row;
use crate::{Output, Rounding, read};

/// `y[t] = sum_s weights[t, s] * (glu(x[t] @ gate_up[e] + gate_up_bias[e]) @ down[e] + down_bias[e])`, `e = ids[t, s]`.
pub(super) fn moe_experts(op: &MoeExperts, r: Rounding) -> Result<Vec<Output>> {
    let ids = host::to_vec::<i32>(&op.ids)?;
    check_expert_ids(OpKind::MoeExperts, &ids, op.experts)?;
    let (tokens, hidden, k) = (op.x.dim(0), op.x.dim(1), op.ids.dim(1));
    let (inner, dtype) = (op.down.data.dim(1), op.x.dtype());
    let weights = read::<Ix2>(&op.weights)?;

    // (token, slot, local expert) of each pair that adds something.
    let local = op.local();
    let pair = |at: usize| Some((at / k, at % k, ids[at] as usize)).filter(|(_, _, id)| local.contains(id));
    let pairs: Vec<_> = (0..tokens * k).filter_map(pair).map(|(t, s, id)| (t, s, id - local.start)).collect();

    let gate_up = product(op, host::to_f64(&op.x)?, hidden, r, |x, codes, scale| {
        Product::of_rows(x, codes, scale, &op.gate_up, op.gate_up_bias.as_ref())
    })?;
    // Until they are codes, quantised activations stay in f32.
    let between = if op.quantize_activations { DType::F32 } else { dtype };
    let mut activated = Vec::with_capacity(pairs.len() * inner);
    for &(t, _, e) in &pairs {
        let values: Vec<f64> = gate_up.row(e, t, r).into_iter().map(|v| r.to(between, v)).collect();
        for i in 0..inner {
            let (gate, up) = if op.interleaved { (values[2 * i], values[2 * i + 1]) } else { (values[i], values[inner + i]) };
            activated.push(r.to(between, gated(op.glu, gate, up, r)));
        }
    }
    let down = product(op, activated, inner, r, |x, codes, scale| Product::of_rows(x, codes, scale, &op.down, op.down_bias.as_ref()))?;
    let mut y = vec![0.0; tokens * hidden];
    for (row, &(t, s, e)) in pairs.iter().enumerate() {
        for (y, value) in y[t * hidden..][..hidden].iter_mut().zip(down.row(e, row, r)) {
            *y = r.f32(*y + weights[[t, s]] * r.to(dtype, value));
        }
    }
    Ok(vec![Output::float("y", &op.y, y.into_iter().map(|y| r.to(op.y.dtype(), y)).collect())])
}

/// A product of these rows, which are quantised first if the op says so.
fn product(
    op: &MoeExperts,
    rows: Vec<f64>,
    width: usize,
    r: Rounding,
    of: impl Fn(Vec<f64>, bool, Option<Vec<f64>>) -> Result<Product>,
) -> Result<Product> {
    if !op.quantize_activations {
        return of(rows, false, None);
    }
    let (mut all, mut scales) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows.chunks(width) {
        let (scale, codes) = quantize_row(row, r);
        scales.push(scale);
        // Codes are integers by contract, not by want of precision: also the exact result has them.
        all.extend(codes.into_iter().map(|code| r.code(code)));
    }
    of(all, true, Some(scales))
}

#[cfg(test)]
mod tests {
    use ascend_hal::OpCall;
    use ascend_hal::ops::{GluKind, Weight};

    use super::*;
    use crate::{Precision, Values};

    /// One token of one value, 2; expert 0 has gate 1 and up 3, expert 1 gate 0 and up 1; down 5 and 7.
    fn op(ids: [i32; 2]) -> MoeExperts {
        let gate_up = Weight::nk(host::tensor(&[1f32, 3.0, 0.0, 1.0], [2, 2, 1]).unwrap()).unwrap();
        let down = Weight::nk(host::tensor(&[5f32, 7.0], [2, 1, 1]).unwrap()).unwrap();
        let (x, weights) = (host::tensor(&[2f32], [1, 1]).unwrap(), host::tensor(&[0.5f32, 9.0], [1, 2]).unwrap());
        let ids = host::tensor(&ids, [1, 2]).unwrap();
        MoeExperts::new(x, ids, weights, gate_up, down, host::zeros(DType::F32, [1, 1]).unwrap())
    }

    fn run(op: MoeExperts) -> f64 {
        match crate::run(&OpCall::MoeExperts(op), Precision::Exact).unwrap().remove(0).values {
            Values::Float(y) => y[0],
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn moe_experts_weighs_each_experts_result() {
        // silu(2) * 6 * 5 / 2; silu(0) = 0.
        assert!((run(op([0, 1])) - 26.423_912_339_336_46).abs() < 1e-9);
        // An id that is no expert adds nothing.
        assert!((run(op([0, 2])) - 26.423_912_339_336_46).abs() < 1e-9);
        // As the only local expert of three, expert 1 is the first of these two.
        assert!((run(op([1, 0]).with_expert_range(1, 3)) - 26.423_912_339_336_46).abs() < 1e-9);
    }

    #[test]
    fn moe_experts_biases_are_weighted() {
        let (first, second) = (host::tensor(&[-100f32, 0.0, -100.0, 1.0], [2, 2]).unwrap(), host::tensor(&[0f32, 1.0], [2, 1]).unwrap());
        let clamped = GluKind::SwigluClamped { limit: 7.0, alpha: 1.0, up_bias: 1.0 };
        // Gates far below 0 leave the biases of the down product: 1 * 9.
        assert_eq!(run(op([0, 1]).with_biases(first, second).with_glu(clamped)), 9.0);
    }
}
