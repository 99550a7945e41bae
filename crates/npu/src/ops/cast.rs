//! Change of storage type: aclnnCast, with what it leaves open about integers made definite.

use ascend_hal::ops::Cast;
use ascend_hal::{DType, Result, TensorView};

use super::{Builtin, builtin, only};
use crate::context::Context;
use crate::raw::Scalar;
use crate::raw::operators::*;

const BYTES: &[DType] = &[DType::F32, DType::F16, DType::BF16, DType::I8, DType::I32, DType::I64, DType::U8, DType::Bool];

pub(super) const KERNELS: &[Builtin] = &[builtin!(Aclnn Cast "aclnnCast" ["aclnnCast"] BYTES, "neither from nor to i4", covers => run)];

fn covers(op: &Cast) -> Result<(), String> {
    only(op.y.dtype() != DType::I4, "there is no operator that packs i4")
}

fn run(cx: &Context<'_>, op: &Cast) -> Result<()> {
    let (q, x, y) = (cx.queue(), &op.x, &*op.y);
    if (x.dtype(), y.dtype()) == (DType::Bool, DType::Bool) {
        // Any byte but 0 counts as true, and becomes 1.
        return aclnnGtScalar(q, &x.reinterpret(DType::U8)?, Scalar::I64(0), y);
    }
    if matches!(x.dtype(), DType::I32 | DType::I64) && y.dtype() == DType::BF16 {
        return rounded_once(cx, x, y);
    }
    if !x.dtype().is_float() {
        return cx.put(x, y);
    }
    // What becomes of numbers that an integer type does not hold is not documented. Bounds are those that f32 holds.
    let (low, high) = match y.dtype() {
        DType::I8 => (-128., 127.),
        DType::U8 => (0., 255.),
        DType::I32 => (-2_147_483_648., 2_147_483_520.),
        DType::I64 => (-9_223_372_036_854_775_808., 9_223_371_487_098_961_920.),
        _ => return cx.put(x, y),
    };
    let (x, bounded) = (cx.as_type(x, DType::F32)?, cx.temp(DType::F32, *op.x.shape())?);
    aclnnClamp(q, &x, Some(Scalar::F32(low)), Some(Scalar::F32(high)), &bounded)?;
    let largest = match y.dtype() {
        DType::I32 => cx.constant("i32 max".into(), DType::I32, [1], || i32::MAX.to_le_bytes().into())?,
        DType::I64 => cx.constant("i64 max".into(), DType::I64, [1], || i64::MAX.to_le_bytes().into())?,
        _ => return cx.put(&cx.to(&bounded, DType::I32)?, y),
    };
    let (whole, beyond) = (cx.to(&bounded, y.dtype())?, cx.temp(DType::Bool, *op.x.shape())?);
    aclnnGtScalar(q, &x, Scalar::F32(high), &beyond)?;
    let merged = cx.temp(y.dtype(), *op.x.shape())?;
    aclnnSWhere(q, &beyond, &largest, &whole, &merged)?;
    cx.put(&merged, y)
}

/// Integers as bf16. The operator goes by way of f32 and rounds twice where f32 does not hold an integer. So the last bit of such an f32 is made odd, towards what
/// was lost: the second rounding then sees on which side of a tie the integer lies.
fn rounded_once(cx: &Context<'_>, x: &TensorView, y: &TensorView) -> Result<()> {
    let q = cx.queue();
    let (wide, single) = (cx.as_type(x, DType::I64)?, cx.to(x, DType::F32)?);
    let matrix = |dtype| cx.temp(dtype, *x.shape());
    let (lost, sign) = (matrix(DType::I64)?, matrix(DType::I64)?);
    let bound = |limit: i64| Some(Scalar::I64(limit));
    cx.sub(&wide, &cx.to(&single, DType::I64)?, &lost)?;
    aclnnClamp(q, &lost, bound(-1), bound(1), &lost)?;
    aclnnClamp(q, &wide, bound(-1), bound(1), &sign)?;
    // Bits of an f32 count away from 0.
    cx.mul(&lost, &sign, &lost)?;
    let (bits, even) = (single.reinterpret(DType::I32)?, matrix(DType::I32)?);
    aclnnBitwiseAndTensor(q, &bits, &cx.constant("i32 one".into(), DType::I32, [1], || 1i32.to_le_bytes().into())?, &even)?;
    aclnnMuls(q, &even, Scalar::I64(-1), &even)?;
    aclnnAdds(q, &even, Scalar::I64(1), Scalar::I64(1), &even)?;
    let step = cx.to(&lost, DType::I32)?;
    cx.mul(&step, &even, &step)?;
    cx.add(&bits, &step, &bits)?;
    cx.put(&single, y)
}
