//! Dense products with integer weights in small groups, whose codes stay packed until they are in registers: what a decode step of a 4-bit model is made of.
//!
//! Rows of `K` are cut into *blocks* of [`BLOCK`] that lie within one group; a shorter piece is filled up with zeros. For each block `b` and column `n`
//!
//! `y[m, n] += scale[b, n] * (sum_even x[m, k] * code[k, n] + sum_odd x[m, k] * code[k, n]) + offset[b, n] * sum x[m, k]`,
//!
//! each sum one chain of fused multiply-adds in f32. That order is what a matrix unit has for a block of bf16, so that it and vectors give the same bits, and so do one
//! row and many: few rows are multiplied with codes that are widened in registers, many with a block that is widened once.
//!
//! `matrix` is the matrix unit's part, [`packed`] says how weights lie in memory, [`kernel`] multiplies.

mod kernel;
#[cfg(target_arch = "x86_64")]
mod matrix;
mod packed;
mod rows;

use std::ops::Range;

use ascend_hal::host::HostAccess;
use ascend_hal::ops::{Matmul, Weight};
use ascend_hal::{DType, Format, OpKind, Result, bf16, f16};

use self::kernel::{Panel, Wide};
pub(crate) use self::packed::prepare;
use self::packed::{Packing, Source};
use self::rows::Blocks;
use crate::context::Context;
use crate::gemm::{Bias, COLS, Held, Sheet, Stored, in_order, worthwhile};
use crate::runs::Runs;
use crate::scratch::Scratch;
use crate::simd::{Lane, convert};

/// Rows of `K` in a block.
const BLOCK: usize = 32;
/// Rows that are multiplied with codes as they are; more share blocks of widened codes.
const FEW_ROWS: usize = 6;
/// Blocks that are widened at a time: for a first-level cache.
const WIDENED: usize = 3;
/// Rows of a piece of work.
const PIECE_ROWS: usize = 256;

/// Whether products with this weight are computed here: those with offsets, and matrices of their own with groups of a block.
pub(crate) fn takes(weight: &Weight) -> bool {
    let Some(q) = &weight.quant else { return false };
    let codes = matches!(weight.data.dtype(), DType::I4 | DType::I8);
    codes && q.zero.is_none() && (q.offset.is_some() || (q.group == BLOCK && weight.data.rank() == 2))
}

/// A [`Matmul`] whose weight this module [`takes`], and whose result is not empty. Its tensors, the weight as `stored.view`, are those that `access` has locked.
pub(crate) fn matmul(cx: &Context<'_>, op: &Matmul, access: &HostAccess<'_>, stored: &Stored) -> Result<()> {
    match op.y.dtype() {
        DType::F16 => run::<f16>(cx, op, access, stored),
        DType::BF16 => run::<bf16>(cx, op, access, stored),
        _ => run::<f32>(cx, op, access, stored),
    }
}

