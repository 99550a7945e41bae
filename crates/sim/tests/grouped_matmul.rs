//! Grouped products: numbers worked out by hand, after the vendor's documents named with each.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::ptr::{null, null_mut};

use ascend_sys::ffi::*;
use common::call::{NO_LIST, NONE, assert_close, failure, refusal, run};
use common::{Device, Tensor};

/// `[[1, 2], [3, 4], [5, 6]]`, and the matrices `[[1, 0], [0, 1]]` and `[[1, 1], [2, 0]]`.
fn operands(device: &Device) -> (Tensor, Tensor) {
    let x = device.floats(&[1., 2., 3., 4., 5., 6.]).of(&[3, 2]);
    let weight = device.floats(&[1., 0., 0., 1., 1., 1., 2., 0.]).of(&[2, 2, 2]);
    (x, weight)
}

/// aclnnGroupedMatmulV4: groupListType 0 sums, 1 counts, 2 pairs; what the list leaves out is not written.
#[test]
fn group_list_kinds_differ_and_the_rest_is_not_written() {
    let device = Device::new(0);
    let (x, weight) = operands(&device);
    let bias = device.floats(&[10., 20., 30., 40.]).of(&[2, 2]);
    let lists = [
        (0, &[1i64, 2][..], &[2i64][..], [11., 22., 41., 43., -7., -7.]),
        (1, &[1, 1][..], &[2][..], [11., 22., 41., 43., -7., -7.]),
        (2, &[1, 2, 0, 1][..], &[2, 2][..], [35., 41., 41., 43., 15., 26.]),
    ];
    for (kind, values, dims, expected) in lists {
        let list = device.longs(values).of(dims);
        let y = device.floats(&[-7.; 6]).of(&[3, 2]);
        let [xs, ws, bs, ys] = [&x, &weight, &bias, &y].map(|tensor| device.list(&[tensor]));
        run!(
            device,
            aclnnGroupedMatmulV4(
                xs,
                ws,
                bs,
                NO_LIST,
                NO_LIST,
                NO_LIST,
                NO_LIST,
                NO_LIST,
                list.handle,
                NO_LIST,
                NO_LIST,
                NO_LIST,
                3,
                0,
                kind,
                0,
                ys,
                null_mut(),
                null_mut(),
            )
        );
        assert_eq!(y.read(), expected, "kind {kind}");
    }
}

/// aclnnGroupedMatmulV2: the list is an array on the host, of sums; the weights are a list of matrices, each seen transposed.
#[test]
fn host_list_with_transposed_matrices_of_their_own() {
    let device = Device::new(0);
    let x = device.halves(&[1., 2., 3., 4., 5., 6.]).of(&[3, 2]);
    let first = device.halves(&[1., 0., 5., 1.]).view(&[2, 2], &[1, 2], 0);
    let second = device.halves(&[1., 2., 1., 0.]).view(&[2, 2], &[1, 2], 0);
    let y = device.halves(&[0.; 6]).of(&[3, 2]);
    let (xs, ws, ys) = (device.list(&[&x]), device.list(&[&first, &second]), device.list(&[&y]));
    run!(device, aclnnGroupedMatmulV2(xs, ws, NO_LIST, NO_LIST, NO_LIST, NO_LIST, NO_LIST, device.int_array(&[1, 3]), 2, 0, ys));
    // The first is [[1, 5], [0, 1]].
    assert_eq!(y.reals(), [1., 7., 11., 3., 17., 5.]);
}

/// aclnnGroupedMatmulV3: without groups, a problem for each matrix.
#[test]
fn lists_without_groups_are_problems_of_their_own() {
    let device = Device::new(1);
    let (a, b) = (device.floats(&[1., 2.]).of(&[1, 2]), device.floats(&[3.]).of(&[1, 1]));
    let (v, w) = (device.floats(&[1., 1.]).of(&[2, 1]), device.floats(&[2., 4.]).of(&[1, 2]));
    let (y, z) = (device.floats(&[0.]).of(&[1, 1]), device.floats(&[0.; 2]).of(&[1, 2]));
    let (xs, ws, ys) = (device.list(&[&a, &b]), device.list(&[&v, &w]), device.list(&[&y, &z]));
    run!(device, aclnnGroupedMatmulV3(xs, ws, NO_LIST, NO_LIST, NO_LIST, NO_LIST, NO_LIST, NONE, 0, -1, ys));
    assert_eq!((y.read(), z.read()), (vec![3.], vec![6., 12.]));
}

