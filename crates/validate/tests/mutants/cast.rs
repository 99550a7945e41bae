//! Broken cast kernels.

use ascend_hal::ops::Cast;
use ascend_hal::{DType, Error, OpCall, OpKind, Result, host};

use crate::patch::patch;
use crate::{Inner, Mutant};

fn op(call: &OpCall) -> &Cast {
    call.try_into().expect("a cast call")
}

pub fn mutants() -> Vec<Mutant> {
    let mutant = |breaks, run| Mutant { op: OpKind::Cast, breaks, run };
    vec![
        mutant("empty", refuses_empty),
        mutant("ties", rounds_half_away),
        mutant("overflow", saturates_floats),
        mutant("special", flushes_subnormals),
        mutant("truncate", rounds_to_nearest),
        mutant("saturate", wraps_floats),
        mutant("nan_to_integer", gives_nan_a_bound),
        mutant("wrap", saturates_integers),
        mutant("truth", looks_at_the_low_byte),
    ]
}

fn refuses_empty(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if op(call).x.numel() == 0 {
        return Err(Error::Value { op: OpKind::Cast, argument: "x", asked: "not empty".into(), found: "nothing".into() });
    }
    k.run(call)
}

/// Runs the kernel, then lets `f` change each element of y by that of x.
fn with(k: &Inner<'_>, call: &OpCall, f: impl Fn(f64, &mut f64)) -> Result<()> {
    k.run(call)?;
    let x = host::to_f64(&op(call).x)?;
    patch(&op(call).y, |y| y.iter_mut().zip(x).for_each(|(y, x)| f(x, y)))
}

/// Ties go away from zero: one unit beyond the even neighbour where that was nearer to zero.
fn rounds_half_away(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let to = op(call).y.dtype();
    with(k, call, |x, y| {
        let away = to.round(x + (x - *y));
        if x != *y && away.abs() > y.abs() && away - x == x - *y {
            *y = away;
        } else if x != *y && y.abs() < x.abs() {
            *y = to.round(x + 1.01 * (x - *y));
        }
    })
}

fn saturates_floats(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    with(k, call, |_, y| {
        if y.is_infinite() {
            *y = y.signum() * 60_000.0;
        }
    })
}

fn flushes_subnormals(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    with(k, call, |_, y| {
        if y.abs() < 6e-5 {
            *y = 0.0;
        }
    })
}

fn rounds_to_nearest(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    with(k, call, |x, y| *y = x.round_ties_even())
}

fn wraps_floats(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    with(k, call, |x, y| {
        if x != *y {
            *y = 0.0;
        }
    })
}

fn gives_nan_a_bound(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    with(k, call, |x, y| {
        if x.is_nan() {
            *y = -8.0;
        }
    })
}

fn saturates_integers(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let (lo, hi) = match op(call).y.dtype() {
        DType::I4 => (-8.0, 7.0),
        DType::U8 => (0.0, 255.0),
        DType::I8 => (-128.0, 127.0),
        _ => (f64::from(i32::MIN), f64::from(i32::MAX)),
    };
    with(k, call, |x, y| *y = x.clamp(lo, hi))
}

fn looks_at_the_low_byte(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    with(k, call, |x, y| {
        if x.is_nan() || x.abs() > 1.0 {
            *y = f64::from(u8::from(x as i64 & 1 == 1));
        }
    })
}
