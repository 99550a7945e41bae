//! `rope` on the twin.

mod common;

use ascend_hal::ops::{Rope, RopeStyle};
use ascend_hal::{DType, OpCall};
use ascend_kernels::tiling::rope;
use ascend_validate::{Gen, Result};
use common::Bench;

const BENCH: Bench = Bench {
    plan: |call, cores| match call {
        OpCall::Rope(op) => rope::plan(op, cores),
        other => Err(format!("{:?} is no rope", other.kind())),
    },
};

/// Rows of the tables.
const POSITIONS: usize = 13;

/// `[tokens, heads, dim]`, of which `turned` elements turn.
#[derive(Clone, Copy, Debug)]
struct Shape(usize, usize, usize, usize);

fn turn(g: &mut Gen, dtype: DType, Shape(tokens, heads, dim, turned): Shape, style: RopeStyle, positions: DType) -> Result<OpCall> {
    let x = g.normals(dtype, [tokens, heads, dim], 1.)?;
    let table = |g: &mut Gen| g.uniforms(DType::F32, [POSITIONS, turned / 2], -1., 1.);
    let (cos, sin) = (table(g)?, table(g)?);
    let positions = g.uniforms(positions, [tokens], 0., POSITIONS as f64 - 1.)?;
    Ok(Rope::new(x, cos, sin, positions, style, g.output(dtype, [tokens, heads, dim])?).into())
}

#[test]
fn rope_heads_are_right_whatever_the_blocks_and_the_order() {
    let shapes =
        [Shape(1, 1, 2, 2), Shape(3, 2, 16, 16), Shape(5, 3, 20, 12), Shape(2, 2, 80, 32), Shape(1, 5, 160, 160), Shape(4, 1, 9, 0)];
    for dtype in DType::FLOATS {
        for (at, shape) in shapes.into_iter().enumerate() {
            for style in [RopeStyle::Half, RopeStyle::Interleaved, RopeStyle::InterleavedToHalf] {
                let positions = if at % 2 == 0 { DType::I32 } else { DType::I64 };
                BENCH.passes(&format!("{dtype} {shape:?} {style:?}"), &|g| turn(g, dtype, shape, style, positions));
            }
        }
    }
}

#[test]
fn rope_of_more_heads_than_fit_takes_them_in_steps() {
    BENCH.passes("many", &|g| turn(g, DType::BF16, Shape(2, 300, 16, 16), RopeStyle::Half, DType::I32));
}

#[test]
fn rope_without_tokens_writes_nothing() {
    BENCH.passes("none", &|g| turn(g, DType::F32, Shape(0, 3, 16, 16), RopeStyle::Half, DType::I32));
}

#[test]
fn rope_says_what_it_does_not_cover() {
    BENCH.does_not_cover("too long", &|g| turn(g, DType::F32, Shape(1, 1, 4096, 64), RopeStyle::Half, DType::I32));
    BENCH.does_not_cover("sections", &|g| {
        let op = Rope::new(
            g.normals(DType::F32, [2, 1, 8], 1.)?,
            g.normals(DType::F32, [4, 4], 1.)?,
            g.normals(DType::F32, [4, 4], 1.)?,
            g.uniforms(DType::I32, [3, 2], 0., 3.)?,
            RopeStyle::Half,
            g.output(DType::F32, [2, 1, 8])?,
        );
        Ok(op.with_mrope_sections([1, 1, 2]).into())
    });
}

#[test]
fn every_flag_and_barrier_is_needed() {
    let call = |dtype, style| move |g: &mut Gen| turn(g, dtype, Shape(5, 2, 48, 32), style, DType::I32);
    BENCH.needs_every_site(&[
        ("half bf16", 1, &call(DType::BF16, RopeStyle::Half)),
        ("half f32", 1, &call(DType::F32, RopeStyle::Half)),
        ("interleaved bf16", 1, &call(DType::BF16, RopeStyle::Interleaved)),
        ("interleaved f32", 1, &call(DType::F32, RopeStyle::Interleaved)),
    ]);
}
