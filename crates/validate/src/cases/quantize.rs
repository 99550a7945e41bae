//! Cases of quantize and dequantize.

use std::sync::Arc;

use ascend_hal::DType;
use ascend_hal::ops::{Coverage, Dequantize, Quantize};

use super::activation::{columns, output_columns};
use crate::{Case, GoldenFile, Result, Work};

/// Hidden and intermediate sizes of models, and what breaks vectors.
const SHAPES: [(usize, usize); 8] = [(1, 1), (7, 64), (33, 257), (5, 7168), (9, 2048), (2, 18_432), (1, 16_383), (1, 16_385)];

pub(super) fn quantize(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        let shapes: &[(usize, usize)] = match c.rule {
            "plain" => &SHAPES,
            "empty" => &[(0, 5), (3, 0)],
            _ => &[(3, 17), (6, 128)],
        };
        for (at, &(t, k)) in shapes.iter().enumerate() {
            cases.push(Case::covering(c, format_args!("t{t}_k{k}"), move |g| {
                let wide = if c.rule == "strided" { k + 8 } else { k };
                let x = g.tensor(c.dtype, [t, wide], |g, i| {
                    let (row, col) = (i / wide, i % wide);
                    let x = g.normal(2.0);
                    match c.rule {
                        "zero_row" if row % 2 == 1 => 0.0,
                        // Subnormal numbers whose 127th part is nearer to 0 than to the least f32.
                        "tiny_row" if row % 2 == 1 => 1e-45 * (g.below(30) as f64 - 15.0),
                        "nan_row" if row == 1 && col == k / 2 => f64::NAN,
                        "nan_row" if row == 1 && col == 0 => f64::INFINITY,
                        "inf_row" if row == 1 && col == k / 2 => f64::NEG_INFINITY,
                        // The largest magnitude by far is negative in every other row.
                        "full_range" if col == k / 2 => 50.0 * if row % 2 == 0 { -1.0 } else { 1.0 },
                        // An outlier channel, as in real activations.
                        "plain" if col % 97 == 13 => 20.0 * x,
                        _ => x,
                    }
                })?;
                let x = if c.rule == "strided" { columns(&x, k)? } else { x };
                let op = Quantize::new(x, g.output(DType::I8, [t, k])?, g.output(DType::F32, [t])?);
                if c.variant == "per_token" {
                    return Ok(op.into());
                }
                let dtype = if at % 2 == 0 { DType::F32 } else { c.dtype };
                Ok(op.with_smooth(g.uniforms(dtype, [k], 0.25, 1.0)?).into())
            }));
        }
    }
    cases
}

pub(super) fn dequantize(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        let shapes: &[(usize, usize)] = match c.rule {
            "plain" => &SHAPES,
            "empty" => &[(0, 5), (3, 0)],
            // Each subset of the three vectors but all of them.
            "absent_scales" => &[(3, 17); 7],
            _ => &[(3, 17), (6, 128)],
        };
        for (at, &(t, n)) in shapes.iter().enumerate() {
            let present = if c.rule == "absent_scales" { at } else { 7 };
            let bias_dtype = if at % 2 == 0 { DType::F32 } else { c.dtype };
            let subset: String = ["x", "w", "b"].iter().enumerate().filter(|(i, _)| present >> i & 1 == 1).map(|(_, s)| *s).collect();
            cases.push(Case::covering(c, format_args!("t{t}_n{n}_{subset}"), move |g| {
                let wide = if c.rule == "strided" { n + 8 } else { n };
                let codes = c.variant == "i8";
                // Scales of a product of two int8 matrices, so that results stay in f16's range.
                let (dtype, most) = match c.rule {
                    _ if codes => (DType::I8, 127.0),
                    "large_sums" => (DType::I32, 2e9),
                    _ => (DType::I32, 1e5),
                };
                let q = g.tensor(dtype, [t, wide], |g, i| match c.rule {
                    "infinite_scale" if i % 3 == 0 => 0.0,
                    _ => g.uniform(-most, most).trunc(),
                })?;
                let (q, y) = match c.rule {
                    "strided" => (columns(&q, n)?, output_columns(g, c.dtype, [t, n])?),
                    _ => (q, g.output(c.dtype, [t, n])?),
                };
                let mut op = Dequantize::new(q, y);
                // One scale alone has to bring accumulators into range by itself.
                let size = if present & 3 == 3 { (20.0f64 / most).sqrt() } else { 20.0 / most };
                if present & 1 == 1 {
                    op = op.with_x_scale(g.tensor(DType::F32, [t], |g, i| match c.rule {
                        "zero_scale" if i % 2 == 1 => 0.0,
                        "infinite_scale" if i % 2 == 1 => f64::INFINITY,
                        _ => g.uniform(0.5, 1.0) * size,
                    })?);
                }
                if present & 2 == 2 {
                    op = op.with_weight_scale(g.tensor(DType::F32, [n], |g, i| match c.rule {
                        "zero_scale" if i % 5 == 2 => 0.0,
                        _ => g.uniform(0.5, 1.0) * size,
                    })?);
                }
                if present & 4 == 4 {
                    op = op.with_bias(g.normals(bias_dtype, [n], 1.0)?);
                }
                Ok(op.into())
            }));
        }
    }
    cases
}

/// Golden op `dynamic_quant`.
pub(super) fn golden(file: &GoldenFile) -> Result<Work> {
    let x = file.tensor("x")?;
    let smooth = file.flag("smooth")?.then(|| file.tensor("smooth_scale")).transpose()?;
    let near_half = file.values("near_half_u8")?.iter().map(|&near| near != 0.0).collect();
    let mut q = file.expected("q", "expected_q_i8", "q")?;
    q.off_by_one_allowed = near_half;
    Ok(Work::Golden {
        build: Arc::new(move |g| {
            let op = Quantize::new(x.clone(), g.output(DType::I8, *x.shape())?, g.output(DType::F32, [x.dim(0)])?);
            Ok(Quantize { smooth: smooth.clone(), ..op }.into())
        }),
        expected: vec![q, file.expected("scale", "expected_scale_f64", "scale")?],
    })
}

/// Golden op `dequant`.
pub(super) fn golden_dequantize(file: &GoldenFile) -> Result<Work> {
    let (q, dtype) = (file.tensor("acc_i32")?, file.dtype()?);
    let (x_scale, weight_scale) = (file.tensor("x_scale")?, file.tensor("weight_scale")?);
    let bias = file.flag("bias")?.then(|| file.tensor("bias")).transpose()?;
    Ok(Work::Golden {
        build: Arc::new(move |g| {
            let op = Dequantize::new(q.clone(), g.output(dtype, *q.shape())?);
            let op = op.with_x_scale(x_scale.clone()).with_weight_scale(weight_scale.clone());
            Ok(Dequantize { bias: bias.clone(), ..op }.into())
        }),
        expected: vec![file.expected("y", "expected_y_f64", "y")?],
    })
}
