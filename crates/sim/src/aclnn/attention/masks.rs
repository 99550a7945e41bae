//! Which keys a query sees: the modes of `sparseMode`, and masks, in which true hides.

use ascend_sys::ffi::*;

use super::Sequence;
use crate::aclnn::check::{invalid, tiling, unsupported};
use crate::aclnn::run::failed;
use crate::aclnn::{Run, Tensor};
use crate::fault::{Fault, Outcome};
use crate::mutant::{self, Mutant};

/// Rows and columns of the triangle that stands for a mask of any size.
const TRIANGLE: usize = 2048;

/// The mask of an operator, checked.
#[derive(Clone)]
pub(super) struct Mask {
    mode: Mode,
    /// The mask that is given, with the size of its batches (0 where all share one), of its heads and of its rows.
    given: Option<(Tensor, usize, usize, usize)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    /// The given mask, and keys from `before` in front of the query's own position to `after` behind it, from the top left.
    Given { before: i64, after: i64 },
    /// Keys up to the query's own position, from the top left.
    Causal,
    /// Keys from `before` in front to `after` behind, where the last query is at the last key.
    Band { before: i64, after: i64 },
}

impl Mode {
    fn of(mode: i64, masked: bool, before: i64, after: i64) -> Outcome<Self> {
        Ok(match mode {
            0 if masked => Self::Given { before, after },
            0 | 1 => Self::Given { before: i64::MAX, after: i64::MAX },
            2 => Self::Causal,
            3 => Self::Band { before: i64::MAX, after: 0 },
            4 if mutant::is(Mutant::WiderWindow) => Self::Band { before: before.saturating_add(1), after },
            4 if mutant::is(Mutant::NarrowerWindow) => Self::Band { before: before.saturating_sub(1), after },
            4 => Self::Band { before, after },
            9 => return Err(unsupported("sparseMode 9 (a tree) is not simulated")),
            _ => return Err(unsupported(format!("sparseMode: 0 to 4 asked, {mode} found"))),
        })
    }
}

/// What a mask is for.
pub(super) struct Extent {
    pub(super) batch: usize,
    pub(super) heads: usize,
    pub(super) queries: usize,
    pub(super) keys: usize,
}

impl Mask {
    /// # Errors
    /// * A mode without its mask, with one of another shape, or that has no kernel.
    pub(super) fn new(wanted: i64, mask: Option<Tensor>, before: i64, after: i64, extent: &Extent) -> Outcome<Self> {
        if let Some(mask) = &mask {
            mask.of_type(&[ACL_BOOL, ACL_INT8, ACL_UINT8])?;
            mask.nd()?;
        }
        let mode = Mode::of(wanted, mask.is_some(), before, after)?;
        if !matches!(mode, Mode::Given { .. }) {
            let Some(mask) = mask else {
                return tiling(Err(invalid("attenMask is null, and sparseMode asks for a triangle of [2048, 2048]")));
            };
            let ones = mask.rank().saturating_sub(2);
            if mask.rank() < 2 || mask.dims()[..ones].iter().any(|dim| *dim != 1) || mask.dims()[ones..] != [TRIANGLE, TRIANGLE] {
                return tiling(Err(mask.invalid(format!("a triangle of [2048, 2048] asked, shape {:?} found", mask.dims()))));
            }
            return Ok(Self { mode, given: Some((mask, 0, 0, TRIANGLE)) });
        }
        let Some(mask) = mask else {
            return if wanted == 1 {
                tiling(Err(invalid("attenMask is null, and sparseMode 1 asks for it")))
            } else {
                Ok(Self { mode, given: None })
            };
        };
        let (rows, columns) = (mask.dim_back(1), mask.dim_back(0));
        let leading = |d: usize, of: usize| mask.dim(d) == 1 || mask.dim(d) == of;
        // For one query [B, S]; else [S, S], [B or 1, S, S] or [B or 1, N or 1, S, S].
        let fits = match mask.rank() {
            2 if extent.queries == 1 && extent.batch > 1 => rows == extent.batch && columns >= extent.keys,
            2 => rows >= extent.queries && columns >= extent.keys,
            3 => leading(0, extent.batch) && rows >= extent.queries && columns >= extent.keys,
            4 => leading(0, extent.batch) && leading(1, extent.heads) && rows >= extent.queries && columns >= extent.keys,
            _ => false,
        };
        if !fits {
            let what = format!(
                "a mask for {} batches of {} queries and {} keys asked, shape {:?} found",
                extent.batch,
                extent.queries,
                extent.keys,
                mask.dims()
            );
            return tiling(Err(mask.invalid(what)));
        }
        let whole = rows * columns;
        let (per_batch, per_head) = match mask.rank() {
            2 if extent.queries == 1 && extent.batch > 1 => (columns, 0),
            3 if mask.dim(0) > 1 => (whole, 0),
            4 => {
                let heads = if mask.dim(1) > 1 { whole } else { 0 };
                (if mask.dim(0) > 1 { whole * mask.dim(1) } else { 0 }, heads)
            }
            _ => (0, 0),
        };
        Ok(Self { mode, given: Some((mask, per_batch, per_head, columns)) })
    }

