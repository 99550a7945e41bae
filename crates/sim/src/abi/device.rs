//! Devices.

use ascend_sys::ffi::{ACL_ERROR_RT_INVALID_DEVICEID, ACL_HOST, aclError, aclrtRunMode};

use super::{give, limit};
use crate::context::{self, Context, set_current};
use crate::fault::{Fault, Outcome, call, report};
use crate::machine::{Object, Primary, machine};

/// The number of a device that exists.
pub(super) fn checked(device: i32) -> Outcome<u32> {
    let devices = machine().config().devices;
    let number = u32::try_from(device).ok().filter(|number| *number < devices);
    number.ok_or_else(|| Fault::refused(ACL_ERROR_RT_INVALID_DEVICEID, format!("device {device} asked, there are {devices} from 0")))
}

/// Makes the device's own context current in the calling thread, and counts one more user of it.
pub(super) unsafe extern "C" fn set(device: i32) -> aclError {
    call("aclrtSetDevice", || {
        machine().initialised()?;
        let device = checked(device)?;
        let mut state = machine().state();
        if !state.primaries.contains_key(&device) {
            let mut made = None;
            state.add(|handle| Object::Context(made.insert(Context::new(handle, device)).clone()));
            state.primaries.extend(made.map(|context| (device, Primary { context, users: 0 })));
        }
        let primary = state.primaries.get_mut(&device).map(|primary| {
            primary.users += 1;
            primary.context.clone()
        });
        set_current(primary);
        Ok(())
    })
}

/// Undoes one `aclrtSetDevice`; the last one ends the device's own context.
pub(super) unsafe extern "C" fn reset(device: i32) -> aclError {
    call("aclrtResetDevice", || {
        let device = checked(device)?;
        let mut state = machine().state();
        let Some(primary) = state.primaries.get_mut(&device).filter(|primary| primary.users > 0) else {
            return Err(Fault::misuse(ACL_ERROR_RT_INVALID_DEVICEID, format!("device {device} is not set; nothing to reset")));
        };
        primary.users -= 1;
        if primary.users > 0 {
            return Ok(());
        }
        let Some(primary) = state.primaries.remove(&device) else { return Ok(()) };
        let streams = state.streams_of(primary.context.handle());
        state.remove(primary.context.handle() as *const _);
        for (handle, _) in &streams {
            state.remove(*handle as *const _);
        }
        drop(state);
        for (handle, stream) in streams {
            report(format!("aclrtResetDevice: stream {handle:#x} of device {device} was not destroyed"));
            stream.tear_down();
        }
        primary.context.end();
        Ok(())
    })
}

pub(super) unsafe extern "C" fn get(device: *mut i32) -> aclError {
    call("aclrtGetDevice", || {
        let current = context::current()?.device();
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(device, current.cast_signed(), "deviceId") }
    })
}

pub(super) unsafe extern "C" fn count(count: *mut u32) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtGetDeviceCount", || unsafe { give(count, machine().config().devices, "count") })
}

pub(super) unsafe extern "C" fn run_mode(mode: *mut aclrtRunMode) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtGetRunMode", || unsafe { give(mode, ACL_HOST, "runMode") })
}

pub(super) unsafe extern "C" fn synchronize() -> aclError {
    call("aclrtSynchronizeDevice", || wait(None))
}

pub(super) unsafe extern "C" fn synchronize_with_timeout(timeout_ms: i32) -> aclError {
    call("aclrtSynchronizeDeviceWithTimeout", || wait(limit(timeout_ms)?))
}

/// Waits for every stream of the calling thread's context.
fn wait(timeout: Option<std::time::Duration>) -> Outcome {
    let context = context::current()?;
    let streams = machine().state().streams_of(context.handle());
    let outcomes = streams.iter().map(|(_, stream)| stream).chain([context.default_stream()]).map(|stream| stream.synchronise(timeout));
    // All are waited for, whatever the first says.
    outcomes.fold(Ok(()), Result::and)
}
