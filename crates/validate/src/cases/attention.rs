//! Cases of attention.

use std::sync::Arc;

use ascend_hal::ops::{Attention, Coverage, KvSource, Lengths};
use ascend_hal::{DType, Dims, OpCall, TensorView, host};

use super::paging::{Paging, lengths, lengths_of};
use crate::generate::tensor;
use crate::{Case, Gen, GoldenFile, Result, Work};

/// Shape and options of a call.
#[derive(Clone, Copy, Debug)]
struct Spec {
    name: &'static str,
    /// `(S, L)` of each sequence.
    lens: &'static [(usize, usize)],
    heads: (usize, usize),
    d: (usize, usize),
    page: usize,
    window: usize,
    softcap: Option<f32>,
    sinks: Option<Sinks>,
    lse: bool,
    /// Query, key and value are parts of one projection (packed keys only, S = L).
    fused: bool,
    /// Rows of the outputs beyond the sequences.
    tail: usize,
}

#[derive(Clone, Copy, Debug)]
enum Sinks {
    /// In the dtype of the queries.
    Same,
    F32,
}

const BASE: Spec = Spec {
    name: "s5l9_s1l1",
    lens: &[(5, 9), (1, 1)],
    heads: (4, 2),
    d: (16, 16),
    page: 4,
    window: 3,
    softcap: None,
    sinks: None,
    lse: true,
    fused: false,
    tail: 0,
};

/// Shapes of real models (fewer heads, same widths) and shapes at the edges of blocks, pages and splits.
const SHAPES: [Spec; 12] = [
    Spec { name: "mha_s5l9_s1l1_h4x4_d16", heads: (4, 4), ..BASE },
    Spec { name: "qwen3_prefill_s13_h8x1_d128", lens: &[(13, 13)], heads: (8, 1), d: (128, 128), page: 16, ..BASE },
    Spec {
        name: "gpt_oss_decode_b4_h8x1_d64",
        lens: &[(1, 30), (1, 1), (1, 17), (1, 150)],
        heads: (8, 1),
        d: (64, 64),
        page: 128,
        window: 128,
        sinks: Some(Sinks::Same),
        ..BASE
    },
    Spec { name: "deepseek_s7l11_h2x2_d192v128", lens: &[(7, 11)], heads: (2, 2), d: (192, 128), page: 16, lse: false, ..BASE },
    Spec { name: "mixed_chunk_b3_h4x2_d32", lens: &[(16, 80), (1, 33), (5, 5)], d: (32, 32), page: 16, window: 20, ..BASE },
    Spec { name: "one", lens: &[(1, 1)], heads: (1, 1), d: (1, 1), page: 1, window: 1, ..BASE },
    Spec { name: "primes_s3l21_s7l13_h6x2_d80", lens: &[(3, 21), (7, 13)], heads: (6, 2), d: (80, 80), page: 7, window: 5, ..BASE },
    Spec { name: "blocks_l63_l64_l65_h2x1_d8", lens: &[(2, 63), (2, 64), (3, 65)], heads: (2, 1), d: (8, 8), page: 64, window: 64, ..BASE },
    Spec { name: "fused_projection_s11_s6_h4x2_d24", lens: &[(11, 11), (6, 6)], d: (24, 24), fused: true, ..BASE },
    Spec { name: "split_s2l2100_h2x1_d16", lens: &[(2, 2100)], heads: (2, 1), page: 100, window: 1030, ..BASE },
    Spec { name: "decode_16k_h1x1_d4", lens: &[(1, 16_383), (1, 16_385)], heads: (1, 1), d: (4, 4), page: 128, window: 16_384, ..BASE },
    Spec {
        name: "everything_s9l9_s2l30_h4x2_d40v24",
        lens: &[(9, 9), (2, 30)],
        d: (40, 24),
        softcap: Some(20.0),
        sinks: Some(Sinks::F32),
        window: 6,
        ..BASE
    },
];

