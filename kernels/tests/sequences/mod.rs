//! Sequences of a batch, and pages for their keys.

#![allow(dead_code, reason = "each test uses a part")]
#![allow(unreachable_pub, reason = "tests")]

use ascend_hal::ops::Lengths;
use ascend_hal::{DType, TensorView, host};
use ascend_validate::{Gen, Result};

/// The running sum of lengths, on the device only.
pub fn lengths(lens: impl Iterator<Item = usize>) -> Result<Lengths> {
    let mut sums = vec![0i32];
    for len in lens {
        sums.push(sums.last().map_or(0, |sum| sum + len as i32));
    }
    Ok(Lengths::new(host::tensor(&sums, [sums.len()])?))
}

/// Numbers that are not normal: the second element of a key's row.
pub type Odd = &'static [(usize, f64)];

/// Rows of `width` normal numbers, or of NaN where there is no key.
fn rows(g: &mut Gen, dtype: DType, shape: [usize; 3], width: usize, key: impl Fn(usize) -> Option<usize>, odd: Odd) -> Result<TensorView> {
    g.tensor(dtype, shape, |g, i| match key(i / width) {
        None => f64::NAN,
        Some(key) => odd.iter().find(|(at, _)| *at == key && i % width == 1).map_or_else(|| g.normal(1.0), |(_, value)| *value),
    })
}

/// Keys or values of all sequences, one behind the other: `[keys, heads, width]`.
pub fn packed(g: &mut Gen, dtype: DType, [keys, heads, width]: [usize; 3], odd: Odd) -> Result<TensorView> {
    rows(g, dtype, [keys, heads, width], heads * width, Some, odd)
}

/// Pages for the keys of sequences, in random order, with two that nobody has; the table has a column that no sequence needs.
pub struct Pages {
    /// `[B, pages of the longest + 1]`, -1 where a sequence needs none.
    pub table: TensorView,
    page: usize,
    /// The key in each slot, counted through all sequences.
    keys: Vec<Option<usize>>,
}

impl Pages {
    /// For sequences of so many keys.
    pub fn new(g: &mut Gen, lens: &[usize], page: usize) -> Result<Self> {
        let needed = |len: &usize| len.div_ceil(page);
        let pages = lens.iter().map(needed).sum::<usize>() + 2;
        let columns = lens.iter().map(needed).max().unwrap_or(0) + 1;
        let mut free = g.permutation(pages).into_iter();
        let mut table = vec![-1i32; lens.len() * columns];
        let mut keys = vec![None; pages * page];
        let mut first = 0;
        for (row, len) in table.chunks_mut(columns).zip(lens) {
            for ((at, entry), id) in row.iter_mut().take(needed(len)).enumerate().zip(&mut free) {
                *entry = id as i32;
                for slot in 0..page.min(len - at * page) {
                    keys[id * page + slot] = Some(first + at * page + slot);
                }
            }
            first += len;
        }
        Ok(Self { table: host::tensor(&table, [lens.len(), columns])?, page, keys })
    }

    /// A cache `[pages, P, width]`: NaN in every slot that no sequence has.
    pub fn cache(&self, g: &mut Gen, dtype: DType, width: usize, odd: Odd) -> Result<TensorView> {
        rows(g, dtype, [self.keys.len() / self.page, self.page, width], width, |slot| self.keys[slot], odd)
    }

    /// The same with heads: `[pages, P, heads, width]`.
    pub fn heads(&self, g: &mut Gen, dtype: DType, [heads, width]: [usize; 2], odd: Odd) -> Result<TensorView> {
        Ok(self.cache(g, dtype, heads * width, odd)?.reshape([self.keys.len() / self.page, self.page, heads, width])?)
    }
}
