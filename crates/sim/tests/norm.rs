//! Normalisation, with numbers worked out by hand from the formulas of the vendor's documents.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::ptr::{null, null_mut};

use ascend_sys::ffi::*;
use common::Device;
use common::call::{assert_close, refusal, run};

// aclnnRmsNorm: y = x / sqrt(mean(x^2) + epsilon) * gamma. The row [1, 7] has the mean square 25.
#[test]
fn rms_norm_divides_by_the_root_of_the_mean_square() {
    let device = Device::new(0);
    let x = device.floats(&[1., 7., -1., 7.]).of(&[2, 2]);
    let gamma = device.floats(&[10., 5.]).of(&[2]);
    let (y, rstd) = (device.floats(&[0.; 4]).of(&[2, 2]), device.floats(&[0.; 2]).of(&[2, 1]));
    run!(device, aclnnRmsNorm(x.handle, gamma.handle, 0.0, y.handle, rstd.handle));
    assert_close(&y.read(), &[2., 7., -2., 7.]);
    assert_close(&rstd.read(), &[0.2, 0.2]);
    // aclnnGemmaRmsNorm: the factor is 1 + gamma.
    run!(device, aclnnGemmaRmsNorm(x.handle, gamma.handle, 0.0, y.handle, rstd.handle));
    assert_close(&y.read(), &[2.2, 8.4, -2.2, 8.4]);
}

// aclnnRmsNorm, its table of types: FLOAT16 or BF16 with a FLOAT gamma; the result is rounded once. 1.4 * 9 = 12.6, and 12.625 is the nearest BF16.
#[test]
fn rms_norm_of_halves_rounds_once_and_takes_a_float_gamma() {
    let device = Device::new(0);
    let x = device.reals(ACL_BF16, &[1., 7.]).of(&[1, 2]);
    let (y, rstd) = (device.reals(ACL_BF16, &[0.; 2]).of(&[1, 2]), device.floats(&[0.]).of(&[1, 1]));
    for dtype in [ACL_FLOAT, ACL_BF16] {
        let gamma = device.reals(dtype, &[10., 9.]).of(&[2]);
        run!(device, aclnnRmsNorm(x.handle, gamma.handle, 0.0, y.handle, rstd.handle));
        assert_eq!(y.reals(), [2., 12.625]);
    }
}

