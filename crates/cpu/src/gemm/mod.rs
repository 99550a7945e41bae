//! Matrix products: what dense, grouped and fused products share.
//!
//! A [`Product`] is `x @ weight[e]` with scales and bias, read from the call's own memory: `x` row-major in its storage type, weights packed ([`packed`]), `[K, N]` or
//! `[N, K]`, plain or quantised. [`tiles`] cuts an output into tiles and runs a function on each of them in parallel; in there [`Product::tile`] gives the tile's values.
//!
//! Storage types and instruction sets decide on an [`Arithmetic`]. Rows are converted for it once a call ([`rows`]), weights block by block ([`fill`]) unless they are
//! packed in its form, and kernels ([`kernel`]) multiply, or the matrix unit where there is one (`matrix`). The order of an element's sums is a matter of `k` alone: its
//! bits depend neither on the tile it falls into, nor on other rows, nor on how the weight is stored.

#[cfg(target_arch = "x86_64")]
mod few;
mod fill;
mod kernel;
#[cfg(target_arch = "x86_64")]
mod matrix;
mod operand;
pub(crate) mod packed;
mod rows;
mod tiles;

use std::ops::Range;

use ascend_hal::ops::Group;
use ascend_hal::{DType, Result};

use crate::context::Context;
use crate::isa::Isa;
use crate::scratch::Scratch;
use crate::simd::{Lane, convert, row};
pub(crate) use fill::encode;
use fill::{Buffer, FILLED_STEPS};
#[cfg(target_arch = "x86_64")]
pub(crate) use kernel::amx;
pub(crate) use kernel::{Arithmetic, COLS, Rows};
use kernel::{IntRows, Kernels, MAX_ROWS};
pub(crate) use operand::{Bias, Elements, Held, Stored, Weights};
pub(crate) use rows::Activations;
pub(crate) use tiles::{Cut, Extent, MAX_PART, Pending, Sheet, in_order, tiles, worthwhile};

/// Steps of a block that is read in place by more rows than one tile has: 32 KiB, for a first-level cache.
const SHARED_STEPS: usize = 128;

/// Bytes of a block of a tile's rows for kernels on vectors, of the widest elements.
const PACKED_BYTES: usize = Rows::packed_bytes(Extent::VECTORS.rows, SHARED_STEPS * 8);

/// How a product is computed.
#[derive(Clone, Copy)]
pub(crate) struct Method {
    isa: Isa,
    kernels: &'static Kernels,
    arithmetic: Arithmetic,
}

impl Method {
    /// The one for rows of type `x`.
    pub(crate) fn new(isa: Isa, x: DType, weights: &Weights<'_>) -> Self {
        let kernels = Kernels::of(isa);
        let arithmetic = match x {
            DType::I8 => Arithmetic::Int8,
            DType::BF16 if kernels.has_bf16() && weights.suit_bf16() => Arithmetic::Bf16,
            _ => Arithmetic::F32,
        };
        Self { isa, kernels, arithmetic }
    }

    /// How large tiles of an output are.
    pub(crate) fn extent(&self) -> Extent {
        #[cfg(target_arch = "x86_64")]
        if self.kernels.on_matrix_unit(self.arithmetic) {
            return Extent::UNIT;
        }
        Extent::VECTORS
    }

    /// Bytes of a row of activations in the form to compute with.
    pub(crate) fn row_bytes(&self, weights: &Weights<'_>) -> usize {
        rows::stride(self.kernels, self.arithmetic, weights.k)
    }

    /// Bytes before element `at` of such a row.
    pub(crate) fn row_offset(&self, at: usize) -> usize {
        at / self.arithmetic.depth() * self.kernels.row_step_bytes(self.arithmetic)
    }

    /// Elements of a row of floats, rounded to their type already, in the form to compute with. More than there are elements are zeros.
    pub(crate) fn encode(&self, values: &[f32], out: &mut [u8]) {
        rows::encode(self.isa, self.arithmetic, values, out);
    }

    /// A row of codes in the form to compute with.
    pub(crate) fn encode_codes(&self, codes: &[i8], out: &mut [u8]) {
        rows::encode_codes(self.kernels, codes, out);
    }