/// aclnnGroupedMatmulV5, A8W8: `(x @ w + bias) * scale * perTokenScale` with an INT32 bias; the sums themselves without a scale; INT8 with UINT64 scales.
#[test]
fn codes_are_scaled_by_column_and_by_row() {
    let device = Device::new(1);
    let x = device.int8s(&[1, -2, 3, 4]).of(&[2, 2]);
    let weight = device.int8s(&[1, 2, 3, -4]).of(&[1, 2, 2]);
    let list = device.longs(&[2]).of(&[1]);
    let call = |bias: *const aclTensorList, scale: *const aclTensorList, per_token: *const aclTensorList, y: &Tensor| {
        let (xs, ws, ys) = (device.list(&[&x]), device.list(&[&weight]), device.list(&[y]));
        run!(
            device,
            aclnnGroupedMatmulV5(
                xs,
                ws,
                bias,
                scale,
                NO_LIST,
                NO_LIST,
                NO_LIST,
                per_token,
                list.handle,
                NO_LIST,
                NO_LIST,
                NO_LIST,
                2,
                0,
                1,
                0,
                null_mut(),
                ys,
                null_mut(),
                null_mut(),
            )
        );
    };
    let raw = device.ints(&[0; 4]).of(&[2, 2]);
    call(NO_LIST, NO_LIST, NO_LIST, &raw);
    assert_eq!(raw.read_ints(), [-5, 10, 15, -10]);

    let bias = device.ints(&[1, 2]).of(&[1, 2]);
    let scale = device.bf16s(&[0.5, 2.]).of(&[1, 2]);
    let per_token = device.floats(&[1., 0.25]).of(&[2]);
    let y = device.bf16s(&[0.; 4]).of(&[2, 2]);
    call(device.list(&[&bias]), device.list(&[&scale]), device.list(&[&per_token]), &y);
    assert_eq!(y.reals(), [-2., 24., 2., -4.]);

    // 0.5 twice. 2.5 and 7.5 lie between whole numbers: ties go to the even one.
    let scale = device.words(&[0x3F00_0000, 0x3F00_0000]).of(&[1, 2]);
    let y = device.int8s(&[0; 4]).of(&[2, 2]);
    call(NO_LIST, device.list(&[&scale]), NO_LIST, &y);
    assert_eq!(y.read_int8s(), [-2, 5, 8, -5]);
}

/// aclnnGroupedMatmulV5, A16W8: `x @ ((w + antiquantOffset) * antiquantScale)`.
#[test]
fn float_rows_with_codes_add_the_offset_before_the_scale() {
    let device = Device::new(1);
    let x = device.halves(&[1., 2.]).of(&[1, 2]);
    let weight = device.int8s(&[1, 2, 3, 4]).of(&[1, 2, 2]);
    let scale = device.halves(&[0.5, 1.]).of(&[1, 2]);
    let offset = device.halves(&[1., 0.]).of(&[1, 2]);
    let list = device.longs(&[1]).of(&[1]);
    let y = device.halves(&[0.; 2]).of(&[1, 2]);
    let [xs, ws, ss, os, ys] = [&x, &weight, &scale, &offset, &y].map(|tensor| device.list(&[tensor]));
    run!(
        device,
        aclnnGroupedMatmulV5(
            xs,
            ws,
            NO_LIST,
            NO_LIST,
            NO_LIST,
            ss,
            os,
            NO_LIST,
            list.handle,
            NO_LIST,
            NO_LIST,
            NO_LIST,
            3,
            0,
            1,
            0,
            null_mut(),
            ys,
            null_mut(),
            null_mut(),
        )
    );
    assert_eq!(y.reals(), [5., 10.]);
}

