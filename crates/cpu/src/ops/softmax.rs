//! CPU kernel of [`Softmax`].

use ascend_hal::ops::Softmax;
use ascend_hal::{DType, Float, OpKind, Result, bf16, f16, host::HostAccess};
use rayon::prelude::*;

use crate::context::Context;

pub(super) fn softmax(cx: &Context<'_>, op: &Softmax) -> Result<()> {
    match op.x.dtype() {
        DType::F16 => rows::<f16>(cx, op),
        DType::BF16 => rows::<bf16>(cx, op),
        _ => rows::<f32>(cx, op),
    }
}

fn rows<T: Float>(cx: &Context<'_>, op: &Softmax) -> Result<()> {
    let access = HostAccess::lock(OpKind::Softmax, [("x", &op.x)], [("y", &op.y)])?;
    let x = access.read::<T>(&op.x)?;
    let mut y = access.write::<T>(&op.y)?;
    let n = op.x.shape().last_or_one().max(1);
    cx.install(|| {
        y.par_chunks_mut(n).zip(x.par_chunks(n)).for_each_init(
            || vec![0f32; n],
            |e, (y, x)| {
                let m = x.iter().fold(f32::NEG_INFINITY, |m, x| if x.to_f32().is_nan() { f32::NAN } else { m.max(x.to_f32()) });
                let mut sum = 0f32;
                for (e, x) in e.iter_mut().zip(x) {
                    *e = (x.to_f32() - m).exp();
                    sum += *e;
                }
                for (y, e) in y.iter_mut().zip(&*e) {
                    *y = T::from_f32(e / sum);
                }
            },
        );
    });
    Ok(())
}
