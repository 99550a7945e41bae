//! Arithmetic, functions, comparisons, filling, shapes, windows and convolutions, with numbers worked out by hand.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::ptr::null;

use ascend_sys::ffi::*;
use common::Device;
use common::call::{assert_close, refusal, run};

#[test]
fn differences_and_quotients_take_their_operands_in_order() {
    let device = Device::new(0);
    let (a, b) = (device.floats(&[8., 6.]).of(&[2]), device.floats(&[2., 4.]).of(&[2]));
    let out = device.floats(&[0.; 2]).of(&[2]);
    run!(device, aclnnSubs(a.handle, device.scalar(1.), device.scalar(3.), out.handle));
    assert_eq!(out.read(), [5., 3.]);
    run!(device, aclnnRsubs(a.handle, device.scalar(1.), device.scalar(3.), out.handle));
    assert_eq!(out.read(), [-23., -17.]);
    run!(device, aclnnDiv(a.handle, b.handle, out.handle));
    assert_eq!(out.read(), [4., 1.5]);
    run!(device, aclnnInplaceSub(a.handle, b.handle, device.scalar(2.)));
    assert_eq!(a.read(), [4., -2.]);
    run!(device, aclnnInplaceDivs(a.handle, device.scalar(4.)));
    assert_eq!(a.read(), [1., -0.5]);
    run!(device, aclnnInplaceMul(a.handle, b.handle));
    run!(device, aclnnInplaceAdd(a.handle, b.handle, device.scalar(0.5)));
    run!(device, aclnnInplaceSubs(a.handle, device.scalar(1.), device.scalar(2.)));
    assert_eq!(a.read(), [1., -2.]);
    // A division is a true one: its result has fractions.
    let (x, y) = (device.ints(&[7, 1]).of(&[2]), device.ints(&[2, 4]).of(&[2]));
    run!(device, aclnnDiv(x.handle, y.handle, out.handle));
    assert_eq!(out.read(), [3.5, 0.25]);
    let (code, message) = refusal!(device, aclnnDiv(x.handle, y.handle, x.handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("out"), "{code}: {message}");
}

/// The slope of v sigmoid(v): 0.5 at 0, and by differences elsewhere.
#[test]
fn gradient_of_silu_is_its_slope() {
    let device = Device::new(0);
    let values = [0., 1., -2., 5.];
    let (x, grad, out) = (device.floats(&values).of(&[4]), device.floats(&[2.; 4]).of(&[4]), device.floats(&[0.; 4]).of(&[4]));
    run!(device, aclnnSiluBackward(grad.handle, x.handle, out.handle));
    let silu = |v: f64| v / (1. + (-v).exp());
    let slope = values.map(|v| (2. * (silu(f64::from(v) + 1e-6) - silu(f64::from(v) - 1e-6)) / 2e-6) as f32);
    assert_eq!(slope[0], 1.);
    assert_close(&out.read(), &slope);
}

#[test]
fn truth_values_are_combined() {
    let device = Device::new(0);
    let (a, b) = (device.floats(&[0., 0.5, f32::NAN, -0.]).of(&[4]), device.floats(&[1., 0., 2., 0.]).of(&[4]));
    let out = device.bools(&[0; 4]).of(&[4]);
    run!(device, aclnnLogicalAnd(a.handle, b.handle, out.handle));
    assert_eq!(out.bytes(), [0, 0, 1, 0]);
    run!(device, aclnnLogicalOr(a.handle, b.handle, out.handle));
    assert_eq!(out.bytes(), [1, 1, 1, 0]);
    run!(device, aclnnLogicalNot(a.handle, out.handle));
    assert_eq!(out.bytes(), [1, 0, 0, 1]);
    // One row broadcasts.
    let (rows, row) = (device.bools(&[1, 0, 1, 1]).of(&[2, 2]), device.bools(&[0, 1]).of(&[2]));
    let out = device.bools(&[0; 4]).of(&[2, 2]);
    run!(device, aclnnLogicalAnd(rows.handle, row.handle, out.handle));
    assert_eq!(out.bytes(), [0, 0, 0, 1]);
}

#[test]
fn tensors_are_stacked_along_a_new_dimension() {
    let device = Device::new(0);
    let (a, b) = (device.floats(&[1., 2., 3., 4.]).of(&[2, 2]), device.floats(&[5., 6., 7., 8.]).of(&[2, 2]));
    let out = device.floats(&[0.; 8]).of(&[2, 2, 2]);
    for (dim, expected) in [
        (0, [1., 2., 3., 4., 5., 6., 7., 8.]),
        (1, [1., 2., 5., 6., 3., 4., 7., 8.]),
        (2, [1., 5., 2., 6., 3., 7., 4., 8.]),
        (-1, [1., 5., 2., 6., 3., 7., 4., 8.]),
    ] {
        run!(device, aclnnStack(device.list(&[&a, &b]), dim, out.handle));
        assert_eq!(out.read(), expected, "{dim}");
    }
    let flat = device.floats(&[0.; 8]).of(&[4, 2]);
    let (code, message) = refusal!(device, aclnnStack(device.list(&[&a, &b]), 0, flat.handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("out"), "{code}: {message}");
}

/// What is drawn is the simulation's own; its distribution, and that a seed and an offset give the same again, are not.
#[test]
fn random_numbers_are_of_their_distribution() {
    const COUNT: usize = 10_000;
    let device = Device::new(0);
    let x = device.floats(&[0.; COUNT]).of(&[COUNT as i64]);
    let moments = |values: &[f32]| {
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len() as f32).sqrt())
    };
    let drawn = |seed, offset| {
        run!(device, aclnnInplaceNormal(x.handle, 3., 2., seed, offset));
        x.read()
    };
    let first = drawn(1, 0);
    let (mean, std) = moments(&first);
    // Within five times the error that so many numbers leave.
    assert!((mean - 3.).abs() < 0.1 && (std - 2.).abs() < 0.1, "{mean} {std}");
    assert_eq!(drawn(1, 0), first);
    assert!(drawn(2, 0) != first && drawn(1, 10) != first);
    run!(device, aclnnInplaceUniform(x.handle, -1., 3., 5, 0));
    let (mean, std) = moments(&x.read());
    assert!((mean - 1.).abs() < 0.06 && (std - 4. / 12f32.sqrt()).abs() < 0.06, "{mean} {std}");
    assert!(x.read().iter().all(|v| (-1.0..3.0).contains(v)));
    let whole = device.longs(&[0; COUNT]).of(&[COUNT as i64]);
    run!(device, aclnnInplaceRandom(whole.handle, -2, 2, 5, 0));
    for value in [-2, -1, 0, 1] {
        let share = whole.read_longs().iter().filter(|v| **v == value).count() as f64 / COUNT as f64;
        assert!((share - 0.25).abs() < 0.03, "{value}: {share}");
    }
    let order = device.longs(&[0; 50]).of(&[50]);
    run!(device, aclnnRandperm(50, 3, 0, order.handle));
    let mut sorted = order.read_longs();
    assert!(!sorted.is_sorted());
    sorted.sort_unstable();
    assert_eq!(sorted, (0..50).collect::<Vec<_>>());
    let (code, message) = refusal!(device, aclnnInplaceRandom(whole.handle, 2, 2, 5, 0));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("to"), "{code}: {message}");
}

