//! The encodings that tensors are stored in, and their sizes.

/// How a stored tensor's elements are encoded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Encoding {
    /// IEEE binary32.
    F32,
    /// IEEE binary16.
    F16,
    /// bfloat16.
    BF16,
    /// 8-bit float, 4 exponent bits (scaled by a companion tensor of block scales).
    F8E4M3,
    /// Raw bytes (MXFP4 blocks and scales of GPT-OSS checkpoints).
    U8,
    /// GGUF: blocks of 32 4-bit floats with a power-of-two scale.
    Mxfp4,
    /// GGUF: blocks of 32 int8 with an f16 scale.
    Q8_0,
    /// GGUF: blocks of 32 4-bit codes with an f16 scale.
    Q4_0,
    /// GGUF: blocks of 32 4-bit codes with an f16 scale and minimum.
    Q4_1,
    /// GGUF: super-blocks of 256 4-bit codes with 6-bit scales and minima.
    Q4K,
    /// GGUF: super-blocks of 256 6-bit codes with 8-bit scales.
    Q6K,
}

impl Encoding {
    /// Values in a block: what is encoded together. Rows are whole blocks.
    pub const fn block_values(self) -> usize {
        match self {
            Self::F32 | Self::F16 | Self::BF16 | Self::F8E4M3 | Self::U8 => 1,
            Self::Mxfp4 | Self::Q8_0 | Self::Q4_0 | Self::Q4_1 => 32,
            Self::Q4K | Self::Q6K => 256,
        }
    }

    /// Bytes of a block.
    pub const fn block_bytes(self) -> usize {
        match self {
            Self::F8E4M3 | Self::U8 => 1,
            Self::F16 | Self::BF16 => 2,
            Self::F32 => 4,
            Self::Mxfp4 => 17,
            Self::Q4_0 => 18,
            Self::Q4_1 => 20,
            Self::Q8_0 => 34,
            Self::Q4K => 144,
            Self::Q6K => 210,
        }
    }

    /// Bytes of a tensor of this shape; `None` when its rows are not whole blocks or the number overflows.
    pub fn bytes_for(self, shape: &[usize]) -> Option<usize> {
        if shape.last().copied().unwrap_or(1) % self.block_values() != 0 {
            return None;
        }
        let values = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d))?;
        (values / self.block_values()).checked_mul(self.block_bytes())
    }

    /// The name that file formats give it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::BF16 => "BF16",
            Self::F8E4M3 => "F8_E4M3",
            Self::U8 => "U8",
            Self::Mxfp4 => "MXFP4",
            Self::Q8_0 => "Q8_0",
            Self::Q4_0 => "Q4_0",
            Self::Q4_1 => "Q4_1",
            Self::Q4K => "Q4_K",
            Self::Q6K => "Q6_K",
        }
    }
}