// aclnnRmsNorm: types that are not in the table are 161002, shapes that do not fit are 561002.
#[test]
fn rms_norm_tells_wrong_types_from_wrong_shapes() {
    let device = Device::new(0);
    let x = device.floats(&[1.; 4]).of(&[2, 2]);
    let (gamma, half) = (device.floats(&[1.; 2]).of(&[2]), device.reals(ACL_FLOAT16, &[1.; 2]).of(&[2]));
    let (y, rstd) = (device.floats(&[0.; 4]).of(&[2, 2]), device.floats(&[0.; 2]).of(&[2, 1]));
    let flat = device.floats(&[0.; 2]).of(&[2]);
    let three = device.floats(&[1.; 3]).of(&[3]);
    let (code, message) = refusal!(device, aclnnRmsNorm(x.handle, half.handle, 0.0, y.handle, rstd.handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("gamma"), "{code}: {message}");
    let (code, message) = refusal!(device, aclnnRmsNorm(x.handle, three.handle, 0.0, y.handle, rstd.handle));
    assert!(code == ACLNN_ERR_INNER_TILING_ERROR && message.contains("gamma"), "{code}: {message}");
    let (code, message) = refusal!(device, aclnnRmsNorm(x.handle, gamma.handle, 0.0, y.handle, flat.handle));
    assert!(code == ACLNN_ERR_INNER_TILING_ERROR && message.contains("rstdOut"), "{code}: {message}");
    let (code, message) = refusal!(device, aclnnRmsNorm(x.handle, gamma.handle, 0.0, y.handle, null()));
    assert!(code == ACLNN_ERR_PARAM_NULLPTR && message.contains("rstdOut"), "{code}: {message}");
}

// The kernel of AddRmsNorm rounds x * rstd before it multiplies by gamma: 1.4 is 1.3984375 in BF16, times 9 is 12.5859, which is 12.5625 in BF16.
#[test]
fn add_rms_norm_rounds_twice() {
    let device = Device::new(0);
    let (x1, x2) = (device.reals(ACL_BF16, &[3., 3.]).of(&[1, 2]), device.reals(ACL_BF16, &[-2., 4.]).of(&[1, 2]));
    let gamma = device.reals(ACL_BF16, &[10., 9.]).of(&[2]);
    let (y, x) = (device.reals(ACL_BF16, &[0.; 2]).of(&[1, 2]), device.reals(ACL_BF16, &[0.; 2]).of(&[1, 2]));
    let rstd = device.floats(&[0.]).of(&[1, 1]);
    run!(device, aclnnAddRmsNorm(x1.handle, x2.handle, gamma.handle, 0.0, y.handle, rstd.handle, x.handle));
    assert_eq!(y.reals(), [2., 12.5625]);
    assert_eq!(x.reals(), [1., 7.]);
    // aclnnAddRmsNormCast: y1 is y2 in FLOAT.
    let wide = device.floats(&[0.; 2]).of(&[1, 2]);
    run!(device, aclnnAddRmsNormCast(x1.handle, x2.handle, gamma.handle, 0.0, wide.handle, y.handle, rstd.handle, x.handle));
    assert_eq!((wide.read(), y.reals()), (vec![2., 12.5625], vec![2., 12.5625]));
}

// BF16 is added in f32 and normalised before the sum is rounded, FLOAT16 after it: 257 is 256 in BF16, 2049 is 2048 in FLOAT16.
#[test]
fn add_rms_norm_normalises_the_exact_sum_of_bf16_and_the_rounded_one_of_fp16() {
    let device = Device::new(0);
    for (dtype, big, stored, rstd_expected) in [(ACL_BF16, 256., 256., 1. / 257.), (ACL_FLOAT16, 2048., 2048., 1. / 2048.)] {
        let (x1, x2) = (device.reals(dtype, &[big]).of(&[1, 1]), device.reals(dtype, &[1.]).of(&[1, 1]));
        let gamma = device.reals(dtype, &[1.]).of(&[1]);
        let (y, x) = (device.reals(dtype, &[0.]).of(&[1, 1]), device.reals(dtype, &[0.]).of(&[1, 1]));
        let rstd = device.floats(&[0.]).of(&[1, 1]);
        run!(device, aclnnAddRmsNorm(x1.handle, x2.handle, gamma.handle, 0.0, y.handle, rstd.handle, x.handle));
        assert_eq!((x.reals(), y.reals()), (vec![stored], vec![1.]));
        assert_close(&rstd.read(), &[rstd_expected]);
    }
}

#[test]
fn add_rms_norm_takes_no_empty_tensor() {
    let device = Device::new(0);
    let x = device.floats(&[]).of(&[0, 2]);
    let (gamma, rstd) = (device.floats(&[1.; 2]).of(&[2]), device.floats(&[]).of(&[0, 1]));
    let (code, _) = refusal!(device, aclnnAddRmsNorm(x.handle, x.handle, gamma.handle, 0.0, x.handle, rstd.handle, x.handle));
    assert_eq!(code, ACLNN_ERR_INNER_TILING_ERROR);
    run!(device, aclnnRmsNorm(x.handle, gamma.handle, 0.0, x.handle, rstd.handle));
}

// aclnnLayerNorm: [1, 3] has the mean 2 and the (biased) variance 1.
#[test]
fn layer_norm_uses_the_biased_variance() {
    let device = Device::new(0);
    let x = device.floats(&[1., 3., 5., 9.]).of(&[2, 2]);
    let (weight, bias) = (device.floats(&[2., 3.]).of(&[2]), device.floats(&[10., 20.]).of(&[2]));
    let out = device.floats(&[0.; 4]).of(&[2, 2]);
    let (mean, rstd) = (device.floats(&[0.; 2]).of(&[2, 1]), device.floats(&[0.; 2]).of(&[2, 1]));
    let shape = device.int_array(&[2]);
    run!(device, aclnnLayerNorm(x.handle, shape, weight.handle, bias.handle, 0.0, out.handle, mean.handle, rstd.handle));
    assert_close(&out.read(), &[8., 23., 8., 23.]);
    assert_close(&mean.read(), &[2., 7.]);
    assert_close(&rstd.read(), &[1., 0.5]);
    run!(device, aclnnLayerNorm(x.handle, shape, null(), null(), 0.0, out.handle, null_mut(), null_mut()));
    assert_close(&out.read(), &[-1., 1., -1., 1.]);
    let wrong = device.int_array(&[3]);
    let (code, message) = refusal!(device, aclnnLayerNorm(x.handle, wrong, null(), null(), 0.0, out.handle, null_mut(), null_mut()));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("normalizedShape"), "{code}: {message}");
}