    /// `x: [rows, K]` in the form to compute with.
    pub(crate) fn activations<'a>(&self, cx: &'a Context<'_>, x: &'a Held<'_>, weights: &Weights<'_>) -> Result<Activations<'a>> {
        Activations::prepare(cx, self, x.elements(), weights.k)
    }
}

impl Weights<'_> {
    /// Whether products with bf16 rows are pairs of bf16: of codes as well, which bf16 holds exactly, if their groups end between steps of every packed form.
    fn suit_bf16(&self) -> bool {
        match (&self.quant, self.dtype()) {
            (None, dtype) => dtype == DType::BF16,
            (Some(q), _) => q.group.is_multiple_of(4) || q.group >= self.k,
        }
    }
}

/// `x @ weight[e]` with its scales and bias.
pub(crate) struct Product<'v> {
    pub(crate) method: Method,
    /// `[rows, K]`.
    pub(crate) x: Rows<'v>,
    /// The matrices.
    pub(crate) weights: &'v Weights<'v>,
    /// A scale for each row of an i8 `x`.
    pub(crate) x_scale: Option<&'v [f32]>,
    /// The bias.
    pub(crate) bias: &'v Bias,
}

/// Working memory of one thread.
pub(crate) struct Memory<'a> {
    /// f32, or the bits of i32.
    sums: Scratch<'a, f32>,
    /// A block of a tile's rows.
    rows: Scratch<'a, u8>,
    buffer: Buffer<'a>,
    /// For the matrix unit, if it is used.
    #[cfg(target_arch = "x86_64")]
    operands: Option<matrix::Operands<'a>>,
}

impl<'a> Memory<'a> {
    pub(crate) fn take(cx: &'a Context<'_>) -> Result<Self> {
        // Two panels more: the columns of two products may begin within one each.
        let room = |extent: Extent| extent.rows * ((extent.panels + 2) * COLS + STAGGER);
        let sums = room(Extent::VECTORS);
        #[cfg(target_arch = "x86_64")]
        let sums = if Kernels::of(cx.isa()).matrix_unit { sums.max(room(Extent::UNIT)) } else { sums };
        Ok(Self {
            sums: cx.scratch(sums)?,
            rows: cx.scratch(PACKED_BYTES)?,
            buffer: Buffer::take(cx.arena())?,
            #[cfg(target_arch = "x86_64")]
            operands: if Kernels::of(cx.isa()).matrix_unit { Some(matrix::Operands::take(cx.arena())?) } else { None },
        })
    }
}

/// Values of a tile: rows one after the other, `pitch` elements apart.
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

/// Elements between the sums of one row and those of the next: rows a power of two apart would share a few sets of a first-level cache.
const STAGGER: usize = 16;

/// Columns of a tile, or of two that are made together, in panels. A row of sums has all panels side by side.
struct Span {
    parts: [Part; 2],
    pitch: usize,
}

struct Part {
    cols: Range<usize>,
    panels: Range<usize>,
    /// Where the sums of its first column are in a row.
    start: usize,
}

impl Span {
    /// Columns `first`, and after them `second`, of which there may be none.
    fn of(first: Range<usize>, second: Range<usize>) -> Self {
        let part = |cols: Range<usize>, before: usize| {
            let panels = cols.start / COLS..cols.end.div_ceil(COLS);
            Part { start: before * COLS + cols.start % COLS, panels, cols }
        };
        let first = part(first, 0);
        let second = part(second, first.panels.len());
        Self { pitch: (first.panels.len() + second.panels.len()) * COLS + STAGGER, parts: [first, second] }
    }

    /// The panels in order, and where their sums begin in a row.
    fn panels(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let [first, second] = &self.parts;
        first.panels.clone().chain(second.panels.clone()).zip((0..).step_by(COLS))
    }

    fn values<'s, T>(&self, sums: &'s [T]) -> [Values<'s, T>; 2] {
        self.parts.each_ref().map(|part| Values { data: &sums[part.start..], pitch: self.pitch, cols: part.cols.len() })
    }
}

