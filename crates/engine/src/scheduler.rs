//! Continuous batching: requests come and go, each step computes what all of them need next.
//!
//! * A request is admitted, first come first served, when its pages for prompt and answer are free; until then it waits. One that can never fit is refused at once.
//! * A step takes one token of every sequence that is decoding, and fills what is left of its token budget with prompts, in chunks.
//! * Leading pages of a prompt that an earlier sequence computed are shared ([`blocks`](crate::blocks)).
//! * What a request gets does not depend on its company, as far as the device's contracts promise that of each row.

mod request;
mod trace;

use std::collections::VecDeque;
use std::sync::Arc;

use ascend_compute::{DType, Device, DeviceExt, Stream, TensorView};

pub use self::request::{Event, Finish, Listener, Request, RequestId};
use self::trace::HiddenStates;
use crate::batch::{Batch, DecodeShape, Part, Wanted};
use crate::blocks::{BlockAllocator, Lease};
use crate::cache::KvCache;
use crate::graphs::DecodeGraphs;
use crate::models::Model;
use crate::sampling::Sampler;
use crate::{Error, Result};

/// How much memory and work a scheduler takes.
#[derive(Clone, Debug)]
pub struct SchedulerOptions {
    /// Tokens in a page of the KV cache.
    pub page_tokens: usize,
    /// Pages of the KV cache.
    pub pages: usize,
    /// Most sequences in a step.
    pub max_sequences: usize,
    /// Most tokens in a step; at least `max_sequences`, so that nobody who decodes is left out.
    pub step_tokens: usize,
    /// Whether prompts share leading pages.
    pub prefix_reuse: bool,
    /// Whether steps in which everyone decodes are captured as graphs, padded to few shapes. Tokens are the same; a device whose launches cost little, such as a CPU,
    /// gains nothing.
    pub decode_graphs: bool,
}

impl SchedulerOptions {
    /// Pages of 16 tokens for `tokens` tokens in all, up to 64 sequences, steps of up to 512 tokens, prefixes shared, no graphs.
    pub fn for_tokens(tokens: usize) -> Self {
        Self { page_tokens: 16, pages: tokens.div_ceil(16), max_sequences: 64, step_tokens: 512, prefix_reuse: true, decode_graphs: false }
    }
}

/// What a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepReport {
    /// Tokens of prompts that were computed.
    pub prompt_tokens: usize,
    /// Tokens of prompts that were found in the cache.
    pub reused_tokens: usize,
    /// Sequences that were decoding.
    pub decode_tokens: usize,
    /// Requests that are running or waiting after it.
    pub unfinished: usize,
}

#[derive(Debug)]
struct Sequence {
    id: RequestId,
    request: Request,
    /// Prompt and answer.
    tokens: Vec<u32>,
    /// Tokens whose keys are in the cache.
    computed: usize,
    /// Length at which the sequence ends.
    end: usize,
    lease: Lease,
    /// Tokens of it in the current step.
    in_step: usize,
    ended: bool,
}

impl Sequence {
    fn decoding(&self) -> bool {
        self.computed + 1 == self.tokens.len() && self.tokens.len() > self.request.prompt.len()
    }

    fn part(&self) -> Part<'_> {
        let upto = self.computed + self.in_step;
        let logits = match self.request.prompt_logits && !self.decoding() {
            true => Wanted::All,
            false if upto == self.tokens.len() => Wanted::Last,
            false => Wanted::None,
        };
        Part { tokens: self.tokens.get(..upto).unwrap_or(&self.tokens), computed: self.computed, pages: self.lease.pages(), logits }
    }
}

/// Runs requests over one model.
#[derive(Debug)]
pub struct Scheduler {
    device: Arc<dyn Device>,
    stream: Stream,
    model: Arc<dyn Model>,
    options: SchedulerOptions,
    cache: KvCache,
    blocks: BlockAllocator,
    batch: Batch,
    /// What a decode step can be padded to at most.
    largest_decode: DecodeShape,
    graphs: DecodeGraphs,
    sampler: Sampler,
    logits: Vec<f32>,
    waiting: VecDeque<(RequestId, Request)>,
    running: Vec<Sequence>,
    next_id: u64,
}

