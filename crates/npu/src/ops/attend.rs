//! Attention in f32 tensors: batched products around a softmax that is spelt out, so that sinks, logarithms and rows that see nothing come out right.

use ascend_hal::{DType, Dims, Layout, Result, TensorView};

use super::init_routing::choose;
use crate::context::Context;
use crate::raw::operators::*;
use crate::raw::{Scalar, number};

/// Scores that are in memory at a time: queries are taken in steps that keep below it.
pub(super) const SCORES: usize = 1 << 24;

/// Which keys queries see. Keys are numbered from 0.
pub(super) enum Visible {
    All,
    /// Those up to its place, bottom-right aligned; with a window, only the last of them.
    Causal {
        window: Option<usize>,
    },
    /// Those where `[S, L]` is not 0.
    Mask(TensorView),
    /// Those that the device says.
    Between(Box<Between>),
}

/// For each query the first and the last key of those that it may see, f32 `[N * S, 1]`.
pub(super) struct Between {
    pub(super) first: TensorView,
    pub(super) last: TensorView,
    /// Of them only those where `[N * S, max L]` is not 0; and the key that its first column is for, f32 `[N * S, 1]`.
    pub(super) mask: Option<(TensorView, TensorView)>,
}

/// `N` sequences with as many queries `S` and keys `L` each; one of `N` and `S` is 1, and `N` is 1 unless what is seen is [`Between`].
pub(super) struct Sequences<'a> {
    /// Queries `[N, S, Hq, D]` and keys `[N, L, Hk, D]`; the scores of all parts are added.
    pub(super) parts: Vec<(TensorView, TensorView)>,
    /// `[N, L, Hv, Dv]`.
    pub(super) v: TensorView,
    pub(super) scale: f32,
    pub(super) softcap: Option<f32>,
    /// `[Hq]`.
    pub(super) sinks: Option<&'a TensorView>,
    pub(super) visible: Visible,
    /// `[N, S, Hq, Dv]`.
    pub(super) out: TensorView,
    /// `[N, S, Hq]`.
    pub(super) lse: Option<TensorView>,
}

/// What all queries of the sequences share.
struct Shared {
    /// Keys of each part, f32 `[N * Hk, D, L]`.
    keys: Vec<TensorView>,
    /// f32 `[N * Hv, L, Dv]`.
    values: TensorView,
    /// Where not all queries see all keys: the values with 0 for what is not finite, and 1 for that in a matrix of zeros.
    apart: Option<(TensorView, TensorView)>,
    /// f32 `[Hq, 1, 1]`.
    sinks: Option<TensorView>,
}

/// A view of one more dimension, of size 1, before the dimension `at`.
pub(super) fn with_one(view: &TensorView, at: usize) -> Result<TensorView> {
    let (mut shape, mut strides) = (view.shape().to_vec(), view.layout().strides().to_vec());
    shape.insert(at, 1);
    strides.insert(at, 0);
    let layout = Layout::strided(Dims::new(&shape)?, Dims::new(&strides)?, view.layout().offset())?;
    TensorView::new(view.buffer().clone(), view.dtype(), layout)
}

/// What sequences without keys give: zeros, and the logarithm of the sink alone.
pub(super) fn nothing(cx: &Context<'_>, sinks: Option<&TensorView>, out: &TensorView, lse: Option<&TensorView>) -> Result<()> {
    cx.put(&cx.zero_of(out.dtype())?.broadcast(*out.shape())?, out)?;
    let Some(lse) = lse else { return Ok(()) };
    let alone = match sinks {
        Some(sinks) => cx.to(sinks, DType::F32)?,
        None => cx.number(f32::NEG_INFINITY)?,
    };
    cx.put(&alone.broadcast(*lse.shape())?, lse)
}

/// `[N, rows, heads, d]` as f32 `[N * heads, rows, d]`, row-major.
fn by_head(cx: &Context<'_>, view: &TensorView) -> Result<TensorView> {
    cx.to(&view.transpose(1, 2)?, DType::F32)?.reshape([view.dim(0) * view.dim(2), view.dim(1), view.dim(3)])
}

/// `x @ y`, batched.
fn product(cx: &Context<'_>, x: &TensorView, y: &TensorView) -> Result<TensorView> {
    let out = cx.temp(DType::F32, [x.dim(0), x.dim(1), y.dim(2)])?;
    aclnnBatchMatMul(cx.queue(), x, y, &out, 0)?;
    Ok(out)
}

/// The exponentials of `x - most`.
fn powers(cx: &Context<'_>, x: &TensorView, most: &TensorView, like: &TensorView) -> Result<TensorView> {
    let out = cx.temp(DType::F32, *like.shape())?;
    cx.sub(x, most, &out)?;
    aclnnExp(cx.queue(), &out, &out)?;
    Ok(out)
}

/// `x > bound` or `x < bound`, elementwise.
fn beyond(cx: &Context<'_>, x: &TensorView, above: bool, bound: f32) -> Result<TensorView> {
    let out = cx.temp(DType::Bool, *x.shape())?;
    let bound = Scalar::F32(bound);
    if above {
        aclnnGtScalar(cx.queue(), x, bound, &out)?
    } else {
        aclnnLtScalar(cx.queue(), x, bound, &out)?
    }
    Ok(out)
}

