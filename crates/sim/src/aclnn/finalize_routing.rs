//! Rows of experts back to their tokens, and the other ways to order rows by expert.
//!
//! Sources: the documents of aclnnMoeFinalizeRouting (V2, V4), aclnnMoeTokenPermute (V2), aclnnMoeTokenUnpermute, aclnnMoeComputeExpertTokens and of the
//! operator MoeReRouting, in their parts for Atlas A2.

use std::ops::Range;
use std::sync::Arc;

use ascend_sys::ffi::*;

use super::check::{FLOATS, invalid, unsupported};
use super::numeric::singles;
use super::run::failed;
use super::{Plan, Run, Tensor, operators};
use crate::fault::{Fault, Outcome};
use crate::nnopbase::bits;

type One = Option<Tensor>;
type Ints = Option<Arc<[i64]>>;

operators! {
    fn aclnnMoeFinalizeRouting(expandedX: T, x1: T, x2Optional: T, bias: T, scales: T, expandedRowIdx: T, expandedExpertIdx: T, out: T)
        = |rows, x1: Tensor, x2, bias: Tensor, scales: Tensor, places, experts: Tensor, out| {
            finalize(Call { rows, places, x1: Some(x1), x2, bias: Some(bias), scales: Some(scales), experts: Some(experts), mode: 0, k: 1, special: None }, out)
        };
    fn aclnnMoeFinalizeRoutingV2(expandedX: T, expandedRowIdx: T, x1Optional: T, x2Optional: T, biasOptional: T, scalesOptional: T, expertIdxOptional: T, dropPadMode: i64, out: T)
        = |rows, places, x1, x2, bias, scales, experts, mode, out| finalize(Call { rows, places, x1, x2, bias, scales, experts, mode, k: 1, special: None }, out);
    fn aclnnMoeFinalizeRoutingV4(expandedX: T, expandedRowIdx: T, x1Optional: T, x2Optional: T, biasOptional: T, scalesOptional: T, expertIdxOptional: T, xOptional: T, alpha1Optional: T, alpha2Optional: T, vOptional: T, dropPadMode: i64, zeroExpertRange: IA, copyExpertRange: IA, constantExpertRange: IA, k: i64, out: T)
        = |rows, places, x1, x2, bias, scales, experts, x: One, alpha1: One, alpha2: One, v: One, mode, zero: Ints, copy: Ints, constant: Ints, k, out| {
            let special = Special { zero: range(&zero)?, copy: range(&copy)?, constant: range(&constant)?, x, constants: [alpha1, alpha2, v] };
            finalize(Call { rows, places, x1, x2, bias, scales, experts, mode, k, special: Some(special) }, out)
        };
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

fn mismatch(tensor: &Tensor, asked: &[usize]) -> Fault {
    unsupported(format!("{}: shape {asked:?} asked, {:?} found", tensor.name(), tensor.dims()))
}

fn check_shape(tensor: &Tensor, dims: &[usize]) -> Outcome {
    if tensor.dims() == dims { Ok(()) } else { Err(mismatch(tensor, dims)) }
}

struct Call {
    rows: Tensor,
    places: Tensor,
    x1: One,
    x2: One,
    bias: One,
    scales: One,
    experts: One,
    /// 0 and 1 number slots by column, 2 and 3 by row; 1 and 3 drop and pad.
    mode: i64,
    /// Experts of a token, where there are no scales to tell.
    k: i64,
    special: Option<Special>,
}

/// Experts that are no matrices: nothing, the token itself, or a mixture of it with a constant.
struct Special {
    zero: Range<i64>,
    copy: Range<i64>,
    constant: Range<i64>,
    x: One,
    constants: [One; 3],
}

fn range(ends: &Ints) -> Outcome<Range<i64>> {
    match ends.as_deref() {
        None | Some([]) => Ok(0..0),
        Some([start, end]) if 0 <= *start && start < end => Ok(*start..*end),
        Some(other) => Err(invalid(format!("a range of experts asked, {other:?} found"))),
    }
}

/// `x1 + x2 + sum of scales * (row + bias of its expert)`, in f32, rounded once.
fn finalize(call: Call, out: Tensor) -> Outcome<Plan> {
    call.rows.of_type(FLOATS)?;
    out.of_type_of(&call.rows)?;
    call.places.of_type(&[ACL_INT32])?;
    if !(0..=3).contains(&call.mode) {
        return Err(unsupported(format!("dropPadMode: 0 to 3 asked, {} found", call.mode)));
    }
    let (padded, by_column) = (call.mode % 2 == 1, call.mode < 2);
    if call.rows.rank() != if padded { 3 } else { 2 } || out.rank() != 2 {
        return Err(unsupported(format!("expandedX: shape {:?} found for dropPadMode {}", call.rows.dims(), call.mode)));
    }
    let (tokens, width) = (out.dim(0), out.dim(1));
    let k = match &call.scales {
        Some(scales) if scales.rank() == 2 && (call.k <= 1 || scales.dim(1) == call.k as usize) => scales.dim(1),
        Some(scales) => return Err(mismatch(scales, &[tokens, call.k.max(1) as usize])),
        None => call.k.max(1) as usize,
    };
    if out.is_empty() || k == 0 {
        return Err(unsupported(format!("out: tokens asked, shape {:?} found", out.dims())));
    }
    check_shape(&call.places, &[tokens * k])?;
    let room = call.rows.numel() / width;
    if call.rows.dim_back(0) != width || !padded && call.special.is_none() && room != tokens * k {
        return Err(mismatch(&call.rows, &[tokens * k, width]));
    }
    for tensor in [&call.x1, &call.x2].into_iter().flatten() {
        tensor.of_type_of(&call.rows)?;
        check_shape(tensor, &[tokens, width])?;
    }
    if call.x2.is_some() && call.x1.is_none() {
        return Err(unsupported("x2Optional: null asked where x1Optional is null"));
    }
    if let Some(scales) = &call.scales {
        let mixed = call.rows.dtype() == ACL_BF16 && scales.dtype() == ACL_FLOAT;
        if !mixed {
            scales.of_type_of(&call.rows)?;
        }
        check_shape(scales, &[tokens, k])?;
    }
    if let Some(bias) = &call.bias {
        bias.of_type_of(&call.rows)?;
        if bias.rank() != 2 || bias.dim(1) != width || call.experts.is_none() {
            return Err(unsupported(format!("biasOptional: rows of {width} with expertIdxOptional asked, shape {:?} found", bias.dims())));
        }
    }
    if let Some(experts) = &call.experts {
        experts.of_type(&[ACL_INT32])?;
        check_shape(experts, &[tokens, k])?;
    }
    if let Some(special) = &call.special {
        special.check(&call, tokens, width)?;
    }
    Ok(Plan::new(move |run| {
        let load = |tensor: &One| tensor.as_ref().map(|tensor| singles(run, tensor)).transpose();
        let (x1, x2, bias, scales) = (load(&call.x1)?, load(&call.x2)?, load(&call.bias)?, load(&call.scales)?);
        let experts = call.experts.as_ref().map(|experts| run.ints(experts)).transpose()?;
        let (rows, places) = (singles(run, &call.rows)?, run.ints(&call.places)?);
        let special = call.special.as_ref().map(|special| special.load(run)).transpose()?;
        let mut all = vec![0f32; tokens * width];
        for (t, sums) in all.chunks_mut(width).enumerate() {
            for (i, sum) in sums.iter_mut().enumerate() {
                let at = |x: &Option<Vec<f32>>| x.as_ref().map_or(0.0, |x| x[t * width + i]);
                *sum = at(&x1) + at(&x2);
            }
            for j in 0..k {
                let expert = experts.as_ref().map(|experts| experts[t * k + j]);
                let row = match special.as_ref().zip(expert).map(|(special, expert)| special.row(expert, t, width)) {
                    Some(Row::Nothing) => continue,
                    Some(Row::Made(row)) => row,
                    _ => {
                        let place = places[if by_column { t + j * tokens } else { t * k + j }];
                        if padded && place == -1 {
                            continue;
                        }
                        let Some(place) = usize::try_from(place).ok().filter(|place| *place < room) else {
                            return Err(failed(format!("expandedRowIdx: {place}, expandedX has {room} rows")));
                        };
                        rows[place * width..(place + 1) * width].to_vec()
                    }
                };
                let scale = scales.as_ref().map_or(1.0, |scales| scales[t * k + j]);
                let bias = bias.as_ref().zip(expert).map(|(bias, expert)| (bias, (expert.max(0) as usize).saturating_mul(width)));
                if let (Some((bias, start)), Some(expert)) = (bias, expert)
                    && (expert < 0 || start + width > bias.len())
                {
                    return Err(failed(format!("expertIdxOptional: expert {expert}, the bias has {}", bias.len() / width)));
                }
                for (i, sum) in sums.iter_mut().enumerate() {
                    *sum += scale * (row[i] + bias.map_or(0.0, |(bias, start)| bias[start + i]));
                }
            }
        }
        run.put_floats(&out, &all.iter().map(|value| f64::from(*value)).collect::<Vec<_>>())
    }))
}

enum Row {
    Nothing,
    Made(Vec<f32>),
    Expert,
}

struct Loaded {
    ranges: [Range<i64>; 3],
    x: Vec<f32>,
    constants: [Vec<f32>; 3],
}

impl Special {
    fn check(&self, call: &Call, tokens: usize, width: usize) -> Outcome {
        let ranges = [&self.zero, &self.copy, &self.constant];
        for (i, a) in ranges.iter().enumerate() {
            if ranges[..i].iter().any(|b| a.start < b.end && b.start < a.end) {
                return Err(invalid("the ranges of zero, copy and constant experts overlap"));
            }
        }
        if ranges.iter().all(|range| range.is_empty()) {
            return Ok(());
        }
        if call.experts.is_none() {
            return Err(invalid("expertIdxOptional: asked by the ranges of experts, null found"));
        }
        if !self.copy.is_empty() || !self.constant.is_empty() {
            let Some(x) = &self.x else { return Err(invalid("xOptional: asked by copy or constant experts, null found")) };
            x.of_type_of(&call.rows)?;
            check_shape(x, &[tokens, width])?;
        }
        let count = (self.constant.end - self.constant.start) as usize;
        for tensor in self.constants.iter().take(if count == 0 { 0 } else { 3 }) {
            let Some(tensor) = tensor else {
                return Err(invalid("alpha1Optional, alpha2Optional, vOptional: asked by constant experts, null found"));
            };
            tensor.of_type_of(&call.rows)?;
            check_shape(tensor, &[count, width])?;
        }
        Ok(())
    }

    fn load(&self, run: &Run<'_>) -> Outcome<Loaded> {
        let load = |tensor: &One| tensor.as_ref().map_or(Ok(Vec::new()), |tensor| singles(run, tensor));
        let [alpha1, alpha2, v] = &self.constants;
        Ok(Loaded {
            ranges: [self.zero.clone(), self.copy.clone(), self.constant.clone()],
            x: load(&self.x)?,
            constants: [load(alpha1)?, load(alpha2)?, load(v)?],
        })
    }
}

impl Loaded {
    /// What an expert gives for token `t`.
    fn row(&self, expert: i64, t: usize, width: usize) -> Row {
        let [zero, copy, constant] = &self.ranges;
        if zero.contains(&expert) {
            return Row::Nothing;
        }
        let x = || &self.x[t * width..(t + 1) * width];
        if copy.contains(&expert) {
            return Row::Made(x().to_vec());
        }
        if constant.contains(&expert) {
            let start = (expert - constant.start) as usize * width;
            let [alpha1, alpha2, v] = &self.constants;
            let at = |i: usize| alpha1[start + i] * x()[i] + alpha2[start + i] * v[start + i];
            return Row::Made((0..width).map(at).collect());
        }
        Row::Expert
    }
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
fn unpermute(rows: Tensor, places: Tensor, probs: One, padded: bool, shape: Ints, out: Tensor) -> Outcome<Plan> {
    rows.of_type(FLOATS)?;
    out.of_type_of(&rows)?;
    places.of_type(&[ACL_INT32])?;
    if padded || shape.is_some() {
        return Err(unsupported("paddedMode false and restoreShapeOptional null asked"));
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