impl Scheduler {
    /// Allocates the KV cache and the inputs of a step. A model serves one scheduler at a time: its passes work in memory of its own.
    ///
    /// # Errors
    /// [`Error::Request`] when the options do not fit together; what the device says when memory is short.
    pub fn new(device: Arc<dyn Device>, model: Arc<dyn Model>, options: SchedulerOptions) -> Result<Self> {
        let refuse = |asked: String, found: &str| Err(Error::Request { asked, found: found.into() });
        if options.page_tokens == 0 || options.pages == 0 || options.max_sequences == 0 {
            let (p, n, b) = (options.page_tokens, options.pages, options.max_sequences);
            return refuse(format!("{n} pages of {p} tokens for {b} sequences"), "each must be at least 1");
        }
        if options.step_tokens < options.max_sequences {
            return refuse(
                format!("steps of {} tokens for {} sequences", options.step_tokens, options.max_sequences),
                "each sequence needs a token in each step",
            );
        }
        if options.step_tokens > i32::MAX as usize {
            return refuse(format!("steps of {} tokens", options.step_tokens), "a step has less than 2^31 tokens");
        }
        // Slots are numbered in i32.
        if options.pages.checked_mul(options.page_tokens).is_none_or(|slots| slots > i32::MAX as usize) {
            return refuse(format!("{} pages of {} tokens", options.pages, options.page_tokens), "a cache has less than 2^31 slots");
        }
        let stream = device.create_stream()?;
        let cache = KvCache::new(&device, &model.cache_spec(), options.pages, options.page_tokens)?;
        let blocks = BlockAllocator::new(options.pages, options.page_tokens);
        let widest = blocks.pages_for(model.context_tokens()).min(options.pages);
        let batch = Batch::new(&*device, options.page_tokens, options.step_tokens, options.max_sequences, widest)?;
        Ok(Self {
            device,
            stream,
            model,
            cache,
            blocks,
            batch,
            largest_decode: DecodeShape { sequences: options.max_sequences, table_pages: widest },
            graphs: DecodeGraphs::default(),
            sampler: Sampler::default(),
            logits: Vec::new(),
            waiting: VecDeque::new(),
            running: Vec::with_capacity(options.max_sequences),
            next_id: 0,
            options,
        })
    }

    /// Takes a request into the queue.
    ///
    /// # Errors
    /// [`Error::Request`] when it can never be served: an empty prompt, a token outside of the vocabulary, a prompt longer than the context, more tokens than the whole cache holds, sampling
    /// parameters that make no sense.
    pub fn submit(&mut self, request: Request) -> Result<RequestId> {
        let refuse = |asked: String, found: String| Err(Error::Request { asked, found });
        let (prompt, context, vocab) = (request.prompt.len(), self.model.context_tokens(), self.model.vocab());
        request.sampling.check()?;
        if prompt == 0 {
            return refuse("an answer to an empty prompt".into(), "there must be at least one token".into());
        }
        if let Some((i, token)) = request.prompt.iter().enumerate().find(|&(_, &t)| t as usize >= vocab) {
            return refuse(format!("token {token} at {i} of the prompt"), format!("the vocabulary has {vocab} tokens"));
        }
        if prompt > context {
            return refuse(format!("a prompt of {prompt} tokens"), format!("the model's context is {context} tokens"));
        }
        let end = self.end_of(&request);
        let (needed, pages) = (self.blocks.pages_for(cached_tokens(prompt, end)), self.blocks.page_count());
        if needed > pages {
            return refuse(
                format!("{prompt} tokens of prompt and up to {} of answer, {needed} pages of KV cache", end - prompt),
                format!("the cache has {pages} pages of {} tokens; ask for fewer tokens, or give it more pages", self.options.page_tokens),
            );
        }
        let id = RequestId(self.next_id);
        self.next_id += 1;
        self.waiting.push_back((id, request));
        Ok(id)
    }

    /// Forgets a request, wherever it stands. Its pages are free at once. `false` when it is not known or has ended.
    pub fn cancel(&mut self, request: RequestId) -> bool {
        let waiting = self.waiting.len();
        self.waiting.retain(|(id, _)| *id != request);
        let known = self.waiting.len() < waiting || self.running.iter().any(|s| s.id == request);
        for sequence in self.running.iter_mut().filter(|s| s.id == request) {
            sequence.ended = true;
        }
        self.retire();
        known
    }

