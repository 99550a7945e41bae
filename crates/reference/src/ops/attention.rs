//! Oracle of [`Attention`].

use ascend_hal::ops::{Attention, KeyRows, KvSource};
use ascend_hal::{DType, Result, TensorView, host};
use ndarray::{Array3, ArrayView1, Axis, Ix1, Ix2, Ix3, Ix4};

use crate::{Output, Rounding, ints, read};

/// `out = softmax(scale * q k^T) v` over the keys that each query sees.
pub(super) fn attention(op: &Attention, r: Rounding) -> Result<Vec<Output>> {
    let seq = op.sequences(host::to_i64)?;
    let q = read::<Ix3>(&op.q)?;
    let (k, v) = (key_rows(&op.kv, op.kv.k())?, key_rows(&op.kv, op.kv.v())?);
    let mask = op.mask.as_ref().map(ints::<Ix2>).transpose()?;
    let sinks = op.sinks.as_ref().map(read::<Ix1>).transpose()?;
    let per_group = op.q.dim(1) / op.kv.heads();

    let mut rows = Rows::new(op.out.dtype(), &op.out);
    for (b, queries) in seq.queries.iter().enumerate() {
        let (s_len, l_len) = (queries.len() as i64, seq.keys.len(b) as i64);
        for t in queries.clone() {
            let p = l_len - s_len + (t - queries.start) as i64;
            let sees = |j: i64| match (&mask, op.causal, op.window) {
                (Some(mask), ..) => mask[[t, j as usize]] != 0,
                (None, true, window) => j <= p && window.is_none_or(|w| p - j < w as i64),
                (None, false, _) => true,
            };
            let seen = keys_seen(&seq.keys, b, sees);
            for h in 0..op.q.dim(1) {
                let g = h / per_group;
                let logit = |&row: &usize| {
                    let x = r.f32(r.dot(head(&q, t, h).iter().copied(), head(&k, row, g).iter().copied()) * f64::from(op.scale));
                    match op.softcap.map(f64::from) {
                        None => x,
                        Some(c) => r.f32(c * r.f32(r.f32(x / c).tanh())),
                    }
                };
                let logits: Vec<f64> = seen.iter().map(logit).collect();
                let sink = sinks.as_ref().map(|z| z[h]);
                rows.push(r, &logits, sink, seen.iter().map(|&row| head(&v, row, g)), v.dim().2);
            }
        }
    }
    rows.outputs(&op.out, op.lse.as_deref())
}

/// Keys or values as rows `[rows, Hkv, D]`, pages counted through.
fn key_rows(kv: &KvSource, view: &TensorView) -> Result<Array3<f64>> {
    match kv {
        KvSource::Packed { .. } => read::<Ix3>(view),
        KvSource::Paged { .. } => {
            let x = read::<Ix4>(view)?;
            let (pages, p, heads, d) = x.dim();
            Ok(Array3::from_shape_fn((pages * p, heads, d), |(row, h, i)| x[[row / p, row % p, h, i]]))
        }
    }
}

/// Head `head` of row `row`.
pub(super) fn head(x: &Array3<f64>, row: usize, head: usize) -> ArrayView1<'_, f64> {
    x.index_axis(Axis(0), row).index_axis_move(Axis(0), head)
}

/// The rows of the keys of sequence `b` that a query sees.
pub(super) fn keys_seen(keys: &KeyRows, b: usize, sees: impl Fn(i64) -> bool) -> Vec<usize> {
    (0..keys.len(b)).filter(|&j| sees(j as i64)).map(|j| keys.row(b, j)).collect()
}

/// Results of the rows computed so far, in the order of the outputs' rows.
pub(super) struct Rows {
    dtype: DType,
    out: Vec<f64>,
    lse: Vec<f64>,
}

impl Rows {
    pub(super) fn new(dtype: DType, out: &TensorView) -> Self {
        Self { dtype, out: Vec::with_capacity(out.numel()), lse: Vec::new() }
    }

