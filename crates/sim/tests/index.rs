//! Reading and writing at indices, with numbers worked out by hand.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use ascend_sys::ffi::*;
use common::Device;
use common::call::{failure, refusal, run};

#[test]
fn embedding_takes_rows_and_fails_out_of_range() {
    let device = Device::new(0);
    let weight = device.floats(&[1., 2., 3., 4., 5., 6.]).of(&[3, 2]);
    let (indices, out) = (device.longs(&[2, 0, 2, 1]).of(&[2, 2]), device.floats(&[0.; 8]).of(&[2, 2, 2]));
    run!(device, aclnnEmbedding(weight.handle, indices.handle, out.handle));
    assert_eq!(out.read(), [5., 6., 1., 2., 5., 6., 3., 4.]);
    let wrong = device.longs(&[2, 3, 0, 0]).of(&[2, 2]);
    let message = failure!(device, aclnnEmbedding(weight.handle, wrong.handle, out.handle));
    assert!(message.contains("indices") && message.contains('3'), "{message}");
    let real = device.floats(&[0.; 4]).of(&[2, 2]);
    let (code, message) = refusal!(device, aclnnEmbedding(weight.handle, real.handle, out.handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("indices"), "{code}: {message}");
}

#[test]
fn gathers_take_along_their_dimension() {
    let device = Device::new(0);
    let x = device.floats(&[1., 2., 3., 4., 5., 6.]).of(&[2, 3]);
    let (index, out) = (device.ints(&[2, 0]).of(&[2]), device.floats(&[0.; 4]).of(&[2, 2]));
    for dim in [1, -1] {
        run!(device, aclnnIndexSelect(x.handle, dim, index.handle, out.handle));
        assert_eq!(out.read(), [3., 1., 6., 4.]);
        run!(device, aclnnGatherV2(x.handle, dim, index.handle, out.handle));
        assert_eq!(out.read(), [3., 1., 6., 4.]);
    }
    // aclnnGatherV3: with one batch dimension each row has its own indices.
    let own = device.longs(&[2, 0, 1, 1]).of(&[2, 2]);
    run!(device, aclnnGatherV3(x.handle, 1, own.handle, 1, 0, out.handle));
    assert_eq!(out.read(), [3., 1., 5., 5.]);
    run!(device, aclnnGather(x.handle, 1, own.handle, out.handle));
    assert_eq!(out.read(), [3., 1., 5., 5.]);
    run!(device, aclnnGather(x.handle, 0, device.longs(&[1, 0, 0, 1]).of(&[2, 2]).handle, out.handle));
    assert_eq!(out.read(), [4., 2., 1., 5.]);
}

// aclnnIndex: neighbouring index tensors stand where they were, others come in front; a mask stands for the coordinates where it is true.
#[test]
fn index_places_the_common_shape_as_torch_does() {
    let device = Device::new(0);
    // x[i][j][k] = 100 i + 10 j + k
    let values: Vec<f32> = (0..2).flat_map(|i| (0..2).flat_map(move |j| (0..2).map(move |k| (100 * i + 10 * j + k) as f32))).collect();
    let x = device.floats(&values).of(&[2, 2, 2]);
    let (one, two) = (device.longs(&[1, 1, 0]).of(&[3]), device.longs(&[0, -1, 1]).of(&[3]));
    let all = device.longs(&[]).of(&[0]);
    let out = device.floats(&[0.; 6]).of(&[2, 3]);
    run!(device, aclnnIndex(x.handle, device.list(&[&all, &one, &two]), out.handle));
    assert_eq!(out.read(), [10., 11., 1., 110., 111., 101.]);
    let out = device.floats(&[0.; 6]).of(&[3, 2]);
    run!(
        device,
        aclnnIndex(
            x.handle,
            device.list(&[&device.longs(&[1, 1, 0]).of(&[3]), &device.longs(&[]).of(&[0]), &device.longs(&[0, -1, 1]).of(&[3])]),
            out.handle
        )
    );
    assert_eq!(out.read(), [100., 110., 101., 111., 1., 11.]);
    let (mask, out) = (device.bools(&[0, 1, 1, 0]).of(&[2, 2]), device.floats(&[0.; 4]).of(&[2, 2]));
    run!(device, aclnnIndex(x.handle, device.list(&[&mask]), out.handle));
    assert_eq!(out.read(), [10., 11., 100., 101.]);
}

// aclnnScatter: as torch.scatter. Places that no index names keep what they have; an index of a smaller shape stands at the front of the source.
#[test]
fn scatter_replaces_adds_or_multiplies() {
    let device = Device::new(0);
    let x = || device.floats(&[1., 2., 3., 4., 5., 6.]).of(&[2, 3]);
    let index = device.longs(&[2, 2, 0, 1]).of(&[2, 2]);
    let src = device.floats(&[10., 20., 30., 40., 50., 60.]).of(&[2, 3]);
    let (self_, out) = (x(), device.floats(&[0.; 6]).of(&[2, 3]));
    for (reduce, expected) in [(0, [1., 2., 20., 40., 50., 6.]), (1, [1., 2., 33., 44., 55., 6.]), (2, [1., 2., 600., 160., 250., 6.])] {
        run!(device, aclnnScatter(self_.handle, 1, index.handle, src.handle, reduce, out.handle));
        assert_eq!(out.read(), expected);
        let own = x();
        run!(device, aclnnInplaceScatter(own.handle, -1, index.handle, src.handle, reduce));
        assert_eq!(own.read(), expected);
    }
    run!(device, aclnnScatterAdd(self_.handle, 0, device.longs(&[1, 1, 0]).of(&[1, 3]).handle, src.handle, out.handle));
    assert_eq!(out.read(), [1., 2., 33., 14., 25., 6.]);
    run!(device, aclnnScatterValue(self_.handle, 1, index.handle, device.scalar(7.), 0, out.handle));
    assert_eq!(out.read(), [1., 2., 7., 7., 7., 6.]);
    let codes = device.longs(&[1, 2]).of(&[2]);
    run!(device, aclnnInplaceScatterValue(codes.handle, 0, device.longs(&[1, 1]).of(&[2]).handle, device.scalar(3.), 1));
    assert_eq!(codes.read_longs(), [1, 8]);

    let wrong = device.longs(&[0, 3, 0, 0]).of(&[2, 2]);
    let message = failure!(device, aclnnScatter(self_.handle, 1, wrong.handle, src.handle, 0, out.handle));
    assert!(message.contains("index") && message.contains('3'), "{message}");
    for (index, reduce) in [(device.longs(&[0; 6]).of(&[3, 2]), 0), (device.longs(&[0; 2]).of(&[2]), 0), (index, 3)] {
        let (code, message) = refusal!(device, aclnnScatter(self_.handle, 1, index.handle, src.handle, reduce, out.handle));
        assert_eq!(code, ACLNN_ERR_PARAM_INVALID, "{message}");
    }
}

#[test]
fn index_put_replaces_or_accumulates() {
    let device = Device::new(0);
    let x = device.floats(&[1.; 4]).of(&[2, 2]);
    let rows = || device.longs(&[1, 1]).of(&[2]);
    let values = device.floats(&[2., 3., 4., 5.]).of(&[2, 2]);
    run!(device, aclnnIndexPutImpl(x.handle, device.list(&[&rows()]), values.handle, true, false));
    assert_eq!(x.read(), [1., 1., 7., 9.]);
    let one = device.floats(&[8.]).of(&[1]);
    run!(device, aclnnIndexPutImpl(x.handle, device.list(&[&rows()]), one.handle, false, false));
    assert_eq!(x.read(), [1., 1., 8., 8.]);
    let message = failure!(device, aclnnIndexPutImpl(x.handle, device.list(&[&device.longs(&[2]).of(&[1])]), one.handle, false, false));
    assert!(message.contains("indices"), "{message}");
}

#[test]
fn rows_are_added_and_copied() {
    let device = Device::new(0);
    let x = device.floats(&[1., 2., 3., 4.]).of(&[2, 2]);
    let (index, source) = (device.longs(&[0, 0]).of(&[2]), device.floats(&[10., 20., 30., 40.]).of(&[2, 2]));
    let out = device.floats(&[0.; 4]).of(&[2, 2]);
    run!(device, aclnnIndexAdd(x.handle, 1, index.handle, source.handle, device.scalar(2.0), out.handle));
    assert_eq!(out.read(), [61., 2., 143., 4.]);
    run!(device, aclnnInplaceIndexCopy(x.handle, 0, device.ints(&[1]).of(&[1]).handle, device.floats(&[7., 8.]).of(&[1, 2]).handle));
    assert_eq!(x.read(), [1., 2., 7., 8.]);
}

// aclnnScatterNdUpdate: the last dimension of the indices are coordinates.
#[test]
fn scatter_nd_update_writes_rows_at_coordinates() {
    let device = Device::new(0);
    let x = device.floats(&[0.; 8]).of(&[2, 2, 2]);
    let (indices, updates) = (device.longs(&[1, 0, 0, 1]).of(&[2, 2]), device.floats(&[1., 2., 3., 4.]).of(&[2, 2]));
    run!(device, aclnnScatterNdUpdate(x.handle, indices.handle, updates.handle));
    assert_eq!(x.read(), [0., 0., 3., 4., 1., 2., 0., 0.]);
    let message = failure!(device, aclnnScatterNdUpdate(x.handle, device.longs(&[-1, 0, 0, 1]).of(&[2, 2]).handle, updates.handle));
    assert!(message.contains("indices") && message.contains("-1"), "{message}");
    let (code, message) = refusal!(device, aclnnScatterNdUpdate(x.handle, indices.handle, device.floats(&[0.; 2]).of(&[2]).handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("updates"), "{code}: {message}");
}

// aclnnInplaceScatterUpdate: data[b][j][indices[b] + k] = updates[b][j][k] for axis -1.
#[test]
fn scatter_update_starts_at_the_offset_of_each_row() {
    let device = Device::new(0);
    let data = device.floats(&[0.; 8]).of(&[2, 1, 4]);
    let (indices, updates) = (device.longs(&[0, 2]).of(&[2]), device.floats(&[1., 2., 3., 4.]).of(&[2, 1, 2]));
    run!(device, aclnnInplaceScatterUpdate(data.handle, indices.handle, updates.handle, -1));
    assert_eq!(data.read(), [1., 2., 0., 0., 0., 0., 3., 4.]);
    let message = failure!(device, aclnnInplaceScatterUpdate(data.handle, device.longs(&[0, 3]).of(&[2]).handle, updates.handle, -1));
    assert!(message.contains("indices"), "{message}");
}

#[test]
fn masks_fill_select_and_choose() {
    let device = Device::new(0);
    let x = device.floats(&[1., 2., 3., 4.]).of(&[2, 2]);
    let mask = device.bools(&[1, 0]).of(&[2]);
    let out = device.floats(&[0.; 4]).of(&[4]);
    run!(device, aclnnMaskedSelect(x.handle, mask.handle, out.handle));
    assert_eq!(out.read()[..2], [1., 3.]);
    let mut rank = [0i64; 8];
    let (mut dims, mut count) = (rank.as_mut_ptr(), 0u64);
    // SAFETY: the places can be written.
    unsafe { device.cann.nnopbase.aclGetViewShape(out.handle, &mut dims, &mut count) }.unwrap();
    // SAFETY: the call has set as many dimensions as it says.
    assert_eq!(unsafe { std::slice::from_raw_parts(dims, count as usize) }, [2]);
    let (zero, chosen) = (device.floats(&[0.]).of(&[1]), device.floats(&[9.; 4]).of(&[2, 2]));
    run!(device, aclnnSWhere(mask.handle, x.handle, zero.handle, chosen.handle));
    assert_eq!(chosen.read(), [1., 0., 3., 0.]);
    run!(device, aclnnInplaceMaskedFillScalar(x.handle, mask.handle, device.scalar(-1.0)));
    assert_eq!(x.read(), [-1., 2., -1., 4.]);
}

#[test]
fn one_hot_puts_the_classes_where_the_axis_is() {
    let device = Device::new(0);
    let x = device.ints(&[1, 5]).of(&[2]);
    let (on, off) = (device.floats(&[7.]).of(&[1]), device.floats(&[-1.]).of(&[1]));
    let out = device.floats(&[0.; 6]).of(&[2, 3]);
    run!(device, aclnnOneHot(x.handle, 3, on.handle, off.handle, -1, out.handle));
    assert_eq!(out.read(), [-1., 7., -1., -1., -1., -1.]);
    let out = device.floats(&[0.; 6]).of(&[3, 2]);
    run!(device, aclnnOneHot(x.handle, 3, on.handle, off.handle, 0, out.handle));
    assert_eq!(out.read(), [-1., -1., 7., -1., -1., -1.]);
}
