//! Change of storage type: aclnnCast, with what it leaves open about small integers made definite.

use ascend_hal::ops::Cast;
use ascend_hal::{DType, Result};

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
    let bounds = match op.y.dtype() {
        DType::I8 => (-128., 127.),
        DType::U8 => (0., 255.),
        _ => return cx.put(&op.x, &op.y),
    };
    if !op.x.dtype().is_float() {
        return cx.put(&op.x, &op.y);
    }
    // Versions of the operator differ in what becomes of numbers that a byte does not hold.
    let x = cx.as_type(&op.x, DType::F32)?;
    let bounded = cx.temp(DType::F32, *op.x.shape())?;
    aclnnClamp(cx.queue(), &x, Some(Scalar::F32(bounds.0)), Some(Scalar::F32(bounds.1)), &bounded)?;
    cx.put(&cx.to(&bounded, DType::I32)?, &op.y)
}
