//! Attention over sequences whose lengths only the device knows. The host waits for nothing, so that a capture can record it and a replay finds other lengths.

use ascend_hal::ops::Lengths;
use ascend_hal::{DType, Result, TensorView};

use super::attend::{Between, SCORES, Sequences, Visible, nothing, with_one};
use super::init_routing::select;
use super::only;
use super::rows::Owners;
use crate::context::Context;
use crate::raw::Scalar;
use crate::raw::operators::*;

/// Whole numbers up to here are exact in f32, in which rows are counted.
const ROWS: usize = 1 << 24;

/// Whether the rows of queries, and of a sequence's keys, are few enough to be counted.
pub(super) fn countable_rows(q: &TensorView, k: &TensorView, table: Option<&TensorView>) -> Result<(), String> {
    let keys = table.map_or(k.dim(0), |table| table.dim(1).saturating_mul(k.dim(1)));
    only(q.dim(0) <= ROWS && keys <= ROWS, "more than 2^24 rows")
}

/// One call.
pub(super) struct OnDevice<'a> {
    pub(super) q_lens: &'a Lengths,
    pub(super) kv_lens: &'a Lengths,
    /// Queries `[T, Hq, D]`, and keys `[rows, Hk, D]` one sequence behind the other, or `[pages, P, Hk, D]` where there is a table. The scores of all parts are added.
    pub(super) parts: Vec<(TensorView, TensorView)>,
    /// `[rows, Hv, Dv]` or `[pages, P, Hv, Dv]`.
    pub(super) v: TensorView,
    /// `[B, max_pages]`.
    pub(super) table: Option<&'a TensorView>,
    pub(super) scale: f32,
    pub(super) softcap: Option<f32>,
    pub(super) sinks: Option<&'a TensorView>,
    /// Bottom-right aligned; not with a mask.
    pub(super) causal: bool,
    pub(super) window: Option<usize>,
    /// `[T, max L]`.
    pub(super) mask: Option<&'a TensorView>,
    /// `[T, Hq, Dv]`.
    pub(super) out: &'a TensorView,
    /// `[T, Hq]`.
    pub(super) lse: Option<&'a TensorView>,
}

/// What is known of each query, f32 `[T, 1]`: the first and the last of the keys of its sequence that it may see, counted from the sequence's first; and
/// which row of the keys that is where they are packed.
struct Places {
    first: TensorView,
    last: TensorView,
    start: TensorView,
}

impl Places {
    fn of(cx: &Context<'_>, op: &OnDevice<'_>, owners: &Owners) -> Result<Self> {
        let (q, t, b) = (cx.queue(), op.out.dim(0), op.q_lens.sequences());
        let sums = |lens: &Lengths| cx.to(&lens.cumulative, DType::F32)?.reshape([b + 1, 1]);
        let (q_sums, kv_sums) = (sums(op.q_lens)?, sums(op.kv_lens)?);
        let less = |x: &TensorView, y: &TensorView| {
            let out = cx.temp(DType::F32, *x.shape())?;
            cx.sub(x, y, &out).map(|()| out)
        };
        let (starts, q_ends) = (kv_sums.narrow(0, 0, b)?, q_sums.narrow(0, 1, b)?);
        let lens = less(&kv_sums.narrow(0, 1, b)?, &starts)?;
        let last = owners.rows_of(cx, &lens)?;
        cx.adds(&last, -1., &last)?;
        let first = cx.temp(DType::F32, [t, 1])?;
        cx.zero(&first)?;
        if op.causal {
            // Query row r of a sequence of L keys whose queries end before row e stands at L - e + r.
            let place = owners.rows_of(cx, &less(&lens, &q_ends)?)?;
            cx.add(&place, &cx.to(&cx.iota(t)?, DType::F32)?.reshape([t, 1])?, &place)?;
            aclnnMinimum(q, &last, &place, &last)?;
            if let Some(window) = op.window {
                cx.adds(&place, 1. - window.min(ROWS) as f32, &place)?;
                aclnnMaximum(q, &first, &place, &first)?;
            }
        }
        Ok(Self { first, last, start: owners.rows_of(cx, &starts)? })
    }

    /// What the queries from row `at` on see, `count` of them, where the first key of their sequence is row `start` of the keys.
    fn between(&self, cx: &Context<'_>, op: &OnDevice<'_>, start: &TensorView, at: usize, count: usize) -> Result<Visible> {
        let shifted = |view: &TensorView| {
            let out = cx.temp(DType::F32, [count, 1])?;
            cx.add(&view.narrow(0, at, count)?, start, &out).map(|()| out)
        };
        // A mask without columns is one for sequences without keys.
        let mask = op.mask.filter(|mask| mask.dim(1) > 0).map(|mask| mask.narrow(0, at, count)).transpose()?;
        let mask = mask.map(|mask| (mask, start.clone()));
        Ok(Visible::Between(Box::new(Between { first: shifted(&self.first)?, last: shifted(&self.last)?, mask })))
    }
}

