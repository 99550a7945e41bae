//! Order along a dimension: top-k, sort, argmax, and the filter of sampling.
//!
//! Where the vendor leaves the order of equal values open, the one with the lower index comes first. NaN is greater than every number.

use std::cmp::Ordering;

use ascend_sys::ffi::*;

use super::check::{FLOATS, invalid, lines};
use super::softmax::softmax;
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;

operators! {
    fn aclnnTopk(self_: T, k: i64, dim: i64, largest: bool, sorted: bool, valuesOut: MutT, indicesOut: MutT) = topk;
    fn aclnnSort(self_: T, stable: bool, dim: i64, descending: bool, valuesOut: MutT, indicesOut: MutT) = |x, _stable: bool, dim, descending, values, indices| {
        sort(x, dim, descending, Some(values), indices)
    };
    fn aclnnArgsort(self_: T, dim: i64, descending: bool, out: MutT) = |x, dim, descending, out| sort(x, dim, descending, None, out);
    fn aclnnArgMax(self_: T, dim: i64, keepdim: bool, out: MutT) = |x: Tensor, dim, keep, out| {
        x.of_type(TYPES)?;
        first_of_lines(x, dim, keep, true, None, out)
    };
    fn aclnnMaxDim(self_: T, dim: i64, keepdim: bool, out: MutT, indices: MutT) = |x, dim, keep, out, places| extreme(x, dim, keep, true, out, places);
    fn aclnnMinDim(self_: T, dim: i64, keepdim: bool, out: MutT, indices: MutT) = |x, dim, keep, out, places| extreme(x, dim, keep, false, out, places);
    fn aclnnApplyTopKTopP(logits: T, p: T, k: T, out: MutT) = top_k_top_p;
}

const TYPES: &[aclDataType] = &[ACL_FLOAT, ACL_FLOAT16, ACL_BF16, ACL_DOUBLE, ACL_INT8, ACL_UINT8, ACL_INT16, ACL_INT32, ACL_INT64];

/// Values that can be put in order: whole numbers exactly, NaN above all others.
enum Keys {
    Floats(Vec<f64>),
    Ints(Vec<i64>),
}

impl Keys {
    fn of(run: &Run<'_>, tensor: &Tensor) -> Outcome<Self> {
        if super::numeric::is_float(tensor.dtype()) { run.floats(tensor).map(Self::Floats) } else { run.ints(tensor).map(Self::Ints) }
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        match self {
            Self::Floats(values) => {
                let (a, b) = (values[a], values[b]);
                a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
            }
            Self::Ints(values) => values[a].cmp(&values[b]),
        }
    }

    /// Positions along a line, in order.
    fn order(&self, places: &[usize], descending: bool) -> Vec<usize> {
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by(|a, b| {
            let ascending = self.compare(places[*a], places[*b]);
            if descending { ascending.reverse() } else { ascending }
        });
        order
    }

    /// The position along a line where the greatest or the least comes first. NaN is both.
    fn first(&self, places: &[usize], greatest: bool) -> usize {
        let nan = match self {
            Self::Floats(values) => places.iter().position(|place| values[*place].is_nan()),
            Self::Ints(_) => None,
        };
        nan.unwrap_or_else(|| self.order(places, greatest)[0])
    }

    /// Stores the values at these places.
    fn put(&self, run: &Run<'_>, out: &Tensor, places: &[usize]) -> Outcome {
        match self {
            Self::Floats(values) => run.put_floats(out, &places.iter().map(|i| values[*i]).collect::<Vec<_>>()),
            Self::Ints(values) => run.put_ints(out, &places.iter().map(|i| values[*i]).collect::<Vec<_>>()),
        }
    }
}

fn topk(x: Tensor, k: i64, dim: i64, largest: bool, sorted: bool, values: Tensor, indices: Tensor) -> Outcome<Plan> {
    x.of_type(TYPES)?;
    values.of_type_of(&x)?;
    indices.of_type(&[ACL_INT64])?;
    let axis = x.axis(dim)?;
    let Some(count) = usize::try_from(k).ok().filter(|k| *k <= x.dim(axis)) else {
        return Err(invalid(format!("k: 0 to {} asked, {k} found", x.dim(axis))));
    };
    pick(x, axis, count, largest, sorted, Some(values), indices)
}

fn sort(x: Tensor, dim: i64, descending: bool, values: Option<Tensor>, indices: Tensor) -> Outcome<Plan> {
    if x.dtype() != ACL_BOOL {
        x.of_type(TYPES)?;
    }
    indices.of_type(&[ACL_INT64])?;
    if let Some(values) = &values {
        values.of_type_of(&x)?;
    }
    let axis = x.axis(dim)?;
    let count = x.dim(axis);
    pick(x, axis, count, descending, true, values, indices)
}