#[test]
fn three_operands_are_combined_in_place() {
    let device = Device::new(0);
    let (a, b) = (device.floats(&[1., 2.]).of(&[2]), device.floats(&[3., 8.]).of(&[2]));
    let c = device.floats(&[2.]).of(&[1]);
    run!(device, aclnnInplaceAddcmul(a.handle, b.handle, c.handle, device.scalar(0.5)));
    assert_eq!(a.read(), [4., 10.]);
    run!(device, aclnnInplaceAddcdiv(a.handle, b.handle, c.handle, device.scalar(2.)));
    assert_eq!(a.read(), [7., 18.]);
    run!(device, aclnnInplaceLerps(a.handle, b.handle, device.scalar(0.25)));
    assert_eq!(a.read(), [6., 15.5]);
}

#[test]
fn functions_of_one_element() {
    let device = Device::new(0);
    let x = device.floats(&[-4., 0., 4.]).of(&[3]);
    let out = device.floats(&[9.; 3]).of(&[3]);
    macro_rules! check {
        ($operator:ident($($extra:expr),*), $expected:expr) => {
            run!(device, $operator(x.handle, $($extra,)* out.handle));
            assert_close(&out.read(), &$expected);
        };
    }
    check!(aclnnAbs(), [4., 0., 4.]);
    check!(aclnnNeg(), [4., 0., -4.]);
    check!(aclnnSign(), [-1., 0., 1.]);
    check!(aclnnSqrt(), [f32::NAN, 0., 2.]);
    check!(aclnnRsqrt(), [f32::NAN, f32::INFINITY, 0.5]);
    check!(aclnnExp(), [0.018_315_64, 1., 54.598_15]);
    check!(aclnnLog(), [f32::NAN, f32::NEG_INFINITY, 1.386_294_4]);
    check!(aclnnSin(), [0.756_802_5, 0., -0.756_802_5]);
    check!(aclnnCos(), [-0.653_643_6, 1., -0.653_643_6]);
    check!(aclnnPowTensorScalar(device.scalar(2.)), [16., 0., 16.]);
    check!(aclnnClamp(device.scalar(-1.), null()), [-1., 0., 4.]);
    check!(aclnnClamp(device.scalar(-1.), device.scalar(2.)), [-1., 0., 2.]);
    check!(aclnnClampMin(device.scalar(1.)), [1., 1., 4.]);
    check!(aclnnLeakyRelu(device.scalar(0.5)), [-2., 0., 4.]);
    check!(aclnnHardsigmoid(), [0., 0.5, 1.]);
    check!(aclnnHardswish(), [0., 0., 4.]);
    check!(aclnnElu(device.scalar(1.), device.scalar(2.), device.scalar(1.)), [-1.963_368_7, 0., 8.]);
    check!(aclnnSoftplus(device.scalar(1.), device.scalar(20.)), [0.018_149_93, std::f32::consts::LN_2, 4.018_15]);
    run!(device, aclnnPowScalarTensor(device.scalar(2.), x.handle, out.handle));
    assert_close(&out.read(), &[0.0625, 1., 16.]);
    run!(device, aclnnThresholdBackward(out.handle, x.handle, device.scalar(0.), out.handle));
    assert_eq!(out.read(), [0., 0., 16.]);
    let half = device.floats(&[-0.5, 1.2]).of(&[2]);
    run!(device, aclnnCeil(half.handle, half.handle));
    assert_eq!(half.read(), [0., 2.]);
    run!(device, aclnnInplaceClampMax(half.handle, device.scalar(1.)));
    assert_eq!(half.read(), [0., 1.]);
    run!(device, aclnnInplaceThreshold(half.handle, device.scalar(0.5), device.scalar(7.)));
    assert_eq!(half.read(), [7., 1.]);
    run!(device, aclnnInplaceExp(device.floats(&[0.]).of(&[1]).handle));
    let (code, message) = refusal!(device, aclnnClamp(x.handle, null(), null(), out.handle));
    assert!(code == ACLNN_ERR_PARAM_NULLPTR && message.contains("clipValueMin"), "{code}: {message}");
}

