//! Operands as the kernel reads them: f32, in panels, block by block.

use std::ops::Range;

use ascend_hal::host::nibble;
use ascend_hal::{Float, bf16, f16};

use super::kernel::{MR, NR};
use super::{Codes, KC, Quant, Weights};

/// A run of elements of a row-major operand, converted to f32.
trait Source: Copy {
    fn load(self, start: usize, out: &mut [f32]);
}

impl Source for &[f32] {
    #[inline]
    fn load(self, start: usize, out: &mut [f32]) {
        out.copy_from_slice(&self[start..][..out.len()]);
    }
}

impl Source for &[bf16] {
    #[inline]
    fn load(self, start: usize, out: &mut [f32]) {
        for (out, x) in out.iter_mut().zip(&self[start..]) {
            *out = Float::to_f32(*x);
        }
    }
}

impl Source for &[f16] {
    #[inline]
    fn load(self, start: usize, out: &mut [f32]) {
        for (out, x) in out.iter_mut().zip(&self[start..]) {
            *out = widen(x.to_bits());
        }
    }
}

impl Source for &[i8] {
    #[inline]
    fn load(self, start: usize, out: &mut [f32]) {
        for (out, &x) in out.iter_mut().zip(&self[start..]) {
            *out = f32::from(x);
        }
    }
}

/// Packed 4-bit codes.
#[derive(Clone, Copy)]
struct Nibbles<'a>(&'a [u8]);

impl Source for Nibbles<'_> {
    #[inline]
    fn load(self, start: usize, out: &mut [f32]) {
        for (i, out) in out.iter_mut().enumerate() {
            *out = f32::from(nibble(self.0[(start + i) / 2], start + i));
        }
    }
}

/// An f16 as f32, without branches, so that loops over it vectorise.
#[inline]
fn widen(bits: u16) -> f32 {
    let bits = u32::from(bits);
    // Exponent and fraction in place, the exponent's bias corrected by a product that is exact for subnormal numbers too.
    let scaled = f32::from_bits((bits & 0x7fff) << 13) * f32::from_bits(0x7780_0000);
    let special = if scaled >= 65536.0 { 0x7f80_0000 } else { 0 };
    f32::from_bits(scaled.to_bits() | special | (bits & 0x8000) << 16)
}

/// Rows `rows` and columns `ks` of `x: [.., k]` as panels of [`MR`] rows (the last one of fewer): `[panel][ks][row]`.
pub(super) fn rows(x: Codes<'_>, k: usize, rows: Range<usize>, ks: Range<usize>, out: &mut [f32]) {
    match x {
        Codes::F32(x) => rows_of(x, k, rows, ks, out),
        Codes::F16(x) => rows_of(x, k, rows, ks, out),
        Codes::BF16(x) => rows_of(x, k, rows, ks, out),
        Codes::I8(x) => rows_of(x, k, rows, ks, out),
        Codes::I4(x) => rows_of(Nibbles(x), k, rows, ks, out),
    }
}

fn rows_of(x: impl Source, k: usize, rows: Range<usize>, ks: Range<usize>, out: &mut [f32]) {
    let mut buffer = [0f32; KC];
    let segment = &mut buffer[..ks.len()];
    for (panel, out) in out.chunks_mut(MR * ks.len()).enumerate() {
        let height = out.len() / ks.len();
        for i in 0..height {
            x.load((rows.start + panel * MR + i) * k + ks.start, segment);
            for (out, &x) in out.chunks_exact_mut(height).zip(&*segment) {
                out[i] = x;
            }
        }
    }
}

/// Rows `ks` and columns `cols` of one matrix as panels of [`NR`] columns, the last one filled up with zeros: `[panel][ks][column]`. Dequantised unless `raw`.
pub(super) fn columns(w: &Weights<'_>, matrix: usize, ks: Range<usize>, cols: Range<usize>, raw: bool, out: &mut [f32]) {
    match w.data.codes() {
        Codes::F32(x) => columns_of(x, w, matrix, ks, cols, raw, out),
        Codes::F16(x) => columns_of(x, w, matrix, ks, cols, raw, out),
        Codes::BF16(x) => columns_of(x, w, matrix, ks, cols, raw, out),
        Codes::I8(x) => columns_of(x, w, matrix, ks, cols, raw, out),
        Codes::I4(x) => columns_of(Nibbles(x), w, matrix, ks, cols, raw, out),
    }
}

fn columns_of(x: impl Source, w: &Weights<'_>, matrix: usize, ks: Range<usize>, cols: Range<usize>, raw: bool, out: &mut [f32]) {
    let base = matrix * w.k * w.n;
    let mut buffer = [0f32; KC];
    let segment = &mut buffer[..ks.len()];
    for (panel, out) in out.chunks_exact_mut(NR * ks.len()).enumerate() {
        let first = cols.start + panel * NR;
        let width = NR.min(cols.end - first);
        let out = out.as_chunks_mut::<NR>().0;
        if width < NR {
            out.fill([0.0; NR]);
        }
        if w.transposed {
            for j in 0..width {
                x.load(base + (first + j) * w.k + ks.start, segment);
                for (out, &x) in out.iter_mut().zip(&*segment) {
                    out[j] = x;
                }
            }
        } else {
            for (out, k) in out.iter_mut().zip(ks.clone()) {
                x.load(base + k * w.n + first, &mut out[..width]);
            }
        }
        if let Some(quant) = w.quant.as_ref().filter(|_| !raw) {
            dequantise(quant, matrix, w.n, first, width, ks.clone(), out);
        }
    }
}

/// `(code - zero) * scale`, group by group.
fn dequantise(q: &Quant<'_>, matrix: usize, n: usize, first: usize, width: usize, ks: Range<usize>, out: &mut [[f32; NR]]) {
    let mut k = ks.start;
    while k < ks.end {
        let group = k / q.group;
        let end = ((group + 1).saturating_mul(q.group)).min(ks.end);
        let at = (matrix * q.groups + group) * n + first;
        let (mut scale, mut zero) = ([0f32; NR], [0f32; NR]);
        scale[..width].copy_from_slice(&q.scale[at..][..width]);
        if let Some(codes) = &q.zero {
            for (zero, &code) in zero.iter_mut().zip(&codes[at..][..width]) {
                *zero = f32::from(code);
            }
        }
        for row in &mut out[k - ks.start..end - ks.start] {
            for j in 0..NR {
                row[j] = (row[j] - zero[j]) * scale[j];
            }
        }
        k = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widen_every_f16_is_exact() {
        for bits in 0..=u16::MAX {
            let (got, want) = (widen(bits), f16::from_bits(bits).to_f32());
            assert!(got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan()), "{bits:#x}: {got} is not {want}");
        }
    }
}
