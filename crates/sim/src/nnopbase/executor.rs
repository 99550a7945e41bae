//! Executors: an operator with its arguments, checked and planned, ready to be enqueued.

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};

use ascend_sys::ffi::{ACL_SUCCESS, ACLNN_ERR_PARAM_INVALID, ACLNN_ERR_PARAM_NULLPTR, aclnnStatus, aclrtStream};

use super::operands;
use crate::aclnn::{Plan, Run, Tensors};
use crate::context;
use crate::fault::{Fault, Outcome, call};
use crate::faults;
use crate::machine::machine;

pub(crate) struct Executor {
    operator: &'static str,
    plan: Arc<Plan>,
    tensors: Tensors,
    /// Where the tensors' data is: as they were described, or as the program has set it since.
    addresses: Vec<AtomicUsize>,
    repeatable: AtomicBool,
}

impl Executor {
    pub(crate) fn new(operator: &'static str, plan: Plan, tensors: Tensors) -> Self {
        let addresses = tensors.list.iter().map(|tensor| AtomicUsize::new(tensor.address())).collect();
        Self { operator, plan: Arc::new(plan), tensors, addresses, repeatable: AtomicBool::new(false) }
    }

    pub(crate) fn operator(&self) -> &'static str {
        self.operator
    }

    pub(crate) fn make_repeatable(&self) {
        self.repeatable.store(true, Ordering::Release);
    }

    pub(crate) fn repeatable(&self) -> bool {
        self.repeatable.load(Ordering::Acquire)
    }

    /// Sets where the data of a tensor is: of the one at place `index` of the operator's prototype, or, where the place counts inputs or outputs alone, of whichever it is.
    pub(crate) fn set_address(&self, (index, exact): (usize, bool), tensor: usize, address: usize) -> Outcome {
        /// What kernels move at a time.
        const ALIGNED: usize = 32;
        let invalid = |what: String| Err(Fault::misuse(ACLNN_ERR_PARAM_INVALID, what));
        if index >= self.tensors.count {
            return invalid(format!("index {index} asked of the {} tensors of {}", self.tensors.count, self.operator));
        }
        if !self.repeatable() {
            return invalid(format!("the executor of {} serves once; aclSetAclOpExecutorRepeatable comes first", self.operator));
        }
        if !address.is_multiple_of(ALIGNED) {
            return invalid(format!("an address that is a multiple of {ALIGNED} asked, {address:#x} found"));
        }
        let mut found = false;
        for ((of, at), place) in self.tensors.list.iter().zip(&self.tensors.places).zip(&self.addresses) {
            if of.handle() == tensor && (!exact || *at == index) {
                place.store(address, Ordering::Release);
                of.set_address(address);
                found = true;
            }
        }
        if found {
            return Ok(());
        }
        let there = if exact { format!(" at place {index}") } else { String::new() };
        invalid(format!("{tensor:#x} is none of the tensors that {} was planned with{there}", self.operator))
    }
}

/// The second call of an operator: puts what was planned on the stream.
pub(crate) fn launch(
    operator: &'static str,
    workspace: *mut c_void,
    workspace_bytes: u64,
    handle: *mut ascend_sys::ffi::aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    let status = call(operator, || {
        let stream = context::stream(stream)?;
        let executor = {
            let mut operands = operands();
            let executor = operands.executor(handle.cast())?;
            if executor.operator != operator {
                let what = format!("the executor was planned by {}GetWorkspaceSize", executor.operator);
                return Err(Fault::misuse(ACLNN_ERR_PARAM_INVALID, what));
            }
            if !executor.repeatable() {
                operands.remove(handle as usize, "aclOpExecutor", "executor")?;
            }
            executor
        };
        let needed = executor.plan.workspace_bytes();
        if workspace_bytes < needed {
            let what = format!("a workspace of {needed} bytes was asked for, one of {workspace_bytes} is given");
            return Err(Fault::misuse(ACLNN_ERR_PARAM_INVALID, what));
        }
        let memory = machine().memory();
        let workspace = match (needed, workspace as usize) {
            (0, _) => None,
            (_, 0) => return Err(Fault::misuse(ACLNN_ERR_PARAM_NULLPTR, format!("workspace is null, {needed} bytes are needed"))),
            (bytes, address) => Some((memory.span(address, bytes as usize)?, bytes as usize)),
        };
        let mut spans = Vec::with_capacity(executor.tensors.list.len());
        for (tensor, address) in executor.tensors.list.iter().zip(&executor.addresses) {
            let bytes = tensor.extent_bytes();
            let start = address.load(Ordering::Acquire) + tensor.offset_bytes();
            let span = if bytes == 0 { None } else { Some(memory.span(start, bytes).map_err(|fault| fault.of(tensor.name()))?) };
            spans.push(span);
        }
        drop(memory);
        let plan = executor.plan.clone();
        let uses = workspace.iter().map(|(span, _)| span).chain(spans.iter().flatten()).cloned().collect();
        let device = context::current()?.device();
        stream.submit_operator(operator, uses, move |flags| {
            faults::on_stream(operator, Some(device), flags).map_err(|fault| fault.of(operator))?;
            if !machine().config().compute {
                return Ok(());
            }
            if let Some((workspace, bytes)) = &workspace {
                // What a workspace holds is anything. Two operators that share one while both run would show.
                // SAFETY: the span has that many bytes, and the workspace is this task's until it ends.
                unsafe { workspace.address().write_bytes(0xFF, *bytes) };
            }
            plan.run(&Run::new(&spans)).map_err(|fault| fault.of(operator))
        })
    });
    if status != ACL_SUCCESS {
        use_up(operator, handle.cast());
    }
    status
}

/// Lets go of an executor that serves once: the second call uses it up, also where that call is refused.
fn use_up(operator: &str, handle: *const c_void) {
    let mut operands = operands();
    if operands.executor(handle).is_ok_and(|executor| executor.operator == operator && !executor.repeatable()) {
        // It has just been found.
        let _ = operands.remove(handle as usize, "aclOpExecutor", "executor");
    }
}

/// The description of a tensor at this moment.
pub(crate) fn described(handle: usize, name: &str) -> Outcome<super::Description> {
    let tensor = operands().tensor(handle, name)?;
    let description = tensor.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(description)
}