    /// Runs one step, and tells what came of it. Nothing happens when there is nothing to do.
    ///
    /// # Errors
    /// What the model or the device says. The requests are as before then: the step can be run again, or they can be cancelled.
    pub fn step(&mut self, hear: Listener<'_>) -> Result<StepReport> {
        let mut report = StepReport { reused_tokens: self.admit(), ..StepReport::default() };
        self.plan();
        // Those that decode come first, so a device sees its one-token rows together.
        self.running.sort_unstable_by_key(|s| (!s.decoding(), s.id));
        if !self.running.iter().any(|s| s.in_step > 0) {
            return Ok(report);
        }
        let states = self.forward()?;

        let mut rows = self.logits.chunks_exact(self.model.vocab().max(1));
        for sequence in self.running.iter_mut().filter(|s| s.in_step > 0) {
            match sequence.decoding() {
                true => report.decode_tokens += sequence.in_step,
                false => report.prompt_tokens += sequence.in_step,
            }
            let first = sequence.computed;
            let wanted = sequence.part().logits;
            sequence.computed += std::mem::take(&mut sequence.in_step);
            if self.options.prefix_reuse {
                self.blocks.publish(&mut sequence.lease, sequence.tokens.get(..sequence.computed).unwrap_or_default());
            }
            let mine = match wanted {
                Wanted::None => 0,
                Wanted::Last => 1,
                Wanted::All => sequence.computed - first,
            };
            for (layer, states) in states.of(sequence.id) {
                if !sequence.ended {
                    let event = Event::HiddenStates { request: sequence.id, layer, position: first, states };
                    sequence.ended = hear(event).is_break();
                }
            }
            let mut last = None;
            for (i, logits) in rows.by_ref().take(mine).enumerate() {
                if wanted == Wanted::All && !sequence.ended {
                    let event = Event::PromptLogits { request: sequence.id, position: first + i, logits };
                    sequence.ended = hear(event).is_break();
                }
                last = Some(logits);
            }
            if let Some(logits) = last
                && sequence.computed == sequence.tokens.len()
                && !sequence.ended
            {
                sequence.ended = advance(sequence, &mut self.sampler, logits, &mut *hear);
            }
        }
        self.retire();
        report.unfinished = self.unfinished();
        Ok(report)
    }

