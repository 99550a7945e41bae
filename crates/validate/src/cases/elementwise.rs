//! Cases of elementwise arithmetic.

use ascend_hal::ops::{Coverage, Elementwise, ElementwiseKind};
use ascend_hal::{DType, TensorView};

use crate::{Case, Gen, Result};

const SHAPES: [&[usize]; 7] = [&[1], &[7], &[3, 5], &[2, 3, 4, 5], &[16, 257], &[5, 2880], &[16385]];

pub(super) fn elementwise(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        let kind = kind(c.variant);
        let shapes: &[&[usize]] = match c.rule {
            "plain" => &SHAPES,
            "empty" => &[&[0], &[3, 0], &[0, 4, 2]],
            _ => &[&[3, 5], &[2, 3, 64]],
        };
        for &shape in shapes {
            // What y shares its memory with, and which operand repeats along which dimensions.
            let modes: &[&'static str] = match c.rule {
                "in_place" if kind.is_binary() => &["y_is_a", "y_is_b", "y_is_a_and_b"],
                "in_place" => &["y_is_a"],
                "broadcast" => &["b_is_a_row", "a_is_a_column", "b_is_a_scalar"],
                "plain" if shape.len() == 2 => &["", "transposed"],
                _ => &[""],
            };
            for &mode in modes {
                let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
                let what = format!("{}{}{mode}", sizes.join("x"), if mode.is_empty() { "" } else { "_" });
                cases.push(Case::covering(c, what, move |g| call(g, c, kind, shape, mode)));
            }
        }
    }
    cases
}

fn kind(variant: &str) -> ElementwiseKind {
    use ElementwiseKind::*;
    let scale_and_offset = Affine { scale: 1.702, offset: -0.25 };
    [Add, Sub, Mul, Div, Max, Min, Sigmoid, Exp].into_iter().find(|k| k.name() == variant).unwrap_or(scale_and_offset)
}

fn call(g: &mut Gen, c: Coverage, kind: ElementwiseKind, shape: &'static [usize], mode: &str) -> Result<ascend_hal::OpCall> {
    let dims = ascend_hal::Dims::new(shape)?;
    let (mut row, mut column, mut scalar) = (dims, dims, dims);
    for (i, size) in shape.iter().enumerate() {
        let last = i + 1 == shape.len();
        if last {
            column[i] = 1;
        } else {
            row[i] = 1;
        }
        scalar[i] = (*size).min(1);
    }
    let a_shape = if mode == "a_is_a_column" { column } else { dims };
    let b_shape = match mode {
        "b_is_a_row" => row,
        "b_is_a_scalar" => scalar,
        _ => dims,
    };
    let operand = |g: &mut Gen, shape: ascend_hal::Dims, which: usize| -> Result<TensorView> {
        Ok(if mode == "transposed" {
            let stored = [shape[1], shape[0]];
            g.tensor(c.dtype, stored, |g, i| element(g, c, which, i))?.t()?
        } else {
            g.tensor(c.dtype, shape, |g, i| element(g, c, which, i))?.broadcast(dims)?
        })
    };
    let a = operand(g, a_shape, 0)?;
    let b = match (kind.is_binary(), mode) {
        (false, _) => None,
        (true, "y_is_a_and_b") => Some(a.clone()),
        (true, _) => Some(operand(g, b_shape, 1)?),
    };
    let y = match (mode, &b) {
        ("y_is_a" | "y_is_a_and_b", _) => a.to_mut(),
        ("y_is_b", Some(b)) => b.to_mut(),
        _ => g.output(c.dtype, dims)?,
    };
    Ok(Elementwise { a, b, kind, y }.into())
}

/// Element `i` of operand `which`.
fn element(g: &mut Gen, c: Coverage, which: usize, i: usize) -> f64 {
    const INF: f64 = f64::INFINITY;
    let edge = |values: &[f64]| values[i % values.len()];
    let sign = if g.below(2) == 0 { 1.0 } else { -1.0 };
    let largest = match c.dtype {
        DType::F16 => 65504.0,
        DType::BF16 => 3.389e38,
        DType::F32 => f64::from(f32::MAX),
        DType::I32 => f64::from(i32::MAX),
        // The largest f64 below 2^63.
        _ => 9_223_372_036_854_774_784.0,
    };
    match (c.rule, which) {
        ("nan", 0) => edge(&[f64::NAN, 1.5, -2.0]),
        ("nan", _) => edge(&[1.0, f64::NAN, 0.5]),
        ("infinite", 0) => edge(&[INF, -INF, INF, 0.0, 1.0, -1.0, 2.0]),
        ("infinite", _) => edge(&[INF, -INF, -INF, INF, INF, 0.5, 3.0, -INF]),
        ("zero_divisor", 0) => edge(&[1.0, -1.0, 0.0, -0.0, 2.0]),
        ("zero_divisor", _) => edge(&[0.0, -0.0, 0.5]),
        ("large_argument", _) => -edge(&[20.0, 90.0, 104.0, 1000.0, 60000.0]),
        // Every second element overflows: sums of equal signs, differences of opposite ones, large times large, large by small.
        ("overflow", _) if i % 2 == 1 => g.normal(1.0),
        ("overflow", 0) => match c.variant {
            "exp" => 2000.0,
            _ => largest * 0.9,
        },
        ("overflow", _) => match c.variant {
            "sub" => -largest * 0.9,
            "div" => sign * 0.01,
            _ => largest * 0.9,
        },
        ("wrap", _) => match i % 3 {
            0 => largest - g.below(1000) as f64,
            1 => -largest + g.below(1000) as f64,
            _ => sign * g.uniform(0.0, largest).floor(),
        },
        _ if !c.dtype.is_float() => g.uniform(-1000.0, 1001.0).floor(),
        // Divisors stay away from 0: quotients near the type's limits are the business of other rules.
        (_, 1) if c.variant == "div" => sign * g.uniform(0.25, 4.0),
        _ => g.normal(2.0),
    }
}
