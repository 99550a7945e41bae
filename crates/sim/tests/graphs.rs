//! Capture and replay through the function tables. Each test has a device of its own.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod handles;

use std::ffi::c_void;
use std::ptr::null_mut;

use ascend_sys::AscendCl;
use ascend_sys::ffi::*;
use handles::{event, malloc, on, refused, stream};

const THREAD_LOCAL: aclmdlRICaptureMode = ACL_MODEL_RI_CAPTURE_MODE_THREAD_LOCAL;
const RELAXED: aclmdlRICaptureMode = ACL_MODEL_RI_CAPTURE_MODE_RELAXED;

/// Four bytes of the device, as a number.
fn read(acl: &AscendCl, device: *mut c_void) -> u32 {
    let mut found = 0u32;
    // SAFETY: the range is `found`, and the allocation has as many bytes.
    unsafe { acl.aclrtMemcpy((&raw mut found).cast(), 4, device, 4, ACL_MEMCPY_DEVICE_TO_HOST) }.unwrap();
    found
}

fn fill(acl: &AscendCl, device: *mut c_void, byte: i32, stream: aclrtStream) {
    // SAFETY: the allocation has four bytes.
    unsafe { acl.aclrtMemsetAsync(device, 4, byte, 4, stream) }.unwrap();
}

fn status(acl: &AscendCl, stream: aclrtStream) -> aclmdlRICaptureStatus {
    let (mut status, mut model) = (-1i32 as aclmdlRICaptureStatus, null_mut());
    // SAFETY: places to write to.
    unsafe { acl.aclmdlRICaptureGetInfo(stream, &mut status, &mut model) }.unwrap();
    assert_eq!(model.is_null(), status == ACL_MODEL_RI_CAPTURE_STATUS_NONE);
    status
}

#[test]
fn captured_tasks_run_with_each_replay_and_not_before() {
    let acl = on(0);
    let (stream, device, mut model) = (stream(acl), malloc(acl, 4), null_mut());
    fill(acl, device, 1, stream);
    // SAFETY: handles of this test; places to write to.
    unsafe {
        acl.aclrtSynchronizeStream(stream).unwrap();
        assert_eq!(status(acl, stream), ACL_MODEL_RI_CAPTURE_STATUS_NONE);
        acl.aclmdlRICaptureBegin(stream, THREAD_LOCAL).unwrap();
        assert_eq!(status(acl, stream), ACL_MODEL_RI_CAPTURE_STATUS_ACTIVE);
        fill(acl, device, 2, stream);
        fill(acl, device, 3, stream);
        assert_eq!(refused(acl.aclmdlRICaptureBegin(stream, THREAD_LOCAL)).0, ACL_ERROR_RT_STREAM_CAPTURED);
        assert_eq!(refused(acl.aclrtSynchronizeStream(stream)).0, ACL_ERROR_RT_STREAM_CAPTURED);
        assert_eq!(refused(acl.aclrtDestroyStream(stream)).0, ACL_ERROR_RT_STREAM_CAPTURED);
        acl.aclmdlRICaptureEnd(stream, &mut model).unwrap();
        assert_eq!(refused(acl.aclmdlRICaptureEnd(stream, &mut null_mut())).0, ACL_ERROR_RT_STREAM_NOT_CAPTURED);
        assert_eq!(read(acl, device), 0x0101_0101);
        for _ in 0..3 {
            fill(acl, device, 9, stream);
            acl.aclmdlRIExecuteAsync(model, stream).unwrap();
            acl.aclrtSynchronizeStream(stream).unwrap();
            assert_eq!(read(acl, device), 0x0303_0303);
        }
        acl.aclmdlRIDestroy(model).unwrap();
        assert!(refused(acl.aclmdlRIExecuteAsync(model, stream)).1.contains("has been destroyed"));
        acl.aclrtFree(device).unwrap();
        acl.aclrtDestroyStream(stream).unwrap();
    }
}

#[test]
fn a_replay_refuses_memory_that_was_freed_since() {
    let acl = on(1);
    let (stream, device, mut model) = (stream(acl), malloc(acl, 4), null_mut());
    // SAFETY: handles of this test; places to write to.
    unsafe {
        acl.aclmdlRICaptureBegin(stream, RELAXED).unwrap();
        fill(acl, device, 2, stream);
        acl.aclmdlRICaptureEnd(stream, &mut model).unwrap();
        acl.aclrtFree(device).unwrap();
        let (code, text) = refused(acl.aclmdlRIExecuteAsync(model, stream));
        assert!(code == ACL_ERROR_RT_PARAM_INVALID && text.contains("after it was freed"), "{text}");
        acl.aclmdlRIDestroy(model).unwrap();
        acl.aclrtDestroyStream(stream).unwrap();
    }
}

