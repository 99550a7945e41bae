//! The tokenizer that a GGUF file carries in its metadata.

use std::collections::BTreeMap;

use super::super::mapped::MappedFile;
use super::read::Value;
use crate::{Error, Result};

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

/// The tokenizer of a file, if its metadata has one.
pub(super) fn read(file: &MappedFile, metadata: &BTreeMap<String, Value>) -> Result<Option<GgufTokenizer>> {
    let keys = Keys { file, metadata };
    let Some(model) = keys.text("tokenizer.ggml.model")? else { return Ok(None) };
    let tokens = keys.list("tokenizer.ggml.tokens", text)?;
    let lists = GgufTokenizer {
        scores: keys.list("tokenizer.ggml.scores", |v| if let Value::Float(x) = v { Some(x as f32) } else { None })?,
        token_types: keys.list("tokenizer.ggml.token_type", |v| match v {
            Value::Signed(n) => TokenType::from_number(n),
            Value::Unsigned(n) => TokenType::from_number(i64::try_from(n).ok()?),
            _ => None,
        })?,
        merges: keys.list("tokenizer.ggml.merges", |v| {
            // The first part may begin with a space; the one that parts them is after its first character.
            let merge = text(v)?;
            let first = merge.chars().next()?.len_utf8();
            let at = merge.get(first..)?.find(' ')? + first;
            Some((merge.get(..at)?.to_owned(), merge.get(at + 1..)?.to_owned()))
        })?,
        ..GgufTokenizer::default()
    };
    for (what, len) in [("scores", lists.scores.len()), ("token_type", lists.token_types.len())] {
        if len != 0 && len != tokens.len() {
            return Err(file.broken(format!("metadata `tokenizer.ggml.{what}` has {len} elements for {} tokens", tokens.len())));
        }
    }
    let id = |what: &str| keys.id(&format!("tokenizer.ggml.{what}_token_id"), tokens.len());
    let flag = |what: &str| keys.flag(&format!("tokenizer.ggml.{what}"));
    Ok(Some(GgufTokenizer {
        model,
        pre: keys.text("tokenizer.ggml.pre")?,
        bos: id("bos")?,
        eos: id("eos")?,
        eot: id("eot")?,
        unknown: id("unknown")?,
        padding: id("padding")?,
        add_bos: flag("add_bos_token")?,
        add_eos: flag("add_eos_token")?,
        add_space_prefix: flag("add_space_prefix")?,
        chat_template: keys.text("tokenizer.chat_template")?,
        tokens,
        ..lists
    }))
}

fn text(value: Value) -> Option<String> {
    if let Value::Text(text) = value { Some(text) } else { None }
}

struct Keys<'a> {
    file: &'a MappedFile,
    metadata: &'a BTreeMap<String, Value>,
}

impl Keys<'_> {
    fn broken(&self, key: &str, message: &str) -> Error {
        self.file.broken(format!("metadata `{key}` {message}"))
    }

    fn text(&self, key: &str) -> Result<Option<String>> {
        let value = self.metadata.get(key).cloned();
        value.map(|v| text(v).ok_or_else(|| self.broken(key, "must be a text"))).transpose()
    }

    fn flag(&self, key: &str) -> Result<Option<bool>> {
        match self.metadata.get(key) {
            None => Ok(None),
            Some(&Value::Bool(x)) => Ok(Some(x)),
            Some(_) => Err(self.broken(key, "must be a truth value")),
        }
    }

    fn id(&self, key: &str, tokens: usize) -> Result<Option<u32>> {
        match self.metadata.get(key) {
            None => Ok(None),
            Some(&Value::Unsigned(id)) if id < tokens as u64 => {
                u32::try_from(id).map(Some).map_err(|_| self.broken(key, "does not fit 32 bits"))
            }
            Some(_) => Err(self.broken(key, &format!("must be the id of one of the {tokens} tokens"))),
        }
    }

    /// The elements of a list; none when there is no such list.
    fn list<T>(&self, key: &str, element: impl Fn(Value) -> Option<T>) -> Result<Vec<T>> {
        let values = match self.metadata.get(key) {
            None => return Ok(Vec::new()),
            Some(Value::Array(list)) => list.values(self.file)?,
            Some(_) => return Err(self.broken(key, "must be a list")),
        };
        let elements =
            values.into_iter().enumerate().map(|(i, v)| element(v).ok_or_else(|| self.broken(key, &format!("has a wrong element {i}"))));
        elements.collect()
    }
}
