//! Matrix products: what dense, grouped and fused products share.
//!
//! A [`Product`] is `x @ weight[e]` with scales and bias, read from the call's own memory: `x` row-major in its storage type, weights `[K, N]` or `[N, K]`, plain
//! or quantised. [`tiles`] cuts an output into tiles and runs a function on each of them in parallel; in there [`Product::tile`] gives the tile's values.
//!
//! Inside a tile both operands are converted to f32 while they are packed ([`pack`]), one block of `K` after the other, and one kernel multiplies the blocks
//! ([`kernel`]). Every element is one chain of multiply-adds over rising `k`: its bits depend neither on the tile it falls into nor on other rows.
//! Integer products use the same kernel: within a block of `K` all sums are below 2^24, where f32 is exact, and blocks are added up in i32.

mod kernel;
mod pack;

use std::ops::Range;

use ascend_hal::host::{HostAccess, Read};
use ascend_hal::ops::{Group, Weight};
use ascend_hal::{DType, Error, OpKind, Result, TensorView, bf16, f16};
use rayon::prelude::*;

use crate::context::Context;
use crate::isa::Isa;
use crate::scratch::Scratch;
use kernel::{Block, NR, multiply};

/// Rows of `K` that are packed at a time. 128 * 128 * KC < 2^24, so integer blocks are exact in f32.
const KC: usize = 256;
/// Rows of a tile: a multiple of the kernel's rows.
const MC: usize = 96;
/// Columns of a tile.
const NC: usize = 128;

