//! Attention of one sequence in f32 tensors: batched products around a softmax that is spelt out, so that sinks, logarithms and rows that see nothing come out right.

use ascend_hal::{DType, Result, TensorView};

use super::init_routing::choose;
use crate::context::Context;
use crate::raw::operators::*;
use crate::raw::{Scalar, number};

/// Scores that are in memory at a time: queries are taken in steps that keep below it.
const SCORES: usize = 1 << 24;

/// Which keys queries see.
pub(super) enum Visible {
    All,
    /// Those up to its place, bottom-right aligned; with a window, only the last of them.
    Causal {
        window: Option<usize>,
    },
    /// Those where `[S, L]` is not 0.
    Mask(TensorView),
}

/// One sequence with queries.
pub(super) struct Sequence<'a> {
    /// Queries `[S, Hq, D]` and keys `[L, Hk, D]`; the scores of all parts are added.
    pub(super) parts: Vec<(TensorView, TensorView)>,
    /// `[L, Hv, Dv]`.
    pub(super) v: TensorView,
    pub(super) scale: f32,
    pub(super) softcap: Option<f32>,
    /// `[Hq]`.
    pub(super) sinks: Option<&'a TensorView>,
    pub(super) visible: Visible,
    /// `[S, Hq, Dv]`.
    pub(super) out: TensorView,
    /// `[S, Hq]`.
    pub(super) lse: Option<TensorView>,
}

/// What all queries of a sequence share.
struct Shared {
    /// Keys of each part, f32 `[Hk, D, L]`.
    keys: Vec<TensorView>,
    /// f32 `[Hv, L, Dv]`.
    values: TensorView,
    /// Where not all queries see all keys: the values with 0 for what is not finite, and 1 for that in a matrix of zeros.
    apart: Option<(TensorView, TensorView)>,
    /// f32 `[Hq, 1, 1]`.
    sinks: Option<TensorView>,
}

