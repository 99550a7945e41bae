//! CPU kernel of [`Cast`].

use ascend_hal::host::{HostAccess, nibble};
use ascend_hal::ops::Cast;
use ascend_hal::{DType, Element, Float, OpKind, Result, TensorViewMut, bf16, f16};

use crate::context::Context;
use crate::rows::RowsMut;
use crate::simd::{Lane, convert};

/// Elements read at a time.
const BLOCK: usize = 256;

/// What an element is before it is cast: exact in one of two types.
#[derive(Clone, Copy)]
enum Value {
    Float(f32),
    Integer(i64),
}

/// Reads as many elements as the slice takes, from the given one on. Behind a `dyn`, so that each type is read in one place and written in one, not once for each pair.
type Read<'a> = &'a (dyn Fn(usize, &mut [Value]) + Sync);

pub(super) fn cast(cx: &Context<'_>, op: &Cast) -> Result<()> {
    let access = HostAccess::lock(OpKind::Cast, [("x", &op.x)], [("y", &op.y)])?;
    match (op.x.dtype(), op.y.dtype()) {
        (DType::F16, DType::F32) => return widen::<f16>(cx, &access, op),
        (DType::BF16, DType::F32) => return widen::<bf16>(cx, &access, op),
        (DType::F32, DType::F16) => return narrow::<f16>(cx, &access, op),
        (DType::F32, DType::BF16) => return narrow::<bf16>(cx, &access, op),
        _ => {}
    }
    macro_rules! from {
        ($t:ty, |$x:ident| $value:expr) => {{
            let x = access.read::<$t>(&op.x)?;
            to(cx, &access, &op.y, &|start, values| {
                for (value, &$x) in values.iter_mut().zip(&x[start..]) {
                    *value = $value;
                }
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
            to(cx, &access, &op.y, &|start, values| {
                for (i, value) in (start..).zip(values) {
                    *value = Value::Integer(nibble(x[i / 2], i).into());
                }
            })
        }
        _ => from!(u8, |x| Value::Integer(x.into())),
    }
}

fn widen<T: Lane>(cx: &Context<'_>, access: &HostAccess<'_>, op: &Cast) -> Result<()> {
    let (x, mut y) = (access.read::<T>(&op.x)?, access.write::<f32>(&op.y)?);
    cx.by_rows(x.len(), 1, RowsMut::new(&mut y, 1), |range, y| {
        convert::widen(cx.isa(), &x[range], y.data);
        Ok(())
    })
}

fn narrow<T: Lane>(cx: &Context<'_>, access: &HostAccess<'_>, op: &Cast) -> Result<()> {
    let (x, mut y) = (access.read::<f32>(&op.x)?, access.write::<T>(&op.y)?);
    cx.by_rows(x.len(), 1, RowsMut::new(&mut y, 1), |range, y| {
        convert::narrow(cx.isa(), &x[range], y.data);
        Ok(())
    })
}

/// Rust's `as` is the contract's rule between floats and integers, and between integers.
fn to(cx: &Context<'_>, access: &HostAccess<'_>, y: &TensorViewMut, x: Read<'_>) -> Result<()> {
    macro_rules! plain {
        ($t:ty) => {
            each::<$t, 1>(cx, access, y, x, |[v]| match v {
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
        DType::F16 => each(cx, access, y, x, |[v]| match v {
            Value::Float(x) => <f16 as Float>::from_f32(x),
            // Rounded first: `half` looks at the upper half of an f64 only.
            Value::Integer(x) => f16::from_f64(DType::F16.round(sticky(x))),
        }),
        DType::BF16 => each(cx, access, y, x, |[v]| match v {
            Value::Float(x) => <bf16 as Float>::from_f32(x),
            Value::Integer(x) => bf16::from_f64(DType::BF16.round(sticky(x))),
        }),
        DType::Bool => each::<u8, 1>(cx, access, y, x, |[v]| match v {
            Value::Float(x) => (x != 0.0).into(),
            Value::Integer(x) => (x != 0).into(),
        }),
        DType::I4 => {
            let code = |v| match v {
                Value::Float(x) => (x as i8).clamp(-8, 7) as u8 & 15,
                Value::Integer(x) => x as u8 & 15,
            };
            each::<u8, 2>(cx, access, y, x, |[low, high]| code(low) | code(high) << 4)
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

/// Writes `f` of each `N` elements of `x` to a stored element (for packed types: a byte) of `y`; elements beyond the last count as 0.
fn each<T: Element, const N: usize>(
    cx: &Context<'_>,
    access: &HostAccess<'_>,
    y: &TensorViewMut,
    x: Read<'_>,
    f: impl Fn([Value; N]) -> T + Sync,
) -> Result<()> {
    let n = y.numel();
    let mut y = access.write::<T>(y)?;
    cx.by_rows(y.len(), 4 * N, RowsMut::new(&mut y, 1), |range, y| {
        let mut values = [[Value::Integer(0); N]; BLOCK];
        for (block, y) in y.data.chunks_mut(BLOCK).enumerate() {
            let start = N * (range.start + block * BLOCK);
            let values = values[..y.len()].as_flattened_mut();
            let there = values.len().min(n - start);
            x(start, &mut values[..there]);
            values[there..].fill(Value::Integer(0));
            for (y, v) in y.iter_mut().zip(values.as_chunks::<N>().0) {
                *y = f(*v);
            }
        }
        Ok(())
    })
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
