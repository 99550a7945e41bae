//! Rules that many operators have in common. A refusal names the argument, what was asked and what was found.

use ascend_sys::ffi::*;

use super::Tensor;
use crate::fault::{Fault, Outcome};

pub(super) const FLOATS: &[aclDataType] = &[ACL_FLOAT, ACL_FLOAT16, ACL_BF16];

/// The refusal of an argument that is no tensor.
pub(super) fn invalid(what: impl Into<String>) -> Fault {
    Fault::refused(ACLNN_ERR_PARAM_INVALID, what)
}

/// What A2 has no kernel for although the arguments agree with each other.
pub(super) fn unsupported(what: impl Into<String>) -> Fault {
    Fault::refused(ACLNN_ERR_INNER_TILING_ERROR, what)
}

/// A check that the operator leaves to the tiling of its kernel: the same refusal with the code of that step.
pub(super) fn tiling<T>(outcome: Outcome<T>) -> Outcome<T> {
    outcome.map_err(|fault| fault.with_code(ACLNN_ERR_INNER_TILING_ERROR))
}

fn name(dtype: aclDataType) -> &'static str {
    match dtype {
        ACL_FLOAT => "FLOAT",
        ACL_FLOAT16 => "FLOAT16",
        ACL_BF16 => "BF16",
        ACL_DOUBLE => "DOUBLE",
        ACL_INT4 => "INT4",
        ACL_INT8 => "INT8",
        ACL_UINT8 => "UINT8",
        ACL_INT16 => "INT16",
        ACL_UINT16 => "UINT16",
        ACL_INT32 => "INT32",
        ACL_UINT32 => "UINT32",
        ACL_INT64 => "INT64",
        ACL_UINT64 => "UINT64",
        ACL_BOOL => "BOOL",
        _ => "another type",
    }
}

impl Tensor {
    /// The storage type is one of these.
    pub(super) fn of_type(&self, allowed: &[aclDataType]) -> Outcome {
        if allowed.contains(&self.dtype()) {
            return Ok(());
        }
        let names: Vec<_> = allowed.iter().map(|dtype| name(*dtype)).collect();
        Err(self.invalid(format!("{} asked, {} found", names.join(" or "), name(self.dtype()))))
    }

    /// The storage type is that of the other.
    pub(super) fn of_type_of(&self, other: &Self) -> Outcome {
        if self.dtype() == other.dtype() {
            return Ok(());
        }
        Err(self.invalid(format!("{} as of {} asked, {} found", name(other.dtype()), other.name(), name(self.dtype()))))
    }

    pub(super) fn of_shape(&self, dims: &[usize]) -> Outcome {
        if self.dims() == dims { Ok(()) } else { Err(self.invalid(format!("shape {dims:?} asked, {:?} found", self.dims()))) }
    }

    pub(super) fn of_shape_of(&self, other: &Self) -> Outcome {
        self.of_shape(other.dims())
    }

    pub(super) fn of_rank(&self, ranks: std::ops::RangeInclusive<usize>) -> Outcome {
        if ranks.contains(&self.rank()) {
            return Ok(());
        }
        Err(self.invalid(format!("{} to {} dimensions asked, shape {:?} found", ranks.start(), ranks.end(), self.dims())))
    }

    pub(super) fn not_empty(&self) -> Outcome {
        if self.is_empty() {
            Err(self.invalid(format!("shape {:?} has no elements, which is not allowed here", self.dims())))
        } else {
            Ok(())
        }
    }

    /// Row-major without gaps: for tensors whose document wants them so.
    pub(super) fn contiguous(&self) -> Outcome {
        if self.is_contiguous() {
            Ok(())
        } else {
            Err(self.invalid(format!("row-major data without gaps asked, strides {:?} found", self.strides())))
        }
    }

    /// Strided data, not fractal.
    pub(super) fn nd(&self) -> Outcome {
        if self.is_fractal() { Err(self.invalid("format ND asked, FRACTAL_NZ found")) } else { Ok(()) }
    }

    /// A dimension as operators name it: from the front, or below 0 from the back.
    pub(super) fn axis(&self, dim: i64) -> Outcome<usize> {
        let rank = self.rank().max(1) as i64;
        if (-rank..rank).contains(&dim) {
            return Ok(dim.rem_euclid(rank) as usize);
        }
        Err(self.invalid(format!("dimension {dim} asked, shape {:?} found", self.dims())))
    }
}

/// The shape that both broadcast to: from the back, sizes are equal or one of them is 1.
pub(super) fn broadcast(a: &Tensor, b: &Tensor) -> Outcome<Vec<usize>> {
    broadcast_dims(a.dims(), b.dims())
        .ok_or_else(|| b.invalid(format!("shape {:?} does not broadcast with {:?} of {}", b.dims(), a.dims(), a.name())))
}

pub(super) fn broadcast_dims(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let at = |dims: &[usize], i: usize| (i + dims.len()).checked_sub(rank).map_or(1, |i| dims[i]);
    (0..rank)
        .map(|i| match (at(a, i), at(b, i)) {
            (a, b) if a == b => Some(a),
            (1, b) => Some(b),
            (a, 1) => Some(a),
            _ => None,
        })
        .collect()
}

/// Elements before, along and behind one step of dimension `axis`.
pub(super) fn around(dims: &[usize], axis: usize) -> (usize, usize, usize) {
    let before = dims.iter().take(axis).product();
    let behind = dims.iter().skip(axis + 1).product();
    (before, dims.get(axis).copied().unwrap_or(1), behind)
}

/// The places of the elements of each line along dimension `axis`, line by line in row-major order of the other dimensions.
pub(super) fn lines(dims: &[usize], axis: usize) -> impl Iterator<Item = impl Iterator<Item = usize> + Clone> {
    let (before, along, behind) = around(dims, axis);
    (0..before).flat_map(move |b| (0..behind).map(move |i| (0..along).map(move |a| (b * along + a) * behind + i)))
}

/// For every element of `to`, row-major, the place of the element of `from` that it is made of.
pub(super) fn spread(from: &[usize], to: &[usize]) -> Vec<usize> {
    let total: usize = to.iter().product();
    let extra = to.len() - from.len();
    let mut places = Vec::with_capacity(total);
    for i in 0..total {
        let (mut rest, mut place, mut step) = (i, 0, 1);
        for d in (0..to.len()).rev() {
            let at = rest % to[d];
            rest /= to[d];
            if d >= extra && from[d - extra] != 1 {
                place += at * step;
            }
            if d >= extra {
                step *= from[d - extra];
            }
        }
        places.push(place);
    }
    places
}
