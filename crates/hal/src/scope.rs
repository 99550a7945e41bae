//! Labels for what a thread is working on, so that tools can say where in a model an op was called.

use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

thread_local! {
    static SCOPES: RefCell<Vec<Label>> = const { RefCell::new(Vec::new()) };
}

/// Name of a part of a model: `attention`, or with a number `layer 3`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Label {
    name: &'static str,
    number: Option<usize>,
}

impl From<&'static str> for Label {
    fn from(name: &'static str) -> Self {
        Self { name, number: None }
    }
}

impl From<(&'static str, usize)> for Label {
    fn from((name, number): (&'static str, usize)) -> Self {
        Self { name, number: Some(number) }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.number.map_or(Ok(()), |number| write!(f, " {number}"))
    }
}

/// Runs `f`; what it enqueues from this thread is labelled, inside of the labels that hold already. Costs no allocation once a thread has been as deep before.
///
/// ```
/// use ascend_hal::{current_scope, scope};
/// let inside = scope(("layer", 3), || scope("attention", current_scope));
/// assert_eq!(inside, "layer 3 / attention");
/// assert_eq!(current_scope(), "");
/// ```
pub fn scope<T>(label: impl Into<Label>, f: impl FnOnce() -> T) -> T {
    // Before the borrow: a conversion is the caller's code, which may look at the labels.
    let label = label.into();
    SCOPES.with_borrow_mut(|scopes| scopes.push(label));
    let _leave = Leave(begin(label));
    f()
}

/// Takes the innermost label away and ends its mark, also when a panic passes.
struct Leave(Option<(Arc<dyn Marker>, u64)>);

impl Drop for Leave {
    fn drop(&mut self) {
        if let Some((marker, mark)) = self.0.take() {
            marker.end(mark);
        }
        SCOPES.with_borrow_mut(Vec::pop);
    }
}

/// Puts scopes where another program's tools see them: as ranges on a vendor's timeline.
pub trait Marker: Send + Sync {
    /// A scope of this label begins in the calling thread. The result is handed to [`end`](Self::end).
    fn begin(&self, label: Label) -> u64;

    /// The scope ends, in the thread that began it.
    fn end(&self, mark: u64);
}

static MARKER: RwLock<Option<Arc<dyn Marker>>> = RwLock::new(None);
/// Whether there is a marker: to be looked at without the lock.
static MARKING: AtomicBool = AtomicBool::new(false);

fn begin(label: Label) -> Option<(Arc<dyn Marker>, u64)> {
    if !MARKING.load(Ordering::Relaxed) {
        return None;
    }
    let marker = MARKER.read().unwrap_or_else(PoisonError::into_inner).clone()?;
    let mark = marker.begin(label);
    Some((marker, mark))
}

/// Has every scope that begins from now on, in any thread, marked by `marker`; the one before it marks no more.
pub fn mark_scopes(marker: Arc<dyn Marker>) {
    *MARKER.write().unwrap_or_else(PoisonError::into_inner) = Some(marker);
    MARKING.store(true, Ordering::Relaxed);
}

/// The labels that hold in this thread, outermost first, joined by ` / `; empty when there are none.
pub fn current_scope() -> String {
    SCOPES.with_borrow(|scopes| scopes.iter().map(Label::to_string).collect::<Vec<_>>().join(" / "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_is_left_by_return_error_and_panic() {
        let refused: Result<(), ()> = scope("embedding", || Err(()));
        assert!(refused.is_err() && current_scope().is_empty());
        let panicked = std::panic::catch_unwind(|| scope("layer", || std::panic::resume_unwind(Box::new(()))));
        assert!(panicked.is_err() && current_scope().is_empty());
    }

    #[test]
    fn label_may_be_made_of_the_labels_that_hold() {
        struct Depth;
        impl From<Depth> for Label {
            fn from(_: Depth) -> Self {
                ("depth", scope("probe", current_scope).split(" / ").count()).into()
            }
        }
        assert_eq!(scope("layer", || scope(Depth, current_scope)), "layer / depth 2");
    }

    #[test]
    fn marks_begin_and_end_with_their_scopes() {
        static SEEN: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());
        struct Noted;
        impl Marker for Noted {
            fn begin(&self, label: Label) -> u64 {
                SEEN.lock().unwrap().push(format!("{label}"));
                label.number.unwrap_or_default() as u64
            }
            fn end(&self, mark: u64) {
                SEEN.lock().unwrap().push(format!("end {mark}"));
            }
        }
        mark_scopes(Arc::new(Noted));
        let _ = std::panic::catch_unwind(|| scope(("marked", 5), || scope(("marked", 6), || std::panic::resume_unwind(Box::new(())))));
        // Other tests have scopes of their own at this time, with smaller numbers.
        let told: Vec<String> = SEEN.lock().unwrap().iter().filter(|s| s.ends_with('5') || s.ends_with('6')).cloned().collect();
        assert_eq!(told, ["marked 5", "marked 6", "end 6", "end 5"]);
    }

    #[test]
    fn labels_belong_to_their_thread() {
        scope("layer", || assert_eq!(std::thread::spawn(current_scope).join().unwrap(), ""));
    }
}
