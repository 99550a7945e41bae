//! Broken top-k kernels.

use ascend_hal::ops::TopK;
use ascend_hal::{Error, OpCall, OpKind, Result, host};

use crate::patch::patch;
use crate::{Inner, Mutant};

fn op(call: &OpCall) -> &TopK {
    call.try_into().expect("a top-k call")
}

pub fn mutants() -> Vec<Mutant> {
    let mutant = |breaks, run| Mutant { op: OpKind::TopK, breaks, run };
    vec![
        mutant("empty", refuses_empty),
        mutant("whole_row", leaves_the_last_place),
        mutant("ties", takes_the_higher_index),
        mutant("signed_zeros", orders_zeros_by_sign),
        mutant("infinite", skips_negative_infinity),
        mutant("nan", sorts_nan_the_other_way),
    ]
}

fn refuses_empty(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if op(call).values.numel() == 0 {
        return Err(Error::Value { op: OpKind::TopK, argument: "x", asked: "not empty".into(), found: "nothing".into() });
    }
    k.run(call)
}

/// Writes places 0..N - 1 only when k = N.
fn leaves_the_last_place(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let last = |view| host::to_f64(view).map(|x| x.last().copied().unwrap_or(0.0));
    let (value, index) = (last(&op(call).values)?, last(&op(call).indices)?);
    k.run(call)?;
    patch(&op(call).values, |v| *v.last_mut().expect("an element") = value)?;
    patch(&op(call).indices, |v| *v.last_mut().expect("an element") = index)
}

/// Sorts rows by `key`, largest first and then by index as `later_first` says, and writes the result.
fn choose(call: &OpCall, key: fn(f64) -> f64, later_first: bool) -> Result<()> {
    let op = op(call);
    let x = host::to_f64(&op.x)?;
    let n = op.x.shape().last_or_one();
    let (mut values, mut indices) = (vec![], vec![]);
    for row in x.chunks(n) {
        let mut order: Vec<usize> = (0..n).collect();
        if later_first {
            order.reverse();
        }
        order.sort_by(|&i, &j| {
            let ascending = key(row[i]).total_cmp(&key(row[j]));
            if op.largest { ascending.reverse() } else { ascending }
        });
        values.extend(order[..op.k].iter().map(|&i| row[i]));
        indices.extend(order[..op.k].iter().map(|&i| i as f64));
    }
    patch(&op.values, |v| v.copy_from_slice(&values))?;
    patch(&op.indices, |v| v.copy_from_slice(&indices))
}

fn takes_the_higher_index(_: &Inner<'_>, call: &OpCall) -> Result<()> {
    choose(call, |x| x, true)
}

fn orders_zeros_by_sign(_: &Inner<'_>, call: &OpCall) -> Result<()> {
    choose(call, |x| x, false)
}

/// Starts the search at the lowest finite number, so that -inf is never taken: its places say index 0.
fn skips_negative_infinity(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let values = host::to_f64(&op(call).values)?;
    patch(&op(call).indices, |y| y.iter_mut().zip(values).filter(|(_, v)| *v == f64::NEG_INFINITY).for_each(|(y, _)| *y = 0.0))
}

fn sorts_nan_the_other_way(_: &Inner<'_>, call: &OpCall) -> Result<()> {
    choose(call, |x| if x.is_nan() { f64::NEG_INFINITY } else { x }, false)
}
