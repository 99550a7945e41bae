//! Few rows: by codes that stay codes until they are in registers, and beside a matrix unit on vectors, with the unit's own bits.

use std::ops::Range;

use super::kernel::{self, Arithmetic, Block, Few, MAX_ROWS};
use super::operand::Matrices;
use super::{Memory, Product, Span};

impl Product<'_> {
    /// As [`sum`](Self::sum), where there is a kernel for so few rows and such weights. `false`: there is none, and nothing is done.
    pub(super) fn sum_few(&self, s: &mut Memory<'_>, e: usize, rows: &Range<usize>, span: &Span) -> bool {
        let (w, arithmetic) = (self.weights, self.method.arithmetic);
        let (native, m) = (w.is_native(arithmetic), rows.len());
        if arithmetic == Arithmetic::Bf16 && !native {
            return self.sum_of_codes(s, e, rows, span);
        }
        if !self.method.kernels.on_matrix_unit(arithmetic) {
            return false;
        }
        match arithmetic {
            Arithmetic::Int8 if native && m <= Few::Int8.rows() => {
                let steps = arithmetic.steps(w.k);
                let mut x = [&[][..]; MAX_ROWS];
                x.iter_mut().zip(rows.clone()).for_each(|(x, row)| *x = self.x.part(row, 0..4 * steps));
                self.sum_in_place(&mut s.sums, Few::Int8, e, &x[..m], span);
                self.subtract_bias(s, e, m, span);
            }
            Arithmetic::Bf16 if native && m <= Few::Bf16.rows() => {
                let k = arithmetic.steps(w.k) * arithmetic.depth();
                let Some(floats) = s.operands.as_mut().and_then(|operands| operands.as_floats(self.method.isa, &self.x, rows, k)) else {
                    return false;
                };
                let mut x = [&[][..]; MAX_ROWS];
                x.iter_mut().zip(floats.chunks_exact(k)).for_each(|(x, row)| *x = bytemuck::cast_slice(row));
                self.sum_in_place(&mut s.sums, Few::Bf16, e, &x[..m], span);
            }
            _ => return false,
        }
        true
    }

    /// Has the beginning of a panel of matrix `e` brought nearer: kernels fetch ahead what follows in memory, and this does not.
    pub(super) fn announce(&self, e: usize, panel: usize) {
        if let Matrices::Packed { bytes, packing } = &self.weights.data {
            kernel::fetch(packing.panel(bytes, e, panel).elements);
        }
    }

    /// With weights that kernels read where they are.
    fn sum_in_place(&self, sums: &mut [f32], kernel: Few, e: usize, x: &[&[u8]], span: &Span) {
        let steps = self.method.arithmetic.steps(self.weights.k);
        for (panel, at) in span.panels() {
            let block = Block { at: 0, steps: self.weights.steps_in_place(e, panel, 0..steps), scale: None, next: &[] };
            self.method.kernels.multiply_few(kernel, x, &block, &mut sums[at..], span.pitch);
        }
    }

    /// With codes of four bits. `false`: these are other weights, or the rows are too many.
    fn sum_of_codes(&self, s: &mut Memory<'_>, e: usize, rows: &Range<usize>, span: &Span) -> bool {
        let (w, Some(kernels)) = (self.weights, &self.method.kernels.codes) else { return false };
        let Some(codes) = w.plain_codes(e).filter(|_| rows.len() <= MAX_ROWS) else { return false };
        let mut x = [&[][..]; MAX_ROWS];
        x.iter_mut().zip(rows.clone()).for_each(|(x, row)| *x = self.x.part(row, 0..4 * Arithmetic::Bf16.steps(w.k)));
        for (panel, at) in span.panels() {
            for (steps, block) in codes.blocks(panel) {
                let mut part = [&[][..]; MAX_ROWS];
                part.iter_mut().zip(&x[..rows.len()]).for_each(|(part, x)| *part = &x[4 * steps.start..4 * steps.end]);
                kernels.multiply(&part[..rows.len()], &block, &mut s.sums[at..], span.pitch);
            }
        }
        true
    }
}
