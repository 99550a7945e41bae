//! What is on disk: tensors by their Hugging Face names, whatever the file format calls and packs them.

mod asked;
mod decode;
mod encoding;
mod gguf;
mod hf;
mod mapped;
mod split_experts;

use std::borrow::Cow;
use std::path::Path;

pub(crate) use self::asked::Asked;
pub use self::decode::{CodeKind, Codes, Decoder};
pub use self::encoding::Encoding;
pub use self::gguf::{GgufCheckpoint, GgufTokenizer, TokenType};
pub use self::hf::HfCheckpoint;
pub(crate) use self::hf::{read_file, read_json};
pub use self::split_experts::SplitExperts;
use crate::Result;

/// Opens a model: a Hugging Face folder, or a GGUF file.
///
/// # Errors
/// [`Error`](crate::Error) naming the file, and the tensor or metadata key, that cannot be read.
pub fn open(path: &Path) -> Result<Box<dyn Checkpoint>> {
    if path.is_dir() { Ok(Box::new(HfCheckpoint::open(path)?)) } else { Ok(Box::new(GgufCheckpoint::open(path)?)) }
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