    /// Runs steps until all requests have ended.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn run(&mut self, hear: Listener<'_>) -> Result<()> {
        while self.unfinished() > 0 {
            self.step(&mut *hear)?;
        }
        Ok(())
    }

    /// Requests that are running or waiting.
    pub fn unfinished(&self) -> usize {
        self.running.len() + self.waiting.len()
    }

    /// Requests that wait for pages or a place in the batch.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Number of decode graphs, for figures.
    pub fn captured_graphs(&self) -> usize {
        self.graphs.captured()
    }

    /// The pages, for figures.
    pub fn blocks(&self) -> &BlockAllocator {
        &self.blocks
    }

    /// The model.
    pub fn model(&self) -> &Arc<dyn Model> {
        &self.model
    }

    /// The device.
    pub fn device(&self) -> &Arc<dyn Device> {
        &self.device
    }

    /// Length at which a sequence ends: prompt and answer, neither longer than asked for nor than the context.
    fn end_of(&self, request: &Request) -> usize {
        request.prompt.len().saturating_add(request.max_tokens).min(self.model.context_tokens().max(request.prompt.len()))
    }

    /// Gives pages to those who wait, in order; returns how many tokens of prompts are in the cache already.
    fn admit(&mut self) -> usize {
        let mut reused = 0;
        while self.running.len() < self.options.max_sequences
            && let Some((id, request)) = self.waiting.pop_front()
        {
            let (prompt, end) = (request.prompt.len(), self.end_of(&request));
            // The last token of the prompt is always computed: its logits are wanted.
            let shareable = if self.options.prefix_reuse { request.prompt.get(..prompt - 1).unwrap_or_default() } else { &[] };
            let Some(lease) = self.blocks.lease(shareable, cached_tokens(prompt, end)) else {
                self.waiting.push_front((id, request));
                break;
            };
            let computed = lease.reused_pages() * self.options.page_tokens;
            reused += computed;
            let mut tokens = Vec::with_capacity(end);
            tokens.extend_from_slice(&request.prompt);
            self.running.push(Sequence { id, request, tokens, computed, end, lease, in_step: 0, ended: false });
        }
        reused
    }

    /// Shares out the token budget: first to those who decode, then to prompts in the order of their coming.
    fn plan(&mut self) {
        let decoding = self.running.iter().filter(|s| s.decoding()).count();
        let mut budget = self.options.step_tokens.saturating_sub(decoding);
        for sequence in &mut self.running {
            sequence.in_step = if sequence.decoding() { 1 } else { budget.min(sequence.tokens.len() - sequence.computed) };
            if !sequence.decoding() {
                budget -= sequence.in_step;
            }
        }
    }

    /// Runs the pass that was planned; its logits are in `self.logits` then.
    fn forward(&mut self) -> Result<HiddenStates> {
        let Self { device, stream, model, cache, batch, graphs, running, .. } = self;
        let in_step = running.iter().filter(|s| s.in_step > 0);
        let all_decode = self.options.decode_graphs && in_step.clone().all(Sequence::decoding);
        let shape = all_decode.then(|| {
            let pages = in_step.clone().map(|s| self.blocks.pages_for(s.tokens.len())).max();
            DecodeShape::holding(in_step.clone().count(), pages.unwrap_or(1)).within(self.largest_decode)
        });
        batch.fill(&**device, in_step.clone().map(Sequence::part), shape)?;
        let mut states = HiddenStates::wanted(in_step);
        let logits = match shape {
            Some(shape) => graphs.pass(shape, stream, || model.forward(stream, &batch.step()?, cache, None))?,
            None if states.is_empty() => model.forward(stream, &batch.step()?, cache, None)?,
            None => model.forward(stream, &batch.step()?, cache, Some(&mut |layer, x| states.keep(&**device, stream, layer, x)))?,
        };
        if shape.is_none() {
            graphs.forget_moved(&logits);
        }
        stream.synchronize()?;
        self.fetch(&logits)?;
        Ok(states)
    }

    /// Copies the logits to the host, into memory that is kept.
    fn fetch(&mut self, logits: &TensorView) -> Result<()> {
        let ((rows, wanted), vocab) = (self.batch.logit_row_counts(), self.model.vocab());
        if logits.dtype() != DType::F32 || logits.rank() != 2 || logits.dim(0) != rows || logits.dim(1) != vocab {
            return Err(Error::Logits {
                found: format!(
                    "the model returned {} of shape {} instead of f32 of shape [{rows}, {vocab}]",
                    logits.dtype(),
                    logits.shape()
                ),
            });
        }
        if logits.is_contiguous() {
            self.logits.resize(wanted * vocab, 0.);
            self.device.read(logits.buffer(), logits.byte_span().start, bytemuck::cast_slice_mut(&mut self.logits))?;
        } else {
            self.logits = self.device.download::<f32>(&self.stream, &logits.narrow(0, 0, wanted)?)?;
        }
        Ok(())
    }

    /// Takes the pages of those who have ended.
    fn retire(&mut self) {
        for sequence in self.running.extract_if(.., |s| s.ended) {
            self.blocks.release(sequence.lease);
        }
    }
}

/// Keys that a sequence leaves in the cache: of all its tokens but the last of the answer, which nothing follows.
fn cached_tokens(prompt: usize, end: usize) -> usize {
    prompt.max(end.saturating_sub(1))
}

/// Chooses the next token of a sequence. `true` when the sequence has ended.
fn advance(sequence: &mut Sequence, sampler: &mut Sampler, logits: &[f32], hear: Listener<'_>) -> bool {
    let (request, answered) = (sequence.id, sequence.tokens.len() - sequence.request.prompt.len());
    if sequence.tokens.len() < sequence.end {
        let token = match sampler.choose(logits, &sequence.request.sampling, answered as u64) {
            Ok(token) => token,
            Err(error) => return ended(hear, Event::Failed { request, error }),
        };
        if sequence.request.stop_tokens.contains(&token) {
            return ended(hear, Event::Finished { request, reason: Finish::StopToken(token) });
        }
        sequence.tokens.push(token);
        if hear(Event::Token { request, token, logits }).is_break() {
            return true;
        }
    }
    if sequence.tokens.len() < sequence.end {
        return false;
    }
    ended(hear, Event::Finished { request, reason: Finish::Length })
}

/// Tells the last event of a request; the answer to it changes nothing.
fn ended(hear: Listener<'_>, event: Event<'_>) -> bool {
    let _ = hear(event);
    true
}

#[cfg(test)]
mod tests;
