//! Broken argmax kernels.

use ascend_hal::ops::ArgMax;
use ascend_hal::{Error, OpCall, OpKind, Result, host};

use crate::patch::patch;
use crate::{Inner, Mutant};

fn op(call: &OpCall) -> &ArgMax {
    call.try_into().expect("an argmax call")
}

pub fn mutants() -> Vec<Mutant> {
    let mutant = |breaks, run| Mutant { op: OpKind::ArgMax, breaks, run };
    vec![
        mutant("empty", refuses_empty),
        mutant("ties", takes_the_last),
        mutant("infinite", starts_from_the_lowest_number),
        mutant("nan", ignores_nan),
    ]
}

fn refuses_empty(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if op(call).x.numel() == 0 {
        return Err(Error::Value { op: OpKind::ArgMax, argument: "x", asked: "not empty".into(), found: "nothing".into() });
    }
    k.run(call)
}

fn choose(call: &OpCall, pick: fn(&[f64]) -> usize) -> Result<()> {
    let x = host::to_f64(&op(call).x)?;
    let n = op(call).x.shape().last_or_one();
    patch(&op(call).y, |y| y.iter_mut().zip(x.chunks(n)).for_each(|(y, x)| *y = pick(x) as f64))
}

fn takes_the_last(_: &Inner<'_>, call: &OpCall) -> Result<()> {
    choose(call, |x| (0..x.len()).fold(0, |best, i| if x[i] >= x[best] { i } else { best }))
}

/// A row without finite numbers has no maximum for it: the last index.
fn starts_from_the_lowest_number(_: &Inner<'_>, call: &OpCall) -> Result<()> {
    choose(call, |x| (0..x.len()).rev().find(|&i| x[i] == f64::NEG_INFINITY).unwrap_or(0))
}

fn ignores_nan(_: &Inner<'_>, call: &OpCall) -> Result<()> {
    choose(call, |x| (0..x.len()).fold(0, |best, i| if x[i] > x[best] || x[best].is_nan() { i } else { best }))
}
