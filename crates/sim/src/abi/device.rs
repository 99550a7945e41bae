//! Devices.

use std::ffi::c_char;

use ascend_sys::ffi::{
    ACL_DEV_ATTR_AICORE_CORE_NUM, ACL_DEV_ATTR_AICPU_CORE_NUM, ACL_DEV_ATTR_CUBE_CORE_NUM, ACL_DEV_ATTR_IS_VIRTUAL,
    ACL_DEV_ATTR_L2_CACHE_SIZE, ACL_DEV_ATTR_NPU_ARCH, ACL_DEV_ATTR_PHY_CHIP_ID, ACL_DEV_ATTR_TOTAL_GLOBAL_MEM_SIZE,
    ACL_DEV_ATTR_UBUF_PER_VECTOR_CORE, ACL_DEV_ATTR_VECTOR_CORE_NUM, ACL_DEVICE_INFO_AI_CORE_NUM, ACL_DEVICE_INFO_L2_SIZE,
    ACL_DEVICE_INFO_VECTOR_CORE_NUM, ACL_ERROR_RT_INVALID_DEVICEID, ACL_HOST, ACL_RT_DEVICE_STATUS_NORMAL, ACL_RT_DEVS_TOPOLOGY_HCCS,
    aclDeviceInfo, aclError, aclrtDevAttr, aclrtDevFeatureType, aclrtDeviceStatus, aclrtRunMode, aclrtUtilizationInfo, aclrtUuid,
};

use super::{Address, functions, give, give_text, invalid, limit};
use crate::config::Chip;
use crate::context::{self, Context, set_current};
use crate::fault::{Fault, Outcome, call, report};
use crate::faults;
use crate::machine::{Object, Primary, machine};
use crate::peer;

pub(super) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclrtSetDevice => set,
    aclrtResetDevice => reset,
    aclrtGetDevice => get,
    aclrtGetDeviceCount => count,
    aclrtGetRunMode => run_mode,
    aclrtResetDeviceForce => reset_force,
    aclrtGetDeviceUtilizationRate => utilisation,
    aclrtQueryDeviceStatus => status,
    aclrtDeviceTaskAbort => abort,
    aclrtDeviceCanAccessPeer => can_access_peer,
    aclrtDeviceEnablePeerAccess => enable_peer,
    aclrtDeviceDisablePeerAccess => disable_peer,
    aclrtDevicePeerAccessStatus => peer_status,
    aclrtGetDevicesTopo => topology,
    aclGetDeviceCapability => capability,
    aclrtGetDeviceInfo => info,
    aclrtGetDeviceCapability => feature,
    aclrtDeviceGetUuid => uuid,
    aclrtDeviceGetStreamPriorityRange => priorities,
    aclrtDeviceGetPCIBusId => pci_bus,
    aclrtDeviceGetBareTgid => process_id,
    aclrtGetPhyDevIdByLogicDevId => physical_id,
    aclrtGetLogicDevIdByPhyDevId => logical_id,
    aclrtSynchronizeDevice => synchronize,
    aclrtSynchronizeDeviceWithTimeout => synchronize_with_timeout,
};

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
    call("aclrtResetDevice", || end("aclrtResetDevice", checked(device)?, false))
}

/// Ends the device's own context, however often the device was set.
pub(super) unsafe extern "C" fn reset_force(device: i32) -> aclError {
    call("aclrtResetDeviceForce", || end("aclrtResetDeviceForce", checked(device)?, true))
}

fn end(name: &str, device: u32, force: bool) -> Outcome {
    let mut state = machine().state();
    let Some(primary) = state.primaries.get_mut(&device).filter(|primary| primary.users > 0) else {
        return Err(Fault::misuse(ACL_ERROR_RT_INVALID_DEVICEID, format!("device {device} is not set; nothing to reset")));
    };
    primary.users = if force { 0 } else { primary.users - 1 };
    faults::device_reset(device);
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
        report(format!("{name}: stream {handle:#x} of device {device} was not destroyed"));
        stream.tear_down();
    }
    primary.context.end();
    Ok(())
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
pub(super) fn wait(timeout: Option<std::time::Duration>) -> Outcome {
    let context = context::current()?;
    let streams = machine().state().streams_of(context.handle());
    let outcomes = streams.iter().map(|(_, stream)| stream).chain([context.default_stream()]).map(|stream| stream.synchronise(timeout));
    // All are waited for, whatever the first says.
    outcomes.fold(Ok(()), Result::and)
}

