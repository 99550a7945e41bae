//! Attention over blocks of keys with a running softmax: the core that attention and MLA share.
//!
//! The work is cut into items: one key/value head of a block of queries each. An item walks over the keys in blocks, widened to f32 as they are packed; a run of
//! blocks ([`SPLIT`]) gives a partial result, and partial results are merged in the order of the keys. Borders of blocks and splits are multiples of their size in
//! every sequence, so a row's result does not depend on the rows that it is computed with, nor on whether the splits of an item run one by one or side by side.

use std::ops::Range;

use ascend_hal::ops::Sequences;
use ascend_hal::{Float, Result};
use rayon::prelude::*;

use crate::context::Context;

/// Keys that are packed at a time.
const BLOCK: usize = 64;
/// Keys of a partial result.
const SPLIT: usize = 16 * BLOCK;
/// Rows (queries × heads of a group) that an item has if it can.
const ROWS: usize = 32;

/// Where queries, keys and values come from.
pub(crate) trait Source: Sync {
    /// Head `head` of query row `t`, to `q: [D]`.
    fn query(&self, t: usize, head: usize, q: &mut [f32]);
    /// Keys `keys` of sequence `b` and key/value head `group`, to `k: [keys, D]` and `v: [keys, Dv]`.
    fn keys(&self, b: usize, group: usize, keys: Range<usize>, k: &mut [f32], v: &mut [f32]);
}

/// Which keys a query sees.
pub(crate) enum Sees<'a> {
    /// All of its sequence.
    All,
    /// Those up to its own place, bottom-right aligned, and of these the last `window`.
    Causal { window: Option<usize> },
    /// Those that row `t` of the mask says.
    Mask { mask: &'a [u8], columns: usize },
}

/// One call.
pub(crate) struct Flash<'a, S> {
    pub(crate) source: S,
    pub(crate) sequences: &'a Sequences,
    /// Query heads, and key/value heads that they share.
    pub(crate) heads: usize,
    pub(crate) groups: usize,
    /// Widths of a key and of a value.
    pub(crate) d: usize,
    pub(crate) dv: usize,
    pub(crate) scale: f32,
    pub(crate) softcap: Option<f32>,
    pub(crate) sinks: Option<&'a [f32]>,
    pub(crate) sees: Sees<'a>,
}

/// One key/value head of a block of queries, with the places of its results: rows by query, then by head of the group.
struct Item<'o, T> {
    b: usize,
    group: usize,
    queries: Range<usize>,
    out: Vec<&'o mut [T]>,
    lse: Vec<&'o mut f32>,
}

/// Rows of running results: maximum, sum of exponentials, and weighted sum of values.
struct Partial {
    max: Vec<f32>,
    sum: Vec<f32>,
    acc: Vec<f32>,
}

