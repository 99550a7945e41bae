//! Text of an answer while its tokens come.

use super::Tokenizer;
use crate::Result;

/// Tokens whose text is waited for: a character has at most four bytes, and a tokenizer at worst a token a byte. What is still no text after more is none.
const MAX_PENDING: usize = 16;

/// Puts an answer's text together token by token.
///
/// Text comes out as soon as it cannot change any more: not in the middle of a character that several tokens spell, and not while it may be the
/// beginning of a stop text. All pieces together are [`Tokenizer::decode`] of all tokens, up to the first stop text.
#[derive(Debug)]
pub struct TextStream<'t> {
    tokenizer: &'t Tokenizer,
    /// The latest ones: those before `read` have come out as text, but decide how the next ones are spelled.
    tokens: Vec<u32>,
    read: usize,
    matcher: StopMatcher,
}

impl<'t> TextStream<'t> {
    pub(super) fn new(tokenizer: &'t Tokenizer, stop: &[String]) -> Self {
        Self { tokenizer, tokens: Vec::new(), read: 0, matcher: StopMatcher::new(stop) }
    }

    /// The text that has become certain with one more token; perhaps none.
    ///
    /// # Errors
    /// As [`Tokenizer::decode`].
    pub fn push(&mut self, token: u32) -> Result<String> {
        self.tokens.push(token);
        let fresh = self.fresh(self.tokens.len() - self.read > MAX_PENDING)?;
        Ok(self.matcher.push(&fresh))
    }

    /// The text that was held back, when no more tokens come.
    ///
    /// # Errors
    /// As [`Tokenizer::decode`].
    pub fn finish(&mut self) -> Result<String> {
        let fresh = self.fresh(true)?;
        let mut text = self.matcher.push(&fresh);
        text.push_str(&self.matcher.finish());
        Ok(text)
    }

    /// Whether a stop text has come: nothing comes out after it.
    pub fn stopped(&self) -> bool {
        self.matcher.stopped
    }

    /// What the tokens since `read` spell after those before it; nothing while they end within a character, unless `all` is asked for.
    fn fresh(&mut self, all: bool) -> Result<String> {
        let before = self.tokenizer.decode(self.tokens.get(..self.read).unwrap_or_default())?;
        let whole = self.tokenizer.decode(&self.tokens)?;
        let unfinished = !all && whole.ends_with(char::REPLACEMENT_CHARACTER);
        let Some(fresh) = whole.strip_prefix(&before) else {
            // Bytes of a character that is not complete can make a tokenizer give up the complete ones before it, until the rest comes.
            if unfinished {
                return Ok(String::new());
            }
            // The tokenizer spells the earlier tokens differently now: start over behind them.
            let fresh = self.tokenizer.decode(self.tokens.get(self.read..).unwrap_or_default())?;
            self.tokens.clear();
            self.read = 0;
            return Ok(fresh);
        };
        if unfinished {
            return Ok(String::new());
        }
        let fresh = fresh.to_owned();
        if !fresh.is_empty() {
            // The last piece stays as the context of the next.
            self.tokens.drain(..self.read);
        }
        self.read = self.tokens.len();
        Ok(fresh)
    }
}

/// Looks for stop texts in text that comes in pieces.
#[derive(Debug)]
struct StopMatcher {
    stops: Vec<String>,
    /// The beginning of a stop text, perhaps.
    held: String,
    stopped: bool,
}

impl StopMatcher {
    fn new(stops: &[String]) -> Self {
        Self { stops: stops.iter().filter(|s| !s.is_empty()).cloned().collect(), held: String::new(), stopped: false }
    }

    /// What is certain to come before any stop text.
    fn push(&mut self, piece: &str) -> String {
        if self.stopped {
            return String::new();
        }
        self.held.push_str(piece);
        if let Some(at) = self.stops.iter().filter_map(|stop| self.held.find(stop.as_str())).min() {
            self.stopped = true;
            self.held.truncate(at);
            return std::mem::take(&mut self.held);
        }
        let may_stop = |at: usize| self.stops.iter().any(|stop| self.held.get(at..).is_some_and(|rest| stop.starts_with(rest)));
        let longest = self.stops.iter().map(String::len).max().unwrap_or(0);
        let from = self.held.len().saturating_sub(longest);
        let certain = (from..self.held.len()).find(|&at| may_stop(at)).unwrap_or(self.held.len());
        let rest = self.held.split_off(certain);
        std::mem::replace(&mut self.held, rest)
    }

    /// What was held back for nothing.
    fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_give_the_text_before_the_first_stop(
            text in "[abé]{0,24}", stops in prop::collection::vec("[abé]{1,4}", 0..3), cuts in prop::collection::vec(1usize..4, 24)
        ) {
            let mut matcher = StopMatcher::new(&stops);
            let mut got = String::new();
            let mut chars = text.chars();
            for cut in cuts {
                let piece: String = chars.by_ref().take(cut).collect();
                let certain = matcher.push(&piece);
                got.push_str(&certain);
                prop_assert!(text.starts_with(&got));
            }
            let rest: String = chars.collect();
            got.push_str(&matcher.push(&rest));
            got.push_str(&matcher.finish());
            // The stop that is complete first decides, as it does when each character comes alone.
            let ends = stops.iter().filter_map(|s| text.find(s.as_str()).map(|at| at + s.len())).min();
            match ends {
                None => prop_assert_eq!(got, text),
                Some(_) => {
                    prop_assert!(matcher.stopped);
                    prop_assert!(stops.iter().all(|s| !got.contains(s.as_str())), "{got}");
                    prop_assert!(stops.iter().any(|s| text[got.len()..].starts_with(s.as_str())), "{got}");
                }
            }
        }
    }

    #[test]
    fn a_beginning_of_a_stop_is_held_and_comes_out_when_it_was_none() {
        let mut matcher = StopMatcher::new(&["<end>".into()]);
        assert_eq!((matcher.push("a<e"), matcher.push("x<en"), matcher.push("d>b")), ("a".into(), "<ex".into(), String::new()));
        assert!(matcher.stopped);
        assert_eq!(matcher.push("more"), "");
        let mut matcher = StopMatcher::new(&["<end>".into()]);
        assert_eq!((matcher.push("a<en"), matcher.finish()), ("a".into(), "<en".into()));
    }
}