/// The pages that the rows of the table name, one row behind the other; those that no sequence has may be any.
fn pages_of(cx: &Context<'_>, table: &TensorView, pages: usize) -> Result<TensorView> {
    let ids = cx.to(table, DType::I64)?;
    aclnnClamp(cx.queue(), &ids, Some(Scalar::I64(0)), Some(Scalar::I64(pages as i64 - 1)), &ids)?;
    Ok(ids)
}

/// The rows of those pages: `cache: [pages, P, heads, d]` and `ids: [n, max_pages]` give `[n, max_pages * P, heads, d]`.
fn slots_of(cx: &Context<'_>, cache: &TensorView, ids: &TensorView) -> Result<TensorView> {
    let found = select(cx, cache, &ids.reshape([ids.numel()])?)?;
    found.reshape([ids.dim(0), ids.dim(1) * cache.dim(1), cache.dim(2), cache.dim(3)])
}

impl OnDevice<'_> {
    pub(super) fn run(&self, cx: &Context<'_>) -> Result<()> {
        let (t, b) = (self.out.dim(0), self.q_lens.sequences());
        if b == 0 {
            return Ok(());
        }
        let owners = Owners::of(cx, &cx.to(&self.q_lens.cumulative.narrow(0, 1, b)?, DType::I64)?, t)?;
        // Rows behind the last sequence are to stay as they are.
        let out = cx.temp(self.out.dtype(), *self.out.shape())?;
        let lse = self.lse.map(|lse| cx.temp(DType::F32, *lse.shape())).transpose()?;
        let (pages, most) = match self.table {
            Some(table) => (self.v.dim(0), table.dim(1) * self.v.dim(1)),
            None => (1, self.v.dim(0)),
        };
        if pages == 0 || most == 0 {
            nothing(cx, self.sinks, &out, lse.as_ref())?;
        } else {
            let places = Places::of(cx, self, &owners)?;
            match self.table {
                None => self.packed(cx, &places, &places.start, |keys| with_one(keys, 0), &out, lse.as_ref())?,
                // As many queries as sequences: each has its own keys. Of more, several share theirs.
                Some(table) if t <= b || b.saturating_mul(most) > ROWS => {
                    self.each(cx, &places, &owners, &pages_of(cx, table, pages)?, most, &out, lse.as_ref())?;
                }
                Some(table) => {
                    let ids = pages_of(cx, table, pages)?.reshape([1, table.numel()])?;
                    let start = cx.to(&owners.entry, DType::F32)?.reshape([t, 1])?;
                    cx.muls(&start, most as f32, &start)?;
                    self.packed(cx, &places, &start, |keys| slots_of(cx, keys, &ids), &out, lse.as_ref())?;
                }
            }
        }
        owners.put(cx, &out, self.out)?;
        match (&lse, self.lse) {
            (Some(lse), Some(to)) => owners.put(cx, lse, to),
            _ => Ok(()),
        }
    }

    /// All queries against the keys of all sequences, which `rows` gives as `[1, L, heads, d]`.
    fn packed(
        &self,
        cx: &Context<'_>,
        places: &Places,
        start: &TensorView,
        rows: impl Fn(&TensorView) -> Result<TensorView>,
        out: &TensorView,
        lse: Option<&TensorView>,
    ) -> Result<()> {
        let one = |view: &TensorView| with_one(view, 0);
        let parts = self.parts.iter().map(|(q, k)| Ok((one(q)?, rows(k)?))).collect::<Result<_>>()?;
        let sequences = Sequences {
            parts,
            v: rows(&self.v)?,
            scale: self.scale,
            softcap: self.softcap,
            sinks: self.sinks,
            visible: places.between(cx, self, start, 0, out.dim(0))?,
            out: one(out)?,
            lse: lse.map(one).transpose()?,
        };
        sequences.run(cx)
    }

    /// Each query against the keys of its own sequence, of which there are up to `most`; some queries at a time.
    #[expect(clippy::too_many_arguments, reason = "what was prepared for all queries")]
    fn each(
        &self,
        cx: &Context<'_>,
        places: &Places,
        owners: &Owners,
        pages: &TensorView,
        most: usize,
        out: &TensorView,
        lse: Option<&TensorView>,
    ) -> Result<()> {
        let widths = self.parts.iter().map(|(_, k)| k).chain([&self.v]).map(|view| view.dim(2) * view.dim(3));
        let elements = most * (widths.sum::<usize>() + out.dim(1));
        let (t, step) = (out.dim(0), (SCORES / elements.max(1)).max(1));
        for at in (0..t).step_by(step) {
            let count = step.min(t - at);
            let one = |view: &TensorView| with_one(&view.narrow(0, at, count)?, 1);
            let ids = select(cx, pages, &owners.entry.narrow(0, at, count)?)?;
            let parts = self.parts.iter().map(|(q, k)| Ok((one(q)?, slots_of(cx, k, &ids)?))).collect::<Result<_>>()?;
            let sequences = Sequences {
                parts,
                v: slots_of(cx, &self.v, &ids)?,
                scale: self.scale,
                softcap: self.softcap,
                sinks: self.sinks,
                visible: places.between(cx, self, &cx.number(0.)?.broadcast([count, 1])?, at, count)?,
                out: one(out)?,
                lse: lse.map(one).transpose()?,
            };
            sequences.run(cx)?;
        }
        Ok(())
    }
}
