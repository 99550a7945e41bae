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

use ascend_hal::{DType, Result};

use crate::context::Context;
use crate::isa::Isa;
use crate::scratch::Scratch;
use crate::simd::row;
pub(crate) use fill::encode;
use fill::{Buffer, FILLED_STEPS};
#[cfg(target_arch = "x86_64")]
pub(crate) use kernel::amx;
pub(crate) use kernel::{Arithmetic, COLS, Rows};
use kernel::{IntRows, Kernels, MAX_ROWS};
pub(crate) use operand::{Bias, Codes, Held, Stored, Weights};
pub(crate) use rows::Activations;
pub(crate) use tiles::{Cut, Pending, Sheet, TILE_PANELS, TILE_ROWS, in_order, tiles, worthwhile};

/// Steps of a block that is read in place by more rows than one tile has: 32 KiB, for a first-level cache.
const SHARED_STEPS: usize = 128;

/// Bytes of a block of a tile's rows, of the widest elements.
const PACKED_BYTES: usize = Rows::packed_bytes(TILE_ROWS, SHARED_STEPS * 8);

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
        Activations::prepare(cx, self, x.codes(), weights.k)
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
    /// The first of two products of one tile.
    kept: Scratch<'a, f32>,
    /// A block of a tile's rows.
    rows: Scratch<'a, u8>,
    buffer: Buffer<'a>,
    /// For the matrix unit, if it is used.
    #[cfg(target_arch = "x86_64")]
    operands: Option<matrix::Operands<'a>>,
}

impl<'a> Memory<'a> {
    pub(crate) fn take(cx: &'a Context<'_>) -> Result<Self> {
        // One panel more: a tile's columns may begin within one.
        let len = TILE_ROWS * (TILE_PANELS + 1) * COLS;
        Ok(Self {
            sums: cx.scratch(len)?,
            kept: cx.scratch(len)?,
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

/// Columns of a tile in panels.
struct Span {
    panels: Range<usize>,
    /// Columns of the first panel before the tile's.
    before: usize,
    pitch: usize,
}

impl Span {
    fn of(cols: &Range<usize>) -> Self {
        let panels = cols.start / COLS..cols.end.div_ceil(COLS);
        Self { before: cols.start % COLS, pitch: panels.len() * COLS, panels }
    }

    fn values<'s, T>(&self, sums: &'s [T], cols: &Range<usize>) -> Values<'s, T> {
        Values { data: &sums[self.before..], pitch: self.pitch, cols: cols.len() }
    }
}

impl Product<'_> {
    /// `K`.
    pub(crate) fn depth(&self) -> usize {
        self.weights.k
    }

    /// Rows `rows` of `x` times columns `cols` of matrix `e`, with scales and bias, in f32. At most [`TILE_ROWS`] rows and [`TILE_PANELS`] panels' columns.
    pub(crate) fn tile<'s>(&self, s: &'s mut Memory<'_>, e: usize, rows: Range<usize>, cols: Range<usize>) -> Values<'s, f32> {
        let span = Span::of(&cols);
        self.sum(s, e, &rows, &span);
        let n = self.weights.n;
        if self.method.arithmetic == Arithmetic::Int8 {
            self.add_int_bias(s, e, &rows, &cols, &span);
            for (panel, at) in span.panels.clone().zip((0..span.pitch).step_by(COLS)) {
                let scales = if self.weights.quant.is_some() { self.weights.scales(e, panel, 0) } else { [1.0; COLS] };
                for (i, row) in rows.clone().enumerate() {
                    let x_scale = self.x_scale.map_or(1.0, |scale| scale[row]);
                    row::scale_integers(self.method.isa, &mut s.sums[i * span.pitch + at..][..COLS], &scales, x_scale);
                }
            }
        }
        if let Bias::Float { values, per_matrix } = &self.bias {
            let bias = &Bias::row(values, *per_matrix, e, n)[cols.clone()];
            for i in 0..rows.len() {
                for (sum, b) in s.sums[i * span.pitch + span.before..].iter_mut().zip(bias) {
                    *sum += b;
                }
            }
        }
        span.values(&s.sums, &cols)
    }

    /// Rows `rows` of an i8 `x` times columns `cols` of matrix `e`: the exact sums, with an integer bias.
    pub(crate) fn tile_i32<'s>(&self, s: &'s mut Memory<'_>, e: usize, rows: Range<usize>, cols: Range<usize>) -> Values<'s, i32> {
        let span = Span::of(&cols);
        self.sum(s, e, &rows, &span);
        self.add_int_bias(s, e, &rows, &cols, &span);
        span.values(bytemuck::cast_slice(&s.sums), &cols)
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
        #[cfg(target_arch = "x86_64")]
        self.announce(e, second.start);
        self.tile(s, e, rows.clone(), first.clone());
        std::mem::swap(&mut s.sums, &mut s.kept);
        self.tile(s, e, rows, second.clone());
        (Span::of(&first).values(&s.kept, &first), Span::of(&second).values(&s.sums, &second))
    }

    fn add_int_bias(&self, s: &mut Memory<'_>, e: usize, rows: &Range<usize>, cols: &Range<usize>, span: &Span) {
        let Bias::Int { values, per_matrix } = &self.bias else { return };
        let bias = &Bias::row(values, *per_matrix, e, self.weights.n)[cols.clone()];
        let sums: &mut [i32] = bytemuck::cast_slice_mut(&mut s.sums);
        for i in 0..rows.len() {
            for (sum, &b) in sums[i * span.pitch + span.before..].iter_mut().zip(bias) {
                *sum = sum.saturating_add(b);
            }
        }
    }

    /// What is multiplied after steps `at` of a panel where blocks have `at_once` steps, if that is in memory as kernels read it.
    fn next_block(&self, e: usize, span: &Span, panel: usize, at: Range<usize>, at_once: usize) -> &[u8] {
        let steps = self.method.arithmetic.steps(self.weights.k);
        let (panel, at) = match panel + 1 < span.panels.end {
            true => (panel + 1, at),
            false => (span.panels.start, at.end..(at.end + at_once).min(steps)),
        };
        if self.weights.is_native(self.method.arithmetic) { self.weights.steps_in_place(e, panel, at) } else { &[] }
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
        let scaled = w.scaled_group(arithmetic).map(|group| group.div_ceil(arithmetic.depth()));
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
            for (panel, first_col) in span.panels.clone().zip((0..span.pitch).step_by(COLS)) {
                let sums = &mut sums[first_col..(rows.len() - 1) * span.pitch + first_col + COLS];
                let mut block = w.block(kernels, arithmetic, e, panel, at..end, &mut s.buffer);
                if rows.len() > MAX_ROWS {
                    block.next = self.next_block(e, span, panel, at..end, at_once);
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
        for (panel, first_col) in span.panels.clone().zip((0..span.pitch).step_by(COLS)) {
            let excess = self.weights.column_sums(e, panel, &mut s.buffer).map(|sum| sum.wrapping_mul(128));
            for i in 0..m {
                for (sum, excess) in s.sums[i * span.pitch + first_col..][..COLS].iter_mut().zip(&excess) {
                    *sum = f32::from_bits((sum.to_bits() as i32).wrapping_sub(*excess) as u32);
                }
            }
        }
    }
}
