//! Streams.

use std::ffi::c_void;
use std::time::Duration;

use ascend_sys::ffi::{
    ACL_CONTINUE_ON_FAILURE, ACL_ERROR_RT_FEATURE_NOT_SUPPORT, ACL_ERROR_RT_STREAM_NOT_COMPLETE, ACL_RT_STREAM_FLAG,
    ACL_RT_STREAM_PRIORITY, ACL_RT_STREAM_WORK_ADDR_PTR, ACL_RT_STREAM_WORK_SIZE, ACL_STOP_ON_FAILURE, ACL_STREAM_ATTR_CACHE_OP_INFO,
    ACL_STREAM_ATTR_FAILURE_MODE, ACL_STREAM_ATTR_FLOAT_OVERFLOW_CHECK, ACL_STREAM_ATTR_PRIORITY, ACL_STREAM_ATTR_USER_CUSTOM_TAG,
    ACL_STREAM_STATUS_COMPLETE, ACL_STREAM_STATUS_NOT_READY, aclError, aclrtEvent, aclrtHostFunc, aclrtStream, aclrtStreamAttr,
    aclrtStreamAttrValue, aclrtStreamConfigAttr, aclrtStreamConfigHandle, aclrtStreamStatus,
};

use super::{Address, functions, give, invalid, limit};
use crate::context;
use crate::fault::{Fault, Outcome, call};
use crate::machine::{Object, machine};
use crate::report::Callback;
use crate::stream::{Attributes, Stream};

pub(super) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclrtCreateStream => create,
    aclrtCreateStreamWithConfig => create_with_config,
    aclrtDestroyStream => destroy,
    aclrtDestroyStreamForce => destroy_force,
    aclrtSynchronizeStream => synchronize,
    aclrtSynchronizeStreamWithTimeout => synchronize_with_timeout,
    aclrtStreamQuery => query,
    aclrtStreamWaitEvent => wait_event,
    aclrtLaunchHostFunc => launch_host_function,
    aclrtCreateStreamConfigHandle => create_config,
    aclrtDestroyStreamConfigHandle => destroy_config,
    aclrtSetStreamConfigOpt => set_config,
    aclrtCreateStreamV2 => create_v2,
    aclrtStreamGetId => id,
    aclrtStreamGetPriority => priority,
    aclrtStreamGetFlags => flags,
    aclrtGetStreamAvailableNum => available,
    aclrtStreamAbort => abort,
    aclrtStreamStop => stop,
    aclrtStreamWaitEventWithTimeout => wait_event_with_timeout,
    aclrtStreamWaitEventWithFlag => wait_event_with_flag,
    aclrtSetStreamAttribute => set_attribute,
    aclrtGetStreamAttribute => attribute,
    aclrtSetStreamOverflowSwitch => set_overflow_switch,
    aclrtGetStreamOverflowSwitch => overflow_switch,
    aclrtCtxGetCurrentDefaultStream => default_stream,
    aclrtSetStreamFailureMode => set_failure_mode,
};

/// # Safety
/// * `stream` is null or valid for writing.
unsafe fn make(stream: *mut aclrtStream, attributes: Attributes) -> Outcome {
    let context = context::current()?;
    // SAFETY: the caller promises it.
    unsafe { give(stream, std::ptr::null_mut(), "stream") }?;
    if attributes.priority > 7 {
        return Err(invalid(format!("a priority from 0 to 7 asked, {} found", attributes.priority)));
    }
    let handle = machine().state().add(|_| Object::Stream(Stream::new(context.handle(), context.halt().clone(), attributes)));
    // SAFETY: the caller promises it.
    unsafe { give(stream, handle as aclrtStream, "stream") }
}

pub(super) unsafe extern "C" fn create(stream: *mut aclrtStream) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtCreateStream", || unsafe { make(stream, Attributes::default()) })
}

/// Priorities and launch modes are kept to be asked for; they are about speed, which is not simulated.
pub(super) unsafe extern "C" fn create_with_config(stream: *mut aclrtStream, priority: u32, flags: u32) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtCreateStreamWithConfig", || unsafe { make(stream, Attributes { priority, flags }) })
}

