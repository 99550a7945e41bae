//! Between text and tokens: the checkpoint's tokenizer, its chat template, and text as it streams.

mod chat;
mod gguf;
mod hf;
mod stream;
mod tokenizer;

pub use chat::{ChatTemplate, Message};
pub use stream::TextStream;
pub use tokenizer::Tokenizer;
