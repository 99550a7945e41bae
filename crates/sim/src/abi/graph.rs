//! Capture of a stream's tasks, their replay, and changes between replays.

use std::sync::Arc;

use ascend_sys::ffi::{
    ACL_ERROR_RT_MODEL_CONTEXT, ACL_ERROR_RT_MODEL_RUNNING, ACL_ERROR_RT_PARAM_INVALID, ACL_ERROR_RT_STREAM_CAPTURE_IMPLICIT,
    ACL_ERROR_RT_STREAM_CAPTURED, ACL_ERROR_RT_STREAM_NOT_CAPTURED, ACL_MODEL_RI_CAPTURE_STATUS_ACTIVE,
    ACL_MODEL_RI_CAPTURE_STATUS_INVALIDATED, ACL_MODEL_RI_CAPTURE_STATUS_NONE, aclError, aclmdlRI, aclmdlRICaptureMode,
    aclmdlRICaptureStatus, aclrtStream, aclrtTaskGrp,
};

use super::{Address, functions, give, limit};
use crate::capture::{Capture, Model, exchange_mode as exchange, is_mode};
use crate::context;
use crate::fault::{Fault, Outcome, call};
use crate::machine::{Object, machine};
use crate::stream::Stream;
use crate::task_group::{Group, Update};

pub(super) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclmdlRICaptureBegin => capture_begin,
    aclmdlRICaptureGetInfo => capture_info,
    aclmdlRICaptureEnd => capture_end,
    aclmdlRICaptureThreadExchangeMode => exchange_mode,
    aclmdlRIExecuteAsync => execute_async,
    aclmdlRIExecute => execute,
    aclmdlRIDestroy => destroy,
    aclmdlRIDebugPrint => debug_print,
    aclmdlRICaptureTaskGrpBegin => group_begin,
    aclmdlRICaptureTaskGrpEnd => group_end,
    aclmdlRICaptureTaskUpdateBegin => update_begin,
    aclmdlRICaptureTaskUpdateEnd => update_end,
};

fn invalid(what: impl Into<String>) -> Fault {
    Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, what)
}

pub(super) unsafe extern "C" fn capture_begin(stream: aclrtStream, mode: aclmdlRICaptureMode) -> aclError {
    call("aclmdlRICaptureBegin", || {
        let found = context::stream(stream)?;
        if !is_mode(mode) {
            return Err(invalid(format!("a mode from 0 to 2 asked, {mode} found")));
        }
        if stream.is_null() {
            return Err(Fault::misuse(ACL_ERROR_RT_STREAM_CAPTURE_IMPLICIT, "the default stream cannot be captured"));
        }
        if found.capture().is_some() {
            return Err(Fault::misuse(ACL_ERROR_RT_STREAM_CAPTURED, format!("the stream {stream:p} is being captured already")));
        }
        let model = machine().state().add(|_| Object::Model(Model::new(found.context())));
        Capture::begin(&found, model, mode);
        Ok(())
    })
}

/// `model` may be null: who only asks for the status has no use for it.
pub(super) unsafe extern "C" fn capture_info(stream: aclrtStream, status: *mut aclmdlRICaptureStatus, model: *mut aclmdlRI) -> aclError {
    call("aclmdlRICaptureGetInfo", || {
        let (found, handle) = match context::stream(stream)?.capture() {
            None => (ACL_MODEL_RI_CAPTURE_STATUS_NONE, 0),
            Some(capture) if capture.invalid() => (ACL_MODEL_RI_CAPTURE_STATUS_INVALIDATED, capture.model()),
            Some(capture) => (ACL_MODEL_RI_CAPTURE_STATUS_ACTIVE, capture.model()),
        };
        // SAFETY: the caller's pointers are null or valid, by the function's rules.
        unsafe {
            give(status, found, "status")?;
            if !model.is_null() {
                give(model, handle as aclmdlRI, "modelRI")?;
            }
        }
        Ok(())
    })
}

pub(super) unsafe extern "C" fn capture_end(stream: aclrtStream, model: *mut aclmdlRI) -> aclError {
    call("aclmdlRICaptureEnd", || {
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(model, std::ptr::null_mut(), "modelRI") }?;
        let found = context::stream(stream)?;
        let Some(capture) = found.capture() else {
            return Err(Fault::misuse(ACL_ERROR_RT_STREAM_NOT_CAPTURED, format!("the stream {stream:p} is not being captured")));
        };
        let handle = capture.model() as aclmdlRI;
        let outcome = capture.end(&found);
        // A capture that goes on keeps its model; one that has ended without success makes none.
        if outcome.is_err() && found.capture().is_none() {
            machine().state().remove(handle);
        }
        let tasks = outcome?;
        machine().state().model(handle)?.finish(tasks);
        // SAFETY: as above.
        unsafe { give(model, handle, "modelRI") }
    })
}

