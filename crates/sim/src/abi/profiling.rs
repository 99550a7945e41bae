//! Profiling, and markers for tools. Calls are accepted in the order that the documents want, and counted; nothing is measured.

use std::ffi::{CStr, c_char, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ascend_sys::ffi::*;

use super::{Address, functions, give, invalid};
use crate::calls::count;
use crate::context;
use crate::fault::{Fault, Outcome, call};
use crate::machine::{Object, machine};
use crate::ranges;

pub(super) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclprofInit => init,
    aclprofFinalize => finalize,
    aclprofSetConfig => set_config,
    aclprofCreateConfig => create_config,
    aclprofDestroyConfig => destroy_config,
    aclprofStart => start,
    aclprofStop => stop,
    aclprofCreateStepInfo => create_step,
    aclprofDestroyStepInfo => destroy_step,
    aclprofGetStepTimestamp => step_timestamp,
    aclprofCreateStamp => create_stamp,
    aclprofDestroyStamp => destroy_stamp,
    aclprofSetStampTraceMessage => set_message,
    aclprofMark => mark,
    aclprofMarkEx => mark_ex,
    aclprofPush => push,
    aclprofPop => pop,
    aclprofRangeStart => range_start,
    aclprofRangeStop => range_stop,
    mstxMarkA => mstx_mark,
    mstxRangeStartA => mstx_range_start,
    mstxRangeEnd => mstx_range_end,
    mstxDomainCreateA => mstx_domain_create,
    mstxDomainDestroy => mstx_domain_destroy,
    mstxDomainMarkA => mstx_domain_mark,
    mstxDomainRangeStartA => mstx_domain_range_start,
    mstxDomainRangeEnd => mstx_domain_range_end,
    mstxMemHeapRegister => mstx_heap_register,
    mstxMemHeapUnregister => mstx_heap_unregister,
    mstxMemRegionsRegister => mstx_regions_register,
    mstxMemRegionsUnregister => mstx_regions_unregister,
};

const INITIALISED: &str = "profiling";
const CONFIG: &str = "profiling configuration";
const STEP: &str = "profiling step";
const STAMP: &str = "profiling stamp";

fn initialised() -> Outcome {
    let runs = machine().setting(INITIALISED, 0).map(drop);
    runs.ok_or_else(|| Fault::misuse(ACL_ERROR_PROF_NOT_RUN, "profiling has not begun; aclprofInit comes first"))
}

pub(super) unsafe extern "C" fn init(path: *const c_char, length: usize) -> aclError {
    call("aclprofInit", || {
        machine().initialised()?;
        if path.is_null() || length == 0 {
            return Err(invalid("the path is null or empty"));
        }
        if machine().setting(INITIALISED, 0).is_some() {
            return Err(Fault::misuse(ACL_ERROR_PROF_ALREADY_RUN, "profiling has begun already"));
        }
        machine().set(INITIALISED, 0, Some(1));
        Ok(())
    })
}

pub(super) unsafe extern "C" fn finalize() -> aclError {
    call("aclprofFinalize", || {
        initialised()?;
        machine().set(INITIALISED, 0, None);
        Ok(())
    })
}

pub(super) unsafe extern "C" fn set_config(_kind: aclprofConfigType, config: *const c_char, length: usize) -> aclError {
    call("aclprofSetConfig", || if config.is_null() || length == 0 { Err(invalid("config is null or empty")) } else { Ok(()) })
}

fn make(kind: &'static str) -> usize {
    machine().state().add(|_| Object::Other(kind, Arc::new(())))
}

fn check(handle: *const c_void, kind: &'static str) -> Outcome {
    machine().state().other::<()>(handle, kind).map(drop)
}

fn destroy(handle: *const c_void, kind: &'static str) -> Outcome {
    machine().state().take::<()>(handle, kind).map(drop)
}

pub(super) unsafe extern "C" fn create_config(
    devices: *mut u32,
    number: u32,
    _metrics: aclprofAicoreMetrics,
    _events: *const aclprofAicoreEvents,
    _data: u64,
) -> *mut aclprofConfig {
    let mut made = 0;
    call("aclprofCreateConfig", || {
        if devices.is_null() || number == 0 {
            return Err(invalid("the list of devices is null or empty"));
        }
        made = make(CONFIG);
        Ok(())
    });
    made as *mut aclprofConfig
}

pub(super) unsafe extern "C" fn destroy_config(config: *const aclprofConfig) -> aclError {
    call("aclprofDestroyConfig", || destroy(config.cast(), CONFIG))
}

pub(super) unsafe extern "C" fn start(config: *const aclprofConfig) -> aclError {
    call("aclprofStart", || initialised().and_then(|()| check(config.cast(), CONFIG)))
}

pub(super) unsafe extern "C" fn stop(config: *const aclprofConfig) -> aclError {
    call("aclprofStop", || initialised().and_then(|()| check(config.cast(), CONFIG)))
}

pub(super) unsafe extern "C" fn create_step() -> *mut aclprofStepInfo {
    count("aclprofCreateStepInfo");
    make(STEP) as *mut aclprofStepInfo
}

