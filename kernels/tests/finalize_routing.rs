//! `finalize_routing` on the twin.

mod common;

use ascend_hal::ops::{FinalizeRouting, SlotOrder};
use ascend_hal::{DType, OpCall};
use ascend_kernels::tiling::finalize_routing;
use ascend_validate::{Gen, Result};
use common::Bench;

const BENCH: Bench = Bench {
    plan: |call, cores| match call {
        OpCall::FinalizeRouting(op) => finalize_routing::plan(op, cores),
        other => Err(format!("{:?} is no finalize routing", other.kind())),
    },
};

#[derive(Clone, Copy, Debug)]
struct Routing {
    tokens: usize,
    k: usize,
    hidden: usize,
    rows: DType,
    y: DType,
    bias: Option<DType>,
    skip: bool,
    order: SlotOrder,
}

/// Rows of the experts; row 0 is of NaN, which nobody names.
const ROWS: usize = 19;
const EXPERTS: usize = 4;

impl Routing {
    fn new(tokens: usize, k: usize, hidden: usize, dtype: DType) -> Self {
        Self { tokens, k, hidden, rows: dtype, y: dtype, bias: None, skip: false, order: SlotOrder::TokenMajor }
    }

    fn build(self, g: &mut Gen) -> Result<OpCall> {
        let rows = g.tensor(self.rows, [ROWS, self.hidden], |g, i| if i < self.hidden { f64::NAN } else { g.normal(1.) })?;
        // Every fifth pair has been dropped.
        let flat_to_row =
            g.tensor(DType::I32, [self.tokens * self.k], |g, i| if i % 5 == 4 { -1. } else { 1. + g.below(ROWS - 1) as f64 })?;
        let mut op = FinalizeRouting::new(rows, flat_to_row, g.output(self.y, [self.tokens, self.hidden])?)
            .with_order(self.order)
            .with_weights(g.uniforms(DType::F32, [self.tokens, self.k], 0., 1.)?);
        if let Some(bias) = self.bias {
            let ids = g.uniforms(DType::I32, [self.tokens, self.k], 0., EXPERTS as f64 - 1.)?;
            op = op.with_bias(g.normals(bias, [EXPERTS, self.hidden], 1.)?, ids);
        }
        if self.skip {
            op = op.with_skip(g.normals(self.y, [self.tokens, self.hidden], 1.)?);
        }
        Ok(op.into())
    }
}

#[test]
fn finalize_routing_is_right_whatever_the_blocks_and_the_order() {
    for dtype in DType::FLOATS {
        let usual = Routing::new(25, 3, 18, dtype);
        for routing in [
            Routing::new(1, 1, 1, dtype),
            usual,
            Routing { bias: Some(dtype), skip: true, ..usual },
            Routing { bias: Some(DType::F32), order: SlotOrder::SlotMajor, ..usual },
            Routing { k: 0, skip: true, ..usual },
        ] {
            BENCH.passes(&format!("{routing:?}"), &|g| routing.build(g));
        }
    }
}

#[test]
fn finalize_routing_of_f32_rows_into_16_bits_rounds_once() {
    for y in [DType::BF16, DType::F16] {
        let routing = Routing { y, skip: true, ..Routing::new(9, 2, 33, DType::F32) };
        BENCH.passes(&format!("{routing:?}"), &|g| routing.build(g));
    }
}

#[test]
fn finalize_routing_of_long_rows_sums_them_in_pieces() {
    BENCH.passes("long", &|g| Routing { skip: true, bias: Some(DType::F16), ..Routing::new(1, 2, 5000, DType::F16) }.build(g));
}

#[test]
fn finalize_routing_without_tokens_writes_nothing() {
    BENCH.passes("none", &|g| Routing::new(0, 2, 16, DType::BF16).build(g));
}

#[test]
fn every_flag_and_barrier_is_needed() {
    let usual = Routing { skip: true, ..Routing::new(6, 3, 70, DType::BF16) };
    let biased = Routing { bias: Some(DType::BF16), ..usual };
    let wide = Routing::new(6, 3, 70, DType::F32);
    // Rows that come later wait for what comes first: without them the skip must.
    let skip = Routing { k: 0, ..usual };
    BENCH.needs_every_site(&[
        ("plain", 1, &|g| usual.build(g)),
        ("biased", 1, &|g| biased.build(g)),
        ("f32", 1, &|g| wide.build(g)),
        ("skip", 1, &|g| skip.build(g)),
    ]);
}