/// The program may look into the configuration: it is memory, not a handle.
pub(super) unsafe extern "C" fn create_config() -> *mut aclrtStreamConfigHandle {
    crate::calls::count("aclrtCreateStreamConfigHandle");
    let config = Box::new(aclrtStreamConfigHandle { workptr: std::ptr::null_mut(), workSize: 0, flag: 0, priority: 0 });
    let address = Box::into_raw(config);
    machine().set(CONFIG, address as u64, Some(1));
    address
}

/// Marks an address as one of a configuration that lives.
const CONFIG: &str = "stream configuration";

fn checked_config(config: *const aclrtStreamConfigHandle) -> Outcome {
    match machine().setting(CONFIG, config as u64) {
        Some(_) => Ok(()),
        None => Err(invalid(format!("{config:p} is no configuration that aclrtCreateStreamConfigHandle made and that still lives"))),
    }
}

pub(super) unsafe extern "C" fn destroy_config(config: *mut aclrtStreamConfigHandle) -> aclError {
    call("aclrtDestroyStreamConfigHandle", || {
        checked_config(config)?;
        machine().set(CONFIG, config as u64, None);
        // SAFETY: it came out of a box, and was not given back before.
        drop(unsafe { Box::from_raw(config) });
        Ok(())
    })
}

pub(super) unsafe extern "C" fn set_config(
    config: *mut aclrtStreamConfigHandle,
    attribute: aclrtStreamConfigAttr,
    value: *const c_void,
    bytes: usize,
) -> aclError {
    call("aclrtSetStreamConfigOpt", || {
        checked_config(config)?;
        let wanted = if attribute == ACL_RT_STREAM_PRIORITY { 4 } else { 8 };
        if value.is_null() || bytes != wanted {
            return Err(invalid(format!("a value of {wanted} bytes asked, {bytes} found")));
        }
        // SAFETY: the configuration lives; the value has as many bytes as were just checked, by the function's rules.
        unsafe {
            match attribute {
                ACL_RT_STREAM_WORK_ADDR_PTR => (*config).workptr = value.cast::<*mut c_void>().read_unaligned(),
                ACL_RT_STREAM_WORK_SIZE => (*config).workSize = value.cast::<usize>().read_unaligned(),
                ACL_RT_STREAM_FLAG => (*config).flag = value.cast::<usize>().read_unaligned(),
                ACL_RT_STREAM_PRIORITY => (*config).priority = value.cast::<u32>().read_unaligned(),
                other => return Err(invalid(format!("an attribute from 0 to 3 asked, {other} found"))),
            }
        }
        Ok(())
    })
}

pub(super) unsafe extern "C" fn create_v2(stream: *mut aclrtStream, config: *const aclrtStreamConfigHandle) -> aclError {
    call("aclrtCreateStreamV2", || {
        checked_config(config)?;
        // SAFETY: the configuration lives.
        let (flags, priority) = unsafe { ((*config).flag, (*config).priority) };
        let flags = u32::try_from(flags).map_err(|_| invalid(format!("flags of 32 bits asked, {flags:#x} found")))?;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { make(stream, Attributes { priority, flags }) }
    })
}

pub(super) unsafe extern "C" fn id(stream: aclrtStream, id: *mut i32) -> aclError {
    call("aclrtStreamGetId", || {
        let number = context::stream(stream)?.id() as i32;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(id, number, "streamId") }
    })
}

pub(super) unsafe extern "C" fn priority(stream: aclrtStream, priority: *mut u32) -> aclError {
    call("aclrtStreamGetPriority", || {
        let found = context::stream(stream)?.attributes().priority;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(priority, found, "priority") }
    })
}

pub(super) unsafe extern "C" fn flags(stream: aclrtStream, flags: *mut u32) -> aclError {
    call("aclrtStreamGetFlags", || {
        let found = context::stream(stream)?.attributes().flags;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(flags, found, "flags") }
    })
}