impl Product<'_> {
    /// `K`.
    pub(crate) fn depth(&self) -> usize {
        self.weights.k
    }

    /// The rows of `groups` in `y: [.., N]`. Others are not touched.
    pub(crate) fn write<T: Lane>(&self, cx: &Context<'_>, y: &mut [T], groups: &[Group]) -> Result<()> {
        tiles(cx, self.method.extent(), y, (self.weights.k, self.weights.n), groups, |memory, mut tile| {
            let values = self.tile(memory, tile.expert, tile.rows.clone(), tile.cols.clone());
            for i in 0..tile.rows.len() {
                convert::narrow(cx.isa(), values.row(i), tile.row(i));
            }
        })
    }

    /// [`write`](Self::write) of the exact sums of an i8 `x`.
    pub(crate) fn write_i32(&self, cx: &Context<'_>, y: &mut [i32], groups: &[Group]) -> Result<()> {
        tiles(cx, self.method.extent(), y, (self.weights.k, self.weights.n), groups, |memory, mut tile| {
            let sums = self.tile_i32(memory, tile.expert, tile.rows.clone(), tile.cols.clone());
            for i in 0..tile.rows.len() {
                tile.row(i).copy_from_slice(sums.row(i));
            }
        })
    }

    /// Rows `rows` of `x` times columns `cols` of matrix `e`, with scales and bias, in f32. At most an [`extent`](Method::extent)'s.
    pub(crate) fn tile<'s>(&self, s: &'s mut Memory<'_>, e: usize, rows: Range<usize>, cols: Range<usize>) -> Values<'s, f32> {
        self.pair(s, e, rows, cols, 0..0)[0]
    }

    /// [`tile`](Self::tile) of two sets of columns, which together are at most an [`extent`](Method::extent)'s.
    pub(crate) fn pair<'s>(
        &self,
        s: &'s mut Memory<'_>,
        e: usize,
        rows: Range<usize>,
        first: Range<usize>,
        second: Range<usize>,
    ) -> [Values<'s, f32>; 2] {
        let span = Span::of(first, second);
        #[cfg(target_arch = "x86_64")]
        if !span.parts[1].panels.is_empty() {
            self.announce(e, span.parts[1].panels.start);
        }
        self.sum(s, e, &rows, &span);
        let n = self.weights.n;
        if self.method.arithmetic == Arithmetic::Int8 {
            self.add_int_bias(s, e, &rows, &span);
            for (panel, at) in span.panels() {
                let scales = if self.weights.quant.is_some() { self.weights.scales(e, panel, 0) } else { [1.0; COLS] };
                for (i, row) in rows.clone().enumerate() {
                    let x_scale = self.x_scale.map_or(1.0, |scale| scale[row]);
                    row::scale_integers(self.method.isa, &mut s.sums[i * span.pitch + at..][..COLS], &scales, x_scale);
                }
            }
        }
        if let Bias::Float { values, per_matrix } = &self.bias {
            let bias = Bias::row(values, *per_matrix, e, n);
            for part in &span.parts {
                for i in 0..rows.len() {
                    for (sum, b) in s.sums[i * span.pitch + part.start..].iter_mut().zip(&bias[part.cols.clone()]) {
                        *sum += b;
                    }
                }
            }
        }
        span.values(&s.sums)
    }

    /// Rows `rows` of an i8 `x` times columns `cols` of matrix `e`: the exact sums, with an integer bias.
    fn tile_i32<'s>(&self, s: &'s mut Memory<'_>, e: usize, rows: Range<usize>, cols: Range<usize>) -> Values<'s, i32> {
        let span = Span::of(cols, 0..0);
        self.sum(s, e, &rows, &span);
        self.add_int_bias(s, e, &rows, &span);
        span.values(bytemuck::cast_slice(&s.sums))[0]
    }

    fn add_int_bias(&self, s: &mut Memory<'_>, e: usize, rows: &Range<usize>, span: &Span) {
        let Bias::Int { values, per_matrix } = &self.bias else { return };
        let bias = Bias::row(values, *per_matrix, e, self.weights.n);
        let sums: &mut [i32] = bytemuck::cast_slice_mut(&mut s.sums);
        for part in &span.parts {
            for i in 0..rows.len() {
                for (sum, &b) in sums[i * span.pitch + part.start..].iter_mut().zip(&bias[part.cols.clone()]) {
                    *sum = sum.saturating_add(b);
                }
            }
        }
    }

    /// Where blocks have `at_once` steps: what is multiplied after steps `at` of a panel, if that is in memory as kernels read it. `then` is the span's next panel.
    fn next_block(&self, e: usize, span: &Span, then: Option<usize>, at: Range<usize>, at_once: usize) -> &[u8] {
        if !self.weights.is_native(self.method.arithmetic) {
            return &[];
        }
        let steps = self.method.arithmetic.steps(self.weights.k);
        match (then, span.panels().next()) {
            (Some(panel), _) => self.weights.steps_in_place(e, panel, at),
            (None, Some((panel, _))) => self.weights.steps_in_place(e, panel, at.end..(at.end + at_once).min(steps)),
            (None, None) => &[],
        }
    }

    /// Leaves the sums of whole panels in `s.sums`.
    fn sum(&self, s: &mut Memory<'_>, e: usize, rows: &Range<usize>, span: &Span) {
        let (Method { kernels, arithmetic, .. }, w) = (self.method, self.weights);
        let steps = arithmetic.steps(w.k);
        if steps == 0 || rows.is_empty() {
            s.sums[..rows.len() * span.pitch].fill(0.0);
            return;
        }
        #[cfg(target_arch = "x86_64")]
        if self.sum_few(s, e, rows, span) {
            return;
        }
        #[cfg(target_arch = "x86_64")]
        if kernels.on_matrix_unit(arithmetic) {
            return self.sum_on_matrix_unit(s, e, rows, span);
        }
        let sums = &mut s.sums[..rows.len() * span.pitch];
        // Where scaled blocks are cut decides on bits, so these are cut alike for every number of rows.
        let scaled = w.scaled_steps(arithmetic);
        let at_once = match w.is_native(arithmetic) {
            true if rows.len() <= MAX_ROWS => steps,
            true => SHARED_STEPS,
            false => FILLED_STEPS,
        };
        let mut at = 0;
        while at < steps {
            let mut end = (at + at_once).min(steps);
            if let Some(group) = scaled {
                end = end.min((at / group + 1) * group);
            }
            let (x, first_row) = if rows.len() > MAX_ROWS {
                let step = kernels.row_step_bytes(arithmetic);
                (self.x.packed(rows.clone(), at * step..end * step, &mut s.rows), 0)
            } else {
                (self.x, rows.start)
            };
            let mut panels = span.panels().peekable();
            while let Some((panel, first_col)) = panels.next() {
                let sums = &mut sums[first_col..(rows.len() - 1) * span.pitch + first_col + COLS];
                let mut block = w.block(kernels, arithmetic, e, panel, at..end, &mut s.buffer);
                if rows.len() > MAX_ROWS {
                    block.next = self.next_block(e, span, panels.peek().map(|(panel, _)| *panel), at..end, at_once);
                }
                kernels.multiply(arithmetic, x, first_row, &block, sums, span.pitch);
            }
            at = end;
        }
        if arithmetic == Arithmetic::Int8 && kernels.int_rows == IntRows::Biased {
            self.subtract_bias(s, e, rows.len(), span);
        }
    }

    /// Takes from `m` rows of integer sums what is too much as their rows were made u8.
    fn subtract_bias(&self, s: &mut Memory<'_>, e: usize, m: usize, span: &Span) {
        for (panel, first_col) in span.panels() {
            let excess = self.weights.column_sums(e, panel, &mut s.buffer).map(|sum| sum.wrapping_mul(128));
            for i in 0..m {
                for (sum, excess) in s.sums[i * span.pitch + first_col..][..COLS].iter_mut().zip(&excess) {
                    *sum = f32::from_bits((sum.to_bits() as i32).wrapping_sub(*excess) as u32);
                }
            }
        }
    }
}
