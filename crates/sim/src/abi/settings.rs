//! What a program sets for the process, a device or a thread, and asks for again.

use ascend_sys::ffi::{
    ACL_OPT_DETERMINISTIC, ACL_OPT_ENABLE_KERNEL_EARLY_START, ACL_RT_DEV_RES_CUBE_CORE, ACL_RT_DEV_RES_VECTOR_CORE,
    ACL_RT_OVERFLOW_MODE_INFNAN, ACL_RT_OVERFLOW_MODE_SATURATION, aclError, aclSysParamOpt, aclrtDevResLimitType, aclrtFloatOverflowMode,
    aclrtStream,
};

use super::{Address, device, functions, give, invalid};
use crate::config::Chip;
use crate::context;
use crate::fault::{Fault, Outcome, call};
use crate::machine::machine;

pub(super) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclrtSetOpWaitTimeout => set_wait_timeout,
    aclrtSetOpExecuteTimeOut => set_execute_timeout,
    aclrtSetOpExecuteTimeOutWithMs => set_execute_timeout_ms,
    aclrtSetOpExecuteTimeOutV2 => set_execute_timeout_v2,
    aclrtGetOpTimeOutInterval => timeout_interval,
    aclrtGetOpExecuteTimeout => execute_timeout,
    aclrtSetDeviceSatMode => set_saturation,
    aclrtGetDeviceSatMode => saturation,
    aclrtSetSysParamOpt => set_system_option,
    aclrtGetSysParamOpt => system_option,
    aclrtCtxSetSysParamOpt => set_context_option,
    aclrtCtxGetSysParamOpt => context_option,
    aclrtSetDeviceResLimit => set_resource_limit,
    aclrtGetDeviceResLimit => resource_limit,
    aclrtResetDeviceResLimit => reset_resource_limit,
    aclrtGetResInCurrentThread => thread_resources,
    aclrtUseStreamResInCurrentThread => use_stream_resources,
    aclrtUnuseStreamResInCurrentThread => unuse_stream_resources,
};

/// How long a stream waits for an event at most, in milliseconds; absent for ever.
pub(crate) const WAIT_TIMEOUT: &str = "wait timeout";
/// How long an operator runs at most, in milliseconds; absent for ever.
pub(crate) const EXECUTE_TIMEOUT: &str = "execute timeout";

/// A limit of 0 is none.
fn keep_timeout(name: &'static str, ms: u64) {
    machine().set(name, 0, i64::try_from(ms).ok().filter(|ms| *ms > 0));
}

/// In seconds.
pub(super) unsafe extern "C" fn set_wait_timeout(seconds: u32) -> aclError {
    call("aclrtSetOpWaitTimeout", || {
        keep_timeout(WAIT_TIMEOUT, u64::from(seconds) * 1000);
        Ok(())
    })
}

/// In seconds.
pub(super) unsafe extern "C" fn set_execute_timeout(seconds: u32) -> aclError {
    call("aclrtSetOpExecuteTimeOut", || {
        keep_timeout(EXECUTE_TIMEOUT, u64::from(seconds) * 1000);
        Ok(())
    })
}

pub(super) unsafe extern "C" fn set_execute_timeout_ms(ms: u32) -> aclError {
    call("aclrtSetOpExecuteTimeOutWithMs", || {
        keep_timeout(EXECUTE_TIMEOUT, ms.into());
        Ok(())
    })
}

/// In microseconds; the simulation keeps whole milliseconds, rounded up.
pub(super) unsafe extern "C" fn set_execute_timeout_v2(us: u64, actual: *mut u64) -> aclError {
    call("aclrtSetOpExecuteTimeOutV2", || {
        let ms = us.div_ceil(1000);
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(actual, ms.saturating_mul(1000), "actualTimeout") }?;
        keep_timeout(EXECUTE_TIMEOUT, ms);
        Ok(())
    })
}

/// In microseconds.
pub(super) unsafe extern "C" fn timeout_interval(us: *mut u64) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtGetOpTimeOutInterval", || unsafe { give(us, 1000, "interval") })
}

pub(super) unsafe extern "C" fn execute_timeout(ms: *mut u32) -> aclError {
    call("aclrtGetOpExecuteTimeout", || {
        let set = machine().setting(EXECUTE_TIMEOUT, 0).and_then(|ms| u32::try_from(ms).ok());
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(ms, set.unwrap_or(0), "timeoutMs") }
    })
}

const SATURATION: &str = "saturation mode";

pub(super) unsafe extern "C" fn set_saturation(mode: aclrtFloatOverflowMode) -> aclError {
    call("aclrtSetDeviceSatMode", || {
        let device = context::current()?.device();
        if ![ACL_RT_OVERFLOW_MODE_SATURATION, ACL_RT_OVERFLOW_MODE_INFNAN].contains(&mode) {
            return Err(invalid(format!("saturation (0) or Inf/NaN (1) asked, {mode} found")));
        }
        machine().set(SATURATION, device.into(), Some(mode.into()));
        Ok(())
    })
}

