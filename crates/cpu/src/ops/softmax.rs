//! CPU kernel of [`Softmax`].

use ascend_hal::ops::Softmax;
use ascend_hal::{DType, OpKind, Result, bf16, f16, host::HostAccess};

use crate::context::Context;
use crate::rows::RowsMut;
use crate::simd::{Lane, convert, row};

pub(super) fn softmax(cx: &Context<'_>, op: &Softmax) -> Result<()> {
    match op.x.dtype() {
        DType::F16 => rows::<f16>(cx, op),
        DType::BF16 => rows::<bf16>(cx, op),
        _ => rows::<f32>(cx, op),
    }
}

fn rows<T: Lane>(cx: &Context<'_>, op: &Softmax) -> Result<()> {
    let access = HostAccess::lock(OpKind::Softmax, [("x", &op.x)], [("y", &op.y)])?;
    let x = access.read::<T>(&op.x)?;
    let mut y = access.write::<T>(&op.y)?;
    let n = op.x.shape().last_or_one().max(1);
    cx.by_rows(y.len() / n, 8 * n, RowsMut::new(&mut y, n), |range, mut y| {
        let mut e = cx.scratch::<f32>(n)?;
        for (t, y) in range.zip(y.iter()) {
            convert::widen(cx.isa(), &x[t * n..][..n], &mut e);
            row::softmax(cx.isa(), &mut e);
            convert::narrow(cx.isa(), &e, y);
        }
        Ok(())
    })
}
