//! The inputs of one step: collected on the host, one copy to the device.

use std::sync::Arc;

use ascend_compute::ops::Lengths;
use ascend_compute::{Buffer, DType, Device, Layout, TensorView};

use crate::step::Step;
use crate::{Error, Result};

/// New tokens of one sequence.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The sequence's tokens, up to and including the new ones.
    pub tokens: &'a [u32],
    /// How many of them, from the front, are in the cache.
    pub computed: usize,
    /// The sequence's pages; enough for `tokens`.
    pub pages: &'a [i32],
    /// Of which new tokens the logits are wanted.
    pub logits: Wanted,
}

/// Of which tokens of a part the logits are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// None: more of the prompt is to come.
    None,
    /// The last one.
    Last,
    /// All.
    All,
}

/// Builds [`Step`]s in memory that is allocated once.
#[derive(Debug)]
pub struct Batch {
    page_tokens: usize,
    tokens: Vec<i32>,
    positions: Vec<i32>,
    slots: Vec<i32>,
    q_lens: Vec<i32>,
    kv_lens: Vec<i32>,
    logit_rows: Vec<i32>,
    /// All of them one behind the other, as they lie on the device.
    packed: Vec<i32>,
    buffer: Buffer,
}

/// Parts of the packed buffer start at multiples of this many numbers: 64 bytes.
const ALIGN: usize = 16;

impl Batch {
    /// Room for steps of `tokens` tokens of `sequences` sequences with `pages` pages each.
    pub fn new(device: &dyn Device, page_tokens: usize, tokens: usize, sequences: usize, pages: usize) -> Result<Self> {
        let too_large = || unrepresentable(format!("the inputs of {tokens} tokens of {sequences} sequences of {pages} pages"));
        let parts = [Some(tokens); 4].into_iter().chain([sequences.checked_add(1); 2]).chain([sequences.checked_mul(pages)]);
        let numbers = parts.into_iter().try_fold(0usize, |sum, n| sum.checked_add(n?.checked_next_multiple_of(ALIGN)?));
        let numbers = numbers.ok_or_else(too_large)?;
        Ok(Self {
            page_tokens,
            tokens: Vec::with_capacity(tokens),
            positions: Vec::with_capacity(tokens),
            slots: Vec::with_capacity(tokens),
            q_lens: Vec::with_capacity(sequences + 1),
            kv_lens: Vec::with_capacity(sequences + 1),
            logit_rows: Vec::with_capacity(tokens),
            packed: Vec::with_capacity(numbers),
            buffer: device.alloc(numbers.checked_mul(size_of::<i32>()).ok_or_else(too_large)?)?,
        })
    }

    /// Writes the inputs of `parts` over those of the step before, which must be done.
    ///
    /// # Errors
    /// [`Error::Request`] when there are more than 2^31 - 1 tokens in all; what the device says when the parts are more than there is room for.
    pub fn step(&mut self, device: &dyn Device, parts: &[Part<'_>]) -> Result<Step> {
        for part in [&mut self.tokens, &mut self.positions, &mut self.slots, &mut self.q_lens, &mut self.kv_lens, &mut self.logit_rows] {
            part.clear();
        }
        self.packed.clear();
        let (mut keys, mut table_width) = (0usize, 1);
        self.q_lens.push(0);
        self.kv_lens.push(0);
        for part in parts {
            let first_row = self.tokens.len();
            for (position, &token) in part.tokens.iter().enumerate().skip(part.computed) {
                self.tokens.push(token as i32);
                self.positions.push(position as i32);
                let page = part.pages.get(position / self.page_tokens).copied().unwrap_or(-1);
                self.slots.push(if page < 0 { -1 } else { page * self.page_tokens as i32 + (position % self.page_tokens) as i32 });
            }
            let rows = first_row as i32..self.tokens.len() as i32;
            // A shared page counts for each of its users, so this can exceed the number of slots.
            keys = keys.saturating_add(part.tokens.len());
            self.q_lens.push(rows.end);
            self.kv_lens.push(i32::try_from(keys).map_err(|_| unrepresentable(format!("a step with {keys} keys")))?);
            match part.logits {
                Wanted::None => {}
                Wanted::Last => self.logit_rows.extend(rows.last()),
                Wanted::All => self.logit_rows.extend(rows),
            }
            table_width = table_width.max(part.tokens.len().div_ceil(self.page_tokens));
        }

        let mut places = [0; 7];
        let lists = [&self.tokens, &self.positions, &self.slots, &self.q_lens, &self.kv_lens, &self.logit_rows];
        for (place, list) in places.iter_mut().zip(lists) {
            *place = self.packed.len();
            self.packed.extend_from_slice(list);
            self.packed.resize(self.packed.len().next_multiple_of(ALIGN), 0);
        }
        let [tokens, positions, slots, q_lens, kv_lens, logit_rows, tables] = &mut places;
        *tables = self.packed.len();
        for part in parts {
            // Pages beyond the tokens that are there do not concern this step.
            let used = part.tokens.len().div_ceil(self.page_tokens).min(part.pages.len());
            self.packed.extend_from_slice(part.pages.get(..used).unwrap_or_default());
            self.packed.resize(self.packed.len() + table_width - used, -1);
        }
        device.write(&self.buffer, 0, bytemuck::cast_slice(&self.packed))?;

        let view = |at: &usize, shape: &[usize]| -> Result<TensorView> {
            let strides: &[usize] = if shape.len() == 2 { &[table_width, 1] } else { &[1] };
            let layout = Layout::strided(ascend_compute::Dims::new(shape)?, ascend_compute::Dims::new(strides)?, *at)?;
            Ok(TensorView::new(self.buffer.clone(), DType::I32, layout)?)
        };
        let lengths = |at: &usize, host: &[i32]| -> Result<Lengths> {
            Ok(Lengths::new(view(at, &[host.len()])?).with_host(Arc::<[i32]>::from(host)))
        };
        Ok(Step {
            tokens: view(tokens, &[self.tokens.len()])?,
            positions: view(positions, &[self.tokens.len()])?,
            slots: view(slots, &[self.tokens.len()])?,
            q_lens: lengths(q_lens, &self.q_lens)?,
            kv_lens: lengths(kv_lens, &self.kv_lens)?,
            tables: view(tables, &[parts.len(), table_width])?,
            logit_rows: view(logit_rows, &[self.logit_rows.len()])?,
        })
    }

    /// Number of rows whose logits the last step asks for.
    pub fn logit_row_count(&self) -> usize {
        self.logit_rows.len()
    }
}

fn unrepresentable(asked: String) -> Error {
    Error::Request { asked, found: "its numbers do not fit into 32 bits".into() }
}

#[cfg(test)]
mod tests {
    use ascend_compute::DeviceExt;