/// aclnnGroupedMatmulV5, A8W4: `((x - 8) @ (w * scale) + bias) * perTokenScale` with the bias `8 * sum(w * scale)`; eight codes in an INT32, the first lowest.
#[test]
fn codes_with_four_bits_need_their_bias() {
    let device = Device::new(2);
    let mut x = vec![0i8; 256];
    (x[0], x[255]) = (5, -7);
    // Row 0 is -4, -3, ... 3; row 255 is 1 everywhere.
    let mut words = vec![0i32; 256];
    (words[0], words[255]) = (0x3210_FEDC, 0x1111_1111);
    let x = device.int8s(&x).of(&[1, 256]);
    let weight = device.ints(&words).of(&[1, 256, 1]);
    let scale = device.words(&[0x3F00_0000; 8]).of(&[1, 1, 8]);
    let bias = device.floats(&[-12., -8., -4., 0., 4., 8., 12., 16.]).of(&[1, 8]);
    let per_token = device.floats(&[2.]).of(&[1]);
    let list = device.longs(&[1]).of(&[1]);
    let y = device.bf16s(&[0.; 8]).of(&[1, 8]);
    let [xs, ws, bs, ss, ps, ys] = [&x, &weight, &bias, &scale, &per_token, &y].map(|tensor| device.list(&[tensor]));
    run!(
        device,
        aclnnGroupedMatmulV4(
            xs,
            ws,
            bs,
            ss,
            NO_LIST,
            NO_LIST,
            NO_LIST,
            ps,
            list.handle,
            NO_LIST,
            NO_LIST,
            NO_LIST,
            2,
            0,
            1,
            0,
            ys,
            null_mut(),
            null_mut(),
        )
    );
    assert_eq!(y.reals(), [-27., -22., -17., -12., -7., -2., 3., 8.]);
    // Sums instead of counts are refused: the kernel would take them for counts.
    let (code, message) = refusal!(
        device,
        aclnnGroupedMatmulV4(
            xs,
            ws,
            bs,
            ss,
            NO_LIST,
            NO_LIST,
            NO_LIST,
            ps,
            list.handle,
            NO_LIST,
            NO_LIST,
            NO_LIST,
            2,
            0,
            0,
            0,
            ys,
            null_mut(),
            null_mut(),
        )
    );
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("groupListType"), "{message}");
}

/// aclnnGroupedMatmulV4: groupType 2 groups columns of x, which is a transposed view, and rows of the weight.
#[test]
fn groups_of_columns_give_a_matrix_each() {
    let device = Device::new(2);
    // Stored as [K, M]: rows of one column each, x is its transpose.
    let x = device.floats(&[1., 2., 3., 4., 5., 6.]).view(&[2, 3], &[1, 2], 0);
    let weight = device.floats(&[1., 1., 2.]).of(&[3, 1]);
    let list = device.longs(&[1, 3]).of(&[2]);
    let y = device.floats(&[0.; 4]).of(&[2, 2, 1]);
    let [xs, ws, ys] = [&x, &weight, &y].map(|tensor| device.list(&[tensor]));
    run!(
        device,
        aclnnGroupedMatmulV4(
            xs,
            ws,
            NO_LIST,
            NO_LIST,
            NO_LIST,
            NO_LIST,
            NO_LIST,
            NO_LIST,
            list.handle,
            NO_LIST,
            NO_LIST,
            NO_LIST,
            2,
            2,
            0,
            0,
            ys,
            null_mut(),
            null_mut(),
        )
    );
    assert_eq!(y.read(), [1., 2., 13., 16.]);
}

/// aclnnGroupedMatmulAdd: the same, added to what is there.
#[test]
fn products_of_groups_of_rows_are_added_in_place() {
    let device = Device::new(2);
    let x = device.halves(&[1., 2., 3., 4., 5., 6.]).of(&[3, 2]);
    let weight = device.halves(&[1., 1., 2.]).of(&[3, 1]);
    let list = device.longs(&[1, 3]).of(&[2]);
    let y = device.floats(&[10.; 4]).of(&[4, 1]);
    run!(device, aclnnGroupedMatmulAdd(x.handle, weight.handle, list.handle, y.handle, true, false, 2));
    assert_eq!(y.read(), [11., 12., 23., 26.]);
    let (code, _) = refusal!(device, aclnnGroupedMatmulAdd(x.handle, weight.handle, list.handle, y.handle, false, false, 2));
    assert_eq!(code, ACLNN_ERR_PARAM_INVALID);
}