fn specs(c: Coverage) -> Vec<Spec> {
    let full = c.variant.ends_with("full");
    let with = |name, lens| Spec { name, lens, ..BASE };
    match c.rule {
        // The narrow types differ in loads and stores only; half of the shapes will do.
        "plain" => SHAPES.into_iter().take(if c.dtype == DType::F32 { 12 } else { 6 }).filter(|s| !(s.fused && paged(c))).collect(),
        "no_tokens" => vec![with("b0", &[]), with("b2_s0", &[(0, 3), (0, 0)])],
        "empty_sequence" => vec![with("s3l5_s0l4_s2l0_s0l0_s1l1", &[(3, 5), (0, 4), (2, 0), (0, 0), (1, 1)])],
        "causal_bottom_right" => vec![with("s3l11_s5l5_s1l17", &[(3, 11), (5, 5), (1, 17)])],
        "before_first_key" => vec![with("s7l4_s5l1_s4l4", &[(7, 4), (5, 1), (4, 4)])],
        "window_exact" => {
            let with = |name, window| Spec { name, window, lens: &[(17, 17), (3, 40)], ..BASE };
            vec![with("w1", 1), with("w5", 5), with("w16", 16)]
        }
        "masked_row" => vec![with("s8l12", &[(8, 12)])],
        "sinks" => [Sinks::Same, Sinks::F32]
            .map(|s| Spec { name: if matches!(s, Sinks::F32) { "f32" } else { "same" }, sinks: Some(s), ..BASE })
            .into(),
        "sink_alone" if full => vec![Spec { sinks: Some(Sinks::Same), ..with("s3l0_s2l3", &[(3, 0), (2, 3)]) }],
        "sink_alone" => vec![Spec { sinks: Some(Sinks::Same), ..with("s5l2_s2l3", &[(5, 2), (2, 3)]) }],
        "softcap" => vec![Spec { softcap: Some(2.0), sinks: Some(Sinks::F32), ..with("c2_s5l9_s1l1", BASE.lens) }],
        "infinite_logit" => vec![with("s4l6_s3l1", &[(4, 6), (3, 1)])],
        "masked_nan" | "visible_nan" => vec![with("s6l10_s3l3", &[(6, 10), (3, 3)])],
        "tail_untouched" => vec![Spec { tail: 3, ..with("tail3_s5l9_s1l1", BASE.lens) }, Spec { tail: 2, ..with("tail2_b0", &[]) }],
        _ => vec![BASE],
    }
}

pub(super) fn attention(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        match c.rule {
            "bad_table" => {
                for (what, id) in [("none", -1), ("beyond", i32::MAX)] {
                    cases.push(Case::refused(c, what, "table", move |g| Ok(call(c, BASE, g, Fault::Table(id))?.into())));
                }
            }
            "bad_lengths" => {
                let faults = [
                    ("q_start", "q_lens", Fault::Queries(&[1, 5, 6])),
                    ("q_falls", "q_lens", Fault::Queries(&[0, 6, 5])),
                    ("q_beyond", "q_lens", Fault::Queries(&[0, 5, 7])),
                    ("kv_falls", "kv_lens", Fault::Keys(&[0, 9, 8])),
                    ("kv_beyond", "kv_lens", Fault::Keys(&[0, 9, 1_000_000])),
                    ("host_differs", "q_lens", Fault::Host),
                ];
                for (what, argument, fault) in faults {
                    cases.push(Case::refused(c, what, argument, move |g| Ok(call(c, BASE, g, fault)?.into())));
                }
            }
            _ => cases.extend(
                specs(c).into_iter().map(|spec| Case::covering(c, spec.name, move |g| Ok(OpCall::from(call(c, spec, g, Fault::None)?)))),
            ),
        }
    }
    cases
}

