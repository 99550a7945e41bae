//! A model's chat template: Jinja that writes a conversation the way the model was trained on it.

use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, ErrorKind, Value, context};
use minijinja_contrib::pycompat::unknown_method_callback;
use serde::Serialize;

use super::tokenizer::broken;
use crate::{Error, Result};

/// Steps that a template may take: a conversation of thousands of turns takes less, a template that loops for ever is stopped.
const FUEL: u64 = 10_000_000;

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Who speaks: `system`, `user` or `assistant`.
    pub role: String,
    /// What is said.
    pub content: String,
}

impl Message {
    /// What the user says.
    pub fn user(content: impl Into<String>) -> Self {
        Self { role: "user".into(), content: content.into() }
    }

    /// What the model is told beforehand.
    pub fn system(content: impl Into<String>) -> Self {
        Self { role: "system".into(), content: content.into() }
    }

    /// What the model said before.
    pub fn assistant(content: impl Into<String>) -> Self {
        Self { role: "assistant".into(), content: content.into() }
    }
}

/// A chat template, compiled.
#[derive(Debug)]
pub struct ChatTemplate {
    path: PathBuf,
    environment: Environment<'static>,
    bos: String,
    eos: String,
}

/// Name of the only template.
const NAME: &str = "chat_template";

impl ChatTemplate {
    /// Compiles a template. `bos` and `eos` are the texts of the marks that it may write.
    ///
    /// # Errors
    /// [`Error::Format`] with the line, when it is no Jinja.
    pub fn new(path: &Path, source: String, bos: Option<String>, eos: Option<String>) -> Result<Self> {
        let mut environment = Environment::new();
        // What transformers sets, and templates are written for.
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|e| broken(path, e.to_string()))?);
        environment.set_unknown_method_callback(|state, value, method, arguments| match method {
            // Pads to any width that it is told, before anything counts what a template takes.
            "format" => {
                Err(minijinja::Error::new(ErrorKind::UnknownMethod, "`format` of a text is not supported; `~` puts texts together"))
            }
            _ => unknown_method_callback(state, value, method, arguments),
        });
        environment.add_function("raise_exception", |message: String| -> Result<Value, minijinja::Error> {
            Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_function("strftime_now", |format: String| -> Result<String, minijinja::Error> {
            let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
            jiff::fmt::strtime::format(&format, &now).map_err(|e| minijinja::Error::new(ErrorKind::InvalidOperation, e.to_string()))
        });
        environment.set_fuel(Some(FUEL));
        environment.add_template_owned(NAME, source).map_err(|e| broken(path, format!("the chat template: {e:#}")))?;
        Ok(Self { path: path.to_owned(), environment, bos: bos.unwrap_or_default(), eos: eos.unwrap_or_default() })
    }

    /// The conversation as text, up to where the model's answer begins.
    ///
    /// # Errors
    /// [`Error::Request`] with what the template says against the conversation.
    pub fn render(&self, messages: &[Message]) -> Result<String> {
        let turns = || messages.iter().map(|m| m.role.as_str()).collect::<Vec<_>>().join(", ");
        let refused = |e: minijinja::Error| Error::Request {
            asked: format!("a chat of the turns {}", turns()),
            found: format!("the chat template of {} says: {e:#}", self.path.display()),
        };
        let template = self.environment.get_template(NAME).map_err(refused)?;
        template
            .render(context! {
                messages => Serde(messages),
                add_generation_prompt => true,
                bos_token => self.bos.as_str(),
                eos_token => self.eos.as_str(),
                // There are none, which to a template is not the same as that nothing is known of them.
                tools => (),
                documents => (),
            })
            .map_err(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(source: &str) -> Result<ChatTemplate> {
        ChatTemplate::new(Path::new("model"), source.into(), Some("<s>".into()), Some("</s>".into()))
    }

    #[test]
    fn tools_are_none_and_so_not_there() {
        let source = "{% if tools is not none %}{{ tools | length }}{% endif %}{{ documents is none }}";
        assert_eq!(template(source).unwrap().render(&[]).unwrap(), "True");
    }

    #[test]
    fn chatml_is_written_to_the_letter() {
        let source = "{{ bos_token }}{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}<|system|>Be kind.\n\
            {% endif %}<|{{ message['role'] }}|>{{ message.content.strip() }}{{ eos_token }}\n{% endfor %}\
            {% if add_generation_prompt %}<|assistant|>{% endif %}";
        let text = template(source).unwrap().render(&[Message::user(" Hi "), Message::assistant("Hello"), Message::user("Why?")]).unwrap();
        // The newline behind a block tag goes, as transformers has it.
        assert_eq!(text, "<s><|system|>Be kind.\n<|user|>Hi</s>\n<|assistant|>Hello</s>\n<|user|>Why?</s>\n<|assistant|>");
    }

    #[test]
    fn methods_and_filters_of_python_work() {
        let source = "{% set ns = namespace(last='') %}{% for m in messages %}{% set ns.last = m['content'].split('</think>')[-1] %}{% endfor %}\
            {{ ns.last | trim | upper }}{{ messages | length }}{{ {'a': 1} | tojson }}";
        let text = template(source).unwrap().render(&[Message::user("<think>x</think> yes")]).unwrap();
        // As json.dumps writes it.
        assert_eq!(text, "YES1{\"a\": 1}");
    }

    #[test]
    fn todays_date_has_the_form_that_was_asked_for() {
        let text = template("{{ strftime_now('%Y-%m-%d') }}").unwrap().render(&[]).unwrap();
        assert!(text.len() == 10 && text.starts_with("20") && text.as_bytes()[4] == b'-', "{text}");
        assert!(template("{{ strftime_now('%') }}").unwrap().render(&[]).is_err());
    }

    #[test]
    fn what_the_template_says_against_a_chat_is_told() {
        let chat = template("{{ raise_exception('no system turn, please') }}").unwrap();
        match chat.render(&[Message::system("x"), Message::user("y")]) {
            Err(Error::Request { asked, found }) => {
                assert!(asked.contains("system, user") && found.contains("no system turn, please"), "{asked}: {found}");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn broken_and_endless_templates_are_errors() {
        assert!(matches!(template("{% for x in %}"), Err(Error::Format { .. })));
        let endless = template("{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}").unwrap();
        assert!(matches!(endless.render(&[]), Err(Error::Request { .. })));
        let huge = template("{{ '{:>9000000000000}'.format('a') }}").unwrap();
        assert!(matches!(huge.render(&[]), Err(Error::Request { .. })));
    }
}
