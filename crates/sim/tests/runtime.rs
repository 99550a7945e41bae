//! The runtime through the function tables, as a program uses it. Each test has a device of its own.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod handles;

use std::ffi::c_void;
use std::ptr::null_mut;

use ascend_sys::ffi::*;
use handles::{cann, event, malloc, on, refused, stream};

#[test]
fn bytes_come_back_from_the_device_and_fresh_memory_is_nan() {
    let acl = on(0);
    let (input, mut output) = ([1.5f32, -2.0, 3.25, 0.0], [0f32; 8]);
    let device = malloc(acl, 32);
    // SAFETY: the ranges lie within the arrays and the allocation.
    unsafe {
        acl.aclrtMemcpy(device, 32, input.as_ptr().cast(), 16, ACL_MEMCPY_HOST_TO_DEVICE).unwrap();
        acl.aclrtMemcpy(output.as_mut_ptr().cast(), 32, device, 32, ACL_MEMCPY_DEVICE_TO_HOST).unwrap();
        acl.aclrtFree(device).unwrap();
    }
    assert_eq!(output[..4], input);
    assert!(output[4..].iter().all(|value| value.is_nan()));
}

#[test]
fn a_stream_runs_in_order_and_behind_the_callers_back() {
    let acl = on(1);
    let (stream, other, gate) = (stream(acl), stream(acl), event(acl));
    let device = malloc(acl, 4);
    let mut found = 0u32;
    // SAFETY: the ranges lie within the allocation and `found`, which outlives the synchronisation.
    unsafe {
        // Nothing below runs before `other` has reached the event.
        acl.aclrtRecordEvent(gate, other).unwrap();
        acl.aclrtStreamWaitEvent(stream, gate).unwrap();
        for byte in [1, 2, 3] {
            acl.aclrtMemsetAsync(device, 4, byte, 4, stream).unwrap();
        }
        acl.aclrtMemcpyAsync((&raw mut found).cast(), 4, device, 4, ACL_MEMCPY_DEVICE_TO_HOST, stream).unwrap();
        acl.aclrtSynchronizeStream(stream).unwrap();
        assert_eq!(found, 0x0303_0303);
        let mut status = ACL_STREAM_STATUS_NOT_READY;
        acl.aclrtStreamQuery(stream, &mut status).unwrap();
        assert_eq!(status, ACL_STREAM_STATUS_COMPLETE);
        acl.aclrtFree(device).unwrap();
        acl.aclrtDestroyEvent(gate).unwrap();
        acl.aclrtDestroyStream(stream).unwrap();
        acl.aclrtSynchronizeStream(other).unwrap();
        acl.aclrtDestroyStream(other).unwrap();
    }
}

#[test]
fn events_know_whether_and_when_they_were_reached() {
    let acl = on(2);
    let (stream, start, end) = (stream(acl), event(acl), event(acl));
    let device = malloc(acl, 1 << 20);
    let mut status = ACL_EVENT_RECORDED_STATUS_COMPLETE;
    let (mut ms, clock) = (-1f32, std::time::Instant::now());
    // SAFETY: the places are valid; the range is the allocation.
    unsafe {
        acl.aclrtQueryEventStatus(start, &mut status).unwrap();
        assert_eq!(status, ACL_EVENT_RECORDED_STATUS_NOT_READY);
        assert_eq!(refused(acl.aclrtEventElapsedTime(&mut ms, start, end)).0, ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID);
        acl.aclrtRecordEvent(start, stream).unwrap();
        acl.aclrtMemsetAsync(device, 1 << 20, 7, 1 << 20, stream).unwrap();
        acl.aclrtRecordEvent(end, stream).unwrap();
        acl.aclrtSynchronizeEvent(end).unwrap();
        acl.aclrtQueryEventStatus(end, &mut status).unwrap();
        assert_eq!(status, ACL_EVENT_RECORDED_STATUS_COMPLETE);
        let wall_ms = clock.elapsed().as_secs_f32() * 1e3;
        acl.aclrtEventElapsedTime(&mut ms, start, end).unwrap();
        // The marks lie within what went by here, but for the rounding of f32.
        assert!(ms > 0.0 && ms <= wall_ms * 1.001, "{ms} of {wall_ms}");
        assert_eq!(refused(acl.aclrtEventElapsedTime(&mut ms, end, start)).0, ACL_ERROR_RT_EVENT_TIMESTAMP_REVERSAL);
        acl.aclrtSynchronizeStream(stream).unwrap();
        acl.aclrtFree(device).unwrap();
    }
}

