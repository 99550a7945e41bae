//! Models against what transformers computed: logits, hidden states and greedy tokens of a model folder's `goldens.safetensors`.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ascend_compute::Device;
use safetensors::{Dtype, SafeTensors};

use crate::models::Model;
use crate::scheduler::{Event, Request, RequestId, Scheduler, SchedulerOptions};
use crate::{Error, Result};

/// Name of the file in a model folder.
pub const FILE: &str = "goldens.safetensors";

/// What a model should give.
#[derive(Clone, Debug)]
pub struct Golden {
    /// Where it was read from.
    pub path: PathBuf,
    /// `|got - want|` of a logit in f32 that still passes.
    pub logits_atol: f64,
    /// What the error of a logit was when transformers computed in bf16.
    pub bf16_error: f64,
    /// The prompts.
    pub prompts: Vec<Prompt>,
}

/// One prompt of `S` tokens, and what follows.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// `[S]`.
    pub ids: Vec<i32>,
    /// `[S, V]`, by transformers in f32.
    pub logits_f32: Vec<f32>,
    /// `[S, V]`, by transformers in f64.
    pub logits_f64: Vec<f64>,
    /// For the embedding and each layer `[S, H]`, the last after the final norm; computed in f64.
    pub hidden_states: Vec<Vec<f32>>,
    /// What greedy decoding gives.
    pub greedy: Vec<i32>,
}

impl Golden {
    /// Reads `goldens.safetensors` of a model folder.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Format`] when a tensor or a tolerance is missing or misshapen, [`Error::MissingTensor`].
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let bytes = std::fs::read(&path).map_err(|source| Error::Io { path: path.clone(), source })?;
        let bad = |message: String| Error::Format { path: path.clone(), message };
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| bad(e.to_string()))?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| bad(e.to_string()))?;
        let case = header.metadata().as_ref().and_then(|m| m.get("case")).ok_or_else(|| bad("no metadata `case`".into()))?;
        let case: serde_json::Value = serde_json::from_str(case).map_err(|e| bad(format!("metadata `case`: {e}")))?;
        let number = |group: &str, key: &str| {
            let value = case[group][key].as_f64().filter(|x| x.is_finite() && *x >= 0.0);
            value.ok_or_else(|| bad(format!("metadata `{group}.{key}` is no number")))
        };
        let file = File { path: &path, tensors: &tensors };
        let names = tensors.names();
        let count = (0..).take_while(|n| names.iter().any(|name| **name == format!("prompt{n}_input_ids"))).count();
        Ok(Self {
            logits_atol: number("tolerance", "logits_f32_atol")?,
            bf16_error: number("params", "max_abs_bf16_minus_f64")?,
            prompts: (0..count).map(|n| file.prompt(n)).collect::<Result<_>>()?,
            path,
        })
    }
}

struct File<'a> {
    path: &'a Path,
    tensors: &'a SafeTensors<'a>,
}

