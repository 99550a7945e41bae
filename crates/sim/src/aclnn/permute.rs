//! Rows of tokens in the order of their experts and back, without weights of their own: permutations, and what counts them.
//!
//! Sources: the documents of aclnnMoeTokenPermute (V2), aclnnMoeTokenUnpermute, aclnnMoeComputeExpertTokens and of the operator MoeReRouting, in their parts for
//! Atlas A2.

use std::sync::Arc;

use ascend_sys::ffi::*;

use super::check::{FLOATS, invalid, unsupported};
use super::numeric::singles;
use super::run::failed;
use super::{Plan, Tensor, operators};
use crate::fault::{Fault, Outcome};
use crate::nnopbase::bits;

type One = Option<Tensor>;
type Ints = Option<Arc<[i64]>>;

operators! {
    fn aclnnMoeTokenPermute(tokens: T, indices: T, numOutTokens: i64, paddedMode: bool, permuteTokensOut: T, sortedIndicesOut: T) = |x, ids, count, padded, out, places| permute(x, ids, count, padded, FLOATS, out, places);
    fn aclnnMoeTokenPermuteV2(tokens: T, indices: T, numOutTokens: i64, paddedMode: bool, quantMode: i64, permuteTokensOut: T, sortedIndicesOut: T, expandedScaleOut: T)
        = |x, ids, count, padded, quant: i64, out, places, _scale: One| {
            // Other chips quantise to 8 bits of floats; A2 does as if they had not been asked.
            if !matches!(quant, -1 | 2 | 3 | 9) {
                return Err(invalid(format!("quantMode: -1, 2, 3 or 9 asked, {quant} found")));
            }
            permute(x, ids, count, padded, &[ACL_FLOAT, ACL_FLOAT16, ACL_BF16, ACL_INT8], out, places)
        };
    fn aclnnMoeTokenUnpermute(permutedTokens: T, sortedIndices: T, probsOptional: T, paddedMode: bool, restoreShapeOptional: IA, out: MutT) = unpermute;
    fn aclnnMoeComputeExpertTokens(sortedExperts: T, numExperts: i64, out: T) = expert_tokens;
    fn aclnnMoeReRouting(tokens: T, expertTokenNumPerRank: T, perTokenScalesOptional: T, expertTokenNumType: i64, idxType: i64, permuteTokensOut: T, permutePerTokenScalesOut: T, permuteTokenIdxOut: T, expertTokenNumOut: T) = re_routing;
}

pub(super) fn mismatch(tensor: &Tensor, asked: &[usize]) -> Fault {
    unsupported(format!("{}: shape {asked:?} asked, {:?} found", tensor.name(), tensor.dims()))
}

pub(super) fn check_shape(tensor: &Tensor, dims: &[usize]) -> Outcome {
    if tensor.dims() == dims { Ok(()) } else { Err(mismatch(tensor, dims)) }
}

/// The first rows in the order of their experts, each token as often as it has experts; and where each slot went.
fn permute(x: Tensor, ids: Tensor, count: i64, padded: bool, types: &[aclDataType], out: Tensor, places: Tensor) -> Outcome<Plan> {
    x.of_type(types)?;
    out.of_type_of(&x)?;
    ids.of_type(&[ACL_INT32, ACL_INT64])?;
    places.of_type(&[ACL_INT32])?;
    if padded {
        return Err(unsupported("paddedMode: false asked, true found"));
    }
    let k = if ids.rank() == 2 { ids.dim(1) } else { 1 };
    if x.rank() < 2 || !(1..=2).contains(&ids.rank()) || ids.dim(0) != x.dim(0) || k > 512 || ids.numel() >= 16_777_215 {
        return Err(unsupported(format!(
            "indices: up to 512 experts for each token asked, shapes {:?} and {:?} found",
            x.dims(),
            ids.dims()
        )));
    }
    let slots = ids.numel();
    let rows = if count > 0 { slots.min(count as usize) } else { (slots as i64 + count).max(0) as usize };
    let width = if x.dim(0) == 0 { x.dims()[1..].iter().product() } else { x.numel() / x.dim(0) };
    if out.rank() < 2 || out.dim(0) != rows || out.numel() != rows * width {
        return Err(mismatch(&out, &[rows, width]));
    }
    out.contiguous()?;
    check_shape(&places, &[slots])?;
    if slots == 0 {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let ids = run.ints(&ids)?;
        let mut order: Vec<usize> = (0..slots).collect();
        order.sort_by_key(|slot| ids[*slot]);
        let row = width * bits(x.dtype()).unwrap_or(8) / 8;
        let bytes = run.raw(&x)?;
        let moved: Vec<u8> = order.iter().take(rows).flat_map(|slot| &bytes[slot / k * row..(slot / k + 1) * row]).copied().collect();
        run.put_raw(&out, &moved)?;
        let mut went = vec![0; slots];
        for (place, slot) in order.iter().enumerate() {
            went[*slot] = place as i64;
        }
        run.put_ints(&places, &went)
    }))
}

