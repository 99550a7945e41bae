//! What is asked of a scheduler, and what it answers.

use std::ops::ControlFlow;

use crate::Error;
use crate::sampling::Sampling;

/// What is to be generated.
#[derive(Clone, Debug)]
pub struct Request {
    /// Token ids of the prompt.
    pub prompt: Vec<u32>,
    /// Most tokens of the answer. The end of the model's context ends it too.
    pub max_tokens: usize,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Tokens that end the answer; they are no part of it.
    pub stop_tokens: Vec<u32>,
    /// Whether the logits of the prompt are to be heard, of all positions that are computed (not of those that a shared page holds).
    pub prompt_logits: bool,
    /// Whether the hidden states of the prompt are to be heard, of the same positions. Each layer waits for the device then.
    pub hidden_states: bool,
}

impl Request {
    /// A greedy answer of up to `max_tokens` tokens.
    pub fn new(prompt: impl Into<Vec<u32>>, max_tokens: usize) -> Self {
        Self {
            prompt: prompt.into(),
            max_tokens,
            sampling: Sampling::greedy(),
            stop_tokens: Vec::new(),
            prompt_logits: false,
            hidden_states: false,
        }
    }
    /// With this way to choose tokens.
    pub fn with_sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = sampling;
        self
    }
    /// With tokens that end the answer.
    pub fn with_stop_tokens(mut self, tokens: impl Into<Vec<u32>>) -> Self {
        self.stop_tokens = tokens.into();
        self
    }
    /// With the logits of the prompt.
    pub fn with_prompt_logits(mut self) -> Self {
        self.prompt_logits = true;
        self
    }
    /// With the hidden states of the prompt.
    pub fn with_hidden_states(mut self) -> Self {
        self.hidden_states = true;
        self
    }
}

/// Name of a request within its scheduler.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RequestId(pub(super) u64);

/// Why an answer ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finish {
    /// The model chose this stop token.
    StopToken(u32),
    /// As long as was asked for, or as the context is.
    Length,
}

/// What happened to a request.
#[derive(Debug)]
pub enum Event<'a> {
    /// What a layer leaves of a part of the prompt, if it was asked for; layers in order, before the logits of the part.
    HiddenStates {
        /// Which.
        request: RequestId,
        /// As a [`Trace`](crate::models::Trace) numbers it.
        layer: usize,
        /// Place of the first token.
        position: usize,
        /// `[tokens of the part, H]`.
        states: &'a [f32],
    },
    /// Logits of the prompt's token at `position`, if they were asked for.
    PromptLogits {
        /// Which.
        request: RequestId,
        /// Place of the token whose successor they tell.
        position: usize,
        /// `[V]`.
        logits: &'a [f32],
    },
    /// The next token of the answer.
    Token {
        /// Which.
        request: RequestId,
        /// The token.
        token: u32,
        /// `[V]`: what it was chosen from.
        logits: &'a [f32],
    },
    /// The answer is complete. Last event of the request.
    Finished {
        /// Which.
        request: RequestId,
        /// Why.
        reason: Finish,
    },
    /// The answer cannot be continued; other requests are not concerned. Last event of the request.
    Failed {
        /// Which.
        request: RequestId,
        /// Why.
        error: Error,
    },
}

/// Hears events. `Break` cancels the request of the event; it has no further events.
pub type Listener<'a> = &'a mut dyn FnMut(Event<'_>) -> ControlFlow<()>;
