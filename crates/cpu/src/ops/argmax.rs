//! CPU kernel of [`ArgMax`].

use ascend_hal::ops::ArgMax;
use ascend_hal::{DType, Float, OpKind, Result, bf16, f16, host::HostAccess};

use crate::context::Context;
use crate::rows::RowsMut;

pub(super) fn argmax(cx: &Context<'_>, op: &ArgMax) -> Result<()> {
    match op.x.dtype() {
        DType::F16 => rows::<f16>(cx, op),
        DType::BF16 => rows::<bf16>(cx, op),
        _ => rows::<f32>(cx, op),
    }
}

fn rows<T: Float>(cx: &Context<'_>, op: &ArgMax) -> Result<()> {
    let access = HostAccess::lock(OpKind::ArgMax, [("x", &op.x)], [("y", &op.y)])?;
    let x = access.read::<T>(&op.x)?;
    let mut y = access.write::<i32>(&op.y)?;
    let n = op.x.shape().last_or_one().max(1);
    cx.by_rows(y.len(), 2 * n, RowsMut::new(&mut y, 1), |range, y| {
        for (t, y) in range.zip(y.data) {
            let (mut best, mut at) = (f32::NEG_INFINITY, 0);
            for (i, x) in x[t * n..][..n].iter().enumerate() {
                let x = x.to_f32();
                if x.is_nan() {
                    at = i;
                    break;
                }
                if x > best {
                    (best, at) = (x, i);
                }
            }
            *y = at as i32;
        }
        Ok(())
    })
}
