//! What contracts say when they refuse.

use std::fmt::Display;

use smallvec::SmallVec;

use super::{Arg, Op, OpKind, Role};
use crate::{DType, Error, Format, Result, TensorView};

/// Refusals of one op, phrased alike.
#[derive(Clone, Copy)]
pub(crate) struct Check(pub(crate) OpKind);

impl Check {
    /// `view` must have exactly these sizes, given with their shape letters.
    pub(crate) fn shape<const N: usize>(self, argument: &'static str, view: &TensorView, sizes: [(&str, usize); N]) -> Result<()> {
        if view.rank() == N && view.shape().iter().zip(&sizes).all(|(d, (_, s))| d == s) {
            return Ok(());
        }
        let letters: Vec<String> = sizes.iter().map(|(letter, size)| format!("{letter}={size}")).collect();
        Err(Error::Shape { op: self.0, argument, asked: format!("[{}]", letters.join(", ")), found: view.shape().to_string() })
    }

    /// `view` must have `N` dimensions; returns their sizes. `letters` names them in the error.
    pub(crate) fn rank<const N: usize>(self, argument: &'static str, view: &TensorView, letters: &str) -> Result<[usize; N]> {
        <[usize; N]>::try_from(&view.shape()[..]).map_err(|_| Error::Shape {
            op: self.0,
            argument,
            asked: letters.into(),
            found: view.shape().to_string(),
        })
    }

    /// `view` must have one of these storage types.
    pub(crate) fn dtype(self, argument: &'static str, view: &TensorView, allowed: &[DType]) -> Result<()> {
        if allowed.contains(&view.dtype()) {
            return Ok(());
        }
        let names: Vec<&str> = allowed.iter().map(|d| d.name()).collect();
        Err(Error::DType { op: self.0, argument, asked: names.join(" or "), found: view.dtype() })
    }

    /// A condition on a parameter.
    pub(crate) fn that(self, holds: bool, argument: &'static str, asked: impl Display, found: impl Display) -> Result<()> {
        if holds { Ok(()) } else { Err(Error::Argument { op: self.0, argument, asked: asked.to_string(), found: found.to_string() }) }
    }

    /// A product of sizes that must fit into `usize`.
    pub(crate) fn product(self, what: &str, factors: &[usize]) -> Result<usize> {
        factors.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).ok_or_else(|| Error::overflow(format!("{what} of {}", self.0)))
    }
}

/// Only weights may be in the form that a device has packed them into.
pub(super) fn formats<O: Op>(op: &O) -> Result<()> {
    let mut refused = Ok(());
    op.visit(&mut |arg| {
        if refused.is_ok() && arg.view.layout().format() == Format::Packed && !O::WEIGHTS.contains(&arg.name) {
            let asked = "ND; only weights of matrix products may be packed".into();
            refused = Err(Error::Argument { op: O::KIND, argument: arg.name, asked, found: Format::Packed.to_string() });
        }
    });
    refused
}

/// Outputs may not repeat elements, and may share memory with another argument only where the contract lists the pair as in place and both are the very same view.
pub(super) fn overlaps<O: Op>(op: &O) -> Result<()> {
    let mut args = SmallVec::<[Arg<'_>; 16]>::new();
    op.visit(&mut |arg| args.push(arg));
    for (i, out) in args.iter().enumerate().filter(|(_, a)| a.role != Role::In) {
        if out.view.layout().repeats_elements() {
            return Err(Error::Overlap { op: O::KIND, output: out.name, other: out.name });
        }
        for other in args.iter().enumerate().filter(|&(j, a)| j != i && (a.role == Role::In || j > i)).map(|(_, a)| a) {
            let in_place = other.role == Role::In && O::IN_PLACE.contains(&(other.name, out.name)) && other.view.same_elements(out.view);
            if !in_place && other.view.may_overlap(out.view) {
                return Err(Error::Overlap { op: O::KIND, output: out.name, other: other.name });
            }
        }
    }
    Ok(())
}
