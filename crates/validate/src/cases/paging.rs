//! Sequences of a batch in pages: shared by the cases of attention, MLA and the cache.

use ascend_hal::ops::Lengths;
use ascend_hal::{DType, TensorView, host};

use crate::generate::tensor;
use crate::{Gen, Result};

/// Lengths as a running sum, on the host too.
pub(super) fn lengths(lens: impl IntoIterator<Item = usize>) -> Result<Lengths> {
    let mut sum = vec![0i32];
    for len in lens {
        sum.push(sum.last().copied().unwrap_or(0).saturating_add(i32::try_from(len).unwrap_or(i32::MAX)));
    }
    Ok(lengths_of(&sum)?.with_host(sum))
}

/// Lengths with these values, right or wrong, on the device only.
pub(super) fn lengths_of(values: &[i32]) -> Result<Lengths> {
    Ok(Lengths::new(host::tensor(values, [values.len()])?))
}

/// Which pages the sequences have: a random choice in random order, with pages that nobody has.
#[derive(Clone, Debug)]
pub(super) struct Paging {
    lens: Vec<usize>,
    page: usize,
    pages: usize,
    table: Vec<i32>,
    columns: usize,
}

impl Paging {
    pub(super) fn new(g: &mut Gen, lens: &[usize], page: usize) -> Self {
        let needed = |len: &usize| len.div_ceil(page);
        let pages = lens.iter().map(needed).sum::<usize>() + 2;
        // One column more than needed, so that every row ends with -1.
        let columns = lens.iter().map(needed).max().unwrap_or(0) + 1;
        let mut free = g.permutation(pages).into_iter();
        let mut table = vec![-1i32; lens.len() * columns];
        for (b, len) in lens.iter().enumerate() {
            for (entry, id) in table[b * columns..][..needed(len)].iter_mut().zip(&mut free) {
                *entry = id as i32;
            }
        }
        Self { lens: lens.to_vec(), page, pages, table, columns }
    }

    /// `[B, max_pages]` i32.
    pub(super) fn table(&self) -> Result<TensorView> {
        self.table_with(|entry| entry)
    }

    /// The same with each entry that is no page replaced.
    pub(super) fn table_with(&self, unused: impl Fn(i32) -> i32) -> Result<TensorView> {
        let table: Vec<i32> = self.table.iter().map(|&id| if id < 0 { unused(id) } else { id }).collect();
        Ok(host::tensor(&table, [self.lens.len(), self.columns])?)
    }

    /// The table with the last page of the longest sequence replaced.
    pub(super) fn table_with_last(&self, id: i32) -> Result<TensorView> {
        let mut table = self.table.clone();
        if let Some(at) = table.iter().rposition(|&id| id >= 0) {
            table[at] = id;
        }
        Ok(host::tensor(&table, [self.lens.len(), self.columns])?)
    }

    /// `[pages, P, ..]` with the sequences' rows in their places and `junk` everywhere else. `rows` holds the sequences one after the other.
    pub(super) fn cache(&self, dtype: DType, rows: &[f64], row: &[usize], junk: f64) -> Result<TensorView> {
        let width: usize = row.iter().product();
        let mut cache = vec![junk; self.pages * self.page * width];
        let mut from = rows.chunks_exact(width);
        for (b, &len) in self.lens.iter().enumerate() {
            for j in 0..len {
                let slot = self.table[b * self.columns + j / self.page] as usize * self.page + j % self.page;
                if let Some(row) = from.next() {
                    cache[slot * width..][..width].copy_from_slice(row);
                }
            }
        }
        let shape: Vec<usize> = [self.pages, self.page].iter().chain(row).copied().collect();
        tensor(dtype, ascend_hal::Dims::new(&shape)?, &cache)
    }
}
