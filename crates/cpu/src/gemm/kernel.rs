//! The inner kernel, and the choice of instructions.

use std::ops::Range;

use super::{Codes, Weights, pack};
use crate::isa::Isa;

/// Rows of the register tile: 6 x 16 accumulators fill 12 of the 16 registers of AVX2.
pub(super) const MR: usize = 6;
/// Columns of the register tile.
pub(super) const NR: usize = 16;

/// One block of `K` of one tile.
pub(super) struct Block<'a> {
    /// `[.., K]`.
    pub(super) x: Codes<'a>,
    pub(super) weights: &'a Weights<'a>,
    pub(super) matrix: usize,
    pub(super) rows: Range<usize>,
    pub(super) ks: Range<usize>,
    pub(super) cols: Range<usize>,
    /// Multiply codes as they are, without scales and zeros.
    pub(super) raw: bool,
    /// Room for the packed rows: `rows * ks`.
    pub(super) a: &'a mut [f32],
    /// Room for the packed columns: `pitch * ks`.
    pub(super) b: &'a mut [f32],
    /// What is added to: row-major, `pitch` columns.
    pub(super) c: &'a mut [f32],
    /// The number of columns, rounded up to [`NR`].
    pub(super) pitch: usize,
}

/// Packs a block and adds its product to `c`.
pub(super) fn multiply(isa: Isa, block: Block<'_>) {
    let Block { x, weights, matrix, rows, ks, cols, raw, a, b, c, pitch } = block;
    let k = ks.len();
    pack::rows(x, weights.k, rows, ks.clone(), a);
    pack::columns(weights, matrix, ks, cols, raw, b);
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 | Isa::Avx512 | Isa::Avx512Vnni | Isa::Avx512Bf16 if Isa::Avx2.is_available() => {
            #[allow(unsafe_code, reason = "a call into code for other instructions than the program's")]
            // SAFETY: the processor has AVX2 and FMA.
            unsafe {
                panels_avx2(k, a, b, c, pitch);
            }
        }
        Isa::Neon => panels::<true>(k, a, b, c, pitch),
        _ => panels::<false>(k, a, b, c, pitch),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn panels_avx2(k: usize, a: &[f32], b: &[f32], c: &mut [f32], pitch: usize) {
    panels::<true>(k, a, b, c, pitch);
}

/// `c += a * b` on packed operands, panel by panel.
#[inline(always)]
fn panels<const FMA: bool>(k: usize, a: &[f32], b: &[f32], c: &mut [f32], pitch: usize) {
    let rows = c.len() / pitch;
    for (panel, b) in b.chunks_exact(k * NR).enumerate() {
        for first in (0..rows).step_by(MR) {
            let c = &mut c[first * pitch + panel * NR..];
            let (a, b) = (&a[first * k..], b.as_chunks().0);
            match rows - first {
                1 => micro::<1, FMA>(a, b, c, pitch, k),
                2 => micro::<2, FMA>(a, b, c, pitch, k),
                3 => micro::<3, FMA>(a, b, c, pitch, k),
                4 => micro::<4, FMA>(a, b, c, pitch, k),
                5 => micro::<5, FMA>(a, b, c, pitch, k),
                _ => micro::<MR, FMA>(a, b, c, pitch, k),
            }
        }
    }
}

/// `c[R, NR] += a[k, R] * b[k, NR]`, one multiply-add after the other for each element.
#[inline(always)]
fn micro<const R: usize, const FMA: bool>(a: &[f32], b: &[[f32; NR]], c: &mut [f32], pitch: usize, k: usize) {
    let mut acc = [[0f32; NR]; R];
    for (acc, c) in acc.iter_mut().zip(c.chunks(pitch)) {
        acc.copy_from_slice(&c[..NR]);
    }
    for (a, b) in a.as_chunks::<R>().0[..k].iter().zip(&b[..k]) {
        for i in 0..R {
            for j in 0..NR {
                acc[i][j] = if FMA { a[i].mul_add(b[j], acc[i][j]) } else { acc[i][j] + a[i] * b[j] };
            }
        }
    }
    for (acc, c) in acc.iter().zip(c.chunks_mut(pitch)) {
        c[..NR].copy_from_slice(acc);
    }
}