/// What is wrong with the call's values.
#[derive(Clone, Copy)]
enum Fault {
    None,
    Table(i32),
    Queries(&'static [i32]),
    Keys(&'static [i32]),
    Host,
}

fn paged(c: Coverage) -> bool {
    c.variant.starts_with("paged")
}

fn call(c: Coverage, spec: Spec, g: &mut Gen, fault: Fault) -> Result<Attention> {
    let ((hq, hkv), (d, dv)) = (spec.heads, spec.d);
    let queries: usize = spec.lens.iter().map(|l| l.0).sum();
    let t = queries + spec.tail;
    let lens: Vec<usize> = spec.lens.iter().map(|l| l.1).collect();
    let total: usize = lens.iter().sum();

    let mut q = normals(g, t * hq * d, if c.rule == "large_logits" { 20.0 } else { 1.0 });
    let mut k = normals(g, total * hkv * d, if c.rule == "large_logits" { 10.0 } else { 1.0 });
    let mut v = normals(g, total * hkv * dv, 1.0);
    spoil(c, spec, &mut k, &mut v, g);
    if c.rule == "infinite_logit" {
        // The sign of a logit with an infinite key is that of the query's first element.
        q.iter_mut().step_by(d).for_each(|x| *x = x.signum());
    }

    let (q, kv) = if paged(c) {
        let paging = Paging::new(g, &lens, spec.page);
        let table = match fault {
            Fault::Table(id) => paging.table_with_last(id)?,
            _ if c.rule == "unused_slots" => paging.table_with(|_| i32::MIN)?,
            _ => paging.table()?,
        };
        let (k, v) = (paging.cache(c.dtype, &k, &[hkv, d], f64::NAN)?, paging.cache(c.dtype, &v, &[hkv, dv], f64::NAN)?);
        (tensor(c.dtype, [t, hq, d], &q)?, KvSource::Paged { k, v, table })
    } else if spec.fused {
        let all = g.normals(c.dtype, [t, (hq + 2 * hkv) * d], 1.0)?;
        let part = |first: usize, heads: usize| -> Result<TensorView> { Ok(all.narrow(1, first * d, heads * d)?.reshape([t, heads, d])?) };
        (part(0, hq)?, KvSource::Packed { k: part(hq, hkv)?, v: part(hq + hkv, hkv)? })
    } else {
        let (k, v) = (tensor(c.dtype, [total, hkv, d], &k)?, tensor(c.dtype, [total, hkv, dv], &v)?);
        (tensor(c.dtype, [t, hq, d], &q)?, KvSource::Packed { k, v })
    };

    let q_lens = match fault {
        Fault::Queries(values) => lengths_of(values)?,
        Fault::Host => lengths_of(&[0, 5, 6])?.with_host([0, 4, 6]),
        _ => lengths(spec.lens.iter().map(|l| l.0))?,
    };
    // The lengths of keys stay on the device: both ways of giving them are seen.
    let kv_lens = match fault {
        Fault::Keys(values) => lengths_of(values)?,
        _ => Lengths::new(lengths(lens.iter().copied())?.cumulative),
    };
    let scale = 1.0 / (d as f32).sqrt();
    let mut op = Attention::new(q, kv, q_lens, kv_lens, scale, g.output(c.dtype, [t, hq, dv])?);
    if spec.lse {
        op = op.with_lse(g.output(DType::F32, [t, hq])?);
    }
    op.causal = !c.variant.ends_with("full");
    if c.variant.ends_with("window") {
        op = op.with_window(spec.window);
    }
    if c.variant.ends_with("mask") {
        op = op.with_mask(mask(c.rule, spec, t, g)?);
    }
    op.softcap = spec.softcap;
    if let Some(sinks) = spec.sinks {
        let dtype = if matches!(sinks, Sinks::F32) { DType::F32 } else { c.dtype };
        op = op.with_sinks(g.tensor(dtype, [hq], |g, _| 2.0 + g.normal(1.0))?);
    }
    Ok(op)
}

fn normals(g: &mut Gen, n: usize, deviation: f64) -> Vec<f64> {
    (0..n).map(|_| g.normal(deviation)).collect()
}

/// Puts special values into the keys and values of the first sequence.
fn spoil(c: Coverage, spec: Spec, k: &mut [f64], v: &mut [f64], g: &mut Gen) {
    let ((_, hkv), (d, dv)) = (spec.heads, spec.d);
    let first = spec.lens.first().map_or(0, |l| l.1);
    match c.rule {
        // Keys of the first head: one in the middle of the first sequence, and the only key of the second.
        "infinite_logit" => {
            k[(first / 2) * hkv * d] = f64::INFINITY;
            k[first * hkv * d] = f64::INFINITY;
        }
        // The last key, which only the last query sees; and the first, which is out of every window, and masked.
        "masked_nan" => {
            let unseen = if c.variant.ends_with("causal") { first - 1 } else { 0 };
            for j in [unseen, first - 1] {
                k[j * hkv * d..][..hkv * d].fill(f64::NAN);
                v[j * hkv * dv..][..hkv * dv].fill(f64::INFINITY);
            }
        }
        // One element of a key of the first head, one element of a value of the last head.
        "visible_nan" => {
            k[(first - 2) * hkv * d + g.below(d)] = f64::NAN;
            v[(first - 3) * hkv * dv + (hkv - 1) * dv + g.below(dv)] = f64::NAN;
        }
        _ => {}
    }
}

/// A random mask (bool or u8) in which every row sees something, but where the rule says otherwise; one column more than the longest sequence has keys.
fn mask(rule: &str, spec: Spec, t: usize, g: &mut Gen) -> Result<TensorView> {
    let columns = spec.lens.iter().map(|l| l.1).max().unwrap_or(0) + 1;
    let dtype = if g.below(2) == 0 { DType::Bool } else { DType::U8 };
    let longest = spec.lens.first().map_or(0, |l| l.1);
    g.tensor(dtype, [t, columns], |g, i| {
        let (row, j) = (i / columns, i % columns);
        let sees = match rule {
            "masked_row" | "sink_alone" if row % 3 == 1 => false,
            "masked_nan" if j == 0 || j + 1 == longest => false,
            // In every row, so that it is visible.
            "visible_nan" | "infinite_logit" => row % 2 == 0 || g.below(2) == 0,
            _ => j == 0 || g.below(3) > 0,
        };
        f64::from(u8::from(sees))
    })
}

/// The golden ops `attention`, `attention_varlen` and `attention_paged`.
pub(super) fn golden(file: &GoldenFile) -> Result<Work> {
    let q = file.tensor("q")?;
    let mut expected = vec![file.expected("out", "expected_out_f64", "out")?];
    let (q, kv, lens, mut mask) = match file.op() {
        "attention_varlen" => {
            let of = |name| file.tensor(name).and_then(|t| integers(file, &t)).and_then(|sum| differences(file, &sum));
            let lens = zip_lengths(file, of("cu_seqlens_q")?, of("cu_seqlens_k")?)?;
            (q, KvSource::Packed { k: file.tensor("k")?, v: file.tensor("v")? }, lens, None)
        }
        "attention_paged" => {
            let of = |name| file.tensor(name).and_then(|t| integers(file, &t)).and_then(|lens| counts(file, &lens));
            let lens = zip_lengths(file, of("q_lens")?, of("kv_lens")?)?;
            let (k, v, table) = (file.tensor("k_cache")?, file.tensor("v_cache")?, file.tensor("block_table")?);
            (q, KvSource::Paged { k, v, table }, lens, None)
        }
        _ => {
            let (k, v) = (file.tensor("k")?, file.tensor("v")?);
            let &[b, s, hq, _] = &**q.shape() else { return Err(file.error(format!("q has shape {}", q.shape()))) };
            if b > MAX_SEQUENCES {
                return Err(file.error(format!("{b} sequences; at most {MAX_SEQUENCES} are read")));
            }
            let lens = vec![(s, k.dim(1)); b];
            let mask = file.flag("explicit_mask")?.then(|| file.tensor("mask_u8").and_then(|m| repeated(file, &m, b))).transpose()?;
            if file.has("expected_lse_f64") {
                let mut lse = file.expected("lse", "expected_lse_f64", "lse")?;
                // The file has [B, Hq, S], the op [B * S, Hq].
                let at = |i: usize| (i / (s * hq)) * hq * s + (i % hq) * s + (i / hq) % s;
                lse.values = (0..lse.values.len()).map(|i| lse.values.get(at(i)).copied().unwrap_or(f64::NAN)).collect();
                expected.push(lse);
            }
            (merged(&q)?, KvSource::Packed { k: merged(&k)?, v: merged(&v)? }, lens, mask)
        }
    };
    let (scale, causal) = (file.number("scale")? as f32, file.flag("causal")?);
    let window = if file.param("window").is_null() { 0 } else { file.count("window")? };
    let softcap = if file.param("softcap").is_null() { 0.0 } else { file.number("softcap")? };
    let sinks = if file.flag("sinks")? { Some(file.tensor("sinks")?) } else { None };
    if window > 0 && !causal && mask.is_none() {
        // A window open towards later keys, which the op has no parameter for.
        mask = Some(open_window(file, &lens, window)?);
    }
    let build = move |g: &mut Gen| {
        let (t, hq, dv) = (q.dim(0), q.dim(1), kv.v().shape().last_or_one());
        let (q_lens, kv_lens) = (lengths(lens.iter().map(|l| l.0))?, lengths(lens.iter().map(|l| l.1))?);
        let out = g.output(q.dtype(), [t, hq, dv])?;
        let mut op = Attention::new(q.clone(), kv.clone(), q_lens, kv_lens, scale, out).with_lse(g.output(DType::F32, [t, hq])?);
        op.causal = causal;
        op.window = Some(window).filter(|&w| w > 0 && mask.is_none());
        op.softcap = Some(softcap as f32).filter(|&c| c != 0.0);
        (op.mask, op.sinks) = (mask.clone(), sinks.clone());
        Ok(op.into())
    };
    Ok(Work::Golden { build: Arc::new(build), expected })
}

/// A file with more sequences than this is refused: lengths of sequences without tokens take no bytes in it.
const MAX_SEQUENCES: usize = 1 << 16;

/// Elements of a mask that is made from a file.
const MAX_MASK: usize = 1 << 28;

/// `[B, S, ..]` as `[B * S, ..]`.
fn merged(x: &TensorView) -> Result<TensorView> {
    let shape = x.shape();
    let rows = shape.iter().take(2).try_fold(1usize, |n, &d| n.checked_mul(d)).unwrap_or(usize::MAX);
    let merged: Vec<usize> = std::iter::once(rows).chain(shape.iter().skip(2).copied()).collect();
    Ok(x.reshape(Dims::new(&merged)?)?)
}

/// A mask `[S, L]` once for each sequence.
fn repeated(file: &GoldenFile, mask: &TensorView, b: usize) -> Result<TensorView> {
    let &[s, l] = &**mask.shape() else { return Err(file.error(format!("mask_u8 has shape {}", mask.shape()))) };
    if mask.numel().saturating_mul(b) > MAX_MASK {
        return Err(file.error(format!("a mask of {} elements for {b} sequences", mask.numel())));
    }
    Ok(host::tensor(&host::to_vec::<u8>(mask)?.repeat(b), [s.saturating_mul(b), l])?)
}

/// `place - j < window`, with keys after the query's place visible.
fn open_window(file: &GoldenFile, lens: &[(usize, usize)], window: usize) -> Result<TensorView> {
    let columns = lens.iter().map(|l| l.1).max().unwrap_or(0);
    let rows = lens.iter().fold(0usize, |n, l| n.saturating_add(l.0));
    if rows.saturating_mul(columns) > MAX_MASK {
        return Err(file.error(format!("a mask of {rows} rows and {columns} columns")));
    }
    let places = lens.iter().flat_map(|&(s, l)| (0..s).map(move |i| (l + i).saturating_sub(s.saturating_add(window).saturating_sub(1))));
    let mask: Vec<u8> = places.flat_map(|first| (0..columns).map(move |j| u8::from(j >= first))).collect();
    Ok(host::tensor(&mask, [rows, columns])?)
}

/// An index tensor of a file.
pub(super) fn integers(file: &GoldenFile, t: &TensorView) -> Result<Vec<i64>> {
    if t.rank() != 1 || !t.dtype().is_index() {
        return Err(file.error(format!("lengths are {} of shape {}, not a list of integers", t.dtype(), t.shape())));
    }
    Ok(host::to_i64(t)?)
}

/// Lengths of sequences.
pub(super) fn counts(file: &GoldenFile, lens: &[i64]) -> Result<Vec<usize>> {
    let count = |&n: &i64| u32::try_from(n).ok().map(|n| n as usize).ok_or_else(|| file.error(format!("{n} is no length")));
    lens.iter().map(count).collect()
}

/// Lengths of sequences from their running sum.
fn differences(file: &GoldenFile, sum: &[i64]) -> Result<Vec<usize>> {
    if sum.first() != Some(&0) {
        return Err(file.error("a running sum of lengths does not start with 0".into()));
    }
    counts(file, &sum.windows(2).map(|w| w[1].saturating_sub(w[0])).collect::<Vec<_>>())
}

fn zip_lengths(file: &GoldenFile, q: Vec<usize>, kv: Vec<usize>) -> Result<Vec<(usize, usize)>> {
    if q.len() != kv.len() {
        return Err(file.error(format!("{} sequences of queries, {} of keys", q.len(), kv.len())));
    }
    Ok(q.into_iter().zip(kv).collect())
}
