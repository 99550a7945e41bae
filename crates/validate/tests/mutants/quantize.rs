//! Mutants.

use crate::Mutant;

pub fn mutants() -> Vec<Mutant> {
    Vec::new()
}
