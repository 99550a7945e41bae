//! Broken finalize routing kernels.

use ascend_hal::ops::{FinalizeRouting, SlotOrder};
use ascend_hal::{DType, Error, OpCall, OpKind, Result, host};

use crate::patch::patch;
use crate::{Inner, Mutant};

fn op(call: &OpCall) -> &FinalizeRouting {
    call.try_into().expect("a finalize routing call")
}

pub fn mutants() -> Vec<Mutant> {
    let mutant = |breaks, run| Mutant { op: OpKind::FinalizeRouting, breaks, run };
    vec![
        mutant("zero_tokens", refuses_empty),
        mutant("dropped", |k, call| renumbered(k, call, |_, row| if row < 0 { 0 } else { row })),
        mutant("all_dropped", leaves_tokens_without_rows),
        mutant("unused_rows", adds_every_row_times_0),
        mutant("nan_row", clears_nan),
        mutant("shared_row", |k, call| renumbered(k, call, |before, row| if before.contains(&row) { -1 } else { row })),
        mutant("slot_major", |k, call| k.run(&op(call).clone().with_order(SlotOrder::TokenMajor).into())),
        mutant("mixed_dtype", truncates),
        mutant("row_out_of_range", |k, call| accepts(k, call, "flat_to_row")),
        mutant("id_out_of_range", |k, call| accepts(k, call, "ids")),
    ]
}

fn refuses_empty(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if op(call).y.numel() == 0 {
        return Err(Error::Value { op: OpKind::FinalizeRouting, argument: "rows", asked: "not empty".into(), found: "nothing".into() });
    }
    k.run(call)
}

/// With row numbers that `f` makes of those before each, and of itself.
fn renumbered(k: &Inner<'_>, call: &OpCall, f: fn(&[i32], i32) -> i32) -> Result<()> {
    let rows = host::to_vec::<i32>(&op(call).flat_to_row)?;
    let new: Vec<i32> = rows.iter().enumerate().map(|(at, &row)| f(&rows[..at], row)).collect();
    k.run(&FinalizeRouting { flat_to_row: host::tensor(&new, [rows.len()])?, ..op(call).clone() }.into())
}

fn leaves_tokens_without_rows(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let old = host::to_f64(&op(call).y)?;
    k.run(call)?;
    let op = op(call);
    let rows = host::to_i64(&op.flat_to_row)?;
    let (tokens, hidden, slots) = (op.y.dim(0), op.y.dim(1), op.slots());
    patch(&op.y, |y| {
        for (t, (y, old)) in y.chunks_mut(hidden).zip(old.chunks(hidden)).enumerate() {
            if (0..slots).all(|s| rows[op.order.flat(t, s, tokens, slots)] < 0) {
                y.copy_from_slice(old);
            }
        }
    })
}

fn adds_every_row_times_0(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let rows: f64 = host::to_f64(&op(call).rows)?.iter().map(|x| 0.0 * x).sum();
    patch(&op(call).y, |y| y.iter_mut().for_each(|y| *y += rows))
}

fn clears_nan(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    patch(&op(call).y, |y| y.iter_mut().filter(|y| y.is_nan()).for_each(|y| *y = 0.0))
}

/// Cuts the f32 sum off instead of rounding it.
fn truncates(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let op = op(call);
    let wide = host::zeros(DType::F32, *op.y.shape())?;
    let skip = op.skip.as_ref().map(|s| host::tensor(&host::to_f64(s)?.into_iter().map(|x| x as f32).collect::<Vec<_>>(), *s.shape()));
    k.run(&FinalizeRouting { y: wide.clone(), skip: skip.transpose()?, ..op.clone() }.into())?;
    let mask = if op.y.dtype() == DType::F16 { !0x1fff } else { !0xffff };
    let cut: Vec<f64> = host::to_vec::<f32>(&wide)?.into_iter().map(|x| f32::from_bits(x.to_bits() & mask).into()).collect();
    patch(&op.y, |y| y.copy_from_slice(&cut))
}

fn accepts(k: &Inner<'_>, call: &OpCall, wrong: &str) -> Result<()> {
    match k.run(call) {
        Err(Error::Value { argument, .. }) if argument == wrong => Ok(()),
        other => other,
    }
}