impl<S: Source> Flash<'_, S> {
    /// Computes the rows of every sequence; `out: [T, heads, dv]` and `lse: [T, heads]` beyond them are left alone.
    pub(crate) fn run<T: Float>(&self, cx: &Context<'_>, out: &mut [T], lse: Option<&mut [f32]>) -> Result<()> {
        let items = self.items(out, lse);
        // With fewer items than threads the splits of an item run side by side.
        let wide = items.len() < cx.threads();
        cx.install(|| items.into_par_iter().try_for_each(|item| self.item(cx, item, wide)))
    }

    fn items<'o, T: Float>(&self, out: &'o mut [T], lse: Option<&'o mut [f32]>) -> Vec<Item<'o, T>> {
        let per_group = self.heads / self.groups;
        let per_item = (ROWS / per_group).max(1);
        let mut out = out.chunks_mut(self.dv);
        let mut lse = lse.map(|l| l.iter_mut());
        let mut items = Vec::new();
        for (b, rows) in self.sequences.queries.iter().enumerate() {
            for start in rows.clone().step_by(per_item) {
                let queries = start..rows.end.min(start + per_item);
                let first = items.len();
                items.extend((0..self.groups).map(|group| Item { b, group, queries: queries.clone(), out: Vec::new(), lse: Vec::new() }));
                for _ in queries {
                    for h in 0..self.heads {
                        let item: &mut Item<'_, T> = &mut items[first + h / per_group];
                        item.out.extend(out.next());
                        item.lse.extend(lse.as_mut().and_then(|l| l.next()));
                    }
                }
            }
        }
        items
    }

    fn item<T: Float>(&self, cx: &Context<'_>, mut item: Item<'_, T>, wide: bool) -> Result<()> {
        let per_group = self.heads / self.groups;
        let rows = item.queries.len() * per_group;
        let mut q = cx.scratch::<f32>(rows * self.d)?;
        for (row, q) in q.chunks_exact_mut(self.d).enumerate() {
            self.source.query(item.queries.start + row / per_group, item.group * per_group + row % per_group, q);
        }
        let keys = self.sequences.keys.len(item.b);
        let starts = (0..keys).step_by(SPLIT);
        let split = |start: usize| self.split(cx, &item, &q, start..keys.min(start + SPLIT));
        let mut total = Partial::new(rows, self.dv);
        if wide && keys > SPLIT {
            let parts: Vec<Partial> = starts.collect::<Vec<_>>().into_par_iter().map(split).collect::<Result<_>>()?;
            parts.iter().for_each(|part| total.merge(part));
        } else {
            for start in starts {
                total.merge(&split(start)?);
            }
        }
        for (row, out) in item.out.iter_mut().enumerate() {
            let sink = self.sinks.map(|z| z[item.group * per_group + row % per_group]);
            let lse = total.finish(row, sink, out);
            if let Some(to) = item.lse.get_mut(row) {
                **to = lse;
            }
        }
        Ok(())
    }

    /// The keys of its sequence that query row `t` may see; with a mask, the mask decides among them.
    fn range(&self, b: usize, t: usize) -> Range<usize> {
        let keys = self.sequences.keys.len(b);
        match self.sees {
            Sees::All | Sees::Mask { .. } => 0..keys,
            Sees::Causal { window } => {
                // Keys up to and with its own place `L - S + i`; none where that is negative.
                let end = (keys + 1).saturating_sub(self.sequences.queries[b].end - t);
                end.saturating_sub(window.unwrap_or(end))..end
            }
        }
    }

    /// The partial result of an item's rows over some keys.
    fn split<T>(&self, cx: &Context<'_>, item: &Item<'_, T>, q: &[f32], keys: Range<usize>) -> Result<Partial> {
        let per_group = self.heads / self.groups;
        let mut result = Partial::new(item.queries.len() * per_group, self.dv);
        let (mut k, mut v) = (cx.scratch::<f32>(BLOCK * self.d)?, cx.scratch::<f32>(BLOCK * self.dv)?);
        let mut weights = [0f32; BLOCK];
        let mut seen: Vec<usize> = Vec::with_capacity(BLOCK);
        // What any row of the item can see: ranges only move forward from query to query.
        let from = self.range(item.b, item.queries.start).start;
        let to = self.range(item.b, item.queries.end - 1).end;
        for start in keys.clone().step_by(BLOCK) {
            let block = start.max(from)..keys.end.min(start + BLOCK).min(to);
            if block.is_empty() {
                continue;
            }
            let (k, v) = (&mut k[..block.len() * self.d], &mut v[..block.len() * self.dv]);
            self.source.keys(item.b, item.group, block.clone(), k, v);
            for (row, q) in q.chunks_exact(self.d).enumerate() {
                if row % per_group == 0 {
                    self.seen(item.b, item.queries.start + row / per_group, &block, &mut seen);
                }
                if seen.is_empty() {
                    continue;
                }
                let weights = &mut weights[..seen.len()];
                for (w, &j) in weights.iter_mut().zip(&seen) {
                    *w = self.logit(dot(q, &k[j * self.d..][..self.d]));
                }
                result.add(row, weights, seen.iter().map(|&j| &v[j * self.dv..][..self.dv]));
            }
        }
        Ok(result)
    }

    /// The places within `block` of the keys that query row `t` sees.
    fn seen(&self, b: usize, t: usize, block: &Range<usize>, seen: &mut Vec<usize>) {
        let range = self.range(b, t);
        let visible = range.start.max(block.start)..range.end.min(block.end);
        seen.clear();
        match self.sees {
            Sees::Mask { mask, columns } => seen.extend(visible.filter(|j| mask[t * columns + j] != 0).map(|j| j - block.start)),
            _ => seen.extend(visible.map(|j| j - block.start)),
        }
    }

    #[inline]
    fn logit(&self, product: f32) -> f32 {
        let x = product * self.scale;
        self.softcap.map_or(x, |c| c * (x / c).tanh())
    }
}

