//! Which experts a token goes to, and with what weight.
//!
//! Sources: the documents of aclnnMoeGatingTopK (V2), aclnnMoeGatingTopKSoftmax (V2) and aclnnMoeFusedTopk, in their parts for Atlas A2.

use ascend_sys::ffi::*;

use super::check::{FLOATS, invalid, unsupported};
use super::numeric::{sigmoid, singles};
use super::run::failed;
use super::{Plan, Tensor, operators};
use crate::fault::{Fault, Outcome};

type One = Option<Tensor>;

operators! {
    fn aclnnMoeGatingTopK(x: T, biasOptional: T, k: i64, kGroup: i64, groupCount: i64, groupSelectMode: i64, renorm: i64, normType: i64, outFlag: bool, routedScalingFactor: f64, eps: f64, yOut: T, expertIdxOut: T, outOut: T)
        = |x, bias, k, k_group, groups, select, renorm, norm, flag: bool, factor, eps, y, experts, all: One| {
            grouped(x, bias, None, Rules { k, k_group, groups, select, renorm, norm, factor, eps }, y, experts, all.filter(|_| flag))
        };
    fn aclnnMoeGatingTopKV2(x: T, biasOptional: T, inputIdsOptional: T, tid2eidOptional: T, k: i64, kGroup: i64, groupCount: i64, groupSelectMode: i64, renorm: i64, normType: i64, outFlag: bool, routedScalingFactor: f64, eps: f64, yOut: T, expertIdxOut: T, outOut: T)
        = |x, bias, ids: One, table: One, k, k_group, groups, select, renorm, norm, flag: bool, factor, eps, y, experts, all: One| {
            grouped(x, bias, ids.zip(table), Rules { k, k_group, groups, select, renorm, norm, factor, eps }, y, experts, all.filter(|_| flag))
        };
    fn aclnnMoeGatingTopKSoftmax(x: T, finishedOptional: T, k: i64, yOut: T, expertIdxOut: T, rowIdxOut: T)
        = |x, finished, k, y, experts, rows: Tensor| softmax(x, finished, k, 0, y, experts, Some(rows), None);
    fn aclnnMoeGatingTopKSoftmaxV2(x: T, finishedOptional: T, k: i64, renorm: i64, outputSoftmaxResultFlag: bool, yOut: T, expertIdxOut: T, softmaxResultOutOptional: T)
        = |x, finished, k, renorm: i64, flag: bool, y, experts, all: One| {
            if flag && renorm == 0 && all.is_none() {
                return Err(Fault::refused(ACLNN_ERR_PARAM_NULLPTR, "softmaxResultOutOptional is null, which outputSoftmaxResultFlag asks for"));
            }
            softmax(x, finished, k, renorm, y, experts, None, all.filter(|_| flag && renorm == 0))
        };
    fn aclnnMoeFusedTopk(x: T, addNum: T, mappingNum: T, mappingTable: T, groupNum: u32, groupTopk: u32, topN: u32, topK: u32, activateType: u32, isNorm: bool, scale: f32, enableExpertMapping: bool, y: MutT, indices: MutT)
        = |x, bias, number: One, table: One, groups, keep, n, k, activation: u32, norm, scale, mapped: bool, y, experts| {
            if activation != 0 {
                return Err(invalid(format!("activateType: 0 asked, {activation} found")));
            }
            let mapping = match (mapped, number, table) {
                (false, _, _) => None,
                (true, Some(number), Some(table)) => Some((number, table)),
                _ => return Err(Fault::refused(ACLNN_ERR_PARAM_NULLPTR, "mappingNum or mappingTable is null, which enableExpertMapping asks for")),
            };
            fused(x, bias, mapping, [groups, keep, n, k].map(|n: u32| n as usize), norm, scale, y, experts)
        };
}

/// The places of the `k` largest, the largest first; of equals the first one. NaN is below all numbers.
pub(super) fn largest(values: &[f32], k: usize) -> Vec<usize> {
    let key = |i: &usize| if values[*i].is_nan() { f32::NEG_INFINITY } else { values[*i] };
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| key(b).total_cmp(&key(a)).then(a.cmp(b)));
    order.truncate(k);
    order
}