/// Elements of an argument in its storage type, for as long as the call's locks are held.
pub(crate) enum Held<'v> {
    F32(Read<'v, f32>),
    F16(Read<'v, f16>),
    BF16(Read<'v, bf16>),
    I8(Read<'v, i8>),
    I4(Read<'v, u8>),
}

impl<'v> Held<'v> {
    /// Reads an argument of the call that `access` has locked.
    pub(crate) fn read(op: OpKind, access: &'v HostAccess<'_>, view: &'v TensorView) -> Result<Self> {
        Ok(match view.dtype() {
            DType::F32 => Self::F32(access.read(view)?),
            DType::F16 => Self::F16(access.read(view)?),
            DType::BF16 => Self::BF16(access.read(view)?),
            DType::I8 => Self::I8(access.read(view)?),
            DType::I4 => Self::I4(access.read(view)?),
            found => return Err(Error::DType { op, argument: "(kernel access)", asked: "a matrix operand".into(), found }),
        })
    }

    fn codes(&self) -> Codes<'_> {
        match self {
            Self::F32(x) => Codes::F32(x),
            Self::F16(x) => Codes::F16(x),
            Self::BF16(x) => Codes::BF16(x),
            Self::I8(x) => Codes::I8(x),
            Self::I4(x) => Codes::I4(x),
        }
    }
}

/// Row-major elements in their storage type.
#[derive(Clone, Copy)]
enum Codes<'a> {
    F32(&'a [f32]),
    F16(&'a [f16]),
    BF16(&'a [bf16]),
    I8(&'a [i8]),
    I4(&'a [u8]),
}

/// How a weight's data lies in memory, decided before the call's arguments are locked.
///
/// A contiguous `[.., N, K]` storage behind a transposed view is read in place; any other view as [`HostAccess`] gives it, row-major.
pub(crate) struct Stored {
    /// The view to lock and read instead of the weight's own.
    pub(crate) view: TensorView,
    transposed: bool,
}

impl Stored {
    pub(crate) fn of(data: &TensorView) -> Self {
        match data.t() {
            Ok(t) if t.is_contiguous() && !data.is_contiguous() => Self { view: t, transposed: true },
            _ => Self { view: data.clone(), transposed: false },
        }
    }
}

/// The matrices of a [`Weight`], `[E, K, N]` or one, in host memory.
pub(crate) struct Weights<'v> {
    data: Held<'v>,
    transposed: bool,
    k: usize,
    n: usize,
    quant: Option<Quant<'v>>,
}

struct Quant<'v> {
    scale: Vec<f32>,
    zero: Option<Read<'v, i8>>,
    /// Rows of `K` in a group; never 0.
    group: usize,
    groups: usize,
}

impl<'v> Weights<'v> {
    /// Reads `weight`, of which `stored.view`, the scale and the zero are among the locked arguments.
    pub(crate) fn read(op: OpKind, access: &'v HostAccess<'_>, weight: &'v Weight, stored: &'v Stored) -> Result<Self> {
        let rank = weight.data.rank();
        let (k, n) = (weight.data.dim(rank.wrapping_sub(2)), weight.data.dim(rank.wrapping_sub(1)));
        let quant = match &weight.quant {
            None => None,
            Some(q) => Some(Quant {
                scale: access.read_f32(&q.scale)?,
                zero: q.zero.as_ref().map(|zero| access.read::<i8>(zero)).transpose()?,
                group: if q.group == 0 { k.max(1) } else { q.group },
                groups: q.groups(k),
            }),
        };
        Ok(Self { data: Held::read(op, access, &stored.view)?, transposed: stored.transposed, k, n, quant })
    }

    /// The scales of the columns of matrix `e`, when there is one group.
    fn channel_scales(&self, e: usize) -> Option<&[f32]> {
        self.quant.as_ref().map(|q| &q.scale[e * self.n..][..self.n])
    }
}

/// A bias, one row of `N` for each matrix (or one for all).
pub(crate) enum Bias {
    None,
    Float { values: Vec<f32>, per_matrix: bool },
    Int { values: Vec<i32>, per_matrix: bool },
}

impl Bias {
    /// Reads `[N]` or `[E, N]`.
    pub(crate) fn read(access: &HostAccess<'_>, bias: Option<&TensorView>) -> Result<Self> {
        let Some(view) = bias else { return Ok(Self::None) };
        let per_matrix = view.rank() > 1;
        Ok(match view.dtype() {
            DType::I32 => Self::Int { values: access.read::<i32>(view)?.to_vec(), per_matrix },
            _ => Self::Float { values: access.read_f32(view)?, per_matrix },
        })
    }

    fn row<T>(values: &[T], per_matrix: bool, e: usize, n: usize) -> &[T] {
        &values[if per_matrix { e * n } else { 0 }..][..n]
    }
}

/// `x @ weight[e]` with its scales and bias.
pub(crate) struct Product<'v> {
    /// `[rows, K]`.
    pub(crate) x: Held<'v>,
    /// The matrices.
    pub(crate) weights: Weights<'v>,
    /// A scale for each row of an i8 `x`.
    pub(crate) x_scale: Option<Vec<f32>>,
    /// The bias.
    pub(crate) bias: Bias,
    /// What to compute with.
    pub(crate) isa: Isa,
}

/// Working memory of one tile.
pub(crate) struct Memory<'a> {
    a: Scratch<'a, f32>,
    b: Scratch<'a, f32>,
    c: Scratch<'a, f32>,
    /// The first of two products of one tile.
    kept: Scratch<'a, f32>,
    sums: Scratch<'a, i32>,
}

impl<'a> Memory<'a> {
    fn take(cx: &'a Context<'_>, rows: usize, cols: usize) -> Result<Self> {
        let pitch = cols.next_multiple_of(NR);
        Ok(Self {
            a: cx.scratch(rows * KC)?,
            b: cx.scratch(pitch * KC)?,
            c: cx.scratch(rows * pitch)?,
            kept: cx.scratch(rows * pitch)?,
            sums: cx.scratch(rows * pitch)?,
        })
    }
}

/// Values of a tile: rows one after the other, each padded to `pitch`.
#[derive(Clone, Copy)]
pub(crate) struct Values<'a, T> {
    data: &'a [T],
    pitch: usize,
    cols: usize,
}

impl<'a, T> Values<'a, T> {
    /// Row `i` of the tile.
    pub(crate) fn row(&self, i: usize) -> &'a [T] {
        &self.data[i * self.pitch..][..self.cols]
    }
}

impl Product<'_> {
    /// Rows `rows` of `x` times columns `cols` of matrix `e`, with scales and bias, in f32.
    pub(crate) fn tile<'s>(&self, s: &'s mut Memory<'_>, e: usize, rows: Range<usize>, cols: Range<usize>) -> Values<'s, f32> {
        let (n, pitch) = (self.weights.n, cols.len().next_multiple_of(NR));
        if matches!(self.x, Held::I8(_)) {
            self.sum(s, e, rows.clone(), cols.clone());
            let scales = self.weights.channel_scales(e).map(|scale| &scale[cols.clone()]);
            for (i, row) in rows.clone().enumerate() {
                let x_scale = self.x_scale.as_ref().map_or(1.0, |scale| scale[row]);
                for (j, (c, &sum)) in s.c[i * pitch..][..cols.len()].iter_mut().zip(&s.sums[i * pitch..]).enumerate() {
                    *c = sum as f32 * scales.map_or(1.0, |scale| scale[j]) * x_scale;
                }
            }
        } else {
            self.accumulate(s, e, rows.clone(), cols.clone(), false);
        }
        if let Bias::Float { values, per_matrix } = &self.bias {
            let bias = &Bias::row(values, *per_matrix, e, n)[cols.clone()];
            for c in s.c[..rows.len() * pitch].chunks_exact_mut(pitch) {
                for (c, b) in c.iter_mut().zip(bias) {
                    *c += b;
                }
            }
        }
        Values { data: &s.c, pitch, cols: cols.len() }
    }

    /// Rows `rows` of an i8 `x` times columns `cols` of matrix `e`: the exact sums, with an integer bias.
    pub(crate) fn tile_i32<'s>(&self, s: &'s mut Memory<'_>, e: usize, rows: Range<usize>, cols: Range<usize>) -> Values<'s, i32> {
        let pitch = cols.len().next_multiple_of(NR);
        self.sum(s, e, rows, cols.clone());
        Values { data: &s.sums, pitch, cols: cols.len() }
    }

    /// [`tile`](Self::tile) of two sets of as many columns.
    pub(crate) fn pair<'s>(
        &self,
        s: &'s mut Memory<'_>,
        e: usize,
        rows: Range<usize>,
        first: Range<usize>,
        second: Range<usize>,
    ) -> (Values<'s, f32>, Values<'s, f32>) {
        self.tile(s, e, rows.clone(), first);
        std::mem::swap(&mut s.c, &mut s.kept);
        let (pitch, cols) = (second.len().next_multiple_of(NR), second.len());
        self.tile(s, e, rows, second);
        (Values { data: &s.kept, pitch, cols }, Values { data: &s.c, pitch, cols })
    }

    /// Leaves the integer sums in `s.sums`.
    fn sum(&self, s: &mut Memory<'_>, e: usize, rows: Range<usize>, cols: Range<usize>) {
        let (m, pitch) = (rows.len(), cols.len().next_multiple_of(NR));
        self.accumulate(s, e, rows, cols.clone(), true);
        if let Bias::Int { values, per_matrix } = &self.bias {
            let bias = &Bias::row(values, *per_matrix, e, self.weights.n)[cols.clone()];
            for sums in s.sums[..m * pitch].chunks_exact_mut(pitch) {
                for (sum, &b) in sums.iter_mut().zip(bias) {
                    *sum = sum.saturating_add(b);
                }
            }
        }
    }

    /// Leaves the tile's sums in `s.c`, or block-wise exact in `s.sums`.
    fn accumulate(&self, s: &mut Memory<'_>, e: usize, rows: Range<usize>, cols: Range<usize>, exact: bool) {
        let (m, pitch) = (rows.len(), cols.len().next_multiple_of(NR));
        s.c[..m * pitch].fill(0.0);
        if exact {
            s.sums[..m * pitch].fill(0);
        }
        let (x, k) = (self.x.codes(), self.weights.k);
        for start in (0..k).step_by(KC) {
            let block = start..(start + KC).min(k);
            let depth = block.len();
            if exact {
                s.c[..m * pitch].fill(0.0);
            }
            multiply(
                self.isa,
                Block {
                    x,
                    weights: &self.weights,
                    matrix: e,
                    rows: rows.clone(),
                    ks: block,
                    cols: cols.clone(),
                    raw: exact,
                    a: &mut s.a[..m * depth],
                    b: &mut s.b[..pitch * depth],
                    c: &mut s.c[..m * pitch],
                    pitch,
                },
            );
            if exact {
                for (sum, &c) in s.sums[..m * pitch].iter_mut().zip(&s.c[..]) {
                    *sum += c as i32;
                }
            }
        }
    }
}

