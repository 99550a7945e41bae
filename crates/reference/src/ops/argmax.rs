//! Oracle of [`ArgMax`].

use ascend_hal::Result;
use ascend_hal::ops::ArgMax;

use crate::{Output, Rounding, read};

/// The first NaN of a row; without one, the first element that no other exceeds.
pub(super) fn argmax(op: &ArgMax, _r: Rounding) -> Result<Vec<Output>> {
    let x = read::<ndarray::IxDyn>(&op.x)?;
    let y = x.rows().into_iter().map(|row| {
        let nan = row.iter().position(|x| x.is_nan());
        let best = row.iter().fold(f64::NEG_INFINITY, |m, &x| m.max(x));
        nan.or_else(|| row.iter().position(|&x| x == best)).unwrap_or(0) as i64
    });
    Ok(vec![Output::int("y", &op.y, y.collect())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Precision, Values};
    use ascend_hal::{DType, host};

    #[test]
    fn rows_by_hand() {
        const N: f32 = f32::NEG_INFINITY;
        let x = [1., 3., 3., N, N, N, 1., f32::NAN, f32::INFINITY, -0., 0., -1.];
        let op = ArgMax::new(host::tensor(&x, [4, 3]).unwrap(), host::zeros(DType::I32, [4]).unwrap());
        assert_eq!(argmax(&op, Rounding(Precision::Exact)).unwrap()[0].values, Values::Int(vec![1, 0, 1, 0]));
    }
}
