//! Models against what transformers computed: logits, hidden states and greedy tokens of a model folder's `goldens.safetensors`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ascend_compute::ops::Lengths;
use ascend_compute::{Device, DeviceExt, Stream, TensorView};
use safetensors::{Dtype, SafeTensors};

use crate::cache::KvCache;
use crate::models::Model;
use crate::step::Step;
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

/// Under which circumstances a prompt is run. None of them may change a result beyond rounding.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// How reports call it.
    pub name: &'static str,
    /// Tokens in a page of the cache.
    pub page_tokens: usize,
    /// Tokens of the prompt in one pass; none: all of them.
    pub chunk: Option<usize>,
    /// Other sequences in the same passes, of other lengths.
    pub neighbours: usize,
    /// The pages were used by a sequence that was cancelled.
    pub used_pages: bool,
    /// Full pages of the prompt come from an earlier sequence with the same beginning.
    pub reused_prefix: bool,
}

impl Setup {
    const ALONE: Self = Self { name: "alone", page_tokens: 16, chunk: None, neighbours: 0, used_pages: false, reused_prefix: false };

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
    ];
}

/// What a model gave for a prompt.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The position that `logits` and `hidden_states` begin with: what comes before was taken from an earlier sequence.
    pub first: usize,
    /// `[S - first, V]`.
    pub logits: Vec<f32>,
    /// As [`Prompt::hidden_states`], from `first` on.
    pub hidden_states: Vec<Vec<f32>>,
    /// Greedy tokens.
    pub greedy: Vec<i32>,
}

/// A sequence in the cache.
#[derive(Debug)]
struct Sequence {
    tokens: Vec<i32>,
    computed: usize,
    pages: Vec<i32>,
}

impl Sequence {
    fn new(tokens: &[i32], pages: std::ops::Range<usize>) -> Self {
        Self { tokens: tokens.to_vec(), computed: 0, pages: pages.map(|p| p as i32).collect() }
    }
}

/// Runs prompts through a model.
#[derive(Debug)]
pub struct Runner<'a> {
    device: Arc<dyn Device>,
    stream: Stream,
    model: &'a dyn Model,
    cache: KvCache,
    setup: Setup,
    /// Pages of a sequence.
    reserved: usize,
}

impl<'a> Runner<'a> {
    /// A cache with room for the sequences of `setup`, each up to `tokens` long.
    pub fn new(device: &Arc<dyn Device>, model: &'a dyn Model, setup: Setup, tokens: usize) -> Result<Self> {
        let reserved = tokens.div_ceil(setup.page_tokens);
        let cache = KvCache::new(device, &model.cache_spec(), reserved * (setup.neighbours + 2), setup.page_tokens)?;
        Ok(Self { device: device.clone(), stream: device.create_stream()?, model, cache, setup, reserved })
    }

    /// Logits and hidden states of a prompt, and the tokens that greedy decoding goes on with.
    pub fn run(&self, prompt: &[i32], new_tokens: usize) -> Result<Answer> {
        let pages = |place: usize| place * self.reserved..(place + 1) * self.reserved;
        let mut sequence = Sequence::new(prompt, pages(0));
        let mut answer = Answer::default();
        if self.setup.used_pages {
            let other: Vec<i32> = prompt.iter().rev().cycle().take(prompt.len() + 3).copied().collect();
            self.pass(&mut [Sequence::new(&other, pages(0))], usize::MAX, &mut Answer::default())?;
        }
        if self.setup.reused_prefix {
            let mut earlier = Sequence::new(prompt, pages(1));
            self.pass(std::slice::from_mut(&mut earlier), usize::MAX, &mut Answer::default())?;
            // Whole pages only, and at least one token is left to compute.
            let shared = (prompt.len() - 1) / self.setup.page_tokens;
            sequence.pages.splice(..shared, earlier.pages.iter().take(shared).copied());
            sequence.computed = shared * self.setup.page_tokens;
            answer.first = sequence.computed;
        }
        let mut sequences = vec![sequence];
        for n in 0..self.setup.neighbours {
            let other: Vec<i32> = prompt.iter().rev().cycle().skip(n).take(n + 1).copied().collect();
            sequences.push(Sequence::new(&other, pages(n + 2)));
        }
        while sequences.first().is_some_and(|s| s.computed < prompt.len()) {
            self.pass(&mut sequences, self.setup.chunk.unwrap_or(usize::MAX), &mut answer)?;
        }
        let mut next = argmax(answer.logits.rchunks_exact(self.model.vocab()).next().unwrap_or_default());
        while answer.greedy.len() < new_tokens {
            answer.greedy.push(next);
            for (place, sequence) in sequences.iter_mut().enumerate() {
                sequence.tokens.push(if place == 0 { next } else { place as i32 });
            }
            let mut step = Answer::default();
            self.pass(&mut sequences, 1, &mut step)?;
            next = argmax(&step.logits);
        }
        Ok(answer)
    }

