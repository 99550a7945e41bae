//! Cases of norm.

use std::sync::Arc;

use ascend_hal::DType;
use ascend_hal::ops::{Coverage, Norm, NormKind};

use super::activation::{columns, output_columns};
use crate::{Case, Expected, GoldenFile, Result, Tolerance, Work};

/// Hidden sizes of models (also the low-rank ones of DeepSeek and the heads of Qwen3), and what breaks vectors.
const SHAPES: [(usize, usize); 11] =
    [(1, 1), (3, 17), (4, 4096), (3, 7168), (9, 1536), (5, 512), (32, 128), (5, 2880), (1, 16_383), (1, 16_385), (65, 8)];

pub(super) fn norm(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        let add = c.variant.starts_with("add_");
        let kind = match c.variant.trim_start_matches("add_") {
            "rms" => NormKind::Rms,
            "rms_gemma" => NormKind::RmsGemma,
            _ => NormKind::Layer,
        };
        let shapes: &[(usize, usize)] = match c.rule {
            "plain" => &SHAPES,
            "empty" => &[(0, 5), (3, 0)],
            // A width that divides these rows' sums exactly.
            "large_mean" => &[(3, 64), (5, 128)],
            _ => &[(3, 17), (5, 128)],
        };
        for (at, &(t, h)) in shapes.iter().enumerate() {
            cases.push(Case::covering(c, format_args!("t{t}_h{h}"), move |g| {
                let wide = if c.rule == "strided" { h + 8 } else { h };
                let (level, step) = match c.dtype {
                    DType::F32 => (1e5, 1.0),
                    DType::F16 => (2000.0, 1.0),
                    _ => (250.0, 1.0),
                };
                let mut x = g.tensor(c.dtype, [t, wide], |g, i| {
                    let (row, col) = (i / wide, i % wide);
                    match c.rule {
                        "zero_row" if row == 1 => 0.0,
                        "nan_row" if row == 1 && col == h / 2 => f64::NAN,
                        "inf_row" if row == 1 && col == h / 2 => f64::INFINITY,
                        // One element stands out of a level that the type holds exactly.
                        "large_mean" if col == row => level + step,
                        "large_mean" => level,
                        // Sums beyond f16, or so large that bf16 rounds their differences away.
                        "unrounded_sum" if c.dtype == DType::F16 => 45_000.0 + g.uniform(0.0, 5000.0),
                        "unrounded_sum" => 256.0,
                        _ => g.normal(2.0),
                    }
                })?;
                let mut residual = if add {
                    Some(g.tensor(c.dtype, [t, wide], |g, i| match c.rule {
                        "zero_row" if i / wide == 1 => 0.0,
                        "large_mean" => 0.0,
                        "unrounded_sum" if c.dtype == DType::F16 => 40_000.0 + g.uniform(0.0, 5000.0),
                        "unrounded_sum" => g.normal(0.3),
                        _ => g.normal(1.0),
                    })?)
                } else {
                    None
                };
                // Every other case has f32 weights beside 16-bit activations.
                let weight_dtype = if at % 2 == 0 { c.dtype } else { DType::F32 };
                let weight =
                    g.tensor(weight_dtype, [h], |g, _| if kind == NormKind::RmsGemma { g.normal(0.3) } else { g.uniform(0.5, 1.5) })?;
                let bias = if kind == NormKind::Layer && at % 3 != 2 { Some(g.normals(weight_dtype, [h], 0.5)?) } else { None };
                let (y, sum) = match c.rule {
                    "strided" => {
                        x = columns(&x, h)?;
                        residual = residual.map(|r| columns(&r, h)).transpose()?;
                        (output_columns(g, c.dtype, [t, h])?, output_columns(g, c.dtype, [t, h])?)
                    }
                    // The second of them the other way round.
                    "in_place" => match &residual {
                        Some(residual) if at % 2 == 1 => (residual.to_mut(), x.to_mut()),
                        Some(residual) => (x.to_mut(), residual.to_mut()),
                        None => (x.to_mut(), g.output(c.dtype, [t, h])?),
                    },
                    _ => (g.output(c.dtype, [t, h])?, g.output(c.dtype, [t, h])?),
                };
                let sum = (add && c.rule != "sum_not_kept").then_some(sum);
                let eps = if at % 2 == 0 { 1e-6 } else { 1e-5 };
                Ok(Norm { residual, bias, sum, ..Norm::new(x, weight, kind, eps, y) }.into())
            }));
        }
    }
    cases
}

/// Golden op `norm`.
pub(super) fn golden(file: &GoldenFile) -> Result<Work> {
    let name = file.text("kind")?;
    let kind = match name.trim_start_matches("add_") {
        "rmsnorm" => NormKind::Rms,
        "gemma_rmsnorm" => NormKind::RmsGemma,
        "layernorm" => NormKind::Layer,
        _ => return Err(file.error(format!("norm `{name}` is none of rmsnorm, gemma_rmsnorm, layernorm, with or without add_"))),
    };
    let add = name.starts_with("add_");
    let (x, weight, dtype) = (file.tensor("x")?, file.tensor("weight")?, file.dtype()?);
    let residual = add.then(|| file.tensor("residual")).transpose()?;
    let bias = (kind == NormKind::Layer && file.has("bias")).then(|| file.tensor("bias")).transpose()?;
    let eps = file.number("eps")? as f32;
    let mut expected = vec![file.expected("y", "expected_y_f64", "y")?];
    if add {
        // The file has no hint for the sum: it is one rounding, half a unit of the last place.
        let unit = match dtype {
            DType::F32 => 2f64.powi(-24),
            DType::F16 => 2f64.powi(-11),
            _ => 2f64.powi(-8),
        };
        let tolerance = Tolerance { atol: f64::from(f32::MIN_POSITIVE), rtol: unit };
        let values = file.values("expected_sum_f64")?;
        expected.push(Expected { name: "sum", values, tolerance: Some(tolerance), off_by_one_allowed: Vec::new() });
    }
    Ok(Work::Golden {
        build: Arc::new(move |g| {
            let sum = if add { Some(g.output(dtype, *x.shape())?) } else { None };
            let op = Norm::new(x.clone(), weight.clone(), kind, eps, g.output(dtype, *x.shape())?);
            Ok(Norm { residual: residual.clone(), bias: bias.clone(), sum, ..op }.into())
        }),
        expected,
    })
}
