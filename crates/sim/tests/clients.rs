//! What programs need besides operators, through the function tables of CANN 9.0, which has all of it. Each test has a device of its own, one has two.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod handles;

use std::ffi::{CStr, c_void};
use std::ptr::{null, null_mut};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use ascend_sys::ffi::*;
use ascend_sys::{AscendCl, Error};
use handles::{event, malloc, refused, stream};

/// The runtime of CANN 9.0, with the device current in this thread.
fn on(device: i32) -> &'static AscendCl {
    static MACHINE: Once = Once::new();
    // SAFETY: the standard library guards the environment, and no other code reads it while the tests begin.
    MACHINE.call_once(|| unsafe {
        std::env::set_var("ASCEND_SIM_CANN", "9.0.0");
        std::env::set_var("ASCEND_SIM_DEVICES", "16");
    });
    handles::on(device)
}

/// What importing torch_npu 2.9 resolves; its operators come later, one by one.
const TORCH_NPU: &str = "
HcclAllGather HcclAllReduce HcclBroadcast HcclCommDestroy HcclCommInitAll HcclCommInitRootInfo HcclGetRootInfo HcclRecv HcclReduceScatter
HcclSend aclAppLog aclCreateDataBuffer aclCreateTensorDesc aclDestroyDataBuffer aclDestroyTensorDesc aclFinalize aclGetDeviceCapability
aclGetRecentErrMsg aclGetTensorDescDimV2 aclGetTensorDescFormat aclGetTensorDescNumDims aclGetTensorDescType aclInit aclSetTensorDescName
aclSetTensorFormat aclSetTensorPlaceMent aclSetTensorShape aclmdlFinalizeDump aclmdlInitDump aclmdlSetDump aclopCompileAndExecute aclopCreateAttr
aclopDestroyAttr aclopSetAttrBool aclopSetAttrDataType aclopSetAttrFloat aclopSetAttrInt aclopSetAttrListBool aclopSetAttrListFloat
aclopSetAttrListInt aclopSetAttrListListInt aclopSetAttrString aclrtCreateStream aclrtDestroyEvent aclrtDestroyStream aclrtDeviceCanAccessPeer
aclrtDeviceEnablePeerAccess aclrtEventElapsedTime aclrtFree aclrtFreeHost aclrtGetCurrentContext aclrtGetDevice aclrtGetDeviceCount
aclrtGetMemInfo aclrtMalloc aclrtMallocHost aclrtMemcpy aclrtMemcpyAsync aclrtMemset aclrtProcessReport aclrtRecordEvent aclrtResetDevice
aclrtResetEvent aclrtSetCurrentContext aclrtSetDevice aclrtStreamWaitEvent aclrtSynchronizeEvent aclrtSynchronizeStream";

#[test]
fn everything_that_torch_npu_is_loaded_with_is_there() {
    on(0);
    let lacking: Vec<&str> = TORCH_NPU.split_whitespace().filter(|name| ascend_sim::resolve(name).is_none()).collect();
    assert!(lacking.is_empty(), "{lacking:?}");
    assert_eq!(TORCH_NPU.split_whitespace().count(), 68);
    assert!(ascend_sim::resolve("aclrtThatIsNot").is_none());
    assert!(ascend_sim::calls().missing.contains_key("aclrtThatIsNot"));
}

#[test]
fn what_is_not_simulated_says_so() {
    on(1);
    let cann = handles::cann();
    // SAFETY: refused before any argument is looked at.
    unsafe {
        let attributes = cann.acl.aclopCreateAttr().unwrap();
        assert!(attributes.is_null());
        assert_eq!(refused(cann.acl.aclopSetAttrInt(attributes, c"n".as_ptr(), 1)).0, ACL_ERROR_API_NOT_SUPPORT);
        match cann.hccl.HcclCommDestroy(null_mut()) {
            Err(Error::Call { name, .. }) => assert_eq!(name, "HCCL_E_NOT_SUPPORT"),
            other => panic!("{other:?}"),
        }
    }
    assert!(ascend_sim::take_reports().iter().any(|report| report.starts_with("HcclCommDestroy: ")));
}

