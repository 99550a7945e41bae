//! A checkpoint's tokenizer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use tokenizers::processors::sequence::Sequence;
use tokenizers::processors::template::TemplateProcessing;

use super::{ChatTemplate, Message, TextStream, gguf, hf};
use crate::checkpoint::Checkpoint;
use crate::{Error, Result};

/// Turns text into the tokens of a model and back.
#[derive(Debug)]
pub struct Tokenizer {
    path: PathBuf,
    inner: tokenizers::Tokenizer,
    stop_tokens: Vec<u32>,
    chat: Option<ChatTemplate>,
}

/// What a checkpoint says about its tokenizer, whichever file format it was in.
pub(super) struct Description {
    /// Where it was found, for errors.
    pub(super) path: PathBuf,
    /// As `tokenizer.json`.
    pub(super) json: Vec<u8>,
    /// Tokens that end an answer.
    pub(super) stop_tokens: Vec<u32>,
    /// The Jinja source of the chat template.
    pub(super) chat_template: Option<String>,
    /// The mark that begins each text though `json` may not say so.
    pub(super) begins_with: Option<String>,
    /// Text of the token before a text.
    pub(super) bos: Option<String>,
    /// Text of the token after a text.
    pub(super) eos: Option<String>,
}

impl Tokenizer {
    /// The tokenizer of a checkpoint: inside of a GGUF file, or `tokenizer.json` and its companions in a Hugging Face folder.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder has no `tokenizer.json`; [`Error::Format`] when it makes no tokenizer; [`Error::Unsupported`] for a kind that is not known.
    pub fn of(checkpoint: &dyn Checkpoint) -> Result<Self> {
        let description = match checkpoint.tokenizer()? {
            Some(lists) => gguf::describe(checkpoint.path(), &lists)?,
            None if checkpoint.path().is_dir() => hf::describe(checkpoint.path(), checkpoint.config())?,
            None => return Err(broken(checkpoint.path(), "the file holds no tokenizer (`tokenizer.ggml.model`)")),
        };
        let Description { path, json, stop_tokens, chat_template, begins_with, bos, eos } = description;
        let mut inner = guarded(&path, || tokenizers::Tokenizer::from_bytes(&json))?;
        // Files keep what their model was trained with; a prompt is neither cut nor filled up.
        inner.with_padding(None);
        guarded(&path, || inner.with_truncation(None).map(drop))?;
        if let Some(mark) = begins_with {
            begin_with(&path, &mut inner, mark)?;
        }
        let chat = chat_template.map(|source| ChatTemplate::new(&path, source, bos, eos)).transpose()?;
        let vocab = inner.get_vocab_size(true);
        if let Some(token) = stop_tokens.iter().find(|&&token| inner.id_to_token(token).is_none()) {
            return Err(broken(&path, format!("token {token} ends an answer, but the tokenizer has {vocab} tokens and not this one")));
        }
        Ok(Self { path, inner, stop_tokens, chat })
    }

    /// The tokens of a text, with those that the model expects around it (a begin mark, mostly). Marks that are written out in the text become their tokens.
    ///
    /// # Errors
    /// [`Error::Format`] when the tokenizer has no token for a part of it.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        self.tokens_of(text, true)
    }

    /// The tokens of a conversation, as the model's chat template writes it, up to where the model's answer begins.
    ///
    /// # Errors
    /// [`Error::Request`] when the model has no chat template, or its template refuses the conversation.
    pub fn encode_chat(&self, messages: &[Message]) -> Result<Vec<u32>> {
        let chat = self.chat.as_ref().ok_or_else(|| Error::Request {
            asked: "a chat".into(),
            found: format!("{} has no chat template; give the model plain text", self.path.display()),
        })?;
        // The template writes the marks itself.
        self.tokens_of(&chat.render(messages)?, false)
    }

    /// The chat template, if the model has one.
    pub fn chat_template(&self) -> Option<&ChatTemplate> {
        self.chat.as_ref()
    }

    /// The text of tokens, without marks.
    ///
    /// # Errors
    /// [`Error::Format`] when the tokenizer cannot put them together.
    pub fn decode(&self, tokens: &[u32]) -> Result<String> {
        guarded(&self.path, || self.inner.decode(tokens, true))
    }

    /// Text of an answer as its tokens come; `stop` are the texts that end it.
    pub fn stream(&self, stop: &[String]) -> TextStream<'_> {
        TextStream::new(self, stop)
    }

    /// Tokens that end an answer.
    pub fn stop_tokens(&self) -> &[u32] {
        &self.stop_tokens
    }

    /// Number of tokens that it knows.
    pub fn vocab(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    fn tokens_of(&self, text: &str, marks: bool) -> Result<Vec<u32>> {
        Ok(guarded(&self.path, || self.inner.encode_fast(text, marks))?.get_ids().to_vec())
    }
}

/// Has each text begin with `mark`, if it does not yet.
fn begin_with(path: &Path, tokenizer: &mut tokenizers::Tokenizer, mark: String) -> Result<()> {
    let id = tokenizer.token_to_id(&mark).ok_or_else(|| broken(path, format!("{mark:?} begins each text, and is no token")))?;
    if guarded(path, || tokenizer.encode_fast("a", true))?.get_ids().first() == Some(&id) {
        return Ok(());
    }
    let sequence = |parts: &[&str]| parts.iter().map(|part| part.to_string()).collect::<Vec<_>>();
    let around = guarded(path, || {
        let template = TemplateProcessing::builder()
            .try_single(sequence(&[&mark, "$A"]))?
            .try_pair(sequence(&[&mark, "$A", "$B"]))?
            .special_tokens(vec![(mark.clone(), id)])
            .build();
        Ok(template?)
    })?;
    let before = tokenizer.get_post_processor().cloned();
    tokenizer.with_post_processor(Some(Sequence::new(before.into_iter().chain([around.into()]).collect())));
    Ok(())
}

/// Calls the tokenizer library. It trusts what a tokenizer file says in places, so a panic of it is taken as what it is: a broken file.
fn guarded<T>(path: &Path, f: impl FnOnce() -> tokenizers::Result<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(broken(path, format!("the tokenizer: {error}"))),
        Err(_) => Err(broken(path, "the tokenizer breaks its own rules, and the library that reads it gave up")),
    }
}

pub(super) fn broken(path: &Path, message: impl Into<String>) -> Error {
    Error::Format { path: path.into(), message: message.into() }
}