    /// The mask of the kernel for one query, which takes no notice of a mode of 2 to 4 and of its triangle. A mode that would hide a key is refused.
    pub(super) fn of_single_query(mode: i64, before: i64, after: i64, sequences: &[Sequence]) -> Outcome<Self> {
        let mask = Self { mode: Mode::of(mode, false, before, after)?, given: None };
        let hides = |sequence: &Sequence| {
            let keys = sequence.keys.1 as i64;
            match mask.mode {
                Mode::Given { .. } => false,
                Mode::Causal => keys > 1,
                Mode::Band { before, after } => before < keys - 1 || after < 0,
            }
        };
        if sequences.iter().any(hides) {
            return Err(unsupported(
                "sparseMode, preTokens and nextTokens have no effect on one query in the layouts BSH, BSND and BNSD; they would hide keys",
            ));
        }
        Ok(mask)
    }

    /// Whether the operator knows by itself that there may be queries which see nothing.
    pub(super) fn corrects(&self) -> bool {
        !matches!(self.mode, Mode::Given { .. })
    }

    /// Reads the mask: which keys are hidden, by batch, head, query and key.
    pub(super) fn read(&self, run: &Run<'_>, sequences: &[Sequence]) -> Outcome<impl Fn(usize, usize, usize, usize) -> bool> {
        let given = match &self.given {
            Some((mask, per_batch, per_head, columns)) => {
                let bytes = run.raw(mask)?;
                if self.corrects() {
                    check_triangle(mask, &bytes)?;
                    None
                } else {
                    Some((bytes, *per_batch, *per_head, *columns))
                }
            }
            None => None,
        };
        let (mode, shifts) = (self.mode, sequences.iter().map(|s| s.keys.1 as i128 - s.queries.1 as i128).collect::<Vec<_>>());
        Ok(move |b: usize, n: usize, i: usize, j: usize| {
            let inside = |from: i128, before: i64, after: i64| {
                let distance = j as i128 - from;
                -i128::from(before) <= distance && distance <= i128::from(after)
            };
            match mode {
                Mode::Causal => j > i,
                Mode::Band { before, after } => !inside(i as i128 + shifts[b], before, after),
                Mode::Given { before, after } => {
                    let masked = |(bytes, per_batch, per_head, columns): &(Vec<u8>, usize, usize, usize)| {
                        (bytes[b * per_batch + n * per_head + i * columns + j] != 0) != mutant::is(Mutant::MaskPolarity)
                    };
                    !inside(i as i128, before, after) || given.as_ref().is_some_and(masked)
                }
            }
        })
    }
}

/// The kernel takes pieces of the triangle wherever it needs one, so it must be one.
fn check_triangle(mask: &Tensor, bytes: &[u8]) -> Outcome {
    let wrong = |(i, row): (usize, &[u8])| row[..=i].iter().any(|v| *v != 0) || row[i + 1..].contains(&0);
    match bytes.chunks(TRIANGLE).enumerate().find(|(i, row)| wrong((*i, row))) {
        Some((i, _)) => Err(failed(format!("{}: true above the diagonal only asked, row {i} is not so", mask.name()))),
        None => Ok(()),
    }
}

/// The lengths of `batch` sequences in a list: one for all, or one for each.
pub(super) fn lengths(name: &str, list: &[i64], batch: usize, most: usize) -> Outcome<Vec<usize>> {
    let found = match list.len() {
        1 => vec![list[0]; batch],
        count if count >= batch => list[..batch].to_vec(),
        count => return Err(wrong(format!("{name}: 1 or {batch} lengths asked, {count} found"))),
    };
    let length =
        |v: i64| usize::try_from(v).ok().filter(|v| *v <= most).ok_or_else(|| wrong(format!("{name}: 0 to {most} asked, {v} found")));
    found.into_iter().map(length).collect()
}

/// Starts and lengths of sequences whose ends are in a list.
pub(super) fn ends(name: &str, list: &[i64], total: usize) -> Outcome<Vec<(usize, usize)>> {
    let mut start = 0;
    let mut found = Vec::with_capacity(list.len());
    for end in list {
        let Some(end) = usize::try_from(*end).ok().filter(|end| (start..=total).contains(end)) else {
            return Err(wrong(format!("{name}: sums of lengths up to {total} asked, {list:?} found")));
        };
        found.push((start, end - start));
        start = end;
    }
    Ok(found)
}

fn wrong(what: String) -> Fault {
    invalid(what).with_code(ACLNN_ERR_INNER_TILING_ERROR)
}
