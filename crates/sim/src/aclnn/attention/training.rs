//! Attention of training: with the greatest score and the sum of each row, which the backward pass takes.

use std::sync::Arc;

use ascend_sys::ffi::*;

use super::masks::{Extent, Mask};
use super::{Layout, Plan, Problem, Sequence, Shape, Tensor, operators, reals, solve};
use crate::aclnn::check::{FLOATS, invalid, tiling, unsupported};
use crate::fault::Outcome;

operators! {
    fn aclnnFlashAttentionScore(
        query: T, key: T, value: T, realShiftOptional: T, dropMaskOptional: T, paddingMaskOptional: T, attenMaskOptional: T, prefixOptional: IA,
        scaleValue: f64, keepProb: f64, preTokens: i64, nextTokens: i64, headNum: i64, inputLayout: MutStr, innerPrecise: i64, sparseMode: i64,
        softmaxMaxOut: T, softmaxSumOut: T, softmaxOutOut: T, attentionOutOut: T
    ) = |query, key, value, bias, drop: Option<Tensor>, _padding: Option<Tensor>, mask, prefix: Option<Arc<[i64]>>, scale, keep: f64, before, after, heads, layout,
         precise, sparse, most, sum, _reserved: Option<Tensor>, out| {
        if drop.is_some_and(|drop| !drop.is_empty()) || keep != 1.0 {
            return Err(unsupported("dropMask and a keepProb below 1 are not simulated"));
        }
        if prefix.is_some_and(|prefix| !prefix.is_empty()) {
            return Err(unsupported("prefixOptional is not simulated"));
        }
        score(Score { query, key, value, bias, mask, scale, before, after, heads, layout, precise, sparse, most, sum, out })
    };
}

struct Score {
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Option<Tensor>,
    mask: Option<Tensor>,
    scale: f64,
    before: i64,
    after: i64,
    heads: i64,
    layout: String,
    precise: i64,
    sparse: i64,
    most: Tensor,
    sum: Tensor,
    out: Tensor,
}

/// Values of a row's maximum and sum are repeated, one block of 32 bytes for each.
const REPEATED: usize = 8;

/// `softmax(mask(scale * (bias + q k))) v`
fn score(score: Score) -> Outcome<Plan> {
    let Score { query, key, value, bias, mask, out, .. } = &score;
    query.of_type(FLOATS)?;
    for tensor in [key, value, out] {
        tensor.of_type_of(query)?;
        tensor.nd()?;
    }
    let layout = match score.layout.as_str() {
        "BSH" | "SBH" | "BSND" | "BNSD" => Layout::named(&score.layout).unwrap_or(Layout::Bsnd),
        other => return tiling(Err(invalid(format!("inputLayout: BSH, SBH, BSND or BNSD asked, {other:?} found")))),
    };
    let heads = usize::try_from(score.heads).ok().filter(|heads| (1..=256).contains(heads));
    let Some((heads, shape)) = heads.and_then(|heads| Some((heads, layout.shape(query, heads)?))) else {
        return tiling(Err(query.invalid(format!("{} heads in the layout {layout:?} asked, shape {:?} found", score.heads, query.dims()))));
    };
    // The number of key heads is not said where the layout joins heads and elements; it follows from the size of a head.
    let kv_heads = match layout {
        Layout::Bsnd => key.dim(2),
        Layout::Bnsd => key.dim(1),
        _ => key.dim_back(0) / shape.size.max(1),
    };
    let (Some(keys), Some(values)) = (layout.shape(key, kv_heads), layout.shape(value, kv_heads)) else {
        return tiling(Err(key.invalid(format!("heads of {} elements as in query asked, shape {:?} found", shape.size, key.dims()))));
    };
    let agree = keys.size == shape.size && values.size <= keys.size && values.sequence == keys.sequence;
    if !agree || keys.batch != shape.batch || values.batch != shape.batch || !heads.is_multiple_of(kv_heads) || shape.size > 768 {
        let what = format!("shapes {:?}, {:?} and {:?} of query, key and value do not go together", query.dims(), key.dims(), value.dims());
        return tiling(Err(key.invalid(what)));
    }
    let out_shape = Shape { size: values.size, ..shape };
    tiling(out.of_shape(&layout.dims(&out_shape)))?;
    for tensor in [&score.most, &score.sum] {
        tensor.of_type(&[ACL_FLOAT])?;
        tiling(tensor.of_shape(&[shape.batch, heads, shape.sequence, REPEATED]))?;
    }
    if let Some(bias) = bias {
        bias.of_type_of(query)?;
        let fits = bias.rank() == 4
            && [1, shape.batch].contains(&bias.dim(0))
            && bias.dim(1) == heads
            && [1, shape.sequence].contains(&bias.dim(2))
            && bias.dim(3) == keys.sequence;
        if !fits {
            return tiling(Err(bias.invalid(format!("[B or 1, N, Sq or 1, Skv] asked, shape {:?} found", bias.dims()))));
        }
    }
    let sequence = Sequence { queries: (0, shape.sequence), keys: (0, keys.sequence) };
    let sequences = vec![sequence; shape.batch];
    let extent = Extent { batch: shape.batch, heads, queries: shape.sequence, keys: keys.sequence };
    // Without a mask everything is seen, whatever the mode says.
    let mode = if mask.is_some() { score.sparse } else { 0 };
    let mask = Mask::new(mode, mask.clone(), score.before, score.after, &extent)?;
    if query.is_empty() {
        return Ok(Plan::nothing());
    }
    let plan = Plan::new(move |run| {
        let Score { query, key, value, bias, out, .. } = &score;
        let (q, k, v) = (reals(run, query)?, reals(run, key)?, reals(run, value)?);
        let added = bias.as_ref().map(|bias| run.floats(bias)).transpose()?;
        let hidden = mask.read(run, &sequences)?;
        let row = |data: &[f32], shape: &Shape, b: usize, s: usize, n: usize| {
            let at = layout.row(shape, b, s, n);
            data[at..at + shape.size].to_vec()
        };
        let problem = Problem {
            sequences: &sequences,
            heads,
            kv_heads,
            scale: score.scale,
            query: &|b, i, n| row(&q, &shape, b, i, n),
            key: &|b, j, n| Ok(row(&k, &keys, b, j, n)),
            value: &|b, j, n| Ok(row(&v, &values, b, j, n)),
            value_size: values.size,
            hidden: &hidden,
            bias: &|b, n, i, j| match (&added, bias) {
                (Some(added), Some(bias)) => {
                    let (b, i) = (b % bias.dim(0), i % bias.dim(2));
                    score.scale * added[((b * heads + n) * bias.dim(2) + i) * bias.dim(3) + j]
                }
                _ => 0.0,
            },
            sink: None,
            corrected: score.precise == 2 || mask.corrects(),
        };
        let mut results = vec![0.0; out.numel()];
        let (mut most, mut sums) = (vec![0.0; score.most.numel()], vec![0.0; score.sum.numel()]);
        solve(&problem, &mut |b, i, n, row| {
            let at = layout.row(&out_shape, b, i, n);
            results[at..at + row.values.len()].copy_from_slice(&row.values);
            let at = ((b * heads + n) * shape.sequence + i) * REPEATED;
            most[at..at + REPEATED].fill(row.most);
            sums[at..at + REPEATED].fill(row.sum);
        })?;
        run.put_floats(&score.most, &most)?;
        run.put_floats(&score.sum, &sums)?;
        run.put_floats(out, &results)
    });
    Ok(plan.with_workspace(32 << 20))
}
