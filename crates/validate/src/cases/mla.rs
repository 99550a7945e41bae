//! Cases of latent attention: decode on a paged cache, and prefill.

use std::sync::Arc;

use ascend_hal::ops::{Coverage, MlaCache, MlaDecode, MlaInputs, MlaPrefill, MlaQueries};
use ascend_hal::{DType, OpCall};

use super::attention::{counts, integers};
use super::paging::{Paging, lengths, lengths_of};
use crate::generate::tensor;
use crate::{Case, Gen, GoldenFile, Result, Work};

/// Shape of a call.
#[derive(Clone, Copy, Debug)]
struct Spec {
    name: &'static str,
    /// `(S, L)` of each sequence.
    lens: &'static [(usize, usize)],
    heads: usize,
    /// Latent width of decode, nope and value width of prefill.
    widths: (usize, usize),
    rope: usize,
    page: usize,
    lse: bool,
    tail: usize,
}

const BASE: Spec = Spec { name: "s3l9_s1l2", lens: &[(3, 9), (1, 2)], heads: 3, widths: (24, 16), rope: 8, page: 4, lse: true, tail: 0 };

const DECODE: [Spec; 8] = [
    Spec { name: "deepseek_b3_h4_c512_r64", lens: &[(1, 7), (1, 33), (1, 16)], heads: 4, widths: (512, 0), rope: 64, page: 16, ..BASE },
    Spec {
        name: "speculative_s4l40_s2l2_h2_c64_r16",
        lens: &[(4, 40), (2, 2)],
        heads: 2,
        widths: (64, 0),
        rope: 16,
        page: 16,
        lse: false,
        ..BASE
    },
    Spec { name: "one", lens: &[(1, 1)], heads: 1, widths: (1, 0), rope: 1, page: 1, ..BASE },
    Spec { name: "primes_h5_c31_r7_p13", lens: &[(1, 29), (1, 13), (3, 11)], heads: 5, widths: (31, 0), rope: 7, page: 13, ..BASE },
    Spec { name: "h128_c16_r4", lens: &[(1, 12)], heads: 128, widths: (16, 0), rope: 4, page: 8, ..BASE },
    Spec { name: "split_s2l2100_h2_c8_r4", lens: &[(2, 2100)], heads: 2, widths: (8, 0), rope: 4, page: 128, ..BASE },
    Spec { name: "decode_16k_h1_c4_r2", lens: &[(1, 16_383), (1, 16_385)], heads: 1, widths: (4, 0), rope: 2, page: 128, ..BASE },
    Spec { name: "blocks_l63_l64_l65", lens: &[(1, 63), (1, 64), (1, 65)], heads: 2, widths: (16, 0), rope: 8, page: 64, ..BASE },
];

const PREFILL: [Spec; 7] = [
    Spec { name: "deepseek_s9_h2_d128_r64_v128", lens: &[(9, 9)], heads: 2, widths: (128, 128), rope: 64, ..BASE },
    Spec { name: "chunk_s6l30_s4l4_h2_d16_r8_v12", lens: &[(6, 30), (4, 4)], heads: 2, widths: (16, 12), ..BASE },
    Spec { name: "one", lens: &[(1, 1)], heads: 1, widths: (1, 1), rope: 1, lse: false, ..BASE },
    Spec { name: "primes_h3_d17_r7_v13", lens: &[(7, 19), (5, 5)], widths: (17, 13), rope: 7, ..BASE },
    Spec { name: "split_s2l2100_h1_d6_r2_v4", lens: &[(2, 2100)], heads: 1, widths: (6, 4), rope: 2, ..BASE },
    Spec { name: "long_16k_h1_d2_r2_v2", lens: &[(1, 16_383), (1, 16_385)], heads: 1, widths: (2, 2), rope: 2, ..BASE },
    Spec { name: "blocks_s63_s64_s65_h1_d8_r4_v8", lens: &[(63, 63), (64, 64), (65, 65)], heads: 1, widths: (8, 8), rope: 4, ..BASE },
];

fn specs(c: Coverage, plain: &[Spec]) -> Vec<Spec> {
    let with = |name, lens| Spec { name, lens, ..BASE };
    match c.rule {
        "plain" => plain.to_vec(),
        "no_tokens" => vec![with("b0", &[]), with("b2_s0", &[(0, 3), (0, 0)])],
        "empty_sequence" => vec![with("s3l5_s0l4_s2l0_s0l0_s1l1", &[(3, 5), (0, 4), (2, 0), (0, 0), (1, 1)])],
        "causal_bottom_right" => vec![with("s3l11_s5l5_s1l17", &[(3, 11), (5, 5), (1, 17)])],
        "before_first_key" => vec![with("s7l4_s5l1_s4l4", &[(7, 4), (5, 1), (4, 4)])],
        "infinite_logit" => vec![with("s4l6_s3l1", &[(4, 6), (3, 1)])],
        "masked_nan" | "visible_nan" => vec![with("s6l10_s3l3", &[(6, 10), (3, 3)])],
        "tail_untouched" => vec![Spec { tail: 3, ..with("tail3", BASE.lens) }, Spec { tail: 2, ..with("tail2_b0", &[]) }],
        _ => vec![BASE],
    }
}

