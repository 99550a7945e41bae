//! CPU kernel of [`Norm`].

use ascend_hal::ops::{Norm, NormKind};
use ascend_hal::{DType, Float, OpKind, Result, bf16, f16, host::HostAccess};
use rayon::prelude::*;

use crate::context::Context;

/// Elements that one task takes at least.
const BLOCK: usize = 4096;

pub(super) fn norm(cx: &Context<'_>, op: &Norm) -> Result<()> {
    match op.x.dtype() {
        DType::F16 => rows::<f16>(cx, op),
        DType::BF16 => rows::<bf16>(cx, op),
        _ => rows::<f32>(cx, op),
    }
}

fn rows<T: Float>(cx: &Context<'_>, op: &Norm) -> Result<()> {
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
    let residual = op.residual.as_ref().map(|r| access.read::<T>(r)).transpose()?;
    let factor = {
        let mut weight = access.read_f32(&op.weight)?;
        if op.kind == NormKind::RmsGemma {
            weight.iter_mut().for_each(|w| *w += 1.0);
        }
        weight
    };
    let bias = op.bias.as_ref().map(|b| access.read_f32(b)).transpose()?;
    let mut y = access.write::<T>(&op.y)?;
    let mut sum = op.sum.as_ref().map(|s| access.write::<T>(s)).transpose()?;
    let h = op.x.shape().last_or_one();
    let row = |buffer: &mut Vec<f32>, t: usize, y: &mut [T], sum: Option<&mut [T]>| {
        let at = t * h..(t + 1) * h;
        for (b, x) in buffer.iter_mut().zip(&x[at.clone()]) {
            *b = x.to_f32();
        }
        if let Some(residual) = &residual {
            for (b, r) in buffer.iter_mut().zip(&residual[at]) {
                *b += r.to_f32();
            }
        }
        if let Some(sum) = sum {
            for (s, &b) in sum.iter_mut().zip(&*buffer) {
                *s = T::from_f32(b);
            }
        }
        normalise(buffer, op.kind, op.eps);
        match &bias {
            None => y.iter_mut().zip(&*buffer).zip(&factor).for_each(|((y, x), f)| *y = T::from_f32(x * f)),
            Some(bias) => y.iter_mut().zip(&*buffer).zip(&factor).zip(bias).for_each(|(((y, x), f), b)| *y = T::from_f32(x * f + b)),
        }
    };
    let (rows, buffer) = (BLOCK.div_ceil(h), || vec![0f32; h]);
    cx.install(|| match &mut sum {
        None => {
            let tasks = y.par_chunks_mut(h).enumerate().with_min_len(rows);
            tasks.for_each_init(buffer, |buffer, (t, y)| row(buffer, t, y, None));
        }
        Some(sum) => {
            let tasks = y.par_chunks_mut(h).zip(sum.par_chunks_mut(h)).enumerate().with_min_len(rows);
            tasks.for_each_init(buffer, |buffer, (t, (y, sum))| row(buffer, t, y, Some(sum)));
        }
    });
    Ok(())
}

/// One row before weight and bias: centred (layer norm) and divided by its root mean square.
#[inline]
pub(super) fn normalise(row: &mut [f32], kind: NormKind, eps: f32) {
    let h = row.len() as f32;
    if kind == NormKind::Layer {
        let mean = sum(row, |x| x) / h;
        row.iter_mut().for_each(|x| *x -= mean);
    }
    let scale = 1.0 / (sum(row, |x| x * x) / h + eps).sqrt();
    row.iter_mut().for_each(|x| *x *= scale);
}

/// The sum of `f(x)` in sixteen lanes, element `i` in lane `i % 16`; then the lanes by halves. An order that depends on the length alone and fits vector registers.
#[inline(always)]
fn sum(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0f32; 16];
    let (chunks, rest) = row.as_chunks::<16>();
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += f(x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane += f(x);
    }
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            lanes[i] += lanes[i + half];
        }
    }
    lanes[0]
}
