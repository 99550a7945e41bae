//! CPU kernel of [`Embedding`].

use ascend_hal::ops::Embedding;
use ascend_hal::{DType, Element, OpKind, Result, bf16, f16, host::HostAccess};

use crate::context::Context;
use crate::rows::RowsMut;

pub(super) fn embedding(cx: &Context<'_>, op: &Embedding) -> Result<()> {
    match op.weight.dtype() {
        DType::F16 => rows::<f16>(cx, op),
        DType::BF16 => rows::<bf16>(cx, op),
        DType::I8 => rows::<i8>(cx, op),
        _ => rows::<f32>(cx, op),
    }
}

fn rows<T: Element>(cx: &Context<'_>, op: &Embedding) -> Result<()> {
    let access = HostAccess::lock(OpKind::Embedding, [("weight", &op.weight), ("ids", &op.ids)], [("y", &op.y)])?;
    // All ids first: a call that is refused has written nothing.
    let ids = access.read_i64(&op.ids)?;
    let rows: Vec<Option<usize>> = ids.into_iter().enumerate().map(|(t, id)| op.row(t, id)).collect::<Result<_>>()?;
    let weight = access.read::<T>(&op.weight)?;
    let mut y = access.write::<T>(&op.y)?;
    let h = op.y.dim(1);
    if h == 0 {
        return Ok(());
    }
    cx.by_rows(rows.len(), 2 * h, RowsMut::new(&mut y, h), |range, mut y| {
        for (y, row) in y.iter().zip(&rows[range]) {
            match row {
                Some(row) => y.copy_from_slice(&weight[row * h..][..h]),
                None => y.fill(T::zeroed()),
            }
        }
        Ok(())
    })
}
