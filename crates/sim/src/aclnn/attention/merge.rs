//! Results over parts of the keys, put together.

use ascend_sys::ffi::*;

use super::{Plan, Tensor, operators};
use crate::aclnn::check::{FLOATS, invalid, tiling};
use crate::fault::{Fault, Outcome};

operators! {
    fn aclnnAttentionUpdate(lse: TL, localOut: TL, updateType: i64, out: MutT, lseOut: MutT) = attention_update;
    fn aclnnRingAttentionUpdate(
        prevAttnOut: T, prevSoftmaxMax: T, prevSoftmaxSum: T, curAttnOut: T, curSoftmaxMax: T, curSoftmaxSum: T, actualSeqQlenOptional: T,
        inputLayoutOptional: MutStr, attnOutOut: T, softmaxMaxOut: T, softmaxSumOut: T
    ) = |out0, max0, sum0, out1, max1, sum1, ends, layout, out, max, sum| ring_update([out0, out1, out], [max0, max1, max], [sum0, sum1, sum], ends, layout);
}

/// `lse = ln(sum exp(lse_i)); out = sum out_i * exp(lse_i - lse)`. A part whose lse is +inf has no result and is left out; where no part has one, NaN is left.
fn attention_update(lse: Vec<Tensor>, parts: Vec<Tensor>, kind: i64, out: Tensor, lse_out: Option<Tensor>) -> Outcome<Plan> {
    if lse.is_empty() || lse.len() > 128 || lse.len() != parts.len() {
        return Err(invalid(format!("lse and localOut: as many, 1 to 128, asked, {} and {} found", lse.len(), parts.len())));
    }
    out.of_type(FLOATS)?;
    out.of_rank(2..=2)?;
    let (rows, size) = (out.dim(0), out.dim(1));
    if !(8..=512).contains(&size) || !size.is_multiple_of(8) {
        return Err(out.invalid(format!("rows of a multiple of 8 elements, 8 to 512, asked, {size} found")));
    }
    for (lse, part) in lse.iter().zip(&parts) {
        lse.of_type(&[ACL_FLOAT])?;
        lse.of_shape(&[rows])?;
        part.of_type_of(&out)?;
        part.of_shape_of(&out)?;
    }
    match (kind, &lse_out) {
        (0, None) => {}
        (0, Some(lse)) => return Err(lse.invalid("given, although updateType 0 asks for none")),
        (1, Some(lse)) => {
            lse.of_type(&[ACL_FLOAT])?;
            lse.of_shape(&[rows])?;
        }
        (1, None) => return Err(Fault::refused(ACLNN_ERR_PARAM_NULLPTR, "lseOut is null, and updateType 1 asks for it")),
        (other, _) => return Err(invalid(format!("updateType: 0 or 1 asked, {other} found"))),
    }
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let sums = lse.iter().map(|lse| run.floats(lse)).collect::<Outcome<Vec<_>>>()?;
        let values = parts.iter().map(|part| run.floats(part)).collect::<Outcome<Vec<_>>>()?;
        let (mut merged, mut logs) = (vec![0.0; rows * size], Vec::with_capacity(rows));
        for row in 0..rows {
            let each: Vec<f64> = sums.iter().map(|sums| if sums[row] == f64::INFINITY { f64::NEG_INFINITY } else { sums[row] }).collect();
            let most = each.iter().fold(f64::NEG_INFINITY, |most, v| most.max(*v));
            let log = most + each.iter().map(|v| (v - most).exp()).sum::<f64>().ln();
            logs.push(log);
            for (lse, values) in each.iter().zip(&values) {
                // What has no result may hold anything.
                let weight = (lse - log).exp();
                if weight != 0.0 {
                    (row * size..(row + 1) * size).for_each(|i| merged[i] += weight * values[i]);
                }
            }
        }
        run.put_floats(&out, &merged)?;
        lse_out.as_ref().map_or(Ok(()), |lse| run.put_floats(lse, &logs))
    }))
}

/// Two results with the greatest scores and the sums that belong to them; of each eight values that are equal the first is read.
fn ring_update(outs: [Tensor; 3], most: [Tensor; 3], sums: [Tensor; 3], ends: Option<Tensor>, layout: Option<String>) -> Outcome<Plan> {
    let out = &outs[2];
    out.of_type(FLOATS)?;
    for tensor in &outs {
        tensor.of_type_of(out)?;
        tiling(tensor.of_shape_of(out))?;
        tiling(tensor.of_rank(3..=3))?;
        tiling(tensor.not_empty())?;
    }
    for tensor in most.iter().chain(&sums) {
        tensor.of_type(&[ACL_FLOAT])?;
        tiling(tensor.of_shape_of(&most[0]))?;
    }
    let dims = most[0].dims().to_vec();
    let packed = match layout.as_deref().unwrap_or("SBH") {
        "SBH" => false,
        "TND" => true,
        other => return tiling(Err(invalid(format!("inputLayoutOptional: TND or SBH asked, {other:?} found")))),
    };
    // Heads, and elements of each.
    let (heads, size) = if packed {
        let Some(ends) = &ends else {
            return tiling(Err(invalid("actualSeqQlenOptional is null, and TND asks for it")));
        };
        ends.of_type(&[ACL_INT64])?;
        (out.dim(1), out.dim(2))
    } else {
        let heads = dims.get(1).copied().unwrap_or(1).max(1);
        (heads, out.dim(2) / heads)
    };
    let expected = if packed { vec![out.dim(0), heads, 8] } else { vec![out.dim(1), heads, out.dim(0), 8] };
    if dims != expected || (!packed && heads * size != out.dim(2)) {
        return tiling(Err(most[0].invalid(format!("shape {expected:?} asked, {dims:?} found"))));
    }
    if packed && (heads > 256 || size > 768 || !size.is_multiple_of(64)) {
        return tiling(Err(out.invalid(format!("up to 256 heads of a multiple of 64 elements up to 768 asked, {heads} and {size} found"))));
    }
    Ok(Plan::new(move |run| {
        let read = |tensors: &[Tensor; 3]| -> Outcome<[Vec<f64>; 2]> { Ok([run.floats(&tensors[0])?, run.floats(&tensors[1])?]) };
        let (values, maxima, totals) = (read(&outs)?, read(&most)?, read(&sums)?);
        let (mut merged, mut max, mut sum) = (vec![0.0; values[0].len()], vec![0.0; maxima[0].len()], vec![0.0; maxima[0].len()]);
        for (i, results) in merged.chunks_mut(size).enumerate() {
            // The row of heads and tokens in the other order, for SBH: i counts [S, B, N], the sums are [B, N, S].
            let at = if packed {
                i
            } else {
                let (n, b, s) = (i % heads, i / heads % expected[0], i / heads / expected[0]);
                (b * heads + n) * expected[2] + s
            } * 8;
            let greatest = maxima[0][at].max(maxima[1][at]);
            let parts = [0, 1].map(|k| totals[k][at] * (maxima[k][at] - greatest).exp());
            let total = parts[0] + parts[1];
            max[at..at + 8].fill(greatest);
            sum[at..at + 8].fill(total);
            for (j, result) in results.iter_mut().enumerate() {
                *result = (values[0][i * size + j] * parts[0] + values[1][i * size + j] * parts[1]) / total;
            }
        }
        run.put_floats(&most[2], &max)?;
        run.put_floats(&sums[2], &sum)?;
        run.put_floats(&outs[2], &merged)
    }))
}
