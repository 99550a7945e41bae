//! One answer as text: what a command line or the handler of a chat request needs around a [`Scheduler`].

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::sampling::Sampling;
use crate::scheduler::{Event, Finish, Request, Scheduler};
use crate::text::Tokenizer;
use crate::{Error, Result};

/// How an answer is made.
#[derive(Clone, Debug)]
pub struct GenerateOptions {
    /// Most tokens of the answer.
    pub max_tokens: usize,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Texts that end the answer; they are no part of it.
    pub stop: Vec<String>,
}

impl Default for GenerateOptions {
    fn default() -> Self {
        Self { max_tokens: 256, sampling: Sampling::greedy(), stop: Vec::new() }
    }
}

/// Why an answer ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The model chose a token that ends answers.
    StopToken(u32),
    /// One of the stop texts came.
    StopText,
    /// As long as was asked for, or as the context is.
    Length,
    /// The listener wanted no more.
    Cancelled,
}

/// What an answer took.
#[derive(Clone, Debug, Serialize)]
pub struct Generated {
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Those of them that were found in the cache.
    pub reused_tokens: usize,
    /// Tokens of the answer.
    pub answer_tokens: usize,
    /// Why it ended.
    pub ending: Ending,
    /// From the request to the first token.
    pub prefill: Duration,
    /// From the first token to the last.
    pub decode: Duration,
}

impl Generated {
    /// Tokens of the prompt that were computed, for each second to the first token.
    pub fn prefill_tokens_per_s(&self) -> f64 {
        per_second(self.prompt_tokens.saturating_sub(self.reused_tokens), self.prefill)
    }

    /// Tokens after the first, for each second after the first. 0 when there were none.
    pub fn decode_tokens_per_s(&self) -> f64 {
        per_second(self.answer_tokens.saturating_sub(1), self.decode)
    }
}

fn per_second(n: usize, time: Duration) -> f64 {
    if n == 0 || time.is_zero() { 0. } else { n as f64 / time.as_secs_f64() }
}

/// Answers one prompt on a scheduler of its own; `hear` gets the text as it comes, and ends the answer with `Break`.
///
/// # Errors
/// What [`Scheduler::submit`] and [`Scheduler::step`] say; what the tokenizer says of a token.
pub fn generate(
    scheduler: &mut Scheduler,
    tokenizer: &Tokenizer,
    prompt: Vec<u32>,
    options: &GenerateOptions,
    hear: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Result<Generated> {
    let mut answer = Generated {
        prompt_tokens: prompt.len(),
        reused_tokens: 0,
        answer_tokens: 0,
        ending: Ending::Cancelled,
        prefill: Duration::ZERO,
        decode: Duration::ZERO,
    };
    let request = Request::new(prompt, options.max_tokens).with_sampling(options.sampling).with_stop_tokens(tokenizer.stop_tokens());
    let mut text = tokenizer.stream(&options.stop);
    let started = Instant::now();
    let mut failure = None;
    let id = scheduler.submit(request)?;
    while scheduler.unfinished() > 0 {
        let step = scheduler.step(&mut |event| match event {
            Event::Token { token, .. } => {
                answer.answer_tokens += 1;
                match answer.answer_tokens {
                    1 => answer.prefill = started.elapsed(),
                    _ => answer.decode = started.elapsed() - answer.prefill,
                }
                match text.push(token) {
                    Ok(piece) => say(&piece, hear)?,
                    Err(error) => {
                        failure = Some(error);
                        return ControlFlow::Break(());
                    }
                }
                if text.stopped() {
                    answer.ending = Ending::StopText;
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            }
            Event::Finished { reason, .. } => {
                // An answer of no tokens still had its prompt computed.
                if answer.answer_tokens == 0 {
                    answer.prefill = started.elapsed();
                }
                answer.ending = match reason {
                    Finish::StopToken(token) => Ending::StopToken(token),
                    Finish::Length => Ending::Length,
                };
                ControlFlow::Continue(())
            }
            Event::Failed { error, .. } => {
                failure = Some(error);
                ControlFlow::Break(())
            }
            Event::PromptLogits { .. } | Event::HiddenStates { .. } => ControlFlow::Continue(()),
        });
        match step {
            Ok(report) => answer.reused_tokens += report.reused_tokens,
            Err(error) => {
                // Or it would be answered along with the next prompt.
                scheduler.cancel(id);
                return Err(error);
            }
        }
    }
    if let Some(error) = failure {
        return Err(error);
    }
    if answer.ending != Ending::Cancelled {
        let rest = text.finish()?;
        if text.stopped() {
            answer.ending = Ending::StopText;
        }
        let _ = say(&rest, hear);
    }
    Ok(answer)
}

fn say(piece: &str, hear: &mut dyn FnMut(&str) -> ControlFlow<()>) -> ControlFlow<()> {
    if piece.is_empty() { ControlFlow::Continue(()) } else { hear(piece) }
}

/// How well a model foretells a text.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Perplexity {
    /// Tokens that were foretold.
    pub tokens: usize,
    /// Mean of `-ln p(token | those before it)`, in nats.
    pub mean_nll: f64,
    /// `exp(mean_nll)`.
    pub perplexity: f64,
}

/// Perplexity of `tokens`, cut into windows of `window` tokens that know nothing of each other; the first token of a window is not foretold.
///
/// # Errors
/// [`Error::Request`] when there is nothing to foretell, a window does not fit the scheduler's cache, or the scheduler shares pages and so computes no logits for some.
pub fn perplexity(scheduler: &mut Scheduler, tokens: &[u32], window: usize) -> Result<Perplexity> {
    if window < 2 || tokens.len() < 2 {
        return Err(Error::Request {
            asked: format!("the perplexity of {} tokens in windows of {window}", tokens.len()),
            found: "the first token of a window has nothing before it: at least two are needed".into(),
        });
    }
    let (mut count, mut wanted, mut sum, mut failure) = (0usize, 0, 0f64, None);
    for window in tokens.chunks(window).filter(|window| window.len() > 1) {
        // No token is generated: the logits of the prompt are all that is wanted.
        wanted += window.len() - 1;
        let id = scheduler.submit(Request::new(window, 0).with_prompt_logits())?;
        let run = scheduler.run(&mut |event| {
            match event {
                Event::PromptLogits { position, logits, .. } => {
                    if let Some(&next) = window.get(position + 1) {
                        sum += negative_log_probability(logits, next);
                        count += 1;
                    }
                }
                Event::Failed { error, .. } => failure = Some(error),
                _ => {}
            }
            ControlFlow::Continue(())
        });
        if let Err(error) = run {
            scheduler.cancel(id);
            return Err(error);
        }
    }
    if let Some(error) = failure {
        return Err(error);
    }
    if count < wanted {
        return Err(Error::Request {
            asked: format!("the logits of {wanted} tokens"),
            found: format!(
                "{} of them lie on pages that an earlier window left in the cache; use a scheduler without `prefix_reuse`",
                wanted - count
            ),
        });
    }
    let mean_nll = sum / count as f64;
    Ok(Perplexity { tokens: count, mean_nll, perplexity: mean_nll.exp() })
}

/// `ln(sum exp(logits)) - logits[token]`.
fn negative_log_probability(logits: &[f32], token: u32) -> f64 {
    let max = logits.iter().fold(f32::NEG_INFINITY, |m, &x| m.max(x));
    let sum: f64 = logits.iter().map(|&x| f64::from(x - max).exp()).sum();
    let own = logits.get(token as usize).copied().unwrap_or(f32::NEG_INFINITY);
    sum.ln() + f64::from(max) - f64::from(own)
}