pub(super) unsafe extern "C" fn destroy_step(step: *mut aclprofStepInfo) {
    call("aclprofDestroyStepInfo", || destroy(step.cast(), STEP));
}

pub(super) unsafe extern "C" fn step_timestamp(step: *mut aclprofStepInfo, _tag: aclprofStepTag, stream: aclrtStream) -> aclError {
    call("aclprofGetStepTimestamp", || {
        check(step.cast(), STEP)?;
        context::stream(stream).map(drop)
    })
}

pub(super) unsafe extern "C" fn create_stamp() -> *mut c_void {
    count("aclprofCreateStamp");
    make(STAMP) as *mut c_void
}

pub(super) unsafe extern "C" fn destroy_stamp(stamp: *mut c_void) {
    call("aclprofDestroyStamp", || destroy(stamp, STAMP));
}

pub(super) unsafe extern "C" fn set_message(stamp: *mut c_void, message: *const c_char, _length: u32) -> aclError {
    call("aclprofSetStampTraceMessage", || {
        check(stamp, STAMP)?;
        if message.is_null() { Err(invalid("msg is null")) } else { Ok(()) }
    })
}

pub(super) unsafe extern "C" fn mark(stamp: *mut c_void) -> aclError {
    call("aclprofMark", || check(stamp, STAMP))
}

pub(super) unsafe extern "C" fn mark_ex(message: *const c_char, _length: usize, stream: aclrtStream) -> aclError {
    call("aclprofMarkEx", || {
        context::stream(stream)?;
        if message.is_null() { Err(invalid("msg is null")) } else { Ok(()) }
    })
}

pub(super) unsafe extern "C" fn push(stamp: *mut c_void) -> aclError {
    call("aclprofPush", || check(stamp, STAMP))
}

pub(super) unsafe extern "C" fn pop() -> aclError {
    call("aclprofPop", || Ok(()))
}

fn next_range() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

pub(super) unsafe extern "C" fn range_start(stamp: *mut c_void, range: *mut u32) -> aclError {
    call("aclprofRangeStart", || {
        check(stamp, STAMP)?;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(range, next_range() as u32, "rangeId") }
    })
}

pub(super) unsafe extern "C" fn range_stop(_range: u32) -> aclError {
    call("aclprofRangeStop", || Ok(()))
}

pub(super) unsafe extern "C" fn mstx_mark(_message: *const c_char, _stream: aclrtStream) {
    count("mstxMarkA");
}

pub(super) unsafe extern "C" fn mstx_range_start(message: *const c_char, _stream: aclrtStream) -> mstxRangeId {
    count("mstxRangeStartA");
    let range = next_range();
    if !message.is_null() {
        // SAFETY: a message ends with zero, by the function's rules.
        let name = unsafe { CStr::from_ptr(message) }.to_string_lossy();
        ranges::begin(range, &name);
    }
    range
}

pub(super) unsafe extern "C" fn mstx_range_end(range: mstxRangeId) {
    count("mstxRangeEnd");
    ranges::end(range);
}

const DOMAIN: &str = "mstx domain";
const HEAP: &str = "mstx heap";

pub(super) unsafe extern "C" fn mstx_domain_create(_name: *const c_char) -> mstxDomainHandle_t {
    count("mstxDomainCreateA");
    make(DOMAIN) as mstxDomainHandle_t
}

pub(super) unsafe extern "C" fn mstx_domain_destroy(domain: mstxDomainHandle_t) {
    call("mstxDomainDestroy", || destroy(domain.cast(), DOMAIN));
}

pub(super) unsafe extern "C" fn mstx_domain_mark(_domain: mstxDomainHandle_t, _message: *const c_char, _stream: aclrtStream) {
    count("mstxDomainMarkA");
}

pub(super) unsafe extern "C" fn mstx_domain_range_start(
    _domain: mstxDomainHandle_t,
    _message: *const c_char,
    _stream: aclrtStream,
) -> mstxRangeId {
    count("mstxDomainRangeStartA");
    next_range()
}

pub(super) unsafe extern "C" fn mstx_domain_range_end(_domain: mstxDomainHandle_t, _range: mstxRangeId) {
    count("mstxDomainRangeEnd");
}

pub(super) unsafe extern "C" fn mstx_heap_register(_domain: mstxDomainHandle_t, _heap: *const mstxMemHeapDesc_t) -> mstxMemHeapHandle_t {
    count("mstxMemHeapRegister");
    make(HEAP) as mstxMemHeapHandle_t
}

pub(super) unsafe extern "C" fn mstx_heap_unregister(_domain: mstxDomainHandle_t, heap: mstxMemHeapHandle_t) {
    call("mstxMemHeapUnregister", || destroy(heap.cast(), HEAP));
}

pub(super) unsafe extern "C" fn mstx_regions_register(_domain: mstxDomainHandle_t, _regions: *const mstxMemRegionsRegisterBatch_t) {
    count("mstxMemRegionsRegister");
}

pub(super) unsafe extern "C" fn mstx_regions_unregister(_domain: mstxDomainHandle_t, _regions: *const mstxMemRegionsUnregisterBatch_t) {
    count("mstxMemRegionsUnregister");
}