/// There is no limit but the system's.
pub(super) unsafe extern "C" fn available(number: *mut u32) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtGetStreamAvailableNum", || context::current().and_then(|_| unsafe { give(number, 1984, "streamCount") }))
}

/// Ends what runs on the stream and drops what waits. The stream can be used again.
pub(super) unsafe extern "C" fn abort(stream: aclrtStream) -> aclError {
    call("aclrtStreamAbort", || {
        let found = context::stream(stream)?;
        found.abort();
        found.settle(None)
    })
}

/// Drops what has not begun; what runs ends by itself.
pub(super) unsafe extern "C" fn stop(stream: aclrtStream) -> aclError {
    call("aclrtStreamStop", || {
        context::stream(stream)?.abort();
        Ok(())
    })
}

/// Up to 0 there is no limit.
pub(super) unsafe extern "C" fn wait_event_with_timeout(stream: aclrtStream, event: aclrtEvent, timeout_ms: i32) -> aclError {
    call("aclrtStreamWaitEventWithTimeout", || {
        let event = machine().state().event(event)?;
        let limit = u64::try_from(timeout_ms).ok().filter(|ms| *ms > 0).map(Duration::from_millis);
        event.wait_on(&context::stream(stream)?, limit)
    })
}

/// Flags say whether an event of a capture comes from outside; such events are not simulated.
pub(super) unsafe extern "C" fn wait_event_with_flag(stream: aclrtStream, event: aclrtEvent, timeout_ms: u32, flag: u32) -> aclError {
    call("aclrtStreamWaitEventWithFlag", || {
        if flag != 0 {
            return Err(Fault::misuse(ACL_ERROR_RT_FEATURE_NOT_SUPPORT, format!("the flag {flag} is not simulated, 0 is")));
        }
        let event = machine().state().event(event)?;
        let limit = (timeout_ms > 0).then(|| Duration::from_millis(timeout_ms.into()));
        event.wait_on(&context::stream(stream)?, limit)
    })
}

fn failure_mode(stream: aclrtStream, mode: u64) -> Outcome {
    match u32::try_from(mode) {
        // Since 9.0 the default stream has a mode, on this chip.
        Ok(_) if stream.is_null() && machine().config().cann.major < 9 => {
            Err(invalid("the mode of the default stream cannot be set before CANN 9.0"))
        }
        Ok(mode @ (ACL_CONTINUE_ON_FAILURE | ACL_STOP_ON_FAILURE)) => {
            context::stream(stream)?.set_stop_on_failure(mode == ACL_STOP_ON_FAILURE)
        }
        _ => Err(invalid(format!("ACL_CONTINUE_ON_FAILURE (0) or ACL_STOP_ON_FAILURE (1) asked, {mode} found"))),
    }
}

/// A second setting is refused. On an Atlas A2, the other streams of the context stop too, and take no new task (CANN 8.5 and 9.0). What makes them work again the
/// documents do not say: here a new context does, or `aclrtDeviceTaskAbort`.
pub(super) unsafe extern "C" fn set_failure_mode(stream: aclrtStream, mode: u64) -> aclError {
    call("aclrtSetStreamFailureMode", || failure_mode(stream, mode))
}

const OVERFLOW: &str = "overflow switch";
/// What a stream is told for tools that are not simulated: kept, and without effect.
const TAG: &str = "custom tag";
const CACHE_OP_INFO: &str = "operators' information is cached";