    /// One head of one query: `logits` and `values` of the keys it sees.
    pub(super) fn push<'v>(
        &mut self,
        r: Rounding,
        logits: &[f64],
        sink: Option<f64>,
        values: impl Iterator<Item = ArrayView1<'v, f64>> + Clone,
        dv: usize,
    ) {
        let largest = logits.iter().chain(&sink).fold(f64::NEG_INFINITY, |m, &s| m.max(s));
        let m = if largest == f64::NEG_INFINITY { 0.0 } else { largest };
        let exp = |s: f64| r.f32(r.f32(s - m).exp());
        let e: Vec<f64> = logits.iter().map(|&s| exp(s)).collect();
        let sum = r.sum(e.iter().copied().chain(sink.map(exp)));
        if sum == 0.0 {
            self.out.extend(std::iter::repeat_n(0.0, dv));
            self.lse.push(f64::NEG_INFINITY);
            return;
        }
        for d in 0..dv {
            let weighted = r.dot(e.iter().copied(), values.clone().map(|v| v[d]));
            self.out.push(r.to(self.dtype, r.f32(weighted / sum)));
        }
        self.lse.push(r.f32(m + r.f32(sum.ln())));
    }

    /// The outputs, rows beyond the last computed one unwritten.
    pub(super) fn outputs(self, out: &TensorView, lse: Option<&TensorView>) -> Result<Vec<Output>> {
        let partly = |name, view: &TensorView, mut values: Vec<f64>| {
            let mut written = vec![true; values.len()];
            values.resize(view.numel(), 0.0);
            written.resize(view.numel(), false);
            Output::float(name, view, values).written(written)
        };
        let mut outputs = vec![partly("out", out, self.out)];
        outputs.extend(lse.map(|lse| partly("lse", lse, self.lse)));
        Ok(outputs)
    }
}

#[cfg(test)]
mod tests {
    use ascend_hal::ops::Lengths;
    use ascend_hal::{TensorViewMut, host};

    use super::*;
    use crate::{Precision, Values};

    fn tensor(values: &[f32], shape: impl Into<ascend_hal::Dims>) -> TensorView {
        host::tensor(values, shape).unwrap()
    }

    fn lens(values: &[i32]) -> Lengths {
        Lengths::new(host::tensor(values, [values.len()]).unwrap())
    }

    fn zeros(shape: impl Into<ascend_hal::Dims>) -> TensorViewMut {
        host::zeros(DType::F32, shape).unwrap()
    }

    /// One head of width 1; key `j` is 0, so that every key seen has the same weight, and its value is `10^j`.
    fn call(s: usize, l: usize) -> Attention {
        let v: Vec<f32> = (0..l).map(|j| 10f32.powi(j as i32)).collect();
        let kv = KvSource::Packed { k: tensor(&vec![0.0; l], [l, 1, 1]), v: tensor(&v, [l, 1, 1]) };
        let q = tensor(&vec![1.0; s], [s, 1, 1]);
        Attention::new(q, kv, lens(&[0, s as i32]), lens(&[0, l as i32]), 1.0, zeros([s, 1, 1])).with_lse(zeros([s, 1]))
    }

    fn result(op: &Attention) -> (Vec<f64>, Vec<f64>) {
        let mut outputs = attention(op, Rounding(Precision::Exact)).unwrap().into_iter().map(|o| match o.values {
            Values::Float(x) => x,
            Values::Int(_) => panic!("not a float"),
        });
        (outputs.next().unwrap(), outputs.next().unwrap_or_default())
    }

    #[test]
    fn causal_is_bottom_right_aligned() {
        let (out, lse) = result(&call(2, 3));
        assert_eq!(out, [11.0 / 2.0, 111.0 / 3.0]);
        assert_eq!(lse, [2f64.ln(), 3f64.ln()]);
    }

    #[test]
    fn rows_before_the_first_key_are_zero() {
        let (out, lse) = result(&call(3, 2));
        assert_eq!(out, [0.0, 1.0, 5.5]);
        assert_eq!(lse[0], f64::NEG_INFINITY);
    }

