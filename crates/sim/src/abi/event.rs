//! Events.

use ascend_sys::ffi::{
    ACL_ERROR_RT_PARAM_INVALID, ACL_EVENT_CAPTURE_STREAM_PROGRESS, ACL_EVENT_RECORDED_STATUS_COMPLETE, ACL_EVENT_RECORDED_STATUS_NOT_READY,
    ACL_EVENT_SYNC, ACL_EVENT_TIME_LINE, aclError, aclrtEvent, aclrtEventRecordedStatus, aclrtStream,
};

use super::{give, limit};
use crate::context;
use crate::event::Event;
use crate::fault::{Fault, Outcome, call};
use crate::machine::{Object, machine};

/// # Safety
/// * `event` is null or valid for writing.
unsafe fn make(event: *mut aclrtEvent, timed: bool) -> Outcome {
    context::current()?;
    // SAFETY: the caller promises it.
    unsafe { give(event, std::ptr::null_mut(), "event") }?;
    let handle = machine().state().add(|_| Object::Event(Event::new(timed)));
    // SAFETY: the caller promises it.
    unsafe { give(event, handle as aclrtEvent, "event") }
}

pub(super) unsafe extern "C" fn create(event: *mut aclrtEvent) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtCreateEvent", || unsafe { make(event, true) })
}

/// # Safety
/// * `event` is null or valid for writing.
unsafe fn make_with_flag(event: *mut aclrtEvent, flag: u32) -> Outcome {
    let known = ACL_EVENT_SYNC | ACL_EVENT_TIME_LINE | ACL_EVENT_CAPTURE_STREAM_PROGRESS;
    if flag == 0 || flag & !known != 0 {
        return Err(Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, format!("bits of {known:#x} asked of the flag, {flag:#x} found")));
    }
    // SAFETY: the caller promises it.
    unsafe { make(event, flag & ACL_EVENT_TIME_LINE != 0) }
}

pub(super) unsafe extern "C" fn create_with_flag(event: *mut aclrtEvent, flag: u32) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtCreateEventWithFlag", || unsafe { make_with_flag(event, flag) })
}

pub(super) unsafe extern "C" fn create_ex_with_flag(event: *mut aclrtEvent, flag: u32) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtCreateEventExWithFlag", || unsafe { make_with_flag(event, flag) })
}

pub(super) unsafe extern "C" fn destroy(event: aclrtEvent) -> aclError {
    call("aclrtDestroyEvent", || {
        let mut state = machine().state();
        state.event(event)?;
        state.remove(event);
        Ok(())
    })
}

pub(super) unsafe extern "C" fn record(event: aclrtEvent, stream: aclrtStream) -> aclError {
    call("aclrtRecordEvent", || {
        let event = machine().state().event(event)?;
        event.record(&*context::stream(stream)?)
    })
}

pub(super) unsafe extern "C" fn query(event: aclrtEvent, status: *mut aclrtEventRecordedStatus) -> aclError {
    call("aclrtQueryEventStatus", || {
        let complete = find(event)?.complete()?;
        let found = if complete { ACL_EVENT_RECORDED_STATUS_COMPLETE } else { ACL_EVENT_RECORDED_STATUS_NOT_READY };
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(status, found, "status") }
    })
}

pub(super) unsafe extern "C" fn synchronize(event: aclrtEvent) -> aclError {
    call("aclrtSynchronizeEvent", || find(event)?.synchronise(None))
}

pub(super) unsafe extern "C" fn synchronize_with_timeout(event: aclrtEvent, timeout_ms: i32) -> aclError {
    call("aclrtSynchronizeEventWithTimeout", || find(event)?.synchronise(limit(timeout_ms)?))
}

pub(super) unsafe extern "C" fn elapsed(ms: *mut f32, start: aclrtEvent, end: aclrtEvent) -> aclError {
    call("aclrtEventElapsedTime", || {
        let elapsed = Event::elapsed_ms(&*find(start)?, &*find(end)?)?;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(ms, elapsed, "ms") }
    })
}

/// The machine is not locked while its event is waited for.
fn find(event: aclrtEvent) -> Outcome<std::sync::Arc<Event>> {
    machine().state().event(event)
}