fn softmax_row(row: &[f32]) -> Vec<f32> {
    let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = row.iter().map(|value| (value - top).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// The scores with those of all groups but the best at minus infinity. The score of a group is the sum of its `best` largest.
fn in_best_groups(scores: &[f32], groups: usize, keep: usize, best: usize) -> Vec<f32> {
    let size = scores.len() / groups;
    let of_group: Vec<f32> = scores.chunks(size).map(|group| largest(group, best).into_iter().map(|i| group[i]).sum()).collect();
    let kept = largest(&of_group, keep);
    scores.iter().enumerate().map(|(i, score)| if kept.contains(&(i / size)) { *score } else { f32::NEG_INFINITY }).collect()
}

struct Rules {
    k: i64,
    k_group: i64,
    groups: i64,
    select: i64,
    renorm: i64,
    norm: i64,
    factor: f64,
    eps: f64,
}

impl Rules {
    /// How many are chosen, of `experts`.
    fn check(&self, experts: usize) -> Outcome<usize> {
        let experts = experts as i64;
        let Self { k, k_group, groups, select, renorm, norm, .. } = *self;
        if !(0..=1).contains(&norm) || !(0..=1).contains(&select) || !(0..=1).contains(&renorm) {
            return Err(unsupported(format!("normType, groupSelectMode, renorm: 0 or 1 asked on A2, {norm}, {select}, {renorm} found")));
        }
        if groups <= 0 || experts % groups != 0 || experts / groups <= select || (experts / groups + 31) / 32 * 32 * groups > 2048 {
            return Err(unsupported(format!(
                "groupCount: {experts} experts do not go into {groups} groups; 2048 in groups of multiples of 32 are the most"
            )));
        }
        if !(1..=groups).contains(&k_group) || !(1..=experts / groups * k_group).contains(&k) {
            return Err(unsupported(format!("kGroup {k_group} of {groups} groups and k {k} of their experts are not there")));
        }
        Ok(k as usize)
    }
}

fn check_chosen(x: &Tensor, k: usize, y: &Tensor, experts: &Tensor, kind: aclDataType) -> Outcome {
    let mut dims = x.dims().to_vec();
    if let Some(last) = dims.last_mut() {
        *last = k;
    }
    y.of_type(&[kind])?;
    y.of_shape(&dims)?;
    experts.of_type(&[ACL_INT32])?;
    experts.of_shape(&dims)
}

/// Softmax or sigmoid; the best groups by score and bias; of them the best experts; their scores without the bias, over their sum, times a factor. With a
/// table the experts are those of the token's id.
fn grouped(x: Tensor, bias: One, table: Option<(Tensor, Tensor)>, rules: Rules, y: Tensor, experts: Tensor, all: One) -> Outcome<Plan> {
    x.of_type(FLOATS)?;
    if x.rank() != 2 || x.is_empty() {
        return Err(unsupported(format!("x: rows of scores asked, shape {:?} found", x.dims())));
    }
    let (rows, count) = (x.dim(0), x.dim(1));
    let k = rules.check(count)?;
    check_chosen(&x, k, &y, &experts, x.dtype())?;
    if let Some(bias) = &bias {
        bias.of_type_of(&x)?;
        if bias.dims() != [count] {
            return Err(unsupported(format!("biasOptional: shape [{count}] asked, {:?} found", bias.dims())));
        }
    }
    if let Some(all) = &all {
        all.of_type(&[ACL_FLOAT])?;
        all.of_shape_of(&x)?;
    }
    if let Some((ids, table)) = &table {
        ids.of_type(&[ACL_INT32, ACL_INT64])?;
        table.of_type(&[ACL_INT32, ACL_INT64])?;
        let simple = rules.k_group == rules.groups || rules.groups == count as i64;
        if ids.dims() != [rows] || table.rank() != 2 || table.dim(1) != k || k > 64 || !simple {
            return Err(unsupported(format!(
                "ids {:?} and table {:?} do not go with {rows} tokens of {k} experts (64 at most) without groups that lose",
                ids.dims(),
                table.dims()
            )));
        }
    }
    Ok(Plan::new(move |run| {
        let values = singles(run, &x)?;
        let bias = bias.as_ref().map(|bias| singles(run, bias)).transpose()?;
        let table = table.as_ref().map(|(ids, table)| Ok((run.ints(ids)?, run.ints(table)?))).transpose()?;
        let (mut weights, mut chosen, mut norms) = (Vec::new(), Vec::new(), Vec::new());
        for (t, row) in values.chunks(count).enumerate() {
            let scores: Vec<f32> = if rules.norm == 0 { softmax_row(row) } else { row.iter().map(|x| sigmoid(*x)).collect() };
            let picked = match &table {
                Some((ids, table)) => looked_up(ids[t], table, k, count)?,
                None => {
                    let biased: Vec<f32> = scores.iter().enumerate().map(|(i, s)| s + bias.as_ref().map_or(0.0, |bias| bias[i])).collect();
                    let best = if rules.select == 0 { 1 } else { 2 };
                    let kept = if rules.groups > 1 {
                        in_best_groups(&biased, rules.groups as usize, rules.k_group as usize, best)
                    } else {
                        biased
                    };
                    largest(&kept, k)
                }
            };
            let sum: f32 = picked.iter().map(|i| scores[*i]).sum();
            let over = if rules.norm == 1 || rules.renorm == 1 { sum + rules.eps as f32 } else { 1.0 };
            weights.extend(picked.iter().map(|i| f64::from(scores[*i] / over * rules.factor as f32)));
            chosen.extend(picked.iter().map(|i| *i as i64));
            norms.extend(scores.iter().map(|score| f64::from(*score)));
        }
        run.put_floats(&y, &weights)?;
        run.put_ints(&experts, &chosen)?;
        all.as_ref().map_or(Ok(()), |all| run.put_floats(all, &norms))
    }))
}

fn looked_up(id: i64, table: &[i64], k: usize, count: usize) -> Outcome<Vec<usize>> {
    let Some(row) = usize::try_from(id).ok().and_then(|id| table.chunks(k).nth(id)) else {
        return Err(failed(format!("inputIds: {id}, the table has {} rows", table.len() / k)));
    };
    if let Some(expert) = row.iter().find(|expert| !(0..count as i64).contains(*expert)) {
        return Err(failed(format!("tid2eid: expert {expert} of {count}")));
    }
    Ok(row.iter().map(|expert| *expert as usize).collect())
}

/// The largest of the softmax; or the softmax of the largest. A finished row goes to no expert: its ids are the number of experts.
#[expect(clippy::too_many_arguments, reason = "the arguments of two C functions")]
fn softmax(x: Tensor, finished: One, k: i64, renorm: i64, y: Tensor, experts: Tensor, slots: One, all: One) -> Outcome<Plan> {
    x.of_type(FLOATS)?;
    if !(2..=3).contains(&x.rank()) {
        return Err(unsupported(format!("x: 2 or 3 dimensions asked, shape {:?} found", x.dims())));
    }
    let count = x.dim_back(0);
    if !(0..=1).contains(&renorm) || !(0..=(count as i64).min(1024)).contains(&k) {
        return Err(unsupported(format!("renorm 0 or 1 and k up to {} asked, {renorm} and {k} found", count.min(1024))));
    }
    let k = k as usize;
    check_chosen(&x, k, &y, &experts, x.dtype())?;
    if let Some(finished) = &finished {
        finished.of_type(&[ACL_BOOL])?;
        if finished.dims() != &x.dims()[..x.rank() - 1] {
            return Err(unsupported(format!("finishedOptional: a value for each row asked, shape {:?} found", finished.dims())));
        }
    }
    if let Some(slots) = &slots {
        slots.of_type(&[ACL_INT32])?;
        slots.of_shape_of(&experts)?;
    }
    if let Some(all) = &all {
        all.of_type(&[ACL_FLOAT])?;
        all.of_shape_of(&x)?;
    }
    if x.is_empty() || k == 0 {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let values = singles(run, &x)?;
        let finished = finished.as_ref().map(|finished| run.ints(finished)).transpose()?;
        let rows = values.len() / count;
        let (mut weights, mut chosen, mut norms) = (Vec::new(), Vec::new(), Vec::new());
        for (t, row) in values.chunks(count).enumerate() {
            let scores = softmax_row(row);
            let picked = if renorm == 0 { largest(&scores, k) } else { largest(row, k) };
            let picked_weights: Vec<f32> = if renorm == 0 {
                picked.iter().map(|i| scores[*i]).collect()
            } else {
                softmax_row(&picked.iter().map(|i| row[*i]).collect::<Vec<_>>())
            };
            weights.extend(picked_weights.into_iter().map(f64::from));
            let done = finished.as_ref().is_some_and(|finished| finished[t] != 0);
            chosen.extend(picked.iter().map(|i| if done { count as i64 } else { *i as i64 }));
            norms.extend(scores.into_iter().map(f64::from));
        }
        run.put_floats(&y, &weights)?;
        run.put_ints(&experts, &chosen)?;
        if let Some(slots) = &slots {
            // Slots are numbered by column: all first choices come before the second ones.
            run.put_ints(slots, &(0..rows).flat_map(|t| (0..k).map(move |j| (j * rows + t) as i64)).collect::<Vec<_>>())?;
        }
        all.as_ref().map_or(Ok(()), |all| run.put_floats(all, &norms))
    }))
}