/// A block of an output that belongs to one matrix.
pub(crate) struct Tile<'a, T> {
    /// The matrix.
    pub(crate) expert: usize,
    /// Rows of the output.
    pub(crate) rows: Range<usize>,
    /// Columns of the output.
    pub(crate) cols: Range<usize>,
    /// The tile's part of each of its rows.
    pub(crate) y: Vec<&'a mut [T]>,
}

/// Cuts the rows of `groups` in `y: [.., N]` into tiles and runs `f` on all of them in parallel. Rows outside of the groups are not touched. `f` may not start parallel work itself.
pub(crate) fn tiles<T: Send>(
    cx: &Context<'_>,
    y: &mut [T],
    n: usize,
    groups: &[Group],
    f: impl Fn(&mut Memory<'_>, Tile<'_, T>) + Sync,
) -> Result<()> {
    if n == 0 || y.is_empty() {
        return Ok(());
    }
    let mut all: Vec<Tile<'_, T>> = Vec::new();
    let mut rest = y.chunks_mut(n).enumerate();
    for group in groups {
        for start in group.rows.clone().step_by(MC) {
            let rows = start..(start + MC).min(group.rows.end);
            let first = all.len();
            all.extend((0..n).step_by(NC).map(|col| Tile {
                expert: group.expert,
                rows: rows.clone(),
                cols: col..(col + NC).min(n),
                y: Vec::with_capacity(rows.len()),
            }));
            for (_, row) in rest.by_ref().skip_while(|(r, _)| *r < start).take(rows.len()) {
                for (tile, part) in all[first..].iter_mut().zip(row.chunks_mut(NC)) {
                    tile.y.push(part);
                }
            }
        }
    }
    cx.install(|| {
        all.into_par_iter().try_for_each(|tile| {
            f(&mut Memory::take(cx, tile.rows.len(), tile.cols.len())?, tile);
            Ok(())
        })
    })
}
