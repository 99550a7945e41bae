//! Mutants of quantize and dequantize.

use ascend_hal::ops::{Dequantize, Quantize};
use ascend_hal::{DType, OpKind, host};

use crate::Mutant;
use crate::activation::{as_if_contiguous, changed, refuses, swallow_nan};
use crate::patch::patch;

pub fn mutants() -> Vec<Mutant> {
    let quantize = |breaks, run| Mutant { op: OpKind::Quantize, breaks, run };
    let dequantize = |breaks, run| Mutant { op: OpKind::Dequantize, breaks, run };
    vec![
        quantize("empty", |inner, call| {
            // The maximum of nothing is left as it was before the first comparison.
            let op: &Quantize = call.try_into()?;
            inner.run(call)?;
            let nothing = op.x.dim(1) == 0;
            patch(&op.scale, |s| s.iter_mut().filter(|_| nothing).for_each(|s| *s = f64::NEG_INFINITY))
        }),
        quantize("zero_row", |inner, call| {
            let op: &Quantize = call.try_into()?;
            inner.run(call)?;
            patch(&op.scale, |s| s.iter_mut().filter(|s| **s == 0.0).for_each(|s| *s = 1.0))
        }),
        quantize("tiny_row", |inner, call| {
            // Divided by a scale that has not become 0 yet.
            let op: &Quantize = call.try_into()?;
            let (x, k) = (host::to_f64(&op.x)?, op.x.dim(1));
            inner.run(call)?;
            let scale = host::to_f64(&op.scale)?;
            patch(&op.q, |q| {
                for (i, q) in q.iter_mut().enumerate().filter(|(i, _)| scale[i / k] == 0.0) {
                    *q = 127.0 * x[i].signum() * f64::from(u8::from(x[i] != 0.0));
                }
            })
        }),
        quantize("nan_row", |inner, call| {
            let op: &Quantize = call.try_into()?;
            inner.run(&Quantize { x: changed(&op.x, |x| if x.is_nan() { 0.0 } else { x })?, ..op.clone() }.into())
        }),
        quantize("inf_row", |inner, call| {
            let op: &Quantize = call.try_into()?;
            inner.run(&Quantize { x: changed(&op.x, |x| x.clamp(-65504.0, 65504.0))?, ..op.clone() }.into())
        }),
        quantize("full_range", |inner, call| {
            let op: &Quantize = call.try_into()?;
            inner.run(call)?;
            patch(&op.q, |q| q.iter_mut().filter(|q| **q == -127.0).for_each(|q| *q = -128.0))
        }),
        quantize("strided", |inner, call| {
            let op: &Quantize = call.try_into()?;
            inner.run(&Quantize { x: as_if_contiguous(&op.x)?, ..op.clone() }.into())
        }),
        dequantize("empty", refuses),
        dequantize("absent_scales", |inner, call| {
            // Scale memory that nobody has filled.
            let op: &Dequantize = call.try_into()?;
            let zeros = |n| host::zeros(DType::F32, [n]).map(|z| z.view());
            let x_scale = Some(op.x_scale.clone().map_or_else(|| zeros(op.q.dim(0)), Ok)?);
            let weight_scale = Some(op.weight_scale.clone().map_or_else(|| zeros(op.q.dim(1)), Ok)?);
            inner.run(&Dequantize { x_scale, weight_scale, ..op.clone() }.into())
        }),
        dequantize("zero_scale", |inner, call| {
            let op: &Dequantize = call.try_into()?;
            let x_scale = op.x_scale.as_ref().map(|s| changed(s, |s| if s == 0.0 { 1.0 } else { s })).transpose()?;
            inner.run(&Dequantize { x_scale, ..op.clone() }.into())
        }),
        dequantize("infinite_scale", |inner, call| {
            inner.run(call)?;
            let op: &Dequantize = call.try_into()?;
            swallow_nan(&op.y)
        }),
        dequantize("large_sums", |inner, call| {
            let op: &Dequantize = call.try_into()?;
            let most = f64::from(1 << 24);
            inner.run(&Dequantize { q: changed(&op.q, |q| q.clamp(-most, most))?, ..op.clone() }.into())
        }),
        dequantize("strided", |inner, call| {
            let op: &Dequantize = call.try_into()?;
            inner.run(&Dequantize { q: as_if_contiguous(&op.q)?, ..op.clone() }.into())
        }),
    ]
}
