//! What is on disk: tensors by their Hugging Face names, whatever the file format calls and packs them.

pub mod gguf;

use std::borrow::Cow;
use std::path::Path;

pub use self::gguf::{GgufTokenizer, TokenType};
use crate::Result;

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

/// One tensor as it is stored.
#[derive(Clone, Debug)]
pub struct Stored<'a> {
    /// How the elements are encoded.
    pub encoding: Encoding,
    /// Logical shape, row-major (outermost first).
    pub shape: Vec<usize>,
    /// The encoded elements, of exactly the length that encoding and shape ask for.
    pub bytes: Cow<'a, [u8]>,
}

/// A model on disk.
pub trait Checkpoint: Send + Sync + std::fmt::Debug {
    /// The folder or file.
    fn path(&self) -> &Path;
    /// The configuration in the terms of a Hugging Face `config.json`.
    fn config(&self) -> &serde_json::Value;
    /// Names of all tensors, in Hugging Face terms.
    fn names(&self) -> Vec<&str>;
    /// A tensor, if there is one of that name.
    ///
    /// # Errors
    /// [`Error::Format`](crate::Error::Format) when what is stored does not fit its own header.
    fn tensor(&self, name: &str) -> Result<Option<Stored<'_>>>;
    /// The tokenizer inside the checkpoint, if it holds one (GGUF). A Hugging Face folder has its own in `tokenizer.json`.
    ///
    /// # Errors
    /// [`Error::Format`](crate::Error::Format) when its lists do not fit each other.
    fn tokenizer(&self) -> Result<Option<GgufTokenizer>> {
        Ok(None)
    }
}
