//! Oracle of [`KvCacheWrite`] and [`KvCacheGather`].

use ascend_hal::ops::{KvCacheGather, KvCacheWrite};
use ascend_hal::{Result, TensorView, host};

use crate::{Output, Rounding};

/// `cache[slots[t]] = row t` for slots that are not -1.
pub(super) fn kv_cache_write(op: &KvCacheWrite, _: Rounding) -> Result<Vec<Output>> {
    let targets = op.targets(&host::to_i64(&op.slots)?)?;
    let pairs = [("k_cache", Some(&op.k), Some(&op.k_cache)), ("v_cache", op.v.as_ref(), op.v_cache.as_ref())];
    let mut outputs = Vec::new();
    for (name, rows, cache) in pairs {
        let (Some(rows), Some(cache)) = (rows, cache) else { continue };
        let width: usize = rows.shape()[1..].iter().product();
        let moves = targets.iter().enumerate().filter_map(|(t, slot)| slot.map(|slot| (t, slot)));
        outputs.push(moved(name, rows, cache, width, moves)?);
    }
    Ok(outputs)
}

/// `out[cu[b] + i] = cache[table[b, i / P], i % P]`.
pub(super) fn kv_cache_gather(op: &KvCacheGather, _: Rounding) -> Result<Vec<Output>> {
    let keys = op.rows(host::to_i64)?;
    let width: usize = op.out.shape()[1..].iter().product();
    let moves = (0..keys.sequences()).flat_map(|b| (0..keys.len(b)).map(move |i| (b, i)));
    Ok(vec![moved("out", &op.cache, &op.out, width, moves.map(|(b, i)| (keys.row(b, i), keys.start(b) + i)))?])
}

/// What `to` holds after rows of `width` elements were copied: `(row of from, row of to)` each.
fn moved(
    name: &'static str,
    from: &TensorView,
    to: &TensorView,
    width: usize,
    moves: impl Iterator<Item = (usize, usize)>,
) -> Result<Output> {
    let mut written = vec![false; to.numel()];
    let element = |row: usize| row * width..(row + 1) * width;
    if from.dtype().is_float() {
        let (source, mut values) = (host::to_f64(from)?, vec![0.0; to.numel()]);
        for (a, b) in moves {
            values[element(b)].copy_from_slice(&source[element(a)]);
            written[element(b)].fill(true);
        }
        return Ok(Output::float(name, to, values).written(written));
    }
    let (source, mut values) = (host::to_i64(from)?, vec![0; to.numel()]);
    for (a, b) in moves {
        values[element(b)].copy_from_slice(&source[element(a)]);
        written[element(b)].fill(true);
    }
    Ok(Output::int(name, to, values).written(written))
}

#[cfg(test)]
mod tests {
    use ascend_hal::ops::Lengths;
    use ascend_hal::{DType, host};

    use super::*;
    use crate::{Precision, Values};

    #[test]
    fn rows_go_to_their_slots() {
        let k = host::tensor(&[1f32, 2.0, 3.0, 4.0, 5.0, 6.0], [3, 1, 2]).unwrap();
        let v = host::tensor(&[7i8, 8, 9], [3, 1, 1]).unwrap();
        let slots = host::tensor(&[3i64, -1, 0], [3]).unwrap();
        let (kc, vc) = (host::zeros(DType::F32, [2, 2, 1, 2]).unwrap(), host::zeros(DType::I8, [2, 2, 1, 1]).unwrap());
        let o = kv_cache_write(&KvCacheWrite::new(k, slots, kc).with_v(v, vc), Rounding(Precision::Exact)).unwrap();
        assert_eq!(o[0].values, Values::Float(vec![5.0, 6.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0]));
        assert_eq!(o[0].written, [true, true, false, false, false, false, true, true]);
        assert_eq!(o[1].values, Values::Int(vec![9, 0, 0, 7]));
    }

    #[test]
    fn pages_are_gathered_in_the_order_of_the_table() {
        let cache = host::tensor(&[0f32, 1.0, 2.0, 3.0, 4.0, 5.0], [3, 2, 1]).unwrap();
        let table = host::tensor(&[2i32, 0, 1, -1], [2, 2]).unwrap();
        let lens = Lengths::new(host::tensor(&[0i32, 3, 4], [3]).unwrap());
        let out = host::zeros(DType::F32, [5, 1]).unwrap();
        let o = kv_cache_gather(&KvCacheGather::new(cache, table, lens, out), Rounding(Precision::Exact)).unwrap();
        assert_eq!(o[0].values, Values::Float(vec![4.0, 5.0, 0.0, 2.0, 0.0]));
        assert_eq!(o[0].written, [true, true, true, true, false]);
    }
}