/// What is wrong with the call's values.
#[derive(Clone, Copy)]
enum Fault {
    None,
    Table(i32),
    Queries(&'static [i32]),
    Keys(&'static [i32]),
}

const TABLES: [(&str, i32); 2] = [("none", -1), ("beyond", i32::MAX)];

const LENGTHS: [(&str, &str, Fault); 4] = [
    ("q_start", "q_lens", Fault::Queries(&[1, 3, 4])),
    ("q_beyond", "q_lens", Fault::Queries(&[0, 3, 5])),
    ("kv_falls", "kv_lens", Fault::Keys(&[0, 9, 8])),
    ("kv_beyond", "kv_lens", Fault::Keys(&[0, 9, 1_000_000])),
];

type Call = fn(Coverage, Spec, &mut Gen, Fault) -> Result<OpCall>;

fn all(coverage: &[Coverage], plain: &[Spec], call: Call) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        match c.rule {
            "bad_table" => {
                cases.extend(TABLES.map(|(what, id)| Case::refused(c, what, "table", move |g| call(c, BASE, g, Fault::Table(id)))))
            }
            "bad_lengths" => {
                cases.extend(LENGTHS.map(|(what, argument, fault)| Case::refused(c, what, argument, move |g| call(c, BASE, g, fault))));
            }
            _ => cases.extend(specs(c, plain).into_iter().map(|spec| Case::covering(c, spec.name, move |g| call(c, spec, g, Fault::None)))),
        }
    }
    cases
}

pub(super) fn mla_decode(coverage: &[Coverage]) -> Vec<Case> {
    all(coverage, &DECODE, |c, spec, g, fault| Ok(decode(c, spec, g, fault)?.into()))
}

pub(super) fn mla_prefill(coverage: &[Coverage]) -> Vec<Case> {
    all(coverage, &PREFILL, |c, spec, g, fault| Ok(prefill(c, spec, g, fault)?.into()))
}

/// Rope parts of keys, with what the rule puts into them.
fn rope_keys(rule: &str, spec: Spec, g: &mut Gen) -> Vec<f64> {
    let (total, r) = (spec.lens.iter().map(|l| l.1).sum::<usize>(), spec.rope);
    let mut rope = normals(g, total * r, if rule == "large_logits" { 12.0 } else { 1.0 });
    let first = spec.lens.first().map_or(0, |l| l.1);
    match rule {
        // A key in the middle of the first sequence, and the only key of the second.
        "infinite_logit" => [first / 2, first].into_iter().for_each(|j| rope[j * r] = f64::INFINITY),
        // Only the last query of the sequence sees the last key.
        "masked_nan" => rope[(first - 1) * r..first * r].fill(f64::NAN),
        "visible_nan" => rope[(first - 2) * r] = f64::NAN,
        _ => {}
    }
    rope
}

/// Rope parts of queries.
fn rope_queries(rule: &str, spec: Spec, g: &mut Gen) -> Vec<f64> {
    let t = spec.lens.iter().map(|l| l.0).sum::<usize>() + spec.tail;
    let mut rope = normals(g, t * spec.heads * spec.rope, if rule == "large_logits" { 12.0 } else { 1.0 });
    if rule == "infinite_logit" {
        // The sign of a logit with an infinite key is that of the query's first element.
        rope.iter_mut().step_by(spec.rope).for_each(|x| *x = x.signum());
    }
    rope
}

