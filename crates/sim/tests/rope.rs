//! Rotary embeddings and the paged cache, with numbers worked out by hand.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::ptr::{null, null_mut};

use ascend_sys::ffi::*;
use common::Device;
use common::call::{failure, refusal, run};

// aclnnRotaryPositionEmbedding, half: y = x * cos + (-x2, x1) * sin.
#[test]
fn rotation_by_a_quarter_swaps_the_pairs() {
    let device = Device::new(0);
    // T = 2, N = 1, D = 4. Token 0 turns by a quarter, token 1 by nothing.
    let x = device.floats(&[1., 2., 3., 4., 5., 6., 7., 8.]).of(&[2, 1, 4]);
    let (cos, sin) =
        (device.floats(&[0., 0., 0., 0., 1., 1., 1., 1.]).of(&[2, 1, 4]), device.floats(&[1., 1., 1., 1., 0., 0., 0., 0.]).of(&[2, 1, 4]));
    let out = device.floats(&[0.; 8]).of(&[2, 1, 4]);
    run!(device, aclnnRotaryPositionEmbedding(x.handle, cos.handle, sin.handle, 0, out.handle));
    assert_eq!(out.read(), [-3., -4., 1., 2., 5., 6., 7., 8.]);
    run!(device, aclnnRotaryPositionEmbedding(x.handle, cos.handle, sin.handle, 1, out.handle));
    assert_eq!(out.read(), [-2., 1., -4., 3., 5., 6., 7., 8.]);
    let (code, message) = refusal!(device, aclnnRotaryPositionEmbedding(x.handle, cos.handle, sin.handle, 2, out.handle));
    assert!(code == ACLNN_ERR_INNER_TILING_ERROR && message.contains("mode"), "{code}: {message}");
}

// Its constraints: with interleave, cosines and sines are shared by the whole batch: 1S1D for BSND.
#[test]
fn interleaved_rotation_has_no_cosines_for_each_batch() {
    let device = Device::new(0);
    let x = device.floats(&[1.; 24]).of(&[2, 3, 2, 2]);
    let each = device.floats(&[1.; 12]).of(&[2, 3, 1, 2]);
    let shared = device.floats(&[1.; 6]).of(&[1, 3, 1, 2]);
    let out = device.floats(&[0.; 24]).of(&[2, 3, 2, 2]);
    run!(device, aclnnRotaryPositionEmbedding(x.handle, each.handle, each.handle, 0, out.handle));
    run!(device, aclnnRotaryPositionEmbedding(x.handle, shared.handle, shared.handle, 1, out.handle));
    let (code, message) = refusal!(device, aclnnRotaryPositionEmbedding(x.handle, each.handle, each.handle, 1, out.handle));
    assert!(code == ACLNN_ERR_INNER_TILING_ERROR && message.contains("cos"), "{code}: {message}");
}

// aclnnApplyRotaryPosEmb works in place, with one head of cosines for all; D is 64 or 128.
#[test]
fn queries_and_keys_are_rotated_in_place() {
    let device = Device::new(0);
    let ramp: Vec<f32> = (0..64).map(|i| i as f32).collect();
    let (q, k) = (device.floats(&[ramp.clone(), ramp.clone()].concat()).of(&[1, 1, 2, 64]), device.floats(&ramp).of(&[1, 1, 1, 64]));
    let (cos, sin) = (device.floats(&[0.; 64]).of(&[1, 1, 1, 64]), device.floats(&[1.; 64]).of(&[1, 1, 1, 64]));
    run!(device, aclnnApplyRotaryPosEmb(q.handle, k.handle, cos.handle, sin.handle, 1));
    let turned: Vec<f32> = (32..64).map(|i| -(i as f32)).chain((0..32).map(|i| i as f32)).collect();
    assert_eq!((q.read(), k.read()), ([turned.clone(), turned.clone()].concat(), turned));
    run!(device, aclnnApplyRotaryPosEmbV2(q.handle, k.handle, cos.handle, sin.handle, 1, c"half".as_ptr().cast_mut()));
    assert_eq!(k.read()[..3], [-0., -1., -2.]);
    let odd = device.floats(&[0.; 32]).of(&[1, 1, 1, 32]);
    let (code, message) = refusal!(device, aclnnApplyRotaryPosEmb(odd.handle, odd.handle, odd.handle, odd.handle, 1));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("queryRef"), "{code}: {message}");
    let (code, message) =
        refusal!(device, aclnnApplyRotaryPosEmbV2(q.handle, k.handle, cos.handle, sin.handle, 1, c"whole".as_ptr().cast_mut()));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("rotaryMode"), "{code}: {message}");
}

