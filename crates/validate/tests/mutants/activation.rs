//! Mutants of activation and glu, and the tools that the mutants of rows share.

use ascend_hal::ops::{Activation, Glu, GluKind};
use ascend_hal::{Error, Layout, OpCall, OpKind, Result, TensorView, host};

use crate::patch::{copy, patch};
use crate::{Inner, Mutant};

pub fn mutants() -> Vec<Mutant> {
    let activation = |breaks, run| Mutant { op: OpKind::Activation, breaks, run };
    let glu = |breaks, run| Mutant { op: OpKind::Glu, breaks, run };
    vec![
        activation("empty", refuses),
        activation("large", |inner, call| {
            // x * e^x / (1 + e^x): infinity by infinity.
            let op: &Activation = call.try_into()?;
            let x = host::to_f64(&op.x)?;
            inner.run(call)?;
            patch(&op.y, |y| y.iter_mut().zip(&x).filter(|(_, x)| (**x as f32).exp().is_infinite()).for_each(|(y, _)| *y = f64::NAN))
        }),
        activation("infinite", |inner, call| {
            let op: &Activation = call.try_into()?;
            let x = host::to_f64(&op.x)?;
            inner.run(call)?;
            patch(&op.y, |y| y.iter_mut().zip(&x).filter(|(_, x)| **x == f64::NEG_INFINITY).for_each(|(y, _)| *y = f64::NAN))
        }),
        activation("nan", |inner, call| {
            inner.run(call)?;
            let op: &Activation = call.try_into()?;
            swallow_nan(&op.y)
        }),
        activation("strided", |inner, call| {
            let op: &Activation = call.try_into()?;
            inner.run(&Activation { x: as_if_contiguous(&op.x)?, ..op.clone() }.into())
        }),
        activation("in_place", twice),
        glu("empty", refuses),
        glu("infinite", |inner, call| {
            let op: &Glu = call.try_into()?;
            let gates = gates(op)?;
            inner.run(call)?;
            patch(&op.y, |y| y.iter_mut().zip(&gates).filter(|(_, g)| **g == f64::NEG_INFINITY).for_each(|(y, _)| *y = f64::NAN))
        }),
        glu("nan", |inner, call| {
            inner.run(call)?;
            let op: &Glu = call.try_into()?;
            swallow_nan(&op.y)
        }),
        glu("clamp", |inner, call| {
            // The gate is bounded on both sides, like the up value; that one is bounded already.
            let op: &Glu = call.try_into()?;
            let GluKind::SwigluClamped { limit, .. } = op.kind else { return inner.run(call) };
            let x = changed(&op.x, |x| x.max(-f64::from(limit)))?;
            inner.run(&Glu { x, ..op.clone() }.into())
        }),
        glu("strided", |inner, call| {
            let op: &Glu = call.try_into()?;
            inner.run(&Glu { x: as_if_contiguous(&op.x)?, ..op.clone() }.into())
        }),
    ]
}

fn gates(op: &Glu) -> Result<Vec<f64>> {
    let (x, width) = (host::to_f64(&op.x)?, op.y.shape().last_or_one());
    let gate = |i: usize| if op.interleaved { x[2 * i] } else { x[i / width * 2 * width + i % width] };
    Ok((0..op.y.numel()).map(gate).collect())
}

/// A kernel that does not take what is empty.
pub fn refuses(_: &Inner<'_>, call: &OpCall) -> Result<()> {
    Err(Error::Argument { op: call.kind(), argument: "x", asked: "a tensor with elements".into(), found: "none".into() })
}

/// A kernel that, in place, reads what it has written.
pub fn twice(inner: &Inner<'_>, call: &OpCall) -> Result<()> {
    inner.run(call)?;
    inner.run(call)
}

/// A kernel's result with 0 for every NaN.
pub fn swallow_nan(view: &TensorView) -> Result<()> {
    patch(view, |y| y.iter_mut().filter(|y| y.is_nan()).for_each(|y| *y = 0.0))
}

/// A copy of an input with other elements.
pub fn changed(view: &TensorView, f: impl Fn(f64) -> f64) -> Result<TensorView> {
    let copy = copy(view)?;
    patch(&copy, |x| x.iter_mut().for_each(|x| *x = f(*x)))?;
    Ok(copy)
}

/// An input read as if its rows had no gaps.
pub fn as_if_contiguous(view: &TensorView) -> Result<TensorView> {
    let dense = Layout::contiguous(*view.shape())?;
    TensorView::new(view.buffer().clone(), view.dtype(), Layout::strided(*dense.shape(), *dense.strides(), view.layout().offset())?)
}
