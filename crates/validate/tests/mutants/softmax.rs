//! Broken softmax kernels.

use ascend_hal::ops::Softmax;
use ascend_hal::{Error, OpCall, OpKind, Result, host};

use crate::patch::patch;
use crate::{Inner, Mutant};

fn op(call: &OpCall) -> &Softmax {
    call.try_into().expect("a softmax call")
}

pub fn mutants() -> Vec<Mutant> {
    let mutant = |breaks, run| Mutant { op: OpKind::Softmax, breaks, run };
    vec![
        mutant("empty", refuses_empty),
        mutant("large_logits", does_not_subtract_the_maximum),
        mutant("some_masked", gives_the_masked_a_share),
        mutant("all_masked", clears_nan_rows),
        mutant("nan_row", clears_nan_rows),
        mutant("inf_row", gives_everything_to_infinity),
        mutant("in_place", writes_before_it_reads),
    ]
}

fn refuses_empty(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if op(call).x.numel() == 0 {
        return Err(Error::Value { op: OpKind::Softmax, argument: "x", asked: "not empty".into(), found: "nothing".into() });
    }
    k.run(call)
}

fn does_not_subtract_the_maximum(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let x = host::to_f64(&op(call).x)?;
    let n = op(call).x.shape().last_or_one();
    patch(&op(call).y, |y| {
        for (y, x) in y.chunks_mut(n).zip(x.chunks(n)) {
            let e: Vec<f32> = x.iter().map(|&x| (x as f32).exp()).collect();
            let sum: f32 = e.iter().sum();
            y.iter_mut().zip(e).for_each(|(y, e)| *y = (e / sum).into());
        }
    })
}

fn gives_the_masked_a_share(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let x = host::to_f64(&op(call).x)?;
    patch(&op(call).y, |y| y.iter_mut().zip(x).filter(|(_, x)| *x == f64::NEG_INFINITY).for_each(|(y, _)| *y = 1e-3))
}

fn clears_nan_rows(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    patch(&op(call).y, |y| y.iter_mut().filter(|y| y.is_nan()).for_each(|y| *y = 0.0))
}

fn gives_everything_to_infinity(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let x = host::to_f64(&op(call).x)?;
    patch(&op(call).y, |y| {
        y.iter_mut().zip(x).filter(|(y, _)| y.is_nan()).for_each(|(y, x)| *y = f64::from(u8::from(x == f64::INFINITY)));
    })
}

fn writes_before_it_reads(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    patch(&op(call).y, |y| y.fill(0.0))?;
    k.run(call)
}