// InterleaveRope: even elements, then odd ones, then rotated by halves: a quarter turn gives minus the odd ones, then the even ones.
#[test]
fn interleave_rope_leaves_the_halves_apart() {
    let device = Device::new(0);
    let half = |values: &[f32]| device.reals(ACL_FLOAT16, values).of(&[1, 1, 1, 64]);
    let (x, cos, sin, out) = (half(&(0..64).map(|i| i as f32).collect::<Vec<_>>()), half(&[0.; 64]), half(&[1.; 64]), half(&[0.; 64]));
    run!(device, aclnnInterleaveRope(x.handle, cos.handle, sin.handle, out.handle));
    let expected: Vec<f32> = (0..32).map(|i| -(2 * i + 1) as f32).chain((0..32).map(|i| (2 * i) as f32)).collect();
    assert_eq!(out.reals(), expected);
}

// aclnnRopeWithSinCosCache: row = cosines, then sines; elements behind rotaryDim are copied.
#[test]
fn cache_gives_each_token_its_angle() {
    let device = Device::new(0);
    // Row 0 turns by nothing, row 1 by a quarter. rotaryDim is 16, headSize 32.
    let table: Vec<f32> = [[1.; 8], [0.; 8], [0.; 8], [1.; 8]].concat();
    let cache = device.floats(&table).of(&[2, 16]);
    let line: Vec<f32> = (0..32).map(|i| i as f32).collect();
    let q = device.floats(&[line.clone(), line.clone()].concat()).of(&[2, 32]);
    let k = device.floats(&[line.clone(), line.clone()].concat()).of(&[2, 32]);
    let (q_out, k_out) = (device.floats(&[9.; 64]).of(&[2, 32]), device.floats(&[9.; 64]).of(&[2, 32]));
    let positions = device.longs(&[1, 0]).of(&[2]);
    run!(
        device,
        aclnnRopeWithSinCosCache(positions.handle, q.handle, k.handle, cache.handle, null(), 32, true, q_out.handle, k_out.handle)
    );
    let neox: Vec<f32> = (8..16).map(|i| -(i as f32)).chain((0..8).map(|i| i as f32)).chain((16..32).map(|i| i as f32)).collect();
    assert_eq!(q_out.read(), [neox.clone(), line.clone()].concat());
    run!(
        device,
        aclnnRopeWithSinCosCache(positions.handle, q.handle, k.handle, cache.handle, null(), 32, false, q_out.handle, k_out.handle)
    );
    let pairs: Vec<f32> = (0..8).flat_map(|i| [-(2 * i + 1) as f32, (2 * i) as f32]).chain((16..32).map(|i| i as f32)).collect();
    assert_eq!(k_out.read(), [pairs, line].concat());
    let far = device.longs(&[1, 2]).of(&[2]);
    let message = failure!(
        device,
        aclnnRopeWithSinCosCache(far.handle, q.handle, k.handle, cache.handle, null(), 32, true, q_out.handle, k_out.handle)
    );
    assert!(message.contains("positions") && message.contains('2'), "{message}");
    let (code, message) = refusal!(
        device,
        aclnnRopeWithSinCosCache(positions.handle, q.handle, k.handle, cache.handle, null(), 8, true, q_out.handle, k_out.handle)
    );
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("headSize"), "{code}: {message}");
}

// Multi-modal: of 40 frequencies the first 8 follow row 0 of the positions, the next 12 row 1, the last 12 row 2.
#[test]
fn sections_of_frequencies_follow_their_own_positions() {
    let device = Device::new(0);
    let table: Vec<f32> = [vec![1.; 32], vec![0.; 32], vec![0.; 32], vec![1.; 32]].concat();
    let cache = device.floats(&table).of(&[2, 64]);
    let x = device.floats(&[[1.; 32], [2.; 32]].concat()).of(&[1, 64]);
    let (q_out, k_out) = (device.floats(&[9.; 64]).of(&[1, 64]), device.floats(&[9.; 64]).of(&[1, 64]));
    let positions = device.longs(&[0, 1, 0]).of(&[3, 1]);
    let sections = device.int_array(&[8, 12, 12]);
    run!(
        device,
        aclnnRopeWithSinCosCache(positions.handle, x.handle, x.handle, cache.handle, sections, 64, true, q_out.handle, k_out.handle)
    );
    let expected = [vec![1.; 8], vec![-2.; 12], vec![1.; 12], vec![2.; 8], vec![1.; 12], vec![2.; 12]].concat();
    assert_eq!(q_out.read(), expected);
    let other = device.int_array(&[10, 10, 12]);
    let (code, message) = refusal!(
        device,
        aclnnRopeWithSinCosCache(positions.handle, x.handle, x.handle, cache.handle, other, 64, true, q_out.handle, k_out.handle)
    );
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("mropeSection"), "{code}: {message}");
}

