//! Rows of experts back to their tokens, weighted and summed.
//!
//! Sources: the documents of aclnnMoeFinalizeRouting, V2 and V4, in their parts for Atlas A2.

use std::ops::Range;
use std::sync::Arc;

use ascend_sys::ffi::*;

use super::check::{FLOATS, invalid, unsupported};
use super::numeric::singles;
use super::permute::{check_shape, mismatch};
use super::run::failed;
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;

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