fn run<Y: Lane>(cx: &Context<'_>, op: &Matmul, access: &HostAccess<'_>, stored: &Stored) -> Result<()> {
    let (packing, plain);
    let weight = if op.weight.data.layout().format() == Format::Packed {
        packing = Packing::of(&op.weight)?;
        let bytes = access.packed(&op.weight.data)?;
        packing.recognise(OpKind::Matmul, "weight", bytes)?;
        bytes
    } else {
        packing = Packing::of(&op.weight)?;
        plain = packing.pack_for_call(cx, &Source::read(access, &op.weight, stored)?)?;
        &*plain
    };
    let x = Held::read(OpKind::Matmul, access, &op.x)?;
    let bias = Bias::read(access, op.bias.as_ref())?;
    let mut y = access.write::<Y>(&op.y)?;
    let (k, n) = (op.x.shape().last_or_one(), op.y.shape().last_or_one());
    let rows = y.len() / n;
    let blocks = Blocks::prepare(cx, x.elements(), rows, &packing)?;
    #[cfg(target_arch = "x86_64")]
    let tiles = if op.y.rank() == 2 { matrix::Tiles::prepare(cx, op.x.dtype(), &blocks, rows)? } else { None };
    let call = Call {
        packing: &packing,
        weight,
        x: blocks,
        #[cfg(target_arch = "x86_64")]
        tiles,
        bias: &bias,
    };
    let each = if op.y.rank() == 3 { op.y.dim(1) } else { rows };
    let pieces_of_rows = each.div_ceil(PIECE_ROWS);
    let panels = n.div_ceil(COLS);
    let threads = worthwhile(cx, rows.saturating_mul(n).saturating_mul(k));
    let pieces = rows.checked_div(each).unwrap_or(0) * pieces_of_rows * panels;
    // Few rows read panel after panel, each of which follows the one before in memory. Many use the same blocks of rows at once, so that these stay in a cache.
    let runs = Runs::new(pieces, if each <= FEW_ROWS { threads } else { 1 });
    if each <= FEW_ROWS && threads == cx.threads() && op.weight.data.layout().format() == Format::Packed {
        cx.host.pool.plan(cx.host.order.read(packing.reading(weight)));
    }
    let sheet = Sheet::new(&mut y, n);
    in_order(
        cx,
        threads,
        pieces,
        || Ok((Memory::take(cx, each.min(PIECE_ROWS))?, runs.of(cx.host.pool.number()))),
        |(memory, own), _, _| {
            // As many are asked for as there are.
            let Some(piece) = runs.take(*own) else { return };
            // Pieces of the same rows follow one another: these stay in a cache.
            let (panel, block) = (piece % panels, piece / panels);
            let (matrix, part) = (block / pieces_of_rows, block % pieces_of_rows);
            let cut = |part: usize| matrix * each + each.min(part * PIECE_ROWS);
            let (rows, cols) = (cut(part)..cut(part + 1), panel * COLS..n.min((panel + 1) * COLS));
            call.sums(cx, memory, matrix, panel, rows.clone());
            for (sums, row) in memory.sums.as_chunks_mut::<COLS>().0.iter_mut().zip(rows) {
                call.add_bias(&mut sums[..cols.len()], &cols);
                #[allow(unsafe_code, reason = "threads write to disjoint parts of one slice")]
                // SAFETY: each piece has rows and columns of its own.
                let to = unsafe { sheet.part(row, cols.clone()) };
                convert::narrow(cx.isa(), &sums[..cols.len()], to);
            }
        },
    )
}

/// Working memory of one thread.
struct Memory<'a> {
    /// `[rows, COLS]`.
    sums: Scratch<'a, f32>,
    /// [`WIDENED`] blocks of a panel; none for few rows.
    wide: Scratch<'a, Wide>,
}

impl<'a> Memory<'a> {
    fn take(cx: &'a Context<'_>, rows: usize) -> Result<Self> {
        let wide = if rows > FEW_ROWS { WIDENED } else { 0 };
        Ok(Self { sums: cx.scratch(rows * COLS)?, wide: cx.scratch(wide)? })
    }
}

/// What all pieces of a call share.
struct Call<'v> {
    packing: &'v Packing,
    weight: &'v [u8],
    x: Blocks<'v>,
    /// The same for the matrix unit, where it is used.
    #[cfg(target_arch = "x86_64")]
    tiles: Option<matrix::Tiles<'v>>,
    bias: &'v Bias,
}

impl Call<'_> {
    /// Leaves the products of rows `rows` with a panel of a matrix in `memory.sums`.
    fn sums(&self, cx: &Context<'_>, memory: &mut Memory<'_>, matrix: usize, panel: usize, rows: Range<usize>) {
        let (isa, blocks) = (cx.isa(), self.packing.blocks);
        let panel: Panel<'_> = self.packing.panel(self.weight, matrix, panel);
        let sums = &mut memory.sums[..rows.len() * COLS];
        sums.fill(0.0);
        if rows.len() <= FEW_ROWS {
            return kernel::few(isa, self.x.rows(rows, 0..blocks), panel, sums);
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(tiles) = &self.tiles {
            return tiles.sums(isa, &self.x, rows.start, panel, bytemuck::cast_slice_mut(&mut memory.wide), sums);
        }
        for first in (0..blocks).step_by(WIDENED) {
            let part = first..blocks.min(first + WIDENED);
            let wide = &mut memory.wide[..part.len()];
            kernel::widen(isa, panel.part(part.clone()), wide);
            kernel::many(isa, self.x.rows(rows.clone(), part), wide, self.packing.has_offsets(), sums);
        }
    }

    fn add_bias(&self, sums: &mut [f32], cols: &Range<usize>) {
        if let Bias::Float { values, .. } = self.bias {
            sums.iter_mut().zip(&values[cols.clone()]).for_each(|(sum, bias)| *sum += bias);
        }
    }
}
