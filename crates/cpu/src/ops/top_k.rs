//! CPU kernel of [`TopK`].

use ascend_hal::ops::TopK;
use ascend_hal::{DType, Float, OpKind, Result, bf16, f16, host::HostAccess};

use crate::context::Context;
use crate::rows::RowsMut;

pub(super) fn top_k(cx: &Context<'_>, op: &TopK) -> Result<()> {
    match op.x.dtype() {
        DType::F16 => rows::<f16>(cx, op),
        DType::BF16 => rows::<bf16>(cx, op),
        _ => rows::<f32>(cx, op),
    }
}

/// A number that orders as the contract orders values: larger for larger ones, NaN on top, -0 as 0.
#[inline(always)]
fn rank(x: f32) -> u32 {
    if x.is_nan() {
        return u32::MAX;
    }
    // Adding 0 turns -0 into 0. Negative floats order by their bits backwards.
    let bits = (x + 0.0).to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

fn rows<T: Float>(cx: &Context<'_>, op: &TopK) -> Result<()> {
    let access = HostAccess::lock(OpKind::TopK, [("x", &op.x)], [("values", &op.values), ("indices", &op.indices)])?;
    let x = access.read::<T>(&op.x)?;
    let mut values = access.write::<T>(&op.values)?;
    let mut indices = access.write::<i32>(&op.indices)?;
    let (n, k) = (op.x.shape().last_or_one(), op.k);
    if k == 0 || n == 0 {
        return Ok(());
    }
    let flip = if op.largest { u32::MAX } else { 0 };
    let outputs = (RowsMut::new(&mut values, k), RowsMut::new(&mut indices, k));
    cx.by_rows(x.len() / n, 4 * n, outputs, |range, (mut values, mut indices)| {
        let mut keys = cx.scratch::<u64>(n)?;
        for (t, (values, indices)) in range.zip(values.iter().zip(indices.iter())) {
            let x = &x[t * n..][..n];
            // Rank above index: one integer comparison orders by value, then by the lower index.
            for ((i, x), key) in x.iter().enumerate().zip(&mut *keys) {
                *key = u64::from(rank(x.to_f32()) ^ flip) << 32 | i as u64;
            }
            if k < n {
                keys.select_nth_unstable(k - 1);
            }
            keys[..k].sort_unstable();
            for ((value, index), &key) in values.iter_mut().zip(indices).zip(&keys[..k]) {
                let i = (key & u64::from(u32::MAX)) as usize;
                *value = x[i];
                *index = i as i32;
            }
        }
        Ok(())
    })
}