/// `out[t] = sum of probs[t, k] * row[sortedIndices[t * K + k]]`. Slots whose row was left out give nothing.
fn unpermute(rows: Tensor, places: Tensor, probs: One, padded: bool, _shape: Ints, out: Tensor) -> Outcome<Plan> {
    rows.of_type(FLOATS)?;
    out.of_type_of(&rows)?;
    places.of_type(&[ACL_INT32])?;
    // The shape is that of padded rows; without them it is not looked at.
    if padded {
        return Err(unsupported("paddedMode: false asked, true found"));
    }
    if let Some(probs) = &probs {
        probs.of_type(FLOATS)?;
    }
    let k = probs.as_ref().map_or(1, |probs| probs.dim(1));
    if rows.rank() != 2 || places.rank() != 1 || k == 0 || k > 512 || !places.numel().is_multiple_of(k) {
        return Err(unsupported(format!("sortedIndices: tokens of {k} experts (512 at most) asked, shape {:?} found", places.dims())));
    }
    let (tokens, width) = (places.numel() / k, rows.dim(1));
    check_shape(&out, &[tokens, width])?;
    if let Some(probs) = &probs {
        check_shape(probs, &[tokens, k])?;
    }
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (values, places) = (singles(run, &rows)?, run.ints(&places)?);
        let probs = probs.as_ref().map(|probs| singles(run, probs)).transpose()?;
        let mut all = vec![0f32; tokens * width];
        for (slot, place) in places.iter().enumerate() {
            let Ok(place) = usize::try_from(*place) else { return Err(failed(format!("sortedIndices: {place} for slot {slot}"))) };
            if place >= rows.dim(0) {
                continue;
            }
            let factor = probs.as_ref().map_or(1.0, |probs| probs[slot]);
            for (sum, value) in all[slot / k * width..].iter_mut().zip(&values[place * width..(place + 1) * width]) {
                *sum += factor * value;
            }
        }
        run.put_floats(&out, &all.iter().map(|value| f64::from(*value)).collect::<Vec<_>>())
    }))
}

/// Where the rows of each expert end.
fn expert_tokens(sorted: Tensor, number: i64, out: Tensor) -> Outcome<Plan> {
    sorted.of_type(&[ACL_INT32])?;
    out.of_type(&[ACL_INT32])?;
    if sorted.rank() != 1 || sorted.is_empty() || !(1..=2048).contains(&number) {
        return Err(unsupported(format!("sortedExperts: ids of 1 to 2048 experts asked, shape {:?} and {number} found", sorted.dims())));
    }
    check_shape(&out, &[number as usize])?;
    Ok(Plan::new(move |run| {
        let ids = run.ints(&sorted)?;
        if !ids.is_sorted() {
            return Err(failed("sortedExperts: the ids do not rise"));
        }
        run.put_ints(&out, &(0..number).map(|expert| ids.partition_point(|id| *id <= expert) as i64).collect::<Vec<_>>())
    }))
}

/// Rows ordered by the rank they came from, then by expert, to rows ordered by expert, then by rank.
#[expect(clippy::too_many_arguments, reason = "the arguments of the C function")]
fn re_routing(
    x: Tensor,
    counts: Tensor,
    scales: One,
    kind: i64,
    index: i64,
    out: Tensor,
    scales_out: One,
    slots: Tensor,
    totals: Tensor,
) -> Outcome<Plan> {
    x.of_type(&[ACL_FLOAT16, ACL_BF16, ACL_INT8])?;
    out.of_type_of(&x)?;
    counts.of_type(&[ACL_INT32, ACL_INT64])?;
    totals.of_type_of(&counts)?;
    slots.of_type(&[ACL_INT32])?;
    if kind != 1 || index != 0 || x.rank() != 2 || counts.rank() != 2 || !(1..16384).contains(&x.dim(1)) {
        return Err(unsupported(format!(
            "expertTokenNumType 1, idxType 0 and rows below 16384 asked, {kind}, {index}, {:?} and {:?} found",
            x.dims(),
            counts.dims()
        )));
    }
    let (rows, ranks, experts) = (x.dim(0), counts.dim(0), counts.dim(1));
    check_shape(&out, x.dims())?;
    check_shape(&slots, &[rows])?;
    check_shape(&totals, &[experts])?;
    let scales = match (scales, scales_out) {
        (Some(from), Some(to)) => {
            for tensor in [&from, &to] {
                tensor.of_type(&[ACL_FLOAT])?;
                check_shape(tensor, &[rows])?;
            }
            Some((from, to))
        }
        (Some(_), None) => {
            return Err(Fault::refused(ACLNN_ERR_PARAM_NULLPTR, "permutePerTokenScalesOut is null, although there are scales"));
        }
        _ => None,
    };
    Ok(Plan::new(move |run| {
        let numbers = run.ints(&counts)?;
        let sum: i64 = numbers.iter().sum();
        if numbers.iter().any(|number| *number < 0) || sum > rows as i64 {
            return Err(failed(format!("expertTokenNumPerRank: {numbers:?} for {rows} rows")));
        }
        let start = |block: usize| numbers[..block].iter().sum::<i64>();
        let blocks = (0..experts).flat_map(|e| (0..ranks).map(move |r| r * experts + e));
        let order: Vec<usize> = blocks.flat_map(|block| start(block) as usize..(start(block) + numbers[block]) as usize).collect();
        let row = x.dim(1) * bits(x.dtype()).unwrap_or(8) / 8;
        let bytes = run.raw(&x)?;
        let used = order.len();
        run.put_raw(&out.head(used), &order.iter().flat_map(|from| &bytes[from * row..(from + 1) * row]).copied().collect::<Vec<_>>())?;
        run.put_ints(&slots.head(used), &order.iter().map(|from| *from as i64).collect::<Vec<_>>())?;
        run.put_ints(&totals, &(0..experts).map(|e| (0..ranks).map(|r| numbers[r * experts + e]).sum()).collect::<Vec<_>>())?;
        let Some((from, to)) = &scales else { return Ok(()) };
        let values = run.floats(from)?;
        run.put_floats(&to.head(used), &order.iter().map(|slot| values[*slot]).collect::<Vec<_>>())
    }))
}