const GROUP: &str = "task group";

/// The capture of a stream, and the number that the capture knows the stream by.
fn capture_of(stream: aclrtStream) -> Outcome<(Arc<Capture>, u64)> {
    let found = context::stream(stream)?;
    let unmatched = || Fault::misuse(ACL_ERROR_RT_STREAM_NOT_CAPTURED, format!("the stream {stream:p} is not being captured"));
    Ok((found.capture().ok_or_else(unmatched)?, found.id()))
}

pub(super) unsafe extern "C" fn group_begin(stream: aclrtStream) -> aclError {
    call("aclmdlRICaptureTaskGrpBegin", || {
        let (capture, stream) = capture_of(stream)?;
        capture.begin_group(stream)
    })
}

pub(super) unsafe extern "C" fn group_end(stream: aclrtStream, handle: *mut aclrtTaskGrp) -> aclError {
    call("aclmdlRICaptureTaskGrpEnd", || {
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(handle, std::ptr::null_mut(), "handle") }?;
        let (capture, stream) = capture_of(stream)?;
        let members = capture.end_group(stream)?;
        let mut state = machine().state();
        let model = state.model(capture.model() as aclmdlRI)?;
        let group = state.add(|_| Object::Other(GROUP, Arc::new(Group { model: model.clone(), members })));
        model.groups().push(group);
        drop(state);
        // SAFETY: as above.
        unsafe { give(handle, group as aclrtTaskGrp, "handle") }
    })
}

pub(super) unsafe extern "C" fn update_begin(stream: aclrtStream, handle: aclrtTaskGrp) -> aclError {
    call("aclmdlRICaptureTaskUpdateBegin", || {
        let found = context::stream(stream)?;
        found.not_captured()?;
        let group: Arc<Group> = machine().state().other(handle, GROUP)?;
        // Refused while the capture runs.
        group.model.tasks()?;
        found.begin_update(Update::new(group))
    })
}

pub(super) unsafe extern "C" fn update_end(stream: aclrtStream) -> aclError {
    call("aclmdlRICaptureTaskUpdateEnd", || context::stream(stream)?.end_update())
}

pub(super) unsafe extern "C" fn exchange_mode(mode: *mut aclmdlRICaptureMode) -> aclError {
    call("aclmdlRICaptureThreadExchangeMode", || {
        if mode.is_null() {
            return Err(invalid("mode is null"));
        }
        // SAFETY: the caller's pointer is valid if it is not null, by the function's rules.
        let asked = unsafe { mode.read() };
        if !is_mode(asked) {
            return Err(invalid(format!("a mode from 0 to 2 asked, {asked} found")));
        }
        // SAFETY: as above.
        unsafe { give(mode, exchange(asked), "mode") }
    })
}

fn launch(model: aclmdlRI, stream: &Stream) -> Outcome {
    let model = machine().state().model(model)?;
    if model.context() != stream.context() {
        return Err(Fault::misuse(ACL_ERROR_RT_MODEL_CONTEXT, "the model belongs to another context than the stream"));
    }
    model.execute(stream)
}

pub(super) unsafe extern "C" fn execute_async(model: aclmdlRI, stream: aclrtStream) -> aclError {
    call("aclmdlRIExecuteAsync", || launch(model, &*context::stream(stream)?))
}

/// Runs a model and waits for it, on the default stream.
pub(super) unsafe extern "C" fn execute(model: aclmdlRI, timeout_ms: i32) -> aclError {
    call("aclmdlRIExecute", || {
        let context = context::current()?;
        let limit = limit(timeout_ms)?;
        launch(model, context.default_stream())?;
        context.default_stream().synchronise(limit)
    })
}

pub(super) unsafe extern "C" fn destroy(model: aclmdlRI) -> aclError {
    call("aclmdlRIDestroy", || {
        let mut state = machine().state();
        let found = state.model(model)?;
        found.tasks()?;
        if found.running() {
            let what = format!("the model {model:p} has executions that are not finished; synchronise their stream first");
            return Err(Fault::misuse(ACL_ERROR_RT_MODEL_RUNNING, what));
        }
        state.remove(model);
        Ok(())
    })
}

pub(super) unsafe extern "C" fn debug_print(model: aclmdlRI) -> aclError {
    call("aclmdlRIDebugPrint", || {
        let tasks = machine().state().model(model)?.tasks()?.len();
        eprintln!("ascend-sim: model {model:p}: {tasks} tasks");
        Ok(())
    })
}
