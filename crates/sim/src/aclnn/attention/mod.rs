//! Attention: what all operators of the family compute, and how their tensors are laid out.

mod entries;
mod inference;
mod kernels;
mod masks;
mod merge;
mod store;
mod training;

use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;

pub(super) use entries::OPERATORS as ENTRIES;
pub(super) use merge::OPERATORS as MERGE;
pub(super) use training::OPERATORS as TRAINING;

/// The order of batch (B), heads (N), sequence (S), elements (D), and of tokens of all sequences (T).
#[derive(Clone, Copy, PartialEq, Debug)]
enum Layout {
    /// `[B, S, N * D]`
    Bsh,
    Bsnd,
    Bnsd,
    Nbsd,
    /// `[S, B, N * D]`
    Sbh,
    Tnd,
    Ntd,
}

impl Layout {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "BSH" => Self::Bsh,
            "BSND" => Self::Bsnd,
            "BNSD" => Self::Bnsd,
            "NBSD" => Self::Nbsd,
            "SBH" => Self::Sbh,
            "TND" => Self::Tnd,
            "NTD" => Self::Ntd,
            _ => return None,
        })
    }

    /// Sequences lie one behind the other, not side by side.
    fn packed(self) -> bool {
        matches!(self, Self::Tnd | Self::Ntd)
    }

    fn rank(self) -> usize {
        if matches!(self, Self::Bsnd | Self::Bnsd | Self::Nbsd) { 4 } else { 3 }
    }

    fn dims(self, shape: &Shape) -> Vec<usize> {
        let Shape { batch, sequence, heads, size } = *shape;
        match self {
            Self::Bsh => vec![batch, sequence, heads * size],
            Self::Bsnd => vec![batch, sequence, heads, size],
            Self::Bnsd => vec![batch, heads, sequence, size],
            Self::Nbsd => vec![heads, batch, sequence, size],
            Self::Sbh => vec![sequence, batch, heads * size],
            Self::Tnd => vec![sequence, heads, size],
            Self::Ntd => vec![heads, sequence, size],
        }
    }

    /// The shape of a tensor of `heads` heads, none if it is not of this layout. Packed tensors have one batch of all tokens.
    fn shape(self, tensor: &Tensor, heads: usize) -> Option<Shape> {
        if tensor.rank() != self.rank() || heads == 0 {
            return None;
        }
        let [a, b, c, d] = [tensor.dim(0), tensor.dim(1), tensor.dim(2), tensor.dim(3)];
        let (batch, sequence, found, size) = match self {
            Self::Bsh => (a, b, heads, c / heads),
            Self::Bsnd => (a, b, c, d),
            Self::Bnsd => (a, c, b, d),
            Self::Nbsd => (b, c, a, d),
            Self::Sbh => (b, a, heads, c / heads),
            Self::Tnd => (1, a, b, c),
            Self::Ntd => (1, b, a, c),
        };
        let shape = Shape { batch, sequence, heads, size };
        (found == heads && self.dims(&shape) == tensor.dims()).then_some(shape)
    }

    /// The place of the first element of a row; `s` counts all tokens where the layout is packed.
    fn row(self, shape: &Shape, b: usize, s: usize, n: usize) -> usize {
        let Shape { batch, sequence, heads, size } = *shape;
        let row = match self {
            Self::Bsh | Self::Bsnd => (b * sequence + s) * heads + n,
            Self::Bnsd => (b * heads + n) * sequence + s,
            Self::Nbsd => (n * batch + b) * sequence + s,
            Self::Sbh => (s * batch + b) * heads + n,
            Self::Tnd => s * heads + n,
            Self::Ntd => n * sequence + s,
        };
        row * size
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Shape {
    batch: usize,
    /// Of one sequence, or all tokens where the layout is packed.
    sequence: usize,
    heads: usize,
    /// Elements of a head.
    size: usize,
}

/// Where a sequence is: its first token and its length, in queries and in keys.
#[derive(Clone, Copy)]
struct Sequence {
    queries: (usize, usize),
    keys: (usize, usize),
}

/// What is to be computed. Positions are counted from the start of their sequence.
struct Problem<'a> {
    sequences: &'a [Sequence],
    heads: usize,
    kv_heads: usize,
    scale: f64,
    /// The row of batch, query, head.
    query: &'a dyn Fn(usize, usize, usize) -> Vec<f32>,
    /// The row of batch, key, key head.
    key: &'a dyn Fn(usize, usize, usize) -> Outcome<Vec<f32>>,
    value: &'a dyn Fn(usize, usize, usize) -> Outcome<Vec<f32>>,
    value_size: usize,
    /// Whether a query does not see a key: batch, head, query, key.
    hidden: &'a dyn Fn(usize, usize, usize, usize) -> bool,
    /// What is added to the scaled product, likewise.
    bias: &'a dyn Fn(usize, usize, usize, usize) -> f64,
    /// A logit without a value for each head.
    sink: Option<&'a [f64]>,
    /// Whether a query that sees no key gets 0. Without that its keys all weigh the same, because a hidden one has only a very small score.
    corrected: bool,
}

