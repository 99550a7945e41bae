//! Softmax, order, reductions and losses, with numbers worked out by hand.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::ptr::null;

use ascend_sys::ffi::*;
use common::Device;
use common::call::{assert_close, failure, refusal, run};

const LN3: f32 = 1.098_612_3;

// aclnnSoftmax along dimension 0: exp(ln 3) is three times exp(0). A line of -inf is NaN, as in torch.
#[test]
fn softmax_normalises_along_the_dimension() {
    let device = Device::new(0);
    let x = device.floats(&[0., f32::NEG_INFINITY, LN3, f32::NEG_INFINITY]).of(&[2, 2]);
    let out = device.floats(&[0.; 4]).of(&[2, 2]);
    run!(device, aclnnSoftmax(x.handle, 0, out.handle));
    assert_close(&out.read(), &[0.25, f32::NAN, 0.75, f32::NAN]);
    run!(device, aclnnSoftmax(x.handle, -1, out.handle));
    assert_close(&out.read(), &[1., 0., 1., 0.]);
    let (code, message) = refusal!(device, aclnnSoftmax(x.handle, 2, out.handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains('2'), "{code}: {message}");
}

// ln(1/4) = -2 ln 2; the gradient is grad - exp(output) * sum(grad).
#[test]
fn log_softmax_and_its_gradient() {
    let device = Device::new(0);
    let x = device.floats(&[0., LN3]).of(&[1, 2]);
    let out = device.floats(&[0.; 2]).of(&[1, 2]);
    run!(device, aclnnLogSoftmax(x.handle, 1, out.handle));
    assert_close(&out.read(), &[-1.386_294_4, -0.287_682_07]);
    let (grad, slope) = (device.floats(&[1., 0.]).of(&[1, 2]), device.floats(&[0.; 2]).of(&[1, 2]));
    run!(device, aclnnLogSoftmaxBackward(grad.handle, out.handle, 1, slope.handle));
    assert_close(&slope.read(), &[0.75, -0.75]);
}

#[test]
fn topk_gives_values_and_long_indices() {
    let device = Device::new(0);
    let x = device.floats(&[1., 9., 5., 7., 3., 3.]).of(&[2, 3]);
    let (values, indices) = (device.floats(&[0.; 4]).of(&[2, 2]), device.longs(&[0; 4]).of(&[2, 2]));
    run!(device, aclnnTopk(x.handle, 2, 1, true, true, values.handle, indices.handle));
    assert_eq!((values.read(), indices.read_longs()), (vec![9., 5., 7., 3.], vec![1, 2, 0, 1]));
    run!(device, aclnnTopk(x.handle, 2, -1, false, true, values.handle, indices.handle));
    assert_eq!((values.read(), indices.read_longs()), (vec![1., 5., 3., 3.], vec![0, 2, 1, 2]));
    let short = device.ints(&[0; 4]).of(&[2, 2]);
    let (code, message) = refusal!(device, aclnnTopk(x.handle, 2, 1, true, true, values.handle, short.handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("indicesOut"), "{code}: {message}");
    let (code, message) = refusal!(device, aclnnTopk(x.handle, 4, 1, true, true, values.handle, indices.handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains('4'), "{code}: {message}");
}

#[test]
fn sort_and_argsort_follow_the_dimension_and_argmax_finds_the_first() {
    let device = Device::new(0);
    let x = device.ints(&[3, 1, 2, 5, 2, 5]).of(&[3, 2]);
    let (values, indices) = (device.ints(&[0; 6]).of(&[3, 2]), device.longs(&[0; 6]).of(&[3, 2]));
    run!(device, aclnnSort(x.handle, true, 0, false, values.handle, indices.handle));
    assert_eq!((values.read_ints(), indices.read_longs()), (vec![2, 1, 2, 5, 3, 5], vec![1, 0, 2, 1, 0, 2]));
    run!(device, aclnnArgsort(x.handle, 1, true, indices.handle));
    assert_eq!(indices.read_longs(), [0, 1, 1, 0, 1, 0]);
    let most = device.longs(&[0; 2]).of(&[2]);
    run!(device, aclnnArgMax(x.handle, 0, false, most.handle));
    assert_eq!(most.read_longs(), [0, 1]);
}

// aclnnApplyTopKTopP: what is below the k-th greatest goes; then, ascending, what adds up to at most 1 - p goes. The greatest stays whatever p is.
#[test]
fn top_k_top_p_masks_with_minus_infinity() {
    let device = Device::new(0);
    let gone = f32::NEG_INFINITY;
    // Probabilities 1/8, 1/2, 1/8, 1/4.
    let row = [1f32, 4., 1., 2.].map(f32::ln);
    let logits = device.floats(&[row, row, row].concat()).of(&[3, 4]);
    let out = device.floats(&[0.; 12]).of(&[3, 4]);
    let (k, p) = (device.ints(&[2, 0, 1]).of(&[3]), device.floats(&[1.0, 0.7, 0.0]).of(&[3]));
    run!(device, aclnnApplyTopKTopP(logits.handle, null(), k.handle, out.handle));
    let expected = [[gone, row[1], gone, row[3]], row, [gone, row[1], gone, gone]].concat();
    assert_eq!(out.read(), expected);
    run!(device, aclnnApplyTopKTopP(logits.handle, p.handle, null(), out.handle));
    assert_eq!(out.read(), [row, [gone, row[1], gone, row[3]], [gone, row[1], gone, gone]].concat());
    let (code, _) = refusal!(device, aclnnApplyTopKTopP(logits.handle, null(), null(), out.handle));
    assert_eq!(code, ACLNN_ERR_PARAM_NULLPTR);
}

#[test]
fn sums_and_means_take_the_dimensions_that_are_named() {
    let device = Device::new(0);
    let x = device.floats(&[1., 2., 3., 4., 5., 6.]).of(&[2, 3]);
    let (rows, one) = (device.floats(&[0.; 2]).of(&[2, 1]), device.floats(&[0.]).of(&[]));
    let (last, none) = (device.int_array(&[-1]), device.int_array(&[]));
    run!(device, aclnnReduceSum(x.handle, last, true, ACL_FLOAT, rows.handle));
    assert_eq!(rows.read(), [6., 15.]);
    run!(device, aclnnMean(x.handle, last, true, ACL_FLOAT, rows.handle));
    assert_eq!(rows.read(), [2., 5.]);
    run!(device, aclnnReduceSum(x.handle, none, false, ACL_FLOAT, one.handle));
    assert_eq!(one.read(), [21.]);
    run!(device, aclnnMax(x.handle, one.handle));
    assert_eq!(one.read(), [6.]);
    run!(device, aclnnMin(x.handle, one.handle));
    assert_eq!(one.read(), [1.]);
    let (code, message) = refusal!(device, aclnnReduceSum(x.handle, last, true, ACL_INT64, rows.handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("out"), "{code}: {message}");
    let twice = device.int_array(&[1, -1]);
    let (code, message) = refusal!(device, aclnnMean(x.handle, twice, true, ACL_FLOAT, rows.handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("twice"), "{code}: {message}");
}

#[test]
fn whole_numbers_are_summed_exactly() {
    let device = Device::new(0);
    let x = device.longs(&[1 << 60, 1]).of(&[2]);
    let (out, axes) = (device.longs(&[0]).of(&[1]), device.int_array(&[0]));
    run!(device, aclnnReduceSum(x.handle, axes, true, ACL_INT64, out.handle));
    assert_eq!(out.read_longs(), [(1 << 60) + 1]);
    let sums = device.longs(&[0; 2]).of(&[2]);
    run!(device, aclnnCumsum(x.handle, 0, ACL_INT64, sums.handle));
    assert_eq!(sums.read_longs(), [1 << 60, (1 << 60) + 1]);
    run!(device, aclnnCumsumV2(x.handle, 0, true, true, sums.handle));
    assert_eq!(sums.read_longs(), [1, 0]);
}

#[test]
fn any_and_all_and_the_norms() {
    let device = Device::new(0);
    let x = device.bools(&[0, 1, 0, 0, 1, 1]).of(&[3, 2]);
    let (out, axes) = (device.bools(&[9; 3]).of(&[3]), device.int_array(&[1]));
    run!(device, aclnnAny(x.handle, axes, false, out.handle));
    assert_eq!(out.bytes(), [1, 0, 1]);
    run!(device, aclnnAll(x.handle, axes, false, out.handle));
    assert_eq!(out.bytes(), [0, 0, 1]);
    let (y, size) = (device.floats(&[3., -4.]).of(&[2]), device.floats(&[0.]).of(&[1]));
    let axis = device.int_array(&[0]);
    for (p, expected) in [(2., 5.), (1., 7.), (f32::INFINITY, 4.), (0., 2.)] {
        run!(device, aclnnNorm(y.handle, device.scalar(p), axis, true, size.handle));
        assert_close(&size.read(), &[expected]);
    }
}

#[test]
fn bincount_counts_and_refuses_what_has_no_bin() {
    let device = Device::new(0);
    let (x, out) = (device.ints(&[0, 2, 2]).of(&[3]), device.longs(&[9; 4]).of(&[4]));
    run!(device, aclnnBincount(x.handle, null(), 4, out.handle));
    assert_eq!(out.read_longs(), [1, 0, 2, 0]);
    let small = device.longs(&[0; 2]).of(&[2]);
    let message = failure!(device, aclnnBincount(x.handle, null(), 0, small.handle));
    assert!(message.contains("aclnnBincount") && message.contains('2'), "{message}");
}

// Weights 1 and 3 of the classes 0 and 1: the losses are 0.5 and 3 * 0.25; row 2 is ignored.
#[test]
fn nll_loss_weighs_and_ignores() {
    let device = Device::new(0);
    let x = device.floats(&[-0.5, -1., -2., -0.25, -7., -7.]).of(&[3, 2]);
    let (target, weight) = (device.longs(&[0, 1, -100]).of(&[3]), device.floats(&[1., 3.]).of(&[2]));
    let (out, total) = (device.floats(&[0.]).of(&[]), device.floats(&[0.]).of(&[]));
    run!(device, aclnnNLLLoss(x.handle, target.handle, weight.handle, 2, -100, out.handle, total.handle));
    assert_eq!((out.read(), total.read()), (vec![1.25], vec![4.]));
    run!(device, aclnnNLLLoss(x.handle, target.handle, weight.handle, 1, -100, out.handle, total.handle));
    assert_eq!(out.read(), [0.3125]);
    let (grad, slope) = (device.floats(&[2.]).of(&[]), device.floats(&[9.; 6]).of(&[3, 2]));
    run!(device, aclnnNLLLossBackward(grad.handle, x.handle, target.handle, weight.handle, 1, -100, total.handle, slope.handle));
    assert_eq!(slope.read(), [-0.5, 0., 0., -1.5, 0., 0.]);
    let wrong = device.longs(&[0, 2, 0]).of(&[3]);
    let message = failure!(device, aclnnNLLLoss(x.handle, wrong.handle, weight.handle, 1, -100, out.handle, total.handle));
    assert!(message.contains("target"), "{message}");
}
