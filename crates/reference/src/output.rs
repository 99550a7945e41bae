//! What the oracle says about one output tensor.

use ascend_hal::{DType, TensorView};

/// Expected elements in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Real values: the output's own type is a float, or the values are quantised codes before rounding ([`Aside::Unrounded`]).
    Float(Vec<f64>),
    /// Exact integers.
    Int(Vec<i64>),
}

/// What else is known about an output.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Aside {
    /// Nothing.
    #[default]
    None,
    /// The values are codes before they are rounded to integers, so that a value near a half is seen to allow two codes.
    Unrounded,
    /// The values are indices chosen by score: `scores[row * candidates + index]`, rows being those of the output without its last dimension. Where two candidates'
    /// scores are within rounding of each other, either may be chosen.
    Scores {
        /// Score of every candidate.
        scores: Vec<f64>,
        /// Candidates per row.
        candidates: usize,
    },
}

/// What the oracle says about one output tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its name in the contract.
    pub name: &'static str,
    /// Its storage type.
    pub dtype: DType,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Expected elements.
    pub values: Values,
    /// Which elements the op writes; the others must keep their old contents. Empty: all of them.
    pub written: Vec<bool>,
    /// What else is known.
    pub aside: Aside,
}

impl Output {
    /// A fully written float output.
    pub fn float(name: &'static str, view: &TensorView, values: Vec<f64>) -> Self {
        Self::new(name, view, Values::Float(values))
    }

    /// A fully written integer output.
    pub fn int(name: &'static str, view: &TensorView, values: Vec<i64>) -> Self {
        Self::new(name, view, Values::Int(values))
    }

    fn new(name: &'static str, view: &TensorView, values: Values) -> Self {
        Self { name, dtype: view.dtype(), shape: view.shape().to_vec(), values, written: Vec::new(), aside: Aside::None }
    }

    /// With only some elements written.
    pub fn written(mut self, written: Vec<bool>) -> Self {
        self.written = written;
        self
    }

    /// With something else known.
    pub fn aside(mut self, aside: Aside) -> Self {
        self.aside = aside;
        self
    }
}