#[test]
fn wrong_use_of_memory_is_refused_and_named() {
    let acl = on(3);
    let device = malloc(acl, 100);
    let mut host = [0u8; 200];
    let host = host.as_mut_ptr().cast::<c_void>();
    // SAFETY: every call is refused before it touches memory, or stays within the ranges.
    unsafe {
        let copy = |destination, source, bytes, kind| refused(acl.aclrtMemcpy(destination, 200, source, bytes, kind));
        let (code, text) = copy(host, device, 101, ACL_MEMCPY_DEVICE_TO_HOST);
        assert!(code == ACL_ERROR_RT_PARAM_INVALID && text.contains("allocation of 100"), "{text}");
        let (code, text) = copy(host, device, 10, ACL_MEMCPY_HOST_TO_HOST);
        assert!(code == ACL_ERROR_RT_INVALID_MEMORY_TYPE && text.contains("device memory"), "{text}");
        assert!(copy(host, host, 10, ACL_MEMCPY_HOST_TO_DEVICE).1.contains("no device memory"));
        assert!(refused(acl.aclrtMemcpy(device, 5, host, 6, ACL_MEMCPY_HOST_TO_DEVICE)).1.contains("the 5 of the destination"));
        assert!(refused(acl.aclrtFree(device.byte_add(4))).1.contains("lies within"));
        acl.aclrtFree(device).unwrap();
        let (_, text) = refused(acl.aclrtFree(device));
        assert!(text.starts_with("aclrtFree: ") && text.contains("freed already"), "{text}");
        assert!(copy(host, device, 10, ACL_MEMCPY_DEVICE_TO_HOST).1.contains("after it was freed"));
        let mut address = null_mut();
        assert_eq!(refused(acl.aclrtMalloc(&mut address, 0, ACL_MEM_MALLOC_HUGE_FIRST)).0, ACL_ERROR_RT_PARAM_INVALID);
    }
}

#[test]
fn memory_has_a_budget_that_frees_give_back() {
    let acl = on(4);
    let (mut free, mut total, mut address) = (0, 0, null_mut());
    // SAFETY: the places are valid.
    unsafe {
        acl.aclrtGetMemInfo(ACL_HBM_MEM, &mut free, &mut total).unwrap();
        assert_eq!((free, total), (64 << 30, 64 << 30));
        let (code, text) = refused(acl.aclrtMalloc(&mut address, total + 1, ACL_MEM_MALLOC_HUGE_FIRST));
        assert!(code == ACL_ERROR_RT_MEMORY_ALLOCATION && address.is_null(), "{text}");
        // Untouched memory costs nothing.
        let large = malloc(acl, total / 2);
        acl.aclrtGetMemInfo(ACL_HBM_MEM, &mut free, &mut total).unwrap();
        assert_eq!(free, total / 2);
        acl.aclrtFree(large).unwrap();
        acl.aclrtGetMemInfo(ACL_HBM_MEM, &mut free, &mut total).unwrap();
        assert_eq!(free, total);
    }
}

unsafe extern "C" fn nothing(_: *mut c_void) {}

