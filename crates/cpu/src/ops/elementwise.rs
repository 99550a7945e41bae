//! CPU kernel of [`Elementwise`].

use ascend_hal::ops::{Elementwise, ElementwiseKind};
use ascend_hal::{DType, Element, OpKind, Result, bf16, f16, host::HostAccess};

use crate::context::Context;
use crate::isa::Isa;
use crate::rows::RowsMut;
use crate::simd::{Lane, convert, row};

/// Elements that are widened at a time.
const CHUNK: usize = 1024;

pub(super) fn elementwise(cx: &Context<'_>, op: &Elementwise) -> Result<()> {
    match op.a.dtype() {
        DType::F16 => floats::<f16>(cx, op),
        DType::BF16 => floats::<bf16>(cx, op),
        DType::I32 => integers::<i32>(cx, op),
        DType::I64 => integers::<i64>(cx, op),
        _ => floats::<f32>(cx, op),
    }
}

/// Computed in f32, a chunk that stays in the first-level cache at a time.
fn floats<T: Lane>(cx: &Context<'_>, op: &Elementwise) -> Result<()> {
    let isa = cx.isa();
    // What takes one argument only never looks at the other.
    let b = op.b.as_ref().unwrap_or(&op.a);
    let access = HostAccess::lock(OpKind::Elementwise, [("a", &op.a), ("b", b)], [("y", &op.y)])?;
    let (a, b) = (access.read::<T>(&op.a)?, op.b.as_ref().map(|b| access.read::<T>(b)).transpose()?);
    let mut y = access.write::<T>(&op.y)?;
    cx.by_rows(y.len(), 3, RowsMut::new(&mut y, 1), |range, y| {
        let mut buffers = [[0f32; CHUNK]; 2];
        let [left, right] = &mut buffers;
        for (i, y) in y.data.chunks_mut(CHUNK).enumerate() {
            let at = range.start + i * CHUNK..range.start + i * CHUNK + y.len();
            let (left, right) = (&mut left[..y.len()], &mut right[..y.len()]);
            convert::widen(isa, &a[at.clone()], left);
            if let Some(b) = &b {
                convert::widen(isa, &b[at], right);
            }
            compute(isa, op.kind, left, right);
            convert::narrow(isa, left, y);
        }
        Ok(())
    })
}

/// `a` becomes the result.
fn compute(isa: Isa, kind: ElementwiseKind, a: &mut [f32], b: &[f32]) {
    use ElementwiseKind::*;
    let pairs = a.iter_mut().zip(b);
    match kind {
        Add => pairs.for_each(|(a, b)| *a += b),
        Sub => pairs.for_each(|(a, b)| *a -= b),
        Mul => pairs.for_each(|(a, b)| *a *= b),
        Div => pairs.for_each(|(a, b)| *a /= b),
        Max => pairs.for_each(|(a, &b)| *a = pick(*a, b, |a, b| a >= b)),
        Min => pairs.for_each(|(a, &b)| *a = pick(*a, b, |a, b| a <= b)),
        Affine { scale, offset } => a.iter_mut().for_each(|a| *a = *a * scale + offset),
        // In the contract's own steps: for large negative values e^-x overflows, and the result is 0.
        Sigmoid => {
            a.iter_mut().for_each(|a| *a = -*a);
            row::exp(isa, a);
            a.iter_mut().for_each(|a| *a = 1.0 / (1.0 + *a));
        }
        Exp => row::exp(isa, a),
    }
}

/// The better of two, NaN if either is.
#[inline(always)]
fn pick(a: f32, b: f32, better: impl Fn(f32, f32) -> bool) -> f32 {
    if a.is_nan() || better(a, b) {
        a
    } else {
        // Either the better one or NaN, which compares as neither.
        b
    }
}

/// Arithmetic that wraps around.
trait Wrapping: Element + Ord {
    fn add(self, b: Self) -> Self;
    fn sub(self, b: Self) -> Self;
    fn mul(self, b: Self) -> Self;
}

macro_rules! wrapping {
    ($($t:ty),*) => {$(
        impl Wrapping for $t {
            fn add(self, b: Self) -> Self {
                self.wrapping_add(b)
            }
            fn sub(self, b: Self) -> Self {
                self.wrapping_sub(b)
            }
            fn mul(self, b: Self) -> Self {
                self.wrapping_mul(b)
            }
        }
    )*};
}
wrapping!(i32, i64);

fn integers<T: Wrapping>(cx: &Context<'_>, op: &Elementwise) -> Result<()> {
    use ElementwiseKind::*;
    match op.kind {
        Add => binary::<T>(cx, op, T::add),
        Sub => binary::<T>(cx, op, T::sub),
        Mul => binary::<T>(cx, op, T::mul),
        Min => binary::<T>(cx, op, T::min),
        Max => binary::<T>(cx, op, T::max),
        kind => unreachable!("the contract refuses {kind:?} for integers"),
    }
}

fn binary<T: Element>(cx: &Context<'_>, op: &Elementwise, f: impl Fn(T, T) -> T + Sync) -> Result<()> {
    let b = op.b.as_ref().unwrap_or(&op.a);
    let access = HostAccess::lock(OpKind::Elementwise, [("a", &op.a), ("b", b)], [("y", &op.y)])?;
    let a = access.read::<T>(&op.a)?;
    let b = access.read::<T>(b)?;
    let mut y = access.write::<T>(&op.y)?;
    cx.by_rows(y.len(), 3, RowsMut::new(&mut y, 1), |range, y| {
        for ((y, &a), &b) in y.data.iter_mut().zip(&a[range.clone()]).zip(&b[range]) {
            *y = f(a, b);
        }
        Ok(())
    })
}
