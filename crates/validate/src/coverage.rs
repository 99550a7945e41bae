//! What the cases cover.

use ascend_hal::OpKind;
use ascend_hal::ops::Coverage;

use crate::Case;

/// Every entry of every op's coverage list, in the order of the ops, with the number of `cases` that stand for it.
pub fn coverage(cases: &[Case]) -> Vec<(Coverage, usize)> {
    let mut counts = std::collections::HashMap::new();
    for covered in cases.iter().flat_map(|c| &c.covers) {
        *counts.entry(*covered).or_insert(0) += 1;
    }
    OpKind::ALL.iter().flat_map(|op| op.coverage()).map(|entry| (entry, counts.get(&entry).copied().unwrap_or(0))).collect()
}
