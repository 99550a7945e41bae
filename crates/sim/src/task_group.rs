//! Groups of captured operators, whose arguments a program changes between replays.
//!
//! Between `aclmdlRICaptureTaskGrpBegin` and `…End` on a captured stream, operators form a group. Between `aclmdlRICaptureTaskUpdateBegin` and `…End` on a stream that
//! is not captured, as many operators of the same types are given again; the stream puts them in the place of the group's when it gets there. Source: the documents of
//! these functions, CANN 8.5.0 and 9.0.0. They leave open how a sequence of another length or type is refused; here, each call that departs from the group is.

use std::sync::Arc;

use ascend_sys::ffi::{ACL_ERROR_RT_PARAM_INVALID, ACL_ERROR_RT_TASK_TYPE_NOT_SUPPORT};

use crate::capture::Model;
use crate::fault::{Fault, Outcome};
use crate::memory::Span;
use crate::stream::Task;

/// An operator of a group: its place among the model's tasks, and its name.
pub(crate) type Member = (usize, &'static str);

/// Some operators of a model.
pub(crate) struct Group {
    pub(crate) model: Arc<Model>,
    pub(crate) members: Vec<Member>,
}

/// The operator that a task of a group is.
pub(crate) fn operator_of(task: &Task) -> Outcome<&'static str> {
    task.operator.ok_or_else(|| Fault::misuse(ACL_ERROR_RT_TASK_TYPE_NOT_SUPPORT, "a group of tasks takes single operators, nothing else"))
}

/// The operators that are to take the place of a group's.
pub(crate) struct Update {
    group: Arc<Group>,
    tasks: Vec<Task>,
}

impl Update {
    pub(crate) fn new(group: Arc<Group>) -> Self {
        Self { group, tasks: Vec::new() }
    }

    /// Takes the next.
    pub(crate) fn take(&mut self, task: Task) -> Outcome {
        let (found, members) = (operator_of(&task)?, &self.group.members);
        let wanted = members.get(self.tasks.len()).map(|(_, operator)| *operator);
        if wanted != Some(found) {
            let (at, wanted) = (self.tasks.len(), wanted.unwrap_or("nothing more"));
            let what = format!("{wanted} asked as number {at} of the {} operators of the group, {found} found", members.len());
            return Err(Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, what));
        }
        self.tasks.push(task);
        Ok(())
    }

    /// The memory that the new operators use, and what puts them into the model.
    pub(crate) fn finish(self) -> Outcome<(Vec<Span>, impl Fn() -> Outcome + Send + Sync)> {
        let (asked, found) = (self.group.members.len(), self.tasks.len());
        if asked != found {
            let what = format!("the {asked} operators of the group asked, {found} found");
            return Err(Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, what));
        }
        let uses = self.tasks.iter().flat_map(|task| task.uses.clone()).collect();
        Ok((uses, move || {
            let places = self.group.members.iter().map(|(place, _)| *place);
            self.group.model.replace(places.zip(self.tasks.iter().cloned()))
        }))
    }
}
