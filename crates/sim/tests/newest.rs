//! Operators of CANN 9.0, which the default version does not have.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::ptr::null;
use std::sync::Once;

use ascend_sys::ffi::*;
use common::Device;
use common::call::{assert_close, refusal, run};

fn device() -> Device {
    static VERSION: Once = Once::new();
    // SAFETY: every test comes through here before it reads the environment.
    VERSION.call_once(|| unsafe { std::env::set_var("ASCEND_SIM_CANN", "9.0.0") });
    Device::new(0)
}

// aclnnInplaceAddRmsNorm: y goes where x1 was, the sum where x2 was.
#[test]
fn inplace_add_rms_norm_leaves_the_norm_in_x1_and_the_sum_in_x2() {
    let device = device();
    let (x1, x2) = (device.floats(&[3., 3.]).of(&[1, 2]), device.floats(&[-2., 4.]).of(&[1, 2]));
    let (gamma, rstd) = (device.floats(&[10., 5.]).of(&[2]), device.floats(&[0.]).of(&[1, 1]));
    run!(device, aclnnInplaceAddRmsNorm(x1.handle, x2.handle, gamma.handle, 0.0, rstd.handle));
    assert_close(&x1.read(), &[2., 7.]);
    assert_eq!(x2.read(), [1., 7.]);
}

// aclnnRmsNormQuant: round((x * rstd * gamma + beta) / scale + offset), one scale: (2 + 1) / 0.5 + 3 and (7 + 1) / 0.5 + 3.
#[test]
fn rms_norm_quant_adds_beta_and_an_offset() {
    let device = device();
    let half = |values: &[f32]| device.reals(ACL_FLOAT16, values);
    let (x, gamma, beta) = (half(&[1., 7.]).of(&[1, 2]), half(&[10., 5.]).of(&[2]), half(&[1., 1.]).of(&[1, 2]));
    let (scale, offset, y) = (half(&[0.5]).of(&[1]), device.int8s(&[3]).of(&[1]), device.int8s(&[0; 2]).of(&[1, 2]));
    run!(device, aclnnRmsNormQuant(x.handle, gamma.handle, beta.handle, scale.handle, offset.handle, 0.0, y.handle));
    assert_eq!(y.read_int8s(), [9, 19]);
    let wide = device.floats(&[0.5]).of(&[1]);
    let (code, message) =
        refusal!(device, aclnnRmsNormQuant(x.handle, gamma.handle, beta.handle, wide.handle, offset.handle, 0.0, y.handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("scale"), "{code}: {message}");
}

// aclnnRmsNormDynamicQuant: y = [2, 7], the scale is 7 / 127; dstType is 2 on A2.
#[test]
fn rms_norm_dynamic_quant_makes_int8_only() {
    let device = device();
    let half = |values: &[f32]| device.reals(ACL_FLOAT16, values);
    let (x, gamma) = (half(&[1., 7.]).of(&[1, 2]), half(&[10., 5.]).of(&[2]));
    let (y, scale) = (device.int8s(&[0; 2]).of(&[1, 2]), device.floats(&[0.]).of(&[1]));
    run!(device, aclnnRmsNormDynamicQuant(x.handle, gamma.handle, null(), null(), 0.0, 2, y.handle, scale.handle));
    assert_eq!(y.read_int8s(), [36, 127]);
    assert_close(&scale.read(), &[7. / 127.]);
    let (code, message) =
        refusal!(device, aclnnRmsNormDynamicQuant(x.handle, gamma.handle, null(), null(), 0.0, 29, y.handle, scale.handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("dstType"), "{code}: {message}");
}
