//! Rotary position embedding, in f32 tensors: the rows of the tables for each token, then products and sums of the halves or of every second element.

use ascend_hal::ops::{Rope, RopeStyle};
use ascend_hal::{DType, Dims, Layout, Result, TensorView};

use super::{Builtin, all, builtin, dtypes};
use crate::context::Context;
use crate::raw::operators::*;

pub(super) const KERNELS: &[Builtin] =
    &[builtin!(Composed Rope "rope_in_f32" ["aclnnIndexSelect"] dtypes::<Rope>(), "in f32 tensors", all => run)];

/// Elements `first, first + step, ..` of the last dimension, `count` of them.
fn comb(view: &TensorView, first: usize, step: usize, count: usize) -> Result<TensorView> {
    let last = view.rank() - 1;
    let (mut shape, mut strides): (Dims, Dims) = (*view.shape(), *view.layout().strides());
    let offset = view.layout().offset() + first * strides[last];
    (shape[last], strides[last]) = (count, strides[last] * step);
    TensorView::new(view.buffer().clone(), view.dtype(), Layout::strided(shape, strides, offset)?)
}

fn run(cx: &Context<'_>, op: &Rope) -> Result<()> {
    let (pairs, d) = (op.pairs(), op.x.dim(2));
    let turned = 2 * pairs;
    // `y` may be the view of `x`, and a style may move elements: everything is read first.
    let rest = if turned < d { Some(cx.to(&op.x.narrow(2, turned, d - turned)?, op.x.dtype())?) } else { None };
    if pairs > 0 {
        let halves = |view: &TensorView, apart: bool| -> Result<(TensorView, TensorView)> {
            let (first, step) = if apart { (pairs, 1) } else { (1, 2) };
            Ok((comb(view, 0, step, pairs)?, comb(view, first, step, pairs)?))
        };
        let (x1, x2) = halves(&op.x, op.style == RopeStyle::Half)?;
        let (x1, x2) = (cx.to(&x1, DType::F32)?, cx.to(&x2, DType::F32)?);
        let (cos, sin) = (rows(cx, op, &op.cos)?, rows(cx, op, &op.sin)?);
        let part = || cx.temp(DType::F32, *x1.shape());
        let (a, b, c, e) = (part()?, part()?, part()?, part()?);
        cx.mul(&x1, &cos, &a)?;
        cx.mul(&x2, &sin, &b)?;
        cx.sub(&a, &b, &a)?;
        cx.mul(&x2, &cos, &c)?;
        cx.mul(&x1, &sin, &e)?;
        cx.add(&c, &e, &c)?;
        let (y1, y2) = halves(&op.y, op.style != RopeStyle::Interleaved)?;
        cx.put(&a, &y1)?;
        cx.put(&c, &y2)?;
    }
    rest.map_or(Ok(()), |rest| cx.put(&rest, &op.y.narrow(2, turned, d - turned)?))
}

/// The rows of a table that the tokens stand at, as `[T, 1, pairs]`.
fn rows(cx: &Context<'_>, op: &Rope, table: &TensorView) -> Result<TensorView> {
    let (tokens, pairs) = (op.x.dim(0), op.pairs());
    let select = |table: &TensorView, positions: &TensorView, out: &TensorView| {
        let positions = cx.to(positions, DType::I64)?;
        let found = cx.temp(DType::F32, *out.shape())?;
        aclnnIndexSelect(cx.queue(), &cx.dense(table)?, 0, &positions, &found)?;
        cx.put(&found, out)
    };
    let out = cx.temp(DType::F32, [tokens, pairs])?;
    match op.mrope_sections {
        None => select(table, &op.positions, &out)?,
        Some(sections) => {
            let mut first = 0;
            for (section, &count) in sections.iter().enumerate() {
                if count > 0 {
                    select(&table.narrow(1, first, count)?, &op.positions.select(0, section)?, &out.narrow(1, first, count)?)?;
                }
                first += count;
            }
        }
    }
    out.reshape([tokens, 1, pairs])
}
