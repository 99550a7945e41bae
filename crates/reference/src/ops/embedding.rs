//! Oracle of [`Embedding`].

use ascend_hal::ops::Embedding;
use ascend_hal::{Result, host};

use crate::{Output, Rounding, read};

/// `y[t] = weight[ids[t] - first_id]`, zeros for ids of other shards.
pub(super) fn embedding(op: &Embedding, _r: Rounding) -> Result<Vec<Output>> {
    let weight = read::<ndarray::Ix2>(&op.weight)?;
    let mut y = Vec::with_capacity(op.y.numel());
    for (t, id) in host::to_i64(&op.ids)?.into_iter().enumerate() {
        match op.row(t, id)? {
            Some(row) => y.extend(weight.row(row)),
            None => y.extend(std::iter::repeat_n(0.0, weight.ncols())),
        }
    }
    Ok(vec![if op.y.dtype().is_float() {
        Output::float("y", &op.y, y)
    } else {
        Output::int("y", &op.y, y.into_iter().map(|x| x as i64).collect())
    }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Precision, Values};
    use ascend_hal::{DType, Error};

    #[test]
    fn rows_of_a_shard_by_hand() {
        let weight = host::tensor(&[1f32, 2., 3., 4.], [2, 2]).unwrap();
        let call = |ids: &[i64]| {
            let y = host::zeros(DType::F32, [ids.len(), 2]).unwrap();
            Embedding::new(weight.clone(), host::tensor(ids, [ids.len()]).unwrap(), y).with_shard(10, 20)
        };
        let y = embedding(&call(&[11, 10, 11, 3, 12]), Rounding(Precision::Exact)).unwrap();
        assert_eq!(y[0].values, Values::Float(vec![3., 4., 1., 2., 3., 4., 0., 0., 0., 0.]));
        for bad in [-1, 20] {
            let e = embedding(&call(&[10, bad]), Rounding(Precision::Exact));
            assert!(matches!(e, Err(Error::Value { argument: "ids", .. })), "{e:?}");
        }
    }
}
