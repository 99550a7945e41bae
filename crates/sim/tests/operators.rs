//! Operators and their operands through the function tables, as a program uses them.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::ptr::null_mut;

use ascend_sys::ffi::*;
use common::{Device, refused};

#[test]
fn sum_of_a_transposed_view_and_a_row_broadcasts() {
    let device = Device::new(0);
    // [[1, 2, 3], [4, 5, 6]] seen as its transpose.
    let a = device.floats(&[1., 2., 3., 4., 5., 6.]).view(&[3, 2], &[1, 3], 0);
    let b = device.floats(&[10., 20.]).view(&[2], &[1], 0);
    let out = device.floats(&[0.; 6]).view(&[3, 2], &[2, 1], 0);
    let alpha = device.scalar(2.0);
    // SAFETY: every handle is alive.
    device.run(
        |cann, size, executor| unsafe { cann.opapi.aclnnAddGetWorkspaceSize(a.handle, b.handle, alpha, out.handle, size, executor) },
        |cann, workspace, size, executor, stream| unsafe { cann.opapi.aclnnAdd(workspace, size, executor, stream) },
    );
    assert_eq!(out.read(), [21., 44., 22., 45., 23., 46.]);
}

#[test]
fn product_needs_a_workspace_and_serves_once() {
    let device = Device::new(1);
    let a = device.floats(&[1., 2., 3., 4.]).view(&[2, 2], &[2, 1], 0);
    let b = device.floats(&[1., 0., 0., 1., 5., 5.]).view(&[2, 2], &[2, 1], 2);
    let out = device.floats(&[0.; 4]).view(&[2, 2], &[2, 1], 0);
    let (mut size, mut executor) = (0, null_mut());
    let opapi = &device.cann.opapi;
    // SAFETY: every handle is alive, the places can be written.
    unsafe {
        opapi.aclnnMatmulGetWorkspaceSize(a.handle, b.handle, out.handle, 0, &mut size, &mut executor).unwrap();
        assert!(size > 0);
        let (code, message) = refused(opapi.aclnnMatmul(null_mut(), 0, executor, device.stream));
        assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("workspace"), "{message}");
        let (_, message) = refused(opapi.aclnnMatmul(null_mut(), 0, executor, device.stream));
        assert!(message.contains("launched"), "{message}");
    }
    // SAFETY: every handle is alive.
    device.run(
        |cann, size, executor| unsafe { cann.opapi.aclnnMatmulGetWorkspaceSize(a.handle, b.handle, out.handle, 0, size, executor) },
        |cann, workspace, size, executor, stream| unsafe { cann.opapi.aclnnMatmul(workspace, size, executor, stream) },
    );
    // b starts at its third element: [[0, 1], [5, 5]].
    assert_eq!(out.read(), [10., 11., 20., 23.]);
}

#[test]
fn wrong_arguments_are_refused_in_the_first_call_by_name() {
    let device = Device::new(2);
    let a = device.floats(&[1.; 6]).view(&[2, 3], &[3, 1], 0);
    let out = device.floats(&[0.; 4]).view(&[2, 2], &[2, 1], 0);
    let (mut size, mut executor) = (0, null_mut());
    let opapi = &device.cann.opapi;
    // SAFETY: null is what is tried; the places can be written.
    let (code, message) =
        refused(unsafe { opapi.aclnnMatmulGetWorkspaceSize(a.handle, null_mut(), out.handle, 0, &mut size, &mut executor) });
    assert!(code == ACLNN_ERR_PARAM_NULLPTR && message.contains("mat2"), "{code}: {message}");
    // SAFETY: every handle is alive, the places can be written.
    let (code, message) =
        refused(unsafe { opapi.aclnnMatmulGetWorkspaceSize(a.handle, a.handle, out.handle, 0, &mut size, &mut executor) });
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("mat2") && message.contains('3'), "{code}: {message}");
}

#[test]
fn repeatable_executor_takes_new_addresses() {
    let device = Device::new(3);
    let (a, out) = (device.floats(&[1., 2.]).view(&[2], &[1], 0), device.floats(&[0.; 2]).view(&[2], &[1], 0));
    let other = device.floats(&[5., 6.]);
    let factor = device.scalar(3.0);
    let (mut size, mut executor) = (0, null_mut());
    let (opapi, base) = (&device.cann.opapi, &device.cann.nnopbase);
    // SAFETY: every handle is alive, the places can be written.
    unsafe {
        opapi.aclnnMulsGetWorkspaceSize(a.handle, factor, out.handle, &mut size, &mut executor).unwrap();
        base.aclSetAclOpExecutorRepeatable(executor).unwrap();
        for expected in [[3., 6.], [15., 18.]] {
            opapi.aclnnMuls(null_mut(), size, executor, device.stream).unwrap();
            device.synchronize();
            assert_eq!(out.read(), expected);
            base.aclSetInputTensorAddr(executor, 0, a.handle, other.address).unwrap();
        }
        base.aclDestroyAclOpExecutor(executor).unwrap();
        let (_, message) = refused(opapi.aclnnMuls(null_mut(), size, executor, device.stream));
        assert!(message.contains("destroyed"), "{message}");
    }
}

/// The index counts the tensors of the operator in the order of its arguments, null ones too; the address is one that kernels can read.
#[test]
fn new_addresses_are_refused_at_another_tensors_place() {
    let device = Device::new(3);
    let (x, y) = (device.floats(&[1., -1.]).view(&[1, 2], &[2, 1], 0), device.floats(&[0.; 2]).view(&[1, 2], &[2, 1], 0));
    let weight = device.floats(&[3., 3.]).view(&[2], &[1], 0);
    let other = device.floats(&[4., 4.]);
    let shape = device.int_array(&[2]);
    let (mut size, mut executor) = (0, null_mut());
    let (opapi, base) = (&device.cann.opapi, &device.cann.nnopbase);
    // SAFETY: every handle is alive or null where that is allowed, the places can be written.
    unsafe {
        let none = null_mut();
        opapi
            .aclnnLayerNormGetWorkspaceSize(x.handle, shape, weight.handle, none, 0.0, y.handle, none, none, &mut size, &mut executor)
            .unwrap();
        let (_, message) = refused(base.aclSetTensorAddr(executor, 1, weight.handle, other.address));
        assert!(message.contains("serves once"), "{message}");
        base.aclSetAclOpExecutorRepeatable(executor).unwrap();
        for (index, tensor, address, why) in [
            (2, weight.handle, other.address, "place 2"),
            (6, y.handle, other.address, "index 6 asked of the 6"),
            (1, weight.handle, other.address.byte_add(4), "multiple of 32"),
        ] {
            let (code, message) = refused(base.aclSetTensorAddr(executor, index, tensor, address));
            assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains(why), "{message}");
        }
        // x, weight, bias, out: the bias is null and counts.
        base.aclSetTensorAddr(executor, 1, weight.handle, other.address).unwrap();
        base.aclSetTensorAddr(executor, 3, y.handle, y.address()).unwrap();
        let workspace = device.floats(&vec![0.; size as usize / 4 + 1]);
        opapi.aclnnLayerNorm(workspace.address, size, executor, device.stream).unwrap();
        device.synchronize();
        assert_eq!(y.read(), [4., -4.]);
        base.aclDestroyAclOpExecutor(executor).unwrap();
    }
}
