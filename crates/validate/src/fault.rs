//! What is wrong with an output.

use std::fmt;

use ascend_hal::OpCall;

use crate::whereabouts::{index, place_at};

/// The first thing that is wrong with an argument of a call after it has run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    /// The argument's name in the contract.
    pub(crate) argument: String,
    /// Where in it; empty when it is no one element.
    pub(crate) at: Vec<usize>,
    /// `at` in the op's own terms, or the name alone.
    pub(crate) place: String,
    /// What is wrong.
    pub(crate) what: String,
    /// The element's error and the error that is allowed there, when it is one beyond the other.
    pub(crate) excess: Option<(f64, f64)>,
}

impl Fault {
    /// Something about an argument as a whole.
    pub(crate) fn whole(argument: &str, what: impl fmt::Display) -> Self {
        Self { argument: argument.into(), at: Vec::new(), place: argument.into(), what: what.to_string(), excess: None }
    }

    /// Something about element `flat` of an argument of this shape.
    pub(crate) fn element(call: &OpCall, argument: &str, shape: &[usize], flat: usize, what: impl fmt::Display) -> Self {
        let at = index(shape, flat);
        Self { place: place_at(call, argument, &at), at, ..Self::whole(argument, what) }
    }

    /// With an error beyond its bound.
    pub(crate) fn beyond(mut self, error: f64, bound: f64) -> Self {
        self.excess = Some((error, bound));
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}
