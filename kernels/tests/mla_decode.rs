//! `mla_decode` on the twin.

mod common;
mod sequences;

use ascend_hal::ops::{MlaCache, MlaDecode, MlaQueries};
use ascend_hal::{DType, OpCall};
use ascend_kernels::tiling::mla_decode;
use ascend_validate::{Gen, Result};
use common::Bench;
use sequences::{Odd, Pages, lengths};

const BENCH: Bench = Bench {
    plan: |call, cores| match call {
        OpCall::MlaDecode(op) => mla_decode::plan(op, cores),
        other => Err(format!("{:?} is no latent attention", other.kind())),
    },
};

#[derive(Clone, Copy, Debug)]
struct Case {
    dtype: DType,
    /// `(S, L)` of each sequence.
    lens: &'static [(usize, usize)],
    heads: usize,
    latent: usize,
    rope: usize,
    page: usize,
    lse: bool,
    /// What is odd among the latents.
    odd: Odd,
}

const DEEPSEEK: Case =
    Case { dtype: DType::BF16, lens: &[(1, 150), (2, 33), (1, 0)], heads: 16, latent: 512, rope: 64, page: 16, lse: true, odd: &[] };

fn call(g: &mut Gen, case: Case) -> Result<OpCall> {
    let Case { dtype, lens, heads, latent, rope, page, .. } = case;
    let tokens = lens.iter().map(|l| l.0).sum::<usize>() + 1;
    let pages = Pages::new(g, &lens.iter().map(|l| l.1).collect::<Vec<_>>(), page)?;
    let q = MlaQueries { latent: g.normals(dtype, [tokens, heads, latent], 0.3)?, rope: g.normals(dtype, [tokens, heads, rope], 0.3)? };
    let (latents, ropes) = (pages.cache(g, dtype, latent, case.odd)?, pages.cache(g, dtype, rope, &[])?);
    let cache = MlaCache { latent: latents, rope: ropes, table: pages.table };
    let (q_lens, kv_lens) = (lengths(lens.iter().map(|l| l.0))?, lengths(lens.iter().map(|l| l.1))?);
    let mut op = MlaDecode::new(q, cache, q_lens, kv_lens, 0.2, g.output(dtype, [tokens, heads, latent])?);
    if case.lse {
        op = op.with_lse(g.output(DType::F32, [tokens, heads])?);
    }
    Ok(op.into())
}

fn passes(case: Case) {
    BENCH.passes(&format!("{case:?}"), &|g| call(g, case));
}

#[test]
fn latent_attention_is_right_for_few_and_many_heads_whatever_the_blocks_and_the_order() {
    for (dtype, heads) in [(DType::BF16, 16), (DType::F16, 128)] {
        passes(Case { dtype, heads, ..DEEPSEEK });
    }
    passes(Case { heads: 5, latent: 64, rope: 16, page: 13, lse: false, ..DEEPSEEK });
}

#[test]
fn long_sequences_are_divided_and_merged() {
    passes(Case { lens: &[(1, 900), (2, 300)], heads: 24, latent: 128, rope: 32, page: 128, ..DEEPSEEK });
    passes(Case { lens: &[(1, 600)], heads: 8, latent: 64, rope: 16, page: 32, lse: false, ..DEEPSEEK });
}

#[test]
fn a_key_that_a_row_does_not_see_does_not_reach_it() {
    for dtype in [DType::BF16, DType::F16] {
        passes(Case {
            dtype,
            lens: &[(3, 3), (2, 33), (4, 130)],
            odd: &[(1, f64::NAN), (2, f64::INFINITY), (35, f64::NAN), (164, f64::NAN)],
            ..DEEPSEEK
        });
    }
}

#[test]
fn every_flag_and_barrier_of_a_shared_tile_is_needed() {
    // What plain attention needs is shown by its own test; here keys are values, and rows of a query are divided among tiles.
    let case = Case { lens: &[(1, 520), (1, 100)], heads: 80, latent: 144, rope: 16, page: 128, lse: false, ..DEEPSEEK };
    let parts = Case { lens: &[(1, 800)], heads: 64, lse: true, ..case };
    // The last of three steps is one that one of two queries sees only in part.
    let logs = Case { lens: &[(2, 300)], lse: true, ..case };
    let [case, parts, logs] = [case, parts, logs].map(|case| move |g: &mut Gen| call(g, case));
    BENCH.needs_every_site(&[("rows", 1, &case), ("parts", 2, &parts), ("logs", 1, &logs)]);
}

#[test]
fn what_the_kernel_does_not_cover_has_a_reason() {
    let refused = |words: &str, case: Case| BENCH.does_not_cover(words, &|g| call(g, case));
    refused("multiples of 16", Case { latent: 24, ..DEEPSEEK });
    refused("beyond 640", Case { latent: 640, ..DEEPSEEK });
    refused("f32", Case { dtype: DType::F32, ..DEEPSEEK });
}