    #[test]
    fn window_counts_its_own_place() {
        assert_eq!(result(&call(3, 3).with_window(2)).0, [1.0, 5.5, 55.0]);
        assert_eq!(result(&call(3, 3).with_window(1)).0, [1.0, 10.0, 100.0]);
    }

    #[test]
    fn mask_replaces_causal() {
        let mask = host::tensor(&[0u8, 1, 1, 0, 0, 0], [2, 3]).unwrap();
        let (out, lse) = result(&call(2, 3).with_mask(mask));
        assert_eq!((out, lse), (vec![55.0, 0.0], vec![2f64.ln(), f64::NEG_INFINITY]));
    }

    #[test]
    fn sinks_count_in_the_denominator() {
        let sinks = tensor(&[0.0], [1]);
        let (out, lse) = result(&call(3, 2).with_sinks(sinks));
        assert_eq!(out, [0.0, 0.5, 11.0 / 3.0]);
        assert_eq!(lse, [0.0, 2f64.ln(), 3f64.ln()]);
    }

    #[test]
    fn weights_follow_the_logits_after_scale_and_softcap() {
        // Logits 2 * 0.5 * (0, ln 3 / 1) without cap: weights 1/4 and 3/4.
        let kv = KvSource::Packed { k: tensor(&[0.0, 3f32.ln()], [2, 1, 1]), v: tensor(&[4.0, 8.0], [2, 1, 1]) };
        let q = tensor(&[2.0], [1, 1, 1]);
        let op = Attention::new(q, kv, lens(&[0, 1]), lens(&[0, 2]), 0.5, zeros([1, 1, 1]));
        assert!((result(&op).0[0] - 7.0).abs() < 1e-6);
        let x = f64::from(3f32.ln());
        let w = (0.5 * (x / 0.5).tanh()).exp();
        let capped = result(&op.with_softcap(0.5)).0[0];
        assert!((capped - (4.0 + 8.0 * w) / (1.0 + w)).abs() < 1e-12, "{capped}");
    }

    #[test]
    fn heads_share_keys_in_groups_and_pages_are_followed() {
        // Page 1 holds the two keys; page 0 is junk. Value of kv head g is g.
        let nan = f32::NAN;
        let k = tensor(&[nan, nan, nan, nan, 0.0, 0.0, 0.0, 0.0], [2, 2, 2, 1]);
        let v = tensor(&[nan, nan, nan, nan, 0.0, 1.0, 0.0, 1.0], [2, 2, 2, 1]);
        let table = host::tensor(&[1i32, -1], [1, 2]).unwrap();
        let kv = KvSource::Paged { k, v, table };
        let op = Attention::new(tensor(&[1.0; 8], [2, 4, 1]), kv, lens(&[0, 1]), lens(&[0, 2]), 1.0, zeros([2, 4, 1]));
        let outputs = attention(&op, Rounding(Precision::Exact)).unwrap();
        assert_eq!(outputs[0].values, Values::Float(vec![0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]));
        assert_eq!(outputs[0].written, [true, true, true, true, false, false, false, false]);
    }

    #[test]
    fn infinite_logits_have_no_weight_or_spoil_the_row() {
        let inf = f32::INFINITY;
        let one = |k: &[f32]| {
            let n = k.len();
            let kv = KvSource::Packed { k: tensor(k, [n, 1, 1]), v: tensor(&vec![5.0; n], [n, 1, 1]) };
            let op = Attention::new(tensor(&[1.0], [1, 1, 1]), kv, lens(&[0, 1]), lens(&[0, n as i32]), 1.0, zeros([1, 1, 1]));
            let (out, lse) = result(&op.with_lse(zeros([1, 1])));
            (out[0], lse[0])
        };
        assert_eq!(one(&[-inf, 0.0]), (5.0, 0.0));
        assert_eq!(one(&[-inf, -inf]), (0.0, f64::NEG_INFINITY));
        let (out, lse) = one(&[inf, 0.0]);
        assert!(out.is_nan() && lse.is_nan());
    }
}
