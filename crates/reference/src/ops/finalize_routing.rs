//! Oracle of [`FinalizeRouting`].

use ascend_hal::ops::FinalizeRouting;
use ascend_hal::{Result, host};
use ndarray::Ix2;

use crate::{Output, Rounding, read};

/// `y[t] = sum_s weights[t, s] * (rows[row(t, s)] + bias[ids[t, s]]) + skip[t]`.
pub(super) fn finalize_routing(op: &FinalizeRouting, r: Rounding) -> Result<Vec<Output>> {
    let rows = read::<Ix2>(&op.rows)?;
    let optional = |view: &Option<_>| view.as_ref().map(read::<Ix2>).transpose();
    let (weights, bias, skip) = (optional(&op.weights)?, optional(&op.bias)?, optional(&op.skip)?);
    let ids = op.ids.as_ref().map(host::to_vec::<i32>).transpose()?;
    let flat_to_row = host::to_vec::<i32>(&op.flat_to_row)?;
    op.check_rows(&flat_to_row)?;
    if let Some(ids) = &ids {
        op.check_ids(ids, &flat_to_row)?;
    }

    let (tokens, hidden, k) = (op.y.dim(0), op.y.dim(1), op.slots());
    let mut y = Vec::with_capacity(tokens * hidden);
    for t in 0..tokens {
        for h in 0..hidden {
            let mut sum = 0.0;
            for s in 0..k {
                let row = flat_to_row[op.order.flat(t, s, tokens, k)];
                if row == -1 {
                    continue;
                }
                let mut value = rows[[row as usize, h]];
                if let (Some(bias), Some(ids)) = (&bias, &ids) {
                    value = r.f32(value + bias[[ids[t * k + s] as usize, h]]);
                }
                sum = r.f32(sum + weights.as_ref().map_or(1.0, |w| w[[t, s]]) * value);
            }
            if let Some(skip) = &skip {
                sum = r.f32(sum + skip[[t, h]]);
            }
            y.push(r.to(op.y.dtype(), sum));
        }
    }
    Ok(vec![Output::float("y", &op.y, y)])
}

#[cfg(test)]
mod tests {
    use ascend_hal::ops::SlotOrder;
    use ascend_hal::{DType, OpCall};

    use super::*;
    use crate::{Precision, Values};

    fn op(flat_to_row: [i32; 4]) -> FinalizeRouting {
        let rows = host::tensor(&[1f32, 10.0, 100.0], [3, 1]).unwrap();
        FinalizeRouting::new(rows, host::tensor(&flat_to_row, [4]).unwrap(), host::zeros(DType::F32, [2, 1]).unwrap())
    }

    fn run(op: FinalizeRouting) -> Values {
        crate::run(&OpCall::FinalizeRouting(op), Precision::Exact).unwrap().remove(0).values
    }

    #[test]
    fn finalize_routing_weighs_biases_and_skips_dropped_pairs() {
        let weights = host::tensor(&[0.5f32, f32::NAN, 2.0, 3.0], [2, 2]).unwrap();
        let bias = host::tensor(&[0f32, 1000.0], [2, 1]).unwrap();
        // The dropped pair's id is none, which does not matter.
        let ids = host::tensor(&[0i32, 7, 1, 0], [2, 2]).unwrap();
        let skip = host::tensor(&[1f32, 2.0], [2, 1]).unwrap();
        let op = op([0, -1, 2, 1]).with_weights(weights).with_bias(bias, ids).with_skip(skip);
        assert_eq!(run(op), Values::Float(vec![1.5, 2232.0]));
    }

    #[test]
    fn finalize_routing_numbers_pairs_by_slot() {
        assert_eq!(run(op([0, 1, 2, -1])), Values::Float(vec![11.0, 100.0]));
        assert_eq!(run(op([0, 1, 2, -1]).with_order(SlotOrder::SlotMajor)), Values::Float(vec![101.0, 10.0]));
    }
}
