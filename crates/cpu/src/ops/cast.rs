//! CPU kernel of [`Cast`].

use ascend_hal::host::{HostAccess, nibble};
use ascend_hal::ops::Cast;
use ascend_hal::{DType, Element, Float, OpKind, Result, TensorViewMut, bf16, f16};
use rayon::prelude::*;

use crate::context::Context;

/// Elements of one task: enough to outweigh handing it to a thread, and even, so that no byte of i4 is shared.
const CHUNK: usize = 1 << 13;

/// What an element is before it is cast: exact in one of two types.
#[derive(Clone, Copy)]
enum Value {
    Float(f32),
    Integer(i64),
}

pub(super) fn cast(cx: &Context<'_>, op: &Cast) -> Result<()> {
    let access = HostAccess::lock(OpKind::Cast, [("x", &op.x)], [("y", &op.y)])?;
    macro_rules! from {
        ($t:ty, |$x:ident| $value:expr) => {{
            let x = access.read::<$t>(&op.x)?;
            to(cx, &access, &op.y, |i| {
                let $x = x[i];
                $value
            })
        }};
    }
    match op.x.dtype() {
        DType::F32 => from!(f32, |x| Value::Float(x)),
        DType::F16 => from!(f16, |x| Value::Float(Float::to_f32(x))),
        DType::BF16 => from!(bf16, |x| Value::Float(Float::to_f32(x))),
        DType::I8 => from!(i8, |x| Value::Integer(x.into())),
        DType::I32 => from!(i32, |x| Value::Integer(x.into())),
        DType::I64 => from!(i64, |x| Value::Integer(x)),
        DType::Bool => from!(u8, |x| Value::Integer((x != 0).into())),
        DType::I4 => {
            let x = access.read::<u8>(&op.x)?;
            to(cx, &access, &op.y, |i| Value::Integer(nibble(x[i / 2], i).into()))
        }
        _ => from!(u8, |x| Value::Integer(x.into())),
    }
}

/// Rust's `as` is the contract's rule between floats and integers, and between integers.
fn to(cx: &Context<'_>, access: &HostAccess<'_>, y: &TensorViewMut, x: impl Fn(usize) -> Value + Sync) -> Result<()> {
    macro_rules! plain {
        ($t:ty) => {
            each::<$t>(cx, access, y, |i| match x(i) {
                Value::Float(x) => x as $t,
                Value::Integer(x) => x as $t,
            })
        };
    }
    match y.dtype() {
        DType::F32 => plain!(f32),
        DType::I8 => plain!(i8),
        DType::I32 => plain!(i32),
        DType::I64 => plain!(i64),
        DType::F16 => each(cx, access, y, |i| match x(i) {
            Value::Float(x) => <f16 as Float>::from_f32(x),
            // Rounded first: `half` looks at the upper half of an f64 only.
            Value::Integer(x) => f16::from_f64(DType::F16.round(sticky(x))),
        }),
        DType::BF16 => each(cx, access, y, |i| match x(i) {
            Value::Float(x) => <bf16 as Float>::from_f32(x),
            Value::Integer(x) => bf16::from_f64(DType::BF16.round(sticky(x))),
        }),
        DType::Bool => each::<u8>(cx, access, y, |i| match x(i) {
            Value::Float(x) => (x != 0.0).into(),
            Value::Integer(x) => (x != 0).into(),
        }),
        DType::I4 => {
            let n = y.numel();
            let code = |i: usize| match x(i) {
                Value::Float(x) => (x as i8).clamp(-8, 7) as u8 & 15,
                Value::Integer(x) => x as u8 & 15,
            };
            each::<u8>(cx, access, y, |i| code(2 * i) | if 2 * i + 1 < n { code(2 * i + 1) << 4 } else { 0 })
        }
        _ => plain!(u8),
    }
}

/// `x` cut to the bits that an f64 holds, the last of them set when anything was cut off: rounding it to a shorter type is then rounding `x` once.
fn sticky(x: i64) -> f64 {
    let m = x.unsigned_abs();
    let cut = 64u32.saturating_sub(m.leading_zeros()).saturating_sub(f64::MANTISSA_DIGITS);
    let kept = m >> cut << cut;
    let m = if kept == m { m } else { kept | 1 << cut };
    if x < 0 { -(m as f64) } else { m as f64 }
}

/// Writes `f(i)` to stored element (byte, for packed types) `i` of `y`.
fn each<T: Element>(cx: &Context<'_>, access: &HostAccess<'_>, y: &TensorViewMut, f: impl Fn(usize) -> T + Sync) -> Result<()> {
    let mut y = access.write::<T>(y)?;
    cx.install(|| {
        y.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, y)| {
            for (i, y) in y.iter_mut().enumerate() {
                *y = f(chunk * CHUNK + i);
            }
        });
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_integers_round_once() {
        for (x, want) in
            [((1i64 << 62) + (1 << 54) + 1, (1i64 << 62) + (1 << 55)), ((1 << 62) + (1 << 54), 1 << 62), (-5, -5), (i64::MIN, i64::MIN)]
        {
            assert_eq!(DType::BF16.round(sticky(x)), want as f64, "{x}");
        }
    }
}
