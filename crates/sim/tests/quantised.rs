//! Quantisation, products of codes, and weights in blocks: numbers worked out by hand, after the vendor's documents named with each.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::ptr::null_mut;

use ascend_sys::ffi::*;
use common::call::{NONE, failure, refusal, run};
use common::{Device, Tensor};

/// aclnnDynamicQuant: `scale = max / 127`, ties to even. A row of zeros has the scale 0.
#[test]
fn dynamic_quant_of_zeros_is_zero() {
    let device = Device::new(0);
    let x = device.halves(&[0., 0., 254., -127.]).of(&[2, 2]);
    let (y, scale) = (device.int8s(&[9; 4]).of(&[2, 2]), device.floats(&[9.; 2]).of(&[2]));
    run!(device, aclnnDynamicQuant(x.handle, NONE, y.handle, scale.handle));
    assert_eq!(y.read_int8s(), [0, 0, 127, -64]);
    assert_eq!(scale.read(), [0., 2.]);
}

/// aclnnDynamicQuantV2: groupIndex says where the rows of each expert end, INT32; each has its own smooth scales.
#[test]
fn dynamic_quant_smooths_by_expert() {
    let device = Device::new(0);
    let x = device.halves(&[127., 1., 254., 10.]).of(&[2, 2]);
    let smooth = device.halves(&[1., 1., 0.5, 2.]).of(&[2, 2]);
    let ends = device.ints(&[1, 2]).of(&[2]);
    let (y, scale) = (device.int8s(&[9; 4]).of(&[2, 2]), device.floats(&[9.; 2]).of(&[2]));
    run!(device, aclnnDynamicQuantV2(x.handle, smooth.handle, ends.handle, 2, y.handle, scale.handle, NONE));
    assert_eq!(y.read_int8s(), [127, 1, 127, 20]);
    assert_eq!(scale.read(), [1., 1.]);
    let short = device.ints(&[1, 1]).of(&[2]);
    let message = failure!(device, aclnnDynamicQuantV2(x.handle, smooth.handle, short.handle, 2, y.handle, scale.handle, NONE));
    assert!(message.contains("groupIndexOptional"), "{message}");
}

/// aclnnDynamicQuantV2: with offsetOut `scale = (max - min) / 255`, `offset = 127 - max / scale`.
#[test]
fn dynamic_quant_with_an_offset_uses_the_range() {
    let device = Device::new(0);
    let x = device.halves(&[0., 255., 100., 1.]).of(&[1, 4]);
    let (y, scale, offset) = (device.int8s(&[9; 4]).of(&[1, 4]), device.floats(&[9.]).of(&[1]), device.floats(&[9.]).of(&[1]));
    run!(device, aclnnDynamicQuantV2(x.handle, NONE, NONE, 2, y.handle, scale.handle, offset.handle));
    assert_eq!(y.read_int8s(), [-128, 127, -28, -127]);
    assert_eq!((scale.read(), offset.read()), (vec![1.], vec![-128.]));
}

/// aclnnDynamicQuantV2: dstType 29 is INT4, to 7; two to a byte, the first in the lower half; dstType must be the type of y.
#[test]
fn dynamic_quant_packs_4_bits() {
    let device = Device::new(0);
    let x = device.halves(&[7., -7., 3.5, 1.]).of(&[1, 4]);
    let (y, scale) = (device.bytes(ACL_INT4, &[0; 2]).of(&[1, 4]), device.floats(&[9.]).of(&[1]));
    run!(device, aclnnDynamicQuantV2(x.handle, NONE, NONE, 29, y.handle, scale.handle, NONE));
    assert_eq!(y.bytes(), [0x97, 0x14]);
    let (code, message) = refusal!(device, aclnnDynamicQuantV2(x.handle, NONE, NONE, 2, y.handle, scale.handle, NONE));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("dstType"), "{message}");
}

