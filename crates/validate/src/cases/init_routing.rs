//! Cases of init routing.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use ascend_hal::DType;
use ascend_hal::ops::{Coverage, InitRouting, SlotOrder};

use super::finalize_routing::slot_order;
use crate::{Case, Gen, GoldenFile, Result, Work, generate};

/// How tokens are spread over experts.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Spread {
    /// Different experts for each token, all alike.
    Even,
    /// Every pair to expert 1.
    One,
    /// Only every third expert.
    Sparse,
    /// Experts drawn anew for each slot, so that tokens name some twice.
    Repeated,
}

/// What a case is made of.
#[derive(Clone, Copy)]
struct Params {
    t: usize,
    h: usize,
    k: usize,
    e: usize,
    spread: Spread,
    local: Option<(usize, usize)>,
    order: SlotOrder,
    capacity: usize,
    smooth: Smooth,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Smooth {
    None,
    All,
    PerExpert,
}

impl Params {
    const fn new(t: usize, h: usize, k: usize, e: usize) -> Self {
        Self { t, h, k, e, spread: Spread::Even, local: None, order: SlotOrder::TokenMajor, capacity: 3, smooth: Smooth::None }
    }
    const fn spread(self, spread: Spread) -> Self {
        Self { spread, ..self }
    }
    const fn local(self, start: usize, end: usize) -> Self {
        Self { local: Some((start, end)), ..self }
    }
    const fn slot_major(self) -> Self {
        Self { order: SlotOrder::SlotMajor, ..self }
    }
    const fn capacity(self, capacity: usize) -> Self {
        Self { capacity, ..self }
    }
    const fn smooth(self, smooth: Smooth) -> Self {
        Self { smooth, ..self }
    }
    fn range(&self) -> Range<usize> {
        self.local.map_or(0..self.e, |(start, end)| start..end)
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}_h{}_k{}_e{}_{:?}_c{}_smooth{:?}", self.t, self.h, self.k, self.e, self.spread, self.capacity, self.smooth)?;
        if let Some((start, end)) = self.local {
            write!(f, "_local{start}to{end}")?;
        }
        f.write_str(if self.order == SlotOrder::SlotMajor { "_slots" } else { "" })
    }
}

const SHAPES: [Params; 11] = [
    // A decode step and a prefill of DeepSeek-V3 (H scaled down), Qwen3-MoE with expert parallelism, Mixtral, GPT-OSS.
    Params::new(1, 7168, 8, 256),
    Params::new(64, 32, 8, 256).capacity(4),
    Params::new(33, 64, 8, 128).local(32, 64).smooth(Smooth::PerExpert),
    Params::new(17, 33, 2, 8).smooth(Smooth::All),
    Params::new(21, 45, 4, 32).slot_major(),
    // Shapes that break things.
    Params::new(1, 1, 1, 1),
    Params::new(31, 5, 3, 7).spread(Spread::One),
    Params::new(5, 4, 2, 9).spread(Spread::Sparse).smooth(Smooth::PerExpert),
    Params::new(127, 3, 4, 5).spread(Spread::Repeated).capacity(50),
    Params::new(9, 2, 3, 6).capacity(0),
    Params::new(16_385, 2, 1, 5).capacity(100),
];

const SMALL: Params = Params::new(13, 8, 3, 7);

fn params(c: Coverage) -> Vec<Params> {
    match c.rule {
        "plain" => SHAPES.to_vec(),
        "zero_tokens" => vec![Params { t: 0, ..SMALL }],
        "empty_expert" => vec![SMALL.spread(Spread::Sparse), SMALL.spread(Spread::One)],
        "stable" => vec![SMALL.spread(Spread::Repeated), SMALL.spread(Spread::One).capacity(20)],
        "slot_major" => vec![SMALL.slot_major(), SMALL.spread(Spread::One).slot_major()],
        "local_range" => vec![SMALL.local(2, 5).smooth(Smooth::PerExpert), SMALL.local(6, 7), SMALL.local(3, 3)],
        "untouched_tail" => vec![SMALL.local(1, 4), SMALL.local(0, 0)],
        "capacity_drop" => vec![SMALL.capacity(2), SMALL.spread(Spread::One).slot_major().capacity(5)],
        "zero_fill" => vec![SMALL.capacity(9), SMALL.spread(Spread::Sparse).local(1, 5)],
        _ => vec![SMALL, SMALL.spread(Spread::Repeated).smooth(Smooth::All)],
    }
}

pub(super) fn init_routing(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        for p in params(c) {
            if c.rule == "id_out_of_range" {
                for (name, id) in [("below", -1.0), ("beyond", (p.e + 1) as f64)] {
                    let build = move |g: &mut Gen| Ok(call(g, c, p, Some(id))?.into());
                    cases.push(Case::refused(c, format_args!("{p}_{name}"), "ids", build));
                }
            } else {
                cases.push(Case::covering(c, p, move |g| Ok(call(g, c, p, None)?.into())));
            }
        }
    }
    cases
}

