//! Places in a tensor, in the op's own terms.

use ascend_hal::ops::GroupList;
use ascend_hal::{OpCall, OpKind, TensorView, host};

/// Names of the last dimensions of an output; leading ones that are not listed are batches.
fn names(op: OpKind, output: &str) -> &'static [&'static str] {
    match (op, output) {
        (OpKind::Matmul, _) => &["row", "column"],
        (OpKind::GroupedMatmul, "y_scale") => &["row"],
        (OpKind::GroupedMatmul, _) => &["row", "column"],
        (OpKind::Gating, _) => &["token", "slot"],
        (OpKind::InitRouting, "rows") => &["row", "column"],
        (OpKind::InitRouting, "row_scale" | "row_to_flat") => &["row"],
        (OpKind::InitRouting, "flat_to_row") => &["pair"],
        (OpKind::InitRouting, _) => &["expert"],
        (OpKind::Attention, "lse") => &["query token", "head"],
        (OpKind::Attention, _) => &["query token", "head", "dim"],
        (OpKind::MlaDecode | OpKind::MlaPrefill, "lse") => &["query token", "head"],
        (OpKind::MlaDecode | OpKind::MlaPrefill, _) => &["query token", "head", "dim"],
        (OpKind::KvCacheWrite, _) => &["page", "place", "head", "dim"],
        (OpKind::KvCacheGather, _) => &["token", "head", "dim"],
        (OpKind::Rope, _) => &["token", "head", "dim"],
        (OpKind::Quantize, "scale") => &["token"],
        (OpKind::TopK, _) => &["row", "rank"],
        (OpKind::ArgMax, _) => &["row"],
        (OpKind::MoeExperts | OpKind::FinalizeRouting | OpKind::Embedding | OpKind::Norm | OpKind::Quantize | OpKind::Dequantize, _) => {
            &["token", "column"]
        }
        (OpKind::Activation | OpKind::Glu | OpKind::Softmax, _) => &["row", "column"],
        _ => &[],
    }
}

/// The index of element `flat` of a row-major shape.
pub(crate) fn index(shape: &[usize], mut flat: usize) -> Vec<usize> {
    let mut at = vec![0; shape.len()];
    for (i, &d) in at.iter_mut().zip(shape).rev() {
        *i = flat % d.max(1);
        flat /= d.max(1);
    }
    at
}

/// Where element `flat` of an output is: `y[5, 3] (row 5, expert 2, column 3)`.
pub(crate) fn place(call: &OpCall, output: &str, shape: &[usize], flat: usize) -> String {
    place_at(call, output, &index(shape, flat))
}

/// As [`place`], of the element with index `at`.
pub(crate) fn place_at(call: &OpCall, output: &str, at: &[usize]) -> String {
    let names = names(call.kind(), output);
    let first = at.len().saturating_sub(names.len());
    let mut words = Vec::new();
    for (i, place) in at.iter().enumerate() {
        match i.checked_sub(first).and_then(|i| names.get(i)) {
            // A shape with fewer dimensions than names keeps the last of them.
            Some(_) if names.len() > at.len() => words.push(format!("{} {place}", names[names.len() - at.len() + i])),
            Some(name) => words.push(format!("{name} {place}")),
            None if names.is_empty() => {}
            None if first == 1 => words.push(format!("batch {place}")),
            None => words.push(format!("batch dimension {i} at {place}")),
        }
    }
    if let Some(owner) = owner(call, output, at) {
        words.insert(words.len().min(1), owner);
    }
    let numbers: Vec<String> = at.iter().map(|i| i.to_string()).collect();
    let place = format!("{output}[{}]", numbers.join(", "));
    if words.is_empty() { place } else { format!("{place} ({})", words.join(", ")) }
}

/// The expert or sequence that a row belongs to, where the call's own lists say so.
fn owner(call: &OpCall, output: &str, at: &[usize]) -> Option<String> {
    let row = *at.first()?;
    match call {
        OpCall::GroupedMatmul(op) => {
            let list = host::to_i64(op.groups.view()).ok()?;
            let mut end = 0i64;
            let mut experts = match &op.groups {
                GroupList::Cumulative(_) => list.iter().copied().enumerate().map(|(e, end)| (e as i64, end)).collect::<Vec<_>>(),
                GroupList::Counts(_) => list.iter().enumerate().map(|(e, n)| (e as i64, running(&mut end, *n))).collect(),
                GroupList::Sparse(_) => list.as_chunks::<2>().0.iter().map(|&[e, n]| (e, running(&mut end, n))).collect(),
            }
            .into_iter();
            Some(experts.find(|&(_, end)| (row as i64) < end).map_or("beyond the groups".into(), |(e, _)| format!("expert {e}")))
        }
        OpCall::InitRouting(op) if matches!(output, "rows" | "row_scale" | "row_to_flat") => {
            let per_expert = op.capacity.filter(|&c| c > 0)?;
            Some(format!("expert {}, place {}", op.local.start + row / per_expert, row % per_expert))
        }
        OpCall::InitRouting(op) if output == "flat_to_row" => {
            let (tokens, k) = (op.ids.dim(0).max(1), op.ids.dim(1).max(1));
            Some(match op.order {
                ascend_hal::ops::SlotOrder::TokenMajor => format!("token {}, slot {}", row / k, row % k),
                ascend_hal::ops::SlotOrder::SlotMajor => format!("token {}, slot {}", row % tokens, row / tokens),
            })
        }
        OpCall::Attention(op) => sequence(&op.q_lens.cumulative, row),
        _ => None,
    }
}

fn running(sum: &mut i64, n: i64) -> i64 {
    *sum = sum.saturating_add(n);
    *sum
}

fn sequence(cumulative: &TensorView, row: usize) -> Option<String> {
    let ends = host::to_i64(cumulative).ok()?;
    let s = ends.iter().skip(1).position(|&end| (row as i64) < end);
    Some(s.map_or("beyond the sequences".into(), |s| format!("sequence {s}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ascend_hal::DType;
    use ascend_hal::ops::Softmax;

    #[test]
    fn places_are_named_in_the_ops_terms() {
        let x = host::zeros(DType::F32, [2, 3, 4]).unwrap();
        let call: OpCall = Softmax::new(x.view(), host::zeros(DType::F32, [2, 3, 4]).unwrap()).into();
        assert_eq!(place(&call, "y", &[2, 3, 4], 17), "y[1, 1, 1] (batch 1, row 1, column 1)");
        assert_eq!(place(&call, "y", &[4], 3), "y[3] (column 3)");
        assert_eq!(index(&[0, 3], 0), [0, 0]);
    }
}
