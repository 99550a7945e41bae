//! Rotary position embeddings. Cosines and sines are multiplied in f32, the result is rounded once.

use std::sync::Arc;

use ascend_sys::ffi::*;

use super::check::{FLOATS, invalid, spread, tiling, unsupported};
use super::index::within;
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;

operators! {
    fn aclnnRotaryPositionEmbedding(x: T, cos: T, sin: T, mode: i64, out: MutT) = rotary_position_embedding;
    fn aclnnApplyRotaryPosEmb(queryRef: MutT, keyRef: MutT, cos: T, sin: T, layout: i64) = |q, k, cos, sin, layout| {
        apply(q, k, cos, sin, layout, Pairing::Half)
    };
    fn aclnnApplyRotaryPosEmbV2(queryRef: MutT, keyRef: MutT, cos: T, sin: T, layout: i64, rotaryMode: MutStr) = |q, k, cos, sin, layout, mode: String| {
        apply(q, k, cos, sin, layout, Pairing::named(&mode)?)
    };
    fn aclnnInterleaveRope(x: T, cos: T, sin: T, out: MutT) = interleave_rope;
    fn aclnnRopeWithSinCosCache(
        positions: T, queryIn: T, keyIn: T, cosSinCache: T, mropeSection: IA, headSize: i64, isNeoxStyle: bool, queryOut: MutT, keyOut: MutT
    ) = |at, q, k, cache, sections, size, neox, q_out, k_out| with_cache(at, [(q, q_out), (k, k_out)], cache, sections, size, neox);
    fn aclnnRopeWithSinCosCacheV2(
        positions: T, queryIn: T, keyIn: T, cosSinCache: T, mropeSection: IA, headSize: i64, isNeoxStyle: bool, cacheMode: i64,
        queryOut: MutT, keyOut: MutT
    ) = |at, q, k, cache, sections, size, neox, mode: i64, q_out, k_out| {
        if mode != 0 {
            return Err(unsupported(format!("cacheMode {mode} is not simulated")));
        }
        with_cache(at, [(q, q_out), (k, k_out)], cache, sections, size, neox)
    };
}

/// Which elements of a head are rotated together.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Pairing {
    /// `i` and `i + D / 2`.
    Half,
    /// `2 i` and `2 i + 1`.
    Interleave,
    /// As halves, in each half of the head.
    Quarter,
}

impl Pairing {
    fn named(name: &str) -> Outcome<Self> {
        match name {
            "half" => Ok(Self::Half),
            "interleave" => Ok(Self::Interleave),
            "quarter" => Ok(Self::Quarter),
            _ => Err(invalid(format!("rotaryMode: half, interleave or quarter asked, {name:?} found"))),
        }
    }

    /// The partner of element `i` of `count`, and whether it comes behind it.
    fn partner(self, i: usize, count: usize) -> (usize, bool) {
        let reach = match self {
            Self::Half => count / 2,
            Self::Interleave => 1,
            Self::Quarter => count / 4,
        };
        if (i / reach).is_multiple_of(2) { (i + reach, true) } else { (i - reach, false) }
    }

    /// `x * cos + rotated(x) * sin`, where the rotated first of a pair is the negative second, and the rotated second the first.
    pub(super) fn rotate(self, x: &[f64], cos: impl Fn(usize) -> f64, sin: impl Fn(usize) -> f64) -> Vec<f64> {
        let turned = |(i, v): (usize, &f64)| {
            let (other, behind) = self.partner(i, x.len());
            v * cos(i) + if behind { -x[other] } else { x[other] } * sin(i)
        };
        x.iter().enumerate().map(turned).collect()
    }
}

/// Rotates every line of `x` by the line of `cos` and `sin` that broadcasts to it.
fn rotate_all(run: &Run<'_>, x: &Tensor, cos: &Tensor, sin: &Tensor, pairing: Pairing, out: &Tensor) -> Outcome {
    let size = x.dim_back(0);
    let (values, cosines, sines) = (run.floats(x)?, run.floats(cos)?, run.floats(sin)?);
    let lines = spread(&cos.dims()[..cos.rank() - 1], &x.dims()[..x.rank() - 1]);
    let turn = |(row, line): (&[f64], usize)| {
        let (cos, sin) = (&cosines[line * size..][..size], &sines[line * size..][..size]);
        pairing.rotate(row, |i| cos[i], |i| sin[i])
    };
    let all: Vec<f64> = values.chunks(size).zip(lines).flat_map(turn).collect();
    run.put_floats(out, &all)
}