/// Sigmoid gating with groups, whose experts may have several copies: a token takes one of them by its number, in turns.
#[expect(clippy::too_many_arguments, reason = "the arguments of the C function")]
fn fused(
    x: Tensor,
    bias: Tensor,
    mapping: Option<(Tensor, Tensor)>,
    sizes: [usize; 4],
    norm: bool,
    factor: f32,
    y: Tensor,
    experts: Tensor,
) -> Outcome<Plan> {
    let [groups, keep, n, k] = sizes;
    x.of_type(FLOATS)?;
    x.of_rank(2..=2)?;
    let count = x.dim(1);
    bias.of_type_of(&x)?;
    bias.of_shape(&[count])?;
    if !(1..=256).contains(&groups) || !(1..=1024).contains(&count) || !count.is_multiple_of(groups) {
        return Err(invalid(format!("groupNum: {count} experts (1024 at most) do not go into {groups} groups (256 at most)")));
    }
    let size = count / groups;
    if !(1..=groups).contains(&keep) || !(1..=size).contains(&n) || !(1..=count).contains(&k) || k > keep * size {
        return Err(invalid(format!("groupTopk {keep} of {groups}, topN {n} of {size}, topK {k} of {} asked", keep * size)));
    }
    check_chosen(&x, k, &y, &experts, ACL_FLOAT)?;
    if let Some((number, table)) = &mapping {
        number.of_type(&[ACL_INT32])?;
        number.of_shape(&[count])?;
        table.of_type(&[ACL_INT32])?;
        table.of_rank(2..=2)?;
        table.of_shape(&[count, table.dim(1).min(128)])?;
    }
    if x.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (values, bias) = (singles(run, &x)?, singles(run, &bias)?);
        let mapping = mapping.as_ref().map(|(number, table)| Ok((run.ints(number)?, run.ints(table)?, table.dim(1)))).transpose()?;
        let (mut weights, mut chosen) = (Vec::new(), Vec::new());
        for (t, row) in values.chunks(count).enumerate() {
            let scores: Vec<f32> = row.iter().map(|x| sigmoid(*x)).collect();
            let biased: Vec<f32> = scores.iter().zip(&bias).map(|(score, bias)| score + bias).collect();
            let picked = largest(&in_best_groups(&biased, groups, keep, n), k);
            let over = if norm { picked.iter().map(|i| scores[*i]).sum::<f32>() / factor } else { 1.0 };
            weights.extend(picked.iter().map(|i| f64::from(scores[*i] / over)));
            for expert in picked {
                let Some((number, table, width)) = &mapping else {
                    chosen.push(expert as i64);
                    continue;
                };
                if !(1..=*width as i64).contains(&number[expert]) {
                    return Err(failed(format!(
                        "mappingNum: {} copies of expert {expert}, the table has room for {width}",
                        number[expert]
                    )));
                }
                chosen.push(table[expert * width + t % number[expert] as usize]);
            }
        }
        run.put_floats(&y, &weights)?;
        run.put_ints(&experts, &chosen)
    }))
}
