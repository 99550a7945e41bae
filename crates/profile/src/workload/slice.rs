//! What one rank holds, and how it is stored.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::Model;
use crate::{Error, Result};

/// Storage of weights and arithmetic of products.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Weights and activations in bf16.
    Bf16,
    /// Weights and activations in i8, products in i32.
    W8a8,
    /// Weights in 4 bits, activations and products in bf16.
    W4a16,
}

impl Precision {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bf16, Self::W8a8, Self::W4a16];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bf16 => "bf16",
            Self::W8a8 => "w8a8",
            Self::W4a16 => "w4a16",
        }
    }

    /// The precision of this name.
    ///
    /// # Errors
    /// There is none.
    pub fn parse(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|p| p.name() == name);
        found.ok_or_else(|| Error::option("dtype", name, "bf16, w8a8 or w4a16"))
    }

    /// Bytes of a weight, scales not counted.
    pub const fn weight_bytes(self) -> f64 {
        match self {
            Self::Bf16 => 2.0,
            Self::W8a8 => 1.0,
            Self::W4a16 => 0.5,
        }
    }

    /// Products are of integers.
    pub const fn is_integer(self) -> bool {
        matches!(self, Self::W8a8)
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The part of a model's experts that one rank computes: a block of places, each for an expert or a redundant copy of one, and of each a part of `I`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Slice {
    /// Expert-parallel ranks.
    pub ep: usize,
    /// Which of them this is.
    pub rank: usize,
    /// Tensor-parallel ranks.
    pub tp: usize,
    /// Further copies of experts, over all ranks; without them, each expert has the place of its number.
    pub redundant: usize,
}

impl Default for Slice {
    fn default() -> Self {
        Self { ep: 1, rank: 0, tp: 1, redundant: 0 }
    }
}

impl Slice {
    /// Checks the slice against a model.
    ///
    /// # Errors
    /// A rank that does not exist; experts or `I` that do not divide.
    pub fn check(&self, model: &Model) -> Result<()> {
        if self.ep == 0 || !self.places(model).is_multiple_of(self.ep) {
            let copies = if self.redundant > 0 { format!(" and {} copies", self.redundant) } else { String::new() };
            return Err(Error::option("ep", self.ep, format!("a divisor of the {} experts{copies} of {}", model.experts, model.name)));
        }
        if self.redundant > 0 && self.ep == 1 {
            return Err(Error::option("redundant", self.redundant, "more ranks than one (--ep): a rank has no use for two copies"));
        }
        if self.rank >= self.ep {
            return Err(Error::option("rank", self.rank, format!("one of 0..{}", self.ep)));
        }
        if self.tp == 0 || !model.moe_inner.is_multiple_of(self.tp) {
            return Err(Error::option("tp", self.tp, format!("a divisor of the expert intermediate size {}", model.moe_inner)));
        }
        Ok(())
    }

    /// Places for experts and copies, on all ranks.
    pub fn places(&self, model: &Model) -> usize {
        model.experts + self.redundant
    }

    /// The places of the rank. The slice must have been checked.
    pub fn local(&self, model: &Model) -> Range<usize> {
        let each = self.places(model) / self.ep.max(1);
        self.rank * each..(self.rank + 1) * each
    }

    /// The part of `I` that the rank has.
    pub fn inner(&self, model: &Model) -> usize {
        model.moe_inner / self.tp.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_of_all_ranks_make_the_model() {
        let model = Model::find("deepseek-r1").unwrap();
        let ranks = (0..32).map(|rank| Slice { ep: 32, rank, tp: 2, redundant: 0 });
        let all: Vec<usize> = ranks.flat_map(|s| s.local(&model)).collect();
        assert_eq!(all, (0..256).collect::<Vec<_>>());
        assert_eq!(Slice { ep: 32, rank: 3, tp: 2, redundant: 0 }.inner(&model), 1024);
    }

    #[test]
    fn check_refuses_what_does_not_divide() {
        let model = Model::find("deepseek-r1").unwrap();
        let refused = |ep, rank, tp| Slice { ep, rank, tp, redundant: 0 }.check(&model).unwrap_err().to_string();
        assert!(refused(3, 0, 1).starts_with("ep"));
        assert!(refused(0, 0, 1).starts_with("ep"));
        assert!(refused(32, 32, 1).starts_with("rank"));
        assert!(refused(1, 0, 7).starts_with("tp"));
        assert!(Slice::default().check(&model).is_ok());
        let copies = |ep, redundant| Slice { ep, redundant, ..Slice::default() }.check(&model);
        assert!(copies(32, 32).is_ok() && copies(3, 2).is_ok());
        assert!(copies(32, 1).unwrap_err().to_string().contains("256 experts and 1 copies"));
        assert!(copies(1, 1).unwrap_err().to_string().starts_with("redundant"));
    }
}
