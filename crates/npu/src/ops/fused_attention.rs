//! aclnnFusedInferAttentionScore, version 4 or 3: what attention and latent attention share of it.

use std::ffi::CStr;

use ascend_hal::ops::Lengths;
use ascend_hal::{DType, Dims, Result, TensorView};

use super::init_routing::choose;
use super::only;
use crate::context::Context;
use crate::raw::Scalar;
use crate::raw::operators::*;

/// The types that the kernels of A2 take.
pub(super) const HALVES: &[DType] = &[DType::F16, DType::BF16];

/// Which keys the operator is told that queries see.
#[derive(Clone, Copy)]
pub(super) enum Sees {
    All,
    /// Bottom-right aligned.
    Causal,
    /// As many keys, the query's own place included.
    Window(usize),
}

/// One call of the operator.
pub(super) struct Fused<'a> {
    pub(super) layout: &'static CStr,
    pub(super) q: TensorView,
    pub(super) k: TensorView,
    pub(super) v: TensorView,
    pub(super) rope: Option<(TensorView, TensorView)>,
    pub(super) heads: usize,
    pub(super) kv_heads: usize,
    /// Ends of the sequences where queries are packed.
    pub(super) q_lens: Vec<i64>,
    /// The same of packed keys; each sequence's own number where they are in pages.
    pub(super) kv_lens: Vec<i64>,
    /// The table, and how many tokens a page has.
    pub(super) pages: Option<(&'a TensorView, usize)>,
    pub(super) sinks: Option<&'a TensorView>,
    pub(super) scale: f32,
    pub(super) sees: Sees,
    pub(super) out: TensorView,
    /// Where logarithms go, f32, in the order of the operator's: `[sum S, Hq]` where queries are packed, else `[B, Hq, S]`.
    pub(super) lse: Option<TensorView>,
}

impl Fused<'_> {
    pub(super) fn run(&self, cx: &Context<'_>) -> Result<()> {
        /// Modes of `sparseMode`.
        const ALL: i64 = 0;
        const BOTTOM_RIGHT: i64 = 3;
        const BAND: i64 = 4;
        /// No limit on how far a query sees.
        const FAR: i64 = 2_147_483_647;
        let (sparse, before, after) = match self.sees {
            Sees::All => (ALL, FAR, FAR),
            Sees::Causal => (BOTTOM_RIGHT, FAR, 0),
            // The operator does not count the query's own place.
            Sees::Window(keys) => (BAND, i64::try_from(keys).unwrap_or(FAR).min(FAR) - 1, 0),
        };
        let mask = if sparse == ALL { None } else { Some(triangle(cx)?) };
        let (q, mask, scale) = (cx.queue(), mask.as_ref(), f64::from(self.scale));
        let (k, v) = (&[&self.k][..], &[&self.v][..]);
        let (q_rope, k_rope) = (self.rope.as_ref().map(|(q, _)| q), self.rope.as_ref().map(|(_, k)| k));
        let (q_lens, kv_lens) = (Some(&*self.q_lens), Some(&*self.kv_lens));
        let (table, block) = (self.pages.map(|(table, _)| table), self.pages.map_or(0, |(_, size)| size as i64));
        let (heads, kv_heads) = (self.heads as i64, self.kv_heads as i64);
        // There is a place for it also where it is not asked for.
        let place = cx.temp(DType::F32, self.lse.as_ref().map_or(Dims::new(&[1])?, |lse| *lse.shape()))?;
        let with_lse = self.lse.is_some();
        let lse = if with_lse { place.reshape(Dims::new(&[&place.shape()[..], &[1]].concat())?)? } else { place.clone() };
        // Null stands for quantisation, padding and shared prefixes, 0 for their modes. Version 4 has more between the rope parts and the numbers, and a mode more.
        macro_rules! call {
            ($operator:ident, [$($tensors:expr),*], [$($mode:expr),*]) => {
                $operator(
                    q, &self.q, k, v, None, mask, q_lens, kv_lens, None, None, None, None, None, None, None, table, None, None, None, None, None, None, None,
                    None, None, q_rope, k_rope, None, $($tensors,)* heads, scale, before, after, self.layout, kv_heads, sparse, 0, block, 0, with_lse, 0, 0,
                    $($mode,)* &self.out, &lse,
                )
            };
        }
        if cx.has("aclnnFusedInferAttentionScoreV4") {
            call!(aclnnFusedInferAttentionScoreV4, [None, self.sinks], [0])?;
        } else {
            call!(aclnnFusedInferAttentionScoreV3, [], [])?;
        }
        self.lse.as_ref().map_or(Ok(()), |lse| put_lse(cx, &place, lse))
    }
}

/// The mask from which the operator takes what it needs, whatever the lengths: true, which hides, above the diagonal.
fn triangle(cx: &Context<'_>) -> Result<TensorView> {
    const SIZE: usize = 2048;
    cx.constant("attention triangle".into(), DType::Bool, [SIZE, SIZE], || {
        (0..SIZE * SIZE).map(|i| u8::from(i % SIZE > i / SIZE)).collect()
    })
}

/// The operator's logarithms, of which +inf says that a row sees nothing, as `to` wants them.
fn put_lse(cx: &Context<'_>, from: &TensorView, to: &TensorView) -> Result<()> {
    let nothing = cx.temp(DType::Bool, *from.shape())?;
    aclnnGtScalar(cx.queue(), from, Scalar::F32(f32::MAX), &nothing)?;
    let minus = cx.number(f32::NEG_INFINITY)?.broadcast(*from.shape())?;
    cx.put(&choose(cx, &nothing, &minus, from)?, to)
}

/// Queries and keys of each sequence, which the operator wants to have on the host.
pub(super) fn known(q: &Lengths, kv: &Lengths) -> Result<Vec<(i64, i64)>, String> {
    match (&q.host, &kv.host) {
        (Some(q), Some(kv)) => {
            let counts = |sums: &[i32]| sums.windows(2).map(|pair| i64::from(pair[1]) - i64::from(pair[0])).collect::<Vec<_>>();
            Ok(counts(q).into_iter().zip(counts(kv)).collect())
        }
        _ => Err("the lengths are not on the host".into()),
    }
}

/// The ends of sequences: running sums without the leading 0.
pub(super) fn ends(lens: &Lengths) -> Vec<i64> {
    lens.host.iter().flat_map(|host| host.iter().skip(1)).map(|&end| i64::from(end)).collect()
}

/// What must hold of lengths that CANN is handed; the rows there are of queries, and of keys or in their tables.
pub(super) fn fit(lens: &[(i64, i64)], rows: usize, keys: usize, paged: bool) -> Result<(), String> {
    const MOST: usize = 65_536;
    let sum = |of: fn(&(i64, i64)) -> i64| lens.iter().map(of).sum::<i64>();
    let rising = lens.iter().all(|&(s, l)| s >= 0 && l >= 0);
    let keys_fit = if paged { lens.iter().all(|&(_, l)| l as usize <= keys) } else { sum(|l| l.1) as usize <= keys };
    only(rising && lens.len() <= MOST && sum(|l| l.0) as usize <= rows && keys_fit, "lengths that do not fit, or too many sequences")?;
    only(sum(|l| l.0) > 0 && sum(|l| l.1) > 0, "no queries, or no keys")
}

/// The vendor's limits on pages of a cache: single queries take small ones.
pub(super) fn page_fits(size: usize, single: bool) -> Result<(), String> {
    only(size > 0 && size <= 1024 && size.is_multiple_of(if single { 16 } else { 128 }), "pages of a size that the operator does not take")
}
