//! Vectors of sixteen f32 lanes, and functions compiled once for each instruction set.
//!
//! A kernel is written once, over a type [`Lanes`], inside of [`simd!`]: the macro compiles it for AVX-512, AVX2 and plain Rust, and calls the one that the
//! device's [`Isa`] stands for. A vector has sixteen lanes everywhere, so that sums over a row have one order ([`Lanes::sum`]) that depends on its length alone.
//!
//! Kernels work on f32. Rows of f16 and bf16 go through a buffer that stays in the first-level cache ([`convert`]), or are widened as they are packed.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub(crate) mod convert;
pub(crate) mod math;
mod portable;
pub(crate) mod row;
pub(crate) mod select;

use ascend_hal::{Float, bf16, f16};

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::{Avx512, CODES};
pub(crate) use portable::Portable;

use crate::isa::Isa;

/// Lanes of a vector.
pub(crate) const LANES: usize = 16;
/// Bytes of a line of a cache, on most machines.
pub(crate) const CACHE_LINE: usize = 64;

/// Sixteen f32 lanes. Methods of a type for special instructions may only be used in code that is compiled for them, as [`simd!`] does.
pub(crate) trait Lanes: Copy {
    /// What a comparison gives.
    type Mask: Copy;
    /// Vectors side by side in a register tile of six rows: as many as the registers hold.
    const TILE: usize;

    fn splat(x: f32) -> Self;
    fn load(from: &[f32; LANES]) -> Self;
    fn store(self, to: &mut [f32; LANES]);
    fn load_f16(from: &[f16; LANES]) -> Self;
    /// Rounds to nearest, ties to even.
    fn store_f16(self, to: &mut [f16; LANES]);
    fn load_bf16(from: &[bf16; LANES]) -> Self;
    /// Rounds to nearest, ties to even.
    fn store_bf16(self, to: &mut [bf16; LANES]);
    /// Of each word the signed number of four bits from bit `shift` on, at most the 28th.
    #[inline(always)]
    fn load_i4(from: &[u32; LANES], shift: u32) -> Self {
        Self::load(&from.map(|word| (word << (28 - shift)).cast_signed().wrapping_shr(28) as f32))
    }
    /// Words of two numbers that bf16 holds, `first` at the lower address: what [`bf16_pair`](Self::bf16_pair) takes apart.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "only kernels of x86-64 multiply pairs"))]
    #[inline(always)]
    fn bf16_words(first: Self, second: Self) -> Self {
        let (mut words, mut upper) = ([0f32; LANES], [0f32; LANES]);
        let (low, high) = if cfg!(target_endian = "little") { (first, second) } else { (second, first) };
        low.store(&mut words);
        high.store(&mut upper);
        for (word, upper) in words.iter_mut().zip(upper) {
            *word = f32::from_bits(word.to_bits() >> 16 | upper.to_bits() & 0xffff_0000);
        }
        Self::load(&words)
    }
    #[inline(always)]
    fn load_i8(from: &[i8; LANES]) -> Self {
        Self::load(&from.map(f32::from))
    }
    /// Words of any meaning, which may be transposed and stored but not computed with.
    #[inline(always)]
    fn load_words(from: &[[u8; 4]; LANES]) -> Self {
        Self::load(&from.map(f32::from_ne_bytes))
    }
    /// The two numbers that each word is made of, the one at the lower address first.
    #[inline(always)]
    fn bf16_pair(self) -> [Self; 2] {
        let mut words = [0f32; LANES];
        self.store(&mut words);
        let part = |shift: u32| Self::load(&words.map(|word| f32::from_bits(word.to_bits() >> (16 - shift) << 16)));
        if cfg!(target_endian = "little") { [part(16), part(0)] } else { [part(0), part(16)] }
    }

    fn add(self, b: Self) -> Self;
    fn sub(self, b: Self) -> Self;
    fn mul(self, b: Self) -> Self;
    fn div(self, b: Self) -> Self;
    /// `self * b + c`, rounded once where the instructions can.
    fn mul_add(self, b: Self, c: Self) -> Self;
    fn abs(self) -> Self;
    /// `self` where it is the larger, else `b`: where either is NaN, `b`.
    fn max(self, b: Self) -> Self;
    /// `self` where it is the smaller, else `b`: where either is NaN, `b`.
    fn min(self, b: Self) -> Self;
    /// `self * 2^n`, for whole `n` in -252..=252.
    fn scale(self, n: Self) -> Self;

    fn less(self, b: Self) -> Self::Mask;
    fn equal(self, b: Self) -> Self::Mask;
    /// `yes` where the mask is set, else `no`.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
    /// One bit a lane, the first lane lowest.
    fn bits(mask: Self::Mask) -> u16;

    /// The columns of the square whose rows are `rows`.
    fn transpose(rows: [Self; LANES]) -> [Self; LANES];

    /// Adds the lanes by halves: `i` and `i + 8`, then `i` and `i + 4`, and so on.
    #[inline(always)]
    fn sum(self) -> f32 {
        let mut lanes = [0f32; LANES];
        self.store(&mut lanes);
        for half in [8, 4, 2, 1] {
            for i in 0..half {
                lanes[i] += lanes[i + half];
            }
        }
        lanes[0]
    }