/// aclnnAscendQuantV3: the scale belongs to one of the last two dimensions; round, ceil, trunc or floor on A2.
#[test]
fn static_quant_scales_rows_and_rounds_as_told() {
    let device = Device::new(1);
    let x = device.floats(&[1.5, -1.5, 2.5, -2.25]).of(&[2, 2]);
    let scale = device.floats(&[1., 2.]).of(&[2]);
    let y = device.int8s(&[9; 4]).of(&[2, 2]);
    run!(device, aclnnAscendQuantV3(x.handle, scale.handle, NONE, false, c"floor".as_ptr(), 2, -2, y.handle));
    assert_eq!(y.read_int8s(), [1, -2, 5, -5]);
    run!(device, aclnnAscendQuantV3(x.handle, scale.handle, NONE, true, c"round".as_ptr(), 2, 1, y.handle));
    assert_eq!(y.read_int8s(), [2, -6, 2, -9]);
    let (code, message) = refusal!(device, aclnnAscendQuantV3(x.handle, scale.handle, NONE, false, c"hybrid".as_ptr(), 2, -1, y.handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("roundMode"), "{message}");
}

/// aclnnAscendAntiQuant: `(x + offset) * scale`; an INT32 is eight of INT4.
#[test]
fn anti_quant_unpacks_words() {
    let device = Device::new(1);
    let x = device.ints(&[0x3210_FEDC]).of(&[1, 1]);
    let (scale, offset) = (device.floats(&[0.5]).of(&[1]), device.floats(&[1.]).of(&[1]));
    let y = device.halves(&[9.; 8]).of(&[1, 8]);
    run!(device, aclnnAscendAntiQuant(x.handle, scale.handle, offset.handle, 1, false, y.handle));
    assert_eq!(y.reals(), [-1.5, -1., -0.5, 0., 0.5, 1., 1.5, 2.]);
}

/// aclnnTransQuantParamV2, V3: 19 bits of the scale, cut or rounded; bit 46; a whole offset in 9 bits from bit 37.
#[test]
fn scales_for_the_hardware_have_19_bits() {
    let device = Device::new(1);
    let scale = device.floats(&[f32::from_bits(0x3F80_1800), 1.]).of(&[2]);
    let offset = device.floats(&[-2.5, 300.]).of(&[2]);
    let out = device.words(&[0; 2]).of(&[2]);
    let read = |out: &Tensor| out.read_longs().iter().map(|word| word.cast_unsigned()).collect::<Vec<_>>();
    run!(device, aclnnTransQuantParamV2(scale.handle, offset.handle, out.handle));
    // -2.5 is rounded to the even -2, 300 is kept at 255.
    assert_eq!(read(&out), [1 << 46 | 0x1FE << 37 | 0x3F80_0000, 1 << 46 | 0xFF << 37 | 0x3F80_0000]);
    run!(device, aclnnTransQuantParamV3(scale.handle, NONE, 1, out.handle));
    assert_eq!(read(&out), [1 << 46 | 0x3F80_2000, 1 << 46 | 0x3F80_0000]);
}

/// aclnnQuantMatmulV3, V4: packed scales into FLOAT16 or INT8; a bias in floats comes after the scales.
#[test]
fn products_of_codes_take_three_kinds_of_scales() {
    let device = Device::new(2);
    // Sums: 19 22 / 43 50.
    let (a, b) = (device.int8s(&[1, 2, 3, 4]).of(&[2, 2]), device.int8s(&[5, 6, 7, 8]).of(&[2, 2]));
    let packed = device.words(&[1 << 46 | 0x3F00_0000]).of(&[1]);
    let y = device.halves(&[9.; 4]).of(&[2, 2]);
    run!(device, aclnnQuantMatmulV3(a.handle, b.handle, packed.handle, NONE, NONE, false, false, y.handle));
    assert_eq!(y.reals(), [9.5, 11., 21.5, 25.]);
    let offset = device.floats(&[110.]).of(&[1]);
    let y = device.int8s(&[9; 4]).of(&[2, 2]);
    run!(device, aclnnQuantMatmulV3(a.handle, b.handle, packed.handle, offset.handle, NONE, false, false, y.handle));
    // 119.5 and 131.5: the first goes to the even 120, the second beyond the largest.
    assert_eq!(y.read_int8s(), [120, 121, 127, 127]);
    let (scale, rows) = (device.floats(&[2., 1.]).of(&[2]), device.floats(&[1., 0.5]).of(&[2]));
    let bias = device.floats(&[100., -1.]).of(&[2]);
    let y = device.bf16s(&[9.; 4]).of(&[2, 2]);
    run!(device, aclnnQuantMatmulV4(a.handle, b.handle, scale.handle, NONE, rows.handle, bias.handle, false, false, y.handle));
    assert_eq!(y.reals(), [138., 21., 143., 24.]);
    // FLOAT16 from FLOAT scales only with those of the rows.
    let y = device.halves(&[9.; 4]).of(&[2, 2]);
    let (code, _) = refusal!(device, aclnnQuantMatmulV4(a.handle, b.handle, scale.handle, NONE, NONE, NONE, false, false, y.handle));
    assert_eq!(code, ACLNN_ERR_PARAM_INVALID);
}

/// aclnnQuantMatmulWeightNz: with transposeX2 the blocks are those of `[N, K]`, (k1, n1, 16, 32).
#[test]
fn products_of_codes_read_transposed_blocks() {
    let device = Device::new(2);
    let mut blocks = vec![0i8; 16 * 32];
    blocks[..3].copy_from_slice(&[1, 2, 3]);
    blocks[32..35].copy_from_slice(&[4, 5, 6]);
    let memory = device.int8s(&blocks).of(&[16 * 32]);
    let a = device.int8s(&[1, 0, 2]).of(&[1, 3]);
    let (scale, rows) = (device.floats(&[1., 0.5]).of(&[2]), device.floats(&[2.]).of(&[1]));
    for dims in [&[2i64, 3][..], &[1, 1, 16, 32]] {
        let b = device.blocks(&memory, ACL_INT8, dims, &[1, 1, 16, 32]);
        let y = device.bf16s(&[9.; 2]).of(&[1, 2]);
        run!(
            device,
            aclnnQuantMatmulWeightNz(a.handle, b, rows.handle, scale.handle, NONE, NONE, NONE, NONE, NONE, false, true, 0, y.handle,)
        );
        assert_eq!(y.reals(), [14., 16.], "{dims:?}");
    }
    let flat = device.int8s(&[1; 6]).of(&[2, 3]);
    let y = device.bf16s(&[9.; 2]).of(&[1, 2]);
    let (code, message) = refusal!(
        device,
        aclnnQuantMatmulWeightNz(a.handle, flat.handle, rows.handle, scale.handle, NONE, NONE, NONE, NONE, NONE, false, true, 0, y.handle,)
    );
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("FRACTAL_NZ"), "{message}");
}

