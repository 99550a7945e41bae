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
            Self::F16 => f16::from_f64(x).to_f64(),
            Self::BF16 => bf16::from_f64(x).to_f64(),
            Self::I8 => x.round_ties_even().clamp(-128.0, 127.0),
            Self::I4 => x.round_ties_even().clamp(-8.0, 7.0),
            Self::U8 => x.round_ties_even().clamp(0.0, 255.0),
            Self::I32 => x.round_ties_even().clamp(f64::from(i32::MIN), f64::from(i32::MAX)),
            Self::I64 => x.round_ties_even(),
            Self::Bool => f64::from(u8::from(x != 0.0)),
        }
    }
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
