//! Lanes of AVX-512: one register.
//!
//! Every method is inlined into a function that is compiled for AVX-512 F, BW, DQ, VL and F16C ([`simd!`](super::simd)), which is what makes its intrinsics sound.

#![allow(unsafe_code, reason = "intrinsics")]
#![allow(clippy::undocumented_unsafe_blocks, reason = "one reason for all, which the module's documentation states")]

use std::arch::x86_64::*;

use ascend_hal::{bf16, f16};

use super::{LANES, Lanes};

/// What four bits stand for.
pub(crate) const CODES: [f32; LANES] = [0., 1., 2., 3., 4., 5., 6., 7., -8., -7., -6., -5., -4., -3., -2., -1.];

/// One 512-bit register.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(pub(crate) __m512);

impl Lanes for Avx512 {
    type Mask = __mmask16;
    const TILE: usize = 4;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self(unsafe { _mm512_set1_ps(x) })
    }
    #[inline(always)]
    fn load(from: &[f32; LANES]) -> Self {
        Self(unsafe { _mm512_loadu_ps(from.as_ptr()) })
    }
    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), self.0) }
    }
    #[inline(always)]
    fn load_f16(from: &[f16; LANES]) -> Self {
        Self(unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(from.as_ptr().cast())) })
    }
    #[inline(always)]
    fn store_f16(self, to: &mut [f16; LANES]) {
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), _mm512_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(self.0)) }
    }
    #[inline(always)]
    fn load_bf16(from: &[bf16; LANES]) -> Self {
        unsafe {
            let words = _mm512_cvtepu16_epi32(_mm256_loadu_si256(from.as_ptr().cast()));
            Self(_mm512_castsi512_ps(_mm512_slli_epi32::<16>(words)))
        }
    }
    #[inline(always)]
    fn store_bf16(self, to: &mut [bf16; LANES]) {
        unsafe {
            let x = _mm512_castps_si512(self.0);
            let odd = _mm512_and_si512(_mm512_srli_epi32::<16>(x), _mm512_set1_epi32(1));
            let rounded = _mm512_add_epi32(x, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
            // A NaN is made quiet instead: its payload might lie in the half that goes.
            let nan = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(self.0, self.0);
            let rounded = _mm512_mask_or_epi32(rounded, nan, x, _mm512_set1_epi32(0x40_0000));
            _mm256_storeu_si256(to.as_mut_ptr().cast(), _mm512_cvtepi32_epi16(_mm512_srli_epi32::<16>(rounded)));
        }
    }
    #[inline(always)]
    fn load_i4(from: &[u32; LANES], shift: u32) -> Self {
        // Looked up by their lowest four bits.
        unsafe {
            let words = _mm512_srlv_epi32(_mm512_loadu_si512(from.as_ptr().cast()), _mm512_set1_epi32(shift.cast_signed()));
            Self(_mm512_permutexvar_ps(words, _mm512_loadu_ps(CODES.as_ptr())))
        }
    }
    #[inline(always)]
    fn load_words(from: &[[u8; 4]; LANES]) -> Self {
        Self(unsafe { _mm512_loadu_ps(from.as_ptr().cast()) })
    }
    #[inline(always)]
    fn bf16_pair(self) -> [Self; 2] {
        unsafe {
            let words = _mm512_castps_si512(self.0);
            let upper = _mm512_and_si512(words, _mm512_set1_epi32(0xffff_0000_u32.cast_signed()));
            [_mm512_slli_epi32::<16>(words), upper].map(|half| Self(_mm512_castsi512_ps(half)))
        }
    }
    #[inline(always)]
    fn bf16_words(first: Self, second: Self) -> Self {
        unsafe {
            let low = _mm512_srli_epi32::<16>(_mm512_castps_si512(first.0));
            // Halves of words: the lower ones of `low`, the upper ones of `second`.
            Self(_mm512_castsi512_ps(_mm512_mask_blend_epi16(0xaaaa_aaaa, low, _mm512_castps_si512(second.0))))
        }
    }
    #[inline(always)]
    fn load_i8(from: &[i8; LANES]) -> Self {
        Self(unsafe { _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from.as_ptr().cast()))) })
    }

    #[inline(always)]
    fn add(self, b: Self) -> Self {
        Self(unsafe { _mm512_add_ps(self.0, b.0) })
    }
    #[inline(always)]
    fn sub(self, b: Self) -> Self {
        Self(unsafe { _mm512_sub_ps(self.0, b.0) })
    }
    #[inline(always)]
    fn mul(self, b: Self) -> Self {
        Self(unsafe { _mm512_mul_ps(self.0, b.0) })
    }
    #[inline(always)]
    fn div(self, b: Self) -> Self {
        Self(unsafe { _mm512_div_ps(self.0, b.0) })
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        Self(unsafe { _mm512_fmadd_ps(self.0, b.0, c.0) })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(unsafe { _mm512_abs_ps(self.0) })
    }
    #[inline(always)]
    fn max(self, b: Self) -> Self {
        Self(unsafe { _mm512_max_ps(self.0, b.0) })
    }
    #[inline(always)]
    fn min(self, b: Self) -> Self {
        Self(unsafe { _mm512_min_ps(self.0, b.0) })
    }
    #[inline(always)]
    fn scale(self, n: Self) -> Self {
        Self(unsafe { _mm512_scalef_ps(self.0, n.0) })
    }

    #[inline(always)]
    fn less(self, b: Self) -> Self::Mask {
        unsafe { _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, b.0) }
    }
    #[inline(always)]
    fn equal(self, b: Self) -> Self::Mask {
        unsafe { _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self.0, b.0) }
    }
    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Self(unsafe { _mm512_mask_blend_ps(mask, no.0, yes.0) })
    }
    #[inline(always)]
    fn bits(mask: Self::Mask) -> u16 {
        mask
    }

    #[inline(always)]
    fn transpose(rows: [Self; LANES]) -> [Self; LANES] {
        unsafe {
            // Squares of 2, then 4 within quarters of a register; then quarters.
            let mut r = [_mm512_setzero_ps(); LANES];
            // A loop and not `map`, which is a call that takes them through memory.
            for i in 0..LANES {
                r[i] = rows[i].0;
            }
            let mut a = [_mm512_setzero_ps(); LANES];
            for i in (0..LANES).step_by(4) {
                let (lo0, hi0) = (_mm512_unpacklo_ps(r[i], r[i + 1]), _mm512_unpackhi_ps(r[i], r[i + 1]));
                let (lo1, hi1) = (_mm512_unpacklo_ps(r[i + 2], r[i + 3]), _mm512_unpackhi_ps(r[i + 2], r[i + 3]));
                a[i] = _mm512_shuffle_ps::<0x44>(lo0, lo1);
                a[i + 1] = _mm512_shuffle_ps::<0xee>(lo0, lo1);
                a[i + 2] = _mm512_shuffle_ps::<0x44>(hi0, hi1);
                a[i + 3] = _mm512_shuffle_ps::<0xee>(hi0, hi1);
            }
            let mut out = [Self(a[0]); LANES];
            for i in 0..4 {
                let (even0, odd0) = (_mm512_shuffle_f32x4::<0x88>(a[i], a[i + 4]), _mm512_shuffle_f32x4::<0xdd>(a[i], a[i + 4]));
                let (even1, odd1) = (_mm512_shuffle_f32x4::<0x88>(a[i + 8], a[i + 12]), _mm512_shuffle_f32x4::<0xdd>(a[i + 8], a[i + 12]));
                out[i] = Self(_mm512_shuffle_f32x4::<0x88>(even0, even1));
                out[i + 8] = Self(_mm512_shuffle_f32x4::<0xdd>(even0, even1));
                out[i + 4] = Self(_mm512_shuffle_f32x4::<0x88>(odd0, odd1));
                out[i + 12] = Self(_mm512_shuffle_f32x4::<0xdd>(odd0, odd1));
            }
            out
        }
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        unsafe {
            let halves = _mm256_add_ps(_mm512_castps512_ps256(self.0), _mm512_extractf32x8_ps::<1>(self.0));
            let quarters = _mm_add_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps::<1>(halves));
            let pairs = _mm_add_ps(quarters, _mm_movehl_ps(quarters, quarters));
            _mm_cvtss_f32(_mm_add_ss(pairs, _mm_movehdup_ps(pairs)))
        }
    }
    #[inline(always)]
    fn largest(self) -> f32 {
        unsafe {
            let halves = _mm256_max_ps(_mm512_castps512_ps256(self.0), _mm512_extractf32x8_ps::<1>(self.0));
            let quarters = _mm_max_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps::<1>(halves));
            let pairs = _mm_max_ps(quarters, _mm_movehl_ps(quarters, quarters));
            _mm_cvtss_f32(_mm_max_ss(pairs, _mm_movehdup_ps(pairs)))
        }
    }
}
