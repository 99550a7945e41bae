//! Contexts.

use ascend_sys::ffi::{ACL_ERROR_RT_PARAM_INVALID, aclError, aclrtContext};

use super::{Address, device, functions, give};
use crate::context::{self, Context};
use crate::fault::{Fault, call};
use crate::machine::{Object, machine};

pub(super) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclrtCreateContext => create,
    aclrtDestroyContext => destroy,
    aclrtSetCurrentContext => set_current,
    aclrtGetCurrentContext => get_current,
};

pub(super) unsafe extern "C" fn create(context: *mut aclrtContext, device: i32) -> aclError {
    call("aclrtCreateContext", || {
        machine().initialised()?;
        let device = device::checked(device)?;
        let mut made = None;
        let handle = machine().state().add(|handle| Object::Context(made.insert(Context::new(handle, device)).clone()));
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        let given = unsafe { give(context, handle as aclrtContext, "context") };
        if given.is_err() {
            machine().state().remove(handle as *const _);
        }
        context::set_current(made.filter(|_| given.is_ok()).or_else(|| context::current().ok()));
        given
    })
}

pub(super) unsafe extern "C" fn destroy(context: aclrtContext) -> aclError {
    call("aclrtDestroyContext", || {
        let mut state = machine().state();
        let found = state.context(context)?;
        if state.primaries.values().any(|primary| primary.context.handle() == found.handle()) {
            let what = format!("the context {context:p} is the own one of device {}; aclrtResetDevice ends it", found.device());
            return Err(Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, what));
        }
        if let Some((stream, _)) = state.streams_of(found.handle()).first() {
            let what = format!("the context {context:p} still has the stream {stream:#x}; destroy its streams first");
            return Err(Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, what));
        }
        state.remove(context);
        drop(state);
        found.end();
        Ok(())
    })
}

pub(super) unsafe extern "C" fn set_current(context: aclrtContext) -> aclError {
    call("aclrtSetCurrentContext", || {
        context::set_current(Some(machine().state().context(context)?));
        Ok(())
    })
}

pub(super) unsafe extern "C" fn get_current(context: *mut aclrtContext) -> aclError {
    call("aclrtGetCurrentContext", || {
        let current = context::current()?.handle();
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(context, current as aclrtContext, "context") }
    })
}
