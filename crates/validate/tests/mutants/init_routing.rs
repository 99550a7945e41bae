//! Broken init routing kernels.

use ascend_hal::ops::{InitRouting, SlotOrder};
use ascend_hal::{OpCall, OpKind, Result, TensorView, TensorViewMut, host};

use crate::patch::patch;
use crate::{Inner, Mutant};

fn op(call: &OpCall) -> &InitRouting {
    call.try_into().expect("an init routing call")
}

pub fn mutants() -> Vec<Mutant> {
    let mutant = |breaks, run| Mutant { op: OpKind::InitRouting, breaks, run };
    vec![
        mutant("zero_tokens", leaves_counts_of_no_tokens),
        mutant("empty_expert", restarts_the_sum_at_empty_experts),
        mutant("stable", exchanges_two_pairs_of_an_expert),
        mutant("slot_major", numbers_by_token),
        mutant("local_range", gives_pairs_without_rows_row_0),
        mutant("no_expert", gives_pairs_without_rows_row_0),
        mutant("untouched_tail", clears_the_tail),
        mutant("capacity_drop", gives_pairs_without_rows_row_0),
        mutant("zero_fill", leaves_unused_rows),
        mutant("zero_row", gives_zero_rows_scale_1),
        mutant("nonfinite_row", gives_nonfinite_rows_scale_0),
        mutant("id_out_of_range", takes_any_id),
    ]
}

/// Nothing to do means nothing written, the counts included.
fn leaves_counts_of_no_tokens(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if op(call).ids.numel() == 0 { Ok(()) } else { k.run(call) }
}

fn output(view: &Option<TensorViewMut>) -> &TensorViewMut {
    view.as_ref().expect("an optional output")
}

fn restarts_the_sum_at_empty_experts(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let counts = host::to_i64(output(&op(call).counts))?;
    patch(output(&op(call).cumulative), |sum| sum.iter_mut().zip(counts).filter(|(_, n)| *n == 0).for_each(|(sum, _)| *sum = 0.0))
}

fn exchanges_two_pairs_of_an_expert(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let op = op(call);
    let ids = host::to_i64(&op.ids)?;
    let (tokens, slots) = (op.ids.dim(0), op.ids.dim(1));
    let id = |flat: usize| {
        let (token, slot) = op.order.pair(flat, tokens, slots);
        ids[token * slots + slot]
    };
    patch(&op.flat_to_row, |rows| {
        let other = (1..rows.len()).find(|&flat| id(flat) == id(0)).expect("an expert with two pairs");
        rows.swap(0, other);
    })
}

fn numbers_by_token(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(&op(call).clone().with_order(SlotOrder::TokenMajor).into())
}

fn gives_pairs_without_rows_row_0(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    patch(&op(call).flat_to_row, |rows| rows.iter_mut().filter(|row| **row < 0.0).for_each(|row| *row = 0.0))
}

/// For each row whether it holds a pair.
fn used(op: &InitRouting) -> Result<Vec<bool>> {
    Ok(host::to_i64(output(&op.row_to_flat))?.into_iter().map(|flat| flat >= 0).collect())
}

fn clears_the_tail(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let (used, hidden) = (used(op(call))?, op(call).rows.dim(1));
    patch(&op(call).rows, |rows| {
        rows.chunks_mut(hidden).zip(used).filter(|(_, used)| !used).for_each(|(row, _)| row.fill(0.0));
    })
}

fn leaves_unused_rows(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let old = host::to_f64(&op(call).rows)?;
    k.run(call)?;
    let (used, hidden) = (used(op(call))?, op(call).rows.dim(1));
    patch(&op(call).rows, |rows| {
        let rows = rows.chunks_mut(hidden).zip(old.chunks(hidden)).zip(used);
        rows.filter(|(_, used)| !used).for_each(|((row, old), _)| row.copy_from_slice(old));
    })
}

fn gives_zero_rows_scale_1(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    patch(output(&op(call).row_scale), |scale| scale.iter_mut().filter(|s| **s == 0.0).for_each(|s| *s = 1.0))
}

fn gives_nonfinite_rows_scale_0(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let tail = used_after(k, call)?;
    patch(output(&op(call).row_scale), |scale| {
        scale.iter_mut().zip(tail).filter(|(s, used)| *used && !s.is_finite()).for_each(|(s, _)| *s = 0.0);
    })
}

fn used_after(k: &Inner<'_>, call: &OpCall) -> Result<Vec<bool>> {
    k.run(call)?;
    used(op(call))
}

/// Ids that are none are taken for no expert.
fn takes_any_id(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let op = op(call);
    let ids: Vec<i32> = host::to_vec::<i32>(&op.ids)?
        .into_iter()
        .map(|id| if (0..op.experts as i32).contains(&id) { id } else { op.experts as i32 })
        .collect();
    let ids: TensorView = host::tensor(&ids, *op.ids.shape())?;
    k.run(&InitRouting { ids, ..op.clone() }.into())
}