#[test]
fn comparisons_give_truth_values() {
    let device = Device::new(0);
    let x = device.floats(&[1., 2., f32::NAN]).of(&[3]);
    let y = device.floats(&[1., 3., f32::NAN]).of(&[3]);
    let out = device.bools(&[9; 3]).of(&[3]);
    let two = device.scalar(2.);
    macro_rules! check {
        ($operator:ident($($extra:expr),*), $expected:expr) => {
            run!(device, $operator(x.handle, $($extra,)* out.handle));
            assert_eq!(out.bytes(), $expected);
        };
    }
    check!(aclnnEqTensor(y.handle), [1, 0, 0]);
    check!(aclnnNeTensor(y.handle), [0, 1, 1]);
    check!(aclnnEqScalar(two), [0, 1, 0]);
    check!(aclnnNeScalar(two), [1, 0, 1]);
    check!(aclnnGtScalar(two), [0, 0, 0]);
    check!(aclnnGeScalar(two), [0, 1, 0]);
    check!(aclnnLtScalar(two), [1, 0, 0]);
    check!(aclnnIsFinite(), [1, 1, 0]);
    // Whole numbers are compared exactly: 2^53 + 1 is no 2^53.
    let big = device.longs(&[(1 << 53) + 1, 1 << 53]).of(&[2]);
    let equal = device.bools(&[9; 2]).of(&[2]);
    run!(device, aclnnEqScalar(big.handle, device.int_scalar(1 << 53), equal.handle));
    assert_eq!(equal.bytes(), [0, 1]);
}

#[test]
fn bits_are_combined_and_truth_is_negated() {
    let device = Device::new(0);
    let (a, b, out) = (device.ints(&[12, -1]).of(&[2]), device.ints(&[10, 5]).of(&[2]), device.ints(&[0; 2]).of(&[2]));
    run!(device, aclnnBitwiseAndTensor(a.handle, b.handle, out.handle));
    assert_eq!(out.read_ints(), [8, 5]);
    run!(device, aclnnBitwiseOrTensor(a.handle, b.handle, out.handle));
    assert_eq!(out.read_ints(), [14, -1]);
    run!(device, aclnnBitwiseNot(a.handle, out.handle));
    assert_eq!(out.read_ints(), [-13, 0]);
    let (truth, negated) = (device.bools(&[1, 0]).of(&[2]), device.bools(&[9; 2]).of(&[2]));
    run!(device, aclnnBitwiseNot(truth.handle, negated.handle));
    assert_eq!(negated.bytes(), [0, 1]);
    let real = device.floats(&[1.]).of(&[1]);
    let (code, _) = refusal!(device, aclnnBitwiseNot(real.handle, real.handle));
    assert_eq!(code, ACLNN_ERR_PARAM_INVALID);
}

