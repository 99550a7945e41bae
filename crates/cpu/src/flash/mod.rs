//! Attention over blocks of keys with a running softmax: the core that attention and MLA share.
//!
//! The work is cut into items: some queries of a sequence, and some of its key/value heads. An item walks over the keys in blocks of [`WIDTH`]; a run of blocks
//! ([`SPLIT`]) gives a partial result, and partial results are merged in the order of the keys. Borders of blocks and splits are multiples of their size in every
//! sequence, and every product is one chain over its contracted dimension, so a row's bits depend neither on the rows that it is computed with, nor on whether the
//! splits of an item run one by one or side by side.
//!
//! A key that a row of the block does not see has the weight 0 there. Values that are not finite would spoil such a row all the same; then, and only then, each row
//! gets panels of its own, without the values that it does not see.

mod block;
mod few;
mod pack;
#[cfg(target_arch = "x86_64")]
mod pairs;
mod queries;
mod tile;
#[cfg(target_arch = "x86_64")]
mod unit;

use std::ops::Range;

use ascend_hal::Result;
use ascend_hal::ops::Sequences;
use smallvec::SmallVec;

use self::block::{Logit, Ranked, Seen};
use self::pack::Ahead;
pub(crate) use self::pack::Part;
use self::queries::Queries;
use self::tile::{Matrix, MatrixMut, WIDTH};
use crate::context::Context;
use crate::isa::Isa;
use crate::scratch::Scratch;
use crate::simd::{LANES, Lane, convert};

/// Keys of a partial result.
const SPLIT: usize = 4 * WIDTH;
/// Rows (queries × heads) that an item has if it can: they share the packing of keys and values.
const ROWS: usize = 256;
/// Queries of an item at most: more would only see more of what is hidden from others.
const QUERIES: usize = 128;
/// Multiply-adds below which a call stays on its thread.
const SMALL: usize = 1 << 16;

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
pub(crate) struct Flash<'a, T> {
    /// Queries `[T, heads, ..]`, in two parts that stand side by side.
    pub(crate) q: [Part<'a, T>; 2],
    /// Keys in the same two parts, by key row and key/value head.
    pub(crate) k: [Part<'a, T>; 2],
    pub(crate) v: Part<'a, T>,
    pub(crate) sequences: &'a Sequences,
    /// Query heads, and key/value heads that they share.
    pub(crate) heads: usize,
    pub(crate) groups: usize,
    pub(crate) scale: f32,
    pub(crate) softcap: Option<f32>,
    pub(crate) sinks: Option<&'a [f32]>,
    pub(crate) sees: Sees<'a>,
}

/// Some queries and key/value heads of sequence `b`, with the places of their results: a slice a query, heads side by side. Rows are ordered by key/value head, query, head.
struct Item<'o, T> {
    b: usize,
    queries: Range<usize>,
    groups: Range<usize>,
    out: Vec<&'o mut [T]>,
    lse: Vec<&'o mut [f32]>,
}

/// Keys of an item's sequence that are multiplied together.
struct Block<'a> {
    /// What each query of the item sees.
    seen: &'a [Seen],
    /// The first queries, that see nothing of it.
    blind: usize,
    /// Whether another query does not see all of it.
    hides: bool,
    /// Rows of the keys and values.
    places: &'a [usize],
    /// These, and then those of the block after it.
    #[cfg(target_arch = "x86_64")]
    rows: &'a [usize],
    /// Those of the block after it.
    ahead: Ahead<'a>,
}

/// Rows of running results.
struct Partial<'a> {
    max: Scratch<'a, f32>,
    /// Sums of weights, in lanes.
    sums: Scratch<'a, f32>,
    /// Weighted sums of values, padded to panels.
    acc: Scratch<'a, f32>,
}

impl<'a> Partial<'a> {
    fn new(cx: &'a Context<'_>, rows: usize, padded: usize) -> Result<Self> {
        let mut new = Self { max: cx.scratch(rows)?, sums: cx.scratch(rows * LANES)?, acc: cx.scratch(rows * padded)? };
        new.max.fill(f32::NEG_INFINITY);
        new.sums.fill(0.0);
        new.acc.fill(0.0);
        Ok(new)
    }