impl File<'_> {
    fn prompt(&self, n: usize) -> Result<Prompt> {
        let name = |part: &str| format!("prompt{n}_{part}");
        let (ids, s) = self.numbers(&name("input_ids"), Dtype::I32, |b: [u8; 4]| i32::from_le_bytes(b))?;
        let (logits_f32, shape) = self.numbers(&name("logits_f32"), Dtype::F32, f32::from_le_bytes)?;
        let (logits_f64, same) = self.numbers(&name("logits_f64"), Dtype::F64, f64::from_le_bytes)?;
        let (hidden, layers) = self.numbers(&name("hidden_states_f64_as_f32"), Dtype::F32, f32::from_le_bytes)?;
        let (greedy, _) = self.numbers(&name("greedy_ids"), Dtype::I32, |b: [u8; 4]| i32::from_le_bytes(b))?;
        let fits =
            s.len() == 1 && s[0] > 0 && shape.len() == 2 && shape[0] == s[0] && same == shape && layers.len() == 3 && layers[1] == s[0];
        if !fits || layers.contains(&0) || greedy.is_empty() {
            let message =
                format!("prompt {n}: ids {s:?}, logits {shape:?} and {same:?} and hidden states {layers:?} do not fit each other");
            return Err(Error::Format { path: self.path.into(), message });
        }
        let hidden_states = hidden.chunks_exact(layers[1] * layers[2]).map(<[f32]>::to_vec).collect();
        Ok(Prompt { ids, logits_f32, logits_f64, hidden_states, greedy })
    }

    fn numbers<const N: usize, T>(&self, name: &str, dtype: Dtype, number: impl Fn([u8; N]) -> T) -> Result<(Vec<T>, Vec<usize>)> {
        let missing = |_| Error::MissingTensor { path: self.path.into(), name: name.into() };
        let tensor = self.tensors.tensor(name).map_err(missing)?;
        if tensor.dtype() != dtype {
            let message = format!("tensor `{name}` must be {dtype:?}, found {:?}", tensor.dtype());
            return Err(Error::Format { path: self.path.into(), message });
        }
        // The reader has checked that the bytes are as many as the shape asks for.
        let (chunks, _) = tensor.data().as_chunks::<N>();
        Ok((chunks.iter().map(|&b| number(b)).collect(), tensor.shape().to_vec()))
    }
}

/// Under which circumstances the [`Scheduler`] runs a prompt. None of them may change a result beyond rounding.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// How reports call it.
    pub name: &'static str,
    /// Tokens in a page of the cache.
    pub page_tokens: usize,
    /// Tokens of the prompt in one pass; none: all of them.
    pub chunk: Option<usize>,
    /// Other sequences in the same passes, of other lengths; they have begun before when the prompt comes in chunks.
    pub neighbours: usize,
    /// The only pages were used by a request that was cancelled.
    pub used_pages: bool,
    /// Full pages of the prompt come from an earlier request with the same beginning.
    pub reused_prefix: bool,
    /// Decode steps are captured graphs.
    pub decode_graphs: bool,
}

impl Setup {
    const ALONE: Self =
        Self { name: "alone", page_tokens: 16, chunk: None, neighbours: 0, used_pages: false, reused_prefix: false, decode_graphs: false };

    /// The setups that validation goes through.
    pub const ALL: &'static [Self] = &[
        Self::ALONE,
        Self { name: "page128", page_tokens: 128, ..Self::ALONE },
        Self { name: "chunks_of_4", chunk: Some(4), ..Self::ALONE },
        Self { name: "page128_chunks_of_3", page_tokens: 128, chunk: Some(3), ..Self::ALONE },
        Self { name: "7_neighbours", neighbours: 7, ..Self::ALONE },
        Self { name: "7_neighbours_chunks_of_4", neighbours: 7, chunk: Some(4), ..Self::ALONE },
        Self { name: "after_cancelled", used_pages: true, ..Self::ALONE },
        Self { name: "reused_prefix", page_tokens: 4, reused_prefix: true, ..Self::ALONE },
        Self { name: "graphs", decode_graphs: true, ..Self::ALONE },
        Self { name: "7_neighbours_graphs", neighbours: 7, decode_graphs: true, ..Self::ALONE },
    ];

    /// What a scheduler of sequences of up to `tokens` tokens needs for it, and no more.
    fn options(&self, tokens: usize) -> SchedulerOptions {
        let sequences = self.neighbours + 1;
        SchedulerOptions {
            page_tokens: self.page_tokens,
            pages: tokens.div_ceil(self.page_tokens) * sequences,
            max_sequences: sequences,
            step_tokens: self.chunk.unwrap_or(tokens * sequences) + self.neighbours,
            prefix_reuse: self.reused_prefix,
            decode_graphs: self.decode_graphs,
        }
    }
}

