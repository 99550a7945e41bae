//! `flash_attention` on the twin.

mod common;
mod sequences;

use ascend_hal::ops::{Attention, KvSource};
use ascend_hal::{DType, OpCall, host};
use ascend_kernels::tiling::flash_attention;
use ascend_validate::{Gen, Result};
use common::Bench;
use sequences::{Odd, Pages, lengths, packed};

const BENCH: Bench = Bench {
    plan: |call, cores| match call {
        OpCall::Attention(op) => flash_attention::plan(op, cores),
        other => Err(format!("{:?} is no attention", other.kind())),
    },
};

#[derive(Clone, Copy, Debug)]
struct Case {
    dtype: DType,
    /// `(S, L)` of each sequence.
    lens: &'static [(usize, usize)],
    heads: (usize, usize),
    widths: (usize, usize),
    /// Slots of a page; 0: packed.
    page: usize,
    causal: bool,
    window: Option<usize>,
    softcap: Option<f32>,
    sinks: Option<DType>,
    lse: bool,
    /// Rows of the outputs beyond the sequences.
    tail: usize,
    /// What is odd among the keys, and among the values.
    odd: (Odd, Odd),
}

/// A chunk of a prompt over two tiles and two steps, sequences without queries or keys, queries before the first key, and one token to decode.
const RAGGED: Case = Case {
    dtype: DType::BF16,
    lens: &[(70, 140), (0, 3), (2, 0), (4, 2), (1, 130)],
    heads: (4, 2),
    widths: (64, 64),
    page: 0,
    causal: true,
    window: None,
    softcap: None,
    sinks: None,
    lse: true,
    tail: 2,
    odd: (&[], &[]),
};

fn call(g: &mut Gen, case: Case) -> Result<OpCall> {
    let Case { dtype, lens, heads: (hq, hkv), widths: (d, dv), page, .. } = case;
    let tokens = lens.iter().map(|l| l.0).sum::<usize>() + case.tail;
    let keys: Vec<usize> = lens.iter().map(|l| l.1).collect();
    let kv = if page == 0 {
        let keys = keys.iter().sum();
        KvSource::Packed { k: packed(g, dtype, [keys, hkv, d], case.odd.0)?, v: packed(g, dtype, [keys, hkv, dv], case.odd.1)? }
    } else {
        let pages = Pages::new(g, &keys, page)?;
        let (k, v) = (pages.heads(g, dtype, [hkv, d], case.odd.0)?, pages.heads(g, dtype, [hkv, dv], case.odd.1)?);
        KvSource::Paged { k, v, table: pages.table }
    };
    let q = g.normals(dtype, [tokens, hq, d], 1.)?;
    let scale = 1.0 / (d as f32).sqrt();
    let out = g.output(dtype, [tokens, hq, dv])?;
    let mut op = Attention::new(q, kv, lengths(lens.iter().map(|l| l.0))?, lengths(lens.iter().map(|l| l.1))?, scale, out);
    (op.causal, op.window, op.softcap) = (case.causal, case.window, case.softcap);
    if let Some(sinks) = case.sinks {
        op = op.with_sinks(g.normals(sinks, [hq], 1.)?);
    }
    if case.lse {
        op = op.with_lse(g.output(DType::F32, [tokens, hq])?);
    }
    Ok(op.into())
}

fn passes(case: Case) {
    BENCH.passes(&format!("{case:?}"), &|g| call(g, case));
}

#[test]
fn every_width_is_right_packed_and_paged_whatever_the_blocks_and_the_order() {
    for (at, widths) in [(64, 64), (80, 80), (128, 128), (192, 128), (256, 256)].into_iter().enumerate() {
        let dtype = if at % 2 == 0 { DType::BF16 } else { DType::F16 };
        passes(Case { dtype, widths, ..RAGGED });
        passes(Case { dtype, widths, lens: &[(3, 40), (1, 17), (1, 200)], page: [16, 128, 24, 7, 32][at], lse: at % 2 == 1, ..RAGGED });
    }
}

