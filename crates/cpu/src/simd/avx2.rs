//! Lanes of AVX2: two registers.
//!
//! Every method is inlined into a function that is compiled for AVX2, FMA and F16C ([`simd!`](super::simd)), which is what makes its intrinsics sound.

#![allow(unsafe_code, reason = "intrinsics")]
#![allow(clippy::undocumented_unsafe_blocks, reason = "one reason for all, which the module's documentation states")]

use std::arch::x86_64::*;

use ascend_hal::{bf16, f16};

use super::{LANES, Lanes};

/// Two 256-bit registers.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(__m256, __m256);

impl Lanes for Avx2 {
    type Mask = (__m256, __m256);
    const TILE: usize = 1;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        let x = unsafe { _mm256_set1_ps(x) };
        Self(x, x)
    }
    #[inline(always)]
    fn load(from: &[f32; LANES]) -> Self {
        unsafe { Self(_mm256_loadu_ps(from.as_ptr()), _mm256_loadu_ps(from.as_ptr().add(8))) }
    }
    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        unsafe {
            _mm256_storeu_ps(to.as_mut_ptr(), self.0);
            _mm256_storeu_ps(to.as_mut_ptr().add(8), self.1);
        }
    }
    #[inline(always)]
    fn load_f16(from: &[f16; LANES]) -> Self {
        unsafe {
            let (low, high) = (_mm_loadu_si128(from.as_ptr().cast()), _mm_loadu_si128(from.as_ptr().add(8).cast()));
            Self(_mm256_cvtph_ps(low), _mm256_cvtph_ps(high))
        }
    }
    #[inline(always)]
    fn store_f16(self, to: &mut [f16; LANES]) {
        unsafe {
            _mm_storeu_si128(to.as_mut_ptr().cast(), _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(self.0));
            _mm_storeu_si128(to.as_mut_ptr().add(8).cast(), _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(self.1));
        }
    }
    #[inline(always)]
    fn load_bf16(from: &[bf16; LANES]) -> Self {
        unsafe {
            let (low, high) = (_mm_loadu_si128(from.as_ptr().cast()), _mm_loadu_si128(from.as_ptr().add(8).cast()));
            Self(widened(low), widened(high))
        }
    }
    #[inline(always)]
    fn store_bf16(self, to: &mut [bf16; LANES]) {
        unsafe {
            let packed = _mm256_packus_epi32(rounded(self.0), rounded(self.1));
            _mm256_storeu_si256(to.as_mut_ptr().cast(), _mm256_permute4x64_epi64::<0b11_01_10_00>(packed));
        }
    }

    #[inline(always)]
    fn add(self, b: Self) -> Self {
        unsafe { Self(_mm256_add_ps(self.0, b.0), _mm256_add_ps(self.1, b.1)) }
    }
    #[inline(always)]
    fn sub(self, b: Self) -> Self {
        unsafe { Self(_mm256_sub_ps(self.0, b.0), _mm256_sub_ps(self.1, b.1)) }
    }
    #[inline(always)]
    fn mul(self, b: Self) -> Self {
        unsafe { Self(_mm256_mul_ps(self.0, b.0), _mm256_mul_ps(self.1, b.1)) }
    }
    #[inline(always)]
    fn div(self, b: Self) -> Self {
        unsafe { Self(_mm256_div_ps(self.0, b.0), _mm256_div_ps(self.1, b.1)) }
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        unsafe { Self(_mm256_fmadd_ps(self.0, b.0, c.0), _mm256_fmadd_ps(self.1, b.1, c.1)) }
    }
    #[inline(always)]
    fn abs(self) -> Self {
        unsafe {
            let sign = _mm256_set1_ps(-0.0);
            Self(_mm256_andnot_ps(sign, self.0), _mm256_andnot_ps(sign, self.1))
        }
    }
    #[inline(always)]
    fn max(self, b: Self) -> Self {
        unsafe { Self(_mm256_max_ps(self.0, b.0), _mm256_max_ps(self.1, b.1)) }
    }
    #[inline(always)]
    fn min(self, b: Self) -> Self {
        unsafe { Self(_mm256_min_ps(self.0, b.0), _mm256_min_ps(self.1, b.1)) }
    }
    #[inline(always)]
    fn scale(self, n: Self) -> Self {
        Self(scaled(self.0, n.0), scaled(self.1, n.1))
    }

    #[inline(always)]
    fn less(self, b: Self) -> Self::Mask {
        unsafe { (_mm256_cmp_ps::<_CMP_LT_OQ>(self.0, b.0), _mm256_cmp_ps::<_CMP_LT_OQ>(self.1, b.1)) }
    }
    #[inline(always)]
    fn equal(self, b: Self) -> Self::Mask {
        unsafe { (_mm256_cmp_ps::<_CMP_EQ_OQ>(self.0, b.0), _mm256_cmp_ps::<_CMP_EQ_OQ>(self.1, b.1)) }
    }
    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        unsafe { Self(_mm256_blendv_ps(no.0, yes.0, mask.0), _mm256_blendv_ps(no.1, yes.1, mask.1)) }
    }
    #[inline(always)]
    fn bits(mask: Self::Mask) -> u16 {
        unsafe { (_mm256_movemask_ps(mask.0) | _mm256_movemask_ps(mask.1) << 8) as u16 }
    }

    #[inline(always)]
    fn transpose(rows: [Self; LANES]) -> [Self; LANES] {
        let r = rows;
        let (top_left, top_right) = (
            square([r[0].0, r[1].0, r[2].0, r[3].0, r[4].0, r[5].0, r[6].0, r[7].0]),
            square([r[0].1, r[1].1, r[2].1, r[3].1, r[4].1, r[5].1, r[6].1, r[7].1]),
        );
        let (bottom_left, bottom_right) = (
            square([r[8].0, r[9].0, r[10].0, r[11].0, r[12].0, r[13].0, r[14].0, r[15].0]),
            square([r[8].1, r[9].1, r[10].1, r[11].1, r[12].1, r[13].1, r[14].1, r[15].1]),
        );
        let mut out = rows;
        for i in 0..8 {
            out[i] = Self(top_left[i], bottom_left[i]);
            out[i + 8] = Self(top_right[i], bottom_right[i]);
        }
        out
    }
}

