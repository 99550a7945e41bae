//! Oracle of [`Softmax`].

use ascend_hal::Result;
use ascend_hal::ops::Softmax;

use crate::{Output, Rounding, read};

/// `y = exp(x - m) / sum exp(x - m)` over the last dimension.
pub(super) fn softmax(op: &Softmax, r: Rounding) -> Result<Vec<Output>> {
    let x = read::<ndarray::IxDyn>(&op.x)?;
    let mut y = Vec::with_capacity(x.len());
    for row in x.rows() {
        let m = row.iter().fold(f64::NEG_INFINITY, |m, &x| if x.is_nan() { x } else { m.max(x) });
        let e: Vec<f64> = row.iter().map(|&x| r.f32((x - m).exp())).collect();
        let sum = r.sum(e.iter().copied());
        y.extend(e.iter().map(|&e| r.to(op.y.dtype(), r.f32(e / sum))));
    }
    Ok(vec![Output::float("y", &op.y, y)])
}
