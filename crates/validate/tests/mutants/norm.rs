//! Mutants of norm.

use ascend_hal::ops::Norm;
use ascend_hal::{OpKind, host};

use crate::Mutant;
use crate::activation::{as_if_contiguous, changed, refuses, swallow_nan, twice};
use crate::patch::patch;

pub fn mutants() -> Vec<Mutant> {
    let norm = |breaks, run| Mutant { op: OpKind::Norm, breaks, run };
    vec![
        norm("empty", refuses),
        norm("zero_row", |inner, call| {
            let op: &Norm = call.try_into()?;
            inner.run(&Norm { eps: 0.0, ..op.clone() }.into())
        }),
        norm("nan_row", |inner, call| {
            let op: &Norm = call.try_into()?;
            inner.run(&Norm { x: changed(&op.x, |x| if x.is_nan() { 0.0 } else { x })?, ..op.clone() }.into())
        }),
        norm("inf_row", |inner, call| {
            inner.run(call)?;
            let op: &Norm = call.try_into()?;
            swallow_nan(&op.y)
        }),
        norm("large_mean", |inner, call| {
            // The variance in one pass: mean of squares less square of the mean.
            let op: &Norm = call.try_into()?;
            let mut x = host::to_f64(&op.x)?;
            if let Some(residual) = &op.residual {
                x.iter_mut().zip(host::to_f64(residual)?).for_each(|(x, r)| *x += r);
            }
            inner.run(call)?;
            let weight = host::to_f64(&op.weight)?;
            let bias = op.bias.as_ref().map_or_else(|| Ok(vec![0.0; weight.len()]), host::to_f64)?;
            let h = weight.len();
            patch(&op.y, |y| {
                for (x, y) in x.chunks(h).zip(y.chunks_mut(h)) {
                    let mean = x.iter().fold(0f32, |sum, &x| sum + x as f32) / h as f32;
                    let square = x.iter().fold(0f32, |sum, &x| sum + x as f32 * x as f32) / h as f32;
                    let scale = 1.0 / (square - mean * mean + op.eps).sqrt();
                    for i in 0..h {
                        y[i] = f64::from((x[i] as f32 - mean) * scale) * weight[i] + bias[i];
                    }
                }
            })
        }),
        norm("unrounded_sum", |inner, call| {
            let op: &Norm = call.try_into()?;
            inner.run(call)?;
            let Some(sum) = &op.sum else { return Ok(()) };
            inner.run(&Norm { x: sum.view(), residual: None, sum: None, ..op.clone() }.into())
        }),
        norm("sum_not_kept", |inner, call| {
            let op: &Norm = call.try_into()?;
            let residual = op.residual.clone().filter(|_| op.sum.is_some());
            inner.run(&Norm { residual, ..op.clone() }.into())
        }),
        norm("in_place", twice),
        norm("strided", |inner, call| {
            let op: &Norm = call.try_into()?;
            inner.run(&Norm { x: as_if_contiguous(&op.x)?, ..op.clone() }.into())
        }),
    ]
}
