//! Oracle of [`InitRouting`].

use ascend_hal::ops::{InitRouting, check_expert_ids};
use ascend_hal::{DType, OpKind, Result, host};
use ndarray::{Ix1, Ix2};

use super::quantize::quantize_row;
use crate::{Aside, Output, Rounding, read};

/// Each local expert's pairs in the order of their numbers, one expert behind the other.
pub(super) fn init_routing(op: &InitRouting, r: Rounding) -> Result<Vec<Output>> {
    let x = read::<Ix2>(&op.x)?;
    let ids = host::to_vec::<i32>(&op.ids)?;
    check_expert_ids(OpKind::InitRouting, &ids, op.experts)?;
    let (tokens, hidden, k) = (x.nrows(), x.ncols(), op.ids.dim(1));

    let mut pairs: Vec<Vec<usize>> = vec![vec![]; op.local.len()];
    for flat in 0..tokens * k {
        let (token, slot) = op.order.pair(flat, tokens, k);
        let id = ids[token * k + slot] as usize;
        if op.local.contains(&id) {
            pairs[id - op.local.start].push(flat);
        }
    }
    let before_drop: Vec<i64> = pairs.iter().map(|p| p.len() as i64).collect();
    if let Some(capacity) = op.capacity {
        pairs.iter_mut().for_each(|p| p.truncate(capacity));
    }
    let counts: Vec<i64> = pairs.iter().map(|p| p.len() as i64).collect();
    let cumulative = counts
        .iter()
        .scan(0, |sum, &n| {
            *sum += n;
            Some(*sum)
        })
        .collect();

    // (local expert, pair) of each row.
    let mut held: Vec<Option<(usize, usize)>> = vec![None; op.rows.dim(0)];
    let mut next = 0;
    for (e, pairs) in pairs.iter().enumerate() {
        let start = op.capacity.map_or(next, |capacity| e * capacity);
        for (place, &flat) in pairs.iter().enumerate() {
            held[start + place] = Some((e, flat));
        }
        next += pairs.len();
    }
    let mut flat_to_row = vec![-1; tokens * k];
    for (row, (_, flat)) in held.iter().enumerate().filter_map(|(row, held)| held.map(|h| (row, h))) {
        flat_to_row[flat] = row as i64;
    }
    let row_to_flat = held.iter().map(|held| held.map_or(-1, |(_, flat)| flat as i64)).collect();

    let (mut rows, mut scales, mut written) = (Vec::new(), Vec::new(), Vec::new());
    for held in &held {
        // Without a pair: zeros in a capacity buffer, else not written.
        written.push(held.is_some() || op.capacity.is_some());
        let row = match *held {
            None => vec![0.0; hidden],
            Some((_, flat)) => x.row(op.order.pair(flat, tokens, k).0).to_vec(),
        };
        if op.row_scale.is_none() {
            rows.extend(row);
            continue;
        }
        let smooth = held.map_or(Ok(vec![1.0; hidden]), |(e, _)| smooth(op, e, hidden))?;
        let (scale, codes) = quantize_row(&row.iter().zip(smooth).map(|(x, f)| r.f32(x * f)).collect::<Vec<_>>(), r);
        scales.push(scale);
        rows.extend(codes);
    }

    let each = written.iter().flat_map(|&w| std::iter::repeat_n(w, hidden)).collect();
    let aside = if op.rows.dtype() == DType::I8 { Aside::Unrounded } else { Aside::None };
    let mut outputs = vec![Output::float("rows", &op.rows, rows).written(each).aside(aside)];
    outputs.extend(op.row_scale.iter().map(|view| Output::float("row_scale", view, scales.clone()).written(written.clone())));
    outputs.push(Output::int("flat_to_row", &op.flat_to_row, flat_to_row));
    for (name, view, values) in [
        ("row_to_flat", &op.row_to_flat, row_to_flat),
        ("counts", &op.counts, counts),
        ("cumulative", &op.cumulative, cumulative),
        ("counts_before_drop", &op.counts_before_drop, before_drop),
    ] {
        outputs.extend(view.iter().map(|view| Output::int(name, view, values.clone())));
    }
    Ok(outputs)
}

