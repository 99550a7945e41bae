//! CPU kernel of [`FinalizeRouting`].

use ascend_hal::ops::FinalizeRouting;
use ascend_hal::{DType, Float, OpKind, Result, bf16, f16, host::HostAccess};
use rayon::prelude::*;

use crate::context::Context;

pub(super) fn finalize_routing(cx: &Context<'_>, op: &FinalizeRouting) -> Result<()> {
    match (op.rows.dtype(), op.y.dtype()) {
        (DType::F16, _) => tokens::<f16, f16>(cx, op),
        (DType::BF16, _) => tokens::<bf16, bf16>(cx, op),
        (_, DType::F16) => tokens::<f32, f16>(cx, op),
        (_, DType::BF16) => tokens::<f32, bf16>(cx, op),
        _ => tokens::<f32, f32>(cx, op),
    }
}

fn tokens<R: Float, Y: Float>(cx: &Context<'_>, op: &FinalizeRouting) -> Result<()> {
    let optional = [("weights", &op.weights), ("bias", &op.bias), ("ids", &op.ids), ("skip", &op.skip)];
    let optional = optional.into_iter().filter_map(|(name, view)| view.as_ref().map(|view| (name, view)));
    let inputs = [("rows", &op.rows), ("flat_to_row", &op.flat_to_row)].into_iter().chain(optional);
    let access = HostAccess::lock(OpKind::FinalizeRouting, inputs, [("y", &op.y)])?;
    let rows = access.read::<R>(&op.rows)?;
    let flat_to_row = access.read::<i32>(&op.flat_to_row)?;
    let weights = op.weights.as_ref().map(|w| access.read::<f32>(w)).transpose()?;
    let bias = op.bias.as_ref().map(|b| access.read_f32(b)).transpose()?;
    let ids = op.ids.as_ref().map(|i| access.read::<i32>(i)).transpose()?;
    let skip = op.skip.as_ref().map(|s| access.read::<Y>(s)).transpose()?;
    op.check_rows(&flat_to_row)?;
    if let Some(ids) = &ids {
        op.check_ids(ids, &flat_to_row)?;
    }
    let mut y = access.write::<Y>(&op.y)?;
    let (tokens, hidden, k) = (op.y.dim(0), op.y.dim(1), op.slots());
    let row_of = |t: usize, s: usize| usize::try_from(flat_to_row[op.order.flat(t, s, tokens, k)]).ok();
    cx.install(|| {
        y.par_chunks_mut(hidden.max(1)).enumerate().for_each_init(
            || vec![0f32; hidden],
            |sum, (t, y)| {
                sum.fill(0.0);
                for (s, row) in (0..k).filter_map(|s| row_of(t, s).map(|row| (s, row))) {
                    let weight = weights.as_ref().map_or(1.0, |w| w[t * k + s]);
                    let row = &rows[row * hidden..][..hidden];
                    match (&bias, &ids) {
                        (Some(bias), Some(ids)) => {
                            let bias = &bias[ids[t * k + s] as usize * hidden..][..hidden];
                            for ((sum, row), bias) in sum.iter_mut().zip(row).zip(bias) {
                                *sum += weight * (row.to_f32() + bias);
                            }
                        }
                        _ => sum.iter_mut().zip(row).for_each(|(sum, row)| *sum += weight * row.to_f32()),
                    }
                }
                if let Some(skip) = &skip {
                    sum.iter_mut().zip(&skip[t * hidden..][..hidden]).for_each(|(sum, skip)| *sum += skip.to_f32());
                }
                y.iter_mut().zip(&*sum).for_each(|(y, &sum)| *y = Y::from_f32(sum));
            },
        );
    });
    Ok(())
}
