//! `dynamic_quant` on the twin.

mod common;

use ascend_hal::ops::Quantize;
use ascend_hal::{DType, OpCall};
use ascend_kernels::tiling::dynamic_quant;
use ascend_validate::{Gen, Result};
use common::Bench;

const BENCH: Bench = Bench {
    plan: |call, cores| match call {
        OpCall::Quantize(op) => dynamic_quant::plan(op, cores),
        other => Err(format!("{:?} is no quantisation", other.kind())),
    },
};

/// Row 1 is of zeros, row 2 has a NaN, row 3 an infinity, row 4 is tiny.
fn element(g: &mut Gen, dtype: DType, i: usize, columns: usize) -> f64 {
    match (i / columns, i % columns) {
        (1, _) => 0.,
        (2, at) if at == columns / 2 => f64::NAN,
        (3, at) if at == columns / 3 => f64::NEG_INFINITY,
        (4, _) if dtype == DType::F32 => 2e-43 * g.uniform(-1., 1.),
        _ => g.normal(3.),
    }
}

fn quantize(g: &mut Gen, dtype: DType, [rows, columns]: [usize; 2], smooth: Option<DType>) -> Result<OpCall> {
    let x = g.tensor(dtype, [rows, columns], |g, i| element(g, dtype, i, columns))?;
    let op = Quantize::new(x, g.output(DType::I8, [rows, columns])?, g.output(DType::F32, [rows])?);
    Ok(match smooth {
        Some(dtype) => op.with_smooth(g.uniforms(dtype, [columns], 0.5, 2.)?).into(),
        None => op.into(),
    })
}

#[test]
fn dynamic_quant_rows_are_right_whatever_the_blocks_and_the_order() {
    for dtype in DType::FLOATS {
        for (at, shape) in [[1, 1], [5, 17], [6, 32], [7, 130], [70, 24]].into_iter().enumerate() {
            let smooth = [None, Some(dtype), Some(DType::F32)][at % 3];
            BENCH.passes(&format!("{dtype} {shape:?} {smooth:?}"), &|g| quantize(g, dtype, shape, smooth));
        }
    }
}

#[test]
fn dynamic_quant_without_rows_writes_nothing() {
    BENCH.passes("none", &|g| quantize(g, DType::F16, [0, 40], None));
}

#[test]
fn dynamic_quant_says_what_it_does_not_cover() {
    BENCH.does_not_cover("does not fit the unified buffer", &|g| quantize(g, DType::BF16, [1, 20_000], None));
    BENCH.does_not_cover("only a scale", &|g| quantize(g, DType::BF16, [3, 0], None));
}

#[test]
fn every_flag_and_barrier_is_needed() {
    let call = |dtype, smooth, shape| move |g: &mut Gen| quantize(g, dtype, shape, smooth);
    BENCH.needs_every_site(&[
        ("bf16", 1, &call(DType::BF16, None, [68, 72])),
        ("bf16 smooth", 1, &call(DType::BF16, Some(DType::BF16), [8, 40])),
        ("f32", 1, &call(DType::F32, None, [8, 72])),
    ]);
}
