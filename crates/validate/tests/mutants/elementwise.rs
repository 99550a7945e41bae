//! Broken elementwise kernels.

use ascend_hal::ops::{Elementwise, ElementwiseKind};
use ascend_hal::{Error, OpCall, OpKind, Result, host};

use crate::patch::patch;
use crate::{Inner, Mutant};

fn op(call: &OpCall) -> &Elementwise {
    call.try_into().expect("an elementwise call")
}

pub fn mutants() -> Vec<Mutant> {
    let mutant = |breaks, run| Mutant { op: OpKind::Elementwise, breaks, run };
    vec![
        mutant("empty", refuses_empty),
        mutant("broadcast", forgets_to_repeat),
        mutant("in_place", writes_before_it_reads),
        mutant("nan", swallows_nan),
        mutant("infinite", takes_infinity_for_the_largest_number),
        mutant("overflow", saturates),
        mutant("zero_divisor", divides_by_zero_to_zero),
        mutant("large_argument", underflows_to_nan),
        mutant("wrap", saturates),
    ]
}

fn refuses_empty(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if op(call).a.numel() == 0 {
        return Err(Error::Value { op: OpKind::Elementwise, argument: "a", asked: "not empty".into(), found: "nothing".into() });
    }
    k.run(call)
}

/// Reads what lies behind the operand's memory instead of repeating it.
fn forgets_to_repeat(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut broken = op(call).clone();
    let spoil = |view: &mut ascend_hal::TensorView| {
        if view.layout().strides().contains(&0) {
            *view = crate::patch::copy(view)?;
            let half = view.numel() / 2;
            patch(view, |x| x[half..].fill(100.0))?;
        }
        Ok::<_, Error>(())
    };
    spoil(&mut broken.a)?;
    broken.b.as_mut().map(spoil).transpose()?;
    k.run(&broken.into())
}

/// Clears y before it reads, as a kernel that accumulates into y would.
fn writes_before_it_reads(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    patch(&op(call).y, |y| y.fill(0.0))?;
    k.run(call)
}

fn swallows_nan(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    patch(&op(call).y, |y| y.iter_mut().filter(|y| y.is_nan()).for_each(|y| *y = 1.0))
}

fn takes_infinity_for_the_largest_number(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let finite = |x: &ascend_hal::TensorView| {
        let y = crate::patch::copy(x)?;
        patch(&y, |x| x.iter_mut().filter(|x| x.is_infinite()).for_each(|x| *x = x.signum() * 100.0))?;
        Ok::<_, Error>(y)
    };
    let mut broken = op(call).clone();
    broken.a = finite(&broken.a)?;
    broken.b = broken.b.as_ref().map(finite).transpose()?;
    k.run(&broken.into())
}

fn saturates(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let op = op(call);
    if op.a.dtype().is_float() {
        return patch(&op.y, |y| y.iter_mut().filter(|y| y.is_infinite()).for_each(|y| *y = y.signum() * 60000.0));
    }
    let (a, b) = (host::to_i64(&op.a)?, host::to_i64(op.b.as_ref().unwrap_or(&op.a))?);
    let bits = op.a.dtype().bits() as u32;
    patch(&op.y, |y| {
        for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
            let (a, b) = (i128::from(a), i128::from(b));
            let exact = match op.kind {
                ElementwiseKind::Sub => a - b,
                ElementwiseKind::Mul => a * b,
                _ => a + b,
            };
            let limit = 1i128 << (bits - 1);
            if !(-limit..limit).contains(&exact) {
                *y = exact.signum() as f64 * limit as f64;
            }
        }
    })
}

fn divides_by_zero_to_zero(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let b = host::to_f64(op(call).b.as_ref().expect("a divisor"))?;
    patch(&op(call).y, |y| y.iter_mut().zip(b).filter(|(_, b)| *b == 0.0).for_each(|(y, _)| *y = 0.0))
}

/// `exp(a) / (1 + exp(a))` the other way round: inf / inf.
fn underflows_to_nan(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let a = host::to_f64(&op(call).a)?;
    patch(&op(call).y, |y| y.iter_mut().zip(a).filter(|(_, a)| *a < -80.0).for_each(|(y, _)| *y = f64::NAN))
}