/// Nothing is measured: every unit is idle, as a card is that has done nothing lately.
pub(super) unsafe extern "C" fn utilisation(device: i32, info: *mut aclrtUtilizationInfo) -> aclError {
    call("aclrtGetDeviceUtilizationRate", || {
        let device = checked(device)?;
        let (free, total) = machine().memory().info(device);
        let used_percent = i32::try_from((total - free) * 100 / total).unwrap_or(100);
        let found = aclrtUtilizationInfo {
            cubeUtilization: 0,
            vectorUtilization: 0,
            aicpuUtilization: 0,
            memoryUtilization: used_percent,
            utilizationExtend: std::ptr::null_mut(),
        };
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(info, found, "utilizationInfo") }
    })
}

pub(super) unsafe extern "C" fn status(device: i32, status: *mut aclrtDeviceStatus) -> aclError {
    call("aclrtQueryDeviceStatus", || {
        checked(device)?;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(status, ACL_RT_DEVICE_STATUS_NORMAL, "deviceStatus") }
    })
}

/// Ends what runs on every stream of the device and drops what waits. The streams can be used again.
pub(super) unsafe extern "C" fn abort(device: i32, timeout_ms: u32) -> aclError {
    call("aclrtDeviceTaskAbort", || {
        let device = checked(device)?;
        let (streams, contexts) = {
            let state = machine().state();
            (state.streams_on(device), state.contexts_on(device))
        };
        streams.iter().for_each(|stream| stream.abort());
        contexts.iter().for_each(|context| context.halt().clear());
        let limit = (timeout_ms > 0).then(|| std::time::Duration::from_millis(timeout_ms.into()));
        streams.iter().try_for_each(|stream| stream.settle(limit))
    })
}

pub(super) unsafe extern "C" fn can_access_peer(can: *mut i32, device: i32, peer: i32) -> aclError {
    call("aclrtDeviceCanAccessPeer", || {
        let (device, peer) = (checked(device)?, checked(peer)?);
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(can, i32::from(device != peer), "canAccessPeer") }
    })
}

/// Another device than the calling thread's.
fn checked_peer(peer: i32) -> Outcome<(u32, u32)> {
    let (device, peer) = (context::current()?.device(), checked(peer)?);
    if device == peer {
        return Err(invalid(format!("another device asked than the current one, {device}")));
    }
    Ok((device, peer))
}

pub(super) unsafe extern "C" fn enable_peer(peer: i32, flags: u32) -> aclError {
    call("aclrtDeviceEnablePeerAccess", || {
        let (device, peer) = checked_peer(peer)?;
        if flags != 0 {
            return Err(invalid(format!("the flags must be 0, {flags} found")));
        }
        peer::enable(device, peer);
        Ok(())
    })
}

pub(super) unsafe extern "C" fn disable_peer(peer: i32) -> aclError {
    call("aclrtDeviceDisablePeerAccess", || {
        let (device, peer) = checked_peer(peer)?;
        if peer::disable(device, peer) { Ok(()) } else { Err(invalid(format!("device {device} has no access to device {peer}"))) }
    })
}

pub(super) unsafe extern "C" fn peer_status(device: i32, peer: i32, status: *mut i32) -> aclError {
    call("aclrtDevicePeerAccessStatus", || {
        let enabled = peer::is_enabled(checked(device)?, checked(peer)?);
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(status, enabled.into(), "status") }
    })
}

/// All devices are linked with each other, as in a server of eight.
pub(super) unsafe extern "C" fn topology(device: u32, other: u32, links: *mut u64) -> aclError {
    call("aclrtGetDevicesTopo", || {
        checked(device.cast_signed())?;
        checked(other.cast_signed())?;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(links, ACL_RT_DEVS_TOPOLOGY_HCCS.into(), "value") }
    })
}

pub(super) unsafe extern "C" fn capability(device: u32, info: aclDeviceInfo, value: *mut i64) -> aclError {
    call("aclGetDeviceCapability", || {
        checked(device.cast_signed())?;
        let chip = Chip::of(&machine().config().soc);
        let found = match info {
            ACL_DEVICE_INFO_AI_CORE_NUM => chip.cube_cores.into(),
            ACL_DEVICE_INFO_VECTOR_CORE_NUM => chip.vector_cores.into(),
            ACL_DEVICE_INFO_L2_SIZE => chip.l2_bytes.cast_signed(),
            other => return Err(invalid(format!("a capability from 0 to 2 asked, {other} found"))),
        };
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(value, found, "value") }
    })
}