/// `out = x * cos + rotated(x) * sin`. Which dimensions of cosines and sines may be 1 depends on the layout that the shapes fit.
fn rotary_position_embedding(x: Tensor, cos: Tensor, sin: Tensor, mode: i64, out: Tensor) -> Outcome<Plan> {
    x.of_type(FLOATS)?;
    for tensor in [&cos, &sin, &out] {
        tensor.of_type_of(&x)?;
        tensor.nd()?;
    }
    x.nd()?;
    let pairing = match mode {
        0 => Pairing::Half,
        1 => Pairing::Interleave,
        _ => return Err(unsupported(format!("mode: 0 (half) or 1 (interleave) asked, {mode} found"))),
    };
    tiling(x.of_rank(3..=4))?;
    tiling(out.of_shape_of(&x))?;
    tiling(sin.of_shape_of(&cos))?;
    let size = x.dim_back(0);
    if size >= 896 || !size.is_multiple_of(2) || cos.rank() != x.rank() || cos.dim_back(0) != size {
        let what =
            format!("an even last dimension below 896, and the same in cos, asked; shapes {:?} and {:?} found", x.dims(), cos.dims());
        return tiling(Err(x.invalid(what)));
    }
    // The places of batch, heads and sequence in BNSD, BSND and SBND; and in TND, which has no batch.
    let layouts: &[(Option<usize>, usize, usize)] =
        if x.rank() == 4 { &[(Some(0), 1, 2), (Some(0), 2, 1), (Some(1), 2, 0)] } else { &[(None, 1, 0)] };
    let fits = |&(batch, heads, sequence): &(Option<usize>, usize, usize)| {
        let like = |d: usize, full: bool| cos.dim(d) == if full { x.dim(d) } else { 1 };
        let shared = like(sequence, true) && like(heads, false) && batch.is_none_or(|batch| like(batch, false));
        let half = batch.is_none_or(|batch| like(batch, true)) && like(sequence, true) && (like(heads, false) || like(heads, true));
        let sizes = (batch.map_or(1, |batch| x.dim(batch)), x.dim(heads));
        match pairing {
            Pairing::Interleave => shared && sizes.0 * sizes.1 < 1000,
            _ => (shared || half) && sizes.0 < 1000 && sizes.1 < 1000,
        }
    };
    if !layouts.iter().any(fits) {
        return tiling(Err(cos.invalid(format!("shape {:?} fits {:?} of x in no layout", cos.dims(), x.dims()))));
    }
    if x.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| rotate_all(run, &x, &cos, &sin, pairing, &out)))
}

/// Both in place. Layout 1 is BSND, 2 SBND, 3 BNSD, 4 TND; cosines and sines have one head.
fn apply(q: Tensor, k: Tensor, cos: Tensor, sin: Tensor, layout: i64, pairing: Pairing) -> Outcome<Plan> {
    q.of_type(FLOATS)?;
    let (rank, heads) = match layout {
        1 | 2 => (4, 2),
        3 => (4, 1),
        4 => (3, 1),
        _ => return Err(invalid(format!("layout: 1 (BSND), 2 (SBND), 3 (BNSD) or 4 (TND) asked, {layout} found"))),
    };
    q.of_rank(rank..=rank)?;
    q.not_empty()?;
    let with_heads = |count: usize| {
        let mut dims = q.dims().to_vec();
        dims[heads] = count;
        dims
    };
    if ![64, 128].contains(&q.dim_back(0)) {
        return Err(q.invalid(format!("a last dimension of 64 or 128 asked, shape {:?} found", q.dims())));
    }
    k.of_type_of(&q)?;
    k.of_shape(&with_heads(k.dim(heads)))?;
    for tensor in [&cos, &sin] {
        tensor.of_type_of(&q)?;
        tensor.of_shape(&with_heads(1))?;
    }
    Ok(Plan::new(move |run| {
        rotate_all(run, &q, &cos, &sin, pairing, &q)?;
        rotate_all(run, &k, &cos, &sin, pairing, &k)
    }))
}

/// Even elements of a line, then odd ones.
pub(super) fn deinterleaved(line: &[f64]) -> Vec<f64> {
    line.iter().step_by(2).chain(line.iter().skip(1).step_by(2)).copied().collect()
}