#[inline(always)]
fn widened(bf16s: __m128i) -> __m256 {
    unsafe { _mm256_castsi256_ps(_mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(bf16s))) }
}

/// The nearest bf16, in the lower half of each word.
#[inline(always)]
fn rounded(x: __m256) -> __m256i {
    unsafe {
        let bits = _mm256_castps_si256(x);
        let odd = _mm256_and_si256(_mm256_srli_epi32::<16>(bits), _mm256_set1_epi32(1));
        let rounded = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
        // A NaN is made quiet instead: its payload might lie in the half that goes.
        let quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x40_0000));
        let nan = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_UNORD_Q>(x, x));
        _mm256_srli_epi32::<16>(_mm256_blendv_epi8(rounded, quiet, nan))
    }
}

/// `x * 2^n` in two steps: half of `n` is always the exponent of a normal number.
#[inline(always)]
fn scaled(x: __m256, n: __m256) -> __m256 {
    unsafe {
        let n = _mm256_cvtps_epi32(n);
        let first = _mm256_srai_epi32::<1>(n);
        _mm256_mul_ps(_mm256_mul_ps(x, power_of_two(first)), power_of_two(_mm256_sub_epi32(n, first)))
    }
}

#[inline(always)]
fn power_of_two(n: __m256i) -> __m256 {
    unsafe { _mm256_castsi256_ps(_mm256_slli_epi32::<23>(_mm256_add_epi32(n, _mm256_set1_epi32(127)))) }
}

/// The columns of a square of 8.
#[inline(always)]
fn square(rows: [__m256; 8]) -> [__m256; 8] {
    unsafe {
        let mut a = rows;
        for i in [0, 4] {
            let (lo0, hi0) = (_mm256_unpacklo_ps(rows[i], rows[i + 1]), _mm256_unpackhi_ps(rows[i], rows[i + 1]));
            let (lo1, hi1) = (_mm256_unpacklo_ps(rows[i + 2], rows[i + 3]), _mm256_unpackhi_ps(rows[i + 2], rows[i + 3]));
            a[i] = _mm256_shuffle_ps::<0x44>(lo0, lo1);
            a[i + 1] = _mm256_shuffle_ps::<0xee>(lo0, lo1);
            a[i + 2] = _mm256_shuffle_ps::<0x44>(hi0, hi1);
            a[i + 3] = _mm256_shuffle_ps::<0xee>(hi0, hi1);
        }
        let mut out = a;
        for i in 0..4 {
            out[i] = _mm256_permute2f128_ps::<0x20>(a[i], a[i + 4]);
            out[i + 4] = _mm256_permute2f128_ps::<0x31>(a[i], a[i + 4]);
        }
        out
    }
}
