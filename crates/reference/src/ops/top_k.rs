//! Oracle of [`TopK`].

use std::cmp::Ordering;

use ascend_hal::Result;
use ascend_hal::ops::TopK;

use crate::{Output, Rounding, read};

/// By value, NaN above everything and equal to itself; -0 equals 0.
fn by_value(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Each row sorted (stably, so that ties stay in the order of their indices), and the first `k` of it.
pub(super) fn top_k(op: &TopK, _r: Rounding) -> Result<Vec<Output>> {
    let x = read::<ndarray::IxDyn>(&op.x)?;
    let (mut values, mut indices) = (Vec::new(), Vec::new());
    for row in x.rows() {
        let mut order: Vec<usize> = (0..row.len()).collect();
        order.sort_by(|&i, &j| if op.largest { by_value(row[j], row[i]) } else { by_value(row[i], row[j]) });
        values.extend(order[..op.k].iter().map(|&i| row[i]));
        indices.extend(order[..op.k].iter().map(|&i| i as i64));
    }
    Ok(vec![Output::float("values", &op.values, values), Output::int("indices", &op.indices, indices)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Precision, Values};
    use ascend_hal::{DType, host};

    fn indices(x: &[f32], k: usize, largest: bool) -> Values {
        let x = host::tensor(x, [1, x.len()]).unwrap();
        let mut op = TopK::new(x, k, host::zeros(DType::F32, [1, k]).unwrap(), host::zeros(DType::I32, [1, k]).unwrap());
        op.largest = largest;
        top_k(&op, Rounding(Precision::Exact)).unwrap().remove(1).values
    }

    #[test]
    fn ties_go_to_the_lower_index_both_ways() {
        assert_eq!(indices(&[1., 3., 2., 3., 1.], 3, true), Values::Int(vec![1, 3, 2]));
        assert_eq!(indices(&[1., 3., 2., 3., 1.], 4, false), Values::Int(vec![0, 4, 2, 1]));
        assert_eq!(indices(&[-0., 0., -0.], 2, true), Values::Int(vec![0, 1]));
    }

    #[test]
    fn nan_is_the_largest() {
        let x = [1., f32::NAN, f32::INFINITY, f32::NAN];
        assert_eq!(indices(&x, 3, true), Values::Int(vec![1, 3, 2]));
        assert_eq!(indices(&x, 3, false), Values::Int(vec![0, 2, 1]));
    }
}