/// aclnnGroupedMatmulSwigluQuantWeightNZ: `silu(C[:, :N/2]) * C[:, N/2:]`, a scale of max / 127 for each row, sums in groupList; weights described by their
/// blocks `[E, N/32, K/16, 16, 32]`. silu(100) is 100 in f32.
#[test]
fn swiglu_quant_uses_the_first_half_as_gate_and_leaves_the_tail() {
    let device = Device::new(3);
    let mut x = vec![0i8; 3 * 16];
    x[0] = 100;
    let x = device.int8s(&x).of(&[3, 16]);
    let mut blocks = vec![0i8; 16 * 32];
    // Row 0 of the matrix: gates of columns 0 to 2, then what they open: 100, -100, 25.
    for (column, code) in [(0, 1), (1, 1), (2, 1), (16, 1), (17, -1), (18, 1)] {
        blocks[column] = code;
    }
    let mut scales = vec![1f32; 32];
    scales[18] = 0.25;
    let memory = device.int8s(&blocks).of(&[16 * 32]);
    let weight = device.blocks(&memory, ACL_INT8, &[1, 1, 1, 16, 32], &[1, 1, 1, 16, 32]);
    let scale = device.floats(&scales).of(&[1, 32]);
    let x_scale = device.floats(&[1.; 3]).of(&[3]);
    let list = device.longs(&[2]).of(&[1]);
    let y = device.int8s(&[9; 48]).of(&[3, 16]);
    let y_scale = device.floats(&[9.; 3]).of(&[3]);
    run!(
        device,
        aclnnGroupedMatmulSwigluQuantWeightNZ(
            x.handle,
            weight,
            NONE,
            NONE,
            scale.handle,
            x_scale.handle,
            list.handle,
            y.handle,
            y_scale.handle,
            null_mut(),
        )
    );
    let mut expected = [0i8; 48];
    expected[..3].copy_from_slice(&[127, -127, 32]);
    expected[32..].fill(9);
    assert_eq!(y.read_int8s(), expected);
    assert_close(&y_scale.read(), &[10_000. / 127., 0., 9.]);
}

/// aclnnGroupedMatmulFinalizeRoutingWeightNz: rows go to `rowIndex` with the weight `logit`, on top of the shared expert's rows; all others are 0.
#[test]
fn rows_are_added_where_their_tokens_are() {
    let device = Device::new(3);
    let (k, n) = (256, 2048);
    let mut x = vec![0i8; 2 * k];
    (x[17], x[k + 17]) = (2, -1);
    // Column 33 of row 17: block 1 of columns, block 1 of rows, within it row 1 and column 1.
    let mut blocks = vec![0i8; k * n];
    blocks[((16 + 1) * 16 + 1) * 32 + 1] = 3;
    let x = device.int8s(&x).of(&[2, k as i64]);
    let memory = device.int8s(&blocks).of(&[(k * n) as i64]);
    let weight = device.blocks(&memory, ACL_INT8, &[1, k as i64, n as i64], &[1, 64, 16, 16, 32]);
    let scale = device.floats(&vec![0.5; n]).of(&[1, n as i64]);
    let per_token = device.floats(&[1., 4.]).of(&[2]);
    let list = device.longs(&[2]).of(&[1]);
    let shared = device.bf16s(&vec![1.; n]).of(&[1, n as i64]);
    let logit = device.floats(&[1., 0.25]).of(&[2]);
    let call = |index: &Tensor, y: &Tensor| {
        run!(
            device,
            aclnnGroupedMatmulFinalizeRoutingWeightNz(
                x.handle,
                weight,
                scale.handle,
                NONE,
                per_token.handle,
                list.handle,
                shared.handle,
                logit.handle,
                index.handle,
                0,
                0.5,
                0,
                false,
                false,
                1,
                y.handle,
            )
        );
    };
    let y = device.floats(&vec![7.; 2 * n]).of(&[2, n as i64]);
    call(&device.longs(&[1, 1]).of(&[2]), &y);
    let mut expected = vec![0f32; 2 * n];
    expected[..n].fill(0.5);
    expected[n + 33] = 1.5;
    assert_eq!(y.read(), expected);
    let outside = device.longs(&[1, 2]).of(&[2]);
    let message = failure!(
        device,
        aclnnGroupedMatmulFinalizeRoutingWeightNz(
            x.handle,
            weight,
            scale.handle,
            NONE,
            per_token.handle,
            list.handle,
            shared.handle,
            logit.handle,
            outside.handle,
            0,
            0.5,
            0,
            false,
            false,
            1,
            y.handle,
        )
    );
    assert!(message.contains("rowIndex"), "{message}");
}

