//! CPU kernel of [`Rope`].

use ascend_hal::ops::{Rope, RopeStyle};
use ascend_hal::{DType, Float, OpKind, Result, bf16, f16, host::HostAccess};
use rayon::prelude::*;

use crate::context::Context;

/// Elements that one task takes at least.
const BLOCK: usize = 4096;

pub(super) fn rope(cx: &Context<'_>, op: &Rope) -> Result<()> {
    match op.x.dtype() {
        DType::F16 => tokens::<f16>(cx, op),
        DType::BF16 => tokens::<bf16>(cx, op),
        _ => tokens::<f32>(cx, op),
    }
}

fn tokens<T: Float>(cx: &Context<'_>, op: &Rope) -> Result<()> {
    let inputs = [("x", &op.x), ("cos", &op.cos), ("sin", &op.sin), ("positions", &op.positions)];
    let access = HostAccess::lock(OpKind::Rope, inputs, [("y", &op.y)])?;
    let rows = op.table_rows(&access.read_i64(&op.positions)?)?;
    let (cos, sin) = (access.read::<f32>(&op.cos)?, access.read::<f32>(&op.sin)?);
    let x = access.read::<T>(&op.x)?;
    let mut y = access.write::<T>(&op.y)?;
    let (tokens, d, pairs) = (op.x.dim(0), op.x.dim(2), op.pairs());
    if y.is_empty() {
        return Ok(());
    }
    let width = op.x.dim(1) * d;
    cx.install(|| {
        let tasks = y.par_chunks_mut(width).zip(x.par_chunks(width)).enumerate().with_min_len(BLOCK.div_ceil(width));
        tasks.for_each_init(
            || (vec![0f32; pairs], vec![0f32; pairs]),
            |(c, s), (t, (y, x))| {
                // The angles of a token are gathered once and serve all of its heads.
                for i in 0..pairs {
                    let at = rows[op.position_row(i) * tokens + t] * pairs + i;
                    (c[i], s[i]) = (cos[at], sin[at]);
                }
                for (y, x) in y.chunks_exact_mut(d).zip(x.chunks_exact(d)) {
                    turn(op.style, x, c, s, y);
                }
            },
        );
    });
    Ok(())
}

/// Turns one head.
#[inline(always)]
fn turn<T: Float>(style: RopeStyle, x: &[T], c: &[f32], s: &[f32], y: &mut [T]) {
    let pairs = c.len();
    let (x, x_rest) = x.split_at(2 * pairs);
    let (y, y_rest) = y.split_at_mut(2 * pairs);
    y_rest.copy_from_slice(x_rest);
    let pair = |x1: T, x2: T, i: usize| {
        let (x1, x2) = (x1.to_f32(), x2.to_f32());
        (T::from_f32(x1 * c[i] - x2 * s[i]), T::from_f32(x2 * c[i] + x1 * s[i]))
    };
    match style {
        RopeStyle::Half => {
            let (y1, y2) = y.split_at_mut(pairs);
            for i in 0..pairs {
                (y1[i], y2[i]) = pair(x[i], x[i + pairs], i);
            }
        }
        RopeStyle::Interleaved => {
            for (i, (y, x)) in y.as_chunks_mut::<2>().0.iter_mut().zip(x.as_chunks::<2>().0).enumerate() {
                (y[0], y[1]) = pair(x[0], x[1], i);
            }
        }
        RopeStyle::InterleavedToHalf => {
            let (y1, y2) = y.split_at_mut(pairs);
            for (i, x) in x.as_chunks::<2>().0.iter().enumerate() {
                (y1[i], y2[i]) = pair(x[0], x[1], i);
            }
        }
    }
}
