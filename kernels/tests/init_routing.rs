//! `init_routing` on the twin.

mod common;

use std::ops::Range;

use ascend_hal::ops::{InitRouting, SlotOrder};
use ascend_hal::{DType, OpCall};
use ascend_kernels::tiling::init_routing;
use ascend_validate::{Gen, Result};
use common::Bench;

const BENCH: Bench = Bench {
    plan: |call, cores| match call {
        OpCall::InitRouting(op) => init_routing::plan(op, cores),
        other => Err(format!("{:?} is no init routing", other.kind())),
    },
};

#[derive(Clone, Debug)]
struct Routing {
    tokens: usize,
    k: usize,
    experts: usize,
    hidden: usize,
    local: Range<usize>,
    order: SlotOrder,
    capacity: Option<usize>,
}

impl Routing {
    fn new(tokens: usize, k: usize, experts: usize, hidden: usize) -> Self {
        Self { tokens, k, experts, hidden, local: 0..experts, order: SlotOrder::TokenMajor, capacity: None }
    }

    fn build(&self, g: &mut Gen, dtype: DType) -> Result<OpCall> {
        let pairs = self.tokens * self.k;
        let rows = self.capacity.map_or(pairs, |capacity| capacity * self.local.len());
        let x = g.normals(dtype, [self.tokens, self.hidden], 1.)?;
        // The last id stands for no expert.
        let ids = g.uniforms(DType::I32, [self.tokens, self.k], 0., self.experts as f64)?;
        let op = InitRouting::new(x, ids, self.experts, g.output(dtype, [rows, self.hidden])?, g.output(DType::I32, [pairs])?)
            .with_local(self.local.clone())
            .with_order(self.order)
            .with_row_to_flat(g.output(DType::I32, [rows])?)
            .with_counts(g.output(DType::I64, [self.local.len()])?)
            .with_cumulative(g.output(DType::I64, [self.local.len()])?)
            .with_counts_before_drop(g.output(DType::I64, [self.local.len()])?);
        Ok(InitRouting { capacity: self.capacity, ..op }.into())
    }
}

fn routings() -> Vec<Routing> {
    let usual = Routing::new(37, 3, 9, 20);
    vec![
        Routing::new(1, 1, 1, 1),
        Routing::new(1, 4, 8, 33),
        usual.clone(),
        Routing { order: SlotOrder::SlotMajor, ..usual.clone() },
        Routing { local: 2..6, ..usual.clone() },
        Routing { capacity: Some(5), ..usual.clone() },
        Routing { capacity: Some(40), local: 1..4, order: SlotOrder::SlotMajor, ..usual },
    ]
}

#[test]
fn init_routing_is_right_whatever_the_blocks_and_the_order() {
    for (at, routing) in routings().into_iter().enumerate() {
        let dtype = DType::FLOATS[at % 3];
        BENCH.passes(&format!("{dtype} {routing:?}"), &|g| routing.build(g, dtype));
    }
}

#[test]
fn init_routing_without_tokens_still_counts_and_clears() {
    for capacity in [None, Some(3)] {
        let routing = Routing { capacity, ..Routing::new(0, 2, 5, 8) };
        BENCH.passes(&format!("{capacity:?}"), &|g| routing.build(g, DType::F32));
    }
}

#[test]
fn init_routing_of_long_rows_moves_them_in_pieces() {
    let routing = Routing { capacity: Some(2), ..Routing::new(2, 1, 2, 20_000) };
    BENCH.passes("long", &|g| routing.build(g, DType::BF16));
}

#[test]
fn init_routing_says_what_it_does_not_cover() {
    BENCH.does_not_cover("more than 2048", &|g| Routing::new(1, 1, 2049, 8).build(g, DType::F32));
}

#[test]
fn every_flag_and_barrier_is_needed() {
    let routing = Routing { capacity: Some(200), ..Routing::new(150, 2, 3, 20) };
    let dropless = Routing { order: SlotOrder::SlotMajor, ..Routing::new(9, 2, 5, 33) };
    BENCH.needs_every_site(&[
        ("capacity", 1, &|g| routing.build(g, DType::BF16)),
        ("capacity", 2, &|g| routing.build(g, DType::BF16)),
        ("dropless", 2, &|g| dropless.build(g, DType::F32)),
    ]);
}