/// No kernel looks at a group list; here it ends the operator.
#[test]
fn lists_that_decrease_or_name_too_many_rows_fail_on_the_stream() {
    for (index, values) in [(4, [2i64, 1]), (5, [1, 4])] {
        let device = Device::new(index);
        let (x, weight) = operands(&device);
        let y = device.floats(&[0.; 6]).of(&[3, 2]);
        let list = device.longs(&values).of(&[2]);
        let [xs, ws, ys] = [&x, &weight, &y].map(|tensor| device.list(&[tensor]));
        let message = failure!(
            device,
            aclnnGroupedMatmulV4(
                xs,
                ws,
                NO_LIST,
                NO_LIST,
                NO_LIST,
                NO_LIST,
                NO_LIST,
                NO_LIST,
                list.handle,
                NO_LIST,
                NO_LIST,
                NO_LIST,
                2,
                0,
                0,
                0,
                ys,
                null_mut(),
                null_mut(),
            )
        );
        assert!(message.contains("group list"), "{message}");
    }
}

/// aclnnGroupedMatmulV4: types, lists and attributes that A2 does not have.
#[test]
fn what_a2_does_not_have_is_refused() {
    let device = Device::new(6);
    let x = device.bf16s(&[1.; 6]).of(&[3, 2]);
    let weight = device.bf16s(&[1.; 8]).of(&[2, 2, 2]);
    let list = device.longs(&[1, 3]).of(&[2]);
    let y = device.bf16s(&[0.; 6]).of(&[3, 2]);
    let wide = device.floats(&[0.; 6]).of(&[3, 2]);
    let bias = device.bf16s(&[0.; 4]).of(&[2, 2]);
    let short = device.longs(&[3]).of(&[1]);
    let counts = device.ints(&[1, 2]).of(&[2]);
    let call = |bias: *const aclTensorList, list: *const aclTensor, split: i64, group: i64, kind: i64, act: i64, y: *mut aclTensorList| {
        let [xs, ws] = [&x, &weight].map(|tensor| device.list(&[tensor]));
        refusal!(
            device,
            aclnnGroupedMatmulV4(
                xs,
                ws,
                bias,
                NO_LIST,
                NO_LIST,
                NO_LIST,
                NO_LIST,
                NO_LIST,
                list,
                NO_LIST,
                NO_LIST,
                NO_LIST,
                split,
                group,
                kind,
                act,
                y,
                null_mut(),
                null_mut(),
            )
        )
    };
    let (ys, lists) = (device.list(&[&y]), list.handle.cast_const());
    // A bias of BF16 is FLOAT; a result is of the type of x.
    assert_eq!(call(device.list(&[&bias]), lists, 2, 0, 0, 0, ys).0, ACLNN_ERR_PARAM_INVALID);
    assert_eq!(call(NO_LIST, lists, 2, 0, 0, 0, device.list(&[&wide])).0, ACLNN_ERR_PARAM_INVALID);
    // Groups of columns of the weight, an activation of floats, the GELU by its error function, an unknown kind.
    assert_eq!(call(NO_LIST, lists, 2, 1, 0, 0, ys).0, ACLNN_ERR_PARAM_INVALID);
    assert_eq!(call(NO_LIST, lists, 2, 0, 0, 5, ys).0, ACLNN_ERR_PARAM_INVALID);
    assert_eq!(call(NO_LIST, lists, 2, 0, 0, 3, ys).0, ACLNN_ERR_PARAM_INVALID);
    assert_eq!(call(NO_LIST, lists, 2, 0, 3, 0, ys).0, ACLNN_ERR_PARAM_INVALID);
    // Counts of INT32, too few of them, none.
    assert_eq!(call(NO_LIST, counts.handle, 2, 0, 1, 0, ys).0, ACLNN_ERR_PARAM_INVALID);
    assert_eq!(call(NO_LIST, short.handle, 2, 0, 0, 0, ys).0, ACLNN_ERR_PARAM_INVALID);
    assert_eq!(call(NO_LIST, null(), 2, 0, 0, 0, ys).0, ACLNN_ERR_PARAM_INVALID);
    let (code, message) = call(NO_LIST, lists, 2, 0, 0, 0, null_mut());
    assert!(code == ACLNN_ERR_PARAM_NULLPTR && message.contains("out"), "{message}");
}