/// aclnnWeightQuantBatchMatmulV2: a scale for each group of rows; groups are multiples of 32 below k.
#[test]
fn weights_in_codes_have_scales_by_groups() {
    let device = Device::new(3);
    let x = device.halves(&[1.; 64]).of(&[1, 64]);
    let weight = device.int8s(&[[1i8; 32], [2; 32]].concat()).of(&[64, 1]);
    let scale = device.halves(&[0.5, 0.25]).of(&[2, 1]);
    let bias = device.halves(&[1.]).of(&[1]);
    let y = device.halves(&[9.]).of(&[1, 1]);
    run!(device, aclnnWeightQuantBatchMatmulV2(x.handle, weight.handle, scale.handle, NONE, NONE, NONE, bias.handle, 32, y.handle));
    assert_eq!(y.reals(), [33.]);
    for group in [16, 64] {
        let (code, message) =
            refusal!(device, aclnnWeightQuantBatchMatmulV2(x.handle, weight.handle, scale.handle, NONE, NONE, NONE, NONE, group, y.handle));
        assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("antiquantGroupSize"), "{message}");
    }
}

/// aclnnConvertWeightToINT4Pack: eight codes in an INT32, the first lowest; in blocks of 16 rows and 8 words.
#[test]
fn codes_are_packed_into_blocks() {
    let device = Device::new(3);
    let codes: Vec<i32> = (0..8).chain(-8..0).collect();
    let from = device.ints(&codes).of(&[2, 8]);
    let memory = device.ints(&[9; 128]).of(&[128]);
    let to = device.blocks(&memory, ACL_INT32, &[2, 1], &[1, 1, 16, 8]);
    run!(device, aclnnConvertWeightToINT4Pack(from.handle, to));
    let mut expected = vec![0; 128];
    (expected[0], expected[8]) = (0x7654_3210, 0xFEDC_BA98_u32.cast_signed());
    assert_eq!(memory.read_ints(), expected);
    let wide = device.ints(&[8; 8]).of(&[1, 8]);
    let packed = device.ints(&[0]).of(&[1, 1]);
    let message = failure!(device, aclnnConvertWeightToINT4Pack(wide.handle, packed.handle));
    assert!(message.contains("4 bits"), "{message}");
}

