//! Kernels for AVX2: a panel is taken in parts whose sums fit into 12 of the 16 registers.

#![allow(unsafe_code, reason = "SIMD kernels")]

use std::arch::x86_64::*;

use super::{COLS, MAX_ROWS, STEP_BYTES, Tile};

/// # Safety
/// * As [`Kernel`](super::Kernel), for `R` rows, AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn f32<const R: usize>(t: &Tile) {
    const { assert!(R <= MAX_ROWS) };
    for part in (0..COLS).step_by(16) {
        let at = |r: usize, j: usize| t.sums.wrapping_add(r * t.pitch + part + 8 * j);
        let mut acc = [[_mm256_setzero_ps(); 2]; R];
        // SAFETY: by the caller, `R` rows of `COLS` sums, and of `t.steps` steps of panel and rows.
        unsafe {
            if !t.first {
                for r in 0..R {
                    acc[r] = [_mm256_loadu_ps(at(r, 0)), _mm256_loadu_ps(at(r, 1))];
                }
            }
            for s in 0..t.steps {
                let b = t.panel.add(s * STEP_BYTES + 4 * part).cast::<f32>();
                let b = [_mm256_loadu_ps(b), _mm256_loadu_ps(b.add(8))];
                for r in 0..R {
                    let x = _mm256_set1_ps(t.rows[r].cast::<f32>().add(s).read_unaligned());
                    for j in 0..2 {
                        acc[r][j] = _mm256_fmadd_ps(x, b[j], acc[r][j]);
                    }
                }
            }
            for r in 0..R {
                for j in 0..2 {
                    _mm256_storeu_ps(at(r, j), acc[r][j]);
                }
            }
        }
    }
}

/// Rows are i16.
///
/// # Safety
/// * As [`Kernel`](super::Kernel), for `R` rows, AVX2.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn int8<const R: usize>(t: &Tile) {
    const { assert!(R <= MAX_ROWS) };
    for part in (0..COLS).step_by(8) {
        // Each register sums the two pairs of a step of four columns side by side.
        let mut acc = [[_mm256_setzero_si256(); 2]; R];
        // SAFETY: by the caller, `R` rows of `COLS` sums, and of `t.steps` steps of panel and rows, whose steps have eight bytes.
        unsafe {
            for s in 0..t.steps {
                let b = t.panel.add(s * STEP_BYTES + 4 * part).cast::<__m128i>();
                let b = [_mm256_cvtepi8_epi16(_mm_loadu_si128(b)), _mm256_cvtepi8_epi16(_mm_loadu_si128(b.add(1)))];
                for r in 0..R {
                    let x = _mm256_set1_epi64x(t.rows[r].cast::<i64>().add(s).read_unaligned());
                    for j in 0..2 {
                        acc[r][j] = _mm256_add_epi32(acc[r][j], _mm256_madd_epi16(x, b[j]));
                    }
                }
            }
            for r in 0..R {
                let at = t.sums.add(r * t.pitch + part).cast::<__m256i>();
                // Columns 0 1 4 5 2 3 6 7.
                let pairs = _mm256_hadd_epi32(acc[r][0], acc[r][1]);
                let mut sum = _mm256_permute4x64_epi64::<0b11_01_10_00>(pairs);
                if !t.first {
                    sum = _mm256_add_epi32(sum, _mm256_loadu_si256(at));
                }
                _mm256_storeu_si256(at, sum);
            }
        }
    }
}
