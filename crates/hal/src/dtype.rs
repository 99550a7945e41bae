//! Storage types of tensor elements.

use std::fmt;

use half::{bf16, f16};

/// Storage type of a tensor's elements.
///
/// `I4` is two's complement, two elements a byte: element `i` of a buffer lives in byte `i / 2`, in the low nibble when `i` is even.
/// `Bool` is one byte, 0 or 1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum DType {
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary16.
    F16,
    /// bfloat16: the upper half of a binary32.
    BF16,
    /// Signed 8-bit integer.
    I8,
    /// Signed 4-bit integer, packed.
    I4,
    /// Signed 32-bit integer.
    I32,
    /// Signed 64-bit integer.
    I64,
    /// Unsigned 8-bit integer.
    U8,
    /// Truth value, one byte.
    Bool,
}

impl DType {
    /// Every storage type.
    pub const ALL: [DType; 9] = [Self::F32, Self::F16, Self::BF16, Self::I8, Self::I4, Self::I32, Self::I64, Self::U8, Self::Bool];

    /// The float types that activations come in.
    pub const FLOATS: [DType; 3] = [Self::F32, Self::F16, Self::BF16];

    /// Size of one element in bits.
    pub const fn bits(self) -> usize {
        match self {
            Self::I64 => 64,
            Self::F32 | Self::I32 => 32,
            Self::F16 | Self::BF16 => 16,
            Self::I8 | Self::U8 | Self::Bool => 8,
            Self::I4 => 4,
        }
    }

    /// Bytes that `elements` elements take, rounded up to whole bytes; `None` when that overflows.
    pub const fn bytes_for(self, elements: usize) -> Option<usize> {
        match self {
            Self::I4 => Some(elements.div_ceil(2)),
            _ => elements.checked_mul(self.bits() / 8),
        }
    }

    /// Whether the type is a floating-point one.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F16 | Self::BF16)
    }

    /// Whether the type is an index type (`i32` or `i64`).
    pub const fn is_index(self) -> bool {
        matches!(self, Self::I32 | Self::I64)
    }

    /// The name used in case names, reports and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::BF16 => "bf16",
            Self::I8 => "i8",
            Self::I4 => "i4",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::U8 => "u8",
            Self::Bool => "bool",
        }
    }

    /// The type called `name`, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.name() == name)
    }

    /// `x` rounded to this type (to nearest, ties to even), as `f64`. Integer types round and saturate.
    ///
    /// Rounding goes from `f64` in one step, so it serves as the last step of a rounding model.
    pub fn round(self, x: f64) -> f64 {
        match self {
            Self::F32 => f64::from(x as f32),
            Self::F16 => round_to_bits(x, 10, -14, f16::MAX.to_f64()),
            Self::BF16 => round_to_bits(x, 7, -126, bf16::MAX.to_f64()),
            Self::I8 => x.round_ties_even().clamp(-128.0, 127.0),
            Self::I4 => x.round_ties_even().clamp(-8.0, 7.0),
            Self::U8 => x.round_ties_even().clamp(0.0, 255.0),
            Self::I32 => x.round_ties_even().clamp(f64::from(i32::MIN), f64::from(i32::MAX)),
            Self::I64 => x.round_ties_even(),
            Self::Bool => f64::from(u8::from(x != 0.0)),
        }
    }
}

/// `x` rounded to nearest, ties to even, to a float type of `mantissa_bits` with this lowest exponent of a normal number and this largest number.
///
/// `half`'s own conversions from `f64` look at its upper 32 bits only, and so take what lies just beside a tie for one.
fn round_to_bits(x: f64, mantissa_bits: i32, lowest_exponent: i32, largest: f64) -> f64 {
    if !x.is_finite() {
        return x;
    }
    let exponent = ((x.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    let unit = 2f64.powi(exponent.max(lowest_exponent) - mantissa_bits);
    let near = (x / unit).round_ties_even() * unit;
    if near.abs() > largest { f64::INFINITY.copysign(x) } else { near }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A Rust type that tensors store.
pub trait Element: bytemuck::Pod + Send + Sync + PartialEq + fmt::Debug {
    /// The storage type it is.
    const DTYPE: DType;

    /// Whether a slice of this type may hold the elements of a `dtype` tensor: its own type, and for `u8` also `Bool` and packed `I4`.
    fn stores(dtype: DType) -> bool {
        dtype == Self::DTYPE
    }
}

macro_rules! element {
    ($($t:ty => $d:ident),*) => {$(
        impl Element for $t {
            const DTYPE: DType = DType::$d;
        }
    )*};
}
element!(f32 => F32, f16 => F16, bf16 => BF16, i8 => I8, i32 => I32, i64 => I64);

impl Element for u8 {
    const DTYPE: DType = DType::U8;
    fn stores(dtype: DType) -> bool {
        matches!(dtype, DType::U8 | DType::Bool | DType::I4)
    }
}

/// A float type that kernels widen to `f32`, compute in, and round back from.
pub trait Float: Element {
    /// The value as `f32`, exact.
    fn to_f32(self) -> f32;
    /// `x` rounded to nearest, ties to even.
    fn from_f32(x: f32) -> Self;
}

impl Float for f32 {
    #[inline(always)]
    fn to_f32(self) -> f32 {
        self
    }
    #[inline(always)]
    fn from_f32(x: f32) -> Self {
        x
    }
}

impl Float for f16 {
    #[inline(always)]
    fn to_f32(self) -> f32 {
        f16::to_f32(self)
    }
    #[inline(always)]
    fn from_f32(x: f32) -> Self {
        f16::from_f32(x)
    }
}

impl Float for bf16 {
    #[inline(always)]
    fn to_f32(self) -> f32 {
        f32::from_bits(u32::from(self.to_bits()) << 16)
    }
    #[inline(always)]
    fn from_f32(x: f32) -> Self {
        bf16::from_f32(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_to_nearest_even_also_just_beside_a_tie() {
        let tie = 128.5;
        assert_eq!(DType::BF16.round(tie), 128.0);
        assert_eq!(DType::BF16.round(tie + 1e-9), 129.0);
        assert_eq!(DType::BF16.round(-(tie + 1e-9)), -129.0);
        assert_eq!(DType::F16.round(2049.0), 2048.0);
        assert_eq!(DType::F16.round(2049.0 + 1e-9), 2050.0);
        assert_eq!(DType::F16.round(65519.9), 65504.0);
        assert_eq!(DType::F16.round(65520.0), f64::INFINITY);
        assert_eq!(DType::F16.round(2f64.powi(-25)), 0.0);
        assert_eq!(DType::F16.round(2f64.powi(-25) * 1.0001), 2f64.powi(-24));
        assert!(DType::BF16.round(f64::NAN).is_nan());
        assert!(DType::BF16.round(-0.0).is_sign_negative());
    }

    #[test]
    fn rounding_agrees_with_the_types_own_from_f32() {
        let mut bits = 1u32;
        for _ in 0..100_000 {
            bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let x = f32::from_bits(bits);
            if x.is_nan() {
                continue;
            }
            assert_eq!(DType::F16.round(x.into()), f16::from_f32(x).to_f64(), "{x:e}");
            assert_eq!(DType::BF16.round(x.into()), bf16::from_f32(x).to_f64(), "{x:e}");
        }
    }
}