/// `x` [B, N, S, 64] is taken apart into even and odd elements, then its halves are rotated. They stay apart.
fn interleave_rope(x: Tensor, cos: Tensor, sin: Tensor, out: Tensor) -> Outcome<Plan> {
    x.of_type(&[ACL_FLOAT16, ACL_BF16])?;
    for tensor in [&cos, &sin, &out] {
        tensor.of_type_of(&x)?;
    }
    tiling(x.of_rank(4..=4))?;
    tiling(out.of_shape_of(&x))?;
    tiling(sin.of_shape_of(&cos))?;
    let [batch, heads, sequence, size] = [x.dim(0), x.dim(1), x.dim(2), x.dim(3)];
    let fits = size == 64 && cos.dims() == [batch, cos.dim(1), sequence, size] && [1, heads].contains(&cos.dim(1));
    if !fits {
        return tiling(Err(x.invalid(format!(
            "[B, N, S, 64], and cos [B, 1 or N, S, 64] asked; {:?} and {:?} found",
            x.dims(),
            cos.dims()
        ))));
    }
    if x.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (values, cosines, sines) = (run.floats(&x)?, run.floats(&cos)?, run.floats(&sin)?);
        let lines = spread(&cos.dims()[..3], &x.dims()[..3]);
        let turn = |(row, line): (&[f64], usize)| {
            let (cos, sin) = (&cosines[line * size..][..size], &sines[line * size..][..size]);
            Pairing::Half.rotate(&deinterleaved(row), |i| cos[i], |i| sin[i])
        };
        let all: Vec<f64> = values.chunks(size).zip(lines).flat_map(turn).collect();
        run.put_floats(&out, &all)
    }))
}

/// The sections of the multi-modal form that have a kernel.
const SECTIONS: &[&[i64]] = &[&[16, 24, 24], &[24, 20, 20], &[8, 12, 12], &[16, 16, 16, 16]];

/// Each token takes the row of its position of `cache` [maxSeqLen, rotaryDim]: cosines, then sines. The first `rotaryDim` elements of each head are rotated, the
/// others copied. With positions of several rows, each section of the frequencies takes its position from its own row.
fn with_cache(
    positions: Tensor,
    pairs: [(Tensor, Tensor); 2],
    cache: Tensor,
    sections: Option<Arc<[i64]>>,
    head: i64,
    neox: bool,
) -> Outcome<Plan> {
    let x = &pairs[0].0;
    x.of_type(FLOATS)?;
    cache.of_type_of(x)?;
    positions.of_type(&[ACL_INT64, ACL_INT32])?;
    positions.of_rank(1..=2)?;
    let tokens = positions.dim_back(0);
    cache.of_rank(2..=2)?;
    let step = if x.dtype() == ACL_FLOAT { 16 } else { 32 };
    let Some(head) = usize::try_from(head).ok().filter(|head| *head > 0 && head.is_multiple_of(step)) else {
        return Err(invalid(format!("headSize: a multiple of {step} asked, {head} found")));
    };
    let rotary = cache.dim(1);
    if rotary == 0 || rotary > head || !rotary.is_multiple_of(step) {
        return Err(cache.invalid(format!("a multiple of {step} up to headSize {head} asked, rotaryDim {rotary} found")));
    }
    for (input, output) in &pairs {
        input.of_type_of(x)?;
        output.of_type_of(input)?;
        input.of_rank(2..=2)?;
        input.not_empty()?;
        output.of_shape_of(input)?;
        if input.dim(0) != tokens || !input.dim(1).is_multiple_of(head) {
            return Err(input.invalid(format!("[{tokens}, heads * {head}] asked, shape {:?} found", input.dims())));
        }
    }
    // The row of the positions that each frequency is taken from.
    let sources: Vec<usize> = if positions.rank() == 1 {
        vec![0; rotary / 2]
    } else {
        let Some(sections) = sections.filter(|sections| SECTIONS.contains(&&**sections)) else {
            return Err(invalid(format!("mropeSection: one of {SECTIONS:?} asked for positions of shape {:?}", positions.dims())));
        };
        if positions.dim(0) != sections.len() || sections.iter().sum::<i64>() as usize != rotary / 2 {
            return Err(positions.invalid(format!(
                "{} rows, and sections {sections:?} of {} frequencies in all, asked",
                sections.len(),
                rotary / 2
            )));
        }
        sections.iter().enumerate().flat_map(|(row, count)| std::iter::repeat_n(row, *count as usize)).collect()
    };
    Ok(Plan::new(move |run| {
        let table = run.floats(&cache)?;
        let rows = run.ints(&positions)?.into_iter().map(|at| within(&positions, at, cache.dim(0))).collect::<Outcome<Vec<_>>>()?;
        let pairing = if neox { Pairing::Half } else { Pairing::Interleave };
        for (input, output) in &pairs {
            let mut values = run.floats(input)?;
            let heads = input.dim(1) / head;
            for (i, line) in values.chunks_mut(head).enumerate() {
                let token = i / heads;
                let angle = |i: usize| if neox { i % (rotary / 2) } else { i / 2 };
                let row = |i: usize| rows[sources[angle(i)] * tokens + token] * rotary;
                let turned = pairing.rotate(&line[..rotary], |i| table[row(i) + angle(i)], |i| table[row(i) + rotary / 2 + angle(i)]);
                line[..rotary].copy_from_slice(&turned);
            }
            run.put_floats(output, &values)?;
        }
        Ok(())
    }))
}
