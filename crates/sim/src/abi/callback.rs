//! Callbacks that threads of the program run.

use std::ffi::c_void;

use ascend_sys::ffi::{ACL_CALLBACK_BLOCK, ACL_CALLBACK_NO_BLOCK, aclError, aclrtCallback, aclrtCallbackBlockType, aclrtStream};

use super::{Address, functions, invalid, limit};
use crate::context;
use crate::fault::{Fault, Outcome, call};
use crate::report::{self, Callback};

pub(super) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclrtSubscribeReport => subscribe,
    aclrtUnSubscribeReport => unsubscribe,
    aclrtProcessReport => process,
    aclrtLaunchCallback => launch,
    aclrtSubscribeHostFunc => subscribe_host,
    aclrtUnSubscribeHostFunc => unsubscribe_host,
    aclrtProcessHostFunc => process_host,
};

/// A captured callback could be run once by the threads that are subscribed now; so it is refused.
fn not_captured(stream: aclrtStream) -> Outcome<std::sync::Arc<crate::stream::Stream>> {
    let found = context::stream(stream)?;
    if found.capture().is_some() {
        return Err(Fault::misuse(ascend_sys::ffi::ACL_ERROR_RT_STREAM_CAPTURED, "a callback cannot be captured"));
    }
    Ok(found)
}

pub(super) unsafe extern "C" fn subscribe(thread: u64, stream: aclrtStream) -> aclError {
    call("aclrtSubscribeReport", || report::subscribe(thread, &*context::stream(stream)?))
}

pub(super) unsafe extern "C" fn unsubscribe(thread: u64, stream: aclrtStream) -> aclError {
    call("aclrtUnSubscribeReport", || report::unsubscribe(thread, &*context::stream(stream)?))
}

pub(super) unsafe extern "C" fn process(timeout_ms: i32) -> aclError {
    call("aclrtProcessReport", || report::process(limit(timeout_ms)?))
}

pub(super) unsafe extern "C" fn launch(
    function: aclrtCallback,
    argument: *mut c_void,
    block: aclrtCallbackBlockType,
    stream: aclrtStream,
) -> aclError {
    call("aclrtLaunchCallback", || {
        let function = function.ok_or_else(|| invalid("fn is null"))?;
        let blocking = match block {
            ACL_CALLBACK_NO_BLOCK => false,
            ACL_CALLBACK_BLOCK => true,
            other => return Err(invalid(format!("a block type of 0 or 1 asked, {other} found"))),
        };
        report::launch(&*not_captured(stream)?, Callback { function, argument }, blocking)
    })
}

pub(super) unsafe extern "C" fn subscribe_host(thread: u64, stream: aclrtStream) -> aclError {
    call("aclrtSubscribeHostFunc", || report::subscribe(thread, &*context::stream(stream)?))
}

pub(super) unsafe extern "C" fn unsubscribe_host(thread: u64, stream: aclrtStream) -> aclError {
    call("aclrtUnSubscribeHostFunc", || report::unsubscribe(thread, &*context::stream(stream)?))
}

pub(super) unsafe extern "C" fn process_host(timeout_ms: i32) -> aclError {
    call("aclrtProcessHostFunc", || report::process(limit(timeout_ms)?))
}