/// aclnnCalculateMatmulWeightSizeV2, aclnnTransMatmulWeight, aclnnMatmulWeightNz: the matrix becomes blocks where it is, and the tensor says so.
#[test]
fn weights_become_blocks_in_place() {
    let device = Device::new(4);
    let mut count = 0;
    // SAFETY: the handle is alive, the place can be written.
    unsafe { device.cann.opapi.aclnnCalculateMatmulWeightSizeV2(device.int_array(&[2, 3]), ACL_FLOAT16, &mut count) }.unwrap();
    assert_eq!(count, 256);
    let mut values = vec![9f32; 256];
    values[..6].copy_from_slice(&[1., 2., 3., 4., 5., 6.]);
    let weight = device.halves(&values).of(&[2, 3]);
    run!(device, aclnnTransMatmulWeight(weight.handle));
    let mut expected = vec![0f32; 256];
    expected[..3].copy_from_slice(&[1., 2., 3.]);
    expected[16..19].copy_from_slice(&[4., 5., 6.]);
    assert_eq!(weight.reals(), expected);
    let x = device.halves(&[1., 10.]).of(&[1, 2]);
    let y = device.halves(&[9.; 3]).of(&[1, 3]);
    run!(device, aclnnMatmulWeightNz(x.handle, weight.handle, y.handle, 0));
    assert_eq!(y.reals(), [41., 52., 63.]);
}

/// aclnnNpuFormatCast: the shape of the blocks, and the way there and back.
#[test]
fn formats_are_cast_both_ways() {
    let device = Device::new(4);
    let rows: Vec<i8> = (0..17 * 33).map(|i| (i % 100) as i8).collect();
    let from = device.int8s(&rows).of(&[17, 33]);
    let (mut shape, mut count, mut format) = (null_mut(), 0, 0);
    // SAFETY: the handle is alive, the places can be written.
    let dims = unsafe {
        device.cann.opapi.aclnnNpuFormatCastCalculateSizeAndFormat(from.handle, 29, ACL_INT8, &mut shape, &mut count, &mut format).unwrap();
        std::slice::from_raw_parts(shape, count as usize).to_vec()
    };
    // SAFETY: the caller frees what it was given.
    unsafe { libc::free(shape.cast()) };
    assert_eq!((&dims[..], format), (&[2, 2, 16, 32][..], 29));
    let memory = device.int8s(&[9; 2048]).of(&[2048]);
    let blocks = device.blocks(&memory, ACL_INT8, &[17, 33], &dims);
    run!(device, aclnnNpuFormatCast(from.handle, blocks));
    let found = memory.read_int8s();
    // Row 16, column 32: block 1 of columns, block 1 of rows, their first.
    assert_eq!((found[1024 + 512], found[1024 + 512 + 1], found[33]), (((16 * 33 + 32) % 100) as i8, 0, 34));
    let back = device.int8s(&[9; 17 * 33]).of(&[17, 33]);
    run!(device, aclnnNpuFormatCast(blocks, back.handle));
    assert_eq!(back.read_int8s(), rows);
}

/// aclnnBaddbmm; aclnnTransposeBatchMatMul: `y[m, b, n]`, a split factor puts parts of the heads first.
#[test]
fn batches_are_summed_and_moved_to_the_middle() {
    let device = Device::new(5);
    let a = device.floats(&[1., 2., 3., 4.]).of(&[2, 1, 2]);
    let b = device.floats(&[1., 1., 10., 1.]).of(&[2, 2, 1]);
    let c = device.floats(&[100.]).of(&[1]);
    let y = device.floats(&[9.; 2]).of(&[2, 1, 1]);
    run!(device, aclnnBaddbmm(c.handle, a.handle, b.handle, device.scalar(2.), device.scalar(0.5), y.handle, 0));
    assert_eq!(y.read(), [201.5, 217.]);

    // Two rows of two heads, each of width 1; the matrices of the heads are [1, 2] and [3, 4].
    let x = device.floats(&[1., 2., 3., 4.]).of(&[2, 2, 1]);
    let w = device.floats(&[1., 2., 3., 4.]).of(&[2, 1, 2]);
    let (first, second) = ([1., 2., 6., 8., 3., 6., 12., 16.], [1., 2., 3., 6., 6., 8., 12., 16.]);
    for (split, dims, expected) in [(1, [2, 2, 2], first), (2, [2, 2, 2], second)] {
        let y = device.floats(&[9.; 8]).of(&dims);
        let (swapped, plain) = (device.int_array(&[1, 0, 2]), device.int_array(&[0, 1, 2]));
        run!(device, aclnnTransposeBatchMatMul(x.handle, w.handle, NONE, NONE, swapped, plain, swapped, 0, split, y.handle));
        assert_eq!(y.read(), expected, "{split}");
    }
}