#[test]
fn versions_and_chips_are_those_that_were_asked_for() {
    let acl = on(2);
    // SAFETY: places to write to; the structure is plain numbers.
    unsafe {
        let mut version: aclCANNPackageVersion = std::mem::zeroed();
        acl.aclsysGetCANNVersion(ACL_PKG_NAME_CANN, &mut version).unwrap();
        assert_eq!(CStr::from_ptr(version.version.as_ptr()).to_str().unwrap(), "9.0.0");
        let (mut number, mut text) = (0, [0; 128]);
        acl.aclsysGetVersionNum(c"runtime".as_ptr().cast_mut(), &mut number).unwrap();
        acl.aclsysGetVersionStr(c"runtime".as_ptr().cast_mut(), text.as_mut_ptr()).unwrap();
        assert_eq!((number, CStr::from_ptr(text.as_ptr())), (90_000_000, c"9.0.0"));
        let (mut cubes, mut vectors) = (0, 0);
        acl.aclGetDeviceCapability(0, ACL_DEVICE_INFO_AI_CORE_NUM, &mut cubes).unwrap();
        acl.aclrtGetDeviceInfo(0, ACL_DEV_ATTR_VECTOR_CORE_NUM, &mut vectors).unwrap();
        assert_eq!((cubes, vectors), (24, 48));
        assert_eq!(acl.aclDataTypeSize(ACL_BF16).unwrap(), 2);
        assert_eq!(acl.aclFloat16ToFloat(acl.aclFloatToFloat16(1.0 / 3.0).unwrap()).unwrap(), 0.333_251_95);
        let mut size = acl.aclGetCompileoptSize(ACL_OP_JIT_COMPILE).unwrap();
        acl.aclGetCompileopt(ACL_OP_JIT_COMPILE, text.as_mut_ptr(), size).unwrap();
        assert_eq!(CStr::from_ptr(text.as_ptr()), c"disable");
        size -= 1;
        assert_eq!(refused(acl.aclGetCompileopt(ACL_OP_JIT_COMPILE, text.as_mut_ptr(), size)).0, ACL_ERROR_RT_PARAM_INVALID);
    }
}

