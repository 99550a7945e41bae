//! Operators of CANN 9.0, which the default version does not have.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::ptr::null;
use std::sync::Once;

use ascend_sys::ffi::*;
use common::Device;
use common::call::{assert_close, failure, refusal, run};

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

// aclnnClippedSwiglu: the gate is clamped above, what it opens on both sides; interleaved takes even and odd places; rows behind the groups stay.
#[test]
fn clipped_swiglu_interleaves_and_leaves_the_tail() {
    let device = device();
    // Halves would give (9, 1) and (2, -9).
    let x = device.floats(&[9., 2., 1., -9., 5., 5., 5., 5.]).of(&[2, 4]);
    let (groups, y) = (device.longs(&[1, 0]).of(&[2]), device.floats(&[8.; 4]).of(&[2, 2]));
    // min(9, 7) * sigmoid(700) * (2 + 1); 1 * sigmoid(100) * (-7 + 1).
    run!(device, aclnnClippedSwiglu(x.handle, groups.handle, -1, 100., 7., 1., true, y.handle));
    assert_close(&y.read(), &[21., -6., 8., 8.]);
}

// aclnnDequantSwigluQuantV2: swigluMode 1 is GPT-OSS's form on even and odd places, and asks for activateLeft; dstType and roundMode as on A2.
#[test]
fn dequant_swiglu_quant_knows_the_clipped_form() {
    let device = device();
    let (x, weight) = (device.ints(&[9, 2, 1, -9]).of(&[1, 4]), device.floats(&[1.; 4]).of(&[1, 4]));
    let groups = device.longs(&[1]).of(&[1]);
    let (y, scale) = (device.int8s(&[0; 2]).of(&[1, 2]), device.floats(&[0.]).of(&[1]));
    let mode = c"dynamic".as_ptr();
    run!(
        device,
        aclnnDequantSwigluQuantV2(
            x.handle,
            weight.handle,
            null(),
            null(),
            null(),
            null(),
            groups.handle,
            true,
            mode,
            2,
            null(),
            -1,
            1,
            7.,
            100.,
            1.,
            y.handle,
            scale.handle
        )
    );
    // 21 and -6: -6 * 127 / 21 is -36.29.
    assert_eq!(y.read_int8s(), [127, -36]);
    assert_close(&scale.read(), &[21. / 127.]);
    let (code, message) = refusal!(
        device,
        aclnnDequantSwigluQuantV2(
            x.handle,
            weight.handle,
            null(),
            null(),
            null(),
            null(),
            groups.handle,
            false,
            mode,
            2,
            null(),
            -1,
            1,
            7.,
            1.,
            1.,
            y.handle,
            scale.handle
        )
    );
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("activateLeft"), "{code}: {message}");
}

// aclnnMoeFinalizeRoutingV4: expert 2 gives nothing, 3 the token itself, 4 alpha1 * x + alpha2 * v.
#[test]
fn finalize_routing_has_experts_without_matrices() {
    let device = device();
    let rows = device.floats(&[5., 0., 0., 0.]).of(&[4, 1]);
    let places = device.ints(&[0, -7, -7, -7]).of(&[4]);
    let scales = device.floats(&[1., 10., 2., 3.]).of(&[2, 2]);
    let experts = device.ints(&[0, 2, 3, 4]).of(&[2, 2]);
    let x = device.floats(&[100., 7.]).of(&[2, 1]);
    let [alpha1, alpha2, v] = [2., 3., 4.].map(|value| device.floats(&[value]).of(&[1, 1]));
    let y = device.floats(&[9.; 2]).of(&[2, 1]);
    let range = |start: i64| device.int_array(&[start, start + 1]);
    run!(
        device,
        aclnnMoeFinalizeRoutingV4(
            rows.handle,
            places.handle,
            null(),
            null(),
            null(),
            scales.handle,
            experts.handle,
            x.handle,
            alpha1.handle,
            alpha2.handle,
            v.handle,
            2,
            range(2),
            range(3),
            range(4),
            2,
            y.handle
        )
    );
    // Token 0: 5. Token 1: 2 * 7 + 3 * (2 * 7 + 3 * 4).
    assert_close(&y.read(), &[5., 92.]);
    let (code, message) = refusal!(
        device,
        aclnnMoeFinalizeRoutingV4(
            rows.handle,
            places.handle,
            null(),
            null(),
            null(),
            scales.handle,
            experts.handle,
            x.handle,
            alpha1.handle,
            alpha2.handle,
            v.handle,
            2,
            range(2),
            range(2),
            range(4),
            2,
            y.handle
        )
    );
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("overlap"), "{code}: {message}");
}

// aclnnMoeGatingTopKV2: with a table the experts are those of the token's id, their scores over their sum.
#[test]
fn gating_looks_experts_up() {
    let device = device();
    // sigmoid(0) = 0.5, sigmoid(ln 3) = 0.75.
    let x = device.floats(&[0., 1.098_612_3, 0.]).of(&[1, 3]);
    let (ids, table) = (device.longs(&[1]).of(&[1]), device.ints(&[0, 0, 2, 1]).of(&[2, 2]));
    let (y, experts) = (device.floats(&[9.; 2]).of(&[1, 2]), device.ints(&[9; 2]).of(&[1, 2]));
    run!(
        device,
        aclnnMoeGatingTopKV2(x.handle, null(), ids.handle, table.handle, 2, 1, 1, 0, 0, 1, false, 1., 0., y.handle, experts.handle, null())
    );
    assert_eq!(experts.read_ints(), [2, 1]);
    assert_close(&y.read(), &[0.4, 0.6]);
    let wrong = device.longs(&[2]).of(&[1]);
    let message = failure!(
        device,
        aclnnMoeGatingTopKV2(
            x.handle,
            null(),
            wrong.handle,
            table.handle,
            2,
            1,
            1,
            0,
            0,
            1,
            false,
            1.,
            0.,
            y.handle,
            experts.handle,
            null()
        )
    );
    assert!(message.contains("inputIds"), "{message}");
}

// aclnnQuantMatmulV5: the scales of rows come first among the arguments; what other chips have is refused.
#[test]
fn quant_matmul_v5_takes_the_scales_of_rows_first() {
    let device = Device::new({
        device();
        1
    });
    let (a, b) = (device.int8s(&[1, 2, 3, 4]).of(&[2, 2]), device.int8s(&[5, 6, 7, 8]).of(&[2, 2]));
    let (rows, columns) = (device.floats(&[1., 4.]).of(&[2]), device.floats(&[0.5, 2.]).of(&[2]));
    let y = device.reals(ACL_BF16, &[0.; 4]).of(&[2, 2]);
    let none = null();
    run!(
        device,
        aclnnQuantMatmulV5(a.handle, b.handle, rows.handle, columns.handle, none, none, none, none, none, false, false, 0, y.handle)
    );
    assert_eq!(y.reals(), [9.5, 44., 86., 400.]);
    let (code, message) = refusal!(
        device,
        aclnnQuantMatmulV5(
            a.handle,
            b.handle,
            rows.handle,
            columns.handle,
            columns.handle,
            none,
            none,
            none,
            none,
            false,
            false,
            0,
            y.handle
        )
    );
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("yScale"), "{code}: {message}");
}