#[test]
fn every_mask_sink_and_cap_is_right() {
    let lens = &[(9, 9), (0, 0), (3, 300), (5, 2)];
    for dtype in [DType::BF16, DType::F16] {
        passes(Case { dtype, lens, causal: false, ..RAGGED });
        passes(Case { dtype, lens, window: Some(1), heads: (3, 3), ..RAGGED });
        passes(Case { dtype, lens, window: Some(150), heads: (8, 1), page: 16, ..RAGGED });
        passes(Case { dtype, lens, sinks: Some(dtype), ..RAGGED });
        passes(Case { dtype, lens, softcap: Some(2.0), sinks: Some(DType::F32), window: Some(20), ..RAGGED });
    }
}

#[test]
fn a_key_that_a_row_does_not_see_does_not_reach_it() {
    const NAN: f64 = f64::NAN;
    const INF: f64 = f64::INFINITY;
    for dtype in [DType::BF16, DType::F16] {
        // A short sequence whose last key, and one in the middle, only some rows see; and a long one, over two tiles, with one on each diagonal.
        let odd: (Odd, Odd) = (&[(8, NAN), (70, -INF)], &[(3, NAN), (8, INF), (100, NAN), (140, NAN)]);
        let case = Case { dtype, lens: &[(9, 9), (70, 140), (3, 3)], odd, ..RAGGED };
        passes(case);
        passes(Case { page: 16, window: Some(20), lse: false, ..case });
        passes(Case { page: 24, window: Some(150), heads: (6, 2), widths: (80, 144), ..case });
    }
}

#[test]
fn the_widest_window_hides_no_nan() {
    // So wide that the row where it ends does not fit 32 bits.
    passes(Case { lens: &[(9, 9)], window: Some(i32::MAX as usize), odd: (&[], &[(3, f64::NAN)]), ..RAGGED });
}

#[test]
fn decoding_divides_the_keys_among_cores() {
    for (lens, heads) in [(&[(1, 1100)][..], (4, 1)), (&[(1, 700), (2, 530), (1, 0)], (6, 3)), (&[(2, 400)], (16, 1))] {
        passes(Case { lens, heads, page: 64, ..RAGGED });
        passes(Case { lens, heads, page: 64, sinks: Some(DType::F32), lse: false, ..RAGGED });
    }
}

#[test]
fn every_flag_and_barrier_is_needed() {
    let long = Case { lens: &[(40, 300), (40, 300), (2, 0), (3, 0), (1, 1)], heads: (4, 2), ..RAGGED };
    let wide = Case { softcap: Some(5.0), sinks: Some(DType::F32), widths: (64, 144), lse: false, ..long };
    let decode = Case { lens: &[(1, 800)], heads: (64, 1), page: 128, widths: (64, 80), ..RAGGED };
    // Chunks of values, and what is not finite among them.
    let odd = Case {
        lens: &[(130, 130)],
        heads: (1, 1),
        widths: (32, 256),
        odd: (&[], &[(3, f64::NAN), (77, f64::INFINITY), (128, f64::NAN)]),
        ..long
    };
    // Weights that are scaled before they are split.
    let scaled = Case { dtype: DType::F16, lens: &[(3, 20)], ..long };
    let [long, wide, decode, odd, scaled] = [long, wide, decode, odd, scaled].map(|case| move |g: &mut Gen| call(g, case));
    BENCH.needs_every_site(&[("long", 1, &long), ("wide", 1, &wide), ("decode", 3, &decode), ("odd", 1, &odd), ("scaled", 1, &scaled)]);
}

#[test]
fn what_the_kernel_does_not_cover_has_a_reason() {
    let refused = |words: &str, case: Case, change: fn(&mut Attention)| {
        BENCH.does_not_cover(words, &|g| {
            let mut op = call(g, case)?;
            if let OpCall::Attention(op) = &mut op {
                change(op);
            }
            Ok(op)
        });
    };
    refused("multiples of 16", Case { widths: (64, 40), ..RAGGED }, |_| {});
    refused("beyond 256", Case { widths: (272, 64), ..RAGGED }, |_| {});
    refused("f32", Case { dtype: DType::F32, ..RAGGED }, |_| {});
    refused("a mask", RAGGED, |op| op.mask = host::zeros(DType::U8, [79, 140]).ok().map(|mask| mask.view()));
}
