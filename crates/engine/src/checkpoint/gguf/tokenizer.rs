//! The tokenizer that a GGUF file carries in its metadata.

/// The `tokenizer.*` metadata of a GGUF file, as it is stored.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct GgufTokenizer {
    /// `tokenizer.ggml.model`: `gpt2` (byte-level BPE with `merges`), `llama` (SentencePiece with `scores`), ...
    pub model: String,
    /// `tokenizer.ggml.pre`: which pre-tokenizer splits the text (`smollm`, `llama-bpe`, `qwen2`, `deepseek-v3`, `gpt-4o`, ...).
    pub pre: Option<String>,
    /// `tokenizer.ggml.tokens`: token text by id. Byte-level BPE writes bytes as its own characters (a space is `Ġ`), SentencePiece a space as `▁`.
    pub tokens: Vec<String>,
    /// `tokenizer.ggml.scores`: as many as tokens, or none.
    pub scores: Vec<f32>,
    /// `tokenizer.ggml.token_type`: as many as tokens, or none.
    pub token_types: Vec<TokenType>,
    /// `tokenizer.ggml.merges`: pairs, the first merged first; neither part holds a space.
    pub merges: Vec<(String, String)>,
    /// `tokenizer.ggml.bos_token_id`. Ids here are all less than the number of tokens.
    pub bos: Option<u32>,
    /// `tokenizer.ggml.eos_token_id`.
    pub eos: Option<u32>,
    /// `tokenizer.ggml.eot_token_id`: ends a turn, where that is another token.
    pub eot: Option<u32>,
    /// `tokenizer.ggml.unknown_token_id`.
    pub unknown: Option<u32>,
    /// `tokenizer.ggml.padding_token_id`.
    pub padding: Option<u32>,
    /// `tokenizer.ggml.add_bos_token`.
    pub add_bos: Option<bool>,
    /// `tokenizer.ggml.add_eos_token`.
    pub add_eos: Option<bool>,
    /// `tokenizer.ggml.add_space_prefix`: SentencePiece puts a space before the text.
    pub add_space_prefix: Option<bool>,
    /// `tokenizer.chat_template`: a Jinja template.
    pub chat_template: Option<String>,
}

/// What kind of token it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum TokenType {
    /// Ordinary text.
    Normal,
    /// Stands for what has no token.
    Unknown,
    /// Steers the model and is not shown: start and end marks.
    Control,
    /// Added text that is matched as a whole.
    UserDefined,
    /// Not used.
    Unused,
    /// One byte, written `<0xNN>`.
    Byte,
}

impl TokenType {
    /// The type that GGUF writes as this number.
    pub fn from_number(number: i64) -> Option<Self> {
        Some(match number {
            1 => Self::Normal,
            2 => Self::Unknown,
            3 => Self::Control,
            4 => Self::UserDefined,
            5 => Self::Unused,
            6 => Self::Byte,
            _ => return None,
        })
    }
}
