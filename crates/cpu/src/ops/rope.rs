//! CPU kernel of [`Rope`].

use ascend_hal::host::{HostAccess, WriteRows};
use ascend_hal::ops::{Rope, RopeStyle};
use ascend_hal::{DType, OpKind, Result, bf16, f16};

use crate::context::Context;
use crate::simd::{LANES, Lane, Lanes, simd};

pub(super) fn rope(cx: &Context<'_>, op: &Rope) -> Result<()> {
    match op.x.dtype() {
        DType::F16 => tokens::<f16>(cx, op),
        DType::BF16 => tokens::<bf16>(cx, op),
        _ => tokens::<f32>(cx, op),
    }
}

fn tokens<T: Lane>(cx: &Context<'_>, op: &Rope) -> Result<()> {
    let inputs = [("x", &op.x), ("cos", &op.cos), ("sin", &op.sin), ("positions", &op.positions)];
    let access = HostAccess::lock(OpKind::Rope, inputs, [("y", &op.y)])?;
    let rows = op.table_rows(&access.read_i64(&op.positions)?)?;
    let (cos, sin) = (access.read::<f32>(&op.cos)?, access.read::<f32>(&op.sin)?);
    let (tokens, d, pairs) = (op.x.dim(0), op.x.dim(2), op.pairs());
    if op.y.numel() == 0 {
        return Ok(());
    }
    // In place, `y` holds what is to be turned.
    let x = if op.x.same_elements(&op.y) { None } else { Some(access.read::<T>(&op.x)?) };
    let width = op.x.dim(1) * d;
    let mut staged;
    let y = match access.write_rows::<T>(&op.y)? {
        Some(rows) => rows,
        None => {
            staged = access.write::<T>(&op.y)?;
            WriteRows::of(&mut staged, width)
        }
    };
    cx.by_rows(tokens, 2 * width, y, |range, mut y| {
        let mut angles = cx.scratch::<f32>(2 * pairs)?;
        let mut old = cx.scratch::<T>(if x.is_none() { width } else { 0 })?;
        let (c, s) = angles.split_at_mut(pairs);
        for (i, t) in range.enumerate() {
            let y = y.row(i);
            let x = match &x {
                Some(x) => &x[t * width..][..width],
                None => {
                    old.copy_from_slice(y);
                    &*old
                }
            };
            // The angles of a token are gathered once and serve all of its heads.
            for i in 0..pairs {
                let at = rows[op.position_row(i) * tokens + t] * pairs + i;
                (c[i], s[i]) = (cos[at], sin[at]);
            }
            turn(cx.isa(), op.style, x, d, c, s, y);
        }
        Ok(())
    })
}

simd! {
    /// Turns the heads of a token, each of width `d`.
    fn turn<S, T: Lane>(style: RopeStyle, x: &[T], d: usize, c: &[f32], s: &[f32], y: &mut [T]) {
        let pairs = c.len();
        for (y, x) in y.chunks_exact_mut(d).zip(x.chunks_exact(d)) {
            let (x, x_rest) = x.split_at(2 * pairs);
            let (y, y_rest) = y.split_at_mut(2 * pairs);
            y_rest.copy_from_slice(x_rest);
            match style {
                RopeStyle::Half => halves::<S, T>(x.split_at(pairs), c, s, y.split_at_mut(pairs)),
                RopeStyle::Interleaved => {
                    for (i, (y, x)) in y.as_chunks_mut::<2>().0.iter_mut().zip(x.as_chunks::<2>().0).enumerate() {
                        (y[0], y[1]) = pair(x[0], x[1], c[i], s[i]);
                    }
                }
                RopeStyle::InterleavedToHalf => {
                    let (y1, y2) = y.split_at_mut(pairs);
                    for (i, x) in x.as_chunks::<2>().0.iter().enumerate() {
                        (y1[i], y2[i]) = pair(x[0], x[1], c[i], s[i]);
                    }
                }
            }
        }
    }
}

/// Pairs whose elements stand in two halves of a head.
#[inline(always)]
fn halves<S: Lanes, T: Lane>((x1, x2): (&[T], &[T]), c: &[f32], s: &[f32], (y1, y2): (&mut [T], &mut [T])) {
    let whole = c.len() / LANES * LANES;
    for at in (0..whole).step_by(LANES) {
        let (Some(x1), Some(x2)) = (x1[at..].first_chunk(), x2[at..].first_chunk()) else { break };
        let (Some(c), Some(s)) = (c[at..].first_chunk(), s[at..].first_chunk()) else { break };
        let (Some(y1), Some(y2)) = (y1[at..].first_chunk_mut(), y2[at..].first_chunk_mut()) else { break };
        let (x1, x2, c, s) = (T::load::<S>(x1), T::load::<S>(x2), S::load(c), S::load(s));
        T::store(x1.mul(c).sub(x2.mul(s)), y1);
        T::store(x2.mul(c).add(x1.mul(s)), y2);
    }
    for i in whole..c.len() {
        (y1[i], y2[i]) = pair(x1[i], x2[i], c[i], s[i]);
    }
}

#[inline(always)]
fn pair<T: Lane>(x1: T, x2: T, c: f32, s: f32) -> (T, T) {
    let (x1, x2) = (x1.to_f32(), x2.to_f32());
    (T::from_f32(x1 * c - x2 * s), T::from_f32(x2 * c + x1 * s))
}
