//! Kernels for AVX-512: a register tile of up to 6 rows by 4 registers, 24 accumulators beside 4 registers of the panel and one of the row.

#![allow(unsafe_code, reason = "SIMD kernels")]

use std::arch::x86_64::*;

use super::{MAX_ROWS, STEP_BYTES, Tile};
use crate::simd::{CODES, Cache, prefetch};

/// Registers in a row of [`COLS`](super::COLS) columns.
pub(super) const WIDTH: usize = 4;
/// How far ahead of the sums a panel is fetched. Not 4096: lines that far apart share a set of a first-level cache, which costs a quarter of the bandwidth.
pub(super) const PANEL_AHEAD_BYTES: usize = 2048;

/// The panel's step `s`, and a hint for one to come.
///
/// # Safety
/// * The panel has more than `s` steps.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn step(t: &Tile, s: usize) -> [__m512i; WIDTH] {
    let at = t.panel.wrapping_add(s * STEP_BYTES);
    if t.next.is_null() {
        for j in 0..WIDTH {
            prefetch(at.wrapping_add(PANEL_AHEAD_BYTES + 64 * j), Cache::First);
        }
    } else {
        // Into the second-level cache: the first one is full of this block.
        for half in 2 * s..2 * s + 2 {
            prefetch(t.next.wrapping_add(((half * t.pace) >> 16) * 64), Cache::Second);
        }
    }
    // SAFETY: by the caller, these 256 bytes are the panel's.
    std::array::from_fn(|j| unsafe { _mm512_loadu_si512(at.add(64 * j).cast()) })
}

/// The four bytes of row `r` at step `s`, in every lane.
///
/// # Safety
/// * The row is one of the tile's and has more than `s` steps of four bytes.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn row(t: &Tile, r: usize, s: usize) -> __m512i {
    // SAFETY: by the caller.
    _mm512_set1_epi32(unsafe { t.rows[r].add(4 * s).cast::<i32>().read_unaligned() })
}

/// Sums to go on with.
///
/// # Safety
/// * `R` rows of `t.sums` may be read.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn start<const R: usize>(t: &Tile) -> [[__m512; WIDTH]; R] {
    let mut acc = [[_mm512_setzero_ps(); WIDTH]; R];
    if !t.first && t.scale.is_null() {
        for r in 0..R {
            for j in 0..WIDTH {
                // SAFETY: by the caller.
                acc[r][j] = unsafe { _mm512_loadu_ps(t.sums.add(r * t.pitch + 16 * j)) };
            }
        }
    }
    acc
}

/// Puts the sums of row `r` back, or adds them after scaling. One row at a time: were all of them handed over, they would live in memory, and be stored at every step.
///
/// # Safety
/// * Row `r` of `t.sums` may be read and written, and `t.scale` is null or has 64 elements.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn finish(t: &Tile, r: usize, sums: [__m512; WIDTH]) {
    for (j, mut sum) in sums.into_iter().enumerate() {
        let at = t.sums.wrapping_add(r * t.pitch + 16 * j);
        // SAFETY: by the caller.
        unsafe {
            if !t.scale.is_null() {
                let before = if t.first { _mm512_setzero_ps() } else { _mm512_loadu_ps(at) };
                sum = _mm512_fmadd_ps(sum, _mm512_loadu_ps(t.scale.add(16 * j)), before);
            }
            _mm512_storeu_ps(at, sum);
        }
    }
}

/// # Safety
/// * As [`Kernel`](super::Kernel), for `R` rows, AVX-512 F.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn f32<const R: usize>(t: &Tile) {
    const { assert!(R <= MAX_ROWS) };
    // SAFETY: by the caller, `R` rows of sums, of `t.steps` steps of panel and rows.
    unsafe {
        let mut acc = start::<R>(t);
        for s in 0..t.steps {
            let b = step(t, s).map(|b| _mm512_castsi512_ps(b));
            for r in 0..R {
                let x = _mm512_castsi512_ps(row(t, r, s));
                for j in 0..WIDTH {
                    acc[r][j] = _mm512_fmadd_ps(x, b[j], acc[r][j]);
                }
            }
        }
        for r in 0..R {
            finish(t, r, acc[r]);
        }
    }
}

/// # Safety
/// * As [`Kernel`](super::Kernel), for `R` rows, AVX-512 F and BF16.
#[target_feature(enable = "avx512f,avx512bf16")]
pub(super) unsafe fn bf16<const R: usize>(t: &Tile) {
    const { assert!(R <= MAX_ROWS) };
    // SAFETY: by the caller, `R` rows of sums, of `t.steps` steps of panel and rows. The vector types have the same size, and any bits are bf16 numbers.
    unsafe {
        let pairs = |x: __m512i| std::mem::transmute::<__m512i, __m512bh>(x);
        let mut acc = start::<R>(t);
        for s in 0..t.steps {
            let b = step(t, s);
            for r in 0..R {
                let x = row(t, r, s);
                for j in 0..WIDTH {
                    acc[r][j] = _mm512_dpbf16_ps(acc[r][j], pairs(x), pairs(b[j]));
                }
            }
        }
        for r in 0..R {
            finish(t, r, acc[r]);
        }
    }
}