fn decode(c: Coverage, spec: Spec, g: &mut Gen, fault: Fault) -> Result<MlaDecode> {
    let (hq, width, r) = (spec.heads, spec.widths.0, spec.rope);
    let t = spec.lens.iter().map(|l| l.0).sum::<usize>() + spec.tail;
    let lens: Vec<usize> = spec.lens.iter().map(|l| l.1).collect();
    let paging = Paging::new(g, &lens, spec.page);
    let mut latent = normals(g, lens.iter().sum::<usize>() * width, 1.0);
    if c.rule == "masked_nan" {
        latent[(lens[0] - 1) * width..lens[0] * width].fill(f64::INFINITY);
    }
    let rope = rope_keys(c.rule, spec, g);
    let cache = MlaCache {
        latent: paging.cache(c.dtype, &latent, &[width], f64::NAN)?,
        rope: paging.cache(c.dtype, &rope, &[r], f64::NAN)?,
        table: match fault {
            Fault::Table(id) => paging.table_with_last(id)?,
            _ if c.rule == "unused_slots" => paging.table_with(|_| i32::MIN)?,
            _ => paging.table()?,
        },
    };
    let q =
        MlaQueries { latent: g.normals(c.dtype, [t, hq, width], 1.0)?, rope: tensor(c.dtype, [t, hq, r], &rope_queries(c.rule, spec, g))? };
    let (q_lens, kv_lens) = both_lengths(spec, fault)?;
    let scale = 1.0 / ((width + r) as f32).sqrt();
    let op = MlaDecode::new(q, cache, q_lens, kv_lens, scale, g.output(c.dtype, [t, hq, width])?);
    Ok(if spec.lse { op.with_lse(g.output(DType::F32, [t, hq])?) } else { op })
}

fn prefill(c: Coverage, spec: Spec, g: &mut Gen, fault: Fault) -> Result<MlaPrefill> {
    let (hq, (dn, dv), r) = (spec.heads, spec.widths, spec.rope);
    let t = spec.lens.iter().map(|l| l.0).sum::<usize>() + spec.tail;
    let total: usize = spec.lens.iter().map(|l| l.1).sum();
    let first = spec.lens.first().map_or(0, |l| l.1);
    let mut v = normals(g, total * hq * dv, 1.0);
    match c.rule {
        "masked_nan" => v[(first - 1) * hq * dv..first * hq * dv].fill(f64::INFINITY),
        "visible_nan" => v[(first - 3) * hq * dv + dv - 1] = f64::NAN,
        _ => {}
    }
    let rope = rope_keys(c.rule, spec, g);
    let x = MlaInputs {
        q_nope: g.normals(c.dtype, [t, hq, dn], 1.0)?,
        q_rope: tensor(c.dtype, [t, hq, r], &rope_queries(c.rule, spec, g))?,
        k_nope: g.normals(c.dtype, [total, hq, dn], 1.0)?,
        k_rope: tensor(c.dtype, [total, r], &rope)?,
        v: tensor(c.dtype, [total, hq, dv], &v)?,
    };
    let (q_lens, kv_lens) = both_lengths(spec, fault)?;
    let scale = 1.0 / ((dn + r) as f32).sqrt();
    let mut op = MlaPrefill::new(x, q_lens, kv_lens, scale, g.output(c.dtype, [t, hq, dv])?);
    op.causal = c.variant == "causal";
    Ok(if spec.lse { op.with_lse(g.output(DType::F32, [t, hq])?) } else { op })
}

fn both_lengths(spec: Spec, fault: Fault) -> Result<(ascend_hal::ops::Lengths, ascend_hal::ops::Lengths)> {
    let q = match fault {
        Fault::Queries(values) => lengths_of(values)?,
        _ => lengths(spec.lens.iter().map(|l| l.0))?,
    };
    let kv = match fault {
        Fault::Keys(values) => lengths_of(values)?,
        _ => lengths(spec.lens.iter().map(|l| l.1))?,
    };
    Ok((q, kv))
}

fn normals(g: &mut Gen, n: usize, deviation: f64) -> Vec<f64> {
    (0..n).map(|_| g.normal(deviation)).collect()
}

/// The golden op `mla_decode_paged`: one query for each sequence.
pub(super) fn golden(file: &GoldenFile) -> Result<Work> {
    let q = MlaQueries { latent: file.tensor("q_latent")?, rope: file.tensor("q_rope")? };
    let (latent, rope, table) = (file.tensor("latent_cache")?, file.tensor("k_rope_cache")?, file.tensor("block_table")?);
    let cache = MlaCache { latent, rope, table };
    let lens = counts(file, &integers(file, &file.tensor("kv_lens")?)?)?;
    let scale = file.number("scale")? as f32;
    let expected = vec![file.expected("out", "expected_out_latent_f64", "out")?];
    let build = move |g: &mut Gen| {
        let shape = *q.latent.shape();
        let (q_lens, kv_lens) = (lengths(lens.iter().map(|_| 1))?, lengths(lens.iter().copied())?);
        let out = g.output(q.latent.dtype(), shape)?;
        Ok(MlaDecode::new(q.clone(), cache.clone(), q_lens, kv_lens, scale, out).into())
    };
    Ok(Work::Golden { build: Arc::new(build), expected })
}