    /// One forward pass over up to `chunk` new tokens of each sequence. What comes out for the first sequence is added to `answer`.
    fn pass(&self, sequences: &mut [Sequence], chunk: usize, answer: &mut Answer) -> Result<()> {
        let step = self.step(sequences, chunk)?;
        let rows = step.logit_rows.numel();
        let mut hear = |layer: usize, x: &TensorView| {
            let mine: Vec<f32> = self.floats(&x.narrow(0, 0, rows)?)?;
            if answer.hidden_states.len() <= layer {
                answer.hidden_states.resize(layer + 1, Vec::new());
            }
            answer.hidden_states[layer].extend(mine);
            Ok(())
        };
        let logits = self.model.forward(&self.stream, &step, &self.cache, Some(&mut hear))?;
        answer.logits.extend(self.floats(&logits)?);
        for sequence in sequences {
            sequence.computed = sequence.tokens.len().min(sequence.computed.saturating_add(chunk));
        }
        Ok(())
    }

    /// The elements of a float tensor as f32.
    fn floats(&self, x: &TensorView) -> Result<Vec<f32>> {
        self.stream.synchronize()?;
        Ok(ascend_compute::host::to_f64(&ascend_compute::to_host(&*self.device, x)?)?.into_iter().map(|x| x as f32).collect())
    }

    /// The inputs of a pass; logits are wanted for every token of the first sequence.
    fn step(&self, sequences: &[Sequence], chunk: usize) -> Result<Step> {
        let size = self.setup.page_tokens;
        let (mut tokens, mut positions, mut slots, mut tables) = (vec![], vec![], vec![], vec![]);
        let (mut q_lens, mut kv_lens) = (vec![0i32], vec![0i32]);
        let mut wanted = 0;
        for (place, s) in sequences.iter().enumerate() {
            let end = s.tokens.len().min(s.computed.saturating_add(chunk));
            for position in s.computed..end {
                tokens.push(s.tokens[position]);
                positions.push(position as i32);
                slots.push(s.pages[position / size] * size as i32 + (position % size) as i32);
            }
            if place == 0 {
                wanted = tokens.len() as i32;
            }
            q_lens.push(tokens.len() as i32);
            kv_lens.push(kv_lens.last().copied().unwrap_or_default() + end as i32);
            tables.extend_from_slice(&s.pages);
        }
        let ints = |data: &[i32]| self.device.upload(data, [data.len()]);
        let lengths = |data: Vec<i32>| Ok::<_, Error>(Lengths::new(ints(&data)?).with_host(data));
        Ok(Step {
            tokens: ints(&tokens)?,
            positions: ints(&positions)?,
            slots: ints(&slots)?,
            q_lens: lengths(q_lens)?,
            kv_lens: lengths(kv_lens)?,
            tables: self.device.upload(&tables, [sequences.len(), self.reserved])?,
            logit_rows: ints(&(0..wanted).collect::<Vec<i32>>())?,
        })
    }
}

/// The first of the largest.
fn argmax(logits: &[f32]) -> i32 {
    let mut best = 0;
    for (i, &x) in logits.iter().enumerate() {
        if x > logits[best] {
            best = i;
        }
    }
    best as i32
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