    /// The result over the keys of `earlier` and then its own.
    fn after(self, isa: Isa, earlier: Option<Self>) -> Self {
        let Some(mut all) = earlier else { return self };
        let (rows, padded) = (self.max.len(), self.acc.len() / self.max.len());
        for row in 0..rows {
            let (sums, acc) = (row * LANES..(row + 1) * LANES, row * padded..(row + 1) * padded);
            let mine = (&mut all.acc[acc.clone()], &mut all.sums[sums.clone()], &mut all.max[row]);
            block::merge(isa, mine, (&self.acc[acc], &self.sums[sums], self.max[row]));
        }
        all
    }
}

impl<T: Lane> Flash<'_, T> {
    /// Computes the rows of every sequence; `out: [T, heads, dv]` and `lse: [T, heads]` beyond them are left alone.
    pub(crate) fn run(&self, cx: &Context<'_>, out: &mut [T], lse: Option<&mut [f32]>) -> Result<()> {
        let mut items = self.items(cx.threads(), out, lse);
        if self.work() < SMALL {
            return items.iter_mut().try_for_each(|item| self.item(cx, item, false));
        }
        // With few items the splits of an item run side by side.
        let wide = items.len() < 4 * cx.threads();
        cx.host.share(cx.threads(), items.iter_mut(), |item| self.item(cx, item, wide))
    }

    fn d(&self) -> usize {
        self.k[0].width + self.k[1].width
    }

    /// Columns of the results, in whole panels.
    fn padded(&self) -> usize {
        self.v.width.next_multiple_of(WIDTH)
    }

    /// Multiply-adds, if every query saw all keys.
    fn work(&self) -> usize {
        let pairs = self.sequences.queries.iter().enumerate().map(|(b, q)| q.len().saturating_mul(self.sequences.keys.len(b)));
        pairs.fold(0, usize::saturating_add).saturating_mul(self.heads * (self.d() + self.v.width))
    }

    fn items<'o>(&self, threads: usize, out: &'o mut [T], lse: Option<&'o mut [f32]>) -> Vec<Item<'o, T>> {
        let per_group = self.heads / self.groups;
        let per_item = (ROWS / per_group).clamp(1, QUERIES);
        let splits = |b| self.sequences.keys.len(b).div_ceil(SPLIT).max(1);
        let tasks: usize = self.sequences.queries.iter().enumerate().map(|(b, q)| q.len().div_ceil(per_item) * splits(b)).sum();
        // Heads of one query are taken together, so that the rows of a cache are read as a whole, unless threads would have nothing to do.
        let most_groups = self.groups.div_ceil(threads.div_ceil(tasks.max(1)));
        let mut out = out.chunks_mut(self.heads * self.v.width);
        let mut lse = lse.map(|l| l.chunks_mut(self.heads));
        let mut items = Vec::new();
        for (b, rows) in self.sequences.queries.iter().enumerate() {
            for start in rows.clone().step_by(per_item) {
                let queries = start..rows.end.min(start + per_item);
                let step = (ROWS / (queries.len() * per_group)).clamp(1, most_groups);
                let first = items.len();
                items.extend((0..self.groups).step_by(step).map(|group| {
                    let groups = group..self.groups.min(group + step);
                    Item { b, queries: queries.clone(), groups, out: Vec::with_capacity(queries.len()), lse: Vec::new() }
                }));
                for _ in queries {
                    let mut out = out.next().into_iter().flat_map(|out| out.chunks_mut(step * per_group * self.v.width));
                    let mut lse = lse.as_mut().and_then(|l| l.next()).into_iter().flat_map(|lse| lse.chunks_mut(step * per_group));
                    for item in &mut items[first..] {
                        item.out.extend(out.next());
                        item.lse.extend(lse.next());
                    }
                }
            }
        }
        items
    }

    fn item(&self, cx: &Context<'_>, item: &mut Item<'_, T>, wide: bool) -> Result<()> {
        let per_group = self.heads / self.groups;
        let (dv, padded) = (self.v.width, self.padded());
        let rows_of_group = item.queries.len() * per_group;
        let keys = self.sequences.keys.len(item.b);
        let queries = Queries::arrange(self, cx, item)?;
        let split = |start: usize| queries.split(self, cx, item, start..keys.min(start + SPLIT));
        let mut total = None;
        if wide && keys > SPLIT {
            // A thread's splits follow one another, as what it asks memory for does.
            let parts = cx.host.in_runs(cx.threads(), keys.div_ceil(SPLIT), |i| split(i * SPLIT))?;
            total = parts.fold(total, |total, part| Some(part.after(cx.isa(), total)));
        } else {
            for start in (0..keys).step_by(SPLIT) {
                total = Some(split(start)?.after(cx.isa(), total));
            }
        }
        let mut total = match total {
            Some(total) => total,
            None => Partial::new(cx, item.groups.len() * queries.rows(rows_of_group), padded)?,
        };
        let heads = item.groups.len() * per_group;
        for (group, rest) in (0..item.groups.len()).flat_map(|group| (0..rows_of_group).map(move |rest| (group, rest))) {
            let row = group * queries.rows(rows_of_group) + rest;
            // From key/value head, query, head to query, head.
            let (query, head) = (rest / per_group, group * per_group + rest % per_group);
            let sink = self.sinks.map(|z| z[item.groups.start * per_group + head]);
            let acc = &mut total.acc[row * padded..][..padded];
            let lse = block::finish(cx.isa(), total.max[row], &total.sums[row * LANES..], sink, acc);
            debug_assert_eq!(item.out[query].len(), heads * dv);
            convert::narrow(cx.isa(), &acc[..dv], &mut item.out[query][head * dv..][..dv]);
            if let Some(to) = item.lse.get_mut(query) {
                to[head] = lse;
            }
        }
        Ok(())
    }

    /// Query and head of each row of an item.
    fn places(&self, item: &Item<'_, T>) -> impl Iterator<Item = (usize, usize)> + Clone + use<T> {
        let (per_group, queries) = (self.heads / self.groups, item.queries.clone());
        item.groups.clone().flat_map(move |g| queries.clone().flat_map(move |t| (0..per_group).map(move |h| (t, g * per_group + h))))
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

    /// What query row `t` sees of the block `keys`.
    fn seen(&self, b: usize, t: usize, keys: &Range<usize>) -> Seen {
        let range = self.range(b, t);
        let within = |j: usize| j.clamp(keys.start, keys.end) - keys.start;
        let shown = match self.sees {
            Sees::Mask { mask, columns } => {
                let mask = &mask[t * columns..][keys.clone()];
                Some(std::array::from_fn(|j| mask.get(j).map_or(0.0, |&m| f32::from(m))))
            }
            _ => None,
        };
        Seen { from: within(range.start), to: within(range.end), shown }
    }

    /// Runs `f` on the blocks of `keys` that rows of the item can see.
    fn blocks(&self, item: &Item<'_, T>, keys: Range<usize>, mut f: impl FnMut(&Block<'_>)) {
        // A query's at hand: a decode step allocates nothing for it.
        let mut seen = SmallVec::<[Seen; 1]>::with_capacity(item.queries.len());
        let mut rows = [0; 2 * WIDTH];
        // What any row of the item can see: ranges only move forward from query to query.
        let from = self.range(item.b, item.queries.start).start;
        let to = self.range(item.b, item.queries.end - 1).end;
        for start in keys.clone().step_by(WIDTH).filter(|&start| start + WIDTH > from && start < to) {
            let block = start..keys.end.min(start + WIDTH);
            seen.clear();
            seen.extend(item.queries.clone().map(|t| self.seen(item.b, t, &block)));
            let rows = &mut rows[..block.end.max(to.min(block.end + WIDTH)) - block.start];
            rows.iter_mut().zip(block.start..).for_each(|(row, j)| *row = self.sequences.keys.row(item.b, j));
            let rows = &*rows;
            let (places, next) = rows.split_at(block.len());
            // Queries that see none of the block come first, if there are any.
            let blind = seen.iter().take_while(|s| s.from >= s.to).count();
            let hides = !seen[blind..].iter().all(|s: &Seen| s.is_all_of(block.len()));
            let ahead = Ahead { rows: next, heads: (item.groups.start, item.groups.len()) };
            f(&Block {
                seen: &seen,
                blind,
                hides,
                places,
                #[cfg(target_arch = "x86_64")]
                rows,
                ahead,
            });
        }
    }

    /// How products become logits.
    fn logit(&self) -> Logit {
        Logit { scale: self.scale, softcap: self.softcap }
    }

    /// The partial result of an item's rows over some keys.
    fn split<'a>(&self, cx: &'a Context<'_>, item: &Item<'_, T>, q: &[f32], keys: Range<usize>) -> Result<Partial<'a>> {
        let (isa, per_group) = (cx.isa(), self.heads / self.groups);
        let (d, padded) = (self.d(), self.padded());
        let rows = item.queries.len() * per_group;
        let mut result = Partial::new(cx, item.groups.len() * rows, padded)?;
        let (mut k, mut v) = (cx.scratch::<f32>(d * WIDTH)?, cx.scratch::<f32>(padded * WIDTH)?);
        let (mut scores, mut factors) = (cx.scratch::<f32>(rows * WIDTH)?, cx.scratch::<f32>(rows)?);
        let few = rows <= few::FEW_ROWS;
        let in_place = few && few::in_place(self.v);
        self.blocks(item, keys, |block| {
            let (seen, first_row) = (&block.seen[block.blind..], block.blind * per_group);
            let (places, count) = (block.places, rows - first_row);
            for (i, group) in item.groups.clone().enumerate() {
                let ahead = block.ahead.share(i, item.groups.len());
                let (begin, end) = (i * rows + first_row, (i + 1) * rows);
                self.scores(isa, few, (group, places), ahead, (count, &q[begin * d..end * d]), &mut k, &mut scores);

                let (max, sums) = (&mut result.max[begin..end], &mut result.sums[begin * LANES..end * LANES]);
                let (scores, factors) = (&mut scores[..count * WIDTH], &mut factors[..count]);
                block::weigh(isa, self.logit(), seen, Ranked { skipped: 0, per_query: per_group }, scores, max, sums, factors);

                let acc = &mut result.acc[begin * padded..end * padded];
                if block.hides && !pack::is_finite(isa, self.v, group, places) {
                    for row in 0..count {
                        let keep: [bool; WIDTH] = std::array::from_fn(|j| seen[row / per_group].sees(j));
                        pack::values(isa, self.v, group, places, Ahead::NOTHING, Some(&keep), &mut v);
                        add_values(cx, 1, &scores[row * WIDTH..], &v, &mut acc[row * padded..], &factors[row..]);
                    }
                } else if in_place {
                    few::add_values(isa, count, scores, self.v, group, places, ahead, acc, factors);
                } else {
                    pack::values(isa, self.v, group, places, ahead, None, &mut v);
                    add_values(cx, count, scores, &v, acc, factors);
                }
            }
        });
        Ok(result)
    }
}

/// `acc = factors * acc + weights v`, panel by panel.
fn add_values(cx: &Context<'_>, rows: usize, weights: &[f32], v: &[f32], acc: &mut [f32], factors: &[f32]) {
    let stride = v.len() / WIDTH;
    for (panel, v) in v.chunks_exact(WIDTH * WIDTH).enumerate() {
        let (weights, acc) = (Matrix { data: weights, stride: WIDTH }, MatrixMut { data: &mut acc[panel * WIDTH..], stride });
        tile::product(cx.isa(), rows, weights, v, acc, Some(factors));
    }
}
