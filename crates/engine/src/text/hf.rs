//! The tokenizer of a Hugging Face folder: `tokenizer.json`, and what its companions say.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::tokenizer::{Description, broken};
use crate::Result;
use crate::checkpoint::{read_file, read_json};

/// What `tokenizer_config.json` says that is of use here.
#[derive(Debug, Default, Deserialize)]
struct Companion {
    #[serde(default)]
    chat_template: Option<Templates>,
    #[serde(default)]
    bos_token: Option<Mark>,
    #[serde(default)]
    eos_token: Option<Mark>,
    #[serde(default)]
    add_bos_token: Option<bool>,
    #[serde(default)]
    tokenizer_class: Option<String>,
}

impl Companion {
    /// The mark that this kind of tokenizer puts before each text, whatever `tokenizer.json` says.
    fn begins_with(&self) -> Option<String> {
        let puts_it = self.tokenizer_class.as_deref().is_some_and(|class| class.starts_with("LlamaTokenizer"));
        self.bos_token.as_ref().filter(|_| puts_it && self.add_bos_token == Some(true)).map(Mark::text)
    }
}

/// One template, or several with names.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Templates {
    One(String),
    Several(Vec<Named>),
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
    template: String,
}

/// A special token, by its text or with all its properties.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Mark {
    Text(String),
    Whole { content: String },
}

impl Mark {
    fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Whole { content: text } => text.clone(),
        }
    }
}

impl Templates {
    fn for_chat(self) -> Option<String> {
        match self {
            Self::One(template) => Some(template),
            Self::Several(all) => all.into_iter().find(|t| t.name == "default").map(|t| t.template),
        }
    }
}

pub(super) fn describe(folder: &Path, config: &Value) -> Result<Description> {
    let path = folder.join("tokenizer.json");
    let json = read_file(&path)?;
    let companion_path = folder.join("tokenizer_config.json");
    let mut companion = if companion_path.is_file() {
        Companion::deserialize(read_json(&companion_path)?).map_err(|e| broken(&companion_path, e.to_string()))?
    } else {
        Companion::default()
    };
    // Where both are, the file of its own is the newer habit.
    let template_path = folder.join("chat_template.jinja");
    let chat_template = if template_path.is_file() {
        Some(String::from_utf8(read_file(&template_path)?).map_err(|e| broken(&template_path, e.to_string()))?)
    } else {
        companion.chat_template.take().and_then(Templates::for_chat)
    };
    let generation_path = folder.join("generation_config.json");
    let mut stop_tokens = Vec::new();
    if generation_path.is_file() {
        stop_tokens = ids(&generation_path, &read_json(&generation_path)?["eos_token_id"])?;
    }
    if stop_tokens.is_empty() {
        stop_tokens = ids(folder, &config["eos_token_id"])?;
    }
    Ok(Description {
        path,
        json,
        stop_tokens,
        chat_template,
        begins_with: companion.begins_with(),
        bos: companion.bos_token.as_ref().map(Mark::text),
        eos: companion.eos_token.as_ref().map(Mark::text),
    })
}

/// `eos_token_id`: none, one, or several.
fn ids(path: &Path, value: &Value) -> Result<Vec<u32>> {
    let id = |value: &Value| {
        let id = value.as_u64().and_then(|id| u32::try_from(id).ok());
        id.ok_or_else(|| broken(path, format!("`eos_token_id` must be token ids, found {value}")))
    };
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(several) => several.iter().map(id).collect(),
        one => Ok(vec![id(one)?]),
    }
}
