//! CPU kernel of [`Norm`].

use ascend_hal::ops::{Norm, NormKind};
use ascend_hal::{DType, OpKind, Result, bf16, f16, host::HostAccess};

use crate::context::Context;
use crate::rows::RowsMut;
use crate::simd::{Lane, convert, row};

pub(super) fn norm(cx: &Context<'_>, op: &Norm) -> Result<()> {
    match op.x.dtype() {
        DType::F16 => rows::<f16>(cx, op),
        DType::BF16 => rows::<bf16>(cx, op),
        _ => rows::<f32>(cx, op),
    }
}

fn rows<T: Lane>(cx: &Context<'_>, op: &Norm) -> Result<()> {
    let optional = [("residual", &op.residual), ("bias", &op.bias)];
    let inputs = [("x", &op.x), ("weight", &op.weight)].into_iter();
    let inputs = inputs.chain(optional.into_iter().filter_map(|(name, v)| v.as_ref().map(|v| (name, v))));
    let outputs = [("y", &op.y)].into_iter().chain(op.sum.as_ref().map(|s| ("sum", s)));
    let access = HostAccess::lock(OpKind::Norm, inputs, outputs)?;
    // Before anything is as wide as a row: a tensor of no rows may have any width.
    if op.y.numel() == 0 {
        return Ok(());
    }
    let x = access.read::<T>(&op.x)?;
    // In place, `sum` holds the residual.
    let in_place = op.residual.as_ref().zip(op.sum.as_ref()).is_some_and(|(residual, sum)| residual.same_elements(sum));
    let residual = op.residual.as_ref().filter(|_| !in_place).map(|r| access.read::<T>(r)).transpose()?;
    let weight = access.floats(&op.weight)?;
    let larger: Vec<f32> = if op.kind == NormKind::RmsGemma { weight.iter().map(|w| w + 1.0).collect() } else { Vec::new() };
    let factor = if larger.is_empty() { &*weight } else { &larger };
    let bias = op.bias.as_ref().map(|b| access.floats(b)).transpose()?;
    let mut y = access.write::<T>(&op.y)?;
    let mut sum = op.sum.as_ref().map(|s| access.write::<T>(s)).transpose()?;
    let h = op.x.shape().last_or_one();
    let isa = cx.isa();
    let outputs = (RowsMut::new(&mut y, h), sum.as_deref_mut().map(|sum| RowsMut::new(sum, h)));
    cx.by_rows(op.y.numel() / h, 2 * h, outputs, |range, (mut y, mut sum)| {
        let mut sum = sum.as_mut().map(|sum| sum.iter());
        let mut row = cx.scratch::<f32>(h)?;
        for (t, y) in range.zip(y.iter()) {
            let at = t * h..(t + 1) * h;
            convert::widen(isa, &x[at.clone()], &mut row);
            if let Some(residual) = &residual {
                row::add_weighted(isa, &mut row, 1.0, &residual[at], None);
            }
            if let Some(sum) = sum.as_mut().and_then(|sum| sum.next()) {
                if in_place {
                    row::add_weighted(isa, &mut row, 1.0, sum, None);
                }
                convert::narrow(isa, &row, sum);
            }
            row::normalise(isa, &mut row, op.kind == NormKind::Layer, op.eps);
            row::affine(isa, &mut row, factor, bias.as_deref());
            convert::narrow(isa, &row, y);
        }
        Ok(())
    })
}
