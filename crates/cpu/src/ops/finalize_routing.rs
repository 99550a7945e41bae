//! CPU kernel of [`FinalizeRouting`].

use ascend_hal::ops::FinalizeRouting;
use ascend_hal::{DType, OpKind, Result, bf16, f16, host::HostAccess};

use crate::context::Context;
use crate::rows::RowsMut;
use crate::simd::{Lane, convert, row};

pub(super) fn finalize_routing(cx: &Context<'_>, op: &FinalizeRouting) -> Result<()> {
    match (op.rows.dtype(), op.y.dtype()) {
        (DType::F16, _) => tokens::<f16, f16>(cx, op),
        (DType::BF16, _) => tokens::<bf16, bf16>(cx, op),
        (_, DType::F16) => tokens::<f32, f16>(cx, op),
        (_, DType::BF16) => tokens::<f32, bf16>(cx, op),
        _ => tokens::<f32, f32>(cx, op),
    }
}

fn tokens<R: Lane, Y: Lane>(cx: &Context<'_>, op: &FinalizeRouting) -> Result<()> {
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
    let width = hidden.max(1);
    cx.by_rows(y.len() / width, (k + 1) * width, RowsMut::new(&mut y, width), |range, mut y| {
        let mut sum = cx.scratch::<f32>(hidden)?;
        for (t, y) in range.zip(y.iter()) {
            sum.fill(0.0);
            for (s, row) in (0..k).filter_map(|s| row_of(t, s).map(|row| (s, row))) {
                let weight = weights.as_ref().map_or(1.0, |w| w[t * k + s]);
                let bias = bias.as_deref().zip(ids.as_deref()).map(|(bias, ids)| &bias[ids[t * k + s] as usize * hidden..][..hidden]);
                row::add_weighted(cx.isa(), &mut sum, weight, &rows[row * hidden..][..hidden], bias);
            }
            if let Some(skip) = &skip {
                row::add_weighted(cx.isa(), &mut sum, 1.0, &skip[t * hidden..][..hidden], None);
            }
            convert::narrow(cx.isa(), &sum, y);
        }
        Ok(())
    })
}
