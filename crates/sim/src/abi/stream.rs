//! Streams.

use std::ffi::c_void;

use ascend_sys::ffi::{
    ACL_CONTINUE_ON_FAILURE, ACL_ERROR_RT_PARAM_INVALID, ACL_ERROR_RT_STREAM_NOT_COMPLETE, ACL_STOP_ON_FAILURE, ACL_STREAM_STATUS_COMPLETE,
    ACL_STREAM_STATUS_NOT_READY, aclError, aclrtEvent, aclrtHostFunc, aclrtStream, aclrtStreamStatus,
};

use super::{give, limit};
use crate::context;
use crate::fault::{Fault, Outcome, call};
use crate::machine::{Object, machine};
use crate::stream::Stream;

/// # Safety
/// * `stream` is null or valid for writing.
unsafe fn make(stream: *mut aclrtStream) -> Outcome {
    let context = context::current()?;
    // SAFETY: the caller promises it.
    unsafe { give(stream, std::ptr::null_mut(), "stream") }?;
    let handle = machine().state().add(|_| Object::Stream(Stream::new(context.handle())));
    // SAFETY: the caller promises it.
    unsafe { give(stream, handle as aclrtStream, "stream") }
}

pub(super) unsafe extern "C" fn create(stream: *mut aclrtStream) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtCreateStream", || unsafe { make(stream) })
}

/// Priorities and launch modes are about speed, which is not simulated.
pub(super) unsafe extern "C" fn create_with_config(stream: *mut aclrtStream, _priority: u32, _flag: u32) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtCreateStreamWithConfig", || unsafe { make(stream) })
}

pub(super) unsafe extern "C" fn destroy(stream: aclrtStream) -> aclError {
    call("aclrtDestroyStream", || {
        let mut state = machine().state();
        let found = state.stream(stream)?;
        found.not_captured()?;
        if !found.idle() {
            let what = format!("the stream {stream:p} has tasks that are not finished; synchronise it first");
            return Err(Fault::misuse(ACL_ERROR_RT_STREAM_NOT_COMPLETE, what));
        }
        state.remove(stream);
        Ok(())
    })
}

pub(super) unsafe extern "C" fn destroy_force(stream: aclrtStream) -> aclError {
    call("aclrtDestroyStreamForce", || {
        let mut state = machine().state();
        let found = state.stream(stream)?;
        state.remove(stream);
        drop(state);
        found.tear_down();
        Ok(())
    })
}

pub(super) unsafe extern "C" fn synchronize(stream: aclrtStream) -> aclError {
    call("aclrtSynchronizeStream", || context::stream(stream)?.synchronise(None))
}

pub(super) unsafe extern "C" fn synchronize_with_timeout(stream: aclrtStream, timeout_ms: i32) -> aclError {
    call("aclrtSynchronizeStreamWithTimeout", || context::stream(stream)?.synchronise(limit(timeout_ms)?))
}

pub(super) unsafe extern "C" fn query(stream: aclrtStream, status: *mut aclrtStreamStatus) -> aclError {
    call("aclrtStreamQuery", || {
        let asked = context::stream(stream)?;
        asked.not_captured()?;
        let found = if asked.idle() { ACL_STREAM_STATUS_COMPLETE } else { ACL_STREAM_STATUS_NOT_READY };
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(status, found, "status") }
    })
}

pub(super) unsafe extern "C" fn wait_event(stream: aclrtStream, event: aclrtEvent) -> aclError {
    call("aclrtStreamWaitEvent", || {
        let event = machine().state().event(event)?;
        event.wait_on(&context::stream(stream)?)
    })
}

/// An argument that goes to the program's own function in another thread.
struct Argument(*mut c_void);

// SAFETY: the program hands the pointer to its own function, and says by the call that another thread may run it.
unsafe impl Send for Argument {}
// SAFETY: as above.
unsafe impl Sync for Argument {}

pub(super) unsafe extern "C" fn launch_host_function(stream: aclrtStream, function: aclrtHostFunc, argument: *mut c_void) -> aclError {
    call("aclrtLaunchHostFunc", || {
        let function = function.ok_or_else(|| Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, "the function is null"))?;
        let argument = Argument(argument);
        context::stream(stream)?.submit(Vec::new(), move |_| {
            let argument = &argument;
            // SAFETY: the program asked for this call with this argument.
            unsafe { function(argument.0) };
            Ok(())
        })
    })
}

/// A second setting is refused; what a card does with the tasks of other streams of the context is not simulated.
pub(super) unsafe extern "C" fn set_failure_mode(stream: aclrtStream, mode: u64) -> aclError {
    call("aclrtSetStreamFailureMode", || match u32::try_from(mode) {
        Ok(mode @ (ACL_CONTINUE_ON_FAILURE | ACL_STOP_ON_FAILURE)) => {
            context::stream(stream)?.set_stop_on_failure(mode == ACL_STOP_ON_FAILURE)
        }
        _ => {
            let what = format!("ACL_CONTINUE_ON_FAILURE (0) or ACL_STOP_ON_FAILURE (1) asked, {mode} found");
            Err(Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, what))
        }
    })
}
