//! Queries in the form that they are multiplied in, and their products with keys.

use std::ops::Range;

use ascend_hal::Result;

use super::pack::{Ahead, Pair, Single};
use super::tile::{Matrix, MatrixMut, WIDTH};
#[cfg(target_arch = "x86_64")]
use super::unit;
use super::{Flash, Item, Partial, few, pack, tile};
use crate::context::Context;
use crate::isa::Isa;
use crate::scratch::Scratch;
use crate::simd::{Lane, convert};

/// An item's queries in the form that they are multiplied in.
pub(super) enum Queries<'a> {
    /// Rows of f32.
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
        let (d, places) = (flash.d(), flash.places(item));
        let mut q = cx.scratch::<f32>(places.clone().count() * d)?;
        for (q, (t, head)) in q.chunks_exact_mut(d).zip(places) {
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
        let d = self.d();
        let (q, products) = (Matrix { data: q, stride: d }, MatrixMut { data: scores, stride: WIDTH });
        if few && self.k[1].width == 0 && few::in_pairs(self.k[0]) {
            let k = &mut k[..d / 2 * WIDTH];
            pack::columns::<_, Pair>(isa, self.k[0], head, places, ahead, k);
            few::product(isa, rows, q, k, products);
        } else {
            let (first, second) = k.split_at_mut(self.k[0].width * WIDTH);
            pack::columns::<_, Single>(isa, self.k[0], head, places, ahead, first);
            pack::columns::<_, Single>(isa, self.k[1], head, places, ahead, second);
            tile::product(isa, rows, q, k, products, None);
        }
    }
}