/// Rows are u8.
///
/// # Safety
/// * As [`Kernel`](super::Kernel), for `R` rows, AVX-512 F and VNNI.
#[target_feature(enable = "avx512f,avx512vnni")]
pub(super) unsafe fn int8<const R: usize>(t: &Tile) {
    const { assert!(R <= MAX_ROWS) };
    // SAFETY: by the caller, `R` rows of sums, of `t.steps` steps of panel and rows.
    unsafe {
        // Sums stay of one type: arrays that are converted go through memory.
        let mut acc = start::<R>(t);
        for s in 0..t.steps {
            let b = step(t, s);
            for r in 0..R {
                let x = row(t, r, s);
                for j in 0..WIDTH {
                    acc[r][j] = _mm512_castsi512_ps(_mm512_dpbusd_epi32(_mm512_castps_si512(acc[r][j]), x, b[j]));
                }
            }
        }
        for r in 0..R {
            finish(t, r, acc[r]);
        }
    }
}

/// The bf16 of each code of four bits: twice, as five bits are looked up, the fifth of another code.
pub(super) static CODES_AS_BF16: [u16; 32] = {
    let mut table = [0; 32];
    let mut i = 0;
    while i < 32 {
        table[i] = (CODES[i % 16].to_bits() >> 16) as u16;
        i += 1;
    }
    table
};

/// [`CODES_AS_BF16`] in a register.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn codes_as_bf16() -> __m512i {
    // SAFETY: a table of 64 bytes.
    unsafe { _mm512_loadu_si512(CODES_AS_BF16.as_ptr().cast()) }
}

/// Four bits become a bf16 by a table: `codes` are 16-bit words of four codes, whose columns are 16 apart.
///
/// # Safety
/// * The processor has AVX-512 F and BW.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn widen_i4(codes: &[u8], steps: &mut [[u8; STEP_BYTES]]) {
    let table = codes_as_bf16();
    for (codes, step) in codes.as_chunks::<64>().0.iter().zip(steps) {
        // SAFETY: 64 bytes of codes become 256 of a step.
        unsafe {
            prefetch(codes.as_ptr().wrapping_add(PANEL_AHEAD_BYTES), Cache::First);
            let words = _mm512_loadu_si512(codes.as_ptr().cast());
            let out = step.as_mut_ptr().cast::<__m512i>();
            _mm512_storeu_si512(out, _mm512_permutexvar_epi16(words, table));
            _mm512_storeu_si512(out.add(1), _mm512_permutexvar_epi16(_mm512_srli_epi16::<4>(words), table));
            _mm512_storeu_si512(out.add(2), _mm512_permutexvar_epi16(_mm512_srli_epi16::<8>(words), table));
            _mm512_storeu_si512(out.add(3), _mm512_permutexvar_epi16(_mm512_srli_epi16::<12>(words), table));
        }
    }
}

/// Bytes become bf16 by way of f32: `codes` are four rows of one column side by side, two steps.
///
/// # Safety
/// * The processor has AVX-512 F.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn widen_i8(codes: &[u8], steps: &mut [[u8; STEP_BYTES]]) {
    let upper = _mm512_set1_epi32(0xffff_0000_u32 as i32);
    // The upper halves of the floats of two codes, each at the top of its lane.
    let pair = |first: __m512i, second: __m512i| {
        let float = |code: __m512i| _mm512_castps_si512(_mm512_cvtepi32_ps(_mm512_srai_epi32::<24>(code)));
        _mm512_or_si512(_mm512_srli_epi32::<16>(float(first)), _mm512_and_si512(float(second), upper))
    };
    for (codes, steps) in codes.as_chunks::<STEP_BYTES>().0.iter().zip(steps.chunks_mut(2)) {
        for (j, codes) in codes.as_chunks::<64>().0.iter().enumerate() {
            // SAFETY: 64 bytes of codes become 64 of each step.
            unsafe {
                prefetch(codes.as_ptr().wrapping_add(PANEL_AHEAD_BYTES), Cache::First);
                let four = _mm512_loadu_si512(codes.as_ptr().cast());
                let first = pair(_mm512_slli_epi32::<24>(four), _mm512_slli_epi32::<16>(four));
                _mm512_storeu_si512(steps[0][64 * j..][..64].as_mut_ptr().cast(), first);
                if let Some(step) = steps.get_mut(1) {
                    let second = pair(_mm512_slli_epi32::<8>(four), four);
                    _mm512_storeu_si512(step[64 * j..][..64].as_mut_ptr().cast(), second);
                }
            }
        }
    }
}