/// `[rows, heads, d]` as f32 `[heads, rows, d]`, row-major.
fn by_head(cx: &Context<'_>, view: &TensorView) -> Result<TensorView> {
    cx.to(&view.transpose(0, 1)?, DType::F32)
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

impl Sequence<'_> {
    pub(super) fn run(self, cx: &Context<'_>) -> Result<()> {
        let (queries, keys, heads) = (self.out.dim(0), self.v.dim(0), self.out.dim(1));
        if queries == 0 {
            return Ok(());
        }
        if keys == 0 {
            return self.nothing(cx);
        }
        let sees_all = match &self.visible {
            Visible::All => true,
            // The last query sees every key.
            Visible::Causal { window } => queries == 1 && window.is_none_or(|window| window >= keys),
            Visible::Mask(_) => false,
        };
        let shared = self.shared(cx, sees_all)?;
        let step = (SCORES / (heads * keys)).clamp(1, queries);
        (0..queries).step_by(step).try_for_each(|first| self.some(cx, &shared, first, step.min(queries - first)))
    }

    /// Without keys nothing is seen.
    fn nothing(&self, cx: &Context<'_>) -> Result<()> {
        cx.put(&cx.zero_of(self.out.dtype())?.broadcast(*self.out.shape())?, &self.out)?;
        let Some(lse) = &self.lse else { return Ok(()) };
        let alone = match self.sinks {
            Some(sinks) => cx.to(sinks, DType::F32)?,
            None => cx.number(f32::NEG_INFINITY)?,
        };
        cx.put(&alone.broadcast(*lse.shape())?, lse)
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

    /// The queries from `first` on, `count` of them.
    fn some(&self, cx: &Context<'_>, shared: &Shared, first: usize, count: usize) -> Result<()> {
        let (q, heads, keys) = (cx.queue(), self.out.dim(1), self.v.dim(0));
        let mut scores = self.scores(cx, shared, first, count)?;
        let visible = match &shared.apart {
            Some(_) => self.visible(cx, first, count)?,
            None => None,
        };
        if let Some(visible) = &visible {
            scores = choose(cx, visible, &scores, &cx.number(f32::NEG_INFINITY)?)?;
        }
        let column = || cx.temp(DType::F32, [heads, count, 1]);
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
        let kv_heads = shared.values.dim(0);
        let weights = weights.reshape([kv_heads, heads / kv_heads * count, keys])?;
        let y = match (&shared.apart, &visible) {
            (Some((clean, flaws)), Some(visible)) => {
                // A weight of 0 does not silence NaN or infinity. Only where a query sees one, the product with all values counts.
                let seen = cx.to(&visible.reshape([1, count, keys])?.broadcast([kv_heads, count, keys])?, DType::F32)?;
                let (flaws, shape) = (product(cx, &seen, flaws)?, [kv_heads, heads / kv_heads, count, clean.dim(2)]);
                let flawed = cx.temp(DType::Bool, *flaws.shape())?;
                aclnnGtScalar(q, &flaws, Scalar::F32(0.5), &flawed)?;
                let flawed = flawed.reshape([kv_heads, 1, count, clean.dim(2)])?;
                let (all, clean) = (product(cx, &weights, &shared.values)?.reshape(shape)?, product(cx, &weights, clean)?.reshape(shape)?);
                choose(cx, &flawed, &all, &clean)?
            }
            _ => product(cx, &weights, &shared.values)?,
        };
        let y = y.reshape([heads, count, self.v.dim(2)])?;
        // The largest of the weights is 1; a sum of less is that of a row that sees nothing.
        let divisor = column()?;
        aclnnClamp(q, &sum, Some(Scalar::F32(f32::MIN_POSITIVE)), None, &divisor)?;
        aclnnDiv(q, &y, &divisor, &y)?;
        cx.put(&y, &self.out.narrow(0, first, count)?.transpose(0, 1)?)?;
        let Some(lse) = &self.lse else { return Ok(()) };
        aclnnLog(q, &sum, &sum)?;
        cx.add(&most, &sum, &sum)?;
        cx.put(&sum.reshape([heads, count])?, &lse.narrow(0, first, count)?.transpose(0, 1)?)
    }

    /// f32 `[Hq, count, L]`: scaled and capped.
    fn scores(&self, cx: &Context<'_>, shared: &Shared, first: usize, count: usize) -> Result<TensorView> {
        let (heads, keys) = (self.out.dim(1), self.v.dim(0));
        let mut sum: Option<TensorView> = None;
        for ((queries, _), k) in self.parts.iter().zip(&shared.keys) {
            let x = by_head(cx, &queries.narrow(0, first, count)?)?;
            let x = x.reshape([k.dim(0), heads / k.dim(0) * count, queries.dim(2)])?;
            let part = product(cx, &x, k)?.reshape([heads, count, keys])?;
            match &sum {
                Some(sum) => cx.add(sum, &part, sum)?,
                None => sum = Some(part),
            }
        }
        let scores = sum.map_or_else(|| cx.temp(DType::F32, [heads, count, keys]), Ok)?;
        cx.muls(&scores, self.scale, &scores)?;
        if let Some(cap) = self.softcap {
            aclnnDivs(cx.queue(), &scores, Scalar::F32(cap), &scores)?;
            aclnnTanh(cx.queue(), &scores, &scores)?;
            cx.muls(&scores, cap, &scores)?;
        }
        Ok(scores)
    }

    /// Bool `[count, L]`: which keys the queries from `first` on see.
    fn visible(&self, cx: &Context<'_>, first: usize, count: usize) -> Result<Option<TensorView>> {
        let (q, queries, keys) = (cx.queue(), self.out.dim(0), self.v.dim(0));
        let flags = || cx.temp(DType::Bool, [count, keys]);
        match &self.visible {
            Visible::All => Ok(None),
            Visible::Mask(mask) => {
                let out = flags()?;
                aclnnGtScalar(q, &cx.to(&mask.narrow(0, first, count)?, DType::F32)?, Scalar::F32(0.5), &out)?;
                Ok(Some(out))
            }
            Visible::Causal { window } => {
                let numbers = |n: usize| cx.to(&cx.iota(n)?, DType::F32);
                let distance = cx.temp(DType::F32, [count, keys])?;
                cx.sub(&numbers(keys)?.reshape([1, keys])?, &numbers(count)?.reshape([count, 1])?, &distance)?;
                // Key j less query i, both counted from 0 here, of the key at the query's own place.
                let own = (keys + first) as f32 - queries as f32;
                let up_to_own = flags()?;
                aclnnLtScalar(q, &distance, Scalar::F32(own + 0.5), &up_to_own)?;
                let Some(window) = window else { return Ok(Some(up_to_own)) };
                let (within, both) = (flags()?, flags()?);
                aclnnGtScalar(q, &distance, Scalar::F32(own - (*window).min(keys + queries) as f32 + 0.5), &within)?;
                aclnnBitwiseAndTensor(q, &up_to_own, &within, &both)?;
                Ok(Some(both))
            }
        }
    }
}