/// A call of the entry `c`, with one id replaced.
fn call(g: &mut Gen, c: Coverage, p: Params, id: Option<f64>) -> Result<InitRouting> {
    let (pairs, local) = (p.t * p.k, p.range());
    let mut ids = ids(g, p);
    if c.rule == "no_expert" {
        ids.iter_mut().step_by(4).for_each(|id| *id = p.e as f64);
    }
    if let (Some(id), Some(at)) = (id, ids.get_mut(pairs / 2)) {
        *at = id;
    }
    let x = g.tensor(c.dtype, [p.t, p.h], |g, i| match (c.rule, i / p.h) {
        ("zero_row", 1) => 0.0,
        ("nonfinite_row", 2) if i % p.h == p.h / 2 => f64::NAN,
        ("nonfinite_row", 5) if i % p.h == p.h - 1 => f64::NEG_INFINITY,
        _ => g.normal(2.0),
    })?;
    let (capacity, quantized) = (c.variant.starts_with("capacity"), c.variant.ends_with("quantized"));
    let rows = if capacity { local.len() * p.capacity } else { pairs };
    let row_dtype = if quantized { DType::I8 } else { c.dtype };
    let ids = generate::tensor(DType::I32, [p.t, p.k], &ids)?;
    let mut op = InitRouting::new(x, ids, p.e, g.output(row_dtype, [rows, p.h])?, g.output(DType::I32, [pairs])?)
        .with_local(local.clone())
        .with_order(p.order)
        .with_row_to_flat(g.output(DType::I32, [rows])?)
        .with_counts(g.output(DType::I64, [local.len()])?)
        .with_cumulative(g.output(DType::I64, [local.len()])?)
        .with_counts_before_drop(g.output(DType::I64, [local.len()])?);
    if capacity {
        op = op.with_capacity(p.capacity);
    }
    if quantized {
        // Both storage types that the contract allows.
        let dtype = if p.h.is_multiple_of(2) { DType::F32 } else { c.dtype };
        let smooth = match p.smooth {
            Smooth::None => None,
            Smooth::All => Some(g.uniforms(dtype, [p.h], 0.5, 2.0)?),
            Smooth::PerExpert => Some(g.uniforms(dtype, [local.len(), p.h], 0.5, 2.0)?),
        };
        op = op.with_quantization(smooth, g.output(DType::F32, [rows])?);
    }
    Ok(op)
}

fn ids(g: &mut Gen, p: Params) -> Vec<f64> {
    let one = |g: &mut Gen, slot: usize, order: &[usize]| match p.spread {
        Spread::Even => order[slot % p.e],
        Spread::One => 1 % p.e,
        Spread::Sparse => 3 * g.below(p.e.div_ceil(3)),
        Spread::Repeated => g.below(p.e),
    };
    let mut ids = Vec::with_capacity(p.t * p.k);
    for _ in 0..p.t {
        let order = g.permutation(p.e);
        ids.extend((0..p.k).map(|slot| one(g, slot, &order) as f64));
    }
    ids
}

/// `permute`.
pub(super) fn golden(file: &GoldenFile) -> Result<Work> {
    let (x, ids, order) = (file.tensor("x")?, file.tensor("topk_ids")?, slot_order(file)?);
    let ([_, h], [t, k], e) = (file.dims("x", &x)?, file.dims("topk_ids", &ids)?, experts(file, "expected_expert_counts")?);
    let expected = vec![
        file.expected("rows", "expected_sorted_x", "all")?,
        file.expected("row_to_flat", "expected_sorted_to_flat", "all")?,
        file.expected("flat_to_row", "expected_flat_to_sorted", "all")?,
        file.expected("counts", "expected_expert_counts", "all")?,
        file.expected("cumulative", "expected_expert_ends_cumsum", "all")?,
    ];
    let build = move |g: &mut Gen| {
        let rows = g.output(x.dtype(), [t * k, h])?;
        Ok(InitRouting::new(x.clone(), ids.clone(), e, rows, g.output(DType::I32, [t * k])?)
            .with_order(order)
            .with_row_to_flat(g.output(DType::I32, [t * k])?)
            .with_counts(g.output(DType::I64, [e])?)
            .with_cumulative(g.output(DType::I64, [e])?)
            .into())
    };
    Ok(Work::Golden { build: Arc::new(build), expected })
}

/// `permute_capacity`.
pub(super) fn golden_capacity(file: &GoldenFile) -> Result<Work> {
    let (x, ids, order, capacity) = (file.tensor("x")?, file.tensor("topk_ids")?, slot_order(file)?, file.count("capacity")?);
    let ([_, h], [t, k], e) = (file.dims("x", &x)?, file.dims("topk_ids", &ids)?, experts(file, "expected_counts_kept")?);
    let expected = vec![
        file.expected("rows", "expected_buffer", "all")?,
        file.expected("flat_to_row", "expected_flat_to_slot", "all")?,
        file.expected("counts", "expected_counts_kept", "all")?,
        file.expected("counts_before_drop", "expected_counts_before_drop", "all")?,
    ];
    if Some(expected[0].values.len()) != e.checked_mul(capacity).and_then(|n| n.checked_mul(h)) {
        return Err(file.error(format!("expected_buffer is not [{e}, {capacity}, {h}]")));
    }
    let build = move |g: &mut Gen| {
        let rows = g.output(x.dtype(), [e * capacity, h])?;
        Ok(InitRouting::new(x.clone(), ids.clone(), e, rows, g.output(DType::I32, [t * k])?)
            .with_order(order)
            .with_capacity(capacity)
            .with_counts(g.output(DType::I64, [e])?)
            .with_counts_before_drop(g.output(DType::I64, [e])?)
            .into())
    };
    Ok(Work::Golden { build: Arc::new(build), expected })
}

/// The parameter `e`, which must be the length of `counts`: what a file says sizes what is allocated.
fn experts(file: &GoldenFile, counts: &str) -> Result<usize> {
    let (e, n) = (file.count("e")?, file.values(counts)?.len());
    if e == n { Ok(e) } else { Err(file.error(format!("e = {e}, but `{counts}` has {n} elements"))) }
}
