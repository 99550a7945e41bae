//! Faults of the simulation itself, put in on purpose: tests of operators are worth something if they notice them.

use std::sync::atomic::{AtomicU8, Ordering};

/// A misunderstanding of the documents, as one could have it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Mutant {
    /// A window of attention that holds one key more.
    WiderWindow = 1,
    /// A window of attention that holds one key less.
    NarrowerWindow,
    /// A mask that hides what is false.
    MaskPolarity,
    /// Group lists of type 0 are counts, of type 1 sums.
    GroupListKind,
}

static ACTIVE: AtomicU8 = AtomicU8::new(0);

/// Makes the simulation wrong in one way, or right again. For the whole process.
pub fn set(mutant: Option<Mutant>) {
    ACTIVE.store(mutant.map_or(0, |mutant| mutant as u8), Ordering::Release);
}

/// Whether the simulation is wrong in this way.
pub(crate) fn is(mutant: Mutant) -> bool {
    ACTIVE.load(Ordering::Acquire) == mutant as u8
}
