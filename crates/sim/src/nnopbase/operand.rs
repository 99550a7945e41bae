//! Handles of operands and executors. They belong to no thread and to no context: one thread may make what another uses and a third destroys.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use ascend_sys::ffi::{ACLNN_ERR_PARAM_INVALID, ACLNN_ERR_PARAM_NULLPTR};

use super::{Description, Executor, Scalar};
use crate::fault::{Fault, Outcome};

/// What a handle stands for.
#[derive(Clone)]
pub(crate) enum Operand {
    /// A description that operators with results of unknown size change.
    Tensor(Arc<Mutex<Description>>),
    Scalar(Scalar),
    Ints(Arc<[i64]>),
    Floats(Arc<[f32]>),
    Bools(Arc<[bool]>),
    /// Handles of tensors, 0 where there is none. They go with the list.
    Tensors(Arc<[usize]>),
    Scalars(Arc<[usize]>),
    Executor(Arc<Executor>),
}

impl Operand {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Tensor(_) => "aclTensor",
            Self::Scalar(_) => "aclScalar",
            Self::Ints(_) => "aclIntArray",
            Self::Floats(_) => "aclFloatArray",
            Self::Bools(_) => "aclBoolArray",
            Self::Tensors(_) => "aclTensorList",
            Self::Scalars(_) => "aclScalarList",
            Self::Executor(_) => "aclOpExecutor",
        }
    }
}

/// The operands that are alive.
pub(crate) struct Operands {
    alive: HashMap<usize, Operand>,
    next: usize,
}

/// As for the handles of the runtime: nothing can be mapped there, and none is given out twice.
const FIRST: usize = 0x5200_0000_0000_0010;
const STEP: usize = 16;

pub(crate) fn operands() -> MutexGuard<'static, Operands> {
    static OPERANDS: LazyLock<Mutex<Operands>> = LazyLock::new(|| Mutex::new(Operands { alive: HashMap::new(), next: FIRST }));
    OPERANDS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Operands {
    pub(crate) fn add(&mut self, operand: Operand) -> usize {
        let handle = self.next;
        self.next += STEP;
        self.alive.insert(handle, operand);
        handle
    }

    /// What a handle stands for. `name` is what the caller's documentation calls the argument.
    pub(crate) fn get(&self, handle: usize, wanted: &str, name: &str) -> Outcome<&Operand> {
        if handle == 0 {
            return Err(Fault::refused(ACLNN_ERR_PARAM_NULLPTR, format!("{name} is null")));
        }
        let invalid = |what: String| Err(Fault::misuse(ACLNN_ERR_PARAM_INVALID, what));
        match self.alive.get(&handle) {
            Some(operand) if operand.kind() == wanted => Ok(operand),
            Some(operand) => invalid(format!("{name}: an {wanted} asked, {handle:#x} is an {}", operand.kind())),
            None if (FIRST..self.next).contains(&handle) && (handle - FIRST).is_multiple_of(STEP) => {
                let once = "has been launched, or destroyed; it serves once unless aclSetAclOpExecutorRepeatable was called";
                let gone = if wanted == "aclOpExecutor" { once } else { "has been destroyed" };
                invalid(format!("{name}: the {wanted} {handle:#x} {gone}"))
            }
            None => invalid(format!("{name}: an {wanted} asked, {handle:#x} is no handle at all")),
        }
    }

    pub(crate) fn tensor(&self, handle: usize, name: &str) -> Outcome<Arc<Mutex<Description>>> {
        match self.get(handle, "aclTensor", name)? {
            Operand::Tensor(tensor) => Ok(tensor.clone()),
            other => Err(unexpected(name, other)),
        }
    }

    pub(crate) fn executor(&self, handle: *const c_void) -> Outcome<Arc<Executor>> {
        match self.get(handle as usize, "aclOpExecutor", "executor")? {
            Operand::Executor(executor) => Ok(executor.clone()),
            other => Err(unexpected("executor", other)),
        }
    }

    /// Ends an operand; a list's members go with it.
    pub(crate) fn remove(&mut self, handle: usize, kind: &str, name: &str) -> Outcome {
        self.get(handle, kind, name)?;
        if let Some(Operand::Tensors(members) | Operand::Scalars(members)) = self.alive.remove(&handle) {
            for member in members.iter() {
                self.alive.remove(member);
            }
        }
        Ok(())
    }

    /// What is alive, in words.
    pub(crate) fn alive(&self) -> impl Iterator<Item = String> {
        self.alive.iter().map(|(handle, operand)| match operand {
            Operand::Executor(executor) => format!("aclOpExecutor {handle:#x} of {}", executor.operator()),
            other => format!("{} {handle:#x}", other.kind()),
        })
    }
}

pub(crate) fn unexpected(name: &str, found: &Operand) -> Fault {
    Fault::misuse(ACLNN_ERR_PARAM_INVALID, format!("{name}: an {} is of no use here", found.kind()))
}
