//! GGUF files.

mod tokenizer;

pub use tokenizer::{GgufTokenizer, TokenType};
