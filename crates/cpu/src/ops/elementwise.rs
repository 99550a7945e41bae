//! CPU kernel of [`Elementwise`].

use ascend_hal::ops::{Elementwise, ElementwiseKind};
use ascend_hal::{DType, Element, Float, OpKind, Result, bf16, f16, host::HostAccess};
use rayon::prelude::*;

use crate::context::Context;

/// Elements of one task: enough to outweigh handing it to a thread.
const CHUNK: usize = 1 << 13;

pub(super) fn elementwise(cx: &Context<'_>, op: &Elementwise) -> Result<()> {
    match op.a.dtype() {
        DType::F16 => floats::<f16>(cx, op),
        DType::BF16 => floats::<bf16>(cx, op),
        DType::I32 => integers::<i32>(cx, op),
        DType::I64 => integers::<i64>(cx, op),
        _ => floats::<f32>(cx, op),
    }
}

fn floats<T: Float>(cx: &Context<'_>, op: &Elementwise) -> Result<()> {
    use ElementwiseKind::*;
    match op.kind {
        Add => binary::<T>(cx, op, |a, b| T::from_f32(a.to_f32() + b.to_f32())),
        Sub => binary::<T>(cx, op, |a, b| T::from_f32(a.to_f32() - b.to_f32())),
        Mul => binary::<T>(cx, op, |a, b| T::from_f32(a.to_f32() * b.to_f32())),
        Div => binary::<T>(cx, op, |a, b| T::from_f32(a.to_f32() / b.to_f32())),
        Max => binary::<T>(cx, op, |a, b| T::from_f32(pick(a.to_f32(), b.to_f32(), |a, b| a >= b))),
        Min => binary::<T>(cx, op, |a, b| T::from_f32(pick(a.to_f32(), b.to_f32(), |a, b| a <= b))),
        Affine { scale, offset } => unary::<T>(cx, op, |a| T::from_f32(a.to_f32() * scale + offset)),
        Sigmoid => unary::<T>(cx, op, |a| T::from_f32(1.0 / (1.0 + (-a.to_f32()).exp()))),
        Exp => unary::<T>(cx, op, |a| T::from_f32(a.to_f32().exp())),
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
        // The contract has no other kind for integers.
        _ => binary::<T>(cx, op, T::max),
    }
}

fn unary<T: Element>(cx: &Context<'_>, op: &Elementwise, f: impl Fn(T) -> T + Sync) -> Result<()> {
    let access = HostAccess::lock(OpKind::Elementwise, [("a", &op.a)], [("y", &op.y)])?;
    let a = access.read::<T>(&op.a)?;
    let mut y = access.write::<T>(&op.y)?;
    cx.install(|| {
        y.par_chunks_mut(CHUNK).zip(a.par_chunks(CHUNK)).for_each(|(y, a)| {
            for (y, &a) in y.iter_mut().zip(a) {
                *y = f(a);
            }
        });
    });
    Ok(())
}

fn binary<T: Element>(cx: &Context<'_>, op: &Elementwise, f: impl Fn(T, T) -> T + Sync) -> Result<()> {
    let b = op.b.as_ref().unwrap_or(&op.a);
    let access = HostAccess::lock(OpKind::Elementwise, [("a", &op.a), ("b", b)], [("y", &op.y)])?;
    let a = access.read::<T>(&op.a)?;
    let b = access.read::<T>(b)?;
    let mut y = access.write::<T>(&op.y)?;
    cx.install(|| {
        y.par_chunks_mut(CHUNK).zip(a.par_chunks(CHUNK)).zip(b.par_chunks(CHUNK)).for_each(|((y, a), b)| {
            for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
                *y = f(a, b);
            }
        });
    });
    Ok(())
}