// aclnnScatterPaKvCache, scenario two: [blocks, blockSize, heads, size]; slot 3 is row 1 of block 1.
#[test]
fn cache_is_written_by_slots_that_are_used_once() {
    let device = Device::new(0);
    let half = |values: &[f32]| device.reals(ACL_BF16, values);
    let (k, v) = (half(&[1., 2., 3., 4.]).of(&[2, 1, 2]), half(&[5., 6., 7., 8.]).of(&[2, 1, 2]));
    let (kc, vc) = (half(&[0.; 8]).of(&[2, 2, 1, 2]), half(&[0.; 8]).of(&[2, 2, 1, 2]));
    let slots = device.ints(&[3, 0]).of(&[2]);
    let call = |slots: &common::Tensor| (slots.handle, c"Norm".as_ptr().cast_mut());
    let (handle, mode) = call(&slots);
    run!(
        device,
        aclnnScatterPaKvCache(k.handle, kc.handle, handle, v.handle, vc.handle, null(), null(), null(), mode, null_mut(), null(), null())
    );
    assert_eq!((kc.reals(), vc.reals()), (vec![3., 4., 0., 0., 0., 0., 1., 2.], vec![7., 8., 0., 0., 0., 0., 5., 6.]));
    for (wrong, named) in [([4, 0], "4"), ([-1, 0], "-1"), ([2, 2], "twice")] {
        let device = Device::new(0);
        let slots = device.ints(&wrong).of(&[2]);
        let message = failure!(
            device,
            aclnnScatterPaKvCache(
                k.handle,
                kc.handle,
                slots.handle,
                v.handle,
                vc.handle,
                null(),
                null(),
                null(),
                mode,
                null_mut(),
                null(),
                null()
            )
        );
        assert!(message.contains("slotMapping") && message.contains(named), "{message}");
    }
    let x = device.floats(&[0.; 4]).of(&[2, 1, 2]);
    let (code, message) = refusal!(
        device,
        aclnnScatterPaKvCache(x.handle, kc.handle, handle, v.handle, vc.handle, null(), null(), null(), mode, null_mut(), null(), null())
    );
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("key"), "{code}: {message}");
}

// Scenario one: [blocks, heads * size / 16, blockSize, 16] for 16-bit types. Scenario seven: the heads in front of the slots of a block.
#[test]
fn cache_pages_come_in_fractals_and_by_heads() {
    let device = Device::new(0);
    let row: Vec<f32> = (0..32).map(|i| i as f32).collect();
    let k = device.reals(ACL_FLOAT16, &row).of(&[1, 2, 16]);
    let slots = device.longs(&[1]).of(&[1]);
    let expected = [vec![0.; 16], row[..16].to_vec(), vec![0.; 16], row[16..].to_vec()].concat();
    for (mode, scatter) in [(c"PA_NZ", c"None"), (c"Norm", c"NHSD")] {
        let cache = || device.reals(ACL_FLOAT16, &[0.; 64]).of(&[1, 2, 2, 16]);
        let (kc, vc) = (cache(), cache());
        run!(
            device,
            aclnnScatterPaKvCache(
                k.handle,
                kc.handle,
                slots.handle,
                k.handle,
                vc.handle,
                null(),
                null(),
                null(),
                mode.as_ptr().cast_mut(),
                scatter.as_ptr().cast_mut(),
                null(),
                null()
            )
        );
        assert_eq!((kc.reals(), vc.reals()), (expected.clone(), expected.clone()));
    }
}

// aclnnGatherPaKvCache: sequence 0 has 3 tokens from blocks 1 and 0, sequence 1 one token from block 2, behind one block that is skipped.
#[test]
fn pages_are_gathered_into_rows() {
    let device = Device::new(0);
    let half = |values: &[f32]| device.reals(ACL_FLOAT16, values);
    let cache = half(&[0., 1., 10., 11., 20., 21.]).of(&[3, 2, 1, 1]);
    let tables = device.ints(&[1, 0, 0, 2]).of(&[2, 2]);
    let (k, v) = (half(&[9.; 5]).of(&[5, 1, 1]), half(&[9.; 5]).of(&[5, 1, 1]));
    let offsets = device.ints(&[0, 2]).of(&[2]);
    for (lengths, cumulative) in [(device.ints(&[3, 1]).of(&[2]), false), (device.ints(&[0, 3, 4]).of(&[3]), true)] {
        run!(
            device,
            aclnnGatherPaKvCache(
                cache.handle,
                cache.handle,
                tables.handle,
                lengths.handle,
                k.handle,
                v.handle,
                offsets.handle,
                c"Norm".as_ptr(),
                cumulative
            )
        );
        assert_eq!((k.reals(), v.reals()), (vec![10., 11., 0., 20., 9.], vec![10., 11., 0., 20., 9.]));
    }
    let (wrong, lengths) = (device.ints(&[1, 3, 0, 2]).of(&[2, 2]), device.ints(&[3, 1]).of(&[2]));
    let message = failure!(
        device,
        aclnnGatherPaKvCache(cache.handle, cache.handle, wrong.handle, lengths.handle, k.handle, v.handle, null(), c"Norm".as_ptr(), false)
    );
    assert!(message.contains("blockTables") && message.contains('3'), "{message}");
    let longs = device.longs(&[3, 1]).of(&[2]);
    let (code, message) = refusal!(
        device,
        aclnnGatherPaKvCache(cache.handle, cache.handle, tables.handle, longs.handle, k.handle, v.handle, null(), c"Norm".as_ptr(), false)
    );
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("seqLens"), "{code}: {message}");
}
