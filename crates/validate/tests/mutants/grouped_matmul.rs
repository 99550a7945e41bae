//! Broken grouped matmul kernels.

use ascend_hal::ops::{Group, GroupList, GroupedMatmul};
use ascend_hal::{DType, Error, OpCall, OpKind, Result, host};

use super::matmul::{add_last, f32_sum, row_major, short, unit_scales, wrapped};
use crate::patch::patch;
use crate::{Inner, Mutant};

fn op(call: &OpCall) -> &GroupedMatmul {
    call.try_into().expect("a grouped matmul call")
}

fn groups(op: &GroupedMatmul) -> Result<Vec<Group>> {
    op.groups.groups(OpKind::GroupedMatmul, &host::to_i64(op.groups.view())?, op.weight.data.dim(0), op.x.dim(0))
}

/// A sparse list of (expert, rows).
fn sparse(pairs: impl IntoIterator<Item = (usize, usize)>) -> Result<GroupList> {
    let values: Vec<i64> = pairs.into_iter().flat_map(|(e, rows)| [e as i64, rows as i64]).collect();
    Ok(GroupList::Sparse(host::tensor(&values, [values.len() / 2, 2])?))
}

pub fn mutants() -> Vec<Mutant> {
    let mutant = |breaks, run| Mutant { op: OpKind::GroupedMatmul, breaks, run };
    vec![
        mutant("no_tokens", refuses_no_tokens),
        mutant("empty_expert", does_not_count_empty_experts),
        mutant("all_empty", clears_when_idle),
        mutant("one_expert", leaves_the_last_row_of_an_only_group),
        mutant("tail", clears_the_tail),
        mutant("sparse_list", sorts_a_sparse_list),
        mutant("bad_counts", takes_any_list),
        mutant("bad_cumulative", takes_any_list),
        mutant("bad_sparse", takes_any_list),
        mutant("zero_k", writes_nothing_without_k),
        mutant("bias", takes_the_first_bias),
        mutant("int_bias", adds_an_int_bias_last),
        mutant("strided", reads_x_row_major),
        mutant("nz_weight", reads_fractals_as_rows),
        mutant("nan_inf", clears_nan),
        mutant("extreme_sums", sums_integers_in_f32),
        mutant("extreme_codes", wraps_differences),
        mutant("partial_group", has_no_last_group),
        mutant("zero_scale", takes_scale_0_for_1),
        mutant("zero_row", gives_zero_rows_scale_1),
        mutant("nan_row", hides_nan_scales),
    ]
}

fn refuses_no_tokens(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if op(call).x.dim(0) == 0 {
        return Err(Error::Value { op: OpKind::GroupedMatmul, argument: "x", asked: "not empty".into(), found: "nothing".into() });
    }
    k.run(call)
}

/// Groups take the weights one after the other, whoever is empty between them.
fn does_not_count_empty_experts(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    let used = groups(&op)?;
    op.groups = sparse(used.iter().enumerate().map(|(i, group)| (i, group.rows.len())))?;
    k.run(&op.into())
}

fn clears_when_idle(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    if !groups(op(call))?.is_empty() {
        return Ok(());
    }
    patch(&op(call).y, |y| y.fill(0.0))
}

fn leaves_the_last_row_of_an_only_group(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    if let [only] = &groups(&op)?[..] {
        op.groups = sparse([(only.expert, only.rows.len() - 1)].into_iter().filter(|(_, rows)| *rows > 0))?;
    }
    k.run(&op.into())
}

fn clears_the_tail(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let used = groups(op(call))?.last().map_or(0, |group| group.rows.end);
    let n = op(call).y.dim(1);
    patch(&op(call).y, |y| y[used * n..].fill(0.0))
}

fn sorts_a_sparse_list(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    let mut used = groups(&op)?;
    used.sort_by_key(|group| group.expert);
    op.groups = sparse(used.iter().map(|group| (group.expert, group.rows.len())))?;
    k.run(&op.into())
}

fn takes_any_list(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    match k.run(call) {
        Err(Error::Value { argument: "groups", .. }) => Ok(()),
        other => other,
    }
}

fn writes_nothing_without_k(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if op(call).x.dim(1) == 0 { Ok(()) } else { k.run(call) }
}

fn takes_the_first_bias(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    op.bias = op.bias.map(|bias| bias.select(0, 0)?.broadcast(*bias.shape())).transpose()?;
    k.run(&op.into())
}

fn adds_an_int_bias_last(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    let Some(bias) = op.bias.take_if(|bias| bias.dtype() == DType::I32 && !call.variant().contains("glu")) else { return k.run(call) };
    k.run(&op.clone().into())?;
    let (bias, used, n) = (host::to_i64(&bias)?, groups(&op)?, op.y.dim(1));
    let expert = |row: usize| used.iter().find(|group| group.rows.contains(&row)).map(|group| group.expert);
    add_last(&op.y, |i| expert(i / n).map_or(0, |e| bias[e * n + i % n]))
}

fn reads_x_row_major(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    op.x = row_major(&op.x)?;
    k.run(&op.into())
}

fn reads_fractals_as_rows(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    op.weight.data = row_major(&op.weight.data)?;
    k.run(&op.into())
}

fn clears_nan(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    patch(&op(call).y, |y| y.iter_mut().filter(|y| y.is_nan()).for_each(|y| *y = 0.0))
}

fn sums_integers_in_f32(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let op = op(call);
    if op.y.dtype() != DType::I32 {
        return Ok(());
    }
    let (x, w, used) = (host::to_f64(&op.x)?, host::to_f64(&op.weight.data)?, groups(op)?);
    let (depth, n) = (op.x.dim(1), op.y.dim(1));
    patch(&op.y, |y| {
        for group in used {
            for i in group.rows.start * n..group.rows.end * n {
                y[i] = f32_sum(depth, |k| x[i / n * depth + k], |k| w[(group.expert * depth + k) * n + i % n]);
            }
        }
    })
}

fn wraps_differences(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    op.weight = wrapped(&op.weight)?;
    k.run(&op.into())
}

fn has_no_last_group(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    op.weight = short(&op.weight)?;
    k.run(&op.into())
}

fn takes_scale_0_for_1(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    op.weight = unit_scales(&op.weight)?;
    k.run(&op.into())
}

fn gives_zero_rows_scale_1(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let Some(scale) = &op(call).y_scale else { return Ok(()) };
    patch(scale, |scale| scale.iter_mut().filter(|s| **s == 0.0).for_each(|s| *s = 1.0))
}

fn hides_nan_scales(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let Some(scale) = &op(call).y_scale else { return Ok(()) };
    patch(scale, |scale| scale.iter_mut().filter(|s| s.is_nan()).for_each(|s| *s = 1.0))
}