/// The first `count` of each line in order, or, without `sorted`, in the order of their indices.
fn pick(x: Tensor, axis: usize, count: usize, descending: bool, sorted: bool, values: Option<Tensor>, indices: Tensor) -> Outcome<Plan> {
    x.nd()?;
    let mut dims = x.dims().to_vec();
    if let Some(dim) = dims.get_mut(axis) {
        *dim = count;
    }
    for tensor in values.iter().chain([&indices]) {
        tensor.nd()?;
        tensor.of_shape(&dims)?;
    }
    if indices.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let keys = Keys::of(run, &x)?;
        let (mut picked, mut places) = (vec![0; indices.numel()], vec![0; indices.numel()]);
        for (from, to) in lines(x.dims(), axis).zip(lines(&dims, axis)) {
            let from: Vec<usize> = from.collect();
            let mut order = keys.order(&from, descending);
            order.truncate(count);
            if !sorted {
                order.sort_unstable();
            }
            for (to, i) in to.zip(order) {
                picked[to] = i as i64;
                places[to] = from[i];
            }
        }
        if let Some(values) = &values {
            keys.put(run, values, &places)?;
        }
        run.put_ints(&indices, &picked)
    }))
}

/// The greatest or the least of each line, and where it comes first.
fn extreme(x: Tensor, dim: i64, keep: bool, greatest: bool, out: Tensor, places: Tensor) -> Outcome<Plan> {
    // Other chips take INT32 too.
    x.of_type(&[ACL_FLOAT, ACL_FLOAT16, ACL_BF16, ACL_INT64, ACL_BOOL])?;
    out.of_type_of(&x)?;
    out.nd()?;
    out.of_shape_of(&places)?;
    first_of_lines(x, dim, keep, greatest, Some(out), places)
}

/// Where the greatest or the least of each line comes first, and perhaps what it is.
fn first_of_lines(x: Tensor, dim: i64, keep: bool, greatest: bool, values: Option<Tensor>, out: Tensor) -> Outcome<Plan> {
    x.nd()?;
    out.of_type(&[ACL_INT32, ACL_INT64])?;
    let axis = x.axis(dim)?;
    let mut dims = x.dims().to_vec();
    if keep {
        dims.iter_mut().skip(axis).take(1).for_each(|dim| *dim = 1);
    } else if !dims.is_empty() {
        dims.remove(axis);
    }
    out.of_shape(&dims)?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    x.not_empty()?;
    Ok(Plan::new(move |run| {
        let keys = Keys::of(run, &x)?;
        let (mut first, mut places) = (Vec::new(), Vec::new());
        for line in lines(x.dims(), axis) {
            let line: Vec<usize> = line.collect();
            let found = keys.first(&line, greatest);
            first.push(found as i64);
            places.push(line[found]);
        }
        if let Some(values) = &values {
            keys.put(run, values, &places)?;
        }
        run.put_ints(&out, &first)
    }))
}

/// Keeps the `k` greatest logits of each row, then the most likely of them until their probabilities exceed `p`; the others become -inf. One of `p` and `k` may
/// be null.
fn top_k_top_p(logits: Tensor, p: Option<Tensor>, k: Option<Tensor>, out: Tensor) -> Outcome<Plan> {
    logits.of_type(FLOATS)?;
    logits.of_rank(2..=2)?;
    out.of_type_of(&logits)?;
    out.of_shape_of(&logits)?;
    let (rows, columns) = (logits.dim(0), logits.dim(1));
    if p.is_none() && k.is_none() {
        return Err(crate::fault::Fault::refused(ACLNN_ERR_PARAM_NULLPTR, "p and k are null"));
    }
    if let Some(p) = &p {
        p.of_type_of(&logits)?;
        p.of_shape(&[rows])?;
    }
    if let Some(k) = &k {
        k.of_type(&[ACL_INT32])?;
        k.of_shape(&[rows])?;
    }
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let keys = Keys::of(run, &logits)?;
        let mut values = run.floats(&logits)?;
        let p = p.as_ref().map(|p| run.floats(p)).transpose()?;
        let k = k.as_ref().map(|k| run.ints(k)).transpose()?;
        for row in 0..rows {
            let places: Vec<usize> = (row * columns..(row + 1) * columns).collect();
            let order = keys.order(&places, false);
            let row = &mut values[places[0]..places[0] + columns];
            if let Some(k) = k.as_ref().map(|k| k[places[0] / columns]).filter(|k| (1..columns as i64).contains(k)) {
                // Everything below the k-th greatest goes; what equals it stays.
                let least = row[order[columns - k as usize]];
                row.iter_mut().filter(|v| **v < least).for_each(|v| *v = f64::NEG_INFINITY);
            }
            if let Some(p) = p.as_ref().map(|p| p[places[0] / columns]) {
                let chances = softmax(&order.iter().map(|i| row[*i]).collect::<Vec<_>>());
                let mut sum = 0.0;
                for (i, chance) in order.iter().zip(&chances).take(columns - 1) {
                    sum += chance;
                    if sum <= 1.0 - p {
                        row[*i] = f64::NEG_INFINITY;
                    }
                }
            }
        }
        run.put_floats(&out, &values)
    }))
}