// aclnnAddLayerNorm: x = x1 + x2 + bias, written where additionalOutput asks for it.
#[test]
fn add_layer_norm_normalises_the_sum() {
    let device = Device::new(0);
    let (x1, x2) = (device.floats(&[1., 1.]).of(&[1, 2]), device.floats(&[0., 1.]).of(&[1, 2]));
    let (gamma, beta, bias) = (device.floats(&[2., 3.]).of(&[2]), device.floats(&[1., 1.]).of(&[2]), device.floats(&[0., 1.]).of(&[2]));
    let (y, x) = (device.floats(&[0.; 2]).of(&[1, 2]), device.floats(&[-5.; 2]).of(&[1, 2]));
    let (mean, rstd) = (device.floats(&[0.]).of(&[1, 1]), device.floats(&[0.]).of(&[1, 1]));
    for (additional, expected) in [(false, [-5., -5.]), (true, [1., 3.])] {
        run!(
            device,
            aclnnAddLayerNorm(
                x1.handle,
                x2.handle,
                gamma.handle,
                beta.handle,
                bias.handle,
                0.0,
                additional,
                y.handle,
                mean.handle,
                rstd.handle,
                x.handle
            )
        );
        assert_close(&y.read(), &[-1., 4.]);
        assert_eq!(x.read(), expected);
    }
    assert_eq!((mean.read(), rstd.read()), (vec![2.], vec![1.]));
}

// aclnnGroupNorm: channels 0 and 1 are a group, 2 and 3 the other; each channel has two values.
#[test]
fn group_norm_has_a_mean_for_each_group() {
    let device = Device::new(0);
    let x = device.floats(&[1., 1., 3., 3., 5., 9., 5., 9.]).of(&[1, 4, 2]);
    let (gamma, beta) = (device.floats(&[1., 2., 3., 4.]).of(&[4]), device.floats(&[0., 0., 0., 1.]).of(&[4]));
    let out = device.floats(&[0.; 8]).of(&[1, 4, 2]);
    let (mean, rstd) = (device.floats(&[0.; 2]).of(&[1, 2]), device.floats(&[0.; 2]).of(&[1, 2]));
    run!(device, aclnnGroupNorm(x.handle, gamma.handle, beta.handle, 1, 4, 2, 2, 0.0, out.handle, mean.handle, rstd.handle));
    assert_close(&out.read(), &[-1., -1., 2., 2., -3., 3., -3., 5.]);
    assert_eq!((mean.read(), rstd.read()), (vec![2., 7.], vec![1., 0.5]));
}

// aclnnAddRmsNormQuant, divMode: round(y / scale + zero point) with y = [2, 7]: 2 / 0.5 + 1 and 7 / 4 - 1.
#[test]
fn add_rms_norm_quant_divides_or_multiplies() {
    let device = Device::new(0);
    let half = |values: &[f32]| device.reals(ACL_FLOAT16, values);
    let (x1, x2) = (half(&[3., 3.]).of(&[1, 2]), half(&[-2., 4.]).of(&[1, 2]));
    let gamma = half(&[10., 5.]).of(&[2]);
    let (scales, zeros) = (device.floats(&[0.5, 4.]).of(&[2]), device.ints(&[1, -1]).of(&[2]));
    let (y1, y2) = (device.int8s(&[0; 2]).of(&[1, 2]), device.int8s(&[99]).of(&[1]));
    let x = half(&[0.; 2]).of(&[1, 2]);
    for (divide, expected) in [(true, [5, 1]), (false, [2, 27])] {
        run!(
            device,
            aclnnAddRmsNormQuant(
                x1.handle,
                x2.handle,
                gamma.handle,
                scales.handle,
                null(),
                zeros.handle,
                null(),
                -1,
                0.0,
                divide,
                y1.handle,
                y2.handle,
                x.handle
            )
        );
        assert_eq!(y1.read_int8s(), expected);
    }
    assert_eq!((x.reals(), y2.read_int8s()), (vec![1., 7.], vec![99]));
    // V2 adds beta behind gamma, and gives the norm without it.
    let (beta, norm) = (half(&[1., 1.]).of(&[2]), half(&[0.; 2]).of(&[1, 2]));
    run!(
        device,
        aclnnAddRmsNormQuantV2(
            x1.handle,
            x2.handle,
            gamma.handle,
            scales.handle,
            null(),
            zeros.handle,
            null(),
            beta.handle,
            -1,
            0.0,
            true,
            y1.handle,
            y2.handle,
            x.handle,
            norm.handle
        )
    );
    assert_eq!((y1.read_int8s(), norm.reals()), (vec![7, 1], vec![2., 7.]));
    // BF16 scales go with BF16 values only; zero points of the second output without its scales are refused on A2.
    let wrong = device.reals(ACL_BF16, &[0.5, 4.]).of(&[2]);
    let (code, _) = refusal!(
        device,
        aclnnAddRmsNormQuant(
            x1.handle,
            x2.handle,
            gamma.handle,
            wrong.handle,
            null(),
            zeros.handle,
            null(),
            -1,
            0.0,
            true,
            y1.handle,
            y2.handle,
            x.handle
        )
    );
    assert_eq!(code, ACLNN_ERR_PARAM_INVALID);
    let (code, _) = refusal!(
        device,
        aclnnAddRmsNormQuant(
            x1.handle,
            x2.handle,
            gamma.handle,
            scales.handle,
            null(),
            zeros.handle,
            zeros.handle,
            -1,
            0.0,
            true,
            y1.handle,
            y2.handle,
            x.handle
        )
    );
    assert_eq!(code, ACLNN_ERR_PARAM_INVALID);
}