/// The result of one query and one head.
struct Row {
    values: Vec<f64>,
    /// The greatest score, and the sum of the powers of e of the scores less that.
    most: f64,
    sum: f64,
}

impl Row {
    /// The logarithm of the sum of all powers; +inf where nothing is seen.
    fn lse(&self) -> f64 {
        if self.sum == 0.0 { f64::INFINITY } else { self.most + self.sum.ln() }
    }
}

/// Sums in eight lanes, which a compiler makes vectors of.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    let (left, right) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut lanes = [0f32; 8];
    for (a, b) in left.0.iter().zip(right.0) {
        for i in 0..8 {
            lanes[i] += a[i] * b[i];
        }
    }
    let rest: f32 = left.1.iter().zip(right.1).map(|(a, b)| a * b).sum();
    f64::from(lanes.iter().sum::<f32>() + rest)
}

/// `softmax(scale * q k + bias) v` for every query and head, given to `emit` with its batch, query and head.
fn solve(problem: &Problem<'_>, emit: &mut dyn FnMut(usize, usize, usize, &Row)) -> Outcome {
    let group = problem.heads / problem.kv_heads;
    for (b, sequence) in problem.sequences.iter().enumerate() {
        for kv_head in 0..problem.kv_heads {
            let count = sequence.keys.1;
            let keys = (0..count).map(|j| (problem.key)(b, j, kv_head)).collect::<Outcome<Vec<_>>>()?;
            let values = (0..count).map(|j| (problem.value)(b, j, kv_head)).collect::<Outcome<Vec<_>>>()?;
            for n in kv_head * group..(kv_head + 1) * group {
                for i in 0..sequence.queries.1 {
                    emit(b, i, n, &attend(problem, b, i, n, &keys, &values));
                }
            }
        }
    }
    Ok(())
}

fn attend(problem: &Problem<'_>, b: usize, i: usize, n: usize, keys: &[Vec<f32>], values: &[Vec<f32>]) -> Row {
    let query = (problem.query)(b, i, n);
    let mut scores: Vec<Option<f64>> = Vec::with_capacity(keys.len());
    for (j, key) in keys.iter().enumerate() {
        let seen = !(problem.hidden)(b, n, i, j);
        scores.push(seen.then(|| dot(&query, key) * problem.scale + (problem.bias)(b, n, i, j)));
    }
    let sink = problem.sink.map(|sink| sink[n]);
    if !problem.corrected && !keys.is_empty() && scores.iter().all(Option::is_none) {
        scores.fill(Some(f64::from(f32::MIN)));
    }
    let most = scores.iter().flatten().chain(&sink).fold(f64::NEG_INFINITY, |most, score| most.max(*score));
    let mut row = Row { values: vec![0.0; problem.value_size], most, sum: 0.0 };
    row.sum = sink.map_or(0.0, |sink| (sink - most).exp());
    for (score, value) in scores.iter().zip(values) {
        let Some(score) = score else { continue };
        let weight = if *score == most { 1.0 } else { (score - most).exp() };
        row.sum += weight;
        row.values.iter_mut().zip(value).for_each(|(sum, v)| *sum += weight * f64::from(*v));
    }
    if row.sum != 0.0 {
        row.values.iter_mut().for_each(|v| *v /= row.sum);
    }
    row
}

/// The elements as f32, row-major.
fn reals(run: &Run<'_>, tensor: &Tensor) -> Outcome<Vec<f32>> {
    Ok(run.floats(tensor)?.into_iter().map(|v| v as f32).collect())
}
