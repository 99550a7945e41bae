//! Oracle of [`MlaDecode`] and [`MlaPrefill`].

use ascend_hal::ops::{MlaDecode, MlaPrefill};
use ascend_hal::{Result, TensorView, host};
use ndarray::{Array2, Ix2, Ix3};

use super::attention::{Rows, head, keys_seen};
use crate::{Output, Rounding, read};

/// `out = softmax(scale * (q_latent . latent + q_rope . rope)) @ latent`.
pub(super) fn mla_decode(op: &MlaDecode, r: Rounding) -> Result<Vec<Output>> {
    let seq = op.sequences(host::to_i64)?;
    let (q_latent, q_rope) = (read::<Ix3>(&op.q_latent)?, read::<Ix3>(&op.q_rope)?);
    let (latent, rope) = (slots(&op.latent_cache)?, slots(&op.rope_cache)?);
    let mut rows = Rows::new(op.out.dtype(), &op.out);
    for (b, queries) in seq.queries.iter().enumerate() {
        for t in queries.clone() {
            let p = seq.keys.len(b) as i64 - (queries.end - t) as i64;
            let seen = keys_seen(&seq.keys, b, |j| j <= p);
            for h in 0..op.q_latent.dim(1) {
                let q = || head(&q_latent, t, h).into_iter().chain(head(&q_rope, t, h)).copied();
                let key = |row: usize| latent.row(row).into_iter().chain(rope.row(row)).copied();
                let logits: Vec<f64> = seen.iter().map(|&row| r.f32(r.dot(q(), key(row)) * f64::from(op.scale))).collect();
                rows.push(r, &logits, None, seen.iter().map(|&row| latent.row(row)), latent.ncols());
            }
        }
    }
    rows.outputs(&op.out, op.lse.as_deref())
}

/// `out = softmax(scale * (q_nope . k_nope + q_rope . k_rope)) @ v`.
pub(super) fn mla_prefill(op: &MlaPrefill, r: Rounding) -> Result<Vec<Output>> {
    let seq = op.sequences(host::to_i64)?;
    let (q_nope, q_rope) = (read::<Ix3>(&op.q_nope)?, read::<Ix3>(&op.q_rope)?);
    let (k_nope, k_rope, v) = (read::<Ix3>(&op.k_nope)?, read::<Ix2>(&op.k_rope)?, read::<Ix3>(&op.v)?);
    let mut rows = Rows::new(op.out.dtype(), &op.out);
    for (b, queries) in seq.queries.iter().enumerate() {
        for t in queries.clone() {
            let p = seq.keys.len(b) as i64 - (queries.end - t) as i64;
            let seen = keys_seen(&seq.keys, b, |j| !op.causal || j <= p);
            for h in 0..op.q_nope.dim(1) {
                let q = || head(&q_nope, t, h).into_iter().chain(head(&q_rope, t, h)).copied();
                let key = |row: usize| head(&k_nope, row, h).into_iter().chain(k_rope.row(row)).copied();
                let logits: Vec<f64> = seen.iter().map(|&row| r.f32(r.dot(q(), key(row)) * f64::from(op.scale))).collect();
                rows.push(r, &logits, None, seen.iter().map(|&row| head(&v, row, h)), v.dim().2);
            }
        }
    }
    rows.outputs(&op.out, op.lse.as_deref())
}

/// A cache `[pages, P, C]` as `[slots, C]`.
fn slots(cache: &TensorView) -> Result<Array2<f64>> {
    let x = read::<Ix3>(cache)?;
    let (_, p, c) = x.dim();
    Ok(Array2::from_shape_fn((x.dim().0 * p, c), |(row, i)| x[[row / p, row % p, i]]))
}

#[cfg(test)]
mod tests {
    use ascend_hal::ops::{Lengths, MlaCache, MlaInputs, MlaQueries};
    use ascend_hal::{DType, host};

    use super::*;
    use crate::{Precision, Values};

    fn tensor(values: &[f32], shape: impl Into<ascend_hal::Dims>) -> TensorView {
        host::tensor(values, shape).unwrap()
    }

    fn lens(values: &[i32]) -> Lengths {
        Lengths::new(host::tensor(values, [values.len()]).unwrap())
    }

    fn first(outputs: Vec<Output>) -> Vec<f64> {
        match outputs.into_iter().next().map(|o| o.values) {
            Some(Values::Float(x)) => x,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn decode_adds_both_parts_and_returns_latents() {
        // Two speculative queries, two keys: the first query sees one key. Logits of the second: 2 * (1*0 + 0.5*0) = 0 and 2 * (1*0 + 0.5*ln 3) = ln 3.
        // Pages of one slot; the keys lie in pages 2 and 1.
        let q = MlaQueries { latent: tensor(&[1.0, 0.0, 1.0, 0.0], [2, 1, 2]), rope: tensor(&[0.5, 0.5], [2, 1, 1]) };
        let cache = MlaCache {
            latent: tensor(&[9.0, 9.0, 0.0, 8.0, 0.0, 4.0], [3, 1, 2]),
            rope: tensor(&[f32::NAN, 3f32.ln(), 0.0], [3, 1, 1]),
            table: host::tensor(&[2i32, 1], [1, 2]).unwrap(),
        };
        let out = host::zeros(DType::F32, [2, 1, 2]).unwrap();
        let op = MlaDecode::new(q, cache, lens(&[0, 2]), lens(&[0, 2]), 2.0, out);
        let got = first(mla_decode(&op, Rounding(Precision::Exact)).unwrap());
        assert_eq!(got[..3], [0.0, 4.0, 0.0]);
        assert!((got[3] - 7.0).abs() < 1e-6, "{got:?}");
    }

    #[test]
    fn prefill_shares_the_rope_part_between_heads() {
        let x = MlaInputs {
            q_nope: tensor(&[0.0, 1.0], [1, 2, 1]),
            q_rope: tensor(&[1.0, 0.0], [1, 2, 1]),
            k_nope: tensor(&[0.0, 0.0, 0.0, 0.0], [2, 2, 1]),
            k_rope: tensor(&[0.0, 3f32.ln()], [2, 1]),
            v: tensor(&[4.0, 4.0, 8.0, 8.0], [2, 2, 1]),
        };
        let op = MlaPrefill::new(x, lens(&[0, 1]), lens(&[0, 2]), 1.0, host::zeros(DType::F32, [1, 2, 1]).unwrap());
        let got = first(mla_prefill(&op, Rounding(Precision::Exact)).unwrap());
        assert!((got[0] - 7.0).abs() < 1e-6 && got[1] == 6.0, "{got:?}");
    }
}