#[test]
fn mapped_memory_is_one_range_and_ends_with_its_mapping() {
    let acl = on(3);
    let granule = 2 << 20;
    let (mut address, mut parts) = (null_mut(), [null_mut(); 2]);
    let mut properties = aclrtPhysicalMemProp {
        handleType: ACL_MEM_HANDLE_TYPE_NONE,
        allocationType: ACL_MEM_ALLOCATION_TYPE_PINNED,
        memAttr: ACL_HBM_MEM_HUGE,
        location: aclrtMemLocation { id: 3, type_: ACL_MEM_LOCATION_TYPE_DEVICE },
        reserve: 0,
    };
    let (input, mut output) = ([7u8; 64], [0u8; 64]);
    // SAFETY: handles of this test; the ranges lie within the arrays.
    unsafe {
        let mut found = 0;
        acl.aclrtMemGetAllocationGranularity(&mut properties, ACL_RT_MEM_ALLOC_GRANULARITY_MINIMUM, &mut found).unwrap();
        assert_eq!(found, granule);
        acl.aclrtReserveMemAddress(&mut address, 4 * granule, 0, null_mut(), 1).unwrap();
        for (index, part) in parts.iter_mut().enumerate() {
            acl.aclrtMallocPhysical(part, granule, &properties, 0).unwrap();
            acl.aclrtMapMem(address.byte_add(index * granule), granule, 0, *part, 0).unwrap();
        }
        assert!(refused(acl.aclrtMapMem(address.byte_add(granule), granule, 0, parts[0], 0)).1.contains("already"));
        let across = address.byte_add(granule - 32);
        acl.aclrtMemcpy(across, 64, input.as_ptr().cast(), 64, ACL_MEMCPY_HOST_TO_DEVICE).unwrap();
        acl.aclrtMemcpy(output.as_mut_ptr().cast(), 64, across, 64, ACL_MEMCPY_DEVICE_TO_HOST).unwrap();
        assert_eq!(output, input);
        assert!(refused(acl.aclrtMemset(address, 3 * granule, 0, 2 * granule + 1)).1.contains("nothing is mapped"));
        assert!(refused(acl.aclrtFree(address)).1.contains("aclrtUnmapMem"));
        assert!(refused(acl.aclrtFreePhysical(parts[1])).1.contains("still mapped"));
        assert!(refused(acl.aclrtReleaseMemAddress(address)).1.contains("still mapped"));
        acl.aclrtUnmapMem(address.byte_add(granule)).unwrap();
        assert!(refused(acl.aclrtMemset(across, 64, 0, 64)).1.contains("nothing is mapped"));
        acl.aclrtUnmapMem(address).unwrap();
        acl.aclrtReleaseMemAddress(address).unwrap();
        assert!(refused(acl.aclrtMemset(address, 64, 0, 64)).1.contains("after it was freed"));
        parts.iter().for_each(|part| acl.aclrtFreePhysical(*part).unwrap());
        let (mut free, mut total) = (0, 0);
        acl.aclrtGetMemInfo(ACL_HBM_MEM, &mut free, &mut total).unwrap();
        assert_eq!(free, total);
    }
}

#[test]
fn rows_are_copied_and_what_lies_between_them_is_not() {
    let acl = on(4);
    let device = malloc(acl, 3 * 16);
    let (input, mut output) = ([1u8, 2, 3, 4, 5, 6], [0u8; 3 * 16]);
    // SAFETY: the ranges lie within the arrays and the allocation.
    unsafe {
        acl.aclrtMemset(device, 48, 9, 48).unwrap();
        acl.aclrtMemcpy2d(device, 16, input.as_ptr().cast(), 2, 2, 3, ACL_MEMCPY_HOST_TO_DEVICE).unwrap();
        acl.aclrtMemcpy(output.as_mut_ptr().cast(), 48, device, 48, ACL_MEMCPY_DEVICE_TO_HOST).unwrap();
        for (row, pair) in input.chunks(2).enumerate() {
            assert_eq!((&output[16 * row..][..2], output[16 * row + 2]), (pair, 9));
        }
        let wide = acl.aclrtMemcpy2d(device, 16, input.as_ptr().cast(), 2, 3, 2, ACL_MEMCPY_HOST_TO_DEVICE);
        assert!(refused(wide).1.contains("no wider than the pitches"));
        let long = acl.aclrtMemcpy2d(device, 16, input.as_ptr().cast(), 1, 1, 4, ACL_MEMCPY_HOST_TO_DEVICE);
        assert!(refused(long).1.contains("allocation of 48"));
        acl.aclrtFree(device).unwrap();
    }
}

#[test]
fn devices_reach_each_other_when_they_were_allowed_to() {
    let acl = on(5);
    let first = malloc(acl, 8);
    on(6);
    let second = malloc(acl, 8);
    // SAFETY: the ranges are the allocations.
    unsafe {
        let copy = || acl.aclrtMemcpy(second, 8, first, 8, ACL_MEMCPY_DEVICE_TO_DEVICE);
        assert!(refused(copy()).1.contains("aclrtDeviceEnablePeerAccess"));
        let mut can = 0;
        acl.aclrtDeviceCanAccessPeer(&mut can, 6, 5).unwrap();
        assert_eq!(can, 1);
        assert!(acl.aclrtDeviceEnablePeerAccess(6, 0).is_err());
        acl.aclrtDeviceEnablePeerAccess(5, 0).unwrap();
        copy().unwrap();
        acl.aclrtDeviceDisablePeerAccess(5).unwrap();
        assert!(copy().is_err());
        acl.aclrtFree(first).unwrap();
        acl.aclrtFree(second).unwrap();
    }
}