/// What a model gave for a prompt.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The position that `logits` and `hidden_states` begin with: what comes before was taken from an earlier request.
    pub first: usize,
    /// `[S - first, V]`.
    pub logits: Vec<f32>,
    /// As [`Prompt::hidden_states`], from `first` on.
    pub hidden_states: Vec<Vec<f32>>,
    /// Greedy tokens.
    pub greedy: Vec<i32>,
}

/// Runs a prompt through a model under the circumstances of `setup`.
///
/// # Errors
/// What the scheduler says; [`Error::Request`] for a negative token.
pub fn run(device: &Arc<dyn Device>, model: &Arc<dyn Model>, setup: &Setup, prompt: &Prompt) -> Result<Answer> {
    let negative = |id| Error::Request { asked: format!("token {id}"), found: "tokens are not negative".into() };
    let ids = prompt.ids.iter().map(|&id| u32::try_from(id).map_err(|_| negative(id))).collect::<Result<Vec<u32>>>()?;
    let tokens = ids.len() + prompt.greedy.len();
    let other = |skipped: usize, len: usize| {
        let prompt: Vec<u32> = ids.iter().rev().cycle().skip(skipped).take(len).copied().collect();
        Request::new(prompt, tokens - len)
    };
    let mut scheduler = Scheduler::new(device.clone(), model.clone(), setup.options(tokens))?;
    let deaf = &mut |_: Event<'_>| ControlFlow::Continue(());
    if setup.used_pages {
        let cancelled = scheduler.submit(other(0, ids.len() + 3))?;
        for _ in 0..4 {
            scheduler.step(deaf)?;
        }
        scheduler.cancel(cancelled);
    }
    if setup.reused_prefix {
        scheduler.submit(Request::new(ids.clone(), 1))?;
        scheduler.run(deaf)?;
    }
    for n in 0..setup.neighbours {
        scheduler.submit(other(n, n + 1))?;
    }
    if setup.chunk.is_some() {
        // Until all neighbours decode: they take a token each of every step then, and leave the chunk.
        for _ in 0..setup.neighbours {
            scheduler.step(deaf)?;
        }
    }
    let request = scheduler.submit(Request::new(ids, prompt.greedy.len()).with_prompt_logits().with_hidden_states())?;
    let (mut answer, mut failure, mut ended) = (Answer::default(), None, false);
    while !ended {
        scheduler.step(&mut |event| {
            ended |= answer.hear(request, event, &mut failure);
            ControlFlow::Continue(())
        })?;
    }
    failure.map_or(Ok(answer), Err)
}

impl Answer {
    /// Takes what concerns `request`. Whether it has ended.
    fn hear(&mut self, request: RequestId, event: Event<'_>, failure: &mut Option<Error>) -> bool {
        match event {
            Event::HiddenStates { request: of, layer, states, .. } if of == request => {
                if self.hidden_states.len() <= layer {
                    self.hidden_states.resize(layer + 1, Vec::new());
                }
                self.hidden_states[layer].extend_from_slice(states);
            }
            Event::PromptLogits { request: of, position, logits } if of == request => {
                if self.logits.is_empty() {
                    self.first = position;
                }
                self.logits.extend_from_slice(logits);
            }
            Event::Token { request: of, token, .. } if of == request => self.greedy.push(token as i32),
            Event::Finished { request: of, .. } if of == request => return true,
            Event::Failed { request: of, error } if of == request => {
                *failure = Some(error);
                return true;
            }
            _ => {}
        }
        false
    }
}

/// The largest difference of two lists, and where it is; infinite when a number is not finite or the lengths differ.
pub fn largest_difference(got: &[f32], want: impl ExactSizeIterator<Item = f64>) -> (f64, usize) {
    if got.len() != want.len() {
        return (f64::INFINITY, got.len().min(want.len()));
    }
    let mut worst = (0.0, 0);
    for (i, (&got, want)) in got.iter().zip(want).enumerate() {
        let difference = (f64::from(got) - want).abs();
        let difference = if difference.is_finite() { difference } else { f64::INFINITY };
        if difference > worst.0 {
            worst = (difference, i);
        }
    }
    worst
}