#[test]
fn tensors_are_filled_counted_and_cut_to_triangles() {
    let device = Device::new(0);
    let x = device.floats(&[1., 2., 3., 4., 5., 6.]).of(&[2, 3]);
    let out = device.floats(&[9.; 6]).of(&[2, 3]);
    run!(device, aclnnTriu(x.handle, 1, out.handle));
    assert_eq!(out.read(), [0., 2., 3., 0., 0., 6.]);
    run!(device, aclnnTril(x.handle, 0, out.handle));
    assert_eq!(out.read(), [1., 0., 0., 4., 5., 0.]);
    run!(device, aclnnInplaceTriu(x.handle, 0));
    assert_eq!(x.read(), [1., 2., 3., 0., 5., 6.]);
    run!(device, aclnnInplaceFillScalar(x.handle, device.scalar(2.5)));
    assert_eq!(x.read(), [2.5; 6]);
    run!(device, aclnnInplaceOne(x.handle));
    assert_eq!(x.read(), [1.; 6]);
    run!(device, aclnnInplaceZero(x.handle));
    assert_eq!(x.read(), [0.; 6]);
    let count = device.longs(&[9; 3]).of(&[3]);
    run!(device, aclnnArange(device.int_scalar(7), device.int_scalar(2), device.int_scalar(-2), count.handle));
    assert_eq!(count.read_longs(), [7, 5, 3]);
    let (code, message) = refusal!(device, aclnnArange(device.int_scalar(0), device.int_scalar(2), device.int_scalar(1), count.handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("out"), "{code}: {message}");
    let (code, message) = refusal!(device, aclnnArange(device.int_scalar(0), device.int_scalar(2), device.int_scalar(0), count.handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("step"), "{code}: {message}");
}

#[test]
fn tensors_are_repeated_sliced_and_padded() {
    let device = Device::new(0);
    let x = device.floats(&[1., 2., 3.]).of(&[1, 3]);
    let out = device.floats(&[9.; 12]).of(&[2, 2, 3]);
    run!(device, aclnnRepeat(x.handle, device.int_array(&[2, 2, 1]), out.handle));
    assert_eq!(out.read(), [1., 2., 3., 1., 2., 3., 1., 2., 3., 1., 2., 3.]);
    let out = device.floats(&[9.; 6]).of(&[1, 6]);
    run!(device, aclnnRepeatInterleaveIntWithDim(x.handle, 2, 1, 6, out.handle));
    assert_eq!(out.read(), [1., 1., 2., 2., 3., 3.]);
    let cut = device.floats(&[9.; 2]).of(&[1, 2]);
    run!(device, aclnnSlice(x.handle, 1, 0, 3, 2, cut.handle));
    assert_eq!(cut.read(), [1., 3.]);
    run!(device, aclnnSlice(x.handle, -1, -2, i64::MAX, 1, cut.handle));
    assert_eq!(cut.read(), [2., 3.]);
    let (one, two) = (device.int_array(&[1]), device.int_array(&[3]));
    run!(device, aclnnSliceV2(x.handle, one, two, one, one, cut.handle));
    assert_eq!(cut.read(), [2., 3.]);
    let wide = device.floats(&[9.; 10]).of(&[2, 5]);
    run!(device, aclnnConstantPadNd(x.handle, device.int_array(&[1, 1, 1, 0]), device.scalar(-1.), wide.handle));
    assert_eq!(wide.read(), [-1., -1., -1., -1., -1., -1., 1., 2., 3., -1.]);
    run!(device, aclnnConstantPadNd(x.handle, device.int_array(&[-1, 0]), device.scalar(0.), cut.handle));
    assert_eq!(cut.read(), [2., 3.]);
    let mirrored = device.floats(&[9.; 6]).of(&[1, 6]);
    run!(device, aclnnReflectionPad1d(x.handle, device.int_array(&[2, 1]), mirrored.handle));
    assert_eq!(mirrored.read(), [3., 2., 1., 2., 3., 2.]);
    let (code, message) = refusal!(device, aclnnReflectionPad1d(x.handle, device.int_array(&[3, 0]), mirrored.handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("padding"), "{code}: {message}");
}

// An image of 1 to 9.
#[test]
fn windows_are_pooled_unfolded_and_enlarged() {
    let device = Device::new(0);
    let x = device.floats(&[1., 2., 3., 4., 5., 6., 7., 8., 9.]).of(&[1, 1, 3, 3]);
    let out = device.floats(&[0.; 4]).of(&[1, 1, 2, 2]);
    let (two, one, zero) = (device.int_array(&[2, 2]), device.int_array(&[1, 1]), device.int_array(&[0, 0]));
    run!(device, aclnnAvgPool2d(x.handle, two, one, zero, false, true, 0, 0, out.handle));
    assert_eq!(out.read(), [3., 4., 6., 7.]);
    // With padding of 1 and steps of 2 the windows cover 1, 2 3, 4 7 and 5 6 8 9 of the image.
    run!(device, aclnnAvgPool2d(x.handle, two, two, one, false, true, 0, 0, out.handle));
    assert_eq!(out.read(), [0.25, 1.25, 2.75, 7.]);
    run!(device, aclnnAvgPool2d(x.handle, two, two, one, false, false, 0, 0, out.handle));
    assert_eq!(out.read(), [1., 2.5, 5.5, 7.]);
    run!(device, aclnnAvgPool2d(x.handle, two, one, zero, false, true, 2, 0, out.handle));
    assert_eq!(out.read(), [6., 8., 12., 14.]);
    run!(device, aclnnMaxPool(x.handle, two, two, 0, device.int_array(&[1, 1, 0, 0]), one, 0, out.handle));
    assert_eq!(out.read(), [1., 3., 7., 9.]);
    let columns = device.floats(&[0.; 16]).of(&[1, 4, 4]);
    run!(device, aclnnIm2col(x.handle, two, one, zero, one, columns.handle));
    assert_eq!(columns.read(), [1., 2., 4., 5., 2., 3., 5., 6., 4., 5., 7., 8., 5., 6., 8., 9.]);
    let small = device.floats(&[1., 2.]).of(&[1, 1, 1, 2]);
    let large = device.floats(&[0.; 8]).of(&[1, 1, 2, 4]);
    run!(device, aclnnUpsampleNearest2d(small.handle, device.int_array(&[2, 4]), large.handle));
    assert_eq!(large.read(), [1., 1., 2., 2., 1., 1., 2., 2.]);
}

#[test]
fn convolution_slides_a_product_over_the_image() {
    let device = Device::new(0);
    let x = device.floats(&[1., 2., 3., 4., 5., 6., 7., 8., 9.]).of(&[1, 1, 3, 3]);
    let weight = device.floats(&[1., 0., 0., 1., 0., 1., 0., 0.]).of(&[2, 1, 2, 2]);
    let (bias, out) = (device.floats(&[0., 10.]).of(&[2]), device.floats(&[0.; 8]).of(&[1, 2, 2, 2]));
    let (one, zero) = (device.int_array(&[1, 1]), device.int_array(&[0, 0]));
    run!(device, aclnnConvolution(x.handle, weight.handle, bias.handle, one, zero, one, false, zero, 1, out.handle, 0));
    assert_eq!(out.read(), [6., 8., 12., 14., 12., 13., 15., 16.]);
    // One dimension, two groups, padding of 1: each channel has its own difference.
    let (line, kernel) = (device.floats(&[1., 4., 10., 20.]).of(&[1, 2, 2]), device.floats(&[-1., 1., 1., -1.]).of(&[2, 1, 2]));
    let short = device.floats(&[0.; 6]).of(&[1, 2, 3]);
    let (step, pad) = (device.int_array(&[1]), device.int_array(&[1]));
    run!(device, aclnnConvolution(line.handle, kernel.handle, null(), step, pad, step, false, pad, 2, short.handle, 0));
    assert_eq!(short.read(), [1., 3., -4., -10., -10., 20.]);
    let (a, v, product) =
        (device.floats(&[1., 2., 3., 4.]).of(&[2, 2]), device.floats(&[1., 10.]).of(&[2]), device.floats(&[0.; 2]).of(&[2]));
    run!(device, aclnnMv(a.handle, v.handle, product.handle, 0));
    assert_eq!(product.read(), [21., 43.]);
    let (code, message) =
        refusal!(device, aclnnConvolution(x.handle, weight.handle, bias.handle, one, zero, one, false, zero, 2, out.handle, 0));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("weight"), "{code}: {message}");
}
