//! Scores of bf16 by dot products of pairs.

#![allow(unsafe_code, reason = "SIMD kernels")]

use std::arch::x86_64::*;

use super::pack::{Ahead, Part};
use super::pairs;
use super::tile::{ROWS, WIDTH};
use crate::isa::Isa;
use crate::simd::{LANES, Lane};

/// Whether scores of elements `T` are computed here.
pub(super) fn is_used<T: Lane>(isa: Isa) -> bool {
    T::PAIRS && isa == Isa::Avx512Bf16
}

/// Words of a row of queries: pairs of the elements of each part, in whole chunks.
pub(super) fn words<T>(parts: &[Part<'_, T>; 2]) -> usize {
    parts.iter().map(|part| part.width.div_ceil(pairs::CHUNK) * LANES).sum()
}

/// A query as such a row.
pub(super) fn arrange<T: Lane>(parts: [&[T]; 2], row: &mut [f32]) {
    let mut rest = bytemuck::cast_slice_mut::<f32, u8>(row);
    for part in parts {
        let elements: &[u8] = bytemuck::cast_slice(part);
        let (words, behind) = rest.split_at_mut(part.len().div_ceil(pairs::CHUNK) * LANES * size_of::<f32>());
        let (filled, padding) = words.split_at_mut(elements.len());
        filled.copy_from_slice(elements);
        padding.fill(0);
        rest = behind;
    }
}

/// Products of `rows` queries `a` with the keys of a block: rows `places` of a head. `panel` is for the keys.
///
/// # Safety
/// * The instruction set is [`Isa::Avx512Bf16`], and elements have two bytes.
#[allow(clippy::too_many_arguments, reason = "a kernel's arguments")]
pub(super) unsafe fn scores<T: Lane>(
    parts: &[Part<'_, T>; 2],
    head: usize,
    places: &[usize],
    ahead: Ahead<'_>,
    (rows, a): (usize, &[f32]),
    panel: &mut [f32],
    c: &mut [f32],
) {
    let (first, second) = panel.split_at_mut(parts[0].width.div_ceil(pairs::CHUNK) * LANES * WIDTH);
    // SAFETY: by the caller.
    unsafe {
        pairs::keys(parts[0], head, places, ahead, first);
        pairs::keys(parts[1], head, places, ahead, second);
        product(rows, a, panel, c);
    }
}

/// `c[i] = a[i] b` for each of `rows` rows: `a: [rows, steps]` and a panel `b: [steps, WIDTH]` of words that are pairs of bf16, `c: [rows, WIDTH]`.
///
/// Each element is one chain over rising steps, whatever tile it falls into.
///
/// # Safety
/// * The processor has AVX-512 F and BF16.
#[target_feature(enable = "avx512f,avx512bf16")]
unsafe fn product(rows: usize, a: &[f32], b: &[f32], c: &mut [f32]) {
    let steps = b.len() / WIDTH;
    // What the unchecked accesses of tiles rely on.
    assert!(a.len() >= rows * steps && c.len() >= rows * WIDTH, "rows of another shape");
    for first in (0..rows).step_by(ROWS) {
        let (a, c) = (&a[first * steps..], &mut c[first * WIDTH..]);
        // SAFETY: as many rows are left, and by the caller.
        unsafe {
            match ROWS.min(rows - first) {
                1 => tile::<1>(steps, a, b, c),
                2 => tile::<2>(steps, a, b, c),
                3 => tile::<3>(steps, a, b, c),
                4 => tile::<4>(steps, a, b, c),
                5 => tile::<5>(steps, a, b, c),
                _ => tile::<ROWS>(steps, a, b, c),
            }
        }
    }
}

/// # Safety
/// * The processor has AVX-512 F and BF16, `a` has `R` rows of `steps` words, `b` has `steps` rows of [`WIDTH`] and `c` has `R`.
#[inline]
#[target_feature(enable = "avx512f,avx512bf16")]
unsafe fn tile<const R: usize>(steps: usize, a: &[f32], b: &[f32], c: &mut [f32]) {
    const VECTORS: usize = WIDTH / LANES;
    let mut sums = [[_mm512_setzero_ps(); VECTORS]; R];
    for p in 0..steps {
        let mut keys = [_mm512_setzero_ps(); VECTORS];
        for j in 0..VECTORS {
            // SAFETY: row `p < steps` of the panel.
            keys[j] = unsafe { _mm512_loadu_ps(b.as_ptr().add(p * WIDTH + j * LANES)) };
        }
        for i in 0..R {
            // SAFETY: word `p` of row `i`; the types have the same size, and any bits are bf16 numbers.
            unsafe {
                let query = std::mem::transmute::<__m512, __m512bh>(_mm512_set1_ps(*a.as_ptr().add(i * steps + p)));
                for j in 0..VECTORS {
                    sums[i][j] = _mm512_dpbf16_ps(sums[i][j], query, std::mem::transmute::<__m512, __m512bh>(keys[j]));
                }
            }
        }
    }
    for i in 0..R {
        for j in 0..VECTORS {
            // SAFETY: of row `i < R`.
            unsafe { _mm512_storeu_ps(c.as_mut_ptr().add(i * WIDTH + j * LANES), sums[i][j]) };
        }
    }
}
