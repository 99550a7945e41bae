//! Which part of the layer an operator's task belongs to: what a late failure must be attributed to.

use std::collections::BTreeMap;

use ascend_hal::{OpKind, Result, Stream};

use super::layer::Step;

/// Counts of occasions by what rules about them begin with.
pub(super) type Occasions = BTreeMap<String, u64>;

/// Whose a task on a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Op(OpKind),
    Copy,
}

/// Learns, step by step, whose each task is.
#[derive(Debug, Default)]
pub(super) struct Owners {
    /// By the name of the operator or copy: the owner of its first task, its second, ...
    tasks: BTreeMap<String, Vec<Owner>>,
    /// What was recorded, in order.
    captured: Vec<(String, OpKind)>,
    seen: Occasions,
}

impl Owners {
    /// A step was enqueued; `occasions` asks for the counts.
    pub(super) fn learn(&mut self, stream: &Stream, step: Step, occasions: &dyn Fn() -> Occasions) -> Result<()> {
        if !matches!(step, Step::Captured(_)) {
            stream.synchronize()?;
        }
        let now = occasions();
        let new = |key: &str, seen: &Occasions| now.get(key).copied().unwrap_or(0) - seen.get(key).copied().unwrap_or(0);
        for key in now.keys() {
            let count = new(key, &self.seen);
            if let (Some(name), Step::Captured(kind)) = (launch(key), step) {
                self.captured.extend((0..count).map(|_| (name.to_owned(), kind)));
            }
            let Some(name) = key.strip_prefix("late ") else { continue };
            let tasks = self.tasks.entry(name.to_owned()).or_default();
            match step {
                Step::Op(kind) => tasks.extend((0..count).map(|_| Owner::Op(kind))),
                Step::Copy => tasks.extend((0..count).map(|_| Owner::Copy)),
                Step::Replay => {
                    let owners = self.captured.iter().filter(|(captured, _)| captured == name).map(|(_, kind)| Owner::Op(*kind));
                    tasks.extend(owners.cycle().take(usize::try_from(count).unwrap_or(0)));
                }
                Step::Captured(_) => {}
            }
        }
        self.seen = now;
        Ok(())
    }

    /// The owner of the `nth` task of a name, counted from 1.
    pub(super) fn of(&self, name: &str, nth: u64) -> Option<Owner> {
        let index = usize::try_from(nth).ok()?.checked_sub(1)?;
        self.tasks.get(name)?.get(index).copied()
    }
}

/// The operator that a call launches, if it is the second call of one.
fn launch(key: &str) -> Option<&str> {
    key.strip_prefix("call ").filter(|name| name.starts_with("aclnn") && !name.ends_with("GetWorkspaceSize"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_calls_are_no_launches() {
        assert_eq!(launch("call aclnnMm"), Some("aclnnMm"));
        assert_eq!((launch("call aclnnMmGetWorkspaceSize"), launch("late aclnnMm"), launch("call aclrtMalloc")), (None, None, None));
    }
}