    /// The largest lane; there must be no NaN.
    #[inline(always)]
    fn largest(self) -> f32 {
        let mut lanes = [0f32; LANES];
        self.store(&mut lanes);
        for half in [8, 4, 2, 1] {
            for i in 0..half {
                lanes[i] = if lanes[i] > lanes[i + half] { lanes[i] } else { lanes[i + half] };
            }
        }
        lanes[0]
    }
}

/// An element that vectors are made of.
pub(crate) trait Lane: Float {
    /// Whether two elements side by side are what [`Lanes::bf16_pair`] takes apart.
    const PAIRS: bool = false;
    fn load<S: Lanes>(from: &[Self; LANES]) -> S;
    fn store<S: Lanes>(v: S, to: &mut [Self; LANES]);
}

impl Lane for f32 {
    #[inline(always)]
    fn load<S: Lanes>(from: &[Self; LANES]) -> S {
        S::load(from)
    }
    #[inline(always)]
    fn store<S: Lanes>(v: S, to: &mut [Self; LANES]) {
        v.store(to);
    }
}

impl Lane for f16 {
    #[inline(always)]
    fn load<S: Lanes>(from: &[Self; LANES]) -> S {
        S::load_f16(from)
    }
    #[inline(always)]
    fn store<S: Lanes>(v: S, to: &mut [Self; LANES]) {
        v.store_f16(to);
    }
}

impl Lane for bf16 {
    const PAIRS: bool = true;
    #[inline(always)]
    fn load<S: Lanes>(from: &[Self; LANES]) -> S {
        S::load_bf16(from)
    }
    #[inline(always)]
    fn store<S: Lanes>(v: S, to: &mut [Self; LANES]) {
        v.store_bf16(to);
    }
}

/// The instruction sets that functions are compiled for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Level {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// What `isa`, an available one, allows.
    #[inline]
    pub(crate) fn of(isa: Isa) -> Self {
        debug_assert!(isa.is_available(), "{isa} on a machine without it");
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 | Isa::Avx512Vnni | Isa::Avx512Bf16 | Isa::Amx => Self::Avx512,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => Self::Avx2,
            _ => Self::Portable,
        }
    }
}

/// Levels of the caches.
#[derive(Clone, Copy)]
pub(crate) enum Cache {
    First,
    Second,
}

/// Has the line around an address brought nearer, which may be none of the program's: a hint, if that.
#[inline(always)]
#[allow(unsafe_code, reason = "an intrinsic")]
pub(crate) fn prefetch<T>(at: *const T, to: Cache) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has the instruction, and it accesses nothing.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _MM_HINT_T1, _mm_prefetch};
        match to {
            Cache::First => _mm_prefetch::<_MM_HINT_T0>(at.cast()),
            Cache::Second => _mm_prefetch::<_MM_HINT_T1>(at.cast()),
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (at, to);
}

/// Compiles a function over a type of [`Lanes`] for every [`Level`], and defines one of that name that takes the [`Isa`] first.
///
/// Everything that the body calls over its type of lanes must be `#[inline(always)]`, and a closure small enough to be inlined: code that is not inlined is not
/// compiled for the instructions.
macro_rules! simd {
    ($(#[$meta:meta])* $vis:vis fn $name:ident<$S:ident $(, $T:ident: $bound:path)*>($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments, reason = "a kernel takes the instruction set besides its own arguments")]
        $vis fn $name<$($T: $bound),*>(isa: $crate::isa::Isa, $($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            #[allow(clippy::too_many_arguments, reason = "as above")]
            fn body<$S: $crate::simd::Lanes $(, $T: $bound)*>($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
            #[allow(clippy::too_many_arguments, reason = "as above")]
            fn avx512<$($T: $bound),*>($($arg: $ty),*) $(-> $ret)? {
                body::<$crate::simd::Avx512 $(, $T)*>($($arg),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,f16c")]
            #[allow(clippy::too_many_arguments, reason = "as above")]
            fn avx2<$($T: $bound),*>($($arg: $ty),*) $(-> $ret)? {
                body::<$crate::simd::Avx2 $(, $T)*>($($arg),*)
            }

            match $crate::simd::Level::of(isa) {
                #[cfg(target_arch = "x86_64")]
                #[allow(unsafe_code, reason = "a call into code for other instructions than the program's")]
                // SAFETY: instruction sets are handed out where they are available only, which includes all that their level needs.
                $crate::simd::Level::Avx512 => unsafe { avx512::<$($T),*>($($arg),*) },
                #[cfg(target_arch = "x86_64")]
                #[allow(unsafe_code, reason = "as above")]
                // SAFETY: as above.
                $crate::simd::Level::Avx2 => unsafe { avx2::<$($T),*>($($arg),*) },
                $crate::simd::Level::Portable => body::<$crate::simd::Portable $(, $T)*>($($arg),*),
            }
        }
    };
}
pub(crate) use simd;
