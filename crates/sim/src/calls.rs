//! What a program called, and what it looked for in vain.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How often each function was called, and which names were looked up that the simulation has not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Calls {
    /// Calls by the function's name.
    pub made: BTreeMap<String, u64>,
    /// Look-ups by the name. A function that came with a newer CANN than the simulated one is among them.
    pub missing: BTreeMap<String, u64>,
}

static CALLS: Mutex<Calls> = Mutex::new(Calls { made: BTreeMap::new(), missing: BTreeMap::new() });

fn lock() -> MutexGuard<'static, Calls> {
    CALLS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn add(to: &mut BTreeMap<String, u64>, name: &str) {
    match to.get_mut(name) {
        Some(count) => *count += 1,
        None => {
            to.insert(name.to_owned(), 1);
        }
    }
}

/// What was called and missed since the process began.
pub fn calls() -> Calls {
    lock().clone()
}

pub(crate) fn count(name: &str) {
    add(&mut lock().made, name);
}

pub(crate) fn missed(name: &str) {
    add(&mut lock().missing, name);
}
