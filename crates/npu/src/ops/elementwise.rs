//! Elementwise arithmetic: aclnnAdd, Sub, Mul, Div, Maximum, Minimum, Muls + Adds, Sigmoid, Exp.

use ascend_hal::ops::{Elementwise, ElementwiseKind};
use ascend_hal::{DType, Result};

use super::{Builtin, all, builtin, dtypes};
use crate::context::Context;
use crate::raw::operators::*;

pub(super) const KERNELS: &[Builtin] = &[builtin!(
    Aclnn Elementwise "aclnn" ["aclnnAdd"] dtypes::<Elementwise>(), "affine of 16-bit types is computed in f32 tensors", all => run
)];

fn run(cx: &Context<'_>, op: &Elementwise) -> Result<()> {
    let (q, a, y) = (cx.queue(), &op.a, &*op.y);
    if let Some(b) = &op.b {
        return match op.kind {
            ElementwiseKind::Sub => cx.sub(a, b, y),
            ElementwiseKind::Mul => cx.mul(a, b, y),
            ElementwiseKind::Div => aclnnDiv(q, a, b, y),
            ElementwiseKind::Max => aclnnMaximum(q, a, b, y),
            ElementwiseKind::Min => aclnnMinimum(q, a, b, y),
            _ => cx.add(a, b, y),
        };
    }
    match op.kind {
        ElementwiseKind::Sigmoid => aclnnSigmoid(q, a, y),
        ElementwiseKind::Affine { scale, offset } => {
            // Both operators round; in 16 bits that would be once too often.
            let mut x = cx.as_type(a, DType::F32)?;
            if scale != 1. {
                let product = cx.temp(DType::F32, *a.shape())?;
                cx.muls(&x, scale, &product)?;
                x = product;
            }
            if y.dtype() == DType::F32 {
                return cx.adds(&x, offset, y);
            }
            let sum = cx.temp(DType::F32, *a.shape())?;
            cx.adds(&x, offset, &sum)?;
            cx.put(&sum, y)
        }
        _ => aclnnExp(q, a, y),
    }
}