/// What a 910B has of the attributes; the rest belongs to other chips, or to machines that hold several servers.
pub(super) unsafe extern "C" fn info(device: u32, attribute: aclrtDevAttr, value: *mut i64) -> aclError {
    call("aclrtGetDeviceInfo", || {
        checked(device.cast_signed())?;
        let chip = Chip::of(&machine().config().soc);
        let found = match attribute {
            ACL_DEV_ATTR_AICPU_CORE_NUM => 6,
            ACL_DEV_ATTR_AICORE_CORE_NUM | ACL_DEV_ATTR_CUBE_CORE_NUM => chip.cube_cores.into(),
            ACL_DEV_ATTR_VECTOR_CORE_NUM => chip.vector_cores.into(),
            ACL_DEV_ATTR_UBUF_PER_VECTOR_CORE => 192 << 10,
            ACL_DEV_ATTR_TOTAL_GLOBAL_MEM_SIZE => machine().config().memory_bytes.cast_signed(),
            ACL_DEV_ATTR_L2_CACHE_SIZE => chip.l2_bytes.cast_signed(),
            ACL_DEV_ATTR_PHY_CHIP_ID => device.into(),
            ACL_DEV_ATTR_IS_VIRTUAL => 0,
            ACL_DEV_ATTR_NPU_ARCH => 2201,
            other => {
                let what = format!("the attribute {other} is not simulated");
                return Err(Fault::misuse(ascend_sys::ffi::ACL_ERROR_RT_FEATURE_NOT_SUPPORT, what));
            }
        };
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(value, found, "value") }
    })
}

/// None of the optional features is there.
pub(super) unsafe extern "C" fn feature(device: i32, _feature: aclrtDevFeatureType, value: *mut i32) -> aclError {
    call("aclrtGetDeviceCapability", || {
        checked(device)?;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(value, 0, "value") }
    })
}

/// The same in each process: the name of the simulation and the device's number.
pub(super) unsafe extern "C" fn uuid(device: i32, uuid: *mut aclrtUuid) -> aclError {
    call("aclrtDeviceGetUuid", || {
        let device = checked(device)?;
        let mut bytes = *b"ascend-sim\0\0\0\0\0\0";
        bytes[15] = device as u8;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(uuid, aclrtUuid { bytes: bytes.map(|byte| byte as c_char) }, "uuid") }
    })
}

pub(super) unsafe extern "C" fn priorities(least: *mut i32, greatest: *mut i32) -> aclError {
    call("aclrtDeviceGetStreamPriorityRange", || {
        // SAFETY: the caller's pointers are null or valid, by the function's rules.
        unsafe {
            give(least, 7, "leastPriority")?;
            give(greatest, 0, "greatestPriority")
        }
    })
}

pub(super) unsafe extern "C" fn pci_bus(device: i32, text: *mut c_char, room: i32) -> aclError {
    call("aclrtDeviceGetPCIBusId", || {
        let bus = format!("0000:{:02x}:00.0", 0xC1 + checked(device)?);
        // SAFETY: the caller's array is null or has that much room, by the function's rules.
        unsafe { give_text(text, usize::try_from(room).unwrap_or(0), &bus, "pciBusId") }
    })
}

pub(super) unsafe extern "C" fn process_id(pid: *mut i32) -> aclError {
    // SAFETY: the caller's pointer is null or valid, by the function's rules.
    call("aclrtDeviceGetBareTgid", || unsafe { give(pid, std::process::id().cast_signed(), "pid") })
}

/// Devices have the same number in every numbering.
pub(super) unsafe extern "C" fn physical_id(logical: i32, physical: *mut i32) -> aclError {
    call("aclrtGetPhyDevIdByLogicDevId", || {
        checked(logical)?;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(physical, logical, "phyDevId") }
    })
}

pub(super) unsafe extern "C" fn logical_id(physical: i32, logical: *mut i32) -> aclError {
    call("aclrtGetLogicDevIdByPhyDevId", || {
        checked(physical)?;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(logical, physical, "logicDevId") }
    })
}