#[test]
fn busy_streams_time_out_and_are_not_destroyed_and_their_memory_is_not_freed() {
    let acl = on(5);
    let (stream, device) = (stream(acl), malloc(acl, 4096));
    // SAFETY: the range is the allocation; handles of this test.
    unsafe {
        let thread = libc::pthread_self() as u64;
        acl.aclrtSubscribeReport(thread, stream).unwrap();
        // The stream waits until this thread has called the function.
        acl.aclrtLaunchCallback(Some(nothing), null_mut(), ACL_CALLBACK_BLOCK, stream).unwrap();
        acl.aclrtMemsetAsync(device, 4096, 0, 4096, stream).unwrap();
        assert_eq!(refused(acl.aclrtSynchronizeStreamWithTimeout(stream, 1)).0, ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
        assert_eq!(refused(acl.aclrtDestroyStream(stream)).0, ACL_ERROR_RT_STREAM_NOT_COMPLETE);
        assert!(refused(acl.aclrtFree(device)).1.contains("while a task on a stream uses it"));
        acl.aclrtProcessReport(-1).unwrap();
        acl.aclrtSynchronizeDevice().unwrap();
        acl.aclrtFree(device).unwrap();
        acl.aclrtUnSubscribeReport(thread, stream).unwrap();
        acl.aclrtDestroyStream(stream).unwrap();
    }
}

#[test]
fn handles_are_checked_for_kind_and_life() {
    let acl = on(6);
    let (stream, event) = (stream(acl), event(acl));
    // SAFETY: wrong handles are refused; that is what is tested.
    unsafe {
        let (code, text) = refused(acl.aclrtSynchronizeStream(event));
        assert!(code == ACL_ERROR_RT_INVALID_HANDLE && text.contains("another kind: event"), "{text}");
        assert!(refused(acl.aclrtDestroyEvent(0x1234 as aclrtEvent)).1.contains("no handle at all"));
        assert_eq!(refused(acl.aclrtDestroyEvent(null_mut())).0, ACL_ERROR_RT_PARAM_INVALID);
        acl.aclrtDestroyStream(stream).unwrap();
        assert!(refused(acl.aclrtDestroyStream(stream)).1.contains("has been destroyed"));
        assert_eq!(refused(acl.aclrtCreateStream(null_mut())).0, ACL_ERROR_RT_PARAM_INVALID);
        acl.aclrtDestroyEvent(event).unwrap();
    }
}

#[test]
fn contexts_belong_to_threads_and_streams_to_contexts() {
    let acl = on(7);
    let (mut device, mut own, mut context) = (-1, null_mut(), null_mut());
    let stream = stream(acl);
    // SAFETY: the places are valid; handles of this test.
    unsafe {
        acl.aclrtGetCurrentContext(&mut own).unwrap();
        acl.aclrtCreateContext(&mut context, 7).unwrap();
        assert_eq!(refused(acl.aclrtSynchronizeStream(stream)).0, ACL_ERROR_RT_STREAM_CONTEXT);
        acl.aclrtSetCurrentContext(own).unwrap();
        acl.aclrtSynchronizeStream(stream).unwrap();
        acl.aclrtDestroyContext(context).unwrap();
        assert!(refused(acl.aclrtDestroyContext(own)).1.contains("aclrtResetDevice ends it"));
        acl.aclrtDestroyStream(stream).unwrap();
        std::thread::spawn(|| {
            let mut device = -1;
            let acl = &cann().acl;
            assert_eq!(refused(acl.aclrtGetDevice(&mut device)).0, ACL_ERROR_RT_CONTEXT_NULL);
            let (code, text) = refused(acl.aclrtSetDevice(8));
            assert!(code == ACL_ERROR_RT_INVALID_DEVICEID && text.contains("there are 8"), "{text}");
        })
        .join()
        .unwrap();
        acl.aclrtGetDevice(&mut device).unwrap();
        assert_eq!(device, 7);
        acl.aclrtResetDevice(7).unwrap();
        assert_eq!(refused(acl.aclrtGetDevice(&mut device)).0, ACL_ERROR_RT_CONTEXT_NULL);
    }
}
