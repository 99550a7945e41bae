//! `rms_norm` and `add_rms_norm` on the twin.

mod common;

use ascend_hal::ops::{Norm, NormKind};
use ascend_hal::{DType, OpCall};
use ascend_kernels::tiling::rms_norm;
use ascend_validate::{Gen, Result};
use common::Bench;

const BENCH: Bench = Bench {
    plan: |call, cores| match call {
        OpCall::Norm(op) => rms_norm::plan(op, cores),
        other => Err(format!("{:?} is no norm", other.kind())),
    },
};

/// A norm of `[rows, hidden]`; weights are f32 where `wide`.
fn norm(g: &mut Gen, dtype: DType, [rows, hidden]: [usize; 2], kind: NormKind, wide: bool, adds: bool) -> Result<OpCall> {
    let x = g.normals(dtype, [rows, hidden], 2.)?;
    let weight = g.uniforms(if wide { DType::F32 } else { dtype }, [hidden], 0.5, 1.5)?;
    let op = Norm::new(x, weight, kind, 1e-5, g.output(dtype, [rows, hidden])?);
    Ok(if adds { op.with_residual(g.normals(dtype, [rows, hidden], 1.)?, g.output(dtype, [rows, hidden])?).into() } else { op.into() })
}

const SHAPES: [[usize; 2]; 6] = [[1, 1], [1, 64], [3, 17], [5, 130], [9, 8], [50, 48]];

fn rows_are_right(adds: bool) {
    for dtype in DType::FLOATS {
        for (at, shape) in SHAPES.into_iter().enumerate() {
            let kind = if at % 3 == 1 { NormKind::RmsGemma } else { NormKind::Rms };
            BENCH.passes(&format!("{dtype} {shape:?}"), &|g| norm(g, dtype, shape, kind, at % 2 == 1, adds));
        }
    }
}

#[test]
fn rms_norm_rows_are_right_whatever_the_blocks_and_the_order() {
    rows_are_right(false);
}

#[test]
fn add_rms_norm_rows_are_right_whatever_the_blocks_and_the_order() {
    rows_are_right(true);
}

#[test]
fn rms_norm_without_rows_writes_nothing() {
    BENCH.passes("none", &|g| norm(g, DType::BF16, [0, 40], NormKind::Rms, false, true));
}

#[test]
fn rms_norm_of_rows_that_fit_once_keeps_one_under_way() {
    BENCH.passes("long", &|g| norm(g, DType::F32, [3, 8500], NormKind::Rms, false, false));
}

#[test]
fn rms_norm_says_what_it_does_not_cover() {
    BENCH.does_not_cover("does not fit the unified buffer", &|g| norm(g, DType::BF16, [1, 20_000], NormKind::Rms, false, false));
    BENCH.does_not_cover("layer norm", &|g| norm(g, DType::BF16, [1, 8], NormKind::Layer, false, false));
}

#[test]
fn every_flag_and_barrier_is_needed() {
    for adds in [false, true] {
        let [narrow, wide] =
            [DType::BF16, DType::F32].map(|dtype| move |g: &mut Gen| norm(g, dtype, [5, 130], NormKind::RmsGemma, false, adds));
        BENCH.needs_every_site(&[("bf16", 1, &narrow), ("f32", 1, &wide)]);
    }
}