impl Partial {
    fn new(rows: usize, dv: usize) -> Self {
        Self { max: vec![f32::NEG_INFINITY; rows], sum: vec![0.0; rows], acc: vec![0.0; rows * dv] }
    }

    fn width(&self) -> usize {
        self.acc.len() / self.max.len().max(1)
    }

    /// Adds keys to a row: `logits` become their weights.
    fn add<'v>(&mut self, row: usize, logits: &mut [f32], values: impl Iterator<Item = &'v [f32]>) {
        let dv = self.width();
        let acc = &mut self.acc[row * dv..][..dv];
        // `f32::max` passes over NaN, which stays in the logits and spoils the sum.
        let max = logits.iter().fold(self.max[row], |m, &s| m.max(s));
        let factor = rescale(self.max[row], max);
        if factor != 1.0 {
            acc.iter_mut().for_each(|a| *a *= factor);
            self.sum[row] *= factor;
        }
        self.max[row] = max;
        let base = if max == f32::NEG_INFINITY { 0.0 } else { max };
        for (s, v) in logits.iter().zip(values) {
            let weight = (s - base).exp();
            self.sum[row] += weight;
            acc.iter_mut().zip(v).for_each(|(a, v)| *a += weight * v);
        }
    }

    /// Adds the result over later keys.
    fn merge(&mut self, other: &Partial) {
        let dv = self.width().max(1);
        for (row, (acc, more)) in self.acc.chunks_exact_mut(dv).zip(other.acc.chunks_exact(dv)).enumerate() {
            let max = self.max[row].max(other.max[row]);
            let (mine, theirs) = (rescale(self.max[row], max), rescale(other.max[row], max));
            acc.iter_mut().zip(more).for_each(|(a, b)| *a = *a * mine + b * theirs);
            self.sum[row] = self.sum[row] * mine + other.sum[row] * theirs;
            self.max[row] = max;
        }
    }

    /// Writes a row's result; returns the log of its denominator.
    fn finish<T: Float>(&self, row: usize, sink: Option<f32>, out: &mut [T]) -> f32 {
        let max = sink.map_or(self.max[row], |z| self.max[row].max(z));
        let base = if max == f32::NEG_INFINITY { 0.0 } else { max };
        let factor = rescale(self.max[row], max);
        let sum = self.sum[row] * factor + sink.map_or(0.0, |z| (z - base).exp());
        if sum == 0.0 {
            out.fill(T::from_f32(0.0));
            return f32::NEG_INFINITY;
        }
        let acc = &self.acc[row * out.len()..][..out.len()];
        out.iter_mut().zip(acc).for_each(|(out, a)| *out = T::from_f32(a * factor / sum));
        base + sum.ln()
    }
}

/// The factor that takes sums relative to the maximum `from` to the maximum `to`.
fn rescale(from: f32, to: f32) -> f32 {
    if from == to { 1.0 } else { (from - to).exp() }
}

/// The dot product, summed in lanes: one fixed order for each length.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut lanes = [0f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for i in 0..LANES {
            lanes[i] += a[i] * b[i];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
    }
    lanes[0] + rest
}

/// Widens elements.
pub(crate) fn widen<T: Float>(from: &[T], to: &mut [f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = from.to_f32());
}
