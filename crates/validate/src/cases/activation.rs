//! Cases of activation and glu.

use std::sync::Arc;

use ascend_hal::ops::{Activation, ActivationKind, Coverage, Glu, GluKind};
use ascend_hal::{DType, Dims, TensorView, TensorViewMut};

use crate::{Case, Gen, GoldenFile, Result, Work};

/// Expert intermediates of models, and what breaks vectors.
const WIDTHS: [(usize, usize); 8] = [(1, 1), (3, 33), (7, 2048), (33, 64), (2, 14_336), (5, 2880), (1, 16_383), (1, 16_385)];

/// Values at which an activation bends, ends, or overflows when it is computed carelessly.
const EDGES: [f64; 16] = [-0.0, 0.0, 1e-30, -1e-30, 6e-8, -6e-8, 1e-3, -1e-3, 10.0, -10.0, 88.0, -88.0, 1000.0, -1000.0, 6e4, -6e4];

/// A tensor seen through the middle columns of a wider one, as a part of a fused projection is.
pub(super) fn columns(wide: &TensorView, n: usize) -> Result<TensorView> {
    Ok(wide.narrow(wide.rank() - 1, 3, n)?)
}

/// A poisoned output in the middle columns of a wider one.
pub(super) fn output_columns(g: &mut Gen, dtype: DType, shape: impl Into<Dims>) -> Result<TensorViewMut> {
    let mut wide = shape.into();
    let n = wide.last_or_one();
    if let Some(last) = wide.last_mut() {
        *last += 8;
    }
    Ok(columns(&g.output(dtype, wide)?.view(), n)?.to_mut())
}

pub(super) fn activation(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        let kind = match c.variant {
            "silu" => ActivationKind::Silu,
            "gelu_erf" => ActivationKind::GeluErf,
            _ => ActivationKind::GeluTanh,
        };
        let shapes: &[(usize, usize)] = match c.rule {
            "plain" => &WIDTHS,
            "empty" => &[(0, 5), (3, 0)],
            _ => &[(1, 17), (3, 33), (5, 257)],
        };
        for &(t, n) in shapes {
            cases.push(Case::covering(c, format_args!("t{t}_n{n}"), move |g| {
                let wide = if c.rule == "strided" { n + 8 } else { n };
                let x = g.tensor(c.dtype, [t, wide], |g, i| match c.rule {
                    "large" => edge(g, c.dtype, i),
                    "infinite" if i % 5 == 1 => f64::NEG_INFINITY,
                    "infinite" if i % 5 == 3 => f64::INFINITY,
                    "nan" if i % 7 == 2 => f64::NAN,
                    _ => g.normal(3.0),
                })?;
                let (x, y) = match c.rule {
                    "strided" => (columns(&x, n)?, output_columns(g, c.dtype, [t, n])?),
                    "in_place" => (x.clone(), x.to_mut()),
                    _ => (x, g.output(c.dtype, [t, n])?),
                };
                Ok(Activation::new(x, kind, y).into())
            }));
        }
    }
    cases
}

/// Edge values in turn, then large ones of every size that the type has.
fn edge(g: &mut Gen, dtype: DType, i: usize) -> f64 {
    match EDGES.get(i) {
        Some(&edge) => edge,
        None => {
            let size = if dtype == DType::F16 { g.uniform(0.0, 4.8) } else { g.uniform(0.0, 38.0) };
            10f64.powf(size) * if i.is_multiple_of(2) { 1.0 } else { -1.0 }
        }
    }
}