static CALLED: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn add(number: *mut c_void) {
    CALLED.fetch_add(number as u32, Ordering::AcqRel);
}

#[test]
fn callbacks_run_in_the_thread_that_is_subscribed() {
    let acl = on(7);
    let stream = stream(acl);
    // SAFETY: handles of this test; the function takes any argument.
    unsafe {
        let launch = |block| acl.aclrtLaunchCallback(Some(add), 3 as *mut c_void, block, stream);
        assert_eq!(refused(launch(ACL_CALLBACK_NO_BLOCK)).0, ACL_ERROR_RT_STREAM_NO_CB_REG);
        assert_eq!(refused(acl.aclrtProcessReport(1)).0, ACL_ERROR_RT_THREAD_SUBSCRIBE);
        let thread = libc::pthread_self() as u64;
        acl.aclrtSubscribeReport(thread, stream).unwrap();
        assert_eq!(refused(acl.aclrtSubscribeReport(thread, stream)).0, ACL_ERROR_RT_STREAM_SUBSCRIBE);
        assert_eq!(refused(acl.aclrtProcessReport(1)).0, ACL_ERROR_RT_REPORT_TIMEOUT);
        launch(ACL_CALLBACK_BLOCK).unwrap();
        assert_eq!(refused(acl.aclrtSynchronizeStreamWithTimeout(stream, 20)).0, ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
        assert_eq!(CALLED.load(Ordering::Acquire), 0);
        acl.aclrtProcessReport(-1).unwrap();
        acl.aclrtSynchronizeStream(stream).unwrap();
        assert_eq!(CALLED.load(Ordering::Acquire), 3);
        acl.aclrtUnSubscribeReport(thread, stream).unwrap();
        acl.aclrtDestroyStream(stream).unwrap();
    }
}

#[test]
fn a_notify_lets_a_stream_go_on_once_and_an_abort_ends_the_wait() {
    let acl = on(8);
    let (first, second, mut notify) = (stream(acl), stream(acl), null_mut());
    // SAFETY: handles of this test.
    unsafe {
        acl.aclrtCreateNotify(&mut notify, 0).unwrap();
        acl.aclrtWaitAndResetNotify(notify, first, 0).unwrap();
        assert_eq!(refused(acl.aclrtSynchronizeStreamWithTimeout(first, 20)).0, ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
        acl.aclrtRecordNotify(notify, second).unwrap();
        acl.aclrtSynchronizeStream(first).unwrap();
        acl.aclrtWaitAndResetNotify(notify, first, 10).unwrap();
        assert_eq!(refused(acl.aclrtSynchronizeStream(first)).0, ACL_ERROR_RT_WAIT_TIMEOUT);
        for abort in [|acl: &AscendCl, stream| acl.aclrtStreamAbort(stream), |acl: &AscendCl, _| acl.aclrtDeviceTaskAbort(8, u32::MAX)] {
            acl.aclrtWaitAndResetNotify(notify, first, 0).unwrap();
            abort(acl, first).unwrap();
            acl.aclrtSynchronizeStream(first).unwrap();
        }
        acl.aclrtDestroyNotify(notify).unwrap();
        assert!(refused(acl.aclrtRecordNotify(notify, first)).1.contains("has been destroyed"));
        acl.aclrtDestroyStream(first).unwrap();
        acl.aclrtDestroyStream(second).unwrap();
    }
}

#[test]
fn a_stream_that_waits_too_long_for_an_event_fails() {
    let acl = on(9);
    let (slow, stream, gate, mut notify) = (stream(acl), stream(acl), event(acl), null_mut());
    // SAFETY: handles of this test.
    unsafe {
        acl.aclrtCreateNotify(&mut notify, 0).unwrap();
        acl.aclrtWaitAndResetNotify(notify, slow, 0).unwrap();
        acl.aclrtRecordEvent(gate, slow).unwrap();
        acl.aclrtStreamWaitEventWithTimeout(stream, gate, 20).unwrap();
        assert_eq!(refused(acl.aclrtSynchronizeStream(stream)).0, ACL_ERROR_RT_WAIT_TIMEOUT);
        acl.aclrtRecordNotify(notify, stream).unwrap();
        acl.aclrtSynchronizeStream(slow).unwrap();
        acl.aclrtDestroyNotify(notify).unwrap();
    }
}

#[test]
fn an_event_that_was_reset_is_as_if_never_recorded() {
    let acl = on(10);
    let (stream, first, second) = (stream(acl), event(acl), event(acl));
    let (mut before, mut after, mut status) = (0, 0, ACL_EVENT_RECORDED_STATUS_NOT_READY);
    // SAFETY: handles of this test; places to write to.
    unsafe {
        acl.aclrtRecordEvent(first, stream).unwrap();
        acl.aclrtSynchronizeStream(stream).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
        acl.aclrtRecordEvent(second, stream).unwrap();
        acl.aclrtSynchronizeStream(stream).unwrap();
        acl.aclrtEventGetTimestamp(first, &mut before).unwrap();
        acl.aclrtEventGetTimestamp(second, &mut after).unwrap();
        assert!(after - before >= 20_000, "{before} {after}");
        acl.aclrtQueryEventStatus(first, &mut status).unwrap();
        assert_eq!(status, ACL_EVENT_RECORDED_STATUS_COMPLETE);
        acl.aclrtResetEvent(first, stream).unwrap();
        acl.aclrtSynchronizeStream(stream).unwrap();
        acl.aclrtQueryEventStatus(first, &mut status).unwrap();
        assert_eq!(status, ACL_EVENT_RECORDED_STATUS_NOT_READY);
        assert_eq!(refused(acl.aclrtEventGetTimestamp(first, &mut before)).0, ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID);
    }
}

#[test]
fn registered_host_memory_is_reached_from_the_device() {
    let acl = on(11);
    let mut host = vec![0u8; 4096];
    let (mut device, start) = (null_mut(), host.as_mut_ptr().cast::<c_void>());
    // SAFETY: the memory outlives its registration.
    unsafe {
        acl.aclrtHostRegister(start, 4096, ACL_HOST_REGISTER_MAPPED, &mut device).unwrap();
        acl.aclrtMemset(device, 16, 5, 16).unwrap();
        assert_eq!(refused(acl.aclrtHostRegister(start, 4096, ACL_HOST_REGISTER_MAPPED, &mut null_mut())).0, 507_910);
        let mut attributes: aclrtPtrAttributes = std::mem::zeroed();
        acl.aclrtPointerGetAttributes(start, &mut attributes).unwrap();
        assert_eq!(attributes.location.type_, ACL_MEM_LOCATION_TYPE_HOST);
        acl.aclrtHostUnregister(start).unwrap();
        assert_eq!(refused(acl.aclrtHostUnregister(start)).0, 507_911);
        assert!(refused(acl.aclrtMemset(device, 16, 5, 16)).1.contains("after it was freed"));
    }
    assert_eq!((host[15], host[16]), (5, 0));
}

#[test]
fn a_registered_kernel_runs_on_its_stream_and_another_is_missed_by_name() {
    let acl = on(12);
    let (stream, device) = (stream(acl), malloc(acl, 8));
    ascend_sim::kernels::register("store_blocks", |launch| {
        let address = launch.argument(0).ok_or("no address")?;
        let memory = launch.memory(address, 4)?;
        // SAFETY: four bytes were asked for.
        unsafe { memory.as_ptr().cast::<u32>().write(launch.blocks) };
        Ok(())
    });
    let (mut binary, mut function, mut other) = (null_mut(), null_mut(), null_mut());
    let (mut arguments, mut parameter, mut found) = (null_mut(), null_mut(), 0u32);
    // SAFETY: handles of this test; the ranges lie within the allocation and `found`.
    unsafe {
        let path = c"/no/such/file.o";
        assert_eq!(refused(acl.aclrtBinaryLoadFromFile(path.as_ptr(), null_mut(), &mut binary)).0, ACL_ERROR_RT_FILE_OPEN);
        acl.aclrtBinaryLoadFromData(b"\x7fELF".as_ptr().cast(), 4, null(), &mut binary).unwrap();
        acl.aclrtBinaryGetFunction(binary, c"store_blocks".as_ptr(), &mut function).unwrap();
        acl.aclrtBinaryGetFunction(binary, c"another".as_ptr(), &mut other).unwrap();
        let (code, text) = refused(acl.aclrtLaunchKernel(other, 1, (&raw const device).cast(), 8, stream));
        assert!(code == ACL_ERROR_RT_KERNEL_LOOKUP && text.contains("`another`"), "{text}");
        acl.aclrtKernelArgsInit(function, &mut arguments).unwrap();
        let mut address = device;
        acl.aclrtKernelArgsAppend(arguments, (&raw mut address).cast(), 8, &mut parameter).unwrap();
        let launch = || acl.aclrtLaunchKernelWithConfig(function, 24, stream, null_mut(), arguments, null_mut());
        assert!(refused(launch()).1.contains("aclrtKernelArgsFinalize comes first"));
        acl.aclrtKernelArgsFinalize(arguments).unwrap();
        launch().unwrap();
        acl.aclrtSynchronizeStream(stream).unwrap();
        acl.aclrtMemcpy((&raw mut found).cast(), 4, device, 4, ACL_MEMCPY_DEVICE_TO_HOST).unwrap();
        assert_eq!(found, 24);
        // What is wrong in a kernel comes out of the synchronisation.
        acl.aclrtFree(device).unwrap();
        acl.aclrtLaunchKernel(function, 1, (&raw const device).cast(), 8, stream).unwrap();
        let (code, text) = refused(acl.aclrtSynchronizeStream(stream));
        assert!(code == ACL_ERROR_RT_AICORE_EXCEPTION && text.contains("store_blocks: "), "{text}");
        acl.aclrtBinaryUnLoad(binary).unwrap();
        assert!(acl.aclrtLaunchKernel(function, 1, (&raw const device).cast(), 8, stream).is_err());
        acl.aclrtDestroyStream(stream).unwrap();
    }
}

#[test]
fn calls_are_counted_and_the_last_error_is_kept_for_its_thread() {
    let acl = on(13);
    let before = ascend_sim::calls().made.get("aclrtGetOpTimeOutInterval").copied().unwrap_or(0);
    let mut interval = 0;
    // SAFETY: places to write to.
    unsafe {
        acl.aclrtGetOpTimeOutInterval(&mut interval).unwrap();
        assert_eq!(ascend_sim::calls().made["aclrtGetOpTimeOutInterval"], before + 1);
        assert_eq!(refused(acl.aclrtFree(null_mut())).0, ACL_ERROR_RT_PARAM_INVALID);
        let code = |outcome: ascend_sys::Result<()>| outcome.err().and_then(|error| error.code());
        assert_eq!(code(acl.aclrtPeekAtLastError(ACL_RT_THREAD_LEVEL)), Some(ACL_ERROR_RT_PARAM_INVALID));
        assert_eq!(code(acl.aclrtGetLastError(ACL_RT_THREAD_LEVEL)), Some(ACL_ERROR_RT_PARAM_INVALID));
        assert_eq!(code(acl.aclrtPeekAtLastError(ACL_RT_THREAD_LEVEL)), None);
    }
}
