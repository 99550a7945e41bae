//! Executors that are kept: an operator that is called again in the same form is enqueued without being planned again.
//!
//! A form is kept when it comes for the second time. CANN fixes all but the addresses of a repeatable executor's tensors, and those are set before each use; it does
//! not say that two streams may use one executor at once, so each stream has its own. Operators with integer arrays among their inputs are planned each time. Sources: the documents of aclSetAclOpExecutorRepeatable, aclSetTensorAddr,
//! aclSetDynamicTensorAddr and aclDestroyAclOpExecutor.

use std::collections::HashMap;
use std::ffi::c_void;
use std::hash::{BuildHasherDefault, Hasher};
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ascend_hal::{Error, Result};
use ascend_sys::Cann;
use ascend_sys::ffi::{aclOpExecutor, aclrtStream};

use super::Handle;
use super::card::Card;
use super::form::Form;
use super::queue::Queue;
use super::tensor::Made;
use crate::error::{CannResult, from_cann};

/// The second phase of an operator.
pub(super) type Execute = unsafe fn(&Cann, *mut c_void, u64, *mut aclOpExecutor, aclrtStream) -> CannResult<()>;

/// Forms that a stream remembers.
const FORMS: usize = 1024;

/// How often executors were kept and used again.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) planned: AtomicU64,
    pub(crate) reused: AtomicU64,
    pub(crate) kept: AtomicU64,
}

/// The forms that a stream has seen.
#[derive(Default)]
pub(super) struct Executors {
    seen: HashMap<Box<[u64]>, Seen, BuildHasherDefault<Words>>,
    /// Calls so far.
    clock: u64,
}

struct Seen {
    /// The last call.
    at: u64,
    plan: Plan,
}

enum Plan {
    /// Called once.
    Once,
    /// The operator cannot be repeated in this form.
    Never,
    Kept(Kept),
}

/// A repeatable executor with what it was planned with.
struct Kept {
    // Before the tensors, which it uses.
    executor: Executor,
    bytes: u64,
    made: Made,
}

/// A repeatable executor.
struct Executor {
    card: Arc<Card>,
    handle: Handle,
}

impl Executor {
    fn as_ptr(&self) -> *mut aclOpExecutor {
        self.handle.0.cast()
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.card.executors().kept.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: it was made repeatable, so it is this value's, and is destroyed once; work that it enqueued has taken what it needs.
        self.card.given_back(unsafe { self.card.cann().nnopbase.aclDestroyAclOpExecutor(self.as_ptr()) });
    }
}

impl Executors {
    /// The executor that is kept for a form.
    fn kept(&mut self, form: &[u64]) -> Option<&mut Kept> {
        self.clock += 1;
        match self.seen.get_mut(form)? {
            Seen { at, plan: Plan::Kept(kept) } => {
                *at = self.clock;
                Some(kept)
            }
            _ => None,
        }
    }

    /// Notes a call of a form for which none is kept; whether one is to be.
    fn is_due(&mut self, form: &[u64]) -> bool {
        match self.seen.get_mut(form) {
            Some(Seen { at, plan }) => {
                *at = self.clock;
                matches!(plan, Plan::Once)
            }
            None => {
                self.remember(form, Plan::Once);
                false
            }
        }
    }

    fn remember(&mut self, form: &[u64], plan: Plan) {
        if self.seen.len() >= FORMS {
            // Those of the newer half of the calls so far are at most half of the room.
            let since = self.clock.saturating_sub(FORMS as u64 / 2);
            self.seen.retain(|_, seen| seen.at > since);
        }
        self.seen.insert(form.into(), Seen { at: self.clock, plan });
    }

    /// Ends all executors: those of a stream that has failed may be of a device that was reset.
    pub(super) fn clear(&mut self) {
        self.seen.clear();
    }
}