pub(super) fn glu(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        let interleaved = c.variant.ends_with("_interleaved");
        let base = c.variant.trim_end_matches("_interleaved");
        let shapes: &[(usize, usize)] = match c.rule {
            "plain" => &WIDTHS,
            "empty" => &[(0, 5), (3, 0)],
            _ => &[(3, 33), (5, 128)],
        };
        for (at, &(t, n)) in shapes.iter().enumerate() {
            let kind = match base {
                "swiglu" => GluKind::Swiglu,
                "geglu_erf" => GluKind::GegluErf,
                "geglu_tanh" => GluKind::GegluTanh,
                _ if at % 2 == 0 => GluKind::GPT_OSS,
                _ => GluKind::SwigluClamped { limit: 2.5, alpha: 1.0, up_bias: -0.5 },
            };
            cases.push(Case::covering(c, format_args!("t{t}_i{n}"), move |g| {
                let wide = if c.rule == "strided" { 2 * n + 8 } else { 2 * n };
                let x = g.tensor(c.dtype, [t, wide], |g, i| {
                    let col = i % wide;
                    let (gate, pair) = if interleaved { (col % 2 == 0, col / 2) } else { (col < n, col % n) };
                    match c.rule {
                        // With up values of both signs, and an infinite one, whose product with 0 is NaN.
                        "infinite" if gate && pair % 4 == 1 => f64::NEG_INFINITY,
                        "infinite" if !gate && pair % 8 == 5 => f64::INFINITY,
                        "nan" if gate && pair % 5 == 1 => f64::NAN,
                        "nan" if !gate && pair % 5 == 3 => f64::NAN,
                        "clamp" => g.normal(12.0),
                        _ => g.normal(3.0),
                    }
                })?;
                let (x, y) = match c.rule {
                    "strided" => (columns(&x, 2 * n)?, output_columns(g, c.dtype, [t, n])?),
                    _ => (x, g.output(c.dtype, [t, n])?),
                };
                Ok(Glu { interleaved, ..Glu::new(x, kind, y) }.into())
            }));
        }
    }
    cases
}

/// Golden op `activation`.
pub(super) fn golden(file: &GoldenFile) -> Result<Work> {
    let kind = match file.text("kind")? {
        "silu" => ActivationKind::Silu,
        "gelu_erf" => ActivationKind::GeluErf,
        "gelu_tanh" => ActivationKind::GeluTanh,
        other => return Err(file.error(format!("activation `{other}` is none of silu, gelu_erf, gelu_tanh"))),
    };
    let (x, dtype) = (file.tensor("x")?, file.dtype()?);
    Ok(Work::Golden {
        build: Arc::new(move |g| Ok(Activation::new(x.clone(), kind, g.output(dtype, *x.shape())?).into())),
        expected: vec![file.expected("y", "expected_y_f64", "y")?],
    })
}

/// Golden op `glu`.
pub(super) fn golden_glu(file: &GoldenFile) -> Result<Work> {
    let name = file.text("kind")?;
    let (function, interleaved) = match (name.strip_suffix("_half"), name.strip_suffix("_interleaved")) {
        (Some(function), _) => (function, false),
        (_, Some(function)) => (function, true),
        _ => return Err(file.error(format!("glu `{name}` ends with neither _half nor _interleaved"))),
    };
    let kind = match function {
        "swiglu" => GluKind::Swiglu,
        "geglu_erf" => GluKind::GegluErf,
        "geglu_tanh" => GluKind::GegluTanh,
        "gptoss_clamp" => GluKind::SwigluClamped { limit: file.number("limit")? as f32, alpha: file.number("alpha")? as f32, up_bias: 1.0 },
        _ => return Err(file.error(format!("glu `{name}` is none of swiglu, geglu_erf, geglu_tanh, gptoss_clamp"))),
    };
    let (x, dtype) = (file.tensor("x")?, file.dtype()?);
    Ok(Work::Golden {
        build: Arc::new(move |g| {
            let mut shape = *x.shape();
            if let Some(n) = shape.last_mut() {
                *n /= 2;
            }
            Ok(Glu { interleaved, ..Glu::new(x.clone(), kind, g.output(dtype, shape)?) }.into())
        }),
        expected: vec![file.expected("y", "expected_y_f64", "y")?],
    })
}
