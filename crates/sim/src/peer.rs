//! Which devices may reach each other's memory.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ascend_sys::ffi::ACL_ERROR_RT_PARAM_INVALID;

use crate::fault::{Fault, Outcome};

/// Pairs of a device and a peer whose memory it may reach.
static ENABLED: Mutex<Option<HashSet<(u32, u32)>>> = Mutex::new(None);

fn enabled() -> MutexGuard<'static, Option<HashSet<(u32, u32)>>> {
    ENABLED.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn enable(device: u32, peer: u32) {
    enabled().get_or_insert_default().insert((device, peer));
}

pub(crate) fn disable(device: u32, peer: u32) -> bool {
    enabled().as_mut().is_some_and(|pairs| pairs.remove(&(device, peer)))
}

pub(crate) fn is_enabled(device: u32, peer: u32) -> bool {
    enabled().as_ref().is_some_and(|pairs| pairs.contains(&(device, peer)))
}

/// Refuses a copy between devices of which neither has been allowed to reach the other.
pub(crate) fn may_copy(from: u32, to: u32) -> Outcome {
    if from == to || is_enabled(from, to) || is_enabled(to, from) {
        return Ok(());
    }
    let what = format!("a copy from device {from} to device {to}, but aclrtDeviceEnablePeerAccess has allowed neither to reach the other");
    Err(Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, what))
}
