//! Gating, routing and the activations of experts: numbers worked out by hand, after the vendor's documents named with each.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::ptr::null;

use ascend_sys::ffi::*;
use common::call::{NONE, assert_close, failure, refusal, run};
use common::{Device, Tensor};

/// aclnnSilu, aclnnSigmoid, aclnnTanh, aclnnRelu, aclnnGelu (its document gives the form with tanh), aclnnGeluV2, aclnnGeluMul.
#[test]
fn activations_are_as_their_formulas() {
    let device = Device::new(0);
    let x = device.floats(&[1., -1., 0.]).of(&[3]);
    let y = device.floats(&[9.; 3]).of(&[3]);
    run!(device, aclnnSilu(x.handle, y.handle));
    assert_close(&y.read(), &[0.731_058_6, -0.268_941_43, 0.]);
    run!(device, aclnnSigmoid(x.handle, y.handle));
    assert_close(&y.read(), &[0.731_058_6, 0.268_941_43, 0.5]);
    run!(device, aclnnTanh(x.handle, y.handle));
    assert_close(&y.read(), &[0.761_594_2, -0.761_594_2, 0.]);
    run!(device, aclnnRelu(x.handle, y.handle));
    assert_close(&y.read(), &[1., 0., 0.]);
    run!(device, aclnnGelu(x.handle, y.handle));
    assert_close(&y.read(), &[0.841_192, -0.158_808, 0.]);
    run!(device, aclnnGeluV2(x.handle, 0, y.handle));
    assert_close(&y.read(), &[0.841_344_7, -0.158_655_3, 0.]);
    let (code, message) = refusal!(device, aclnnGeluV2(x.handle, 2, y.handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("approximate"), "{message}");
}

/// aclnnGeGluV3: the right half is the gate unless activateLeft; outGelu is the activated gate.
#[test]
fn ge_glu_activates_the_right_half_unless_told() {
    let device = Device::new(0);
    let x = device.floats(&[2., 1.]).of(&[1, 2]);
    let (y, gate) = (device.floats(&[9.]).of(&[1, 1]), device.floats(&[9.]).of(&[1, 1]));
    run!(device, aclnnGeGluV3(x.handle, -1, 0, false, y.handle, gate.handle));
    assert_close(&[y.read(), gate.read()].concat(), &[1.682_689_5, 0.841_344_7]);
    run!(device, aclnnGeGluV3(x.handle, -1, 0, true, y.handle, gate.handle));
    assert_close(&[y.read(), gate.read()].concat(), &[1.954_499_7, 1.954_499_7]);
}

/// aclnnSwiGlu: along another dimension the halves are blocks.
#[test]
fn swiglu_halves_any_dimension() {
    let device = Device::new(0);
    let x = device.floats(&[100., 0., 2., 3.]).of(&[2, 2]);
    let y = device.floats(&[9.; 2]).of(&[1, 2]);
    run!(device, aclnnSwiGlu(x.handle, 0, y.handle));
    assert_eq!(y.read(), [200., 0.]);
    let odd = device.floats(&[1.; 3]).of(&[1, 3]);
    let (code, _) = refusal!(device, aclnnSwiGlu(odd.handle, -1, y.handle));
    assert_eq!(code, ACLNN_ERR_PARAM_INVALID);
}

/// aclnnSwiGluQuant: groupIndex is sums, INT32; rows behind the last group are not written; static scales multiply.
#[test]
fn swiglu_quant_scales_by_group() {
    let device = Device::new(1);
    // silu(100) is 100: 200, 300 and 100 times the scales of their groups.
    let x = device.floats(&[100., 2., 100., 3., 100., 1.]).of(&[3, 2]);
    let smooth = device.floats(&[1., 0.5]).of(&[2, 1]);
    let groups = device.ints(&[1, 2]).of(&[2]);
    let (y, scale) = (device.int8s(&[9; 3]).of(&[3, 1]), device.floats(&[9.; 3]).of(&[3]));
    let dynamic = c"dynamic".as_ptr().cast_mut();
    run!(device, aclnnSwiGluQuant(x.handle, smooth.handle, NONE, groups.handle, true, dynamic, y.handle, scale.handle));
    assert_eq!(y.read_int8s(), [127, 127, 9]);
    assert_close(&scale.read(), &[200. / 127., 150. / 127., 9.]);
    let (factor, offset) = (device.floats(&[0.25]).of(&[1]), device.floats(&[3.]).of(&[1]));
    run!(device, aclnnSwiGluQuantV2(x.handle, factor.handle, offset.handle, NONE, true, c"static".as_ptr(), 0, 2, y.handle, scale.handle,));
    assert_eq!(y.read_int8s(), [53, 78, 28]);
}

/// aclnnDequantSwigluQuant: the bias is whole and comes before the scales; a static scale divides (the reference of torch_npu's test).
#[test]
fn dequant_swiglu_quant_divides_by_a_static_scale() {
    let device = Device::new(1);
    let x = device.ints(&[98, 5]).of(&[1, 2]);
    let bias = device.ints(&[2, 1]).of(&[2]);
    let (weight, rows) = (device.floats(&[2., 0.5]).of(&[2]), device.floats(&[1.]).of(&[1]));
    let (scale, offset) = (device.floats(&[100.]).of(&[1]), device.floats(&[2.]).of(&[1]));
    let (y, y_scale) = (device.int8s(&[9]).of(&[1, 1]), device.floats(&[9.]).of(&[1]));
    // (98 + 2) * 2 = 200, (5 + 1) * 0.5 = 3: 600 / 100 + 2.
    run!(
        device,
        aclnnDequantSwigluQuant(
            x.handle,
            weight.handle,
            rows.handle,
            bias.handle,
            scale.handle,
            offset.handle,
            NONE,
            true,
            c"static".as_ptr().cast_mut(),
            y.handle,
            y_scale.handle,
        )
    );
    assert_eq!((y.read_int8s(), y_scale.read()), (vec![8], vec![9.]));
    let (code, message) = refusal!(
        device,
        aclnnDequantSwigluQuant(
            x.handle,
            NONE,
            rows.handle,
            NONE,
            NONE,
            NONE,
            NONE,
            true,
            c"dynamic".as_ptr().cast_mut(),
            y.handle,
            y_scale.handle,
        )
    );
    assert!(code == ACLNN_ERR_PARAM_NULLPTR && message.contains("weightScale"), "{message}");
}

/// aclnnMoeGatingTopKSoftmaxV2: the whole softmax on demand, with renorm 0 only.
#[test]
fn softmax_gating_tells_all_scores() {
    let device = Device::new(2);
    let x = device.floats(&[1f32, 2., 3., 4.].map(f32::ln)).of(&[1, 4]);
    let (y, experts) = (device.floats(&[9.]).of(&[1, 1]), device.ints(&[9]).of(&[1, 1]));
    let all = device.floats(&[9.; 4]).of(&[1, 4]);
    run!(device, aclnnMoeGatingTopKSoftmaxV2(x.handle, NONE, 1, 0, true, y.handle, experts.handle, all.handle));
    assert_close(&all.read(), &[0.1, 0.2, 0.3, 0.4]);
    let (code, _) = refusal!(device, aclnnMoeGatingTopKSoftmaxV2(x.handle, NONE, 1, 0, true, y.handle, experts.handle, NONE));
    assert_eq!(code, ACLNN_ERR_PARAM_NULLPTR);
    let (code, _) = refusal!(device, aclnnMoeGatingTopKSoftmaxV2(x.handle, NONE, 5, 0, false, y.handle, experts.handle, NONE));
    assert_eq!(code, ACLNN_ERR_INNER_TILING_ERROR);
}

/// aclnnMoeFusedTopk: groups by the sum of their topN best; a copy of each expert in turns of the token's number.
#[test]
fn fused_gating_maps_experts_to_copies() {
    let device = Device::new(2);
    // sigmoid(0) is 0.5 everywhere. With the bias group 0 has 2 + 0, group 1 has 1.5 + 1: two of a group count.
    let x = device.floats(&[0.; 8]).of(&[2, 4]);
    let bias = device.floats(&[2., 0., 1.5, 1.]).of(&[4]);
    let number = device.ints(&[1, 1, 2, 1]).of(&[4]);
    let table = device.ints(&[10, 0, 11, 0, 12, 13, 14, 0]).of(&[4, 2]);
    let (y, experts) = (device.floats(&[9.; 4]).of(&[2, 2]), device.ints(&[9; 4]).of(&[2, 2]));
    run!(
        device,
        aclnnMoeFusedTopk(x.handle, bias.handle, number.handle, table.handle, 2, 1, 2, 2, 0, true, 3., true, y.handle, experts.handle,)
    );
    assert_eq!((experts.read_ints(), y.read()), (vec![12, 14, 13, 14], vec![1.5; 4]));
    let (code, message) =
        refusal!(device, aclnnMoeFusedTopk(x.handle, bias.handle, NONE, NONE, 2, 1, 2, 2, 0, true, 3., true, y.handle, experts.handle));
    assert!(code == ACLNN_ERR_PARAM_NULLPTR && message.contains("mapping"), "{message}");
}

/// Two tokens, 10 and 20, with two experts each. Stable by expert: token 0's second slot, token 1's first, token 0's first, token 1's second.
fn routed(device: &Device) -> (Tensor, Tensor) {
    (device.floats(&[10., 20.]).of(&[2, 1]), device.ints(&[1, 0, 0, 2]).of(&[2, 2]))
}

/// aclnnMoeInitRouting: slots have the numbers of rowIdx, by column; activeNum tokens at most.
#[test]
fn first_routing_numbers_slots_by_column() {
    let device = Device::new(3);
    let (x, experts) = routed(&device);
    let slots = device.ints(&[0, 2, 1, 3]).of(&[2, 2]);
    let (y, places, sorted) = (device.floats(&[9.; 4]).of(&[4, 1]), device.ints(&[9; 4]).of(&[4]), device.ints(&[9; 4]).of(&[4]));
    run!(device, aclnnMoeInitRouting(x.handle, slots.handle, experts.handle, 2, y.handle, places.handle, sorted.handle));
    assert_eq!((y.read(), places.read_ints(), sorted.read_ints()), (vec![10., 20., 10., 20.], vec![2, 1, 0, 3], vec![0, 0, 1, 2]));
}

/// aclnnMoeInitRoutingQuantV2: `x * scale` of the row's expert is quantised; counts are INT32.
#[test]
fn routing_quantises_by_expert() {
    let device = Device::new(3);
    let (x, experts) = routed(&device);
    let scale = device.floats(&[1., 2., 4.]).of(&[3, 1]);
    let (y, places, counts) = (device.int8s(&[9; 4]).of(&[4, 1]), device.ints(&[9; 4]).of(&[4]), device.ints(&[9; 3]).of(&[3]));
    let scales = device.floats(&[9.; 4]).of(&[4]);
    run!(
        device,
        aclnnMoeInitRoutingQuantV2(
            x.handle,
            experts.handle,
            scale.handle,
            NONE,
            0,
            0,
            3,
            0,
            2,
            false,
            1,
            y.handle,
            places.handle,
            counts.handle,
            NONE,
            scales.handle,
        )
    );
    assert_eq!((y.read_int8s(), places.read_ints(), counts.read_ints()), (vec![127; 4], vec![2, 0, 1, 3], vec![2, 1, 1]));
    assert_close(&scales.read(), &[10. / 127., 20. / 127., 20. / 127., 80. / 127.]);
    // Given scale: round(x * 0.5 + 1).
    let (half, one) = (device.floats(&[0.5]).of(&[1]), device.floats(&[1.]).of(&[1]));
    run!(
        device,
        aclnnMoeInitRoutingQuantV2(
            x.handle,
            experts.handle,
            half.handle,
            one.handle,
            0,
            0,
            3,
            0,
            0,
            false,
            0,
            y.handle,
            places.handle,
            NONE,
            NONE,
            NONE,
        )
    );
    assert_eq!(y.read_int8s(), [6, 11, 6, 11]);
}

/// aclnnMoeInitRoutingV3: pairs of experts that have tokens and their counts; without quantisation the scales of tokens move along; the tail is not written.
#[test]
fn routing_to_local_experts_gives_pairs_and_moves_scales() {
    let device = Device::new(4);
    let (x, experts) = routed(&device);
    let scale = device.floats(&[0.5, 0.25]).of(&[2]);
    let (y, places, pairs) = (device.floats(&[9.; 4]).of(&[4, 1]), device.ints(&[9; 4]).of(&[4]), device.longs(&[9; 6]).of(&[3, 2]));
    let scales = device.floats(&[9.; 4]).of(&[4]);
    let range = device.int_array(&[0, 2]);
    run!(
        device,
        aclnnMoeInitRoutingV3(
            x.handle,
            experts.handle,
            scale.handle,
            NONE,
            4,
            -1,
            3,
            0,
            2,
            true,
            -1,
            range,
            0,
            y.handle,
            places.handle,
            pairs.handle,
            scales.handle,
        )
    );
    assert_eq!((y.read(), scales.read()), (vec![10., 20., 10., 9.], vec![0.5, 0.25, 0.5, 9.]));
    assert_eq!((places.read_ints(), pairs.read_longs()), (vec![2, 0, 1, -1], vec![0, 2, 1, 1, 0, 0]));
    // The other way round: which slot each row has; behind them nothing is written.
    let slots = device.ints(&[9; 4]).of(&[4]);
    run!(
        device,
        aclnnMoeInitRoutingV3(
            x.handle,
            experts.handle,
            scale.handle,
            NONE,
            4,
            0,
            3,
            0,
            2,
            true,
            -1,
            range,
            1,
            y.handle,
            slots.handle,
            pairs.handle,
            scales.handle,
        )
    );
    assert_eq!(slots.read_ints(), [1, 2, 0, 9]);
    let wrong = device.ints(&[1, 0, 0, 3]).of(&[2, 2]);
    let message = failure!(
        device,
        aclnnMoeInitRoutingV3(
            x.handle,
            wrong.handle,
            NONE,
            NONE,
            4,
            0,
            3,
            0,
            1,
            false,
            -1,
            range,
            1,
            y.handle,
            places.handle,
            NONE,
            scales.handle,
        )
    );
    assert!(message.contains("expertIdx"), "{message}");
}

/// aclnnMoeTokenPermute keeps the first rows; aclnnMoeTokenUnpermute takes what was left out as nothing.
#[test]
fn rows_left_out_by_permute_give_nothing() {
    let device = Device::new(5);
    let (x, experts) = routed(&device);
    let (y, places) = (device.floats(&[9.; 3]).of(&[3, 1]), device.ints(&[9; 4]).of(&[4]));
    run!(device, aclnnMoeTokenPermute(x.handle, experts.handle, -1, false, y.handle, places.handle));
    assert_eq!((y.read(), places.read_ints()), (vec![10., 20., 10.], vec![2, 0, 1, 3]));
    let probs = device.floats(&[1., 2., 3., 4.]).of(&[2, 2]);
    let out = device.floats(&[9.; 2]).of(&[2, 1]);
    run!(device, aclnnMoeTokenUnpermute(y.handle, places.handle, probs.handle, false, null(), out.handle));
    assert_eq!(out.read(), [30., 60.]);
    let (code, _) = refusal!(device, aclnnMoeTokenPermute(x.handle, experts.handle, 0, true, y.handle, places.handle));
    assert_eq!(code, ACLNN_ERR_INNER_TILING_ERROR);
}

/// MoeReRouting: from (rank, expert) to (expert, rank), with the scales of the rows.
#[test]
fn rows_of_ranks_are_ordered_by_expert() {
    let device = Device::new(5);
    // Rank 0 sent rows 0 (expert 0) and 1, 2 (expert 1), rank 1 row 3 (expert 0).
    let x = device.halves(&[10., 11., 12., 13.]).of(&[4, 1]);
    let counts = device.longs(&[1, 2, 1, 0]).of(&[2, 2]);
    let scales = device.floats(&[0., 1., 2., 3.]).of(&[4]);
    let (y, moved) = (device.halves(&[9.; 4]).of(&[4, 1]), device.floats(&[9.; 4]).of(&[4]));
    let (from, totals) = (device.ints(&[9; 4]).of(&[4]), device.longs(&[9; 2]).of(&[2]));
    run!(device, aclnnMoeReRouting(x.handle, counts.handle, scales.handle, 1, 0, y.handle, moved.handle, from.handle, totals.handle));
    assert_eq!((y.reals(), moved.read()), (vec![10., 13., 11., 12.], vec![0., 3., 1., 2.]));
    assert_eq!((from.read_ints(), totals.read_longs()), (vec![0, 3, 1, 2], vec![2, 2]));
}

/// aclnnMoeFinalizeRoutingV2: an index out of range, of which a kernel would read anything.
#[test]
fn finalize_refuses_rows_that_are_not_there() {
    let device = Device::new(6);
    let rows = device.floats(&[1., 2.]).of(&[2, 1]);
    let places = device.ints(&[0, 2]).of(&[2]);
    let out = device.floats(&[9.; 2]).of(&[2, 1]);
    let message = failure!(device, aclnnMoeFinalizeRoutingV2(rows.handle, places.handle, NONE, NONE, NONE, NONE, NONE, 2, out.handle));
    assert!(message.contains("expandedRowIdx"), "{message}");
    let (code, message) =
        refusal!(device, aclnnMoeFinalizeRoutingV2(rows.handle, places.handle, NONE, out.handle, NONE, NONE, NONE, 2, out.handle));
    assert!(code == ACLNN_ERR_INNER_TILING_ERROR && message.contains("x2Optional"), "{message}");
}