pub(super) unsafe extern "C" fn set_attribute(stream: aclrtStream, which: aclrtStreamAttr, value: *mut aclrtStreamAttrValue) -> aclError {
    call("aclrtSetStreamAttribute", || {
        let found = context::stream(stream)?;
        if value.is_null() {
            return Err(invalid("value is null"));
        }
        // SAFETY: the caller's pointer is valid if it is not null, by the function's rules; every bit pattern is a number.
        let (mode, switch) = unsafe { ((*value).failureMode, (*value).overflowSwitch) };
        match which {
            ACL_STREAM_ATTR_FAILURE_MODE => failure_mode(stream, mode),
            ACL_STREAM_ATTR_FLOAT_OVERFLOW_CHECK => {
                machine().set(OVERFLOW, found.id(), Some(switch.into()));
                Ok(())
            }
            ACL_STREAM_ATTR_USER_CUSTOM_TAG => {
                machine().set(TAG, found.id(), Some(switch.into()));
                Ok(())
            }
            ACL_STREAM_ATTR_CACHE_OP_INFO if switch > 1 => Err(invalid(format!("0 or 1 asked, {switch} found"))),
            ACL_STREAM_ATTR_CACHE_OP_INFO => {
                machine().set(CACHE_OP_INFO, found.id(), Some(switch.into()));
                Ok(())
            }
            other => Err(Fault::misuse(ACL_ERROR_RT_FEATURE_NOT_SUPPORT, format!("the attribute {other} is not simulated"))),
        }
    })
}

pub(super) unsafe extern "C" fn attribute(stream: aclrtStream, which: aclrtStreamAttr, value: *mut aclrtStreamAttrValue) -> aclError {
    call("aclrtGetStreamAttribute", || {
        let found = context::stream(stream)?;
        let number = match which {
            ACL_STREAM_ATTR_FAILURE_MODE => found.stop_on_failure().into(),
            ACL_STREAM_ATTR_FLOAT_OVERFLOW_CHECK => machine().setting(OVERFLOW, found.id()).unwrap_or(0).cast_unsigned(),
            ACL_STREAM_ATTR_USER_CUSTOM_TAG => machine().setting(TAG, found.id()).unwrap_or(0).cast_unsigned(),
            ACL_STREAM_ATTR_CACHE_OP_INFO => machine().setting(CACHE_OP_INFO, found.id()).unwrap_or(0).cast_unsigned(),
            ACL_STREAM_ATTR_PRIORITY => found.attributes().priority.into(),
            other => return Err(Fault::misuse(ACL_ERROR_RT_FEATURE_NOT_SUPPORT, format!("the attribute {other} is not simulated"))),
        };
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(value, aclrtStreamAttrValue { failureMode: number }, "value") }
    })
}

/// Overflow is not looked for; whether it should be is kept.
pub(super) unsafe extern "C" fn set_overflow_switch(stream: aclrtStream, flag: u32) -> aclError {
    call("aclrtSetStreamOverflowSwitch", || {
        machine().set(OVERFLOW, context::stream(stream)?.id(), Some(flag.into()));
        Ok(())
    })
}

pub(super) unsafe extern "C" fn overflow_switch(stream: aclrtStream, flag: *mut u32) -> aclError {
    call("aclrtGetStreamOverflowSwitch", || {
        let found = machine().setting(OVERFLOW, context::stream(stream)?.id()).unwrap_or(0);
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(flag, u32::try_from(found).unwrap_or(0), "flag") }
    })
}

/// Every function takes null for it.
pub(super) unsafe extern "C" fn default_stream(stream: *mut aclrtStream) -> aclError {
    call("aclrtCtxGetCurrentDefaultStream", || {
        context::current()?;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(stream, std::ptr::null_mut(), "stream") }
    })
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
        let found = if asked.query()? { ACL_STREAM_STATUS_COMPLETE } else { ACL_STREAM_STATUS_NOT_READY };
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(status, found, "status") }
    })
}

pub(super) unsafe extern "C" fn wait_event(stream: aclrtStream, event: aclrtEvent) -> aclError {
    call("aclrtStreamWaitEvent", || {
        let event = machine().state().event(event)?;
        event.wait_on(&context::stream(stream)?, None)
    })
}

pub(super) unsafe extern "C" fn launch_host_function(stream: aclrtStream, function: aclrtHostFunc, argument: *mut c_void) -> aclError {
    call("aclrtLaunchHostFunc", || {
        let function = function.ok_or_else(|| invalid("the function is null"))?;
        let callback = Callback { function, argument };
        context::stream(stream)?.submit(Vec::new(), move |_| {
            callback.run();
            Ok(())
        })
    })
}