// aclnnAddRmsNormDynamicQuant: y = [2, 7], the scale is 7 / 127, 2 is 36.29 steps. With the smooth scale [7, 1] both are 14 and 7.
#[test]
fn add_rms_norm_dynamic_quant_has_a_scale_for_each_row() {
    let device = Device::new(0);
    let half = |values: &[f32]| device.reals(ACL_BF16, values);
    let (x1, x2) = (half(&[1., 7., 0., 0.]).of(&[2, 2]), half(&[0.; 4]).of(&[2, 2]));
    let (gamma, ones, smooth) = (half(&[10., 5.]).of(&[2]), half(&[1., 1.]).of(&[2]), half(&[7., 1.]).of(&[2]));
    let (y1, y2) = (device.int8s(&[99; 4]).of(&[2, 2]), device.int8s(&[99; 4]).of(&[2, 2]));
    let (s1, s2) = (device.floats(&[-1.; 2]).of(&[2]), device.floats(&[-1.; 2]).of(&[2]));
    let x = half(&[0.; 4]).of(&[2, 2]);
    run!(
        device,
        aclnnAddRmsNormDynamicQuant(
            x1.handle,
            x2.handle,
            gamma.handle,
            null(),
            null(),
            1e-6,
            y1.handle,
            y2.handle,
            x.handle,
            s1.handle,
            s2.handle
        )
    );
    assert_eq!((y1.read_int8s(), y2.read_int8s()), (vec![36, 127, 0, 0], vec![99; 4]));
    assert_close(&s1.read(), &[7. / 127., 0.]);
    assert_eq!(s2.read(), [-1., -1.]);
    run!(
        device,
        aclnnAddRmsNormDynamicQuant(
            x1.handle,
            x2.handle,
            gamma.handle,
            ones.handle,
            smooth.handle,
            1e-6,
            y1.handle,
            y2.handle,
            x.handle,
            s1.handle,
            s2.handle
        )
    );
    // 7 / (14 / 127) = 63.5 before the rounding of the norm, a little less with epsilon.
    assert_eq!(y2.read_int8s()[0], 127);
    assert!((63..=64).contains(&y2.read_int8s()[1]));
    // V2: a mask says which output is asked for.
    let mask = device.bool_array(&[false, true]);
    let fresh = device.int8s(&[99; 4]).of(&[2, 2]);
    run!(
        device,
        aclnnAddRmsNormDynamicQuantV2(
            x1.handle,
            x2.handle,
            gamma.handle,
            null(),
            null(),
            null(),
            1e-6,
            mask,
            fresh.handle,
            y2.handle,
            x.handle,
            s1.handle,
            s2.handle
        )
    );
    assert_eq!((fresh.read_int8s(), y2.read_int8s()), (vec![99; 4], vec![36, 127, 0, 0]));
    let (code, _) = refusal!(
        device,
        aclnnAddRmsNormDynamicQuantV2(
            x1.handle,
            x2.handle,
            gamma.handle,
            ones.handle,
            null(),
            null(),
            1e-6,
            mask,
            fresh.handle,
            y2.handle,
            x.handle,
            s1.handle,
            s2.handle
        )
    );
    assert_eq!(code, ACLNN_ERR_PARAM_INVALID);
    let (code, _) = refusal!(
        device,
        aclnnAddRmsNormDynamicQuant(
            x1.handle,
            x2.handle,
            gamma.handle,
            null(),
            ones.handle,
            1e-6,
            y1.handle,
            y2.handle,
            x.handle,
            s1.handle,
            s2.handle
        )
    );
    assert_eq!(code, ACLNN_ERR_PARAM_INVALID);
}
