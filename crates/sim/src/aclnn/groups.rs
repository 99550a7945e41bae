//! Which rows belong to which expert: the group lists of grouped products.

use std::ops::Range;
use std::sync::Arc;

use ascend_sys::ffi::ACL_INT64;

use super::check::invalid;
use super::run::failed;
use super::{Run, Tensor};
use crate::fault::Outcome;
use crate::mutant::{self, Mutant};

/// Where a group list is. Those on the device are only known when the operator runs.
#[derive(Clone)]
pub(super) enum GroupList {
    Host(Arc<[i64]>),
    Device(Tensor),
}

impl From<Arc<[i64]>> for GroupList {
    fn from(values: Arc<[i64]>) -> Self {
        Self::Host(values)
    }
}

impl From<Tensor> for GroupList {
    fn from(tensor: Tensor) -> Self {
        Self::Device(tensor)
    }
}

/// What the numbers of a group list say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ListKind {
    /// Where each group ends.
    Cumulative,
    /// How long each group is.
    Counts,
    /// Pairs of a group and its length, in the order of the rows.
    Sparse,
}

impl ListKind {
    pub(super) fn of(kind: i64) -> Outcome<Self> {
        let exchanged = mutant::is(Mutant::GroupListKind);
        match kind {
            0 | 1 if (kind == 0) != exchanged => Ok(Self::Cumulative),
            0 | 1 => Ok(Self::Counts),
            2 => Ok(Self::Sparse),
            other => Err(invalid(format!("groupListType: 0, 1 or 2 asked, {other} found"))),
        }
    }

    /// 0 or 1, as operators take it that know no pairs.
    pub(super) fn dense(kind: i64) -> Outcome<Self> {
        match Self::of(kind)? {
            Self::Sparse => Err(invalid("groupListType: 0 or 1 asked, 2 found")),
            kind => Ok(kind),
        }
    }
}

/// Rows of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) expert: usize,
    pub(super) rows: Range<usize>,
}

impl GroupList {
    /// Its form, as far as it is known before the operator runs.
    pub(super) fn check(&self, kind: ListKind, experts: usize) -> Outcome {
        match self {
            Self::Host(values) if values.len() != experts => {
                Err(invalid(format!("groupListOptional: {experts} numbers asked, {} found", values.len())))
            }
            Self::Host(_) => Ok(()),
            Self::Device(tensor) => {
                tensor.of_type(&[ACL_INT64])?;
                if kind == ListKind::Sparse { tensor.of_shape(&[experts, 2]) } else { tensor.of_shape(&[experts]) }
            }
        }
    }

    /// The groups that have rows. Together they are the first rows of all, without gaps.
    ///
    /// No kernel looks at the numbers: lists that decrease or name more than `rows` rows, or other than `experts` experts, are undefined there and end
    /// the operator here.
    pub(super) fn groups(&self, run: &Run<'_>, kind: ListKind, experts: usize, rows: usize) -> Outcome<Vec<Group>> {
        let values: Arc<[i64]> = match self {
            Self::Host(values) => values.clone(),
            Self::Device(tensor) => run.ints(tensor)?.into(),
        };
        let mut start = 0i64;
        let mut groups = Vec::new();
        let mut add = |expert: i64, count: i64| {
            if !(0..experts as i64).contains(&expert) || count < 0 || start.checked_add(count).is_none_or(|end| end > rows as i64) {
                return Err(failed(format!(
                    "the group list ({kind:?}) {values:?} gives {count} rows from row {start} to expert {expert}; there are {rows} rows and {experts} experts"
                )));
            }
            if count > 0 {
                groups.push(Group { expert: expert as usize, rows: start as usize..(start + count) as usize });
            }
            start += count;
            Ok(())
        };
        match kind {
            ListKind::Cumulative => {
                let mut before = 0;
                for (expert, end) in values.iter().enumerate() {
                    add(expert as i64, end.wrapping_sub(before))?;
                    before = *end;
                }
            }
            ListKind::Counts => {
                for (expert, count) in values.iter().enumerate() {
                    add(expert as i64, *count)?;
                }
            }
            ListKind::Sparse => {
                for pair in values.chunks(2) {
                    // Pairs of no rows fill the end; what they name does not matter.
                    if pair[1] != 0 {
                        add(pair[0], pair[1])?;
                    }
                }
            }
        }
        Ok(groups)
    }
}

/// How many rows the groups have together.
pub(super) fn used(groups: &[Group]) -> usize {
    groups.last().map_or(0, |group| group.rows.end)
}
