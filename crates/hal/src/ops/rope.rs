//! Rotary position embedding.

use super::tensors::tensors;
use super::{Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// Which elements of a head form a pair, and where the turned pair is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RopeStyle {
    /// Pairs `(i, i + R/2)` (NeoX, Llama, Qwen).
    Half,
    /// Pairs `(2i, 2i + 1)`, in place (GPT-J).
    Interleaved,
    /// Pairs `(2i, 2i + 1)` read, stored at `(i, i + R/2)` (DeepSeek in transformers, aclnn's fused MLA operators).
    InterleavedToHalf,
}

/// Turns the first `R` elements of each head by its token's position; the rest is copied. `R = 2 * cos.dim(1)`.
#[derive(Clone, Debug)]
pub struct Rope {
    /// `[T, Hn, D]`, rows of heads may be strided (a part of a fused projection).
    pub x: TensorView,
    /// `[P, R/2]` f32 table by position, with the attention factor in it.
    pub cos: TensorView,
    /// `[P, R/2]` f32.
    pub sin: TensorView,
    /// `[T]` i32 or i64; `[3, T]` with `mrope_sections`.
    pub positions: TensorView,
    /// Pairing.
    pub style: RopeStyle,
    /// Multimodal rope: pair `i` takes the position row of the section that `i` falls in; sums to `R/2`.
    pub mrope_sections: Option<[usize; 3]>,
    /// As `x`; may be the very view of `x`.
    pub y: TensorViewMut,
}

impl Op for Rope {
    const KIND: OpKind = OpKind::Rope;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(x: in, cos: in, sin: in, positions: in, y: Float);

    fn dtype(&self) -> DType {
        self.x.dtype()
    }
    fn variant(&self) -> &'static str {
        "default"
    }
    fn check(&self) -> Result<()> {
        Ok(())
    }
    fn cost(&self) -> Cost {
        Cost::streaming(self, 0.0)
    }
}