/// Enqueues an operator: by the executor that is kept for its form, or by one that `plan` makes.
pub(super) fn enqueue(
    queue: &Queue,
    function: &'static str,
    mut form: Form,
    run: Execute,
    plan: impl FnOnce(&mut Made, &mut u64, &mut *mut aclOpExecutor) -> Result<()>,
) -> Result<()> {
    // What the failed work did not make is not worked on.
    if queue.has_failed() {
        return Ok(());
    }
    Queue::note(function);
    let (card, (form, addresses)) = (queue.card(), form.parts());
    let mut executors = queue.executors();
    if let Some(kept) = executors.kept(form) {
        if kept.made.turn_to(kept.executor.as_ptr(), addresses).is_ok() {
            card.executors().reused.fetch_add(1, Ordering::Relaxed);
            let outcome = execute(queue, function, kept.bytes, kept.executor.as_ptr(), run);
            if outcome.is_err() {
                executors.seen.remove(form);
            }
            return outcome;
        }
        executors.remember(form, Plan::Never);
    }
    card.executors().planned.fetch_add(1, Ordering::Relaxed);
    card.bind().map_err(from_cann)?;
    let (mut made, mut bytes, mut executor) = (Made::new(card.clone()), 0, null_mut());
    plan(&mut made, &mut bytes, &mut executor)?;
    let due = executors.is_due(form);
    // SAFETY: the executor has just been planned.
    if !due || !made.has_known_places() || unsafe { card.cann().nnopbase.aclSetAclOpExecutorRepeatable(executor) }.is_err() {
        if due {
            executors.remember(form, Plan::Never);
        }
        return execute_once(queue, function, bytes, executor, run);
    }
    card.executors().kept.fetch_add(1, Ordering::Relaxed);
    let kept = Kept { executor: Executor { card: card.clone(), handle: Handle(executor.cast()) }, bytes, made };
    execute(queue, function, bytes, executor, run)?;
    executors.remember(form, Plan::Kept(kept));
    Ok(())
}

/// The second phase.
fn execute(queue: &Queue, function: &'static str, bytes: u64, executor: *mut aclOpExecutor, run: Execute) -> Result<()> {
    execute_or(queue, function, bytes, executor, run, || {})
}

/// The second phase of an executor that is used up by it.
fn execute_once(queue: &Queue, function: &'static str, bytes: u64, executor: *mut aclOpExecutor, run: Execute) -> Result<()> {
    execute_or(queue, function, bytes, executor, run, || {
        let (card, base) = (queue.card(), &queue.card().cann().nnopbase);
        // SAFETY: the executor has been planned and not been used. CANN lets go of repeatable ones.
        card.given_back(unsafe { base.aclSetAclOpExecutorRepeatable(executor).and_then(|()| base.aclDestroyAclOpExecutor(executor)) });
    })
}

/// The second phase, or `unused` where it does not come to that: there is no memory for the workspace, or the stream takes no work.
fn execute_or(
    queue: &Queue,
    function: &'static str,
    bytes: u64,
    executor: *mut aclOpExecutor,
    run: Execute,
    unused: impl FnOnce(),
) -> Result<()> {
    let needed = usize::try_from(bytes).map_err(|_| Error::Overflow { what: format!("the workspace of {function}") });
    let mut begun = false;
    let outcome = needed.and_then(|needed| {
        queue.work(needed, |card, workspace, stream| {
            begun = true;
            // SAFETY: the executor comes from the first phase, and is used once or repeatable; the workspace has as many bytes as it asked for, and the stream's later
            // work alone may have it; the tensors are held by the stream.
            unsafe { run(card.cann(), workspace, bytes, executor, stream.handle()) }
        })
    });
    if !begun {
        unused();
    }
    outcome
}

/// A hash of numbers, by rotation and multiplication: keys are this program's own.
#[derive(Default)]
struct Words(u64);

impl Words {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for Words {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        words.iter().for_each(|word| self.add(u64::from_ne_bytes(*word)));
        rest.iter().for_each(|byte| self.add((*byte).into()));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_due_when_it_comes_again() {
        let mut executors = Executors::default();
        assert!(!executors.is_due(&[1, 2]));
        assert!(!executors.is_due(&[1, 3]));
        assert!(executors.is_due(&[1, 2]));
        executors.remember(&[1, 2], Plan::Never);
        assert!(!executors.is_due(&[1, 2]));
    }

    #[test]
    fn forms_that_do_not_come_again_are_forgotten() {
        let mut executors = Executors::default();
        for i in 0..10 * FORMS as u64 {
            for form in [i, 7] {
                assert!(executors.kept(&[form]).is_none());
                executors.is_due(&[form]);
            }
            assert!(executors.seen.len() <= FORMS);
        }
        assert!(executors.is_due(&[7]));
        assert!(!executors.is_due(&[0]));
    }
}