    use super::*;

    #[test]
    fn a_step_of_three_sequences_in_literal_numbers() {
        let device = ascend_compute::open("cpu").unwrap();
        let stream = device.create_stream().unwrap();
        let mut batch = Batch::new(&*device, 4, 16, 3, 3).unwrap();
        let decode = Part { tokens: &[10, 11, 12, 13, 14], computed: 4, pages: &[7, 2, 3], logits: Wanted::Last };
        let chunk = Part { tokens: &[20, 21, 22], computed: 1, pages: &[5], logits: Wanted::None };
        let all = Part { tokens: &[30, 31], computed: 0, pages: &[0, 1], logits: Wanted::All };
        for _ in 0..2 {
            let step = batch.step(&*device, &[decode, chunk, all]).unwrap();
            let ints = |view: &TensorView| device.download::<i32>(&stream, view).unwrap();
            assert_eq!(ints(&step.tokens), [14, 21, 22, 30, 31]);
            assert_eq!(ints(&step.positions), [4, 1, 2, 0, 1]);
            assert_eq!(ints(&step.slots), [8, 21, 22, 0, 1]);
            assert_eq!(ints(&step.q_lens.cumulative), [0, 1, 3, 5]);
            assert_eq!(ints(&step.kv_lens.cumulative), [0, 5, 8, 10]);
            assert_eq!(step.q_lens.host.as_deref(), Some(&[0, 1, 3, 5][..]));
            assert_eq!(step.kv_lens.host.as_deref(), Some(&[0, 5, 8, 10][..]));
            assert_eq!(step.tables.shape().to_string(), ascend_compute::Dims::from([3, 2]).to_string());
            assert_eq!(ints(&step.tables), [7, 2, 5, -1, 0, -1]);
            assert_eq!(ints(&step.logit_rows), [0, 3, 4]);
            assert_eq!(batch.logit_row_count(), 3);
        }
        // A smaller step after it leaves nothing of the larger one.
        let step = batch.step(&*device, &[chunk]).unwrap();
        assert_eq!(device.download::<i32>(&stream, &step.tables).unwrap(), [5]);
        assert_eq!((step.logit_rows.numel(), step.token_count()), (0, 2));
    }

    #[test]
    fn steps_allocate_no_device_memory() {
        let device = ascend_compute::open("cpu").unwrap();
        let mut batch = Batch::new(&*device, 4, 8, 2, 2).unwrap();
        let before = device.memory().unwrap();
        for computed in [0, 2, 3] {
            let part = Part { tokens: &[1, 2, 3, 4], computed, pages: &[1], logits: Wanted::All };
            batch.step(&*device, &[part, part]).unwrap();
        }
        assert_eq!(device.memory().unwrap(), before);
    }
}
