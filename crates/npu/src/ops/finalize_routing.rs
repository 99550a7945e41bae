//! Finalize routing (unpermute): expert rows weighted and added up by token, slot by slot in f32.

use ascend_hal::ops::{FinalizeRouting, SlotOrder};
use ascend_hal::{DType, Result, TensorView};

use super::{Builtin, all, builtin, dtypes};
use crate::context::Context;
use crate::raw::Scalar;
use crate::raw::operators::*;

pub(super) const KERNELS: &[Builtin] = &[builtin!(
    Composed FinalizeRouting "finalize_routing_in_f32" ["aclnnIndexSelect" "aclnnSWhere"] dtypes::<FinalizeRouting>(), "in f32 tensors", all => run
)];

fn run(cx: &Context<'_>, op: &FinalizeRouting) -> Result<()> {
    let (q, tokens, k, rows) = (cx.queue(), op.y.dim(0), op.slots(), op.rows.dim(0));
    let sum = cx.temp(DType::F32, *op.y.shape())?;
    cx.zero(&sum)?;
    let slots = if k == 0 || rows == 0 { 0 } else { k };
    let zero = cx.zero_of(DType::F32)?;
    for slot in 0..slots {
        let chosen = cx.dense(&op.flat_to_row)?;
        let chosen = match op.order {
            SlotOrder::TokenMajor => chosen.reshape([tokens, k])?.select(1, slot)?,
            SlotOrder::SlotMajor => chosen.reshape([k, tokens])?.select(0, slot)?,
        };
        let (chosen, has_row) = (cx.to(&chosen, DType::I64)?, cx.temp(DType::Bool, [tokens])?);
        aclnnGeScalar(q, &chosen, Scalar::I64(0), &has_row)?;
        let has_row = has_row.reshape([tokens, 1])?;
        let term = cx.to(&select(cx, &op.rows, &chosen)?, DType::F32)?;
        if let (Some(bias), Some(ids)) = (&op.bias, &op.ids) {
            let ids = cx.to(&ids.select(1, slot)?, DType::I64)?;
            cx.add(&term, &cx.to(&select(cx, bias, &ids)?, DType::F32)?, &term)?;
        }
        if let Some(weights) = &op.weights {
            cx.mul(&term, &weights.narrow(1, slot, 1)?, &term)?;
        }
        let kept = cx.temp(DType::F32, *op.y.shape())?;
        aclnnSWhere(q, &has_row, &term, &zero, &kept)?;
        cx.add(&sum, &kept, &sum)?;
    }
    if let Some(skip) = &op.skip {
        cx.add(&sum, &cx.as_type(skip, DType::F32)?, &sum)?;
    }
    cx.put(&sum, &op.y)
}

/// The rows of `table` at `index`, or any row where there is none such.
fn select(cx: &Context<'_>, table: &TensorView, index: &TensorView) -> Result<TensorView> {
    let bounded = cx.temp(DType::I64, *index.shape())?;
    aclnnClamp(cx.queue(), index, Some(Scalar::I64(0)), Some(Scalar::I64(table.dim(0) as i64 - 1)), &bounded)?;
    let out = cx.temp(table.dtype(), [index.dim(0), table.dim(1)])?;
    aclnnIndexSelect(cx.queue(), table, 0, &bounded, &out)?;
    Ok(out)
}