#[test]
fn events_draw_other_streams_into_a_capture_and_they_must_come_back() {
    let acl = on(2);
    let (first, second) = (stream(acl), stream(acl));
    let (fork, join, outside) = (event(acl), event(acl), event(acl));
    let (device, mut model) = (malloc(acl, 8), null_mut());
    let other = device.wrapping_byte_add(4);
    // SAFETY: handles of this test; places to write to.
    unsafe {
        for comes_back in [true, false] {
            acl.aclmdlRICaptureBegin(first, THREAD_LOCAL).unwrap();
            acl.aclrtRecordEvent(fork, first).unwrap();
            acl.aclrtStreamWaitEvent(second, fork).unwrap();
            assert_eq!(status(acl, second), ACL_MODEL_RI_CAPTURE_STATUS_ACTIVE);
            fill(acl, other, 5, second);
            acl.aclrtRecordEvent(join, second).unwrap();
            assert_eq!(refused(acl.aclrtSynchronizeEvent(join)).0, ACL_ERROR_RT_EVENT_CAPTURED);
            assert_eq!(refused(acl.aclmdlRICaptureEnd(second, &mut null_mut())).0, ACL_ERROR_RT_STREAM_CAPTURE_UNMATCHED);
            assert_eq!(refused(acl.aclrtStreamWaitEvent(first, outside)).0, ACL_ERROR_RT_CAPTURE_DEPENDENCY);
            if comes_back {
                acl.aclrtStreamWaitEvent(first, join).unwrap();
                fill(acl, device, 6, first);
                acl.aclmdlRICaptureEnd(first, &mut model).unwrap();
            } else {
                assert_eq!(refused(acl.aclmdlRICaptureEnd(first, &mut null_mut())).0, ACL_ERROR_RT_STREAM_UNJOINED);
            }
            assert_eq!((status(acl, first), status(acl, second)), (ACL_MODEL_RI_CAPTURE_STATUS_NONE, ACL_MODEL_RI_CAPTURE_STATUS_NONE));
        }
        acl.aclmdlRIExecuteAsync(model, second).unwrap();
        acl.aclrtSynchronizeStream(second).unwrap();
        assert_eq!((read(acl, device), read(acl, other)), (0x0606_0606, 0x0505_0505));
        assert_eq!(refused(acl.aclrtStreamWaitEvent(second, join)).0, ACL_ERROR_RT_EVENT_CAPTURED);
        acl.aclmdlRIDestroy(model).unwrap();
        acl.aclrtFree(device).unwrap();
    }
}

#[test]
fn calls_that_wait_are_refused_as_the_mode_says() {
    let acl = on(3);
    let (stream, device, mut model) = (stream(acl), malloc(acl, 4), null_mut());
    let fill_and_wait = || {
        // SAFETY: the allocation has four bytes.
        unsafe { acl.aclrtMemset(device, 4, 0, 4) }
    };
    // SAFETY: handles of this test; places to write to.
    unsafe {
        acl.aclmdlRICaptureBegin(stream, RELAXED).unwrap();
        fill_and_wait().unwrap();
        acl.aclmdlRICaptureEnd(stream, &mut model).unwrap();
        acl.aclmdlRIDestroy(model).unwrap();

        acl.aclmdlRICaptureBegin(stream, THREAD_LOCAL).unwrap();
        assert_eq!(refused(fill_and_wait()).0, ACL_ERROR_RT_CAPTURE_MODE_NOT_SUPPORT);
        let mut mode = RELAXED;
        acl.aclmdlRICaptureThreadExchangeMode(&mut mode).unwrap();
        fill_and_wait().unwrap();
        acl.aclmdlRICaptureThreadExchangeMode(&mut mode).unwrap();
        assert_eq!((mode, refused(fill_and_wait()).0), (RELAXED, ACL_ERROR_RT_CAPTURE_MODE_NOT_SUPPORT));
        let (handle, wrong) = (stream as usize, ACL_ERROR_RT_STREAM_CAPTURE_WRONG_THREAD);
        std::thread::spawn(move || {
            assert_eq!(refused(on(3).aclmdlRICaptureEnd(handle as aclrtStream, &mut null_mut())).0, wrong);
        })
        .join()
        .unwrap();
        acl.aclmdlRICaptureEnd(stream, &mut model).unwrap();
        acl.aclmdlRIDestroy(model).unwrap();
        assert_eq!(refused(acl.aclmdlRICaptureBegin(null_mut(), RELAXED)).0, ACL_ERROR_RT_STREAM_CAPTURE_IMPLICIT);
        acl.aclrtFree(device).unwrap();
    }
}

#[test]
fn a_stream_destroyed_by_force_ends_its_capture() {
    let acl = on(4);
    let (first, second, fork) = (stream(acl), stream(acl), event(acl));
    // SAFETY: handles of this test; places to write to.
    unsafe {
        acl.aclmdlRICaptureBegin(first, RELAXED).unwrap();
        acl.aclrtRecordEvent(fork, first).unwrap();
        acl.aclrtStreamWaitEvent(second, fork).unwrap();
        acl.aclrtDestroyStreamForce(second).unwrap();
        assert_eq!(status(acl, first), ACL_MODEL_RI_CAPTURE_STATUS_INVALIDATED);
        assert_eq!(refused(acl.aclmdlRICaptureEnd(first, &mut null_mut())).0, ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED);
        acl.aclrtSynchronizeStream(first).unwrap();
    }
}
