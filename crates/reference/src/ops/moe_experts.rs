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
        // Rounding to a code is a rounding point like any other.
        all.extend(codes.into_iter().map(|code| r.to(DType::I8, code)));
    }
    of(all, true, Some(scales))
}
