//! Finalize routing (unpermute): expert rows weighted and added up by token, by aclnnMoeFinalizeRoutingV2, or slot by slot in f32.

use ascend_hal::ops::{FinalizeRouting, SlotOrder};
use ascend_hal::{DType, Result, TensorView};

use super::{Builtin, all, builtin, dtypes, only};
use crate::context::Context;
use crate::raw::Scalar;
use crate::raw::operators::*;

/// The types that the operator takes beside f32 weights.
const BESIDE_F32: &[DType] = &[DType::F32, DType::BF16];

pub(super) const KERNELS: &[Builtin] = &[
    builtin!(
        Composed FinalizeRouting "finalize_routing_in_f32" ["aclnnIndexSelect" "aclnnSWhere"] dtypes::<FinalizeRouting>(), "in f32 tensors", all => run
    ),
    builtin!(
        Aclnn FinalizeRouting "aclnnMoeFinalizeRoutingV2" ["aclnnMoeFinalizeRoutingV2"] BESIDE_F32,
        "with weights, without bias; rows, skip and y of one type, everything row-major, up to 512 slots", weighted => by_operator
    ),
];

fn weighted(op: &FinalizeRouting) -> Result<(), String> {
    let weights = op.weights.as_ref().ok_or("no weights")?;
    only(op.bias.is_none(), "a bias of the experts")?;
    let others = [Some(&*op.y), op.skip.as_ref()];
    only(others.iter().flatten().all(|view| view.dtype() == op.rows.dtype()), "operands and result are of several types")?;
    only(op.rows.dim(0) > 0 && (1..=512).contains(&op.slots()), "no rows, no slots, or more than 512")?;
    let all = [Some(&op.rows), Some(&op.flat_to_row), Some(weights)].into_iter().chain(others).flatten();
    only(all.into_iter().all(TensorView::is_contiguous), "tensors that are not row-major")
}

fn by_operator(cx: &Context<'_>, op: &FinalizeRouting) -> Result<()> {
    /// The modes in which a pair may have no row: pairs numbered by slot, or by token. Rows then come as those of experts with a capacity; here as those of one.
    const BY_SLOT: i64 = 1;
    const BY_TOKEN: i64 = 3;
    let mode = if op.order == SlotOrder::TokenMajor { BY_TOKEN } else { BY_SLOT };
    let rows = op.rows.reshape([1, op.rows.dim(0), op.rows.dim(1)])?;
    aclnnMoeFinalizeRoutingV2(cx.queue(), &rows, &op.flat_to_row, op.skip.as_ref(), None, None, op.weights.as_ref(), None, mode, &op.y)
}

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