/// Smoothing factors of local expert `e`.
fn smooth(op: &InitRouting, e: usize, hidden: usize) -> Result<Vec<f64>> {
    match &op.smooth {
        None => Ok(vec![1.0; hidden]),
        Some(view) if view.rank() == 1 => Ok(read::<Ix1>(view)?.to_vec()),
        Some(view) => Ok(read::<Ix2>(view)?.row(e).to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use ascend_hal::{OpCall, TensorViewMut, host};

    use super::*;
    use crate::{Precision, Values};

    fn zeros(dtype: DType, shape: &[usize]) -> TensorViewMut {
        host::zeros(dtype, ascend_hal::Dims::new(shape).unwrap()).unwrap()
    }

    /// Tokens 1 and 2; the first goes to experts 1 and 0, the second to expert 1 twice.
    fn op(rows: usize) -> InitRouting {
        let (x, ids) = (host::tensor(&[1f32, 2.0], [2, 1]).unwrap(), host::tensor(&[1i32, 0, 1, 1], [2, 2]).unwrap());
        InitRouting::new(x, ids, 2, zeros(DType::F32, &[rows, 1]), zeros(DType::I32, &[4])).with_cumulative(zeros(DType::I64, &[2]))
    }

    fn run(op: InitRouting) -> Vec<Output> {
        crate::run(&OpCall::InitRouting(op), Precision::Exact).unwrap()
    }

    fn ints(values: &[i64]) -> Values {
        Values::Int(values.to_vec())
    }

    #[test]
    fn init_routing_sorts_by_expert_and_keeps_pair_order() {
        let outputs = run(op(4));
        assert_eq!(outputs[0].values, Values::Float(vec![1.0, 1.0, 2.0, 2.0]));
        assert_eq!(outputs[1].values, ints(&[1, 0, 2, 3]));
        assert_eq!(outputs[2].values, ints(&[1, 4]));
    }

    #[test]
    fn init_routing_capacity_drops_later_pairs_and_fills_with_zeros() {
        let outputs = run(op(4).with_capacity(2));
        assert_eq!(outputs[0].values, Values::Float(vec![1.0, 0.0, 1.0, 2.0]));
        assert_eq!(outputs[1].values, ints(&[2, 0, 3, -1]));
        assert_eq!(outputs[2].values, ints(&[1, 3]));
    }

    #[test]
    fn init_routing_local_range_leaves_the_tail() {
        let outputs = run(InitRouting { cumulative: None, ..op(4) }.with_local(0..1));
        assert_eq!(outputs[0].written, [true, false, false, false]);
        assert_eq!(outputs[1].values, ints(&[-1, 0, -1, -1]));
    }

    #[test]
    fn init_routing_quantised_rows_fill_the_code_range() {
        let x = host::tensor(&[1f32, -4.0, 0.0, 0.0], [2, 2]).unwrap();
        let ids = host::tensor(&[0i32, 0], [2, 1]).unwrap();
        let op = InitRouting::new(x, ids, 1, zeros(DType::I8, &[2, 2]), zeros(DType::I32, &[2]));
        let smooth = host::tensor(&[1f32, 0.5], [2]).unwrap();
        let outputs = run(op.with_quantization(Some(smooth), zeros(DType::F32, &[2])));
        let (Values::Float(codes), Values::Float(scales)) = (&outputs[0].values, &outputs[1].values) else { panic!("{outputs:?}") };
        assert!((codes[0] - 63.5).abs() < 1e-4 && (codes[1] + 127.0).abs() < 1e-4, "{codes:?}");
        assert_eq!(codes[2..], [0.0, 0.0]);
        assert!((scales[0] - 2.0 / 127.0).abs() < 1e-9 && scales[1] == 0.0, "{scales:?}");
    }
}
