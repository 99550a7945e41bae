//! Sequences of a batch, and pages for their keys.

#![allow(unreachable_pub, reason = "tests")]

use ascend_hal::ops::Lengths;
use ascend_hal::{TensorView, host};
use ascend_validate::{Gen, Result};

/// The running sum of lengths, on the device only.
pub fn lengths(lens: impl Iterator<Item = usize>) -> Result<Lengths> {
    let mut sums = vec![0i32];
    for len in lens {
        sums.push(sums.last().map_or(0, |sum| sum + len as i32));
    }
    Ok(Lengths::new(host::tensor(&sums, [sums.len()])?))
}

/// A page table for sequences of so many keys, and the number of pages: in random order, with two that nobody has, and a column that no sequence needs.
pub fn pages(g: &mut Gen, keys: &[usize], page: usize) -> Result<(TensorView, usize)> {
    let needed = |keys: &usize| keys.div_ceil(page);
    let pages = keys.iter().map(needed).sum::<usize>() + 2;
    let columns = keys.iter().map(needed).max().unwrap_or(0) + 1;
    let mut free = g.permutation(pages).into_iter();
    let mut table = vec![-1i32; keys.len() * columns];
    for (row, keys) in table.chunks_mut(columns).zip(keys) {
        for (entry, id) in row.iter_mut().take(needed(keys)).zip(&mut free) {
            *entry = id as i32;
        }
    }
    Ok((host::tensor(&table, [keys.len(), columns])?, pages))
}