fn both(cx: &Context<'_>, a: &TensorView, b: &TensorView) -> Result<TensorView> {
    let out = cx.temp(DType::Bool, *a.shape())?;
    aclnnBitwiseAndTensor(cx.queue(), a, b, &out)?;
    Ok(out)
}

/// `a - b` in f32, broadcast to `[rows, columns]`.
fn difference(cx: &Context<'_>, a: &TensorView, b: &TensorView, [rows, columns]: [usize; 2]) -> Result<TensorView> {
    let out = cx.temp(DType::F32, [rows, columns])?;
    cx.sub(a, b, &out)?;
    Ok(out)
}

impl Sequences<'_> {
    fn count(&self) -> usize {
        self.out.dim(0)
    }

    fn heads(&self) -> usize {
        self.out.dim(2)
    }

    fn keys(&self) -> usize {
        self.v.dim(1)
    }

    pub(super) fn run(self, cx: &Context<'_>) -> Result<()> {
        let (queries, keys) = (self.out.dim(1), self.keys());
        if queries == 0 {
            return Ok(());
        }
        if keys == 0 {
            return nothing(cx, self.sinks, &self.out, self.lse.as_ref());
        }
        let sees_all = match &self.visible {
            Visible::All => true,
            // The last query sees every key.
            Visible::Causal { window } => queries == 1 && window.is_none_or(|window| window >= keys),
            Visible::Mask(_) | Visible::Between(_) => false,
        };
        let shared = self.shared(cx, sees_all)?;
        let step = (SCORES / (self.count() * self.heads() * keys)).clamp(1, queries);
        (0..queries).step_by(step).try_for_each(|first| self.some(cx, &shared, first, step.min(queries - first)))
    }

    fn shared(&self, cx: &Context<'_>, sees_all: bool) -> Result<Shared> {
        let keys = self.parts.iter().map(|(_, k)| by_head(cx, k).and_then(|k| k.t())).collect::<Result<_>>()?;
        let values = by_head(cx, &self.v)?;
        let apart = if sees_all {
            None
        } else {
            let finite = cx.temp(DType::Bool, *values.shape())?;
            aclnnIsFinite(cx.queue(), &values, &finite)?;
            let clean = choose(cx, &finite, &values, &cx.number(0.)?)?;
            let flaws = cx.to(&finite, DType::F32)?;
            cx.muls(&flaws, -1., &flaws)?;
            cx.adds(&flaws, 1., &flaws)?;
            Some((clean, flaws))
        };
        let sinks = self.sinks.map(|sinks| cx.to(sinks, DType::F32).and_then(|sinks| sinks.reshape([sinks.dim(0), 1, 1]))).transpose()?;
        Ok(Shared { keys, values, apart, sinks })
    }

    /// The queries from `first` on, `count` of each sequence.
    fn some(&self, cx: &Context<'_>, shared: &Shared, first: usize, count: usize) -> Result<()> {
        let (q, n, heads, keys, width) = (cx.queue(), self.count(), self.heads(), self.keys(), self.v.dim(3));
        let mut scores = self.scores(cx, shared, first, count)?;
        let visible = match &shared.apart {
            Some(_) => self.visible(cx, first, count)?,
            None => None,
        };
        if let Some(visible) = &visible {
            scores = choose(cx, visible, &scores, &cx.number(f32::NEG_INFINITY)?)?;
        }
        let column = || cx.temp(DType::F32, [n, heads, count, 1]);
        let mut most = column()?;
        aclnnAmax(q, &scores, &[-1], true, &most)?;
        if let Some(sinks) = &shared.sinks {
            let larger = column()?;
            aclnnMaximum(q, &most, sinks, &larger)?;
            most = larger;
        }
        // -inf less -inf would be NaN.
        aclnnClamp(q, &most, Some(Scalar::F32(f32::MIN)), None, &most)?;
        let weights = powers(cx, &scores, &most, &scores)?;
        drop(scores);
        let sum = column()?;
        aclnnReduceSum(q, &weights, &[-1], true, number(DType::F32), &sum)?;
        if let Some(sinks) = &shared.sinks {
            cx.add(&sum, &powers(cx, sinks, &most, &sum)?, &sum)?;
        }
        // Batches are sequences and key heads.
        let batches = shared.values.dim(0);
        let (kv_heads, group) = (batches / n, n * heads / batches);
        let weights = weights.reshape([batches, group * count, keys])?;
        let y = match (&shared.apart, &visible) {
            (Some((clean, flaws)), Some(visible)) => {
                // A weight of 0 does not silence NaN or infinity. Only where a query sees one, the product with all values counts.
                let seen = cx.to(&visible.broadcast([n, kv_heads, count, keys])?, DType::F32)?.reshape([batches, count, keys])?;
                let flawed = beyond(cx, &product(cx, &seen, flaws)?, true, 0.5)?.reshape([batches, 1, count, width])?;
                let shape = [batches, group, count, width];
                let (all, clean) = (product(cx, &weights, &shared.values)?.reshape(shape)?, product(cx, &weights, clean)?.reshape(shape)?);
                choose(cx, &flawed, &all, &clean)?
            }
            _ => product(cx, &weights, &shared.values)?,
        };
        let y = y.reshape([n, heads, count, width])?;
        // The largest of the weights is 1; a sum of less is that of a row that sees nothing.
        let divisor = column()?;
        aclnnClamp(q, &sum, Some(Scalar::F32(f32::MIN_POSITIVE)), None, &divisor)?;
        aclnnDiv(q, &y, &divisor, &y)?;
        cx.put(&y, &self.out.narrow(1, first, count)?.transpose(1, 2)?)?;
        let Some(lse) = &self.lse else { return Ok(()) };
        aclnnLog(q, &sum, &sum)?;
        cx.add(&most, &sum, &sum)?;
        cx.put(&sum.reshape([n, heads, count])?, &lse.narrow(1, first, count)?.transpose(1, 2)?)
    }

    /// f32 `[N, Hq, count, L]`: scaled and capped.
    fn scores(&self, cx: &Context<'_>, shared: &Shared, first: usize, count: usize) -> Result<TensorView> {
        let shape = [self.count(), self.heads(), count, self.keys()];
        let mut sum: Option<TensorView> = None;
        for ((queries, _), k) in self.parts.iter().zip(&shared.keys) {
            let x = by_head(cx, &queries.narrow(1, first, count)?)?;
            let x = x.reshape([k.dim(0), x.dim(0) / k.dim(0) * count, x.dim(2)])?;
            let part = product(cx, &x, k)?.reshape(shape)?;
            match &sum {
                Some(sum) => cx.add(sum, &part, sum)?,
                None => sum = Some(part),
            }
        }
        let scores = sum.map_or_else(|| cx.temp(DType::F32, shape), Ok)?;
        cx.muls(&scores, self.scale, &scores)?;
        if let Some(cap) = self.softcap {
            aclnnDivs(cx.queue(), &scores, Scalar::F32(cap), &scores)?;
            aclnnTanh(cx.queue(), &scores, &scores)?;
            cx.muls(&scores, cap, &scores)?;
        }
        Ok(scores)
    }

    /// Bool `[N, 1, count, L]`: which keys the queries from `first` on see.
    fn visible(&self, cx: &Context<'_>, first: usize, count: usize) -> Result<Option<TensorView>> {
        let (n, queries, keys) = (self.count(), self.out.dim(1), self.keys());
        let numbers = |n: usize| cx.to(&cx.iota(n)?, DType::F32);
        let shown = match &self.visible {
            Visible::All => return Ok(None),
            Visible::Mask(mask) => beyond(cx, &cx.to(&mask.narrow(0, first, count)?, DType::F32)?, true, 0.5)?,
            Visible::Causal { window } => {
                let (keys_at, queries_at) = (numbers(keys)?.reshape([1, keys])?, numbers(count)?.reshape([count, 1])?);
                // Key j less query i, both counted from 0 here, of the key at the query's own place.
                let own = (keys + first) as f32 - queries as f32;
                let distance = difference(cx, &keys_at, &queries_at, [count, keys])?;
                let up_to_own = beyond(cx, &distance, false, own + 0.5)?;
                match window {
                    Some(window) => {
                        let from = own - (*window).min(keys + queries) as f32 + 0.5;
                        both(cx, &up_to_own, &beyond(cx, &distance, true, from)?)?
                    }
                    None => up_to_own,
                }
            }
            Visible::Between(between) => {
                // Either there is one sequence, or one query of each.
                between.shows(cx, &numbers(keys)?.reshape([1, keys])?, first, n * count)?
            }
        };
        shown.reshape([n, 1, count, keys]).map(Some)
    }
}

impl Between {
    /// Bool `[count, L]`: which of the keys `[1, L]` the queries from `first` on see.
    fn shows(&self, cx: &Context<'_>, keys: &TensorView, first: usize, count: usize) -> Result<TensorView> {
        let (shape, part) = ([count, keys.dim(1)], |view: &TensorView| view.narrow(0, first, count));
        let not_before = beyond(cx, &difference(cx, keys, &part(&self.first)?, shape)?, true, -0.5)?;
        let not_behind = beyond(cx, &difference(cx, keys, &part(&self.last)?, shape)?, false, 0.5)?;
        let within = both(cx, &not_before, &not_behind)?;
        let Some((mask, start)) = &self.mask else { return Ok(within) };
        let column = difference(cx, keys, &part(start)?, shape)?;
        aclnnClamp(cx.queue(), &column, Some(Scalar::F32(0.)), Some(Scalar::F32(mask.dim(1) as f32 - 1.)), &column)?;
        let flags = cx.temp(DType::F32, shape)?;
        aclnnGather(cx.queue(), &cx.to(&part(mask)?, DType::F32)?, 1, &cx.to(&column, DType::I64)?, &flags)?;
        both(cx, &within, &beyond(cx, &flags, true, 0.5)?)
    }
}
