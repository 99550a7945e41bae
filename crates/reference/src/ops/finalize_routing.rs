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
