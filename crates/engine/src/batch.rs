//! The inputs of one step: collected on the host, one copy to the device.

use std::sync::Arc;

use ascend_compute::ops::Lengths;
use ascend_compute::{Buffer, DType, Device, Dims, Layout, TensorView};

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

/// What a decode step is padded to, so that steps of many sizes are one shape: a graph is captured once for each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DecodeShape {
    /// Sequences, each with one new token.
    pub sequences: usize,
    /// Columns of the block tables.
    pub table_pages: usize,
}

impl DecodeShape {
    /// The next powers of two.
    pub fn holding(sequences: usize, table_pages: usize) -> Self {
        Self { sequences: sequences.next_power_of_two(), table_pages: table_pages.next_power_of_two() }
    }

    /// No larger than `other`.
    pub fn within(self, other: Self) -> Self {
        Self { sequences: self.sequences.min(other.sequences), table_pages: self.table_pages.min(other.table_pages) }
    }
}

/// Builds [`Step`]s in memory that is allocated once. Steps of equal shape have their inputs at the same place.
#[derive(Debug)]
pub struct Batch {
    page_tokens: usize,
    tokens: Vec<i32>,
    positions: Vec<i32>,
    slots: Vec<i32>,
    q_lens: Vec<i32>,
    kv_lens: Vec<i32>,
    logit_rows: Vec<i32>,
    /// Of `logit_rows`, those that a part asks for. They come first.
    wanted_rows: usize,
    /// Columns of the tables.
    table_pages: usize,
    padded: bool,
    /// All of them one behind the other, as they lie on the device.
    packed: Vec<i32>,
    /// Where they begin in it: tokens, positions, slots, both lengths, logit rows, tables.
    places: [usize; 7],
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
        // The device refuses more than it has before this machine is asked for as much.
        let buffer = device.alloc(numbers.checked_mul(size_of::<i32>()).ok_or_else(too_large)?)?;
        Ok(Self {
            page_tokens,
            tokens: Vec::with_capacity(tokens),
            positions: Vec::with_capacity(tokens),
            slots: Vec::with_capacity(tokens),
            q_lens: Vec::with_capacity(sequences + 1),
            kv_lens: Vec::with_capacity(sequences + 1),
            logit_rows: Vec::with_capacity(tokens),
            wanted_rows: 0,
            table_pages: 1,
            padded: false,
            packed: Vec::with_capacity(numbers),
            places: [0; 7],
            buffer,
        })
    }

    /// Writes the inputs of `parts` over those of the step before, which must be done. With a `shape` sequences without keys, whose token goes to no slot, fill it up.
    ///
    /// # Errors
    /// [`Error::Request`] when there are more than 2^31 - 1 tokens in all; what the device says when the parts are more than there is room for.
    pub fn fill<'a>(
        &mut self,
        device: &dyn Device,
        parts: impl Iterator<Item = Part<'a>> + Clone,
        shape: Option<DecodeShape>,
    ) -> Result<()> {
        for part in [&mut self.tokens, &mut self.positions, &mut self.slots, &mut self.q_lens, &mut self.kv_lens, &mut self.logit_rows] {
            part.clear();
        }
        self.packed.clear();
        let (mut keys, mut sequences) = (0usize, 0);
        self.padded = shape.is_some();
        self.table_pages = shape.map_or(1, |shape| shape.table_pages);
        self.q_lens.push(0);
        self.kv_lens.push(0);
        for part in parts.clone() {
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
            self.table_pages = self.table_pages.max(part.tokens.len().div_ceil(self.page_tokens));
            sequences += 1;
        }
        self.wanted_rows = self.logit_rows.len();
        let padding = shape.map_or(0, |shape| shape.sequences.saturating_sub(sequences));
        for _ in 0..padding {
            self.logit_rows.push(self.tokens.len() as i32);
            self.tokens.push(0);
            self.positions.push(0);
            self.slots.push(-1);
            self.q_lens.push(self.tokens.len() as i32);
            self.kv_lens.extend_from_within(self.kv_lens.len() - 1..);
        }

        let lists = [&self.tokens, &self.positions, &self.slots, &self.q_lens, &self.kv_lens, &self.logit_rows];
        let [places @ .., tables] = &mut self.places;
        for (place, list) in places.iter_mut().zip(lists) {
            *place = self.packed.len();
            self.packed.extend_from_slice(list);
            self.packed.resize(self.packed.len().next_multiple_of(ALIGN), 0);
        }
        *tables = self.packed.len();
        for part in parts {
            // Pages beyond the tokens that are there do not concern this step.
            let used = part.tokens.len().div_ceil(self.page_tokens).min(part.pages.len());
            self.packed.extend_from_slice(part.pages.get(..used).unwrap_or_default());
            self.packed.resize(self.packed.len() + self.table_pages - used, -1);
        }
        self.packed.resize(self.packed.len() + padding * self.table_pages, -1);
        Ok(device.write(&self.buffer, 0, bytemuck::cast_slice(&self.packed))?)
    }

    /// The step that was filled in last. A padded one has no lengths on the host: its inputs may change where they lie.
    pub fn step(&self) -> Result<Step> {
        let view = |at: usize, shape: &[usize]| -> Result<TensorView> {
            let strides: &[usize] = if shape.len() == 2 { &[self.table_pages, 1] } else { &[1] };
            let layout = Layout::strided(Dims::new(shape)?, Dims::new(strides)?, at)?;
            Ok(TensorView::new(self.buffer.clone(), DType::I32, layout)?)
        };
        let lengths = |at: usize, host: &[i32]| -> Result<Lengths> {
            let lengths = Lengths::new(view(at, &[host.len()])?);
            Ok(if self.padded { lengths } else { lengths.with_host(Arc::<[i32]>::from(host)) })
        };
        let [tokens, positions, slots, q_lens, kv_lens, logit_rows, tables] = self.places;
        Ok(Step {
            tokens: view(tokens, &[self.tokens.len()])?,
            positions: view(positions, &[self.tokens.len()])?,
            slots: view(slots, &[self.tokens.len()])?,
            q_lens: lengths(q_lens, &self.q_lens)?,
            kv_lens: lengths(kv_lens, &self.kv_lens)?,
            tables: view(tables, &[self.q_lens.len() - 1, self.table_pages])?,
            logit_rows: view(logit_rows, &[self.logit_rows.len()])?,
        })
    }

    /// Number of rows of logits that the step gives, and of those that its parts ask for: the first ones.
    pub fn logit_row_counts(&self) -> (usize, usize) {
        (self.logit_rows.len(), self.wanted_rows)
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
            batch.fill(&*device, [decode, chunk, all].into_iter(), None).unwrap();
            let step = batch.step().unwrap();
            let ints = |view: &TensorView| device.download::<i32>(&stream, view).unwrap();
            assert_eq!(ints(&step.tokens), [14, 21, 22, 30, 31]);
            assert_eq!(ints(&step.positions), [4, 1, 2, 0, 1]);
            assert_eq!(ints(&step.slots), [8, 21, 22, 0, 1]);
            assert_eq!(ints(&step.q_lens.cumulative), [0, 1, 3, 5]);
            assert_eq!(ints(&step.kv_lens.cumulative), [0, 5, 8, 10]);
            assert_eq!(step.q_lens.host.as_deref(), Some(&[0, 1, 3, 5][..]));
            assert_eq!(step.kv_lens.host.as_deref(), Some(&[0, 5, 8, 10][..]));
            assert_eq!(step.tables.shape().to_string(), Dims::from([3, 2]).to_string());
            assert_eq!(ints(&step.tables), [7, 2, 5, -1, 0, -1]);
            assert_eq!(ints(&step.logit_rows), [0, 3, 4]);
            assert_eq!(batch.logit_row_counts(), (3, 3));
        }
        // A smaller step after it leaves nothing of the larger one.
        batch.fill(&*device, [chunk].into_iter(), None).unwrap();
        let step = batch.step().unwrap();
        assert_eq!(device.download::<i32>(&stream, &step.tables).unwrap(), [5]);
        assert_eq!((step.logit_rows.numel(), step.token_count()), (0, 2));
    }

    #[test]
    fn a_padded_step_in_literal_numbers() {
        let device = ascend_compute::open("cpu").unwrap();
        let stream = device.create_stream().unwrap();
        let mut batch = Batch::new(&*device, 4, 16, 4, 4).unwrap();
        let long = Part { tokens: &[10, 11, 12, 13, 14, 15, 16, 17, 18], computed: 8, pages: &[7, 2, 3], logits: Wanted::Last };
        let short = Part { tokens: &[20, 21], computed: 1, pages: &[5], logits: Wanted::Last };
        let mut places = None;
        // Two sequences of 3 and 1 pages, or three of 3, 1 and 1: one shape, at one place.
        for parts in [&[long, short][..], &[long, short, short]] {
            let shape = DecodeShape::holding(3, 3);
            assert_eq!(shape, DecodeShape { sequences: 4, table_pages: 4 });
            batch.fill(&*device, parts.iter().copied(), Some(shape)).unwrap();
            let step = batch.step().unwrap();
            let spans = [&step.tokens, &step.q_lens.cumulative, &step.tables, &step.logit_rows].map(|view| view.byte_span());
            assert_eq!(*places.get_or_insert(spans.clone()), spans);
            assert!(step.q_lens.host.is_none() && step.kv_lens.host.is_none());
            let ints = |view: &TensorView| device.download::<i32>(&stream, view).unwrap();
            let cut = |rows: usize, of: [i32; 4]| [&of[..rows], &[0, 0][..4 - rows]].concat();
            assert_eq!(ints(&step.tokens), cut(parts.len(), [18, 21, 21, 0]));
            assert_eq!(ints(&step.positions), cut(parts.len(), [8, 1, 1, 0]));
            assert_eq!(ints(&step.q_lens.cumulative), [0, 1, 2, 3, 4]);
            assert_eq!(ints(&step.logit_rows), [0, 1, 2, 3]);
            assert_eq!(batch.logit_row_counts(), (4, parts.len()));
            let (slots, kv_lens, tables) = (ints(&step.slots), ints(&step.kv_lens.cumulative), ints(&step.tables));
            assert_eq!((slots[0], slots[1], slots[3]), (12, 21, -1));
            assert_eq!(
                (slots[2] == -1, kv_lens[3] == 11, tables[8] == -1),
                if parts.len() == 2 { (true, true, true) } else { (false, false, false) }
            );
            assert_eq!((&kv_lens[..3], kv_lens[4]), (&[0, 9, 11][..], kv_lens[3]));
            assert_eq!((&tables[..8], &tables[12..]), (&[7, 2, 3, -1, 5, -1, -1, -1][..], &[-1; 4][..]));
        }
    }

    #[test]
    fn steps_allocate_no_device_memory() {
        let device = ascend_compute::open("cpu").unwrap();
        let mut batch = Batch::new(&*device, 4, 8, 2, 2).unwrap();
        let before = device.memory().unwrap();
        for computed in [0, 2, 3] {
            let part = Part { tokens: &[1, 2, 3, 4], computed, pages: &[1], logits: Wanted::All };
            batch.fill(&*device, [part, part].into_iter(), None).unwrap();
            batch.step().unwrap();
        }
        assert_eq!(device.memory().unwrap(), before);
    }
}
