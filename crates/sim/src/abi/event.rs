//! Events.

use std::sync::Arc;

use ascend_sys::ffi::{
    ACL_ERROR_RT_FEATURE_NOT_SUPPORT, ACL_EVENT_CAPTURE_STREAM_PROGRESS, ACL_EVENT_DEVICE_USE_ONLY, ACL_EVENT_RECORDED_STATUS_COMPLETE,
    ACL_EVENT_RECORDED_STATUS_NOT_READY, ACL_EVENT_STATUS_COMPLETE, ACL_EVENT_STATUS_NOT_READY, ACL_EVENT_SYNC, ACL_EVENT_TIME_LINE,
    ACL_EVENT_WAIT_STATUS_COMPLETE, ACL_EVENT_WAIT_STATUS_NOT_READY, aclError, aclrtEvent, aclrtEventRecordedStatus, aclrtEventStatus,
    aclrtEventWaitStatus, aclrtStream,
};

use super::{Address, functions, give, invalid, limit};
use crate::context;
use crate::event::Event;
use crate::fault::{Fault, Outcome, call};
use crate::machine::{Object, machine};

pub(super) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclrtCreateEvent => create,
    aclrtCreateEventWithFlag => create_with_flag,
    aclrtCreateEventExWithFlag => create_ex_with_flag,
    aclrtDestroyEvent => destroy,
    aclrtRecordEvent => record,
    aclrtQueryEventStatus => query,
    aclrtSynchronizeEvent => synchronize,
    aclrtSynchronizeEventWithTimeout => synchronize_with_timeout,
    aclrtEventElapsedTime => elapsed,
    aclrtResetEvent => reset,
    aclrtQueryEvent => query_old,
    aclrtQueryEventWaitStatus => query_wait,
    aclrtEventGetTimestamp => timestamp,
    aclrtRecordEventWithFlag => record_with_flag,
    aclrtGetEventId => id,
    aclrtGetEventAvailNum => available,
};

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
    let known = ACL_EVENT_SYNC | ACL_EVENT_TIME_LINE | ACL_EVENT_CAPTURE_STREAM_PROGRESS | ACL_EVENT_DEVICE_USE_ONLY;
    if flag == 0 || flag & !known != 0 {
        return Err(invalid(format!("bits of {known:#x} asked of the flag, {flag:#x} found")));
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
fn find(event: aclrtEvent) -> Outcome<Arc<Event>> {
    machine().state().event(event)
}

pub(super) unsafe extern "C" fn reset(event: aclrtEvent, stream: aclrtStream) -> aclError {
    call("aclrtResetEvent", || find(event)?.reset(&*context::stream(stream)?))
}

pub(super) unsafe extern "C" fn query_old(event: aclrtEvent, status: *mut aclrtEventStatus) -> aclError {
    call("aclrtQueryEvent", || {
        let found = if find(event)?.complete()? { ACL_EVENT_STATUS_COMPLETE } else { ACL_EVENT_STATUS_NOT_READY };
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(status, found, "status") }
    })
}

/// A wait is over when the event is reached.
pub(super) unsafe extern "C" fn query_wait(event: aclrtEvent, status: *mut aclrtEventWaitStatus) -> aclError {
    call("aclrtQueryEventWaitStatus", || {
        let found = if find(event)?.complete()? { ACL_EVENT_WAIT_STATUS_COMPLETE } else { ACL_EVENT_WAIT_STATUS_NOT_READY };
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(status, found, "status") }
    })
}

pub(super) unsafe extern "C" fn timestamp(event: aclrtEvent, us: *mut u64) -> aclError {
    call("aclrtEventGetTimestamp", || {
        let found = find(event)?.timestamp_us()?;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(us, found, "timestamp") }
    })
}

/// Flags say whether an event of a capture is seen from outside; such events are not simulated.
pub(super) unsafe extern "C" fn record_with_flag(event: aclrtEvent, stream: aclrtStream, flag: u32) -> aclError {
    call("aclrtRecordEventWithFlag", || {
        if flag != 0 {
            return Err(Fault::misuse(ACL_ERROR_RT_FEATURE_NOT_SUPPORT, format!("the flag {flag} is not simulated, 0 is")));
        }
        find(event)?.record(&*context::stream(stream)?)
    })
}

pub(super) unsafe extern "C" fn id(event: aclrtEvent, id: *mut u32) -> aclError {
    call("aclrtGetEventId", || {
        find(event)?;
        // Handles count up by 16.
        let number = (event as usize >> 4) as u32;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(id, number, "eventId") }
    })
}

/// There is no limit but the system's.
pub(super) unsafe extern "C" fn available(number: *mut u32) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtGetEventAvailNum", || context::current().and_then(|_| unsafe { give(number, 65536, "eventCount") }))
}