/// Inf/NaN, unless something else was set.
pub(super) unsafe extern "C" fn saturation(mode: *mut aclrtFloatOverflowMode) -> aclError {
    call("aclrtGetDeviceSatMode", || {
        let set = machine().setting(SATURATION, context::current()?.device().into());
        let found = set.and_then(|mode| u32::try_from(mode).ok()).unwrap_or(ACL_RT_OVERFLOW_MODE_INFNAN);
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(mode, found, "mode") }
    })
}

const OPTIONS: [&str; 4] = ["deterministic", "debug kernel", "strong consistency", "early start"];

fn option_name(option: aclSysParamOpt) -> Outcome<&'static str> {
    let known = (ACL_OPT_DETERMINISTIC..=ACL_OPT_ENABLE_KERNEL_EARLY_START).contains(&option);
    let name = OPTIONS.get(option as usize).copied().filter(|_| known);
    name.ok_or_else(|| invalid(format!("an option from 0 to 3 asked, {option} found")))
}

/// The process's own options have a place that no context's handle has.
const PROCESS: u64 = 0;

pub(super) unsafe extern "C" fn set_system_option(option: aclSysParamOpt, value: i64) -> aclError {
    call("aclrtSetSysParamOpt", || {
        machine().set(option_name(option)?, PROCESS, Some(value));
        Ok(())
    })
}

/// # Safety
/// * `value` is null or valid for writing.
unsafe fn give_option(option: aclSysParamOpt, of: u64, value: *mut i64) -> Outcome {
    let name = option_name(option)?;
    let set = machine().setting(name, of).ok_or_else(|| {
        Fault::refused(ascend_sys::ffi::ACL_ERROR_RT_SYSPARAMOPT_NOT_SET, format!("the option {option} ({name}) has not been set"))
    })?;
    // SAFETY: the caller promises it.
    unsafe { give(value, set, "value") }
}

pub(super) unsafe extern "C" fn system_option(option: aclSysParamOpt, value: *mut i64) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtGetSysParamOpt", || unsafe { give_option(option, PROCESS, value) })
}

pub(super) unsafe extern "C" fn set_context_option(option: aclSysParamOpt, value: i64) -> aclError {
    call("aclrtCtxSetSysParamOpt", || {
        machine().set(option_name(option)?, context::current()?.handle() as u64, Some(value));
        Ok(())
    })
}

pub(super) unsafe extern "C" fn context_option(option: aclSysParamOpt, value: *mut i64) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtCtxGetSysParamOpt", || unsafe { give_option(option, context::current()?.handle() as u64, value) })
}

/// The setting of a kind of cores, and how many there are.
fn cores(kind: aclrtDevResLimitType) -> Outcome<(&'static str, u32)> {
    let chip = Chip::of(&machine().config().soc);
    match kind {
        ACL_RT_DEV_RES_CUBE_CORE => Ok(("cube cores", chip.cube_cores)),
        ACL_RT_DEV_RES_VECTOR_CORE => Ok(("vector cores", chip.vector_cores)),
        other => Err(invalid(format!("cube (0) or vector (1) cores asked, {other} found"))),
    }
}

pub(super) unsafe extern "C" fn set_resource_limit(device: i32, kind: aclrtDevResLimitType, value: u32) -> aclError {
    call("aclrtSetDeviceResLimit", || {
        let device = device::checked(device)?;
        let (name, all) = cores(kind)?;
        if value == 0 || value > all {
            return Err(invalid(format!("from 1 to {all} {name} asked, {value} found")));
        }
        machine().set(name, device.into(), Some(value.into()));
        Ok(())
    })
}

/// # Safety
/// * `value` is null or valid for writing.
unsafe fn give_limit(device: u32, kind: aclrtDevResLimitType, value: *mut u32) -> Outcome {
    let (name, all) = cores(kind)?;
    let set = machine().setting(name, device.into()).and_then(|set| u32::try_from(set).ok());
    // SAFETY: the caller promises it.
    unsafe { give(value, set.unwrap_or(all), "value") }
}

pub(super) unsafe extern "C" fn resource_limit(device: i32, kind: aclrtDevResLimitType, value: *mut u32) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtGetDeviceResLimit", || unsafe { give_limit(device::checked(device)?, kind, value) })
}

pub(super) unsafe extern "C" fn reset_resource_limit(device: i32) -> aclError {
    call("aclrtResetDeviceResLimit", || {
        let device = device::checked(device)?;
        for kind in [ACL_RT_DEV_RES_CUBE_CORE, ACL_RT_DEV_RES_VECTOR_CORE] {
            machine().set(cores(kind)?.0, device.into(), None);
        }
        Ok(())
    })
}

/// Limits of streams are not simulated: a thread has its device's.
pub(super) unsafe extern "C" fn thread_resources(kind: aclrtDevResLimitType, value: *mut u32) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtGetResInCurrentThread", || unsafe { give_limit(context::current()?.device(), kind, value) })
}

pub(super) unsafe extern "C" fn use_stream_resources(stream: aclrtStream) -> aclError {
    call("aclrtUseStreamResInCurrentThread", || context::stream(stream).map(drop))
}

pub(super) unsafe extern "C" fn unuse_stream_resources(stream: aclrtStream) -> aclError {
    call("aclrtUnuseStreamResInCurrentThread", || context::stream(stream).map(drop))
}
