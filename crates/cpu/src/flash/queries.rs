//! Queries in the form that they are multiplied in, and their products with keys.

use std::ops::Range;

use ascend_hal::Result;

use super::pack::Ahead;
use super::tile::{Matrix, MatrixMut, WIDTH};
use super::{Flash, Item, Partial, few, pack, tile};
#[cfg(target_arch = "x86_64")]
use super::{dot, unit};
use crate::context::Context;
use crate::isa::Isa;
use crate::scratch::Scratch;
use crate::simd::{Lane, convert};

/// An item's queries in the form that they are multiplied in.
pub(super) enum Queries<'a> {
    /// Rows of f32, or of words that are pairs of bf16 where these are multiplied by [`dot`].
    Wide(Scratch<'a, f32>),
    #[cfg(target_arch = "x86_64")]
    Tiles(unit::Tiles<'a>),
}

impl<'a> Queries<'a> {
    pub(super) fn arrange<T: Lane>(flash: &Flash<'_, T>, cx: &'a Context<'_>, item: &Item<'_, T>) -> Result<Self> {
        #[cfg(target_arch = "x86_64")]
        if unit::is_used::<T>(cx.isa()) {
            return Ok(Self::Tiles(unit::Tiles::arrange(flash, cx, item)?));
        }
        let (d, places) = (flash.row_words(cx.isa()), flash.places(item));
        let mut q = cx.scratch::<f32>(places.clone().count() * d)?;
        for (q, (t, head)) in q.chunks_exact_mut(d).zip(places) {
            #[cfg(target_arch = "x86_64")]
            if dot::is_used::<T>(cx.isa()) {
                dot::arrange(flash.q.each_ref().map(|part| if part.width > 0 { part.row(t, head) } else { &[] }), q);
                continue;
            }
            let (first, second) = q.split_at_mut(flash.q[0].width);
            convert::widen(cx.isa(), flash.q[0].row(t, head), first);
            convert::widen(cx.isa(), flash.q[1].row(t, head), second);
        }
        Ok(Self::Wide(q))
    }

    /// Rows that a key/value head of `rows` rows has in partial results.
    pub(super) fn rows(&self, rows: usize) -> usize {
        match self {
            Self::Wide(_) => rows,
            #[cfg(target_arch = "x86_64")]
            Self::Tiles(tiles) => tiles.rows(),
        }
    }

    pub(super) fn split<'p, T: Lane>(
        &self,
        flash: &Flash<'_, T>,
        cx: &'p Context<'_>,
        item: &Item<'_, T>,
        keys: Range<usize>,
    ) -> Result<Partial<'p>> {
        match self {
            Self::Wide(q) => flash.split(cx, item, q, keys),
            #[cfg(target_arch = "x86_64")]
            Self::Tiles(tiles) => flash.split_on_unit(cx, item, tiles, keys),
        }
    }
}

impl<T: Lane> Flash<'_, T> {
    /// Words of a row of queries that scores are computed from, and of a key in a panel.
    pub(super) fn row_words(&self, isa: Isa) -> usize {
        #[cfg(target_arch = "x86_64")]
        if dot::is_used::<T>(isa) {
            return dot::words(&self.k);
        }
        let _ = isa;
        self.d()
    }

    /// Products of `rows` queries with the keys of a block: rows `places` of a head. `k` has room for a panel of keys.
    #[allow(clippy::too_many_arguments, reason = "a part of one loop's body")]
    pub(super) fn scores(
        &self,
        isa: Isa,
        few: bool,
        (head, places): (usize, &[usize]),
        ahead: Ahead<'_>,
        (rows, q): (usize, &[f32]),
        k: &mut [f32],
        scores: &mut [f32],
    ) {
        #[cfg(target_arch = "x86_64")]
        if dot::is_used::<T>(isa) {
            #[allow(unsafe_code, reason = "the call of a kernel")]
            // SAFETY: the instruction set is the one that it is for, and so are the elements.
            return unsafe { dot::scores(&self.k, head, places, ahead, (rows, q), k, scores) };
        }
        let d = self.d();
        let (q, products) = (Matrix { data: q, stride: d }, MatrixMut { data: scores, stride: WIDTH });
        if few && self.k[1].width == 0 && few::in_pairs(self.k[0]) {
            let k = &mut k[..d / 2 * WIDTH];
            few::pairs(isa, self.k[0], head, places, ahead, k);
            few::product(isa, rows, q, k, products);
        } else {
            let (first, second) = k.split_at_mut(self.k[0].width * WIDTH);
            pack::columns(isa, self.k[0], head, places, ahead, first);
            pack::columns(isa, self.k[1], head, places, ahead, second);
            tile::product(isa, rows, q, k, products, None);
        }
    }
}
