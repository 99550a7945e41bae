//! Lanes as the compiler makes them of plain Rust.

use ascend_hal::{Float, bf16, f16};

use super::{LANES, Lanes};

/// Sixteen numbers.
#[derive(Clone, Copy)]
pub(crate) struct Portable([f32; LANES]);

impl Portable {
    #[inline(always)]
    fn map(mut self, f: impl Fn(f32) -> f32) -> Self {
        for x in &mut self.0 {
            *x = f(*x);
        }
        self
    }

    #[inline(always)]
    fn zip(mut self, b: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        for (x, y) in self.0.iter_mut().zip(b.0) {
            *x = f(*x, y);
        }
        self
    }

    #[inline(always)]
    fn compare(self, b: Self, f: impl Fn(f32, f32) -> bool) -> [bool; LANES] {
        std::array::from_fn(|i| f(self.0[i], b.0[i]))
    }
}

/// `2^n`, for `n` in -126..=127.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits(((n + 127) << 23) as u32)
}

impl Lanes for Portable {
    type Mask = [bool; LANES];
    const TILE: usize = 1;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self([x; LANES])
    }
    #[inline(always)]
    fn load(from: &[f32; LANES]) -> Self {
        Self(*from)
    }
    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        *to = self.0;
    }
    #[inline(always)]
    fn load_f16(from: &[f16; LANES]) -> Self {
        Self(from.map(Float::to_f32))
    }
    #[inline(always)]
    fn store_f16(self, to: &mut [f16; LANES]) {
        *to = self.0.map(Float::from_f32);
    }
    #[inline(always)]
    fn load_bf16(from: &[bf16; LANES]) -> Self {
        Self(from.map(Float::to_f32))
    }
    #[inline(always)]
    fn store_bf16(self, to: &mut [bf16; LANES]) {
        *to = self.0.map(Float::from_f32);
    }

    #[inline(always)]
    fn add(self, b: Self) -> Self {
        self.zip(b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, b: Self) -> Self {
        self.zip(b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, b: Self) -> Self {
        self.zip(b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, b: Self) -> Self {
        self.zip(b, |a, b| a / b)
    }
    #[inline(always)]
    fn mul_add(mut self, b: Self, c: Self) -> Self {
        for i in 0..LANES {
            // Where no instruction does it, a fused multiply-add is a slow function.
            self.0[i] = if cfg!(target_arch = "aarch64") { self.0[i].mul_add(b.0[i], c.0[i]) } else { self.0[i] * b.0[i] + c.0[i] };
        }
        self
    }
    #[inline(always)]
    fn abs(self) -> Self {
        self.map(f32::abs)
    }
    #[inline(always)]
    fn max(self, b: Self) -> Self {
        self.zip(b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn min(self, b: Self) -> Self {
        self.zip(b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn scale(self, n: Self) -> Self {
        self.zip(n, |x, n| {
            let n = n as i32;
            x * power_of_two(n >> 1) * power_of_two(n - (n >> 1))
        })
    }

    #[inline(always)]
    fn less(self, b: Self) -> Self::Mask {
        self.compare(b, |a, b| a < b)
    }
    #[inline(always)]
    fn equal(self, b: Self) -> Self::Mask {
        self.compare(b, |a, b| a == b)
    }
    #[inline(always)]
    fn select(mask: Self::Mask, mut yes: Self, no: Self) -> Self {
        for i in 0..LANES {
            yes.0[i] = if mask[i] { yes.0[i] } else { no.0[i] };
        }
        yes
    }
    #[inline(always)]
    fn bits(mask: Self::Mask) -> u16 {
        mask.iter().enumerate().fold(0, |bits, (i, &set)| bits | u16::from(set) << i)
    }

    #[inline(always)]
    fn transpose(rows: [Self; LANES]) -> [Self; LANES] {
        std::array::from_fn(|column| Self(std::array::from_fn(|row| rows[row].0[column])))
    }
}
